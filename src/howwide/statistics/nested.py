r"""What the trials of several n say together: the posterior of each width, and what their errors have in common.

A trial's subset and start come from its width and seed alone: at a larger n the same width and seed have the same start
and a subset that contains the smaller one. Trials of one n are independent of each other, and so are trials of other
width or seed at different n: two curves depend on each other through the (width, seed) that both have tried, and
through nothing else.

An outcome y moves the posterior mean of :math:`\mu = \log m_q` by its *influence*, the posterior covariance

.. math:: u = \mathrm{Cov}\bigl(\mu,\; \log p(y \mid \text{curve})\bigr),

so that over all samples :math:`\mathrm{Var}(\hat\mu) \approx \sum u^2`, and for two curves
:math:`\mathrm{Cov}(\hat\mu_i, \hat\mu_j) \approx \sum u_i u_j` over the trials that both have: the Bayesian
infinitesimal jackknife (Giordano and Broderick 2023). It needs no model of how outcomes depend on each other. The
matrix of these sums over their diagonal is a correlation matrix whatever is shared (`shared_errors`). Its entries have
standard errors of about the root of the number of shared trials over that of a curve's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from howwide.statistics._counts import FloatArray
from howwide.statistics.curve import threshold_reach
from howwide.statistics.growth_points import SCORES
from howwide.statistics.response import ResponseFit, fit_response
from howwide.statistics.thresholds import ThresholdEstimate

Outcomes = Mapping[tuple[int, int], bool]
"""Whether the trial of a width and a seed succeeded."""

_BINS = 120
_LEAST = 1e-9  # between neighbouring nodes of a flank, as a share of the range


def normal_scores(fit: ResponseFit, threshold: ThresholdEstimate) -> tuple[float, ...] | None:
    r"""The widths at the normal scores :math:`-3, -2.5, \ldots, 3` of the posterior of :math:`m_q`.

    With both ends reported these are its quantiles at :math:`\Phi(z)`, given that some width reaches q. With one end
    they are where its density, in :math:`\log m`, is :math:`\Phi(\pm z)` of its largest: the flank on the side of the
    known end, beyond which all widths count as equally likely.

    Args:
        fit: of the trials.
        threshold: of that fit; says which ends the trials determine.

    Returns:
        13 widths, increasing; None where no end is known, or where all of the density lies beyond the prior's range.
    """
    posterior, q = fit.posterior, threshold.quantile
    if threshold.lower is None and threshold.upper is None:
        return None
    least = posterior.threshold_cdf(q, -np.inf)
    finite = 1.0 - least - posterior.never(q)
    if threshold.lower is not None and threshold.upper is not None and threshold.estimate is not None:
        places = [posterior.threshold_quantile(q, least + finite * p) for p in ndtr(SCORES).tolist()]
        return tuple(np.exp(places).tolist()) if np.all(np.isfinite(places)) else None
    # The density over the prior's range of m_half, and its flank on the side of the known end.
    edges = np.linspace(posterior.edges[0][0], posterior.edges[0][-1], _BINS + 1)
    density = np.diff([posterior.threshold_cdf(q, edge) for edge in edges])
    if not density.any():
        return None
    rising = density if threshold.lower is not None else density[::-1]
    share = np.maximum.accumulate(rising) / rising.max()
    share = np.clip(share + np.linspace(0.0, _LEAST, _BINS), ndtr(-8.0), ndtr(8.0))
    middles = (edges[1:] + edges[:-1]) / 2.0
    if threshold.lower is None:
        middles = -middles[::-1]
    flank = np.interp(SCORES, ndtri(share), middles)
    flank = flank + np.arange(SCORES.size) * 1e-6 * (edges[-1] - edges[0])  # increasing where the flank is a step
    return tuple(np.exp(flank if threshold.lower is not None else -flank[::-1]).tolist())


def shared_errors(curves: Sequence[Outcomes], quantile: float) -> FloatArray:
    """Correlations of the errors of log m_q between curves: trials with equal width and seed have something in common.

    Args:
        curves: the trials of each.
        quantile: q.

    Returns:
        A correlation matrix, positive semidefinite.
    """
    trials = {trial: place for place, trial in enumerate(sorted({trial for curve in curves for trial in curve}))}
    influence = np.zeros((len(curves), len(trials)))
    for row, curve in zip(influence, curves, strict=True):
        widths = np.array([width for width, _ in curve], dtype=np.float64)
        outcomes = np.array(list(curve.values()), dtype=bool)
        posterior = fit_response(widths, outcomes, 1).posterior
        half, *rest = posterior.centres
        log_width = np.broadcast_to(half + threshold_reach(quantile, *rest), posterior.weights.shape)
        weights = np.where(np.isfinite(log_width), posterior.weights, 0.0)
        weights, log_width = weights / weights.sum(), np.where(weights > 0.0, log_width, 0.0)
        error = weights * (log_width - (weights * log_width).sum())
        for width in np.unique(widths):
            at = float(np.log(width))
            lost, won = ((error * np.log(p)).sum() for p in (posterior.failure(at), posterior.success(at)))
            chosen = widths == width
            places = [trials[trial] for trial, here in zip(curve, chosen, strict=True) if here]
            row[places] = np.where(outcomes[chosen], won, lost)
    product = influence @ influence.T
    scale = np.sqrt(np.diag(product))
    return np.asarray(product / scale / scale[:, None])
