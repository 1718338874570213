"""The driver: hands out what is missing, takes in what is finished, goes on when a worker dies."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

from howwide.errors import SettingError
from howwide.stopping import check_stop
from howwide.sweep.batch import Outcome, Report, look_up, work
from howwide.sweep.engines.in_process import InProcess
from howwide.sweep.engines.protocol import BatchLost, Engine
from howwide.sweep.progress import RunProgress, Tally
from howwide.sweep.store import Store
from howwide.sweep.task import Task

__all__ = ["run"]

_LOOK = 0.2  # seconds between two looks at whether the run is still wanted
_QUIET = 15.0  # seconds without a finished batch after which the folder is asked how far those are that run
_DEATH = "a worker process died; what it had not finished is handed out again"
_PATIENCE = 3  # deaths of the worker: so many among others, then as many alone, then the task has failed


def run(
    tasks: Sequence[Task],
    store: Store,
    engine: Engine | None = None,
    *,
    batch_size: int = 16,
    smallest_batch: int = 1,
    on_progress: Callable[[RunProgress], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> Generator[Outcome, None, None]:
    """Do what is missing of ``tasks`` and yield the outcome of each, those in the folder first.

    A batch holds tasks of one function and one group. Every driver takes tasks in a random order of its own, looks into
    the folder again before a batch, leaves what others are at for last, and makes batches smaller towards the end: so
    several drivers in one folder share the work and do little of it twice, and none ever waits for another. Of a result
    that two have made the first one stands. A task that raises an exception is yielded with its failure and stays
    missing, for a later run to try. The work of a worker that dies is handed out again; a task that keeps losing its
    worker, at last when it runs alone, has failed.

    Args:
        tasks: of ``store.study``; equal ones are one.
        store: the folder.
        engine: where batches run; in this process unless given.
        batch_size: the most tasks in a batch.
        smallest_batch: batches do not become smaller than this while there are as many tasks; for functions that take
            as long for a few tasks as for many.
        on_progress: called once what is in the folder is known, after every batch, and while batches take long.
        notice: called with a line for each damaged file and each death of a worker.

    Raises:
        SettingError: a task of another study, or no 1 <= smallest_batch <= batch_size. While it runs: an error that the
            function raises for people to correct, or workers that die before they finish anything.
        OutputError: the folder cannot be written; what was finished stays.
    """
    if not 1 <= smallest_batch <= batch_size:
        raise SettingError(f"batch_size must be at least 1 and smallest_batch; got {batch_size} and {smallest_batch}")
    distinct = list({task.id: task for task in tasks}.values())
    identity = store.study.identity
    if any(task.context != identity for task in distinct):
        raise SettingError(f"these tasks are not of the study in {store.folder}; make them with store.study.task")
    store.plan(distinct)
    engine, sizes = engine or InProcess(), (smallest_batch, batch_size)

    def outcomes() -> Generator[Outcome, None, None]:
        tally = Tally(distinct)

        def tell(running: Sequence[list[Task]] = ()) -> None:
            if on_progress:
                ahead = sum(store.path(task.id).exists() for batch in running for task in batch)
                on_progress(tally.progress(engine.workers, ahead))

        for report in _reports(distinct, store, engine, sizes, tell):
            for outcome in report.outcomes:
                tally.add(outcome)
            if notice:
                for line in report.notices:
                    notice(line)
            tell()
            yield from report.outcomes

    return outcomes()


def _reports(
    tasks: Sequence[Task],
    store: Store,
    engine: Engine,
    sizes: tuple[int, int],
    tell: Callable[[Sequence[list[Task]]], None],
) -> Iterator[Report]:
    """What is in the folder, then what the batches give; a new executor after each death of one.

    ``tell`` is called now and then with the batches that are running, while none of them comes back.
    """
    stored = look_up(store, tasks)
    yield stored
    there = {outcome.task.id for outcome in stored.outcomes}
    queue = _Queue([task for task in tasks if task.id not in there], sizes, engine)
    deaths, dead, heard = 0, set[str](), time.monotonic()
    while queue:
        try:
            with engine.executor(store.study.environment) as executor:
                flying: dict[Future[Report], list[Task]] = {}
                while queue:
                    ahead = engine.ahead
                    while len(flying) < ahead and (batch := queue.take()):
                        flying[executor.submit(work, store, batch, queue.insists)] = batch
                    check_stop()
                    lost, workers_lost = [], set[str]()
                    finished = wait(flying, timeout=_LOOK, return_when=FIRST_COMPLETED).done
                    if finished:
                        heard = time.monotonic()
                    elif time.monotonic() - heard > _QUIET:
                        heard = time.monotonic()
                        tell(list(flying.values()))
                    for future in finished:
                        batch = flying.pop(future)
                        try:
                            report = future.result()
                        except BatchLost as death:
                            lost.append(batch)
                            workers_lost.add(death.worker)
                            continue
                        queue.finished(batch, report.deferred)
                        deaths = _deaths(deaths, report)
                        yield report
                    if lost:
                        report = _salvaged(store, queue, lost, told=workers_lost <= dead)
                        dead |= workers_lost
                        deaths = _deaths(deaths, report)
                        yield report
        except BrokenExecutor:
            report = _salvaged(store, queue, queue.out())
            deaths = _deaths(deaths, report)
            yield report


def _salvaged(store: Store, queue: "_Queue", batches: Sequence[list[Task]], *, told: bool = False) -> Report:
    """What is stored of batches whose workers died, and failures of the tasks that lost theirs too often.

    Args:
        store: of the study.
        queue: which takes the rest back.
        batches: that were lost.
        told: other batches of the same workers were lost before, and the deaths noticed.
    """
    report = look_up(store, [task for batch in batches for task in batch])
    for task in queue.lost(batches, {outcome.task.id for outcome in report.outcomes}):
        failure = f"its worker died {2 * _PATIENCE} times, at last while it ran alone"
        store.note_failure(task, failure)
        report.outcomes.append(Outcome(task, None, failure=failure))
    if not told:
        report.notices.append(_DEATH)
    return report


def _deaths(before: int, report: Report) -> int:
    """Deaths of workers since something was finished.

    Raises:
        SettingError: too many.
    """
    if report.outcomes:
        return 0
    deaths = before + (_DEATH in report.notices)
    if deaths > 2 * _PATIENCE:
        raise SettingError(
            f"workers died {deaths} times without finishing anything, perhaps for want of memory. Use fewer workers, "
            "or the engine in this process, which shows why"
        )
    return deaths


def _grouped(tasks: Sequence[Task]) -> list[list[Task]]:
    """Lists of tasks of one kind, all in random order."""
    groups: defaultdict[Hashable, list[Task]] = defaultdict(list)
    for task in random.sample(tasks, len(tasks)):
        groups[task.kind].append(task)
    return list(groups.values())


class _Queue:
    """What is still to be handed out, and what is out.

    Attributes:
        insists: what is left was claimed by others or lost its worker before, so claims count no more.
    """

    def __init__(self, tasks: Sequence[Task], sizes: tuple[int, int], engine: Engine) -> None:
        self._waiting = _grouped(tasks)
        self._deferred: list[Task] = []
        self._suspects: list[Task] = []
        self._out: list[list[Task]] = []
        self._losses: Counter[str] = Counter()
        self._sizes, self._engine = sizes, engine
        self.insists = False

    def __bool__(self) -> bool:
        return bool(self._waiting or self._deferred or self._suspects or self._out)

    def take(self) -> list[Task]:
        """The next batch; empty while there is none to be had."""
        if not self._waiting and self._deferred:
            self.insists, self._waiting, self._deferred = True, _grouped(self._deferred), []
        if self._waiting:
            group = self._waiting[-1]
            share = sum(map(len, self._waiting)) // (2 * self._engine.workers)
            smallest, largest = self._sizes
            size = max(smallest, min(largest, share))
            batch, rest = group[:size], group[size:]
            self._waiting[-1:] = [rest] if rest else []
        elif self._suspects and not self._out:
            self.insists, batch = True, [self._suspects.pop()]
        else:
            return []
        self._out.append(batch)
        return batch

    def finished(self, batch: list[Task], deferred: list[Task]) -> None:
        """Take note that ``batch`` is done, but for what another driver is at: that comes last."""
        self._out.remove(batch)
        self._deferred += deferred

    def out(self) -> list[list[Task]]:
        """The batches that were handed out and did not come back."""
        return list(self._out)

    def lost(self, batches: Sequence[list[Task]], there: Set[str]) -> list[Task]:
        """Take back batches whose worker may have died with them, and return the tasks with which it died too often.

        Args:
            batches: that are out.
            there: ids of tasks that have a result all the same.
        """
        given_up = []
        for batch in batches:
            self._out.remove(batch)
            missing = [task for task in batch if task.id not in there]
            self._losses.update(task.id for task in missing)
            if again := [task for task in missing if self._losses[task.id] < _PATIENCE]:
                self._waiting.append(again)
            self._suspects += [task for task in missing if _PATIENCE <= self._losses[task.id] < 2 * _PATIENCE]
            given_up += [task for task in missing if self._losses[task.id] >= 2 * _PATIENCE]
        return given_up
