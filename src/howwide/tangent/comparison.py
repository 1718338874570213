r"""How much a tangent kernel moved, and how alike two kernels are.

The theory holds the kernel still while training moves the weights a little; :func:`relative_change` says by how much it
did move between two sets of weights, of every layer and of the sum, and :func:`alignment` compares any two Grams:
before and after, finite and infinite, a kernel and the labels :math:`y y^\top`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.errors import SettingError, ShapeError
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import Signals
from howwide.tangent.rows import Blocks

__all__ = ["KernelChange", "alignment", "relative_change"]

Floats = NDArray[np.float64]


def alignment(k1: ArrayLike, k2: ArrayLike, *, centered: bool = False) -> float:
    r"""The cosine of two Grams, :math:`\langle K_1, K_2 \rangle_F / (\|K_1\|_F \|K_2\|_F)`.

    Kernel alignment of Cristianini et al. (NeurIPS 2001): from -1 to 1, at least 0 for positive semidefinite
    Grams, and 1 where one is a multiple of the other; scales do not matter. Centred, it is that of Cortes, Mohri and
    Rostamizadeh (JMLR 13, 2012): both Grams become :math:`H K H` with :math:`H = I - \tfrac1n 1 1^\top` first.

    Args:
        k1: a Gram, (n, n), or (n, n2) between two samples.
        k2: another of the same shape.
        centered: subtract the means of rows and columns, that is, the mean feature.

    Raises:
        ShapeError: no matrices, or of two shapes.
        SettingError: entries that are not finite, or a Gram of zeros (after centring), which has no direction.
    """
    first, second = _matrix(k1, centered), _matrix(k2, centered)
    if first.shape != second.shape:
        raise ShapeError(f"the Grams compared must have one shape; got {first.shape} and {second.shape}")
    cosine = _cosine(float(np.vdot(first, first)), float(np.vdot(second, second)), float(np.vdot(first, second)))
    if cosine is None:
        what = "constant rows or columns" if centered else "zeros"
        raise SettingError(f"alignment is not defined for a Gram of {what}")
    return cosine


@dataclass(frozen=True)
class KernelChange:
    """How the tangent kernel of a sample differs between two sets of weights.

    A number is None where a kernel of zeros (all neurons dead) leaves it undefined.

    Attributes:
        relative: ``|K1 - K0|_F / |K0|_F``.
        alignment: ``<K0, K1>_F / (|K0|_F |K1|_F)``.
        layer_relative: the same of the Gram of every trained matrix.
        layer_alignment: the same of the Gram of every trained matrix.
    """

    relative: float | None
    alignment: float | None
    layer_relative: tuple[float | None, ...]
    layer_alignment: tuple[float | None, ...]


def relative_change(
    net: Network,
    weights_0: Sequence[ArrayLike],
    weights_1: Sequence[ArrayLike],
    x: ArrayLike,
    *,
    block_size: int = 1024,
) -> KernelChange:
    r"""How far the tangent Gram of rows ``x`` moved between two sets of weights, as a share of it.

    :math:`\|K_1 - K_0\|_F / \|K_0\|_F` and the alignment of both, of the sum and of every layer; scales cancel.
    In float64, whatever the dtype of the weights. Differences are summed entry by entry, so that a change near rounding
    is seen, and tile by tile: no Gram is stored. O(L m n^2 + L m^2 n) time, twice that of one Gram.

    Args:
        net: the network.
        weights_0: the weights compared with, most often the initial ones.
        weights_1: other weights, most often the trained ones.
        x: (n, d) rows.
        block_size: rows and columns of a tile.

    Raises:
        ShapeError: weights or rows do not fit the network.
        SettingError: numbers that are not finite, or so large that the kernel is not.
    """
    before, after = (Blocks(net, w, x, dtype="float64", block_size=block_size) for w in (weights_0, weights_1))
    sums = np.zeros((len(before.weights) + 1, 4))
    with computing_in("float64", nan_is_outcome=True), np.errstate(over="ignore", invalid="ignore"):
        for i in range(len(before)):
            for j in range(i, len(before)):
                old, new = _layers(before[i], before[j]), _layers(after[i], after[j])
                # |new - old|^2, |old|^2, |new|^2 and <old, new> of every layer
                pairs = ((new - old,) * 2, (old, old), (new, new), (old, new))
                tile = np.stack([np.einsum("lij,lij->l", a, b) for a, b in pairs], axis=1)
                sums += (1 if i == j else 2) * tile
    if not np.isfinite(sums).all():
        raise SettingError("the tangent kernel of these weights exceeds float64; did the run diverge?")
    relative = [math.sqrt(change / old) if old > 0 else None for change, old, _, _ in sums]
    cosines = [_cosine(old, new, inner) for _, old, new, inner in sums]
    return KernelChange(relative[-1], cosines[-1], tuple(relative[:-1]), tuple(cosines[:-1]))


def _layers(rows: Signals, columns: Signals) -> Floats:
    """Grams of all layers of a tile, without the scale of the network, and their sum at the end."""
    pairs = zip(rows.activations, columns.activations, rows.sensitivities, columns.sensitivities, strict=True)
    grams = [(np.asarray(h) @ np.asarray(h2).T) * (np.asarray(b) @ np.asarray(b2).T) for h, h2, b, b2 in pairs]
    return np.stack([*grams, np.sum(grams, axis=0)])


def _cosine(first: float, second: float, inner: float) -> float | None:
    """``inner`` over the roots of two squares; rounding may not lead beyond 1."""
    if not (first > 0 and second > 0):
        return None
    return float(max(-1.0, min(1.0, inner / math.sqrt(first) / math.sqrt(second))))


def _matrix(k: ArrayLike, centered: bool) -> Floats:
    """``k`` over its largest entry, centred if asked for."""
    matrix = np.asarray(k)
    if matrix.ndim != 2 or not matrix.size:
        raise ShapeError(f"a Gram is a matrix; got shape {matrix.shape}")
    if matrix.dtype.kind not in "biuf" or not np.isfinite(matrix).all():
        raise SettingError("a Gram must hold finite real numbers; matrix NaN, infinity or something else")
    matrix = matrix.astype(float)
    largest = np.abs(matrix).max()
    matrix /= largest if largest > 0 else 1.0
    if centered:
        matrix = matrix - matrix.mean(0) - matrix.mean(1, keepdims=True) + matrix.mean()
        if np.abs(matrix).max() < 4 * len(matrix) * np.finfo(float).eps:
            return np.zeros_like(matrix)
    return matrix
