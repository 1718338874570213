"""Where batches run. An engine is a way to get an executor in the standard library's sense, and a number of workers.

Bytes depend on the threads of XLA and BLAS, so a study names the environment variables that settle them, and every
engine sees to it that each process that computes has these: a task gives the same result under every engine.
"""

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import ParamSpec, Protocol, TypeVar

from howwide.errors import SettingError

__all__ = ["Engine", "InProcess", "Processes"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_IDLE = 300  # seconds after which an idle worker goes; a guard for systems where orphans cannot see that they are


class Engine(Protocol):
    """Where batches run.

    ``executor`` gives an executor whose processes have the environment variables and see the study's folder, and ends
    them on leaving. A worker that dies fails the futures with :class:`concurrent.futures.BrokenExecutor`; the driver
    then asks for a new executor.
    """

    @property
    def workers(self) -> int:
        """How many batches run at a time."""

    def executor(self, environment: Mapping[str, str]) -> contextlib.AbstractContextManager[Executor]: ...


@dataclasses.dataclass(frozen=True)
class InProcess:
    """One batch after another, in the driver itself.

    A variable that is not set yet is set, for good. Numerical libraries read some of them when they first compute, so
    use this engine before anything else computes, or set the variables before Python starts.
    """

    workers: int = dataclasses.field(default=1, init=False)

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """An executor that computes when it is asked to.

        Raises:
            SettingError: this process has another value of a variable, which a library may have read.
        """
        for name, value in environment.items():
            if os.environ.setdefault(name, value) != value:
                raise SettingError(
                    f"the environment variable {name} is {os.environ[name]!r} here and {value!r} in the study. Start "
                    f"with {name}={value}, or use the engine of worker processes"
                )
        yield _AtOnce()


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

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """Fresh processes that have the environment from their first instruction, and die with the driver."""
        from joblib.externals.loky import ProcessPoolExecutor

        pool = ProcessPoolExecutor(
            self.workers, timeout=_IDLE, env=dict(environment), initializer=_die_with, initargs=(os.getpid(),)
        )
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, kill_workers=True)


class _AtOnce(Executor):
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _die_with(parent: int) -> None:
    """Leave when the driver is gone: whoever kills it wants the cores back."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if os.name == "posix":
        threading.Thread(target=watch, daemon=True).start()
