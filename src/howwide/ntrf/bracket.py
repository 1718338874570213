r"""The search for the least radius of one error: Newton's for :math:`\log \varepsilon(R)`, between certified ends."""

import dataclasses
import math

import numpy as np

from howwide.ntrf._loss import NTRFLoss, record
from howwide.ntrf.solvers.frank_wolfe import FLOOR, SYSTEMS, Ends, Solver
from howwide.ntrf.status import SolveStatus

__all__ = ["Bracket", "Radius"]

_EVALUATIONS = 100


@dataclasses.dataclass(frozen=True, eq=False)
class Radius:
    """The least radius R(eps) whose NTRF error is at most eps: ``lower <= R(eps) <= upper``.

    Attributes:
        eps: the error asked for.
        lower: no smaller radius has an error of eps; where none has, the cap.
        upper: this radius has one; None where none was found.
        status: ``converged``; ``max_steps`` (the budget was spent or the cap reached first, the interval is valid);
            ``unreachable`` (identical rows with opposite labels, or gradients that vanish, force a larger loss);
            ``precision_lost`` (rounding keeps the interval, which is valid, from getting narrower).
        steps: products with the tangent Grams that were spent on it.
        unavoidable: the loss that rows with both labels force, in nats.
        point: the result whose point has norms at most ``upper`` and loss at most eps, or None.
    """

    eps: float
    lower: float
    upper: float | None
    status: SolveStatus
    steps: int
    unavoidable: float
    point: NTRFLoss | None = dataclasses.field(repr=False)


class Bracket:
    """The search for one error; it starts from all that the solver has seen."""

    def __init__(self, solver: Solver, eps: float, cap: float) -> None:
        self.solver, self.eps, self.cap = solver, eps, cap
        self.low, self.high, self.steps = 0.0, math.inf, 0
        self.point: tuple[float, Ends] | None = None
        self._known = 0
        self._learn()

    def search(self, tolerance: float, budget: int, forced: float) -> Radius:
        """Narrow the bracket to ``high <= (1 + tolerance) low``, with at most ``budget`` products."""
        if self.solver.initial_loss <= self.eps:
            return self._result(SolveStatus.CONVERGED, forced, 0.0)
        if forced * (1 - 1e-12) > self.eps:
            self.low = math.inf
            return self._result(SolveStatus.UNREACHABLE, forced)
        if self.high <= (1 + tolerance) * self.low:
            return self._result(SolveStatus.CONVERGED, forced)
        guess, accuracy, systems = self._guess(tolerance), 1e-3, SYSTEMS * budget
        for _ in range(_EVALUATIONS):
            ends = self.solver.minimise(
                guess, tolerance=accuracy, max_steps=max(1, budget - self.steps), max_systems=systems
            )
            self.steps, systems = self.steps + ends.steps, systems - ends.systems
            before = self.low, self.high
            self._learn()
            if self.low == math.inf:
                return self._result(SolveStatus.UNREACHABLE, forced)
            if self.high <= (1 + tolerance) * self.low:
                return self._result(SolveStatus.CONVERGED, forced)
            out = self.steps >= budget or systems <= 0
            spent = out or self.low >= self.cap or (guess >= self.cap and ends.upper > self.eps)
            if spent or (ends.status is SolveStatus.PRECISION_LOST and not self._narrower(*before)):
                return self._result(SolveStatus.MAX_STEPS if spent else SolveStatus.PRECISION_LOST, forced)
            # an error of the loss moves the radius by its share over the logarithmic slope; far from eps none matters
            pace = ends.line.fall * guess / max(ends.upper, FLOOR)
            distance = math.log(max(ends.upper, FLOOR) / self.eps)
            accuracy = min(1e-3, max(0.2 * tolerance * pace, 0.01 * distance**2, 1e-8))
            guess = self._guess(tolerance)
        return self._result(SolveStatus.MAX_STEPS, forced)

    def known(self, found: Radius, tolerance: float) -> Radius:
        """``found`` with what later evaluations, made for other errors, say of this one."""
        if found.status is SolveStatus.UNREACHABLE or found.upper == 0:
            return found
        self._learn()
        met = self.high <= (1 + tolerance) * self.low
        return self._result(SolveStatus.CONVERGED if met else found.status, found.unavoidable)

    def _learn(self) -> None:
        """Both ends, from every evaluation that is new: its line, and its point where that is good enough."""
        for r, ends in self.solver.seen[self._known :]:
            self.low = max(self.low, ends.line.reaches(self.eps))
            norm = float(np.linalg.norm(ends.norms) * (1 + 1e-15) if self.solver.joint else ends.norms.max())
            if ends.upper <= self.eps and norm < self.high:
                self.high, self.point = norm, (r, ends)
        self._known = len(self.solver.seen)

    def _narrower(self, low: float, high: float) -> bool:
        """Whether the bracket is narrower than ``low`` to ``high`` was by something that leads anywhere."""
        if high == math.inf:
            return self.high < math.inf or self.low > 1.01 * low
        return self.high - self.low < 0.9 * (high - low)

    def _guess(self, tolerance: float) -> float:
        """Newton's step for log eps(R) from the nearest evaluation, a little beyond; inside the bracket."""
        if not self.solver.seen:
            return self.solver.first_radius
        r, ends = min(self.solver.seen, key=lambda one: abs(math.log(max(one[1].upper, FLOOR) / self.eps)))
        value = max(ends.upper, FLOOR)
        step = value * math.log(value / self.eps) / ends.line.fall if ends.line.fall > 0 else math.inf
        guess = min(max(r + step, 0.25 * r), 4 * r) * (1 + 0.3 * tolerance)
        if not self.low < guess < self.high:
            guess = (self.low + self.high) / 2 if self.high < math.inf else max(2 * r, self.low * (1 + 0.3 * tolerance))
        return min(guess, self.cap)

    def _result(self, status: SolveStatus, forced: float, upper: float | None = None) -> Radius:
        point = record(self.solver, *self.point) if self.point else None
        high = upper if upper is not None else self.high if self.high < math.inf else None
        low = min(self.low, high) if high is not None else self.low if self.low < math.inf else self.cap
        return Radius(self.eps, low, high, status, self.steps, forced, point)
