r"""The NTRF error: the smallest training loss of the linearised network in a ball about its weights.

.. math:: \varepsilon_{\mathrm{NTRF}}(R) = \min_{\|U_l\|_F \le R / \text{unit}, \; l = 1..L} \frac1n \sum_{i=1}^n \ell
          \Big( y_i \big( f_W(x_i) + \sum_l \langle \nabla_{W_l} f_W(x_i), U_l \rangle \big) \Big)

(Chen et al., ICLR 2021, section 3.1, with unit = m^{1/2}; the alpha-scaled version has m^alpha). The minimum is convex
and is returned as an interval with a point that attains its upper end: see :mod:`howwide.ntrf.solvers.frank_wolfe`.

As a function of the radius it is convex and does not increase, and its dual points are lines below the whole curve
(:class:`~howwide.ntrf.solvers.frank_wolfe.DualBound`): a bound at one radius bounds the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.frank_wolfe import Ball, CertifiedLoss, Solver, check_radius
from howwide.tangent import TangentOperator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NTRFLoss", "Path", "loss", "loss_of", "path", "path_of"]

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class NTRFLoss(CertifiedLoss):
    """An NTRF error and the point that attains its upper end.

    Attributes:
        radius: R, in the scale of the theory.
        ball: "per-layer", or "joint".
        lower: at most the error, from the dual; rounding errors are counted.
        upper: at least the error: the loss of the point below, which lies in the ball.
        status: ``converged``; ``max_steps`` (the interval is wider than asked: raise ``max_steps``); ``precision_lost``
            (rounding keeps it from getting narrower).
        steps: products with the tangent Grams that were spent.
        systems: linear systems that were solved for them.
        coefficients: (L, n), ``U_l = sum_i a_{l,i} grad_l f(x_i) / unit^2``.
        outputs: (n,) the linearised outputs F(x_i) at the point.
        norms: (L,) ``|U_l|_F unit``, to be compared with R.
        bound: the lower end as a function of the radius.
        linearized: network, weights and sample, in float64.
    """

    radius: float
    ball: Ball
    linearized: Linearized = dataclasses.field(repr=False)

    @classmethod
    def of(cls, solver: Solver, radius: float, certified: CertifiedLoss) -> NTRFLoss:
        """The result for what ``solver`` certified at ``radius``."""
        ball: Ball = "joint" if solver.joint else "per-layer"
        return cls(**vars(certified), radius=float(radius), ball=ball, linearized=solver.exact)

    def directions(self) -> tuple[Floats, ...]:
        """The matrices U_l, in the shapes and the scale of the weights."""
        return self.linearized.directions(self.coefficients)

    def weights(self) -> tuple[Floats, ...]:
        """The point W* = W + U, float64."""
        return tuple(w.astype(float) + u for w, u in zip(self.linearized.weights, self.directions(), strict=True))

    def predict(self, x: ArrayLike) -> Floats:
        """Linearised outputs f_W(x) + sum_l <grad_l f_W(x), U_l> of new rows ``x`` (n', d).

        Raises:
            ShapeError: rows that do not fit the network.
            SettingError: entries that are not finite numbers.
        """
        operator = TangentOperator(self.linearized.net, self.linearized.weights, x)
        return operator.outputs + operator.push(self.directions()).sum(0)


def loss(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    radius: float,
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 200,
    dtype: DTypeLike = "float64",
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
    return NTRFLoss.of(solver, radius, solver.minimise(radius, tolerance=tolerance, max_steps=max_steps))


@dataclasses.dataclass(frozen=True, eq=False)
class Path:
    """NTRF errors at several radii, from small to large.

    The ends do not increase with the radius: a lower end holds for every smaller radius too, an upper one for every
    larger, and ``losses`` have the ends of each radius by itself.

    Attributes:
        losses: a result for each radius.
        lower: (k,) lower ends.
        upper: (k,) upper ends.
    """

    losses: tuple[NTRFLoss, ...]
    lower: Floats
    upper: Floats

    @property
    def radii(self) -> Floats:
        """The radii, ascending."""
        return np.array([loss.radius for loss in self.losses])

    def given(self, solver: Solver) -> Path:
        """The path with what ``solver`` has seen at any radius: dual bounds hold at all, a point in larger balls."""
        lower, upper = self.lower.copy(), self.upper.copy()
        for k, loss in enumerate(self.losses):
            lower[k] = max(lower[k], loss.lower, *(seen.bound.at(loss.radius) for _, seen in solver.seen))
            upper[k] = min(upper[k], loss.upper, *(seen.upper for r, seen in solver.seen if r <= loss.radius))
        return dataclasses.replace(self, lower=np.minimum(lower, upper), upper=upper)

    @property
    def table(self) -> pd.DataFrame:
        """A row a radius: radius, lower, upper, status, steps."""
        import pandas as pd

        return pd.DataFrame(
            {
                "radius": self.radii,
                "lower": self.lower,
                "upper": self.upper,
                "status": [str(loss.status) for loss in self.losses],
                "steps": [loss.steps for loss in self.losses],
            }
        )


def path(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    radii: Iterable[float],
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 200,
    dtype: DTypeLike = "float64",
) -> Path:
    """NTRF errors at several radii; arguments as in :func:`howwide.ntrf.loss`, ``max_steps`` for each radius.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: no radii, or a setting outside its domain.
    """
    linearized = Linearized(net, weights, x, y, dtype=dtype)
    return path_of(linearized, radii=radii, ball=ball, tolerance=tolerance, max_steps=max_steps)


def path_of(
    linearized: Linearized,
    *,
    radii: Iterable[float],
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 200,
    solver: Solver | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Path:
    """:func:`path` on a linearised sample.

    Args:
        linearized: the sample.
        radii: the radii.
        ball: "per-layer" or "joint".
        tolerance: ``upper - lower <= tolerance * upper`` is asked for.
        max_steps: products to spend at most for each radius.
        solver: of this sample and ball; it remembers the losses found here.
        say: called with a line before every radius.

    Raises:
        SettingError: no radii, or a setting outside its domain.
    """
    wanted = sorted({check_radius(r) for r in radii})
    if not wanted:
        raise SettingError("a path needs at least one radius")
    solver = solver or Solver(linearized, ball)
    losses = []
    for r in wanted:
        say(f"the least loss in balls of radius {r:g}")
        losses.append(NTRFLoss.of(solver, r, solver.minimise(r, tolerance=tolerance, max_steps=max_steps)))
    return Path(tuple(losses), np.zeros(len(wanted)), np.full(len(wanted), np.inf)).given(solver)
