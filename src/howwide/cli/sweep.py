"""``howwide sweep``: how far a study is, and a study as one file."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.options import Json
from howwide.cli.output import finish

__all__ = ["app"]

EXAMPLES = """\b
Example:
  howwide sweep status digits"""

PACK_EXAMPLES = """\b
Examples:
  howwide sweep pack digits digits.jsonl.gz
  howwide sweep pack digits digits.parquet"""

UNPACK_EXAMPLES = """\b
Example:
  howwide sweep unpack digits.jsonl.gz digits"""

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder that width wrote with --out.")]
Pack = Annotated[Path, typer.Argument(metavar="FILE", help="*.parquet, *.jsonl or *.jsonl.gz.")]

app = typer.Typer(help="Studies that are stored trial by trial.", rich_markup_mode=None, no_args_is_help=False)


@app.callback()
def _root() -> None:
    """Studies that are stored trial by trial."""


@app.command(epilog=EXAMPLES)
def status(
    folder: Folder,
    json: Json = False,
) -> None:
    """Say how far the study in DIR is, while it runs or afterwards; changes nothing."""
    from howwide.sweep import status as status_of

    finish("sweep status", {"folder": folder}, status_of(folder), as_json=json)


@app.command(epilog=PACK_EXAMPLES)
def pack(folder: Folder, file: Pack, json: Json = False) -> None:
    """Write the study in DIR to one small file: trials, settings, versions, digests; without data."""
    from howwide.sweep import pack as pack_study

    finish("sweep pack", {"folder": folder, "file": file}, pack_study(folder, file), as_json=json)


@app.command(epilog=UNPACK_EXAMPLES)
def unpack(
    file: Pack,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or one with trials of the same study.")],
    json: Json = False,
) -> None:
    """Put the study in FILE into DIR, where the command that made it goes on."""
    from howwide.sweep import unpack as unpack_study

    finish("sweep unpack", {"file": file, "folder": folder}, unpack_study(file, folder), as_json=json)
