"""Many runs at once, each with the bytes it would have alone.

On CPUs batched matrix products are slow, so every run is its own call of the shared compiled loop, made from one thread
a core. On accelerators runs of equal shapes go through one vmapped loop, in batches of a fixed size, so that a run's
arithmetic does not depend on how many others there are. Either way the shapes of a run depend on the run alone (see
:mod:`howwide.training.problem`).
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from howwide.errors import SettingError
from howwide.networks.checks import check_count
from howwide.networks.precision import computing_in
from howwide.training.gradient_descent import Attempt, Budget, Run, descend, run_of
from howwide.training.loop import Examples, Limits, State, advance_many, initial_state
from howwide.training.problem import Problem
from howwide.training.status import Status
from howwide.training.step_sizes import StepSize

__all__ = ["Job", "available_cores", "descend_many"]

Job = Callable[[], tuple[Problem, Sequence[StepSize]]]
"""Prepares one run: the problem, and the step sizes to try in order."""

_BATCH = 32
_STRETCH = 500  # steps between two looks at whether the caller has gone; a look costs about ten small steps

_Tuple = TypeVar("_Tuple", Examples, Limits, State)


def available_cores() -> int:
    """The number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
        strategy = "threads" if jax.default_backend() == "cpu" else "vmap"
    if strategy not in ("threads", "vmap"):
        raise SettingError(f"unknown strategy {strategy!r}; use auto, threads or vmap")
    workers = available_cores() if workers is None else workers
    check_count(workers, "workers", 1)
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
        for first in range(0, len(members), _BATCH):
            chunk = members[first : first + _BATCH]
            indices, problems, tries = zip(*chunk, strict=True)
            yield from zip(indices, _descend_batch(problems, tries, budget), strict=True)


def _descend_batch(problems: Sequence[Problem], tries: Sequence[Sequence[StepSize]], budget: Budget) -> list[Run]:
    """One batch of equal shapes, filled up to the fixed size with copies of its first member; rungs go in step."""
    size, dtype = len(problems), problems[0].dtype
    members = [*problems, *[problems[0]] * (_BATCH - size)]
    attempts: list[list[Attempt]] = [[] for _ in problems]
    finals: list[State | None] = [None] * size
    with computing_in(dtype):
        examples = _stack([p.examples for p in members])
        start = _stack([initial_state(p.hidden, p.head, budget.records) for p in members])
        for rung in range(max(len(t) for t in tries)):
            waiting = [i for i in range(size) if _goes_on(attempts[i], tries[i], rung)]
            if not waiting:
                break
            values = [tries[i][rung].value if i in waiting else 1.0 for i in range(size)] + [1.0] * (_BATCH - size)
            limits = _stack([budget.limits(v, p) for v, p in zip(values, members, strict=True)])
            codes = [Status.RUNNING.code if i in waiting else Status.MAX_STEPS.code for i in range(_BATCH)]
            state = start._replace(status=jnp.asarray(codes, jnp.int32))
            state = advance_many(state, examples, limits, np.int32(budget.steps + 1), problems[0].kind)
            for i in waiting:
                final = jax.tree.map(lambda a, i=i: a[i], state)
                finals[i] = final
                numbers = (int(final.step), float(final.loss), float(final.error))
                attempts[i].append(Attempt(tries[i][rung], Status.from_code(int(final.status)), *numbers))
        # a list, not a generator: the caller must not run inside this context
        runs = []
        for problem, final, made in zip(problems, finals, attempts, strict=True):
            assert final is not None
            runs.append(run_of(problem, final, made, budget))
        return runs


def _goes_on(made: Sequence[Attempt], tries: Sequence[StepSize], rung: int) -> bool:
    return rung < len(tries) and not (made and made[-1].status is Status.CONVERGED)


def _stack(members: Sequence[_Tuple]) -> _Tuple:
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(a) for a in leaves]), *members)
