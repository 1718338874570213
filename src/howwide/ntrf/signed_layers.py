r"""The quadratic forms behind the margins of a network, stored or not.

They are the signed Grams of its layers, :math:`Q_l = \operatorname{diag}(y) K_l \operatorname{diag}(y) /
\text{unit}^2`, and combinations of these with positive factors.
"""

import numpy as np
from numpy.typing import NDArray

from howwide.ntrf.linearized import STORED, Linearized
from howwide.ntrf.solvers.hard_margin import ENTRY_ERRORS
from howwide.tangent import gram

__all__ = ["Combination", "SignedLayers"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_TILE = 256


class SignedLayers:
    """The forms Q_l of a sample, by its stored Grams or by products with its features.

    Of a float32 sample the blocks, with which margins are sought, are in float32. Products, by which they are proved,
    are in float64 and of weights and rows as they were given.

    Attributes:
        sizes: (L, n) square roots of the diagonals.
        error: products are known to ``error * sqrt(Q_ii Q_jj)``.
    """

    def __init__(self, linearized: Linearized) -> None:
        self.sample = linearized
        self.sizes = np.sqrt(linearized.exact.diagonals())
        self.error = (linearized.n + 64) * float(np.finfo(np.float64).eps) + ENTRY_ERRORS["float64"]
        self._known: Rows = np.empty(0, np.intp)
        self._grams: Floats = np.empty((len(self.sizes), 0, 0), linearized.dtype)

    def products(self, p: Floats) -> Floats:
        """``Q_l p`` of every layer, (L, n)."""
        exact, signed = self.sample.exact, p * self.sample.y
        if exact.grams is None:
            return exact.products(signed) * self.sample.y
        used = np.flatnonzero(p)
        total = np.zeros(self.sizes.shape)
        for part in np.array_split(used, max(1, len(used) // 512)):
            total += signed[part] @ exact.grams[:, part]
        return total * self.sample.y

    def norms(self, products: Floats, p: Floats) -> Floats:
        """The roots of ``p' Q_l p``, (L,), rounded up."""
        return np.sqrt(np.maximum(products @ p, 0.0) + self.error * (self.sizes @ p) ** 2)

    def block(self, rows: Rows, factors: Floats) -> Floats:
        """Rows and columns ``rows`` of ``sum_l factors_l Q_l``."""
        grams, at = (self.sample.grams, rows) if self.sample.grams is not None else self._known_grams(rows)
        total = np.zeros((len(rows), len(rows)))
        for factor, k in zip(factors, grams, strict=True):
            total += factor * k[np.ix_(at, at)]
        y = self.sample.y[rows]
        return total * y * y[:, None]

    def _known_grams(self, rows: Rows) -> tuple[Floats, Rows]:
        """Grams of some examples with ``rows`` among them, and where these are; what was computed before is kept."""
        new = np.setdiff1d(rows, self._known)
        wanted = np.concatenate([self._known, new])
        if len(self._known) and len(self._grams) * len(wanted) ** 2 * self._grams.itemsize > STORED:
            self._known, new, wanted = rows[:0], rows, rows
        if len(new):
            old, grams = len(self._known), np.empty((len(self.sizes), len(wanted), len(wanted)), self.sample.dtype)
            grams[:, :old, :old] = self._grams[:, :old, :old]
            grams[:, :, old:] = self._columns(wanted, new)
            grams[:, old:, :old] = np.swapaxes(grams[:, :old, old:], 1, 2)
            self._known, self._grams = wanted, grams
        order = np.argsort(self._known)
        return self._grams, order[np.searchsorted(self._known, rows, sorter=order)]

    def _columns(self, rows: Rows, columns: Rows) -> Floats:
        """``K_l / unit^2`` between examples; of full tiles, so that few programs are compiled."""
        sample = self.sample
        x, x2 = (sample.x[np.resize(part, -(-len(part) // _TILE) * _TILE)] for part in (rows, columns))
        found = gram(sample.net, sample.weights, x, x2, per_layer=True, dtype=sample.dtype, block_size=_TILE)
        return found[:, : len(rows), : len(columns)] / sample.unit**2


class Combination:
    """The form ``sum_l factors_l Q_l``, with factors 1 the joint one."""

    def __init__(self, layers: SignedLayers, factors: Floats | None = None) -> None:
        self.layers = layers
        self.factors = np.ones(len(layers.sizes)) if factors is None else factors
        self.diagonal = self.factors @ layers.sizes**2
        self.error = layers.error

    def block(self, rows: Rows) -> Floats:
        """Rows and columns ``rows``."""
        return self.layers.block(rows, self.factors)

    def product(self, p: Floats) -> Floats:
        """The form times p."""
        return self.factors @ self.layers.products(p)
