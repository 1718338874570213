r"""How well a quantity predicts the minimal width over problems: statistics of a table, and what resampling says.

A `Table` has P problems, N sample sizes, the logarithm of the minimal width with its posterior, and the logarithms of
the quantities, each signed so that theory has it grow with the width. NaN is what is not known; infinite is what lies
beyond: a width above all that were tried, a radius that does not exist, the logarithm of a margin of zero. Infinite
values take part in ranks, tied with each other, and in nothing else.

Every statistic is computed on many *replicates* at once: how often each problem is in (B, P), and the log widths
(B, P, N). In the table as it was found every problem is in once. A bootstrap replicate draws P problems with
replacement, each with all its sample sizes, and every width from its posterior. As the estimates already err by their
trials, this counts that error twice: intervals are a little too wide, and correlations in them a little too near zero.
What is common to all problems of the table (network, budget, step rule) is not resampled.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from howwide.statistics.growth_points import SCORES

Array = NDArray[np.float64]
Statistic = Callable[[Array, "Replicates"], Array]

FEWEST = 4
"""Problems below which nothing is said."""

_LEAST_KNOWN = 0.9  # share of replicates in which a statistic must exist for its interval to be given


@dataclasses.dataclass(frozen=True)
class Table:
    """What was measured; see the module.

    Attributes:
        problems: their names.
        sizes: sample sizes n.
        widths: (P, N) log m_0.5.
        nodes: (P, N, 13) log widths at the normal scores ``howwide.statistics.growth_points.SCORES``; all equal to the
            width where it has no posterior.
        ends: (P, N, 2) ends of the interval of log m_0.5, infinite where there is none.
        quantities: (P, N) signed logarithms by name.
    """

    problems: tuple[str, ...]
    sizes: tuple[int, ...]
    widths: Array
    nodes: Array
    ends: Array
    quantities: Mapping[str, Array]

    def some(self, kept: NDArray[np.bool_]) -> "Table":
        """The table of some problems."""
        quantities = {name: x[kept] for name, x in self.quantities.items()}
        problems = tuple(np.array(self.problems)[kept].tolist())
        return Table(problems, self.sizes, self.widths[kept], self.nodes[kept], self.ends[kept], quantities)


@dataclasses.dataclass(frozen=True)
class Column:
    """The log widths (B, P) of one sample size, and how often each problem is in (B, P)."""

    widths: Array
    counts: Array

    @functools.cached_property
    def order(self) -> Array:
        """(B, P, P) signs of the first width less the second."""
        return _order(self.widths)

    def among(self, x: Array) -> Array:
        """The counts of the problems that are known in both; none at all where they are too few."""
        counts = self.counts * ~(np.isnan(x) | np.isnan(self.widths))
        return counts * ((counts > 0).sum(1, keepdims=True) >= FEWEST)


@dataclasses.dataclass(frozen=True)
class Replicates:
    """How often each problem is in, (B, P), log widths, (B, P, N), and log n, (N,)."""

    counts: Array
    widths: Array
    log_n: Array

    @functools.cached_property
    def columns(self) -> tuple[Column, ...]:
        """The sample sizes."""
        return tuple(Column(self.widths[:, :, k], self.counts) for k in range(self.log_n.size))


def as_found(table: Table) -> Replicates:
    """One replicate: the table itself."""
    return Replicates(np.ones((1, len(table.problems))), table.widths[None], np.log(table.sizes))


def resampled(table: Table, count: int = 2000, seed: int = 0) -> Replicates:
    """Problems drawn with replacement, and widths from their posteriors."""
    random, problems = np.random.default_rng(seed), len(table.problems)
    counts = random.multinomial(problems, np.full(problems, 1 / problems), count).astype(float)
    return Replicates(counts, drawn_widths(table, count, random), np.log(table.sizes))


def drawn_widths(table: Table, count: int, random: np.random.Generator) -> Array:
    """(count, P, N) log widths, each from its own posterior."""
    scores = random.standard_normal((count, *table.widths.shape))
    drawn = np.empty_like(scores)
    for place in np.ndindex(table.widths.shape):
        drawn[:, *place] = np.interp(scores[:, *place], SCORES, table.nodes[place])
    return np.where(np.isfinite(table.widths), drawn, table.widths)


# ---------------------------------------------------------------------------------------------------- rank correlations


def spearman(x: Array, column: Column) -> Array:
    """Spearman's rank correlation of x (P,) with the widths of each replicate, problems as often as they are in.

    The same as over so many copies: tied values share the mean of their ranks. NaN where either is constant or fewer
    than ``FEWEST`` different problems are known.
    """
    counts = column.among(x)
    # Twice a mid-rank, up to a constant, is the sum of the signs of the differences from all values.
    return _correlation(counts @ _order(x).T, np.matmul(column.order, counts[..., None])[..., 0], counts)


def kendall(x: Array, column: Column) -> Array:
    """Kendall's tau-b of x (P,) with the widths of each replicate, over copies as in `spearman`."""
    counts, one, other = column.among(x), _order(x), column.order

    def over_pairs(values: Array) -> Array:
        return (counts * np.matmul(values, counts[..., None])[..., 0]).sum(1)

    return _over(over_pairs(one * other), np.sqrt(over_pairs(np.abs(one)[None]) * over_pairs(np.abs(other))))


def averaged(one: Callable[[Array, Column], Array]) -> Statistic:
    """The mean over sample sizes of a statistic of one sample size."""

    def mean(x: Array, replicates: Replicates) -> Array:
        return _mean(np.stack([one(x[:, k], column) for k, column in enumerate(replicates.columns)]))

    return mean


def pairs_apart(x: Array, ends: Array) -> tuple[int, int, int]:
    """Of the pairs of problems whose intervals at the same n have no width in common: ordered right, wrong, not at all.

    Args:
        x: (P, N) a quantity; pairs of which it is not known for both do not count.
        ends: (P, N, 2).
    """
    low, high = ends[..., 0].T, ends[..., 1].T  # (N, P)
    above = low[:, :, None] > high[:, None, :]  # the first has the larger width
    ordered = _order(x.T)
    known = ~np.isnan(x.T)
    above &= known[:, :, None] & known[:, None, :]
    return int((above & (ordered > 0)).sum()), int((above & (ordered < 0)).sum()), int((above & (ordered == 0)).sum())


def _order(values: Array) -> Array:
    """(..., P, P) signs of the first less the second; infinite values tie with each other."""
    first, second = values[..., :, None], values[..., None, :]
    return (first > second).astype(float) - (first < second)


def _correlation(a: Array, b: Array, counts: Array) -> Array:
    total = np.maximum(counts.sum(1, keepdims=True), 1)
    a, b = (v - (counts * v).sum(1, keepdims=True) / total for v in (a, b))
    both, ones, others = ((counts * s * t).sum(1) for s, t in ((a, b), (a, a), (b, b)))
    return _over(both, np.sqrt(ones * others))


def _over(above: Array, below: Array) -> Array:
    """A ratio, NaN where there is none."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 1e-9)


def _mean(values: Array) -> Array:
    """Over the first axis, of what is known."""
    known = ~np.isnan(values)
    return _over(np.where(known, values, 0).sum(0), known.sum(0).astype(float))


# ----------------------------------------------------------------------------------------------------------- prediction


def prediction_factor(x: Array, replicates: Replicates) -> Array:
    """The factor by which half of the predictions of a width from the quantity are off, each from other problems.

    At every n and for every problem: log m = a + b log x by least squares over all other problems (all copies of it are
    left out), and the median over problems and n of the absolute error of log m, as a factor.
    """
    return _typical(x, replicates, _fitted)


def baseline_factor(x: Array, replicates: Replicates) -> Array:
    """The same for the geometric mean of the other problems' widths, on the problems on which x is finite."""
    return _typical(x, replicates, lambda x, y, counts: _others(counts * y, counts) / _others(counts, counts))


def prediction_ratio(x: Array, replicates: Replicates) -> Array:
    """The factor of the quantity over that of the baseline: below 1 the quantity helps."""
    return prediction_factor(x, replicates) / baseline_factor(x, replicates)


def _typical(x: Array, replicates: Replicates, predicted: Callable[[Array, Array, Array], Array]) -> Array:
    errors, weights = [], []
    for k in range(x.shape[1]):
        finite = np.isfinite(x[:, k]) & np.isfinite(replicates.widths[:, :, k])
        counts = replicates.counts * finite
        counts = counts * ((counts > 0).sum(1, keepdims=True) >= FEWEST)
        y = np.where(finite, replicates.widths[:, :, k], 0.0)
        own = np.where(np.isfinite(x[:, k]), x[:, k], 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):  # where too few others are left
            errors.append(np.abs(y - predicted(own, y, counts)))
        weights.append(counts)
    return np.exp(_median(np.concatenate(errors, 1), np.concatenate(weights, 1)))


def _fitted(x: Array, y: Array, counts: Array) -> Array:
    """For every problem the value at x of the line through the others; their mean where all have the same x."""
    x = x - _over((counts * x).sum(1), counts.sum(1))[:, None]
    some, x_sum, y_sum = _others(counts, counts), _others(counts * x, counts), _others(counts * y, counts)
    spread = some * _others(counts * x * x, counts) - x_sum**2
    both = some * _others(counts * x * y, counts) - x_sum * y_sum
    slope = np.where(spread > 1e-9 * some**2, both / spread, 0.0)
    return (y_sum + slope * (some * x - x_sum)) / some


def _others(values: Array, counts: Array) -> Array:
    """For every problem the sum of the values of all others; ``values`` are those of all copies."""
    values = np.where(counts > 0, values, 0.0)
    return values.sum(1, keepdims=True) - values


def _median(values: Array, counts: Array) -> Array:
    """The median of each row, entry i of which is there ``counts[b, i]`` times; NaN of none."""
    order = np.argsort(values, axis=1)
    values, counts = np.take_along_axis(values, order, 1), np.take_along_axis(counts, order, 1)
    passed, total = counts.cumsum(1), counts.sum(1, keepdims=True)
    middle = (
        np.take_along_axis(values, _first(passed >= total / 2), 1),
        np.take_along_axis(values, _first(passed > total / 2), 1),
    )
    return np.where(total[:, 0] > 0, (middle[0] + middle[1])[:, 0] / 2, np.nan)


def _first(reached: NDArray[np.bool_]) -> NDArray[np.intp]:
    return reached.argmax(1)[:, None]


# -------------------------------------------------------------------------------------------------------------- along n


def growth_correlation(x: Array, replicates: Replicates) -> Array:
    """Spearman's correlation over problems of two slopes against log n: of the log quantity, and of the log width."""
    known = np.isfinite(x) & np.isfinite(replicates.widths[0])  # what is known is so in all replicates
    log_n = _centred(np.broadcast_to(replicates.log_n, x.shape), known)
    lengths = (log_n**2).sum(-1)
    slopes = [
        _over((log_n * _centred(v, known)).sum(-1), np.broadcast_to(lengths, v.shape[:-1]))
        for v in (x, replicates.widths)
    ]
    return spearman(np.round(slopes[0], 9), Column(slopes[1], replicates.counts))


def elasticity(x: Array, replicates: Replicates) -> Array:
    """The slope of log width against log quantity within problems: both less their means over n, one slope for all."""
    known = np.isfinite(x) & np.isfinite(replicates.widths[0])
    a, b = _centred(x, known), _centred(replicates.widths, known)
    weight = replicates.counts[:, :, None]
    return _over((weight * a * b).sum((1, 2)), (weight * a * a).sum((1, 2)))


def _centred(values: Array, known: NDArray[np.bool_]) -> Array:
    """Less the mean over the n at which the quantity and the width of a problem are known; 0 elsewhere."""
    values = np.where(known, values, 0.0)
    mean = values.sum(-1, keepdims=True) / np.maximum(known.sum(-1, keepdims=True), 1)
    return np.where(known, values - mean, 0.0)


# ------------------------------------------------------------------------------------------------- intervals and choice


@dataclasses.dataclass(frozen=True)
class Found:
    """A statistic with the ends of its 95 % interval; None where it or they do not exist."""

    estimate: float | None
    lower: float | None = None
    upper: float | None = None


def found(statistic: Statistic, x: Array, table: Replicates, replicates: Replicates) -> Found:
    """The statistic of the table, between the 2.5 and 97.5 % quantiles of the replicates."""
    [estimate] = statistic(x, table).tolist()
    if np.isnan(estimate):
        return Found(None)
    values = statistic(x, replicates)
    known = values[~np.isnan(values)]
    if known.size < _LEAST_KNOWN * values.size:
        return Found(estimate)
    lower, upper = np.quantile(known, [0.025, 0.975]).tolist()
    return Found(estimate, lower, upper)


def permutation_p_values(table: Table, count: int = 1000, seed: int = 0) -> dict[str, tuple[float, float]]:
    """For each quantity the p-value of its mean rank correlation, by itself and as the best of all.

    The widths of whole problems, with all their n, are permuted over the problems; the statistic is the absolute value
    of the mean over n of Spearman's correlation, compared with that of the same quantity, and with the largest of all
    quantities (Westfall and Young's maximum). Exact if problems are exchangeable, however the quantities depend on one
    another. Quantities without a correlation are left out.
    """
    random, problems = np.random.default_rng(seed), len(table.problems)
    orders = np.stack([np.arange(problems), *(random.permutation(problems) for _ in range(count))])
    permuted = Replicates(np.ones((count + 1, problems)), table.widths[orders], np.log(table.sizes))
    mean = averaged(spearman)
    sizes = {name: np.abs(mean(x, permuted)) for name, x in table.quantities.items()}
    sizes = {name: np.nan_to_num(values) for name, values in sizes.items() if not np.isnan(values[0])}
    if not sizes:
        return {}
    largest = np.max(list(sizes.values()), axis=0)
    return {n: (_share(values, values[0]), _share(largest, values[0])) for n, values in sizes.items()}


def _share(values: Array, threshold: float) -> float:
    """How many of the values, that of the table among them, are as large."""
    return float(np.mean(values >= threshold - 1e-12))


def alike(quantities: Mapping[str, Array]) -> list[tuple[str, ...]]:
    """Names of quantities whose logarithms are increasing linear functions of each other: they predict the same."""
    groups: dict[str, tuple[list[str], Array]] = {}
    for name, x in quantities.items():
        shape = _standard(x)
        same = next((m for m, s in groups.values() if np.allclose(s, shape, atol=2e-3, equal_nan=True)), None)
        if same is None:
            groups[name] = [name], shape
        else:
            same.append(name)
    return [tuple(members) for members, _ in groups.values()]


def _standard(x: Array) -> Array:
    finite = x[np.isfinite(x)]
    return x if not finite.size else (x - finite.mean()) / max(float(finite.std()), 1e-9)


def varies(x: Array) -> bool:
    """Whether a quantity differs between problems at some n, as far as it is known."""
    return any(len(set(np.round(column[~np.isnan(column)], 9).tolist())) > 1 for column in x.T)
