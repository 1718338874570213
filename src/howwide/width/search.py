"""The minimal width against the sample size, by trials.

For each n a grid of widths is bracketed and refined (:mod:`howwide.width.grid`), every width is tried with the same
seeds (:mod:`howwide.width.trial`), and a monotone response model turns the counts into the width at which the success
probability passes 1/2 or 0.9, with an interval (:mod:`howwide.statistics`). That no width up to the largest one reached
the target is a finding, with a status.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.networks.checks import check_count
from howwide.statistics import fit_response
from howwide.training import descend_many
from howwide.width.curve import WidthCurve
from howwide.width.grid import Counts, WidthGrid
from howwide.width.trial import Study, Trial, trial_row

__all__ = ["search"]


def search(
    ds: Dataset,
    *,
    n: int | Sequence[int],
    depth: int = 5,
    target: str = "zero-error",
    steps: int = 1000,
    network: str = "deep",
    alpha: float = 0.5,
    step_size: str | float = "ladder",
    loss: str = "logistic",
    hidden_constant: float = 1.0,
    antisymmetric: bool = False,
    stratified: bool = True,
    seeds: int = 16,
    seed: int = 0,
    max_width: int = 1024,
    ratio: float = 1.25,
    quantiles: Sequence[float] = (0.5, 0.9),
    level: float = 0.95,
    workers: int | None = None,
    strategy: str = "auto",
    on_trial: Callable[[dict[str, Any]], None] | None = None,
) -> WidthCurve:
    r"""Estimate, for each n, the least width that reaches ``target`` within ``steps`` with probability q.

    A trial is a seeded subset of n examples, a seeded start and a width; it succeeds when full-batch gradient descent
    reaches the target. The answer depends on the budget and on the step rule, which are therefore part of the result.
    The default rule ``ladder`` tries
    :math:`4/\lambda_{\max}(K/n)`, a quarter of it and the theory's step, each with the whole budget.

    Args:
        ds: the data.
        n: one sample size or several.
        depth: L, as the network counts it.
        target: ``zero-error`` or ``loss<=EPS``.
        steps: the budget T of each try.
        network: ``deep`` (Chen et al.) or ``fixed-head`` (Zou et al.).
        alpha: output scale of the deep network.
        step_size: a number or a rule of :mod:`howwide.training.step_sizes`.
        loss: ``logistic`` or ``square``.
        hidden_constant: the constant of the theory's step size.
        antisymmetric: start with f = 0.
        stratified: subsets keep the share of positive labels; otherwise plain random subsets.
        seeds: trials at every width.
        seed: changes every subset and every start.
        max_width: the largest width that is tried.
        ratio: the grid is refined until neighbours are adjacent or within this factor.
        quantiles: success probabilities q.
        level: of the intervals.
        workers: threads on CPUs; one a core unless given. Changes no result.
        strategy: ``auto``, ``threads`` or ``vmap``; see :func:`howwide.training.descend_many`.
        on_trial: called with the row of each finished trial.

    Returns:
        The curve: points with intervals, success rates, and one row a trial.

    Raises:
        SettingError: a setting outside its domain.
        DataError: n beyond the data, or a subset that cannot be drawn.
    """
    study = Study(
        ds,
        network=network,
        depth=depth,
        alpha=alpha,
        target=target,
        steps=steps,
        step_size=step_size,
        loss=loss,
        hidden_constant=hidden_constant,
        antisymmetric=antisymmetric,
        stratified=stratified,
        seed=seed,
    )
    grid = WidthGrid(max_width, ratio, study.width_step)
    sizes = _sizes(ds, n, stratified)
    check_count(seeds, "seeds", 1)
    for probability in (*quantiles, level):
        if not 0 < probability < 1:
            raise SettingError(f"quantiles and level are probabilities in (0, 1); got {probability}")
    rows: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    hint: float | None = None
    for size in sizes:
        counts: dict[int, tuple[int, int]] = {}
        widths = grid.first(hint)
        while widths:
            # seed by seed over the widths, so that cores start on different widths and compile different loops
            trials = [Trial(size, width, k) for k in range(seeds) for width in widths]
            for index, run in descend_many(
                [study.job(t) for t in trials], study.budget, workers=workers, strategy=strategy
            ):
                row = trial_row(study, trials[index], run)
                rows.append(row)
                if on_trial is not None:
                    on_trial(row)
            counts |= _counts(rows, size, widths)
            widths = grid.following(counts)
        found = _points(size, counts, quantiles, level)
        points += found
        hint = found[0]["estimate"]
    order = ["n", "width", "seed"]
    return WidthCurve(pd.DataFrame(points), pd.DataFrame(rows).sort_values(order, ignore_index=True), level)


def _sizes(ds: Dataset, n: int | Sequence[int], stratified: bool) -> list[int]:
    sizes = sorted({n} if isinstance(n, int) else set(n))
    if not sizes:
        raise SettingError("give at least one sample size n")
    for size in sizes:
        ds.subset(
            size, seed=0, stratified=stratified
        )  # refuses a size that cannot be drawn, before anything is trained
    return sizes


def _counts(rows: Sequence[dict[str, Any]], size: int, widths: Sequence[int]) -> dict[int, tuple[int, int]]:
    outcomes = {w: [r["success"] for r in rows if r["n"] == size and r["width"] == w] for w in widths}
    return {w: (sum(found), len(found)) for w, found in outcomes.items()}


def _points(size: int, counts: Counts, quantiles: Sequence[float], level: float) -> list[dict[str, Any]]:
    widths = sorted(counts)
    fit = fit_response(widths, [counts[w][0] for w in widths], [counts[w][1] for w in widths])
    found = [fit.threshold(q, level) for q in quantiles]
    return [
        {
            "n": size,
            "quantile": t.quantile,
            "estimate": t.estimate,
            "lower": t.lower,
            "upper": t.upper,
            "level": t.level,
            "trials": t.trials,
            "status": str(t.status),
        }
        for t in found
    ]
