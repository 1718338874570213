r"""The width to train at on given data: the least one at which a start succeeds with probability q, as a search tells.

What is drawn is the start alone. The data are those that will be trained on, so every trial of the search has all of
them (a sample of n out of n) and a start of its own. The search is :func:`howwide.width.search` for this one n and q.

*Which width.* An interval for :math:`m_q` has two ends and an estimate. Half of the time the estimate is too small; its
upper end is too large nearly always. What is wanted is a width at which the next start succeeds with probability q,
given all that the trials tell, and that is the mean of P(m) over the posterior of the success curve:

.. math:: \hat m = \min\{m : \mathrm E[P(m) \mid \text{trials}] \ge q\},

over whole widths up to the largest one tried. As the posterior of P(m) leans to small values, this is above the
estimate where the trials tell little, and approaches the least integer width where they tell much.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from howwide.data import Dataset
from howwide.results.width import WidthPoint, WidthResult
from howwide.statistics import ResponseFit
from howwide.width._search import search
from howwide.width.study import WidthStudy

__all__ = ["AutomaticWidth", "automatic_width", "predicted_width"]

_WEIGHTS = 1000  # an example has no more of them at the largest width that is tried
_AT_LEAST, _AT_MOST = 32, 1024  # and these widths are tried whatever their number
_ROUND = 16  # trials asked for at once


@dataclass(frozen=True)
class AutomaticWidth:
    """A width, and what it rests on.

    Attributes:
        width: to train at.
        reached: whether the success probability there is at least q, on average over the posterior. If none is, the
            width is that of those tried whose success rate has the highest lower end: the largest if none succeeded.
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
    """The least width at which a fresh start on all of ``ds`` succeeds with probability ``quantile``.

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
    chosen = predicted_width(fit, quantile, range(step, max(counts) + 1, step))
    best = max(found.success_rates, key=lambda rate: (rate.lower, rate.width)).width
    return AutomaticWidth(
        width=best if chosen is None else chosen,
        reached=chosen is not None,
        largest=max(counts),
        falls=found.searches[0].falls,
        point=found.points[0],
        search=found,
    )


def predicted_width(fit: ResponseFit, quantile: float, widths: Iterable[int]) -> int | None:
    """The first of ``widths`` whose posterior mean success probability is at least q; None without one."""
    return next((width for width in widths if fit.probability(width).mean >= quantile), None)
