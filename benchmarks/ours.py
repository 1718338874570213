"""The library's own training loop, driven for a given number of steps."""

from collections.abc import Callable

import jax
import numpy as np
from setting import Setting

from howwide.networks.precision import computing_in
from howwide.sweep import InProcess
from howwide.training import (
    Budget,
    Run,
    StepSize,
    TrainingProblem,
    available_cores,
    prepare_inputs,
    prepare_problem,
    step_sizes,
)
from howwide.training.gradient_descent import checkpoints
from howwide.training.loop import advance, initial_state

__all__ = ["many", "prepared", "single"]


def prepared(setting: Setting, *, dual: bool = True) -> list[TrainingProblem]:
    """The training problem of every seed."""
    inputs = prepare_inputs(*setting.data(), dual=dual)
    return [prepare_problem(setting.net, start, inputs) for start in setting.starts()]


def single(setting: Setting, steps: int, *, dual: bool = True) -> Callable[[], float]:
    """The compiled loop on one net: each call makes ``steps`` more steps and returns the last evaluated loss."""
    problem = prepared(setting, dual=dual)[0]
    budget = Budget(steps=2**30, record_every=2**30)
    with computing_in(problem.dtype):
        examples = jax.device_put(problem.examples)
        limits = budget.limits(setting.step_size, problem)
        state = initial_state(problem.hidden, problem.head, budget.records)
    reached = 0

    def run() -> float:
        nonlocal state, reached
        reached += steps
        with computing_in(problem.dtype):
            state = advance(state, examples, limits, np.int32(reached), kind=problem.kind)
            return float(state.loss)

    return run


def many(setting: Setting, steps: int) -> Callable[[], np.ndarray]:
    """All nets as the trials of a width search on CPUs: one a thread, from prepared problems to finished runs.

    Returns the losses before every step, averaged over the nets.
    """
    problems = [(p, step_sizes(setting.step_size, p)[0]) for p in prepared(setting)]

    def run() -> np.ndarray:
        with InProcess(available_cores()).executor({}) as threads:
            jobs = [
                threads.submit(lambda *run: next(checkpoints(*run)), *problem, [Budget(steps)]) for problem in problems
            ]
            return np.mean([job.result().loss[:steps] for job in jobs], axis=0)

    return run


def _trained(problem: TrainingProblem, step_size: StepSize, steps: int) -> Run:
    return next(checkpoints(problem, step_size, [Budget(steps)]))
