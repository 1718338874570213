"""What ``howwide theorems compare`` prints: the facts, a line a theorem, reasons, claims, and how to read it."""

from collections.abc import Sequence
from typing import Any

from howwide.cli.output import shown, table
from howwide.records import CompareResult, Document, number

__all__ = ["aligned", "comparison_tables"]

_FACTS = {
    "separation_across": "separation φ across labels",
    "separation_all": "separation φₐ, all pairs",
    "separation_across_with_constant": "φ with a constant coordinate",
    "separation_all_with_constant": "φₐ with a constant coordinate",
    "margin": "margin γ at this width",
    "margin_infinite": "margin γ, infinite width",
    "margin_decay": "it falls like n^-a, a =",
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

_CLAIMED = {"holds": "nothing speaks against it", "fails": "does not apply", "unknown": "open"}


def comparison_tables(document: Document) -> list[Any]:
    """Everything that is printed of a comparison."""
    result = document.result
    assert isinstance(result, CompareResult)
    several, minimal = len(result.points) > 1, bool(result.measured["minimal_width"])
    columns = [*_COLUMNS, "n^ stated", *(["n^ data"] if several else [])]
    rows = [_row(t, several, minimal) for t in result.theorems]
    shown: list[Any] = [_measured(document), aligned(columns, rows)]
    if reasons := _reasons(result, document.settings["width"]):
        shown.append(f"\nWhy, where it is not the width\n{aligned(['theorem', 'reason'], reasons)}")
    if claims := _claims(result):
        shown.append("\nIs the width polylogarithmic in n, as claimed?\n" + "\n".join(claims))
    return [*shown, "\n" + _legend(result.measured, minimal)]


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, however wide: an id that is cut off cannot be typed again."""
    columns, rows = [shown(c) for c in columns], [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in (columns, *rows)) for i in range(len(columns))]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in (columns, *rows))
    return "\n".join(line.rstrip() for line in lines)


def _measured(document: Document) -> Any:
    result, settings = document.result, document.settings
    assert isinstance(result, CompareResult)
    measured = result.measured
    facts = [(words, _ends(measured[key])) for key, words in _FACTS.items() if measured.get(key) is not None]
    facts += [
        (f"minimal width, n = {p['n']}", f"{number(p['estimate'])} ({number(p['lower'])} to {number(p['upper'])})")
        for p in measured["minimal_width"]
    ]
    name = (document.data or {})["name"]
    sizes = f"n = {measured['n']}, d = {measured['input_dim']}, depth {settings['depth']}, width {settings['width']}"
    return table(f"{name}: {sizes}, ε = {number(settings['target_loss'])}", ["fact", "value"], facts)


def _row(t: Any, several: bool, minimal: bool) -> tuple[str, ...]:
    constant = t.hidden_constants.log10_at_minimal_width if minimal else t.hidden_constants.log10_at_width
    words = {"vacuous": " vacuous", "sample_too_small": " needs n"}
    status = t.statuses["test_bound"]
    bound = ("∞" if t.test_bound is None and status == "vacuous" else number(t.test_bound)) + words.get(status, "")
    tag = t.provenance["formulas"].get("width", t.provenance["tag"])
    width, steps, size = (number(value) for value in (t.log10_width, t.log10_steps, t.step_size))
    ends = (t.exponents["nominal"], t.exponents["on_data"]) if several else (t.exponents["nominal"],)
    return (
        t.id, t.statuses["verdict"], width, tag, steps, size, bound, number(t.gap_log10), number(constant),
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


def _claims(result: CompareResult) -> list[str]:
    """A line for each answer, with the papers that it is about."""
    papers: dict[tuple[str, str], list[str]] = {}
    for t in result.theorems:
        for check in t.assumptions:
            if check["role"] == "claim" and t.verdict != "not_applicable":
                papers.setdefault((check["outcome"], check["reason"]), []).append(t.id.rsplit("/", 1)[0])
    return [
        f"  {', '.join(dict.fromkeys(found))}: {reason or _CLAIMED[outcome]}"
        for (outcome, reason), found in papers.items()
    ]


def _legend(measured: dict[str, Any], minimal: bool) -> str:
    reference, exponent = measured["reference_width"], measured["minimal_width_exponent"]
    against = "the minimal width that was measured" if minimal else "the width at hand"
    if reference is None:
        against += f"; none was found at n = {measured['n']}: raise --max-width or --trials"
    else:
        against += f", {number(reference)}"
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
        ends = f"{number(exponent['lower'])} to {number(exponent['upper'])}"
        lines.append(f"The measured minimal width grows like n^{number(exponent['estimate'])} ({ends}).")
    return "\n".join(lines)


def _exponent(value: float | None) -> str:
    return number(value if value is None else round(value, 2) + 0.0)


def _ends(value: Any) -> str:
    if not isinstance(value, list):
        return number(value, 4)
    lower, upper = (number(end, 4) for end in value)
    if value[1] is None:
        return f"at least {lower}"
    return lower if lower == upper else f"{lower} to {upper}"
