"""Labels of any kind become -1 and +1; a choice of classes is understood or refused in one line."""

import numpy as np
import pandas as pd
import pytest

from howwide.data import LabelMapping, signed_labels
from howwide.errors import DataError

BINARY = {
    "integers": ([0, 1, 1], "0", "1"),
    "signs": ([-1, 1, 1], "-1", "1"),
    "booleans": ([False, True, True], "False", "True"),
    "floats": ([1.0, 2.0, 2.0], "1", "2"),
    "fractions": ([0.5, 1.5, 1.5], "0.5", "1.5"),
    "text": (["cat", "dog", "dog"], "cat", "dog"),
    "numbers as text": (["9", "10", "10"], "9", "10"),
    "bytes": ([b"no", b"yes", b"yes"], "no", "yes"),
    "a column": ([[3], [8], [8]], "3", "8"),
    "categories": (pd.Series(["a", "b", "b"], dtype="category"), "a", "b"),
    "unsigned": (np.array([3, 200, 200], dtype=np.uint8), "3", "200"),
    "mixed objects": (np.array([1, "one", "one"], dtype=object), "1", "one"),
}


@pytest.mark.parametrize("case", BINARY)
def test_two_classes_become_signs_with_the_smaller_negative(case: str) -> None:
    labels, negative, positive = BINARY[case]
    y, mapping = signed_labels(labels)
    assert y.dtype == np.float64
    assert y.tolist() == [-1.0, 1.0, 1.0]
    assert mapping == LabelMapping((negative,), (positive,))


CHOICES = {
    "3/8": ([-1, 1], [3, 8]),
    "8/3": ([1, -1], [3, 8]),
    " 3 / +8 ": ([-1, 1], [3, 8]),
    "3.0/8": ([-1, 1], [3, 8]),
    "0,2,4/1,3,5": ([-1, 1, -1, 1, -1, 1], [0, 1, 2, 3, 4, 5]),
    "even/odd": ([-1, 1] * 5, list(range(10))),
    "odd/even": ([1, -1] * 5, list(range(10))),
    "even/3": ([-1, -1, 1, -1, -1, -1], [0, 2, 3, 4, 6, 8]),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_keeps_its_rows_and_drops_the_others(choice: str) -> None:
    signs, kept = CHOICES[choice]
    labels = np.arange(10)
    y, mapping = signed_labels(labels, choice)
    assert y.tolist() == signs
    assert labels[mapping.keep(labels)].tolist() == kept
    assert np.array_equal(mapping.signs(labels)[mapping.keep(labels)], y)


def test_classes_called_even_and_odd_keep_their_names() -> None:
    y, mapping = signed_labels(["odd", "even", "odd"], "even/odd")
    assert y.tolist() == [1.0, -1.0, 1.0]
    assert str(mapping) == "even -> -1, odd -> +1"


def test_a_mapping_serves_names_with_a_slash_and_reuse() -> None:
    mapping = LabelMapping(("n/a",), ("yes, sir",))
    y, same = signed_labels(["n/a", "yes, sir", "other"], mapping)
    assert y.tolist() == [-1.0, 1.0]
    assert same == mapping


ERRORS = {
    "one class": ([1, 1], None, "one class only"),
    "no labels": ([], None, "one class only"),
    "three": ([1, 2, 3], None, r"3 classes \(1, 2, 3\).*toy:1/2"),
    "many": (np.arange(50), None, r"50 classes \(0, 1, .*\.\.\.\)"),
    "unknown": ([1, 2, 3], "1/7", "no class '7'; it has 1, 2, 3"),
    "both sides": ([1, 2, 3], "1,2/2,3", "class 2 of toy is on both sides"),
    "empty side": ([1, 2, 3], "1/", "empty side"),
    "empty entry": ([1, 2, 3], "1,/2", "empty side or entry"),
    "malformed": ([1, 2, 3], "1-2", "malformed choice"),
    "too many sides": ([1, 2, 3], "1/2/3", "malformed choice"),
    "parity of text": (["a", "b"], "even/odd", "needs integer labels"),
    "parity of fractions": ([0.5, 1.0], "even/odd", "needs integer labels"),
    "no odd": ([2, 4], "even/odd", "no odd class"),
    "NaN": ([0.0, np.nan, 1.0], None, "missing label in row 1"),
    "None": (["a", None], None, "missing label in row 1"),
    "NA": (pd.Series([1, None, 2], dtype="Int64"), None, "missing label in row 1"),
    "empty text": (["a", " "], None, "missing label in row 1"),
    "masked": (np.ma.array([1, 2], mask=[False, True]), None, "missing label in row 1"),
    "infinite": ([0.0, np.inf], None, "label 'inf' in row 1"),
    "complex": ([0j, 1j], None, "expected finite numbers"),
    "one-hot": (np.eye(3), None, r"shape \(3, 3\).*argmax"),
    "ragged": ([[1], [1, 2]], None, "one label a row"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_labels_that_are_not_two_classes_are_refused_in_one_line(case: str) -> None:
    labels, classes, message = ERRORS[case]
    with pytest.raises(DataError, match=message) as caught:
        signed_labels(labels, classes, name="toy")
    assert "\n" not in str(caught.value)
