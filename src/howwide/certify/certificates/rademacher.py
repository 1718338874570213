"""A certificate for a predictor of the NTRF class, and the search for one that it serves well."""

import math
from collections.abc import Sequence

import jax
import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.complexity import trace_bound
from howwide.certify.bounds.linear_predictor import Linear, Predictor, kept_aside, outputs
from howwide.certify.bounds.margin_bound import MARGINS, RADII, Grid, margin_bound, ramp
from howwide.certify.certificate import LAW, START, Certificate, checked, declared
from howwide.certify.inputs import Weights
from howwide.certify.kind import Kind
from howwide.certify.procedure.train import TrainedRun
from howwide.checks import check_count, check_probability
from howwide.evaluate import mistakes
from howwide.networks.protocol import Network
from howwide.ntrf import NTRFLoss, loss_of
from howwide.ntrf.linearized import Linearized

__all__ = ["CONDITIONS", "KIND", "best_predictor", "rademacher"]

_INSIDE = 1 - 1e-8
_SEARCHED = 2000  # examples up to which the best predictor is sought in a certified run

CONDITIONS = (
    LAW,
    START,
    declared("the grids of radii and margins were declared before the sample was seen"),
    checked("every layer of the predictor lies in the ball that is paid for, or the value is 1"),
)


def rademacher(
    net: Network,
    initial: Weights,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    delta: float = 0.05,
    predictor: Predictor | None = None,
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
    radii: Sequence[float] = RADII,
    margins: Sequence[float] = MARGINS,
    draws: int = 2000,
    key: jax.Array | None = None,
) -> Certificate:
    """A certificate for the linearised predictor, not for the network; see :mod:`howwide.certify.bounds.margin_bound`.

    With a predictor O(n m (d + m L)) time, whatever n is, and O(L n^2) a draw; without one, or with draws, the Grams
    are stored while they fit. Every rounding error is counted upwards.

    Args:
        net: the network.
        initial: initial weights W0, drawn without the sample.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        delta: probability that the certificate fails.
        predictor: trained weights W (the predictor is then the linearisation at W0, evaluated at W), coefficients (n,)
            or (L, n) as in :class:`~howwide.ntrf.NTRFLoss`, or such a record; it may depend on the sample in any
            way. The one of :func:`best_predictor` if left out.
        x_test: rows kept aside, to observe the error of the predictor on them.
        y_test: their labels.
        radii: declared radii, in the scale of the theory.
        margins: declared margins.
        draws: sign vectors of the Monte-Carlo complexity, where the Grams fit in memory and there is a ``key``; the
            smaller of its limit and the trace bound is taken.
        key: a JAX random key for them; without one the trace bound is taken, and all of delta goes to the rest.

    Raises:
        ShapeError: weights, rows, labels and predictor do not fit each other.
        DataError: a label other than -1 and +1.
        SettingError: a setting outside its domain, or numbers that are not finite.
    """
    delta, grid, draws = check_probability(delta, "delta"), Grid.of(radii, margins), check_count(draws, "draws")
    linearized = Linearized(net, initial, x, y)
    test = kept_aside(linearized, x_test, y_test)
    if predictor is None:
        predictor = best_predictor(net, initial, x, y, radii=radii, margins=margins, linearized=linearized)
    linear = Linear.of(linearized, predictor)
    bound = margin_bound(linearized, linear, grid, delta=delta, draws=draws, key=key)
    return Certificate(
        name="rademacher",
        certifies="linearised predictor",
        value=bound.value,
        delta=delta,
        over=bound.over,
        conditions=CONDITIONS,
        terms=bound.terms,
        reference="bartlett2002",
        test_error=None if test is None else float(np.mean(mistakes(test[1] * outputs(linearized, linear, test[0])))),
        detail=bound.detail,
    )


def best_predictor(
    net: Network,
    initial: Weights,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    radii: Sequence[float] = RADII,
    margins: Sequence[float] = MARGINS,
    linearized: Linearized | None = None,
) -> NTRFLoss:
    """The NTRF optimum at the declared radius where the bound by traces is smallest, as far as a search finds it.

    The logistic loss stands in for the ramp. Every sixth radius from small to large, until the bound has grown three
    times, then its neighbours; an optimum is only sought to one per cent, since any predictor is certified.

    Args:
        net: the network.
        initial: initial weights.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        radii: declared radii.
        margins: declared margins.
        linearized: the same sample, linearised, if it was computed before.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: a setting outside its domain.
    """
    grid = Grid.of(radii, margins)
    linearized = linearized or Linearized(net, initial, x, y)
    solved: dict[int, tuple[float, NTRFLoss]] = {}

    def value(j: int) -> float:
        if j not in solved:
            optimum = loss_of(linearized, radius=grid.radii[j] * _INSIDE, tolerance=0.01, max_steps=100)
            ramps = np.array([ramp(linearized.y * optimum.outputs, g).mean() for g in grid.margins])
            complexity = trace_bound(linearized, grid.radii[j])
            solved[j] = float((ramps + 2 / grid.margins * complexity).min()), optimum
        return solved[j][0]

    worse, best = 0, math.inf
    for j in range(0, len(grid.radii), 6):
        worse, best = (0, value(j)) if value(j) < best else (worse + 1, best)
        if worse == 3:
            break
    for step in (3, 1):
        centre = min(solved, key=value)
        for j in (centre - step, centre + step):
            if 0 <= j < len(grid.radii):
                value(j)
    return solved[min(solved, key=value)][1]


def _issue(run: TrainedRun, delta: float) -> Certificate:
    """The certificate of the best predictor; of the linearisation at the last weights where there are many examples."""
    few = run.sample.y.size <= _SEARCHED
    x_test, y_test = run.sample.test or (None, None)
    predictor, x, y = None if few else run.final, run.sample.x, run.sample.y
    key = run.key("rademacher") if few else None
    return rademacher(
        run.net, run.initial, x, y, delta=delta, predictor=predictor, x_test=x_test, y_test=y_test, key=key
    )


KIND = Kind("rademacher", ("gd",), _issue)
