r"""A Gaussian around trained weights, its divergence from the one around the start, and its errors.

:math:`Q = N(W, \sigma^2)` and :math:`P = N(W_0, \sigma^2)` have the same noise, so their divergence is a distance:

.. math:: \mathrm{KL}(Q \| P) = \sum_l \frac{\|W_l - W_{0,l}\|_F^2}{2 \sigma_l^2} .

Only trained matrices move and are noisy; a frozen head adds nothing. Errors are those of the stochastic network
(:mod:`howwide.certify.bounds.stochastic_network`), by simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.stochastic_network import drawn_outputs, noise_deviations
from howwide.certify.inputs import Weights
from howwide.errors import DataError, ShapeError
from howwide.evaluate import error, mistakes
from howwide.networks.precision import floating_dtype
from howwide.networks.protocol import Network

__all__ = ["Posterior", "checked_weights", "gaussian_divergence"]


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

    @staticmethod
    def of(net: Network, initial: Weights, weights: Weights, scale: float, snapshot: int = 0) -> "Posterior":
        """The posterior around ``weights`` with noise ``scale``.

        Raises:
            DataError: the divergence overflows.
        """
        deviations, means = noise_deviations(net, scale), tuple(np.asarray(w) for w in weights)
        return Posterior(net, means, deviations, scale, gaussian_divergence(initial, means, deviations), snapshot)

    def error(
        self, x: np.ndarray, y: np.ndarray, *, draws: int, dtype: npt.DTypeLike = "float64", key: jax.Array
    ) -> float:
        """Share of mistakes among independent predictions, ``draws`` for each example."""
        f = drawn_outputs(self.net, self.weights, self.deviations, x, draws=draws, dtype=dtype, key=key)
        return float(np.mean(mistakes(f * y)))

    def error_without_noise(self, x: np.ndarray, y: np.ndarray) -> float:
        """Share of mistakes of the network at the means."""
        return error(self.net, self.weights, x, y)


def gaussian_divergence(initial: Weights, weights: Weights, deviations: Sequence[float]) -> float:
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


def checked_weights(net: Network, weights: Weights, input_dim: int, name: str) -> tuple[np.ndarray, ...]:
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
