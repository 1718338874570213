"""The minimal width against n, with what it rests on; and what a study may cost."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from howwide.figures import plot_success_rates, plot_width_curve
from howwide.numbers import format_duration, format_number
from howwide.results.base import Result
from howwide.results.width import WidthPlan, WidthPoint, WidthResult, WidthSearch
from howwide.statistics import least_integer
from howwide.views.blocks import Block, Cell, Column, Estimate, Figure, Heading, Sentence, Table
from howwide.views.frontier import frontier
from howwide.views.growth import growth_across, laws_table
from howwide.views.reference import reference, upward_scans
from howwide.views.tested import tested

__all__ = ["view"]

_REFERENCE = " Black diamonds: {name}. Open squares: the mean of upward scans, with the interval of a mean of ten."


@functools.singledispatch
def view(result: Result, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks of a result of ``width``."""
    raise TypeError(f"no view of {type(result).__name__}")


@view.register
def _(result: WidthResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Answer, verdict, points, what the budget cut off, growth; on the page searches, step sizes, success rates."""
    name, question = data["name"] if settings else "these data", f"{len(result.curves)} curves"
    if len(result.curves) == 1:
        question = "{target} within {steps} steps, depth {depth}".format(**result.curves[0].label)
    setting = "."
    if settings:
        setting = ", {network} network, at most {trials} trials a point. Step rule: {step_size}.".format(**settings)
        setting += " Random labels." if settings["labels"] == "random" else ""
        setting += f" Minibatches of {settings['batch_size']}." if settings.get("batch_size") else ""
    yield Heading(f"How wide is wide enough? {name}", level=1)
    yield Sentence(result.answer or result.verdict, "lead")
    yield Sentence(
        f"The least width at which gradient descent reaches its target: {question}{setting} Success probability is the "
        "share of draws of subset and start that succeed.",
        "quiet",
    )
    if len(result.curves) == 1 and result.answer:
        yield Sentence(result.verdict)
    yield Figure(
        "width-curve",
        "Minimal width against the sample size, with intervals; a triangle is an interval's only known end. "
        "Dashed: the reference curves of the paper, rescaled to pass through the first point."
        + (_REFERENCE.format(name=result.reference.name) if result.reference is not None else ""),
        lambda: plot_width_curve(result),
    )
    yield from reference(result)
    yield from frontier(result, name)
    yield from growth_across(result)
    for number, curve in enumerate(result.curves):
        apart = f" ({curve.words})" if curve.words else ""
        points = [p for p in result.points if p.curve == number]
        searches = [s for s in result.searches if s.curve == number and s.extended_steps is not None]
        title = "Minimal width, {name}, depth {depth}, {target} in {steps} steps".format(name=name, **curve.label)
        level = f"{100 * points[0].level:g} %"
        yield Table(
            title + apart,
            ["n", "probability", f"width ({level})", f"threshold ({level})", "trials", "status"],
            [(p.n, p.quantile, _whole(p), Estimate(p.estimate, p.lower, p.upper), p.trials, p.status) for p in points],
        )
        if apart:
            yield Sentence(f"{curve.answer} {curve.verdict}".strip())
        if any(s.improving for s in searches):
            yield from _extension(points, searches, result.width_step, apart)
        if curve.laws:
            yield laws_table(f"Growth laws{apart}", curve.laws)
            exponent = curve.exponent or {}
            if exponent.get("estimate") is not None:
                ends = " to ".join(format_number(exponent[end]) for end in ("lower", "upper"))
                text = f"Exponent of the free power of n: {format_number(exponent['estimate'])}, interval {ends}."
                yield Sentence(text, page_only=True)
    if any(c.laws for c in result.curves) or any(g.laws for g in result.growth):
        yield Sentence(
            f"Laws fitted to the points at success probability {format_number(result.points[0].quantile)}, without "
            "those whose width the budget left open. The weight is the probability of a law if one of those listed is "
            "true and all were equally likely before; it says nothing about a law that is not listed. In the formulas "
            "c is the scale, b the exponent or slope, a the floor. The joint p is that of the law against all points "
            "together: "
            "below 0.01 it does not fit, whatever its weight. The last but one column says which laws these points "
            "leave possible.",
            "quiet",
            page_only=True,
        )
    yield from upward_scans(result)
    yield from tested(result)
    yield from _evidence(result)


def _whole(point: WidthPoint) -> Estimate:
    """The width that can be built."""
    return Estimate(point.width, point.width_lower, point.width_upper)


def _extension(points: Sequence[WidthPoint], searches: Sequence[WidthSearch], step: int, apart: str) -> Iterator[Block]:
    """For each n how much of the sample that was run on succeeded, and the width that this implies."""
    rows: list[Sequence[Cell]] = []
    for s in searches:
        turned = f"{s.turned} of {s.continued}" if s.continued else "none: too expensive"
        share = None
        if s.turned_lower is not None and s.turned_upper is not None:
            share = f"{100 * s.turned_lower:.0f}–{100 * s.turned_upper:.0f} %"
        for p in (p for p in points if p.n == s.n):
            whole = least_integer(p.extended_estimate, p.extended_lower, p.extended_upper, step)
            rows.append((s.n, s.improving, turned, share, p.quantile, Estimate(*dataclasses.astuple(whole))))
    steps = searches[0].extended_steps
    yield Table(
        f"Would {steps} steps have been enough? A sample of the trials still improving{apart}",
        ["n", "improving", "succeed", "share", "probability", "width"],
        rows,
    )
    yield Sentence(
        "A trial is still improving when its budget ended while its loss was falling. A random sample of these "
        f"trials, as large as a fifth of the search's cost allows, was run on to {steps} steps. The width for that "
        "budget, at each success probability, follows if the others succeed as often as the sample; its interval "
        "covers that of their share, which is given, and that of the success curve.",
        "quiet",
        page_only=True,
    )


def _evidence(result: WidthResult) -> Iterator[Block]:
    """Why the searches ended, which step sizes succeeded, and the success rates; for the page."""

    def table(title: str, columns: Sequence[str | Column], rows: Sequence[tuple[int, Sequence[Cell]]]) -> Table:
        """With the words of each row's curve in front where there are several."""
        if len(result.curves) == 1:
            return Table(title, columns, [row for _, row in rows], page_only=True)
        named = [(result.curves[curve].words, *row) for curve, row in rows]
        return Table(title, ["curve", *columns], named, page_only=True)

    yield table(
        "Why the searches ended",
        ["n", "trials", "largest width", "reason", "p, fit", "p, rising"],
        [(s.curve, (s.n, s.trials, s.largest, s.reason, s.p_value, s.rising_p_value)) for s in result.searches],
    )
    yield Sentence(
        "Small p-values speak against the success curve behind the widths: of its fit, and of success rising with "
        "width.",
        "quiet",
        page_only=True,
    )
    if result.step_rules:
        yield table(
            "Step sizes that succeeded",
            ["n", "rule", "trials", "median step size", "implied hidden constant"],
            [(s.curve, (s.n, s.rule, s.successes, s.step_size, s.hidden_constant)) for s in result.step_rules],
        )
        yield Sentence(
            "The answer depends on the step size. The implied constant is the median step size over the theorem's own "
            "with hidden constant 1.",
            "quiet",
            page_only=True,
        )
    yield table(
        "Success rates",
        ["n", "width", "reached", "trials", "rate", "lower", "upper"],
        [(r.curve, (r.n, r.width, r.successes, r.trials, r.rate, r.lower, r.upper)) for r in result.success_rates],
    )
    for number, part in enumerate(result.parts(), 1):
        apart = f": {part.curves[0].words}." if part.curves[0].words else "."
        yield Figure(
            "success-rates" if number == 1 else f"success-rates-{number}",
            f"Share of trials that reached the target at each width, with exact intervals{apart}",
            functools.partial(plot_success_rates, part),
        )


@view.register
def _(result: WidthPlan, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """All together, and what every point costs at most."""
    yield Sentence(
        f"At most {result.trials} trials, {format_number(result.flops)} flops, about {format_duration(result.seconds)} "
        f"with {result.workers} workers, if the widths are as guessed. Nothing was run.",
        "lead",
    )
    yield Table(
        "The points, in their order",
        ["n", "target", "depth", "guessed width", "trials at most", "flops at most", "core seconds at most"],
        [(p.n, p.target, p.depth, p.width, p.trials, p.flops, p.seconds) for p in result.points],
    )
    yield Sentence(
        "Leave --dry-run out to run it. Most studies take a small part of it: trials stop when they succeed, and "
        "searches when the intervals are narrow. Compilation is left out.",
        "quiet",
    )
