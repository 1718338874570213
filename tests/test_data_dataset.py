"""The record: subsets, duplicates, notes, description, and the way from arrays."""

import dataclasses
import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide.data import Dataset, LabelMapping, from_arrays
from howwide.errors import DataError, SettingError, ShapeError

SIGNS = LabelMapping(("-1",), ("1",))


def sample(n: int = 50, positives: int = 20, d: int = 3) -> Dataset:
    rng = np.random.default_rng(n + positives)
    y = rng.permutation(np.where(np.arange(n) < positives, 1, -1))
    return from_arrays(rng.standard_normal((n, d)), y, rng.standard_normal((5, d)), [1, -1, 1, -1, 1])


def rows_in(ds: Dataset) -> list[bytes]:
    return [row.tobytes() for row in ds.x]


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.data(), st.integers(0, 10), st.booleans())
def test_subsets_are_nested_for_every_n(total: int, data: st.DataObject, seed: int, stratified: bool) -> None:
    ds = sample(total, data.draw(st.integers(1, total - 1)))
    smaller: set[bytes] = set()
    for n in range(2, total + 1):
        try:
            subset = ds.subset(n, seed, stratified=stratified)
        except DataError:  # a plain subset may hold one class only
            assert not stratified
            continue
        chosen = set(rows_in(subset))
        assert len(chosen) == subset.n == n
        assert smaller <= chosen
        smaller = chosen
    assert smaller == set(rows_in(ds))


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 300), st.data())
def test_stratified_subsets_keep_the_share_of_positives(total: int, data: st.DataObject) -> None:
    ds = sample(total, data.draw(st.integers(1, total - 1)), d=2)
    n = data.draw(st.integers(2, total))
    subset = ds.subset(n, 3)
    exact = n * ds.positives / ds.n
    assert subset.positives == min(max(int(np.floor(exact + 0.5)), 1), n - 1)
    assert all(np.array_equal(subset.y[i], ds.y[rows_in(ds).index(row)]) for i, row in enumerate(rows_in(subset)[:5]))


def test_subsets_depend_on_the_seed_and_come_in_random_order() -> None:
    ds = sample(200, 100)
    assert rows_in(ds.subset(50, 1)) == rows_in(ds.subset(50, 1))
    assert set(rows_in(ds.subset(50, 1))) != set(rows_in(ds.subset(50, 2)))
    changes = np.count_nonzero(np.diff(ds.subset(200, 1).y))
    # Under a random order the number of sign changes has mean 100 and standard deviation 7: false alarm below 1e-6.
    assert 60 < changes < 140


def test_a_subset_keeps_its_own_norms_and_notes_and_the_whole_test_part() -> None:
    x = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, 4.0], [5.0, 5.0], [-6.0, 1.0]])
    ds = from_arrays(x, [0, 1, 0, 1, 0, 1], x[:3] + 7.0, [0, 1, 0])
    subset = ds.subset(3, 4)
    assert subset.x_test is ds.x_test
    assert subset.norms is not None
    original = {unit.tobytes(): norm for unit, norm in zip(ds.x, np.linalg.norm(x, axis=1), strict=True)}
    assert all(np.isin(norm, np.linalg.norm(x, axis=1)) for norm in subset.norms)
    assert len(original) == 4  # rows 0 and 1, 2 and 3 point the same way
    assert subset.describe()["conflicts"] <= ds.describe()["conflicts"] == 2


@pytest.mark.parametrize(
    ("n", "stratified", "message"),
    [
        (0, True, "must be positive; got 0"),
        (-3, False, "must be positive; got -3"),
        (1, True, "needs n >= 2"),
        (51, True, "n=51 is beyond the data: there are 50 training rows"),
        (51, False, "there are 50 training rows"),
        (10.0, True, "must be an integer; got 10.0"),
        ("10", True, "must be an integer"),
        (True, True, "must be an integer"),
    ],
)
def test_impossible_sizes_are_refused(n: int, stratified: bool, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        sample().subset(n, stratified=stratified)


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_a_seed_is_a_natural_number(seed: int) -> None:
    with pytest.raises(SettingError, match="seed must be an integer >= 0"):
        sample().subset(10, seed)


def test_numpy_integers_are_sizes_and_seeds() -> None:
    assert rows_in(sample().subset(np.int64(10), np.uint8(3))) == rows_in(sample().subset(10, 3))


def test_a_plain_subset_of_one_class_is_refused() -> None:
    with pytest.raises(DataError, match="one class only"):
        sample(50, 1).subset(2, 0, stratified=False)


def test_duplicates_by_hand() -> None:
    x = [[1, 0], [0, 1], [2, 0], [0, 3], [1, 1], [4, 0], [-0.0, 2], [5, -0.0]]
    ds = from_arrays(x, [1, 1, -1, 1, -1, -1, 1, 1])
    found = ds.duplicates()
    assert (found.groups, found.redundant) == (2, 5)
    assert found.examples == ((0, 2, 5, 7), (1, 3, 6))
    assert found.conflicts == ((0, 2, 5, 7),)
    assert found.unavoidable_errors == 2
    assert any("zero training error is impossible, 2 error(s) are unavoidable" in note for note in ds.notes)
    assert any("2 input(s) occur more than once" in note and "5 redundant" in note for note in ds.notes)


def test_duplicates_agree_with_a_slow_count() -> None:
    rng = np.random.default_rng(1)
    ds = from_arrays(rng.integers(0, 2, (300, 7)) + np.eye(1, 7), rng.integers(0, 2, 300))
    keys = pd.DataFrame(ds.x).assign(y=ds.y).groupby(list(range(7)))["y"]
    sizes, plus = keys.size(), keys.apply(lambda y: int((y > 0).sum()))
    found = ds.duplicates()
    assert found.groups == int((sizes > 1).sum())
    assert found.redundant == int((sizes - 1).sum())
    assert found.unavoidable_errors == int(np.minimum(plus, sizes - plus).sum())
    assert len(found.conflicts) == int(((plus > 0) & (plus < sizes)).sum())


def test_no_duplicates_no_notes() -> None:
    ds = sample()
    assert ds.duplicates().groups == 0
    assert ds.notes == ()


def test_duplicates_of_a_large_sample_take_seconds() -> None:
    x = np.eye(784)[np.arange(20000) % 784]
    ds = from_arrays(x, np.arange(20000) % 3 == 0)
    start = time.process_time()
    assert ds.duplicates().groups == 784
    assert time.process_time() - start < 10


def test_zero_rows_with_a_constant_are_noted_in_both_parts() -> None:
    ds = from_arrays([[0, 0], [1, 2], [0, 0]], [0, 1, 0], [[0, 0]], [1], constant=0.5)
    assert ds.x[0].tolist() == [0.0, 0.0, 1.0]
    assert (ds.d, ds.constant) == (3, 0.5)
    assert "2 training row(s) of zeros became e_3, the constant coordinate alone" in ds.notes
    assert "1 test row(s) of zeros became e_3, the constant coordinate alone" in ds.notes
    assert any("1 of 1 test row(s) also occur in the training part" in note for note in ds.notes)


def test_strong_imbalance_is_noted() -> None:
    assert any("the rarer class has 4 of 100 rows" in note for note in sample(100, 4).notes)
    assert any("the rarer class has 4 of 100 rows" in note for note in sample(100, 96).notes)
    assert sample(100, 5).notes == ()


def test_the_description_is_plain_json() -> None:
    ds = from_arrays([[3, 4], [0, 1], [0, -2]], ["a", "b", "b"], name="toy", constant=0.25)
    facts = json.loads(json.dumps(ds.describe(), allow_nan=False))
    fingerprint, separation = facts.pop("fingerprint"), facts.pop("separation")
    assert facts == {
        "name": "toy",
        "n": 3,
        "d": 3,
        "positives": 2,
        "negatives": 1,
        "n_test": 0,
        "mapping": {"negative": ["a"], "positive": ["b"]},
        "constant": 0.25,
        "norms": {"min": 1.0, "median": 2.0, "max": 5.0},
        "duplicates": 0,
        "conflicts": 0,
        "unavoidable_errors": 0,
    }
    assert separation["across_pair"] == [0, 1]
    assert separation["all"] <= separation["across"]
    assert len(fingerprint) == 16
    assert int(fingerprint, 16) >= 0


def test_the_fingerprint_sees_values_labels_and_shape_but_not_the_sign_of_zero() -> None:
    def of(x: list[list[float]], y: list[int]) -> str:
        return str(from_arrays(x, y).describe()["fingerprint"])

    base = of([[1, 0], [0, 1]], [0, 1])
    assert base == of([[1, -0.0], [0, 3]], [-1, 1])
    assert base != of([[1, 0], [0, 1]], [1, 0])
    assert base != of([[0, 1], [1, 0]], [0, 1])
    assert base != of([[1, 0, 0], [0, 1, 0]], [0, 1])


def test_chosen_classes_apply_to_both_parts() -> None:
    x = np.arange(1.0, 13.0).reshape(6, 2)
    ds = from_arrays(x, [0, 1, 2, 0, 1, 2], x + 1, [2, 2, 1, 0, 1, 0], classes="2/0")
    assert ds.y.tolist() == [1.0, -1.0, 1.0, -1.0]
    assert ds.y_test is not None
    assert ds.y_test.tolist() == [-1.0, -1.0, 1.0, 1.0]
    np.testing.assert_allclose(ds.x[1], x[2] / np.linalg.norm(x[2]), rtol=1e-15)


def test_a_test_part_without_the_chosen_classes_is_left_out() -> None:
    ds = from_arrays(np.eye(3), [0, 1, 2], np.eye(3), [2, 2, 2], classes="0/1")
    assert ds.x_test is None
    assert "no test row belongs to the chosen classes: the test part was left out" in ds.notes


def test_messages_name_the_original_row_when_others_were_dropped() -> None:
    x = np.ones((5, 2))
    x[4, 1] = np.nan
    with pytest.raises(DataError, match="row 4, column 1"):
        from_arrays(x, [2, 2, 0, 1, 1], classes="0/1")


FROM_ARRAYS = {
    "lengths": ((np.eye(3), [0, 1]), "3 rows and 2 labels"),
    "one row": (([[1.0]], [1]), "1 training row; at least 2"),
    "test widths": ((np.eye(2), [0, 1], np.eye(3), [0, 1, 0]), "2 columns and test rows 3"),
    "test labels missing": ((np.eye(2), [0, 1], np.eye(2)), "give both or neither"),
    "test inputs missing": ((np.eye(2), [0, 1], None, [0, 1]), "give both or neither"),
    "test lengths": ((np.eye(2), [0, 1], np.eye(2), [0]), r"\(test part\): 2 rows and 1 labels"),
    "new label in test": ((np.eye(2), [0, 1], np.eye(2), [0, 5]), "test row 1 has the label '5'"),
    "NaN in test": ((np.eye(2), [0, 1], [[1.0, np.nan]], [0]), r"\(test part\).*row 0, column 1"),
    "zeros in test": ((np.eye(2), [0, 1], [[0.0, 0.0]], [0]), r"\(test part\) has 1 row\(s\) of zeros"),
}


@pytest.mark.parametrize("case", FROM_ARRAYS)
def test_arrays_that_do_not_fit_are_refused(case: str) -> None:
    arguments, message = FROM_ARRAYS[case]
    with pytest.raises(DataError, match=message):
        from_arrays(*arguments)


def test_the_record_is_frozen_and_its_arrays_are_read_only() -> None:
    x = np.eye(2)
    ds = from_arrays(x, [0, 1])
    with pytest.raises(dataclasses.FrozenInstanceError):
        ds.name = "other"  # type: ignore[misc]
    for array in (ds.x, ds.y, ds.subset(2).x):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    x[0] = 7.0  # the caller's array stays the caller's


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.eye(2) * 2, [1.0, -1.0], DataError, "unit norm"),
        (np.eye(2), [1.0, 0.0], DataError, "must be -1.0 or"),
        (np.eye(2), [1.0, 1.0], DataError, "one class only"),
        (np.eye(2), [1.0], ShapeError, r"got \(2, 2\) and \(1,\)"),
    ],
)
def test_a_record_made_by_hand_is_checked(x: np.ndarray, y: list[float], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        Dataset("hand", x, np.array(y), None, None, SIGNS)


def test_both_test_arrays_or_neither_and_of_equal_width() -> None:
    y = np.array([1.0, -1.0])
    with pytest.raises(ShapeError, match="both x_test and y_test"):
        Dataset("hand", np.eye(2), y, np.eye(2), None, SIGNS)
    with pytest.raises(ShapeError, match="they must agree"):
        Dataset("hand", np.eye(2), y, np.eye(2, 3), y, SIGNS)
    assert Dataset("hand", np.eye(2), y, None, None, SIGNS).describe()["norms"] is None
    assert repr(sample()) == "Dataset('arrays', n=50, d=3, positives=20, n_test=5)"
