r"""The tangent features as linear maps, for samples whose Gram nobody stores.

With :math:`\phi_l(x) = \nabla_{W_l} f_W(x)` let :math:`J_l^\top c = \sum_i c_i\, \phi_l(x_i)` (a matrix of the shape of
:math:`W_l`) and :math:`(J_l U)_i = \langle \phi_l(x_i), U \rangle`. Then :math:`K_l = J_l J_l^\top`, and a product
:math:`K_l c` is a push-forward after a pull-back: O(n m (d + m)) time for all layers together, where the stored
Gram takes O(n^2) time and memory. Signals are rank one, so both are matrix products:

.. math:: J_l^\top c = \text{scale}\,(c \circ B_l)^\top H_{l-1}, \qquad
          J_l U = \text{scale}\,\operatorname{rowsum}(B_l \circ H_{l-1} U^\top).
"""

from collections.abc import Sequence
from typing import Literal, overload

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.sparse.linalg import LinearOperator

from howwide.errors import ShapeError
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import Signals, product
from howwide.tangent.rows import DEFAULT_MEMORY, Blocks

__all__ = ["TangentOperator"]


class TangentOperator(LinearOperator):  # type: ignore[misc]
    r"""The tangent Gram :math:`K = \sum_l K_l` of rows ``x`` as a linear operator that never stores K.

    A SciPy :class:`~scipy.sparse.linalg.LinearOperator` of shape (n, n): ``K @ v``, eigensolvers and Krylov methods
    take it. Scale of the network: :math:`K_{ij} = \langle \nabla f(x_i), \nabla f(x_j) \rangle`, about m^{2 alpha}.

    Args:
        net: the network.
        weights: where the gradients are taken; any weights, trained ones too.
        x: (n, d) rows.
        dtype: float64, or float32 at half the memory and a relative error of about 1e-6.
        block_size: rows worked on at once; changes memory, and values by rounding only.
        memory: bytes of signals to keep between products, 4 GiB by default; beyond it they are computed anew.

    Attributes:
        outputs: f(x_i), shape (n,), float64.
        layers: the number of trained matrices.

    Raises:
        ShapeError: weights or rows do not fit the network.
        SettingError: numbers that are not finite, or another dtype.
    """

    def __init__(
        self,
        net: Network,
        weights: Sequence[ArrayLike],
        x: ArrayLike,
        *,
        dtype: DTypeLike = "float64",
        block_size: int = 4096,
        memory: float = DEFAULT_MEMORY,
    ) -> None:
        self.blocks = Blocks(net, weights, x, dtype=dtype, block_size=block_size, memory=memory)
        n = len(self.blocks.x)
        super().__init__(self.blocks.dtype, (n, n))
        self.layers = len(self.blocks.weights)
        self.outputs = np.empty(n)
        self._diagonals = np.empty((self.layers, n))
        with computing_in(self.dtype):
            for part, signals in self.blocks:
                self.outputs[part] = signals.outputs
                self._diagonals[:, part] = _diagonals(signals) * signals.scale**2

    def pull(self, c: ArrayLike) -> tuple[NDArray[np.floating], ...]:
        r"""The matrices :math:`J_l^\top c_l = \sum_i c_{l,i} \nabla_{W_l} f(x_i)`.

        Args:
            c: (n,) coefficients, or (L, n), a row a layer.

        Raises:
            ShapeError: another shape.
        """
        c = np.asarray(c, self.dtype)
        if c.shape not in (self.shape[:1], (self.layers, self.shape[0])):
            raise ShapeError(f"coefficients must have shape ({self.shape[0]},), or a row a layer; got {c.shape}")
        c = np.broadcast_to(c, (self.layers, self.shape[0]))
        with computing_in(self.dtype):
            total = None
            for part, signals in self.blocks:
                new = _pull(signals, c[:, part])
                total = new if total is None else tuple(a + b for a, b in zip(total, new, strict=True))
        assert total is not None
        return tuple(np.asarray(u) for u in total)

    def push(self, directions: Sequence[ArrayLike]) -> NDArray[np.floating]:
        r"""The derivatives :math:`\langle \nabla_{W_l} f(x_i), U_l \rangle`, shape (L, n); their sum over l is a jvp.

        Args:
            directions: a matrix of the shape of each weight matrix.

        Raises:
            ShapeError: other shapes.
        """
        shapes = [w.shape for w in self.blocks.weights]
        if [np.shape(u) for u in directions] != shapes:
            raise ShapeError(f"directions must have the shapes of the weights, {shapes}")
        derivatives = np.empty((self.layers, self.shape[0]), self.dtype)
        with computing_in(self.dtype):
            matrices = tuple(jnp.asarray(u, self.dtype) for u in directions)
            for part, signals in self.blocks:
                derivatives[:, part] = _push(signals, matrices)
        return derivatives

    def layer_products(self, c: ArrayLike) -> NDArray[np.floating]:
        """The products ``K_l c`` of every layer, shape (L, n), for coefficients as in :meth:`pull`."""
        return self.push(self.pull(c))

    def diagonal(self, *, per_layer: bool = False) -> NDArray[np.float64]:
        """Squared gradient norms, (n,) float64, or (L, n) per layer."""
        return self._diagonals.copy() if per_layer else self._diagonals.sum(0)

    @overload
    def trace(self, *, per_layer: Literal[False] = False) -> float: ...

    @overload
    def trace(self, *, per_layer: Literal[True]) -> NDArray[np.float64]: ...

    def trace(self, *, per_layer: bool = False) -> float | NDArray[np.float64]:
        """The trace of K, or of every K_l, in float64."""
        traces: NDArray[np.float64] = self._diagonals.sum(1)
        return traces if per_layer else float(traces.sum())

    def _matvec(self, v: NDArray[np.floating]) -> NDArray[np.floating]:
        return self.layer_products(np.ravel(v)).sum(0)

    def _adjoint(self) -> "TangentOperator":
        return self


@jax.jit
def _diagonals(s: Signals) -> jax.Array:
    layers = zip(s.activations, s.sensitivities, strict=True)
    return jnp.stack([jnp.sum(h * h, 1) * jnp.sum(b * b, 1) for h, b in layers])


@jax.jit
def _pull(s: Signals, c: jax.Array) -> tuple[jax.Array, ...]:
    # scale (c o B_l)' H_{l-1}
    layers = zip(c, s.activations, s.sensitivities, strict=True)
    return tuple(s.scale * product((v[:, None] * b).T, h) for v, h, b in layers)


@jax.jit
def _push(s: Signals, matrices: tuple[jax.Array, ...]) -> jax.Array:
    # scale rowsum(B_l o H_{l-1} U')
    layers = zip(matrices, s.activations, s.sensitivities, strict=True)
    return jnp.stack([s.scale * jnp.sum(b * product(h, u.T), 1) for u, h, b in layers])
