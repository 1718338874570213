"""``howwide data``: what data there are, and what is wrong with yours."""

from typing import Annotated

import typer

from howwide.cli.options import ConstantCoordinate, Json, Seed, Subset, read_sizes, stratified
from howwide.cli.output import finish
from howwide.errors import SettingError
from howwide.results.data import DataResult

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
    finish("data list", {}, DataResult(sources=found), as_json=json)


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
    facts = ds.describe(separation=separation)
    settings = {"data": spec, "n": n, "subset": subset, "constant_coordinate": constant_coordinate, "seed": seed}
    finish("data show", settings, DataResult(facts=facts), ds=ds, described=facts, as_json=json)
