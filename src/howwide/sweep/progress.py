"""How far a run is and how long it will take, learned from the tasks that are finished."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping

from howwide.numbers import format_duration
from howwide.sweep.batch import Outcome
from howwide.sweep.task import Task

__all__ = ["Pace", "RunProgress", "Tally"]


class Pace:
    """Mean seconds of a task, kind by kind; a kind without a finished task takes the mean of all."""

    def __init__(self) -> None:
        self._seconds: defaultdict[Hashable, float] = defaultdict(float)
        self._tasks: Counter[Hashable] = Counter()

    @property
    def seconds(self) -> float:
        """All seconds that were noted."""
        return sum(self._seconds.values())

    def add(self, kind: Hashable, seconds: float) -> None:
        """Note a finished task."""
        self._seconds[kind] += seconds
        self._tasks[kind] += 1

    def left(self, missing: Mapping[Hashable, int]) -> float | None:
        """Seconds of work in so many missing tasks of each kind, on one worker; None before anything is finished."""
        if not sum(missing.values()):
            return 0.0
        if not self._tasks:
            return None
        mean = self.seconds / sum(self._tasks.values())
        means = {kind: self._seconds[kind] / count for kind, count in self._tasks.items()}
        return sum(count * means.get(kind, mean) for kind, count in missing.items())


@dataclasses.dataclass(frozen=True)
class RunProgress:
    """How far a run is; ``str`` of it is a line for people.

    Attributes:
        total: tasks of the run.
        done: with a result, ``found`` included.
        found: with a result that this run did not make.
        failed: raised an exception, or lost their worker too often.
        left: seconds until the end, None while nothing is known; too many where another driver helps.
    """

    total: int
    done: int
    found: int
    failed: int
    left: float | None

    def __str__(self) -> str:
        parts = [f"{self.done} of {self.total} done"]
        if self.found:
            parts.append(f"{self.found} of them found")
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.left:
            parts.append(f"about {format_duration(self.left)} left")
        return ", ".join(parts)


class Tally:
    """Counts outcomes of a run of ``tasks``."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._missing: Counter[Hashable] = Counter(task.kind for task in tasks)
        self._total = sum(self._missing.values())
        self._done = self._found = self._failed = 0
        self._pace = Pace()

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self._missing[outcome.task.kind] -= 1
        if outcome.failure is not None:
            self._failed += 1
            return
        self._done += 1
        self._found += outcome.found
        self._pace.add(outcome.task.kind, outcome.seconds)

    def progress(self, workers: int, ahead: int = 0) -> RunProgress:
        """How far the run is, with so many workers at the rest, and ``ahead`` results not reported yet."""
        work = self._pace.left(self._missing)
        left = None if work is None else work / max(workers, 1)
        return RunProgress(self._total, self._done + ahead, self._found, self._failed, left)
