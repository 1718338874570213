r"""The loss in a ball, restricted to a few directions in each layer: a Newton method on the smoothed dual.

With orthonormal directions of layer l whose outputs on the sample are the rows of :math:`X_l` (k, n), the problem is

.. math:: \min_{\|\alpha_l\| \le R} \frac1n \sum_i \ell\Big(y_i f_i + y_i \sum_l (X_l^\top \alpha_l)_i\Big), \qquad
          \max_{s \in [0,1]^n} \frac1n \sum_i \big[H(s_i) - s_i y_i f_i\big] - R \sum_l \|X_l c\|, \quad
          c_i = s_i y_i / n ,

with the binary entropy H in nats. Norms are smoothed, :math:`\|g\| \to \sqrt{\|g\|^2 + \delta_l^2}`, with
:math:`\delta_l^2 = 2 \|g\| \theta + \theta^2`: then :math:`\alpha_l = R g_l / (\|g_l\| + \theta)` lies in its ball, and
smoothing costs at most :math:`R \theta` a layer. The variables are margins z, with :math:`s = -\ell'(z)`; the optimum
is the fixed point :math:`z = y (f + \sum_l X_l^\top \alpha_l)`, and a step solves a system of the smaller of n and k L.
"""

import dataclasses
from typing import Any

import numpy as np
import scipy.linalg

from howwide.ntrf.solvers.span import combined

__all__ = ["LARGEST_MARGIN", "Restricted", "entropy_gain", "logistic", "slope"]

LARGEST_MARGIN = 250.0
"""The least margin stays below this, the loss of 1e-108, so that squares of the slopes do not underflow."""


def logistic(z: np.ndarray) -> np.ndarray:
    """The loss log(1 + e^-z), elementwise."""
    return np.logaddexp(0, -z)


def slope(z: np.ndarray) -> np.ndarray:
    """Minus the derivative of the loss, 1 / (1 + e^z), elementwise."""
    return np.exp(-np.logaddexp(0, z))


def entropy_gain(z: np.ndarray, initial: np.ndarray) -> float:
    """The mean of H(s) - s y f at s = -l'(z): the entropy is l(z) + s z, exact in relative terms for small s."""
    return float(np.mean(logistic(z) + slope(z) * (z - initial)))


@dataclasses.dataclass(frozen=True)
class Restricted:
    """The restricted problem at one radius.

    Attributes:
        outputs: (L, k, n), the directions' outputs.
        y: (n,) labels.
        initial: (n,) initial margins y f.
        radius: R.
    """

    outputs: np.ndarray
    y: np.ndarray
    initial: np.ndarray
    radius: float

    def solve(self, z: np.ndarray, tolerance: float, max_steps: int = 50) -> tuple[np.ndarray, np.ndarray, float, int]:
        """Margins z of the dual, coefficients alpha (L, k), and their loss, with a relative gap of ``tolerance``.

        The last is how many linear systems were solved.

        A heuristic inside :mod:`howwide.ntrf.solvers.frank_wolfe`, which certifies: the budget may end first, silently.
        """
        best = float(np.mean(logistic(self.initial)))
        alpha = np.zeros(self.outputs.shape[:2])
        z, steps = self._raised(z), 0
        while steps < max_steps:
            steps += 1
            g, norms = self._pulled(z)
            dual = entropy_gain(z, self.initial) - self.radius * norms.sum()
            theta = 0.3 * tolerance * min(best, float(np.mean(logistic(z)))) / (self.radius * len(norms))
            new = self.radius * g / (norms + theta)[:, None]
            margins = self.initial + self.y * combined(new, self.outputs).sum(0)
            value = float(np.mean(logistic(margins)))
            if value <= best:
                best, alpha = value, new
            if best - dual <= tolerance * best:
                break
            z, moved = self._ascend(z, z - margins, self._direction(z, z - margins, g, norms, theta), norms, theta)
            if not moved:
                break
        return z, alpha, best, steps

    def _raised(self, z: np.ndarray) -> np.ndarray:
        """``z`` shifted to where a Newton step makes sense: from a dual below 0 the ascent may lead to s = 0.

        For small s, D(t s) = t (D(s) - mean(s) log t), largest at log t = D(s) / mean(s) - 1; and at the optimum
        D(s) >= mean(s).
        """
        for _ in range(100):
            total, dual = (
                float(np.mean(slope(z))),
                entropy_gain(z, self.initial) - self.radius * self._pulled(z)[1].sum(),
            )
            if dual > 0.5 * total or z.min() > LARGEST_MARGIN:
                break
            z = z + min(1 - dual / total, 5.0)
        return z

    def _pulled(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        g = self.outputs @ (self.y * slope(z) / len(z))
        return g, np.sqrt(np.einsum("lk,lk->l", g, g))

    def _direction(self, z: np.ndarray, residual: np.ndarray, g: np.ndarray, norms: np.ndarray, theta: float) -> Any:
        r"""Newton's step in z: -(I + Y X~^T X~ Y W)^{-1} (z - T(z)), W = s (1 - s) / n.

        The Hessian of a smoothed norm, R (I - g g^T / r^2) / r with r the smoothed norm, is the square of
        sqrt(R / r) (I - (1 - delta / r) gg^T / |g|^2), which X~ has absorbed.
        """
        r = norms + theta
        delta = np.sqrt(theta * (2 * norms + theta))
        unit = g / np.where(norms > 0, norms, 1)[:, None]
        along = combined(unit, self.outputs) * (1 - delta / r)[:, None]
        x = (self.outputs - unit[:, :, None] * along[:, None, :]) * np.sqrt(self.radius / r)[:, None, None]
        x = x.reshape(-1, len(z)) * self.y
        w = slope(z) * slope(-z) / len(z)
        if len(x) <= len(z):
            return -residual + x.T @ _solve((x * w) @ x.T, x @ (w * residual))
        half = np.sqrt(w)
        return -residual + x.T @ (x @ (half * _solve((x * half).T @ (x * half), half * residual)))

    def _ascend(
        self, z: np.ndarray, residual: np.ndarray, step: np.ndarray, norms: np.ndarray, theta: float
    ) -> tuple[np.ndarray, bool]:
        """Backtracking on the smoothed dual, the smoothing held fixed."""
        delta2 = theta * (2 * norms + theta)

        def dual(at: np.ndarray) -> float:
            if at.min() > LARGEST_MARGIN + 1:
                return -np.inf
            return entropy_gain(at, self.initial) - self.radius * float(
                np.sqrt(self._pulled(at)[1] ** 2 + delta2).sum()
            )

        start, gain = dual(z), -float(np.mean(residual * slope(z) * slope(-z) * step))
        for halvings in range(30):
            size = 0.5**halvings
            if dual(z + size * step) >= start + 1e-4 * size * gain:
                return z + size * step, True
        return z, False


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(I + matrix)^{-1} right for a positive semidefinite matrix; more than I where rounding made it indefinite."""
    added = 1.0
    while True:
        matrix.flat[:: len(matrix) + 1] += added
        try:
            factor = scipy.linalg.cho_factor(matrix, lower=True, check_finite=False)
        except scipy.linalg.LinAlgError:
            added = max(10 * added, 1e-16 * float(np.trace(matrix)))
            if not added < np.inf:
                return np.zeros_like(right)
            continue
        return np.asarray(scipy.linalg.cho_solve(factor, right, check_finite=False))
