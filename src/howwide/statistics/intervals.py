"""How well do k successes in N trials determine a probability?

One object, `Interval`, and one question answered exactly: the Clopper-Pearson interval of a binomial proportion. Its
coverage is at least the level for every true probability and every number of trials, so it errs on the wide side; with
8 seeds it is typically a few per cent too safe. It assumes that the number of trials was fixed without looking at the
outcomes, and it knows nothing of neighbouring widths: sharing strength between widths is the business of
`howwide.statistics.response`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from howwide.checks import check_probability
from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats, check_binomial

Ends = TypeVar("Ends", float, FloatArray)


@dataclass(frozen=True)
class Interval(Generic[Ends]):
    """A confidence interval and its level; the ends are floats, or arrays of one shape.

    Attributes:
        lower: lower end.
        upper: upper end.
        level: two-sided confidence level; each end alone holds at level ``(1 + level) / 2``.
    """

    lower: Ends
    upper: Ends
    level: float


@overload
def clopper_pearson(successes: int, trials: int, level: float = ...) -> Interval[float]: ...
@overload
def clopper_pearson(
    successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = ...
) -> Interval[float] | Interval[FloatArray]: ...
def clopper_pearson(
    successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95
) -> Interval[float] | Interval[FloatArray]:
    r"""Exact confidence interval of a binomial proportion (Clopper and Pearson 1934), elementwise.

    The ends invert the two one-sided exact tests, each with error :math:`a = (1 - \text{level}) / 2`, as quantiles of
    beta laws:

    .. math:: \text{lower} = B^{-1}(a;\, k, N-k+1), \qquad \text{upper} = B^{-1}(1-a;\, k+1, N-k),

    with the exact ends 0 at :math:`k = 0` and 1 at :math:`k = N`. No trial gives [0, 1]. Coverage is never below the
    level.

    Args:
        successes: number k of successes, a number or an array.
        trials: number N of trials; broadcast against ``successes``.
        level: two-sided level.

    Returns:
        The interval: floats when both counts are numbers, arrays otherwise.

    Raises:
        SettingError: impossible counts, shapes that do not broadcast, or a level outside (0, 1).

    Example:
        >>> clopper_pearson(0, 8).upper.__round__(4)
        0.3694
    """
    error = (1.0 - check_probability(level, "level")) / 2.0
    counts = as_floats("successes", successes), as_floats("trials", trials)
    try:
        k, total = np.broadcast_arrays(*counts)
    except ValueError:
        raise SettingError("successes and trials must have shapes that fit each other") from None
    check_binomial(k, total)
    # betaincinv is undefined for a zero parameter: those ends are known exactly and the placeholder 1.0 is discarded.
    lower = np.where(k == 0, 0.0, betaincinv(np.where(k == 0, 1.0, k), total - k + 1.0, error))
    upper = np.where(k == total, 1.0, betaincinv(k + 1.0, np.where(k == total, 1.0, total - k), 1.0 - error))
    if k.ndim == 0:
        return Interval(float(lower), float(upper), float(level))
    return Interval(lower, upper, float(level))
