r"""Random starts exactly as the papers state them.

Hidden matrices have independent entries :math:`N(0, 2/m_l)`, with :math:`m_l` the number of *rows* (the width of the
layer that is computed), in both papers. The antisymmetric start is an explicit choice that makes :math:`f = 0` at the
start without changing the law of the hidden representations: the last hidden layer is drawn for half its neurons and
duplicated, and the two copies get opposite heads. (Doubling every layer blockwise would make a different network: see
``docs/notation``.)
"""

from typing import Any

import jax
import jax.numpy as jnp

from howwide.errors import SettingError

__all__ = ["gaussian_hidden_layers", "mirrored"]


def gaussian_hidden_layers(
    key: Any, input_dim: int, widths: tuple[int, ...], *, antisymmetric: bool, dtype: Any
) -> list[jax.Array]:
    """Matrices of independent N(0, 2/rows) entries; layer ``l`` uses ``fold_in(key, l)``.

    Raises:
        SettingError: an antisymmetric start is asked of a last hidden layer with an odd width.
    """
    if antisymmetric and widths[-1] % 2:
        raise SettingError(f"an antisymmetric start needs an even width in the last hidden layer; got {widths[-1]}")
    layers = []
    for index, (rows, columns) in enumerate(zip(widths, (input_dim, *widths[:-1]), strict=True)):
        doubled = antisymmetric and index == len(widths) - 1
        drawn = jax.random.normal(jax.random.fold_in(key, index), (rows // 2 if doubled else rows, columns), dtype)
        layer = drawn * jnp.sqrt(jnp.asarray(2.0 / rows, dtype))
        layers.append(mirrored(layer) if doubled else layer)
    return layers


def mirrored(layer: jax.Array, sign: float = 1.0) -> jax.Array:
    """``layer`` above ``sign`` times itself: two copies of the same neurons."""
    return jnp.concatenate([layer, sign * layer])
