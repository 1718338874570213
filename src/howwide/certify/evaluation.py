"""Mistakes of a network, as every certificate counts them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from howwide.networks.protocol import Network

__all__ = ["Weights", "mistakes_of", "wrong"]

Weights = Sequence[npt.ArrayLike]
"""Weight matrices in order, as arrays of any kind."""

_ROWS = 4096  # evaluated at a time


def wrong(margins: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether a margin y f(x) is a mistake: it is not above 0, a tie and a NaN included.

    >>> wrong([1.0, 0.0, -1.0, float("nan")]).tolist()
    [False, True, True, True]
    """
    return ~(np.asarray(margins) > 0)


def mistakes_of(net: Network, weights: Weights, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether the network errs on each example: y f(x) is not above 0, a tie and a NaN included.

    Args:
        net: the network.
        weights: its weights.
        x: inputs (n, d).
        y: labels -1 and +1, (n,).
    """
    rows = np.asarray(x)
    parts = [np.asarray(net.apply(weights, rows[i : i + _ROWS])) for i in range(0, len(rows), _ROWS)]
    return wrong(np.asarray(y) * np.concatenate(parts))
