r"""The risk of a linearised predictor from its margins and the complexity of the NTRF class.

Let :math:`F(R)` be the class of Chen et al. (ICLR 2021, section 3.1), :math:`x \mapsto f_{W_0}(x) + \sum_l \langle
\nabla_{W_l} f_{W_0}(x), U_l \rangle` with :math:`\|U_l\|_F \le R / \text{unit}` for every l, and :math:`\varphi_g` the
ramp that is 1 up to 0 and 0 from the margin g. With probability at least :math:`1 - \delta` over n independent
examples, for every h in F(R) at once,

.. math:: P(y h(x) \le 0) \le \frac1n \sum_i \varphi_g(y_i h(x_i)) + \frac2g \mathfrak R_S(F(R))
          + 2 \sqrt{\frac{\ln(1/\delta)}{2n}} .

This is the margin bound of Bartlett and Mendelson (:cite:`bartlett2002`; :cite:`mohri2018`, Theorem 5.8) with the
constants that its proof gives when McDiarmid's inequality is applied once, to the supremum of :math:`E \varphi_g -
\hat E \varphi_g` *minus* twice the empirical complexity of the losses, whose mean is at most 0 by symmetrisation. One
example moves the supremum within an interval of length 1/n. Losses minus 1/2 have the same complexity, and leaving
example i out of it lowers it by at least 0 and at most 1/(2n) (conditional Rademacher averages are self-bounding:
:cite:`boucheron2013`, Example 3.12), so one example moves twice the complexity within 1/n too: 2/n
together, where the textbook has 3/n and a second failure probability. Contraction brings 1/g.

Radius and margin are chosen after the sample has been seen, from finite grids that are fixed before: each of the K
pairs has :math:`\delta / K`. The start :math:`W_0` is drawn without the sample. Per-layer radii of their own, or one
ball for all layers together, gain less than the larger grid costs (measured on digits and MNIST).
"""

import dataclasses
import math
from collections.abc import Sequence

import jax
import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.complexity import UPWARD, Complexity, monte_carlo, trace_bound
from howwide.certify.bounds.linear_predictor import Linear
from howwide.certify.inputs import as_floats
from howwide.errors import SettingError
from howwide.ntrf.linearized import Linearized

__all__ = ["MARGINS", "RADII", "Bound", "Grid", "margin_bound", "ramp"]

RADII = tuple(1.1**j for j in range(73))
"""The radii of the grid unless others are declared, in the scale of the theory: 1 to about 955.

Below 1 the outputs hardly move, and the smallest bound would often be that of the untrained network.
"""

MARGINS = tuple(2.0 ** (k / 2) for k in range(-8, 13))
"""The margins of the grid unless others are declared: 1/16 to 64."""

_MONTE_CARLO_SHARE = 0.05


@dataclasses.dataclass(frozen=True)
class Grid:
    """Radii and margins declared before the sample was seen; every pair is paid for.

    Attributes:
        radii: ascending, in the scale of the theory.
        margins: ascending.
    """

    radii: np.ndarray
    margins: np.ndarray

    @staticmethod
    def of(radii: Sequence[float], margins: Sequence[float]) -> "Grid":
        """The grid of two declared sequences.

        Raises:
            SettingError: a sequence is empty, or holds what is not a positive number.
        """
        arrays = []
        for name, values in (("radii", radii), ("margins", margins)):
            array = np.unique(as_floats(values))
            if np.ndim(values) != 1 or not array.size or not (np.isfinite(array) & (array > 0)).all():
                raise SettingError(f"{name} is a sequence of positive numbers, declared before the sample was seen")
            arrays.append(array)
        return Grid(*arrays)

    @property
    def size(self) -> int:
        """The number of pairs K."""
        return len(self.radii) * len(self.margins)

    def radius(self, norms: np.ndarray) -> float | None:
        """The least radius that holds every norm; None where none does."""
        holding = self.radii[self.radii >= norms.max()]
        return float(holding[0]) if holding.size else None


@dataclasses.dataclass(frozen=True)
class Bound:
    """A margin bound: the value, and what it consists of."""

    value: float
    terms: dict[str, float]

    @property
    def over(self) -> str:
        """The randomness in it."""
        return "the sample and the draws of the complexity" if "draws" in self.terms else "the sample"

    @property
    def detail(self) -> str:
        """Radius and margin, one clause."""
        if "radius" not in self.terms:
            return f"radius {self.terms['norm']:.3g}, beyond every declared one"
        return f"radius {self.terms['radius']:.3g}, margin {self.terms['margin']:.3g}"


def ramp(scores: npt.ArrayLike, margin: float, start: float = 0.0) -> np.ndarray:
    """The loss that is 1 up to ``start``, 0 from ``start + margin``, and linear between: 1/margin-Lipschitz.

    >>> ramp([-1, 0, 0.5, 1, 3], 2.0).tolist()
    [1.0, 1.0, 0.75, 0.5, 0.0]
    """
    return np.clip(1 - (np.asarray(scores, float) - start) / margin, 0.0, 1.0)


def margin_bound(
    linearized: Linearized,
    linear: Linear,
    grid: Grid,
    *,
    delta: float,
    draws: int = 0,
    key: jax.Array | None = None,
    starts: float = 0.0,
    extra: npt.ArrayLike = 0.0,
) -> Bound:
    """The smallest bound over the grid: on P(y h <= 0), or on P(y h <= starts g) + extra(g) for ``transfer``.

    Args:
        linearized: network, initial weights and sample.
        linear: the predictor.
        grid: declared radii and margins.
        delta: failure probability of everything here.
        draws: sign vectors of the Monte-Carlo complexity, paid with a twentieth of delta; 0 for the trace bound alone.
        key: for the draws.
        starts: where the ramp of margin g starts to fall, in units of g.
        extra: added for every margin, a number or one a margin.

    Returns:
        The bound, at most 1; it is 1 where the predictor lies outside every declared radius.
    """
    radius = grid.radius(linear.norms)
    if radius is None:
        return Bound(1.0, {"norm": float(linear.norms.max()), "largest_radius": float(grid.radii[-1])})
    if draws and key is not None and linearized.grams is not None:
        spent = _MONTE_CARLO_SHARE * delta
        complexity = monte_carlo(linearized, radius, draws=draws, delta=spent, key=key)
    else:
        spent, complexity = 0.0, Complexity(trace_bound(linearized, radius))
    # ramp losses + (2/g) Rademacher + 2 sqrt(ln(K/delta) / (2n)), for every margin g at the radius that holds h
    deviation = math.sqrt(2 * math.log(grid.size / (delta - spent)) / linearized.n)
    losses = np.array([ramp(linear.scores, g, starts * g).mean() for g in grid.margins])
    totals = (losses + 2 / grid.margins * complexity.value + deviation) * UPWARD + np.asarray(extra)
    best = int(np.argmin(totals))
    margin = float(grid.margins[best])
    terms = {
        "margin_loss": float(losses[best]),
        "complexity": 2 / margin * complexity.value,
        "complexity_trace": 2 / margin * complexity.trace,
        "deviation": deviation,
        "radius": radius,
        "norm": float(linear.norms.max()),
        "margin": margin,
        "pairs": float(grid.size),
    }
    if complexity.upper is not None and complexity.estimate is not None:
        drawn = {"estimate": complexity.estimate, "upper": complexity.upper}
        terms |= {f"complexity_monte_carlo_{name}": 2 / margin * value for name, value in drawn.items()}
        terms |= {"draws": float(draws), "delta_monte_carlo": spent}
    return Bound(min(1.0, float(totals[best])), terms)
