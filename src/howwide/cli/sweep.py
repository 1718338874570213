"""``howwide sweep``: how far a study is."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.options import Json
from howwide.cli.output import finish

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

    finish("sweep status", {"folder": folder}, status_of(folder), as_json=json)
