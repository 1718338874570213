"""The model check: honest about a good curve, alarmed by a wrong one and by success that falls with width."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binom

from howwide.statistics import fit_response, isotonic_success

WIDTHS = [4, 8, 16, 32, 64]


def test_the_curves_lie_beside_each_other() -> None:
    fit = fit_response(WIDTHS, [0, 4, 12, 20, 19], 20)
    found = fit.check()
    np.testing.assert_array_equal(found.widths, WIDTHS)
    np.testing.assert_array_equal(found.trials, 5 * [20])
    np.testing.assert_allclose(found.observed, [0, 0.2, 0.6, 1, 0.95])
    np.testing.assert_allclose(found.isotonic, isotonic_success(WIDTHS, [0, 4, 12, 20, 19], 20).probability)
    np.testing.assert_allclose(found.parametric, [fit.probability(w).mean for w in WIDTHS])
    assert found.fall == (32.0, 64.0)
    assert not found.falls
    assert found.p_value > 0.2
    assert found.p_value == fit.check().p_value


def test_fractions_that_rise_are_no_evidence_at_all() -> None:
    found = fit_response(WIDTHS, [0, 4, 12, 18, 20], 20).check()
    assert (found.rising_p_value, found.falls, found.fall) == (1.0, False, None)


def test_success_that_falls_with_width_is_flagged_with_its_widths() -> None:
    found = fit_response(WIDTHS, [0, 10, 20, 20, 6], 20).check()
    assert found.falls
    assert found.rising_p_value == pytest.approx(0.001)  # the least that 999 draws can show
    assert found.fall in ((16.0, 64.0), (32.0, 64.0))
    assert found.p_value < 0.01


def test_a_fall_that_chance_explains_is_not_flagged() -> None:
    found = fit_response(WIDTHS[:4], [0, 16, 10, 24], 24).check()
    assert 0.01 < found.rising_p_value < 0.1
    assert not found.falls


def test_a_curve_of_another_shape_is_seen() -> None:
    """Two steps with a shelf at one half between them, which no logistic curve with few lapses has."""
    found = fit_response([4, 8, 16, 32, 64, 128, 256], [0, 50, 50, 50, 50, 100, 100], 100).check()
    assert found.p_value < 0.01
    assert not found.falls


def test_a_rising_truth_is_rarely_flagged() -> None:
    """Constant success is the hardest case for a test of rising; 30 repetitions, chance of failure below 1e-4."""
    rng, repetitions = np.random.default_rng(3), 30
    found = [fit_response(WIDTHS, rng.binomial(12, 0.6, 5), 12).check().falls for _ in range(repetitions)]
    assert sum(found) <= binom.ppf(1 - 1e-4, repetitions, 0.01)


def test_a_true_curve_is_rarely_doubted() -> None:
    """The p-value errs towards 1: at most the nominal share lies below 0.05."""
    rng, repetitions = np.random.default_rng(4), 40
    p = 0.02 + 0.95 * expit(np.log(np.array(WIDTHS) / 14) / 0.3)
    found = [fit_response(WIDTHS, rng.binomial(16, p), 16).check().p_value for _ in range(repetitions)]
    assert sum(value <= 0.05 for value in found) <= binom.ppf(1 - 1e-4, repetitions, 0.05)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_the_check_always_has_an_answer(successes: list[int]) -> None:
    found = fit_response(WIDTHS[: len(successes)], successes, 6).check()
    assert 0 < found.p_value <= 1
    assert 0 < found.rising_p_value <= 1
    assert np.all(np.diff(found.isotonic) >= -1e-12)
    assert (found.fall is None) == bool(np.all(np.diff(np.asarray(successes)) >= 0))
