"""Theorems against reality: facts measured on a data set, put into :mod:`howwide.theory`.

:func:`list` and :func:`get` find statements; :func:`compare` judges all of them on a data set and says which width,
step size, number of steps and test error they ask or guarantee there; :func:`train` runs what one of them prescribes
and sets what it guaranteed beside what happened.

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
    from howwide.theorems._compare import compare as compare
    from howwide.theorems._implement import Implementation as Implementation
    from howwide.theorems._implement import implement as implement
    from howwide.theorems._prescribe import Prescription as Prescription
    from howwide.theorems._prescribe import prescribe as prescribe
    from howwide.theorems._train import TheoremRun as TheoremRun
    from howwide.theorems._train import train as train
    from howwide.theorems.facts import PARTS as PARTS
    from howwide.theorems.facts import Measured as Measured
    from howwide.theorems.facts import measure as measure
    from howwide.theorems.guarantees import Guarantee as Guarantee

_PLACES = {
    "PARTS": "facts",
    "Guarantee": "guarantees",
    "Implementation": "_implement",
    "Measured": "facts",
    "Prescription": "_prescribe",
    "TheoremRun": "_train",
    "compare": "_compare",
    "implement": "_implement",
    "measure": "facts",
    "prescribe": "_prescribe",
    "train": "_train",
}

__all__ = [
    "PARTS",
    "Guarantee",
    "Implementation",
    "Measured",
    "Prescription",
    "TheoremRun",
    "compare",
    "describe",
    "get",
    "implement",
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
