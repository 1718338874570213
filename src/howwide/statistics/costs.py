r"""What will a trial cost, at a width and for an outcome?

A trial at width m is taken as so much *work* (the steps that it runs) of which a unit costs :math:`c(m)` (the flops of
a step). Trials that fail run until they are given up, those that succeed stop early, so the work is averaged apart,
over the finished trials of all widths:

.. math::

    \mathrm E[\text{price} \mid m] = c(m)\,\bigl(p_m\, \bar w_{\text{success}}
    + (1 - p_m)\, \bar w_{\text{failure}}\bigr) + \bar c.

So a width that was never tried is expected to take the same work as those that were, at its own unit cost. A search may
make so many trials and no more, so a trial also uses up one of them, and that is priced at the mean cost :math:`\bar c`
of the finished ones: for their flops alone cheap trials, which tell little, would use up all. Where the unit cost is
not known, it is :math:`m^b`, with b the least-squares slope of log cost on log width over the finished trials, kept
within [0, 4], and 0 while they have one width. Costs only steer where trials are spent: the conclusions rest on the
counts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from howwide.statistics._counts import FloatArray

_LARGEST_POWER = 4.0


def _equal(_width: int) -> float:
    return 1.0


@dataclass(frozen=True)
class TrialCosts:
    """Expected cost of a trial; equal at all widths and for both outcomes unless told.

    Attributes:
        unit: cost of a unit of work at a width.
        success: mean work of a trial that succeeds.
        failure: mean work of a trial that fails.
        each: what any trial costs beside, as one of those that may be made.
    """

    unit: Callable[[int], float] = _equal
    success: float = 1.0
    failure: float = 1.0
    each: float = 0.0

    @classmethod
    def learned(
        cls, finished: Iterable[tuple[int, bool, float]], unit: Callable[[int], float] | None = None
    ) -> TrialCosts:
        """From finished trials: width, whether it succeeded, and its cost; what cost nothing or less is not counted.

        An outcome that was not seen is expected to take the work of the other.
        """
        seen = [trial for trial in finished if trial[2] > 0 and np.isfinite(trial[2])]
        if not seen:
            return cls(unit or _equal)
        widths, won, costs = (np.array(column, dtype=np.float64) for column in zip(*seen, strict=True))
        if unit is None:
            x, y = np.log(widths), np.log(costs)
            slope = np.mean((x - x.mean()) * y) / np.var(x) if np.var(x) > 0 else 0.0  # of least squares
            unit = _Power(float(np.clip(slope, 0.0, _LARGEST_POWER)))
        work = costs / [unit(int(width)) for width in widths]
        success, failure = (float(work[won == outcome if np.any(won == outcome) else ...].mean()) for outcome in (1, 0))
        return cls(unit, success, failure, each=float(costs.mean()))

    def expected(self, widths: Iterable[int], probability: FloatArray) -> FloatArray:
        """Price of a trial at each width, where it succeeds with these probabilities."""
        units = np.array([self.unit(width) for width in widths])
        return np.asarray(units * (probability * self.success + (1.0 - probability) * self.failure) + self.each)


@dataclass(frozen=True)
class _Power:
    exponent: float

    def __call__(self, width: int) -> float:
        return float(width**self.exponent)
