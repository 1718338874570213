r"""How does the needed width grow with the number of samples, and can these data tell?

`compare_growth_laws` takes the thresholds measured at several n, with their intervals, and weighs six laws
(`howwide.statistics.growth_laws`) against each other by Akaike weights. The `GrowthComparison` also gives the exponent
of the power law with an interval, and a verdict in plain words. The honest answer is usually that several laws remain:
from n = 50 to 5000 the cube of the logarithm rises like a power whose exponent falls from 0.77 to 0.35, and seven
points with intervals of plus or minus a third do not tell it from the power n^0.5.

A weight compares the laws tried with each other; it is not the probability that a law is true, and it says nothing
about laws not tried or about larger n. That is what the joint p-value of each law is for: a law that misses the points,
all taken together, does not fit, however much better than the others it is
(`howwide.statistics.growth_laws.joint_p_value`).

An interval is taken as the width of a Gaussian in log m*, and the points as independent. Points at neighbouring n that
share trials are positively correlated. That errs on the safe side for the joint p-values; a slope over many points is
less certain than independence says, but the interval of the exponent allows for a fitted scatter, and that outweighs it
up to seven points (simulated in ``benchmarks/growth.py``, and worst where the same trials are shared by all n).
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
from howwide.statistics.growth_laws import (
    LAWS,
    REJECTED,
    SPECIAL,
    LawFit,
    excluded,
    exponent_interval,
    fit_law,
    joint_p_value,
    parameter_count,
)
from howwide.statistics.growth_points import gather_points, optional_floats
from howwide.statistics.growth_verdict import Finding, finding_of, too_few_sentence, verdict_sentence

GrowthStatus = Literal["compared", "too_few_points"]


@dataclass(frozen=True)
class GrowthComparison:
    """Growth laws weighed against each other.

    Attributes:
        laws: one fit for each law, heaviest first; empty when there are too few points.
        exponent: exponent of the power law as (estimate, lower, upper); an end, or all three, None where the data give
            none.
        level: level of the intervals given and of the exponent's.
        points: number of points used, located and one-sided.
        one_sided: how many of them give one end only.
        criterion: what the weights rest on, ``AIC`` or ``AICc`` (`compare_growth_laws` says when); None without
            weights.
        status: ``compared`` or ``too_few_points``.
        finding: the verdict in a word: ``growth``, ``decrease``, ``no_growth_detected``, ``undecided`` (the interval of
            the exponent contains 0 and 1), ``no_law_fits``, or None with too few points.
        verdict: what these data show, its caveat, and what would settle it, in two or three sentences.
    """

    laws: tuple[LawFit, ...]
    exponent: tuple[float | None, float | None, float | None]
    level: float
    points: int
    one_sided: int
    criterion: Literal["AICc", "AIC"] | None
    status: GrowthStatus
    finding: Finding | None
    verdict: str


def compare_growth_laws(
    n: npt.ArrayLike,
    lower: Sequence[float | None],
    estimate: Sequence[float | None],
    upper: Sequence[float | None],
    level: float = 0.95,
) -> GrowthComparison:
    r"""Weigh constant, logarithmic, linear and power growth of m*(n) against each other.

    Each law is fitted by maximum likelihood with Gaussian errors in :math:`\log m^*` taken from the intervals, one
    extra scatter common to all points (from 4 located points on) and censored terms for one-sided points. The weights
    are :math:`w_i \propto \exp(-\text{AIC}_i / 2)` (Akaike 1974). The small-sample correction AICc (Hurvich and Tsai
    1989), which is derived for an unknown error variance, is used where the scatter of the best-fitting law exceeds the
    errors of the intervals and there are points enough for it; where the intervals account for the errors plain AIC is
    exact and is used. AICc charges the power law heavily for its exponent when points are few (a factor 33 in weight at
    7 points): read the weights together with the log-likelihoods and the interval of the exponent, as the verdict does.

    Args:
        n: sample sizes, at least 2 each.
        lower: lower ends of m*, None where the data give none.
        estimate: estimates, None where unknown (with both ends known their geometric mean stands in).
        upper: upper ends, None where the data give none.
        level: level of the intervals given, and of the exponent's interval.

    Returns:
        The comparison. Fewer than 3 distinct n with at least one end, or fewer than 2 distinct n with both, give the
        status ``too_few_points``, no laws and no weights.

    Raises:
        SettingError: lengths differ, n below 2, a width that is not positive, ends out of order, or a level outside (0,
            1).
    """
    two_sided = check_probability(level, "level")
    samples = np.atleast_1d(as_floats("n", n))
    columns = {"lower": list(lower), "estimate": list(estimate), "upper": list(upper)}
    if samples.ndim != 1 or any(len(column) != samples.size for column in columns.values()):
        lengths = ", ".join(str(size) for size in (samples.size, *map(len, columns.values())))
        raise SettingError(f"n, lower, estimate and upper must be lists of one length; found lengths {lengths}")
    if np.any(samples < 2):
        raise SettingError(f"n must be at least 2, since laws in log n are compared; found {samples.min():g}")
    low, middle, high = (optional_floats(name, column) for name, column in columns.items())
    if np.any(low >= high) or np.any(low > middle) or np.any(middle > high):
        raise SettingError("every point needs lower < upper with the estimate between them; found one out of order")
    points = gather_points(np.log(samples), low, middle, high, float(ndtri((1.0 + two_sided) / 2.0)))
    used, one_sided = points.side.size, int(np.sum(points.side != 0))
    if np.unique(points.log_n).size < 3 or np.unique(points.log_n[points.side == 0]).size < 2:
        nothing, verdict = (None, None, None), too_few_sentence(points)
        return GrowthComparison((), nothing, two_sided, used, one_sided, None, "too_few_points", None, verdict)

    # AIC = 2 p - 2 log L. The correction 2 p (p + 1) / (N - p - 1) belongs to an unknown error variance: it is used
    # where the scatter of the best-fitting law exceeds the errors of the intervals; for known errors AIC is exact.
    lines = {name: fit_law(name, points) for name in LAWS}
    parameters = np.array([parameter_count(name, points) for name in LAWS], dtype=np.float64)
    akaike = 2.0 * parameters - 2.0 * np.array([line.log_likelihood for line in lines.values()])
    freedom = used - parameters - 1.0
    scatter = max(lines.values(), key=lambda line: line.log_likelihood).variance
    corrected = bool(np.all(freedom > 0) and scatter > np.median(points.error**2))
    if corrected:
        akaike = akaike + 2.0 * parameters * (parameters + 1.0) / freedom
    weights = dict(zip(LAWS, softmax(-akaike / 2.0).tolist(), strict=True))

    exponent = exponent_interval(points, lines["power"], two_sided)
    p_values = {name: joint_p_value(name, points) for name in LAWS}
    remaining = {
        name
        for name in LAWS
        if p_values[name] >= REJECTED and not excluded(name, lines, weights, exponent, points, two_sided)
    }
    if remaining & set(SPECIAL):
        remaining.add("power")  # which contains them
    laws = []
    for name, line in lines.items():
        fitted = {"c": float(np.exp(line.intercept)), "scatter": float(np.sqrt(line.variance))}
        fitted |= {"b": line.slope} if name == "power" else {}
        laws.append(LawFit(name, fitted, weights[name], line.log_likelihood, p_values[name], name in remaining))
    laws.sort(key=lambda law: -law.weight)
    finding = finding_of(laws, exponent)
    return GrowthComparison(
        laws=tuple(laws),
        exponent=exponent,
        level=two_sided,
        points=used,
        one_sided=one_sided,
        criterion="AICc" if corrected else "AIC",
        status="compared",
        finding=finding,
        verdict=verdict_sentence(finding, points, laws, exponent, two_sided),
    )
