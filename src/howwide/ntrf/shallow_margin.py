r"""The shallow margin: how well infinitely many neurons of one hidden layer separate a sample, none moved far.

Assumption 4.3 of Chen et al. (ICLR 2021; the form is that of Ji and Telgarsky, ICLR 2020): there is
:math:`u: R^d \to R^d` with :math:`|u(z)|_2 \le 1` **for every** z and

.. math:: y_i\, E_{z \sim N(0, I)}\big[ 1[\langle z, x_i \rangle > 0]\, \langle u(z), x_i \rangle \big] \ge \gamma
          \qquad \text{for all } i .

:func:`shallow_margin` encloses the largest such :math:`\gamma`. By minimax it is

.. math:: \gamma = \min_{p \in \text{simplex}} E_z \Big| \sum_i p_i y_i 1[\langle z, x_i \rangle > 0]\, x_i \Big| .

The kernel programme :math:`\gamma_2^2 = \min_p p^\top Q p`, :math:`Q_{ij} = y_i y_j \langle x_i, x_j \rangle (\pi -
\theta_{ij}) / (2 \pi)` (:math:`\theta_{ij}` the angle), has the mean square in place of the mean norm: it is the margin
with :math:`E |u(z)|^2 \le 1`, that of the infinitely wide tangent kernel of one hidden layer. It encloses the other,

.. math:: \gamma_2^2 / \max_i |x_i| \le \gamma \le \gamma_2 ,

because :math:`|v| \ge |v|^2 / \max_i |x_i|` wherever :math:`|v| \le \max_i |x_i|`; so a sample is separable by both or
by neither.
"""

from typing import Any

import numpy as np

from howwide.checks import check_count, check_probability
from howwide.networks import FixedHeadReLU
from howwide.ntrf.linearized import as_signs
from howwide.ntrf.sup_norm_margin import NeuronFeatures, ShallowMargin, sampled_margin
from howwide.tangent.infinite import infinite_gram
from howwide.tangent.rows import as_rows

__all__ = ["ShallowMargin", "check_sampling", "in_span", "shallow_margin"]


def shallow_margin(
    x: Any,
    y: Any,
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
    >>> found = shallow_margin(np.eye(2), [1, -1])
    >>> found.lower < (2 + 2**0.5) / 8 < found.upper  # two orthogonal inputs
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
    samples, failure_probability, tolerance, max_steps, seed = check_sampling(
        samples, failure_probability, tolerance, max_steps, seed
    )
    norms = np.linalg.norm(rows, axis=1)
    reduced = in_span(rows)
    features = NeuronFeatures(reduced, signs, lambda t: (t > 0).astype(float), reduced, norms)
    return sampled_margin(
        features,
        signs[:, None] * signs * infinite_gram(FixedHeadReLU(2, 1), rows),
        lambda ball: ball**2 / norms.max() if ball else 0.0,
        samples=samples,
        failure_probability=failure_probability,
        tolerance=tolerance,
        max_steps=max_steps,
        seed=seed,
    )


def check_sampling(
    samples: Any, failure_probability: Any, tolerance: Any, max_steps: Any, seed: Any
) -> tuple[int, float, float, int, int]:
    """The settings of a sampled margin as Python's numbers, refused outside their domains.

    Raises:
        SettingError: one is.
    """
    failure_probability = check_probability(failure_probability, "failure_probability")
    tolerance = check_probability(tolerance, "tolerance")
    counts = check_count(samples, "samples", 2), check_count(max_steps, "max_steps", 0), check_count(seed, "seed", 0)
    return counts[0], failure_probability, tolerance, counts[1], counts[2]


def in_span(rows: np.ndarray) -> np.ndarray:
    """``rows`` in coordinates of their span where that has fewer: all inner products are kept, to rounding."""
    n, d = rows.shape
    return np.asarray(np.linalg.qr(rows.T, mode="r")).T if d > n else rows
