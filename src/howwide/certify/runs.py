"""One combination of the plan, trained: everything that certificates are made from."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from howwide.certify.plan import Combination, Plan
from howwide.certify.sampling import Sample
from howwide.evaluate import error
from howwide.networks.protocol import Network
from howwide.training import OnlineRun, Run, one_pass_sgd
from howwide.training.gradient_descent import Budget, checkpoints
from howwide.training.problem import prepare_inputs, prepare_problem
from howwide.training.step_sizes import step_sizes

__all__ = ["Trained", "stops", "train"]

_START, _DRAW = 0, 1  # streams of the seed's key; as `howwide train` has them


@dataclass(frozen=True)
class Trained:
    """A run of one combination.

    Attributes:
        combination: which.
        net: its network.
        initial: weights before.
        run: the record of the pass, or of gradient descent.
        iterates: weights of gradient descent at its `stops`, the last ones among them; empty for one pass.
        train_error: of the last weights, on the examples trained on.
        test_error: of the last weights, on examples that nothing used, or None.
    """

    combination: Combination
    net: Network
    initial: tuple[np.ndarray, ...]
    run: OnlineRun | Run
    iterates: tuple[tuple[np.ndarray, ...], ...]
    train_error: float
    test_error: float | None

    @property
    def final(self) -> tuple[np.ndarray, ...]:
        """The last weights."""
        return self.run.final_weights if isinstance(self.run, OnlineRun) else self.run.weights

    @property
    def online_error(self) -> float | None:
        """Share of mistakes on examples not yet seen; one pass only."""
        return float(np.mean(self.run.mistakes)) if isinstance(self.run, OnlineRun) else None

    @property
    def sound(self) -> bool:
        """Whether the run ended in finite numbers."""
        return self.run.status != "diverged"


def train(plan: Plan, combination: Combination, sample: Sample, keep: tuple[int, ...]) -> Trained:
    """Train ``combination`` on the sample, keeping the iterates at the times ``keep`` (one pass)."""
    net = plan.net(combination)
    key = jax.random.key(plan.seed)
    initial = tuple(
        np.asarray(w) for w in net.init(jax.random.fold_in(key, _START), sample.x.shape[1], dtype=plan.dtype)
    )
    choice: dict[str, Any] = {"step_size": plan.step_size, "hidden_constant": combination.step_constant or 1.0}
    iterates: tuple[tuple[np.ndarray, ...], ...] = ()
    run: OnlineRun | Run
    if plan.algorithm == "sgd":
        run = one_pass_sgd(
            net,
            initial,
            sample.x,
            sample.y,
            snapshots=keep,
            key=jax.random.fold_in(key, _DRAW),
            **choice,
        )
    else:
        run, iterates = _descend(net, initial, sample, plan.steps, choice)
    final = run.final_weights if isinstance(run, OnlineRun) else run.weights
    test = None if sample.x_test is None else _error(net, final, sample.x_test, sample.y_test)
    return Trained(combination, net, initial, run, iterates, _error(net, final, sample.x, sample.y), test)


def stops(steps: int) -> tuple[int, ...]:
    """An eighth, a quarter, a half and all of the steps: where gradient descent leaves its weights."""
    return tuple(sorted({max(1, steps * k // 8) for k in (1, 2, 4, 8)}))


def _descend(
    net: Network, initial: tuple[np.ndarray, ...], sample: Sample, steps: int, choice: dict[str, Any]
) -> tuple[Run, tuple[tuple[np.ndarray, ...], ...]]:
    """The whole run, and the weights at its `stops`."""
    problem = prepare_problem(net, initial, prepare_inputs(sample.x, sample.y))
    (step_size,) = step_sizes(problem=problem, **choice)
    runs = list(checkpoints(problem, step_size, [Budget(steps=stop, record_every=steps) for stop in stops(steps)]))
    return runs[-1], tuple(run.weights for run in runs)


def _error(net: Network, weights: Any, x: Any, y: Any) -> float:
    return error(net, weights, x, y)
