r"""Which of several means is the smallest, and which others may be?

From independent samples, one a group, `mean_interval` gives Student's interval of a mean, and `may_be_smallest` the
groups that cannot be told from the best: j is left out if for some i a one-sided Welch test finds
:math:`\mu_j > \mu_i` at level :math:`a / (K-1)`, with a = 1 - level and K groups. *The group with the smallest mean is
among them with probability at least the level*: to leave it out, one of the K - 1 tests against the others must find
what is not so, and each does with probability at most :math:`a / (K-1)` (Bonferroni; this is selection by multiple
comparisons with the best, Hsu 1984, one-sided and for unequal variances). It needs no pooled variance, and errs on the
wide side as far as the tests go together.

Both assume that values are independent, that how many there are does not depend on them, and means that are about
normal: with few and skewed values Student's interval covers less than its level.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from howwide.checks import check_probability
from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats
from howwide.statistics.intervals import Interval

__all__ = ["may_be_smallest", "mean_interval"]


def mean_interval(values: npt.ArrayLike, level: float = 0.95) -> Interval[float] | None:
    r"""Student's interval :math:`\bar x \pm t_{k-1} s / \sqrt k` of a mean.

    Args:
        values: independent ones, (k,).
        level: two-sided level.

    Returns:
        The interval; None of fewer than two values, and of equal ones, which say nothing of their spread.

    Raises:
        SettingError: values that are not finite numbers in one row, or a level outside (0, 1).

    Example:
        >>> interval = mean_interval([1.0, 2.0, 3.0])
        >>> round(interval.upper, 3)
        4.484
    """
    error, x = (1.0 - check_probability(level, "level")) / 2.0, _sample(values)
    if x.size < 2 or np.ptp(x) == 0:
        return None
    reach = float(stdtrit(x.size - 1, 1.0 - error) * x.std(ddof=1) / np.sqrt(x.size))
    return Interval(float(x.mean()) - reach, float(x.mean()) + reach, float(level))


def may_be_smallest(samples: Sequence[npt.ArrayLike], level: float = 0.95) -> list[int]:
    """The places of the groups whose mean cannot be told from the smallest one.

    Args:
        samples: the values of each group, two or more of each.
        level: probability with which the group of the smallest mean is among them.

    Returns:
        Places in ``samples``, in order; always that of the smallest sample mean.

    Raises:
        SettingError: no groups, one of fewer than two values, values that are not finite, or a level outside (0, 1).
    """
    groups, error = [_sample(values) for values in samples], 1.0 - check_probability(level, "level")
    if not groups or any(x.size < 2 for x in groups):
        raise SettingError("give at least one group, and two values or more in each")
    left_out = {
        j for i, j in permutations(range(len(groups)), 2) if _welch(groups[j], groups[i]) < error / (len(groups) - 1)
    }
    return [j for j in range(len(groups)) if j not in left_out]


def _welch(larger: FloatArray, smaller: FloatArray) -> float:
    """The p-value against a mean of ``larger`` that is at most that of ``smaller``; 1 where neither has any spread."""
    parts = np.array([x.var(ddof=1) / x.size for x in (larger, smaller)])
    if not parts.any():
        return 1.0
    freedom = parts.sum() ** 2 / np.sum(parts**2 / [larger.size - 1, smaller.size - 1])
    return float(stdtr(freedom, (smaller.mean() - larger.mean()) / np.sqrt(parts.sum())))


def _sample(values: npt.ArrayLike) -> FloatArray:
    x = as_floats("values", values)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise SettingError("values must be finite numbers in one row")
    return x
