r"""What a certified run will cost at most, before anything is trained.

With :math:`e_1` and :math:`e` the entries of the first and of the other hidden matrices, outputs of n examples take
:math:`2 n (e_1 + e)` flops, and training what :mod:`howwide.training.cost` says. Left out are the bounds themselves
(roots of functions of one number) and all that is done entry by entry, the draws of PAC-Bayes among it; what its pilot
takes is counted at its most, every scale of the noise at every kept iterate. The best predictor of ``rademacher`` is
sought until it is near enough, and takes nobody knows how long.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from howwide.certify._certify import issued_kinds
from howwide.certify._sample_complexity.study import declared_pairs
from howwide.certify.certificates.pac_bayes import SCALES, counted_draws, pilot_draws
from howwide.certify.procedure.plan import Combination, Plan
from howwide.certify.procedure.sample import draw_sample
from howwide.certify.procedure.train import DeclaredRun, stops
from howwide.data import Dataset
from howwide.networks.initialisation import check_start
from howwide.results.plan import PlannedPart, RunPlan
from howwide.training.cost import forward_flops, largest_array, matrix_entries, pass_flops, planned, step_flops
from howwide.training.problem import padded_width

__all__ = ["certify_plan", "sample_complexity_plan"]


def certify_plan(ds: Dataset, plan: Plan, *, n: int | None = None) -> RunPlan:
    """What :func:`howwide.certify.certify` will do with these settings.

    Raises:
        SettingError: as there.
        DataError: likewise.
    """
    return RunPlan.of(_parts(DeclaredRun(plan, draw_sample(ds, n, plan))))


def sample_complexity_plan(
    ds: Dataset, plan: Plan, *, n: Sequence[int], seeds: int = 8, floor: float = 0.0, level: float = 0.95
) -> RunPlan:
    """What :func:`howwide.certify.sample_complexity` will do: the parts of every run, those of one name together.

    Raises:
        SettingError: as there.
        DataError: likewise.
    """
    runs = [DeclaredRun(p, draw_sample(ds, size, p)) for size, p in declared_pairs(ds, plan, n, seeds, floor, level)]
    return RunPlan.of(_merged(part for run in runs for part in _parts(run)))


def _merged(parts: Iterable[PlannedPart]) -> list[PlannedPart]:
    """One part for each name: counts, flops and seconds added, the largest array of all."""
    merged: dict[str, PlannedPart] = {}
    for part in parts:
        before = merged.get(part.part)
        if before is not None:
            sums: dict[str, Any] = {"count": before.count + part.count, "bytes": max(before.bytes, part.bytes)}
            if before.flops is not None and part.flops is not None:
                sums |= {"flops": before.flops + part.flops, "seconds": (before.seconds or 0) + (part.seconds or 0)}
            part = before.model_copy(update=sums)
        merged[part.part] = part
    return list(merged.values())


def _parts(declared: DeclaredRun) -> list[PlannedPart]:
    """The parts of one run, in their order; of several combinations each takes its share."""
    plan, sample = declared.plan, declared.sample
    n, d = sample.x.shape
    tests = 0 if sample.test is None else sample.test.y.size
    combinations = plan.combinations if plan.tune_on is None else plan.combinations[:1]
    dear = max(plan.combinations, key=lambda c: c.width)  # which one is chosen nobody knows: the widest
    widest = plan.net(dear).hidden_widths
    for combination in plan.combinations:
        check_start(plan.net(combination), d, dtype=plan.dtype)
    double, largest = plan.dtype == "float64", largest_array(n, d, widest, np.dtype(plan.dtype).itemsize)
    parts = []
    if sample.tune is not None:
        rows = 2 * sample.tune.y.size // 3
        judged = rows + sample.tune.y.size
        flops = sum(_training(plan, c, rows, d) + _looks(plan, c, d, judged) for c in plan.combinations)
        size = len(plan.combinations)
        steps = size * (rows if plan.algorithm == "sgd" else plan.steps)
        parts.append(planned("choosing", steps, "steps", flops, largest, steps=steps, runs=size, double=double))
        combinations = (dear,)
    size = len(combinations)
    steps = size * (n if plan.algorithm == "sgd" else plan.steps)
    flops = sum(_training(plan, c, n, d, len(declared.snapshots)) + _looks(plan, c, d, n + tests) for c in combinations)
    parts.append(planned("training", steps, "steps", flops, largest, steps=steps, runs=size, double=double))
    observed = len(declared.pass_plan.observed) if plan.algorithm == "sgd" else 0
    if observed and tests:
        looked = sum(_looks(plan, c, d, observed * tests) for c in combinations)
        parts.append(planned("errors of kept iterates", size * observed, "iterates", looked, largest, double=double))
    for kind in issued_kinds(declared):
        examples = _judged(kind.name, declared, n, tests)
        cost = None if examples is None else sum(_looks(plan, c, d, examples) for c in combinations)
        note = "its best predictor is sought to one per cent" if examples is None else ""
        held = max(largest, 8.0 * n * n * len(widest)) if examples is None else largest
        parts.append(planned(kind.name, size, "certificates", cost, held, double=True, note=note))
    if plan.network == "deep":
        first, others = matrix_entries(plan.net(combinations[0]).hidden_widths, d)
        width = combinations[0].width
        norms = 4.0 * (max(width, d) * min(width, d) ** 2 + (plan.depth - 2) * width**3) * (plan.algorithm == "gd")
        told = 8.0 * n * (first + others) + norms
        parts.append(planned("predictions of the theory", 1, "runs", told, largest, double=True))
    return parts


def _training(plan: Plan, combination: Combination, n: int, d: int, snapshots: int = 0) -> float:
    """Flops of one run on n examples."""
    widths = plan.net(combination).hidden_widths
    if plan.algorithm == "sgd":
        return pass_flops(n, d, widths, snapshots)
    padded = tuple(map(padded_width, widths))
    looks = len(stops(plan.steps)) * forward_flops(n, *matrix_entries(padded, min(n, d)))
    return plan.steps * step_flops(n, d, padded) + looks


def _looks(plan: Plan, combination: Combination, d: int, examples: int) -> float:
    """Flops of the outputs of so many examples."""
    return forward_flops(examples, *matrix_entries(plan.net(combination).hidden_widths, d))


def _judged(kind: str, declared: DeclaredRun, n: int, tests: int) -> int | None:
    """How many outputs a certificate takes, at most; None where nobody knows what it takes."""
    if kind in ("rademacher", "transfer"):
        return None
    if kind == "pac_bayes":
        pilot = len(SCALES) * len(stops(declared.plan.steps)) * pilot_draws(n, counted_draws(n))
        return (pilot + counted_draws(n) + 1) * n + (counted_draws(n) + 1) * tests
    if kind == "snapshot_suffix":
        return len(declared.pass_plan.tested) * n + tests
    return tests if kind == "holdout" else 0  # the others read the record of the pass
