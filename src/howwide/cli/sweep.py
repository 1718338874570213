"""``howwide sweep``: how far a study is."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.options import Json
from howwide.cli.output import emit, table
from howwide.numbers import to_json_types
from howwide.results import Document, SweepResult

__all__ = ["app"]

EXAMPLES = """\b
Example:
  howwide sweep status digits"""

app = typer.Typer(help="Studies that are stored trial by trial.", rich_markup_mode=None, no_args_is_help=False)


@app.callback()
def _root() -> None:
    """Studies that are stored trial by trial."""


@app.command(epilog=EXAMPLES)
def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that width wrote with --out.")],
    json: Json = False,
) -> None:
    """Say how far the study in DIR is, while it runs or afterwards; changes nothing."""
    from howwide.sweep import status as status_of

    found = dataclasses.asdict(status_of(folder))
    problems = found.pop("problems")
    document = Document(
        verb="sweep status",
        settings={"folder": str(folder)},
        data=None,
        result=SweepResult.model_validate(to_json_types(found)),
        warnings=problems,
    )
    rows = [(name.replace("_", " "), value) for name, value in found.items() if name != "study"]
    told = "Trials that were asked for so far; a search asks for more when it has these."
    emit(document, [table(f"Study: {found['study']}", ["", "number"], rows), told], as_json=json)
