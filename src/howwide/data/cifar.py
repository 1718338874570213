"""The folder ``cifar-10-batches-py`` as its authors hand it out: five training batches, a test batch, class names.

A row is 1024 red, 1024 green and 1024 blue values of a 32x32 image. Classes are chosen by name,
``airplane/automobile``, or by number, ``0/1``. The batches are pickles of Python 2; they are read by
`howwide.data.pickles`, which runs nothing.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.data.opening import opened, size_of
from howwide.data.pickles import byte_array, read_pickle
from howwide.data.raw_data import RawData
from howwide.errors import DataError

FOLDER = "cifar-10-batches-py"

_TRAIN = tuple(f"data_batch_{index}" for index in range(1, 6))
_TEST = "test_batch"
_META = "batches.meta"
_COLUMNS = 3 * 32 * 32
_CLASSES = 10
_LARGEST_FILE = 64 * 2**20  # a batch has 31 MB

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


def is_cifar_folder(folder: Path) -> bool:
    """Is there a batch, or is the folder called as its authors call it?"""
    return folder.name == FOLDER or any((folder / name).exists() for name in (*_TRAIN, _TEST))


def read_cifar_folder(folder: Path) -> RawData:
    """Images of all batches, and labels by the names in ``batches.meta`` (numbers where that file is missing).

    Raises:
        DataError: a batch is missing or damaged, or holds anything but images and labels.
    """
    missing = [name for name in (*_TRAIN, _TEST) if not (folder / name).exists()]
    if missing:
        raise DataError(f"{folder.name} lacks {', '.join(missing)}; unpack cifar-10-python.tar.gz anew")
    batches = [_read_batch(folder / name) for name in _TRAIN]
    x, labels = (np.concatenate([batch[index] for batch in batches]) for index in (0, 1))
    x_test, labels_test = _read_batch(folder / _TEST)
    if not (folder / _META).exists():
        return RawData(x, labels, x_test, labels_test)
    names = _read_names(folder / _META)
    listed = np.array(names)
    return RawData(x, listed[labels], x_test, listed[labels_test], class_names=names)


def _read_batch(path: Path) -> Part:
    """Images and class numbers of a batch.

    Raises:
        DataError: damaged, or not a batch of CIFAR-10.
    """
    held = _read_dictionary(path)
    x, labels = byte_array(held.get(b"data"), _COLUMNS), held.get(b"labels")
    if x is None:
        images = f"its images are not an array of unsigned bytes with {_COLUMNS} columns"
        raise DataError(f"{path.name} is not a batch of CIFAR-10: {images}")
    if not isinstance(labels, list) or not all(type(label) is int and 0 <= label < _CLASSES for label in labels):
        raise DataError(f"{path.name} is not a batch of CIFAR-10: its labels are not a list of numbers from 0 to 9")
    if len(labels) != len(x):
        raise DataError(f"{path.name}: {len(x)} images and {len(labels)} labels; the numbers must agree")
    return x, np.array(labels, dtype=np.int64)


def _read_names(path: Path) -> tuple[str, ...]:
    """Names of the ten classes.

    Raises:
        DataError: damaged, or not ten different names.
    """
    names = _read_dictionary(path).get(b"label_names")
    if isinstance(names, list) and len(names) == _CLASSES and all(isinstance(name, bytes) for name in names):
        # Bytes that are not UTF-8 become surrogates, which are not printable.
        found = tuple(name.decode("utf-8", errors="surrogateescape").strip() for name in names)
        if all(name and name.isprintable() for name in found) and len(set(found)) == _CLASSES:
            return found
    raise DataError(f"{path.name} does not hold {_CLASSES} different names of classes; fetch it anew, or remove it")


def _read_dictionary(path: Path) -> dict[bytes, Any]:
    """What a pickle holds, with keys as bytes.

    Raises:
        DataError: too large, damaged, or not a dictionary of plain data.
    """
    with opened(path) as stream:
        size = size_of(stream)
        if size > _LARGEST_FILE:
            raise DataError(f"{path.name} has {size} bytes, more than any file of CIFAR-10; it was not read")
        content = stream.read()
    try:
        held = read_pickle(content)
    except DataError as error:
        raise DataError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(held, dict):
        raise DataError(f"{path.name} is not a batch of CIFAR-10: it holds no dictionary")
    return {key.encode(errors="surrogatepass") if isinstance(key, str) else key: value for key, value in held.items()}
