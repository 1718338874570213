r"""Repeated inputs, and repeated inputs with opposite labels, which no network can fit.

An input is a direction: rows x and c x, c > 0, are one input, and `howwide.data.rays` gave them one unit row. Rows are
compared bit by bit after that (-0.0 counts as 0.0), through 128-bit digests: linear time in the number of entries.

The unavoidable errors are proved: a function of the direction has one sign on a group, and so errs on all its rows of
the other label, min(#plus, #minus) of them at least; groups are disjoint, so the minima add up, and the function that
takes the more frequent label of each group attains their sum. The sign of a network without biases is such a function,
whatever its width, depth and weights: the network is positively homogeneous, :math:`f(c x) = c^k f(x)`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SHOWN_GROUPS = 5


@dataclass(frozen=True)
class Duplicates:
    """What repeats in a data set.

    Attributes:
        groups: number of inputs that occur more than once.
        redundant: number of rows that could go without losing an input: sum over groups of (size - 1).
        examples: row indices of the first few groups, in order of first occurrence.
        conflicts: row indices of every group whose labels disagree; any such group makes zero training error
            impossible.
        unavoidable_errors: sum over groups of min(#plus, #minus): the least number of training errors of any
            classifier of the unit rows, and so of any positively homogeneous network.
    """

    groups: int
    redundant: int
    examples: tuple[tuple[int, ...], ...]
    conflicts: tuple[tuple[int, ...], ...]
    unavoidable_errors: int


def find_duplicates(digests: list[bytes], y: NDArray[np.float64]) -> Duplicates:
    """Group equal rows by digest.

    Args:
        digests: one per row, from `row_digests`.
        y: (n,) labels -1.0 or +1.0.
    """
    rows_of: dict[bytes, list[int]] = {}
    for row, digest in enumerate(digests):
        rows_of.setdefault(digest, []).append(row)
    groups = [tuple(rows) for rows in rows_of.values() if len(rows) > 1]
    positives = [int(np.count_nonzero(y[list(rows)] > 0)) for rows in groups]
    minorities = [min(k, len(rows) - k) for rows, k in zip(groups, positives, strict=True)]
    return Duplicates(
        groups=len(groups),
        redundant=sum(len(rows) - 1 for rows in groups),
        examples=tuple(groups[:_SHOWN_GROUPS]),
        conflicts=tuple(rows for rows, minority in zip(groups, minorities, strict=True) if minority),
        unavoidable_errors=sum(minorities),
    )


def row_digests(x: NDArray[np.float64]) -> list[bytes]:
    """128-bit digest of each row; any two of n different rows agree with probability below n^2 2^-129."""
    return [hashlib.blake2b(row, digest_size=16).digest() for block in canonical_blocks(x) for row in block]


def fingerprint(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """First 16 hexadecimal digits of the SHA-256 of shape, rows and labels, in the form of `canonical_blocks`."""
    digest = hashlib.sha256(repr(x.shape).encode())
    for array in (x, y[:, None]):
        for block in canonical_blocks(array):
            digest.update(block.tobytes())
    return digest.hexdigest()[:16]


def canonical_blocks(x: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Blocks of rows, contiguous little-endian float64 without -0.0; blocks keep the memory beside x small."""
    height = max(1, 2**20 // max(1, x.shape[1]))
    for start in range(0, x.shape[0], height):
        # Adding 0.0 turns -0.0 into 0.0 and changes nothing else.
        yield np.ascontiguousarray(x[start : start + height] + 0.0, dtype="<f8")
