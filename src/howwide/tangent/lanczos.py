r"""Extreme eigenvalues from products alone, with ends that hold with high probability over a random start.

Lanczos with a start v_1 uniform on the sphere gives :math:`A V_k = V_{k+1} \bar T + F`: V the basis, T-bar
tridiagonal, (k+1, k), diagonal a and off-diagonals b; F is rounding. For an eigenvector u of A to :math:`\lambda`,
:math:`y = V_{k+1}^\top u` satisfies

.. math:: y^\top (\bar T - \lambda \bar I) = -u^\top F, \qquad y_1 = \langle u, v_1 \rangle, \qquad
          \|y\| \le \|V_{k+1}\|_2 .

Let :math:`\lambda` exceed :math:`\theta`, the largest eigenvalue of T. The k equations determine y up to multiples of
:math:`\pi = (p_0(\lambda), \dots, p_k(\lambda))`, the Lanczos polynomials (:math:`p_0 = 1`), and their singular values
are at least :math:`\lambda - \theta`. Hence

.. math:: |\langle u, v_1 \rangle| \le \frac{\|V_{k+1}\|_2}{\|\pi(\lambda)\|} + \frac{\|F\|}{\lambda - \theta} .

The right side falls as :math:`\lambda` grows. So an eigenvalue beyond the point where it equals q has an eigenvector
that the start overlaps by less than q, which is as improbable as the law of :math:`\langle u, v_1 \rangle^2`,
Beta(1/2, (n-1)/2), says. The event does not depend on k: the run may be stopped after any step. Without
rounding this is the method of van Dorsselaer, Hochstenbach and van der Vorst (SIAM J. Matrix Anal. Appl. 22, 2000); the
classical bound before the run, of Kuczynski and Wozniakowski (same journal, 13, 1992) for positive semidefinite A,

.. math:: P(\lambda_1 - \theta > \varepsilon \lambda_1) \le 1.648 \sqrt n\, e^{-(2k-1) \sqrt\varepsilon},

knows nothing of gaps in the spectrum and is far wider for tangent kernels, whose largest eigenvalue stands apart.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaincinv

__all__ = ["Lanczos", "improbable_overlap", "lanczos", "random_start"]

Floats = NDArray[np.float64]

_U = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Lanczos:
    """The state after k steps.

    Attributes:
        basis: V, a row a vector, (k, n).
        diagonal: a, (k,).
        off: b, (k,); the last one leaves the space.
        defect: at least the norm of F, errors of the products included.
        norm: at least the norm of V.
    """

    basis: Floats
    diagonal: Floats
    off: Floats
    defect: float
    norm: float

    def ritz(self, side: int) -> tuple[float, Floats, float]:
        """The outermost Ritz value (largest for side +1), its vector, and its residual norm in exact arithmetic."""
        values, vectors = eigh_tridiagonal(self.diagonal, self.off[:-1])
        chosen = -1 if side > 0 else 0
        vector = vectors[:, chosen]
        return float(values[chosen]), vector @ self.basis, float(self.off[-1] * abs(vector[-1]))

    def probable_end(self, overlap: float, side: int) -> float:
        r"""Beyond this an eigenvalue's eigenvector overlaps the start by less than ``overlap``.

        The point :math:`\lambda` where :math:`\|V\| / \|\pi(\lambda)\| + \|F\| / (\lambda - \theta)` is the overlap.
        """
        theta = side * self.ritz(side)[0]
        low = self.defect / overlap
        high = low + self.norm * float(self.off[-1]) / overlap  # |y_1| (point - theta) <= |F| + b_k |y_{k+1}|
        for _ in range(50):  # bisection of log(lambda - theta)
            gap = math.sqrt(low * high)
            if self._weight(theta + gap, side) + self.defect / gap <= overlap:
                high = gap
            else:
                low = gap
        end = theta + high
        return side * math.nextafter(end + 4 * _U * (abs(end) + abs(theta)), math.inf)

    def _weight(self, point: float, side: int) -> float:
        r""":math:`\|V\| / \|\pi\|` of ``side * A`` at ``point``, by the pivots of ``point - T``, positive beyond T."""
        polynomial = square = 1.0
        pivot = math.inf
        before = 0.0
        for a, b in zip(self.diagonal.tolist(), self.off.tolist(), strict=True):
            pivot = point - side * a - before * before / pivot
            if pivot <= 0:
                return math.inf  # too near to tell
            if b == 0:
                return 0.0
            polynomial *= pivot / b  # p_k = p_{k-1} pivot_k / b_k
            square += polynomial * polynomial
            before = b
        return self.norm / math.sqrt(square)


def lanczos(
    product: Callable[[Floats], Floats], start: Floats, num_steps: int, error: float = 0.0
) -> Iterator[Lanczos]:
    """Run Lanczos with full reorthogonalisation, giving the state after each of at most ``num_steps`` products.

    Args:
        product: multiplies a symmetric A by a vector.
        start: the first vector, not zero.
        num_steps: most products; fewer if the space is exhausted.
        error: at least the norm of the rounding error of ``product`` on a unit vector.
    """
    steps = min(num_steps, len(start))
    basis = np.zeros((steps + 1, len(start)))
    diagonal, off = np.zeros(steps), np.zeros(steps + 1)  # off[-1] stays 0: nothing precedes the first
    basis[0] = start / np.linalg.norm(start)
    squares, skew = 0.0, (basis[0] @ basis[0] - 1) ** 2
    for j in range(steps):
        w = np.asarray(product(basis[j]), float)  # A v_j = b_{j-1} v_{j-1} + a_j v_j + b_j v_{j+1}
        diagonal[j] = basis[j] @ w
        rest = w - diagonal[j] * basis[j]
        for _ in range(2):
            rest -= (basis[: j + 1] @ rest) @ basis[: j + 1]
        scale = float(np.linalg.norm(w) + np.linalg.norm(rest)) + off[j - 1]
        left = float(np.linalg.norm(rest))
        off[j] = left if left > 8 * _U * scale else 0.0  # an invariant space: what is left is rounding
        basis[j + 1] = rest / left if off[j] else 0
        recursion = diagonal[j] * basis[j] + off[j] * basis[j + 1] + off[j - 1] * basis[j - 1]
        squares += (float(np.linalg.norm(w - recursion)) + error + 32 * _U * scale) ** 2  # |F|_F^2, column by column
        if off[j]:  # |V V' - I|_F^2, from which |V|_2 <= sqrt(1 + that norm)
            skew += 2 * float(np.sum((basis[: j + 1] @ basis[j + 1]) ** 2)) + (basis[j + 1] @ basis[j + 1] - 1) ** 2
        norm = math.sqrt(1 + 2 * math.sqrt(skew))
        yield Lanczos(basis[: j + 1], diagonal[: j + 1], off[: j + 1], math.sqrt(squares), norm)
        if not off[j]:
            return


def random_start(n: int, seed: int) -> Floats:
    """A direction uniform on the sphere: independent normal coordinates, of the seed alone."""
    return np.random.default_rng(seed).standard_normal(n)


def improbable_overlap(n: int, probability: float) -> float:
    """A uniform unit vector overlaps a fixed one by less with at most this ``probability``, rounding included.

    The square of the overlap has the law Beta(1/2, (n-1)/2); it is 1 for n = 1.
    """
    square = float(betaincinv(0.5, (n - 1) / 2, probability)) if n > 1 else 1.0
    return math.sqrt(square) * (1 - 1e-6) - 1e-15
