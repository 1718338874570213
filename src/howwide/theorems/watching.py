"""Gradient descent that is looked at along the way, and what is seen there: distances, losses, test errors.

Looking changes no value: the same compiled steps are made, in parts.
"""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from howwide.data import Dataset
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.training import Attempt, Budget, Run, Status, StepSize, prepare_inputs, prepare_problem
from howwide.training.gradient_descent import run_of
from howwide.training.loop import advance, initial_state

__all__ = ["distances", "error_on_test", "training_loss", "watched"]

_CHECKPOINTS = 100


def watched(
    net: Network,
    start: tuple[np.ndarray, ...],
    ds: Dataset,
    step: StepSize,
    steps: int,
    loss: str,
    say: Callable[[str], None],
) -> tuple[Run, pd.DataFrame]:
    """Gradient descent that is looked at about a hundred times.

    Returns:
        the run, and a table with columns ``step``, ``loss``, ``distance_1`` ..., ``test_error``, a row a look.
    """
    problem = prepare_problem(net, start, prepare_inputs(ds.x, ds.y), loss=loss)
    budget = Budget(steps)
    rows = []
    with computing_in(problem.dtype, nan_is_outcome=True):
        state, limits = initial_state(problem.hidden, problem.head, budget.records), budget.limits(step.value, problem)
        for until in _looks(steps):
            state = advance(state, problem.examples, limits, np.int32(until), kind=problem.kind)
            now = int(state.step)
            weights = problem.weights(state.hidden, state.head)
            rows.append({"step": now, **distances(weights, start), "test_error": error_on_test(net, weights, ds)})
            say(f"step {now} of {steps}: loss {float(state.loss):.4g}")
            if int(state.status) != Status.RUNNING.code:
                break
        status = Status.from_code(int(state.status))
        attempt = Attempt(step, status, int(state.step), float(state.loss), float(state.error))
        run = run_of(problem, state, [attempt], budget)
    along = pd.DataFrame(rows)
    along.insert(1, "loss", run.loss[along["step"].to_numpy()].astype(float))
    return run, along


def _looks(steps: int) -> list[int]:
    """Where the loop pauses: W(until) has been reached but not evaluated, except at the end."""
    marks = np.unique(np.linspace(0, steps, min(_CHECKPOINTS, steps) + 1).astype(int))
    return [*(int(m) for m in marks[:-1]), steps + 1]


def distances(weights: tuple[np.ndarray, ...], start: tuple[np.ndarray, ...]) -> dict[str, float]:
    """Frobenius distance of every matrix from its start: ``distance_1``, ``distance_2``, ..."""
    moved = (np.linalg.norm(b.astype(float) - a) for a, b in zip(start, weights, strict=True))
    return {f"distance_{layer}": float(d) for layer, d in enumerate(moved, 1)}


def error_on_test(net: Network, weights: tuple[np.ndarray, ...], ds: Dataset) -> float:
    """Share of test points with a wrong sign; NaN without test points."""
    if ds.x_test is None or ds.y_test is None:
        return math.nan
    return float(np.mean(~(ds.y_test * np.asarray(net.apply(weights, ds.x_test)) > 0)))


def training_loss(net: Network, weights: tuple[np.ndarray, ...], ds: Dataset) -> float:
    """Mean logistic loss."""
    margins = ds.y * np.asarray(net.apply(weights, ds.x), float)
    return float(np.logaddexp(0.0, -margins).mean())
