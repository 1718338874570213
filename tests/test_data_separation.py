"""Separation: the least distances and the pairs that attain them, against the definition."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from howwide.data import from_arrays, load
from howwide.data.separation import Separation, separation
from howwide.errors import DataError, SettingError


def by_definition(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    pairs = list(itertools.combinations(range(len(x)), 2))
    distance = {(i, j): math.dist(x[i].tolist(), x[j].tolist()) for i, j in pairs}
    across = [d for (i, j), d in distance.items() if y[i] != y[j]]
    return min(across, default=math.inf), min(distance.values())


def check(x: np.ndarray, y: np.ndarray, found: Separation, rtol: float = 1e-10) -> None:
    across, everywhere = by_definition(x, y)
    i, j = found.all_pair
    assert i < j
    assert found.all == pytest.approx(math.dist(x[i].tolist(), x[j].tolist()), rel=1e-14)
    assert found.all == pytest.approx(everywhere, rel=rtol)
    if math.isinf(across):
        assert found.across is found.across_pair is None
        return
    assert found.across is not None
    assert found.across_pair is not None
    i, j = found.across_pair
    assert i < j
    assert y[i] != y[j]
    assert found.across == pytest.approx(math.dist(x[i].tolist(), x[j].tolist()), rel=1e-14)
    assert found.across == pytest.approx(across, rel=rtol)


def test_by_hand() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])
    found = separation(x, [1, -1, 1, 1])
    assert found == Separation(across=math.hypot(3, 3), across_pair=(1, 2), all=1.0, all_pair=(0, 2))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 10**6), st.integers(1, 50), st.integers(0, 12))
def test_is_the_definition_whatever_the_tiles(n: int, d: int, seed: int, block_size: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.standard_normal((n, d)), digits)  # few digits: many ties, rows that occur twice
    y = rng.integers(0, rng.integers(1, 4), n)
    check(x, y, separation(x, y, block_size=block_size))


@pytest.mark.parametrize("gap", [1e-3, 1e-7, 1e-8, 1e-9, 1e-12, 3e-16])
def test_nearly_equal_rows_keep_all_their_digits(gap: float) -> None:
    x = np.random.default_rng(5).standard_normal((300, 30))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x[7], x[200], x[250] = x[100], x[101], x[102]
    x[7, 3] += gap
    x[200, 4] += 2 * gap
    x[250, 5] += 4 * gap
    y = np.where(np.arange(300) < 150, -1.0, 1.0)
    found = separation(x, y, block_size=64)
    assert found.all_pair == (7, 100)
    assert found.across_pair == (101, 200)
    check(x, y, found, rtol=1e-14)


def test_rows_that_occur_twice() -> None:
    x = np.ones((600, 3))
    assert separation(x, np.arange(600) % 2, block_size=100).across == 0.0
    x[::2, 0] = 2.0
    found = separation(x, np.arange(600) % 2, block_size=100)
    assert (found.across, found.all) == (1.0, 0.0)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_any_scale(scale: float) -> None:
    x = np.random.default_rng(2).standard_normal((20, 4))
    y = np.arange(20) % 2
    small, large = separation(x, y), separation(x * scale, y)
    assert (large.all_pair, large.across_pair) == (small.all_pair, small.across_pair)
    assert large.all == pytest.approx(small.all * scale, rel=1e-14)


def test_any_labels_and_arrays() -> None:
    assert separation([[0], [1], [5]], ["a", "b", "a"]).across == 1.0
    assert separation([[0], [1], [5]], ["a", "a", "a"]) == Separation(None, None, 1.0, (0, 1))
    assert separation(np.array([[0], [255]], dtype=np.uint8), [True, False]).across == 255.0
    assert separation([[0], [1], [5]], np.array([1, "a", 1], dtype=object)).across_pair == (0, 1)


def test_refusals() -> None:
    with pytest.raises(DataError, match="at least 2 rows"):
        separation([[1.0]], [1])
    with pytest.raises(DataError, match="a label for each; got 2 and 3"):
        separation(np.eye(2), [1, 2, 3])
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(DataError, match="finite"):
            separation([[1.0], [bad]], [0, 1])
    with pytest.raises(SettingError, match="block_size must be positive"):
        separation(np.eye(2), [0, 1], block_size=0)


def test_many_ties_do_not_slow_it_down() -> None:
    ds = load("xor:dim=8,n=4000")  # few different rows
    assert ds.describe()["separation"]["all"] == 0.0
    x = np.eye(3000)[:, ::-1]  # every pair ties
    found = separation(x, np.arange(3000) % 2)
    assert found.all == found.across == pytest.approx(math.sqrt(2), rel=1e-15)


def test_the_description_has_it_when_it_is_cheap_or_wanted() -> None:
    ds = from_arrays(np.eye(4), [0, 1, 0, 1])
    facts = ds.describe()["separation"]
    assert facts == {"across": math.sqrt(2), "across_pair": facts["across_pair"], "all": math.sqrt(2)} | {
        "all_pair": facts["all_pair"]
    }
    assert json.loads(json.dumps(facts)) == facts
    assert ds.describe(separation=False)["separation"] is None
    large = load("sphere:dim=2,n=5001")
    assert large.describe()["separation"] is None
    assert large.describe(separation=True)["separation"]["all"] > 0
    assert load("sphere:dim=2,n=5000").describe()["separation"] is not None


def test_real_digits_against_scipy(shared_data: Path) -> None:
    ds = load(f"{shared_data / 'mnist.npz'}:3/8").subset(1500)
    distances = cdist(ds.x, ds.x)
    np.fill_diagonal(distances, np.inf)
    found = separation(ds.x, ds.y, block_size=400)
    assert found.all == pytest.approx(distances.min(), rel=1e-12)
    assert found.across == pytest.approx(distances[ds.y[:, None] != ds.y].min(), rel=1e-12)


@pytest.mark.slow
def test_all_of_mnist(shared_data: Path) -> None:
    ds = load(f"{shared_data / 'mnist.npz'}:even/odd")
    found = ds.describe(separation=True)["separation"]
    i, j = found["all_pair"]
    assert ds.n == 60000
    assert 0 < found["all"] == pytest.approx(np.linalg.norm(ds.x[i] - ds.x[j]), rel=1e-14)
    # Every row against a few hundred others, by another road: none is closer.
    some = np.random.default_rng(0).choice(ds.n, 300, replace=False)
    distances = cdist(ds.x[some], ds.x)
    distances[np.arange(300), some] = np.inf
    assert distances.min() >= found["all"] * (1 - 1e-10)
    assert distances[ds.y[some][:, None] != ds.y].min() >= found["across"] * (1 - 1e-10)
