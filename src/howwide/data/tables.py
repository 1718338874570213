"""Comma-separated tables: is there a header, which column is the label, is every line complete?"""

import csv
import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

from howwide.data.parts import Parts
from howwide.errors import DataError

_LABEL_NAMES = ("label", "target", "class")
_WEAK_LABEL_NAME = "y"  # a coordinate wherever one of the others is there


def read_csv(path: Path) -> Parts:
    """Features and labels of a CSV file, separated by commas, in UTF-8.

    The first line is a header if one of its fields is called label, target or class, or if none of them is a number.

    Raises:
        DataError: lines of unequal length, fewer than two columns, a feature column that is not numeric, an unnamed
            column, or several columns that might be the label.
    """
    first = _check_lines(path)
    header = _is_header(first)
    names = first if header else [f"column {index + 1}" for index in range(len(first))]
    label = label_column(path, names) if header else len(names) - 1
    frame = _frame(path, skip=_lines_to_header(path) if header else 0)
    if frame.shape[1] != len(names):
        raise DataError(f"{path.name}: the first line has {len(names)} field(s), the table {frame.shape[1]} columns")
    return split_table(path, frame, names, label)


def split_table(path: Path, frame: Any, names: Sequence[str], label: int) -> Parts:
    """Features, as numbers and under their names, and labels.

    Raises:
        DataError: a feature column that is not numeric.
    """
    import pandas as pd

    places = [index for index in range(len(names)) if index != label]
    features = pd.DataFrame({index: _numeric(path, frame.iloc[:, index], names[index]) for index in places})
    features.columns = pd.Index([names[index] for index in places])
    return Parts(features, frame.iloc[:, label].to_numpy())


def _frame(path: Path, skip: int) -> Any:
    """The table after ``skip`` lines, columns by number.

    Raises:
        DataError: no line of data is left.
    """
    import pandas as pd

    try:
        return pd.read_csv(
            path,
            header=None,
            skiprows=skip,
            skipinitialspace=True,
            keep_default_na=False,  # "NA" or "None" may be the name of a class ...
            na_values=[""],  # ... and only an empty cell is missing
            encoding="utf-8-sig",
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{path.name} is not a table with at least one line of data ({reason})") from None


def _numeric(path: Path, column: Any, name: str) -> Any:
    """A feature column as numbers.

    Raises:
        DataError: a cell that is not a number.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        return column
    held = column.astype(object)
    numbers = held.map(_as_number)  # text too: integers beyond 64 bits are read as such
    odd = held[numbers.isna() & held.notna()]
    if len(odd):
        shown = f"it holds {str(odd.iloc[0])[:40]!r}"
        raise DataError(f"{path.name}: feature column {name!r} is not numeric ({shown}); encode or drop it")
    return numbers


def _as_number(value: object) -> float:
    """A number, or text that reads like one; else NaN."""
    if isinstance(value, str | Decimal | Real) and "_" not in str(value):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return math.nan
    return math.nan


def _check_lines(path: Path) -> list[str]:
    """Fields of the first line, once every line is known to have as many.

    Raises:
        DataError: lines of unequal length, a single column, an empty file, or no text.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, skipinitialspace=True)
            first: list[str] = []
            for fields in lines:
                if not fields:
                    continue
                first = first or fields
                if len(fields) != len(first):
                    raise DataError(
                        f"{path.name}: line {lines.line_num} has {len(fields)} field(s), the first line "
                        f"{len(first)}; they must agree"
                    )
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not UTF-8 text; save it as UTF-8 with commas between fields") from None
    except csv.Error as error:
        raise DataError(f"{path.name} is not a table of comma-separated values ({error})") from None
    if not first:
        raise DataError(f"{path.name} is empty; expected one sample a line")
    if len(first) < 2:
        raise DataError(f"{path.name} has a single column; expected features and a label, separated by commas")
    return [field.strip() for field in first]


def _lines_to_header(path: Path) -> int:
    """Number of lines up to and including the header, blank ones before it included."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        return next(lines.line_num for fields in lines if fields)


def _is_header(fields: list[str]) -> bool:
    # Not "y": in a line of data without a header it may well be a label, for yes.
    named = any(field.lower() in _LABEL_NAMES for field in fields)
    return named or not any(_is_number(field) for field in fields)


def label_column(path: Path, names: list[str]) -> int:
    """Which column is the label: the one called label, target or class, else y, else the last.

    Raises:
        DataError: several columns might be the label, or one has no name.
    """
    lowered = [name.lower() for name in names]
    found = [index for index, name in enumerate(lowered) if name in _LABEL_NAMES] or [
        index for index, name in enumerate(lowered) if name == _WEAK_LABEL_NAME
    ]
    if len(found) > 1:
        listed = ", ".join(names[index] for index in found)
        raise DataError(
            f"{path.name} has several columns that may be the label ({listed}); keep one and rename or drop the others"
        )
    unnamed = [index for index, name in enumerate(names) if not name]
    if unnamed:
        raise DataError(
            f"{path.name}: column {unnamed[0] + 1} has no name, probably a row index; drop it (pandas: "
            "to_csv(index=False))"
        )
    return found[0] if found else len(names) - 1


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
