"""Files and folders of arrays: one reader for each kind, in a table.

``.npz`` holds ``x_train, y_train`` and perhaps ``x_test, y_test``, or ``x, y``; images are flattened. ``.csv`` and
``.parquet`` have one sample a row and the label in the column called label, target, class or y, else in the last.
LIBSVM files are known by their extension or by their first lines, the folders of CIFAR-10 and MNIST by the files in
them. Nothing in a file is ever executed: pickled objects are refused, and the pickles of CIFAR-10 are read without
unpickling.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from howwide.data import cifar, idx, libsvm
from howwide.data.memory_limit import LARGEST_BYTES
from howwide.data.opening import is_there, opened
from howwide.data.parquet import read_parquet
from howwide.data.raw_data import RawData
from howwide.data.tables import read_csv
from howwide.errors import DataError

_SHOWN_REASON = 200
_ARCHIVE, _ARRAY = b"PK", b"\x93NUMPY"  # how .npz and .npy begin


@dataclass(frozen=True)
class Reader:
    """A kind of file: what it holds, in one line, a SPEC, and how to read it, given its path and its open stream."""

    description: str
    example: str
    read: Callable[[Path, BinaryIO], RawData]


@dataclass(frozen=True)
class FolderReader:
    """A kind of folder: what it holds, a SPEC, how to read it, and how to know it."""

    description: str
    example: str
    read: Callable[[Path], RawData]
    recognises: Callable[[Path], bool]


def read_file(path: Path) -> RawData:
    """Arrays of a file or of a folder of files.

    Raises:
        DataError: nothing there, an unsupported kind, or a file that cannot be read.
    """
    if not is_there(path):
        raise DataError(f"no such file: {str(path)!r}")
    try:
        if path.is_dir():
            for reader in FOLDERS.values():
                if reader.recognises(path):
                    return reader.read(path)
            kinds = f"a file ({', '.join(READERS)}), or a folder of one of the kinds {' and '.join(FOLDERS)}"
            raise DataError(f"{str(path)!r} is a directory; expected {kinds}")
        with opened(path) as stream:
            return _reader(path, stream).read(path, stream)
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or _first_line(error)}") from None
    except MemoryError:
        raise DataError(f"{path.name} does not fit in memory, or is damaged and announces too much") from None
    except Exception as error:  # the parsers of other libraries may raise anything on a damaged file
        raise DataError(f"{path.name} is damaged, or not of the kind it seems to be ({_first_line(error)})") from None


def _reader(path: Path, stream: BinaryIO) -> Reader:
    """The reader for a file, by extension and else by content; the stream is back at its beginning.

    Raises:
        DataError: there is none.
    """
    if known := READERS.get(path.suffix.lower()):
        return known
    start = stream.read(4)
    known = next((READERS[kind] for kind, begins in _BEGINNINGS.items() if start == begins), None)
    if known is None and libsvm.looks_like_libsvm(stream):
        known = _LIBSVM
    stream.seek(0)
    if known is None and (not path.is_file() or path.parts[:2] == ("/", "dev")):  # of the shell: no extension to choose
        known = READERS[".csv"]
    if known is None:
        raise DataError(
            f"{path.name}: files of kind {path.suffix or 'without an extension'} are not supported, unless their "
            "first lines are LIBSVM (label index:value ...), which these are not; supported are "
            f"{', '.join(READERS)}"
        )
    return known


def read_npz(path: Path, stream: BinaryIO) -> RawData:
    """Arrays ``x_train, y_train`` or ``x, y``, and perhaps ``x_test, y_test``, of an ``.npz`` file; in either case.

    Raises:
        DataError: damaged or not an npz file, pickled objects, or missing arrays.
    """
    start = stream.read(len(_ARRAY))
    stream.seek(0)
    if start[:2] != _ARCHIVE and start != _ARRAY:  # NumPy would speak of pickles
        raise DataError(
            f"{path.name} is damaged or not an .npz file (it starts with {start[:4].hex(' ') or 'nothing'}, an "
            f"archive with {_ARCHIVE.hex(' ')}); write it anew with numpy.savez"
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # which are about how to write files
            arrays = _arrays(path, np.load(stream, allow_pickle=False))
    except DataError:
        raise
    except Exception as error:  # zipfile, its decompressors and the headers of arrays have many ways to fail
        raise DataError(
            f"{path.name} is damaged or not an .npz file ({_first_line(error)}); write it anew with numpy.savez"
        ) from None
    remarks = []
    for role in ("x", "x_test"):
        if role in arrays and arrays[role].ndim > 2 and len(arrays[role]):
            shape = "x".join(map(str, arrays[role].shape[1:]))
            remarks.append(f"{path.name}: {role} has rows of shape {shape}; they were flattened")
            arrays[role] = arrays[role].reshape(len(arrays[role]), -1)
    return RawData(arrays["x"], arrays["labels"], arrays.get("x_test"), arrays.get("labels_test"), tuple(remarks))


def _arrays(path: Path, archive: object) -> dict[str, NDArray[Any]]:
    """The arrays of an archive by their roles.

    Raises:
        DataError: no archive, pickled objects, or missing arrays.
        ValueError: a damaged array.
    """
    if not isinstance(archive, NpzFile):
        raise DataError(f"{path.name} holds a single array; expected x_train and y_train, or x and y (numpy.savez)")
    announced = sum(member.file_size for member in (archive.zip.infolist() if archive.zip else ()))
    if announced > LARGEST_BYTES:
        raise DataError(
            f"{path.name} announces {announced / 2**30:.3g} GiB of arrays, beyond the limit of "
            f"{LARGEST_BYTES / 2**30:.3g} GiB: take fewer rows or columns"
        )
    stored = {name.lower(): name for name in archive.files}
    if twice := [name for name in archive.files if stored[name.lower()] != name]:
        raise DataError(f"{path.name} has the array {twice[0]} twice, also as {stored[twice[0].lower()]}; keep one")
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
    roles = {"x": pair[0], "labels": pair[1]} | test
    arrays = {}
    for role, name in roles.items():
        try:
            arrays[role] = archive[stored[name]]
        except ValueError as error:
            if "pickle" not in str(error).lower():
                raise
            raise DataError(
                f"{path.name}: array {stored[name]} holds Python objects, which are not loaded for safety; save "
                "numbers or text"
            ) from None
        if not isinstance(arrays[role], np.ndarray):
            raise DataError(f"{path.name}: member {stored[name]} is not an array; write the file with numpy.savez")
    return arrays


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:_SHOWN_REASON] if lines else type(error).__name__


_LIBSVM = Reader(
    "LIBSVM text, 'label index:value ...' a line; with any other extension or none it is known by its first lines; "
    "name.t beside name is the test part",
    "path/to/a9a",
    libsvm.read_libsvm,
)

_BEGINNINGS = {".npz": b"PK\x03\x04", ".parquet": b"PAR1"}

READERS = {
    ".npz": Reader(
        "arrays x_train, y_train[, x_test, y_test], or x, y (numpy.savez)", "path/to/data.npz:A/B", read_npz
    ),
    ".csv": Reader(
        "one sample a line; label column called label, target, class or y, else the last",
        "path/to/data.csv:A/B",
        read_csv,
    ),
    ".parquet": Reader(
        "one sample a row, label column as for .csv; needs pip install 'howwide[parquet]'",
        "path/to/data.parquet:A/B",
        read_parquet,
    ),
    **dict.fromkeys(libsvm.EXTENSIONS, _LIBSVM),
}

FOLDERS = {
    cifar.FOLDER: FolderReader(
        "the folder of CIFAR-10 in its Python version; classes by name or by number",
        f"path/to/{cifar.FOLDER}:airplane/automobile",
        cifar.read_cifar_folder,
        cifar.is_cifar_folder,
    ),
    "mnist": FolderReader(
        "a folder of MNIST files such as train-images-idx3-ubyte, each perhaps with .gz",
        "path/to/mnist:3/8",
        idx.read_idx_folder,
        idx.is_idx_folder,
    ),
}
