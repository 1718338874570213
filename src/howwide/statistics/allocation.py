r"""Where do the next trials tell most about the thresholds?

`allocate` spreads one synchronous round of trials over widths by expected information. Under the posterior, the
success probability :math:`p_m` at a width and a threshold :math:`t_q = \log m_q` are two random variables; N trials
at m show :math:`p_m` with variance :math:`\mathrm E[p_m(1 - p_m)] / N`, and the information they carry about
:math:`t_q`, in the linear (Gaussian) approximation, is

.. math::

    -\tfrac12 \log\Big(1 - \frac{\mathrm{Cov}(p_m, t_q)^2}
    {\mathrm{Var}(t_q)\,(\mathrm{Var}(p_m) + \mathrm E[p_m(1-p_m)]/N)}\Big),

summed over the quantiles. The round is filled greedily in small batches; after each the joint covariance is
conditioned on it, so that the next batch does not ask the same again. Slope, lapses and guesses are asked about
only as far as the thresholds depend on them. The approximation decides only where trials are spent, never what is
concluded from them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from howwide.statistics._counts import FloatArray
from howwide.statistics.curve import success_probability, threshold_reach
from howwide.statistics.posterior import GridPosterior

_IGNORED = 1e-3  # cells this much lighter than the heaviest do not vote


def _joint_moments(
    posterior: GridPosterior, quantiles: Sequence[float], log_widths: FloatArray, ends: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Covariance of (p at each width, t_q of each quantile), and the variance of one trial at each width."""
    heavy = np.flatnonzero(posterior.weights > _IGNORED * posterior.weights.max())
    weights = posterior.weights.ravel()[heavy] / posterior.weights.ravel()[heavy].sum()
    half, scale, lapse, guess = (
        np.broadcast_to(axis, posterior.weights.shape).ravel()[heavy] for axis in posterior.centres
    )
    success = success_probability((log_widths[:, None] - half) / scale, lapse, guess)
    thresholds = [half + threshold_reach(q, scale, lapse, guess) for q in quantiles]
    values = np.vstack([success, np.clip(thresholds, *ends)])
    values -= (values @ weights)[:, None]
    noise = np.asarray(success * (1.0 - success)) @ weights
    return np.asarray((values * weights) @ values.T), noise


def _gains(covariance: FloatArray, noise: FloatArray, batch: int) -> FloatArray:
    """Information about all thresholds in one batch at each width."""
    widths = noise.size
    shown = covariance.diagonal()[:widths] + noise / batch
    spread = np.maximum(covariance.diagonal()[widths:], 1e-300)
    share = covariance[:widths, widths:] ** 2 / (shown[:, None] * spread)
    return np.asarray(-0.5 * np.log1p(-np.minimum(share, 1.0 - 1e-12)).sum(axis=1))


def allocate(
    posterior: GridPosterior,
    quantiles: Sequence[float],
    widths: Sequence[int],
    trials: int,
    ends: tuple[float, float],
    batch: int = 4,
) -> dict[int, int]:
    """Numbers of trials at the most telling of the given widths.

    Args:
        posterior: what is known so far.
        quantiles: success probabilities whose thresholds are asked for.
        widths: candidates, at least one.
        trials: how many trials to spread.
        ends: widths beyond which it does not matter where a threshold lies.
        batch: trials are given out in batches of this size.

    Returns:
        Trials for each width that gets any; they sum to ``trials``.
    """
    log_ends = float(np.log(ends[0])), float(np.log(ends[1]))
    covariance, noise = _joint_moments(posterior, quantiles, np.log(np.asarray(widths, dtype=np.float64)), log_ends)
    given: dict[int, int] = {}
    while trials > 0:
        size = min(batch, trials)
        best = int(np.argmax(_gains(covariance, noise, size)))
        given[widths[best]] = given.get(widths[best], 0) + size
        column = covariance[:, best].copy()
        covariance -= np.outer(column, column) / max(column[best] + noise[best] / size, 1e-300)
        trials -= size
    return dict(sorted(given.items()))
