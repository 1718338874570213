"""What is found about theorems: lists, one statement, their lineage, all of them on a data set, a paper's table."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from howwide.results.base import Record, Result, not_printed

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CompareResult",
    "ComparedPoint",
    "ComparedTheorem",
    "HiddenConstants",
    "LineageResult",
    "OurStatement",
    "PaperRow",
    "PaperTableResult",
    "ReferenceLine",
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
    """One theorem on one data set.

    Attributes:
        verdict: at the width at hand; ``reason`` says why, and ``width_decides`` whether that width is all there is to
            it.
        assumptions: their verdicts, and those of what is claimed beside the statement (role "claim").
        log10_width: the safe end of what is required; ``log10_width_ends`` both.
        statuses: of every number why it is null, or that a bound is vacuous; ``verdict`` in words, with the value of
            the hidden constant that it rests on.
        missing: names of facts that are not known.
        gap_log10: logarithm of the required width over the reference width.
        exponents: of n in the required width: ``nominal`` with every other fact fixed, ``on_data`` with the facts
            measured at every n.
        prediction: some constant of the statement is hidden.
    """

    id: str
    year: int
    title: str
    paper: str
    family: str
    verdict: Literal["holds", "fails", "unknown", "not_applicable"]
    reason: str
    width_decides: bool = False
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


class ReferenceLine(Record):
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
    """All theorems on one data set; verdicts are at the largest n.

    Attributes:
        theorems: one entry a theorem.
        measured: the facts at the largest n, the minimal widths that were measured with the exponent of their growth,
            and the width that gaps are relative to.
        points: facts, required widths and reference lines at every n, smallest first.
        reference_lines: memorisation results at the largest n; no bounds.
        facts: the :class:`howwide.theorems.Measured` at every n.
        curve: the minimal width that was measured, or None.
    """

    theorems: list[ComparedTheorem]
    measured: dict[str, Any]
    points: list[ComparedPoint]
    reference_lines: list[ReferenceLine] = Field(default_factory=list)
    facts: list[Any] = not_printed(list)
    curve: Any = not_printed()

    @property
    def table(self) -> "pd.DataFrame":
        """One row a theorem."""
        import pandas as pd

        return pd.DataFrame(
            {
                "id": t.id,
                "year": t.year,
                "verdict": t.verdict,
                "guaranteed": t.statuses["verdict"] == "holds",
                "log10_width": t.log10_width,
                "log10_steps": t.log10_steps,
                "test_bound": t.test_bound,
                "gap_log10": t.gap_log10,
                "nominal_exponent": t.exponents["nominal"],
                "data_exponent": t.exponents["on_data"],
                "reason": t.reason,
            }
            for t in self.theorems
        )

    @property
    def required(self) -> "pd.DataFrame":
        """Columns ``n``, ``id``, ``log10_width``: what each theorem requires at each n, NaN where that is not known."""
        import pandas as pd

        rows = [(p.n, id, log10) for p in self.points for id, log10 in p.log10_width.items()]
        return pd.DataFrame(rows, columns=["n", "id", "log10_width"]).astype({"log10_width": float})


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
