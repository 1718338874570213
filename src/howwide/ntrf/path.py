r"""The NTRF error as a function of the radius.

:math:`\varepsilon_{\mathrm{NTRF}}(R)` is convex and does not increase, and its dual points are lines below the whole
curve (:class:`howwide.ntrf.solver.Line`): what one radius teaches holds for the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.loss import NTRFLoss, record
from howwide.ntrf.solver import Ball, Solver, check_radius

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
    max_steps: int = 500,
    dtype: Any = "float64",
) -> Path:
    """NTRF errors at several radii; arguments as in :func:`howwide.ntrf.loss.loss`, ``max_steps`` for each radius.

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
    max_steps: int = 500,
) -> Path:
    """:func:`path` on a linearised sample.

    Raises:
        SettingError: no radii, or a setting outside its domain.
    """
    wanted = sorted({check_radius(r) for r in radii})
    if not wanted:
        raise SettingError("a path needs at least one radius")
    solver = Solver(linearized, ball)
    found = [solver.minimise(r, tolerance=tolerance, max_steps=max_steps) for r in wanted]
    best = [max([e.lower, *(other.line.at(r) for other in found)]) for r, e in zip(wanted, found, strict=True)]
    upper = np.minimum.accumulate(np.array([e.upper for e in found]))
    lower = np.minimum(np.maximum.accumulate(np.array(best[::-1]))[::-1], upper)
    return Path(tuple(record(solver, r, e) for r, e in zip(wanted, found, strict=True)), lower, upper)
