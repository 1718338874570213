"""Rows on the unit sphere: hand cases, extreme magnitudes, and every refusal."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from howwide.data import append_constant, from_arrays, unit_rows
from howwide.errors import DataError, SettingError


def test_unit_rows_by_hand() -> None:
    assert unit_rows([[3, 4], [0, -2]]).tolist() == [[0.6, 0.8], [0.0, -1.0]]


def test_append_constant_by_hand() -> None:
    x = append_constant([[3.0, 4.0], [0.0, 0.0]], 0.6)
    np.testing.assert_allclose(x, [[0.48, 0.64, 0.6], [0.0, 0.0, 1.0]], rtol=0, atol=3e-16)


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1.0, 1e200, 1e308])
def test_no_magnitude_overflows_or_vanishes(scale: float) -> None:
    x = unit_rows(np.full((2, 100), scale))
    np.testing.assert_allclose(x, np.full((2, 100), 0.1), rtol=1e-15)


def test_a_norm_beyond_float64_is_recorded_as_the_largest_number() -> None:
    ds = from_arrays(np.full((2, 100), 1e308) * [[1.0], [-1.0]], [0, 1])
    assert ds.describe()["norms"] == dict.fromkeys(("min", "median", "max"), np.finfo(np.float64).max)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_both_preparations_have_unit_norm(d: int, mu: float, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((7, d)) * 10.0 ** np.arange(-3, 4)[:, None]
    np.testing.assert_allclose(np.linalg.norm(unit_rows(x), axis=1), 1.0, rtol=0, atol=1e-15 * math.sqrt(d + 9))
    with_constant = append_constant(x, mu)
    np.testing.assert_allclose(np.linalg.norm(with_constant, axis=1), 1.0, rtol=0, atol=1e-15 * math.sqrt(d + 9))
    assert np.all(with_constant[:, -1] == mu)


def test_equal_rows_are_equal_to_the_last_bit_wherever_they_stand() -> None:
    rng = np.random.default_rng(0)
    row = rng.standard_normal(3001)
    x = rng.standard_normal((500, 3001))
    places = [0, 1, 86, 87, 88, 333, 499]
    x[places] = row
    for order in ("C", "F"):
        unit = unit_rows(np.asarray(x, order=order))
        assert {unit[place].tobytes() for place in places} == {unit_rows(row[None])[0].tobytes()}


class Foreign:
    """An array of another library: all it offers is conversion."""

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.array([[3.0, 4.0], [4.0, 3.0]], dtype=np.float32)


EQUAL = {
    "lists": [[3, 4], [4, 3]],
    "float32": np.array([[3, 4], [4, 3]], dtype=np.float32),
    "float16": np.array([[3, 4], [4, 3]], dtype=np.float16),
    "uint8": np.array([[3, 4], [4, 3]], dtype=np.uint8),
    "objects": np.array([[3, 4.0], [4, np.float32(3)]], dtype=object),
    "long double": np.array([[3, 4], [4, 3]], dtype=np.longdouble),
    "frame": pd.DataFrame({"a": [3, 4], "b": [4.0, 3.0]}),
    "nullable frame": pd.DataFrame({"a": [3, 4], "b": [4, 3]}, dtype="Int64"),
    "sparse": sparse.csr_matrix([[3, 4], [4, 3]]),
    "foreign": Foreign(),
}


@pytest.mark.parametrize("case", EQUAL)
def test_array_likes_of_all_kinds(case: str) -> None:
    x = unit_rows(EQUAL[case])
    assert x.dtype == np.float64
    assert x.tolist() == [[0.6, 0.8], [0.8, 0.6]]


def test_booleans_count_as_numbers() -> None:
    assert unit_rows(np.array([[True, False]])).tolist() == [[1.0, 0.0]]


ERRORS = {
    "zero rows": (np.diag([1, 0, 1, 0]), r"2 row\(s\) of zeros \(row 1, 3\).*--constant-coordinate.*constant="),
    "many zero rows": (np.zeros((9, 2)), r"9 row\(s\) of zeros \(row 0, 1, 2, 3, 4, \.\.\.\)"),
    "NaN": ([[1.0, 2.0], [1.0, np.nan]], "row 1, column 1 .* NaN"),
    "infinite": ([[1.0, 2.0], [-np.inf, 1.0]], "row 1, column 0 .* infinite"),
    "NaN in a frame": (pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, 1.0]}), "row 0, column 'b' .* NaN"),
    "masked": (np.ma.array([[1, 2]], mask=[[False, True]]), "row 0, column 1 .* NaN"),
    "missing object": (np.array([[1, None]], dtype=object), "row 0, column 1 .* NaN"),
    "beyond float64": (np.array([[1, np.longdouble("1e400")]], dtype=np.longdouble), "row 0, column 1 .* infinite"),
    "huge integer": ([[1, 10**400]], "real numbers"),
    "vector": ([1.0, 2.0], r"two dimensions; got shape \(2,\)"),
    "images": (np.ones((2, 3, 3)), r"got shape \(2, 3, 3\): reshape images"),
    "no rows": (np.ones((0, 3)), "is empty"),
    "no columns": (np.ones((3, 0)), "is empty"),
    "ragged": ([[1, 2], [3]], "equal lengths"),
    "text": ([["a", "b"]], "real numbers; got dtype"),
    "complex": ([[1j, 2.0]], "real numbers; got dtype complex128"),
    "dates": (np.array([["2020-01-01"]], dtype="datetime64[D]"), "real numbers; got dtype datetime64"),
    "text column": (pd.DataFrame({"a": [1, 2], "city": ["Rome", "Oslo"]}), "column 'city' holds 'Rome'"),
    "nothing": (None, "two dimensions"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_unusable_features_are_refused_in_one_line(case: str) -> None:
    x, message = ERRORS[case]
    with pytest.raises(DataError, match=message) as caught:
        unit_rows(x)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mu", [0.0, 1.0, -0.5, 2.0, float("nan"), "much", None])
def test_the_constant_lies_strictly_between_0_and_1(mu: float) -> None:
    with pytest.raises(SettingError, match="strictly between 0 and 1"):
        append_constant(np.ones((2, 2)), mu)
    if mu is not None:
        with pytest.raises(SettingError, match="strictly between 0 and 1"):
            from_arrays(np.ones((2, 2)), [0, 1], constant=mu)


def test_centred_rows_are_unit_rows_about_the_training_mean() -> None:
    """By hand: the mean of the chosen training rows, taken from training and test rows alike."""
    x = np.array([[1.0, 2.0], [3.0, 2.0], [2.0, 5.0], [90.0, 90.0]])
    ds = from_arrays(x, list("abac"), [[2.0, 7.0]], ["b"], classes="a/b", scaling="centred")
    moved = x[:3] - [2.0, 3.0]
    np.testing.assert_allclose(ds.x, moved / np.linalg.norm(moved, axis=1)[:, None], rtol=1e-15)
    assert ds.x_test is not None
    assert ds.x_test.tolist() == [[0.0, 1.0]]
    assert ds.norms is not None
    np.testing.assert_allclose(ds.norms, np.sqrt([2.0, 2.0, 4.0]))
    assert any("mean of the training rows" in note for note in ds.notes)
    with_constant = from_arrays(x, list("abac"), classes="a/b", scaling="centred", constant=0.6)
    np.testing.assert_allclose(with_constant.x[:, -1], 0.6)
    np.testing.assert_allclose(np.linalg.norm(with_constant.x, axis=1), 1.0)


def test_rows_may_stay_as_they_are() -> None:
    x = np.array([[1, 2], [0, 0], [30, 5]])
    ds = from_arrays(x, [0, 1, 1], [[7, 7]], [0], scaling="none")
    assert ds.x.tolist() == x.tolist()
    assert ds.x_test is not None
    assert ds.x_test.tolist() == [[7, 7]]
    assert ds.subset(2, seed=0).scaling == "none"
    assert any("no theorem here speaks" in note for note in ds.notes)
    doubled = from_arrays([[1, 2], [2, 4], [1, 0]], [0, 1, 1], scaling="none")
    assert not doubled.duplicates().groups, "x and 2 x are two inputs"


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"scaling": "half"}, SettingError, "scaling must be one of unit, centred, none"),
        ({"scaling": "none", "constant": 0.5}, SettingError, "stands beside unit rows"),
        ({"scaling": "centred", "X": [[1.0, 1.0], [1.0, 1.0]]}, DataError, "equal to the mean"),
        ({"scaling": "centred", "X": [[1.0, np.nan], [1.0, 1.0]]}, DataError, "row 0, column 1 .* NaN"),
        ({"scaling": "none", "X": [[1.0, np.inf], [1.0, 1.0]]}, DataError, "row 0, column 1 .* infinite"),
        ({"scaling": "centred", "X": [[1.7e308, 1.0], [-1.7e308, 1.0], [-1.7e308, 0.0]]}, DataError, "too large"),
    ],
    ids=str,
)
def test_scalings_that_cannot_be(change: dict[str, object], error: type[Exception], said: str) -> None:
    given = {"X": np.eye(2)} | change
    with pytest.raises(error, match=said):
        from_arrays(y=[0, 1, 1][: len(given["X"])], **given)  # type: ignore[arg-type]
