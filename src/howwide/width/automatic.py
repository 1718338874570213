r"""The width to train at on given data: the least one at which a start succeeds with probability q, as a search tells.

What is drawn is the start alone. The data are those that will be trained on, so every trial of the search has all of
them (a sample of n out of n) and a start of its own. The search is :func:`howwide.width.search` for this one n and q.

*Which width.* An interval for :math:`m_q` has two ends and an estimate. Half of the time the estimate is too small; its
upper end is too large nearly always. What is taken is the least width that the trials leave probably wide enough,

.. math:: \hat m = \min\{m : \Pr[P(m) \ge q \mid \text{trials}] \ge 0.8\},

over whole widths up to the largest one tried: the 80 % quantile of the posterior of :math:`m_q`, rounded up. It is at
most 3/2 of the estimate. Where the trials tell little it is well above the estimate, and it approaches the least
integer width where they tell much. ``benchmarks/auto_rules.py`` compares this rule with others.
"""

import math
from dataclasses import dataclass

from howwide.data import Dataset
from howwide.results.width import WidthPoint, WidthResult
from howwide.statistics import ResponseFit
from howwide.width._search import search
from howwide.width.study import WidthStudy

__all__ = ["AutomaticWidth", "automatic_width", "sufficient_width"]

_WEIGHTS = 1000  # an example has no more of them at the largest width that is tried
_AT_LEAST, _AT_MOST = 32, 1024  # and these widths are tried whatever their number
_ROUND = 16  # trials asked for at once
_SURE = 0.8  # posterior probability that the width is enough
_FARTHEST = 1.5  # times the estimate of m_q that a width may be


@dataclass(frozen=True)
class AutomaticWidth:
    """A width, and what it rests on.

    Attributes:
        width: to train at.
        reached: whether the trials tell of such a width. If not, it is that of those tried whose success rate has the
            highest lower end: the largest if none succeeded.
        largest: the largest width tried.
        falls: whether success falls with width, which the success curve does not know.
        point: the least integer width at q with its interval.
        search: the trials.
    """

    width: int
    reached: bool
    largest: int
    falls: bool
    point: WidthPoint
    search: WidthResult


def automatic_width(
    ds: Dataset, *, quantile: float = 0.9, trials: int = 100, max_width: int | None = None, **settings: object
) -> AutomaticWidth:
    """A width that is probably enough for a fresh start on all of ``ds`` to succeed with probability ``quantile``.

    Args:
        ds: the data that will be trained on.
        quantile: success probability q.
        trials: starts that the search may spend.
        max_width: no width beyond this is tried; by default that of a thousand weights an example, between 32 and 1024.
        settings: of the trials, as in :class:`WidthStudy`; one value each.

    Returns:
        The width, and the search behind it.

    Raises:
        SettingError: a setting outside its domain.
        SearchError: trials failed for a reason that lies in the machine.
    """
    study = WidthStudy(n=ds.n, quantiles=quantile, trials=trials, round_size=_ROUND, extend=0, **settings)
    [shared] = study.trial_settings()
    if max_width is None:
        width = _AT_LEAST
        while width < _AT_MOST and min(ds.n, ds.d) * width + shared.square_matrices * width**2 < _WEIGHTS * ds.n:
            width += _AT_LEAST
        max_width = width
    study = study.model_copy(update={"max_width": max_width})
    found = search(ds, study)
    counts = {rate.width: (rate.successes, rate.trials) for rate in found.success_rates}
    fit, step = study.design().fit(counts), shared.width_step
    chosen = sufficient_width(fit, found.points[0].estimate, range(step, max(counts) + 1, step), quantile=quantile)
    best = max(found.success_rates, key=lambda rate: (rate.lower, rate.width)).width
    return AutomaticWidth(
        width=best if chosen is None else chosen,
        reached=chosen is not None,
        largest=max(counts),
        falls=found.searches[0].falls,
        point=found.points[0],
        search=found,
    )


def sufficient_width(fit: ResponseFit, estimate: float | None, widths: range, *, quantile: float) -> int | None:
    """The least of ``widths`` that is probably enough for success probability q, by the rule of this module.

    Args:
        fit: of the trials.
        estimate: of m_q, None where the trials have none.
        widths: that may be taken, increasing.
        quantile: success probability q.

    Returns:
        The width; None where the trials tell of none.
    """
    upper = fit.posterior.threshold_quantile(quantile, _SURE)
    enough = next((width for width in widths if math.log(width) >= upper), None)
    if estimate is None:
        return enough
    # Where no width lies between the estimate and its multiple, the least one from the estimate on.
    near = [width for width in widths if width <= _FARTHEST * estimate or width - widths.step < estimate]
    return near[-1] if enough is None else min(enough, near[-1])
