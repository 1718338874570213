"""The least size at which a trial succeeds, with what it rests on."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from howwide.figures import plot_threshold
from howwide.results.base import Result
from howwide.results.threshold import ThresholdPlan, ThresholdResult
from howwide.views.blocks import Block, Estimate, Figure, Heading, Sentence, Table

__all__ = ["view"]


@functools.singledispatch
def view(result: Result, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks of a result of ``threshold``."""
    raise TypeError(f"no view of {type(result).__name__}")


@view.register
def _(result: ThresholdResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Answer and points; on the page also the success rates, and why no more trials were made."""
    unit, level = settings.get("unit", "units"), f"{100 * result.level:g} %"
    yield Heading("How large is large enough?" + (f" {settings['trial']}" if settings else ""), level=1)
    yield Sentence(result.answer, "lead")
    tried = " of {sizes}, at most {trials} trials".format(**settings) if settings else ""
    yield Sentence(
        f"The least number of {unit}{tried}. Success probability is the share of seeds with which a trial succeeds.",
        "quiet",
    )
    yield Figure(
        "success-rates",
        "Share of seeds that succeed at each size, with exact intervals; the least size for each probability at its "
        "height, a triangle being an interval's only known end.",
        lambda: plot_threshold(result, unit=unit),
    )
    yield Table(
        f"Least number of {unit}",
        ["probability", f"{unit} ({level})", "trials", "status", "threshold", "its lower end", "its upper end"],
        [
            (p.quantile, Estimate(p.size, p.size_lower, p.size_upper), p.trials, p.status, p.estimate, p.lower, p.upper)
            for p in result.points
        ],
    )
    yield Sentence(
        "The threshold is the real number at which the success curve, logistic in the logarithm of the size, passes "
        "the probability; what can be had is the next size.",
        "quiet",
        page_only=True,
    )
    kept = list(result.rates[0].means)
    yield Table(
        "Success rates, and means of what trials gave",
        [unit, "succeeded", "trials", "rate", "lower", "upper", *kept],
        [
            (r.size, r.successes, r.trials, r.rate, r.lower, r.upper, *(r.means[name] for name in kept))
            for r in result.rates
        ],
        page_only=True,
    )
    yield Sentence(
        f"No more trials were made for the reason: {result.reason}. p of the fit {result.p_value:.3f}, of success "
        f"rising with size {result.rising_p_value:.3f}: small values speak against the success curve.",
        "quiet",
        page_only=True,
    )


@view.register
def _(result: ThresholdPlan, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The most trials, and the first ones."""
    yield Sentence(f"Nothing was run. At most {result.trials} trials, of {result.sizes} sizes. They begin with", "lead")
    yield Table(
        "The first round", [settings.get("unit", "units"), "trials"], [(f.size, f.trials) for f in result.first]
    )
    yield Sentence(
        "Time one of these trials to know what a search takes. Most end long before the last trial, when the interval "
        "is narrow enough."
    )
