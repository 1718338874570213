"""Growth laws as a table; and how the width grows with the depth or the inverse of the loss, where it was studied."""

from collections.abc import Iterator, Mapping, Sequence

from howwide.numbers import format_number
from howwide.results.width import GrowthAgainst, Law, WidthResult
from howwide.views.blocks import Block, Estimate, Sentence, Table

__all__ = ["growth_across", "laws_table"]

_VARIABLES = {"depth": "L", "eps": "1/eps"}


def laws_table(title: str, laws: Sequence[Law], *, page_only: bool = False) -> Table:
    """A row for each law that was compared."""
    return Table(
        title,
        ["law", "weight", "joint p", "these points", "parameters"],
        [
            (w.name, w.weight, w.p_value, "remains" if w.remains else "excluded", _parameters(w.parameters))
            for w in laws
        ],
        page_only=page_only,
    )


def growth_across(result: WidthResult) -> Iterator[Block]:
    """The verdict at the largest n and budget with its laws; on the page those of the others, and one table of all."""
    for against, variable in _VARIABLES.items():
        if not (found := [g for g in result.growth if g.against == against]):
            continue
        spoken = max(found, key=lambda g: (g.n, g.label["steps"]))
        yield Sentence(f"The width against {variable}, {spoken.words}. {spoken.verdict}")
        if spoken.laws:
            yield laws_table(f"Growth laws in {variable}, {spoken.words}", spoken.laws)
        if len(found) == 1:
            continue
        yield Table(
            f"Growth with {variable}: the exponent of a power ({100 * result.level:g} %)",
            ["all else", f"exponent of {variable}", f"{variable} used", "finding"],
            [(g.words, Estimate(*g.exponent.values()), len(g.values) - len(g.left_out), _finding(g)) for g in found],
        )
        for g in found:
            if g is not spoken:
                yield Sentence(f"The width against {variable}, {g.words}. {g.verdict}", page_only=True)
                if g.laws:
                    yield laws_table(f"Growth laws in {variable}, {g.words}", g.laws, page_only=True)


def _finding(growth: GrowthAgainst) -> str:
    return "too few points" if growth.finding is None else growth.finding.replace("_", " ")


def _parameters(parameters: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} = {format_number(value)}" for name, value in parameters.items())
