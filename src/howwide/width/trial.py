"""One trial: does this network, on this subset, from this start, reach the target within the budget?

Trial k of a study uses seed k for everything random in it: the subset of size n (nested: the subset of size 100 lies
inside the one of size 200, and every width sees the same one) and the start ``fold_in(key, k)``. So a trial is settled
by (n, width, k) and the study's settings, whatever runs beside it.
"""

import dataclasses
from typing import Any

import jax
import numpy as np

from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.losses import get_loss
from howwide.networks import DeepReLU, FixedHeadReLU
from howwide.networks.checks import check_count
from howwide.training import (
    Budget,
    Inputs,
    Job,
    Problem,
    Run,
    Status,
    StepSize,
    check_step_size,
    parse_target,
    prepare_inputs,
    prepare_problem,
    step_sizes,
)

LARGEST_SEED = 2**32 - 1
"""JAX keys hold 32 bits of a seed; a larger one would repeat another."""

__all__ = ["LARGEST_SEED", "NETWORKS", "Study", "Trial", "make_network", "trial_row"]

NETWORKS = ("deep", "fixed-head")
"""Names of the networks: Chen et al.'s, and Zou et al.'s."""


@dataclasses.dataclass(frozen=True, order=True)
class Trial:
    """Sample size, width, and the seed that settles subset and start."""

    n: int
    width: int
    seed: int


def make_network(network: str, width: int, depth: int, alpha: float) -> DeepReLU | FixedHeadReLU:
    """The network named ``deep`` or ``fixed-head``; ``alpha`` belongs to the first alone.

    Raises:
        SettingError: an unknown name, or a number outside the network's domain.
    """
    if network == "deep":
        return DeepReLU(width, depth, alpha)
    if network == "fixed-head":
        return FixedHeadReLU(width, depth)
    raise SettingError(f"unknown network {network!r}; use one of {', '.join(NETWORKS)}")


@dataclasses.dataclass(frozen=True)
class Study:
    """Everything that trials of one study share.

    Args:
        data: where the subsets are drawn from.
        network: ``deep`` or ``fixed-head``.
        depth: L, as the network counts it.
        alpha: output scale of the deep network.
        target: ``zero-error`` or ``loss<=EPS``.
        steps: the budget T of every try.
        step_size: a number or a rule; ``ladder`` makes up to three tries a trial.
        loss: ``logistic`` or ``square``.
        hidden_constant: the constant of the theorem's step size.
        antisymmetric: start with f = 0.
        stratified: subsets keep the share of positive labels; otherwise they are plain random ones.
        seed: changes every subset and every start.

    Raises:
        SettingError: a setting outside its domain.
    """

    data: Dataset
    network: str = "deep"
    depth: int = 5
    alpha: float = 0.5
    target: str = "zero-error"
    steps: int = 1000
    step_size: str | float = "ladder"
    loss: str = "logistic"
    hidden_constant: float = 1.0
    antisymmetric: bool = False
    stratified: bool = True
    seed: int = 0
    _inputs: dict[tuple[int, int], Inputs] = dataclasses.field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        make_network(self.network, 2, self.depth, self.alpha)
        parse_target(self.target)
        get_loss(self.loss)
        check_count(self.steps, "steps", 1)
        check_step_size(self.step_size, self.hidden_constant)
        check_count(self.seed, "seed", most=LARGEST_SEED)

    @property
    def width_step(self) -> int:
        """2 where the network needs an even width, otherwise 1."""
        return 2 if self.antisymmetric or self.network == "fixed-head" else 1

    @property
    def budget(self) -> Budget:
        """What the runs of a trial may spend; nothing is recorded along the way."""
        return Budget(self.steps, parse_target(self.target), record_every=self.steps)

    def inputs(self, n: int, seed: int) -> Inputs:
        """The subset of trial ``seed`` with n examples, in training coordinates; kept for the other widths."""
        if (n, seed) not in self._inputs:
            chosen = int(np.random.SeedSequence([self.seed, seed]).generate_state(1)[0])
            subset = self.data.subset(n, seed=chosen, stratified=self.stratified)
            self._inputs[n, seed] = prepare_inputs(subset.x, subset.y)
        return self._inputs[n, seed]

    def job(self, trial: Trial) -> Job:
        """What prepares the run of ``trial``."""

        def prepare() -> tuple[Problem, tuple[StepSize, ...]]:
            net = make_network(self.network, trial.width, self.depth, self.alpha)
            key = jax.random.fold_in(jax.random.key(self.seed), trial.seed)
            weights = net.init(key, self.data.d, antisymmetric=self.antisymmetric)
            problem = prepare_problem(net, weights, self.inputs(trial.n, trial.seed), loss=self.loss)
            return problem, step_sizes(self.step_size, problem, hidden_constant=self.hidden_constant)

        return prepare


def trial_row(study: Study, trial: Trial, run: Run) -> dict[str, Any]:
    """One tidy row: what was tried, whether it succeeded, and how the last try ended."""
    return {
        **dataclasses.asdict(trial),
        "success": run.status is Status.CONVERGED,
        "status": str(run.status),
        "steps": run.steps,
        "loss": run.final_loss,
        "error": run.final_error,
        "step_rule": run.step_size.rule,
        "step_size": run.step_size.value,
        "hidden_constant": run.step_size.hidden_constant,
        "tries": len(run.attempts),
        "network": study.network,
        "depth": study.depth,
        "alpha": study.alpha if study.network == "deep" else None,
        "loss_function": study.loss,
        "target": study.target,
        "budget": study.steps,
    }
