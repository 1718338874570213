"""The engine of a Dask cluster: workers compute, the driver reads and writes the study's folder.

So workers may be on machines that do not see the folder. What Dask knows of finished tasks is not used: a driver that
starts again asks the folder.
"""

import atexit
import contextlib
import dataclasses
import functools
import logging
import math
import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from howwide.errors import HowwideError, SettingError
from howwide.sweep.batch import TaskFailed, at, compute
from howwide.sweep.engines.in_process import settle
from howwide.sweep.engines.protocol import BatchLost, register
from howwide.sweep.store import Store
from howwide.sweep.task import ONE_THREAD, Task, canonical, digest

__all__ = ["Dask"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LOOK = 0.5  # seconds between two looks at whether a batch is still wanted
_REFRESH = 2.0  # seconds between two looks at how many workers there are
_MOST = 10_000  # batches handed out at a time, each waited for by a thread that sleeps

Timed = tuple[float, dict[str, Any]]


@register("dask")
class Dask:
    """Workers of a Dask cluster: a local one, that of a scheduler's address, or that of a ``Client``.

    A local cluster has one thread and the study's environment in each worker. Workers of another cluster were started
    by somebody else: with one thread each (``dask worker --nthreads 1``), and with the study's variables or none. They
    need howwide in the driver's version, and the scheduler Dask alone. The study's folder they need not see: the driver
    alone reads and writes it, and sends them the files beside ``study.json``. Workers may come and go.

    Args:
        workers: batches at a time: of a local cluster one a core unless given, of another one all its threads.
        scheduler: the address, ``tcp://host:8786``, or a ``distributed.Client``; a local cluster unless given.
        connect: seconds in which a scheduler must answer at its address.

    Raises:
        SettingError: Dask is not installed, fewer than one worker, or no connect > 0.
    """

    def __init__(self, workers: int = 0, scheduler: object = None, connect: float = 10.0) -> None:
        if workers < 0:
            raise SettingError(f"workers must be at least 1, or 0 for all there are; got {workers}")
        if not 0 < connect < math.inf:
            raise SettingError(f"connect must be a number of seconds greater than 0; got {connect:g}")
        _distributed()
        self._asked, self._scheduler, self._connect = workers, scheduler, connect
        self._client: Any = None
        self._threads, self._counted = 0, -math.inf

    @property
    def workers(self) -> int:
        """Threads of the cluster at the moment, as far as they are wanted; at least 1, for a cluster that grows."""
        if self._client is not None and time.monotonic() > self._counted + _REFRESH:
            with contextlib.suppress(Exception):  # a scheduler that is lost shows in the futures
                self._threads = sum(self._client.nthreads().values())
            self._counted = time.monotonic()
        return max(1, min(self._threads, self._asked or self._threads))

    @property
    def ahead(self) -> int:
        return min(2 * self.workers, _MOST)

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """An executor that has its batches computed by the cluster, and ends a local one on leaving.

        Raises:
            SettingError: no scheduler answers at the address.
        """
        with self._connected(environment) as client:
            self._client, self._counted = client, -math.inf
            executor = _DaskExecutor(client, environment)
            try:
                yield executor
            finally:
                self._client = None
                executor.leave()

    @contextlib.contextmanager
    def _connected(self, environment: Mapping[str, str]) -> Iterator[Any]:
        import dask

        distributed = _distributed()
        if self._scheduler is None:
            _start_tracker()
            variables = {**ONE_THREAD, **environment}
            settings = {
                "distributed.nanny.pre-spawn-environ": variables,
                "distributed.scheduler.allowed-failures": 0,  # the driver counts deaths
            }
            with (
                _variables(variables),
                dask.config.set(settings),
                distributed.LocalCluster(
                    n_workers=self._asked or None,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                ) as own,
                distributed.Client(own) as client,
            ):
                count = len(own.worker_spec)
                own.adapt(minimum=count, maximum=count)  # also in place of nannies that gave up
                yield client
        elif isinstance(self._scheduler, str):
            try:
                client = distributed.Client(self._scheduler, timeout=self._connect)
            # AssertionError: its event loop did not start within ten seconds
            except (OSError, ValueError, TypeError, RuntimeError, AssertionError) as error:
                raise SettingError(
                    f"no Dask scheduler answers at {self._scheduler} ({_line(error)}). Give the address that it "
                    "printed when it started, tcp://HOST:8786; what is finished stays"
                ) from None
            with client:
                yield client
        elif getattr(self._scheduler, "status", None) == "running":
            yield self._scheduler
        else:
            raise SettingError("scheduler must be an address, tcp://HOST:8786, or a distributed.Client that is open")


def _distributed() -> Any:
    """The library, which is imported where it is used.

    Raises:
        SettingError: it is not installed.
    """
    try:
        import distributed
    except ImportError:
        raise SettingError("engine dask needs Dask: install howwide[dask]") from None
    return distributed


@contextlib.contextmanager
def _variables(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables while a cluster starts workers from this process, since a nanny prefers the values that it finds.

    It sets some of its own, for good; they go too.
    """
    before = {name: os.environ.get(name) for name in (*environment, "PYTHONHASHSEED", "MALLOC_TRIM_THRESHOLD_")}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start_tracker() -> None:
    """Start Python's process that frees the semaphores of dead ones, before a worker is started.

    In the thread that starts it Python lets Ctrl-C through again; workers would inherit that, and die before the driver
    has stopped. It need not warn of what a driver leaves to it that Ctrl-C has ended.
    """
    if os.name != "posix":
        return
    from multiprocessing.resource_tracker import ensure_running

    filters = filter(None, (os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker"))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with _variables({"PYTHONWARNINGS": ",".join(filters)}):
        ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _DaskExecutor(Executor):
    """Has a thread of the driver for each batch, which reads, claims and writes; Dask computes what is missing."""

    def __init__(self, client: Any, environment: Mapping[str, str]) -> None:
        self._client, self._environment = client, dict(environment)
        self._threads = ThreadPoolExecutor(_MOST, "dask-batch")
        self._leaving = False

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        store = args[0]
        return self._threads.submit(fn, *args, **kwargs, compute=functools.partial(self._compute, store))  # type: ignore[arg-type]

    def leave(self) -> None:
        """Cancel what has not come back."""
        self._leaving = True
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _compute(self, store: Store, tasks: Sequence[Task]) -> Iterator[Timed]:
        answer = self._answer(store, tasks, None)
        if answer is None:
            folder = store.folder
            files = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")}
            answer = self._answer(store, tasks, files)
            assert answer is not None
        results, error = answer
        yield from results
        if error is not None:
            raise error

    def _answer(
        self, store: Store, tasks: Sequence[Task], files: Mapping[str, bytes] | None
    ) -> tuple[list[Timed], Exception | None] | None:
        future = None
        try:
            beside = None if files is None else {name: pickle.PickleBuffer(files[name]) for name in files}
            call, contents = _Call(store, list(tasks), self._environment, beside), list[pickle.PickleBuffer]()
            packed = pickle.dumps(call, protocol=5, buffer_callback=contents.append)
            sent = self._client.scatter([bytes(content) for content in contents], hash=False) if contents else ()
            future = self._client.submit(pickle.loads, packed, buffers=sent, pure=False)
            finished = threading.Event()
            future.add_done_callback(lambda _: finished.set())
            while not finished.wait(_LOOK):
                if self._leaving or self._client.status != "running":
                    raise BrokenExecutor("the run is over, or the scheduler is lost")
            return future.result()
        except _distributed().KilledWorker as killed:
            raise BatchLost(str(killed.last_worker)) from None
        except (CancelledError, OSError, RuntimeError, ImportError) as error:
            if isinstance(error, ImportError) or "deserializ" in str(error):
                raise SettingError(
                    f"a Dask worker cannot import what trials need ({_line(error)}). Install howwide "
                    f"{version('howwide')}, and what else the study uses, where the workers run"
                ) from None
            raise BrokenExecutor(_line(error)) from None
        finally:
            if future is not None:
                with contextlib.suppress(Exception):
                    future.cancel()


class _Call:
    """What calls :func:`_at_worker` as it is unpickled: a worker without the library fails the batch with a line.

    If Dask had to unpickle a function of the library, such a worker would leave, and the batch wait for another.
    """

    def __init__(self, *arguments: object) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return _at_worker, self._arguments


def _at_worker(
    store: Store, tasks: Sequence[Task], environment: Mapping[str, str], files: Mapping[str, bytes] | None
) -> tuple[list[Timed], Exception | None] | None:
    """The results of tasks, and what stopped them; None where the files of the study are wanted first."""
    results: list[Timed] = []
    try:
        settle(environment, "Start the workers with the study's value, or without one")
        for name, value in ONE_THREAD.items():
            os.environ.setdefault(name, value)
        _check_versions(store.versions)
        here = _study_here(store, files)
        if here is None:
            return None
        with at(here):
            for timed in compute(tasks):
                results.append(timed)
    except (HowwideError, TaskFailed) as error:
        return results, error
    return results, None


def _check_versions(wanted: Mapping[str, str]) -> None:
    for name, there in wanted.items():
        with contextlib.suppress(PackageNotFoundError):
            if version(name) != there:
                raise SettingError(
                    f"a worker has {name} {version(name)}, and the study was begun with {there}. Install the same there"
                )


_LOCK = threading.Lock()
_COPIES: dict[str, Path] = {}  # folders with the files of studies that this process does not see


def _study_here(store: Store, files: Mapping[str, bytes] | None) -> Store | None:
    """The study as this process finds it: in its folder, or in a copy made of ``files``; None without either."""
    with contextlib.suppress(HowwideError):
        if Store.existing(store.folder).study == store.study:
            return store
    key = digest(canonical(store.study.identity))
    with _LOCK:
        if key not in _COPIES and files is not None:
            folder = Path(tempfile.mkdtemp(prefix="howwide-study-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            for name, content in files.items():
                (folder / name).write_bytes(content)
            _COPIES[key] = folder
        return dataclasses.replace(store, folder=_COPIES[key]) if key in _COPIES else None


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
