"""Several runs of equal shapes in one vmapped loop: for accelerators.

On CPUs batched matrix products are slow, so there every run is its own call of the shared compiled loop, made from one
thread or process a core (:mod:`howwide.sweep`). On accelerators runs of equal shapes go through one vmapped loop, in
batches of a fixed size, so that a run's arithmetic does not depend on how many others there are. Either way the shapes
of a run depend on the run alone (see :mod:`howwide.training.problem`).
"""

import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from howwide.networks.precision import computing_in
from howwide.training.gradient_descent import Budget, Run, attempt_of, run_of
from howwide.training.loop import Examples, Limits, State, advance_many, initial_state
from howwide.training.problem import TrainingProblem
from howwide.training.status import Status
from howwide.training.step_sizes import StepSize

__all__ = ["MOST_AT_ONCE", "at_once", "available_cores", "checkpoints_many", "vmaps"]

MOST_AT_ONCE = 32
"""The most runs in one vmapped loop."""

_NUMBERS = 2**30  # in the activations and signals of a vmapped loop, at most

_Tuple = TypeVar("_Tuple", Examples, Limits, State)


def available_cores() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def vmaps() -> bool:
    """Whether runs of equal shapes belong into one vmapped loop here: on accelerators, not on CPUs."""
    return jax.default_backend() != "cpu"


def at_once(problem: TrainingProblem) -> int:
    """How many runs of this shape one vmapped loop is compiled for: :data:`MOST_AT_ONCE`, fewer where memory asks."""
    numbers = 2 * problem.x.shape[0] * sum(w.shape[0] for w in problem.hidden)
    return max(1, min(MOST_AT_ONCE, _NUMBERS // numbers))


def checkpoints_many(
    problems: Sequence[TrainingProblem], step_sizes: Sequence[StepSize], budgets: Sequence[Sequence[Budget]]
) -> Iterator[list[Run]]:
    """:func:`howwide.training.gradient_descent.checkpoints` for several runs of equal shapes, in one vmapped loop.

    The batch is filled up to a fixed size with copies of its first member that do not run, so that no run depends on
    how many there are.

    Args:
        problems: with equal signatures, at most :func:`at_once`.
        step_sizes: one a problem.
        budgets: those of each problem, which grow; their steps and records are the same for all.
    """
    filling = at_once(problems[0]) - len(problems)
    members, values = [*problems, *[problems[0]] * filling], [*step_sizes, *[step_sizes[0]] * filling]
    wanted = [*budgets, *[budgets[0]] * filling]
    with computing_in(problems[0].dtype, nan_is_outcome=True):
        examples = _stack([p.examples for p in members])
        state = _stack([initial_state(p.hidden, p.head, budgets[0][-1].records) for p in members])
    for place, budget in enumerate(budgets[0]):
        with computing_in(problems[0].dtype, nan_is_outcome=True):
            limits = _stack([b[place].limits(v.value, p) for b, v, p in zip(wanted, values, members, strict=True)])
            state = state._replace(status=_going_on(np.asarray(state.status), len(problems)))
            state = advance_many(state, examples, limits, np.int32(budget.steps + 1), problems[0].kind)
            ended = jax.tree.map(np.asarray, state)
            # a list, not a generator: the caller must not run inside this context
            runs = []
            for i, (problem, step_size) in enumerate(zip(problems, step_sizes, strict=True)):
                own = jax.tree.map(lambda a, i=i: a[i], ended)
                runs.append(run_of(problem, own, [attempt_of(own, step_size)], budgets[i][place]))
        yield runs


def _going_on(status: np.ndarray, count: int) -> np.ndarray:
    """Statuses before a stretch: of the first ``count`` runs those go on that have not ended by themselves."""
    going = np.isin(status, (Status.RUNNING.code, Status.MAX_STEPS.code)) & (np.arange(status.size) < count)
    stopped = np.where(status == Status.RUNNING.code, Status.MAX_STEPS.code, status)
    return np.where(going, Status.RUNNING.code, stopped).astype(np.int32)


def _stack(members: Sequence[_Tuple]) -> _Tuple:
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(a) for a in leaves]), *members)
