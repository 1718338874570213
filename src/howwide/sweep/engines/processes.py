"""The engine of worker processes on this machine."""

import contextlib
import dataclasses
import functools
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from howwide.errors import SettingError
from howwide.sweep.engines.protocol import register
from howwide.sweep.task import ONE_THREAD

__all__ = ["Processes"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_IDLE = 300  # seconds after which an idle worker goes; a guard for systems where orphans cannot see that they are


@register("processes")
@dataclasses.dataclass(frozen=True)
class Processes:
    """Worker processes on this machine (joblib's loky); every one imports what it needs itself.

    Args:
        workers: how many; one a core unless given.

    Raises:
        SettingError: fewer than one worker.
    """

    workers: int = 0

    def __post_init__(self) -> None:
        import joblib

        if self.workers < 0:
            raise SettingError(f"workers must be at least 1, or 0 for one a core; got {self.workers}")
        if not self.workers:
            object.__setattr__(self, "workers", joblib.cpu_count())

    @property
    def ahead(self) -> int:
        return 2 * self.workers if self.workers > 1 else 1  # one waits for each of several workers

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """Fresh processes that have the environment from their first instruction, and die with the driver."""
        from joblib.externals.loky import ProcessPoolExecutor

        pool = ProcessPoolExecutor(
            self.workers,
            timeout=_IDLE,
            env={**ONE_THREAD, **environment},
            initializer=_die_with,
            initargs=(os.getpid(),),
        )
        try:
            yield _FrozenGcPool(pool)
        finally:
            pool.shutdown(wait=True, kill_workers=True)


class _FrozenGcPool(Executor):
    """A pool of processes that do not search for garbage among what their first batch has loaded.

    The pool collects garbage in every worker once a second; among the modules of a numerical library that takes a tenth
    of the time.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        return self._pool.submit(_then_freeze, fn, *args, **kwargs)


def _then_freeze(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return fn(*args, **kwargs)
    finally:
        _freeze()


_freeze = functools.cache(gc.freeze)  # once a process


def _die_with(parent: int) -> None:
    """Leave when the driver is gone: whoever kills it wants the cores back. Ctrl-C is for the driver alone."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if os.name == "posix":
        threading.Thread(target=watch, daemon=True).start()
