"""What the verbs about theorems print."""

from typing import Any, Literal

from howwide.records.base import Record

__all__ = [
    "CompareResult",
    "ComparedPoint",
    "ComparedTheorem",
    "HiddenConstants",
    "LineageResult",
    "TheoremListResult",
    "TheoremResult",
    "TheoremRow",
]


class TheoremRow(Record):
    """A statement in a list; ``gives`` names what can be evaluated, nothing where it is known only in part."""

    id: str
    year: int
    title: str
    paper: str
    family: str | None
    algorithm: str | None
    loss: str | None
    gives: list[str]
    tag: str


class TheoremListResult(Record):
    """Result of ``theorems list``; ``incomplete`` are statements of which too little is known."""

    theorems: list[TheoremRow]
    incomplete: list[TheoremRow]


class TheoremResult(Record):
    """Result of ``theorems show``."""

    theorem: dict[str, Any]
    text: str
    bibtex: str


class LineageResult(Record):
    """Result of ``theorems lineage``: edges from a statement to one that it improves on or carries further."""

    edges: list[tuple[str, str]]
    text: str


class HiddenConstants(Record):
    """The hidden constant that was used, null if the width has none; logarithms of those at which a width is enough."""

    used: float | None
    log10_at_width: float | None
    log10_at_minimal_width: float | None


class ComparedTheorem(Record):
    """One theorem on one data set; ``statuses`` says of every number why it is null, or that a bound is vacuous."""

    id: str
    year: int
    title: str
    paper: str
    family: str
    verdict: Literal["holds", "fails", "unknown", "not_applicable"]
    reason: str
    assumptions: list[dict[str, Any]]
    log10_width: float | None
    log10_width_ends: list[float | None] | None
    log10_steps: float | None
    step_size: float | None
    test_bound: float | None
    statuses: dict[str, str]
    missing: list[str]
    gap_log10: float | None
    exponents: dict[str, float | None]
    hidden_constants: HiddenConstants
    prediction: bool
    provenance: dict[str, Any]


class ComparedPoint(Record):
    """The facts and the required widths at one sample size."""

    n: int
    measured: dict[str, Any]
    log10_width: dict[str, float | None]


class CompareResult(Record):
    """Result of ``theorems compare``; verdicts are at the largest n."""

    theorems: list[ComparedTheorem]
    measured: dict[str, Any]
    points: list[ComparedPoint]
