"""What a verb prints: a table for people or the document for programs on stdout; progress and notes on stderr.

Text of the user (labels, names of files, messages of other libraries) is shown as it is and never read as markup. A
stream that cannot hold a letter gets it spelled: signs of mathematics in words, anything else as its escape.
"""

import codecs
import os
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from howwide.cli.interruption import on_leaving
from howwide.numbers import format_number
from howwide.results import Document
from howwide.stopping import check_stop

__all__ = ["Progress", "emit", "note", "settle_streams", "shown", "table"]

_SIGNS = {
    "–": "-", "…": "...", "⋯": "...", "≤": "<=", "≥": ">=", "≪": "<<", "≠": "!=", "±": "+-", "×": "x", "·": "*",
    "½": "1/2", "∞": "inf", "→": "->", "‖": "||", "⟨": "<", "⟩": ">", "√": "sqrt ", "∇": "grad ", "ℓ": "l", "∨": "max",
    "⌈": "ceil(", "⌉": ")", "\N{COMBINING TILDE}": "~", "Õ": "O~", "ỹ": "y~", "λ": "lambda", "Λ": "Lambda",
    "\N{SUPERSCRIPT MINUS}": "-",
}  # fmt: skip


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """What stands for letters that a stream cannot hold: n⁸ becomes n^8, ε epsilon, é its escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    words, last = "", ""
    for sign in error.object[error.start : error.end]:
        kind, _, code = unicodedata.decomposition(sign).partition(" ")
        mark = {"<super>": "^", "<sub>": "_"}.get(kind, "")
        greek = unicodedata.name(sign, "").partition("GREEK ")[2].split(" LETTER ")
        if mark != last:
            words += mark
        if sign in _SIGNS:
            words += _SIGNS[sign]
        elif mark and " " not in code and chr(int(code, 16)).isascii():
            words += chr(int(code, 16))
        elif len(greek) == 2 and greek[1].isalpha():
            words += greek[1].capitalize() if greek[0] == "CAPITAL" else greek[1].lower()
        else:
            words += sign.encode("ascii", "backslashreplace").decode()
        last = mark
    return words, error.end


codecs.register_error("howwide.spelled", _spelled)


def settle_streams() -> None:
    """See that stdout and stderr exist and take any text; without a stderr notes would go to stdout."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - it lives as long as the process
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="howwide.spelled")


def shown(text: object) -> str:
    """``text`` as stdout shows it: letters that it cannot hold spelled, control characters as escapes."""
    visible = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return visible.encode(encoding, "howwide.spelled").decode(encoding)


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
        console.print(Text(shown(item)) if isinstance(item, str) else item)
    for warning in document.warnings:
        note(f"warning: {warning}")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table for a terminal, numbers to the right; nothing in it is markup."""
    made = Table(title=_cell(title), title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD)
    rows = [list(row) for row in rows]
    for index, column in enumerate(columns):
        text = any(isinstance(row[index], str) for row in rows)
        made.add_column(_cell(column), justify="left" if text else "right")
    for row in rows:
        made.add_row(*[_cell(format_number(value)) for value in row])
    return made


def _cell(text: str) -> Text:
    return Text(shown(text).replace("\n", "\\n"))


class Progress:
    """One line that moves on a terminal; a plain line every few seconds elsewhere. Use as a context manager."""

    def __init__(self, *, every: float = 5.0) -> None:
        console = Console(stderr=True)
        spinner = "dots" if console.encoding.startswith("utf") else "line"
        self._status = console.status("starting ...", spinner=spinner) if console.is_terminal else None
        self._every, self._last = every, time.monotonic()

    def __enter__(self) -> "Progress":
        if self._status is not None:
            self._status.start()
            on_leaving(self._status.stop)  # which shows the cursor again
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """Show ``text`` as the present state."""
        check_stop()
        if self._status is not None:
            self._status.update(Text(text))
        elif time.monotonic() - self._last > self._every:
            self._last = time.monotonic()
            note(text)
