"""Rows on one ray are one input: every pair is found, no other is, and what follows from it is seen."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide.data import from_arrays, unit_rows
from howwide.data.rays import share_rays
from howwide.measure import separation


def collinear(a: np.ndarray, b: np.ndarray) -> bool:
    """Exactly: is b = c a for a c > 0?"""
    x, z = [Fraction(float(v)) for v in a], [Fraction(float(v)) for v in b]
    pivot = next(j for j, v in enumerate(x) if v)
    return x[pivot] * z[pivot] > 0 and all(z[j] * x[pivot] == x[j] * z[pivot] for j in range(len(x)))


def shared(x: np.ndarray) -> np.ndarray:
    unit = unit_rows(x)
    share_rays([x], [unit])
    return unit


def groups(unit: np.ndarray) -> list[int]:
    """For each row the first with the same unit row."""
    first: dict[bytes, int] = {}
    return [first.setdefault((row + 0.0).tobytes(), index) for index, row in enumerate(unit)]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(2, 25))
def test_exactly_the_collinear_rows_share_a_unit_row(data: st.DataObject, d: int, n: int) -> None:
    entries = st.integers(-4, 4) | st.integers(-1000, 1000)
    rows = data.draw(st.lists(st.lists(entries, min_size=d, max_size=d).filter(any), min_size=n, max_size=n))
    factors = data.draw(st.lists(st.integers(1, 99), min_size=n, max_size=n))
    x = np.array(rows, dtype=float) * np.array(factors)[:, None]
    expected = [next(i for i in range(n) if collinear(x[i], row)) for row in x]
    assert groups(shared(x)) == expected


@pytest.mark.parametrize("d", [1, 2, 3, 17, 784])
@pytest.mark.parametrize("kind", ["products", "decimals", "whole numbers", "wide range", "huge column"])
def test_no_multiple_is_missed_though_rounding_parts_the_unit_rows(kind: str, d: int) -> None:
    rng = np.random.default_rng(d)
    x = rng.standard_normal((300, d))
    c = rng.uniform(0.01, 100.0, (300, 1))
    match kind:
        case "decimals":
            c, x = rng.integers(1, 10, (300, 1)), np.round(x * 10)
            x[np.all(x == 0, axis=1)] = 1
            pair = x / 10, np.array([[float(f"{v / 10:.1f}") for v in row] for row in x * c])
        case "whole numbers":
            x, c = rng.integers(-9, 10, (300, d)) + 10.0, rng.integers(2, 1000, (300, 1))
            pair = x, x * c
        case "wide range":
            x = x * 10.0 ** rng.integers(-100, 100, d)
            pair = x, x * c
        case "huge column":
            x[:, 0] = 1.7e18 + x[:, 0]
            pair = x, x * c
        case _:
            pair = x, x * c
    before = unit_rows(np.vstack(pair))
    after = shared(np.vstack(pair))
    assert np.array_equal(after[:300], after[300:])
    assert np.abs(after - before).max() < 1e-14
    if d > 1 and kind != "huge column":
        assert not np.array_equal(before[:300], before[300:])


def test_rows_of_nearly_one_direction_stay_apart() -> None:
    x = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, np.nextafter(3.0, 4.0) + 4e-15], [1.0, 2.0, 3.0 + 1e-12]])
    assert groups(shared(x)) == [0, 1, 2]
    assert groups(shared(np.array([[1.0, 2.0], [-1.0, -2.0], [2.0, 4.0]]))) == [0, 1, 0]
    assert groups(shared(np.array([[1.0, 0.0], [1.0, 1e-30], [5.0, 5e-30], [3.0, 0.0]]))) == [0, 1, 1, 0]
    many = np.ones((500, 4))
    many[:, 3] += np.arange(500) * 1e-14  # one chain, 500 rays
    assert groups(shared(np.vstack([many, 3 * many]))) == [*range(500), *range(500)]


def test_a_ray_may_have_any_number_of_rows_and_any_size() -> None:
    x = np.vstack([np.arange(1, 4001)[:, None] * [0.1, 0.7, 0.3], np.arange(1, 4001)[:, None] * [0.1, 0.7, 0.31]])
    assert groups(shared(x)) == [0] * 4000 + [4000] * 4000
    scales = np.array([[1e-300], [1e-200], [1.0], [1e200], [1e300]])
    assert groups(shared(scales * [[3.0, 1.0, 2.0]])) == [0] * 5


@pytest.mark.parametrize("constant", [None, 0.6])
@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint8, object])
def test_contradictions_duplicates_and_separation_see_a_ray(dtype: type, constant: float | None) -> None:
    base = np.random.default_rng(0).integers(1, 25, (40, 6))
    x = np.vstack([base, base * np.arange(1, 41)[:, None] % 250 * 0 + base * 7]).astype(dtype)
    y = np.r_[np.ones(40), -np.ones(40)]
    ds = from_arrays(x, y, (base * 3).astype(dtype), np.ones(40), constant=constant)
    found = ds.duplicates()
    assert (found.groups, found.redundant, found.unavoidable_errors) == (40, 40, 40)
    assert found.conflicts[3] == (3, 43)
    assert separation(ds.x, ds.y).across == 0.0
    assert any("40 error(s) are unavoidable for any function of the unit rows" in note for note in ds.notes)
    assert any("40 of 40 test row(s) also occur in the training part" in note for note in ds.notes)
    subset = ds.subset(60, 1).duplicates()
    assert subset.unavoidable_errors == len(subset.conflicts) >= 20


def test_the_unavoidable_errors_are_those_of_the_best_function_of_the_direction() -> None:
    rng = np.random.default_rng(3)
    angles = rng.integers(0, 12, 200)
    x = rng.uniform(0.1, 9.0, (200, 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    y = np.where(rng.random(200) < 0.4, 1, -1)
    best = sum(min((y[angles == a] > 0).sum(), (y[angles == a] < 0).sum()) for a in range(12))
    assert from_arrays(x, y).duplicates().unavoidable_errors == best


def test_a_common_unit_row_is_that_of_the_first_row_and_others_keep_theirs() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((50, 9))
    assert np.array_equal(shared(x), unit_rows(x))
    after = shared(np.vstack([x, 3 * x]))
    assert np.array_equal(after[:50], unit_rows(x))
