"""Memorisation results at the sample size, depth and input dimension of a data set: reference lines, and no bounds."""

import dataclasses
from collections.abc import Sequence

from howwide.theorems.entries import finite_or_none
from howwide.theorems.measured import Measured
from howwide.theory import Memorisation, Quantity

__all__ = ["ReferenceLine", "reference_lines"]


@dataclasses.dataclass(frozen=True)
class ReferenceLine:
    """One statement about the existence of weights that fit, on one data set.

    Attributes:
        statement: what is stated, and of which labels.
        width: of DeepReLU at this depth; a prediction where the paper hides a constant.
    """

    statement: Memorisation
    width: Quantity

    @property
    def log10_width(self) -> float | None:
        """Logarithm of the width; None where there is none."""
        return finite_or_none(self.width.log10)


def reference_lines(
    measured: Measured, statements: Sequence[Memorisation], hidden_constant: float = 1.0
) -> tuple[ReferenceLine, ...]:
    """The statements at the facts of one data set."""
    return tuple(ReferenceLine(s, s.width(measured.data, hidden_constant)) for s in statements)
