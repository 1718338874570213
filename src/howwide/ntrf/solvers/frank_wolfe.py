r"""The smallest logistic loss in a ball of tangent features, from products with the tangent Grams alone.

.. math:: \varepsilon(R) = \min_{\|U_l\|_F \le R/\text{unit}} \frac1n \sum_i \ell\Big(y_i \big(f(x_i) + \sum_l \langle
          \nabla_{W_l} f(x_i), U_l \rangle\big)\Big)

(the NTRF error of Chen et al., ICLR 2021, section 3.1; ``ball="joint"`` bounds :math:`\sum_l \|U_l\|^2` instead). A
*fully corrective* Frank-Wolfe method: each step takes one product with the loss derivatives :math:`c_i = y_i s_i / n`,
adds their direction :math:`\sum_i c_i \nabla_{W_l} f(x_i)` to the span of every layer, and solves the problem in the
span to a tenth of the gap (:mod:`howwide.ntrf.solvers.dual_newton`). Any s in [0, 1] certifies

.. math:: \varepsilon(R) \ge D(s; R) = \frac1n \sum_i [H(s_i) - s_i y_i f(x_i)] - R \sum_l \sqrt{c^\top K_l c} ,

H the binary entropy, and any point of the ball bounds from above. D is linear in R, so that one dual point speaks about
every radius. Tens of products suffice, whatever n is; the span serves the next radius too.
"""

import dataclasses
import math
from typing import Literal

import numpy as np

from howwide.checks import check_count
from howwide.errors import SettingError
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.dual_newton import Restricted, entropy_gain, logistic, slope
from howwide.ntrf.solvers.span import Span
from howwide.ntrf.solvers.threads import threads_for
from howwide.ntrf.status import SolveStatus

__all__ = ["FLOOR", "SYSTEMS", "Ball", "Ends", "Line", "Solver", "check_radius"]

Ball = Literal["per-layer", "joint"]

FLOOR = 1e-100
"""Losses below this are not told apart: the interval is [0, upper], and counts as converged."""

SYSTEMS = 10
"""Linear systems that a search may solve for every product it may spend; they take the time where products are fast."""

_STALLED = 20


@dataclasses.dataclass(frozen=True)
class Line:
    """A lower bound on the loss for every radius at once: ``height - fall * R``; rounded towards the safe side."""

    height: float
    fall: float

    def at(self, radius: float) -> float:
        """The bound at a radius; a loss is never negative."""
        value = self.height - self.fall * radius
        return max(0.0, value - 4e-16 * (abs(self.height) + self.fall * radius))

    def reaches(self, eps: float) -> float:
        """No radius below this has a loss of at most ``eps``; infinite where no radius has."""
        room = self.height - eps - 1e-15 * (abs(self.height) + eps)
        return 0.0 if room <= 0 else (room / self.fall) * (1 - 1e-15) if self.fall > 0 else math.inf


@dataclasses.dataclass(frozen=True)
class Ends:
    """The loss at one radius.

    Attributes:
        lower: at most the loss.
        upper: at least the loss: that of the point ``coefficients``, which lies in the ball.
        status: converged, max_steps, or precision_lost.
        steps: products with the Grams that were spent.
        systems: linear systems that were solved for them.
        coefficients: (L, n), ``U_l = sum_i a_{l,i} grad_l f(x_i) / unit^2``.
        outputs: (n,) the linearised outputs at that point.
        norms: (L,) |U_l| unit, each layer's share of the radius, rounded up.
        line: the lower bound as a function of the radius.
    """

    lower: float
    upper: float
    status: SolveStatus
    steps: int
    systems: int
    coefficients: np.ndarray
    outputs: np.ndarray
    norms: np.ndarray
    line: Line


def check_radius(radius: float) -> float:
    """``radius`` as a float.

    Raises:
        SettingError: it is negative or not finite.
    """
    try:
        value = float(radius)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value < 1e100:
        raise SettingError(f"a radius is a number of at least 0, in the scale of the theory; got {radius!r}")
    return value


class Solver:
    """The losses of one linearised sample at one radius after the other; each starts from what is known.

    Args:
        linearized: network, weights and sample. A float32 one searches in float32; the ends are certified by products
            in float64 all the same.
        ball: "per-layer", or "joint" for one ball of all layers together.

    Attributes:
        exact: the sample as it was given, in float64, for which the ends hold.
        initial: (n,) margins y f.
        seen: every radius that was looked at, with its ends.

    Raises:
        SettingError: another ball.
    """

    def __init__(self, linearized: Linearized, ball: Ball = "per-layer") -> None:
        if ball not in ("per-layer", "joint"):
            raise SettingError(f'ball is "per-layer" or "joint"; got {ball!r}')
        self.linearized, self.joint = linearized, ball == "joint"
        self.exact = linearized.exact
        self.y, self.initial = linearized.y, linearized.y * self.exact.outputs
        squares = self.exact.diagonals()
        self._lengths = np.sqrt(squares.sum(0, keepdims=True) if self.joint else squares)
        # a quadratic form sums over the examples twice and over both sides of a matrix; k terms err by k eps / 2
        terms = linearized.n + max(sum(w.shape) for w in linearized.weights) + 16
        self._rounding = terms * float(np.finfo(np.float64).eps)
        # what is left of a direction, in units of the whole, must stand out of the rounding of its product
        self.span = Span(len(self._lengths), linearized.n, 1e-5 if linearized.dtype == np.float64 else 2e-3)
        self._margins, self._radius = self.initial.copy(), 0.0
        self.seen: list[tuple[float, Ends]] = []

    @property
    def initial_loss(self) -> float:
        """The loss at the weights themselves."""
        return float(np.mean(logistic(self.initial)))

    @property
    def first_radius(self) -> float:
        """A radius that changes the outputs by about 1/2."""
        length = float(np.mean(self._lengths.sum(0)))
        return 0.5 / length if length > 0 else 1.0

    def minimise(
        self, radius: float, *, tolerance: float = 1e-3, max_steps: int = 200, max_systems: int | None = None
    ) -> Ends:
        """The loss at ``radius`` with ``upper - lower <= tolerance * upper``.

        Args:
            radius: R.
            tolerance: the relative width asked for.
            max_steps: products to spend at most, beside those that certify.
            max_systems: linear systems to solve at most, about; ten times ``max_steps`` unless given.

        Returns:
            Valid ends, whatever the status.

        Raises:
            SettingError: a radius, tolerance or budget outside its domain.
        """
        radius, max_steps = check_radius(radius), check_count(max_steps, "max_steps", 1)
        if not 1e-9 <= tolerance < 1:
            raise SettingError(f"tolerance is a relative width in [1e-9, 1); got {tolerance!r}")
        search, stage = _Search(self, max_steps, SYSTEMS * max_steps if max_systems is None else max_systems), 0.0
        with threads_for(self.linearized.n):
            while stage < radius and not search.spent and search.upper > FLOOR:
                stage = self._next_radius(radius)
                search.run(stage, 0.8 * tolerance if stage == radius else 0.3)
            ends = self._certified(radius, search, tolerance)
        if not (ends.upper - ends.lower <= tolerance * ends.upper or ends.upper <= FLOOR):
            lost = stage == radius and search.finished
            ends = dataclasses.replace(ends, status=SolveStatus.PRECISION_LOST if lost else SolveStatus.MAX_STEPS)
        self.seen.append((radius, ends))
        return ends

    def products(self, c: np.ndarray) -> np.ndarray:
        """Products with the Grams of the balls: of the layers, or of their sum; (1 or L, n)."""
        found = self.linearized.products(c)
        return found.sum(0, keepdims=True) if self.joint else found

    def _next_radius(self, radius: float) -> float:
        """A radius on the way to a larger one, with margins close to those of the last.

        In a span made for a much smaller radius the dual has no value above 0.
        """
        start = self._radius or self.first_radius
        factor = min(2.0, 1 + 15 / max(float(self._margins.min()), 15.0)) if self._radius else 1.0
        return min(radius, start * factor)

    def _certified(self, radius: float, search: "_Search", tolerance: float) -> Ends:
        """Both ends from fresh products in float64, every rounding error counted against them.

        Coefficients of gradients that are nearly dependent cancel, and products with the Grams lose what they cancel
        by. Where that keeps the ends apart they are made again from the matrices that the coefficients stand for.
        """
        ends = self._ends(radius, search, self._line(search.dual), self._point(search.coefficients, radius))
        if radius == 0 or ends.upper - ends.lower <= tolerance * ends.upper or ends.upper <= FLOOR:
            return ends
        other = self._line_of_matrices(search.dual)
        line = max(ends.line, other, key=lambda one: one.at(radius))
        point = min(
            self._point(search.coefficients, radius),
            self._point_of_matrices(search.coefficients, radius),
            key=lambda one: one[0],
        )
        return self._ends(radius, search, line, point)

    def _ends(self, radius: float, search: "_Search", line: Line, point: "_Point") -> Ends:
        if radius == 0 or point[0] >= self.initial_loss:
            nothing = np.zeros((self.linearized.layers, self.linearized.n))
            point = (self.initial_loss, nothing, self.exact.outputs, np.zeros(self.linearized.layers))
        lower = min(line.at(radius), point[0]) if radius else self.initial_loss
        return Ends(lower, point[0], SolveStatus.CONVERGED, search.steps, search.systems, *point[1:], line)

    def _line(self, z: np.ndarray) -> Line:
        """The bound of the dual point s = -l'(z), its norms by products: the root of what rounding leaves of them."""
        c = self.y * slope(z) / len(z)
        products = self.exact.products(c)
        products = products.sum(0, keepdims=True) if self.joint else products
        masses = self._lengths @ np.abs(c)
        norms = np.sqrt(np.maximum(products @ c, 0) + self._rounding * masses**2) * (1 + self._rounding)
        return Line(self._height(z), float(norms.sum()))

    def _line_of_matrices(self, z: np.ndarray) -> Line:
        """The same bound, its norms those of the matrices ``sum_i c_i grad_l f(x_i)``, to rounding of their sums."""
        c = self.y * slope(z) / len(z)
        norms = _norms(self.exact.directions(c)) * self.exact.unit
        norms = np.sqrt((norms**2).sum(keepdims=True)) if self.joint else norms
        norms = norms + self._rounding * (self._lengths @ np.abs(c))
        return Line(self._height(z), float(norms.sum()) * (1 + 1e-15))

    def _height(self, z: np.ndarray) -> float:
        size = float(np.mean(logistic(z) + slope(z) * (np.abs(z) + np.abs(self.initial))))
        return entropy_gain(z, self.initial) - self._rounding * size

    def _point(self, a: np.ndarray, radius: float) -> "_Point":
        """Loss (rounded up), coefficients, outputs and norms of the point ``a`` brought into the ball, by products."""
        products = self.exact.products(a)
        lengths = np.sqrt(self.exact.diagonals())
        masses = (lengths * np.abs(a)).sum(1)
        squares = np.maximum((a * products).sum(1), 0) + self._rounding * masses**2
        scale = self._scale(np.sqrt(squares), radius)
        outputs = self.exact.outputs + (scale[:, None] * products).sum(0)
        errors = (scale * masses) @ lengths
        return self._loss(outputs, errors), scale[:, None] * a, outputs, scale * np.sqrt(squares) * (1 + 1e-15)

    def _point_of_matrices(self, a: np.ndarray, radius: float) -> "_Point":
        """The same for the matrices that ``a`` stands for: whatever rounding made of them, they lie in the ball."""
        for _ in range(3):  # scaled coefficients make other roundings, hence another look
            matrices = self.exact.directions(a)
            norms = _norms(matrices) * self.exact.unit * (1 + self._rounding)
            scale = self._scale(norms, radius)
            if (scale >= 1 - 2e-15).all():
                break
            a = a * scale[:, None] * (1 - 1e-13)
        else:
            return math.inf, a, self.exact.outputs, norms
        outputs = self.exact.outputs + self.exact.operator.push(matrices).sum(0)
        return self._loss(outputs, norms @ np.sqrt(self.exact.diagonals())), a, outputs, norms

    def _scale(self, norms: np.ndarray, radius: float) -> np.ndarray:
        """Factors (L,) that bring layers of these norms into the ball."""
        sizes = np.sqrt((norms**2).sum(keepdims=True)) if self.joint else norms
        scale = np.minimum(1, radius / np.where(sizes > 0, sizes, 1)) * (1 - 1e-15)
        return np.broadcast_to(scale, norms.shape)

    def _loss(self, outputs: np.ndarray, sizes: np.ndarray) -> float:
        """The loss of outputs whose sums had terms of ``sizes``, rounded up."""
        errors = self._rounding * (sizes + np.abs(outputs))
        return float(np.mean(logistic(self.y * outputs - errors))) * (1 + self._rounding)


_Point = tuple[float, np.ndarray, np.ndarray, np.ndarray]
"""Loss, coefficients, outputs and norms of a point of the ball."""


def _norms(matrices: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.array([np.linalg.norm(u) for u in matrices])


class _Search:
    """The search at one radius: its best dual point and its best point in the ball, not yet certified."""

    def __init__(self, solver: Solver, max_steps: int, max_systems: int) -> None:
        self.solver, self.max_steps, self.max_systems = solver, max_steps, max_systems
        self.steps, self.systems = 0, 0
        self.dual, self.upper, self.finished = solver.initial, solver.initial_loss, True
        self._alpha = np.zeros((len(solver._lengths), 0))

    @property
    def coefficients(self) -> np.ndarray:
        """Those of the best point, (L, n)."""
        found = self.solver.span.coefficients(self._alpha)
        return np.broadcast_to(found, (self.solver.linearized.layers, found.shape[1]))

    @property
    def spent(self) -> bool:
        """Whether the budget is used up."""
        return self.steps >= self.max_steps or self.systems >= self.max_systems

    def run(self, radius: float, tolerance: float) -> None:
        """Narrow the relative gap at ``radius`` to ``tolerance``, while there are steps and they help."""
        solver, z = self.solver, self._moved_to(radius)
        lower, gap, stalled, self.finished = -math.inf, math.inf, 0, False
        while not (self.spent or self.finished):
            z = self._corrected(radius, z, min(0.1, max(0.1 * gap, 0.2 * tolerance)))
            c = solver.y * slope(z) / len(z)
            products = solver.products(c)
            self.steps += 1
            value = entropy_gain(z, solver.initial) - radius * float(np.sqrt(np.maximum(products @ c, 0)).sum())
            if value > lower:
                lower, self.dual = value, z
            new = (self.upper - lower) / self.upper
            stalled = 0 if new < 0.999 * gap else stalled + 1
            gap = min(gap, new)
            self.finished = new <= tolerance or self.upper <= FLOOR or stalled >= _STALLED
            solver.span.add(c, products)
        solver._margins, solver._radius = z, radius

    def _moved_to(self, radius: float) -> np.ndarray:
        """Margins to start with: towards a smaller radius in proportion; upwards the weights of the examples stay."""
        solver = self.solver
        ratio = min(1.0, radius / solver._radius) if solver._radius else 1.0
        return solver.initial + ratio * (solver._margins - solver.initial)

    def _corrected(self, radius: float, z: np.ndarray, tolerance: float) -> np.ndarray:
        """The optimum in the span, as dual margins; its loss and its point are kept if they are better."""
        solver = self.solver
        if not len(solver.span.columns):
            return z
        problem = Restricted(solver.span.outputs, solver.y, solver.initial, radius)
        z, alpha, value, systems = problem.solve(z, tolerance)
        self.systems += systems
        if value < self.upper:
            self.upper, self._alpha = value, alpha
        return z
