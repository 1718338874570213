r"""How many labels a ReLU network of a given width can fit, counted from above, with every constant explicit.

The networks are those of the library: H hidden layers of m neurons, no biases, under a head that is trained (DeepReLU,
L = H + 1) or frozen with half of its signs +1 and half -1 (FixedHeadReLU, L = H).

*Sign patterns.* On n fixed inputs, count the vectors of :math:`\{-1, 1\}^n` that the signs of f attain for some
weights, f = 0 counting as neither. Neurons are positively homogeneous, so the size of a head's weight can be moved into
the row below it: a trained head is one of signs, and only the number of its plus signs matters. With all signs equal f
never changes its sign. The weights that fit given labels are an open set; so, if there are any, some lie where no
preactivation is 0 except those that vanish identically, and it is enough to count strict signs, layer by layer:

- Layer 1: each row cuts :math:`R^d` along n hyperplanes through 0, into at most
  :math:`C(n, d) = 2 \sum_{k < d} \binom{n-1}{k}` cells (Cover 1965; Schläfli), m rows into :math:`C(n, d)^m`.
- Layer l, once the signs of the layers below are fixed: nm polynomials of degree at most l in the
  :math:`W_l = dm + (l-1)m^2` weights up to it. N polynomials of degree at most D in W variables have at most

  .. math:: B(N, W, D) = D (2D-1)^{W-1} \sum_{i=0}^{\min(N, W)} \binom{N}{i}

  strict sign vectors: shifted a little, their zero sets cross regularly (Sard); adding a connected piece of a
  hypersurface adds at most one component to what is left; and any intersection of the zero sets has at most
  :math:`D(2D-1)^{W-1}` components (Milnor 1964, Theorem 2). No condition on N and W is needed; B is below
  :math:`2(2eND/W)^W`, the form of Warren 1968 and of Bartlett et al. 2019 (Lemma 17, where :math:`N \ge W`), and
  :math:`2^N` is never exceeded.
- Output: n polynomials of degree at most H in the same :math:`W_H` weights; for H = 1 they are linear, and
  :math:`C(n, dm)` bounds their signs.

The number of patterns is at most the product, times m - 1 heads with both signs, plus 2, for a trained head.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from howwide.theory.magnitude import Undefined
from howwide.theory.problem import NETWORKS, Problem

__all__ = [
    "Architecture",
    "least_width",
    "log2_binomial_sum",
    "log2_halfspaces",
    "log2_sign_patterns",
    "log2_sign_vectors",
    "vc_dimension",
]

_EXACT = 512
"""Binomial sums are exact up to this many; beyond it bounded by the entropy."""

_WIDEST = 10**60
"""No statement here speaks of a wider network."""


@dataclass(frozen=True)
class Architecture:
    """A network of the library without its width.

    Attributes:
        input_dim: d.
        hidden_layers: H, at least 1.
        trained_head: whether the last row is trained (DeepReLU) or frozen (FixedHeadReLU).
    """

    input_dim: int
    hidden_layers: int
    trained_head: bool = True

    @staticmethod
    def of(problem: Problem) -> "Architecture | None":
        """The network of a problem, DeepReLU where it names none; None if depth or input dimension are not known."""
        if problem.hidden_layers is None or problem.input_dim is None:
            return None
        return Architecture(problem.input_dim, problem.hidden_layers, problem.network not in NETWORKS[1:])

    def weights(self, width: int, layer: int) -> int:
        """Number of trained weights up to a hidden layer: :math:`W_l = dm + (l-1)m^2`."""
        return self.input_dim * width + (layer - 1) * width**2

    def parameters(self, width: int) -> int:
        """All trained weights: :math:`dm + (L-2)m^2 + m` of DeepReLU, :math:`dm + (L-1)m^2` of FixedHeadReLU."""
        return self.weights(width, self.hidden_layers) + (width if self.trained_head else 0)

    def free_neurons(self, width: int) -> int:
        """Neurons of the last hidden layer whose sign in the head can be chosen: m, or m/2 under a frozen head."""
        return width if self.trained_head else width // 2


def log2_binomial_sum(total: int, most: int) -> float:
    r""":math:`\log_2 \sum_{i \le k} \binom{N}{i}`; from above by :math:`N h(k/N)`, h the entropy, for large N."""
    if most >= total:
        return float(total)
    if total <= _EXACT:
        return math.log2(sum(math.comb(total, i) for i in range(most + 1)))
    if 2 * most >= total:
        return float(total)
    if most == 0:
        return 0.0
    share = most / total
    return most * math.log2(1 / share) - (total - most) * math.log1p(-share) / math.log(2)


def log2_halfspaces(points: int, dim: int) -> float:
    r"""Cover's number :math:`\log_2 2 \sum_{k<d} \binom{n-1}{k}`: labels of n points by halfspaces through 0.

    Exact for points in general position (up to rounding, and from above for more than 512 points), else from above.
    """
    return 1 + log2_binomial_sum(points - 1, dim - 1)


def log2_sign_vectors(polynomials: int, variables: int, degree: int) -> float:
    r"""Logarithm of :math:`\min\{2^N, D (2D-1)^{W-1} \sum_{i \le W} \binom{N}{i}\}`: strict sign vectors, from above.

    Args:
        polynomials: N.
        variables: W.
        degree: D, the largest degree, at least 1.
    """
    pieces = math.log2(degree) + (variables - 1) * math.log2(2 * degree - 1)
    return min(float(polynomials), pieces + log2_binomial_sum(polynomials, variables))


def log2_sign_patterns(network: Architecture, width: int, n: int) -> float:
    r"""Logarithm of a number that the sign patterns of a network on n inputs do not exceed; at most n.

    Rises with the width. :math:`2^{-n}` times the number bounds the probability that labels drawn by fair coins are
    fitted by some weights, whatever the inputs are.

    Args:
        network: the architecture.
        width: m.
        n: number of inputs.
    """
    d, hidden = network.input_dim, network.hidden_layers
    patterns = width * log2_halfspaces(n, d)
    for layer in range(2, hidden + 1):
        patterns += log2_sign_vectors(n * width, network.weights(width, layer), layer)
    if hidden == 1:
        patterns += log2_halfspaces(n, d * width)
    else:
        patterns += log2_sign_vectors(n, network.weights(width, hidden), hidden)
    if network.trained_head:
        if width == 1:
            return min(float(n), 1.0)
        patterns += math.log2(width - 1)
        patterns += math.log1p(2 ** (1 - patterns)) / math.log(2)  # the two heads of one sign
    return min(float(n), patterns)


def vc_dimension(network: Architecture, width: int) -> float:
    r"""Bartlett, Harvey, Liaw and Mehrabian 2019, Theorem 7, for ReLU (p = d = 1), an upper bound.

    .. math:: \bar L + \sum_l W_l \log_2(4 e R \log_2(2 e R)), \qquad R = \sum_l l\, k_l ,

    over the :math:`\bar L = H + 1` layers, the output among them, with :math:`k_l` units and :math:`W_l` trained
    weights up to layer l. The proof needs no biases.
    """
    layers = network.hidden_layers + 1
    units = width * network.hidden_layers * layers // 2 + layers
    weights = sum(network.weights(width, layer) for layer in range(1, layers)) + network.parameters(width)
    return layers + weights * math.log2(4 * math.e * units * math.log2(2 * math.e * units))


def least_width(supply: Callable[[int], float], need: float) -> int:
    """Least width m with ``supply(m) >= need``, for a supply that rises; met within 1e-9, against rounding.

    Raises:
        Undefined: no width up to 1e60 has it.
    """
    need *= 1 - 1e-9
    low, high = 0, 1
    while supply(high) < need:
        low, high = high, 2 * high
        if high > _WIDEST:
            raise Undefined("a width beyond 1e60")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if supply(middle) >= need else (middle, high)
    return high
