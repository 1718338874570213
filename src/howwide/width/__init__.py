"""How wide is wide enough, on this data: the least width that reaches a target, against the sample size.

:func:`search` runs the trials of a :class:`WidthStudy` and returns a :class:`WidthResult`; :func:`study_cost` says
beforehand what they cost at most, and :func:`compare` says how many times the width one result needs of another. What
a trial is, what it must reach, where it runs and what is tried next are apart:
:mod:`howwide.width.trial` trains one network, :mod:`howwide.width.targets` says what it must reach,
:mod:`howwide.width.tasks` makes it a task of a sweep that stores its result, and :mod:`howwide.width.rounds` asks for
as many as :class:`howwide.statistics.AdaptiveDesign` chooses from counts. :func:`threshold` asks the same of any trial:
the least size of anything at which a function of your own succeeds. :func:`recommend` reads the width for a larger n
off the growth that was found.

Only the settings are imported at once; the rest, and JAX with it, when it is first used.
"""

import importlib
from typing import TYPE_CHECKING

from howwide.width.study import LABELS, TrialSettings, WidthStudy
from howwide.width.threshold_study import ThresholdStudy

if TYPE_CHECKING:
    from howwide.results.threshold import ThresholdPlan, ThresholdResult
    from howwide.results.width import WidthPlan, WidthResult
    from howwide.results.width_compare import WidthComparison
    from howwide.results.width_recommend import WidthRecommendation
    from howwide.width._compare import compare
    from howwide.width._recommend import recommend
    from howwide.width._search import search
    from howwide.width._threshold import threshold, threshold_plan
    from howwide.width.cost import study_cost
    from howwide.width.rounds import SearchError

__all__ = [
    "LABELS",
    "SearchError",
    "ThresholdPlan",
    "ThresholdResult",
    "ThresholdStudy",
    "TrialSettings",
    "WidthComparison",
    "WidthPlan",
    "WidthRecommendation",
    "WidthResult",
    "WidthStudy",
    "compare",
    "recommend",
    "search",
    "study_cost",
    "threshold",
    "threshold_plan",
]

_HOMES = {
    "howwide.results.width": ("WidthPlan", "WidthResult"),
    "howwide.results.width_compare": ("WidthComparison",),
    "howwide.results.threshold": ("ThresholdPlan", "ThresholdResult"),
    "howwide.results.width_recommend": ("WidthRecommendation",),
    "howwide.width._recommend": ("recommend",),
    "howwide.width._search": ("search",),
    "howwide.width._compare": ("compare",),
    "howwide.width._threshold": ("threshold", "threshold_plan"),
    "howwide.width.cost": ("study_cost",),
    "howwide.width.rounds": ("SearchError",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'howwide.width' has no attribute {name!r}")
