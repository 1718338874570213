r"""The least size that succeeds when sizes are tried one after another, upward, with one run at each.

Whoever looks for a minimal width by hand does this, and the mean over some repetitions is what gets published. With s
the scan's step its sizes are :math:`m_k = k s`, so it starts at s; M is the first :math:`m_k` whose run succeeds. With
runs that are independent given the success curve P,

.. math:: P(M > m_k) = \prod_{j \le k} (1 - P(m_j)), \qquad E\,M = s \sum_{k \ge 0} P(M > m_k).

It is another quantity than :math:`m_q`. Where the curve is shallow a scan has many chances below :math:`m_{0.5}` to be
lucky, and a finer step gives more of them, so E M is often smaller than :math:`m_{0.5}` and rises with s.

*Independence.* A scan that keeps its data over sizes meets easy and hard samples as a whole. Its failures then go
together, :math:`P(M > m_k)` is at least the product, and E M is larger than what is computed here.

*What the curve does not know.* E M is a function of the curve, so the curve's posterior gives its median and ends. The
curve counts between the smallest and the largest size tried. Beyond them only that success does not fall with size is
used, in the direction that errs outward: the lower end lets success be as frequent below the smallest size as at it,
and certain above the largest; the upper end lets it be impossible below, and no more frequent above than at the
largest. The estimate takes the curve below and the latter above. It is None where the two directions differ by more
than a quarter, where it lies outside the sizes tried, or where no end is known: a number would then be the shape's and
not the trials'. Without a success nothing is known. Ends must survive a wider prior as those of a threshold
(`howwide.statistics.thresholds`, rule 3).

*A mean of ten* repetitions has a predictive interval: curves are drawn from the posterior, and ten scans from each.
That is the posterior together with a tenth of the variance of M, and without assuming that the mean is normal.

Random numbers have a fixed seed, so that the same counts give the same intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from howwide.statistics._counts import Counts, FloatArray
from howwide.statistics.curve import success_probability
from howwide.statistics.posterior import GridPosterior

REPETITIONS = 10
"""Scans in the mean that is predicted."""

_DRAWS = 4000
_NEGLIGIBLE = 1e-9  # probability that no scan has succeeded yet
_APART = 1.25  # the two directions, beyond which there is no estimate
_WORST_TAIL = 2.0  # as for thresholds: of the nominal tail, what may lie beyond an end once the prior is widened


@dataclass(frozen=True)
class ScanEstimate:
    """The least successful size of an upward scan, as far as the data determine it.

    Attributes:
        step: s; the scan tries s, 2s, 3s, ...
        estimate: posterior median of E M, or None.
        lower: lower end of E M, or None.
        upper: upper end of E M, or None.
        ten_lower: lower end of the predictive interval of a mean of ten scans, None where E M has no lower end.
        ten_upper: its upper end, None where E M has no upper end.
    """

    step: int
    estimate: float | None
    lower: float | None
    upper: float | None
    ten_lower: float | None
    ten_upper: float | None


def estimate_scan(
    counts: Counts, posterior: GridPosterior, wider: GridPosterior, step: int, level: float, margin: float
) -> ScanEstimate:
    """Apply this module's docstring; ``wider`` is the posterior under the wider prior.

    ``margin`` is the share of the error ``1 - level`` that the ends leave unused.
    """
    if counts.successes.sum() == 0:
        return ScanEstimate(step, None, None, None, None, None)
    narrowest, widest = float(counts.widths[0]), float(counts.widths[-1])
    error = (1.0 - level) / 2.0
    tails = (1.0 - margin) * error, 1.0 - (1.0 - margin) * error
    random = np.random.default_rng(0)
    declared, doubted = (_Curves(grid.draws(_DRAWS, random), step, narrowest, widest) for grid in (posterior, wider))
    early, late, middle = (declared.climbed(early) for early in (True, False, None))
    low, high = float(np.quantile(early.expected, tails[0])), float(np.quantile(late.expected, tails[1]))
    lower = low if np.mean(doubted.climbed(True).expected < low) <= _WORST_TAIL * error else None
    upper = high if np.mean(doubted.climbed(False).expected > high) <= _WORST_TAIL * error else None
    medians = [float(np.median(scans.expected)) for scans in (middle, doubted.climbed(None))]
    known = (lower is not None or upper is not None) and narrowest <= max(step, min(medians)) and max(medians) <= widest
    apart = np.median(late.expected) / np.median(early.expected)
    luck = random.uniform(size=(REPETITIONS, _DRAWS))
    return ScanEstimate(
        step,
        medians[0] if known and apart <= _APART else None,
        lower,
        upper,
        None if lower is None else float(np.quantile(early.least(luck).mean(axis=0), tails[0])),
        None if upper is None else float(np.quantile(late.least(luck).mean(axis=0), tails[1])),
    )


@dataclass(frozen=True)
class _Curves:
    """Curves drawn from a posterior, and where a scan climbs them."""

    parameters: tuple[FloatArray, ...]
    step: int
    narrowest: float
    widest: float

    def climbed(self, early: bool | None) -> _Scans:
        """Scans with success ``early`` beyond the sizes tried, or late; None takes the curve below and late above."""
        below = self._failure(self.narrowest) if early else 1.0
        survival = [np.ones(_DRAWS)]
        for size in range(self.step, int(self.widest) + 1, self.step):
            survival.append(survival[-1] * (self._failure(size) if size >= self.narrowest or early is None else below))
            if survival[-1].max() < _NEGLIGIBLE:
                break
        return _Scans(self.step, survival, np.zeros(_DRAWS) if early else self._failure(self.widest))

    def _failure(self, size: float) -> FloatArray:
        half, scale, lapse, guess = self.parameters
        return success_probability((half - np.log(size)) / scale, guess, lapse)


@dataclass(frozen=True)
class _Scans:
    """The law of M for each curve: ``P(M > m_k)`` up to the last size, and the rate of failure after it."""

    step: int
    survival: list[FloatArray]
    failure: FloatArray

    @cached_property
    def expected(self) -> FloatArray:
        """E M; after the last size it takes geometric time."""
        return self.step * (sum(self.survival[:-1]) + self.survival[-1] / (1.0 - self.failure))

    def least(self, luck: FloatArray) -> FloatArray:
        """M itself, by even numbers: the first :math:`m_k` with :math:`P(M > m_k)` at most the number."""
        steps = np.zeros_like(luck)
        for survival in self.survival[:-1]:
            steps += luck < survival
        left = luck < self.survival[-1]
        with np.errstate(divide="ignore"):  # where failure is 0, one more size
            more = np.ceil(np.log(luck / self.survival[-1]) / np.log(self.failure))
        return self.step * np.where(left, steps + np.maximum(more, 1.0), steps)
