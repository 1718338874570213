r"""The least radius for an error.

:math:`\varepsilon_{\mathrm{NTRF}}(R)` is convex and does not increase. Its dual points are lines below the whole curve
(:class:`~howwide.ntrf.solvers.frank_wolfe.Line`), so the least radius :math:`R(\varepsilon)` is bounded from below by
where such a line meets :math:`\varepsilon`, and from above by the norms of any point whose loss is at most
:math:`\varepsilon`. The search between the two (:mod:`howwide.ntrf.bracket`) starts every radius from the span of the
last.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import entr

from howwide.checks import check_count
from howwide.data.duplicates import row_digests
from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf.bracket import Bracket, Radius
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.frank_wolfe import FLOOR, Ball, Solver, check_radius

__all__ = ["CAP", "Radius", "check_eps", "radii", "radii_of", "radius", "unavoidable_loss"]

CAP = 1e6
"""Radii are searched up to this."""


def radius(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    eps: float,
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 400,
    cap: float = CAP,
    dtype: Any = "float64",
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
    weights: Any,
    x: Any,
    y: Any,
    *,
    eps: Sequence[float],
    ball: Ball = "per-layer",
    tolerance: float = 1e-3,
    max_steps: int = 400,
    cap: float = CAP,
    dtype: Any = "float64",
) -> tuple[Radius, ...]:
    """:func:`radius` for several errors, in their order; what one search learns the next one uses.

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
        solver: of this sample and ball; what it has seen at other radii counts, and what is seen here it keeps.
        say: called with a line before every error.

    Raises:
        SettingError: a setting outside its domain.
    """
    errors = [check_eps(e) for e in eps]
    if not 1e-6 <= tolerance < 1:
        raise SettingError(f"tolerance is a relative width in [1e-6, 1); got {tolerance!r}")
    budget, cap = check_count(max_steps, "max_steps", 1), check_radius(cap)
    solver = solver or Solver(linearized, ball)
    forced = unavoidable_loss(solver.exact.x, solver.y)
    found: dict[float, tuple[Bracket, Radius]] = {}
    for e in sorted(set(errors), reverse=True):
        say(f"the least radius for a loss of {e:g}")
        bracket = Bracket(solver, e, cap)
        found[e] = bracket, bracket.search(tolerance, budget, forced)
    return tuple(found[e][0].known(found[e][1], tolerance) for e in errors)


def check_eps(eps: float) -> float:
    """``eps`` as a float.

    Raises:
        SettingError: it is not finite, or not above the least loss that is told from 0.
    """
    try:
        value = float(eps)
    except (TypeError, ValueError):
        value = math.nan
    if not FLOOR < value < math.inf:
        raise SettingError(f"eps is a logistic loss above {FLOOR:g}; got {eps!r}")
    return value


def unavoidable_loss(x: Any, y: Any) -> float:
    """The mean logistic loss that no function of the rows can go below, in nats.

    (1/n) sum over identical rows of (p + q) H(p / (p + q)), with p of them labelled +1 and q labelled -1, and H the
    binary entropy.
    """
    counts: dict[bytes, list[int]] = {}
    for digest, label in zip(row_digests(np.asarray(x, float)), np.asarray(y), strict=True):
        counts.setdefault(digest, [0, 0])[int(label > 0)] += 1
    groups = np.array(list(counts.values()), float)
    sizes = groups.sum(1, keepdims=True)
    return float((sizes * entr(groups / sizes)).sum() / sizes.sum())
