"""Success curves that level off: the posterior against draws from the prior, and thresholds never reached."""

import numpy as np
import pytest
from scipy.special import expit, logit

from howwide.statistics import SCALE_RANGE, fit_response

WIDTHS = np.array([4, 8, 16, 32, 64])


@pytest.mark.parametrize("successes", [[0, 2, 7, 8, 8], [0, 1, 4, 7, 7], [1, 3, 8, 7, 8], [0, 0, 5, 4, 5]])
def test_posterior_agrees_with_sampling(successes: list[int]) -> None:
    """Draws from the prior, weighed by the likelihood: the tolerance is 4 standard errors, and 0.005 for the grid."""
    rng, draws = np.random.default_rng(6), 600_000
    half = rng.uniform(np.log(1.0), np.log(256.0), draws)
    scale = np.exp(rng.uniform(*np.log(SCALE_RANGE), draws))
    lapse, guess = rng.beta(1, 1 / 0.03 - 1, draws), rng.beta(1, 99, draws)
    log_likelihood = np.zeros(draws)
    for m, k in zip(WIDTHS, successes, strict=True):
        p = guess + (1 - guess - lapse) * expit((np.log(m) - half) / scale)
        log_likelihood += k * np.log(np.maximum(p, 1e-300)) + (8 - k) * np.log(np.maximum(1 - p, 1e-300))
    weights = np.exp(log_likelihood - log_likelihood.max())
    weights /= weights.sum()
    tolerance = 4 * 0.5 * np.sqrt(np.sum(weights**2)) + 0.005
    assert tolerance < 0.03
    posterior = fit_response(WIDTHS, successes, 8).posterior
    for quantile in (0.5, 0.9):
        threshold = half + scale * logit(np.clip((quantile - guess) / (1 - guess - lapse), 0, 1))
        assert posterior.never(quantile) == pytest.approx(float(weights @ np.isinf(threshold)), abs=tolerance)
        for width in (8.0, 10.0, 14.0, 20.0, 40.0):
            below = float(weights @ (threshold <= np.log(width)))
            assert posterior.threshold_cdf(quantile, np.log(width)) == pytest.approx(below, abs=tolerance)


def test_a_level_below_the_quantile_is_no_threshold() -> None:
    fit = fit_response(WIDTHS, [0, 10, 28, 29, 27], 40)
    half, high = fit.threshold(0.5), fit.threshold(0.9)
    assert half.status == "estimated"
    assert half.estimate == pytest.approx(11.0, rel=0.2)
    assert (high.status, high.estimate, high.upper) == ("lapses", None, None)
    assert high.lower is not None
    assert high.lower <= 64
    assert fit.posterior.never(0.9) > 0.975
    assert fit.posterior.threshold_quantile(0.9, 0.5) == np.inf
    prior = 1 / 0.03  # trials it counts for, one of them a failure
    level = (28 + 29 + 27 + prior - 1) / (3 * 40 + prior)
    assert fit.probability(1000).mean == pytest.approx(level, abs=0.02)


def test_few_wide_trials_leave_the_upper_end_open_and_more_close_it() -> None:
    few = fit_response([4, 8, 16, 64], [0, 4, 7, 4], [8, 8, 8, 4]).threshold(0.9)
    assert (few.status, few.upper) == ("lapses", None)
    more = fit_response([4, 8, 16, 24, 64], [0, 12, 40, 40, 40], [24, 24, 40, 40, 40]).threshold(0.9)
    assert more.status == "estimated"
    assert more.upper is not None
    assert more.upper < 20


def test_one_lapse_does_not_flatten_the_curve() -> None:
    """A single failure far above the threshold: without lapses it would push m_0.5 and the slope up."""
    widths, successes, trials = [8, 10, 12, 14, 256], [0, 1, 19, 20, 19], 20
    with_lapses = fit_response(widths, successes, trials).threshold(0.9)
    without = fit_response(widths, successes, trials, lapse_mean=0.0, guess_mean=0.0).threshold(0.9)
    assert with_lapses.estimate is not None
    assert with_lapses.estimate < 13
    assert without.estimate is None or without.estimate > with_lapses.estimate


def test_lucky_narrow_networks_leave_a_low_quantile_without_a_lower_end() -> None:
    fit = fit_response(WIDTHS, [3, 4, 20, 40, 40], 40)
    assert fit.posterior.threshold_quantile(0.02, 0.025) == -np.inf
    found = fit.threshold(0.02)
    assert found.lower is None
