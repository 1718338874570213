"""Many runs at once, each with the bytes it would have alone.

On CPUs batched matrix products are slow, so every run is its own call of the shared compiled loop, made from one thread
a core. On accelerators runs of equal shapes go through one vmapped loop, in batches of a fixed size, so that a run's
arithmetic does not depend on how many others there are. Either way the shapes of a run depend on the run alone (see
:mod:`howwide.training.problem`).
"""

import dataclasses
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from howwide.checks import check_count
from howwide.errors import SettingError
from howwide.networks.precision import computing_in
from howwide.training.gradient_descent import Budget, Run, attempt_of, descend, run_of
from howwide.training.loop import Examples, Limits, State, advance_many, initial_state
from howwide.training.problem import Problem
from howwide.training.status import Status
from howwide.training.step_sizes import StepSize

__all__ = ["MOST_AT_ONCE", "Job", "at_once", "available_cores", "checkpoints_many", "descend_many", "vmaps"]

Job = Callable[[], tuple[Problem, Sequence[StepSize]]]
"""Prepares one run: the problem, and the step sizes to try in order."""

MOST_AT_ONCE = 32
"""The most runs in one vmapped loop."""

_NUMBERS = 2**30  # in the activations and signals of a vmapped loop, at most
_STRETCH = 500  # steps between two looks at whether the caller has gone; a look costs about ten small steps

_Tuple = TypeVar("_Tuple", Examples, Limits, State)


def available_cores() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def vmaps() -> bool:
    """Whether runs of equal shapes belong into one vmapped loop here: on accelerators, not on CPUs."""
    return jax.default_backend() != "cpu"


def descend_many(
    jobs: Sequence[Job], budget: Budget, *, workers: int | None = None, strategy: str = "auto"
) -> Iterator[tuple[int, Run]]:
    """Run all ``jobs`` and yield ``(index, run)`` as they finish, in any order.

    Args:
        jobs: what to run; each is prepared where it runs.
        budget: steps, target and recording of every run.
        workers: threads on CPUs; one a core unless given.
        strategy: ``threads``, ``vmap``, or ``auto``: threads on CPUs and vmap on accelerators.

    Raises:
        SettingError: an unknown strategy, or fewer than one worker.
    """
    if strategy == "auto":
        strategy = "vmap" if vmaps() else "threads"
    if strategy not in ("threads", "vmap"):
        raise SettingError(f"unknown strategy {strategy!r}; use auto, threads or vmap")
    workers = available_cores() if workers is None else workers
    workers = check_count(workers, "workers", 1)
    return _in_threads(jobs, budget, workers) if strategy == "threads" else _vmapped(jobs, budget)


def _in_threads(jobs: Sequence[Job], budget: Budget, workers: int) -> Iterator[tuple[int, Run]]:
    stop = threading.Event()

    def check(*_: object) -> None:
        if stop.is_set():
            raise CancelledError

    def work(job: Job) -> Run:
        problem, tries = job()
        return descend(problem, tries, budget, observer=check, stretches=min(10, 1 + budget.steps // _STRETCH))

    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(work, job): index for index, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            stop.set()  # when the caller is interrupted, runs under way end at their next stretch
            pool.shutdown(wait=True, cancel_futures=True)


def _vmapped(jobs: Sequence[Job], budget: Budget) -> Iterator[tuple[int, Run]]:
    groups = defaultdict(list)
    for index, job in enumerate(jobs):
        problem, tries = job()
        groups[problem.signature].append((index, problem, tries))
    for members in groups.values():
        size = at_once(members[0][1])
        for first in range(0, len(members), size):
            chunk = members[first : first + size]
            indices, problems, tries = zip(*chunk, strict=True)
            yield from zip(indices, _descend_batch(problems, tries, budget), strict=True)


def _descend_batch(problems: Sequence[Problem], tries: Sequence[Sequence[StepSize]], budget: Budget) -> list[Run]:
    """One batch of equal shapes; rungs go in step."""
    found: list[list[Run]] = [[] for _ in problems]
    for rung in range(max(len(t) for t in tries)):
        waiting = [i for i in range(len(problems)) if _goes_on(found[i], tries[i], rung)]
        if not waiting:
            break
        (runs,) = checkpoints_many(
            [problems[i] for i in waiting], [tries[i][rung] for i in waiting], [[budget]] * len(waiting)
        )
        for i, run in zip(waiting, runs, strict=True):
            found[i].append(run)
    return [dataclasses.replace(made[-1], attempts=tuple(run.attempts[0] for run in made)) for made in found]


def _goes_on(made: Sequence[Run], tries: Sequence[StepSize], rung: int) -> bool:
    return rung < len(tries) and not (made and made[-1].status is Status.CONVERGED)


def at_once(problem: Problem) -> int:
    """How many runs of this shape one vmapped loop is compiled for: :data:`MOST_AT_ONCE`, fewer where memory asks."""
    numbers = 2 * problem.x.shape[0] * sum(w.shape[0] for w in problem.hidden)
    return max(1, min(MOST_AT_ONCE, _NUMBERS // numbers))


def checkpoints_many(
    problems: Sequence[Problem], step_sizes: Sequence[StepSize], budgets: Sequence[Sequence[Budget]]
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
