r"""The loss in a ball, restricted to a few directions in each layer: a Newton method on the smoothed dual.

With orthonormal directions of layer l whose outputs on the sample are the rows of :math:`X_l` (k, n), the problem is

.. math:: \min_{\|\alpha_l\| \le R} \frac1n \sum_i \ell\Big(y_i f_i + y_i \sum_l (X_l^\top \alpha_l)_i\Big), \qquad
          \max_{s \in [0,1]^n} \frac1n \sum_i \big[H(s_i) - s_i y_i f_i\big] - R \sum_l \|X_l c\|, \quad
          c_i = s_i y_i / n ,

with the binary entropy H in nats. Norms are smoothed, :math:`\|g\| \to \sqrt{\|g\|^2 + \delta_l^2}`, with
:math:`\delta_l^2 = 2 \|g\| \theta + \theta^2`: then :math:`\alpha_l = R g_l / (\|g_l\| + \theta)` lies in its ball, and
smoothing costs at most :math:`R \theta` a layer. The variables are margins z, with :math:`s = -\ell'(z)`; the optimum
is the fixed point :math:`z = T(z) = y (f + \sum_l X_l^\top \alpha_l)`, and a step solves a system of the smaller of n
and k L.
"""

import dataclasses

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

__all__ = ["LARGEST_MARGIN", "SubspaceProblem", "combined", "entropy_gain", "logistic", "slope"]

Floats = NDArray[np.float64]

LARGEST_MARGIN = 250.0
"""The least margin stays below this, the loss of 1e-108, so that squares of the slopes do not underflow."""


def logistic(z: Floats) -> Floats:
    """The loss log(1 + e^-z), elementwise."""
    return np.logaddexp(0, -z)


def slope(z: Floats) -> Floats:
    """Minus the derivative of the loss, s = 1 / (1 + e^z), elementwise."""
    return np.exp(-np.logaddexp(0, z))


def entropy_gain(z: Floats, initial: Floats) -> float:
    """The mean of H(s) - s y f at s = -l'(z): the entropy is l(z) + s z, exact in relative terms for small s."""
    return float(np.mean(logistic(z) + slope(z) * (z - initial)))


def combined(weights: Floats, rows: Floats) -> Floats:
    """``sum_k weights[l, k] rows[l, k]``, (L, n); zeros without any row, where NumPy's einsum has failed."""
    return np.asarray((weights[:, None] @ rows)[:, 0])


@dataclasses.dataclass(frozen=True)
class SubspaceProblem:
    """The problem restricted to the span of some directions, at one radius.

    Attributes:
        outputs: (L, k, n), the directions' outputs X_l.
        y: (n,) labels.
        initial: (n,) initial margins y f.
        radius: R.
    """

    outputs: Floats
    y: Floats
    initial: Floats
    radius: float

    def solve(self, z: Floats, tolerance: float, max_steps: int = 50) -> tuple[Floats, Floats, float, int]:
        """Margins z of the dual, coefficients alpha (L, k), and their loss, with a relative gap of ``tolerance``.

        The last is how many linear systems were solved.

        A heuristic inside :mod:`howwide.ntrf.solvers.frank_wolfe`, which certifies: the budget may end first, silently.
        """
        best = float(np.mean(logistic(self.initial)))
        alpha = np.zeros(self.outputs.shape[:2])
        # From a dual below 0 the ascent may lead to s = 0, so z is shifted first. For small s, D(t s) = t (D(s) -
        # mean(s) log t), largest at log t = D(s) / mean(s) - 1; and at the optimum D(s) >= mean(s).
        for _ in range(100):
            total = float(np.mean(slope(z)))
            dual = entropy_gain(z, self.initial) - self.radius * self._gradients(z)[1].sum()
            if dual > 0.5 * total or z.min() > LARGEST_MARGIN:
                break
            z = z + min(1 - dual / total, 5.0)
        steps = 0
        while steps < max_steps:
            steps += 1
            g, norms = self._gradients(z)
            dual = entropy_gain(z, self.initial) - self.radius * norms.sum()
            theta = 0.3 * tolerance * min(best, float(np.mean(logistic(z)))) / (self.radius * len(norms))
            new = self.radius * g / (norms + theta)[:, None]  # alpha_l = R g_l / (|g_l| + theta)
            margins = self.initial + self.y * combined(new, self.outputs).sum(0)  # T(z)
            value = float(np.mean(logistic(margins)))
            if value <= best:
                best, alpha = value, new
            if best - dual <= tolerance * best:
                break
            raised = self._ascend(z, z - margins, g, norms, theta)
            if raised is None:
                break
            z = raised
        return z, alpha, best, steps

    def _gradients(self, z: Floats) -> tuple[Floats, Floats]:
        """``g_l = X_l c``, (L, k), and their norms."""
        g = self.outputs @ (self.y * slope(z) / len(z))
        return g, np.sqrt(np.einsum("lk,lk->l", g, g))

    def _ascend(self, z: Floats, residual: Floats, g: Floats, norms: Floats, theta: float) -> Floats | None:
        r"""Newton's step in z on the smoothed dual with backtracking, the smoothing held fixed; None if none ascends.

        The step is -(I + Y X~^T X~ Y W)^{-1} (z - T(z)), W = s (1 - s) / n. The Hessian of a smoothed norm, R (I - g
        g^T / r^2) / r with r the smoothed norm, is the square of sqrt(R / r) (I - (1 - delta / r) gg^T / |g|^2), which
        X~ has absorbed.
        """
        r = norms + theta  # sqrt(|g|^2 + delta^2)
        delta2 = theta * (2 * norms + theta)
        unit = g / np.where(norms > 0, norms, 1)[:, None]
        along = combined(unit, self.outputs) * (1 - np.sqrt(delta2) / r)[:, None]
        x = (self.outputs - unit[:, :, None] * along[:, None, :]) * np.sqrt(self.radius / r)[:, None, None]
        x = x.reshape(-1, len(z)) * self.y  # X~ Y
        w = slope(z) * slope(-z) / len(z)
        if len(x) <= len(z):  # (I + X'X W)^{-1} = I - X' (I + X W X')^{-1} X W
            step = -residual + x.T @ _solve((x * w) @ x.T, x @ (w * residual))
        else:
            half = np.sqrt(w)
            step = -residual + x.T @ (x @ (half * _solve((x * half).T @ (x * half), half * residual)))

        def dual(at: Floats) -> float:
            if at.min() > LARGEST_MARGIN + 1:
                return -np.inf
            smoothed = np.sqrt(self._gradients(at)[1] ** 2 + delta2)
            return entropy_gain(at, self.initial) - self.radius * float(smoothed.sum())

        start, gain = dual(z), -float(np.mean(residual * slope(z) * slope(-z) * step))
        for halvings in range(30):
            size = 0.5**halvings
            if dual(z + size * step) >= start + 1e-4 * size * gain:
                return z + size * step
        return None


def _solve(matrix: Floats, right: Floats) -> Floats:
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
