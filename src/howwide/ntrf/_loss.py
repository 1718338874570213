r"""The NTRF error: the smallest training loss of the linearised network in a ball about its weights.

.. math:: \varepsilon_{\mathrm{NTRF}}(R) = \min_{\|U_l\|_F \le R / \text{unit}, \; l = 1..L} \frac1n \sum_{i=1}^n \ell
          \Big( y_i \big( f_W(x_i) + \sum_l \langle \nabla_{W_l} f_W(x_i), U_l \rangle \big) \Big)

(Chen et al., ICLR 2021, section 3.1, with unit = m^{1/2}; the alpha-scaled version has m^alpha). The minimum is convex
and is returned as an interval with a point that attains its upper end: see
:mod:`howwide.ntrf.solvers.frank_wolfe`.
"""

import dataclasses
from typing import Any

import numpy as np

from howwide.networks.protocol import Network
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.frank_wolfe import Ball, Ends, Solver
from howwide.ntrf.status import SolveStatus
from howwide.tangent import TangentOperator

__all__ = ["NTRFLoss", "loss", "loss_of"]


@dataclasses.dataclass(frozen=True, eq=False)
class NTRFLoss:
    """An NTRF error and the point that attains its upper end.

    Attributes:
        radius: R, in the scale of the theory.
        ball: "per-layer", or "joint".
        lower: at most the error, from the dual; rounding errors are counted.
        upper: at least the error: the loss of the point below, which lies in the ball.
        status: ``converged``; ``max_steps`` (the interval is wider than asked: raise ``max_steps``); ``precision_lost``
            (rounding keeps it from getting narrower).
        steps: products with the tangent Grams that were spent.
        coefficients: (L, n), ``U_l = sum_i a_{l,i} grad_l f(x_i) / unit^2``.
        outputs: (n,) the linearised outputs F(x_i) at the point.
        norms: (L,) ``|U_l|_F unit``, to be compared with R.
        linearized: network, weights and sample, in float64.
    """

    radius: float
    ball: Ball
    lower: float
    upper: float
    status: SolveStatus
    steps: int
    coefficients: np.ndarray = dataclasses.field(repr=False)
    outputs: np.ndarray = dataclasses.field(repr=False)
    norms: np.ndarray = dataclasses.field(repr=False)
    linearized: Linearized = dataclasses.field(repr=False)

    def directions(self) -> tuple[np.ndarray, ...]:
        """The matrices U_l, in the shapes and the scale of the weights."""
        return self.linearized.directions(self.coefficients)

    def weights(self) -> tuple[np.ndarray, ...]:
        """The point W* = W + U, float64."""
        return tuple(w.astype(float) + u for w, u in zip(self.linearized.weights, self.directions(), strict=True))

    def predict(self, x: Any) -> np.ndarray:
        """Linearised outputs f_W(x) + sum_l <grad_l f_W(x), U_l> of new rows ``x`` (n', d).

        Raises:
            ShapeError: rows that do not fit the network.
            SettingError: entries that are not finite numbers.
        """
        operator = TangentOperator(self.linearized.net, self.linearized.weights, x)
        return operator.outputs + operator.push(self.directions()).sum(0)


def loss(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    radius: float,
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 200,
    dtype: Any = "float64",
) -> NTRFLoss:
    r"""The NTRF error :math:`\varepsilon_{\mathrm{NTRF}}(R)` of a sample, with certified ends.

    Radius R means :math:`\|U_l\|_F \le R / \text{unit}` for every layer, or
    :math:`\sum_l \|U_l\|_F^2 \le (R / \text{unit})^2` for ``ball="joint"``; unit is ``net.gradient_scale``. R = 0 gives
    the loss of the network itself.

    Some tens of products with the tangent Grams: O(L n^2) time each while these are stored, O(n m (d + m L)) beyond.

    Args:
        net: the network.
        weights: where it is linearised, most often the initial weights.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        radius: R.
        ball: "per-layer" as in the theory, or "joint".
        tolerance: ``upper - lower <= tolerance * upper`` is asked for.
        max_steps: products to spend at most, and ten times as many linear systems.
        dtype: of the search; the ends are computed in float64, for weights and rows as they are given, whatever it is.

    Returns:
        The interval and its point; losses below 1e-100 are all the same.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: a radius, tolerance, budget, ball or dtype outside its domain.
    """
    linearized = Linearized(net, weights, x, y, dtype=dtype)
    return loss_of(linearized, radius=radius, ball=ball, tolerance=tolerance, max_steps=max_steps)


def loss_of(
    linearized: Linearized, *, radius: float, ball: Ball = "per-layer", tolerance: float = 1e-3, max_steps: int = 200
) -> NTRFLoss:
    """:func:`loss` on a linearised sample whose Grams several questions share.

    Raises:
        SettingError: a radius, tolerance, budget or ball outside its domain.
    """
    solver = Solver(linearized, ball)
    return record(solver, radius, solver.minimise(radius, tolerance=tolerance, max_steps=max_steps))


def record(solver: Solver, radius: float, ends: Ends) -> NTRFLoss:
    """The result for what ``solver`` found at ``radius``."""
    return NTRFLoss(
        radius=float(radius),
        ball="joint" if solver.joint else "per-layer",
        lower=ends.lower,
        upper=ends.upper,
        status=ends.status,
        steps=ends.steps,
        coefficients=ends.coefficients,
        outputs=ends.outputs,
        norms=ends.norms,
        linearized=solver.exact,
    )
