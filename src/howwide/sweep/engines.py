"""Where batches run. An engine is a way to get an executor in the standard library's sense, and a number of workers.

Bytes depend on the threads of XLA and BLAS, so a study names the environment variables that settle them, and every
engine sees to it that each process that computes has these: a task gives the same result under every engine. Worker
processes have one thread each where the study does not say otherwise.
"""

import contextlib
import contextvars
import dataclasses
import functools
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, Protocol, TypeVar

from howwide.errors import SettingError
from howwide.stopping import STOP, Stopped, check_stop
from howwide.sweep.task import ONE_THREAD

__all__ = ["ENGINES", "Engine", "InProcess", "Processes", "Stopped", "check_stop", "make_engine", "reuse_workers"]

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

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """An executor that computes when it is asked to, or in threads that stop when the run is over.

        Raises:
            SettingError: this process has another value of a variable, which a library may have read.
        """
        for name, value in environment.items():
            if os.environ.setdefault(name, value) != value:
                raise SettingError(
                    f"the environment variable {name} is {os.environ[name]!r} here and {value!r} in the study. Start "
                    f"with {name}={value}, or use the engine of worker processes"
                )
        if self.workers == 1:
            yield _InlineExecutor()
            return
        threads = _Threads(self.workers)
        try:
            yield threads
        finally:
            threads.stop.set()
            threads.shutdown(wait=True, cancel_futures=True)


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


ENGINES: dict[str, Callable[[int], Engine]] = {"threads": InProcess, "processes": Processes}
"""What makes an engine of so many workers, by the name that commands give it; a new engine is a class and an entry."""


def make_engine(name: str, workers: int) -> Engine:
    """The engine of that name.

    Raises:
        SettingError: there is none, or fewer than one worker.
    """
    if name not in ENGINES:
        raise SettingError(f"unknown engine {name!r}; use one of {', '.join(ENGINES)}")
    return ENGINES[name](workers)


@contextlib.contextmanager
def reuse_workers(engine: Engine) -> Iterator[Engine]:
    """An engine that keeps the workers of ``engine`` from run to run, and ends them on leaving; dead ones are replaced.

    For many short runs of one study: new processes would load and compile everything anew each time.
    """
    with contextlib.closing(_Reused(engine)) as keeper:
        yield keeper


class _Reused:
    def __init__(self, engine: Engine) -> None:
        self._engine, self._stack = engine, contextlib.ExitStack()
        self._executor: Executor | None = None

    @property
    def workers(self) -> int:
        return self._engine.workers

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        if self._executor is None:
            self._executor = self._stack.enter_context(self._engine.executor(environment))
        try:
            yield self._executor
        except BrokenExecutor:
            self.close()
            raise

    def close(self) -> None:
        self._executor = None
        self._stack.close()


class _InlineExecutor(Executor):
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _FrozenGcPool(Executor):
    """A pool of processes that do not search for garbage among what their first batch has loaded.

    The pool collects garbage in every worker once a second; among the modules of a numerical library that takes a tenth
    of the time.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        return self._pool.submit(_then_freeze, fn, *args, **kwargs)


class _Threads(ThreadPoolExecutor):
    """Threads whose batches can see, by :func:`check_stop`, that the run is over."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.stop = threading.Event()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        def stoppable() -> _T:
            STOP.set(self.stop)
            return fn(*args, **kwargs)

        return super().submit(contextvars.copy_context().run, stoppable)


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
