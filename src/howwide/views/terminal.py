"""Views on a terminal: text and tables on stdout, whatever letters it can hold.

Text of the user (labels, names of files, messages of other libraries) is shown as it is and never read as markup. A
stream that cannot hold a letter gets it spelled: signs of mathematics in words, anything else as its escape.
"""

import codecs
import sys
import unicodedata
from collections.abc import Iterable
from typing import Literal

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text

from howwide.views.blocks import Block, Heading, Sentence, Table, Verbatim

__all__ = ["SPELLED", "print_view", "shown"]

SPELLED = "howwide.spelled"
"""Name of the handler of encoding errors that spells letters."""

_NARROWEST, _WIDEST = 40, 10**5
"""Width of a column of running text, at least; of a table, at most."""

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


codecs.register_error(SPELLED, _spelled)


def shown(text: object) -> str:
    """``text`` as stdout shows it: letters that it cannot hold spelled, control characters as escapes."""
    visible = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return visible.encode(encoding, SPELLED).decode(encoding)


def print_view(blocks: Iterable[Block]) -> None:
    """Print what is not for the page alone. No cell is cut off: a table that is wider than the terminal stays so."""
    console = Console(highlight=False, soft_wrap=True)
    for block in blocks:
        if block.page_only:
            continue
        if isinstance(block, Table):
            grid = _grid(block)
            needed = Measurement.get(console, console.options.update(max_width=_WIDEST), grid).minimum
            wide = Console(highlight=False, soft_wrap=True, width=max(console.width, needed))  # print() would narrow it
            wide.print(grid)
        elif isinstance(block, Heading):
            console.print(Text(shown(block.text), style="bold"))
        elif isinstance(block, (Sentence, Verbatim)):
            console.print(Text(shown(block.text)))


def _grid(table: Table) -> Grid:
    grid = Grid(
        title=_cell(table.title), title_justify="left", title_style="bold", header_style="bold", box=box.SIMPLE_HEAD
    )
    texts = table.texts
    for index, (head, has_text) in enumerate(zip(table.heads, table.has_text, strict=True)):
        justify: Literal["left", "right"] = "left" if has_text else "right"
        if head.wrap:
            grid.add_column(_cell(head.title), justify=justify, overflow="fold", min_width=_NARROWEST)
        else:
            longest = max(_cell(text).cell_len for text in (head.title, *(row[index] for row in texts)))
            grid.add_column(_cell(head.title), justify=justify, no_wrap=True, min_width=longest)
    for row in texts:
        grid.add_row(*map(_cell, row))
    return grid


def _cell(text: str) -> Text:
    return Text(shown(text).replace("\n", "\\n"))
