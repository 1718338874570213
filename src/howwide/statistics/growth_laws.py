r"""The six laws that the needed width may follow as the sample grows, and the fit of each.

========== ===================== ==========================================================================
name       m*(n)                 in logarithms
========== ===================== ==========================================================================
constant   :math:`c`             :math:`\log c`
log        :math:`c \log n`      :math:`\log c + \log\log n`
log^2      :math:`c \log^2 n`    :math:`\log c + 2 \log\log n`
log^3      :math:`c \log^3 n`    :math:`\log c + 3 \log\log n`
linear     :math:`c\, n`         :math:`\log c + \log n`
power      :math:`c\, n^b`       :math:`\log c + b \log n`, b free
========== ===================== ==========================================================================

Every law is a line in :math:`\log m^*` with a known offset, so all are fitted by the same likelihood
(`howwide.statistics.growth_points`). Polylogarithmic laws are what the theory of sufficient width promises, powers what
it improved on; no law here is derived from the other parts of the library, and the list is not exhaustive.

A law can lose in two ways. It can miss the points (`joint_p_value`), whatever the other laws do; and it can be so much
worse than another one that it is `excluded` by comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri, stdtrit

from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats
from howwide.statistics.growth_points import GrowthPoints, LineFit, best_line, deviance

LAWS = ("constant", "log", "log^2", "log^3", "linear", "power")
_LOG_POWER = {"log": 1.0, "log^2": 2.0, "log^3": 3.0}
REJECTED = 0.01
"""A law whose joint p-value is below this does not fit."""

SPECIAL = {"constant": 0.0, "linear": 1.0}
"""Laws that the power law contains, with their exponents."""

TOLERATED = 0.1
"""Scatter of log m* that a law may have beyond the intervals and still fit."""

_LEAST_SHARE = 1.0 / 20.0  # of the largest weight
_FARTHEST = 64.0  # an end of the exponent's interval farther than this from its estimate counts as unknown


@dataclass(frozen=True)
class LawFit:
    """One growth law, fitted.

    Attributes:
        name: one of `LAWS`.
        parameters: ``c`` in the law's own scale, ``scatter`` (standard deviation of log m* beyond the intervals; 0
            where it was not fitted), and for the power law ``b``.
        weight: Akaike weight among the laws compared; the weights sum to 1.
        log_likelihood: natural logarithm of the maximised likelihood.
        p_value: joint p-value of the law over all points (`joint_p_value`); below 0.01 the law does not fit.
        remains: whether the points leave the law possible: it fits, and no other law excludes it.
    """

    name: str
    parameters: Mapping[str, float]
    weight: float
    log_likelihood: float
    p_value: float
    remains: bool

    def predict(self, n: npt.ArrayLike) -> FloatArray:
        """The law's width at n (not rounded; extrapolation is the reader's risk).

        Raises:
            SettingError: n is below 2.
        """
        at = as_floats("n", n)
        if np.any(at < 2):
            raise SettingError("n must be at least 2: the laws are compared in log log n")
        shape = _shape(self.name, np.log(at), self.parameters.get("b", 0.0))
        return np.asarray(np.exp(np.log(self.parameters["c"]) + shape))


def _shape(name: str, log_n: FloatArray, exponent: float = 0.0) -> FloatArray:
    """The law's offset in log m*: everything but its constant."""
    if name in _LOG_POWER:
        return np.asarray(_LOG_POWER[name] * np.log(log_n))
    return np.asarray(SPECIAL.get(name, exponent) * log_n)


def parameter_count(name: str, points: GrowthPoints) -> int:
    """Free parameters: the constant, the exponent of the power law, and the extra scatter where it is fitted."""
    return 1 + (name == "power") + points.fits_scatter


def _line(name: str, points: GrowthPoints) -> tuple[FloatArray, FloatArray | None]:
    """Offset and free column of a law; the power law's column is centred, so that constant and slope are orthogonal."""
    if name == "power":
        return np.zeros_like(points.log_n), points.log_n - points.log_n.mean()
    return _shape(name, points.log_n), None


def law_row(name: str, log_n: FloatArray, at: float) -> tuple[FloatArray, FloatArray | None]:
    """Offset of a law at the points with that at log n = ``at`` behind it; and its free column, which is 0 there."""
    every = np.append(log_n, at)
    return _shape(name, every), every - at if name == "power" else None


def fit_law(name: str, points: GrowthPoints) -> LineFit:
    """Maximum-likelihood fit of one law; the power law's exponent is the slope."""
    line, centre = best_line(points, *_line(name, points)), points.log_n.mean()
    return LineFit(line.intercept - line.slope * centre, line.slope, line.variance, line.log_likelihood)


def joint_p_value(name: str, points: GrowthPoints) -> float:
    r"""Probability that points drawn from a law lie, all together, at least as far from it as these do.

    The distance is the deviance D (`howwide.statistics.growth_points.deviance`) of the law fitted again to what is
    drawn: the sum of squared standardised residuals, with censored terms for one-sided points. With all points located
    and Gaussian errors :math:`\sqrt{s_i^2 + t^2}`, D has a :math:`\chi^2` distribution with N - p degrees of freedom, N
    points and p fitted coefficients, whatever their values; the p-value is therefore the posterior predictive one under
    a flat prior of the coefficients, and exact. A censored term is :math:`-2 \log P(E)` for an event E that happened,
    and :math:`P(-2 \log P(E) \ge d \text{ and } E) \le e^{-d/2} = P(\chi^2_2 \ge d)`: it counts two degrees of freedom,

    .. math:: p = P\bigl(\chi^2_{N_{\text{located}} + 2 N_{\text{censored}} - p} \ge D\bigr).

    The scatter t is not known. D falls as t grows, so the value at t = 0.1 is the largest p of all scatters up to a
    tenth, and it is given: a law may miss the intervals by that much more and still fit. Points that scatter more than
    that fit no law, since nothing then tells a law that bends from points that jump. The true law misses one of ten 95%
    intervals two times in five; its p is below 0.01 once in a hundred times, or less.

    The power law contains the constant and the linear law, so its p is at least theirs.
    """
    # N_located + 2 N_censored - p degrees of freedom
    freedom = points.located + 2 * (points.side.size - points.located) - 1 - (name == "power")
    own = float(chdtrc(freedom, deviance(points, *_line(name, points), TOLERATED)))
    return max(own, *(joint_p_value(special, points) for special in SPECIAL)) if name == "power" else own


def exponent_interval(points: GrowthPoints, power: LineFit, level: float) -> tuple[float, float | None, float | None]:
    r"""Estimate and profile-likelihood interval of the exponent b of the power law.

    The ends are where twice the drop of the profile log-likelihood reaches :math:`\chi^2_1(\text{level})` when the
    errors are taken as known, and :math:`N \log(1 + t^2_{N-2}/(N-2))` when the scatter was fitted too, N the number of
    located points. The second is exact when the scatter dominates and the points are all located, and errs on the wide
    side when it does not.

    Returns:
        ``(estimate, lower, upper)``; an end is None where the likelihood never falls that far (one-sided points only).
    """
    allowed = allowed_drop(points, level)

    # The profile likelihood of b: the best constant and scatter at each exponent.
    def excess(exponent: float) -> float:
        fixed = best_line(points, exponent * (points.log_n - points.log_n.mean()))
        return 2.0 * (power.log_likelihood - fixed.log_likelihood) - allowed

    return power.slope, _crossing(excess, power.slope, -1.0), _crossing(excess, power.slope, 1.0)


def allowed_drop(points: GrowthPoints, level: float) -> float:
    """Twice the drop of the log-likelihood that is within the level."""
    if not points.fits_scatter:
        return float(chdtri(1, 1.0 - level))  # known errors: chi^2_1
    # Fitted scatter: the F test of one coefficient, N log(1 + t^2 / (N - 2)).
    freedom = points.located - 2
    return points.located * float(np.log1p(stdtrit(freedom, (1.0 + level) / 2.0) ** 2 / freedom))


def excluded(
    name: str,
    lines: Mapping[str, LineFit],
    weights: Mapping[str, float],
    exponent: tuple[float, float | None, float | None],
    points: GrowthPoints,
    level: float,
) -> bool:
    """Whether the other laws exclude this one: by its weight *and* by its interval.

    Its weight is below a twentieth of the largest; and for a constant and for proportion to n the interval of the
    exponent does not contain theirs, for any other law the best log-likelihood is farther away than an end of that
    interval is from its estimate.
    """
    if weights[name] >= _LEAST_SHARE * max(weights.values()):
        return False
    if name in SPECIAL:
        return not contains(exponent, SPECIAL[name])
    best = max(line.log_likelihood for line in lines.values())
    return 2.0 * (best - lines[name].log_likelihood) > allowed_drop(points, level)


def contains(exponent: tuple[float, float | None, float | None], value: float) -> bool:
    """Whether the interval of the exponent contains a value; an unknown end excludes nothing."""
    _, low, high = exponent
    return (low is None or low <= value) and (high is None or value <= high)


def _crossing(excess: Callable[[float], float], start: float, direction: float) -> float | None:
    """Where ``excess`` turns positive, going out from ``start`` by doubling steps; None if it does not."""
    inner, reach = 0.0, 0.05
    while excess(start + direction * reach) < 0.0:
        inner, reach = reach, 2.0 * reach
        if reach > _FARTHEST:
            return None
    return float(brentq(excess, start + direction * inner, start + direction * reach, xtol=1e-6))
