"""Array-likes of any library as NumPy arrays, checked: two-dimensional real features, one label a row.

NumPy, JAX and PyTorch arrays, lists, pandas frames and series, masked arrays and SciPy sparse matrices all come in
here. No value is changed and, where NumPy allows, nothing is copied; finiteness is checked later, while the rows are
scaled.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.data.memory_limit import check_size
from howwide.errors import DataError

_REAL_KINDS = "biuf"
_UNREAL = complex | np.complexfloating | np.ndarray  # and yet float() may take them
_NAMELESS = re.compile(r"\s*(Unnamed: .*|__index_level_\d+__)?\Z")  # how pandas names what has no name


def as_matrix(x: Any, what: str) -> NDArray[Any]:
    """Features as a two-dimensional array of real numbers.

    Args:
        x: (n, d) array-like; a masked or missing entry becomes NaN.
        what: name of the array in messages.

    Raises:
        DataError: not two-dimensional, no rows, no columns, or not real numbers; or sparse, and too large to be made
            dense.
    """
    if hasattr(x, "toarray"):  # SciPy sparse
        remedy = "take fewer rows, drop rare columns, or reduce the dimension (sklearn.decomposition.TruncatedSVD)"
        check_size(x.shape, what, remedy)
        x = x.toarray()
    columns = column_names(x)
    try:
        matrix = np.asarray(np.ma.filled(x.astype(np.float64), np.nan) if np.ma.isMaskedArray(x) else x)
    except ValueError:
        raise DataError(
            f"{what} must be an array of shape (n, d); its rows do not have equal lengths or are not numbers"
        ) from None
    except (TypeError, RuntimeError) as error:  # PyTorch: a tensor on a GPU, of bfloat16, or that requires gradients
        raise DataError(f"{what} cannot become a NumPy array ({' '.join(str(error).split())[:200]})") from None
    _check_unstructured(matrix, what, "numpy.lib.recfunctions.structured_to_unstructured makes columns of fields")
    if matrix.ndim == 0:
        raise DataError(f"{what} must have shape (n, d), two dimensions, one row a sample; got a {type(x).__name__}")
    if matrix.ndim != 2:
        remedy = (
            "reshape images with x.reshape(len(x), -1)" if matrix.ndim > 2 else "one row a sample, one column a feature"
        )
        raise DataError(f"{what} must have shape (n, d), two dimensions; got shape {matrix.shape}: {remedy}")
    if 0 in matrix.shape:
        raise DataError(f"{what} is empty: shape {matrix.shape}; expected at least one row and one column")
    return matrix if matrix.dtype.kind in _REAL_KINDS else _real(matrix, what, columns)


def as_labels(y: Any, what: str) -> NDArray[Any]:
    """Labels as a one-dimensional array; a single column counts as one-dimensional.

    Raises:
        DataError: more than one label a row, or no array at all.
    """
    if np.ma.isMaskedArray(y):
        y = np.where(np.ma.getmaskarray(y), np.array(None), np.ma.getdata(y).astype(object))
    try:
        labels = np.asarray(y)
    except (TypeError, ValueError, RuntimeError):
        raise DataError(f"{what} must hold one label a row; its entries have different lengths") from None
    _check_unstructured(labels, what, "take the field that is the label, as in y['label']")
    if labels.dtype.kind in "mM":
        raise DataError(
            f"{what} are dates or times ({labels.dtype}); expected numbers, booleans or text: name the classes, e.g. "
            "y > some_date"
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 0:
        raise DataError(f"{what} must hold one label a row, shape (n,); got a {type(y).__name__}")
    if labels.ndim != 1:
        raise DataError(
            f"{what} must hold one label a row, shape (n,); got shape {labels.shape} (one-hot labels: take "
            "y.argmax(axis=1))"
        )
    return labels


def column_name(columns: Sequence[str] | None, index: int) -> str:
    """How a message names a column: by name where there is one, else by number from 0."""
    return str(index) if columns is None else repr(columns[index])


def column_names(x: Any) -> list[str] | None:
    """The names of the columns of a table, None where there are none."""
    names = getattr(x, "columns", None)
    return None if names is None else [str(name) for name in names]


def is_nameless(name: str) -> bool:
    """Is this what stands for the name of a column without one: nothing, or what pandas writes in its place?"""
    return _NAMELESS.match(name) is not None


def check_names(names: Sequence[str], what: str) -> None:
    """Refuse a column without a name: pandas writes its row index as such.

    Raises:
        DataError: there is one.
    """
    place = next((index for index, name in enumerate(names) if is_nameless(name)), None)
    if place is not None:
        shown = f" ({names[place]!r})" if names[place] else ""
        raise DataError(
            f"{what}: column {place + 1}{shown} has no name, probably a row index; drop it (pandas: "
            "to_csv(index=False)), or name it if it is a feature"
        )


def _check_unstructured(array: NDArray[Any], what: str, remedy: str) -> None:
    """Refuse structured arrays and raw bytes; extension floats such as bfloat16 have the same kind, and pass.

    Raises:
        DataError: it is one of them.
    """
    if array.dtype.names is not None:
        raise DataError(
            f"{what}: got a structured array with fields {', '.join(array.dtype.names)}, expected a plain one; {remedy}"
        )
    if array.dtype.type is np.void:
        raise DataError(
            f"{what}: got raw bytes (dtype {array.dtype}), expected numbers{' or text' if array.ndim == 1 else ''}; an "
            "extension type such as bfloat16 is to be converted, to float32, before it is saved"
        )


def _real(matrix: NDArray[Any], what: str, columns: Sequence[str] | None) -> NDArray[np.float64]:
    """Object arrays and extension dtypes (bfloat16) as float64; complex numbers, dates and text are refused.

    Raises:
        DataError: entries that are not real numbers.
    """
    if matrix.dtype.kind in "cmMUS":
        raise DataError(
            f"{what} must hold real numbers; got dtype {matrix.dtype}: encode such features as numbers first"
        )
    if matrix.dtype.kind == "O":
        import pandas as pd

        matrix = np.where(pd.isna(matrix), np.nan, matrix)  # None, pandas.NA and NaT
        for index in range(matrix.shape[1]):
            odd = next((v for v in matrix[:, index] if isinstance(v, _UNREAL) or not hasattr(v, "__float__")), None)
            if odd is not None:
                place = f"column {column_name(columns, index)} holds {str(odd)!r}"
                raise DataError(f"{what} must hold real numbers; {place}: encode or drop that column")
    try:
        return matrix.astype(np.float64)
    except OverflowError:
        raise DataError(f"{what} must hold real numbers of at most 1.8e308; a whole number is larger") from None
    except (TypeError, ValueError):
        raise DataError(f"{what} must hold real numbers; dtype {matrix.dtype} cannot be converted") from None
