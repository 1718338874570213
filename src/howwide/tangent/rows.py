r"""The signals of many examples, block after block: what the Gram and the operator read.

A block holds the input activations and the sensitivities of every trained matrix for some rows
(:func:`howwide.networks.layer_signals`); n rows of a network need n times the sum of all its layers' widths, twice.
Where that is more than the memory granted, a block is computed anew each time it is used.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from howwide.checks import check_count
from howwide.errors import SettingError, ShapeError
from howwide.networks.protocol import Network
from howwide.networks.signals import Signals, layer_signals

__all__ = ["DEFAULT_MEMORY", "Blocks", "as_dtype", "as_rows"]

DEFAULT_MEMORY = 4 * 2**30
"""Bytes of signals that are kept."""


def as_dtype(dtype: DTypeLike) -> np.dtype[np.floating]:
    """``dtype`` if it is float64 or float32.

    Raises:
        SettingError: it is neither.
    """
    try:
        given = np.dtype(dtype)
    except TypeError:
        given = np.dtype(object)
    for floating in (np.dtype(np.float64), np.dtype(np.float32)):
        if given == floating:
            return floating
    raise SettingError(f"dtype is float64 or float32; got {dtype!r}")


def as_rows(x: ArrayLike, name: str = "inputs") -> NDArray[np.generic]:
    """``x`` as finite numbers of shape (n, d), n at least 1.

    Raises:
        ShapeError: another shape, or no rows.
        SettingError: not numbers, or not finite.
    """
    rows = np.asarray(x)
    if rows.ndim != 2 or not rows.size:
        raise ShapeError(f"{name} must have shape (n, d), one row an example; got {rows.shape}")
    if rows.dtype.kind not in "biuf" or not np.isfinite(rows).all():
        raise SettingError(f"{name} must be finite real numbers; found NaN, infinity or text")
    return rows


class Blocks:
    """Signals of rows ``x`` of ``net`` at ``weights``, in blocks of at most ``block_size`` rows.

    Iterating gives ``(slice, Signals)``; outside a block nothing of size n m is held unless it fits ``memory`` bytes.

    Raises:
        SettingError: numbers that are not finite, another dtype than float64 and float32, or an empty block.
        ShapeError: weights or rows do not fit the network.
    """

    def __init__(
        self,
        net: Network,
        weights: Sequence[ArrayLike],
        x: ArrayLike,
        *,
        dtype: DTypeLike,
        block_size: int,
        memory: float = DEFAULT_MEMORY,
    ) -> None:
        self.dtype = as_dtype(dtype)
        self.net = net
        self.weights = tuple(np.asarray(w).astype(self.dtype) for w in weights)
        if not all(np.isfinite(w).all() for w in self.weights):
            raise SettingError("weights hold NaN or infinite values; a diverged run has no tangent kernel")
        self.x = as_rows(x).astype(self.dtype)
        size = check_count(block_size, "block_size", 1)
        n = len(self.x)
        self.slices = [slice(a, min(a + size, n)) for a in range(0, n, size)]
        shapes = [w.shape for w in self.weights]
        net.parts(self.weights)
        if self.x.shape[1] != shapes[0][1]:
            raise ShapeError(f"the first matrix takes {shapes[0][1]} inputs but the rows have {self.x.shape[1]}")
        self._keeps = n * sum(a + b for a, b in shapes) * self.dtype.itemsize <= memory
        self._signals: dict[int, Signals] = {}

    def __len__(self) -> int:
        return len(self.slices)

    def __getitem__(self, index: int) -> Signals:
        """Signals of block ``index``."""
        signals = self._signals.get(index) or layer_signals(self.net, self.weights, self.x[self.slices[index]])
        if self._keeps:
            self._signals[index] = signals
        return signals

    def __iter__(self) -> Iterator[tuple[slice, Signals]]:
        return ((part, self[index]) for index, part in enumerate(self.slices))
