"""What ``howwide theorems compare`` prints: facts, a line a theorem, reasons, claims, reference lines, and a legend."""

import textwrap
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from howwide.cli.output import table
from howwide.numbers import format_number
from howwide.results import CompareResult, Document, PaperTableResult
from howwide.theory.memorisation import NO_BOUND, SAYS
from howwide.views.terminal import shown

__all__ = ["aligned", "comparison_tables", "paper_tables"]

_FACTS = {
    "separation_across": "separation φ across labels",
    "separation_all": "separation φₐ, all pairs",
    "separation_across_with_constant": "φ with a constant coordinate",
    "separation_all_with_constant": "φₐ with a constant coordinate",
    "margin": "margin γ at this width",
    "margin_infinite": "margin γ, infinite width",
    "margin_decay": "it falls like n^-a, a in (95 %)",
    "margin_shallow": "sup-norm margin γ₂ of one hidden layer",
    "lambda_min": "least eigenvalue λ",
    "lambda_min_infinite": "least eigenvalue, infinite width",
    "radius": "R(ε) of the linearised class, ε_NTRF = ε",
    "network_radius": "R on the network itself, every example",
    "linearization_error": "ε_app, from one point of the ball",
    "initial_loss": "loss at the start",
}

_COLUMNS = (
    "theorem",
    "verdict",
    "log10 width",
    "tag",
    "log10 steps",
    "step size",
    "test bound",
    "log10 gap",
    "log10 C",
)

_LINE = 118
"""Longest line of running text."""

_FEW = 3
"""Up to so many statements are named one by one."""

_CLAIMED = {"holds": "nothing speaks against it", "fails": "does not apply", "unknown": "undecided"}


def comparison_tables(document: Document) -> list[Any]:
    """Everything that is printed of a comparison."""
    result = document.result
    assert isinstance(result, CompareResult)
    several, minimal = len(result.points) > 1, bool(result.measured["minimal_width"])
    columns = [*_COLUMNS, "n^ stated", *(["n^ data"] if several else [])]
    rows = [_row(t, several, minimal) for t in result.theorems]
    shown: list[Any] = [_measured(document), *([aligned(columns, rows)] if rows else [])]
    if reasons := _reasons(result, document.settings["width"]):
        shown.append(f"\nWhy, where it is not the width\n{_together(reasons)}")
    if claims := _claims(result):
        shown.append(f"\nIs the width polylogarithmic in n, as claimed?\n{_together(claims)}")
    if result.reference_lines:
        shown.append(
            "\n" + _reference_lines(result, document.settings["depth"], document.settings["hidden_constant"], several)
        )
    return [*shown, "\n" + _legend(result.measured, minimal)]


def paper_tables(document: Document) -> list[Any]:
    """Table 1 of the paper: a printed row, and under it the powers of eps of our entries; then their formulas."""
    result = document.result
    assert isinstance(result, PaperTableResult)
    rows: list[tuple[str, ...]] = []
    formulas: list[str] = []
    for printed in result.rows:
        rows.append(
            (printed.paper, printed.algorithm, printed.network, printed.width, printed.iterations, printed.samples)
        )
        for ours in printed.ours:
            exponents = [ours.powers_of_eps.get(kind) for kind in ("width", "num_steps", "sample_size")]
            powers = ["–" if exponent is None else f"ε^{format_number(exponent)}" for exponent in exponents]
            if ours.num_steps == "T = n":
                powers[1] = "n"
            rows.append((f"  {ours.id}", "", f"[{ours.tag}]", *powers))
            stated = (ours.width, ours.num_steps, ours.sample_size, ours.test_error)
            formulas += [ours.id, *(f"  {text}" for text in stated if text)]
        if not printed.ours:
            rows.append(("  not in the catalogue", *[""] * 5))
    columns = ["row as printed; our entries for it", "algorithm", "network", "width", "iterations", "examples"]
    notes = [f"  {r.paper}, {r.algorithm}: {r.note}" for r in result.rows if r.note]
    legend = (
        "Printed: ε is the target test error. Ours: the power of ε in our formula, other facts fixed, no logarithms;\n"
        "ε is there the target of the training loss, or of the test error where a statement is about it; –: not stated."
    )
    return [
        f"{result.title}\n",
        aligned(columns, rows),
        "\n" + legend,
        "\nNotes\n" + "\n".join(notes),
        "\nOur formulas\n" + "\n".join(formulas),
    ]


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, however wide: an id that is cut off cannot be typed again."""
    columns, rows = [shown(c) for c in columns], [[shown(cell) for cell in row] for row in rows]
    widths = [max(cell_len(line[i]) for line in (columns, *rows)) for i in range(len(columns))]
    lines = (
        "  ".join(cell + " " * (w - cell_len(cell)) for cell, w in zip(line, widths, strict=True))
        for line in (columns, *rows)
    )
    return "\n".join(line.rstrip() for line in lines)


def _measured(document: Document) -> Any:
    result, settings = document.result, document.settings
    assert isinstance(result, CompareResult)
    measured = result.measured
    facts = [(words, _ends(measured[key])) for key, words in _FACTS.items() if measured.get(key) is not None]
    facts += [
        (
            f"minimal width, n = {p['n']}",
            f"{format_number(p['estimate'])} ({format_number(p['lower'])} to {format_number(p['upper'])})",
        )
        for p in measured["minimal_width"]
    ]
    name = (document.data or {})["name"]
    sizes = f"n = {measured['n']}, d = {measured['input_dim']}, depth {settings['depth']}, width {settings['width']}"
    return table(f"{name}: {sizes}, ε = {format_number(settings['target_loss'])}", ["fact", "value"], facts)


def _row(t: Any, several: bool, minimal: bool) -> tuple[str, ...]:
    constant = t.hidden_constants.log10_at_minimal_width if minimal else t.hidden_constants.log10_at_width
    words = {"vacuous": " vacuous", "sample_too_small": " needs n"}
    status = t.statuses["test_bound"]
    bound = ("∞" if t.test_bound is None and status == "vacuous" else format_number(t.test_bound)) + words.get(
        status, ""
    )
    tag = t.provenance["formulas"].get("width", t.provenance["tag"])
    width, steps, size = (format_number(value) for value in (t.log10_width, t.log10_steps, t.step_size))
    ends = (t.exponents["nominal"], t.exponents["on_data"]) if several else (t.exponents["nominal"],)
    return (
        t.id, t.statuses["verdict"], width, tag, steps, size, bound, format_number(t.gap_log10),
        format_number(constant),
        *(_exponent(v) for v in ends),
    )  # fmt: skip


def _reasons(result: CompareResult, width: int) -> list[tuple[str, str]]:
    """What is not plain from the required width itself."""
    plain = f"width {width},"
    return [
        (t.id, t.reason)
        for t in result.theorems
        if t.reason and (t.log10_width is None or not t.reason.startswith(plain))
    ]


def _claims(result: CompareResult) -> list[tuple[str, str]]:
    return [
        (t.id, check["reason"] or _CLAIMED[check["outcome"]])
        for t in result.theorems
        for check in t.assumptions
        if check["role"] == "claim" and t.verdict != "not_applicable"
    ]


def _together(answers: Sequence[tuple[str, str]]) -> str:
    """Answers (id, words), a paragraph for those of the same words; of many statements their number and papers."""
    ids: dict[str, list[str]] = {}
    for id, words in answers:
        ids.setdefault(words, []).append(id)
    lines: list[str] = []
    for words, found in ids.items():
        papers = dict.fromkeys(id.rsplit("/", 1)[0] for id in found)
        about = ", ".join(found) if len(found) <= _FEW else f"{len(found)} statements of {', '.join(papers)}"
        lines += textwrap.wrap(
            f"{words}: {about}", _LINE, initial_indent="  ", subsequent_indent="      ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines)


def _reference_lines(result: CompareResult, depth: int, hidden_constant: float, several: bool) -> str:
    """Memorisation results, those of one kind together, and what they do not say."""
    sizes = [p.n for p in result.points] if several else []
    columns = ["says", "width", *(f"n = {n}" for n in sizes[:-1]), "shown for, or why not", "tag", "statement"]
    rows, constant = [], format_number(hidden_constant)
    for line in sorted(result.reference_lines, key=lambda line: list(SAYS.values()).index(line.says)):
        earlier = [p.reference_lines.get(line.id) for p in result.points[:-1]] if several else []
        rows.append(
            (
                line.says, _whole(line.log10_width) + (f" if C = {constant}" if line.prediction and line.width else ""),
                *(_whole(value) for value in earlier), line.reason or line.shown_for, line.tag, line.id,
            )
        )  # fmt: skip
    head = f"How wide for weights to exist that fit: DeepReLU, depth {depth}, n = {result.measured['n']}"
    delta = format_number(result.measured["failure_probability"])
    last = (
        "The floor: at each width below it labels drawn by fair coins are fitted by some weights with probability\n"
        f"under {delta}; of labels that mean something it says nothing. A line for any labels that lies below it is\n"
        "refuted, at this depth and with this C."
    )
    return "\n".join([head, aligned(columns, rows), *textwrap.wrap(NO_BOUND, _LINE), last])


def _whole(log10: float | None) -> str:
    """A width by its logarithm, as a whole number where that is short."""
    return format_number(log10) if log10 is None else f"{10**log10:.0f}" if log10 < 9 else f"1e{log10:.1f}"


def _legend(measured: dict[str, Any], minimal: bool) -> str:
    reference, exponent = measured["reference_width"], measured["minimal_width_exponent"]
    against = "the minimal width that was measured" if minimal else "the width at hand"
    if reference is None:
        against += f"; none was found at n = {measured['n']}: raise --max-width or --trials"
    else:
        against += f", {format_number(reference)}"
    lines = [
        "Tag of the width (of the statement, if it has none): S read, M remembered, M? uncertain, D derived here.",
        'Numbers with a hidden constant are predictions; "if C = 1": the verdict rests on that value of the constant.',
        "–: the statement gives no such number, or a fact it needs is missing or 0; then the reason is above.",
        f"log10 gap: required width over {against}.",
        "log10 C: the hidden constant with which that width would be enough; – where none is hidden, or none will do.",
        'A test bound above 1 is vacuous; "needs n" is promised from a larger n on.',
        "n^ stated: exponent of n in the formula, every other fact fixed; n^ data: with the facts measured at every n.",
    ]
    if exponent and exponent["estimate"] is not None:
        ends = f"{format_number(exponent['lower'])} to {format_number(exponent['upper'])}"
        lines.append(f"The measured minimal width grows like n^{format_number(exponent['estimate'])} ({ends}).")
    return "\n".join(lines)


def _exponent(value: float | None) -> str:
    return format_number(value if value is None else round(value, 2) + 0.0)


def _ends(value: Any) -> str:
    if not isinstance(value, list):
        return format_number(value, 4)
    lower, upper = (format_number(end, 4) for end in value)
    if value[1] is None:
        return f"at least {lower}"
    return lower if lower == upper else f"{lower} to {upper}"
