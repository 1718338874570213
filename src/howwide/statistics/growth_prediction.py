r"""The width at a sample size that was not tried, as far as the growth laws that remain agree on it.

For each law that remains (`howwide.statistics.compare_growth_laws`) :math:`\log m^*(n)` is Gaussian about the fitted
line with variance

.. math:: c^2 \bigl(x^\top (X^\top W X)^{-1} x + t^2\bigr), \qquad W = \mathrm{diag}\,\frac{1}{s_i^2 + t^2},

x the law's row at n, W the curvature of the likelihood (of censored points too), t the law's scatter about the line but
at least a tenth, which a law may miss the intervals by and still remain. As the scatter was fitted, c is the root of
the F test's allowed drop over that of known errors (`howwide.statistics.growth_laws.allowed_drop`). The laws are mixed
by their Akaike weights, those that remain scaled to 1 (Buckland, Burnham and Augustin 1997); median and ends are
quantiles of the mixture.

Nothing is said where the points cannot say it: with fewer than four that have both ends (three, whose scatter cannot be
fitted, covered 90 % in simulations), where no law fits, for an n farther beyond the largest tried than that is above
the smallest, or where the laws that have a twentieth of the weight or more differ at n by a factor above
`LARGEST_FACTOR`. Otherwise the interval speaks of the laws listed, and of an n at which whatever
made the width grow so far goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from howwide.errors import SettingError
from howwide.statistics._counts import as_floats
from howwide.statistics.growth import compare_growth_laws
from howwide.statistics.growth_laws import TOLERATED, allowed_drop, law_row
from howwide.statistics.growth_points import gather_points, optional_floats, predicted_line

__all__ = ["LARGEST_FACTOR", "GrowthPrediction", "LawPrediction", "predict_growth"]

LARGEST_FACTOR = 2.0
"""Laws whose predictions differ by more than this factor are not averaged."""

_LEAST_WEIGHT = 0.05  # of a law whose prediction counts as a disagreement


@dataclass(frozen=True)
class LawPrediction:
    """What one law that remains predicts.

    Attributes:
        name: one of `howwide.statistics.LAWS`.
        weight: its Akaike weight among those that remain.
        estimate: its width at n.
        lower: lower end of its own interval.
        upper: upper end.
    """

    name: str
    weight: float
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class GrowthPrediction:
    """The width at an n that was not tried.

    Attributes:
        estimate: median of the mixture of laws.
        lower: lower end of the prediction interval.
        upper: upper end.
        level: of the interval.
        laws: those that remain, heaviest first.
    """

    estimate: float
    lower: float
    upper: float
    level: float
    laws: tuple[LawPrediction, ...]


def predict_growth(
    n: npt.ArrayLike,
    lower: Sequence[float | None],
    estimate: Sequence[float | None],
    upper: Sequence[float | None],
    at: float,
    level: float = 0.95,
) -> GrowthPrediction:
    """Mix what the laws that remain predict at a sample size.

    Args:
        n: sample sizes tried.
        lower: lower ends of m*, None where the data give none.
        estimate: estimates, None where unknown.
        upper: upper ends, None where the data give none.
        at: the sample size that is asked about.
        level: of the intervals given, and of the prediction's.

    Raises:
        SettingError: the points cannot say, as this module's docstring has it; or they are malformed, as
            :func:`howwide.statistics.compare_growth_laws` has it.
    """
    comparison = compare_growth_laws(n, lower, estimate, upper, level)
    remaining = [law for law in comparison.laws if law.remains]
    if not comparison.laws:
        raise SettingError(f"no width can be predicted: {comparison.verdict}")
    sizes, z = as_floats("n", n), float(ndtri((1.0 + level) / 2.0))
    low, middle, high = (optional_floats("an end", column) for column in (lower, estimate, upper))
    points = gather_points(np.log(sizes), low, middle, high, z)
    if not points.fits_scatter:
        raise SettingError(
            f"no width can be predicted from {points.located} sizes whose width has both ends: it takes 4; try more n"
        )
    if not remaining:
        raise SettingError("no width can be predicted, as no growth law fits the points; try n itself")
    first, last = (float(np.exp(end)) for end in (points.log_n.min(), points.log_n.max()))
    if not first * (1 - 1e-9) <= at <= last**2 / first * (1 + 1e-9):
        raise SettingError(
            f"n = {at:g} is too far from the sizes with a width, {first:g} to {last:g}: from {first:g} to "
            f"{last**2 / first:.6g} can be predicted; try larger n first"
        )

    laws, shares = [], np.array([law.weight for law in remaining])
    shares = shares / shares.sum()
    widen = math.sqrt(allowed_drop(points, level)) / z  # c
    spreads = []
    for law, share in zip(remaining, shares.tolist(), strict=True):
        scatter = max(law.parameters["scatter"], TOLERATED)
        mean, error = predicted_line(points, *law_row(law.name, points.log_n, math.log(at)), scatter)
        spread = widen * math.hypot(error, scatter)
        spreads.append((mean, spread))
        laws.append(LawPrediction(law.name, share, *(math.exp(mean + k * z * spread) for k in (0, -1, 1))))
    counted = [law for law in laws if law.weight >= _LEAST_WEIGHT]
    least, most = (end(counted, key=lambda law: law.estimate) for end in (min, max))
    if most.estimate > LARGEST_FACTOR * least.estimate:
        raise SettingError(
            f"the growth laws that remain do not agree at n = {at:g}: from {least.estimate:.3g} ({least.name}) to "
            f"{most.estimate:.3g} ({most.name}), more than a factor {LARGEST_FACTOR:g}; try larger n, or more trials"
        )
    means, deviations = np.array(spreads).T

    def quantile(probability: float) -> float:
        ends = [mean + ndtri(probability) * spread for mean, spread in spreads]
        if max(ends) - min(ends) < 1e-9:
            return math.exp(ends[0])
        # The mixture's distribution function passes it between the quantiles of the laws.
        excess = lambda x: float(shares @ ndtr((x - means) / deviations)) - probability  # noqa: E731
        return math.exp(brentq(excess, min(ends), max(ends), xtol=1e-9))

    error = (1.0 - level) / 2.0
    return GrowthPrediction(quantile(0.5), quantile(error), quantile(1.0 - error), level, tuple(laws))
