"""``howwide report``: the page of a folder."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.output import note

__all__ = ["EXAMPLES", "report"]

EXAMPLES = """\b
Example:
  howwide report demo"""


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that another verb wrote with --out.")],
) -> None:
    """Write report.html (again) from what DIR holds."""
    from howwide.report import write_report

    note(f"wrote {write_report(folder)}")
