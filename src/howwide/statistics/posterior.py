r"""The posterior of a success curve, on a grid.

Four parameters (`howwide.statistics.curve`) need no sampler: `GridPosterior` holds cells with their posterior
weights and answers with probabilities and quantiles of any threshold. Its axes are :math:`\log m_{1/2}`,
:math:`\log s`, and the angles :math:`\arcsin\sqrt\lambda` and :math:`\arcsin\sqrt g`, in which binomial counts
inform equally everywhere. `grid_posterior` computes it, laying the cells densest where the posterior is, so that
ten trials and ten thousand are resolved alike.

Not here: which prior is sensible (`howwide.statistics.response`) and which ends of an interval may be reported
(`howwide.statistics.thresholds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from howwide.statistics._counts import Counts, FloatArray
from howwide.statistics.curve import Prior, success_probability, threshold_reach

_CELLS = (61, 15, 8, 4)  # cells in log m_half, log s, and the angles of lapse and guess rate
_LARGEST_RATES = (0.5, 0.2)  # of lapses and of guesses
_EVEN = 3.0  # the grid is laid anew until no slice holds more than this multiple of its even share
_MAX_PASSES = 12
_SPLIT = 4  # lapse cells are split so often for a threshold, which is infinite from one lapse rate on
_NEIGHBOURS = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0  # a peak between two centres may show in the wrong slice
_IGNORED = 1e-7  # columns of a threshold's law with less mass are left out

Edges = tuple[FloatArray, ...]


@dataclass(frozen=True)
class GridPosterior:
    """Posterior weights on a grid of cells.

    Attributes:
        edges: ends of the cells in log m_half, in log s, and in the angles of lapse and guess rate.
        weights: posterior probability of each cell, shape (I, J, K, G), summing to 1.
    """

    edges: Edges
    weights: FloatArray

    @cached_property
    def centres(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Log m_half, s, lapse and guess rate in the middle of each cell, shaped to broadcast over the weights."""
        half, scale, lapse, guess = np.ix_(*(_middles(axis) for axis in self.edges))
        return half, np.exp(scale), np.sin(lapse) ** 2, np.sin(guess) ** 2

    def parameters(self, cells: npt.NDArray[np.intp]) -> list[FloatArray]:
        """Log m_half, s, lapse and guess rate of these cells, by their places in the ravelled weights."""
        return [np.broadcast_to(axis, self.weights.shape).ravel()[cells] for axis in self.centres]

    def draws(self, count: int, random: np.random.Generator) -> tuple[FloatArray, ...]:
        """Independent draws of log m_half, s, lapse and guess rate, spread evenly inside a cell."""
        cells = np.unravel_index(random.choice(self.weights.size, count, p=self.weights.ravel()), self.weights.shape)
        placed = (random.uniform(axis[at], axis[at + 1]) for axis, at in zip(self.edges, cells, strict=True))
        half, scale, lapse, guess = placed
        return half, np.exp(scale), np.sin(lapse) ** 2, np.sin(guess) ** 2

    def success(self, log_width: float) -> FloatArray:
        """Success probability at one width in every cell."""
        half, scale, lapse, guess = self.centres
        return success_probability((log_width - half) / scale, lapse, guess)

    def failure(self, log_width: float) -> FloatArray:
        """One minus that, without cancellation."""
        half, scale, lapse, guess = self.centres
        return success_probability((half - log_width) / scale, guess, lapse)

    def threshold_cdf(self, quantile: float, log_width: float) -> float:
        """Posterior probability that ``log m_q <= log_width``; mass is spread evenly inside a cell."""
        return self._distribution(quantile).below(log_width)

    def threshold_quantile(self, quantile: float, probability: float) -> float:
        """The value of log m_q below which the posterior has mass ``probability``; it may be infinite."""
        distribution = self._distribution(quantile)
        if distribution.below(-np.inf) >= probability:
            return -np.inf
        if self.never(quantile) >= 1.0 - probability:
            return np.inf
        finite = distribution.reach[np.isfinite(distribution.reach)]
        if not finite.size:  # the little mass that is finite lies in columns that are left out
            return np.inf
        low, high = self.edges[0][0] + finite.min() - 1.0, self.edges[0][-1] + finite.max() + 1.0
        return float(brentq(lambda x: distribution.below(x) - probability, low, high, xtol=1e-7))

    def never(self, quantile: float) -> float:
        """Posterior probability that no width reaches success probability q."""
        distribution = self._distribution(quantile)
        return float(distribution.cumulative[-1, distribution.reach == np.inf].sum())

    def _distribution(self, quantile: float) -> _Distribution:
        if quantile not in self._distributions:
            _, scale, _, guess = self.centres
            cells = np.arange(float(self.edges[2].size))
            finer = np.interp(np.arange(0, self.weights.shape[2] + 1e-9, 1 / _SPLIT), cells, self.edges[2])
            lapse = np.sin(_middles(finer))[:, None] ** 2
            # log m_q = log m_half + reach(s, lapse, guess): a column of cells for each value of these three.
            reach = threshold_reach(quantile, scale, lapse, guess).ravel()
            weights = np.repeat(self.weights / _SPLIT, _SPLIT, axis=2).reshape(self.weights.shape[0], -1)
            heavy = weights.sum(axis=0) > _IGNORED
            cumulative = np.vstack([np.zeros(heavy.sum()), np.cumsum(weights[:, heavy], axis=0)])
            cumulative /= cumulative[-1].sum()
            self._distributions[quantile] = _Distribution(self.edges[0], reach[heavy], cumulative)
        return self._distributions[quantile]

    @cached_property
    def _distributions(self) -> dict[float, _Distribution]:
        return {}


@dataclass(frozen=True)
class _Distribution:
    """Law of log m_q: in each column that of log m_half, moved by its reach; masses add up to 1 over all columns."""

    edges: FloatArray
    reach: FloatArray
    cumulative: FloatArray

    def below(self, log_width: float) -> float:
        if np.isinf(log_width):
            return 1.0 if log_width > 0 else float(self.cumulative[-1, self.reach == -np.inf].sum())
        # P(log m_q <= x) = sum over columns of P(log m_half <= x - reach), linear inside a cell.
        position = np.interp(log_width - self.reach, self.edges, np.arange(float(self.edges.size)))
        cell, column = np.minimum(position.astype(int), self.edges.size - 2), np.arange(self.reach.size)
        left = self.cumulative[cell, column]
        return float(np.sum(left + (position - cell) * (self.cumulative[cell + 1, column] - left)))


def _middles(edges: FloatArray) -> FloatArray:
    return np.asarray((edges[:-1] + edges[1:]) / 2.0)


def _log_rate_prior(angle: FloatArray, mean: float) -> FloatArray:
    r"""Log density of the angle :math:`a = \arcsin\sqrt{r}` when r follows Beta(1, 1/mean - 1), up to a constant."""
    if mean == 0.0:
        return np.zeros(angle.size)
    # (1 - r)^(1/mean - 2) dr, with r = sin^2 a and dr = 2 sin a cos a da
    return np.log(np.sin(angle)) + (2.0 / mean - 3.0) * np.log(np.cos(angle))


def _posterior_on(edges: Edges, counts: Counts, prior: Prior) -> GridPosterior:
    """Prior mass times binomial likelihood in every cell, normalised."""
    # Prior: flat in log m_half and log s, so that a cell has its size; a fixed parameter has one cell of no size.
    sizes = [np.diff(axis) if axis[0] < axis[-1] else np.ones(1) for axis in edges]
    half, scale, lapse, guess = np.ix_(*(np.log(size) for size in sizes))
    rates = zip(edges[2:], (prior.lapse_mean, prior.guess_mean), strict=True)
    lapses, guesses = (_log_rate_prior(_middles(axis), mean) for axis, mean in rates)
    log_prior = half + scale + (lapse + lapses[:, None]) + (guess + guesses)
    # Likelihood: sum over widths of k log P(m) + (N - k) log(1 - P(m)).
    grid, log_likelihood = GridPosterior(edges, log_prior), np.zeros(log_prior.shape)
    for log_width, k, trials in zip(np.log(counts.widths), counts.successes, counts.trials, strict=True):
        if k > 0:
            log_likelihood += k * np.log(grid.success(log_width))
        if k < trials:
            log_likelihood += (trials - k) * np.log(grid.failure(log_width))
    density = log_prior + log_likelihood
    weights = np.exp(density - density.max())
    return GridPosterior(edges, weights / weights.sum())


def _relaid(edges: FloatArray, mass: FloatArray) -> FloatArray:
    """Edges as dense as the square root of the posterior, and a tenth of them even."""
    if mass.size == 1:
        return edges
    size = np.diff(edges)
    dense = np.convolve(np.sqrt(mass * size), _NEIGHBOURS)[2:-2]
    share = 0.9 * dense / dense.sum() + 0.1 * size / size.sum()
    passed = np.concatenate([[0.0], np.cumsum(share)])
    return np.asarray(np.interp(np.linspace(0.0, passed[-1], edges.size), passed, edges))


def grid_posterior(counts: Counts, prior: Prior) -> GridPosterior:
    """Posterior of the four parameters given the counts.

    Even cells over the whole prior (lapse rates up to 1/2, guess rates up to 1/5) are laid anew, densest where the
    posterior is, until it is spread evenly enough over them. Cost: about 30 000 cells times the number of widths, two
    to four times.

    Args:
        counts: trials by width.
        prior: ranges and means.

    Returns:
        The posterior on the last grid.
    """
    rates = zip((prior.lapse_mean, prior.guess_mean), _LARGEST_RATES, strict=True)
    angles = [(0.0, float(np.arcsin(np.sqrt(largest))) if mean > 0 else 0.0) for mean, largest in rates]
    ranges = [(float(np.log(low)), float(np.log(high))) for low, high in (prior.width_range, prior.scale_range)]
    spans = zip((*ranges, *angles), _CELLS, strict=True)
    edges = tuple(np.linspace(low, high, cells + 1 if low < high else 2) for (low, high), cells in spans)
    posterior = _posterior_on(edges, counts, prior)
    for _ in range(_MAX_PASSES):
        slices = [posterior.weights.sum(axis=tuple({0, 1, 2, 3} - {axis})) for axis in range(4)]
        if all(mass.size == 1 or mass.max() <= _EVEN / mass.size for mass in slices):
            break
        edges = tuple(_relaid(axis, mass) for axis, mass in zip(posterior.edges, slices, strict=True))
        posterior = _posterior_on(edges, counts, prior)
    return posterior
