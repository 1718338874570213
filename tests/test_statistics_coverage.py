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


def simulate(rng: np.random.Generator, half: float, scale: float, lapse: float, guess: float) -> ResponseFit:
    p = guess + (1 - guess - lapse) * expit(np.log(WIDTHS / half) / scale)
    return fit_response(WIDTHS, rng.binomial(SEEDS, p), SEEDS)


def true_threshold(quantile: float, half: float, scale: float, lapse: float, guess: float) -> float:
    share = np.clip((quantile - guess) / (1 - guess - lapse), 0, 1)
    return float(half * np.exp(scale * logit(share)))


def covers(fit: ResponseFit, quantile: float, truth: float) -> bool:
    found = fit.threshold(quantile)
    return (found.lower or 0.0) <= truth <= (np.inf if found.upper is None else found.upper)


@pytest.mark.parametrize("repetitions", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_posterior_is_calibrated_over_its_own_prior(repetitions: int) -> None:
    """With curves drawn from the prior the posterior probability of the truth is uniform, and coverage at least 95%.

    Where no width reaches the quantile the truth is infinite and its rank is drawn from the mass that lies there.
    """
    rng = np.random.default_rng(20)
    ranks: dict[float, list[float]] = {0.5: [], 0.9: []}
    covered = {0.5: 0, 0.9: 0}
    for _ in range(repetitions):
        half = np.exp(rng.uniform(np.log(WIDTHS[0] / 4), np.log(4 * WIDTHS[-1])))
        curve = half, np.exp(rng.uniform(np.log(0.01), 0.0)), rng.beta(1, 1 / 0.03 - 1), rng.beta(1, 99)
        fit = simulate(rng, *curve)
        for quantile in ranks:
            truth = true_threshold(quantile, *curve)
            rank = fit.posterior.threshold_cdf(quantile, np.log(truth))
            ranks[quantile].append(rank if truth < np.inf else 1 - rng.uniform() * fit.posterior.never(quantile))
            covered[quantile] += covers(fit, quantile, truth)
    for quantile, values in ranks.items():
        assert kstest(values, "uniform").pvalue > FALSE_ALARM
        inside = sum(0.025 <= value <= 0.975 for value in values)
        low, high = binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], repetitions, 0.95)
        assert low <= inside <= high
        assert covered[quantile] >= binom.ppf(FALSE_ALARM, repetitions, 0.95)


@pytest.mark.parametrize("repetitions", [20, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("half", "scale", "lapse"),
    [(16, 0.02, 0), (16, 0.05, 0.05), (20, 0.15, 0), (37, 0.3, 0.02), (24, 0.6, 0), (6, 0.2, 0.05)],
)
def test_coverage_at_fixed_curves(half: float, scale: float, lapse: float, repetitions: int) -> None:
    """A Bayesian interval need not cover 95% at every single curve; here it covers at least 90%."""
    rng = np.random.default_rng(int(1000 * scale))
    fits = [simulate(rng, half, scale, lapse, 0.0) for _ in range(repetitions)]
    for quantile in (0.5, 0.9):
        covered = sum(covers(fit, quantile, true_threshold(quantile, half, scale, lapse, 0.0)) for fit in fits)
        assert covered >= binom.ppf(FALSE_ALARM, repetitions, 0.90)


@pytest.mark.parametrize("status", ["no_success", "all_success"])
def test_proved_ends_err_at_most_as_often_as_they_say(status: str) -> None:
    """The truth sits exactly at the reported end, the least favourable place: the error stays below 2.5%."""
    rng, repetitions, wrong = np.random.default_rng(3), 5_000, 0
    trials = 6  # the smallest number for which one width proves anything about the median: 2^-6 < 0.025 < 2^-5
    for successes in rng.binomial(trials, 0.5, size=repetitions):
        if successes == {"no_success": 0, "all_success": trials}[status]:
            found = fit_response([16], [successes], trials).threshold(0.5)
            assert found.status == status
            assert 16.0 in (found.lower, found.upper)
            wrong += 1
    assert wrong <= binom.ppf(1 - FALSE_ALARM, repetitions, 0.025)
