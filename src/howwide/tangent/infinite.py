r"""The tangent kernel in the limit of infinite width, accurate to the last digits for near rows too.

With :math:`\rho_0 = \cos\theta_0` the cosine of two rows and :math:`\kappa_0(\cos\theta) = 1 - \theta/\pi`,
:math:`\pi\,\kappa_1(\cos\theta) = \sin\theta + (\pi - \theta)\cos\theta` (arc-cosine kernels of Cho and Saul, 2009),
:math:`\rho_l = \kappa_1(\rho_{l-1})` is the cosine of the two representations in layer l, and for unit rows

.. math:: \lim K_l / m^{2\alpha} = \tfrac12\, \rho_{l-1} \prod_{k=l}^{H} \kappa_0(\rho_{k-1}), \qquad
          \lim K_{H+1} / m^{2\alpha} = \rho_H ,

l = 1..H over the hidden layers, and the last one for a trained head only. Every layer is positively homogeneous, so
rows of other lengths multiply it by both norms.

Near :math:`\pm 1` a cosine holds only half the digits of its angle. So the recursion runs on :math:`(\theta, 1 -
\cos\theta, \sin\theta)`:

.. math:: 1 - \rho_{l+1} = 1 - \rho_l - (\sin\theta_l - \theta_l \cos\theta_l)/\pi, \qquad
          \theta_{l+1} = 2 \arcsin \sqrt{(1 - \rho_{l+1})/2} ,

and it starts, for pairs of rows that are almost parallel, from their difference and their sum.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.checks import check_count
from howwide.errors import SettingError, ShapeError
from howwide.networks.protocol import Network
from howwide.tangent.rows import as_rows

__all__ = ["infinite_gram"]

Floats = NDArray[np.float64]

_PARALLEL = 1e-2  # below this 1 - |cos| is computed anew; above, rounding grows by at most 1 / sin = 7
_SMALL = 0.1  # angles below it use five terms of a series whose sixth is below 1e-17 of the result
_CHUNK_ENTRIES = 2**20


def infinite_gram(
    net: Network, x: ArrayLike, x2: ArrayLike | None = None, *, per_layer: bool = False, block_size: int = 256
) -> Floats:
    r"""The limit of K / m^{2 alpha} (fixed head: of K / m) as the width m grows, at a random start; see the module.

    Equal rows give :math:`\tfrac{L+1}{2} |x|^2` (fixed head: :math:`\tfrac{L}{2} |x|^2`) to the last bits, every other
    entry is right to a few 1e-15 L of the product of the norms; a row of zeros gives zeros. Symmetric results are
    symmetric to the last bit. Of ``net`` the kind and the depth matter, not the width or alpha. O(n n2 (d + L)) time.

    >>> from howwide import DeepReLU
    >>> infinite_gram(DeepReLU(width=64, depth=2), [[1, 0], [0, 2]]).round(4)
    array([[1.5   , 0.6366],
           [0.6366, 6.    ]])

    Args:
        net: the network.
        x: (n, d) rows of any lengths.
        x2: (n2, d) rows of the second argument; ``x`` if left out.
        per_layer: the limits of the L trained matrices, in their order, instead of their sum.
        block_size: rows and columns of a tile; memory is the result, the rows and some tiles.

    Returns:
        (n, n2), or (L, n, n2), float64.

    Raises:
        ShapeError: ``x`` and ``x2`` are not matrices with equally long rows.
        SettingError: numbers that are not finite or too large, or hidden layers of different widths.
    """
    widths = net.hidden_widths
    if len(set(widths)) > 1:
        raise SettingError(f"K / m has one limit where all hidden layers have one width; this network has {widths}")
    size = check_count(block_size, "block_size", 1)
    left = _Rows.of(x)
    right = left if x2 is None else _Rows.of(x2)
    if left.directions.shape[1] != right.directions.shape[1]:
        raise ShapeError(f"rows must be equally long; got {left.directions.shape[1]} and {right.directions.shape[1]}")
    if not math.isfinite(float(left.norms.max()) * float(right.norms.max()) * (len(widths) + 1)):
        raise SettingError("the rows are so long that their kernel exceeds float64; scale them down")
    shape = (len(left.norms), len(right.norms))
    result = np.empty((len(widths) + net.trains_head, *shape) if per_layer else shape)
    for rows in _slices(shape[0], size):
        for columns in _slices(shape[1], size):
            if x2 is None and columns.start < rows.start:
                continue
            tile = _tile(left.part(rows), right.part(columns), len(widths), net.trains_head, per_layer)
            if x2 is None and columns == rows:
                tile = np.triu(tile) + np.swapaxes(np.triu(tile, 1), -1, -2)
            result[..., rows, columns] = tile
            if x2 is None and columns != rows:
                result[..., columns, rows] = np.swapaxes(tile, -1, -2)
    return result


def _slices(n: int, size: int) -> list[slice]:
    return [slice(a, min(a + size, n)) for a in range(0, n, size)]


class _Rows(NamedTuple):
    """Unit rows and the norms they had; a row of zeros stays."""

    directions: Floats
    norms: Floats

    @classmethod
    def of(cls, x: ArrayLike) -> "_Rows":
        rows = as_rows(x).astype(float)
        largest = np.abs(rows).max(1)
        rows /= np.where(largest > 0, largest, 1.0)[:, None]  # so that no square over- or underflows
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.where(lengths > 0, lengths, 1.0)[:, None]
        with np.errstate(over="ignore"):  # refused by the caller
            return cls(rows, largest * lengths)

    def part(self, which: slice) -> "_Rows":
        return _Rows(self.directions[which], self.norms[which])


class _Angles(NamedTuple):
    """Angles between pairs of vectors, with 1 - cos and sin of them, each to its own last digits."""

    theta: Floats
    versine: Floats
    sine: Floats

    @classmethod
    def between(cls, u: Floats, v: Floats) -> "_Angles":
        """Of unit rows ``u`` to unit rows ``v``."""
        cosine = u @ v.T
        parallel = np.abs(cosine) > 1 - _PARALLEL
        cosine[parallel] = 0.0
        angles = cls(np.arccos(cosine), 1 - cosine, np.sqrt((1 - cosine) * (1 + cosine)))
        first, second = np.nonzero(parallel)
        step = max(1, _CHUNK_ENTRIES // u.shape[1])
        for a in range(0, len(first), step):
            i, j = first[a : a + step], second[a : a + step]
            # tan(theta / 2) = |u - v| / |u + v|
            apart, across = (np.sqrt(np.einsum("ij,ij->i", z, z)) for z in (u[i] - v[j], u[i] + v[j]))
            length = np.hypot(apart, across)
            angles.theta[i, j] = 2 * np.arctan2(apart, across)
            angles.versine[i, j] = 2 * (apart / length) ** 2
            angles.sine[i, j] = 2 * (apart / length) * (across / length)
        return angles

    @property
    def cosine(self) -> Floats:
        return 1 - self.versine

    def next(self) -> "_Angles":
        """Of the representations one layer further on."""
        # 1 - rho_{l+1} = 1 - rho_l - (sin theta_l - theta_l cos theta_l) / pi
        drop = self.sine - self.theta * self.cosine
        small = self.theta < _SMALL
        if small.any():
            drop[small] = _small_drop(self.theta[small])
        versine = self.versine - drop / np.pi
        return _Angles(2 * np.arcsin(np.sqrt(versine / 2)), versine, np.sqrt(versine * (2 - versine)))


def _small_drop(theta: Floats) -> Floats:
    r""":math:`\sin\theta - \theta\cos\theta = \theta^3/3 - \theta^5/30 + \ldots` without cancellation."""
    z = theta * theta
    return theta * z * (1 / 3 + z * (-1 / 30 + z * (1 / 840 + z * (-1 / 45360 + z / 3991680))))


def _tile(left: _Rows, right: _Rows, hidden: int, trains_head: bool, per_layer: bool) -> Floats:
    angles = _Angles.between(left.directions, right.directions)
    terms: list[Floats] = []
    for layer in range(hidden):
        angles = angles.next() if layer else angles
        slope = 1 - angles.theta / np.pi  # kappa_0, by which all layers so far are multiplied
        terms.append(angles.cosine / 2)  # rho_{l-1} / 2
        if not per_layer:
            terms = [sum(terms[1:], start=terms[0])]
        terms = [term * slope for term in terms]
    if trains_head:
        terms.append(angles.next().cosine)  # rho_H
    limits = np.stack(terms) if per_layer else sum(terms[1:], start=terms[0])
    return limits * np.multiply.outer(left.norms, right.norms)
