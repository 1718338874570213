r"""Inputs on the unit sphere, with or without a constant coordinate; centred before that, or left as they are.

The theorems assume :math:`\|x\|_2 = 1`; some (Zou et al., Allen-Zhu et al.) also that the last coordinate is a constant
:math:`\mu`, which plays the part of a bias. `unit_rows` does the first and `append_constant` both. Scaling runs in
float64 and in blocks of rows, is safe against overflow and underflow, and gives equal bits for equal rows wherever they
stand, so that duplicates can be found by comparing bits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.checks import check_probability
from howwide.data.arrays import as_matrix, column_name, column_names
from howwide.errors import DataError

SCALINGS = ("unit", "centred", "none")
"""Unit rows; unit rows once the mean of the training rows is taken from every row; rows as they are."""

_BLOCK_ENTRIES = 2**18
_SAFE_EXPONENT = 400  # beyond 2^+-400 squares are scaled first; 2^800 times any number of columns stays finite
_SHOWN_ROWS = 5


def unit_rows(x: ArrayLike) -> NDArray[np.float64]:
    r"""Rows divided by their Euclidean norm: :math:`x_i / \|x_i\|_2`.

    Args:
        x: (n, d) finite numbers of any real dtype.

    Returns:
        (n, d) float64; each row has norm 1 up to rounding.

    Raises:
        DataError: x is not two-dimensional and numeric, has a NaN or infinite entry, or has rows of zeros.
    """
    matrix = as_matrix(x, "x")
    return scaled_rows(matrix, np.arange(matrix.shape[0]), None, "x", column_names(x))[0]


def append_constant(x: ArrayLike, mu: float) -> NDArray[np.float64]:
    r"""Unit inputs with a constant last coordinate: :math:`x_i \mapsto (\sqrt{1-\mu^2}\, x_i/\|x_i\|_2,\ \mu)`.

    The inputs of Zou et al. and, with :math:`\mu = 1/\sqrt2`, of Allen-Zhu et al. A row of zeros has no direction and
    becomes :math:`e_{d+1}`, the unit vector whose last coordinate is 1; a `Dataset` lists such rows in its notes.

    Args:
        x: (n, d) finite numbers of any real dtype.
        mu: the constant, strictly between 0 and 1.

    Returns:
        (n, d + 1) float64; each row has norm 1 up to rounding.

    Raises:
        DataError: x is not two-dimensional and numeric, or has a NaN or infinite entry.
        SettingError: mu is not strictly between 0 and 1.
    """
    constant = check_probability(mu, "the constant coordinate")
    matrix = as_matrix(x, "x")
    return scaled_rows(matrix, np.arange(matrix.shape[0]), constant, "x", column_names(x))[0]


def column_means(x: NDArray[np.generic]) -> NDArray[np.float64]:
    """The mean of each column of x, in float64 and without overflow; not finite where the column is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.add.reduce(np.asarray(x, np.float64) / x.shape[0], axis=0))


def scaled_rows(
    x: NDArray[np.generic],
    rows: NDArray[np.intp],
    constant: float | None,
    what: str,
    columns: Sequence[str] | None,
    *,
    mean: NDArray[np.float64] | None = None,
    scale: bool = True,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The chosen rows of x on the unit sphere, with the constant coordinate if one is asked for, and their old norms.

    Args:
        x: (N, d) real numbers.
        rows: (n,) indices of the rows to take; messages name these indices.
        constant: mu of `append_constant`, or None.
        what: name of the array in messages.
        columns: names of the d columns for messages, where known.
        mean: (d,) taken from every row before it is scaled.
        scale: bring rows to unit norm; otherwise they stay as they are.

    Returns:
        (n, d) or (n, d + 1) unit rows, and (n,) norms before scaling (the largest float64 where a norm overflows).

    Raises:
        DataError: a NaN or infinite entry, or a difference from the mean that overflows; without a constant also rows
            of zeros, unless they stay as they are.
    """
    n, d = rows.size, x.shape[1]
    unit = np.empty((n, d + (constant is not None)))
    norms = np.empty(n)
    height = max(1, _BLOCK_ENTRIES // d)
    for start in range(0, n, height):
        part = slice(start, min(start + height, n))
        with np.errstate(over="ignore"):  # a long double beyond float64 becomes infinite, and is refused as such
            block = np.array(x[rows[part]], dtype=np.float64, order="C")
        if not np.isfinite(block).all():
            row, column = np.argwhere(~np.isfinite(block))[0].tolist()
            kind = "NaN (a missing value)" if np.isnan(block[row, column]) else "infinite"
            place = f"row {rows[start + row]}, column {column_name(columns, column)} (rows count from 0)"
            raise DataError(f"{what} must be finite; {place} is {kind}: fill in or remove such rows")
        if mean is not None:
            with np.errstate(over="ignore"):
                block -= mean
            if not np.isfinite(block).all():
                raise DataError(f"{what} has numbers too large to be centred; divide them all by a constant first")
        norms[part] = _normalise(block if scale else block.copy())
        unit[part, :d] = block
    zero = norms == 0.0
    if constant is not None:
        unit[:, :d] *= np.sqrt((1.0 - constant) * (1.0 + constant))
        unit[:, d] = np.where(zero, 1.0, constant)
    elif scale and zero.any():
        found = rows[zero]
        shown = ", ".join(map(str, found[:_SHOWN_ROWS])) + (", ..." if found.size > _SHOWN_ROWS else "")
        kind = "of zeros" if mean is None else "equal to the mean"
        raise DataError(
            f"{what} has {found.size} row(s) {kind} (row {shown}), which have no direction to scale to unit norm: "
            "append a constant coordinate (--constant-coordinate on the command line, constant= in Python) or remove "
            "them"
        )
    return unit, norms


def _normalise(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide the rows by their norms in place; return the norms. Rows of zeros stay, with norm 0."""
    exponent = np.frexp(np.abs(block).max(axis=1))[1]
    extreme = np.abs(exponent) > _SAFE_EXPONENT
    if extreme.any():  # powers of two: exact
        block[extreme] = np.ldexp(block[extreme], -exponent[extreme, None])
    # Not einsum: a row-wise pairwise sum depends on the row alone, so equal rows get equal norms to the last bit.
    norms: NDArray[np.float64] = np.sqrt(np.add.reduce(block * block, axis=1))
    block /= np.where(norms > 0.0, norms, 1.0)[:, None]
    if extreme.any():
        with np.errstate(over="ignore"):
            norms[extreme] = np.minimum(np.ldexp(norms[extreme], exponent[extreme]), np.finfo(np.float64).max)
    return norms
