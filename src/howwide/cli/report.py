"""``howwide report``: the page of a folder."""

from pathlib import Path
from typing import Annotated

import typer

from howwide.cli.output import note
from howwide.cli.width import Reference

__all__ = ["EXAMPLES", "report"]

EXAMPLES = """\b
Examples:
  howwide report demo
  howwide report figure --reference chen2021-cat-dog"""


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that another verb wrote with --out.")],
    reference: Reference = None,
) -> None:
    """Write report.html (again) from what DIR holds; of a width study, beside a published curve if one is named."""
    from howwide.report import write_report

    note(f"wrote {write_report(folder, reference)}")
