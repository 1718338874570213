r"""A Gaussian around trained weights, its divergence from the one around the start, and its errors.

:math:`Q = N(W, \sigma^2)` and :math:`P = N(W_0, \sigma^2)` have the same noise, so their divergence is a distance:

.. math:: \mathrm{KL}(Q \| P) = \sum_l \frac{\|W_l - W_{0,l}\|_F^2}{2 \sigma_l^2} .

Only trained matrices move and are noisy; a frozen head adds nothing. Errors are those of the stochastic network
(:mod:`howwide.certify.bounds.stochastic_network`), by simulation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from howwide.certify.bounds.stochastic_network import drawn_outputs, noise_deviations
from howwide.errors import DataError, ShapeError
from howwide.evaluate import error, mistakes
from howwide.networks.precision import floating_dtype
from howwide.networks.protocol import Network

__all__ = ["Posterior", "checked_weights", "choose", "gaussian_divergence", "posterior"]


@dataclass(frozen=True)
class Posterior:
    """The stochastic network around some weights.

    Attributes:
        net: the network.
        weights: the means.
        deviations: sigma_l of every matrix.
        scale: they are this multiple of the deviations at the start.
        divergence: from the prior around the initial weights, rounded upward.
        snapshot: which of several weights it belongs to.
    """

    net: Network
    weights: tuple[np.ndarray, ...]
    deviations: tuple[float, ...]
    scale: float
    divergence: float
    snapshot: int

    def error(self, x: np.ndarray, y: np.ndarray, *, draws: int, dtype: Any = "float64", key: Any) -> float:
        """Share of mistakes among independent predictions, ``draws`` for each example."""
        f = drawn_outputs(self.net, self.weights, self.deviations, x, draws=draws, dtype=dtype, key=key)
        return float(np.mean(mistakes(f * y)))

    def error_without_noise(self, x: np.ndarray, y: np.ndarray) -> float:
        """Share of mistakes of the network at the means."""
        return error(self.net, self.weights, x, y)


def posterior(net: Network, initial: Any, weights: Any, scale: float, snapshot: int = 0) -> Posterior:
    """The posterior around ``weights`` with noise ``scale``.

    Raises:
        DataError: the divergence overflows.
    """
    deviations = noise_deviations(net, scale)
    return Posterior(net, weights, deviations, scale, gaussian_divergence(initial, weights, deviations), snapshot)


def gaussian_divergence(initial: Any, weights: Any, deviations: Sequence[float]) -> float:
    r"""``KL(N(W, sigma^2) || N(W_0, sigma^2)) = sum_l ||W_l - W_0,l||_F^2 / (2 sigma_l^2)``, rounded upward.

    A sum of p squares has a relative error of at most p times the machine precision in whatever order it is taken.

    Raises:
        DataError: it overflows.
    """
    total = 0.0
    with np.errstate(over="ignore"):
        for start, end, sigma in zip(initial, weights, deviations, strict=True):
            moved = (np.asarray(end, np.float64) - np.asarray(start, np.float64)) / sigma
            total += float(np.sum(np.square(moved))) / 2 * (1 + (moved.size + 8) * 2.0**-52)
    if not np.isfinite(total):
        raise DataError("weights are too far from the initial ones for a finite divergence; did the run diverge?")
    return total * (1 + 1e-14)


def choose(
    candidates: Sequence[Posterior],
    x: np.ndarray,
    y: np.ndarray,
    bound: Callable[[Posterior, float], float],
    *,
    draws: int,
    key: Any,
) -> Posterior:
    """The candidate with the least ``bound(candidate, error)`` in a simulation of its own, in float32.

    A candidate whose divergence alone gives no less than the best so far is not simulated. Any choice is sound.
    """
    best, least = candidates[0], np.inf
    for candidate in sorted(candidates, key=lambda c: c.divergence):
        if bound(candidate, 0.0) >= least:  # and so for all that are left
            break
        value = bound(candidate, candidate.error(x, y, draws=draws, dtype="float32", key=key))
        if value < least:
            best, least = candidate, value
    return best


def checked_weights(net: Network, weights: Any, input_dim: int, name: str) -> tuple[np.ndarray, ...]:
    """``weights`` as finite arrays that fit the network and inputs of this dimension.

    Args:
        net: the network.
        weights: its matrices.
        input_dim: d.
        name: of the weights, in messages.

    Raises:
        ShapeError: no matrices, or matrices that do not fit.
        DataError: values that are not finite.
        SettingError: neither float32 nor float64.
    """
    try:
        arrays = tuple(np.asarray(w) for w in weights)
    except (TypeError, ValueError):
        raise ShapeError(f"{name} must be a sequence of matrices, one a layer; got {type(weights).__name__}") from None
    net.parts(arrays)
    floating_dtype(arrays)
    if arrays[0].shape[1] != input_dim:
        raise ShapeError(f"{name} take {arrays[0].shape[1]} inputs but the examples have {input_dim}")
    if not all(np.isfinite(a).all() for a in arrays):
        raise DataError(f"{name} hold NaN or infinite values; a diverged run has no certificate")
    return arrays
