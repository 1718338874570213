"""Ctrl-C ends any verb within two seconds, whatever it computes, and says what is kept.

A verb runs in a thread beside the main one. Compiled code cannot be interrupted, but the main thread only waits, so it
hears Ctrl-C at once: it asks the verb to stop, which loops, searches and progress lines notice, and gives it a moment
to clear up. A verb that is deep in one long computation is left behind: the process ends without it. Nothing in a
folder is harmed by that, as every file is published whole or not at all.
"""

import contextlib
import contextvars
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from howwide.stopping import STOP, Stopped

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["INTERRUPTED", "keep_in", "on_leaving", "run_interruptibly"]

INTERRUPTED = 130
"""Exit code of a program that Ctrl-C has ended."""

_GRACE = 1.2  # seconds in which the verb may stop by itself

_LEAVING: list[Callable[[], object]] = []  # what clears up if the verb cannot
_KEPT: list[tuple["Path | None", bool]] = []  # where the verb keeps results, and whether trial by trial


def on_leaving(clear_up: Callable[[], object]) -> None:
    """Have ``clear_up`` called if the process ends before the verb does."""
    _LEAVING.append(clear_up)


def keep_in(folder: "Path | None", *, trials: bool) -> None:
    """Note where the verb keeps results, to say what is there; ``trials``: it stores each finished trial at once."""
    _KEPT.append((folder, trials))


def run_interruptibly(verb: Callable[[], int]) -> int:
    """The exit code of ``verb``, or that of an interruption after a line that says so.

    A verb that does not stop when it is asked to takes the process with it.
    """
    _LEAVING.clear()
    _KEPT.clear()
    if threading.current_thread() is not threading.main_thread():
        return verb()
    stop, ended = threading.Event(), threading.Event()
    codes: list[int] = []
    errors: list[BaseException] = []

    def run() -> None:
        if hasattr(signal, "pthread_sigmask"):  # Ctrl-C is for the main thread alone, not for worker processes
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        STOP.set(stop)
        try:
            codes.append(verb())
        except BaseException as error:  # the main thread judges it
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="howwide", daemon=True)
    try:
        thread.start()
        while not ended.wait(1.0):  # Windows hears Ctrl-C between two waits only
            pass
    except KeyboardInterrupt:
        stop.set()
        with contextlib.suppress(KeyboardInterrupt):  # a second one cuts the moment short
            ended.wait(_GRACE)
        if not ended.is_set():
            _leave()
        if codes:  # it was finished in that moment
            return codes[0]
        errors = [Stopped()]
    if errors and isinstance(errors[0], (KeyboardInterrupt, Stopped)):
        _say_what_is_kept()
        return INTERRUPTED
    if errors:
        raise errors[0]
    return codes[0]


def _say_what_is_kept() -> None:
    folder, trials = _KEPT[-1] if _KEPT else (None, False)
    words = "nothing is kept"
    if folder is not None and (folder / "study.json").exists():
        done = sum(1 for _ in (folder / "results").glob("[0-9a-f][0-9a-f]/*.json"))
        words = f"{done} finished trials are kept in {folder}, and the same command goes on from there"
    elif trials and folder is None:
        words += "; with --out DIR finished trials are, and the same command goes on from there"
    elif folder is not None and folder.exists():
        words = f"nothing of this run is in {folder}"
    print(f"howwide: interrupted; {words}", file=sys.stderr, flush=True)


def _leave() -> None:
    """End the process without waiting for what it computes."""
    import shutil  # here, as every import before the first line of the program is a moment in which Ctrl-C is raw
    import tempfile
    from pathlib import Path

    for clear_up in reversed(_LEAVING):
        with contextlib.suppress(Exception):
            clear_up()
    for place in Path(tempfile.gettempdir()).glob(f"howwide-{os.getpid()}-*"):
        shutil.rmtree(place, ignore_errors=True)
    _say_what_is_kept()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(INTERRUPTED)
