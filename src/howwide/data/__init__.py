"""Data as the theorems want them: unit rows, labels -1 and +1, and a list of what is wrong with yours.

``load("digits:even/odd")`` or ``from_arrays(X, y)`` returns a ``Dataset``; ``sources()`` lists what ``load`` knows by
name. A data set hands out nested subsets, finds repeated and contradictory rows, and describes itself in plain facts.
Nothing here is random without a seed, and pandas and scikit-learn are imported only by the sources that need them.
"""

from howwide.data.catalogue import Source as Source
from howwide.data.catalogue import sources as sources
from howwide.data.dataset import Dataset as Dataset
from howwide.data.duplicates import Duplicates as Duplicates
from howwide.data.labels import LabelMapping as LabelMapping
from howwide.data.labels import signed_labels as signed_labels
from howwide.data.loading import from_arrays as from_arrays
from howwide.data.loading import load as load
from howwide.data.preparation import append_constant as append_constant
from howwide.data.preparation import unit_rows as unit_rows
