r"""A ball about the weights in which the network itself, not its linearisation, has a small loss.

The alpha-scaled version of Chen et al. (arXiv 1911.12360v2, Assumption 3.2) assumes

.. math:: \exists\, W^* : \quad \|W^*_l - W_l\|_F \le R\, m^{-\alpha} \; (l = 1..L), \qquad
          \max_i \ell(y_i f_{W^*}(x_i)) < \varepsilon .

Its least R is a nonconvex problem. Any such W* is a witness, and its radius an upper bound on the least one.
Two families are searched: the minimisers of the NTRF error, one for each radius, which win where the network is
nearly linear over the ball; and the path that linearises the network anew after every short step.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from howwide.checks import check_count
from howwide.errors import SettingError
from howwide.evaluate import distances, outputs
from howwide.networks.protocol import Network
from howwide.ntrf._loss import NTRFLoss
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.dual_newton import logistic
from howwide.ntrf.solvers.frank_wolfe import FLOOR, Solver, check_eps, check_radius
from howwide.ntrf.status import SolveStatus

__all__ = ["NetworkRadius", "network_radii_of", "network_radius", "network_radius_of"]

Statistic = Literal["max", "mean"]
Floats = NDArray[np.float64]

_GROWTH = 2.0
_PATIENCE = 3  # doublings in a row that make the network worse: it has left the ball where it is nearly linear


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkRadius:
    """An upper bound on the least radius at which the network has a loss below eps.

    Attributes:
        eps: the loss to reach.
        statistic: "max" over the examples as in the assumption, or their "mean".
        upper: the radius ``max_l |W*_l - W_l|_F unit`` of the witness; None where none was found.
        loss: the network's loss there, below eps; None where none was found.
        best: the least loss at any weights that were tried.
        source: where the witness comes from, "minimiser" or "path"; None where none was found.
        status: ``converged``, or ``max_steps`` (no witness within the cap and the steps: that proves nothing).
        weights: the witness W*, float64, or None.
    """

    eps: float
    statistic: str
    upper: float | None
    loss: float | None
    best: float
    source: str | None
    status: SolveStatus
    weights: tuple[Floats, ...] | None = dataclasses.field(repr=False)


def network_radius(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    eps: float,
    statistic: Statistic = "max",
    tolerance: float = 0.05,
    cap: float = 1e4,
    steps: int = 60,
    dtype: DTypeLike = "float64",
) -> NetworkRadius:
    r"""A radius R and weights W* in its ball with :math:`\max_i \ell(y_i f_{W^*}(x_i)) < \varepsilon`.

    Radii double until the minimiser of the NTRF error is a witness, then the last doubling is bisected. The path of
    successive linearisations is followed until its end is a witness. The loss of the network need not fall with the
    radius, so a smaller witness may exist.

    Args:
        net: the network.
        weights: the centre of the ball.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        eps: the loss.
        statistic: "max" over the examples, or their "mean".
        tolerance: relative width of the last bisection.
        cap: the largest radius that is tried.
        steps: of the path, each a linearisation and an NTRF error; 0 leaves it out.
        dtype: of the search for minimisers; the network is evaluated in float64, at the inputs as they are given.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: a setting outside its domain.
    """
    sample = Linearized(net, weights, x, y, dtype=dtype)
    return network_radius_of(sample, eps=eps, statistic=statistic, tolerance=tolerance, cap=cap, steps=steps)


def network_radius_of(
    linearized: Linearized,
    *,
    eps: float,
    statistic: Statistic = "max",
    tolerance: float = 0.05,
    cap: float = 1e4,
    steps: int = 60,
) -> NetworkRadius:
    """:func:`network_radius` on a linearised sample.

    Raises:
        SettingError: a setting outside its domain.
    """
    return network_radii_of(linearized, eps=[eps], statistic=statistic, tolerance=tolerance, cap=cap, steps=steps)[0]


def network_radii_of(
    linearized: Linearized,
    *,
    eps: Sequence[float],
    statistic: Statistic = "max",
    tolerance: float = 0.05,
    cap: float = 1e4,
    steps: int = 60,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[NetworkRadius, ...]:
    """:func:`network_radius` for several losses, in their order; they share what is computed.

    Args:
        linearized: the sample.
        eps: the losses.
        statistic: "max" over the examples, or their "mean".
        tolerance: relative width of the last bisection.
        cap: the largest radius that is tried.
        steps: of the path.
        say: called with a line before every loss and before the path.

    Raises:
        SettingError: a setting outside its domain.
    """
    losses, cap, steps = [check_eps(e) for e in eps], check_radius(cap), check_count(steps, "steps")
    if statistic not in ("max", "mean"):
        raise SettingError(f'statistic is "max" or "mean"; got {statistic!r}')
    if not 1e-6 <= tolerance < 1:
        raise SettingError(f"tolerance is a relative width in [1e-6, 1); got {tolerance!r}")
    witnesses = _Witnesses(linearized, statistic, losses)
    for e in sorted(losses, reverse=True):
        say(f"a radius at which the network has a loss below {e:g}")
        _along_minimisers(witnesses, e, tolerance, cap)
    if steps:
        say("a path of linearisations")
    _along_a_path(witnesses, min(losses), steps)
    return tuple(witnesses.result(e) for e in losses)


class _Witnesses:
    """The best witness of every loss, among all weights that were tried."""

    def __init__(self, linearized: Linearized, statistic: Statistic, losses: Sequence[float]) -> None:
        self.exact, self.statistic = linearized.exact, statistic
        if linearized.grams is None and linearized.dtype == np.float64:  # a witness needs no exact search
            exact = self.exact
            linearized = Linearized(exact.net, exact.weights, exact.x, exact.y, dtype="float32")
        self.linearized = linearized
        self.solver = Solver(linearized)
        self.best = math.inf
        self._witnesses: dict[float, tuple[float, float, str, tuple[Floats, ...]]] = {}
        self._losses = losses
        self._minimisers: dict[float, tuple[float, float]] = {}

    def outputs(self, weights: tuple[Floats, ...]) -> Floats:
        """The network itself at ``weights``, in float64."""
        return outputs(self.exact.net, weights, self.exact.x)

    def add(self, weights: tuple[Floats, ...], source: str) -> float:
        """The network's loss at ``weights``, a witness of every loss above it that has none in a smaller ball."""
        f = self.outputs(weights)
        value = math.inf
        if np.isfinite(f).all():
            each = logistic(self.exact.y * f)
            value = float(each.max() if self.statistic == "max" else each.mean())
        self.best = min(self.best, value)
        radius = float(distances(weights, self.exact.weights).max()) * self.linearized.unit * (1 + 1e-12)
        for eps in self._losses:
            if value < eps and (eps not in self._witnesses or radius < self._witnesses[eps][0]):
                self._witnesses[eps] = radius, value, source, weights
        return value

    def at_minimiser(self, radius: float) -> tuple[float, float]:
        """The network's loss at the minimiser of the NTRF error in the ball of ``radius``, and that error."""
        if radius not in self._minimisers:
            minimiser = NTRFLoss.of(self.solver, radius, self.solver.minimise(radius, tolerance=1e-2))
            self._minimisers[radius] = self.add(minimiser.weights(), "minimiser"), minimiser.upper
        return self._minimisers[radius]

    def result(self, eps: float) -> NetworkRadius:
        """The smallest witness of ``eps``."""
        if eps not in self._witnesses:
            return NetworkRadius(eps, self.statistic, None, None, self.best, None, SolveStatus.MAX_STEPS, None)
        radius, value, source, weights = self._witnesses[eps]
        return NetworkRadius(eps, self.statistic, radius, value, self.best, source, SolveStatus.CONVERGED, weights)


def _along_minimisers(witnesses: _Witnesses, eps: float, tolerance: float, cap: float) -> None:
    """Double the radius until the minimiser is a witness, then bisect the last doubling."""
    # beyond, every example of the linearised network is far below eps, and only its distance from the network grows
    enough = max(eps / (10 * witnesses.linearized.n), FLOOR)
    low, radius, best, worse = 0.0, 0.0, math.inf, 0
    while True:
        value, linearised_loss = witnesses.at_minimiser(radius)
        if value < eps:
            break
        best, worse = (value, 0) if value < best else (best, worse + 1)
        if radius >= cap or worse == _PATIENCE or (radius > 0 and linearised_loss <= enough):
            return
        low, radius = radius, min(cap, radius * _GROWTH or witnesses.solver.first_radius)
    while radius > (1 + tolerance) * low and radius > 0:
        middle = (low + radius) / 2
        low, radius = (low, middle) if witnesses.at_minimiser(middle)[0] < eps else (middle, radius)


def _along_a_path(witnesses: _Witnesses, eps: float, steps: int) -> None:
    """Successive linearisation: each step minimises the NTRF error of the weights reached, in a small ball about them.

    The ball shrinks when the network gains less than a quarter of what its linearisation promised, and grows when it
    gains more than three quarters.
    """
    sample, exact = witnesses.linearized, witnesses.exact
    here, radius = sample, witnesses.solver.first_radius
    solver, loss = Solver(here), witnesses.solver.initial_loss
    for _ in range(steps):
        minimiser = NTRFLoss.of(solver, radius, solver.minimise(radius, tolerance=0.05))
        reached = minimiser.weights()
        after = float(logistic(sample.y * witnesses.outputs(reached)).mean())
        promised = loss - minimiser.upper
        if not after <= loss - 0.25 * promised:
            radius /= 2
            continue
        radius *= 2 if after <= loss - 0.75 * promised else 1
        loss = after
        for share in (0.25, 0.5, 0.75):
            witnesses.add(tuple(a + share * (b - a) for a, b in zip(here.weights, reached, strict=True)), "path")
        if witnesses.add(reached, "path") < eps or promised <= 0:
            return
        here = Linearized(exact.net, reached, exact.x, exact.y, dtype=sample.dtype)
        solver = Solver(here)
