r"""How does the needed width grow with the number of samples, and can these data tell?

`compare_growth_laws` takes the widths measured at several n, with what their trials say about each
(`howwide.statistics.growth_points`), and weighs nine laws (`howwide.statistics.growth_laws`) against each other by
their marginal likelihoods (`howwide.statistics.growth_evidence`). The `GrowthComparison` also gives the exponent of the
power law with an interval, what further point would tell the laws that remain apart
(`howwide.statistics.growth_telling`), and a verdict in plain words. The honest answer is usually that several laws
remain: from n = 50 to 5000 the cube of the logarithm rises like a power whose exponent falls from 0.77 to 0.35.

A weight is the posterior probability of a law if one of those listed is true and all were equally likely before; it
says nothing about laws not listed or about larger n. That is what the joint p-value of each law is for: a law that
misses the points, all taken together, does not fit, however much better than the others it is.

*How often the weights err.* If the points come from law k with parameters from its prior, then for any other law j
:math:`E[w_j / w_k] = 1`, as the ratio of weights is one of densities of the points. By Markov's inequality
:math:`w_j \ge 100\, w_k`, by which j excludes k, has probability 1/100 at most, and
:math:`w_j \ge 19\, w_k`, which :math:`w_j \ge 0.95` implies, 1/19 at most. What happens at fixed parameters is in
``benchmarks/growth.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, softmax

from howwide.checks import check_probability
from howwide.errors import SettingError
from howwide.statistics._counts import as_floats
from howwide.statistics.growth_evidence import Evidence, LawFit, LawPosterior
from howwide.statistics.growth_laws import LAWS, LEAST_SHARE, REJECTED
from howwide.statistics.growth_points import GrowthPoints, bare_points, gather_points, optional_floats
from howwide.statistics.growth_telling import TellingPoint, round_trials, telling_point
from howwide.statistics.growth_verdict import (
    Finding,
    details,
    finding_of,
    headline,
    next_step,
    rivals,
    too_few_sentence,
)

GrowthStatus = Literal["compared", "too_few_points"]
Variable = Literal["n", "1/eps", "L"]
_LOCATED = 2  # points with both ends that a comparison takes
_BARE = 4  # points without intervals that it takes
_AT_EDGE = 0.02  # of what is looked at: an exponent this near to an end of it is unknown


@dataclass(frozen=True)
class GrowthComparison:
    """Growth laws weighed against each other.

    Attributes:
        laws: one fit for each law, heaviest first; empty when there are too few points.
        exponent: exponent of the power law under a flat prior as (median, lower, upper); an end, or all three, None
            where the data give none.
        level: level of the intervals given and of the exponent's.
        points: number of points used, located and one-sided.
        one_sided: how many of them give one end only.
        status: ``compared`` or ``too_few_points``.
        finding: the verdict in a word: ``growth`` or ``decrease`` (a constant width does not remain),
            ``no_growth_detected`` (it does), ``undecided`` (it does, and proportion to n as well), ``no_law_fits``, or
            None with too few points.
        telling: the point that would tell two laws that remain apart; None where none are to be told apart.
        sentence: between which laws the growth lies, which another draw of the trials would most likely say too.
        verdict: that sentence; what the points cannot tell and what would; the exponent, the laws that remain and their
            weights.
    """

    laws: tuple[LawFit, ...]
    exponent: tuple[float | None, float | None, float | None]
    level: float
    points: int
    one_sided: int
    status: GrowthStatus
    finding: Finding | None
    telling: TellingPoint | None
    sentence: str
    verdict: str


def compare_growth_laws(
    n: npt.ArrayLike,
    lower: Sequence[float | None] | None,
    estimate: Sequence[float | None],
    upper: Sequence[float | None] | None,
    level: float = 0.95,
    *,
    posteriors: Sequence[Sequence[float] | None] | None = None,
    correlation: npt.ArrayLike | None = None,
    trials: Sequence[int] | None = None,
    variable: Variable = "n",
) -> GrowthComparison:
    r"""Weigh the laws that m*(n) may follow against each other.

    Every law is fitted by its posterior: flat in its scale, with one scatter about it that all points share. The
    weights are marginal likelihoods, :math:`w_k \propto p(y \mid k)`, with the priors of
    `howwide.statistics.growth_laws`.

    Args:
        n: sample sizes, at least 2 each; or :math:`1/\varepsilon`, or depths.
        lower: lower ends of m*, None where the data give none. None in place of all, with ``upper``: the widths have no
            intervals (a published figure), and all their error is scatter, which is estimated.
        estimate: estimates, None where unknown (with both ends known their geometric mean stands in).
        upper: upper ends, None where the data give none.
        level: level of the intervals given, and of the exponent's interval.
        posteriors: of each point, widths at 13 normal scores (`howwide.statistics.normal_scores`), or None: then a
            normal distribution on each side of the estimate stands in, as its ends say.
        correlation: of the errors of the points (`howwide.statistics.shared_errors`); independent unless given.
        trials: behind each point, for what further point would tell.
        variable: what ``n`` is, for the verdict.

    Returns:
        The comparison. Fewer than 3 distinct n with at least one end, or fewer than 2 distinct n with both, or fewer
        than 4 without intervals, give the status ``too_few_points``, no laws and no weights.

    Raises:
        SettingError: lengths differ, n below 2, a width that is not positive, ends out of order, one of ``lower`` and
            ``upper`` without the other, a correlation that is none, or a level outside (0, 1).
    """
    two_sided = check_probability(level, "level")
    points = growth_points(n, lower, estimate, upper, two_sided, posteriors, correlation)
    used, one_sided = points.side.size, int(np.sum(points.side != 0))
    sizes = [np.unique(points.log_x[chosen]).size for chosen in (points.side <= 1, points.side == 0)]
    if sizes[0] < 3 or sizes[1] < (_BARE if points.bare else _LOCATED):
        verdict = too_few_sentence(points, variable)
        nothing = (None, None, None)
        return GrowthComparison((), nothing, two_sided, used, one_sided, "too_few_points", None, None, verdict, verdict)

    evidence = Evidence(points)
    fits = {name: evidence.fit(name) for name in LAWS}
    weights = softmax([fit.log_evidence for fit in fits.values()])
    laws = []
    for (name, fit), weight in zip(fits.items(), weights.tolist(), strict=True):
        p_value = evidence.p_value(name)
        remains = p_value >= REJECTED and weight >= LEAST_SHARE * weights.max()
        laws.append(LawFit(name, fit.parameters, weight, p_value, bool(remains), fit))
    laws.sort(key=lambda law: -law.weight)
    exponent = _exponent(fits["power"], two_sided)
    finding, pair = finding_of(laws, exponent), rivals(laws)
    telling = None
    if pair is not None:
        known = None if trials is None or not len(trials) else round_trials(float(np.median(trials)))
        error = float(np.median(points.spread[points.side == 0]))
        if known is not None and trials is not None:
            error *= float(np.sqrt(np.median(trials) / known))
        telling = telling_point(*pair, float(points.log_x.max()), error, known)
    sentence = headline(finding, points, laws, exponent, variable)
    more = next_step(laws, telling, variable) + details(finding, points, laws, exponent, two_sided, variable)
    verdict = f"{sentence} {more}"
    return GrowthComparison(
        tuple(laws), exponent, two_sided, used, one_sided, "compared", finding, telling, sentence, verdict
    )


def growth_points(
    n: npt.ArrayLike,
    lower: Sequence[float | None] | None,
    estimate: Sequence[float | None],
    upper: Sequence[float | None] | None,
    level: float,
    posteriors: Sequence[Sequence[float] | None] | None = None,
    correlation: npt.ArrayLike | None = None,
) -> GrowthPoints:
    """The points of `compare_growth_laws`, checked."""
    samples = np.atleast_1d(as_floats("n", n))
    if (lower is None) != (upper is None):
        raise SettingError("give lower and upper ends, or neither where the widths have no intervals")
    columns = {
        name: list(c) for name, c in (("lower", lower), ("estimate", estimate), ("upper", upper)) if c is not None
    }
    sizes = [samples.size, *map(len, columns.values())] + ([] if posteriors is None else [len(posteriors)])
    if samples.ndim != 1 or len(set(sizes)) > 1:
        raise SettingError(
            f"n, {', '.join(columns)}{'' if posteriors is None else ', posteriors'} must be lists of one length; found "
            f"lengths {', '.join(map(str, sizes))}"
        )
    if np.any(samples < 2):
        raise SettingError(f"n must be at least 2, since laws in log n are compared; found {samples.min():g}")
    ends = {name: optional_floats(name, column) for name, column in columns.items()}
    if lower is None:
        known = np.isfinite(ends["estimate"])
        return bare_points(np.log(samples[known]), ends["estimate"][known])
    low, middle, high = ends.values()
    if np.any(low >= high) or np.any(low > middle) or np.any(middle > high):
        raise SettingError("every point needs lower < upper with the estimate between them; found one out of order")
    shared = None
    if correlation is not None:
        shared = as_floats("correlation", correlation)
        if shared.shape != (samples.size,) * 2 or not np.allclose(np.diag(shared), 1.0):
            raise SettingError(f"correlation must be a {samples.size} by {samples.size} matrix with a diagonal of 1")
    return gather_points(np.log(samples), low, middle, high, float(ndtri((1.0 + level) / 2.0)), posteriors, shared)


def _exponent(power: LawPosterior, level: float) -> tuple[float, float | None, float | None]:
    """Median and equal-tailed interval of the exponent; an end at the edge of what is looked at is none."""
    error = (1.0 - level) / 2.0
    middle, low, high = power.quantiles(np.array([0.5, error, 1.0 - error])).tolist()
    least, most = power.law.reach or (-np.inf, np.inf)
    return middle, None if low < least + _AT_EDGE else low, None if high > most - _AT_EDGE else high
