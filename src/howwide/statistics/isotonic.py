"""The success curve without a model: the monotone curve closest to the observed fractions.

`isotonic_success` pools adjacent violators until the fractions rise with width; this is the maximum-likelihood monotone
curve of binomial counts. It is the model-free twin of `howwide.statistics.response`: it assumes only that a wider
network is not less likely to reach the target, and says nothing between or beyond the tested widths. Where the twin and
the logistic fit differ by more than the intervals, believe the twin. It has no interval of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from howwide.statistics._counts import FloatArray, gather_counts


@dataclass(frozen=True)
class IsotonicFit:
    """Monotone success curve at the tested widths.

    Attributes:
        widths: tested widths with at least one trial, increasing, repeated widths pooled.
        successes: successes at each.
        trials: trials at each.
        probability: fitted success probability at each, never decreasing.
    """

    widths: FloatArray
    successes: FloatArray
    trials: FloatArray
    probability: FloatArray


def isotonic_success(widths: npt.ArrayLike, successes: npt.ArrayLike, trials: npt.ArrayLike) -> IsotonicFit:
    r"""Maximum-likelihood success probabilities among all curves that do not decrease with width.

    Solves :math:`\min_{p_1 \le \dots \le p_K} \sum_i N_i (k_i/N_i - p_i)^2` by pooling adjacent violators; the
    minimiser also maximises the binomial likelihood under the same order (Ayer et al. 1955).

    Args:
        widths: tested widths, in any order, repeats allowed.
        successes: successes at each.
        trials: trials at each, or one number for all.

    Returns:
        The curve at the tested widths.

    Raises:
        SettingError: lengths differ, a width is not positive, counts are impossible, or there is no trial.
    """
    counts = gather_counts(widths, successes, trials)
    return IsotonicFit(counts.widths, counts.successes, counts.trials, rising(counts.successes, counts.trials))


def rising(successes: FloatArray, trials: FloatArray) -> FloatArray:
    """The fractions that do not fall closest to the observed ones; all trials at least 1, in order of width."""
    fitted = isotonic_regression(successes / trials, weights=trials).x
    return np.asarray(np.clip(fitted, 0.0, 1.0))
