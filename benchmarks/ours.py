"""The library's own training loop, driven for a given number of steps."""

from collections.abc import Callable

import jax
import numpy as np
from setting import Setting

from howwide.networks.precision import computing_in
from howwide.training import Budget, Problem, descend_many, prepare_inputs, prepare_problem, step_sizes
from howwide.training.loop import advance, initial_state

__all__ = ["many", "prepared", "single"]


def prepared(setting: Setting, *, rotate: bool = True) -> list[Problem]:
    """The training problem of every seed."""
    inputs = prepare_inputs(*setting.data(), rotate=rotate)
    return [prepare_problem(setting.net, start, inputs) for start in setting.starts()]


def single(setting: Setting, steps: int, *, rotate: bool = True) -> Callable[[], float]:
    """The compiled loop on one net: each call makes ``steps`` more steps and returns the last evaluated loss."""
    problem = prepared(setting, rotate=rotate)[0]
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
    """All nets through ``descend_many`` with its default workers, from prepared problems to finished runs.

    Returns the losses before every step, averaged over the nets.
    """
    prepared_runs = [(p, list(step_sizes(setting.step_size, p, hidden_constant=1.0))) for p in prepared(setting)]
    jobs = [lambda run=run: run for run in prepared_runs]
    budget = Budget(steps=steps)

    def run() -> np.ndarray:
        return np.mean([found.loss[:steps] for _, found in descend_many(jobs, budget)], axis=0)

    return run
