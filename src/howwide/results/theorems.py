"""What the verbs about theorems print."""

from typing import Any, Literal

from pydantic import Field

from howwide.results.base import Record, Result

__all__ = [
    "CompareResult",
    "ComparedPoint",
    "ComparedTheorem",
    "HiddenConstants",
    "LineageResult",
    "OurStatement",
    "PaperRow",
    "PaperTableResult",
    "ReferenceLineRecord",
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


class TheoremListResult(Result, verbs=("theorems list",)):
    """Result of ``theorems list``; of ``incomplete`` too little is known; ``memorisation`` is not about training."""

    theorems: list[TheoremRow]
    incomplete: list[TheoremRow]
    memorisation: list[TheoremRow] = Field(default_factory=list)


class TheoremResult(Result, verbs=("theorems show",)):
    """Result of ``theorems show``."""

    theorem: dict[str, Any]
    text: str
    bibtex: str


class LineageResult(Result, verbs=("theorems lineage",)):
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


class ReferenceLineRecord(Record):
    """A memorisation result on one data set: no bound; ``says`` names the labels that it is about.

    ``width`` is of DeepReLU at this depth; ``shown_for`` says whether the result has been shown there.
    """

    id: str
    year: int
    title: str
    paper: str
    says: str
    shown_for: str
    log10_width: float | None
    width: int | None
    status: str
    reason: str
    missing: list[str]
    hidden_constant: float | None
    prediction: bool
    needs: str
    guarantee: str
    tag: str
    gaps: list[str]


class ComparedPoint(Record):
    """The facts, the required widths and the reference lines at one sample size."""

    n: int
    measured: dict[str, Any]
    log10_width: dict[str, float | None]
    reference_lines: dict[str, float | None] = Field(default_factory=dict)


class CompareResult(Result, verbs=("theorems compare",)):
    """Result of ``theorems compare``; verdicts are at the largest n."""

    theorems: list[ComparedTheorem]
    measured: dict[str, Any]
    points: list[ComparedPoint]
    reference_lines: list[ReferenceLineRecord] = Field(default_factory=list)


class OurStatement(Record):
    """What an entry of the catalogue says for a row of a paper's table; null where it states nothing.

    ``powers_of_eps`` are read from the formulas, other facts fixed and logarithms not counted.
    """

    id: str
    tag: str
    width: str | None
    num_steps: str | None
    sample_size: str | None
    test_error: str | None
    powers_of_eps: dict[str, float | None]


class PaperRow(Record):
    """A row of a paper's table as printed, in the target test error, and the entries for the same theorem."""

    paper: str
    algorithm: str
    width: str
    iterations: str
    samples: str
    network: str
    ours: list[OurStatement]
    note: str


class PaperTableResult(Result, verbs=("theorems compare",)):
    """Result of ``theorems compare --table paper``."""

    title: str
    rows: list[PaperRow]
