r"""Upper ends of a probability: from a count, exactly, and from a mean through the binary relative entropy.

:func:`clopper_pearson_upper` inverts the exact binomial test; :func:`kl_inverse` inverts Chernoff's bound. Both are
rounded outward, so that no rounding error makes a bound too small. The two-sided intervals of the width search live in
:mod:`howwide.statistics.intervals`.
"""

import math
import sys
from collections.abc import Callable

from scipy.optimize import brentq
from scipy.special import betainccinv

from howwide.checks import check_probability
from howwide.errors import SettingError

__all__ = ["ROUNDING", "binary_kl", "clopper_pearson_upper", "kl_inverse", "upper_root"]

ROUNDING = 2.0**-46
"""Relative error, 64 units in the last place, by which computed bounds are moved to the safe side."""

_INVERSE = 2.0**-41  # SciPy's inverse errs by up to about 1e-13 where delta is tiny
_TOLERANCE = 4 * sys.float_info.epsilon  # relative, the smallest that brentq takes


def binary_kl(q: float, p: float) -> float:
    r"""Relative entropy :math:`\mathrm{kl}(q\|p) = q\log\frac qp + (1-q)\log\frac{1-q}{1-p}` of two coins.

    Args:
        q: first probability.
        p: second probability; 0 or 1 gives infinity unless q is the same.

    Raises:
        SettingError: one of them does not lie in [0, 1].
    """
    for name, value in (("q", q), ("p", p)):
        if not 0.0 <= value <= 1.0:
            raise SettingError(f"{name} must be a probability in [0, 1]; found {value}")
    return _kl_apart(q, p - q)


def kl_inverse(q: float, c: float) -> float:
    r"""The upper inverse :math:`\sup\{p \ge q : \mathrm{kl}(q\|p) \le c\}`, rounded up.

    Chernoff's bound says that the mean q of n independent variables in [0, 1] with mean p satisfies
    :math:`p \le \mathrm{kl}^{-1}(q, \log(1/\delta)/n)` with probability at least :math:`1 - \delta`
    (:cite:`langford2005`). At q = 0 it is :math:`1 - e^{-c}`. The root is sought for p - q, where the entropy is
    computed without cancellation.

    Args:
        q: observed mean.
        c: bound on the relative entropy; infinity gives 1.

    Returns:
        The inverse, too large by a relative error of at most 1e-13, and at most 1.

    Raises:
        SettingError: q does not lie in [0, 1], or c is negative or NaN.

    Example:
        >>> round(kl_inverse(0.1, 0.01), 4)
        0.1477
    """
    if not 0.0 <= q <= 1.0:
        raise SettingError(f"q must be a mean in [0, 1]; found {q}")
    if not c >= 0.0:
        raise SettingError(f"c, the bound on the relative entropy, must be at least 0; found {c}")
    if q == 1.0 or c == math.inf:
        return 1.0
    if q == 0.0:
        return min(1.0, abs(math.expm1(-c)) * (1.0 + ROUNDING))
    farthest = min(1.0 - q, math.sqrt(c / 2.0) * (1.0 + ROUNDING))  # Pinsker
    within = max(q * sys.float_info.epsilon, sys.float_info.min)
    distance = upper_root(lambda d: min(_kl_apart(q, d) - c, 1.0), 0.0, farthest, within=within)
    return min(1.0, (q + distance) * (1.0 + ROUNDING))


def _kl_apart(q: float, d: float) -> float:
    # each logarithm is about d while their sum is about d^2, so an absolute error of eps d moves the root by eps only
    return _share(q, d) + _share(1.0 - q, -d)


def _share(q: float, d: float) -> float:
    if q == 0.0:
        return 0.0
    if d <= -q:
        return math.inf
    ratio = d / q
    return -q * (math.log1p(ratio) if ratio < math.inf else math.log(d) - math.log(q))


def clopper_pearson_upper(errors: int, trials: int, delta: float) -> float:
    r"""The largest p under which at most ``errors`` mistakes in ``trials`` have probability at least delta, rounded up.

    .. math:: \bar p = \max\{p : P(\mathrm{Bin}(N, p) \le k) \ge \delta\} = B^{-1}(1 - \delta;\, k + 1, N - k),

    so that :math:`P(p > \bar p) \le \delta` for every p: :math:`1 - \delta^{1/N}` without a mistake, 1 when all are
    mistakes (:cite:`langford2005`, Theorem 3.3).

    Args:
        errors: number k of mistakes.
        trials: number N of trials.
        delta: one-sided failure probability.

    Raises:
        SettingError: delta outside (0, 1), or counts that are not 0 <= errors <= trials with trials >= 1.

    Example:
        >>> round(clopper_pearson_upper(0, 100, 0.05), 5)
        0.02951
    """
    delta = check_probability(delta, "delta")
    if not 0 <= errors <= trials or trials < 1:
        raise SettingError(f"expected counts with 0 <= errors <= trials and trials >= 1; found {errors} of {trials}")
    if errors == trials:
        return 1.0
    if errors == 0:
        return min(1.0, -math.expm1(math.log(delta) / trials) * (1.0 + ROUNDING))
    p = float(betainccinv(errors + 1, trials - errors, delta))  # a complement: delta may lie below 1's rounding error
    return min(1.0, p * (1.0 + ROUNDING) + min(p, 1.0 - p) * _INVERSE)


def upper_root(
    excess: Callable[[float], float], low: float, high: float, *, within: float = sys.float_info.min
) -> float:
    """The upper end of ``{p in [low, high]: excess(p) <= 0}`` for an increasing ``excess``, rounded up.

    Args:
        excess: increasing and finite.
        low: where the set begins, at least 0; returned when only rounding keeps it out of the set.
        high: returned when the whole interval belongs to the set.
        within: absolute error that does not matter, beside a relative one of a few units in the last place.
    """
    if excess(high) <= 0.0:
        return high
    if excess(low) >= 0.0:
        return low
    root = float(brentq(excess, low, high, xtol=within, rtol=_TOLERANCE, maxiter=2000))
    return min(high, root * (1.0 + 2.0 * _TOLERANCE) + within)
