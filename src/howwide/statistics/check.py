r"""Is the success curve believable, and does success rise with width at all?

`check_fit` puts three things beside a fitted curve (`ModelCheck`):

- The *isotonic* fractions, which assume only that wider is not worse, next to the curve's own probabilities.
- The *p-value of the fit*: curves are drawn from the posterior, each is given trials of its own, and the p-value is
  the share of draws whose trials lie at least as far from their curve as the observed ones, in deviance :math:`2
  \sum_i N_i\, \mathrm{KL}(k_i/N_i \,\|\, P(m_i))` (Gelman, Meng and Stern 1996). It errs towards 1: a small value
  is evidence against the curve, a large one none for it.
- The *p-value of rising*: the deviance of the observed fractions from the isotonic ones, which is zero when they
  rise, against its distribution when the isotonic curve is the truth. A value of at most 0.01 is flagged
  (``falls``), with the two widths between which the fall is clearest.

Random numbers have a fixed seed, so that the same counts give the same check.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from howwide.statistics._counts import Counts, FloatArray
from howwide.statistics.curve import success_probability
from howwide.statistics.isotonic import rising
from howwide.statistics.posterior import GridPosterior

BAD_FIT = 0.01
"""A success curve whose p-value of the fit is below this is doubted."""

_DRAWS = 999
_FLAGGED = 0.01  # p-value at or below which a fall is reported


@dataclass(frozen=True)
class ModelCheck:
    """The success curve beside its model-free twin.

    Attributes:
        widths: tested widths, increasing.
        trials: trials at each.
        observed: fraction of successes at each.
        isotonic: fitted fractions that do not fall with width.
        parametric: posterior mean of the curve at each.
        p_value: of the fit; small values speak against the curve.
        rising_p_value: of success not falling with width; 1 where the fractions rise.
        falls: whether success falls with width by more than chance allows.
        fall: the two widths, narrow and wide, between which the fall is clearest; None where no fraction falls.
    """

    widths: FloatArray
    trials: FloatArray
    observed: FloatArray
    isotonic: FloatArray
    parametric: FloatArray
    p_value: float
    rising_p_value: float
    falls: bool
    fall: tuple[float, float] | None


def _deviance(successes: FloatArray, trials: FloatArray, probability: FloatArray) -> FloatArray:
    """Twice the log-likelihood lost against the observed fractions, summed over the last axis."""
    failures = trials - successes
    saturated = xlogy(successes, successes / trials) + xlogy(failures, failures / trials)
    model = xlogy(successes, probability) + xlogy(failures, 1.0 - probability)
    return np.asarray(2.0 * np.sum(saturated - model, axis=-1))


def _share_as_far(values: FloatArray, observed: float) -> float:
    """Monte Carlo p-value, the observed value counted among the draws."""
    return float((1 + np.sum(values >= observed - 1e-9)) / (1 + values.size))


def check_fit(counts: Counts, posterior: GridPosterior) -> ModelCheck:
    """Isotonic fit, p-value of the fit and p-value of rising, as this module's docstring says."""
    random, k, n = np.random.default_rng(0), counts.successes, counts.trials
    log_widths, seeds = np.log(counts.widths), n.astype(np.int64)
    # The fit: curves drawn from the posterior, and trials drawn from each.
    chosen = random.choice(posterior.weights.size, size=_DRAWS, p=posterior.weights.ravel())
    half, scale, lapse, guess = posterior.parameters(chosen[:, None])
    curves = success_probability((log_widths - half) / scale, lapse, guess)
    replicated = random.binomial(seeds, curves).astype(np.float64)
    p_value = _share_as_far(_deviance(replicated, n, curves) - _deviance(k, n, curves), 0.0)
    # Rising: the deviance from the isotonic fractions, against trials drawn from these.
    isotonic = rising(k, n)
    lost, losses = float(_deviance(k, n, isotonic)), np.zeros(_DRAWS)
    monotone = random.binomial(seeds, isotonic, size=(_DRAWS, n.size)).astype(np.float64)
    if lost > 0:
        losses = np.array([float(_deviance(drawn, n, rising(drawn, n))) for drawn in monotone])
    rising_p_value = _share_as_far(losses, lost)
    # The clearest fall: the two widths whose fractions fall by the most standard errors.
    drop = (k / n)[:, None] - (k / n)[None, :]
    pooled = (k[:, None] + k[None, :] + 1.0) / (n[:, None] + n[None, :] + 2.0)
    error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n[:, None] + 1.0 / n[None, :]))
    clear = np.triu(drop / error, 1)
    narrow, wide = np.unravel_index(np.argmax(clear), clear.shape)
    fall = (float(counts.widths[narrow]), float(counts.widths[wide])) if clear[narrow, wide] > 0 else None
    return ModelCheck(
        widths=counts.widths,
        trials=n,
        observed=k / n,
        isotonic=isotonic,
        parametric=np.array([np.sum(posterior.weights * posterior.success(x)) for x in log_widths]),
        p_value=p_value,
        rising_p_value=rising_p_value,
        falls=rising_p_value <= _FLAGGED,
        fall=fall,
    )
