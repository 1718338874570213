"""Promises of a theorem beside what a run made of them.

A promise about the training loss is due after the theorem's number of steps, and is about the mean where the guarantee
is ergodic. For one pass of SGD the guarantee is about the mean over a draw of the iterate.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from howwide import evaluate
from howwide.data import Dataset
from howwide.networks.protocol import Network
from howwide.theorems.prescription import Prescription
from howwide.theorems.promises import REACH, Promise, ball_radius, bound_theorem
from howwide.theory import Problem, get
from howwide.theory.chen_bounds import SGD_EVENTS
from howwide.theory.statements import ITERATES
from howwide.training import OnlineRun, Run

__all__ = ["distance_columns", "finite_number", "gd_promises", "sgd_promises"]

_BY_LOSS = "chen-cao-zou-gu/derived/sgd-online-to-batch"


def gd_promises(
    run: Run, along: pd.DataFrame, ds: Dataset, net: Network, prescription: Prescription
) -> tuple[Promise, ...]:
    """Training loss, steps, distances, and the test error for all t, of gradient descent."""
    asked = finite_number(prescription.quantities["num_steps"].value or prescription.problem.num_steps)
    due = asked is not None and run.steps >= asked
    found = _loss_promises(run, prescription, asked, due)
    found += _distance_promises(along, net, prescription)
    if "bound" in along and along["bound"].notna().any():
        found.append(_test_promise(along, prescription, due))
    elif ds.n_test:
        found.append(Promise("test error at the end", None, float(along["test_error"].iloc[-1]), "nothing promised"))
    return tuple(found)


def _loss_promises(run: Run, prescription: Prescription, asked: float | None, due: bool) -> list[Promise]:
    theorem, promised = prescription.theorem, prescription.quantities["training_loss"].value
    ergodic, at_end = theorem.iterate == "mean", theorem.iterate in ("last", "every")
    if promised is not None and theorem.iterate == "every":
        promised *= float(run.loss[0])
    average = float(run.loss[: max(1, run.steps)].mean(dtype=float))
    return [
        Promise(
            "mean training loss over t < T", promised if ergodic else None, average,
            "the guarantee is ergodic" if ergodic else "not promised", due,
        ),
        Promise("least training loss", promised, float(run.loss.astype(float).min()), "the best iterate", due),
        Promise(
            "training loss at the end", promised if at_end else None, run.final_loss,
            f"it is about {ITERATES[theorem.iterate]}" if at_end else "not promised of the last iterate", due,
        ),
        Promise("steps to the promised loss", asked, _first(run.loss, promised), "T of the theorem"),
    ]  # fmt: skip


def _test_promise(along: pd.DataFrame, prescription: Prescription, due: bool) -> Promise:
    """The bound for all t, where it comes closest to the test error; or that some iterate up to T keeps it.

    A bound in terms of the iterate's training loss is about every iterate; any other is about one that is found.
    """
    errors, theorem = along["test_error"], bound_theorem(prescription.theorem)
    assert theorem is not None
    if "training_loss" not in theorem.formulas["test_error"].facts:
        bound, least = float(along["bound"].min()), float(errors.min())
        note = f"the least of {len(along)}; it is about one iterate up to T{_vacuous(bound)}"
        return Promise("test error of some iterate", bound, None if math.isnan(least) else least, note, due)
    closest = (errors - along["bound"]).idxmax() if errors.notna().any() else along["bound"].idxmin()
    bound, error = float(along["bound"][closest]), float(errors[closest])
    note = f"closest at t = {along['step'][closest]}; every t on the curve{_vacuous(bound)}"
    return Promise("test error for all t", bound, None if math.isnan(error) else error, note)


def _distance_promises(along: pd.DataFrame, net: Network, prescription: Prescription) -> list[Promise]:
    layers = [c for c in along if str(c).startswith("distance_")]
    radius = ball_radius(prescription.theorem, prescription.problem)
    by_chen = prescription.theorem.id.startswith("chen-cao-zou-gu/")  # it is their proof that has this reach
    ball = None if radius is None or not by_chen else radius / net.gradient_scale
    reach = None if ball is None else REACH * math.sqrt(len(layers)) * ball
    note = "" if ball is None else f"(1+√3)√L times the ball of W*, R/unit = {ball:.4g}"
    return [
        Promise(f"distance of layer {i}, at most", reach, float(along[c].max()), note if i == 1 else "")
        for i, c in enumerate(layers, 1)
    ]


def sgd_promises(
    passes: list[OnlineRun], ds: Dataset, net: Network, start: tuple[np.ndarray, ...], prescription: Prescription
) -> tuple[tuple[Promise, ...], pd.DataFrame]:
    """Regret, test error of the mean draw, and distances; ``along`` has a row a draw, the end of the pass last."""
    ends = [(p.drawn, p.weights) for p in passes] + [(ds.n, passes[0].final_weights)]
    along = pd.DataFrame(
        {
            "step": at,
            "loss": evaluate.mean_loss(evaluate.margins(net, w, ds.x, ds.y)),
            **distance_columns(w, start),
            "test_error": evaluate.test_error(net, w, ds),
        }
        for at, w in ends
    )
    online = float(passes[0].online_losses.astype(float).mean())
    delta = prescription.problem.failure_probability
    assert delta
    certificate = get(_BY_LOSS).test_error(Problem(n=ds.n, failure_probability=delta, online_loss=online)).value
    bound, drawn = prescription.test_bound.value, along.iloc[:-1]
    error = None if drawn["test_error"].isna().any() else float(drawn["test_error"].mean())
    regret, draws = _regret(prescription, ds.n), f"mean over {len(drawn)} draws"
    by_loss = f"8 L_on + 8 log(1/δ)/n, derived{_vacuous(certificate)}"
    found = [
        Promise("mean online loss (regret bound)", regret, online, "" if regret is None else "L²R²/n + 3ε, derived"),
        Promise("test error, on average over the draw", bound, error, draws + _vacuous(bound)),
        Promise("the same, by the online loss", certificate, error, by_loss),
        Promise("training loss, on average over the draw", None, float(drawn["loss"].mean()), draws),
    ]
    return (*found, *_distance_promises(along, net, prescription)), along


def distance_columns(weights: tuple[np.ndarray, ...], start: tuple[np.ndarray, ...]) -> dict[str, float]:
    """Frobenius distance of every matrix from its start: ``distance_1``, ``distance_2``, ..."""
    return {f"distance_{layer}": d for layer, d in enumerate(evaluate.distances(weights, start).tolist(), 1)}


def _regret(prescription: Prescription, n: int) -> float | None:
    """The bound on the mean online loss in the proof of the statements on one pass of SGD of Chen et al."""
    theorem, problem = prescription.theorem, prescription.problem
    radius = ball_radius(theorem, problem)
    if theorem.id not in SGD_EVENTS or radius is None or not problem.target_loss:
        return None
    assert problem.depth
    return problem.depth**2 * radius**2 / n + 3 * problem.target_loss


def _vacuous(bound: float | None) -> str:
    return "; vacuous" if bound is not None and bound > 1 else ""


def _first(loss: np.ndarray, promised: float | None) -> float | None:
    reached = np.flatnonzero(loss <= promised) if promised is not None else np.array([])
    return float(reached[0]) if reached.size else None


def finite_number(value: Any) -> float | None:
    """A number, or the upper end of an interval; None where it is infinite or not known."""
    number = getattr(value, "upper", value)
    return float(number) if number is not None and math.isfinite(number) else None
