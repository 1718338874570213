"""A recorded sequence of mistakes or losses, from a file: one number an example, in the order of the pass."""

import os
from pathlib import Path

import numpy as np

from howwide.errors import DataError

__all__ = ["read_losses"]

_READERS = (".npy", ".npz", ".csv", ".txt")


def read_losses(path: str | os.PathLike[str]) -> np.ndarray:
    """The losses in ``path``, float64 of shape (n,): ``.npy``, ``.npz`` (one array), ``.csv`` or ``.txt`` (one column).

    A first line of a text file that is no number counts as a heading.

    Raises:
        DataError: no such file, another kind of file, a damaged one, more than one column or array, nothing in it, or
            values that are not numbers in [0, 1].
    """
    file = Path(path)
    if file.suffix.lower() not in _READERS:
        raise DataError(f"mistakes come from a file {', '.join(_READERS)}; got {file.name!r}")
    if not file.is_file():
        raise DataError(f"no such file of mistakes: {str(path)!r}")
    found = _text(file) if file.suffix.lower() in (".csv", ".txt") else _binary(file)
    if found.ndim == 2 and 1 in found.shape:
        found = found.ravel()
    if found.ndim != 1 or not found.size:
        raise DataError(f"{file.name} must hold one column of mistakes; found an array of shape {found.shape}")
    if found.dtype.kind not in "biuf":
        raise DataError(f"{file.name} must hold numbers, 0 or 1 or losses between; found {found.dtype}")
    losses = found.astype(np.float64)
    outside = ~((losses >= 0) & (losses <= 1))  # NaN is outside too
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(f"{file.name}: entry {row} is {losses[row]}, and a mistake is 0 or 1, a loss between them")
    return losses


def _binary(file: Path) -> np.ndarray:
    try:
        with file.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            names = loaded.files
            array = loaded[names[0]] if len(names) == 1 else None
    except Exception as error:  # damaged archives raise almost anything
        raise DataError(f"{file.name} is damaged or holds objects ({type(error).__name__})") from None
    if array is None:
        raise DataError(f"{file.name} must hold one array, the mistakes; found {len(names)}")
    return np.asarray(array)


def _text(file: Path) -> np.ndarray:
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {file.name} as text ({type(error).__name__})") from None
    rows = [(number, line) for number, line in enumerate(lines, 1) if line]
    if rows and _number(rows[0][1]) is None:
        rows = rows[1:]
    values = [_number(line) for _, line in rows]
    if None in values:
        number, line = rows[values.index(None)]
        raise DataError(f"{file.name}, line {number}: one number a line is expected; found {line[:40]!r}")
    return np.array(values, dtype=np.float64)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
