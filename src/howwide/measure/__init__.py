"""What the theorems speak of, measured on a data set and a network.

:func:`facts` computes it all at once for a start, as ``howwide measure`` does; :func:`separation` is the distance of
the inputs by itself. Each kernel quantity by itself is in :mod:`howwide.tangent` and :mod:`howwide.ntrf`.
:func:`iteration_law` counts the steps of gradient descent to a loss, as ``howwide iterations`` does.
"""

from howwide.data.separation import Separation, separation
from howwide.measure.facts import PARTS, facts
from howwide.measure.iterations import iteration_law
from howwide.results.iterations import IterationLaw
from howwide.results.measure import MeasureResult

__all__ = ["PARTS", "IterationLaw", "MeasureResult", "Separation", "facts", "iteration_law", "separation"]
