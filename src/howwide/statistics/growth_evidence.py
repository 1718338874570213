r"""How well the points agree with a law: its marginal likelihood, and the posterior of its parameters.

With y the points, :math:`\alpha` the log width at the middle x, :math:`\theta` the law's free parameter and t the
scatter,

.. math:: p(y \mid \text{law}) = \int \pi(t) \int \pi(\theta) \int L(\alpha + f_\theta(x_1), \dots, \alpha +
    f_\theta(x_N);\, t)\, d\alpha\, d\theta\, dt,

L the likelihood of `howwide.statistics.growth_points`. :math:`\alpha` is flat, the same for all laws; an improper prior
that all laws share with the same meaning cancels in their weights, and moving the middle changes nothing, as a shift of
:math:`\alpha` is none of a flat prior. :math:`\pi(\theta)` is the law's (`howwide.statistics.growth_laws`), proper, so
a law pays for what it could have been and was not. The scatter is log-uniform from `SCATTER`: half of that says that
the law is exact to a few percent, and the upper end that points which scatter by two thirds follow no law.

What is *estimated* (parameters, the exponent, predictions) takes a flat prior of :math:`\theta` in place of
:math:`\pi`, so that no end of an interval is read off a belief.

Integrals are sums over a grid of t and :math:`\theta`, laid anew where the posterior is, and over 11 values of
:math:`\alpha` about the best, one standard deviation apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.special import chdtrc, logsumexp

from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats
from howwide.statistics.growth_laws import FORMS, Law
from howwide.statistics.growth_points import GrowthPoints, Scatter

SCATTER = (0.001, 0.5)
"""Ends of the scatter of log m* about a law, whose prior is log-uniform."""

TOLERATED = 0.1
"""Scatter of log m* that a law may have and still fit."""

_STEP = 0.5  # between the logarithms of neighbouring scatters, from where they begin to matter
_NEGLIGIBLE = 0.2  # a scatter below this share of the smallest spread is none
_CELLS = 28  # of the free parameter
_LEFT_OUT = 1e-4  # of the posterior, beyond either end of the grid
_FINE = 400
_PASSES = 4  # over the values of the free parameter
_BEST = 40  # Gauss-Newton steps at most
_HOPELESS = 80.0  # more of a deviance is looked at no closer
_OFFSETS = np.linspace(-5.0, 5.0, 11)  # of alpha from the best, in standard deviations


@dataclass(frozen=True)
class LawPosterior:
    """A law's parameters given the points, on a grid.

    Attributes:
        name: of the law.
        log_evidence: logarithm of the marginal likelihood, up to a constant that all laws share.
        values: of the free parameter, of shape (J,); one zero without one.
        scatters: t, of shape (T,).
        weights: posterior of both under a flat prior of the free parameter, of shape (T, J), summing to 1.
        mean: of alpha, given both.
        deviation: of alpha, given both.
        middle: log x at the middle.
    """

    name: str
    log_evidence: float
    values: FloatArray
    scatters: FloatArray
    weights: FloatArray
    mean: FloatArray
    deviation: FloatArray
    middle: float

    @property
    def law(self) -> Law:
        """Its curve."""
        return FORMS[self.name]

    @property
    def value(self) -> float:
        """Posterior mean of the free parameter."""
        return float(self.weights.sum(axis=0) @ self.values)

    @property
    def level(self) -> float:
        """Posterior mean of alpha."""
        return float((self.weights * self.mean).sum())

    def line(self, log_x: FloatArray) -> FloatArray:
        """Log m* at log x, with both at their posterior means."""
        return np.asarray(self.level + self.law.curve(log_x, self.value, self.middle))

    @property
    def parameters(self) -> dict[str, float]:
        """What stands in the law's formula, and the scatter."""
        own = self.law.written(self.level, self.value, self.middle)
        return {**own, "scatter": self.scatter}

    @property
    def scatter(self) -> float:
        """Posterior median of the scatter."""
        below = np.cumsum(self.weights.sum(axis=1))
        return float(np.exp(np.interp(0.5, below, np.log(self.scatters))))

    def quantiles(self, probabilities: FloatArray) -> FloatArray:
        """Of the free parameter."""
        inside, log_density = _refined(self.values, np.log(np.maximum(self.weights.sum(axis=0), 1e-300)))
        density = np.exp(log_density - log_density.max())
        below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0)])
        return np.asarray(np.interp(probabilities, below / below[-1], inside))

    def predicted(self, log_x: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Weights, means and standard deviations of the Gaussians that make up log m* at one x, scatter included."""
        mean = self.mean + self.law.curve(np.asarray(log_x), self.values, self.middle)
        deviation = np.hypot(self.deviation, self.scatters[:, None])
        return self.weights.ravel(), mean.ravel(), deviation.ravel()


def _refined(values: FloatArray, log_density: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A log density between its nodes."""
    inside = np.linspace(values[0], values[-1], _FINE + 1)
    return inside, np.asarray(CubicSpline(values, log_density)(inside))


@dataclass(frozen=True)
class LawFit:
    """One growth law, fitted.

    Attributes:
        name: one of `howwide.statistics.LAWS`.
        parameters: those of the law's formula (``c``, ``b``, or ``a`` and ``b``), at the posterior means of the log
            width at the middle x and of the free parameter; and ``scatter``, the posterior median of the standard
            deviation of log m* about the law.
        weight: posterior weight among the laws compared, all equally likely before; the weights sum to 1.
        p_value: joint p-value of the law over all points (`Evidence.p_value`); below 0.01 the law does not fit.
        remains: whether the points leave the law possible: it fits, and its weight is at least a hundredth of the
            largest.
        posterior: of its parameters.
    """

    name: str
    parameters: Mapping[str, float]
    weight: float
    p_value: float
    remains: bool
    posterior: LawPosterior = field(repr=False, compare=False)

    @property
    def log_evidence(self) -> float:
        """Natural logarithm of the marginal likelihood, up to a constant that all laws share."""
        return self.posterior.log_evidence

    def predict(self, n: npt.ArrayLike) -> FloatArray:
        """The law's width at n (not rounded; extrapolation is the reader's risk).

        Raises:
            SettingError: n is below 2.
        """
        at = as_floats("n", n)
        if np.any(at < 2):
            raise SettingError("n must be at least 2: the laws are compared in log log n")
        return np.exp(self.posterior.line(np.log(at)))


@dataclass(frozen=True)
class Evidence:
    """Points and the scatters they are looked at with; fits one law after the other."""

    points: GrowthPoints

    @cached_property
    def middle(self) -> float:
        """Log x in the middle of the points."""
        return float(np.mean(self.points.log_x))

    @cached_property
    def scatters(self) -> FloatArray:
        """Values of t; the first stands for all that are too small to matter."""
        least = max(SCATTER[0], min(_NEGLIGIBLE * float(self.points.spread.min()), SCATTER[1] / 4.0))
        return np.geomspace(least, SCATTER[1], 1 + round(np.log(SCATTER[1] / least) / _STEP))

    @cached_property
    def log_prior(self) -> FloatArray:
        """Log probability of each scatter: trapezoids in log t, and what lies below the first."""
        step = np.diff(np.log(self.scatters))
        mass = (np.append(step, 0.0) + np.append(0.0, step)) / 2.0
        mass[0] += np.log(self.scatters[0] / SCATTER[0])
        return np.asarray(np.log(mass / mass.sum()))

    @cached_property
    def _scattered(self) -> Scatter:
        return Scatter.at(self.points, self.scatters)

    def fit(self, name: str) -> LawPosterior:
        """The posterior of a law."""
        law = FORMS[name]
        values = np.zeros(1) if law.reach is None else np.linspace(*law.reach, _CELLS + 1)
        for _ in range(0 if law.reach is None else _PASSES):
            # The integral over alpha by Laplace's method, to see where it is worth doing.
            offset = self._offsets(law, values)
            best = _best(self._scattered, offset)[..., None] + offset
            bend = np.maximum(self._scattered.step(best)[2], 1e-12)
            log_marginal = self._scattered.log_likelihood(best) - 0.5 * np.log(bend)
            total = logsumexp(log_marginal + self.log_prior[:, None], axis=0)
            below = np.cumsum(np.exp(total - logsumexp(total)))
            low, high = np.searchsorted(below, [_LEFT_OUT, 1.0 - _LEFT_OUT])
            low, high = max(low - 1, 0), min(high + 1, _CELLS)
            values = np.linspace(values[low], values[high], _CELLS + 1)
            if high - low > _CELLS / 2:
                break
        log_marginal, mean, deviation = self._integrated(law, values)
        joint = log_marginal + self.log_prior[:, None]
        weights = np.exp(joint - joint.max())
        log_evidence = float(logsumexp(joint))
        if law.log_prior is not None:
            inside, log_density = _refined(values, logsumexp(joint, axis=0))
            log_density = log_density + law.log_prior(inside)
            top = log_density.max()
            log_evidence = float(top + np.log(np.trapezoid(np.exp(log_density - top), inside)))
            weights[:, [0, -1]] /= 2.0  # trapezoids
        return LawPosterior(
            name, log_evidence, values, self.scatters, weights / weights.sum(), mean, deviation, self.middle
        )

    def p_value(self, name: str) -> float:
        r"""Probability that points drawn from a law lie, all together, at least as far from it as these do.

        The distance is the deviance D, :math:`z^\top R^{-1} z - 2 \sum_{\text{one-sided}} \log\Phi(\pm z)` of the
        law fitted again to what is drawn, at a scatter of a tenth. With Gaussian points, all located, D has a
        :math:`\chi^2` distribution with N - p degrees of freedom, N points and p fitted coefficients, whatever their
        values: the p-value is the posterior predictive one under a flat prior of the coefficients, and exact. A
        one-sided term is :math:`-2 \log P(E)` for an event E that happened, and :math:`P(-2 \log P(E) \ge d, E) \le
        e^{-d/2} = P(\chi^2_2 \ge d)`: it counts two degrees of freedom,

        .. math:: p = P\bigl(\chi^2_{N_{\text{located}} + 2 N_{\text{one-sided}} - p} \ge D\bigr).

        D falls as the scatter grows, so this is the largest p of all scatters up to a tenth: a law may miss the points
        by that much more and still fit. Points that scatter more fit no law, since nothing then tells a law that bends
        from points that jump. A law that contains another has at least its p.
        """
        return max(self._own_p_value(one) for one in (name, *FORMS[name].contains))

    def _own_p_value(self, name: str) -> float:
        """Of a law for itself."""
        law, points, tolerant = FORMS[name], self.points, Scatter.at(self.points, np.array([TOLERATED]))

        def least(values: FloatArray, close: float) -> tuple[int, float]:
            offset = np.broadcast_to(
                law.curve(points.log_x, values[:, None], self.middle), (1, values.size, points.side.size)
            )
            deviance = tolerant.step(_best(tolerant, offset, close)[..., None] + offset)[0][0]
            return int(np.argmin(deviance)), float(deviance.min())

        value = np.zeros(1)
        if law.reach is not None:
            values = np.linspace(*law.reach, _CELLS + 1)
            for _ in range(_PASSES):
                place, _ = least(values, 0.02)
                value = values[[place]]
                values = np.linspace(values[max(place - 1, 0)], values[min(place + 1, _CELLS)], _CELLS + 1)
        _, deviance = least(value, 1e-7)
        freedom = points.located + 2 * (points.side.size - points.located) - 1 - law.free
        return float(chdtrc(freedom, max(deviance, 0.0)))

    def _offsets(self, law: Law, values: FloatArray) -> FloatArray:
        """Of the law at the points, of shape (T, J, N)."""
        curve = law.curve(self.points.log_x, values[:, None], self.middle)
        return np.broadcast_to(curve, (self.scatters.size, values.size, self.points.side.size))

    def _integrated(self, law: Law, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Log of the integral over alpha, and alpha's mean and deviation, for each scatter and value."""
        scattered, offset = self._scattered, self._offsets(law, values)
        centre = _best(scattered, offset)
        curvature = np.maximum(scattered.step(centre[..., None] + offset)[2], 1e-12)
        unit = 1.0 / np.sqrt(curvature)
        for _ in range(_BEST):
            alpha = centre[..., None] + unit[..., None] * _OFFSETS
            log_joint = scattered.log_likelihood(alpha[..., None] + offset[:, :, None])
            place = np.argmax(log_joint, axis=-1)
            if not np.any(edge := (place < 3) | (place > 7)):
                break
            best = np.take_along_axis(alpha, place[..., None], axis=-1)[..., 0]
            centre = np.where(edge, best, centre)
        top = log_joint.max(axis=-1, keepdims=True)
        density = np.exp(log_joint - top)
        total = density.sum(axis=-1)
        mean = (density * alpha).sum(axis=-1) / total
        variance = (density * (alpha - mean[..., None]) ** 2).sum(axis=-1) / total
        step = unit * (_OFFSETS[1] - _OFFSETS[0])
        return top[..., 0] + np.log(total * step), mean, np.sqrt(variance)


def _best(scattered: Scatter, offset: FloatArray, close: float = 0.02) -> FloatArray:
    """Alpha of the least deviance, of shape (T, J), within ``close`` standard deviations.

    By Gauss-Newton steps, which are made shorter until the deviance falls.
    """
    points = scattered.points
    located = points.side == 0
    use = located if located.any() else np.ones_like(located)
    weight = np.where(use, (points.spread * scattered.widen) ** -2.0, 0.0)[:, None]
    alpha = (weight * (points.medians - offset)).sum(axis=-1) / weight.sum(axis=-1)
    deviance, slope, bend = scattered.step(alpha[..., None] + offset)
    share = np.ones_like(alpha)  # of a whole step
    for _ in range(_BEST):
        move = -share * slope / np.maximum(bend, 1e-12)
        matters = deviance < deviance.min() + _HOPELESS
        if np.all(np.abs(move[matters]) * np.sqrt(bend[matters]) < close):
            break
        tried = scattered.step((alpha + move)[..., None] + offset)
        better = tried[0] <= deviance
        alpha = np.where(better, alpha + move, alpha)
        deviance, slope, bend = (
            np.where(better, new, old) for new, old in zip(tried, (deviance, slope, bend), strict=True)
        )
        share = np.where(better, 1.0, share / 4.0)
    return np.asarray(alpha)
