"""What a network does on examples: outputs, margins, mistakes, losses, and how far its weights are from the start.

Outputs are computed in the dtype of the weights unless another is asked for, and are float64 from then on. A margin is
:math:`y f(x)`; an example is a *mistake* unless its margin is positive, so that an output of 0 and one that is no
number (a diverged network) are mistakes.
"""

from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from howwide.data import Dataset
from howwide.losses import LOGISTIC, Loss, get_loss
from howwide.networks.protocol import Network

__all__ = ["Floats", "distances", "error", "margins", "mean_loss", "mistakes", "outputs", "plain_error", "test_error"]

Floats = NDArray[np.float64]

_ROWS = 4096  # evaluated at a time; bounds the memory of activations

_Array = TypeVar("_Array", NDArray[Any], jax.Array)


def outputs(net: Network, weights: Any, x: Any, *, dtype: str | None = None) -> Floats:
    """f(x) in float64, shape (n,).

    Args:
        net: the network.
        weights: its weights, float32 or float64.
        x: inputs (n, d), one row an example.
        dtype: what f is computed in; the dtype of the weights unless given.

    Raises:
        ShapeError: weights or inputs do not fit the network.
        SettingError: weights are neither float32 nor float64.
    """
    if dtype is not None:
        weights = tuple(np.asarray(w, dtype) for w in weights)
    parts = [np.asarray(net.apply(weights, x[i : i + _ROWS]), np.float64) for i in range(0, len(x), _ROWS)]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def margins(net: Network, weights: Any, x: Any, y: Any, *, dtype: str | None = None) -> Floats:
    """Y f(x) in float64, shape (n,), for labels ``y`` of -1 and +1; see :func:`outputs`.

    Raises:
        ShapeError: weights or inputs do not fit the network.
        SettingError: weights are neither float32 nor float64.
    """
    return np.asarray(y, np.float64) * outputs(net, weights, x, dtype=dtype)


def mistakes(margins: _Array) -> _Array:
    """Whether each margin is a mistake: it is not above 0; a tie and NaN are mistakes.

    >>> mistakes(np.array([1.0, 0.0, -1.0, np.nan])).tolist()
    [False, True, True, True]
    """
    return ~(margins > 0)


def error(net: Network, weights: Any, x: Any, y: Any) -> float:
    """The share of mistakes on examples (x, y).

    Raises:
        ShapeError: weights or inputs do not fit the network.
        SettingError: weights are neither float32 nor float64.
    """
    return float(mistakes(margins(net, weights, x, y)).mean())


def plain_error(net: Network, weights: Any, x: NDArray[Any], y: NDArray[Any]) -> float:
    """:func:`error` by NumPy on one thread, for one look at many networks: nothing is compiled for their shapes.

    Raises:
        ShapeError: weights do not fit the network.
    """
    hidden, head = net.parts(weights)
    with threadpool_limits(1), np.errstate(over="ignore", invalid="ignore"):  # a diverged network: all are mistakes
        signals = np.asarray(x, head.dtype)
        for matrix in hidden:
            signals = np.maximum(signals @ np.asarray(matrix).T, 0)
        return float(mistakes(y * (net.scale * (signals @ np.asarray(head)))).mean())


def test_error(net: Network, weights: Any, ds: Dataset) -> float:
    """The share of mistakes on the test part of ``ds``; NaN where it has none.

    Raises:
        ShapeError: weights or inputs do not fit the network.
        SettingError: weights are neither float32 nor float64.
    """
    return float("nan") if ds.x_test is None else error(net, weights, ds.x_test, ds.y_test)


def mean_loss(margins: Floats, loss: str | Loss = LOGISTIC) -> float:
    """The average of l(z) over margins z, in float64; infinite or NaN where the outputs are.

    Raises:
        SettingError: no such loss.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.mean(get_loss(loss).value(margins)))


def distances(weights: Any, start: Any) -> Floats:
    """Frobenius distance of every matrix from its start, in float64, shape (L,)."""
    pairs = zip(weights, start, strict=True)
    return np.array([np.linalg.norm(np.asarray(w, np.float64) - np.asarray(w0, np.float64)) for w, w0 in pairs])
