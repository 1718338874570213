"""The exchange record: what every verb prints as JSON and leaves in its output folder.

One document a run, ``{"howwide", "schema", "verb", "settings", "data", "result", "warnings"}``, checked against the
models below before it is printed. There is no NaN and no Infinity in it: what is unknown or censored is null, with a
status beside it. The JSON schema of the current version ships in the package (``howwide/schemas``); ``python -m
howwide.records`` prints it.
"""

import json
import math
import os
import tempfile
from decimal import ROUND_CEILING, Context, Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from howwide.errors import OutputError

__all__ = [
    "SCHEMA",
    "CertifyResult",
    "CompareResult",
    "DataResult",
    "Document",
    "LineageResult",
    "MeasureResult",
    "SweepResult",
    "TheoremListResult",
    "TheoremResult",
    "TrainResult",
    "WidthPlan",
    "WidthResult",
    "finite",
    "number",
    "upward",
    "write_atomically",
]

SCHEMA: Literal["1.0"] = "1.0"
"""Version of the document's schema: the first number changes when a key changes meaning or goes."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class WidthPoint(_Record):
    """The minimal width at one sample size and success probability.

    ``curve`` is the place of its curve in ``curves``; ``improving`` the share of trials that the budget stopped while
    they still improved, and ``if_improving_...`` the width with these counted as successes.
    """

    curve: int
    steps: int
    target: str
    depth: int
    alpha: float
    label_noise: float
    n: int
    quantile: float
    estimate: float | None
    lower: float | None
    upper: float | None
    level: float
    trials: int
    status: str
    improving: float
    if_improving_estimate: float | None
    if_improving_lower: float | None
    if_improving_upper: float | None
    if_improving_status: str


class Rate(_Record):
    """Successes at one width, with the exact interval of the success probability."""

    curve: int
    n: int
    width: int
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float


class StepRule(_Record):
    """The trials that succeeded by one step rule, with medians of its value and of the hidden constant it implies."""

    curve: int
    n: int
    rule: str
    successes: int
    step_size: float
    hidden_constant: float


class Law(_Record):
    """A growth law fitted to the points; ``weight`` is its Akaike weight among the laws compared."""

    name: str
    weight: float | None
    parameters: dict[str, float | None]


class WidthSearch(_Record):
    """Why the search at one n ended, and what speaks against its success curve (small p-values do)."""

    curve: int
    n: int
    trials: int
    largest: int
    reason: str
    p_value: float
    rising_p_value: float
    falls: bool


class Curve(_Record):
    """One curve of minimal widths against n; ``words`` say what sets it apart from the others."""

    label: dict[str, str | int | float]
    words: str
    laws: list[Law]
    exponent: dict[str, float | None] | None
    verdict: str


class WidthResult(_Record):
    """Result of ``width`` and ``demo``; ``laws`` and ``exponent`` are those of the first curve."""

    points: list[WidthPoint]
    rates: list[Rate]
    step_rules: list[StepRule]
    searches: list[WidthSearch]
    curves: list[Curve]
    laws: list[Law]
    exponent: dict[str, float | None] | None
    verdict: str


class PlannedPoint(_Record):
    """What a point of a curve costs at most, at a guessed width."""

    n: int
    target: str
    depth: int
    alpha: float
    label_noise: float
    width: int
    trials: int
    flops: float
    seconds: float


class WidthPlan(_Record):
    """Result of ``width --dry-run``: trials, flops and seconds at most, the latter with so many workers."""

    points: list[PlannedPoint]
    trials: int
    flops: float
    seconds: float
    workers: int


class SweepResult(_Record):
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


class TrainAttempt(_Record):
    """One step size that was tried."""

    rule: str
    step_size: float
    hidden_constant: float
    status: str
    steps: int
    loss: float | None
    error: float | None


class TrainResult(_Record):
    """Result of ``train``; ``distance`` is the Frobenius distance from the start, a number for each trained matrix.

    Of a run by a theorem ``promised`` says what the theorem prescribes and promises, and ``observed`` what happened.
    """

    loss: float | None
    error: float | None
    test_error: float | None
    steps: int
    status: str
    step_rule: str
    step_size: float
    hidden_constant: float
    distance: list[float | None]
    promised: dict[str, Any]
    observed: dict[str, Any] = Field(default_factory=dict)
    attempts: list[TrainAttempt]
    online: dict[str, float | int | None] | None = None


class Ends(_Record):
    """A number between certified ends; null where an end is not known."""

    lower: float | None
    upper: float | None


class Solved(Ends):
    """Ends of the value of a problem, and how its solution ended."""

    status: str


class Eigenvalue(Solved):
    """An extreme eigenvalue; ``level`` is 1 for certain ends, less where one holds with that probability."""

    residual: float | None
    level: float


class SampledMargin(Solved):
    """A margin estimated by sampling: both ends hold with probability ``level``; ``kernel_upper`` for certain."""

    level: float
    kernel_upper: float | None


class NTRFPoint(Solved):
    """The least linearised loss in balls of one radius."""

    radius: float
    steps: int


class RadiusFor(Solved):
    """The least radius at which the linearised loss is at most eps."""

    eps: float


class NetworkRadius(_Record):
    """A radius at which the network itself has every example's loss below eps: an upper bound with a witness."""

    eps: float
    upper: float | None
    largest_loss: float | None
    source: str | None
    status: str


class MeasureResult(_Record):
    """Result of ``measure``; kernels are divided by the squared gradient scale; what was not asked for is null."""

    separation: dict[str, float | list[int] | None] | None
    initial: dict[str, float] | None
    trace: float | None
    lambda_min: Eigenvalue | None
    lambda_max: Eigenvalue | None
    lambda_min_infinite: Eigenvalue | None
    lambda_max_infinite: Eigenvalue | None
    margin: Solved | None
    margin_bounds: Ends | None
    margin_offset: Solved | None
    margin_per_layer: Solved | None
    margin_infinite: Solved | None
    margin_features: Solved | None
    margin_features_infinite: Solved | None
    margin_shallow: SampledMargin | None
    ntrf: list[NTRFPoint]
    radius_for: list[RadiusFor]
    network_radius_for: list[NetworkRadius]
    seconds: dict[str, float]


class TheoremRow(_Record):
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


class TheoremListResult(_Record):
    """Result of ``theorems list``; ``incomplete`` are statements of which too little is known."""

    theorems: list[TheoremRow]
    incomplete: list[TheoremRow]


class TheoremResult(_Record):
    """Result of ``theorems show``."""

    theorem: dict[str, Any]
    text: str
    bibtex: str


class LineageResult(_Record):
    """Result of ``theorems lineage``: edges from a statement to one that it improves on or carries further."""

    edges: list[tuple[str, str]]
    text: str


class HiddenConstants(_Record):
    """The hidden constant that was used, null if the width has none; logarithms of those at which a width is enough."""

    used: float | None
    log10_at_width: float | None
    log10_at_minimal_width: float | None


class ComparedTheorem(_Record):
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


class ComparedPoint(_Record):
    """The facts and the required widths at one sample size."""

    n: int
    measured: dict[str, Any]
    log10_width: dict[str, float | None]


class CompareResult(_Record):
    """Result of ``theorems compare``; verdicts are at the largest n."""

    theorems: list[ComparedTheorem]
    measured: dict[str, Any]
    points: list[ComparedPoint]


class CertificateCondition(_Record):
    """Something that must hold: ``checked`` by the code, or ``declared``, the user's word."""

    text: str
    status: Literal["checked", "declared"]


class CertificateRow(_Record):
    """A bound on a risk that holds with probability 1 - delta over what ``over`` names."""

    name: str
    certifies: str
    value: float
    delta: float
    test_error: float | None
    conditions: list[CertificateCondition]
    terms: dict[str, float | None]
    meaning: str
    detail: str
    over: str
    reference: str


class PredictionRow(_Record):
    """A number of the theory that is no certificate, and ``why``."""

    name: str
    certifies: str
    value: float | None
    why: str
    terms: dict[str, float | None]
    reference: str


class IssuedBound(_Record):
    """A certificate of one combination, at its share of delta."""

    name: str
    value: float
    delta: float


class CertifiedRun(_Record):
    """One combination of the declared grid: how its run ended, and its bounds, each at its share of delta."""

    width: int
    step_constant: float
    step_size: float
    status: str
    online_error: float | None
    train_error: float | None
    test_error: float | None
    certificates: list[IssuedBound]


class CertifyPoint(_Record):
    """Mean over seeds of an error or a bound at one n; the ends are a t interval of that mean, null with one seed."""

    series: str
    n: int
    seeds: int
    mean: float
    lower: float | None
    upper: float | None


class CertifyRate(_Record):
    """Exponent b of a fit C n^-b to one series, and the exponent of the papers' upper bound where it speaks of it."""

    series: str
    exponent: float | None
    lower: float | None
    upper: float | None
    level: float
    status: str
    paper: float | None


class CertifyResult(_Record):
    """Result of ``certify``.

    Of a study over n and seeds, ``certificates`` are those of its largest n and first seed, ``points`` and ``rates``
    what became of errors and bounds as n grew.
    """

    certificates: list[CertificateRow]
    predictions: list[PredictionRow]
    runs: list[CertifiedRun]
    statement: str
    chosen: dict[str, float | int] | None
    points: list[CertifyPoint]
    rates: list[CertifyRate]


class DataResult(_Record):
    """Result of ``data list`` (sources) or ``data show`` (facts)."""

    sources: list[dict[str, Any]] | None = None
    facts: dict[str, Any] | None = None


class Document(_Record):
    """The whole record of one run."""

    howwide: str = Field(default_factory=lambda: version("howwide"))
    schema_version: Literal["1.0"] = Field(default=SCHEMA, alias="schema")
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
        | CertifyResult
    )
    warnings: list[str]

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)

    def to_json(self) -> str:
        """Canonical text: keys as named in the design, two spaces, no NaN."""
        return json.dumps(finite(self.model_dump(by_alias=True)), indent=2, allow_nan=False)


def finite(value: Any) -> Any:
    """``value`` as plain JSON types, with None in place of what is not finite."""
    if isinstance(value, dict):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def number(value: Any, digits: int = 3) -> str:
    """A number for a table: ``digits`` significant ones, an en dash for what is unknown."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if 10**digits <= abs(value) < 1e9 else f"{value:.{digits}g}"


def upward(value: float | None, digits: int = 3, *, times: int = 1) -> str:
    """An upper bound for a table, ``times`` the value: like :func:`number`, but never less than its first 15 digits.

    >>> upward(0.0248001, times=100), upward(0.05), upward(11982.0), number(2.48001)
    ('2.49', '0.05', '11982', '2.48')
    """
    if value is None:
        return number(None)
    exact = Decimal(f"{value:.15g}") * times
    whole = exact == exact.to_integral_value()
    return number(float(exact if whole else Context(prec=digits, rounding=ROUND_CEILING).plus(exact)), digits)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write to a temporary name beside ``path`` and rename: readers see the old file or the whole new one.

    Raises:
        OutputError: the file cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot write {path}: {reason}. Choose another folder with --out") from None


if __name__ == "__main__":
    print(json.dumps(Document.model_json_schema(by_alias=True, mode="serialization"), indent=2))
