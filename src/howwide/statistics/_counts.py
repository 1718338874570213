"""What was counted: k of N trials succeeded at each width, checked once and put in order.

Everything that fits a success curve starts from the same table, so it is validated in one place. Repeated widths are
pooled (the trials are exchangeable given the width) and widths without a trial are dropped, since they carry no
evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from howwide.errors import SettingError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """Successes and trials by width: widths strictly increasing, every width with at least one trial."""

    widths: FloatArray
    successes: FloatArray
    trials: FloatArray


def as_floats(name: str, values: npt.ArrayLike) -> FloatArray:
    """Finite floats, or a one-line complaint that names the argument.

    Raises:
        SettingError: the values are not numbers, or not finite.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise SettingError(f"{name} must be numbers; found {values!r}") from None
    if not np.all(np.isfinite(array)):
        raise SettingError(f"{name} must be finite; found {array[~np.isfinite(array)].ravel()[0]}")
    return array


def check_binomial(successes: FloatArray, trials: FloatArray) -> None:
    """Counts that a binomial experiment can produce.

    Raises:
        SettingError: a count is negative or not whole, or there are more successes than trials.
    """
    for name, counts in (("successes", successes), ("trials", trials)):
        if np.any((counts < 0) | (counts != np.floor(counts))):
            bad = counts[(counts < 0) | (counts != np.floor(counts))].ravel()[0]
            raise SettingError(f"{name} must be whole numbers >= 0; found {bad:g}")
    if np.any(successes > trials):
        raise SettingError("successes must not exceed trials; found more successes than trials")


def check_range(name: str, ends: tuple[float, float]) -> tuple[float, float]:
    """A pair of positive numbers in order.

    Raises:
        SettingError: not a pair, not positive, or in the wrong order.
    """
    pair = as_floats(name, ends)
    if pair.shape != (2,) or not 0.0 < pair[0] <= pair[1]:
        raise SettingError(f"{name} must be a pair (low, high) with 0 < low <= high; found {ends}")
    return float(pair[0]), float(pair[1])


def gather_counts(widths: npt.ArrayLike, successes: npt.ArrayLike, trials: npt.ArrayLike) -> Counts:
    """Check the table of trials, pool repeated widths, drop widths never tried, and sort by width.

    ``trials`` may be one number for all widths.

    Raises:
        SettingError: lengths differ, a width is not positive, counts are impossible, or there is no trial at all.
    """
    m, k = np.atleast_1d(as_floats("widths", widths)), np.atleast_1d(as_floats("successes", successes))
    total = as_floats("trials", trials)
    total = np.full(m.shape, total) if total.ndim == 0 else total
    if m.ndim != 1 or not m.shape == k.shape == total.shape:
        lengths = f"{m.size}, {k.size} and {total.size}"
        raise SettingError(f"widths, successes and trials must be lists of one length; found lengths {lengths}")
    if np.any(m <= 0):
        raise SettingError(f"widths must be positive; found {m[m <= 0][0]:g}")
    check_binomial(k, total)
    if total.sum() == 0:
        raise SettingError("at least one trial is needed; found none: run some seeds first")
    distinct, where = np.unique(m[total > 0], return_inverse=True)
    pooled = [np.bincount(where, weights=counts[total > 0]).astype(np.float64) for counts in (k, total)]
    return Counts(distinct, pooled[0], pooled[1])
