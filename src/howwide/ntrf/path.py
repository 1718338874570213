r"""The NTRF error as a function of the radius.

:math:`\varepsilon_{\mathrm{NTRF}}(R)` is convex and does not increase, and its dual points are lines below the whole
curve (:class:`howwide.ntrf.solvers.frank_wolfe.Line`): what one radius teaches holds for the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf._loss import NTRFLoss, record
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.frank_wolfe import Ball, Solver, check_radius

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Path", "path", "path_of"]


@dataclasses.dataclass(frozen=True, eq=False)
class Path:
    """NTRF errors at several radii, from small to large.

    The ends do not increase with the radius: a lower end holds for every smaller radius too, an upper one for every
    larger, and ``losses`` keep what each radius gave by itself.

    Attributes:
        losses: one result a radius.
        lower: (k,) lower ends.
        upper: (k,) upper ends.
    """

    losses: tuple[NTRFLoss, ...]
    lower: np.ndarray
    upper: np.ndarray

    @property
    def radii(self) -> np.ndarray:
        """The radii, ascending."""
        return np.array([one.radius for one in self.losses])

    def given(self, solver: Solver) -> Path:
        """The path with what ``solver`` has seen at any radius: lines hold everywhere, a point in every larger ball."""
        lower, upper = [], []
        for one in self.losses:
            lower.append(max(one.lower, *(ends.line.at(one.radius) for _, ends in solver.seen)))
            upper.append(min(one.upper, *(ends.upper for r, ends in solver.seen if r <= one.radius)))
        ends = np.maximum(self.lower, lower), np.minimum(self.upper, upper)
        return dataclasses.replace(self, lower=np.minimum(*ends), upper=ends[1])

    @property
    def table(self) -> pd.DataFrame:
        """A row a radius: radius, lower, upper, status, steps."""
        import pandas as pd

        columns = {"radius": self.radii, "lower": self.lower, "upper": self.upper}
        last = {"status": [str(one.status) for one in self.losses], "steps": [one.steps for one in self.losses]}
        return pd.DataFrame({**columns, **last})


def path(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    radii: Iterable[float],
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 200,
    dtype: Any = "float64",
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
        solver: of this sample and ball; it keeps what it sees here.
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
        losses.append(record(solver, r, solver.minimise(r, tolerance=tolerance, max_steps=max_steps)))
    return Path(tuple(losses), np.zeros(len(wanted)), np.full(len(wanted), np.inf)).given(solver)
