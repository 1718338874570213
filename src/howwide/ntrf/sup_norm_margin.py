r"""Margins under a sup-norm: the best predictor that is bounded at every neuron, by sampling neurons.

With :math:`z` a random direction and neuron features :math:`\phi_i(z) = a(\langle z, x_i \rangle)\, b_i`,

.. math:: \gamma = \max_{|u(z)| \le 1 \text{ for every } z}\ \min_i\ y_i\, E_z \langle u(z), \phi_i(z) \rangle
          = \min_{p \in \text{simplex}} E_z |v_p(z)|, \qquad v_p(z) = \sum_i p_i y_i \phi_i(z),

the two being equal by minimax. The expectation is an integral over a sphere, so the two ends that come out hold with a
probability: p and the predictor :math:`u = v_p / \sqrt{|v_p|^2 + \epsilon^2}` are chosen on one sample of directions,
and judged on a fresh one, five times as large, for judging is cheap. A direction is always used together with its
opposite: the average of the pair has half the range, because an example is active in one of the two.

p is found by reweighting. As :math:`|v| = \min_{\eta > 0} (|v|^2 / \eta + \eta) / 2`, a round replaces the norm by its
majorant at the last p and solves a hard-margin problem with the Gram :math:`E_z \langle \phi_i, \phi_j \rangle / \eta`.
"""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from howwide.ntrf.solvers.hard_margin import HardMargin, hard_margin
from howwide.ntrf.status import SolveStatus

__all__ = ["NeuronFeatures", "ShallowMargin", "mean_error", "sampled_margin"]

_BLOCK_ENTRIES = 2**21
_KERNEL_ERROR = 1e-13  # that of infinite_gram is 1e-14 of the product of the norms
_SAMPLE_ERROR = 1e-12  # rounding of sums over the directions


@dataclasses.dataclass(frozen=True)
class ShallowMargin:
    """A sup-norm margin of one hidden layer: ``lower <= gamma <= upper`` with probability 1 - failure_probability.

    Attributes:
        lower: lower end, attained by an explicit predictor; never below ``kernel_lower``.
        upper: upper end, at ``weights``; never above ``kernel_upper``.
        estimate: mean of ``|v_p|`` over the fresh sample, moved into the interval; too high on average by what p lacks.
        kernel_lower: a lower end without sampling, from the L2 margin.
        kernel_upper: the upper end of the L2 margin, which is an upper end without sampling.
        weights: (n,) the point p of the simplex.
        status: ``converged``: p is optimal on its own sample to the tolerance; ``max_steps``: it is not, and the
            interval is valid but wider; ``not_separable``: the L2 margin is 0, hence so is this one.
        steps: rounds of reweighting.
        samples: directions of the fresh sample, each used with its opposite.
        failure_probability: of the pair of ends, over the fresh sample.
    """

    lower: float
    upper: float
    estimate: float
    kernel_lower: float
    kernel_upper: float
    weights: np.ndarray
    status: SolveStatus
    steps: int
    samples: int
    failure_probability: float


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

    x: np.ndarray
    y: np.ndarray
    activation: Callable[[np.ndarray], np.ndarray]
    values: np.ndarray
    sizes: np.ndarray
    dual_deviation: float = 0.25
    primal_deviation: float = 0.5

    def draws(self, samples: int, seed: tuple[int, int]) -> Iterator[np.ndarray]:
        """Blocks (b, n) of inner products with ``samples`` directions in all, the same for the same seed."""
        generator = np.random.default_rng(seed)
        n, d = self.x.shape
        block = max(1, _BLOCK_ENTRIES // max(n, d))
        for start in range(0, samples, block):
            z = generator.standard_normal((min(block, samples - start), d))
            yield (z / np.linalg.norm(z, axis=1, keepdims=True)) @ self.x.T

    def combine(self, active: np.ndarray, p: np.ndarray) -> np.ndarray:
        """v_p at the neurons whose activations are given, (b, r)."""
        chosen = np.flatnonzero(p)
        return active[:, chosen] @ ((p * self.y)[chosen, None] * self.values[chosen])


def sampled_margin(
    features: NeuronFeatures,
    kernel: np.ndarray,
    floor: Callable[[float], float],
    *,
    samples: int,
    failure_probability: float,
    tolerance: float,
    max_steps: int,
    seed: int,
) -> ShallowMargin:
    r"""The sup-norm margin of ``features`` between the ends of a fresh sample.

    Args:
        features: the features.
        kernel: (n, n) :math:`y_i y_j E_z \langle \phi_i, \phi_j \rangle`, as exact as the infinite tangent Gram.
        floor: a lower bound of the sup-norm margin, from one of the L2 margin.
        samples: directions that judge; a fifth as many choose.
        failure_probability: half for the upper end, half for the lower one (a union over the examples).
        tolerance: relative gap, on the sample that chooses, at which the reweighting stops.
        max_steps: rounds of reweighting at most.
        seed: of both samples.
    """
    ball = hard_margin(kernel, tolerance=1e-4, entry_error=_KERNEL_ERROR)
    ends = floor(ball.lower) * (1 - 1e-12), ball.upper
    if ball.status == SolveStatus.NOT_SEPARABLE or not ball.upper:
        return ShallowMargin(0.0, ends[1], 0.0, *ends, ball.weights, ball.status, 0, samples, failure_probability)
    p, smoothing, status, steps = _reweighted(features, ball, tolerance, max_steps, max(1, samples // 5), (seed, 0))
    found = _judged(features, p, smoothing, samples, failure_probability, (seed, 1))
    lower, estimate, upper = (float(np.clip(end, *ends)) for end in found)  # no end is worse than one without sampling
    return ShallowMargin(lower, upper, estimate, *ends, p, status, steps, samples, failure_probability)


def _reweighted(
    features: NeuronFeatures, start: HardMargin, tolerance: float, max_steps: int, samples: int, seed: tuple[int, int]
) -> tuple[np.ndarray, float, SolveStatus, int]:
    """The best p on a sample, the smoothing of its predictor, the status and the number of rounds."""
    p, least = start.weights, start.upper
    best = p
    for step in range(max_steps + 1):
        smoothing = tolerance / 2 * least  # lowers the margin of the predictor by no more than itself
        value, q = _majorant(features, p, smoothing, samples, seed)
        if value <= least:
            best, least = p, value
        if value - (q @ p).min() <= tolerance * value:  # q p: the predictor's margins on the sample
            return p, smoothing, SolveStatus.CONVERGED, step
        if step == max_steps:
            break
        p = hard_margin(q, tolerance=tolerance / 10, entry_error=_SAMPLE_ERROR).weights
    return best, smoothing, SolveStatus.MAX_STEPS, max_steps


def _majorant(
    features: NeuronFeatures, p: np.ndarray, smoothing: float, samples: int, seed: tuple[int, int]
) -> tuple[float, np.ndarray]:
    """Mean of |v_p|, and the signed Gram of the features over the smoothed |v_p|."""
    total, q = 0.0, np.zeros((len(p), len(p)))
    for t in features.draws(samples, seed):
        for signed in (t, -t):
            active = features.activation(signed)
            size = np.linalg.norm(features.combine(active, p), axis=1)
            total += float(size.sum())
            active /= np.sqrt(np.hypot(size, smoothing))[:, None]
            q += active.T @ active
    signed_values = features.y[:, None] * features.values
    return total / (2 * samples), q * (signed_values @ signed_values.T) / (2 * samples)


def _judged(
    features: NeuronFeatures, p: np.ndarray, smoothing: float, samples: int, failure: float, seed: tuple[int, int]
) -> tuple[float, float, float]:
    """Lower end, mean of |v_p| and upper end on a fresh sample."""
    moments = np.zeros((2, len(p) + 1))  # the examples' margins, then |v_p|: sums, and sums of squares
    for t in features.draws(samples, seed):
        pairs = np.zeros((len(t), len(p) + 1))
        for signed in (t, -t):
            active = features.activation(signed)
            v = features.combine(active, p)
            size = np.linalg.norm(v, axis=1)
            u = v / np.hypot(size, smoothing)[:, None]
            pairs += np.column_stack([features.y * active * (u @ features.values.T), size]) / 2
        moments += pairs.sum(0), (pairs**2).sum(0)
    mean = moments[0] / samples
    variance = np.maximum(moments[1] - samples * mean**2, 0) / (samples - 1)
    whole = float(p @ features.sizes)
    spans, deviations = np.append(features.sizes, whole / 2), features.primal_deviation * features.sizes
    deviations = np.append(deviations, features.dual_deviation * whole)
    failures = np.append(np.full(len(p), failure / (2 * len(p))), failure / 2)
    error = mean_error(variance, samples, spans, deviations, failures)
    return max(0.0, float((mean - error)[:-1].min())), float(mean[-1]), float(mean[-1] + error[-1])


def mean_error(
    variance: np.ndarray, samples: int, spans: np.ndarray, deviations: np.ndarray, failures: np.ndarray
) -> np.ndarray:
    r"""What a sample mean is from its expectation at most, on one side, with probability 1 - ``failures``; elementwise.

    The smaller of two, each given half of the failure probability :math:`\delta`: the sub-Gaussian
    :math:`s \sqrt{2 \log(2/\delta) / N}`, and the empirical Bernstein bound of Maurer and Pontil (COLT 2009, Theorem 4)

    .. math:: \sqrt{2 V \log(4/\delta) / N} + 7 R \log(4/\delta) / (3 (N - 1)).

    Args:
        variance: sample variances V, with N - 1.
        samples: number N of independent values.
        spans: lengths R of intervals that hold the values.
        deviations: sub-Gaussian deviations s; half of R always is one.
        failures: the probabilities :math:`\delta`.
    """
    log = np.log(2 / failures)
    gaussian = deviations * np.sqrt(2 * log / samples)
    log = np.log(4 / failures)
    bernstein = np.sqrt(2 * variance * log / samples) + 7 * spans * log / (3 * (samples - 1))
    return np.minimum(gaussian, bernstein)
