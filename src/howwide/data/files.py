"""Files of arrays: one reader for each extension, in a table.

``.npz`` holds ``x_train, y_train`` and perhaps ``x_test, y_test``, or ``x, y``; images are flattened. ``.csv`` has one
sample a line, with or without a header, and the label in the column called label, target, class or y, else in the last.
Nothing in a file is ever
executed: pickled objects are refused.
"""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.data.parts import Parts
from howwide.data.tables import read_csv
from howwide.errors import DataError


@dataclass(frozen=True)
class Reader:
    """A kind of file: what it holds, in one line, and how to read it."""

    description: str
    read: Callable[[Path], Parts]


def read_file(path: Path) -> Parts:
    """Arrays of a file, by its extension.

    Raises:
        DataError: no such file, a folder, an unsupported extension, or a file that cannot be read.
    """
    supported = ", ".join(READERS)
    if not path.exists():
        raise DataError(f"no such file: {str(path)!r}")
    if path.is_dir():
        raise DataError(f"{str(path)!r} is a directory; expected a file ({supported})")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path.name}: files of kind {path.suffix or 'without an extension'} are not supported; supported are "
            f"{supported}"
        )
    try:
        return reader.read(path)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}") from None


def read_npz(path: Path) -> Parts:
    """Arrays ``x_train, y_train`` or ``x, y``, and perhaps ``x_test, y_test``, of an ``.npz`` file; in either case.

    Raises:
        DataError: damaged or not an npz file, pickled objects, or missing arrays.
    """
    try:
        with path.open("rb") as file:  # opened here, so that it is closed whatever NumPy makes of it
            arrays = _arrays(path, np.load(file, allow_pickle=False))
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"{path.name} is damaged or not an .npz file ({_first_line(error)}); write it anew with numpy.savez"
        ) from None
    remarks = []
    for role in ("x", "x_test"):
        if role in arrays and arrays[role].ndim > 2 and len(arrays[role]):
            shape = "x".join(map(str, arrays[role].shape[1:]))
            remarks.append(f"{path.name}: {role} has rows of shape {shape}; they were flattened")
            arrays[role] = arrays[role].reshape(len(arrays[role]), -1)
    return Parts(arrays["x"], arrays["labels"], arrays.get("x_test"), arrays.get("labels_test"), tuple(remarks))


def _arrays(path: Path, archive: Any) -> dict[str, NDArray[Any]]:
    """The arrays of an archive by the parts they play.

    Raises:
        DataError: no archive, pickled objects, or missing arrays.
    """
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DataError(f"{path.name} holds a single array; expected x_train and y_train, or x and y (numpy.savez)")
    stored = {name.lower(): name for name in archive.files}
    return {role: _array(path, archive, stored[name]) for role, name in _wanted(path, stored).items()}


def _wanted(path: Path, stored: dict[str, str]) -> dict[str, str]:
    """Which stored array (lower case) plays which part.

    Raises:
        DataError: arrays are missing.
    """
    found = ", ".join(stored.values()) or "none"
    pair = ("x_train", "y_train") if "x_train" in stored or "y_train" in stored else ("x", "y")
    missing = [name for name in pair if name not in stored]
    if missing:
        raise DataError(
            f"{path.name} lacks the array(s) {', '.join(missing)}; expected x_train and y_train, or x and y; found "
            f"{found}"
        )
    if ("x_test" in stored) != ("y_test" in stored):
        raise DataError(f"{path.name} has only one of x_test and y_test; expected both or neither; found {found}")
    test = {"x_test": "x_test", "labels_test": "y_test"} if "x_test" in stored else {}
    return {"x": pair[0], "labels": pair[1]} | test


def _array(path: Path, archive: Any, name: str) -> NDArray[Any]:
    try:
        array = archive[name]
    except ValueError as error:
        if "pickle" not in str(error).lower():
            raise
        raise DataError(
            f"{path.name}: array {name} holds Python objects, which are not loaded for safety; save numbers or text"
        ) from None
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path.name}: member {name} is not an array; write the file with numpy.savez")
    return array


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


READERS = {
    ".npz": Reader("arrays x_train, y_train[, x_test, y_test], or x, y (numpy.savez)", read_npz),
    ".csv": Reader("one sample a line; label column called label, target, class or y, else the last", read_csv),
}
