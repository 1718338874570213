"""``howwide data``: what data there are, and what is wrong with yours."""

from typing import Annotated

import typer

from howwide.cli.options import ConstantCoordinate, Json, Seed, Subset, read_sizes, stratified
from howwide.cli.output import emit, table
from howwide.errors import SettingError
from howwide.numbers import format_number, to_json_types
from howwide.results import DataResult, Document

__all__ = ["app"]

app = typer.Typer(
    help="What data there are, and what is wrong with yours.", rich_markup_mode=None, no_args_is_help=False
)

LIST_EXAMPLES = """\b
Example:
  howwide data list"""

SHOW_EXAMPLES = """\b
Examples:
  howwide data show digits:even/odd
  howwide data show table.csv:cat/dog --constant-coordinate 0.5 --json"""


@app.command("list", epilog=LIST_EXAMPLES)
def list_sources(json: Json = False) -> None:
    """The data sources, with an example SPEC each."""
    from howwide.data import sources

    found = [
        {"name": s.name, "description": s.description, "example": s.example, "origin": s.origin} for s in sources()
    ]
    document = Document(verb="data list", settings={}, data=None, result=DataResult(sources=found), warnings=[])
    rows = [(s["name"], s["example"], s["description"]) for s in found]
    emit(document, [table("Data", ["source", "example", "what it is"], rows)], as_json=json)


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A data SPEC, as in data list.")],
    n: Annotated[str | None, typer.Option("--n", help="Describe the subset of this size instead.")] = None,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    separation: Annotated[
        bool | None,
        typer.Option("--separation/--no-separation", help="Least distances between inputs; up to n = 5000 by default."),
    ] = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Size, labels, balance, norms, duplicates and contradictions of a data set."""
    from howwide.data import load

    plain = stratified(subset)
    ds = load(spec, constant=constant_coordinate)
    if n is not None:
        sizes = read_sizes(n)
        if len(sizes) != 1:
            raise SettingError(f"data show takes one --n; got {n}")
        ds = ds.subset(sizes[0], seed=seed, stratified=plain)
    facts = to_json_types(ds.describe(separation=separation))
    settings = {"data": spec, "n": n, "subset": subset, "constant_coordinate": constant_coordinate, "seed": seed}
    document = Document(
        verb="data show",
        settings=to_json_types(settings),
        data=facts,
        result=DataResult(facts=facts),
        warnings=list(ds.notes),
    )
    emit(document, [table(spec, ["fact", "value"], _lines(facts))], as_json=json)


def _lines(facts: dict[str, object]) -> list[tuple[str, str]]:
    lines = []
    for key, value in facts.items():
        if isinstance(value, dict):
            lines += [(f"{key}, {inner}", _text(v)) for inner, v in value.items()]
        else:
            lines.append((key, _text(value)))
    return [(key.replace("_", " "), text) for key, text in lines]


def _text(value: object) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list) else format_number(value, 6)
