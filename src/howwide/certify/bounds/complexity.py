r"""How well a ball of tangent features fits fair coins: its empirical Rademacher complexity.

The class :math:`F(R) = \{x \mapsto f_{W_0}(x) + \sum_l \langle \nabla_{W_l} f_{W_0}(x), U_l \rangle : \|U_l\|_F \le R_l
/ \text{unit}\}` has a fixed offset, which costs nothing, and the supremum over every ball is a norm, so that

.. math:: \mathfrak R_S = \frac1n E_s \sup_{h \in F(R)} \sum_i s_i h(x_i) = \frac1n E_s \sum_l R_l \sqrt{s^\top K_l s}
          \le \frac1n \sum_l R_l \sqrt{\operatorname{tr} K_l} = \tau ,

s uniform in :math:`\{-1, 1\}^n`, :math:`K_l` the Grams of the layers over :math:`\text{unit}^2`; no absolute value
inside. The trace bound is Jensen's inequality and needs no confidence. The mean of M draws of :math:`X = \frac1n \sum_l
R_l \sqrt{s^\top K_l s}` is closer where one eigenvalue dominates (at most by :math:`\sqrt{2/\pi}`), and does need it.
"""

import math
from dataclasses import dataclass

import jax
import numpy as np
import numpy.typing as npt

from howwide.checks import check_count
from howwide.networks.precision import computing_in
from howwide.ntrf.linearized import Linearized

__all__ = ["Complexity", "mean_from_above", "monte_carlo", "trace_bound"]

UPWARD = 1 + 1e-9
"""Sums of squares of up to 10^6 float64 numbers err by less."""

_AT_ONCE = 256


@dataclass(frozen=True)
class Complexity:
    """Empirical Rademacher complexity of a class, from above.

    Attributes:
        trace: the trace bound; certain.
        draws: of the Monte-Carlo value; 0 where there is none.
        estimate: their mean, or None.
        upper: at least the complexity, except with probability ``delta`` over the draws; or None.
        delta: 0 without draws.
    """

    trace: float
    draws: int = 0
    estimate: float | None = None
    upper: float | None = None
    delta: float = 0.0

    @property
    def value(self) -> float:
        """The smaller of the bounds."""
        return self.trace if self.upper is None else min(self.trace, self.upper)


def trace_bound(linearized: Linearized, radii: npt.ArrayLike) -> float:
    r"""The bound :math:`\tau = \frac1n \sum_l R_l \sqrt{\operatorname{tr} K_l}`, rounded up; O(n) time.

    Args:
        linearized: network, initial weights and sample.
        radii: R in the scale of the theory, or (L,) radii.
    """
    norms = np.sqrt(linearized.diagonals().sum(1))
    return float((np.broadcast_to(radii, norms.shape) * norms).sum()) / linearized.n * UPWARD


def monte_carlo(
    linearized: Linearized, radii: npt.ArrayLike, *, draws: int, delta: float, key: jax.Array
) -> Complexity:
    """The complexity from ``draws`` sign vectors, with its confidence term; see :func:`mean_from_above`.

    ``radii`` may depend on the sample, not on the draws. Products with the Grams: O(L n^2) time a draw while they are
    stored, O(n m (d + m L)) beyond.

    Args:
        linearized: network, initial weights and sample.
        radii: R in the scale of the theory, or (L,) radii.
        draws: number of sign vectors, at least 1.
        delta: probability that ``upper`` is too small.
        key: a JAX random key, not used for anything else.

    Raises:
        SettingError: no draws.
    """
    draws, trace = check_count(draws, "draws", 1), trace_bound(linearized, radii)
    if trace == 0:
        return Complexity(0.0, draws, 0.0, 0.0, delta)
    total = math.fsum(
        _draw(linearized, radii, min(_AT_ONCE, draws - start), jax.random.fold_in(key, start)).sum()
        for start in range(0, draws, _AT_ONCE)
    )
    estimate = total / draws * UPWARD
    return Complexity(trace, draws, estimate, trace * mean_from_above(estimate / trace, draws, delta), delta)


def _draw(linearized: Linearized, radii: npt.ArrayLike, count: int, key: jax.Array) -> np.ndarray:
    """Independent values of X, (count,)."""
    with computing_in("float32"):  # in 64-bit mode the same key gives other signs
        signs = np.asarray(jax.random.rademacher(key, (linearized.n, count), dtype="int8"), float)
    if linearized.grams is not None:
        squares = np.stack([np.einsum("ik,ik->k", signs, k @ signs) for k in linearized.grams])
    else:
        squares = np.stack([(linearized.products(s) * s).sum(1) for s in signs.T], 1)
    radii = np.broadcast_to(radii, len(squares))
    return radii @ np.sqrt(np.maximum(squares, 0)) / linearized.n


def mean_from_above(mean: float, draws: int, delta: float) -> float:
    r"""An upper confidence limit for the mean of X >= 0 with :math:`E X^2 \le 1`.

    With :math:`\mu = E X`, the variables :math:`\mu - X` are at most :math:`\mu` and have variance at most :math:`1 -
    \mu^2`; Bernstein's inequality for variables bounded on one side (:cite:`boucheron2013`, Corollary
    2.11) gives, with :math:`c = \ln(1/\delta)`, except with probability delta

    .. math:: M (\mu - \bar X)^2 < 2c\, \big(1 - \mu^2 + \mu (\mu - \bar X) / 3\big)
              \quad\text{or}\quad \mu \le \bar X ,

    and the limit is the larger root of the quadratic. Here X is a draw over :math:`\tau`, and :math:`E X^2 \le 1` is
    Minkowski's inequality; no range of the draws is needed.

    Args:
        mean: of the draws.
        draws: M.
        delta: probability that the limit is below the mean.

    Returns:
        The limit, at most 1.

    >>> round(mean_from_above(0.95, 2000, 0.0025), 4), mean_from_above(0.95, 10, 0.0025)
    (0.9699, 1.0)
    """
    if mean >= 1:
        return 1.0
    c = -math.log(delta)
    # a mu^2 - 2 b mu + M mean^2 - 2 c = 0, its discriminant b^2 - a (M mean^2 - 2 c) expanded: no cancellation
    a, b = draws + 4 * c / 3, (draws - c / 3) * mean
    discriminant = 2 * c * draws * (1 - mean**2) + c**2 * (8 / 3 + mean**2 / 9)
    return min(1.0, (b + math.sqrt(discriminant)) / a * UPWARD)
