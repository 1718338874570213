r"""Random starts exactly as the papers state them.

Hidden matrices have independent entries :math:`N(0, 2/m_l)`, with :math:`m_l` the number of *rows* (the width of the
layer that is computed), in both papers. The antisymmetric start is an explicit choice that makes :math:`f = 0` at the
start without changing the law of the hidden representations: the last hidden layer is drawn for half its neurons and
duplicated, and the two copies get opposite heads. (Doubling every layer blockwise would make a different network: see
``docs/notation``.)
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from howwide.errors import SettingError

__all__ = ["check_start", "gaussian", "gaussian_hidden_layers", "mirrored"]

_MOST_ENTRIES = 2**31


def gaussian_hidden_layers(
    key: Any, input_dim: int, widths: tuple[int, ...], antisymmetric: bool, dtype: Any
) -> list[jax.Array]:
    """Matrices of independent N(0, 2/rows) entries; layer ``l`` is drawn from ``fold_in(key, l)``.

    Raises:
        SettingError: another dtype than float32 and float64, an antisymmetric start with an odd last width, or too many
            entries.
    """
    if np.dtype(dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise SettingError(f"initial weights are float32 or float64; got dtype {np.dtype(dtype)}")
    if antisymmetric and widths[-1] % 2:
        raise SettingError(f"an antisymmetric start needs an even width in the last hidden layer; got {widths[-1]}")
    layers = []
    for index, (rows, columns) in enumerate(zip(widths, (input_dim, *widths[:-1]), strict=True)):
        doubled = antisymmetric and index == len(widths) - 1
        shape = (rows // 2 if doubled else rows, columns)
        layer = gaussian(jax.random.fold_in(key, index), shape, 2.0 / rows, dtype)
        layers.append(mirrored(layer) if doubled else layer)
    return layers


def check_start(net: Any, input_dim: int, *, antisymmetric: bool = False, dtype: Any = "float32") -> None:
    """See that a network can be started so, without drawing anything.

    Args:
        net: the network.
        input_dim: d.
        antisymmetric: start with f = 0.
        dtype: float32 or float64.

    Raises:
        SettingError: it cannot; as ``init`` of the network has it.
    """
    jax.eval_shape(lambda: net.init(jax.random.key(0), input_dim, antisymmetric=antisymmetric, dtype=dtype))


def gaussian(key: Any, shape: tuple[int, int], variance: float, dtype: Any) -> jax.Array:
    """Independent N(0, variance) entries, row by row the beginning of the stream of ``key``.

    The stream is drawn in float32 whatever ``dtype`` is, so that a float64 run refines the float32 run of the same key,
    and in lengths from a coarse grid, so that a new width does not compile the generator again.

    Raises:
        SettingError: more than 2^31 entries.
    """
    entries = shape[0] * shape[1]
    if entries > _MOST_ENTRIES:
        raise SettingError(f"a weight matrix of {shape[0]} x {shape[1]} has over 2^31 entries; choose a smaller width")
    stream: Any = _stream(key, max(256, 1 << (entries - 1).bit_length()))
    if not isinstance(stream, jax.core.Tracer):
        stream = np.asarray(stream)  # cut and scaled by NumPy, which compiles nothing for a shape
    matrix = stream[:entries].reshape(shape).astype(dtype)
    return jnp.asarray(matrix * np.sqrt(matrix.dtype.type(variance)))


@functools.partial(jax.jit, static_argnames="length")
def _stream(key: Any, length: int) -> jax.Array:
    return jax.random.normal(key, (length,), jnp.float32)


def mirrored(layer: jax.Array, sign: float = 1.0) -> jax.Array:
    """``layer`` above ``sign`` times itself: two copies of the same neurons."""
    return jnp.concatenate([layer, sign * layer])
