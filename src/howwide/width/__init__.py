"""How wide is wide enough, on this data: the least width that reaches a target, against the sample size.

:func:`search` runs the trials of a :class:`WidthStudy` and returns a :class:`WidthCurve`. What a trial is, what it must
reach, where it runs and what is tried next are apart: :mod:`howwide.width.trial` trains one network,
:mod:`howwide.width.targets` says what it must reach, :mod:`howwide.width.tasks` makes it a task of a sweep that stores
its result, and :class:`howwide.statistics.AdaptiveDesign` chooses widths from counts.

Only the settings are imported at once; the rest, and JAX with it, when it is first used.
"""

import importlib
from typing import TYPE_CHECKING

from howwide.width.study import LABELS, TrialSettings, WidthStudy

if TYPE_CHECKING:
    from howwide.width._search import SearchError, search
    from howwide.width.curve import WidthCurve

__all__ = [
    "LABELS",
    "SearchError",
    "TrialSettings",
    "WidthCurve",
    "WidthStudy",
    "search",
]

_MODULES = {"SearchError": "_search", "search": "_search", "WidthCurve": "curve"}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(importlib.import_module(f"howwide.width.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'howwide.width' has no attribute {name!r}")
