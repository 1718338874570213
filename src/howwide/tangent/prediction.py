r"""What the linearised network would learn: kernel-machine predictions with the tangent kernel.

With :math:`\hat K = K / u^2`, u the network's ``gradient_scale`` (the scale of
:func:`~howwide.tangent.infinite_gram`), gradient flow :math:`\dot U = -\nabla` on

.. math:: \frac{1}{2n} \sum_i (F_U(x_i) - y_i)^2 + \frac{\lambda}{2} u^2 \|U\|_F^2 , \qquad
          F_U(x) = f_0(x) + \langle \nabla f_0(x), U \rangle , \qquad U(0) = 0,

stays linear, and at time t it predicts

.. math:: f_0(x) + \hat K(x, X)\, g(\hat K)\, (y - f_0(X)), \qquad
          g(s) = \frac{1 - e^{-u^2 (s + n\lambda) t / n}}{s + n\lambda} .

Without ridge this is :math:`f_0 + K(x, X) K^{-1} (I - e^{-Kt/n}) (y - f_0(X))` (Jacot, Gabriel and Hongler, NeurIPS
2018; Lee et al., NeurIPS 2019, with the average in place of the sum); for :math:`t \to \infty` it is kernel ridge
regression. Gradient descent of :func:`howwide.gradient_descent` with ``loss="square"`` and small steps is at
:math:`t = \eta T` after T steps of size :math:`\eta`; :math:`u \|U\|_F` is the radius of the theory.
"""

import enum
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.errors import SettingError, ShapeError
from howwide.networks.protocol import Network
from howwide.plain import plain
from howwide.tangent._gram import gram
from howwide.tangent.infinite import infinite_gram
from howwide.tangent.rows import as_rows

__all__ = ["PredictionStatus", "Predictions", "kernel_predict"]

Floats = NDArray[np.float64]

_ROUNDING = 100  # entries of a Gram err by tens of eps, its eigenvalues by n more


class PredictionStatus(enum.StrEnum):
    """Whether the kernel of the rows could be inverted."""

    REGULAR = "regular"
    """Every eigenvalue of K / u^2 + n lambda stands above rounding."""
    SINGULAR = "singular"
    """Some do not; along their eigenvectors nothing is learned, which for eigenvalues of 0 is exact (least squares of
    least norm), and for others below rounding is right while u^2 s t / n is small."""


@dataclass(frozen=True)
class Predictions:
    """Predictions of the kernel machine.

    Attributes:
        test: outputs on the test rows, (n_test,).
        train: outputs on the rows it learned from, (n,).
        status: see :class:`PredictionStatus`.
        rank: the number of eigenvectors along which something is learned.
        eigenvalues: those of K / u^2, ascending, (n,), as computed: rounding may leave some below 0.
    """

    test: Floats
    train: Floats
    status: PredictionStatus
    rank: int
    eigenvalues: Floats


def kernel_predict(
    net: Network,
    weights: Sequence[ArrayLike] | None,
    x: ArrayLike,
    y: ArrayLike,
    x_test: ArrayLike,
    *,
    ridge: float = 0.0,
    time: float | None = None,
    kernel: str = "finite",
) -> Predictions:
    r"""Predictions of the linearised network under the square loss; see the module for formula and scales.

    ``finite`` linearises the network at ``weights`` and starts from its outputs. ``infinite`` takes u^2 times the limit
    of the kernel and f_0 = 0: the mean of the predictors of infinitely wide networks over their starts, in the time of
    networks of the width of ``net``. Always in float64. O(n^3) time, O(n (n + n_test)) memory.

    Args:
        net: the network.
        weights: where it is linearised, most often its start; None will do for ``infinite``.
        x: (n, d) rows to learn from.
        y: (n,) finite targets, labels or other real numbers.
        x_test: (n_test, d) rows to predict.
        ridge: lambda, at least 0, in front of the squared radius ``u^2 |U|_F^2``; scikit-learn's ``alpha`` is n lambda
            for the kernel K / u^2.
        time: t, step size times number of steps; None for the end of the flow.
        kernel: ``finite`` or ``infinite``.

    Raises:
        ShapeError: arrays that do not fit each other or the network.
        SettingError: numbers that are not finite, a negative ridge or time, another kernel, or no weights for the
            finite one.
    """
    rows, tests = as_rows(x), as_rows(x_test, "test inputs")
    targets = np.asarray(y)
    if targets.shape != (len(rows),):
        raise ShapeError(f"expected a target for each of {len(rows)} rows, shape ({len(rows)},); got {targets.shape}")
    if targets.dtype.kind not in "biuf" or not np.isfinite(targets).all():
        raise SettingError("targets must be finite real numbers; found NaN, infinity or text")
    ridge, time = plain(ridge), plain(time)
    for name, value in (("ridge", ridge), ("time", 0.0 if time is None else time)):
        if not (isinstance(value, numbers.Real) and 0 <= float(value) < math.inf):
            raise SettingError(f"{name} must be a finite number of at least 0; got {value!r}")
    unit = net.gradient_scale
    start: Floats | float
    start_test: Floats | float
    if kernel == "infinite":
        square, cross, start, start_test = infinite_gram(net, rows), infinite_gram(net, tests, rows), 0.0, 0.0
    elif kernel == "finite" and weights is not None:
        w = tuple(np.asarray(matrix, float) for matrix in weights)
        square, cross = (np.asarray(k / unit**2, float) for k in (gram(net, w, rows), gram(net, w, tests, rows)))
        start, start_test = np.asarray(net.apply(w, rows)), np.asarray(net.apply(w, tests))
    else:
        what = f"kernel {kernel!r}" if kernel != "finite" else "weights None with kernel 'finite'"
        raise SettingError(f"kernel is 'finite', which needs weights, or 'infinite'; got {what}")
    eigenvalues, vectors = np.linalg.eigh(square)
    damped = eigenvalues + len(rows) * ridge  # s + n lambda
    above = damped > (len(rows) + _ROUNDING) * np.finfo(float).eps * np.abs(eigenvalues).max()
    damped, vectors = damped[above], vectors[:, above]
    # g(s) = (1 - exp(-u^2 (s + n lambda) t / n)) / (s + n lambda)
    filtered = 1 / damped if time is None else -np.expm1(-damped * (unit**2 * time / len(rows))) / damped
    learned = filtered * (vectors.T @ (targets.astype(float) - start))
    return Predictions(
        test=start_test + cross @ (vectors @ learned),
        train=start + vectors @ (eigenvalues[above] * learned),
        status=PredictionStatus.REGULAR if above.all() else PredictionStatus.SINGULAR,
        rank=int(above.sum()),
        eigenvalues=eigenvalues,
    )
