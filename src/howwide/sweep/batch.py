"""What a process does with a batch: look what is there, compute the rest, store each result as it comes.

The process that computes also writes, so that what is finished stays whoever dies next. It looks into the folder once
more before it starts, because another driver may have been faster.
"""

import contextvars
import dataclasses
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from howwide.errors import DataError, HowwideError, SettingError
from howwide.sweep.store import Store
from howwide.sweep.task import Task, resolve

__all__ = ["Outcome", "Report", "current_store", "look_up", "work"]

_STORE: contextvars.ContextVar[Store] = contextvars.ContextVar("store")


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


def work(store: Store, tasks: Sequence[Task], insist: bool) -> Report:
    """Do what is missing of a batch, whose tasks share their function; unless ``insist``, not what others have claimed.

    An exception of the function fails the task alone that raised it: the unfinished rest of a batch is tried one by
    one. An error that a person can correct (:class:`howwide.errors.HowwideError`) ends the work instead.
    """
    report = look_up(store, tasks)
    there = {outcome.task.id for outcome in report.outcomes}
    missing = [task for task in tasks if task.id not in there]
    claimed = set() if insist or not missing else store.claimed()
    report.deferred.extend(task for task in missing if task.id in claimed)
    free = [task for task in missing if task.id not in claimed]
    if free:
        token = _STORE.set(store)
        try:
            with store.claim(free):
                report.outcomes.extend(_computed(store, free))
        finally:
            _STORE.reset(token)
    return report


def _computed(store: Store, tasks: Sequence[Task]) -> Iterator[Outcome]:
    done = 0
    try:
        for seconds, result in _timed(tasks):
            record = store.write(tasks[done], result, seconds)
            yield Outcome(tasks[done], record.result, record.seconds, found=record.seconds != round(seconds, 6))
            done += 1
    except HowwideError:
        raise
    except (Exception, SystemExit) as error:
        if len(tasks) == 1:
            store.note_failure(tasks[0], "".join(traceback.format_exception(error)))
            yield Outcome(tasks[0], None, failure=" ".join(f"{type(error).__name__}: {error}".split()))
        else:
            for task in tasks[done:]:
                yield from _computed(store, [task])


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
