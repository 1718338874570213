"""The engine of a Slurm cluster: batches packed into the elements of array jobs, submitted through submitit.

The study's folder must be one that the nodes see. An element does what is missing of its tasks and writes each result;
so an element that Slurm requeues, after a preemption, a time-out or the loss of its node, goes on where it stopped.
Which job has which tasks stands in the folder as a claim, ``running/slurm-JOB.claim``, and makes the next driver wait
for the job instead of submitting its tasks again. What is done, the results say.
"""

import contextlib
import dataclasses
import math
import shlex
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from howwide.errors import HowwideError, SettingError
from howwide.stopping import Submitted
from howwide.sweep.batch import Outcome, Report, look_up
from howwide.sweep.engines.protocol import BatchLost, register
from howwide.sweep.engines.slurm_jobs import KILLED, Element, LocalQueue, Queue, SlurmQueue, ended, forget, note, noted
from howwide.sweep.progress import Pace
from howwide.sweep.store import Store
from howwide.sweep.table import study_pace
from howwide.sweep.task import ONE_THREAD, Task

__all__ = ["Slurm"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_QUIET = 0.3  # seconds without a new batch after which what came together is submitted together
_ELEMENTS = 64  # of all arrays at a time, unless the user says how many


@register("slurm")
@dataclasses.dataclass(frozen=True)
class Slurm:
    """Elements of Slurm array jobs, one process and one core each.

    Args:
        workers: elements at a time; 64 unless given.
        minutes: that an element should take, as far as finished tasks tell; batches are packed into it.
        walltime: minutes after which Slurm ends an element, at least 5; it is requeued a few times, and goes on.
        gpu: ask for one GPU for each element, which then computes on it, whatever the driver has.
        sbatch: further options of sbatch, ``"partition=long account=me mem=8G"``.
        leave: end with :class:`howwide.stopping.Submitted` once everything is in the queue, instead of waiting.
        look: seconds between two looks into the queue.
        largest_array: elements of one array at most; Slurm's MaxArraySize unless given.
        cluster: ``slurm``, or ``local`` to run the elements as processes on this machine, for trying out.

    Raises:
        SettingError: there is no sbatch here, submitit is not installed, or a number outside its domain.
    """

    workers: int = 0
    minutes: float = 10.0
    walltime: int = 120
    gpu: bool = False
    sbatch: str = ""
    leave: bool = False
    look: float = 5.0
    largest_array: int = 0
    cluster: str = "slurm"

    def __post_init__(self) -> None:
        if self.workers < 0 or self.largest_array < 0:
            raise SettingError(f"workers and largest_array must not be negative; got {self}")
        if not (self.minutes > 0 and self.walltime >= 5 and self.look > 0 and self.cluster in ("slurm", "local")):
            raise SettingError(
                f"engine slurm takes minutes > 0, walltime >= 5, look > 0, cluster slurm or local; got {self}"
            )
        if self.minutes > self.walltime:
            raise SettingError(
                f"an element of {self.minutes:g} minutes would not end within its walltime of {self.walltime}; take "
                "fewer minutes, or more walltime"
            )
        self.sbatch_options()
        object.__setattr__(self, "workers", self.workers or _ELEMENTS)
        try:
            import submitit  # noqa: F401
        except ImportError:
            raise SettingError("engine slurm needs submitit: install howwide[slurm]") from None
        if self.cluster == "slurm" and shutil.which("sbatch") is None:
            raise SettingError(
                "engine slurm submits with sbatch, and there is none on this machine. Run it on a login node of the "
                "cluster, or use the engine processes"
            )

    @property
    def ahead(self) -> int:
        return sys.maxsize  # a round is submitted as a whole

    @property
    def platform(self) -> str | None:
        """What JAX calls the devices of the elements, where they are not those of the driver."""
        return "gpu" if self.gpu else None

    def sbatch_options(self) -> dict[str, str]:
        """The further options of sbatch, by name.

        Raises:
            SettingError: they are not NAME=VALUE.
        """
        parts = [part.removeprefix("--").partition("=") for part in self.sbatch.split()]
        if not all(name and value for name, _, value in parts):
            raise SettingError(
                f'sbatch takes NAME=VALUE with spaces between, "partition=long mem=8G"; got {self.sbatch!r}'
            )
        return {name: value for name, _, value in parts}

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        """An executor whose jobs go on when it is left; those of a study that cannot be run are cancelled."""
        executor = _SlurmExecutor(self, {**ONE_THREAD, **environment})
        try:
            yield executor
        except HowwideError:
            executor.leave()
            executor.cancel()
            raise
        finally:
            executor.leave()


@dataclasses.dataclass
class _Waiting:
    """A batch, the jobs that have its tasks, and those that are over.

    Attributes:
        spared: an element was killed before it began with this batch.
        blamed: an element was killed when this was the first batch that it had not finished.
    """

    future: Future[Any]
    store: Store
    tasks: list[Task]
    jobs: set[str] = dataclasses.field(default_factory=set)
    over: set[str] = dataclasses.field(default_factory=set)
    spared: bool = False
    blamed: bool = False


_Share = tuple[_Waiting, list[Task]]
"""A batch, and those of its tasks that no job has yet."""


class _SlurmExecutor(Executor):
    """Collects batches, submits them as arrays, and looks into the queue until their jobs are over."""

    def __init__(self, engine: Slurm, environment: Mapping[str, str]) -> None:
        self._engine, self._environment = engine, dict(environment)
        self._queue: Queue = LocalQueue() if engine.cluster == "local" else SlurmQueue()
        self._new: list[_Waiting] = []  # batches that are not submitted yet
        self._waiting: list[_Waiting] = []
        self._own: dict[str, Any] = {}  # jobs of this process
        self._order: dict[str, list[_Waiting]] = {}  # in which each of them does its batches
        self._store: Store | None = None
        self._absent: set[str] = set()  # jobs that the last look did not find
        self._failures: dict[str, str] = {}
        self._pace: Pace | None = None
        self._came, self._lock, self._left = 0.0, threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._serve, name="slurm", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[Any] = Future()
        store: Any = args[0]
        tasks: Any = args[1]
        with self._lock:
            self._new.append(_Waiting(future, store, tasks))
            self._came = time.monotonic()
        return future

    def leave(self) -> None:
        """Look no more; the jobs go on."""
        self._left.set()

    def cancel(self) -> None:
        """Cancel the jobs of this process, once no more are being submitted."""
        self._thread.join()
        for name, job in self._own.items():
            if self._store is not None:
                forget(self._store, name)
            with contextlib.suppress(OSError):
                job.cancel(check=False)

    def _serve(self) -> None:
        looked, new = -math.inf, list[_Waiting]()
        while not self._left.wait(min(_QUIET, self._engine.look)):
            try:
                with self._lock:
                    if time.monotonic() > self._came + _QUIET:
                        new, self._new = self._new, []
                if new:
                    self._submit(new)
                    self._waiting += new
                if new or time.monotonic() > looked + self._engine.look:
                    self._look()
                    looked = time.monotonic()
                new = []
            except Exception as error:  # the driver hears it from the futures
                for waiting in {id(w): w for w in [*new, *self._waiting]}.values():
                    if not waiting.future.done():
                        waiting.future.set_exception(error)
                self._waiting, new = [], []

    def _submit(self, new: Sequence[_Waiting]) -> None:
        """Submit the tasks that no job has, in arrays that are not too large."""
        store = self._store = new[0].store
        jobs, fresh = noted(store), list[_Share]()
        for waiting in new:
            waiting.jobs = {jobs[task.id] for task in waiting.tasks if task.id in jobs}
            if tasks := [task for task in waiting.tasks if task.id not in jobs]:
                fresh.append((waiting, tasks))
        if not fresh:
            return
        elements = self._packed(store, fresh)
        most = self._engine.largest_array or self._queue.largest_array()
        for array in (elements[start : start + most] for start in range(0, len(elements), most)):
            for job, element in zip(self._array(store, array), array, strict=True):
                note(store, job.job_id, (task for _, tasks in element for task in tasks))
                self._order[job.job_id] = [waiting for waiting, _ in element]
                for waiting in self._order[job.job_id]:
                    waiting.jobs.add(job.job_id)

    def _packed(self, store: Store, fresh: Sequence[_Share]) -> list[list[_Share]]:
        """Elements that take about as long as they should; as many as may run at a time while nothing is known."""
        self._pace = self._pace or study_pace(store)
        seconds = [self._pace.left(Counter(task.kind for task in tasks)) for _, tasks in fresh]
        costs = [len(tasks) if s is None else s for s, (_, tasks) in zip(seconds, fresh, strict=True)]
        known = None not in seconds
        count = math.ceil(sum(costs) / (60 * self._engine.minutes)) if known else self._engine.workers
        elements, share, filled = [list[_Share]()], sum(costs) / max(count, 1), 0.0
        for batch, cost in sorted(zip(fresh, costs, strict=True), key=lambda pair: pair[0][1][0].kind):
            if elements[-1] and filled + cost / 2 > share * len(elements):
                elements.append([])
            elements[-1].append(batch)
            filled += cost
        return elements

    def _array(self, store: Store, elements: Sequence[list[_Share]]) -> list[Any]:
        """The jobs of an array.

        Raises:
            SettingError: it was refused.
        """
        import submitit

        engine = self._engine
        store = dataclasses.replace(store, folder=store.folder.absolute())
        try:
            executor = submitit.AutoExecutor(store.folder / "slurm", cluster=engine.cluster)
            executor.update_parameters(
                name="howwide",
                timeout_min=engine.walltime,
                tasks_per_node=1,
                cpus_per_task=1,
                gpus_per_node=1 if engine.gpu else None,
                slurm_array_parallelism=engine.workers,
                slurm_setup=[f"export {name}={shlex.quote(value)}" for name, value in self._environment.items()],
                slurm_additional_parameters=engine.sbatch_options(),
            )
            batches = [[tasks for _, tasks in element] for element in elements]
            jobs = executor.map_array(Element(store, self._environment), batches)
        except (RuntimeError, OSError, ValueError, NameError, AssertionError) as error:
            words = " ".join(str(error).split())
            raise SettingError(f"Slurm took no more jobs: {words}. What is finished stays") from None
        self._own |= {job.job_id: job for job in jobs}
        return jobs

    def _look(self) -> None:
        """Take in the jobs that are over, and give back the batches none of whose jobs is left."""
        stores = {job: waiting.store for waiting in self._waiting for job in waiting.jobs}
        alive = self._queue.alive(stores, self._own) if stores else set()
        absent = set() if alive is None else stores.keys() - alive
        over = set()
        for job, store in stores.items():
            local = self._engine.cluster == "local"
            said = None if local and job in stores.keys() - absent else ended(store, job, local)
            if said is None and job in absent & self._absent:  # twice, as a result may be seen late
                said = KILLED
            if said is not None:
                if said is KILLED:
                    self._blame(job)
                self._failures |= said.failures
                forget(store, job)
                over.add(job)
                if said.error is not None:
                    raise said.error
        self._absent = absent
        left = []
        for waiting in self._waiting:
            waiting.over |= waiting.jobs & over
            waiting.jobs -= over
            if waiting.jobs:
                left.append(waiting)
            else:
                self._give(waiting)
        self._waiting = left
        if left and self._engine.leave:
            tasks = sum(len(waiting.tasks) for waiting in left)
            elements = len({job for waiting in left for job in waiting.jobs})
            raise Submitted(
                f"{tasks} trials are in {elements} elements of Slurm jobs. howwide sweep status {left[0].store.folder} "
                "says how far they are, and the same command collects them and goes on"
            )

    def _blame(self, job: str) -> None:
        """Tell the batch that a killed element may have died of from those that it had not begun with."""
        unfinished = (w for w in self._order.get(job, ()) if len(look_up(w.store, w.tasks).outcomes) < len(w.tasks))
        for number, waiting in enumerate(unfinished):
            waiting.blamed |= number == 0
            waiting.spared |= number > 0

    def _give(self, waiting: _Waiting) -> None:
        """The batch as the folder has it.

        If a task has neither a result nor a failure, the batch is lost, or submitted again if no element had begun
        with it.
        """
        found = look_up(waiting.store, waiting.tasks)
        outcomes = [dataclasses.replace(outcome, found=False) for outcome in found.outcomes]
        there = {outcome.task.id for outcome in outcomes}
        missing = [task for task in waiting.tasks if task.id not in there]
        if all(task.id in self._failures for task in missing):
            outcomes += [Outcome(task, None, failure=self._failures[task.id]) for task in missing]
            if self._pace is not None:
                for outcome in outcomes:
                    if outcome.failure is None:
                        self._pace.add(outcome.task.kind, outcome.seconds)
            waiting.future.set_result(Report(outcomes, found.notices, []))
        elif waiting.spared and not waiting.blamed:
            with self._lock:
                self._new.append(_Waiting(waiting.future, waiting.store, waiting.tasks))
        else:
            waiting.future.set_exception(BatchLost(" ".join(sorted(waiting.over))))
