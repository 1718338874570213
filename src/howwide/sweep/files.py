"""Files that appear whole or not at all, and that nobody overwrites.

Everything here works without locks on local and network file systems: a file is written under a temporary name and gets
its own name by a hard link, which fails if the name is taken.
"""

import contextlib
import os
import re
import secrets
import tempfile
import time
from pathlib import Path

from howwide.errors import OutputError

__all__ = ["ASIDE", "publish", "read_bytes", "set_aside", "sweep_leftovers"]

ASIDE = ".damaged-"
"""Between the old name and a random end in the name of a file that was set aside."""

_LEFTOVER = re.compile(r"\.(?:[0-9a-f]{32}|study)\.json\.\w+\.part|[0-9a-f]{32}\.claim")
_OLD = 24 * 3600.0  # seconds; a living writer needs milliseconds, and clocks of a cluster differ by less


def publish(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` unless something is there: the first writer wins, and the file is never seen in part.

    Where the file system has no hard links, a second writer within the same instant replaces the first one's file.

    Raises:
        OutputError: the file cannot be written; nothing is left of it.
    """
    try:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(name, 0o644)
            _give_name(name, path)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(name)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}. What is finished stays: make room or allow writing, and "
            "run again"
        ) from None


def _give_name(temporary: str, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links here
        if not path.exists():
            os.replace(temporary, path)


def read_bytes(path: Path) -> bytes | None:
    """The content of ``path``; None if there is no such file, empty for a folder of that name.

    Raises:
        OutputError: it is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        return b""
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror or error}") from None


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file, keeping it; None if it was gone already.

    Raises:
        OutputError: it cannot be renamed.
    """
    aside = path.with_name(f"{path.name}{ASIDE}{secrets.token_hex(4)}")
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"cannot set the damaged {path} aside: {error.strerror or error}") from None
    return aside


def sweep_leftovers(folder: Path) -> None:
    """Remove the temporary files and the claims of processes that were killed a day ago or earlier."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if _LEFTOVER.fullmatch(entry.name) and time.time() - entry.stat().st_mtime > _OLD:
                    os.unlink(entry)
