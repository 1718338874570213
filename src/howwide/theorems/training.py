"""A run as a theorem prescribes it, and what it promised beside what happened.

The facts that the theorem asks about are measured first; they give step size and number of steps, the latter cut off at
a budget with a word about it. Gradient descent is watched at about a hundred steps. One pass of SGD is made several
times with the same order and other draws of the iterate: the guarantee is about the mean over the draw.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd

from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.networks.checks import check_count
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.theorems.facts import measure
from howwide.theorems.prescription import Prescription, prescribe
from howwide.theorems.promises import REACH, Promise, ball_radius, bound_theorem, error_bounds
from howwide.theorems.realisation import Realisation, realise
from howwide.theory import Theorem
from howwide.training import (
    Attempt,
    Budget,
    OnlineRun,
    Run,
    Status,
    StepSize,
    one_pass_sgd,
    prepare_inputs,
    prepare_problem,
)
from howwide.training.gradient_descent import run_of
from howwide.training.loop import advance, initial_state

__all__ = ["MAX_STEPS", "TheoremRun", "train"]

MAX_STEPS = 20_000
"""The budget of gradient steps."""

DRAWS = 16
"""Draws of the iterate of SGD."""

_CHECKPOINTS = 100

_EVERY_STEP = frozenset({"du-zhai-poczos-singh/iclr2019/thm-gd"})
"""Linear convergence at every step, to a share of the loss at the start."""

_PARTS = {
    "separation_across": ("separation",), "separation_all": ("separation",), "lambda_min": ("spectrum",),
    "margin": ("margin",), "label_energy": ("margin",), "margin_infinite": ("infinite",),
    "lambda_min_infinite": ("infinite",), "label_complexity": ("infinite",), "lambda_min_shallow": ("infinite",),
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
        verdict: of the theorem at this width, and the reason.
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
    verdict: tuple[str, str]
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
    alpha: float = 0.5,
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
        alpha: output scale of the deep network.
        target_loss: eps.
        failure_probability: delta.
        hidden_constant: for what the papers hide, in step size, steps and bounds.
        max_steps: gradient steps at most.
        dtype: float32 or float64.
        seed: of the start, and of the draws of SGD.
        say: called with a line of progress.

    Raises:
        SettingError: the theorem does not apply to what was chosen, or a fact that its run needs cannot be had.
    """
    check_count(max_steps, "max_steps")
    how = realise(theorem, network=network, depth=depth, alpha=alpha, algorithm=algorithm, loss=loss)
    net = how.net(width)
    measured = measure(
        ds, depth=how.matrices, width=width, alpha=alpha, target_loss=target_loss, parts=_parts(theorem, how),
        failure_probability=failure_probability, dtype=dtype, seed=seed, say=say,
    )  # fmt: skip
    prescription = prescribe(how.theorem, measured.problem(how.theorem), hidden_constant)
    step = _step_size(prescription, how, net, width, ds.n)
    start = how.start(net, ds.d, seed=seed, dtype=dtype)
    judgement = theorem.judge(prescribe(theorem, measured.problem(theorem), hidden_constant).problem, hidden_constant)
    common: dict[str, Any] = {
        "theorem": theorem, "realisation": how, "net": net, "prescription": prescription, "initial": start,
        "verdict": (judgement.verdict, judgement.reason),
    }  # fmt: skip
    warnings = list(measured.notes)
    if how.algorithm == "sgd":
        passes = [
            one_pass_sgd(net, start, ds.x, ds.y, step_size=step.value, loss=how.loss, key=_draw_key(seed, k))
            for k in range(DRAWS)
        ]
        first = dataclasses.replace(passes[0], step_size=step)
        promises, along = _sgd_promises(passes, ds, net, start, prescription)
        return TheoremRun(
            **common, weights=first.weights, run=None, online=first, steps=ds.n, promises=promises, along=along,
            warnings=tuple(warnings),
        )  # fmt: skip
    steps = _steps(prescription, max_steps, warnings)
    run, along = _watched(net, start, ds, step, steps, how.loss, say)
    along = pd.concat([along, error_bounds(prescription, along["loss"].to_numpy(float))], axis=1)
    return TheoremRun(
        **common, weights=run.weights, run=run, online=None, steps=run.steps,
        promises=_gd_promises(run, along, ds, net, prescription), along=along, warnings=tuple(warnings),
    )  # fmt: skip


def _parts(theorem: Theorem, how: Realisation) -> list[str]:
    if how.antisymmetric and how.theorem.setting.hidden_layers is None:
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


def _step_size(prescription: Prescription, how: Realisation, net: Network, width: int, n: int) -> StepSize:
    stated = prescription.quantities["step_size"]
    value = stated.value and stated.value * how.step_factor(width, n)
    if value is None or not 0 < value < math.inf:
        why = stated.reason or f"it is {value}"
        raise SettingError(
            f"{prescription.theorem.id} has no usable step size on these data: {why}; use another theorem, another "
            "--target-loss, or --step-size with a number"
        )
    return StepSize(prescription.theorem.id, value, value / net.default_step_size(1.0))


def _steps(prescription: Prescription, most: int, warnings: list[str]) -> int:
    asked = prescription.quantities["num_steps"]
    if asked.status == "zero":
        return 0
    needed = prescription.problem.num_steps if asked.value is None else asked.value
    if needed is None:
        why = f": {asked.reason}" if asked.reason else ""
        warnings.append(f"the theorem's number of steps is not known{why}; {most} were allowed (--max-steps)")
        return most
    number = _number(needed)
    if number is None:
        number = math.inf
    if number <= most:
        return math.ceil(number)
    text = (
        "infinitely many" if math.isinf(number) else f"{number:.0f}" if number < 1e9 else f"10^{math.log10(number):.1f}"
    )
    warnings.append(
        f"the theorem asks for {text} steps; the run was stopped at {most} (--max-steps), so its promise of a training "
        "loss is not due yet"
    )
    return most


def _watched(
    net: Network,
    start: tuple[np.ndarray, ...],
    ds: Dataset,
    step: StepSize,
    steps: int,
    loss: str,
    say: Callable[[str], None],
) -> tuple[Run, pd.DataFrame]:
    """Gradient descent that is looked at about a hundred times; looking changes no value."""
    problem = prepare_problem(net, start, prepare_inputs(ds.x, ds.y), loss=loss)
    budget = Budget(steps)
    rows = []
    with computing_in(problem.dtype):
        state, limits = initial_state(problem.hidden, problem.head, budget.records), budget.limits(step.value, problem)
        for until in _looks(steps):
            state = advance(state, problem.examples, limits, np.int32(until), kind=problem.kind)
            now = int(state.step)
            weights = problem.weights(state.hidden, state.head)
            rows.append({"step": now, **_distances(weights, start), "test_error": _test_error(net, weights, ds)})
            say(f"step {now} of {steps}")
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


def _distances(weights: tuple[np.ndarray, ...], start: tuple[np.ndarray, ...]) -> dict[str, float]:
    moved = (np.linalg.norm(b.astype(float) - a) for a, b in zip(start, weights, strict=True))
    return {f"distance_{layer}": float(d) for layer, d in enumerate(moved, 1)}


def _test_error(net: Network, weights: tuple[np.ndarray, ...], ds: Dataset) -> float:
    if ds.x_test is None or ds.y_test is None:
        return math.nan
    return float(np.mean(~(ds.y_test * np.asarray(net.apply(weights, ds.x_test)) > 0)))


def _gd_promises(
    run: Run, along: pd.DataFrame, ds: Dataset, net: Network, prescription: Prescription
) -> tuple[Promise, ...]:
    theorem = prescription.theorem
    promised = prescription.quantities["training_loss"].value
    relative = theorem.id in _EVERY_STEP
    if promised is not None and relative:
        promised *= float(run.loss[0])
    asked = _number(prescription.quantities["num_steps"].value or prescription.problem.num_steps)
    due = asked is not None and run.steps >= asked
    ergodic = "mean" in theorem.guarantee or "ergodic" in theorem.guarantee
    average = float(run.loss[: max(1, run.steps)].mean(dtype=float))
    found = [
        Promise(
            "mean training loss over t < T", promised if ergodic else None, average,
            "the guarantee is ergodic" if ergodic else "not promised", due,
        ),
        Promise("least training loss", promised, float(run.loss.astype(float).min()), "the best iterate", due),
        Promise(
            "training loss at the end", promised if relative else None, run.final_loss,
            "the guarantee holds at every step" if relative else "not promised of the last iterate", due,
        ),
        Promise("steps to the promised loss", asked, _first(run.loss, promised), "T of the theorem"),
    ]  # fmt: skip
    found += _distance_promises(along, net, prescription)
    if "bound" in along and along["bound"].notna().any():
        errors = along["test_error"]
        worst = (errors - along["bound"]).idxmax() if errors.notna().any() else along["bound"].idxmin()
        at = f"at t = {along['step'][worst]}, where it comes closest; every t on the curve"
        bound, error = float(along["bound"][worst]), float(errors[worst])
        found.append(Promise("test error for all t", bound, None if math.isnan(error) else error, at + _vacuous(bound)))
    elif ds.n_test:
        found.append(Promise("test error at the end", None, float(along["test_error"].iloc[-1]), "nothing promised"))
    return tuple(found)


def _distance_promises(along: pd.DataFrame, net: Network, prescription: Prescription) -> list[Promise]:
    layers = [c for c in along if str(c).startswith("distance_")]
    radius = ball_radius(prescription.theorem, prescription.problem)
    ball = None if radius is None else radius / net.gradient_scale
    reach = None if ball is None else REACH * math.sqrt(len(layers)) * ball
    note = "" if ball is None else f"(1+√3)√L R/unit; the ball of W* has R/unit = {ball:.4g}"
    return [
        Promise(f"largest distance of layer {i} from its start", reach, float(along[c].max()), note)
        for i, c in enumerate(layers, 1)
    ]


def _sgd_promises(
    passes: list[OnlineRun], ds: Dataset, net: Network, start: tuple[np.ndarray, ...], prescription: Prescription
) -> tuple[tuple[Promise, ...], pd.DataFrame]:
    """Regret, test error of the mean draw, and distances; ``along`` has a row a draw, the end of the pass last."""
    problem, online = prescription.problem, passes[0].online_losses.astype(float)
    radius = ball_radius(prescription.theorem, problem)
    regret = None
    if prescription.theorem.id.endswith(("thm-2.3", "thm-3.5")) and radius is not None and problem.target_loss:
        assert problem.depth
        regret = problem.depth**2 * radius**2 / ds.n + 3 * problem.target_loss
    ends = [(p.drawn, p.weights) for p in passes] + [(ds.n, passes[0].final_weights)]
    rows = [
        {"step": at, "loss": _loss(net, w, ds), **_distances(w, start), "test_error": _test_error(net, w, ds)}
        for at, w in ends
    ]
    along = pd.DataFrame(rows)
    drawn = along["test_error"].iloc[:-1]
    bound = prescription.test_bound.value
    assert problem.failure_probability
    certificate = 8 * online.mean() + 8 * math.log(1 / problem.failure_probability) / ds.n
    mean = None if drawn.isna().any() else float(drawn.mean())
    draws = f"mean over {len(drawn)} draws of the iterate"
    found = [
        Promise("mean online loss (regret bound)", regret, float(online.mean()), "L²R²/n + 3ε, derived"),
        Promise("test error of a drawn iterate", bound, mean, draws + _vacuous(bound)),
        Promise(
            "test error by the online loss", certificate, mean, "8 L_on + 8 log(1/δ)/n, derived" + _vacuous(certificate)
        ),
        Promise("training loss of a drawn iterate", None, float(along["loss"].iloc[:-1].mean()), draws),
    ]
    return (*found, *_distance_promises(along, net, prescription)), along


def _loss(net: Network, weights: tuple[np.ndarray, ...], ds: Dataset) -> float:
    margins = ds.y * np.asarray(net.apply(weights, ds.x), float)
    return float(np.logaddexp(0.0, -margins).mean())


def _vacuous(bound: float | None) -> str:
    return "; vacuous" if bound is not None and bound > 1 else ""


def _first(loss: np.ndarray, promised: float | None) -> float | None:
    reached = np.flatnonzero(loss <= promised) if promised is not None else np.array([])
    return float(reached[0]) if reached.size else None


def _number(value: Any) -> float | None:
    number = getattr(value, "upper", value)
    return float(number) if number is not None and math.isfinite(number) else None
