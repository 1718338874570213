"""What a process does with a batch: look what is there, compute the rest, store each result as it comes.

The process that computes also writes, so that what is finished stays whoever dies next; where workers do not see the
folder, the engine has the batch computed elsewhere, and the driver writes. Before it starts it looks into the folder
once more, because another driver may have been faster.
"""

import contextlib
import contextvars
import dataclasses
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from howwide.errors import DataError, HowwideError, SettingError
from howwide.sweep.store import Store
from howwide.sweep.task import Task, resolve

__all__ = ["Compute", "Outcome", "Report", "TaskFailed", "at", "compute", "current_store", "look_up", "work"]

_STORE: contextvars.ContextVar[Store] = contextvars.ContextVar("store")

Compute = Callable[[Sequence[Task]], Iterable[tuple[float, dict[str, Any]]]]
"""What gives the results of tasks that share their function, in their order, each with its seconds.

It raises :class:`TaskFailed` in place of the result of a task whose function raised an exception.
"""


class TaskFailed(Exception):
    """The function raised an exception: a line about it, and its traceback."""

    def __init__(self, line: str, trace: str) -> None:
        super().__init__(line, trace)
        self.line, self.trace = line, trace


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        task: which one.
        result: what the function gave, as it was stored; None after a failure.
        seconds: it took, its share of a batch that gave its results at once.
        failure: None, or in one line the exception that the function raised.
        found: it was in the folder, where another process had put it.
    """

    task: Task
    result: dict[str, Any] | None
    seconds: float = 0.0
    failure: str | None = None
    found: bool = False


@dataclasses.dataclass(frozen=True)
class Report:
    """The outcomes of a batch, lines about damaged files that were met, and tasks that another process is at."""

    outcomes: list[Outcome]
    notices: list[str]
    deferred: list[Task]


def current_store() -> Store:
    """The store of the batch under way, for functions that read the study's context or a file beside ``study.json``.

    Raises:
        SettingError: the function was not called by a sweep.
    """
    try:
        return _STORE.get()
    except LookupError:
        raise SettingError("there is no study here: this function runs as a task of a sweep") from None


@contextlib.contextmanager
def at(store: Store) -> Iterator[None]:
    """Make ``store`` the one that functions find with :func:`current_store`."""
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)


def look_up(store: Store, tasks: Iterable[Task]) -> Report:
    """The outcomes in the folder; a damaged file is set aside, with a line that says so."""
    report = Report([], [], [])
    for task in tasks:
        try:
            record = store.read(task.id)
        except DataError as error:
            report.notices.append(f"{error}; it is set aside and the task computed again")
            store.set_aside(task.id)
            continue
        if record is not None:
            report.outcomes.append(Outcome(task, record.result, record.seconds, found=True))
    return report


def compute(tasks: Sequence[Task]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Call the function in this process: a :data:`Compute`; to be used under :func:`at`."""
    try:
        yield from _timed(tasks)
    except HowwideError:
        raise
    except (Exception, SystemExit) as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        raise TaskFailed(line, "".join(traceback.format_exception(error))) from None


def work(store: Store, tasks: Sequence[Task], insist: bool, compute: Compute = compute) -> Report:
    """Do what is missing of a batch, whose tasks share their function; unless ``insist``, not what others have claimed.

    An exception of the function fails the task alone that raised it: the unfinished rest of a batch is tried one by
    one. An error that a person can correct (:class:`howwide.errors.HowwideError`) ends the work instead.
    """
    report = look_up(store, tasks)
    there = {outcome.task.id for outcome in report.outcomes}
    missing = [task for task in tasks if task.id not in there]
    claimed = set() if insist or not missing else store.claimed()
    report.deferred.extend(task for task in missing if task.id in claimed)
    if free := [task for task in missing if task.id not in claimed]:
        with at(store), store.claim(free):
            report.outcomes.extend(_computed(store, free, compute))
    return report


def _computed(store: Store, tasks: Sequence[Task], compute: Compute) -> Iterator[Outcome]:
    done = 0
    try:
        for seconds, result in compute(tasks):
            record = store.write(tasks[done], result, seconds)
            yield Outcome(tasks[done], record.result, record.seconds, found=record.seconds != round(seconds, 6))
            done += 1
    except TaskFailed as failed:
        if len(tasks) == 1:
            store.note_failure(tasks[0], failed.trace)
            yield Outcome(tasks[0], None, failure=failed.line)
        else:
            for task in tasks[done:]:
                yield from _computed(store, [task], compute)


def _timed(tasks: Sequence[Task]) -> Iterator[tuple[float, dict[str, Any]]]:
    """The results of the function, each with its seconds."""
    start = time.perf_counter()
    results: Iterable[dict[str, Any]] = resolve(tasks[0].function)([task.fresh_arguments() for task in tasks])
    if isinstance(results, Sequence):
        _check_count(len(results), tasks)
        share = (time.perf_counter() - start) / len(tasks)
        yield from ((share, result) for result in results)
        return
    count = 0
    for count, result in enumerate(results, start=1):
        if count > len(tasks):
            break
        yield time.perf_counter() - start, result
        start = time.perf_counter()
    _check_count(count, tasks)


def _check_count(count: int, tasks: Sequence[Task]) -> None:
    if count != len(tasks):
        raise SettingError(
            f"{tasks[0].function} must give one result for each of the {len(tasks)} argument dicts; it gave "
            f"{count if count < len(tasks) else 'more or something else'}"
        )
