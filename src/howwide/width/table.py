"""The rows of a result: one for each point, each search and each trial."""

from collections.abc import Mapping
from typing import Any

from howwide.statistics import AdaptiveDesign
from howwide.width.protocol import Protocol

__all__ = ["search_rows", "trial_rows"]

Counts = Mapping[int, tuple[int, int]]


def search_rows(
    curve: int, protocol: Protocol, n: int, budget: int, design: AdaptiveDesign, counts: Counts, generous: Counts
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The points of one search, a quantile each, and what speaks for or against its success curve.

    Args:
        curve: number of the curve they belong to.
        protocol: of the trials.
        n: sample size.
        budget: T.
        design: that chose the widths.
        counts: successes and trials by width.
        generous: the same with what was still improving at T counted as successes.
    """
    strict, kind = design.fit(counts), design.fit(generous)
    tried = sum(trials for _, trials in counts.values())
    share = (sum(k for k, _ in generous.values()) - sum(k for k, _ in counts.values())) / tried
    label = {"steps": budget, **protocol.varied}
    points = []
    for quantile in design.quantiles:
        found, other = strict.threshold(quantile, design.level), kind.threshold(quantile, design.level)
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
                "improving": share,
                "if_improving_estimate": other.estimate,
                "if_improving_lower": other.lower,
                "if_improving_upper": other.upper,
                "if_improving_status": str(other.status),
            }
        )
    check = strict.check()
    search = {
        "curve": curve,
        "n": n,
        "trials": tried,
        "largest": max(counts),
        "p_value": check.p_value,
        "rising_p_value": check.rising_p_value,
        "falls": check.falls,
    }
    return points, search


def trial_rows(
    curve: int,
    protocol: Protocol,
    n: int,
    outcomes: Mapping[tuple[int, int], list[dict[str, Any]]],
    place: int,
) -> list[dict[str, Any]]:
    """One row for each trial, under the budget at ``place``."""
    told = {
        "network": protocol.network,
        "depth": protocol.depth,
        "alpha": protocol.alpha if protocol.network == "deep" else None,
        "loss_function": protocol.loss,
        "target": protocol.target,
        "labels": protocol.labels,
        "label_noise": protocol.label_noise,
    }
    return [
        {"curve": curve, "n": n, "width": width, "seed": seed, **found[place], **told}
        for (width, seed), found in outcomes.items()
    ]
