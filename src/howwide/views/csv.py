"""The tables of a view as CSV, numbers with all their digits, an estimate and its two ends in columns of their own."""

import csv
import io
import itertools
import re
from collections.abc import Iterable

from howwide.views.blocks import Block, Cell, Column, Estimate, Table

__all__ = ["csv_tables"]


def csv_tables(blocks: Iterable[Block]) -> dict[str, str]:
    """The tables by a name made of their titles; of two with one title the second has a number behind it."""
    tables: dict[str, str] = {}
    for block in blocks:
        if isinstance(block, Table):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            titles = [_titles(head, [row[i] for row in block.rows]) for i, head in enumerate(block.heads)]
            writer.writerow(itertools.chain.from_iterable(titles))
            writer.writerows(itertools.chain.from_iterable(map(_cells, row)) for row in block.rows)
            name = re.sub(r"[^a-z0-9]+", "-", block.title.lower())[:100].strip("-") or "table"
            while name in tables:
                stem, _, number = name.rpartition("--")
                name = f"{stem or name}--{int(number) + 1 if stem else 2}"
            tables[name] = text.getvalue()
    return tables


def _cells(cell: Cell) -> tuple[Cell, ...]:
    return tuple(cell) if isinstance(cell, Estimate) else (cell,)


def _titles(head: Column, cells: Iterable[Cell]) -> tuple[str, ...]:
    if any(isinstance(cell, Estimate) for cell in cells):
        return head.title, f"{head.title}, lower", f"{head.title}, upper"
    return (head.title,)
