"""The tables of a view as CSV, numbers with all their digits."""

import csv
import io
import re
from collections.abc import Iterable

from howwide.views.blocks import Block, Table

__all__ = ["csv_tables"]


def csv_tables(blocks: Iterable[Block]) -> dict[str, str]:
    """The tables by a name made of their titles; of two with one title the second has a number behind it."""
    tables: dict[str, str] = {}
    for block in blocks:
        if isinstance(block, Table):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow([head.title for head in block.heads])
            writer.writerows(block.rows)
            name = re.sub(r"[^a-z0-9]+", "-", block.title.lower())[:100].strip("-") or "table"
            while name in tables:
                stem, _, number = name.rpartition("--")
                name = f"{stem or name}--{int(number) + 1 if stem else 2}"
            tables[name] = text.getvalue()
    return tables
