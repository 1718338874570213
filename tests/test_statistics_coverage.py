"""Do the intervals of the threshold contain it as often as they say? Simulated with 8 seeds on a grid of ratio sqrt 2.

Each assertion fails by chance with probability at most 1e-4 when the coverage is as claimed; seeds are fixed.
"""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom, kstest

from howwide.statistics import ResponseFit, fit_response

WIDTHS = np.round(4 * np.sqrt(2.0) ** np.arange(13))
SEEDS = 8
FALSE_ALARM = 1e-4


def simulate(rng: np.random.Generator, log_half: float, scale: float) -> ResponseFit:
    successes = rng.binomial(SEEDS, expit((np.log(WIDTHS) - log_half) / scale))
    return fit_response(WIDTHS, successes, SEEDS)


def covers(fit: ResponseFit, quantile: float, truth: float) -> bool:
    found = fit.threshold(quantile)
    above = found.lower is None or found.lower <= np.exp(truth)
    return above and (found.upper is None or np.exp(truth) <= found.upper)


def test_posterior_is_calibrated_over_its_own_prior() -> None:
    """With curves drawn from the prior the posterior probability of the truth is uniform, and coverage at least 95%."""
    rng, repetitions = np.random.default_rng(20), 400
    ranks: dict[float, list[float]] = {0.5: [], 0.9: []}
    covered = {0.5: 0, 0.9: 0}
    for _ in range(repetitions):
        log_half = rng.uniform(np.log(WIDTHS[0] / 4), np.log(4 * WIDTHS[-1]))
        scale = np.exp(rng.uniform(np.log(0.01), 0.0))
        fit = simulate(rng, log_half, scale)
        for quantile in ranks:
            truth = log_half + scale * logit(quantile)
            ranks[quantile].append(fit.posterior.threshold_cdf(quantile, truth))
            covered[quantile] += covers(fit, quantile, truth)
    for quantile, values in ranks.items():
        assert kstest(values, "uniform").pvalue > FALSE_ALARM
        inside = sum(0.025 <= value <= 0.975 for value in values)
        low, high = binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], repetitions, 0.95)
        assert low <= inside <= high
        assert covered[quantile] >= binom.ppf(FALSE_ALARM, repetitions, 0.95)


@pytest.mark.parametrize(("half", "scale"), [(16, 0.02), (16, 0.05), (20, 0.15), (37, 0.3), (24, 0.6), (6, 0.2)])
def test_coverage_at_fixed_curves(half: float, scale: float) -> None:
    """A Bayesian interval need not cover 95% at every single curve; here it covers at least 90%."""
    rng, repetitions = np.random.default_rng(int(1000 * scale)), 150
    fits = [simulate(rng, np.log(half), scale) for _ in range(repetitions)]
    for quantile in (0.5, 0.9):
        covered = sum(covers(fit, quantile, np.log(half) + scale * logit(quantile)) for fit in fits)
        assert covered >= binom.ppf(FALSE_ALARM, repetitions, 0.90)


@pytest.mark.parametrize("status", ["no_success", "all_success"])
def test_proved_ends_err_at_most_as_often_as_they_say(status: str) -> None:
    """The truth sits exactly at the reported end, the least favourable place: the error stays below 2.5%."""
    rng, repetitions, wrong = np.random.default_rng(3), 20_000, 0
    trials = 6  # the smallest number for which one width proves anything about the median: 2^-6 < 0.025 < 2^-5
    for successes in rng.binomial(trials, 0.5, size=repetitions):
        if successes == {"no_success": 0, "all_success": trials}[status]:
            found = fit_response([16], [successes], trials).threshold(0.5)
            assert found.status == status
            assert 16.0 in (found.lower, found.upper)
            wrong += 1
    assert wrong <= binom.ppf(1 - FALSE_ALARM, repetitions, 0.025)
