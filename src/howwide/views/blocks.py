"""What a view is made of: headings, sentences, tables, figures, each said once and rendered everywhere.

A view of a result is a function ``view(result, settings, data)`` that yields these; settings and data are those of the
document, or empty where a result is shown by itself. Labels, units and the order of columns are in it and nowhere else.
:mod:`howwide.views.terminal`, :mod:`howwide.views.html` and :mod:`howwide.views.csv` render any of them.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from howwide.numbers import format_number, format_upper_bound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Block", "Cell", "Column", "Estimate", "Figure", "Heading", "Sentence", "Table", "Verbatim"]


class Estimate(NamedTuple):
    """A number with the ends of its interval in one cell, as "12 (10 to 14)"; in CSV it has three columns."""

    value: float | None
    lower: float | None
    upper: float | None

    def text(self, write: Callable[[float], str]) -> str:
        """As it is written, numbers by ``write``: "12 (at least 10)" with one end, "at most 14" without an estimate."""
        ends = ""
        if self.lower is not None and self.upper is not None:
            ends = f"{write(self.lower)} to {write(self.upper)}"
        elif self.lower is not None:
            ends = f"at least {write(self.lower)}"
        elif self.upper is not None:
            ends = f"at most {write(self.upper)}"
        if self.value is None or not ends:
            return ends or format_number(None if self.value is None else self.value)
        return f"{write(self.value)} ({ends})"


Cell = str | float | bool | Estimate | None


@dataclasses.dataclass(frozen=True)
class Block:
    """A part of a view; what says more than fits a terminal is for the page alone."""

    page_only: bool = dataclasses.field(default=False, kw_only=True)


@dataclasses.dataclass(frozen=True)
class Heading(Block):
    """What the result, or what follows, is about; level 1 once, at the top."""

    text: str
    level: int = 2


@dataclasses.dataclass(frozen=True)
class Sentence(Block):
    """Running text: the answer (``lead``), what is said beside it (``plain``), how it is to be read (``quiet``)."""

    text: str
    weight: Literal["lead", "plain", "quiet"] = "plain"


@dataclasses.dataclass(frozen=True)
class Column:
    """Title of a column and how its numbers are written.

    Args:
        title: with the unit.
        digits: significant ones.
        upper_bound: numbers are rounded upward, so that what is written is a bound too.
        times: numbers are multiplied by it, as 100 for a percentage.
        wrap: text in it may break into lines; ids and numbers never do.
    """

    title: str
    digits: int = 3
    upper_bound: bool = False
    times: int = 1
    wrap: bool = False

    def text(self, value: Cell) -> str:
        """The cell as it is written: an en dash for what is unknown, yes or no for what is true or false."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str) or value is None:
            return format_number(value)
        if isinstance(value, Estimate):
            return value.text(self.text)
        if self.upper_bound:
            return format_upper_bound(value, self.digits, times=self.times)
        return format_number(value if self.times == 1 else self.times * value, self.digits)


@dataclasses.dataclass(frozen=True)
class Table(Block):
    """Rows of cells under named columns; numbers stand to the right, a column with any text to the left."""

    title: str
    columns: Sequence[str | Column]
    rows: Sequence[Sequence[Cell]]

    @property
    def heads(self) -> list[Column]:
        """The columns, all of them as such."""
        return [Column(c) if isinstance(c, str) else c for c in self.columns]

    @property
    def texts(self) -> list[list[str]]:
        """The rows as they are written."""
        return [[head.text(cell) for head, cell in zip(self.heads, row, strict=True)] for row in self.rows]

    @property
    def has_text(self) -> list[bool]:
        """Of each column, whether any of its cells is text."""
        return [any(isinstance(row[i], str) for row in self.rows) for i in range(len(self.columns))]


@dataclasses.dataclass(frozen=True)
class Verbatim(Block):
    """Text whose lines stay as they are."""

    text: str


@dataclasses.dataclass(frozen=True)
class Figure(Block):
    """A drawing with the name of its file and a caption; for the page, drawn when it is rendered."""

    name: str
    caption: str
    draw: "Callable[[], Axes]"
