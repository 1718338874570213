"""One theorem on measured facts: its verdict, its numbers, its gap, and two exponents of n.

The *nominal* exponent is that of the formula with every other fact fixed; the one *on these data* is the slope of the
required width where the facts are measured anew at every n.
"""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd

from howwide.theorems.measured import Measured
from howwide.theorems.prescription import Prescription, prescribe
from howwide.theory import Judgement, Theorem

__all__ = ["Entry", "entry", "finite_or_none", "required_width"]


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
        return finite_or_none(self.prescription.quantities["width"].log10)


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
    log10 = finite_or_none(prescription.quantities["width"].log10)
    return Entry(
        theorem,
        judgement,
        prescription,
        gap_log10=None if log10 is None or reference_width is None else log10 - math.log10(reference_width),
        constant_log10=None if minimal_width is None else theorem.implied_constant("width", problem, minimal_width),
        nominal_exponent=_nominal_exponent(prescription),
        data_exponent=None if required is None else _slope(required[required["id"] == theorem.id]),
    )


def required_width(theorem: Theorem, measured: Measured, hidden_constant: float) -> float | None:
    """Logarithm of the safe end of the width; None where there is no finite one."""
    return finite_or_none(prescribe(theorem, measured.problem(theorem), hidden_constant).quantities["width"].log10)


def _nominal_exponent(prescription: Prescription) -> float | None:
    """Growth of the required width from n to 2n, every other fact as it is."""
    theorem, problem = prescription.theorem, prescription.problem
    if problem.n is None:
        return None
    here, there = (theorem.width(problem, prescription.hidden_constant, n=k * problem.n).log10 for k in (1, 2))
    if finite_or_none(here) is None or finite_or_none(there) is None:
        return None
    return _tidy((there - here) / math.log10(2))  # type: ignore[operator]


def _slope(points: pd.DataFrame) -> float | None:
    known = points.dropna(subset=["log10_width"])
    if known["n"].nunique() < 2:
        return None
    return _tidy(float(np.polyfit(np.log10(known["n"]), known["log10_width"], 1)[0]))


def _tidy(exponent: float) -> float:
    """Without the rounding of a logarithm of 1e80, which would print as 1e-14."""
    return round(exponent, 9) + 0.0


def finite_or_none(value: Any) -> float | None:
    """A finite float, or None."""
    return float(value) if value is not None and math.isfinite(value) else None
