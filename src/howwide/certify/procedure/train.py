"""A run before it starts, and after: everything that certificates are made from."""

import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np

from howwide.certify.procedure.one_pass import OBSERVED, Pass, PassPlan, plan_pass
from howwide.certify.procedure.plan import Combination, Plan
from howwide.certify.procedure.sample import Sample
from howwide.evaluate import error
from howwide.networks import DeepReLU, FixedHeadReLU
from howwide.training import OnlineRun, Run, one_pass_sgd
from howwide.training.gradient_descent import Budget, checkpoints
from howwide.training.problem import prepare_inputs, prepare_problem
from howwide.training.step_sizes import step_sizes

__all__ = ["DeclaredRun", "TrainedRun", "stops", "train"]

_STREAMS = ("start", "draw", "pac_bayes", "rademacher", "pass")


@dataclass(frozen=True)
class DeclaredRun:
    """A run before it starts.

    Attributes:
        plan: the declared procedure.
        sample: the examples, and those kept apart.
    """

    plan: Plan
    sample: Sample

    def key(self, purpose: str) -> jax.Array:
        """A stream of random numbers of its own for one purpose: ``start``, ``draw``, ``pass``, or a certificate."""
        stream = _STREAMS.index(purpose) if purpose in _STREAMS else zlib.crc32(purpose.encode()) >> 1
        return jax.random.fold_in(jax.random.key(self.plan.seed), stream)

    @property
    def pass_plan(self) -> PassPlan:
        """Which iterates of a pass are kept, fixed before it."""
        observed = 0 if self.sample.test is None else OBSERVED
        return plan_pass(self.sample.y.size, observed=observed, key=self.key("pass"))

    @property
    def snapshots(self) -> tuple[int, ...]:
        """The iterates of a pass that are kept; none of gradient descent, which keeps those at its `stops`."""
        return self.pass_plan.snapshots if self.plan.algorithm == "sgd" else ()


@dataclass(frozen=True)
class TrainedRun(DeclaredRun):
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
    net: DeepReLU | FixedHeadReLU
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

    @functools.cached_property
    def one_pass(self) -> Pass:
        """The pass, its record compared with the iterates that were kept."""
        assert isinstance(self.run, OnlineRun)
        x_test, y_test = self.sample.test or (None, None)
        return Pass.checked(self.net, self.run, self.sample.x, self.sample.y, self.pass_plan, x_test, y_test)


def train(declared: DeclaredRun, combination: Combination, snapshots: Sequence[int] = ()) -> TrainedRun:
    """Train ``combination`` on the sample, keeping the iterates ``snapshots`` of a pass."""
    plan, sample = declared.plan, declared.sample
    x, y = sample.x, sample.y
    net = plan.net(combination)
    start = net.init(declared.key("start"), x.shape[1], dtype=plan.dtype)
    initial = tuple(np.asarray(w) for w in start)
    constant = combination.step_constant or 1.0
    iterates: tuple[tuple[np.ndarray, ...], ...] = ()
    run: OnlineRun | Run
    if plan.algorithm == "sgd":
        key = declared.key("draw")
        run = one_pass_sgd(
            net, initial, x, y, step_size=plan.step_size, hidden_constant=constant, snapshots=snapshots, key=key
        )
        final = run.final_weights
    else:
        problem = prepare_problem(net, initial, prepare_inputs(x, y))
        (step_size,) = step_sizes(problem=problem, step_size=plan.step_size, hidden_constant=constant)
        budgets = [Budget(steps=stop, record_every=plan.steps) for stop in stops(plan.steps)]
        runs = list(checkpoints(problem, step_size, budgets))
        run, iterates = runs[-1], tuple(stretch.weights for stretch in runs)
        final = run.weights
    return TrainedRun(
        plan,
        sample,
        combination,
        net,
        initial,
        run,
        iterates,
        train_error=error(net, final, x, y),
        test_error=None if sample.test is None else error(net, final, *sample.test),
    )


def stops(steps: int) -> tuple[int, ...]:
    """An eighth, a quarter, a half and all of the steps: where gradient descent leaves its weights."""
    return tuple(sorted({max(1, steps * k // 8) for k in (1, 2, 4, 8)}))
