"""All theorems on one data set: verdicts, required widths, and how far they are from the width that was enough.

A verdict is about the width at hand and the theorem's own network. A number with a hidden constant is a prediction. Two
exponents of n stand beside the measured one: the *nominal* one of the formula, with every other fact fixed, and the one
*on these data*, where the facts are measured anew at every n.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from howwide import theory
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.theorems.catalogue import family
from howwide.theorems.facts import Measured, measure
from howwide.theorems.prescription import Prescription, prescribe
from howwide.theory import Judgement, Theorem
from howwide.width import WidthCurve, search

__all__ = ["Comparison", "Entry", "compare", "entry"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One theorem on one data set.

    Attributes:
        theorem: the statement.
        judgement: verdict and its reasons, at the width at hand.
        prescription: its numbers.
        gap_log10: logarithm of the required width over the reference width; None where either is not known.
        constant_log10: logarithm of the hidden constant at which the measured minimal width would be enough.
        nominal_exponent: of n in the required width, with every other fact fixed.
        data_exponent: of n in the required width, with the facts measured at every n.
    """

    theorem: Theorem
    judgement: Judgement
    prescription: Prescription
    gap_log10: float | None = None
    constant_log10: float | None = None
    nominal_exponent: float | None = None
    data_exponent: float | None = None

    @property
    def log10_width(self) -> float | None:
        """The safe end of the required width; None where there is no finite one."""
        return _finite(self.prescription.quantities["width"].log10)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """All theorems on one data set.

    Attributes:
        entries: one a theorem, at the largest n.
        measured: the facts at every n, smallest n first.
        required: columns ``n``, ``id``, ``log10_width``, a row for each theorem and n.
        curve: the minimal width that was measured, or None.
        reference_width: what the gaps are relative to: the estimated minimal width at the largest n, else the width
            at hand; None where the search found no estimate.
    """

    entries: tuple[Entry, ...]
    measured: tuple[Measured, ...]
    required: pd.DataFrame
    curve: WidthCurve | None
    reference_width: float | None

    @property
    def measured_exponent(self) -> tuple[float | None, float | None, float | None] | None:
        """Exponent of n in the measured minimal width: estimate, lower, upper; None without a curve."""
        return None if self.curve is None else self.curve.fit().exponent

    @property
    def table(self) -> pd.DataFrame:
        """One row a theorem: the numbers that the command line prints."""
        return pd.DataFrame(
            {
                "id": e.theorem.id,
                "year": e.theorem.year,
                "verdict": e.judgement.verdict,
                "log10_width": e.log10_width,
                "log10_steps": _finite(e.prescription.quantities["num_steps"].log10),
                "test_bound": e.prescription.test_bound.value,
                "gap_log10": e.gap_log10,
                "nominal_exponent": e.nominal_exponent,
                "data_exponent": e.data_exponent,
                "reason": e.judgement.reason,
            }
            for e in self.entries
        )


def compare(
    ds: Dataset,
    *,
    n: int | Sequence[int] | None = None,
    depth: int = 5,
    width: int = 512,
    alpha: float = 0.5,
    target_loss: float = 0.1,
    failure_probability: float = 0.05,
    hidden_constant: float = 1.0,
    theorems: Sequence[Theorem] | None = None,
    curve: WidthCurve | None = None,
    measure_width: bool = False,
    target: str = "zero-error",
    steps: int = 2000,
    max_width: int = 1024,
    trials: int = 400,
    parts: Sequence[str] | None = None,
    stratified: bool = True,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Measure the facts, and ask every theorem about its own network on these data.

    Args:
        ds: the data.
        n: one sample size or several; all of the data by default. Verdicts are at the largest.
        depth: number of weight matrices of the deep network (other networks: as many hidden layers).
        width: the width at hand, at which starts are measured.
        alpha: output scale of the deep network.
        target_loss: eps.
        failure_probability: delta.
        hidden_constant: for what the papers hide; the results are predictions.
        theorems: the statements; all by default.
        curve: a minimal width that was measured before, at these n.
        measure_width: measure it now, with :func:`howwide.width.search` at these n.
        target: of that search.
        steps: its budget.
        max_width: the largest width it tries.
        trials: that it makes at most at every n.
        parts: what is measured, names from :data:`howwide.theorems.PARTS`.
        stratified: subsets keep the share of positive labels.
        seed: of subsets and starts.
        say: called with a line before every part.

    Raises:
        SettingError: a number outside its domain.
        DataError: n beyond the data, or a subset that cannot be drawn.
        SearchError: a trial of the search failed.
    """
    chosen = theory.all_theorems() if theorems is None else tuple(theorems)
    sizes = [ds.n] if n is None else sorted({n} if isinstance(n, int) else set(n))
    if not sizes:
        raise SettingError("give at least one sample size n")
    subsets = [ds if n is None else ds.subset(size, seed=seed, stratified=stratified) for size in sizes]
    facts: dict[str, Any] = {
        "depth": depth, "width": width, "alpha": alpha, "target_loss": target_loss, "parts": parts, "seed": seed,
        "failure_probability": failure_probability, "say": say,
    }  # fmt: skip
    measured = tuple(measure(part, **facts) for part in subsets)
    if measure_width:
        say("searching the minimal width")
        curve = search(
            ds, n=sizes, depth=depth, target=target, steps=steps, alpha=alpha, max_width=max_width, trials=trials,
            seed=seed, stratified=stratified, notice=say, on_progress=lambda label, state: say(f"{label}: {state}"),
        )  # fmt: skip
    reference = float(width) if curve is None else _estimate(curve, sizes[-1])
    required = pd.DataFrame(
        {"n": m.data.n, "id": t.id, "log10_width": _width_at(t, m, hidden_constant)} for m in measured for t in chosen
    ).astype({"log10_width": float})
    minimal = None if curve is None else reference
    entries = tuple(entry(t, measured[-1], hidden_constant, reference, minimal, required) for t in chosen)
    return Comparison(entries, measured, required, curve, reference)


def entry(
    theorem: Theorem,
    measured: Measured,
    hidden_constant: float = 1.0,
    reference_width: float | None = None,
    minimal_width: float | None = None,
    required: pd.DataFrame | None = None,
) -> Entry:
    """One theorem on measured facts.

    Args:
        theorem: the statement.
        measured: the facts.
        hidden_constant: for what the paper hides.
        reference_width: for the gap.
        minimal_width: a measured minimal width, for the hidden constant at which it would be enough.
        required: widths at several n, as in :class:`Comparison`, for the exponent on these data.
    """
    prescription = prescribe(theorem, measured.problem(theorem), hidden_constant)
    problem = prescription.problem
    judgement = theorem.judge(problem, hidden_constant)
    log10 = _finite(prescription.quantities["width"].log10)
    return Entry(
        theorem,
        judgement,
        prescription,
        gap_log10=None if log10 is None or reference_width is None else log10 - math.log10(reference_width),
        constant_log10=None if minimal_width is None else theorem.implied_constant("width", problem, minimal_width),
        nominal_exponent=_nominal_exponent(prescription),
        data_exponent=None if required is None else _slope(required[required["id"] == theorem.id]),
    )


def _width_at(theorem: Theorem, measured: Measured, hidden_constant: float) -> float | None:
    return _finite(prescribe(theorem, measured.problem(theorem), hidden_constant).quantities["width"].log10)


def _nominal_exponent(prescription: Prescription) -> float | None:
    """Growth of the required width from n to 2n, every other fact as it is."""
    theorem, problem = prescription.theorem, prescription.problem
    if problem.n is None:
        return None
    here, there = (theorem.width(problem, prescription.hidden_constant, n=k * problem.n).log10 for k in (1, 2))
    if _finite(here) is None or _finite(there) is None:
        return None
    return (there - here) / math.log10(2)  # type: ignore[operator]


def _slope(points: pd.DataFrame) -> float | None:
    known = points.dropna(subset=["log10_width"])
    if known["n"].nunique() < 2:
        return None
    return float(np.polyfit(np.log10(known["n"]), known["log10_width"], 1)[0])


def _estimate(curve: WidthCurve, n: int) -> float | None:
    points = curve.points()
    found = points[points["n"] == n]["estimate"].dropna()
    return float(found.iloc[0]) if len(found) else None


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def group(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries by the group of their statements, in the order of the groups."""
    found: dict[str, list[Entry]] = {}
    for one in entries:
        found.setdefault(family(one.theorem), []).append(one)
    return found
