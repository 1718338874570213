"""The engine in the driver's own process."""

import contextlib
import contextvars
import dataclasses
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from howwide.errors import SettingError
from howwide.stopping import STOP
from howwide.sweep.engines.protocol import register

__all__ = ["InProcess", "settle"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def settle(environment: Mapping[str, str], advice: str) -> None:
    """Set the variables that this process does not have yet, for good.

    Raises:
        SettingError: it has another value, which a library may have read; the message ends with ``advice``.
    """
    for name, value in environment.items():
        if os.environ.setdefault(name, value) != value:
            raise SettingError(
                f"the environment variable {name} is {os.environ[name]!r} here and {value!r} in the study. {advice}"
            )


@register("threads")
@dataclasses.dataclass(frozen=True)
class InProcess:
    """In the driver itself, one batch after another or, with several workers, in threads.

    Threads are for functions that release the interpreter while they compute, and whose results do not depend on what
    runs beside them. A variable that is not set yet is set, for good. Numerical libraries read some of them when they
    first compute, so use this engine before anything else computes, or set the variables before Python starts.

    Raises:
        SettingError: fewer than one worker.
    """

    workers: int = 1

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise SettingError(f"workers must be at least 1; got {self.workers}")

    @property
    def ahead(self) -> int:
        return 2 * self.workers if self.workers > 1 else 1  # one waits for each of several workers

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """An executor that computes when it is asked to, or in threads that stop when the run is over.

        Raises:
            SettingError: this process has another value of a variable, which a library may have read.
        """
        settle(environment, "Start with the study's value, or use the engine of worker processes")
        if self.workers == 1:
            yield _InlineExecutor()
            return
        threads = _Threads(self.workers)
        try:
            yield threads
        finally:
            threads.stop.set()
            threads.shutdown(wait=True, cancel_futures=True)


class _InlineExecutor(Executor):
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _Threads(ThreadPoolExecutor):
    """Threads whose batches can see, by :func:`howwide.stopping.check_stop`, that the run is over."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.stop = threading.Event()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        def stoppable() -> _T:
            STOP.set(self.stop)
            return fn(*args, **kwargs)

        return super().submit(contextvars.copy_context().run, stoppable)
