r"""The tangent Gram, layer by layer, without a Jacobian.

.. math:: K_l = \text{scale}^2\, (B_l B_l'^\top) \circ (H_{l-1} H_{l-1}'^\top), \qquad K = \sum_l K_l ,

(fact sheet 16.1; scale :math:`m^\alpha` for `DeepReLU`, 1 for `FixedHeadReLU`): two matrix products a layer and no
autodiff, O(L m n^2 + L m^2 n) time. The result is filled tile by tile; of a symmetric Gram the upper tiles are computed
and mirrored.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import Signals, product
from howwide.tangent.rows import Blocks

__all__ = ["gram"]


def gram(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    x2: ArrayLike | None = None,
    *,
    per_layer: bool = False,
    dtype: DTypeLike = "float64",
    block_size: int = 1024,
) -> NDArray[np.floating]:
    r"""The tangent Gram :math:`K_{ij} = \langle \nabla f_W(x_i), \nabla f_W(x'_j) \rangle`, exact up to rounding.

    Scale: that of the network, entries about :math:`m^{2\alpha}` (fixed head: m); divide by it for the scale of
    :func:`howwide.tangent.infinite_gram`. Symmetric results are symmetric to the last bit.

    Args:
        net: the network.
        weights: where the gradients are taken, not only the initial weights.
        x: (n, d) rows.
        x2: (n2, d) rows of the second argument; ``x`` if left out.
        per_layer: the L Grams of the trained matrices instead of their sum.
        dtype: float64, whatever the dtype of the weights; float32 is twice as fast, relative error about 1e-6.
        block_size: rows and columns of a tile; memory is the result, the signals (up to 4 GiB) and one tile.

    Returns:
        (n, n2), or (L, n, n2).

    Raises:
        ShapeError: weights or rows do not fit the network.
        SettingError: numbers that are not finite, or another dtype.
    """
    left = Blocks(net, weights, x, dtype=dtype, block_size=block_size)
    right = left if x2 is None else Blocks(net, weights, x2, dtype=dtype, block_size=block_size)
    shape = (len(left.x), len(right.x))
    result = np.empty((len(left.weights), *shape) if per_layer else shape, left.dtype)
    with computing_in(left.dtype):
        for i, rows in enumerate(left.slices):
            for j, columns in enumerate(right.slices):
                if x2 is None and j < i:
                    continue
                tile = np.asarray(_tile(left[i], right[j], per_layer))
                if x2 is None and j == i:
                    tile = np.tril(tile) + np.swapaxes(np.tril(tile, -1), -1, -2)
                result[..., rows, columns] = tile
                if x2 is None and j > i:
                    result[..., columns, rows] = np.swapaxes(tile, -1, -2)
    return result


@functools.partial(jax.jit, static_argnums=2)
def _tile(rows: Signals, columns: Signals, per_layer: bool) -> jax.Array:
    grams = []
    pairs = zip(rows.activations, columns.activations, rows.sensitivities, columns.sensitivities, strict=True)
    for h, h2, b, b2 in pairs:
        activations = product(h, h2.T)
        # K_l = scale^2 (B_l B_l'^T) o (H H'^T); a trained head has sensitivities 1, one column
        grams.append(rows.scale**2 * activations * (product(b, b2.T) if b.shape[1] > 1 else b * b2.T))
    return jnp.stack(grams) if per_layer else sum(grams[1:], start=grams[0])
