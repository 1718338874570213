"""The exchange record: what every verb prints as JSON and leaves in its output folder.

One document a run, ``{"howwide", "schema", "verb", "settings", "data", "result", "warnings"}``, checked against the
models of this package before it is printed: one file for the results of a verb, :mod:`howwide.results.document` for the
whole. There is no NaN and no Infinity in it: what is unknown or censored is null, with a status beside it. The JSON
schema of the current version ships in the package (``howwide/schemas``); ``python -m howwide.results`` prints it.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from howwide.results.certify import Certification, SampleCurve
    from howwide.results.data import DataResult
    from howwide.results.document import SCHEMA, Document
    from howwide.results.iterations import IterationLaw
    from howwide.results.measure import MeasureResult
    from howwide.results.plan import RunPlan
    from howwide.results.sweep import PackResult, SweepResult
    from howwide.results.theorems import (
        CompareResult,
        LineageResult,
        PaperTableResult,
        TheoremListResult,
        TheoremResult,
    )
    from howwide.results.train import TrainResult
    from howwide.results.width import WidthPlan, WidthResult
    from howwide.results.width_compare import WidthComparison

__all__ = [
    "SCHEMA",
    "Certification",
    "CompareResult",
    "DataResult",
    "Document",
    "IterationLaw",
    "LineageResult",
    "MeasureResult",
    "PackResult",
    "PaperTableResult",
    "RunPlan",
    "SampleCurve",
    "SweepResult",
    "TheoremListResult",
    "TheoremResult",
    "TrainResult",
    "WidthComparison",
    "WidthPlan",
    "WidthResult",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in (
            "document",
            "certify",
            "data",
            "iterations",
            "measure",
            "plan",
            "sweep",
            "theorems",
            "train",
            "width",
            "width_compare",
        ):
            module = importlib.import_module(f"howwide.results.{home}")
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module 'howwide.results' has no attribute {name!r}")
