r"""The smallest logistic loss in a ball of tangent features, from products with the tangent Grams alone.

.. math:: \varepsilon(R) = \min_{\|U_l\|_F \le R/\text{unit}} \frac1n \sum_i \ell\Big(y_i \big(f(x_i) + \sum_l \langle
          \nabla_{W_l} f(x_i), U_l \rangle\big)\Big)

(the NTRF error of Chen et al., ICLR 2021, section 3.1; ``ball="joint"`` bounds :math:`\sum_l \|U_l\|^2` instead). A
*fully corrective* Frank-Wolfe method: each step takes one product with the loss derivatives :math:`c_i = y_i s_i / n`,
adds their direction :math:`\sum_i c_i \nabla_{W_l} f(x_i)` to the span of every layer, and solves the problem in the
span to a tenth of the gap (:mod:`howwide.ntrf.solvers.dual_newton`). Any s in [0, 1] certifies

.. math:: \varepsilon(R) \ge D(s; R) = \frac1n \sum_i [H(s_i) - s_i y_i f(x_i)] - R \sum_l \sqrt{c^\top K_l c} ,

H the binary entropy, and any point of the ball bounds from above. D is linear in R, so that one dual point bounds the
loss at every radius. Tens of products suffice, whatever n is; the span serves the next radius too.
"""

import dataclasses
import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from howwide.checks import as_number, check_count
from howwide.errors import SettingError
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.dual_newton import SubspaceProblem, combined, entropy_gain, logistic, slope
from howwide.ntrf.solvers.threads import threads_for
from howwide.ntrf.status import SolveStatus

__all__ = [
    "FLOOR",
    "SYSTEMS",
    "Ball",
    "CertifiedLoss",
    "DualBound",
    "OrthonormalBasis",
    "Solver",
    "check_eps",
    "check_radius",
]

Ball = Literal["per-layer", "joint"]
Floats = NDArray[np.float64]

FLOOR = 1e-100
"""Losses below this are not distinguished: the interval is [0, upper], and counts as converged."""

SYSTEMS = 10
"""Linear systems that a search may solve for every product it may spend; they take the time where products are fast."""

_STALLED = 20  # steps in a row that do not narrow the gap


@dataclasses.dataclass(frozen=True)
class DualBound:
    """A lower bound on the loss for every radius at once: ``intercept + slope * R``; rounded towards the safe side.

    By a dual point s: the mean of ``H(s_i) - s_i y_i f(x_i)``, and minus the sum of the layers' ``sqrt(c'K_l c)``.
    """

    intercept: float
    slope: float

    def at(self, radius: float) -> float:
        """The bound at a radius; a loss is never negative."""
        value = self.intercept + self.slope * radius
        return max(0.0, value - 4e-16 * (abs(self.intercept) - self.slope * radius))

    def least_radius(self, eps: float) -> float:
        """No radius below this has a loss of at most ``eps``; infinite where no radius has."""
        excess = self.intercept - eps - 1e-15 * (abs(self.intercept) + eps)
        if excess <= 0:
            return 0.0
        return (excess / -self.slope) * (1 - 1e-15) if self.slope < 0 else math.inf


@dataclasses.dataclass(frozen=True, eq=False)
class CertifiedLoss:
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
        bound: the lower bound as a function of the radius.
    """

    lower: float
    upper: float
    status: SolveStatus
    steps: int
    systems: int = dataclasses.field(repr=False)
    coefficients: Floats = dataclasses.field(repr=False)
    outputs: Floats = dataclasses.field(repr=False)
    norms: Floats = dataclasses.field(repr=False)
    bound: DualBound = dataclasses.field(repr=False)

    def within(self, tolerance: float) -> bool:
        """Whether the ends are as near as that, relatively."""
        return self.upper - self.lower <= tolerance * self.upper or self.upper <= FLOOR


class _Point(NamedTuple):
    """A point of the ball: its loss, rounded up, and what describes it, as in :class:`CertifiedLoss`."""

    loss: float
    coefficients: Floats
    outputs: Floats
    norms: Floats


def check_radius(radius: object) -> float:
    """``radius`` as a float.

    Raises:
        SettingError: it is negative or not finite.
    """
    value = as_number(radius)
    if not 0 <= value < 1e100:
        raise SettingError(f"a radius is a number of at least 0, in the scale of the theory; got {radius!r}")
    return value


def check_eps(eps: object) -> float:
    """``eps`` as a float.

    Raises:
        SettingError: it is not finite, or not above the least loss that is distinguished from 0.
    """
    value = as_number(eps)
    if not FLOOR < value < math.inf:
        raise SettingError(f"eps is a logistic loss above {FLOOR:g}; got {eps!r}")
    return value


class OrthonormalBasis:
    """Directions of tangent features, orthonormal in every layer, with their outputs on the sample.

    Directions are combinations of gradients, ``sum_i v_i grad_l f(x_i)``, with the inner product of the layer's Gram.
    Each comes with its product with the Gram, so that orthonormalising them takes no further product.

    Attributes:
        least: a direction is dropped whose part outside the span is a smaller share of it.
        columns: (k, n), the coefficients as they came, shared by the layers.
        mixes: (L, k, k), direction j of layer l is ``mixes[l, j] @ columns``.
        outputs: (L, k, n), the directions' products with the Grams.
    """

    def __init__(self, layers: int, n: int, least: float) -> None:
        self.least = least
        self.columns, self.mixes = np.zeros((0, n)), np.zeros((layers, 0, 0))
        self.outputs = np.zeros((layers, 0, n))

    def add(self, c: Floats, products: Floats) -> None:
        """Orthonormalise ``c`` with its products in every layer; a layer that has it already gets a zero direction."""
        norms = np.sqrt(np.maximum(products @ c, 0))
        if not norms.any():
            return
        scale = norms.max()
        columns, new = np.vstack([self.columns, c / scale]), products / scale
        k = len(self.columns)
        mixes = np.zeros((len(norms), k + 1, k + 1))
        mixes[:, :k, :k] = self.mixes
        mixes[:, k, k] = 1
        for _ in range(2):  # Gram-Schmidt; the second pass removes what rounding left of the first
            overlaps = (self.outputs @ (mixes[:, k] @ columns)[:, :, None])[:, :, 0]
            mixes[:, k] -= combined(overlaps, mixes[:, :k])
            new = new - combined(overlaps, self.outputs)
        left = np.sqrt(np.maximum(((mixes[:, k] @ columns) * new).sum(1), 0))
        inverse = np.where(left > self.least * norms / scale, 1 / np.where(left > 0, left, 1), 0)
        if not inverse.any():
            return
        mixes[:, k] *= inverse[:, None]
        self.columns, self.mixes = columns, mixes
        self.outputs = np.concatenate([self.outputs, (new * inverse[:, None])[:, None]], axis=1)

    def coefficients(self, alpha: Floats) -> Floats:
        """The coefficients (L, n) of the point ``alpha`` (L, k) in the first k directions."""
        k = alpha.shape[1]
        return combined(alpha, self.mixes[:, :k, :k]) @ self.columns[:k]


class Solver:
    """The losses of one linearised sample at one radius after the other; each starts from what is known.

    Args:
        linearized: network, weights and sample. A float32 one searches in float32; the ends are certified by products
            in float64 all the same.
        ball: "per-layer", or "joint" for one ball of all layers together.

    Attributes:
        exact: the sample as it was given, in float64, for which the ends hold.
        initial: (n,) margins y f.
        seen: every radius that was evaluated, with its loss.

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
        self._layer_lengths = np.sqrt(squares)
        self._lengths = np.sqrt(squares.sum(0, keepdims=True)) if self.joint else self._layer_lengths
        # a quadratic form sums over the examples twice and over both sides of a matrix; k terms err by k eps / 2
        terms = linearized.n + max(sum(w.shape) for w in linearized.weights) + 16
        self._rounding = terms * float(np.finfo(np.float64).eps)
        # what is left of a direction, in units of the whole, must stand out of the rounding of its product
        least = 1e-5 if linearized.dtype == np.float64 else 2e-3
        self.basis = OrthonormalBasis(len(self._lengths), linearized.n, least)
        self._margins, self._radius = self.initial.copy(), 0.0
        self.seen: list[tuple[float, CertifiedLoss]] = []

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
    ) -> CertifiedLoss:
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
                # in a span made for a much smaller radius the dual has no value above 0: go there by radii whose
                # margins are close to those of the last
                factor = min(2.0, 1 + 15 / max(float(self._margins.min()), 15.0)) if self._radius else 1.0
                stage = min(radius, (self._radius or self.first_radius) * factor)
                search.run(stage, 0.8 * tolerance if stage == radius else 0.3)
            loss = self._certified(radius, search, tolerance)
        if not loss.within(tolerance):
            lost = stage == radius and search.finished
            loss = dataclasses.replace(loss, status=SolveStatus.PRECISION_LOST if lost else SolveStatus.MAX_STEPS)
        self.seen.append((radius, loss))
        return loss

    def _certified(self, radius: float, search: "_Search", tolerance: float) -> CertifiedLoss:
        """Both ends from fresh products in float64, every rounding error counted against them.

        Coefficients of gradients that are nearly dependent cancel, and products with the Grams lose what they cancel
        by. Where that keeps the ends apart they are made again from the matrices that the coefficients stand for.
        """
        nothing = np.zeros((self.linearized.layers, self.linearized.n))
        start = _Point(self.initial_loss, nothing, self.exact.outputs, np.zeros(self.linearized.layers))

        def loss(bound: DualBound, point: _Point) -> CertifiedLoss:
            if radius == 0 or point.loss >= start.loss:
                point = start
            lower = min(bound.at(radius), point.loss) if radius else start.loss
            steps = search.steps, search.systems
            return CertifiedLoss(lower, point.loss, SolveStatus.CONVERGED, *steps, *point[1:], bound)

        bound, point = self._bound(search.dual), self._point(search.coefficients, radius)
        by_products = loss(bound, point)
        if radius == 0 or by_products.within(tolerance):
            return by_products
        bounds = bound, self._bound(search.dual, by_matrices=True)
        points = point, self._point_of_matrices(search.coefficients, radius)
        return loss(max(bounds, key=lambda one: one.at(radius)), min(points, key=lambda one: one.loss))

    def _bound(self, z: Floats, *, by_matrices: bool = False) -> DualBound:
        """D(s; R) of the dual point s = -l'(z), rounded down.

        Its norms are by products, the root of what rounding leaves of c'K_l c, or those of the matrices ``sum_i c_i
        grad_l f(x_i)``, to rounding of their sums.
        """
        c = self.y * slope(z) / len(z)
        masses = self._lengths @ np.abs(c)
        if by_matrices:
            norms = _norms(self.exact.directions(c)) * self.exact.unit
            norms = np.sqrt((norms**2).sum(keepdims=True)) if self.joint else norms
            total = float((norms + self._rounding * masses).sum()) * (1 + 1e-15)
        else:
            products = self.exact.products(c)
            products = products.sum(0, keepdims=True) if self.joint else products
            squares = np.maximum(products @ c, 0) + self._rounding * masses**2
            total = float((np.sqrt(squares) * (1 + self._rounding)).sum())
        size = float(np.mean(logistic(z) + slope(z) * (np.abs(z) + np.abs(self.initial))))
        return DualBound(entropy_gain(z, self.initial) - self._rounding * size, -total)

    def _point(self, a: Floats, radius: float) -> _Point:
        """The point of coefficients ``a`` (L, n), scaled into the ball, by products."""
        products = self.exact.products(a)
        masses = (self._layer_lengths * np.abs(a)).sum(1)
        squares = np.maximum((a * products).sum(1), 0) + self._rounding * masses**2
        scale = self._scale(np.sqrt(squares), radius)
        outputs = self.exact.outputs + (scale[:, None] * products).sum(0)
        errors = (scale * masses) @ self._layer_lengths
        norms = scale * np.sqrt(squares) * (1 + 1e-15)
        return _Point(self._loss(outputs, errors), scale[:, None] * a, outputs, norms)

    def _point_of_matrices(self, a: Floats, radius: float) -> _Point:
        """The same for the matrices that ``a`` stands for: whatever rounding made of them, they lie in the ball."""
        for _ in range(3):  # scaled coefficients have other roundings, hence another trial
            matrices = self.exact.directions(a)
            norms = _norms(matrices) * self.exact.unit * (1 + self._rounding)
            scale = self._scale(norms, radius)
            if (scale >= 1 - 2e-15).all():
                break
            a = a * scale[:, None] * (1 - 1e-13)
        else:
            return _Point(math.inf, a, self.exact.outputs, norms)
        outputs = self.exact.outputs + self.exact.operator.push(matrices).sum(0)
        return _Point(self._loss(outputs, norms @ self._layer_lengths), a, outputs, norms)

    def _scale(self, norms: Floats, radius: float) -> Floats:
        """Factors (L,) that bring layers of these norms into the ball."""
        sizes = np.sqrt((norms**2).sum(keepdims=True)) if self.joint else norms
        scale = np.minimum(1, radius / np.where(sizes > 0, sizes, 1)) * (1 - 1e-15)
        return np.broadcast_to(scale, norms.shape)

    def _loss(self, outputs: Floats, sizes: Floats) -> float:
        """The loss of outputs whose sums had terms of ``sizes``, rounded up."""
        errors = self._rounding * (sizes + np.abs(outputs))
        return float(np.mean(logistic(self.y * outputs - errors))) * (1 + self._rounding)


def _norms(matrices: tuple[Floats, ...]) -> Floats:
    return np.array([np.linalg.norm(u) for u in matrices])


class _Search:
    """The search at one radius: its best dual point and its best point in the ball, not yet certified."""

    def __init__(self, solver: Solver, max_steps: int, max_systems: int) -> None:
        self.solver, self.max_steps, self.max_systems = solver, max_steps, max_systems
        self.steps, self.systems = 0, 0
        self.dual, self.upper, self.finished = solver.initial, solver.initial_loss, True
        self._alpha = np.zeros((len(solver._lengths), 0))

    @property
    def coefficients(self) -> Floats:
        """Those of the best point, (L, n)."""
        coefficients = self.solver.basis.coefficients(self._alpha)
        return np.broadcast_to(coefficients, (self.solver.linearized.layers, coefficients.shape[1]))

    @property
    def spent(self) -> bool:
        """Whether the budget is used up."""
        return self.steps >= self.max_steps or self.systems >= self.max_systems

    def run(self, radius: float, tolerance: float) -> None:
        """Narrow the relative gap at ``radius`` to ``tolerance``, while there are steps and they help."""
        solver = self.solver
        # margins to start with: towards a smaller radius in proportion; upwards the weights of the examples stay
        ratio = min(1.0, radius / solver._radius) if solver._radius else 1.0
        z = solver.initial + ratio * (solver._margins - solver.initial)
        lower, gap, stalled, self.finished = -math.inf, math.inf, 0, False
        while not (self.spent or self.finished):
            if len(solver.basis.columns):  # the correction: the optimum in the span, to a tenth of the gap
                problem = SubspaceProblem(solver.basis.outputs, solver.y, solver.initial, radius)
                z, alpha, value, systems = problem.solve(z, min(0.1, max(0.1 * gap, 0.2 * tolerance)))
                self.systems += systems
                if value < self.upper:
                    self.upper, self._alpha = value, alpha
            # the Frank-Wolfe step: the derivatives at the optimum give the next direction, and its product the dual
            c = solver.y * slope(z) / len(z)
            products = solver.linearized.products(c)
            products = products.sum(0, keepdims=True) if solver.joint else products
            self.steps += 1
            # D(s; R)
            value = entropy_gain(z, solver.initial) - radius * float(np.sqrt(np.maximum(products @ c, 0)).sum())
            if value > lower:
                lower, self.dual = value, z
            new = (self.upper - lower) / self.upper
            stalled = 0 if new < 0.999 * gap else stalled + 1
            gap = min(gap, new)
            self.finished = new <= tolerance or self.upper <= FLOOR or stalled >= _STALLED
            solver.basis.add(c, products)
        solver._margins, solver._radius = z, radius
