"""The steps to a loss: how they grow, beside the theorem; the points and the exponents behind it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from howwide.figures import plot_iterations
from howwide.results.iterations import IterationExponent, IterationLaw
from howwide.views.blocks import Block, Column, Estimate, Figure, Heading, Sentence, Table

__all__ = ["view"]

_QUANTITIES = {
    "steps": "T",
    "steps, two smallest losses": "T, two smallest losses",
    "radius": "R",
    "steps over the bound": "T over L²R²/ε",
}


def view(result: IterationLaw, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The answer, what speaks beside it, a figure, and the tables of points and exponents."""
    network = ", width {width}, {seeds} starts, step size {step_size}".format(**settings) if settings else ""
    level = f"{100 * result.level:g} %"
    yield Heading(f"How many steps to a loss? {data.get('name', 'these data')}", level=1)
    yield Sentence(result.answer, "lead")
    yield Sentence(
        f"T is the least number of steps of gradient descent with a training loss of at most ε{network}; the theorem "
        "of Chen et al. has T = O(L²R²/ε), with constants that it hides. R is the distance of the farthest layer from "
        "its start at that step, times the width to the power α.",
        "quiet",
    )
    yield Sentence(result.verdict)
    yield Figure(
        "iterations",
        "Steps to a training loss, one line a depth: geometric means, a dot a run. Dashed: proportion to 1/ε through "
        "the first point.",
        lambda: plot_iterations(result),
    )
    yield Table(
        f"Steps to a loss ({level})",
        ["depth", "ε", "reached", "T", "R", Column("T over L²R²/ε", 2)],
        [
            (
                *(p.depth, p.eps, f"{p.reached} of {p.runs}"),
                Estimate(p.steps, p.steps_lower, p.steps_upper),
                Estimate(p.radius, p.radius_lower, p.radius_upper),
                Estimate(p.constant, p.constant_lower, p.constant_upper),
            )
            for p in result.points
        ],
    )
    smallest = min((e.eps for e in result.exponents if e.eps is not None), default=None)
    shown = [e for e in result.exponents if e.eps in (None, smallest)]
    if shown:
        yield _exponents(f"Exponents ({level})", shown)
    if others := [e for e in result.exponents if e not in shown]:
        yield dataclasses.replace(_exponents(f"Exponents in L at the other losses ({level})", others), page_only=True)
    yield Sentence(
        "Means are geometric, over runs that neither diverged nor died, where all of these reached the loss. The "
        "starts are independent given the data, and the losses of one run are not: an exponent is the mean of the "
        "runs' slopes, with Student's interval over the runs. Each interval has its level for itself.",
        "quiet",
    )


def _exponents(title: str, exponents: Sequence[IterationExponent]) -> Table:
    """A row for each exponent, beside that of the theorem."""
    return Table(
        title,
        ["of", "in", "at", "exponent", "of the theorem", "beside it"],
        [
            (
                *(_QUANTITIES[e.quantity], e.against, f"L = {e.depth}" if e.eps is None else f"ε = {e.eps:g}"),
                *(Estimate(e.exponent, e.lower, e.upper), e.theorem, e.finding),
            )
            for e in exponents
        ],
    )
