"""What ``measure`` found: separation, kernels and margins, the loss in a ball, the radius for a loss."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.figures import plot_ntrf, plot_radius, plot_spectrum
from howwide.results.measure import MeasureResult, Solved
from howwide.views.blocks import Block, Cell, Column, Figure, Heading, Sentence, Table

__all__ = ["view"]

_LABELS = {
    "lambda_min": "least eigenvalue λ_min of the tangent Gram",
    "lambda_max": "largest eigenvalue of the tangent Gram",
    "lambda_min_infinite": "least eigenvalue, infinite width",
    "lambda_max_infinite": "largest eigenvalue, infinite width",
    "margin": "margin γ (Assumption 4.1)",
    "margin_offset": "margin with the initial outputs",
    "margin_per_layer": "margin of per-layer balls",
    "margin_infinite": "margin, infinite width",
    "margin_features": "margin of the last layer's features",
    "margin_features_infinite": "the same, infinite width",
    "margin_shallow": "sup-norm margin (Assumption 4.3)",
}
_LOWER, _UPPER = Column("lower", 4), Column("upper", 4)


def view(result: MeasureResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Tables of ends and statuses, and a figure of each curve."""
    network = "{network} network at its start, width {width}, depth {depth}. ".format(**settings) if settings else ""
    yield Heading(f"What the theorems speak of: {data.get('name', 'these data')}", level=1)
    yield Sentence(
        f"{network}Kernels are divided by the squared gradient scale. Every value lies between its ends; a dash is "
        "an end that is not known.",
        "quiet",
    )
    if rows := list(_quantities(result)):
        yield Table("Kernels and margins", ["quantity", _LOWER, _UPPER, "status"], rows)
    if len(result.ntrf) > 1:
        yield Figure(
            "ntrf",
            "The least logistic loss of the linearised network with every layer in a ball of radius R.",
            lambda: plot_ntrf(result),
        )
    if len(result.radius_for) > 1:
        yield Figure(
            "radius",
            "The least radius for a loss: of the linearised network on average, and one that is enough on the network.",
            lambda: plot_radius(result),
        )
    if result.spectra is not None and result.spectra.size:
        yield Figure("spectrum", "Eigenvalues of the tangent Gram and of its limit.", lambda: plot_spectrum(result))
    if result.ntrf:
        points = [(p.radius, p.lower, p.upper, p.status) for p in result.ntrf]
        yield Table("The loss ε_NTRF(R) in a ball of radius R", ["R", _LOWER, _UPPER, "status"], points)
    if result.radius_for:
        witnesses = {r.eps: (r.upper, r.status) for r in result.network_radius_for}
        yield Table(
            "The radius R(ε) for a loss",
            ["ε", _LOWER, _UPPER, "status", Column("on the network, at most", 4), "status of that"],
            [(r.eps, r.lower, r.upper, r.status, *witnesses.get(r.eps, (None, "left out"))) for r in result.radius_for],
        )
        yield Sentence(
            "Left: the average loss of the linearised network. Right: the loss of every example on the network itself, "
            "as the alpha-scaled theorem assumes it, with weights that attain it.",
            "quiet",
        )


def _quantities(result: MeasureResult) -> Iterator[tuple[Cell, ...]]:
    if s := result.separation:
        for words, least, pair in (("across labels", s.across, s.across_pair), ("all pairs", s.all, s.all_pair)):
            yield f"separation φ, {words}", least, least, f"rows {pair[0]} and {pair[1]}" if pair else ""
    if result.trace is not None:
        yield "trace of the tangent Gram", result.trace, result.trace, ""
    for field, words in _LABELS.items():
        value: Solved | None = getattr(result, field)
        if value is not None:
            level = getattr(value, "level", 1.0)
            yield words, value.lower, value.upper, value.status + (f", level {level:g}" if level < 1 else "")
    if b := result.margin_bounds:
        yield "γ, by λ_min and y'Ky alone", b.lower, b.upper, ""
