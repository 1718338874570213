r"""Which width is needed, and which ends of the answer do the data determine?

The threshold :math:`m_q` is the real-valued width at which a fraction q of the seeds succeeds. A
`ThresholdEstimate` carries the posterior median and an equal-tailed interval, each of them only where the *trials*
speak; an end that would be read off the prior is None. The rule, with a = (1 - margin) (1 - level) / 2, where the
margin is the share of the error that is left unused:

1. *No success anywhere* (``no_success``). Nothing but a lower end can be known, and it is proved without a model:
   if :math:`m_q \le m`, every trial at a width of m or more fails with probability at most 1 - q, so N of them all
   fail with probability at most :math:`(1-q)^N`. The lower end is the largest tested width m for which this is at
   most a.
2. *No failure anywhere* (``all_success``). The mirror image: the upper end is the smallest tested width m for which
   :math:`q^N \le a`, with N the number of trials at widths up to m. For large q this takes many seeds (36 for q =
   0.9 at 95%), and until then the upper end is None too.
3. *Otherwise* an end of the posterior interval is kept if it survives a wider prior: the same trials are weighed
   under a prior 16 times wider towards both sides in m_half, twice as wide in slope scale and with three times the
   lapses, and if more than 1 - level of that posterior lies beyond the end, the declared prior and not the data put it
   there, and it becomes None. (With twice the lapses, intervals of m_0.9 cover a curve that just fails to reach 0.9
   in 90% of the searches; with three times, in 93%.)
4. If the posterior gives more than a to curves that no width brings to q (the lapse rate is 1 - q or more), the
   upper end is None and the status ``lapses``; if it gives them more than half, the estimate is None as well and
   the lower end is at most the largest tested width.
5. If the posterior median, under either prior, lies above the largest tested width (``above_range``), the estimate
   and the upper end are None and the lower end is moved down to the largest tested width if it lies above;
   ``below_range`` is the mirror image.
6. If neither end survives, the estimate is None as well (``undetermined``); else the status is ``estimated``.

Dropping or moving an end outward only widens the interval, so the rule cannot cost coverage. The proofs in 1 and 2
hold for any way of choosing the next width while looking at the outcomes; what is never done here is to extrapolate
a growth law in n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from howwide.statistics._counts import Counts
from howwide.statistics.posterior import GridPosterior

ThresholdStatus = Literal[
    "estimated", "no_success", "all_success", "above_range", "below_range", "lapses", "undetermined"
]

THRESHOLD_STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "estimated": "the threshold lies within the tested widths",
        "no_success": "no trial succeeded at any tested width: test wider networks, or train longer",
        "all_success": "every trial succeeded at every tested width: test narrower networks",
        "above_range": "the threshold lies above the largest tested width: test wider networks",
        "below_range": "the threshold lies below the smallest tested width: test narrower networks",
        "lapses": "at no width success may be as frequent as asked: test more seeds at wide networks",
        "undetermined": "the trials bound the threshold from neither side: test more widths or more seeds",
    }
)

_WORST_TAIL = 2.0  # rule 3: how many times the nominal tail may lie beyond an end once the prior is widened


@dataclass(frozen=True)
class ThresholdEstimate:
    """The width at which a fraction ``quantile`` of the trials succeeds, as far as the data determine it.

    Attributes:
        quantile: the success probability q that defines the threshold.
        estimate: posterior median of m_q, or None where the tested widths do not enclose it.
        lower: lower end, or None where the data give none.
        upper: upper end, or None where the data give none.
        level: two-sided level; each end alone holds at ``(1 + level) / 2``.
        trials: number of trials, over all widths.
        status: a key of `THRESHOLD_STATUSES`, which says it in words.
    """

    quantile: float
    estimate: float | None
    lower: float | None
    upper: float | None
    level: float
    trials: int
    status: ThresholdStatus


def estimate_threshold(
    counts: Counts, posterior: GridPosterior, wider: GridPosterior, quantile: float, level: float, margin: float
) -> ThresholdEstimate:
    """Apply the rule of this module's docstring; ``wider`` is the posterior under the wider prior.

    ``margin`` is the share of the error ``1 - level`` that the ends leave unused.
    """

    def result(
        estimate: float | None, lower: float | None, upper: float | None, status: ThresholdStatus
    ) -> ThresholdEstimate:
        return ThresholdEstimate(quantile, estimate, lower, upper, level, int(counts.trials.sum()), status)

    error = (1.0 - level) / 2.0
    used = (1.0 - margin) * error  # a
    narrowest, widest = float(counts.widths[0]), float(counts.widths[-1])
    if counts.successes.sum() == 0:  # rule 1: (1 - q)^N <= a, with the N trials at widths of m or more
        at_or_above = np.cumsum(counts.trials[::-1])[::-1]
        proved = counts.widths[at_or_above * np.log1p(-quantile) <= np.log(used)]
        return result(None, float(proved[-1]) if proved.size else None, None, "no_success")
    if np.all(counts.successes == counts.trials):  # rule 2: q^N <= a, with the N trials at widths up to m
        proved = counts.widths[np.cumsum(counts.trials) * np.log(quantile) <= np.log(used)]
        return result(None, None, float(proved[0]) if proved.size else None, "all_success")

    # Rule 3: ends of the posterior, unless the wider prior puts more than twice the error beyond them.
    low, high = (posterior.threshold_quantile(quantile, p) for p in (used, 1.0 - used))
    below = 1.0 - wider.never(quantile) if low == np.inf else wider.threshold_cdf(quantile, low)
    above = 1.0 - wider.threshold_cdf(quantile, high)
    lower = float(np.exp(low)) if below <= _WORST_TAIL * error and low > -np.inf else None
    upper = float(np.exp(high)) if above <= _WORST_TAIL * error and high < np.inf else None
    if lower is None and upper is None:  # rule 6
        return result(None, None, None, "undetermined")

    never = posterior.never(quantile)
    median, widened = (float(np.exp(grid.threshold_quantile(quantile, 0.5))) for grid in (posterior, wider))
    if never > 0.5 or max(median, widened) > widest:  # rules 4 and 5: no width reaches q, or a wider one does
        status: ThresholdStatus = "lapses" if never > 0.5 else "above_range"
        return result(None, None if lower is None else min(lower, widest), None, status)
    if min(median, widened) < narrowest:  # rule 5, the mirror image
        return result(None, None, None if upper is None else max(upper, narrowest), "below_range")
    return result(median, lower, upper, "lapses" if never > used else "estimated")  # rule 4
