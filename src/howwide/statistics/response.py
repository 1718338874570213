r"""How does the probability of success rise with width, and what follows for the width that is needed?

At each width some seeds reach the target and some do not. `fit_response` returns a `ResponseFit`: the posterior of
the success curve of `howwide.statistics.curve` (logistic in log width, with a lapse and a guess rate) given the
binomial counts, with the questions one asks of it: `threshold` (which width succeeds with probability q), `scan`
(which width succeeds first when widths are tried upward), `probability` (how likely is success at this width) and
`check` (does the curve fit, and does success rise at all). Complete separation (0 of 8 at one width, 8 of 8 at the
next), at which maximum likelihood breaks down, and counts that fall where they should rise are ordinary cases.

The prior is declared, not hidden. It is flat in :math:`\log m_{1/2}` from a factor 4 below the smallest tested
width (never below width 1/2) to a factor 4 above the largest, and log-uniform in s on [0.01, 1]. The rise from 10%
to 90% spans a factor :math:`e^{4.39 s}` in width. At s = 1 that is 81, beyond which there is no threshold worth the
name. At s = 0.02 it is 1.09, steeper than a grid of widths resolves; the prior goes down to half of that, because
at its very end an interval of :math:`m_{0.9}` excludes the truth too often. Lapse rates have mean 0.03 and are
densest at zero: one curve in thirty never reaches 0.9. Guess rates have mean 0.01. Averaged over this prior the
intervals have their level, before ends are dropped; how they do at fixed curves, and when the widths are chosen
round by round, `benchmarks/coverage.py` measures. Given the outcomes, the posterior does not depend on how the next
width was chosen.

Not here: dependence between trials on one data set, or the growth of the threshold with n
(`howwide.statistics.growth`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from howwide.checks import check_count, check_probability
from howwide.errors import SettingError
from howwide.statistics._counts import Counts, as_floats, gather_counts
from howwide.statistics.check import ModelCheck, check_fit
from howwide.statistics.curve import GUESS_MEAN, LAPSE_MEAN, SCALE_RANGE, Prior
from howwide.statistics.posterior import GridPosterior, grid_posterior
from howwide.statistics.thresholds import ThresholdEstimate, estimate_threshold
from howwide.statistics.upward_scan import ScanEstimate, estimate_scan

_BEYOND = 4.0  # the default prior of m_half reaches this factor beyond the tested widths
_NARROWEST = 0.5  # and never below this width
_WIDER = (16.0, 2.0, 3.0)  # how much more the prior allows in m_half, s and lapses against which ends are tested


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
        prior: what was believed before.
        posterior: weights on a grid over (log m_half, s, lapse, guess).
    """

    counts: Counts
    prior: Prior
    posterior: GridPosterior

    @cached_property
    def wider(self) -> GridPosterior:
        """The posterior under the wider prior that decides which interval ends the data determine."""
        return grid_posterior(self.counts, self.prior.wider(*_WIDER))

    def threshold(self, quantile: float = 0.5, level: float = 0.95, margin: float = 0.0) -> ThresholdEstimate:
        r"""The real-valued width :math:`m_q` at which success, lapses and guesses included, has probability q.

        Args:
            quantile: success probability q.
            level: two-sided level of the equal-tailed interval.
            margin: share of the error ``1 - level`` that the ends leave unused, in [0, 1): for what the model does not
                know, as `howwide.statistics.design` needs it.

        Returns:
            Posterior median and ends, each None where the data do not determine it; `howwide.statistics.thresholds` has
            the rule. Statuses: ``estimated``, ``no_success``, ``all_success``, ``above_range``, ``below_range``,
            ``lapses``, ``undetermined``.

        Raises:
            SettingError: quantile or level outside (0, 1), or margin outside [0, 1).
        """
        q, two_sided = check_probability(quantile, "quantile"), check_probability(level, "level")
        return estimate_threshold(self.counts, self.posterior, self.wider, q, two_sided, _checked_margin(margin))

    def scan(self, step: int = 1, level: float = 0.95, margin: float = 0.0) -> ScanEstimate:
        r"""The least successful size of an upward scan over step, 2 step, ... with one independent run at each.

        Args:
            step: of the scan, which starts there.
            level: two-sided level of both intervals.
            margin: as of `threshold`.

        Returns:
            :math:`E\,M` with an interval and the predictive interval of a mean of ten scans, each None where the data
            do not determine it; `howwide.statistics.upward_scan` has the definition and the rule.

        Raises:
            SettingError: a step below 1, level outside (0, 1), or margin outside [0, 1).
        """
        whole, two_sided = check_count(step, "step", 1), check_probability(level, "level")
        return estimate_scan(self.counts, self.posterior, self.wider, whole, two_sided, _checked_margin(margin))

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
        at, error = as_floats("width", width), (1.0 - check_probability(level, "level")) / 2.0
        if at.ndim != 0 or at <= 0:
            raise SettingError(f"width must be one positive number; found {width}")
        curve = self.posterior.success(float(np.log(at))).ravel()
        order = np.argsort(curve)
        weights = self.posterior.weights.ravel()[order]
        middle = np.cumsum(weights) - weights / 2.0
        lower, upper = np.interp([error, 1.0 - error], middle, curve[order])
        return SuccessProbability(float(weights @ curve[order]), float(lower), float(upper))

    def check(self) -> ModelCheck:
        """Is the curve believable? The isotonic fit beside it, a p-value, and whether success falls with width.

        Returns:
            The check; `howwide.statistics.check` says how each number is obtained. The same counts give the same check.
        """
        return check_fit(self.counts, self.posterior)


def _checked_margin(margin: float) -> float:
    unused = as_floats("margin", margin)
    if unused.ndim != 0 or not 0.0 <= unused < 1.0:
        raise SettingError(f"margin must be a number in [0, 1); found {margin}")
    return float(unused)


def fit_response(
    widths: npt.ArrayLike,
    successes: npt.ArrayLike,
    trials: npt.ArrayLike,
    *,
    width_range: tuple[float, float] | None = None,
    scale_range: tuple[float, float] = SCALE_RANGE,
    lapse_mean: float = LAPSE_MEAN,
    guess_mean: float = GUESS_MEAN,
) -> ResponseFit:
    r"""Posterior of the success curve given k successes in N trials at each width.

    The likelihood is :math:`\prod_i P(m_i)^{k_i} (1 - P(m_i))^{N_i - k_i}`; the prior is in this module's docstring.

    Args:
        widths: tested widths, positive, in any order; repeats are pooled and widths without a trial dropped.
        successes: number of successes at each.
        trials: number of trials at each, or one number for all.
        width_range: range of m_half; by default a factor 4 beyond the tested widths and never below width 1/2.
        scale_range: range of s; equal ends fix the slope.
        lapse_mean: prior mean of the lapse rate; 0 where no wide network can fail.
        guess_mean: prior mean of the guess rate; 0 where no narrow network can succeed.

    Returns:
        The fit; it always exists, and says through the statuses of `ResponseFit.threshold` how much it knows.

    Raises:
        SettingError: lengths differ, a width is not positive, counts are impossible, there is no trial, a range is
            empty, or a mean lies outside [0, 1/2).

    Example:
        >>> fit = fit_response([4, 8, 16, 32], [0, 2, 7, 8], 8)
        >>> fit.threshold(0.5).status
        'estimated'
    """
    counts = gather_counts(widths, successes, trials)
    if width_range is None:
        narrowest, widest = float(counts.widths[0]), float(counts.widths[-1])
        width_range = max(narrowest / _BEYOND, min(_NARROWEST, narrowest)), widest * _BEYOND
    prior = Prior(width_range, scale_range, lapse_mean, guess_mean)
    return ResponseFit(counts, prior, grid_posterior(counts, prior))
