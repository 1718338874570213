"""From a SPEC or from arrays to a `Dataset`: the two doors of this package.

A SPEC is what a user types after ``--data``: the name of a source, ``digits:even/odd`` or ``xor:dim=20,n=500``, or the
path of a file or folder, ``faces.npz:3/8``. The suffix after a colon names the two classes, or the parameters of a
synthetic source.
"""

import difflib
import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.checks import check_choice, check_probability
from howwide.data.arrays import as_labels, as_matrix, check_names, column_name, column_names
from howwide.data.catalogue import SOURCES, split_options
from howwide.data.dataset import Dataset, read_only
from howwide.data.files import READERS, read_file
from howwide.data.labels import LabelMapping, by_number, signed_labels
from howwide.data.opening import is_there
from howwide.data.preparation import SCALINGS, column_means, scaled_rows
from howwide.data.raw_data import RawData
from howwide.data.rays import share_rays
from howwide.errors import DataError, SettingError

_INDEX_NAMES = ("index", "id", "idx", "row", "rowid", "row_id", "row_names", "rownames", "level_0")
_FEW_ROWS = 3
_GRAMMAR = "expected NAME, NAME:A/B, NAME:key=value,..., or the path of a file, perhaps followed by :A/B"


def load(spec: str | os.PathLike[str], *, constant: float | None = None, scaling: str = "unit") -> Dataset:
    """The data a SPEC names, as unit rows unless asked otherwise, and labels -1/+1.

    A file that exists under the SPEC as given wins; then the names of `sources`; then a path before a colon,
    the last that has one.

    Args:
        spec: ``digits:even/odd``, ``digits:3/8``, ``breast_cancer``, ``xor:dim=20,n=2000``, ``openml:iris:A/B``,
            ``data.npz``, ``data.csv:cat/dog``, ``data.parquet``, a LIBSVM file such as ``a9a``, the folders
            ``cifar-10-batches-py:airplane/automobile`` or ``mnist:3/8``, ...; names of classes that hold a slash or a
            comma in double quotes, ``data.csv:"1/8"/"3/8"``.
        constant: append this constant coordinate, strictly between 0 and 1 (see `append_constant`).
        scaling: ``unit`` rows, as the theorems have them; ``centred``: the mean of the training rows is taken from
            every row, training and test, before it is scaled; ``none``: rows as they are, of which no theorem speaks.

    Raises:
        DataError: no such name or file, a damaged file, no network for data that were never fetched, data too large for
            memory, or data that are not two classes of finite rows.
        SettingError: a parameter, the constant or the scaling is outside its domain, or a constant beside ``none``.
    """
    constant = _checked_constant(constant, scaling)
    text = os.fspath(spec).strip() if isinstance(spec, str | os.PathLike) else ""
    if not text:
        raise DataError(f"empty or malformed data SPEC {spec!r}: {_GRAMMAR}")
    colons = [place for place, letter in enumerate(text) if letter == ":" and place]
    heads = [text, *(text[:place] for place in reversed(colons))]
    there = [head for head in heads if is_there(Path(head))]
    plain = [head for head in there if Path(head).suffix.lower() in READERS and not Path(head).is_dir()]
    name, _, options = text.partition(":")
    if not plain and name in SOURCES:
        raw, classes, called = SOURCES[name].read(split_options(text, options))
        return build(raw, text, classes, constant, scaling, source=called)
    for path in plain or there:
        chosen = None if path == text else split_options(text, text[len(path) + 1 :])
        called = path if path.startswith("/dev/fd/") else Path(path).name  # not the folder: reports travel
        raw = read_file(Path(path))
        selection = by_number(chosen, raw.class_names) if chosen and raw.class_names else chosen
        return build(
            raw, called if chosen is None else f"{called}:{chosen}", selection, constant, scaling, source=called
        )
    raise DataError(_not_found(text, heads))


def from_arrays(
    X: Any,
    y: Any,
    X_test: Any = None,
    y_test: Any = None,
    *,
    name: str = "arrays",
    constant: float | None = None,
    classes: str | LabelMapping | None = None,
    scaling: str = "unit",
) -> Dataset:
    """A `Dataset` from arrays of any library.

    Args:
        X: (N, d) real features: NumPy, JAX, pandas, lists, SciPy sparse (made dense, up to 4 GiB).
        y: (N,) labels of any kind.
        X_test: (k, d) test features, or None.
        y_test: (k,) test labels, or None.
        name: how reports call the data.
        constant: append this constant coordinate, strictly between 0 and 1 (see `append_constant`).
        classes: which labels become -1 and +1 (see `signed_labels`); rows of other classes are left out.
        scaling: ``unit``, ``centred`` or ``none``, as `load` has it.

    Raises:
        DataError: features that are not finite real numbers of shape (n, d), rows of zeros without a constant, lengths
            that disagree, or labels that are not two classes.
        SettingError: the constant is not strictly between 0 and 1, an unknown scaling, or a constant beside ``none``.
    """
    constant = _checked_constant(constant, scaling)
    check_names(column_names(X) or (), name)
    return build(RawData(X, y, X_test, y_test), name, classes, constant, scaling, source=name)


def _checked_constant(constant: float | None, scaling: str) -> float | None:
    check_choice(scaling, "scaling", SCALINGS)
    if constant is not None and scaling == "none":
        raise SettingError("a constant coordinate stands beside unit rows; leave it out, or scale rows (unit, centred)")
    return None if constant is None else check_probability(constant, "the constant coordinate")


def build(
    raw: RawData,
    name: str,
    classes: str | LabelMapping | None,
    constant: float | None,
    scaling: str = "unit",
    *,
    source: str,
) -> Dataset:
    """Check, choose classes, scale: the one road from raw arrays to a `Dataset`.

    Args:
        raw: the arrays, unchecked.
        name: name of the data set.
        classes: which labels become -1 and +1.
        constant: a checked constant coordinate, or None.
        scaling: one of `SCALINGS`.
        source: what messages call the data, and what a suffix ``:A/B`` would be added to.

    Raises:
        DataError: the arrays cannot be used.
    """
    x, labels = _matched(raw.x, raw.labels, source, "training part")
    if x.shape[0] < 2:
        raise DataError(f"{source} has {x.shape[0]} training row; at least 2 are needed, one of each class")
    try:
        y, mapping = signed_labels(labels, classes, name=source)
    except DataError as error:
        raise DataError(f"{error} ({raw.read_as})" if raw.read_as else error) from None
    keep = mapping.keep(labels)
    kept = x if keep.all() else x[keep]
    prepared = functools.partial(
        scaled_rows,
        constant=constant,
        mean=column_means(kept) if scaling == "centred" else None,
        scale=scaling != "none",
    )
    what = f"{source} (training part)"
    unit, norms = prepared(x, np.flatnonzero(keep), what=what, columns=column_names(raw.x))
    raw_test, x_test, y_test, remarks = _test_part(raw, mapping, prepared, x.shape[1], source, classes is not None)
    if scaling == "unit":
        given = [kept, *([] if raw_test is None else [raw_test])]
        share_rays(given, [part[:, : x.shape[1]] for part in (unit, x_test) if part is not None])
    x_test, y_test = (None if part is None else read_only(part) for part in (x_test, y_test))
    read_as = (f"{source}: {raw.read_as}",) if raw.read_as else ()
    remarks = (*read_as, *raw.remarks, *remarks, *_index_remarks(x, column_names(raw.x), source))
    return Dataset(
        name, read_only(unit), read_only(y), x_test, y_test, mapping, constant, read_only(norms), remarks, scaling
    )


def _test_part(
    raw: RawData, mapping: LabelMapping, prepared: Callable[..., Any], d: int, source: str, chosen: bool
) -> tuple[NDArray[Any] | None, NDArray[np.float64] | None, NDArray[np.float64] | None, tuple[str, ...]]:
    """Test rows of the chosen classes as given, the same ``prepared``, their signs, and remarks.

    Raises:
        DataError: the test arrays cannot be used, or do not fit the training part.
    """
    if raw.x_test is None and raw.labels_test is None:
        return None, None, None, ()
    if raw.x_test is None or raw.labels_test is None:
        raise DataError(f"{source} has only one of test inputs and test labels; give both or neither")
    x, labels = _matched(raw.x_test, raw.labels_test, source, "test part")
    if x.shape[1] != d:
        raise DataError(f"{source}: training rows have {d} columns and test rows {x.shape[1]}; they must agree")
    keep = mapping.keep(labels)
    if not chosen and not keep.all():
        row = int(np.argmin(keep))
        raise DataError(
            f"{source}: test row {row} has the label {str(labels[row])!r}, which no training row has; remove it or "
            "choose classes"
        )
    if not keep.any():
        return None, None, None, ("no test row belongs to the chosen classes: the test part was left out",)
    what = f"{source} (test part)"
    unit, _ = prepared(x, np.flatnonzero(keep), what=what, columns=column_names(raw.x_test))
    return x if keep.all() else x[keep], unit, mapping.signs(labels)[keep], ()


def _index_remarks(x: NDArray[Any], names: Sequence[str] | None, source: str) -> list[str]:
    """A note on each feature that counts the rows, or that is called an index and holds whole numbers."""
    n = x.shape[0]
    with np.errstate(over="ignore"):  # a long double in a row that was not chosen
        ends = x[[0, -1]].astype(np.float64)
    counting = np.isin(ends[0], (0.0, 1.0)) & (ends[1] == ends[0] + n - 1)
    called = np.array([name.lower() in _INDEX_NAMES for name in names or [""] * x.shape[1]])
    found = []
    for index in np.flatnonzero(counting | called) if n > _FEW_ROWS else ():
        column = x[:, index].astype(np.float64)
        if np.array_equal(column, column[0] + np.arange(n)) or (called[index] and np.all(column == np.floor(column))):
            shown = ", ".join(f"{value:g}" for value in column[:3])
            name = column_name(names, int(index))
            found.append(f"{source}: feature {name} may be a row index ({shown}, ...); if it is one, remove it")
    return found


def _matched(x: Any, labels: Any, source: str, part: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Features and labels as arrays of one length.

    Raises:
        DataError: they cannot be used, or their lengths differ.
    """
    matrix, column = as_matrix(x, f"{source} ({part})"), as_labels(labels, f"labels of {source} ({part})")
    if matrix.shape[0] != column.shape[0]:
        raise DataError(
            f"{source} ({part}): {matrix.shape[0]} rows and {column.shape[0]} labels; the numbers must agree"
        )
    return matrix, column


def _not_found(text: str, heads: Sequence[str]) -> str:
    """Why nothing answers to this SPEC: a path that does not exist, or a name that is not known."""
    known = f"known names are {', '.join(SOURCES)}; files may be {', '.join(READERS)}"
    file = next((head for head in heads if Path(head).suffix.lower() in READERS), None)
    path = file or heads[:2][-1]  # else all before the last colon
    if file or {"/", os.sep} & set(path) or Path(path).suffix[1:2].isalpha():
        return f"no such file: {path!r}; {known}"
    name = text.partition(":")[0]
    close = difflib.get_close_matches(name.lower(), SOURCES, n=1)
    return f"unknown data {name!r}{f' (did you mean {close[0]!r}?)' if close else ''}; {known}"
