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
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import chdtri, stdtrit

from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats
from howwide.statistics.growth_points import GrowthPoints, LineFit, best_line

LAWS = ("constant", "log", "log^2", "log^3", "linear", "power")
_LOG_POWER = {"log": 1.0, "log^2": 2.0, "log^3": 3.0}
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
    """

    name: str
    parameters: Mapping[str, float]
    weight: float
    log_likelihood: float

    def predict(self, n: npt.ArrayLike) -> FloatArray:
        """The law's width at n (not rounded; extrapolation is the reader's risk).

        Raises:
            SettingError: n is below 2.
        """
        at = as_floats("n", n)
        if np.any(at < 2):
            raise SettingError("n must be at least 2: the laws are compared in log log n")
        return np.asarray(
            np.exp(np.log(self.parameters["c"]) + _shape(self.name, np.log(at), self.parameters.get("b", 0.0)))
        )


def _shape(name: str, log_n: FloatArray, exponent: float = 0.0) -> FloatArray:
    """The law's offset in log m*: everything but its constant."""
    if name in _LOG_POWER:
        return np.asarray(_LOG_POWER[name] * np.log(log_n))
    return np.asarray({"constant": 0.0, "linear": 1.0, "power": exponent}[name] * log_n)


def parameter_count(name: str, points: GrowthPoints) -> int:
    """Free parameters: the constant, the exponent of the power law, and the extra scatter where it is fitted."""
    return 1 + (name == "power") + points.fits_scatter


def fit_law(name: str, points: GrowthPoints) -> LineFit:
    """Maximum-likelihood fit of one law; the power law's exponent is the slope."""
    if name != "power":
        return best_line(points, _shape(name, points.log_n))
    centre = points.log_n.mean()  # centred, the constant and the exponent are nearly independent
    line = best_line(points, np.zeros_like(points.log_n), points.log_n - centre)
    return LineFit(line.intercept - line.slope * centre, line.slope, line.variance, line.log_likelihood)


def exponent_interval(points: GrowthPoints, power: LineFit, level: float) -> tuple[float, float | None, float | None]:
    r"""Estimate and profile-likelihood interval of the exponent b of the power law.

    The ends are where twice the drop of the profile log-likelihood reaches :math:`\chi^2_1(\text{level})` when the
    errors are taken as known, and :math:`N \log(1 + t^2_{N-2}/(N-2))` when the scatter was fitted too, N the number of
    located points. The second is exact when the scatter dominates and the points are all located, and errs on the wide
    side when it does not.

    Returns:
        ``(estimate, lower, upper)``; an end is None where the likelihood never falls that far (one-sided points only).
    """
    if points.fits_scatter:
        freedom = points.located - 2
        allowed = points.located * float(np.log1p(stdtrit(freedom, (1.0 + level) / 2.0) ** 2 / freedom))
    else:
        allowed = float(chdtri(1, 1.0 - level))

    def excess(exponent: float) -> float:
        fixed = best_line(points, exponent * (points.log_n - points.log_n.mean()))
        return 2.0 * (power.log_likelihood - fixed.log_likelihood) - allowed

    return power.slope, _crossing(excess, power.slope, -1.0), _crossing(excess, power.slope, 1.0)


def _crossing(excess: Callable[[float], float], start: float, direction: float) -> float | None:
    """Where ``excess`` turns positive, going out from ``start`` by doubling steps; None if it does not."""
    inner, reach = 0.0, 0.05
    while excess(start + direction * reach) < 0.0:
        inner, reach = reach, 2.0 * reach
        if reach > _FARTHEST:
            return None
    return float(brentq(excess, start + direction * inner, start + direction * reach, xtol=1e-6))
