"""Results as the exchange records that the command line prints: finite numbers, or null with a status."""

from typing import Any

from howwide.theorems.catalogue import row
from howwide.theorems.comparison import Comparison
from howwide.theorems.entries import Entry
from howwide.theorems.promises import REACH, ball_radius
from howwide.theorems.reference_lines import ReferenceLine
from howwide.theorems.training import TheoremRun
from howwide.theory.memorisation import SAYS, SHOWN_FOR

__all__ = ["comparison_record", "entry_record", "line_record", "promised_record"]


def entry_record(entry: Entry) -> dict[str, Any]:
    """One theorem of a comparison: fields of :class:`howwide.results.ComparedTheorem`.

    ``prediction`` says that some constant of the statement is hidden; ``statuses["verdict"]`` is the verdict in words,
    with the value of the hidden constant it rests on; among ``assumptions`` the role of a claim is "claim".
    """
    theorem, judgement, numbers = entry.theorem, entry.judgement, entry.prescription.quantities
    width, bound = numbers["width"], entry.prescription.test_bound
    checks = [("assumption", v) for v in judgement.assumptions] + [("claim", v) for v in judgement.claims]
    shown = {"width": width, "num_steps": numbers["num_steps"], "step_size": numbers["step_size"], "test_bound": bound}
    return {
        **{k: v for k, v in row(theorem).items() if k in ("id", "year", "title", "paper", "family")},
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "assumptions": [{"role": role, **verdict.as_dict()} for role, verdict in checks],
        "log10_width": width.log10,
        "log10_width_ends": None if width.ends is None else list(width.ends),
        "log10_steps": numbers["num_steps"].log10,
        "step_size": numbers["step_size"].value,
        "test_bound": bound.value,
        "statuses": {name: quantity.status for name, quantity in shown.items()}
        | {"test_bound": _bound_status(entry), "verdict": judgement.words},
        "missing": sorted({fact for quantity in shown.values() for fact in quantity.missing}),
        "gap_log10": entry.gap_log10,
        "exponents": {"nominal": entry.nominal_exponent, "on_data": entry.data_exponent},
        "hidden_constants": {
            "used": entry.prescription.hidden_constant if width.is_prediction else None,
            "log10_at_width": judgement.constant_log10,
            "log10_at_minimal_width": entry.constant_log10,
        },
        "prediction": "hidden" in theorem.constants.values(),
        "provenance": {
            "tag": theorem.tag,
            "known": theorem.known,
            "formulas": {kind: formula.tag for kind, formula in theorem.formulas.items()},
        },
    }


def line_record(line: ReferenceLine) -> dict[str, Any]:
    """One memorisation result: fields of :class:`howwide.results.ReferenceLineRecord`."""
    statement, width = line.statement, line.width
    return {
        **{k: v for k, v in row(statement).items() if k in ("id", "year", "title", "paper", "tag")},
        "says": SAYS[statement.says],
        "shown_for": SHOWN_FOR[statement.shown_for],
        "log10_width": line.log10_width,
        "width": None if line.log10_width is None else round(10**line.log10_width),
        "status": width.status,
        "reason": width.reason,
        "missing": list(width.missing),
        "hidden_constant": width.hidden_constant,
        "prediction": width.is_prediction,
        "needs": width.text,
        "guarantee": statement.guarantee,
        "gaps": list(statement.gaps),
    }


def _bound_status(entry: Entry) -> str:
    """The status of the test bound; a promise of eps itself is made from a number of examples on."""
    bound, prescription = entry.prescription.test_bound, entry.prescription
    if bound.status == "infinite" or (bound.log10 is not None and bound.log10 > 0):
        return "vacuous"
    formula, size = prescription.theorem.formulas.get("test_error"), prescription.quantities["sample_size"]
    n = prescription.problem.n
    if formula is not None and formula.letters == ("eps",) and size.value is not None and n is not None:
        return bound.status if n >= size.value else "sample_too_small"
    return bound.status


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Fields of :class:`howwide.results.CompareResult`."""
    last = found.measured[-1]
    exponent = found.measured_exponent
    widths = () if found.curve is None else found.curve.points_at()
    keys = ("n", "estimate", "lower", "upper", "level", "status")
    return {
        "theorems": [entry_record(entry) for entry in found.entries],
        "measured": {
            **last.as_dict(),
            "minimal_width": [{key: getattr(point, key) for key in keys} for point in widths],
            "minimal_width_exponent": exponent and dict(zip(("estimate", "lower", "upper"), exponent, strict=True)),
            "reference_width": found.reference_width,
        },
        "points": [
            {
                "n": m.data.n,
                "measured": m.as_dict(),
                "log10_width": _widths_at(found, int(m.data.n or 0)),
                "reference_lines": {line.statement.id: line.log10_width for line in lines},
            }
            for m, lines in zip(found.measured, found.lines, strict=True)
        ],
        "reference_lines": [line_record(line) for line in found.lines[-1]],
    }


def _widths_at(found: Comparison, n: int) -> dict[str, float | None]:
    rows = found.required[found.required["n"] == n]
    return {str(r.id): float(r.log10_width) for r in rows.itertuples()}


def promised_record(found: TheoremRun) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the theorem prescribes and promises, and what happened: ``promised`` and ``observed`` of ``train``."""
    numbers, problem = found.prescription.quantities, found.prescription.problem
    radius = ball_radius(found.prescription.theorem, problem)
    ball = None if radius is None else radius / found.net.gradient_scale
    layers = len(found.initial)
    promised = {
        "theorem": found.theorem.id,
        "runs": found.prescription.theorem.id,
        "verdict": found.judgement.verdict,
        "words": found.judgement.words,
        "reason": found.judgement.reason,
        "prediction": not found.judgement.guaranteed,
        "hidden_constant": found.prescription.hidden_constant,
        "step_size": numbers["step_size"].value,
        "log10_steps": numbers["num_steps"].log10,
        "training_loss": numbers["training_loss"].value,
        "log10_width": numbers["width"].log10,
        "radius": radius,
        "ball": ball,
        "reach": None if ball is None else REACH * layers**0.5 * ball,
        "facts": problem.as_dict(),
        "tag": found.theorem.tag,
        "lines": [promise.as_dict() for promise in found.promises],
    }
    observed = {"steps": found.steps, "curve": found.along.to_dict("records")}
    return promised, observed
