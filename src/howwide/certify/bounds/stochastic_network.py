r"""The stochastic network: a new draw of all trained weights for every prediction.

With :math:`U_l = W_l + \sigma_l G_l`, the entries of :math:`G_l` independent :math:`N(0, 1)`, the output at x is

.. math:: f_U(x) = \text{scale} \cdot U_L\, \sigma(U_{L-1} \cdots \sigma(U_1 x)) .

Drawing whole weight matrices for every prediction is dear, and is not needed: given the input h of a layer its rows of
:math:`G_l` are independent of everything before, so that

.. math:: U_l h \mid h \;\sim\; N\big(W_l h,\; \sigma_l^2 \|h\|^2 I\big),

and layer after layer one normal number a neuron has *exactly* the law of a new weight draw for this one example (the
local reparametrisation of :cite:`kingma2015`, here an identity in law and no approximation). A frozen head has no
noise. All examples and all draws are independent of each other, which is what the Monte Carlo of
:func:`howwide.certify.pac_bayes` needs; one weight draw shared by all examples would be far noisier.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from howwide.certify.inputs import Weights
from howwide.checks import check_count
from howwide.errors import SettingError, ShapeError
from howwide.networks import NTK
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import product
from howwide.tangent.rows import as_dtype, as_rows
from howwide.training.problem import padded_width

__all__ = ["drawn_outputs", "noise_deviations"]


def noise_deviations(net: Network, scale: float) -> tuple[float, ...]:
    r"""Standard deviations :math:`\sigma_l` of the noise: ``scale`` times that of the entries at the start.

    That is :math:`s \sqrt{2/m_l}` for a hidden matrix and :math:`s / \sqrt m` for a trained head: the noise is
    :math:`N(0, s^2)` in the parametrisation in which the start is :math:`N(0, 1)`
    (:data:`howwide.networks.parametrisations.NTK`), and s means the same at every width.
    """
    return tuple(scale * s for s in NTK.scales(net))


def drawn_outputs(
    net: Network,
    weights: Weights,
    deviations: Sequence[float],
    x: npt.ArrayLike,
    *,
    draws: int = 1,
    dtype: npt.DTypeLike = "float64",
    block_size: int = 512,
    key: jax.Array,
) -> np.ndarray:
    """Outputs of the stochastic network, every one under a weight draw of its own; see the module.

    Example i and draw k read the stream ``fold_in(fold_in(key, i), k)``, so that more examples or draws change none of
    the earlier. Costs ``draws`` forward passes, O(draws n m (d + m L)) time, and O(block_size m) memory beside the
    weights and the result.

    Args:
        net: the network.
        weights: the means W_l, shapes of the network's matrices.
        deviations: sigma_l, one number of at least 0 a matrix.
        x: inputs (n, d).
        draws: independent outputs for each example.
        dtype: float64, or float32, which is about three times faster and rounds.
        block_size: examples that are computed at once at most, rounded up to 32; changes no value but by rounding.
        key: a JAX random key.

    Returns:
        Outputs, shape (draws, n).

    Raises:
        ShapeError: weights, deviations or inputs do not fit the network.
        SettingError: no draw, no example at once, another dtype, a negative or non-finite deviation, or inputs that are
            not finite.
    """
    rows, size = as_rows(x), check_count(block_size, "block_size", 1)
    draws = check_count(draws, "draws", 1)
    sigmas = np.asarray(deviations, np.float64)
    if sigmas.shape != (len(weights),):
        raise ShapeError(f"expected one deviation for each of the {len(weights)} matrices; got shape {sigmas.shape}")
    if not (np.isfinite(sigmas).all() and (sigmas >= 0).all()):
        raise SettingError(f"deviations must be finite numbers of at least 0; got {tuple(deviations)}")
    hidden, head = net.parts(tuple(np.asarray(w) for w in weights))
    if rows.shape[1] != hidden[0].shape[1]:
        raise ShapeError(f"the first matrix takes {hidden[0].shape[1]} inputs but the rows have {rows.shape[1]}")
    kind = as_dtype(dtype)
    noise = sigmas if net.trains_head else np.append(sigmas, 0.0)
    with computing_in(kind, nan_is_outcome=True), np.errstate(over="ignore"):
        arrays = [jnp.asarray(np.asarray(a).astype(kind)) for a in (*hidden, head, noise)]
        blocks = [_block(arrays, jnp.asarray(part, kind), index, key, draws) for part, index in _blocks(rows, size)]
        return net.scale * np.concatenate(blocks, axis=1)[:, : len(rows)]


def _blocks(rows: np.ndarray, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Blocks of one length, so that they share a compilation, and the numbers of their examples; zero rows at the end.

    The length is the least multiple of 32 with as few blocks.
    """
    count = -(-len(rows) // size)
    length = -(-len(rows) // (32 * count)) * 32
    filled = np.concatenate([rows, np.zeros((count * length - len(rows), rows.shape[1]), rows.dtype)])
    index = np.arange(count * length, dtype=np.int32)
    return list(zip(np.split(filled, count), np.split(index, count), strict=True))


def _block(arrays: list[jax.Array], x: jax.Array, index: np.ndarray, key: jax.Array, draws: int) -> np.ndarray:
    """Outputs of one block before the scale, shape (draws, block)."""
    *hidden, head, deviations = arrays
    keys, mean = _prepared(hidden[0], x, index, key)
    count = padded_width(max(64, sum(matrix.shape[0] for matrix in hidden) + 1))  # networks share the compilation
    outputs = []
    for draw in range(draws):
        normals = _normals(keys, np.int32(draw), count, x.dtype)
        outputs.append(np.asarray(_drawn(hidden[1:], head, deviations, x, mean, normals)))
    return np.stack(outputs)


@jax.jit
def _prepared(first: jax.Array, x: jax.Array, index: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What all draws share: the examples' own keys, and ``W_1 x``."""
    return jax.vmap(jax.random.fold_in, (None, 0))(key, index), product(x, first.T)


@functools.partial(jax.jit, static_argnames=("count", "dtype"))
def _normals(keys: jax.Array, draw: np.int32, count: int, dtype: np.dtype) -> jax.Array:
    """A row of independent N(0, 1) numbers for each example, enough for its neurons and its output."""
    return jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, draw), (count,), dtype))(keys)


@jax.jit
def _drawn(
    later: list[jax.Array], head: jax.Array, deviations: jax.Array, x: jax.Array, mean: jax.Array, normals: jax.Array
) -> jax.Array:
    """One output for each row ``x``, ``mean`` being ``W_1 x``."""
    used, z = mean.shape[1], _noisy(mean, x, deviations[0], normals[:, : mean.shape[1]])
    for layer, matrix in enumerate((*later, head[None]), start=1):
        h = jax.nn.relu(z)
        z = _noisy(product(h, matrix.T), h, deviations[layer], normals[:, used : used + matrix.shape[0]])
        used += matrix.shape[0]
    return z[:, 0]


def _noisy(mean: jax.Array, h: jax.Array, deviation: jax.Array, normals: jax.Array) -> jax.Array:
    """``U h`` for the rows ``h``, of which ``mean`` is W h; see the module."""
    return mean + deviation * jnp.linalg.norm(h, axis=1, keepdims=True) * normals
