r"""The linearised network on a sample, the subject of every problem of this package.

.. math:: F_U(x_i) = f_{W}(x_i) + \sum_l \langle \nabla_{W_l} f_{W}(x_i), U_l \rangle ,

the neural tangent random features of Chen et al. (ICLR 2021, section 3.1) at weights W, most often the initial ones. By
the representer theorem every problem below has a solution :math:`U_l = \sum_i a_{l,i} \nabla_{W_l} f(x_i)`, so n
coefficients a layer describe it, and all that is needed of the features is the products :math:`K_l a_l`: by the stored
Grams of the layers while they fit, by :class:`~howwide.tangent.TangentOperator` beyond.
"""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from howwide.errors import DataError, ShapeError
from howwide.networks.protocol import Network
from howwide.tangent import TangentOperator, gram

__all__ = ["Linearized", "as_signs"]

Floats = NDArray[np.float64]

STORED = 3 * 2**30
"""Bytes that the stored Grams of all layers may take."""


class Linearized:
    """The linearisation of ``net`` at ``weights`` on examples ``x`` (n, d) with labels ``y`` (n,) of -1 and +1.

    Args:
        net: the network.
        weights: where it is linearised.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        dtype: float64, or float32 at half the memory: then weights and rows are rounded to float32 here, and
            :attr:`exact` has them as they were given. Sums over the examples are in float64 all the same.
        stored: bytes that stored Grams may take; 0 never stores them.

    Attributes:
        outputs: f_W(x_i), (n,), float64.
        layers: number L of trained matrices.
        unit: R / unit is the radius of a ball of the theory with radius R: m^alpha, or m^{1/2} for a fixed head.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: numbers that are not finite, or another dtype.
    """

    def __init__(
        self,
        net: Network,
        weights: Sequence[ArrayLike],
        x: ArrayLike,
        y: ArrayLike,
        *,
        dtype: DTypeLike = "float64",
        stored: float = STORED,
    ) -> None:
        self.operator = TangentOperator(net, weights, x, dtype=dtype)
        self._given = weights, x
        self.net, self.weights, self.x = net, self.operator.blocks.weights, self.operator.blocks.x
        self.y = as_signs(y, len(self.x))
        self.outputs, self.layers, self.unit = self.operator.outputs, self.operator.layers, net.gradient_scale
        self.dtype = self.operator.blocks.dtype
        self._stores = self.layers * len(self.x) ** 2 * self.dtype.itemsize <= stored
        self._grams: NDArray[np.floating] | None = None

    @functools.cached_property
    def exact(self) -> "Linearized":
        """The sample and the weights as they were given, in float64, for which ends are certified; stores no Grams."""
        if self.dtype == np.float64:
            return self
        return Linearized(self.net, *self._given, self.y, stored=0)

    @property
    def n(self) -> int:
        """The number of examples."""
        return len(self.x)

    @property
    def grams(self) -> NDArray[np.floating] | None:
        """The Grams K_l / unit^2, (L, n, n), computed once; None where they would take too much memory."""
        if self._stores and self._grams is None:
            self._grams = gram(self.net, self.weights, self.x, per_layer=True, dtype=self.dtype)
            self._grams /= self.unit**2
        return self._grams

    def products(self, c: ArrayLike) -> Floats:
        """``K_l c_l / unit^2`` of every layer, (L, n) float64, for ``c`` of shape (n,), or (L, n)."""
        c = np.asarray(c, float)
        if self.grams is not None:
            c = np.broadcast_to(c, (self.layers, self.n)).astype(self.dtype)
            return np.stack([k @ v for k, v in zip(self.grams, c, strict=True)]).astype(float)
        return np.asarray(self.operator.layer_products(c), float) / self.unit**2

    def diagonals(self) -> Floats:
        """Squared gradient norms of every layer over unit^2, (L, n), float64."""
        return self.operator.diagonal(per_layer=True) / self.unit**2

    def vanishing(self) -> NDArray[np.bool_]:
        """Whether all gradients of an example are zero, (n,): no neuron of some layer is on, and F_U(x) = f(x).

        Read off the signals, whose squares might be too small for a number.
        """
        found = np.empty(self.n, bool)
        for part, signals in self.operator.blocks:
            layers = zip(signals.activations, signals.sensitivities, strict=True)
            found[part] = ~np.any([np.any(h, axis=1) & np.any(b, axis=1) for h, b in layers], axis=0)
        return found

    def directions(self, c: ArrayLike) -> tuple[Floats, ...]:
        """The matrices ``U_l = sum_i c_{l,i} grad_{W_l} f(x_i) / unit^2`` whose outputs are :meth:`products`."""
        return tuple(np.asarray(u, float) / self.unit**2 for u in self.operator.pull(c))


def as_signs(y: ArrayLike, n: int) -> Floats:
    """Labels -1 and +1 of n rows, as float64.

    Raises:
        ShapeError: another number of labels.
        DataError: another label.
    """
    y = np.asarray(y)
    if y.shape != (n,):
        raise ShapeError(f"expected a label for each of the {n} rows, shape ({n},); got {y.shape}")
    if y.dtype.kind not in "biuf" or not np.isin(y, (-1, 1)).all():
        raise DataError("labels must be -1 or +1; use howwide.data.signed_labels")
    return y.astype(float)
