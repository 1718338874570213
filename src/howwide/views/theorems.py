"""Theorems: lists, one statement, their lineage, all of them on a data set, and a paper's own table."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from howwide.figures import plot_gap_timeline, plot_lineage, plot_reference_lines, plot_required_widths
from howwide.numbers import format_number
from howwide.results.base import Result
from howwide.results.theorems import (
    ComparedTheorem,
    CompareResult,
    LineageResult,
    PaperTableResult,
    TheoremListResult,
    TheoremResult,
)
from howwide.theory.memorisation import NO_BOUND, SAYS
from howwide.views.blocks import Block, Cell, Column, Figure, Heading, Sentence, Table, Verbatim

__all__ = ["view"]

_FACTS = {
    "separation_across": "separation φ across labels",
    "separation_all": "separation φₐ of all pairs",
    "separation_across_with_constant": "φ with a constant coordinate",
    "separation_all_with_constant": "φₐ with a constant coordinate",
    "margin": "margin γ at this width",
    "margin_infinite": "margin γ, infinite width",
    "margin_decay": "it falls like n^-a, from n/20 to n/2; a (95 %)",
    "margin_decay_shallow": "the same for one hidden layer",
    "margin_shallow": "sup-norm margin γ₂ of one hidden layer",
    "margin_features": "sup-norm margin of random features",
    "lambda_min": "least eigenvalue λ of the tangent Gram",
    "lambda_min_infinite": "least eigenvalue, infinite width",
    "lambda_min_shallow": "least eigenvalue of the limit for one hidden layer",
    "lambda_min_last": "least eigenvalue of the last layer's Gram (smooth activation)",
    "radius": "R(ε) of the linearised class, ε_NTRF = ε",
    "network_radius": "R on the network itself, every example (witness)",
    "reference_distance": "distance of the reference W* from the start",
    "reference_loss": "training loss of the reference, linearised",
    "linearization_error": "ε_app, from one point of the ball",
    "label_energy": "yᵀKy",
    "label_complexity": "yᵀΘ⁻¹y",
    "label_complexity_shallow": "yᵀH⁻¹y of one hidden layer",
    "initial_loss": "training loss at the start",
    "initial_output": "largest output at the start",
}

_FEW = 3
"""Up to so many statements are named one by one."""

_CLAIMED = {"holds": "nothing speaks against it", "fails": "does not apply", "unknown": "undecided"}


@functools.singledispatch
def view(result: Result, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks of a result about theorems."""
    raise TypeError(f"no view of {type(result).__name__}")


@view.register
def _(result: TheoremListResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The statements by year, id and title."""
    if not result.theorems and not result.memorisation:
        yield Sentence("No statement passes these filters; howwide theorems list without them names all.")
    for title, rows in (
        ("Statements", result.theorems),
        ("Known only in part", result.incomplete),
        ("Memorisation: weights that fit exist; nothing is said of training", result.memorisation),
    ):
        if rows:
            yield Table(title, ["year", "id", "title"], [(str(row.year), row.id, row.title) for row in rows])


@view.register
def _(result: TheoremResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The statement as it is described."""
    yield Verbatim(result.text)


@view.register
def _(result: LineageResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The tree, and a drawing of it."""
    yield Heading("Who improves on whom", level=1)
    words = "An arrow leads to the statement that improves on another, or carries it further."
    yield Figure("lineage", words, plot_lineage)
    yield Verbatim(result.text)


@view.register
def _(result: CompareResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Facts, figures, a row a theorem, reasons, claims, reference lines, and how to read them."""
    measured, several = result.measured, len(result.points) > 1
    minimal, reference = measured["minimal_width"], measured["reference_width"]
    depth, width, n = measured["depth"], measured["width"], measured["n"]
    eps, delta = (format_number(measured[fact]) for fact in ("target_loss", "failure_probability"))
    constant = format_number(settings.get("hidden_constant", 1.0))
    counts = {v: sum(t.verdict == v for t in result.theorems) for v in ("holds", "fails", "unknown", "not_applicable")}
    certain = sum(t.statuses["verdict"] == "holds" and not t.prediction for t in result.theorems)
    yield Heading(f"Theorems against reality: {data.get('name', 'these data')}", level=1)
    yield Sentence(
        f"n = {n}, d = {measured['input_dim']}, depth {depth}, width {width:g}, ε = {eps}, δ = {delta}. Every theorem "
        "is asked about its own network. A number that contains a constant which its paper hides is a prediction, with "
        f"C = {constant} for the constant, and so is a verdict that rests on one.",
        "quiet",
    )
    yield Sentence(
        f"Of {len(result.theorems)} statements {counts['holds']} hold at this width, {certain} of them without a "
        f"hidden constant; {counts['fails']} fail, {counts['unknown']} cannot be decided and "
        f"{counts['not_applicable']} are about something else.",
        "lead",
    )
    if minimal:
        keys = ("n", "estimate", "lower", "upper", "status")
        columns = ["n", "minimal width", "lower", "upper", "status"]
        yield Table("The width that was enough", columns, [tuple(p[key] for key in keys) for p in minimal])
        exponent = measured["minimal_width_exponent"]
        if exponent and exponent["estimate"] is not None:
            estimate, lower, upper = (format_number(exponent[end]) for end in ("estimate", "lower", "upper"))
            yield Sentence(f"It grows like n^{estimate} ({lower} to {upper}).")
    against = "the minimal width that was measured" if minimal else f"the width at hand, {width:g}"
    yield Figure(
        "gap-timeline",
        f"How many powers of ten lie between the width that a theorem requires on these data and {against}. "
        "Hollow: stated for another network, depth or output scale.",
        lambda: plot_gap_timeline(result),
    )
    yield Figure(
        "required-widths",
        "The width that each theorem requires against n, with the facts measured at every n.",
        lambda: plot_required_widths(result),
    )
    if result.reference_lines:
        yield Figure("reference-lines", NO_BOUND, lambda: plot_reference_lines(result))
    facts = [(words, _between(measured[key])) for key, words in _FACTS.items() if measured.get(key) is not None]
    yield Table("What was measured", ["fact", "value"], facts)
    if result.theorems:
        yield _theorems(result, several)
    if reasons := [(t.id, t.reason) for t in result.theorems if t.reason and not t.width_decides]:
        yield Heading("Why, where it is not the width")
        yield from _together(reasons)
    claims = [
        (t.id, check["reason"] or _CLAIMED[check["outcome"]])
        for t in result.theorems
        for check in t.assumptions
        if check["role"] == "claim" and t.verdict != "not_applicable"
    ]
    if claims:
        yield Heading("Is the width polylogarithmic in n, as claimed?")
        yield from _together(claims)
    if result.reference_lines:
        yield from _reference_lines(result, several, constant)
    if reference is None:
        against += f"; none was found at n = {n}: raise --max-width or --trials"
    yield Heading("How to read it")
    for line in (
        "Tag of the width (of the statement, if it has none): S read, M remembered, M? uncertain, D derived here.",
        'Numbers with a hidden constant are predictions; "if C = 1": the verdict rests on that value of the constant.',
        "–: the statement gives no such number, or a fact it needs is missing or 0; then the reason is above.",
        f"log10 gap: required width over {against}.",
        "log10 C: the hidden constant with which that width would be enough; – where none is hidden, or none will do.",
        'A test bound above 1 is vacuous; "needs n" is promised from a larger n on.',
        "n^ stated: exponent of n in the formula, every other fact fixed; n^ data: with the facts measured at every n.",
    ):
        yield Sentence(line, "quiet")


def _theorems(result: CompareResult, several: bool) -> Table:
    minimal = bool(result.measured["minimal_width"])
    words = {"vacuous": " vacuous", "sample_too_small": " needs n"}

    def row(t: ComparedTheorem) -> tuple[Cell, ...]:
        status = t.statuses["test_bound"]
        bound = "∞" if t.test_bound is None and status == "vacuous" else format_number(t.test_bound)
        exponents = [t.exponents["nominal"], t.exponents["on_data"]][: 1 + several]
        return (
            t.id, t.year, t.statuses["verdict"], t.log10_width,
            t.provenance["formulas"].get("width", t.provenance["tag"]), t.log10_steps, t.step_size,
            bound + words.get(status, ""), t.gap_log10,
            t.hidden_constants.log10_at_minimal_width if minimal else t.hidden_constants.log10_at_width,
            *(value if value is None else round(value, 2) + 0.0 for value in exponents),
        )  # fmt: skip

    columns = [
        "theorem", "year", "verdict", "log10 width", "tag", "log10 steps", "step size", "test bound", "log10 gap",
        "log10 C", "n^ stated", "n^ data",
    ]  # fmt: skip
    return Table("Every theorem", columns if several else columns[:-1], [row(t) for t in result.theorems])


def _together(answers: list[tuple[str, str]]) -> Iterator[Block]:
    """Answers (id, words), a sentence for those of the same words; of many statements their number and papers."""
    ids: dict[str, list[str]] = {}
    for id, words in answers:
        ids.setdefault(words, []).append(id)
    for words, found in ids.items():
        papers = dict.fromkeys(id.rsplit("/", 1)[0] for id in found)
        about = ", ".join(found) if len(found) <= _FEW else f"{len(found)} statements of {', '.join(papers)}"
        yield Sentence(f"{words}: {about}")


def _reference_lines(result: CompareResult, several: bool, constant: str) -> Iterator[Block]:
    """Memorisation results, those of one kind together, and what they do not say."""
    earlier = result.points[:-1] if several else []
    columns: list[str | Column] = [
        "statement", "says", "width", *(f"n = {p.n}" for p in earlier), Column("shown for, or why not"), "tag"
    ]  # fmt: skip
    order = list(SAYS.values())
    lines = sorted(result.reference_lines, key=lambda line: order.index(line.says))
    rows = [
        (
            line.id, line.says,
            _whole(line.log10_width) + (f" if C = {constant}" if line.prediction and line.width else ""),
            *(_whole(p.reference_lines.get(line.id)) for p in earlier), line.reason or line.shown_for, line.tag,
        )
        for line in lines
    ]  # fmt: skip
    depth, n = result.measured["depth"], result.measured["n"]
    delta = format_number(result.measured["failure_probability"])
    yield Table(f"How wide for weights to exist that fit: DeepReLU, depth {depth}, n = {n}", columns, rows)
    yield Sentence(NO_BOUND, "quiet")
    yield Sentence(
        "The floor: at each width below it labels drawn by fair coins are fitted by some weights with probability "
        f"under {delta}; of labels that mean something it says nothing. A line for any labels that lies below it is "
        "refuted, at this depth and with this C.",
        "quiet",
    )
    yield Table(
        "What these statements need, and what they guarantee",
        ["statement", "needs", Column("guarantees", wrap=True)],
        [(line.id, line.needs, line.guarantee) for line in lines],
        page_only=True,
    )


def _whole(log10: float | None) -> str:
    """A width by its logarithm, as a whole number where that is short."""
    return format_number(log10) if log10 is None else f"{10**log10:.0f}" if log10 < 9 else f"1e{log10:.1f}"


def _between(value: Any) -> str:
    """A number, or the two ends it lies between."""
    if not isinstance(value, (list, tuple)):
        return format_number(value, 4)
    lower, upper = (format_number(end, 4) for end in value)
    if value[1] is None:
        return f"at least {lower}"
    return lower if lower == upper else f"{lower} to {upper}"


@view.register
def _(result: PaperTableResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """A printed row, and under it the powers of eps of our entries; then their formulas."""
    rows: list[tuple[Cell, ...]] = []
    formulas: list[tuple[Cell, ...]] = []
    for printed in result.rows:
        rows.append(
            (printed.paper, printed.algorithm, printed.network, printed.width, printed.iterations, printed.samples)
        )
        for ours in printed.ours:
            exponents = [ours.powers_of_eps.get(kind) for kind in ("width", "num_steps", "sample_size")]
            powers = ["–" if exponent is None else f"ε^{format_number(exponent)}" for exponent in exponents]
            if ours.num_steps == "T = n":
                powers[1] = "n"
            rows.append((f"- {ours.id}", "", f"[{ours.tag}]", *powers))
            stated = (ours.width, ours.num_steps, ours.sample_size, ours.test_error)
            formulas += [(ours.id, text) for text in stated if text]
        if not printed.ours:
            rows.append(("- not in the catalogue", *[""] * 5))
    yield Heading(result.title, level=1)
    columns = ["row as printed; our entries for it", "algorithm", "network", "width", "iterations", "examples"]
    yield Table("As printed, and our entries", columns, rows)
    yield Sentence(
        "Printed: ε is the target test error. Ours: the power of ε in our formula, other facts fixed, no logarithms; ε "
        "is there the target of the training loss, or of the test error where a statement is about it; –: not stated.",
        "quiet",
    )
    yield Heading("Notes")
    for row in result.rows:
        if row.note:
            yield Sentence(f"{row.paper}, {row.algorithm}: {row.note}")
    yield Table("Our formulas", ["entry", "formula"], formulas)
