r"""What the trials say about the width at each point, as normal scores of its posterior.

The posterior of :math:`\mu = \log m^*` at a point is kept as an increasing function :math:`z(\mu)`, its *normal score*:

* a *located* point has an interval with both ends, and :math:`z = \Phi^{-1}(F(\mu))`, F its posterior distribution
  function. As the prior of :math:`\log m^*` is flat, its likelihood is the density :math:`\varphi(z)\, z'(\mu)`,
  however skew. A Gaussian point has a straight z.
* a *one-sided* point has one end, and its likelihood is :math:`\Phi(z)` (lower end) or :math:`\Phi(-z)` (upper end),
  relative to that of a width far beyond: nothing is held against widths that the trials do not reach.
* a *bare* point is a number without interval. It counts as exact, and all its error is scatter.

A point with neither end says nothing and is left out.

Located points that share trials have errors that are correlated. They are joined by a normal copula,

.. math:: \log L = -\tfrac12 z^\top R^{-1} z - \tfrac12 \log\det R + \sum_i \log z_i'(\mu_i)
    + \sum_{\text{one-sided}} \log \Phi(\pm z_i),

up to a constant, with R from `howwide.statistics.nested`. For Gaussian points this is the multivariate normal density.

All points share one scatter t about the law (the optimiser, the data, all that the trials of one n do not show). It
widens each posterior about its median by :math:`\kappa_i = \sqrt{1 + t^2/s_i^2}`, s its standard deviation, and divides
the correlations by :math:`\kappa_i \kappa_j`: exact for Gaussian points, and keeping its skewness for any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.special import log_ndtr

from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats

SCORES = np.linspace(-3.0, 3.0, 13)
"""Normal scores whose widths make up a posterior."""

_EXACT = 1e-3  # standard deviation of a bare point
_CELLS = 128
_CENTRAL = slice(2, 11)  # scores from -2 to 2, whose span gives the standard deviation


@dataclass(frozen=True)
class GrowthPoints:
    """Usable points.

    Attributes:
        log_x: natural logarithm of n, or of whatever the width is set against.
        nodes: log widths at the normal `SCORES`, of shape (N, 13), increasing.
        side: 0 located; +1 only a lower end is known (m* lies above); -1 only an upper end.
        correlation: of the errors, of shape (N, N); the identity for one-sided points.
        bare: whether the points are numbers without intervals.
    """

    log_x: FloatArray
    nodes: FloatArray
    side: FloatArray
    correlation: FloatArray
    bare: bool = False

    @property
    def located(self) -> int:
        """Number of points with an estimate and both ends, or bare."""
        return int(np.sum(self.side == 0))

    @property
    def medians(self) -> FloatArray:
        """Log width at score 0."""
        return np.asarray(self.nodes[:, SCORES.size // 2])

    @cached_property
    def spread(self) -> FloatArray:
        """Standard deviation of each point, from the scores between -2 and 2."""
        central = SCORES[_CENTRAL]
        return np.asarray(np.ptp(self.nodes[:, _CENTRAL], axis=1) / np.ptp(central))

    @cached_property
    def _table(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Left end and length of the cells of each point, and its score and its log slope at their ends."""
        curves = [PchipInterpolator(row, SCORES) for row in self.nodes]
        grid = np.linspace(self.nodes[:, 0], self.nodes[:, -1], _CELLS + 1, axis=1)
        score = np.array([curve(row) for curve, row in zip(curves, grid, strict=True)])
        slope = np.array([curve(row, 1) for curve, row in zip(curves, grid, strict=True)])
        least = 1e-3 / self.spread[:, None]  # where the posterior has a gap
        return grid[:, 0], np.diff(grid[:, :2], axis=1)[:, 0], score, np.log(np.maximum(slope, least))

    def scores(self, mean: FloatArray, widen: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Score and log slope at log widths ``mean`` of shape (..., N), each posterior wider by ``widen``.

        Beyond the nodes a score goes on as a straight line.
        """
        left, length, score, log_slope = self._table
        at = (self.medians + (mean - self.medians) / widen - left) / length
        cell = np.clip(at.astype(np.intp), 0, _CELLS - 1)
        part, row = at - cell, np.arange(self.side.size)
        low, slope = score[row, cell], log_slope[row, cell]
        inside = np.clip(part, 0.0, 1.0)
        return (
            low + part * (score[row, cell + 1] - low),
            slope + inside * (log_slope[row, cell + 1] - slope) - np.log(widen),
        )

    def at_places(self, kept: npt.NDArray[np.intp]) -> GrowthPoints:
        """The points at these places."""
        chosen = self.correlation[np.ix_(kept, kept)]
        return replace(self, log_x=self.log_x[kept], nodes=self.nodes[kept], side=self.side[kept], correlation=chosen)


@dataclass(frozen=True)
class Scatter:
    r"""The points at given scatters t: what the likelihood needs of each.

    Attributes:
        points: as they are.
        widen: :math:`\kappa`, of shape (..., 1, N).
        precision: :math:`R^{-1}`, of shape (..., N, N), or None where all points are independent.
        log_determinant: of R.
    """

    points: GrowthPoints
    widen: FloatArray
    precision: FloatArray | None
    log_determinant: FloatArray

    @classmethod
    def at(cls, points: GrowthPoints, scatter: FloatArray) -> Scatter:
        """The points at scatters of shape (T,)."""
        widen = np.sqrt(1.0 + (scatter[:, None] / points.spread) ** 2)
        apart = points.correlation - np.eye(points.side.size)
        if not apart.any():
            return cls(points, widen, None, np.zeros(scatter.size))
        matrix = np.eye(points.side.size) + apart / (widen[:, :, None] * widen[:, None, :])
        return cls(points, widen, np.linalg.inv(matrix), np.linalg.slogdet(matrix)[1])

    def log_likelihood(self, mean: FloatArray) -> FloatArray:
        """Of log widths of shape (T, ..., N)."""
        z, log_slope = self._scores(mean)
        located = self.points.side == 0
        one_sided = np.where(located, 0.0, log_ndtr(self.points.side * z)).sum(axis=-1)
        densities = np.where(located, log_slope - 0.5 * np.log(2.0 * np.pi), 0.0).sum(axis=-1)
        shape = (-1,) + (1,) * (mean.ndim - 2)
        return np.asarray(one_sided + densities - 0.5 * self._quadratic(z) - 0.5 * self.log_determinant.reshape(shape))

    def step(self, mean: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        r"""Deviance, and the slope and curvature of half of it in a shift of all log widths (Gauss and Newton).

        The deviance is :math:`z^\top R^{-1} z - 2 \sum_{\text{one-sided}} \log\Phi(\pm z)`.
        """
        z, log_slope = self._scores(mean)
        side, located, slope = self.points.side, self.points.side == 0, np.exp(log_slope)
        log_tail = log_ndtr(side * z)
        hazard = np.exp(-0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - log_tail)
        deviance = self._quadratic(z) - 2.0 * np.where(located, 0.0, log_tail).sum(axis=-1)
        u, v = np.where(located, slope, 0.0), np.where(located, z, 0.0)
        one_sided = np.where(located, 0.0, -side * hazard * slope).sum(axis=-1)
        bend = np.where(located, 0.0, hazard * (hazard + side * z) * slope**2).sum(axis=-1)
        return deviance, self._product(u, v) + one_sided, self._product(u, u) + np.maximum(bend, 0.0)

    def _scores(self, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
        shape = (self.widen.shape[0], *(1,) * (mean.ndim - 2), self.widen.shape[1])
        return self.points.scores(mean, self.widen.reshape(shape))

    def _quadratic(self, z: FloatArray) -> FloatArray:
        located = np.where(self.points.side == 0, z, 0.0)
        return self._product(located, located)

    def _product(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Of vectors of shape (T, ..., N), in the metric of the precision."""
        if self.precision is None:
            return np.asarray((a * b).sum(axis=-1))
        shape = (self.precision.shape[0], *(1,) * (a.ndim - 3), *self.precision.shape[1:])
        return np.asarray(((a @ self.precision.reshape(shape)) * b).sum(axis=-1))


def optional_floats(name: str, values: Sequence[float | None]) -> FloatArray:
    """Floats with NaN for None, positive where known.

    Raises:
        SettingError: a value is neither None nor a positive finite number.
    """
    known = [value for value in values if value is not None and not (isinstance(value, float) and np.isnan(value))]
    if np.any(as_floats(name, known) <= 0):
        raise SettingError(f"{name} must be positive widths, or None where unknown; found {min(known):g}")
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def gather_points(
    log_x: FloatArray,
    lower: FloatArray,
    estimate: FloatArray,
    upper: FloatArray,
    z: float,
    posteriors: Sequence[Sequence[float] | None] | None = None,
    correlation: FloatArray | None = None,
) -> GrowthPoints:
    """Sort the points into located and one-sided ones, and drop those with neither end (NaN means unknown).

    A point without posterior is taken as normal on either side of its estimate, each side as wide as its end says; a
    one-sided one has its end where the likelihood is that of the level, and a slope like the median located point.

    Args:
        log_x: logarithm of n.
        lower: lower ends of m*.
        estimate: estimates; where both ends are known and it is not, their geometric mean.
        upper: upper ends.
        z: normal quantile of the level of the ends.
        posteriors: widths at the `SCORES` of each point, where known.
        correlation: of the errors of all points.
    """
    low, middle, high = np.log(lower), np.log(estimate), np.log(upper)
    located = np.isfinite(low) & np.isfinite(high)
    middle = np.where(np.isnan(middle), (low + high) / 2.0, middle)
    typical = float(np.median((high - low)[located]) / (2.0 * z)) if located.any() else 1.0
    side = np.where(located, 0.0, np.where(np.isfinite(low), 1.0, -1.0))
    centre = np.where(located, middle, np.where(side > 0, low, high) + side * z * typical)
    below, above = (np.where(located, gap / z, typical) for gap in (middle - low, high - middle))
    nodes = centre[:, None] + np.where(SCORES < 0, below[:, None], above[:, None]) * SCORES
    for place, widths in enumerate(posteriors or []):
        if widths is not None:
            nodes[place] = np.log(as_floats("a posterior", widths))
    apart = np.zeros((side.size, side.size)) if correlation is None else correlation - np.eye(side.size)
    apart = apart * (side == 0) * (side == 0)[:, None]
    return GrowthPoints(log_x, nodes, side, apart + np.eye(side.size)).at_places(
        np.flatnonzero(np.isfinite(low) | np.isfinite(high))
    )


def bare_points(log_x: FloatArray, widths: FloatArray) -> GrowthPoints:
    """Points without intervals."""
    nodes = np.log(widths)[:, None] + _EXACT * SCORES
    return GrowthPoints(log_x, nodes, np.zeros(widths.size), np.eye(widths.size), bare=True)
