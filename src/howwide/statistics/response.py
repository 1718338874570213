r"""How does the probability of success rise with width, and what follows for the width that is needed?

At each width some seeds reach the target and some do not. `fit_response` models the success probability as logistic in
log width, :math:`P(\text{success} \mid m) = 1 / (1 + \exp(-(\log m - \log m_{1/2}) / s))`, and returns a `ResponseFit`:
the whole posterior of :math:`(\log m_{1/2}, \log s)` given the binomial counts, with the two questions one asks of it,
`threshold` (which width succeeds with probability q) and `probability` (how likely is success at this width). Complete
separation (0 of 8 at one width, 8 of 8 at the next), at which maximum likelihood breaks down, and counts that fall
where they should rise are ordinary cases.

The prior is declared, not hidden. It is flat in :math:`\log m_{1/2}` from a factor 4 below the smallest tested width
(never below width 1/2) to a factor 4 above the largest, and log-uniform in s on [0.01, 1]. The rise from 10% to 90%
spans a factor :math:`e^{4.39 s}` in width. At s = 1 that is 81, beyond which there is no threshold worth the name. At s
= 0.02 it is 1.09, steeper than a grid of widths resolves; the prior goes down to half of that, because at its very end
an interval of :math:`m_{0.9}` excludes the truth too often. Averaged over this prior the intervals have their level
exactly, before ends are dropped. At a fixed curve they have it approximately: with 8 seeds on widths a factor sqrt(2)
apart, 95% intervals covered between 90% and 99% for s from 0.02 to 1. Given the outcomes, the posterior does not depend
on how the next width was chosen.

Not here: seeds that fail at every width (a lapse rate), dependence between trials on one data set, or the growth of the
threshold with n (`howwide.statistics.growth`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from howwide.errors import SettingError
from howwide.statistics._counts import Counts, as_floats, check_open_unit, check_range, gather_counts
from howwide.statistics.posterior import GridPosterior, grid_posterior, success_probability
from howwide.statistics.thresholds import ThresholdEstimate, estimate_threshold

SCALE_RANGE = (0.01, 1.0)
_BEYOND = 4.0  # the default prior of m_half reaches this factor beyond the tested widths
_NARROWEST = 0.5  # and never below this width
_WIDER_HALF, _WIDER_SCALE = 16.0, 2.0  # how much wider the prior is against which interval ends are tested


class SuccessProbability(NamedTuple):
    """Posterior mean and equal-tailed interval of the success probability at one width."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ResponseFit:
    """Posterior of the success curve.

    Attributes:
        counts: the trials, by width: repeated widths pooled, untried ones dropped.
        width_range: range of the flat prior of log m_half, as widths.
        scale_range: range of the log-uniform prior of s.
        posterior: weights on a grid over (log m_half, s).
        wider: the same under the wider prior that decides which interval ends the data determine.
    """

    counts: Counts
    width_range: tuple[float, float]
    scale_range: tuple[float, float]
    posterior: GridPosterior
    wider: GridPosterior

    def threshold(self, quantile: float = 0.5, level: float = 0.95) -> ThresholdEstimate:
        r"""The real-valued width at which success has probability q: :math:`\log m_q = \log m_{1/2} + s \log(q/(1-q))`.

        Args:
            quantile: success probability q.
            level: two-sided level of the equal-tailed interval.

        Returns:
            Posterior median and ends, each None where the data do not determine it; `howwide.statistics.thresholds` has
            the rule. Statuses: ``estimated``, ``no_success``, ``all_success``, ``above_range``, ``below_range``,
            ``undetermined``.

        Raises:
            SettingError: quantile or level outside (0, 1).
        """
        q, two_sided = check_open_unit("quantile", quantile), check_open_unit("level", level)
        return estimate_threshold(self.counts, self.posterior, self.wider, q, two_sided)

    def probability(self, width: float, level: float = 0.95) -> SuccessProbability:
        """Posterior mean and equal-tailed interval of the success probability at any width, under the declared prior.

        Far from the tested widths this is the logistic shape and the prior speaking, and the interval does not widen
        for that.

        Args:
            width: a positive width, tested or not.
            level: two-sided level.

        Returns:
            ``(mean, lower, upper)``.

        Raises:
            SettingError: width not positive, or level outside (0, 1).
        """
        at, error = as_floats("width", width), (1.0 - check_open_unit("level", level)) / 2.0
        if at.ndim != 0 or at <= 0:
            raise SettingError(f"width must be one positive number; found {width}")
        grid = self.posterior
        curve = success_probability(np.log(at), grid.log_half[:, None], grid.scale[None, :]).ravel()
        order = np.argsort(curve)
        weights = grid.weights.ravel()[order]
        middle = np.cumsum(weights) - weights / 2.0
        lower, upper = np.interp([error, 1.0 - error], middle, curve[order])
        return SuccessProbability(float(weights @ curve[order]), float(lower), float(upper))


def _default_range(counts: Counts) -> tuple[float, float]:
    """A factor 4 beyond the tested widths, cut at width 1/2 (where a tested width is itself below 1/2, not cut)."""
    low, high = float(counts.widths[0]), float(counts.widths[-1])
    return max(low / _BEYOND, min(_NARROWEST, low)), high * _BEYOND


def fit_response(
    widths: npt.ArrayLike,
    successes: npt.ArrayLike,
    trials: npt.ArrayLike,
    *,
    width_range: tuple[float, float] | None = None,
    scale_range: tuple[float, float] = SCALE_RANGE,
) -> ResponseFit:
    r"""Posterior of the logistic success curve given k successes in N trials at each width.

    The likelihood is :math:`\prod_i P(m_i)^{k_i} (1 - P(m_i))^{N_i - k_i}`; the prior is in this module's docstring.

    Args:
        widths: tested widths, positive, in any order; repeats are pooled and widths without a trial dropped.
        successes: number of successes at each.
        trials: number of trials at each, or one number for all.
        width_range: range of m_half; by default a factor 4 beyond the tested widths and never below width 1/2.
        scale_range: range of s; equal ends fix the slope.

    Returns:
        The fit; it always exists, and says through the statuses of `ResponseFit.threshold` how much it knows.

    Raises:
        SettingError: lengths differ, a width is not positive, counts are impossible, there is no trial, or a range is
            empty.

    Example:
        >>> fit = fit_response([4, 8, 16, 32], [0, 2, 7, 8], 8)
        >>> fit.threshold(0.5).status
        'estimated'
    """
    counts = gather_counts(widths, successes, trials)
    half = _default_range(counts) if width_range is None else check_range("width_range", width_range)
    if half[0] == half[1]:
        raise SettingError(f"width_range must have low < high; found {width_range}")
    slope = check_range("scale_range", scale_range)
    wide_half = half[0] / _WIDER_HALF, half[1] * _WIDER_HALF
    wide_slope = slope if slope[0] == slope[1] else (slope[0], slope[1] * _WIDER_SCALE)
    posterior = grid_posterior(counts, half, slope)
    return ResponseFit(counts, half, slope, posterior, grid_posterior(counts, wide_half, wide_slope))
