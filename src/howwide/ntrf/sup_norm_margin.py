r"""Margins under a sup-norm: how well infinitely many neurons separate a sample, none of them weighted by more than 1.

With :math:`z` a random direction and neuron features :math:`\phi_i(z)`,

.. math:: \gamma = \max_{|u(z)| \le 1 \text{ for every } z}\ \min_i\ y_i\, E_z \langle u(z), \phi_i(z) \rangle
          = \min_{p \in \text{simplex}} E_z |v_p(z)|, \qquad v_p(z) = \sum_i p_i y_i \phi_i(z),

the two being equal by minimax. Two questions differ in the features:

* :func:`~howwide.ntrf.shallow_margin`, Assumption 4.3 of Chen et al. (ICLR 2021; the form is that of Ji and Telgarsky,
  ICLR 2020): :math:`\phi_i(z) = 1[\langle z, x_i \rangle > 0]\, x_i`, the tangent features of one hidden layer.
* :func:`~howwide.ntrf.sup_feature_margin`, that of Cao and Gu (AAAI 2020): :math:`\phi_i(u) = \sigma(\langle u, x_i
  \rangle)`, the features of the layer itself.

The kernel programme :math:`\gamma_2^2 = \min_p p^\top Q p`, :math:`Q_{ij} = y_i y_j E_z \langle \phi_i, \phi_j
\rangle`, has the mean square in place of the mean norm: it is the margin with :math:`E |u(z)|^2 \le 1`, that of an
infinitely wide network, so :math:`\gamma \le \gamma_2`. For the shallow margin :math:`Q_{ij} = y_i y_j \langle x_i, x_j
\rangle (\pi - \theta_{ij}) / (2 \pi)` (:math:`\theta_{ij}` the angle), and

.. math:: \gamma_2^2 / \max_i |x_i| \le \gamma \le \gamma_2 ,

because :math:`|v| \ge |v|^2 / \max_i |x_i|` wherever :math:`|v| \le \max_i |x_i|`; so a sample is separable by both or
by neither.

The expectation is an integral over a sphere, so the two ends that come out hold with a probability: p and the predictor
:math:`u = v_p / \sqrt{|v_p|^2 + \epsilon^2}` are chosen on one sample of directions
(:mod:`howwide.ntrf.solvers.reweighting`), and judged on a fresh one, five times as large, for judging is cheap. A
direction is always used together with its opposite: the average of the pair has half the range, because an example is
active in one of the two.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from howwide.checks import check_count, check_probability
from howwide.networks import FixedHeadReLU
from howwide.ntrf._feature_margin import last_layer_kernel
from howwide.ntrf.linearized import as_signs
from howwide.ntrf.solvers.hard_margin import hard_margin
from howwide.ntrf.solvers.reweighting import NeuronFeatures, least_mean_norm
from howwide.ntrf.status import SolveStatus
from howwide.tangent.infinite import infinite_gram
from howwide.tangent.rows import as_rows

__all__ = ["ShallowMargin", "mean_error", "shallow_margin", "sup_feature_margin"]

Floats = NDArray[np.float64]

_KERNEL_ERROR = 1e-13  # that of infinite_gram is 1e-14 of the product of the norms


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
    weights: Floats
    status: SolveStatus
    steps: int
    samples: int
    failure_probability: float


def shallow_margin(
    x: ArrayLike,
    y: ArrayLike,
    *,
    samples: int = 100_000,
    failure_probability: float = 0.05,
    tolerance: float = 1e-2,
    max_steps: int = 50,
    seed: int = 0,
) -> ShallowMargin:
    r"""The sup-norm margin of Assumption 4.3, between two ends.

    Scale: that of the rows (:math:`\gamma \le \min_i |x_i| / 2`; the theory has unit rows). It is at most about the
    NTRF margin of a wide network with one hidden layer: the rows :math:`w_{2,j}\, u(\sqrt{m/2}\, w_{1,j})` have a
    squared norm near 1 or less and margins near :math:`m^{1/2} \gamma`. (Signs of :math:`w_{2,j}` over :math:`m^{1/2}`
    in place of :math:`w_{2,j}` would lose a factor :math:`\sqrt{2/\pi}`.)

    The lower end is the least margin of an explicit predictor, the upper end the mean norm at an explicit p, both on
    fresh directions and moved outward by :func:`~howwide.ntrf.sup_norm_margin.mean_error`. The lower end is the looser
    one, by about :math:`\max_i |x_i| \sqrt{\log(4 n / \delta) / (2 N)}`, N the samples; margins below that need more of
    them.

    O(N n (n + d)) time a round of reweighting, d replaced by n if larger; O(n^2) memory and a few blocks of 16 MiB.

    >>> import numpy as np
    >>> gamma = shallow_margin(np.eye(2), [1, -1])
    >>> gamma.lower < (2 + 2**0.5) / 8 < gamma.upper  # two orthogonal inputs
    True

    Args:
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        samples: random directions that judge the predictor, each used with its opposite; a fifth as many choose it.
        failure_probability: with which an end is wrong, over the directions that judge; half for either end.
        tolerance: relative duality gap, on the sample that chooses, at which the reweighting stops.
        max_steps: rounds of reweighting at most.
        seed: of the directions.

    Raises:
        ShapeError: rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: rows that are not finite, or a number outside its domain.
    """
    rows = as_rows(x).astype(float)
    signs = as_signs(y, len(rows))
    norms = np.linalg.norm(rows, axis=1)
    reduced = _in_span(rows)
    features = NeuronFeatures(reduced, signs, lambda t: (t > 0).astype(float), reduced, norms)
    kernel = infinite_gram(FixedHeadReLU(2, 1), rows)

    def floor(ball: float) -> float:
        return ball**2 / norms.max() if ball else 0.0

    return _sampled_margin(features, kernel, floor, samples, failure_probability, tolerance, max_steps, seed)


def sup_feature_margin(
    x: ArrayLike,
    y: ArrayLike,
    *,
    samples: int = 100_000,
    failure_probability: float = 0.05,
    tolerance: float = 1e-2,
    max_steps: int = 50,
    seed: int = 0,
) -> ShallowMargin:
    r"""The sup-norm margin of Cao and Gu for one hidden layer, between two ends.

    .. math:: \gamma = \max_{\sup |c| \le 1} \min_i y_i E_{u \sim N(0, I)}[c(u)\, \sigma(\langle u, x_i \rangle)]
              = \min_{p \in \text{simplex}} E_u |s_p(u)|, \qquad s_p(u) = \sum_i p_i y_i \sigma(\langle u, x_i \rangle).

    Scale: standard normal u, so at most :math:`\min_i |x_i| / \sqrt{2 \pi}`. The ends without sampling are
    :math:`\max(\gamma_2^3 / (\sqrt{3/2}\, r^2),\ \varrho\, \gamma_2^2 / (d r)) \le \gamma \le \gamma_2`, with
    :math:`\gamma_2 = \gamma_\infty / \sqrt 2` (:func:`~howwide.ntrf.infinite_feature_margin`), :math:`r = \max_i
    |x_i|` and :math:`\varrho = E |u|`: Hoelder's inequality with :math:`E s^4 \le \tfrac32 r^4`, and :math:`|s_p| \le
    r` on the sphere.

    As s is homogeneous, u is drawn from the sphere and its length replaced by :math:`\varrho`; the values are then
    bounded. They keep the Gaussian tails: :math:`(|s(u)| + |s(-u)|)/2` is :math:`\sum_i p_i |x_i| / 2`-Lipschitz, and a
    variable that is at most :math:`|g| |x_i| / 2` for a standard normal g, such as an example's paired margin, has
    :math:`E e^{\lambda (Z - E Z)} \le \exp(\lambda^2 |x_i|^2 (1 + 2/\pi) / 4)`, by symmetrisation.

    A sign does not average out as a direction does, so the lower end needs more samples than that of
    :func:`~howwide.ntrf.shallow_margin`; margins below the sampling error leave it at ``kernel_lower``.

    Args:
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        samples: random directions that judge the predictor, each used with its opposite; a fifth as many choose it.
        failure_probability: with which an end is wrong, over the directions that judge; half for either end.
        tolerance: relative duality gap, on the sample that chooses, at which the reweighting stops.
        max_steps: rounds of reweighting at most.
        seed: of the directions.

    Raises:
        ShapeError: rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: rows that are not finite, or a number outside its domain.
    """
    rows = as_rows(x).astype(float)
    signs = as_signs(y, len(rows))
    reduced, norms = _in_span(rows), np.linalg.norm(rows, axis=1)
    largest, d = norms.max(), reduced.shape[1]
    radius = math.sqrt(2) * math.exp(gammaln((d + 1) / 2) - gammaln(d / 2))  # E |u|
    features = NeuronFeatures(
        reduced,
        signs,
        lambda t: radius * np.maximum(t, 0),
        np.ones((len(rows), 1)),
        radius * norms,
        dual_deviation=min(0.25, 0.5 / radius),
        primal_deviation=min(0.5, math.sqrt(0.5 + 1 / math.pi) / radius),
    )
    kernel = last_layer_kernel(rows, 1) / 2

    def floor(ball: float) -> float:
        return max(ball**3 / (math.sqrt(1.5) * largest**2), radius * ball**2 / (d * largest)) if ball else 0.0

    return _sampled_margin(features, kernel, floor, samples, failure_probability, tolerance, max_steps, seed)


def _sampled_margin(
    features: NeuronFeatures,
    kernel: Floats,
    floor: Callable[[float], float],
    samples: int,
    failure_probability: float,
    tolerance: float,
    max_steps: int,
    seed: int,
) -> ShallowMargin:
    r"""The sup-norm margin of ``features`` between the ends of a fresh sample.

    Args:
        features: the features.
        kernel: (n, n) :math:`E_z \langle \phi_i, \phi_j \rangle`, as exact as the infinite tangent Gram.
        floor: a lower bound of the sup-norm margin, from one of the L2 margin.
        samples: directions that judge; a fifth as many choose.
        failure_probability: half for the upper end, half for the lower one (a union over the examples).
        tolerance: relative gap, on the sample that chooses, at which the reweighting stops.
        max_steps: rounds of reweighting at most.
        seed: of both samples.

    Raises:
        SettingError: a setting outside its domain.
    """
    failure = check_probability(failure_probability, "failure_probability")
    tolerance = check_probability(tolerance, "tolerance")
    samples, max_steps = check_count(samples, "samples", 2), check_count(max_steps, "max_steps")
    seed = check_count(seed, "seed")
    l2 = hard_margin(features.y[:, None] * features.y * kernel, tolerance=1e-4, entry_error=_KERNEL_ERROR)
    kernel_ends = floor(l2.lower) * (1 - 1e-12), l2.upper
    if l2.status is SolveStatus.NOT_SEPARABLE or not l2.upper:
        return ShallowMargin(0.0, l2.upper, 0.0, *kernel_ends, l2.weights, l2.status, 0, samples, failure)
    p, smoothing, status, steps = least_mean_norm(
        features, l2, tolerance=tolerance, max_steps=max_steps, samples=max(1, samples // 5), seed=(seed, 0)
    )
    # the fresh sample: the paired margins y_i <u, phi_i> of the examples, then |v_p|; sums, and sums of squares
    moments = np.zeros((2, len(p) + 1))
    for t in features.draws(samples, (seed, 1)):
        pairs = np.zeros((len(t), len(p) + 1))
        for signed in (t, -t):
            active = features.activation(signed)
            v = features.combine(active, p)
            size = np.linalg.norm(v, axis=1)
            u = v / np.hypot(size, smoothing)[:, None]
            pairs += np.column_stack([features.y * active * (u @ features.values.T), size]) / 2
        moments += pairs.sum(0), (pairs**2).sum(0)
    mean = moments[0] / samples
    total = float(p @ features.sizes)  # |v_p| is at most this, half of it for a pair
    error = mean_error(
        np.maximum(moments[1] - samples * mean**2, 0) / (samples - 1),
        samples,
        np.append(features.sizes, total / 2),
        np.append(features.primal_deviation * features.sizes, features.dual_deviation * total),
        np.append(np.full(len(p), failure / (2 * len(p))), failure / 2),
    )
    sampled = max(0.0, float((mean - error)[:-1].min())), float(mean[-1]), float(mean[-1] + error[-1])
    # no end is worse than one without sampling
    lower, estimate, upper = (float(np.clip(end, *kernel_ends)) for end in sampled)
    return ShallowMargin(lower, upper, estimate, *kernel_ends, p, status, steps, samples, failure)


def mean_error(variance: Floats, samples: int, spans: Floats, deviations: Floats, failures: Floats) -> Floats:
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


def _in_span(rows: Floats) -> Floats:
    """``rows`` in coordinates of their span where that has fewer: all inner products are kept, to rounding."""
    n, d = rows.shape
    return np.asarray(np.linalg.qr(rows.T, mode="r")).T if d > n else rows
