"""A run as a theorem prescribes it, and what it promised beside what happened.

The facts that the theorem asks about are measured first; they give step size and number of steps, the latter cut off at
a budget with a word about it. Gradient descent is observed at about a hundred steps. One pass of SGD is made several
times with the same order and other draws of the iterate: the guarantee is about the mean over the draw.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd

from howwide.checks import check_count
from howwide.data import Dataset
from howwide.evaluate import test_error
from howwide.networks.protocol import Network
from howwide.theorems.facts import measure
from howwide.theorems.outcomes import distance_columns, gd_promises, sgd_promises
from howwide.theorems.prescription import Prescription, prescribe
from howwide.theorems.promises import Promise, bound_theorem, error_bounds
from howwide.theorems.realisation import Realisation, realise
from howwide.theorems.schedule import steps_within, theorem_step_size
from howwide.theory import Judgement, Theorem
from howwide.training import Observation, OnlineRun, Run, StepSize, check_step_size, gradient_descent, one_pass_sgd

__all__ = ["MAX_STEPS", "TheoremRun", "train"]

MAX_STEPS = 2000
"""The budget of gradient steps: minutes at width 512, where the theorems ask for days."""

Weights = tuple[np.ndarray, ...]

DRAWS = 16
"""Draws of the iterate of SGD."""

_PARTS = {
    "separation_across": ("separation",), "separation_all": ("separation",), "lambda_min": ("spectrum",),
    "margin": ("margin",), "label_energy": ("margin",), "margin_infinite": ("infinite",),
    "lambda_min_infinite": ("infinite",), "label_complexity": ("infinite",), "lambda_min_shallow": ("infinite",),
    "label_complexity_shallow": ("infinite",),
    "margin_features": ("infinite",), "margin_shallow": ("infinite", "shallow"), "radius": ("radius",),
    "ntrf_loss": ("radius",), "network_radius": ("radius",), "reference_distance": ("radius",),
    "linearization_error": ("radius",),
}  # fmt: skip
"""Which measurement has which fact."""


@dataclasses.dataclass(frozen=True)
class TheoremRun:
    """A finished run by a theorem.

    Attributes:
        theorem: the statement that was asked for.
        realisation: network, start and algorithm.
        net: the network.
        prescription: the theorem's numbers on these data.
        judgement: of the theorem at this width.
        initial: the start.
        weights: the last weights, or the drawn iterate of SGD.
        run: the run of gradient descent; None for SGD.
        online: the pass of SGD; None for gradient descent.
        steps: that were made.
        promises: what was promised beside what happened.
        along: columns ``step``, ``loss``, ``distance_1`` ..., ``test_error`` and bounds, a row a checkpoint.
        warnings: what was cut off or could not be had.
    """

    theorem: Theorem
    realisation: Realisation
    net: Network
    prescription: Prescription
    judgement: Judgement
    initial: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    run: Run | None
    online: OnlineRun | None
    steps: int
    promises: tuple[Promise, ...]
    along: pd.DataFrame
    warnings: tuple[str, ...]


def train(
    ds: Dataset,
    theorem: Theorem,
    *,
    width: int,
    depth: int | None = None,
    network: str | None = None,
    algorithm: str | None = None,
    loss: str | None = None,
    alpha: float | None = None,
    target_loss: float = 0.1,
    failure_probability: float = 0.05,
    hidden_constant: float = 1.0,
    max_steps: int = MAX_STEPS,
    dtype: str = "float32",
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> TheoremRun:
    """Run what ``theorem`` prescribes on all of ``ds``.

    Args:
        ds: the data.
        theorem: the statement; one about the iterates of another runs that one.
        width: m.
        depth: as the network counts it; None for what the theorem has, or 5.
        network: ``deep`` or ``fixed-head``; None for the theorem's.
        algorithm: ``gd`` or ``sgd``; None for the theorem's.
        loss: None for the theorem's.
        alpha: output scale of the deep network, 1/2 unless given; none for a theorem about the other.
        target_loss: eps.
        failure_probability: delta.
        hidden_constant: for what the papers hide, in step size, steps and bounds.
        max_steps: gradient steps at most.
        dtype: float32 or float64.
        seed: of the start, and of the draws of SGD.
        say: called with a line of progress.

    Raises:
        SettingError: a number outside its domain, the theorem does not apply to what was chosen, or a fact that its
            run needs cannot be had.
    """
    max_steps = check_count(max_steps, "max_steps")
    check_step_size("theory", hidden_constant)
    how = realise(theorem, network=network, depth=depth, alpha=alpha, algorithm=algorithm, loss=loss)
    net = how.net(width)
    measured = measure(
        ds, depth=how.matrices, width=width, alpha=how.alpha, target_loss=target_loss, parts=_parts(theorem, how),
        failure_probability=failure_probability, dtype=dtype, seed=seed, say=say,
    )  # fmt: skip
    prescription = prescribe(how.theorem, measured.problem(how.theorem), hidden_constant)
    step = theorem_step_size(prescription, how, net, width, ds.n)
    start = how.start(net, ds.d, seed=seed, dtype=dtype)
    warnings = list(measured.notes)
    if how.algorithm == "sgd":
        outcome = _passes(ds, net, start, step, how, prescription, seed)
    else:
        steps = steps_within(prescription, max_steps, warnings)
        outcome = _descent(ds, net, start, step, how, prescription, steps, say)
    stated = prescribe(theorem, measured.problem(theorem), hidden_constant)
    judgement = theorem.judge(stated.problem, hidden_constant)
    return TheoremRun(
        theorem=theorem, realisation=how, net=net, prescription=prescription, judgement=judgement, initial=start,
        warnings=tuple(warnings), **outcome,
    )  # fmt: skip


def _descent(
    ds: Dataset,
    net: Network,
    start: Weights,
    step: StepSize,
    how: Realisation,
    prescription: Prescription,
    steps: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    rows = []

    def look(seen: Observation) -> None:
        error = test_error(net, seen.weights, ds)
        rows.append(
            {"step": seen.step, "loss": seen.loss, **distance_columns(seen.weights, start), "test_error": error}
        )
        say(f"step {seen.step} of {steps}: loss {seen.loss:.4g}")

    run = gradient_descent(net, start, ds.x, ds.y, step_size=step.value, steps=steps, loss=how.loss, observer=look)
    run = dataclasses.replace(run, step_size=step, attempts=(dataclasses.replace(run.attempts[0], step_size=step),))
    along = pd.DataFrame(rows)
    along = pd.concat([along, error_bounds(prescription, along["loss"].to_numpy(float))], axis=1)
    promises = gd_promises(run, along, ds, net, prescription)
    return {
        "weights": run.weights, "run": run, "online": None, "steps": run.steps, "promises": promises, "along": along
    }  # fmt: skip


def _passes(
    ds: Dataset,
    net: Network,
    start: Weights,
    step: StepSize,
    how: Realisation,
    prescription: Prescription,
    seed: int,
) -> dict[str, Any]:
    passes = [
        one_pass_sgd(net, start, ds.x, ds.y, step_size=step.value, loss=how.loss, key=_draw_key(seed, k))
        for k in range(DRAWS)
    ]
    first = dataclasses.replace(passes[0], step_size=step)
    promises, along = sgd_promises(passes, ds, net, start, prescription)
    return {
        "weights": first.weights, "run": None, "online": first, "steps": ds.n, "promises": promises, "along": along
    }  # fmt: skip


def _parts(theorem: Theorem, how: Realisation) -> list[str]:
    if how.antisymmetric and (how.theorem.setting.hidden_layers is None or how.theorem.cites == "lei2026"):
        return ["antisymmetric"]
    bound = bound_theorem(how.theorem)
    asked = {theorem, how.theorem, *([bound] if bound else [])}
    facts = {f for t in asked for formula in t.formulas.values() for f in formula.facts}
    facts |= {f for t in asked for assumption in t.assumptions for f in assumption.facts}
    return sorted({part for fact in facts for part in _PARTS.get(fact, ())})


def _draw_key(seed: int, k: int) -> Any:
    """The first draw is the one of ``howwide train``."""
    key = jax.random.fold_in(jax.random.key(seed), 1)
    return key if k == 0 else jax.random.fold_in(key, k)
