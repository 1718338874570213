r"""The least radius for an error.

:math:`\varepsilon_{\mathrm{NTRF}}(R)` is convex and does not increase. Its dual points are lines below the whole curve
(:class:`~howwide.ntrf.solvers.frank_wolfe.DualBound`), so the least radius :math:`R(\varepsilon)` is bounded from below
by where such a line meets :math:`\varepsilon`, and from above by the norms of any point whose loss is at most
:math:`\varepsilon`. The search between the two is Newton's for :math:`\log \varepsilon(R)`; every radius starts from
the span of the last.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from scipy.special import entr

from howwide.checks import check_count
from howwide.data.duplicates import row_digests
from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf._loss import NTRFLoss
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.dual_newton import logistic
from howwide.ntrf.solvers.frank_wolfe import FLOOR, SYSTEMS, Ball, CertifiedLoss, Solver, check_eps, check_radius
from howwide.ntrf.status import SolveStatus

__all__ = ["CAP", "Radius", "radii", "radii_of", "radius", "unavoidable_loss"]

CAP = 1e6
"""Radii are searched up to this."""

_EVALUATIONS = 100


@dataclasses.dataclass(frozen=True, eq=False)
class Radius:
    """The least radius R(eps) whose NTRF error is at most eps: ``lower <= R(eps) <= upper``.

    Attributes:
        eps: the error to reach.
        lower: no smaller radius has an error of eps; where none has, the cap.
        upper: this radius has one; None where none was found.
        status: ``converged``; ``max_steps`` (the budget was spent or the cap reached first, the interval is valid);
            ``unreachable`` (no radius has one, mostly as ``unavoidable`` is more than eps);
            ``precision_lost`` (rounding keeps the interval, which is valid, from getting narrower).
        steps: products with the tangent Grams that were spent on it.
        unavoidable: the loss that identical rows with both labels, and rows at which the gradients vanish, force at
            every radius, in nats (:func:`unavoidable_loss`).
        point: the result whose point has norms at most ``upper`` and loss at most eps, or None.
    """

    eps: float
    lower: float
    upper: float | None
    status: SolveStatus
    steps: int
    unavoidable: float
    point: NTRFLoss | None = dataclasses.field(repr=False)


def radius(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    eps: float,
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 400,
    cap: float = CAP,
    dtype: DTypeLike = "float64",
) -> Radius:
    r"""The least radius :math:`R(\varepsilon) = \min\{R : \varepsilon_{\mathrm{NTRF}}(R) \le \varepsilon\}`, certified.

    The data-dependent quantity behind Propositions 4.2 and 4.6 of Chen et al. (ICLR 2021). 0 where the network's own
    loss is small enough.

    Args:
        net: the network.
        weights: where it is linearised.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        eps: the error.
        ball: "per-layer" or "joint".
        tolerance: ``upper <= (1 + tolerance) lower`` is asked for.
        max_steps: products to spend at most, and ten times as many linear systems.
        cap: the largest radius that is tried.
        dtype: of the search; the ends are computed in float64, for weights and rows as they are given.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: a setting outside its domain.
    """
    linearized = Linearized(net, weights, x, y, dtype=dtype)
    return radii_of(linearized, eps=[eps], ball=ball, tolerance=tolerance, max_steps=max_steps, cap=cap)[0]


def radii(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    eps: Sequence[float],
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 400,
    cap: float = CAP,
    dtype: DTypeLike = "float64",
) -> tuple[Radius, ...]:
    """:func:`radius` for several errors, in their order; later searches use what earlier ones have found.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: a setting outside its domain.
    """
    linearized = Linearized(net, weights, x, y, dtype=dtype)
    return radii_of(linearized, eps=eps, ball=ball, tolerance=tolerance, max_steps=max_steps, cap=cap)


def radii_of(
    linearized: Linearized,
    *,
    eps: Sequence[float],
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 400,
    cap: float = CAP,
    solver: Solver | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Radius, ...]:
    """:func:`radii` on a linearised sample.

    Args:
        linearized: the sample.
        eps: the errors.
        ball: "per-layer" or "joint".
        tolerance: ``upper <= (1 + tolerance) lower`` is asked for.
        max_steps: products to spend at most for each error, and ten times as many linear systems.
        cap: the largest radius that is tried.
        solver: of this sample and ball; the losses it has found at other radii count, and those found here are added.
        say: called with a line before every error.

    Raises:
        SettingError: a setting outside its domain.
    """
    errors = [check_eps(e) for e in eps]
    if not 1e-6 <= tolerance < 1:
        raise SettingError(f"tolerance is a relative width in [1e-6, 1); got {tolerance!r}")
    budget, cap = check_count(max_steps, "max_steps", 1), check_radius(cap)
    solver = solver or Solver(linearized, ball)
    exact = solver.exact
    forced = unavoidable_loss(exact.x, solver.y, np.where(exact.vanishing(), exact.outputs, np.nan))
    searches: dict[float, tuple[_Search, Radius]] = {}
    for e in sorted(set(errors), reverse=True):
        say(f"the least radius for a loss of {e:g}")
        search = _Search(solver, e, cap, forced)
        searches[e] = search, search.run(tolerance, budget)
    return tuple(search.updated(result, tolerance) for search, result in (searches[e] for e in errors))


def unavoidable_loss(x: ArrayLike, y: ArrayLike, settled: ArrayLike | None = None) -> float:
    r"""The mean logistic loss that no function of the rows can go below, in nats.

    .. math:: \frac1n \Big[\sum_{i \in S} \log\big(1 + e^{-y_i f_i}\big) + \sum_g (p_g + q_g)\, H\Big(
              \frac{p_g}{p_g + q_g}\Big)\Big]

    S the rows whose output :math:`f_i` is settled beforehand, as that of a linearised network is where its gradients
    vanish; g the groups of identical rows among the others, with :math:`p_g` of them labelled +1 and :math:`q_g`
    labelled -1, and H the binary entropy. Every row is counted once, so losses add up. It is the infimum over
    all functions of the rows with these settled outputs, as :math:`\log(p_g/q_g)` on a group attains it or is its
    limit, and a lower bound for any smaller family.

    Args:
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        settled: (n,) outputs, NaN where a function may choose; none is settled unless given. Identical rows have one.
    """
    signs = np.asarray(y, float)
    outputs = np.full(signs.size, np.nan) if settled is None else np.asarray(settled, float)
    free = np.isnan(outputs)
    counts: dict[bytes, list[int]] = {}
    for digest, sign in zip(row_digests(np.asarray(x, float)[free]), signs[free], strict=True):
        counts.setdefault(digest, [0, 0])[int(sign > 0)] += 1
    groups = np.array(list(counts.values()), float).reshape(-1, 2)
    sizes = groups.sum(1, keepdims=True)
    chosen = (sizes * entr(groups / sizes)).sum()
    return float((chosen + logistic(signs[~free] * outputs[~free]).sum()) / signs.size)


class _Search:
    """The bracket ``low <= R(eps) <= high`` of one error; it starts from all that the solver has found."""

    def __init__(self, solver: Solver, eps: float, cap: float, forced: float) -> None:
        self.solver, self.eps, self.cap, self.forced = solver, eps, cap, forced
        self.low, self.high, self.steps = 0.0, math.inf, 0
        self.point: tuple[float, CertifiedLoss] | None = None
        self._used = 0
        self._update()

    def run(self, tolerance: float, budget: int) -> Radius:
        """Narrow the bracket to ``high <= (1 + tolerance) low``, with at most ``budget`` products."""
        if self.solver.initial_loss <= self.eps:
            return self._result(SolveStatus.CONVERGED, 0.0)
        if self.forced * (1 - 1e-12) > self.eps:
            self.low = math.inf
            return self._result(SolveStatus.UNREACHABLE)
        if self.high <= (1 + tolerance) * self.low:
            return self._result(SolveStatus.CONVERGED)
        guess, accuracy, systems = self._guess(tolerance), 1e-3, SYSTEMS * budget
        for _ in range(_EVALUATIONS):
            left = max(1, budget - self.steps)
            loss = self.solver.minimise(guess, tolerance=accuracy, max_steps=left, max_systems=systems)
            self.steps, systems = self.steps + loss.steps, systems - loss.systems
            low, high = self.low, self.high
            self._update()
            if self.low == math.inf:
                return self._result(SolveStatus.UNREACHABLE)
            if self.high <= (1 + tolerance) * self.low:
                return self._result(SolveStatus.CONVERGED)
            spent = self.steps >= budget or systems <= 0
            if spent or self.low >= self.cap or (guess >= self.cap and loss.upper > self.eps):
                return self._result(SolveStatus.MAX_STEPS)
            if high == math.inf:
                narrower = self.high < math.inf or self.low > 1.01 * low
            else:
                narrower = self.high - self.low < 0.9 * (high - low)
            if loss.status is SolveStatus.PRECISION_LOST and not narrower:
                return self._result(SolveStatus.PRECISION_LOST)
            # an error of the loss moves the radius by its share over the logarithmic slope; far from eps none matters
            logarithmic_slope = -loss.bound.slope * guess / max(loss.upper, FLOOR)
            distance = math.log(max(loss.upper, FLOOR) / self.eps)
            accuracy = min(1e-3, max(0.2 * tolerance * logarithmic_slope, 0.01 * distance**2, 1e-8))
            guess = self._guess(tolerance)
        return self._result(SolveStatus.MAX_STEPS)

    def updated(self, result: Radius, tolerance: float) -> Radius:
        """``result`` with what later evaluations, made for other errors, prove of this one."""
        if result.status is SolveStatus.UNREACHABLE or result.upper == 0:
            return result
        self._update()
        return self._result(SolveStatus.CONVERGED if self.high <= (1 + tolerance) * self.low else result.status)

    def _update(self) -> None:
        """Both ends, from every new evaluation: its dual bound, and its point where the loss of that is at most eps."""
        for r, loss in self.solver.seen[self._used :]:
            self.low = max(self.low, loss.bound.least_radius(self.eps))
            norm = float(np.linalg.norm(loss.norms) * (1 + 1e-15) if self.solver.joint else loss.norms.max())
            if loss.upper <= self.eps and norm < self.high:
                self.high, self.point = norm, (r, loss)
        self._used = len(self.solver.seen)

    def _guess(self, tolerance: float) -> float:
        """Newton's step for log eps(R) from the nearest evaluation, a little beyond; inside the bracket."""
        if not self.solver.seen:
            return self.solver.first_radius
        r, loss = min(self.solver.seen, key=lambda seen: abs(math.log(max(seen[1].upper, FLOOR) / self.eps)))
        value, slope = max(loss.upper, FLOOR), loss.bound.slope
        # R - (log value - log eps) / (d log value / dR)
        step = value * math.log(value / self.eps) / -slope if slope < 0 else math.inf
        guess = min(max(r + step, 0.25 * r), 4 * r) * (1 + 0.3 * tolerance)
        if not self.low < guess < self.high:
            guess = (self.low + self.high) / 2 if self.high < math.inf else max(2 * r, self.low * (1 + 0.3 * tolerance))
        return min(guess, self.cap)

    def _result(self, status: SolveStatus, upper: float | None = None) -> Radius:
        point = NTRFLoss.of(self.solver, *self.point) if self.point else None
        high = upper if upper is not None else self.high if self.high < math.inf else None
        low = min(self.low, high) if high is not None else self.low if self.low < math.inf else self.cap
        return Radius(self.eps, low, high, status, self.steps, self.forced, point)
