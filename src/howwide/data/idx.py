"""A folder of MNIST files: images and labels in the IDX format, compressed with gzip or not.

``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` are needed, the two that start with ``t10k`` are the test
part; ``-idx`` may be ``.idx``, and each may end in ``.gz``. Other data under these names (Fashion-MNIST, KMNIST) are
read the same way. An IDX file announces its size in its header: that is checked against the length of the file before
anything is allocated, and a compressed file is never read beyond it.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from howwide.data.memory_limit import check_size
from howwide.data.opening import opened, size_of
from howwide.data.raw_data import RawData
from howwide.errors import DataError

_KINDS = {"images": 3, "labels": 1}  # and their dimensions
_UNSIGNED_BYTES = 8
_LARGEST_RATIO = 1032  # deflate cannot shrink by more


def is_idx_folder(folder: Path) -> bool:
    """Is there a file of training images or labels?"""
    return any(_find(folder, "train", kind) for kind in ("images", "labels"))


def read_idx_folder(folder: Path) -> RawData:
    """Images as rows, and labels, of the training part and of the test part if it is there.

    Raises:
        DataError: files are missing, or one is damaged.
    """
    train = _read_part(folder, "train")
    if not any(_find(folder, "t10k", kind) for kind in ("images", "labels")):
        return RawData(*train)
    return RawData(*train, *_read_part(folder, "t10k"))


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes in an IDX file, in gzip form if its name ends in ``.gz``.

    Args:
        path: the file.
        dimensions: how many the array must have.

    Raises:
        DataError: another kind of array, a size that the file does not have, or damaged compression.
    """
    compressed = path.suffix.lower() == ".gz"
    try:
        with opened(path) as stream, gzip.GzipFile(fileobj=stream) if compressed else stream as file:
            length = size_of(stream)
            start = 4 + 4 * dimensions
            header = file.read(start)
            if header[:4] != bytes([0, 0, _UNSIGNED_BYTES, dimensions]):
                raise DataError(
                    f"{path.name} is not an IDX file of unsigned bytes in {dimensions} dimension(s): it starts with "
                    f"{header[:4].hex(' ') or 'nothing'}, expected 00 00 08 0{dimensions}"
                )
            if len(header) < start:
                raise DataError(f"{path.name} is damaged: it ends within its header")
            shape = np.frombuffer(header[4:], dtype=">u4").tolist()
            size = math.prod(shape)
            if size > length * _LARGEST_RATIO if compressed else size != length - start:
                held = f"{length} bytes compressed" if compressed else f"{length - start}"
                raise DataError(f"{path.name} is damaged: its header announces {size} bytes of data, it holds {held}")
            check_size(shape, path.name, "use a smaller file")
            content = file.read(size + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is damaged or not compressed with gzip ({error}); fetch it anew") from None
    if len(content) != size:
        held = "more" if len(content) > size else f"{len(content)}"
        raise DataError(f"{path.name} is damaged: its header announces {size} bytes of data, it holds {held}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_part(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Flattened images and labels of a part.

    Raises:
        DataError: one of the two files is missing, or damaged, or they do not fit each other.
    """
    found = {kind: _find(folder, part, kind) for kind in _KINDS}
    missing = [f"{part}-{kind}-idx{_KINDS[kind]}-ubyte[.gz]" for kind, path in found.items() if path is None]
    if missing:
        raise DataError(f"{folder.name} lacks {', '.join(missing)}; expected images and labels of each part")
    images, labels = (read_idx(path, _KINDS[kind]) for kind, path in found.items() if path is not None)
    if len(images) != len(labels):
        raise DataError(
            f"{folder.name}: {part} has {len(images)} images and {len(labels)} labels; the numbers must agree"
        )
    return images.reshape(len(images), math.prod(images.shape[1:])), labels


def _find(folder: Path, part: str, kind: str) -> Path | None:
    stems = (f"{part}-{kind}{joint}idx{_KINDS[kind]}-ubyte" for joint in "-.")
    names = [stem + ending for stem in stems for ending in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).exists()), None)
