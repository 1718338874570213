"""What a verb prints: a table for people or the document for programs on stdout; progress and notes on stderr."""

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from howwide.records import Document, number

__all__ = ["Progress", "emit", "note", "table"]


def note(text: str) -> None:
    """A message for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def emit(document: Document, tables: Iterable[Table | str], *, as_json: bool) -> None:
    """Print the document, or the tables and the warnings."""
    if as_json:
        print(document.to_json())
        return
    console = Console(highlight=False, soft_wrap=True)
    for item in tables:
        console.print(item, markup=False) if isinstance(item, str) else console.print(item)
    for warning in document.warnings:
        note(f"warning: {warning}")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table for a terminal, numbers to the right."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD)
    rows = [list(row) for row in rows]
    for index, column in enumerate(columns):
        text = any(isinstance(row[index], str) for row in rows)
        made.add_column(column, justify="left" if text else "right")
    for row in rows:
        made.add_row(*[number(value) for value in row])
    return made


class Progress:
    """One line that moves on a terminal; a plain line every few seconds elsewhere. Use as a context manager."""

    def __init__(self, *, every: float = 5.0) -> None:
        self._console = Console(stderr=True)
        self._status = self._console.status("starting ...") if self._console.is_terminal else None
        self._every, self._last = every, time.monotonic()

    def __enter__(self) -> "Progress":
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """Show ``text`` as the present state."""
        if self._status is not None:
            self._status.update(text)
        elif time.monotonic() - self._last > self._every:
            self._last = time.monotonic()
            note(text)
