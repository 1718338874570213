"""A run as a theorem prescribes it, and what it guaranteed beside what happened.

The facts that the theorem asks about are measured first; they give step size and number of steps, the latter cut off at
a budget with a note. Gradient descent is observed at about a hundred steps. One pass of SGD is made several times with
the same order and other draws of the iterate: the guarantee is about the mean over the draw.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd

from howwide.checks import check_count, check_seed
from howwide.data import Dataset
from howwide.evaluate import test_error
from howwide.networks.initialisation import check_start
from howwide.networks.protocol import Network
from howwide.results.plan import RunPlan
from howwide.results.train import TrainResult
from howwide.theorems._implement import Implementation, implement
from howwide.theorems._prescribe import Prescription, prescribe
from howwide.theorems.facts import measure
from howwide.theorems.facts._measure import planned_measure
from howwide.theorems.guarantees import (
    Guarantee,
    ball_radius,
    distance_columns,
    error_bounds,
    finite_number,
    of_descent,
    of_passes,
)
from howwide.theory import Judgement, Theorem, error_bound_of
from howwide.training import Observation, OnlineRun, Run, check_step_size, gradient_descent, one_pass_sgd
from howwide.training.by_settings import train_result
from howwide.training.cost import forward_flops, largest_array, matrix_entries, pass_flops, planned, step_flops
from howwide.training.observation import observed_steps
from howwide.training.problem import padded_width

__all__ = ["MAX_STEPS", "TheoremRun", "plan_of_training", "train"]

MAX_STEPS = 2000
"""The budget of gradient steps: minutes at width 512, where the theorems ask for days."""

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
        theorem: the statement.
        implementation: network, start and algorithm.
        net: the network.
        prescription: the theorem's numbers on these data.
        judgement: of the theorem at this width.
        initial: the start.
        weights: the last weights, or the drawn iterate of SGD.
        run: the run of gradient descent; None for SGD.
        online: the pass of SGD; None for gradient descent.
        steps: that were made.
        guarantees: what was guaranteed beside what happened.
        along: columns ``step``, ``loss``, ``distance_1`` ..., ``test_error`` and bounds, a row a checkpoint.
        warnings: what was cut off or could not be had.
    """

    theorem: Theorem
    implementation: Implementation
    net: Network
    prescription: Prescription
    judgement: Judgement
    initial: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    run: Run | None
    online: OnlineRun | None
    steps: int
    guarantees: tuple[Guarantee, ...]
    along: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def promised(self) -> dict[str, Any]:
        """What the theorem prescribes and guarantees: ``promised`` of :class:`howwide.results.TrainResult`."""
        prescription, judgement = self.prescription, self.judgement
        radius = ball_radius(prescription.theorem, prescription.problem)
        return {
            "theorem": self.theorem.id,
            "runs": prescription.theorem.id,
            "verdict": judgement.verdict,
            "words": judgement.words,
            "reason": judgement.reason,
            "prediction": not judgement.guaranteed,
            "hidden_constant": prescription.hidden_constant,
            "step_size": prescription.quantities["step_size"].value,
            "log10_steps": prescription.quantities["num_steps"].log10,
            "training_loss": prescription.quantities["training_loss"].value,
            "log10_width": prescription.quantities["width"].log10,
            "radius": radius,
            "ball": None if radius is None else radius / self.net.gradient_scale,
            "reach": prescription.number("distance"),
            "facts": prescription.problem.as_dict(),
            "tag": self.theorem.tag,
            "lines": [guarantee.as_dict() for guarantee in self.guarantees],
        }

    def result(self, ds: Dataset) -> TrainResult:
        """The run on ``ds`` as the result of ``howwide train``."""
        run = self.run or self.online
        assert run is not None
        return train_result(
            ds, self.net, self.initial, run, loss=self.implementation.loss, promised=self.promised,
            observed={"steps": self.steps, "curve": self.along.to_dict("records")},
            along=self.along.dropna(axis="columns", how="all"), notes=list(self.warnings),
        )  # fmt: skip


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
    max_steps = _checked_steps(max_steps, hidden_constant)
    how = implement(theorem, network=network, depth=depth, alpha=alpha, algorithm=algorithm, loss=loss)
    net = how.net(width)
    measured = measure(
        ds, depth=how.matrices, width=width, alpha=how.alpha, target_loss=target_loss, parts=_parts(theorem, how),
        failure_probability=failure_probability, dtype=dtype, seed=seed, say=say,
    )  # fmt: skip
    prescription = prescribe(how.theorem, measured.problem(how.theorem), hidden_constant)
    step = how.step_size(prescription, net, width, ds.n)
    start = how.start(net, ds.d, seed=seed, dtype=dtype)
    warnings = list(measured.notes)
    outcome: dict[str, Any]
    if how.algorithm == "sgd":
        draw = jax.random.fold_in(jax.random.key(seed), 1)  # the first draw is the one of ``howwide train``
        keys = [draw, *(jax.random.fold_in(draw, k) for k in range(1, DRAWS))]
        passes = [one_pass_sgd(net, start, ds.x, ds.y, step_size=step.value, loss=how.loss, key=key) for key in keys]
        guarantees, along = of_passes(passes, ds, net, start, prescription)
        online = dataclasses.replace(passes[0], step_size=step)
        outcome = {"run": None, "online": online, "weights": online.weights, "steps": ds.n}
    else:
        steps = _steps_within(prescription, max_steps, warnings)
        rows: list[dict[str, Any]] = []

        def observe(seen: Observation) -> None:
            error = test_error(net, seen.weights, ds)
            distances = distance_columns(seen.weights, start)
            rows.append({"step": seen.step, "loss": seen.loss, **distances, "test_error": error})
            say(f"step {seen.step} of {steps}: loss {seen.loss:.4g}")

        run = gradient_descent(
            net, start, ds.x, ds.y, step_size=step.value, steps=steps, loss=how.loss, observer=observe
        )
        run = dataclasses.replace(run, step_size=step, attempts=(dataclasses.replace(run.attempts[0], step_size=step),))
        along = pd.DataFrame(rows)
        along = pd.concat([along, error_bounds(prescription, along["loss"].to_numpy(float))], axis=1)
        guarantees = of_descent(run, along, ds, net, prescription)
        outcome = {"run": run, "online": None, "weights": run.weights, "steps": run.steps}
    stated = prescribe(theorem, measured.problem(theorem), hidden_constant)
    return TheoremRun(
        theorem=theorem, implementation=how, net=net, prescription=prescription, initial=start,
        judgement=theorem.judge(stated.problem, hidden_constant), guarantees=guarantees, along=along,
        warnings=tuple(warnings), **outcome,
    )  # fmt: skip


def plan_of_training(
    ds: Dataset,
    theorem: Theorem,
    *,
    width: int,
    depth: int | None,
    network: str | None,
    algorithm: str | None,
    loss: str | None,
    alpha: float | None,
    target_loss: float,
    failure_probability: float,
    hidden_constant: float,
    max_steps: int,
    dtype: str,
    seed: int,
) -> RunPlan:
    """What :func:`train` will do with these settings, and what is known beforehand of its cost.

    Steps are counted at their most, ``max_steps``: how many the theorem asks for depends on facts that are measured
    first, and so does whether it has a usable step size on these data at all. Gradient descent is observed at about a
    hundred steps, each time with a look at the test part.

    Raises:
        SettingError: as :func:`train`, but for what only the measured facts tell.
    """
    max_steps = _checked_steps(max_steps, hidden_constant)
    how = implement(theorem, network=network, depth=depth, alpha=alpha, algorithm=algorithm, loss=loss)
    net, n, d = how.net(width), ds.n, ds.d
    check_seed(seed)
    parts = planned_measure(
        ds, depth=how.matrices, width=width, alpha=how.alpha, target_loss=target_loss, parts=_parts(theorem, how),
        failure_probability=failure_probability, dtype=dtype,
    )  # fmt: skip
    check_start(net, d, antisymmetric=how.antisymmetric, dtype=dtype)
    double, largest = dtype == "float64", largest_array(n, d, net.hidden_widths, np.dtype(dtype).itemsize)
    entries = matrix_entries(net.hidden_widths, d)
    if how.algorithm == "sgd":
        flops, looks = DRAWS * pass_flops(n, d, net.hidden_widths), DRAWS
        part = planned("training", DRAWS * n, "steps", flops, largest, steps=DRAWS * n, runs=DRAWS, double=double)
    else:
        widths = tuple(map(padded_width, net.hidden_widths))
        trained, looks = matrix_entries(widths, min(n, d)), len(observed_steps(max_steps, None))
        flops = max_steps * step_flops(n, d, widths) + forward_flops(n, *trained)
        part = planned("training", max_steps, "steps", flops, largest, steps=max_steps, runs=1, double=double)
    judged = (looks + 1) * ds.n_test + (DRAWS * n if how.algorithm == "sgd" else 0)
    looked = planned(
        "errors along the run", judged, "examples", forward_flops(judged, *entries), largest, double=double
    )
    return RunPlan.of([*parts, part, looked])


def _checked_steps(max_steps: int, hidden_constant: float) -> int:
    """The most steps, once the numbers of a run are seen to lie in their domains.

    Raises:
        SettingError: they do not.
    """
    steps = check_count(max_steps, "max_steps")
    check_step_size("theory", hidden_constant)
    return steps


def _steps_within(prescription: Prescription, most: int, warnings: list[str]) -> int:
    """The theorem's number of steps, ``most`` at most; a note goes to ``warnings`` where it was cut off."""
    stated = prescription.quantities["num_steps"]
    if stated.status == "zero":
        return 0
    needed = prescription.problem.num_steps if stated.value is None else stated.value
    if needed is None:
        why = f": {stated.reason}" if stated.reason else ""
        warnings.append(f"the theorem's number of steps is not known{why}; {most} were allowed (--max-steps)")
        return most
    number = finite_number(needed)
    if number is not None and number <= most:
        return math.ceil(number)
    text = "infinitely many" if number is None else f"{number:.0f}" if number < 1e9 else f"10^{math.log10(number):.1f}"
    warnings.append(
        f"the theorem asks for {text} steps; the run was stopped at {most} (--max-steps), so its promise of a training "
        "loss is not due yet"
    )
    return most


def _parts(theorem: Theorem, how: Implementation) -> list[str]:
    """What has to be measured: the facts of the statements that step, steps, bounds and verdict are from."""
    if how.antisymmetric:
        return ["antisymmetric"]
    bound = error_bound_of(how.theorem)
    facts = theorem.facts | how.theorem.facts | (bound.facts if bound else frozenset())
    return sorted({part for fact in facts for part in _PARTS.get(fact, ())})
