"""Theorems against reality: facts measured on a data set, put into :mod:`howwide.theory`.

:func:`list` and :func:`get` find statements; :func:`compare` judges all of them on a data set and says which width,
step size, number of steps and test error they ask or promise there; :func:`train` runs what one of them prescribes and
sets what it promised beside what happened.

>>> import howwide as hw
>>> hw.theorems.get("zou-gu/neurips2019/thm-gd").formulas["width"].text
'm ≥ C k n⁸L¹²φₐ⁻⁴'
"""

from howwide.theorems.catalogue import describe, lineage, lineage_text, memorisation
from howwide.theorems.catalogue import theorems as list
from howwide.theorems.comparison import Comparison, compare
from howwide.theorems.entries import Entry
from howwide.theorems.facts import PARTS, measure
from howwide.theorems.measured import Measured
from howwide.theorems.prescription import Prescription, prescribe
from howwide.theorems.promises import Promise
from howwide.theorems.reference_lines import ReferenceLine
from howwide.theorems.training import TheoremRun, train
from howwide.theory import get

__all__ = [
    "PARTS",
    "Comparison",
    "Entry",
    "Measured",
    "Prescription",
    "Promise",
    "ReferenceLine",
    "TheoremRun",
    "compare",
    "describe",
    "get",
    "lineage",
    "lineage_text",
    "list",
    "measure",
    "memorisation",
    "prescribe",
    "train",
]
