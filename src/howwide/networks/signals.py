r"""The signals inside a network: what every kernel, margin and measurement is made of.

With :math:`h_0 = x`, :math:`h_l = \sigma(W_l h_{l-1})` and, from the head downwards, :math:`b_H = D_H\, \text{head}`,
:math:`b_l = D_l W_{l+1}^\top b_{l+1}` (:math:`D_l` the 0/1 activation pattern, 0 at a pre-activation of exactly 0), the
gradient of the output with respect to a trained matrix is the rank-one product

.. math:: \nabla_{W_l} f(x) = \text{scale} \cdot b_l(x)\, h_{l-1}(x)^\top ,

and for a trained head :math:`b_L = 1`. So the tangent Gram of layer l is
:math:`\text{scale}^2 (b_l b_l^\top) \circ (h_{l-1} h_{l-1}^\top)`, and no Jacobian is ever formed.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from howwide.errors import ShapeError
from howwide.networks.precision import computing_in, floating_dtype
from howwide.networks.protocol import Network

__all__ = ["Signals", "backward", "forward", "layer_signals", "outputs", "product"]


class Signals(NamedTuple):
    """Signals of n inputs, one row each.

    Attributes:
        activations: ``(h_0, ..., h_{K-1})``, the input of each of the K trained matrices, (n, m_{l-1}).
        sensitivities: ``(b_1, ..., b_K)``, aligned with ``activations``, (n, m_l); a trained head has ones of shape (n,
            1).
        outputs: f(x), shape (n,).
        scale: the factor in front of every gradient.
    """

    activations: tuple[jax.Array, ...]
    sensitivities: tuple[jax.Array, ...]
    outputs: jax.Array
    scale: float


def product(a: jax.Array, b: jax.Array) -> jax.Array:
    """Matrix product in the full precision of its operands, on accelerators too."""
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)


def forward(hidden: tuple[jax.Array, ...], x: jax.Array) -> tuple[jax.Array, ...]:
    """Activations ``(h_0, ..., h_H)`` of rows ``x``."""
    activations = [x]
    for matrix in hidden:
        activations.append(jax.nn.relu(product(activations[-1], matrix.T)))
    return tuple(activations)


def backward(
    hidden: tuple[jax.Array, ...], head: jax.Array, activations: tuple[jax.Array, ...]
) -> tuple[jax.Array, ...]:
    """``(b_1, ..., b_H)`` from activations ``(h_0, ..., h_H)``.

    ``head`` of shape (m,) gives the sensitivities of the output; of shape (n, m) any row-scaled version of them, such
    as the per-example loss derivatives times the head.
    """
    signal = jnp.where(activations[-1] > 0, head, 0)
    signals = [signal]
    for matrix, h in zip(reversed(hidden[1:]), reversed(activations[1:-1]), strict=True):
        signal = jnp.where(h > 0, product(signal, matrix), 0)
        signals.append(signal)
    return tuple(reversed(signals))


def layer_signals(net: Network, weights: Any, x: Any) -> Signals:
    """The signals of ``net`` at ``weights`` on rows ``x`` of shape (n, d), in the dtype of the weights; see the module.

    Costs O(n m (d + m L)) time and O(n m L) memory.

    Raises:
        ShapeError: weights or inputs do not fit the network.
        SettingError: weights are neither float32 nor float64.
    """
    dtype = floating_dtype(weights)
    with computing_in(dtype):
        hidden, head, rows = _prepared(net, weights, x, dtype)
        activations = forward(hidden, rows)
        sensitivities = backward(hidden, head, activations)
        f = net.scale * product(activations[-1], head)
        if net.trains_head:
            return Signals(activations, (*sensitivities, jnp.ones((rows.shape[0], 1), dtype)), f, net.scale)
        return Signals(activations[:-1], sensitivities, f, net.scale)


def outputs(net: Network, weights: Any, x: Any) -> jax.Array:
    """f(x) for rows ``x``, shape (n,); the networks' ``apply``."""
    dtype = floating_dtype(weights)
    with computing_in(dtype, nan_is_outcome=True):
        hidden, head, rows = _prepared(net, weights, x, dtype)
        for matrix in hidden:
            rows = jax.nn.relu(product(rows, matrix.T))  # slope 0 at 0, unlike jnp.maximum
        return net.scale * product(rows, head)


def _prepared(net: Network, weights: Any, x: Any, dtype: Any) -> tuple[tuple[jax.Array, ...], jax.Array, jax.Array]:
    hidden, head = net.parts(weights)
    rows = jnp.asarray(x, dtype)
    if rows.ndim != 2 or rows.shape[1] != hidden[0].shape[1]:
        raise ShapeError(f"inputs must have shape (n, {hidden[0].shape[1]}), one row an example; got {rows.shape}")
    return tuple(jnp.asarray(w, dtype) for w in hidden), jnp.asarray(head, dtype), rows
