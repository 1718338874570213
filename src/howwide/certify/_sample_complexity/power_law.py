r"""How fast does an error fall with the sample? The exponent b of :math:`\text{error} \approx C\, n^{-b}`.

The fit is quasi-Poisson: the mean error at n is :math:`\exp(a - b \log n)` and its variance is proportional to it, so
that seeds without a single error are ordinary data. Errors of one seed at several n share examples; seeds are
independent. The interval therefore comes from leaving out one seed at a time (delete-one jackknife) with the t
quantile of K - 1 degrees of freedom. It does not cover what all seeds share, the test part above all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from howwide.errors import SettingError, ShapeError

__all__ = ["PAPER_EXPONENTS", "Rate", "fit_rate"]

PAPER_EXPONENTS = {"sgd": 1.0, "gd": 0.5}
"""b in the papers: sample complexity O(1/eps) for one-pass SGD, O(1/eps^2) for gradient descent."""

_STEEPEST = 20.0

RateStatus = Literal["fitted", "one_seed", "too_few_sizes", "no_error", "out_of_range"]


@dataclass(frozen=True)
class Rate:
    """The exponent, with its interval.

    Attributes:
        exponent: b, larger means faster; None where it could not be fitted.
        lower: lower end, None with one seed.
        upper: upper end.
        level: of the interval.
        constant: C.
        status: ``fitted``; ``one_seed`` has no interval; ``too_few_sizes`` (fewer than two); ``no_error``, nothing
            above the floor is left; ``out_of_range``, an exponent beyond 20 either way.
    """

    exponent: float | None
    lower: float | None
    upper: float | None
    level: float
    constant: float | None
    status: RateStatus


def fit_rate(n: Sequence[int], errors: Sequence[Sequence[float]], *, floor: float = 0.0, level: float = 0.95) -> Rate:
    r"""Fit :math:`\text{error} - \text{floor} \approx C\, n^{-b}` to errors over seeds.

    The two estimating equations are :math:`\sum (e - \mu) = 0` and :math:`\sum (e - \mu) \log n = 0`, with
    :math:`\mu = C n^{-b}`: the second, after the first has settled C, is monotone in b and solved by bisection.

    Args:
        n: sample sizes, one a column.
        errors: a row for each seed.
        floor: the error that no sample size removes, 0 unless it is known (label noise).
        level: of the interval.

    Raises:
        ShapeError: rows that do not have one error for each n.
        SettingError: sizes below 1, errors that are not numbers in [0, 1], a floor outside [0, 1) or a level outside
            (0, 1).
    """
    table, sizes = np.atleast_2d(np.asarray(errors, float)), np.asarray(n, float)
    if table.ndim != 2 or table.shape[1:] != sizes.shape or not len(table):
        raise ShapeError(f"errors must have a row for each seed and a column for each n; got {table.shape}")
    if not (np.all(sizes >= 1) and np.all((table >= 0) & (table <= 1)) and 0 <= floor < 1 and 0 < level < 1):
        raise SettingError("sizes are at least 1, errors in [0, 1], the floor in [0, 1) and the level in (0, 1)")
    if np.unique(sizes).size < 2:
        return Rate(None, None, None, level, None, "too_few_sizes")
    solved = _solve(sizes, table.mean(axis=0) - floor)
    if isinstance(solved, str):
        return Rate(None, None, None, level, None, solved)
    exponent, constant = solved
    seeds = len(table)
    if seeds == 1:
        return Rate(exponent, None, None, level, constant, "one_seed")
    left_out = [_solve(sizes, np.delete(table, k, axis=0).mean(axis=0) - floor) for k in range(seeds)]
    exponents = np.array([fit[0] for fit in left_out if not isinstance(fit, str)])
    if exponents.size < seeds:
        return Rate(exponent, None, None, level, constant, "fitted")
    pseudo = seeds * exponent - (seeds - 1) * exponents  # the jackknife's pseudo-values
    half = float(stdtrit(seeds - 1, (1 + level) / 2) * pseudo.std(ddof=1) / np.sqrt(seeds))
    return Rate(exponent, exponent - half, exponent + half, level, constant, "fitted")


def _solve(n: np.ndarray, excess: np.ndarray) -> tuple[float, float] | Literal["no_error", "out_of_range"]:
    """Exponent and constant; the profile equation is the weighted mean of log n under n^-b."""
    total, log_n = float(excess.sum()), np.log(n)
    if total <= 0:
        return "no_error"
    wanted = float(excess @ log_n) / total

    def weights(b: float) -> np.ndarray:
        shifted = -b * log_n
        return np.exp(shifted - shifted.max())

    def gap(b: float) -> float:
        w = weights(b)
        return float(w @ log_n) / float(w.sum()) - wanted

    if not gap(-_STEEPEST) > 0 > gap(_STEEPEST):
        return "out_of_range"
    exponent = float(brentq(gap, -_STEEPEST, _STEEPEST, xtol=1e-12))
    return exponent, total / float(np.sum(n**-exponent))
