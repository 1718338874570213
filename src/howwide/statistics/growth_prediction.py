r"""The width at a sample size that was not tried, as far as the growth laws that remain agree on it.

For each law that remains (`howwide.statistics.compare_growth_laws`) the posterior of its parameters and of the scatter
gives a distribution of :math:`\log m^*(n)`, a mixture of Gaussians over the grid of
`howwide.statistics.growth_evidence`, in which the width at the new n scatters about the law as those so far do. The
laws are mixed by their weights, those that remain scaled to 1 (Hoeting, Madigan, Raftery and Volinsky 1999); median
and ends are quantiles of the mixture.

Nothing is said where the points cannot say it: with fewer than four that have both ends, where no law fits, for an n
farther beyond the largest tried than that is above the smallest, or where the laws that have a twentieth of the weight
or more differ at n by a factor above `LARGEST_FACTOR`. Otherwise the interval speaks of the laws listed, and of an n at
which whatever made the width grow so far goes on.
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
from howwide.statistics._counts import FloatArray
from howwide.statistics.growth import compare_growth_laws, growth_points

__all__ = ["LARGEST_FACTOR", "GrowthPrediction", "LawPrediction", "predict_growth"]

LARGEST_FACTOR = 2.0
"""Laws whose predictions differ by more than this factor are not averaged."""

_LEAST_WEIGHT = 0.05  # of a law whose prediction counts as a disagreement
_FEWEST = 4  # points with both ends


@dataclass(frozen=True)
class LawPrediction:
    """What one law that remains predicts.

    Attributes:
        name: one of `howwide.statistics.LAWS`.
        weight: its posterior weight among those that remain.
        estimate: median of its width at n.
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
    lower: Sequence[float | None] | None,
    estimate: Sequence[float | None],
    upper: Sequence[float | None] | None,
    at: float,
    level: float = 0.95,
    *,
    posteriors: Sequence[Sequence[float] | None] | None = None,
    correlation: npt.ArrayLike | None = None,
) -> GrowthPrediction:
    """Mix what the laws that remain predict at a sample size.

    Args:
        n: sample sizes tried.
        lower: lower ends of m*, None where the data give none; None in place of all, with ``upper``, where the widths
            have no intervals.
        estimate: estimates, None where unknown.
        upper: upper ends, None where the data give none.
        at: the sample size that is asked about.
        level: of the intervals given, and of the prediction's.
        posteriors: of each point, as for :func:`howwide.statistics.compare_growth_laws`.
        correlation: of their errors.

    Raises:
        SettingError: the points cannot say, as this module's docstring has it; or they are malformed, as
            :func:`howwide.statistics.compare_growth_laws` has it.
    """
    comparison = compare_growth_laws(n, lower, estimate, upper, level, posteriors=posteriors, correlation=correlation)
    if not comparison.laws:
        raise SettingError(f"no width can be predicted: {comparison.verdict}")
    points = growth_points(n, lower, estimate, upper, level)
    if points.located < _FEWEST:
        raise SettingError(
            f"no width can be predicted from {points.located} sizes whose width has both ends: it takes {_FEWEST}; try "
            "more n"
        )
    remaining = [law for law in comparison.laws if law.remains]
    if not remaining:
        raise SettingError("no width can be predicted, as no growth law fits the points; try n itself")
    first, last = (float(np.exp(end)) for end in (points.log_x.min(), points.log_x.max()))
    if not first * (1 - 1e-9) <= at <= last**2 / first * (1 + 1e-9):
        raise SettingError(
            f"n = {at:g} is too far from the sizes with a width, {first:g} to {last:g}: from {first:g} to "
            f"{last**2 / first:.6g} can be predicted; try larger n first"
        )
    shares = np.array([law.weight for law in remaining])
    shares = shares / shares.sum()
    mixtures = [law.posterior.predicted(math.log(at)) for law in remaining]
    error = (1.0 - level) / 2.0
    probabilities = (0.5, error, 1.0 - error)
    laws = tuple(
        LawPrediction(law.name, share, *_widths(*mixture, probabilities))
        for law, share, mixture in zip(remaining, shares.tolist(), mixtures, strict=True)
    )
    counted = [law for law in laws if law.weight >= _LEAST_WEIGHT]
    least, most = (end(counted, key=lambda law: law.estimate) for end in (min, max))
    if most.estimate > LARGEST_FACTOR * least.estimate:
        raise SettingError(
            f"the growth laws that remain do not agree at n = {at:g}: from {least.estimate:.3g} ({least.name}) to "
            f"{most.estimate:.3g} ({most.name}), more than a factor {LARGEST_FACTOR:g}; try larger n, or more trials"
        )
    weights = [share * mixture[0] for share, mixture in zip(shares, mixtures, strict=True)]
    means, deviations = ([mixture[k] for mixture in mixtures] for k in (1, 2))
    together = (np.concatenate(weights), np.concatenate(means), np.concatenate(deviations))
    return GrowthPrediction(*_widths(*together, probabilities), level, laws)


def _widths(
    weights: FloatArray, means: FloatArray, deviations: FloatArray, probabilities: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Quantiles of a mixture of Gaussians in log width, as widths."""

    def quantile(probability: float) -> float:
        ends = means + ndtri(probability) * deviations
        # The mixture's distribution function passes the probability between the quantiles of its parts.
        excess = lambda x: float(weights @ ndtr((x - means) / deviations)) - probability  # noqa: E731
        return math.exp(brentq(excess, ends.min() - 1e-6, ends.max() + 1e-6, xtol=1e-9))

    middle, low, high = (quantile(probability) for probability in probabilities)
    return middle, low, high
