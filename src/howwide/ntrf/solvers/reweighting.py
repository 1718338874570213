r"""The point of the simplex with the least mean norm on a sample of neurons, by reweighting.

.. math:: \min_{p \in \Delta} E_z |v_p(z)|, \qquad v_p(z) = \sum_i p_i y_i \phi_i(z).

As :math:`|v| = \min_{\eta > 0} (|v|^2 / \eta + \eta) / 2`, a round replaces the norm by its majorant at the last p,
:math:`\eta(z) = |v_p(z)|`, and solves the hard-margin problem with the Gram :math:`E_z \langle \phi_i, \phi_j \rangle
/ \eta(z)`. A neuron is always used together with its opposite.
"""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from howwide.ntrf.solvers.hard_margin import HardMargin, hard_margin
from howwide.ntrf.status import SolveStatus

__all__ = ["NeuronFeatures", "least_mean_norm"]

Floats = NDArray[np.float64]

_BLOCK_ENTRIES = 2**21
_SAMPLE_ERROR = 1e-12  # rounding of sums over the directions


@dataclasses.dataclass(frozen=True)
class NeuronFeatures:
    r"""The features :math:`\phi_i(z) = a(\langle z, x_i \rangle)\, b_i` of n examples, z uniform on the unit sphere.

    Attributes:
        x: (n, d) rows.
        y: (n,) signs.
        activation: a, elementwise; 0 at negative numbers.
        values: (n, r) the vectors b_i.
        sizes: (n,) the suprema of :math:`|\phi_i|`.
        dual_deviation: sub-Gaussian deviation of the paired mean of |v_p|, over :math:`\sum_i p_i \text{sizes}_i`; its
            range is half of that, so 1/4 always holds (Hoeffding).
        primal_deviation: that of an example's paired margin, over its size; 1/2 always holds.
    """

    x: Floats
    y: Floats
    activation: Callable[[Floats], Floats]
    values: Floats
    sizes: Floats
    dual_deviation: float = 0.25
    primal_deviation: float = 0.5

    def draws(self, samples: int, seed: tuple[int, int]) -> Iterator[Floats]:
        """Blocks (b, n) of inner products with ``samples`` directions in all, the same for the same seed."""
        generator = np.random.default_rng(seed)
        n, d = self.x.shape
        block = max(1, _BLOCK_ENTRIES // max(n, d))
        for start in range(0, samples, block):
            z = generator.standard_normal((min(block, samples - start), d))
            yield (z / np.linalg.norm(z, axis=1, keepdims=True)) @ self.x.T

    def combine(self, active: Floats, p: Floats) -> Floats:
        """v_p at the neurons whose activations are given, (b, r)."""
        chosen = np.flatnonzero(p)
        return active[:, chosen] @ ((p * self.y)[chosen, None] * self.values[chosen])


def least_mean_norm(
    features: NeuronFeatures,
    start: HardMargin,
    *,
    tolerance: float,
    max_steps: int,
    samples: int,
    seed: tuple[int, int],
) -> tuple[Floats, float, SolveStatus, int]:
    r"""The best p on a sample, the smoothing :math:`\epsilon` of its predictor, the status and the number of rounds.

    The predictor is :math:`u = v_p / \sqrt{|v_p|^2 + \epsilon^2}`, whose margins are at most the mean of |v_p|; the
    difference is the duality gap.

    Args:
        features: the neurons.
        start: the margin in the mean square, whose weights are the first p.
        tolerance: relative gap at which to stop.
        max_steps: rounds at most.
        samples: directions.
        seed: of the directions.
    """
    p, least = start.weights, start.upper
    best = p
    signed_values = features.y[:, None] * features.values
    for step in range(max_steps + 1):
        smoothing = tolerance / 2 * least  # lowers the margin of the predictor by no more than itself
        total, q = 0.0, np.zeros((len(p), len(p)))
        for t in features.draws(samples, seed):
            for signed in (t, -t):
                active = features.activation(signed)
                size = np.linalg.norm(features.combine(active, p), axis=1)
                total += float(size.sum())
                active /= np.sqrt(np.hypot(size, smoothing))[:, None]
                q += active.T @ active
        mean = total / (2 * samples)  # E |v_p|
        q = q * (signed_values @ signed_values.T) / (2 * samples)  # E y_i y_j <phi_i, phi_j> / eta
        if mean <= least:
            best, least = p, mean
        if mean - (q @ p).min() <= tolerance * mean:  # q p: the predictor's margins on the sample
            return p, smoothing, SolveStatus.CONVERGED, step
        if step < max_steps:
            p = hard_margin(q, tolerance=tolerance / 10, entry_error=_SAMPLE_ERROR).weights
    return best, smoothing, SolveStatus.MAX_STEPS, max_steps
