"""The rows of a result: one for each point, each search and each trial."""

from collections.abc import Mapping
from typing import Any

from howwide.statistics import AdaptiveDesign
from howwide.width.extension import Extension
from howwide.width.study import TrialSettings

__all__ = ["search_rows", "trial_rows"]

Counts = Mapping[int, tuple[int, int]]


def search_rows(
    curve: int,
    settings: TrialSettings,
    n: int,
    budget: int,
    design: AdaptiveDesign,
    counts: Counts,
    improving: int,
    extension: Extension | None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The points of one search, a quantile each, and what speaks for or against its success curve.

    Args:
        curve: number of the curve they belong to.
        settings: of the trials.
        n: sample size.
        budget: T.
        design: that chose the widths.
        counts: successes and trials by width.
        improving: trials that were still improving at T.
        extension: the sample of them that was run on, under the largest budget.
    """
    fit = design.fit(counts)
    tried = sum(trials for _, trials in counts.values())
    label = {"steps": budget, **settings.varied}
    points = []
    for quantile in design.quantiles:
        found = design.threshold(fit, quantile)
        extended = (None, None, None) if extension is None else extension.threshold(design, quantile)
        points.append(
            {
                "curve": curve,
                **label,
                "n": n,
                "quantile": found.quantile,
                "estimate": found.estimate,
                "lower": found.lower,
                "upper": found.upper,
                "level": found.level,
                "trials": found.trials,
                "status": str(found.status),
                "improving": improving / tried,
                **dict(zip(("extended_estimate", "extended_lower", "extended_upper"), extended, strict=True)),
            }
        )
    check = fit.check()
    share = None if extension is None else extension.share(design.level)
    search = {
        "curve": curve,
        "n": n,
        "trials": tried,
        "largest": max(counts),
        "p_value": check.p_value,
        "rising_p_value": check.rising_p_value,
        "falls": check.falls,
        "improving": improving,
        "extended_steps": None if extension is None else extension.steps,
        "continued": 0 if extension is None else len(extension.turned),
        "turned": 0 if extension is None else sum(extension.turned.values()),
        "turned_lower": None if share is None else share.lower,
        "turned_upper": None if share is None else share.upper,
    }
    return points, search


def trial_rows(
    curve: int,
    settings: TrialSettings,
    n: int,
    outcomes: Mapping[tuple[int, int], list[dict[str, Any]]],
    place: int,
) -> list[dict[str, Any]]:
    """One row for each trial, under the budget at ``place``."""
    told = {
        "network": settings.network,
        "depth": settings.depth,
        "alpha": settings.alpha if settings.network == "deep" else None,
        "loss_function": settings.loss,
        "target": settings.target,
        "labels": settings.labels,
        "label_noise": settings.label_noise,
    }
    rows = []
    for (width, seed), found in outcomes.items():
        outcome = {name: value for name, value in found[place].items() if name != "improving_tries"}  # a list, no cell
        rows.append({"curve": curve, "n": n, "width": width, "seed": seed, **outcome, **told})
    return rows
