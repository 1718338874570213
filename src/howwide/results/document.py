"""The whole record of one run, and the results that are too small for a file of their own."""

import json
from importlib.metadata import version
from typing import Any, Literal

from pydantic import ConfigDict, Field

from howwide.numbers import to_json_types
from howwide.results.base import Record
from howwide.results.certify import CertifyResult
from howwide.results.measure import MeasureResult
from howwide.results.theorems import (
    CompareResult,
    LineageResult,
    PaperTableResult,
    TheoremListResult,
    TheoremResult,
)
from howwide.results.train import TrainResult
from howwide.results.width import WidthPlan, WidthResult

__all__ = ["SCHEMA", "DataResult", "Document", "SweepResult"]


SCHEMA: Literal["2.0"] = "2.0"
"""Version of the document's schema: the first number changes when a key changes meaning or goes."""


class SweepResult(Record):
    """Result of ``sweep status``: tasks by state, and seconds of work done and left."""

    study: str
    total: int
    done: int
    missing: int
    failed: int
    corrupt: int
    set_aside: int
    seconds: float
    seconds_left: float | None


class DataResult(Record):
    """Result of ``data list`` (sources) or ``data show`` (facts)."""

    sources: list[dict[str, Any]] | None = None
    facts: dict[str, Any] | None = None


class Document(Record):
    """The whole record of one run."""

    howwide: str = Field(default_factory=lambda: version("howwide"))
    schema_version: Literal["2.0"] = Field(default=SCHEMA, alias="schema")
    verb: Literal[
        "demo",
        "width",
        "train",
        "measure",
        "data list",
        "data show",
        "sweep status",
        "theorems list",
        "theorems show",
        "theorems lineage",
        "theorems compare",
        "certify",
    ]
    settings: dict[str, Any]
    data: dict[str, Any] | None
    result: (
        WidthResult
        | WidthPlan
        | SweepResult
        | TrainResult
        | MeasureResult
        | DataResult
        | TheoremListResult
        | TheoremResult
        | LineageResult
        | CompareResult
        | PaperTableResult
        | CertifyResult
    )
    warnings: list[str]

    model_config = ConfigDict(populate_by_name=True)

    def to_json(self) -> str:
        """Canonical text: keys as named in the design, two spaces, no NaN."""
        return json.dumps(to_json_types(self.model_dump(by_alias=True)), indent=2, allow_nan=False)
