"""How wide is wide enough, on this data: the least width that reaches a target, against the sample size.

:func:`search` runs the trials and returns a :class:`WidthCurve`. Trial, grid and estimator are apart:
:mod:`howwide.width.trial` trains one network, :mod:`howwide.width.grid` chooses widths from counts, and
:mod:`howwide.statistics` turns counts into thresholds.
"""

from howwide.width.curve import WidthCurve
from howwide.width.grid import WidthGrid
from howwide.width.search import search
from howwide.width.trial import LARGEST_SEED, NETWORKS, Study, Trial, make_network

__all__ = ["LARGEST_SEED", "NETWORKS", "Study", "Trial", "WidthCurve", "WidthGrid", "make_network", "search"]
