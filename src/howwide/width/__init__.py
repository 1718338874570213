"""How wide is wide enough, on this data: the least width that reaches a target, against the sample size.

:func:`search` runs the trials and returns a :class:`WidthCurve`. What a trial is, what it must reach, where it runs and
what is tried next are apart: :mod:`howwide.width.trial` trains one network, :mod:`howwide.width.targets` says what it
must reach, :mod:`howwide.width.tasks` makes it a task of a sweep that stores its result, and
:class:`howwide.statistics.AdaptiveDesign` chooses widths from counts.
"""

from howwide.width.curve import WidthCurve
from howwide.width.protocol import LABELS, NETWORKS, Protocol, make_network
from howwide.width.search import SearchError, search

__all__ = ["LABELS", "NETWORKS", "Protocol", "SearchError", "WidthCurve", "make_network", "search"]
