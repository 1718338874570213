r"""What the runs of :mod:`howwide.measure.iterations` say: means, exponents, and words.

A table of runs has a row for each depth, start and loss, steps and radius missing where the budget ended before. The
exponent of a quantity Q in x is, for each start, the least-squares slope of :math:`\log Q` against :math:`\log x`; the
estimate is their mean, and the interval Student's, as the starts are independent. A start has the same number at every
depth, so that depths may share random numbers.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from howwide.results.iterations import Finding, IterationExponent, IterationLaw, IterationPoint, Quantity, Variable
from howwide.statistics import mean_interval
from howwide.training import Status

__all__ = ["law_of_runs"]

_FEWEST = 3  # losses of an exponent in 1/eps
_THEOREM: Mapping[Variable, Mapping[Quantity, float]] = {
    "1/eps": {"steps": 1.0, "steps, two smallest losses": 1.0, "steps over the bound": 0.0},
    "L": {"steps": 2.0, "steps over the bound": 0.0},
}
"""The exponents of T = C L^2 R^2 / eps; R has none of its own."""


def law_of_runs(runs: pd.DataFrame, level: float, step_rule: str, steps: int) -> IterationLaw:
    """The law that the runs follow, beside the theorem's.

    Args:
        runs: columns ``depth``, ``start``, ``eps``, ``steps``, ``radius``, ``status``.
        level: of the intervals.
        step_rule: where the step size came from.
        steps: the budget.
    """
    runs = runs.assign(bound=runs["steps"] * runs["eps"] / (runs["depth"] * runs["radius"]) ** 2)
    ended = runs["status"].isin([Status.DIVERGED, Status.DEAD])
    kept = runs[~ended]
    depths, losses = sorted(set(runs["depth"])), sorted(set(runs["eps"]), reverse=True)
    by_depth = {depth: kept[kept["depth"] == depth] for depth in depths}
    points = [_point(own[own["eps"] == eps], depth, eps, level) for depth, own in by_depth.items() for eps in losses]
    exponents = [e for depth, own in by_depth.items() for e in _of_loss(own, depth, level)]
    if len(depths) > 1:
        exponents += [e for eps in losses for e in _of_depth(kept[kept["eps"] == eps], depths, eps, level)]
    lost = runs[ended].groupby("depth")["start"].nunique().to_dict()
    return IterationLaw(
        answer=_of_one_depth(depths[0], points, exponents, level, steps),
        verdict=" ".join(
            [
                *_beside_radius(depths[0], exponents),
                *_other_depths(depths[1:], exponents),
                *_of_depths(depths, exponents, step_rule),
                *(sentence for depth in depths for sentence in _left_out(depth, points, lost, steps)),
            ]
        ),
        points=tuple(points),
        exponents=tuple(exponents),
        level=level,
        step_rule=step_rule,
        steps=steps,
        runs=runs.drop(columns="bound"),
    )


def _point(runs: pd.DataFrame, depth: int, eps: float, level: float) -> IterationPoint:
    """Geometric means over the runs at one depth and loss, where all of them reached it."""
    found: dict[str, float | None] = {}
    for name, column in (("steps", "steps"), ("radius", "radius"), ("constant", "bound")):
        logs = np.log(runs[column].to_numpy(float))
        known = logs.size > 0 and np.isfinite(logs).all()
        ends = mean_interval(logs, level) if known else None
        found[name] = float(np.exp(logs.mean())) if known else None
        found[f"{name}_lower"] = None if ends is None else float(np.exp(ends.lower))
        found[f"{name}_upper"] = None if ends is None else float(np.exp(ends.upper))
    return IterationPoint(depth=depth, eps=eps, runs=len(runs), reached=int(runs["steps"].count()), **found)


def _of_loss(runs: pd.DataFrame, depth: int, level: float) -> list[IterationExponent]:
    """Exponents in 1/eps at one depth, over the losses that all runs reached."""
    reached = runs.pivot(index="start", columns="eps", values="steps").dropna(axis="columns").columns
    if reached.size < _FEWEST or runs["start"].nunique() < 2:
        return []
    own, last = runs[runs["eps"].isin(reached)], runs[runs["eps"].isin(sorted(reached)[:2])]
    columns: dict[Quantity, tuple[pd.DataFrame, str]] = {
        "steps": (own, "steps"),
        "steps, two smallest losses": (last, "steps"),
        "radius": (own, "radius"),
        "steps over the bound": (own, "bound"),
    }
    return [
        _exponent(name, "1/eps", table.assign(x=1.0 / table["eps"]), column, level, depth=depth)
        for name, (table, column) in columns.items()
    ]


def _of_depth(runs: pd.DataFrame, depths: Sequence[int], eps: float, level: float) -> list[IterationExponent]:
    """Exponents in L at one loss, over the starts that are there at every depth; none unless all runs reached it."""
    own = runs[runs.groupby("start")["depth"].transform("nunique") == len(depths)]
    if runs["steps"].isna().any() or own["start"].nunique() < 2:
        return []
    columns: dict[Quantity, str] = {"steps": "steps", "radius": "radius", "steps over the bound": "bound"}
    return [
        _exponent(name, "L", own.assign(x=own["depth"]), column, level, eps=eps) for name, column in columns.items()
    ]


def _exponent(
    quantity: Quantity,
    against: Variable,
    runs: pd.DataFrame,
    column: str,
    level: float,
    *,
    depth: int | None = None,
    eps: float | None = None,
) -> IterationExponent:
    """The mean slope of a column against ``x``, both as logarithms, over the starts."""
    table = np.log(runs.pivot(index="start", columns="x", values=column))
    values = table.columns.to_numpy(float)
    centred = np.log(values) - np.log(values).mean()
    slopes = table.to_numpy() @ centred / (centred @ centred)
    ends, theorem = mean_interval(slopes, level), _THEOREM[against].get(quantity)
    finding: Finding | None = None
    if ends is not None and theorem is not None:
        finding = "slower" if ends.lower > theorem else "faster" if ends.upper < theorem else "consistent"
    return IterationExponent(
        quantity=quantity,
        against=against,
        depth=depth,
        eps=eps,
        runs=len(slopes),
        values=tuple(values),
        exponent=float(slopes.mean()),
        lower=None if ends is None else ends.lower,
        upper=None if ends is None else ends.upper,
        theorem=theorem,
        finding=finding,
    )


_FINDINGS = {
    "consistent": "consistent with the O(1/eps) of the theorem over this range",
    "slower": "slower than the O(1/eps) of the theorem over this range, beside which its R^2 may grow too",
    "faster": "faster than the O(1/eps) of the theorem over this range",
    None: "without an interval, as no two runs differ",
}
_BESIDE = {
    "consistent": "T grows like the theorem's bound",
    "slower": "T grows faster than the theorem's bound with this R; constants are hidden, and its own R may be another",
    "faster": "T grows more slowly than the theorem's bound",
    None: "no two runs differ",
}


def _of_one_depth(
    depth: int, points: Sequence[IterationPoint], exponents: Sequence[IterationExponent], level: float, steps: int
) -> str:
    """How the steps go with 1/eps at one depth."""
    law = next((e for e in exponents if (e.depth, e.quantity) == (depth, "steps")), None)
    if law is None:
        own = [p for p in points if p.depth == depth]
        reached = sum(p.steps is not None for p in own)
        return (
            f"At depth {depth} all runs reached {reached} of the {len(own)} losses within {steps} steps: too few for a "
            f"law in 1/eps, which takes {_FEWEST}, and two runs that neither diverge nor die. More steps or larger "
            "losses would do."
        )
    largest, smallest = 1 / min(law.values), 1 / max(law.values)
    return (
        f"At depth {depth} the steps to a training loss of eps grow like (1/eps)^{law.exponent:.2f} "
        f"({100 * level:g} %: {_ends(law)}; {law.runs} starts) from eps = {largest:g} to {smallest:g}: "
        f"{_FINDINGS[law.finding]}."
    )


def _beside_radius(depth: int, exponents: Sequence[IterationExponent]) -> list[str]:
    """The end of the range at one depth, and R."""
    own = {e.quantity: e for e in exponents if e.depth == depth}
    if not own:
        return []
    last, radius, rest = own["steps, two smallest losses"], own["radius"], own["steps over the bound"]
    return [
        f"At depth {depth} the exponent between the two smallest losses is {_words(last)}. The distance of the "
        f"farthest layer goes like 1/eps to the power {_words(radius)}, and T over L^2R^2/eps to the power "
        f"{_words(rest)}: {_BESIDE[rest.finding]}."
    ]


def _other_depths(depths: Sequence[int], exponents: Sequence[IterationExponent]) -> list[str]:
    """The exponents of the steps at the depths that the answer does not speak of."""
    laws = {e.depth: e for e in exponents if e.quantity == "steps"}
    found = [
        f"{_words(laws[depth])} at depth {depth}" + ("" if laws[depth].finding is None else f", {laws[depth].finding}")
        if depth in laws
        else f"unknown at depth {depth}, with too few losses that all runs reached"
        for depth in depths
    ]
    return [f"The exponent of the steps in 1/eps is {'; '.join(found)}."] if found else []


def _of_depths(depths: Sequence[int], exponents: Sequence[IterationExponent], step_rule: str) -> list[str]:
    """How the steps go with L at the smallest loss that all runs at all depths reached."""
    if len(depths) < 2:
        return []
    found = [e for e in exponents if e.against == "L"]
    if not found:
        return ["No loss was reached by all runs at all depths, so that nothing is said of the growth with L."]
    smallest = min(e.eps for e in found if e.eps is not None)
    law, radius, rest = (
        next(e for e in found if e.eps == smallest and e.quantity == name)
        for name in ("steps", "radius", "steps over the bound")
    )
    sentences = [
        f"At eps = {smallest:g} the steps go like L^{law.exponent:.2f} ({_ends(law)}) from L = {min(law.values):g} to "
        f"{max(law.values):g}, where the theorem has L^2 beside R^2. The distance of the farthest layer goes like L to "
        f"the power {_words(radius)}, and T over L^2R^2/eps to the power {_words(rest)}: {_BESIDE[rest.finding]}."
    ]
    if step_rule != "theory":
        sentences.append(
            "The L^2 belongs to the theorem's step size 1/(L m^(2 alpha)) (theory), and other steps have another power."
        )
    return sentences


def _left_out(depth: int, points: Sequence[IterationPoint], lost: Mapping[int, int], steps: int) -> list[str]:
    """Losses that some run did not reach, and runs that ended by themselves."""
    sentences = []
    if censored := [p for p in points if p.depth == depth and p.reached < p.runs]:
        named = "; ".join(f"eps = {p.eps:g} by {p.runs - p.reached} of {p.runs} runs" for p in censored)
        sentences.append(f"Not reached within {steps} steps at depth {depth}, and left out: {named}.")
    if number := lost.get(depth):
        sentences.append(f"{number} of the runs at depth {depth} diverged or died; what is said holds for the others.")
    return sentences


def _words(law: IterationExponent) -> str:
    return f"{round(law.exponent, 2) + 0.0:.2f} ({_ends(law)})"


def _ends(law: IterationExponent) -> str:
    if law.lower is None or law.upper is None:
        return "no interval"
    return f"{round(law.lower, 2) + 0.0:.2f} to {round(law.upper, 2) + 0.0:.2f}"
