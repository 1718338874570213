r"""How far apart the inputs are: the quantity :math:`\phi` of the separation assumptions.

Two minima over pairs of rows, with the pairs that attain them: ``across`` labels, as Zou et al. and Chen et al.
(Assumption 4.5) ask for it, and over ``all`` pairs, as Allen-Zhu et al. and Zou and Gu do. The theorems assume unit
rows; `separation` takes the rows as they are.

All :math:`n(n-1)/2` pairs are looked at, in square tiles of one matrix product each, so memory does not grow with n^2.
A product loses the digits of a small distance, so it only says which pairs may win; theirs is computed from the
difference of the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.data.arrays import as_labels, as_matrix
from howwide.errors import DataError, SettingError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_TIES = 1e-10  # pairs whose squared distances agree to this share may stand for each other
_CHUNK_ENTRIES = 2**20


@dataclass(frozen=True)
class Separation:
    """Smallest distances between rows, and rows that attain them.

    Attributes:
        across: least distance of two rows with different labels; None if all labels agree.
        across_pair: the two rows, the smaller index first, or None.
        all: least distance of any two rows; 0 if a row occurs twice.
        all_pair: the two rows, the smaller index first.
    """

    across: float | None
    across_pair: tuple[int, int] | None
    all: float
    all_pair: tuple[int, int]


def separation(x: ArrayLike, y: ArrayLike, *, block_size: int = 2048) -> Separation:
    r"""Least distance across labels and over all pairs, :math:`\phi = \min \|x_i - x_j\|_2`.

    ``across`` takes the minimum over :math:`y_i \ne y_j`, ``all`` over :math:`i < j` (scale: rows as given; the
    assumptions of Zou et al. and Allen-Zhu et al. want unit rows with a constant coordinate appended). Each value is
    the distance of the pair beside it, to rounding; no pair is closer by more than a share of 1e-10.

    O(n^2 d) time (60,000 rows of 784 numbers: a minute or two on two cores), O(block_size (block_size + d)) memory
    beside x.

    Args:
        x: (n, d) finite real numbers, n at least 2.
        y: (n,) labels of any kind.
        block_size: rows of a tile; changes memory and time, and among pairs that tie which is named.

    Raises:
        DataError: fewer than two rows, entries that are not finite, or another number of labels.
        SettingError: the block size is not positive.
    """
    rows = np.asarray(as_matrix(x, "x"), dtype=np.float64)
    labels = as_labels(y, "y")
    if rows.shape[0] != labels.shape[0] or rows.shape[0] < 2:
        raise DataError(f"separation needs at least 2 rows and a label for each; got {len(rows)} and {len(labels)}")
    largest = max(np.abs(rows.max()), np.abs(rows.min()))
    if not np.isfinite(largest):
        raise DataError("separation needs finite rows; x has a NaN or infinite entry")
    if block_size < 1:
        raise SettingError(f"block_size must be positive; got {block_size}")
    exponent = int(np.frexp(largest)[1])
    classes = np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels, return_inverse=True)[1]
    across, everywhere = _search(rows, classes, exponent, block_size)
    assert everywhere.pair is not None
    apart = None if across.pair is None else across.value(rows)
    return Separation(apart, across.pair, everywhere.value(rows), everywhere.pair)


class _Closest:
    """The closest pair so far of those it was shown, by squared distance in the scale of the search."""

    def __init__(self) -> None:
        self.square = np.inf
        self.pair: tuple[int, int] | None = None

    def threshold(self, error: float) -> float:
        """Scores (minus half a squared distance, up to ``error``) at most this cannot matter."""
        return -0.5 * self.square * (1.0 - _TIES) - error if self.square else np.inf

    def offer(self, squares: Floats, first: Rows, second: Rows) -> None:
        """Take the closest of these pairs if it is closer than the one there is."""
        best = int(np.argmin(squares))
        if squares[best] < self.square:
            self.square = float(squares[best])
            i, j = int(first[best]), int(second[best])
            self.pair = (min(i, j), max(i, j))

    def value(self, rows: Floats) -> float:
        """The distance of the pair, without overflow or underflow."""
        assert self.pair is not None
        difference = rows[self.pair[0]] - rows[self.pair[1]]
        exponent = int(np.frexp(np.abs(difference).max())[1])  # powers of two: exact
        return float(np.ldexp(np.sqrt(np.add.reduce(np.ldexp(difference, -exponent) ** 2)), exponent))


def _search(rows: Floats, classes: Rows, exponent: int, block_size: int) -> tuple[_Closest, _Closest]:
    """Closest pairs across classes and of all, rows scaled by 2^-exponent."""
    across, everywhere = _Closest(), _Closest()
    order = np.argsort(classes, kind="stable")
    tiles = list(_spans(classes[order], block_size))
    for i, (start, stop) in enumerate(tiles):
        left = order[start:stop]
        left_rows = _scaled(rows, left, exponent)
        for j, (other, end) in enumerate(tiles[i:], start=i):
            crosses = bool(classes[order[start]] != classes[order[other]])
            wanted = [closest for closest in ((across, everywhere) if crosses else (everywhere,)) if closest.square]
            if not wanted:
                continue  # the distance is 0 already
            right = order[other:end]
            right_rows = left_rows if j == i else _scaled(rows, right, exponent)
            scores, error = _scores(left_rows, right_rows)
            if j == i:
                scores[np.tril_indices(stop - start)] = -np.inf
            for closest in wanted:
                _scan(scores, error, left_rows, right_rows, left, right, closest)
    return across, everywhere


def _spans(classes: Rows, block_size: int) -> Iterator[tuple[int, int]]:
    """Tiles of sorted rows that hold one class each, so that a pair of tiles is either across or within."""
    edges = np.flatnonzero(np.diff(classes)) + 1
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), classes.size], strict=True):
        for begin in range(start, stop, block_size):
            yield begin, min(begin + block_size, stop)


def _scaled(rows: Floats, index: Rows, exponent: int) -> Floats:
    chosen: Floats = rows[index]
    return chosen if -100 < exponent < 100 else np.ldexp(chosen, -exponent)  # a power of two: exact


def _scores(left: Floats, right: Floats) -> tuple[Floats, float]:
    r""":math:`-\|u_i - v_j\|^2 / 2`, in one product with two more columns, and a bound on its rounding error."""
    half_left, half_right = (-0.5 * np.einsum("ij,ij->i", part, part) for part in (left, right))
    ones_left, ones_right = np.ones(len(left)), np.ones(len(right))
    scores = np.column_stack([left, half_left, ones_left]) @ np.column_stack([right, ones_right, half_right]).T
    # gamma_{d+2} (|u||v| + |u|^2/2 + |v|^2/2) for the product, gamma_d of each half norm before it; |.|^2 <= largest.
    largest = -2.0 * min(float(half_left.min()), float(half_right.min()))
    return scores, 2.0 * (left.shape[1] + 4) * float(np.finfo(np.float64).eps) * largest


def _scan(
    scores: Floats, error: float, left_rows: Floats, right_rows: Floats, left: Rows, right: Rows, closest: _Closest
) -> None:
    """Show ``closest`` every pair of a tile that may be closer than its own, most promising first."""

    def show(chosen: Rows) -> None:
        i, j = np.divmod(chosen, scores.shape[1])
        differences = left_rows[i] - right_rows[j]
        closest.offer(np.einsum("ij,ij->i", differences, differences), left[i], right[j])

    top = int(np.argmax(scores))
    if scores.flat[top] <= closest.threshold(error):
        return
    show(np.array([top]))  # alone at first: then few others are left
    others = np.flatnonzero(scores > closest.threshold(error))
    others = others[np.argsort(-scores.flat[others], kind="stable")]
    height = max(1, _CHUNK_ENTRIES // left_rows.shape[1])
    for start in range(0, others.size, height):
        part = others[start : start + height]
        part = part[scores.flat[part] > closest.threshold(error)]
        if not part.size:
            return  # nor is any of the rest above
        show(part)
