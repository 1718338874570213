"""The interval of a mean and the groups that may have the smallest: SciPy, simulation, and what cannot be judged."""

import numpy as np
import pytest
from scipy import stats

from howwide.errors import SettingError
from howwide.statistics import may_be_smallest, mean_interval

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("size", [2, 5, 40])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_interval_is_that_of_scipy(size: int, level: float) -> None:
    x = RANDOM.normal(3.0, 2.0, size)
    ours, theirs = mean_interval(x, level), stats.ttest_1samp(x, 0.0).confidence_interval(level)
    assert ours is not None
    assert (ours.lower, ours.upper) == pytest.approx((theirs.low, theirs.high), rel=1e-12)


def test_equal_values_and_single_ones_have_no_interval() -> None:
    assert mean_interval([0.25]) is None
    assert mean_interval([0.25, 0.25, 0.25]) is None


def test_of_two_groups_one_is_left_out_where_welch_says_so() -> None:
    seen = set()
    for gap in np.linspace(0.0, 4.0, 30):
        a, b = RANDOM.normal(0.0, 1.0, 6), RANDOM.normal(gap, 2.0, 9)
        found = may_be_smallest([a, b])
        p = {
            j: stats.ttest_ind(x, y, equal_var=False, alternative="greater").pvalue
            for j, x, y in ((0, a, b), (1, b, a))
        }
        assert found == [j for j in (0, 1) if p[j] >= 0.05]
        seen.add(tuple(found))
    assert len(seen) > 1


def test_more_groups_ask_for_more() -> None:
    """The same difference that tells one of two groups apart does not among ten."""
    a, b = np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.2, 3.2, 4.2, 5.2])
    assert may_be_smallest([a, b]) == [0]
    assert may_be_smallest([a, b, *[b + k for k in range(8)]]) != [0]


def test_groups_without_spread_are_told_from_those_with_some_and_not_from_each_other() -> None:
    assert may_be_smallest([[1.0] * 5, [0.0, 0.1, 0.05]]) == [1]
    assert may_be_smallest([[1.0] * 5, [0.0] * 5]) == [0, 1]


@pytest.mark.parametrize("means", [[0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.3, 0.6, 1.0, 2.0], [0.0, 3.0]], ids=str)
def test_the_smallest_is_among_them_with_the_level(means: list[float]) -> None:
    """Unequal spreads and sizes; 400 draws, so that a true 95 % falls below 92.5 % once in a hundred."""
    sizes, spreads = [5, 8, 20, 8, 5], [1.0, 2.0, 0.5, 1.0, 1.5]
    draws = [
        may_be_smallest([RANDOM.normal(m, s, k) for m, s, k in zip(means, spreads, sizes, strict=False)], 0.95)
        for _ in range(400)
    ]
    assert np.mean([0 in found for found in draws]) > 0.925
    if means[-1] > 1:
        assert np.mean([len(found) for found in draws]) < len(means), "it tells something apart"


@pytest.mark.parametrize("bad", [[], [[1.0]], [[1.0, np.nan]], [[[1.0, 2.0]]]], ids=str)
def test_what_cannot_be_compared(bad: list[list[float]]) -> None:
    with pytest.raises(SettingError):
        may_be_smallest(bad)
