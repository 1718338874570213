"""A file opened once, as a stream that can be read at any place, whatever its path stands for.

What cannot be read twice (a named pipe, /dev/stdin, the ``<(...)`` of a shell) is read to its end at once and kept, so
that a reader may look at the beginning, ask for the size and go back. Devices are refused, and so is a pipe into which
nobody writes: no path makes a program wait forever.
"""

import io
import os
import selectors
import stat
from pathlib import Path
from typing import BinaryIO

from howwide.data.memory_limit import LARGEST_BYTES
from howwide.errors import DataError

_PATIENCE = 15.0  # seconds without a byte
_CHUNK = 2**20
_UTF8_MARK = b"\xef\xbb\xbf"


def is_there(path: Path) -> bool:
    """Is there a file or folder? A path too long for the system is none."""
    try:
        return path.exists()
    except OSError:
        return False


def opened(path: Path) -> BinaryIO:
    """The content of a file or pipe, at its beginning.

    Raises:
        DataError: a folder or a device, or a pipe that is silent for 15 seconds or holds more than 4 GiB.
        OSError: as of `open`.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return path.open("rb")
    if stat.S_ISFIFO(mode):
        return io.BytesIO(_drained(path))
    kind = "a directory" if stat.S_ISDIR(mode) else "a device or socket"
    raise DataError(f"{path.name} is {kind}; expected a file or a pipe")


def size_of(stream: BinaryIO) -> int:
    """The length of a stream in bytes; the place in it stays."""
    here = stream.tell()
    length = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return length


def skip_mark(stream: BinaryIO) -> None:
    """Go behind the UTF-8 byte order mark at the beginning, if there is one, else to the beginning."""
    stream.seek(0)
    stream.seek(len(_UTF8_MARK) if stream.read(len(_UTF8_MARK)) == _UTF8_MARK else 0)


def _drained(path: Path) -> bytes:
    """Everything that comes out of a pipe until its writers are gone."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # so that opening does not wait for a writer
    content = bytearray()
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(handle, selectors.EVENT_READ)
            while selector.select(_PATIENCE):
                chunk = os.read(handle, _CHUNK)
                if not chunk:
                    return bytes(content)
                content += chunk
                if len(content) > LARGEST_BYTES:
                    raise DataError(f"the pipe {path.name} holds more than {LARGEST_BYTES / 2**30:.3g} GiB; use a file")
    finally:
        os.close(handle)
    raise DataError(
        f"nothing came out of the pipe {path.name} for {_PATIENCE:g} s; write the data to a file first, or start the "
        "program that writes into it"
    )
