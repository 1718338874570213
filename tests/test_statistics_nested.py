"""What the trials of several n say together: normal scores of a posterior, and correlations of errors."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from howwide.statistics import fit_response, normal_scores, shared_errors
from howwide.statistics.growth_points import SCORES

WIDTHS, TRIALS, SLOPE = (6, 8, 10, 13, 16), 20, 0.25


def outcomes(
    random: np.random.Generator, half: float, chances: np.ndarray | None = None
) -> dict[tuple[int, int], bool]:
    """Trials at five widths on a logistic curve; with the same chances they tend to succeed together."""
    chances = random.uniform(size=(len(WIDTHS), TRIALS)) if chances is None else chances
    return {
        (width, seed): bool(chances[k, seed] < expit(np.log(width / half) / SLOPE))
        for k, width in enumerate(WIDTHS)
        for seed in range(TRIALS)
    }


def test_scores_are_quantiles_of_the_posterior() -> None:
    fit = fit_response([4, 6, 8, 12, 16], [1, 6, 20, 29, 30], 30)
    widths = normal_scores(fit, fit.threshold(0.5))
    assert widths is not None
    assert list(widths) == sorted(widths)
    never = fit.posterior.never(0.5)
    for score, width in zip(SCORES, widths, strict=True):
        below = fit.posterior.threshold_cdf(0.5, float(np.log(width))) / (1 - never)
        assert below == pytest.approx(norm.cdf(score), abs=1e-4)


def test_one_end_alone_gives_a_flank() -> None:
    """No success up to 32: the likelihood rises from nothing, and stays where the trials do not reach; and mirrored."""
    fit = fit_response([8, 16, 32], [0, 0, 0], 12, lapse_mean=0, guess_mean=0)
    threshold = fit.threshold(0.5)
    assert threshold.status == "no_success"
    widths = normal_scores(fit, threshold)
    assert widths is not None
    assert list(widths) == sorted(widths)
    assert 24 < widths[0] < 34 < widths[-1]
    # With one s and no lapses the likelihood of a middle is the probability of no success at any width.
    steep = fit_response([8, 16, 32], [0, 0, 0], 12, scale_range=(0.2, 0.2), lapse_mean=0, guess_mean=0)
    known = normal_scores(steep, steep.threshold(0.5))
    assert known is not None
    for score, width in zip(SCORES, known, strict=True):
        if abs(score) < 2:
            nothing = np.prod([1 - expit(np.log(m / width) / 0.2) for m in (8, 16, 32)]) ** 12
            assert nothing == pytest.approx(norm.cdf(score), abs=0.05)
    mirrored = fit_response([8, 16, 32], [12, 12, 12], 12, lapse_mean=0, guess_mean=0)
    assert mirrored.threshold(0.5).status == "all_success"
    other = normal_scores(mirrored, mirrored.threshold(0.5))
    assert other is not None
    np.testing.assert_allclose(np.log(np.array(widths) / 16), -np.log(np.array(other[::-1]) / 16), atol=0.06)


def test_nothing_known_has_no_scores() -> None:
    fit = fit_response([8], [0], 1)
    assert normal_scores(fit, fit.threshold(0.5)) is None


def test_the_same_trials_err_together_and_others_do_not() -> None:
    random = np.random.default_rng(0)
    one, other = outcomes(random, 10.0), outcomes(random, 9.0)
    apart = {(width, seed + TRIALS): won for (width, seed), won in other.items()}
    matrix = shared_errors([one, one, apart], 0.5)
    np.testing.assert_allclose(matrix, [[1, 1, 0], [1, 1, 0], [0, 0, 1]], atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.0, 0.9])
def test_the_correlation_read_off_the_trials_is_that_of_the_errors(alike: float) -> None:
    """120 pairs of curves at neighbouring n; both correlations have a standard error of at most 0.09."""
    random, estimates, read = np.random.default_rng(1), [], []
    for _ in range(120):
        first = random.standard_normal((len(WIDTHS), TRIALS))
        second = alike * first + np.sqrt(1 - alike**2) * random.standard_normal(first.shape)
        curves = [outcomes(random, m, norm.cdf(z)) for m, z in ((9.0, first), (10.0, second))]
        read.append(shared_errors(curves, 0.5)[0, 1])
        fits = [fit_response([w for w, _ in curve], list(curve.values()), 1) for curve in curves]
        estimates.append([fit.posterior.threshold_quantile(0.5, 0.5) for fit in fits])
    truth = np.corrcoef(np.array(estimates).T)[0, 1]
    assert np.mean(read) == pytest.approx(truth, abs=0.25)
    assert (np.mean(read) > 0.3) == (alike > 0)
