"""The rows of a result, one for each trial, search and point; and the result made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from howwide.results.width import (
    Curve,
    StepRule,
    SuccessRate,
    WidthPoint,
    WidthResult,
    WidthScan,
    WidthSearch,
    fit_growth,
    leading,
    setting_words,
)
from howwide.statistics import AdaptiveDesign, clopper_pearson, least_integer, normal_scores
from howwide.statistics.check import BAD_FIT
from howwide.width.answers import curve_answer, study_answer
from howwide.width.extension import Extension
from howwide.width.frontier import simultaneous_ends, with_monotone_ends
from howwide.width.growth import exponent_of, growth_across, laws_of, left_out, without_answer
from howwide.width.study import TrialSettings
from howwide.width.tested import errors_by_width
from howwide.width.trial import TrialOutcome

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["search_rows", "trial_rows", "width_result"]

_SCANS = (1, 2, 5)  # steps of upward scans, in the network's own
_LABEL = ("steps", "target", "depth", "alpha", "label_noise")  # what tells curves apart


def search_rows(
    curve: int,
    settings: TrialSettings,
    n: int,
    budget: int,
    design: AdaptiveDesign,
    reason: str,
    counts: Mapping[int, tuple[int, int]],
    improving: int,
    extension: Extension | None,
) -> tuple[list[WidthPoint], WidthSearch, list[WidthScan]]:
    """The points of one search, a quantile each, what speaks for or against its success curve, and its scans.

    Args:
        curve: number of the curve they belong to.
        settings: of the trials.
        n: sample size.
        budget: T.
        design: that chose the widths.
        reason: why it asks for no more.
        counts: successes and trials by width.
        improving: trials that were still improving at T.
        extension: the sample of them that was run on, under the largest budget.
    """
    fit = design.fit(counts)
    tried = sum(trials for _, trials in counts.values())
    points = []
    for quantile in design.quantiles:
        threshold = design.threshold(fit, quantile)
        whole = least_integer(threshold.estimate, threshold.lower, threshold.upper, design.width_step)
        extended = (None, None, None) if extension is None else extension.threshold(design, quantile)
        joint = simultaneous_ends(design, fit, quantile, len(settings.steps))
        points.append(
            WidthPoint(
                curve=curve,
                steps=budget,
                **settings.varied,
                n=n,
                width=whole.estimate,
                width_lower=whole.lower,
                width_upper=whole.upper,
                **asdict(threshold),
                improving=improving / tried,
                extended_estimate=extended[0],
                extended_lower=extended[1],
                extended_upper=extended[2],
                joint_lower=joint[0],
                joint_upper=joint[1],
                posterior=normal_scores(fit, threshold),
            )
        )
    check = fit.check()
    share = None if extension is None else extension.share(design.level)
    steps, turned = (None, {}) if extension is None else (extension.steps, extension.turned)
    search = WidthSearch(
        curve=curve,
        n=n,
        trials=tried,
        largest=max(counts),
        reason=reason,
        p_value=check.p_value,
        rising_p_value=check.rising_p_value,
        falls=check.falls,
        improving=improving,
        extended_steps=steps,
        continued=len(turned),
        turned=sum(turned.values()),
        turned_lower=None if share is None else share.lower,
        turned_upper=None if share is None else share.upper,
    )
    steps_of_scans = (multiple * design.width_step for multiple in _SCANS)
    scans = [WidthScan(curve=curve, n=n, **asdict(design.scan(fit, step))) for step in steps_of_scans]
    return points, search, scans


def trial_rows(
    curve: int, settings: TrialSettings, n: int, outcomes: Mapping[tuple[int, int], list[TrialOutcome]], place: int
) -> list[dict[str, object]]:
    """One row for each trial, under the budget at ``place``."""
    common = {
        "network": settings.network,
        "depth": settings.depth,
        "alpha": settings.alpha if settings.network == "deep" else None,
        "loss_function": settings.loss,
        "target": settings.target,
        "labels": settings.labels,
        "label_noise": settings.label_noise,
    }
    rows = []
    for (width, seed), results in outcomes.items():
        lists = ("improving_tries", "reached")
        cells = {name: value for name, value in results[place].items() if name not in lists}
        times = [step for step in results[place].get("reached", []) if step is not None]
        cells["reached"] = min(times, default=None)
        rows.append({"curve": curve, "n": n, "width": width, "seed": seed, **cells, **common})
    return rows


def width_result(
    points: Sequence[WidthPoint],
    searches: Sequence[WidthSearch],
    scans: Sequence[WidthScan],
    trials: "pd.DataFrame",
    settings: TrialSettings,
    data: str,
) -> WidthResult:
    """The result of a study: success rates and step rules from its trials; answer, growth and verdict from its points.

    Args:
        points: in the order of curves, sample sizes and quantiles.
        searches: in the order they were made.
        scans: of all searches.
        trials: one row a trial and budget, with the number of its ``curve``.
        settings: of the trials of any curve, for what all have in common.
        data: name of the data.
    """
    counted = trials.groupby(["curve", "n", "width"])["success"].agg(successes="sum", trials="count").reset_index()
    rates = []
    for row in counted.to_dict("records"):
        ends = clopper_pearson(row["successes"], row["trials"], points[0].level)
        rates.append(SuccessRate(**row, rate=row["successes"] / row["trials"], lower=ends.lower, upper=ends.upper))
    rules: list[StepRule] = []
    if "step_rule" in trials:
        won = trials[trials["success"]].groupby(["curve", "n", "step_rule"], sort=True)
        medians = won[["step_size", "hidden_constant"]].median().assign(successes=won.size()).reset_index()
        rules = [StepRule(**row) for row in medians.rename(columns={"step_rule": "rule"}).to_dict("records")]
    labels = {p.curve: {name: getattr(p, name) for name in _LABEL} for p in points}
    apart = [name for name in _LABEL if len({str(label[name]) for label in labels.values()}) > 1]
    curves = []
    for number, label in sorted(labels.items()):
        own = [p for p in points if p.curve == number and p.quantile == points[0].quantile]
        made = [s for s in searches if s.curve == number]
        mine = trials[trials["curve"] == number]
        growth = fit_growth(own, mine)
        curves.append(
            Curve(
                label=label,
                words=", ".join(setting_words(name, label[name]) for name in apart),
                answer=curve_answer([p for p in points if p.curve == number], made, settings, data, apart),
                finding=growth.finding,
                left_out=tuple(p.n for p in own if p.stopped_by_budget),
                laws=laws_of(growth),
                exponent=exponent_of(growth),
                verdict=_verdict(own, made, mine, growth.verdict),
            )
        )
    spoken = curves[leading([curve.label for curve in curves])]
    errors, best = errors_by_width(trials, points[0].level)
    return WidthResult(
        answer=study_answer(curves, sorted({p.n for p in points})),
        points=tuple(with_monotone_ends(points)),
        rates=tuple(rates),
        step_rules=tuple(rules),
        searches=tuple(searches),
        curves=tuple(curves),
        width_step=settings.width_step,
        laws=spoken.laws,
        exponent=spoken.exponent,
        verdict=" ".join(f"{c.words}: {c.verdict}" if c.words else c.verdict for c in curves),
        test_errors=tuple(errors),
        best_tested=tuple(best),
        scans=tuple(scans),
        growth=tuple(growth_across(points, trials)),
        trials=trials,
        notes=_doubts(searches, curves),
    )


def _verdict(points: Sequence[WidthPoint], searches: Sequence[WidthSearch], trials: "pd.DataFrame", growth: str) -> str:
    """What one curve shows: sizes without an answer, growth and what it leaves out, and runs that the budget cut."""
    censored = [p for p in points if p.stopped_by_budget]
    sentences = [*without_answer(points, trials, "n"), growth, *left_out(censored, "n")]
    if any(p.improving > 0 for p in points):
        share = sum(p.improving * p.trials for p in points) / sum(p.trials for p in points)
        cut = f"The budget stopped {100 * share:.1f} % of all trials while they were still improving"
        if continued := sum(s.continued for s in searches):
            turned, steps = sum(s.turned for s in searches), max(s.extended_steps or 0 for s in searches)
            cut += f"; of a sample run on to {steps} steps, {turned} of {continued} then reached the target"
        sentences.append(f"{cut}.")
    return " ".join(sentences)


def _doubts(searches: Sequence[WidthSearch], curves: Sequence[Curve]) -> list[str]:
    """What speaks against the success curves."""
    doubts = []
    for s in searches:
        words = curves[s.curve].words
        where = f"n = {s.n}" + (f", {words}" if words else "")
        if s.falls:
            doubts.append(f"{where}: success falls with width by more than chance allows (p = {s.rising_p_value:.3f})")
        elif s.p_value < BAD_FIT:
            doubts.append(f"{where}: the success curve fits badly (p = {s.p_value:.3f}); trust the success rates alone")
    return doubts
