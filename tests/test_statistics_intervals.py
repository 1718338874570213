"""Clopper-Pearson: textbook values, an independent library, exact coverage; and the monotone fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from howwide.errors import SettingError
from howwide.statistics import clopper_pearson, isotonic_success


@pytest.mark.parametrize(
    ("k", "trials", "lower", "upper"),
    [(0, 10, 0.0, 0.3085), (5, 10, 0.1871, 0.8129), (1, 20, 0.0013, 0.2487), (8, 8, 0.6306, 1.0), (0, 0, 0.0, 1.0)],
)
def test_textbook_values(k: int, trials: int, lower: float, upper: float) -> None:
    interval = clopper_pearson(k, trials)
    assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=5e-5)
    assert interval.level == 0.95
    assert isinstance(interval.lower, float)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_agrees_with_scipy(level: float) -> None:
    for trials in (1, 2, 8, 31):
        k = np.arange(trials + 1)
        ours = clopper_pearson(k, trials, level)
        theirs = [binomtest(int(i), trials).proportion_ci(level, method="exact") for i in k]
        np.testing.assert_allclose(ours.lower, [ci.low for ci in theirs], atol=1e-10)
        np.testing.assert_allclose(ours.upper, [ci.high for ci in theirs], atol=1e-10)


def test_coverage_by_enumeration_is_never_below_the_level() -> None:
    truth = np.linspace(0.0, 1.0, 501)
    for trials in (1, 5, 8, 20):
        k = np.arange(trials + 1)
        interval = clopper_pearson(k, trials)
        covers = (interval.lower <= truth[:, None]) & (truth[:, None] <= interval.upper)
        coverage = np.sum(covers * binom.pmf(k, trials, truth[:, None]), axis=1)
        assert coverage.min() >= 0.95


def test_broadcasts_over_arrays() -> None:
    interval = clopper_pearson([[0], [1]], [2, 3, 4])
    assert interval.lower.shape == interval.upper.shape == (2, 3)


@pytest.mark.parametrize(
    "arguments",
    [(3, 2), (-1, 4), (1.5, 4), (1, -2), (1, 4, 1.0), (1, 4, 0.0), (np.nan, 4), ("one", 4), ([1, 2], [3, 4, 5])],
)
def test_misuse_is_told_in_one_line(arguments: tuple[object, ...]) -> None:
    with pytest.raises(SettingError) as caught:
        clopper_pearson(*arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_isotonic_by_hand() -> None:
    fit = isotonic_success([32, 4, 8, 16], [8, 1, 5, 3], 8)
    np.testing.assert_array_equal(fit.widths, [4, 8, 16, 32])
    np.testing.assert_allclose(fit.probability, [1 / 8, 1 / 2, 1 / 2, 1])


def test_isotonic_weighs_by_trials_and_pools_repeated_widths() -> None:
    fit = isotonic_success([4, 8, 8, 16], [3, 0, 1, 0], [4, 5, 3, 0])
    np.testing.assert_array_equal(fit.trials, [4, 8])
    np.testing.assert_allclose(fit.probability, [4 / 12, 4 / 12])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=1, max_size=8), st.integers(0, 7))
def test_isotonic_is_monotone_and_keeps_the_total(successes: list[int], which: int) -> None:
    widths = np.arange(1, len(successes) + 1)
    fit = isotonic_success(widths, successes, 8)
    assert np.all(np.diff(fit.probability) >= -1e-12)
    assert np.sum(8 * fit.probability) == pytest.approx(sum(successes))
    more = list(successes)
    more[which % len(more)] = min(8, more[which % len(more)] + 1)
    assert np.all(isotonic_success(widths, more, 8).probability >= fit.probability - 1e-12)
