r"""Where are the next trials most informative about the thresholds?

`allocate` spreads one synchronous round of trials over widths by expected information. Under the posterior, the
success probability :math:`p_m` at a width and a threshold :math:`t_q = \log m_q` are two random variables; N trials
at m show :math:`p_m` with variance :math:`\mathrm E[p_m(1 - p_m)] / N`, and the information they carry about
:math:`t_q`, in the linear (Gaussian) approximation, is

.. math::

    -\tfrac12 \log\Big(1 - \frac{\mathrm{Cov}(p_m, t_q)^2}
    {\mathrm{Var}(t_q)\,(\mathrm{Var}(p_m) + \mathrm E[p_m(1-p_m)]/N)}\Big),

summed over the quantiles. A batch goes to the width with the largest information *per expected cost*
(`howwide.statistics.costs`). Expected improvement per second is the same idea in Bayesian optimisation (Snoek,
Larochelle and Adams, Practical Bayesian optimization of machine learning algorithms, 2012, section 3.2); with equal
costs and one quantile this is the Bayesian D-optimal choice (Chaloner and Verdinelli, Bayesian experimental design: a
review, 1995). The round is filled greedily in small batches; after each the joint covariance is conditioned on it, so
that the next batch does not ask the same again. Slope, lapses and guesses are asked about
only as far as the thresholds depend on them. The approximation decides only where trials are spent, never what is
concluded from them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from howwide.statistics.costs import TrialCosts
from howwide.statistics.curve import success_probability, threshold_reach
from howwide.statistics.posterior import GridPosterior

_IGNORED = 1e-3  # cells this much lighter than the heaviest are left out


def allocate(
    posterior: GridPosterior,
    quantiles: Sequence[float],
    widths: Sequence[int],
    trials: int,
    ends: tuple[float, float],
    batch: int = 4,
    costs: TrialCosts | None = None,
) -> dict[int, int]:
    """Numbers of trials at those of the given widths that inform most for their cost.

    Args:
        posterior: what is known so far.
        quantiles: success probabilities whose thresholds are asked for.
        widths: candidates, at least one.
        trials: how many trials to spread.
        ends: widths beyond which it does not matter where a threshold lies.
        batch: trials are given out in batches of this size.
        costs: of trials; equal unless given.

    Returns:
        Trials for each width that gets any; they sum to ``trials``.
    """
    log_widths = np.log(np.asarray(widths, dtype=np.float64))
    heavy = np.flatnonzero(posterior.weights > _IGNORED * posterior.weights.max())
    weights = posterior.weights.ravel()[heavy] / posterior.weights.ravel()[heavy].sum()
    half, scale, lapse, guess = posterior.parameters(heavy)
    # The covariance of (p_m at each width, t_q of each quantile), and the variance E[p_m (1 - p_m)] of one trial.
    success = success_probability((log_widths[:, None] - half) / scale, lapse, guess)
    thresholds = [half + threshold_reach(q, scale, lapse, guess) for q in quantiles]
    values = np.vstack([success, np.clip(thresholds, float(np.log(ends[0])), float(np.log(ends[1])))])
    values -= (values @ weights)[:, None]
    covariance, noise = np.asarray((values * weights) @ values.T), np.asarray(success * (1.0 - success)) @ weights
    price = (costs or TrialCosts()).expected(widths, success @ weights)
    count, given = len(widths), dict[int, int]()
    while trials > 0:
        size = min(batch, trials)
        # -1/2 log(1 - Cov(p_m, t_q)^2 / (Var(t_q) (Var(p_m) + E[p_m (1 - p_m)] / N))), over the quantiles, by cost
        shown = covariance.diagonal()[:count] + noise / size
        spread = np.maximum(covariance.diagonal()[count:], 1e-300)
        share = covariance[:count, count:] ** 2 / (shown[:, None] * spread)
        best = int(np.argmax(-0.5 * np.log1p(-np.minimum(share, 1.0 - 1e-12)).sum(axis=1) / price))
        given[widths[best]] = given.get(widths[best], 0) + size
        # Conditioning on the batch: Cov - Cov e e^T Cov / (Var(p_m) + E[p_m (1 - p_m)] / N).
        column = covariance[:, best].copy()
        covariance -= np.outer(column, column) / max(column[best] + noise[best] / size, 1e-300)
        trials -= size
    return dict(sorted(given.items()))
