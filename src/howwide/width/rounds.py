"""The loop behind every threshold: a design asks for trials, they are tasks of a store, their outcomes are counted.

What a trial is stays outside: a :class:`Question` says which task a size and a seed make, and how a stored result reads
as a success. What is asked for next depends on stored results alone, so a search that starts again in its folder asks
for the same trials and finds them there.
"""

import contextlib
import dataclasses
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from howwide.checks import check_positive
from howwide.numbers import format_duration
from howwide.statistics import AdaptiveDesign, TrialCosts
from howwide.stopping import STOP, Stopped
from howwide.sweep import Engine, RunProgress, Store, Task, run

__all__ = [
    "OutOfTimeError", "Question", "Result", "Rounds", "SearchError", "StudyProgress", "Trial", "Whole", "count",
    "deadline_in",
]  # fmt: skip

Trial = tuple[int, int]
"""Size and seed."""

Result = dict[str, Any]
"""What the store has of a finished trial."""


class SearchError(RuntimeError):
    """Trials failed for a reason that lies in the machine or in the code, not in what was asked for."""


class OutOfTimeError(RuntimeError):
    """The search has had its time."""


@dataclasses.dataclass(frozen=True)
class Question:
    """From which size on do trials succeed?

    Attributes:
        design: chooses sizes, and says when it is enough.
        task: the task of the trial of a size and a seed.
        succeeded: whether the trial with this result reached what was asked.
        label: what is asked, for lines of progress.
        cost: what the trial of a size with this result cost, in any unit; equal costs unless given. Trials are chosen
            by it, so it must be settled by what is stored.
        unit_cost: of a unit of a trial's work at a size (:mod:`howwide.statistics.costs`); learned unless given.
    """

    design: AdaptiveDesign
    task: Callable[[int, int], Task]
    succeeded: Callable[[Result], bool]
    label: str
    cost: Callable[[int, Result], float] | None = None
    unit_cost: Callable[[int], float] | None = None

    def costs(self, results: Mapping[Trial, Result]) -> TrialCosts:
        """What trials cost, as far as the finished ones tell; the order in which they finished does not matter."""
        if self.cost is None:
            return TrialCosts()
        finished = [
            (size, self.succeeded(results[size, seed]), self.cost(size, results[size, seed]))
            for size, seed in sorted(results)
        ]
        return TrialCosts.learned(finished, self.unit_cost)


@dataclasses.dataclass(frozen=True)
class StudyProgress(RunProgress):
    """How far a round is, and the study that it belongs to; ``str`` of it is a line for people.

    Nobody knows how many rounds are to come, so ``left`` is about the present one, and of the study it is said what was
    done and what it may come to at most.

    Attributes:
        finished: questions that have an answer.
        questions: of the study.
        trials: counted so far, those that were found included.
        most: trials that the study may make.
        seconds: since it began.
    """

    finished: int
    questions: int
    trials: int
    most: int
    seconds: float

    def __str__(self) -> str:
        points = f"{self.finished} of {self.questions} points finished, " if self.questions > 1 else ""
        trials = f"{self.trials} trials of at most {self.most}"
        return f"{super().__str__()}; in all {points}{trials}, {format_duration(self.seconds)} so far"


@dataclasses.dataclass
class Whole:
    """What is known of a whole study while it runs.

    Attributes:
        questions: how many it asks.
        most: trials that it may make.
        finished: questions that have an answer.
        trials: of the rounds that are complete.
        began: when, in seconds of :func:`time.monotonic`.
    """

    questions: int
    most: int
    finished: int = 0
    trials: int = 0
    began: float = dataclasses.field(default_factory=time.monotonic)

    def progress(self, run: RunProgress, counted: int) -> StudyProgress:
        """The state of a run of the study, ``counted`` of whose finished tasks are trials not counted yet."""
        seconds = time.monotonic() - self.began
        return StudyProgress(
            **dataclasses.asdict(run), finished=self.finished, questions=self.questions, trials=self.trials + counted,
            most=self.most, seconds=seconds,
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Rounds:
    """Where trials run and are kept, and who hears of it; asks whole rounds of them.

    Attributes:
        store: keeps every finished trial.
        engine: where trials run.
        whole: the study that the rounds belong to.
        on_progress: called with what is being searched, and how far the present round and the whole study are.
        notice: called with a line for each damaged file and each death of a worker.
        batch_size: the most trials that a worker is handed at once.
        smallest_batch: as :func:`howwide.sweep.run` has it.
        deadline: when to end, in seconds of :func:`time.monotonic`.
    """

    store: Store
    engine: Engine
    whole: Whole
    on_progress: Callable[[str, StudyProgress], None] | None = None
    notice: Callable[[str], None] | None = None
    batch_size: int = 1
    smallest_batch: int = 1
    deadline: float = math.inf

    @property
    def out_of_time(self) -> bool:
        """Whether the deadline is past."""
        return time.monotonic() >= self.deadline

    def settle(self, question: Question, results: dict[Trial, Result], hint: float | None = None) -> str:
        """Do rounds of trials until the design asks for no more, and a confirming round leaves it at that.

        Args:
            question: what is asked.
            results: of the trials that are known, to which new ones are added. Several questions may share them.
            hint: where the threshold is expected.

        Returns:
            Why it was enough (:meth:`howwide.statistics.AdaptiveDesign.done`), or ``time``: the deadline came first. A
            round that it cut short is not counted, as what finishes first is not a fair sample; its finished trials
            stay in the store.

        Raises:
            SearchError: a trial failed.
        """
        design, succeeded = question.design, question.succeeded
        try:
            confirming = False
            for turn in itertools.count(1):
                counts, costs = count(results, succeeded), question.costs(results)
                asked = design.next_round(counts, hint, costs)
                confirming = not asked and not confirming
                if confirming:
                    asked = design.confirming_round(counts, costs)
                if not asked:
                    break
                results |= self._round(question, asked, counts, "confirming round" if confirming else f"round {turn}")
        except OutOfTimeError:
            return "time"
        self.whole.finished += 1
        return str(design.done(counts))

    def results(self, tasks: Mapping[Trial, Task], label: str, *, again: bool = False) -> dict[Trial, Result]:
        """The results of trials; what the store has is not done again. ``again``: trials that were counted before.

        Raises:
            SearchError: a trial failed, the first one that does; what is finished is in the store.
            OutOfTimeError: the deadline came before the last of them.
        """
        if not tasks:
            return {}
        by_id = {task.id: trial for trial, task in tasks.items()}

        def tell(state: RunProgress) -> None:
            if self.on_progress:
                self.on_progress(label, self.whole.progress(state, 0 if again else state.done))

        running = run(
            list(tasks.values()),
            self.store,
            self.engine,
            batch_size=self.batch_size,
            smallest_batch=self.smallest_batch,
            on_progress=tell,
            notice=self.notice,
        )
        results: dict[Trial, Result] = {}
        with _ending_at(self.deadline), contextlib.closing(running):
            for outcome in running:
                if outcome.result is None:
                    given = ", ".join(f"{name} = {value}" for name, value in outcome.task.arguments.items())
                    raise SearchError(f"the trial with {given} failed: {outcome.failure}")
                results[by_id[outcome.task.id]] = outcome.result
        self.whole.trials += 0 if again else len(results)
        return results

    def _round(
        self, question: Question, asked: Mapping[int, int], counts: Mapping[int, tuple[int, int]], turn: str
    ) -> dict[Trial, Result]:
        """The results of the next trials at each size."""
        wanted = [(size, counts.get(size, (0, 0))[1] + k) for size, more in asked.items() for k in range(more)]
        return self.results({trial: question.task(*trial) for trial in wanted}, f"{question.label}, {turn}")


def deadline_in(seconds: float | None) -> float:
    """The deadline of a search that may take so long from now on; none unless given.

    Raises:
        SettingError: not a positive number.
    """
    return math.inf if seconds is None else time.monotonic() + check_positive(seconds, "max_seconds")


class _Deadline(threading.Event):
    """Set when the work is no longer wanted: by whoever may say so, or from some time on."""

    def __init__(self, deadline: float, asked: threading.Event | None) -> None:
        super().__init__()
        self._deadline, self._asked = deadline, asked

    def is_set(self) -> bool:
        return time.monotonic() >= self._deadline or (self._asked is not None and self._asked.is_set())


@contextlib.contextmanager
def _ending_at(deadline: float) -> Iterator[None]:
    """Ends the work inside as Ctrl-C would, with :class:`OutOfTimeError`."""
    asked = STOP.get()
    if deadline == math.inf:
        yield
        return
    token = STOP.set(_Deadline(deadline, asked))
    try:
        yield
    except Stopped:
        if asked is not None and asked.is_set():
            raise
        raise OutOfTimeError from None
    finally:
        STOP.reset(token)


def count(results: Mapping[Trial, Result], succeeded: Callable[[Result], bool]) -> dict[int, tuple[int, int]]:
    """Successes and trials by size."""
    counts: dict[int, tuple[int, int]] = {}
    for size, seed in sorted(results):
        won, tried = counts.get(size, (0, 0))
        counts[size] = won + succeeded(results[size, seed]), tried + 1
    return counts
