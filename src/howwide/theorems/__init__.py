"""Theorems against reality: facts measured on a data set, put into :mod:`howwide.theory`.

:func:`list` and :func:`get` find statements; :func:`compare` judges all of them on a data set and says which width,
step size, number of steps and test error they ask or promise there; :func:`train` runs what one of them prescribes and
sets what it promised beside what happened.

>>> import howwide as hw
>>> hw.theorems.get("zou-gu/neurips2019/thm-gd").formulas["width"].text
'm ≥ C k n⁸L¹²φₐ⁻⁴'

The catalogue needs no numerical library; what does is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from howwide.theorems.catalogue import describe, lineage, lineage_text, memorisation
from howwide.theorems.catalogue import theorems as list
from howwide.theory import get

if TYPE_CHECKING:
    from howwide.theorems.comparison import Comparison as Comparison
    from howwide.theorems.comparison import compare as compare
    from howwide.theorems.entries import Entry as Entry
    from howwide.theorems.facts import PARTS as PARTS
    from howwide.theorems.facts import measure as measure
    from howwide.theorems.measured import Measured as Measured
    from howwide.theorems.prescription import Prescription as Prescription
    from howwide.theorems.prescription import prescribe as prescribe
    from howwide.theorems.promises import Promise as Promise
    from howwide.theorems.reference_lines import ReferenceLine as ReferenceLine
    from howwide.theorems.training import TheoremRun as TheoremRun
    from howwide.theorems.training import train as train

_PLACES = {
    "PARTS": "facts",
    "Comparison": "comparison",
    "Entry": "entries",
    "Measured": "measured",
    "Prescription": "prescription",
    "Promise": "promises",
    "ReferenceLine": "reference_lines",
    "TheoremRun": "training",
    "compare": "comparison",
    "measure": "facts",
    "prescribe": "prescription",
    "train": "training",
}

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


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'howwide.theorems' has no attribute {name!r}")
    return getattr(importlib.import_module(f"howwide.theorems.{_PLACES[name]}"), name)


def __dir__() -> Any:
    return __all__
