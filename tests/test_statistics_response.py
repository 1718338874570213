"""The success curve: the posterior against brute force, symmetries, and what may be said when the data say little."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize

from howwide.errors import SettingError
from howwide.statistics import THRESHOLD_STATUSES, fit_response

WIDTHS = [4, 8, 16, 32]
logistic = partial(fit_response, lapse_mean=0.0, guess_mean=0.0)  # two parameters, as the plain oracles have them


def brute_force_cdf(widths: list[int], successes: list[int], trials: int, quantile: float, log_width: float) -> float:
    """P(log m_q <= log_width) by nested adaptive quadrature, written out independently of the library."""
    low, high = np.log(max(min(widths) / 4, 0.5)), np.log(4 * max(widths))

    def likelihood(half: float, slope: float) -> float:
        value = 0.0
        for width, k in zip(widths, successes, strict=True):
            log_odds = (math.log(width) - half) / slope
            log_failure = -log_odds if log_odds > 30 else -math.log1p(math.exp(log_odds))
            value += k * log_odds + trials * log_failure
        return math.exp(value)

    def mass(log_slope: float, top: float) -> float:
        slope = np.exp(log_slope)
        end = min(high, max(low, top - slope * np.log(quantile / (1 - quantile))))
        knots = [np.log(w) for w in widths if low < np.log(w) < end]
        return quad(likelihood, low, end, args=(slope,), points=knots or None, epsrel=1e-7, limit=200)[0]

    ends = np.log(0.01), 0.0
    part, whole = (quad(mass, *ends, args=(t,), epsrel=1e-5, limit=100)[0] for t in (log_width, np.inf))
    return part / whole


@pytest.mark.parametrize("successes", [[0, 2, 7, 8], [0, 0, 8, 8], [2, 0, 8, 7], [0, 0, 0, 1], [8, 8, 8, 8]])
@pytest.mark.parametrize(("quantile", "width"), [(0.5, 9.0), (0.9, 20.0), (0.9, 34.0)])
def test_posterior_agrees_with_quadrature(successes: list[int], quantile: float, width: float) -> None:
    posterior = logistic(WIDTHS, successes, 8).posterior
    expected = brute_force_cdf(WIDTHS, successes, 8, quantile, np.log(width))
    assert posterior.threshold_cdf(quantile, np.log(width)) == pytest.approx(expected, abs=5e-3)


def test_many_trials_agree_with_the_normal_approximation() -> None:
    widths, successes, trials = np.array([90.0, 100.0, 110.0]), np.array([200_000, 500_000, 750_000]), 10**6
    x = np.log(widths)

    def loss(p: np.ndarray) -> float:
        z = (x - p[0]) / np.exp(p[1])
        return float(np.sum(trials * np.logaddexp(0, -z) + (trials - successes) * z))

    best = minimize(loss, [np.log(100), np.log(0.1)], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-6})
    slope = np.exp(best.x[1])
    design = np.stack([-np.ones(3), -(x - best.x[0])], axis=1) / slope  # d logit / d (half, log slope)
    p = 1 / (1 + np.exp(-(x - best.x[0]) / slope))
    covariance = np.linalg.inv(design.T @ (design * (trials * p * (1 - p))[:, None]))
    gradient = np.array([1.0, slope * np.log(9)])
    centre, error = best.x[0] + slope * np.log(9), np.sqrt(gradient @ covariance @ gradient)
    found = logistic(widths, successes, trials).posterior
    quantiles = [found.threshold_quantile(0.9, p) for p in (0.025, 0.5, 0.975)]
    np.testing.assert_allclose(quantiles, centre + error * np.array([-1.96, 0, 1.96]), atol=0.06 * error)


def test_the_curve_runs_from_the_guess_rate_to_one_minus_the_lapse_rate() -> None:
    """P = g + (1 - g - lapse) F: g far below m_half, 1 - lapse far above it, and 1 - P has no cancellation."""
    posterior = fit_response(WIDTHS, [0, 2, 7, 8], 8, lapse_mean=0.1, guess_mean=0.05).posterior
    half, scale, lapse, guess = posterior.centres
    shape = posterior.success(0.0).shape
    np.testing.assert_allclose(posterior.success(-500.0), np.broadcast_to(guess, shape), rtol=1e-12)
    np.testing.assert_allclose(posterior.failure(500.0), np.broadcast_to(lapse, shape), rtol=1e-12)
    for log_width in np.log(WIDTHS):
        share = 1 / (1 + np.exp(-(log_width - half) / scale))
        np.testing.assert_allclose(posterior.success(log_width), guess + (1 - guess - lapse) * share, rtol=1e-10)
        np.testing.assert_allclose(posterior.success(log_width) + posterior.failure(log_width), 1, rtol=1e-12)


def test_quantiles_are_not_tied_to_the_grid() -> None:
    posterior = fit_response(WIDTHS, [0, 2, 7, 8], 8).posterior
    for probability in np.linspace(0.01, 0.99, 23):
        assert posterior.threshold_cdf(0.7, posterior.threshold_quantile(0.7, probability)) == pytest.approx(
            probability
        )


def test_probability_is_the_inverse_of_the_threshold() -> None:
    fit = logistic(WIDTHS, [0, 2, 7, 8], 8)
    for quantile in (0.3, 0.5, 0.9):
        found = fit.threshold(quantile)
        assert found.lower is not None
        assert found.upper is not None
        assert fit.probability(found.upper).lower == pytest.approx(quantile, abs=0.01)
        assert fit.probability(found.lower).upper == pytest.approx(quantile, abs=0.01)
    means = [fit.probability(width).mean for width in (1, 4, 8, 12, 16, 64)]
    assert np.all(np.diff(means) > 0)


def test_complete_separation_brackets_the_jump() -> None:
    half = fit_response([8, 12], [0, 8], 8).threshold(0.5)
    assert half.status == "estimated"
    assert half.estimate == pytest.approx(np.sqrt(8 * 12), rel=0.01)
    assert half.lower is not None
    assert half.upper is not None
    assert 8 < half.lower < half.upper < 12


def test_counts_that_fall_are_an_ordinary_case() -> None:
    found = fit_response(WIDTHS, [2, 0, 8, 7], 8).threshold(0.5)
    assert found.status == "estimated"
    assert found.lower is not None
    assert found.upper is not None
    assert fit_response(WIDTHS, [8, 5, 3, 0], 8).threshold(0.5).status in THRESHOLD_STATUSES


@pytest.mark.parametrize("factor", [3.0, 1000.0])
def test_wider_networks_by_a_factor_have_wider_thresholds_by_that_factor(factor: float) -> None:
    widths = np.array(WIDTHS)
    plain, scaled = (logistic(widths * f, [0, 2, 7, 8], 8).threshold(0.9) for f in (1.0, factor))
    for name in ("lower", "estimate", "upper"):
        assert getattr(scaled, name) == pytest.approx(factor * getattr(plain, name), rel=1e-6)


def test_order_and_pooling_of_rows_do_not_matter() -> None:
    one = fit_response(WIDTHS, [0, 2, 7, 8], 8).threshold(0.5)
    other = fit_response([16, 32, 8, 4, 16, 64], [3, 8, 2, 0, 4, 0], [4, 8, 8, 8, 4, 0]).threshold(0.5)
    assert one == other


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=4, max_size=4), st.integers(0, 3), st.sampled_from([0.1, 0.5, 0.9]))
def test_more_successes_never_raise_the_threshold_at_a_fixed_slope(k: list[int], which: int, quantile: float) -> None:
    more = [*k[:which], min(8, k[which] + 1), *k[which + 1 :]]
    before, after = (logistic(WIDTHS, c, 8, scale_range=(0.3, 0.3)).posterior for c in (k, more))
    for probability in (0.025, 0.5, 0.975):
        bound = before.threshold_quantile(quantile, probability) + 1e-3
        assert after.threshold_quantile(quantile, probability) <= bound


def test_no_success_gives_a_proved_lower_end_only() -> None:
    found = fit_response(WIDTHS, 4 * [0], 8).threshold(0.5)
    assert (found.status, found.estimate, found.lower, found.upper) == ("no_success", None, 32.0, None)
    # 3 failures at the top are possible (1/8), 6 at the two top widths are not (1/64 < 0.025): the end moves down.
    assert fit_response(WIDTHS, 4 * [0], 3).threshold(0.5).lower == 16.0
    assert fit_response([8], [0], 3).threshold(0.5).lower is None
    # 0.75^8 = 0.10: one width is not enough at the quantile 1/4, two are (0.01).
    assert fit_response(WIDTHS, 4 * [0], 8).threshold(0.25).lower == 16.0


def test_all_success_gives_a_proved_upper_end_only() -> None:
    found = fit_response(WIDTHS, 4 * [8], 8).threshold(0.5)
    assert (found.status, found.estimate, found.lower, found.upper) == ("all_success", None, None, 4.0)
    assert fit_response(WIDTHS, 4 * [8], 8).threshold(0.9).upper is None  # 0.9^32 = 0.034 > 0.025
    assert fit_response(WIDTHS, 4 * [9], 9).threshold(0.9).upper == 32.0  # 0.9^36 = 0.0225


def test_thresholds_beyond_the_tested_widths_have_one_end() -> None:
    above = fit_response(WIDTHS, [0, 0, 0, 2], 8).threshold(0.9)
    assert (above.status, above.estimate, above.lower, above.upper) == ("above_range", None, 32.0, None)
    below = fit_response(WIDTHS, [7, 8, 8, 8], 8).threshold(0.1)
    assert (below.status, below.estimate, below.lower, below.upper) == ("below_range", None, None, 4.0)


def test_an_end_that_only_the_prior_provides_is_none() -> None:
    lone = fit_response([8], [4], 8).threshold(0.5)
    assert (lone.status, lone.estimate, lone.lower, lone.upper) == ("undetermined", None, None, None)
    weak = fit_response([4, 8, 16], [0, 1, 3], 3).threshold(0.9)
    assert weak.lower is not None
    assert weak.upper is None


def test_ends_do_not_depend_on_the_declared_range() -> None:
    """Rule 3 in action: an end that is reported hardly moves when the range of m_half is widened a hundredfold."""
    for successes in ([0, 2, 7, 8], [0, 0, 8, 8], [0, 1, 3, 8], [0, 3, 5, 7]):
        declared = fit_response(WIDTHS, successes, 8).threshold(0.5)
        wide = fit_response(WIDTHS, successes, 8, width_range=(0.01, 12_800)).posterior
        for end, tail in ((declared.lower, 0.025), (declared.upper, 0.975)):
            if end is not None:
                assert np.log(end) == pytest.approx(wide.threshold_quantile(0.5, tail), abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([4, 8], [1], 8), "one length"),
        (([4, 8], [1, 2], [8, 8, 8]), "one length"),
        (([4, 8], [-1, 2], 8), "successes"),
        (([4, 8], [1, 9], 8), "exceed"),
        (([4, 8], [1, 2.5], 8), "whole"),
        (([0, 8], [1, 2], 8), "widths"),
        (([4, np.inf], [1, 2], 8), "widths"),
        (([4, 8], [0, 0], 0), "trial"),
        (([[4, 8]], [[1, 2]], 8), "lists"),
    ],
)
def test_bad_tables_are_told_in_one_line(arguments: tuple[object, ...], named: str) -> None:
    with pytest.raises(SettingError, match=named) as caught:
        fit_response(*arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_bad_questions_are_told_in_one_line() -> None:
    fit = fit_response(WIDTHS, [0, 2, 7, 8], 8)
    questions = [
        lambda: fit.threshold(0.0),
        lambda: fit.threshold(1.0),
        lambda: fit.threshold(0.5, level=1.0),
        lambda: fit.probability(0.0),
        lambda: fit.probability(8, level=0.0),
        lambda: fit_response(WIDTHS, [0, 2, 7, 8], 8, width_range=(8, 8)),
        lambda: fit_response(WIDTHS, [0, 2, 7, 8], 8, width_range=(0, 8)),
        lambda: fit_response(WIDTHS, [0, 2, 7, 8], 8, scale_range=(1.0, 0.1)),
        lambda: fit_response(WIDTHS, [0, 2, 7, 8], 8, lapse_mean=0.5),
        lambda: fit_response(WIDTHS, [0, 2, 7, 8], 8, guess_mean=-0.1),
    ]
    for question in questions:
        with pytest.raises(SettingError) as caught:
            question()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("margin", "enough"), [(0.0, 6), (0.4, 7)])
def test_as_many_trials_of_one_kind_as_a_proof_takes(margin: float, enough: int) -> None:
    """2^-N <= (1 - margin) (1 - 0.95) / 2 is N >= 6, and with 0.4 of the error left unused N >= 7."""
    for trials in (enough - 1, enough):
        proved = 8.0 if trials == enough else None
        assert logistic([8], [0], trials).threshold(0.5, 0.95, margin).lower == proved
        assert logistic([8], [trials], trials).threshold(0.5, 0.95, margin).upper == proved
