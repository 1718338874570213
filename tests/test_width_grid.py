"""The rule that chooses widths, on simulated counts: it brackets, refines, stays in range and ends."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide.errors import SettingError
from howwide.width import WidthGrid

TRIALS = 4
Counts = dict[int, tuple[int, int]]


def explore(grid: WidthGrid, successes: Callable[[int], int], hint: float | None = None) -> Counts:
    """Follow the grid as a search does; every width is asked for once and lies in the range."""
    counts: Counts = {}
    widths = grid.first(hint)
    while widths:
        assert list(widths) == sorted(set(widths))
        assert not set(widths) & set(counts), "a width is tried again"
        assert all(w % grid.step == 0 and grid.step <= w <= grid.largest for w in widths)
        assert len(counts) <= grid.largest // grid.step
        counts |= {w: (successes(w), TRIALS) for w in widths}
        widths = grid.following(counts)
    return counts


def threshold_at(width: float) -> Callable[[int], int]:
    return lambda w: TRIALS if w >= width else 0


def by_interpolation(none: int, every: int) -> Callable[[int], int]:
    """Nothing succeeds up to ``none``, everything from ``every`` on, some between."""
    return lambda w: 0 if w <= none else TRIALS if w >= every else 1 + (TRIALS - 2) * (w - none) // (every - none)


@pytest.mark.parametrize("threshold", [1, 2, 3, 7, 8, 9, 17, 100, 513, 1024])
def test_a_sharp_threshold_is_bracketed_within_the_ratio(threshold: int) -> None:
    counts = explore(WidthGrid(), threshold_at(threshold))
    above = min(w for w, (won, _) in counts.items() if won)
    below = max((w for w, (won, _) in counts.items() if not won), default=0)
    assert below < threshold <= above
    assert above <= max(1.25 * below, below + 1)
    assert len(counts) <= 14, "a bisection, not a scan"


@pytest.mark.parametrize("ratio", [1.1, 1.25, 2.0])
def test_the_whole_transition_is_refined(ratio: float) -> None:
    counts = explore(WidthGrid(ratio=ratio), by_interpolation(10, 200))
    none = max(w for w, (won, _) in counts.items() if won == 0)
    every = min(w for w, (won, _) in counts.items() if won == TRIALS)
    inside = [w for w in sorted(counts) if none <= w <= every]
    assert len(inside) > 2
    assert all(b <= max(ratio * a, a + 1) for a, b in itertools.pairwise(inside))


@pytest.mark.parametrize("largest", [1, 3, 4, 50, 1024])
def test_no_success_ends_at_the_largest_width(largest: int) -> None:
    counts = explore(WidthGrid(largest), lambda _: 0)
    assert max(counts) == largest


@pytest.mark.parametrize("hint", [None, 1.0, 600.0])
def test_success_everywhere_ends_at_width_one(hint: float | None) -> None:
    counts = explore(WidthGrid(), lambda _: TRIALS, hint)
    assert min(counts) == 1


@pytest.mark.parametrize("largest", [2, 3, 5, 9, 1024])
def test_even_widths_only(largest: int) -> None:
    assert min(explore(WidthGrid(largest, step=2), lambda _: TRIALS)) == 2
    assert max(explore(WidthGrid(largest, step=2), lambda _: 0)) == largest - largest % 2


def test_the_first_widths_surround_the_hint() -> None:
    assert WidthGrid().first() == (4, 8, 16)
    assert WidthGrid().first(100.4) == (50, 100, 201)
    assert WidthGrid().first(0.6) == (1,)
    assert WidthGrid(64).first(1e9) == (64,)
    assert WidthGrid(step=2).first(5.0) == (2, 4, 10)


def test_one_lucky_seed_far_below_is_looked_into() -> None:
    """Counts that fall where they should rise widen the transition; the search does not stop at the first bracket."""
    counts = explore(WidthGrid(), lambda w: 1 if w == 4 else threshold_at(40)(w))
    assert min(w for w in counts if counts[w][0] == 0) < 4
    assert {w for w in counts if 4 < w < 40}


@settings(deadline=None)
@given(
    st.integers(1, 300),
    st.floats(1.05, 4),
    st.sampled_from([1, 2]),
    st.none() | st.floats(1e-3, 1e6),
    st.lists(st.integers(0, TRIALS), min_size=301, max_size=301),
)
def test_it_ends_whatever_the_outcomes(
    largest: int, ratio: float, step: int, hint: float | None, outcomes: list[int]
) -> None:
    grid = WidthGrid(max(largest, step), ratio, step)
    counts = explore(grid, outcomes.__getitem__, hint)
    smallest, top = step, grid.largest - grid.largest % step
    assert counts[min(counts)][0] == 0 or min(counts) == smallest
    assert counts[max(counts)][0] == TRIALS or max(counts) == top


@settings(deadline=None)
@given(st.integers(1, 2000), st.integers(0, 500), st.none() | st.floats(0.5, 5000))
def test_monotone_outcomes_are_bracketed(none: int, wide: int, hint: float | None) -> None:
    grid = WidthGrid(1024)
    counts = explore(grid, by_interpolation(none, none + 1 + wide), hint)
    low = max((w for w in counts if counts[w][0] == 0), default=None)
    high = min((w for w in counts if counts[w][0] == TRIALS), default=None)
    assert low is not None or min(counts) == 1
    assert high is not None or max(counts) == 1024
    inside = [w for w in sorted(counts) if (low or 1) <= w <= (high or 1024)]
    assert all(b <= max(1.25 * a, a + 1) for a, b in itertools.pairwise(inside))


@pytest.mark.parametrize(
    "arguments", [(0,), (-1,), (1.5,), (True,), (1, 1.25, 2), (8, 1.0), (8, 0.5), (8, float("nan"))]
)
def test_bad_settings(arguments: tuple[float, ...]) -> None:
    with pytest.raises(SettingError):
        WidthGrid(*arguments)
