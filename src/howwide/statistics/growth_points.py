r"""What the measured widths say about a law: the likelihood of located and of censored points.

A `GrowthPoints` holds :math:`\log m^*` at several n. A *located* point has an estimate and both ends; its error in
:math:`\log m^*` is taken as Gaussian with standard deviation (log upper - log lower) / (2 z), z the normal quantile of
the level. A *censored* point has one end only: the data would be as unlikely as (1 - level)/2 if m* lay at a lower end
L, and do not object to anything far above it, so the point contributes :math:`\log \Phi((\mu - \log L)/w - z)` to a law
that predicts :math:`\mu = \log m^*(n)`, with w the median error of the located points; mirrored at an upper end. A
point with neither end says nothing and is left out, and so is the estimate of a one-sided point.

All points share one extra scatter of variance t (the subset of data, the optimiser, everything the intervals do not
cover), which adds to every squared error. `best_line` maximises the likelihood over the law's constant, its exponent if
it has one, and t. `deviance` measures how far a law misses the points at a given scatter; what it is compared with is
in `howwide.statistics.growth_laws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr

from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats

_SCATTER_FROM = 4  # located points from which the extra scatter is fitted
_MAX_NEWTON = 100


@dataclass(frozen=True)
class GrowthPoints:
    """Usable points, located and censored, in logarithms.

    Attributes:
        log_n: natural logarithm of n.
        log_width: log estimate of a located point; of a censored one, the level its term is centred on.
        error: standard deviation of log_width.
        side: 0 located; +1 only a lower end is known (m* lies above); -1 only an upper end.
    """

    log_n: FloatArray
    log_width: FloatArray
    error: FloatArray
    side: FloatArray

    @property
    def located(self) -> int:
        """Number of points with an estimate and both ends."""
        return int(np.sum(self.side == 0))

    @property
    def fits_scatter(self) -> bool:
        """Whether there are enough located points to fit the extra scatter."""
        return self.located >= _SCATTER_FROM


@dataclass(frozen=True)
class LineFit:
    """Maximum-likelihood line ``log m = intercept + slope * column + offset`` and extra scatter.

    Attributes:
        intercept: log of the law's constant.
        slope: coefficient of the free column, 0 where there is none.
        variance: extra variance of log m.
        log_likelihood: natural logarithm of the maximised likelihood.
    """

    intercept: float
    slope: float
    variance: float
    log_likelihood: float


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
    log_n: FloatArray, lower: FloatArray, estimate: FloatArray, upper: FloatArray, z: float
) -> GrowthPoints:
    """Sort the points into located and censored ones, and drop those with neither end (NaN means unknown)."""
    low, middle, high = np.log(lower), np.log(estimate), np.log(upper)
    located = np.isfinite(low) & np.isfinite(high)
    middle = np.where(np.isnan(middle), (low + high) / 2.0, middle)  # ends without an estimate: their geometric mean
    error = (high - low) / (2.0 * z)
    typical = float(np.median(error[located])) if located.any() else 1.0
    side = np.where(located, 0.0, np.where(np.isfinite(low), 1.0, -1.0))
    centre = np.where(located, middle, np.where(side > 0, low, high) + side * z * typical)
    used = np.isfinite(low) | np.isfinite(high)
    return GrowthPoints(log_n[used], centre[used], np.where(located, error, typical)[used], side[used])


def _terms(points: GrowthPoints, mean: FloatArray, variance: float) -> tuple[float, FloatArray, FloatArray]:
    r"""Log-likelihood at predicted log widths ``mean``, and its slope and (non-negative) curvature point by point.

    Located: :math:`-r^2/2 - \log\sigma - \log\sqrt{2\pi}` with :math:`r = (\mu - y)/\sigma`; censored:
    :math:`\log\Phi(\pm r)`, whose slope is the hazard :math:`h = \pm\varphi(r)/\Phi(\pm r)` and whose curvature is
    :math:`-h (h + r)`, both over powers of :math:`\sigma = \sqrt{s^2 + t^2}`.
    """
    spread = np.sqrt(points.error**2 + variance)
    located, side = points.side == 0, points.side
    standard = (mean - points.log_width) / spread
    density = -0.5 * standard**2 - 0.5 * np.log(2.0 * np.pi)
    censored = log_ndtr(side * standard)
    hazard = side * np.exp(density - censored)
    value = float(np.sum(np.where(located, density - np.log(spread), censored)))
    slope = np.where(located, -standard, hazard) / spread
    curvature = np.where(located, 1.0, hazard * (hazard + standard)) / spread**2
    return value, slope, np.maximum(curvature, 1e-12 / spread**2)


def _best_coefficients(
    points: GrowthPoints, design: FloatArray, offset: FloatArray, variance: float
) -> tuple[FloatArray, float]:
    """Coefficients at a given scatter: least squares, or Newton's method (a concave problem) with censored points."""
    spread = np.sqrt(points.error**2 + variance)
    beta, *_ = np.linalg.lstsq(design / spread[:, None], (points.log_width - offset) / spread, rcond=None)
    value, slope, curvature = _terms(points, design @ beta + offset, variance)
    for _ in range(0 if points.located == points.side.size else _MAX_NEWTON):
        # Newton's step (X' W X)^-1 X' g, halved until the likelihood does not fall.
        step = np.linalg.solve(design.T @ (curvature[:, None] * design), design.T @ slope)
        gain = float((design.T @ slope) @ step)
        while _terms(points, design @ (beta + step) + offset, variance)[0] < value and np.any(np.abs(step) > 1e-12):
            step = step / 2.0
        beta = beta + step
        value, slope, curvature = _terms(points, design @ beta + offset, variance)
        if gain < 1e-10:
            break
    return np.asarray(beta, dtype=np.float64), value


def best_line(points: GrowthPoints, offset: FloatArray, column: FloatArray | None = None) -> LineFit:
    """Maximum likelihood of ``intercept + slope * column + offset`` (no slope without a column) and of the scatter.

    The scatter is searched on a grid from none to more than all of the residual, then refined between neighbours.
    """
    columns = [np.ones_like(offset)] if column is None else [np.ones_like(offset), column]
    design = np.stack(columns, axis=1)

    def loss(scatter: float) -> float:
        return -_best_coefficients(points, design, offset, scatter**2)[1]

    scatter = 0.0
    if points.fits_scatter:
        plain, _ = _best_coefficients(points, design, offset, 0.0)
        residual = design @ plain + offset - points.log_width
        most = float(np.sqrt(4.0 * np.mean(residual**2) + np.median(points.error) ** 2))
        grid = most * np.append(0.0, np.geomspace(1e-3, 1.0, 13))
        best = int(np.argmin([loss(value) for value in grid]))
        bracket = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
        inside = float(minimize_scalar(loss, bounds=bracket, method="bounded", options={"xatol": 1e-6 * most}).x)
        scatter = min((inside, float(grid[best])), key=loss)
    coefficients, value = _best_coefficients(points, design, offset, scatter**2)
    return LineFit(float(coefficients[0]), 0.0 if column is None else float(coefficients[1]), scatter**2, value)


def predicted_line(
    points: GrowthPoints, offset: FloatArray, column: FloatArray | None, scatter: float
) -> tuple[float, float]:
    """A law's log m* at one more n than the points have, and its standard error, at a given scatter.

    Args:
        points: that the law is fitted to.
        offset: of the law at each point, and behind them at the n that is asked about.
        column: its free column, 0 at the n that is asked about, so that the constant is what is predicted there.
        scatter: t.
    """
    columns = [np.ones_like(offset)] if column is None else [np.ones_like(offset), column]
    design = np.stack(columns, axis=1)[:-1]
    beta, _ = _best_coefficients(points, design, offset[:-1], scatter**2)
    _, _, curvature = _terms(points, design @ beta + offset[:-1], scatter**2)
    covariance = np.linalg.inv(design.T @ (curvature[:, None] * design))
    return float(beta[0] + offset[-1]), float(np.sqrt(covariance[0, 0]))


def deviance(points: GrowthPoints, offset: FloatArray, column: FloatArray | None, scatter: float) -> float:
    r"""Twice the log-likelihood that a law, fitted at a given scatter t, loses against passing through every point.

    .. math:: D = \min_\mu \Bigl[ \sum_{\text{located}} \frac{(y_i - \mu_i)^2}{s_i^2 + t^2}
        - 2 \sum_{\text{censored}} \log \Phi\Bigl(\pm \frac{\mu_i - y_i}{\sqrt{s_i^2 + t^2}}\Bigr) \Bigr]

    with y ``log_width``, s ``error`` and the minimum over the law's constant, and its slope where there is a column.
    """
    columns = [np.ones_like(offset)] if column is None else [np.ones_like(offset), column]
    _, value = _best_coefficients(points, np.stack(columns, axis=1), offset, scatter**2)
    spread = np.sqrt(points.error**2 + scatter**2)[points.side == 0]
    through = -float(np.sum(0.5 * np.log(2.0 * np.pi) + np.log(spread)))
    return max(0.0, 2.0 * (through - value))
