"""Tables: is there a header, which column is the label, is every line complete, is every feature a number?

A CSV file is parsed once, by Python's `csv`, which knows quoted line breaks; numbers are read by `float`, to the last
bit. What was taken as header and as label is reported in a remark, since the file itself cannot say it.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from howwide.data.arrays import check_names, is_nameless
from howwide.data.raw_data import RawData
from howwide.errors import DataError

_LABEL_NAMES = ("label", "target", "class")
_WEAK_LABEL_NAME = "y"  # a coordinate wherever one of the others is there
_LAST = ", the last, as none is called label, target, class or y"
_BOOLEANS = {"true": 1.0, "false": 0.0}
_MISSING = ("", "na", "n/a", "nan", "<na>", "null", "none")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_EUROPEAN = re.compile(r"\s*[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?\s*\Z")
_EXACT = 2.0**53  # whole numbers below are floats
_BLOCK_LINES = 1000
_SNIFFED_BYTES, _SNIFFED_LINES = 2**16, 20


def read_csv(path: Path, stream: BinaryIO) -> RawData:
    """Features and labels of a CSV file, separated by commas, in UTF-8.

    The first line is a header if one of its fields is called label, target or class, if none of them is a number, if a
    name stands over a column of numbers, or if its numbers count the columns, 0, 1, 2, ..., as those of pandas do.

    Raises:
        DataError: lines of unequal length, a quote that is never closed, another separator, fewer than two columns, a
            feature column that is not numeric, a column without a name, or several columns that might be the label.
    """
    separator, surely = _other_separator(stream)
    refusal = (
        f"{path.name} has {separator} between its fields; expected commas, and points in decimals: write it anew "
        "(pandas: read_csv with sep= and decimal=, then to_csv with index=False)"
    )
    try:
        if surely:
            raise DataError(refusal)
        return _read_table(path.name, stream)
    except DataError:
        if separator:
            raise DataError(refusal) from None
        raise


def split_table(
    name: str, names: Sequence[str], label: int, why: str, features: Sequence[NDArray[np.float64] | str], labels: Any
) -> RawData:
    """Features under their names, and labels, with a note on which column was taken for them.

    Args:
        name: what messages call the table.
        names: of all columns.
        label: which column is the label.
        why: how it was found, if its name does not say so.
        features: the other columns, in order: numbers, or a cell that is none.
        labels: the labels.

    Raises:
        DataError: a feature column that is not numeric.
    """
    import pandas as pd

    others = [text for index, text in enumerate(names) if index != label]
    odd = next(((text, cell) for text, cell in zip(others, features, strict=True) if isinstance(cell, str)), None)
    if odd is not None:
        commas = "write decimals with a point and thousands without commas"
        raise DataError(
            f"{name}: feature column {odd[0]!r} is not numeric (it holds {odd[1][:40]!r}); "
            + (commas if _EUROPEAN.match(odd[1]) else "encode or drop it")
            + (f", or call it label in a header if it is the label (taken was {names[label]!r}{why})" if why else "")
        )
    read_as = f"the label column is {names[label]!r}, {label + 1} of {len(names)}{why}"
    return RawData(pd.DataFrame(np.column_stack(features), columns=others), labels, read_as=read_as)


def label_column(name: str, names: Sequence[str]) -> tuple[int, str]:
    """Which column is the label, the one called label, target or class, else y, else the last; and why, if the last.

    Raises:
        DataError: several columns might be the label, or one has no name.
    """
    lowered = [text.lower() for text in names]
    wanted = _LABEL_NAMES if set(_LABEL_NAMES) & set(lowered) else (_WEAK_LABEL_NAME,)
    found = [index for index, text in enumerate(lowered) if text in wanted]
    if len(found) > 1:
        listed = ", ".join(names[index] for index in found)
        raise DataError(
            f"{name} has several columns that may be the label ({listed}); keep one and rename or drop the others"
        )
    check_names(names, name)
    return (found[0], "") if found else (len(names) - 1, _LAST)


class _Column:
    """The cells of a CSV column, as numbers and, where they may be labels, as they stand."""

    def __init__(self, *, keep: bool) -> None:
        self.blocks: list[NDArray[np.float64]] = []
        self.texts: list[str] | None = [] if keep else None
        self._odd: str | None = None  # the first cell that is no number
        self._boolean: str | None = None
        self._numeric = False
        self.empty = True

    def add(self, cells: Sequence[str], *, before: bool = False) -> None:
        """Cells after, or before, those that are there."""
        try:
            numbers = np.fromiter(map(float, cells), np.float64, len(cells))
            if "_" in "".join(cells):  # float reads 1_000
                raise ValueError
            self._numeric, self.empty = True, False
        except ValueError:
            numbers = np.array([self._number(cell) for cell in cells])
        self.blocks.insert(0 if before else len(self.blocks), numbers)
        if self.texts is not None:
            self.texts[0 if before else len(self.texts) : 0 if before else None] = cells

    def _number(self, cell: str) -> float:
        word = cell.strip().lower()
        self.empty = self.empty and not word
        if word in _BOOLEANS:
            self._boolean = self._boolean or cell
            return _BOOLEANS[word]
        if word in _MISSING:
            return np.nan
        number = as_number(cell)
        self._numeric |= number is not None
        self._odd = self._odd or (cell if number is None else None)
        return np.nan if number is None else number

    def numbers(self) -> NDArray[np.float64] | str:
        """All cells as numbers, missing ones as NaN; or a cell that is no number, among numbers True and False too."""
        odd = self._odd or (self._boolean if self._numeric else None)
        return np.concatenate(self.blocks) if odd is None else odd

    def labels(self) -> NDArray[Any]:
        """The cells as labels: numbers or booleans if all are (where they are not missing), else text."""
        numbers = self.numbers()
        plain = not isinstance(numbers, str) and not np.any(np.isfinite(numbers) & (np.abs(numbers) >= _EXACT))
        if isinstance(numbers, str) or not plain or not (self._numeric or self._boolean):
            return np.array(self.texts, dtype=object)
        if self._boolean:
            return np.array([None if np.isnan(value) else bool(value) for value in numbers], dtype=object)
        return numbers


def _read_table(name: str, stream: BinaryIO) -> RawData:
    """Features and labels of a table separated by commas.

    Raises:
        DataError: it is not one, or cannot be used.
    """
    try:
        with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
            lines = _lines(name, text)
            first = next(lines)
            named = (*_LABEL_NAMES, _WEAK_LABEL_NAME)
            labels = {len(first) - 1, *(index for index, cell in enumerate(first) if cell.lower() in named)}
            columns = [_Column(keep=index in labels) for index in range(len(first))]
            while block := list(islice(lines, _BLOCK_LINES)):
                for column, cells in zip(columns, zip(*block, strict=True), strict=True):
                    column.add(cells)
    except UnicodeDecodeError:
        raise DataError(f"{name} is not UTF-8 text; save it as UTF-8 with commas between fields") from None
    except csv.Error as error:
        raise DataError(f"{name} is not a table of comma-separated values ({error})") from None
    header = _is_header(first, columns)
    if not header:
        for column, cell in zip(columns, first, strict=True):
            column.add([cell], before=True)
    if not columns[0].blocks:
        raise DataError(f"{name} is not a table with at least one line of data; it has a header alone")
    names = first if header else [f"column {index + 1}" for index in range(len(first))]
    for index, column in enumerate(columns):
        if column.empty and (is_nameless(names[index]) or index == len(names) - 1):
            raise DataError(f"{name}: column {index + 1} is empty; remove it (do the lines end in commas?)")
    label, why = label_column(name, names) if header else (len(names) - 1, ", the last")
    features = [column.numbers() for index, column in enumerate(columns) if index != label]
    if why and isinstance(features[0], np.ndarray) and features[0].size > 2 and len(np.unique(features[0])) == 2:
        why += " (column 1 has two values too: if it is the label, say so in a header)"
    found = split_table(name, names, label, why, features, columns[label].labels())
    heading = "there is no header"
    if header:
        shown = repr(", ".join(first))[1:-1]  # one line, whatever stands between quotes
        heading = f"the header is the first line ({shown[:60]}{'...' if len(shown) > 60 else ''})"
    return replace(found, read_as=f"{found.read_as}; {heading}")


def _lines(name: str, text: io.TextIOWrapper) -> Iterator[list[str]]:
    """Fields of each line that is not blank.

    Raises:
        DataError: lines of unequal length, a single column, an empty file, or a quote that is never closed.
    """
    ended = False

    def watched() -> Iterator[str]:
        nonlocal ended
        yield from text
        ended = True

    first: list[str] = []
    reader = csv.reader(watched(), skipinitialspace=True)
    start = 1
    for fields in reader:
        if ended:  # the last line was complete before the reader asked for another
            raise DataError(f"{name}: a quote that opens in or after line {start} is never closed")
        start = reader.line_num + 1
        if not fields:
            continue
        if not first:
            first = fields = [cell.strip().lstrip("\ufeff") for cell in fields]
            if len(first) < 2:
                raise DataError(f"{name} has a single column; expected features and a label, separated by commas")
        if len(fields) != len(first):
            raise DataError(
                f"{name}: line {reader.line_num} has {len(fields)} field(s), the first line {len(first)}; they must "
                "agree"
            )
        yield fields
    if not first:
        raise DataError(f"{name} is empty; expected one sample a line")


def _is_header(first: Sequence[str], columns: Sequence[_Column]) -> bool:
    """Is the first line one of names?"""
    numbers = [index for index, cell in enumerate(first) if as_number(cell) is not None or cell.lower() in _BOOLEANS]
    # Not "y": in a line of data without a header it may well be a label, for yes.
    if not numbers or any(cell.lower() in _LABEL_NAMES for cell in first):
        return True
    below = [column.numbers() if column.blocks else "" for column in columns]
    named = (
        index
        for index, cell in enumerate(first)
        if (cell[:1].isalpha() or cell[:1] == "_") and cell.lower() not in (*_MISSING, *_BOOLEANS)
    )
    if any(not isinstance(below[index], str) and not columns[index].empty for index in named):
        return True
    return _counts_columns(first, numbers, columns, below)


def _counts_columns(
    first: Sequence[str], numbers: Sequence[int], columns: Sequence[_Column], below: Sequence[NDArray[np.float64] | str]
) -> bool:
    """Are the numbers of the first line 0, 1, 2, ..., which is how pandas names columns that have no name?

    A row of data may read like this, least likely if there are three such numbers, if they stand over fractions, or if
    the first field is empty, over an index.
    """
    if [first[index] for index in numbers] != [str(count) for count in range(len(numbers))]:
        return False
    others = set(range(len(first))) - set(numbers)
    if any(first[index] in (columns[index].texts or ()) for index in others):
        return False  # a class
    index = 0 in others and not first[0] and not isinstance(below[0], str) and not np.isnan(below[0]).any()
    held = [below[place] for place in numbers]
    fractions = any(not isinstance(cells, str) and np.any(cells != np.floor(cells)) for cells in held)
    return index or len(numbers) > 2 or (len(numbers) == 2 and fractions)


def as_number(cell: Any) -> float | None:
    """A number, or text that reads like one; None for anything else."""
    try:
        return None if "_" in str(cell) else float(cell)  # float reads 1_000
    except (ValueError, OverflowError):
        return None


def _other_separator(stream: BinaryIO) -> tuple[str, bool]:
    """What else may separate the fields, as it occurs equally often in each of the first lines; and is that certain?

    It is where the fields between are numbers with decimal commas. Nothing is found in most files: "".
    """
    stream.seek(0)
    sample = stream.read(_SNIFFED_BYTES)
    stream.seek(0)
    text = sample.decode("utf-8-sig", errors="replace")
    if len(sample) == _SNIFFED_BYTES:
        text = text[: text.rfind("\n") + 1]
    lines = [line for line in text.splitlines() if line.strip()][:_SNIFFED_LINES]
    for mark, word in _SEPARATORS.items():
        counts = {line.count(mark) for line in lines}
        if len(counts) == 1 and 0 not in counts:
            rows = list(zip(*(line.split(mark) for line in lines[1:]), strict=True))  # columns, without a header
            plain = [all(_EUROPEAN.match(cell) or as_number(cell) is not None for cell in cells) for cells in rows]
            decimal = any(_EUROPEAN.match(cell) for cells in rows for cell in cells)
            return word, decimal and plain.count(False) <= 1
    return "", False
