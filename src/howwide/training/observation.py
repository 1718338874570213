"""How a compiled loop is driven from Python, and how a run is observed.

A loop comes back to Python several times a second, so that Ctrl-C is heard and work that is no longer wanted ends, and
at the steps at which an observer is called. It is the same compiled loop in more or fewer calls: neither changes a bit
of the run.
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from howwide.checks import check_count
from howwide.networks.precision import computing_in
from howwide.stopping import check_stop
from howwide.training.loop import State
from howwide.training.problem import TrainingProblem
from howwide.training.status import Status

__all__ = ["Observation", "Observer", "Pace", "WeightArrays", "drive", "observed_steps"]

_OBSERVATIONS = 100  # of a run, unless steps are chosen
_FIRST_FLOPS = 10**9  # of the first call of a loop: a second at most
_LONG_ENOUGH = 0.2  # seconds of a call; shorter ones are doubled

WeightArrays = tuple[np.ndarray, ...]


@dataclasses.dataclass(frozen=True)
class Observation:
    """A run at one step.

    Attributes:
        step: t.
        loss: average loss at W^(t); of one pass the average of the online losses of the examples 1..t, NaN at t = 0.
        error: training error at W^(t); of one pass the share of online mistakes, NaN at t = 0.
    """

    step: int
    loss: float
    error: float
    _weights: Callable[[], WeightArrays] = dataclasses.field(repr=False, compare=False)

    @property
    def weights(self) -> WeightArrays:
        """W^(t) in input coordinates and in the dtype of the given weights; fetched from the loop when asked for."""
        return self._weights()


Observer = Callable[[Observation], None]
"""Called along a run, at the steps that :func:`observed_steps` lists and at its end."""


def observed_steps(steps: int, at: Sequence[int] | None) -> list[int]:
    """The steps ``at``, in order; about a hundred from 0 to ``steps`` if None.

    Raises:
        SettingError: a step that is no whole number from 0 to ``steps``.
    """
    if at is None:
        return np.unique(np.linspace(0, steps, min(_OBSERVATIONS, steps) + 1).astype(int)).tolist()
    return sorted({check_count(t, "an observed step", 0, steps) for t in at})


class Pace:
    """How many steps a loop makes in one call: calls that were short are followed by longer ones.

    Args:
        flops: of a step.
    """

    def __init__(self, flops: int) -> None:
        self.steps = max(1, _FIRST_FLOPS // flops)

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """One call of the loop, waited for inside; raises :class:`~howwide.stopping.Stopped` where work shall end."""
        began = time.perf_counter()
        yield
        check_stop()
        if time.perf_counter() - began < _LONG_ENOUGH:
            self.steps *= 2


def drive(
    problem: TrainingProblem,
    state: State,
    advance: Callable[[State, int], State],
    steps: int,
    pace: Pace,
    *,
    observer: Observer | None = None,
    at: Sequence[int] = (),
) -> State:
    """``state`` at the end of its run or of its budget, whichever comes first.

    Args:
        problem: what is trained.
        state: where the run stands.
        advance: makes steps until the given one is reached, where W^(t) is not yet evaluated, or the run has ended.
        steps: the budget.
        pace: of the calls.
        observer: called at the steps ``at`` and at the end.
        at: increasing steps.
    """

    def reach(state: State, until: int) -> State:
        while (now := int(state.step)) < until and _running(state):
            with pace.call(), computing_in(problem.dtype, nan_is_outcome=True):
                state = advance(state, min(until, now + pace.steps))
                int(state.step)
        return state

    def observe(evaluated: State, held: State) -> None:
        if observer is not None:
            loss, error = float(evaluated.loss), float(evaluated.error)
            observer(Observation(int(held.step), loss, error, lambda: problem.weights(held.hidden, held.head)))

    seen = -1
    for t in at if observer is not None else ():
        state = reach(state, t)
        if not _running(state) or int(state.step) > t:
            continue
        held, seen = state, t
        state = reach(state, t + 1)  # evaluates W^(t) and goes on to the next
        observe(state, held)
    state = reach(state, steps + 1)
    if int(state.step) > seen:
        observe(state, state)
    return state


def _running(state: State) -> bool:
    return int(state.status) == Status.RUNNING.code
