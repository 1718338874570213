r"""The posterior of a logistic success curve, on a grid.

The curve is :math:`P(\text{success} \mid m) = 1 / (1 + \exp(-(\log m - \log m_{1/2}) / s))`: two parameters, the width
:math:`m_{1/2}` at which half of the seeds succeed and the slope scale s in units of log width. Two parameters need no
sampler: `GridPosterior` holds cells, uniform in :math:`(\log m_{1/2}, \log s)`, with their posterior weights, and
answers with probabilities and quantiles of any threshold :math:`\log m_q = \log m_{1/2} + s \operatorname{logit} q`.
`grid_posterior` computes it, zooming in on the region that holds the posterior so that ten trials and ten thousand are
resolved alike.

Not here: which prior is sensible (`howwide.statistics.response`) and which ends of an interval may be reported
(`howwide.statistics.thresholds`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, log_expit, logit

from howwide.statistics._counts import Counts, FloatArray

_CELLS = (241, 41)  # cells in log m_half and in log s
_NEGLIGIBLE = 20.0  # cells this far below the peak in log density (a factor 5e8) are left outside the zoomed box
_MAX_ZOOMS = 12

Box = tuple[tuple[float, float], tuple[float, float]]


def success_probability(log_width: FloatArray, log_half: FloatArray, scale: FloatArray) -> FloatArray:
    """The response curve, logistic in log width.

    Lapses (a wide network that fails now and then) and guesses (a narrow one that is lucky) would enter here, as
    ``guess + (1 - guess - lapse) * expit(...)``, and in `_log_likelihood`; neither is modelled.
    """
    return np.asarray(expit((log_width - log_half) / scale))


def _log_likelihood(counts: Counts, log_half: FloatArray, scale: FloatArray) -> FloatArray:
    """Binomial log-likelihood on the grid, shape (half, scale), without the constant."""
    total = np.zeros((log_half.size, scale.size))
    for log_width, k, trials in zip(np.log(counts.widths), counts.successes, counts.trials, strict=True):
        steepness = (log_width - log_half[:, None]) / scale[None, :]
        total += trials * log_expit(steepness) - (trials - k) * steepness  # log(1 - p) = log p - steepness
    return total


@dataclass(frozen=True)
class GridPosterior:
    """Posterior weights on a grid of cells, uniform in log m_half and in log s.

    Attributes:
        log_half: cell centres in log m_half, equally spaced, shape (I,).
        scale: cell centres in s, geometrically spaced, shape (J,).
        weights: posterior probability of each cell, shape (I, J), summing to 1.
    """

    log_half: FloatArray
    scale: FloatArray
    weights: FloatArray

    def threshold_cdf(self, quantile: float, log_width: float) -> float:
        """Posterior probability that ``log m_q <= log_width``; mass is spread evenly inside a cell."""
        step = self.log_half[1] - self.log_half[0]
        left = self.log_half[0] - step / 2.0
        cumulative = np.vstack([np.zeros(self.scale.size), np.cumsum(self.weights, axis=0)])
        position = np.clip((log_width - self.scale * logit(quantile) - left) / step, 0.0, self.log_half.size)
        cell = np.minimum(position.astype(int), self.log_half.size - 1)
        column = np.arange(self.scale.size)
        below = cumulative[cell, column]
        return float(np.sum(below + (position - cell) * (cumulative[cell + 1, column] - below)))

    def threshold_quantile(self, quantile: float, probability: float) -> float:
        """The value of log m_q below which the posterior has mass ``probability``."""
        reach = self.scale * logit(quantile)
        step = self.log_half[1] - self.log_half[0]
        low = self.log_half[0] - step + reach.min()
        high = self.log_half[-1] + step + reach.max()
        return float(brentq(lambda x: self.threshold_cdf(quantile, x) - probability, low, high, xtol=1e-10))


def _cell_centres(ends: tuple[float, float], cells: int) -> FloatArray:
    edges = np.linspace(ends[0], ends[1], cells + 1)
    return (edges[:-1] + edges[1:]) / 2.0


def _support(density: FloatArray, box: Box) -> Box:
    """The part of the box where the log density comes within ``_NEGLIGIBLE`` of its peak, with two cells of margin."""
    ends = []
    for axis, (low, high) in enumerate(box):
        kept = np.flatnonzero(density.max(axis=1 - axis) > density.max() - _NEGLIGIBLE)
        step = (high - low) / density.shape[axis]
        ends.append((max(low, low + (kept[0] - 2) * step), min(high, low + (kept[-1] + 3) * step)))
    return ends[0], ends[1]


def _shrinks(smaller: Box, box: Box) -> bool:
    return any(b - a < 0.7 * (high - low) for (a, b), (low, high) in zip(smaller, box, strict=True))


def grid_posterior(counts: Counts, width_range: tuple[float, float], scale_range: tuple[float, float]) -> GridPosterior:
    """Posterior under a prior that is flat in log m_half and in log s on the given ranges.

    The grid is laid over the ranges, then over the part of them that holds the posterior, until that no longer shrinks.
    Equal ends of ``scale_range`` fix the slope. Cost: about 10 000 cells times the number of widths, a few times.

    Args:
        counts: trials by width.
        width_range: range of m_half, as widths.
        scale_range: range of s.

    Returns:
        The posterior on the last grid; what was left outside has density below ``exp(-20)`` of the peak.
    """
    cells = (_CELLS[0], _CELLS[1] if scale_range[0] < scale_range[1] else 1)
    box: Box = (
        (float(np.log(width_range[0])), float(np.log(width_range[1]))),
        (float(np.log(scale_range[0])), float(np.log(scale_range[1]))),
    )
    for _ in range(_MAX_ZOOMS):
        log_half, scale = _cell_centres(box[0], cells[0]), np.exp(_cell_centres(box[1], cells[1]))
        density = _log_likelihood(counts, log_half, scale)
        smaller = _support(density, box)
        if not _shrinks(smaller, box):
            break
        box = smaller
    weights = np.exp(density - density.max())
    return GridPosterior(log_half, scale, weights / weights.sum())
