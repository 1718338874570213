r"""What a theorem guarantees of a run, beside what happened.

A guarantee on the training loss is due after the theorem's number of steps, and is about the mean where it is ergodic.
With R the measured radius every matrix of :math:`W^*` lies within :math:`R / \text{unit}` of its start, and as long as
the proof's condition holds every iterate within :math:`(1 + \sqrt3)\sqrt L R / \text{unit}`. The test bound of Theorems
2.2 and 3.4 of Chen et al. holds for every t at once, and is a prediction, because a constant is hidden; the branches of
its minimum are kept apart here. For one pass of SGD the guarantee is about the mean over a draw of the iterate.
"""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd

from howwide import evaluate
from howwide.data import Dataset
from howwide.networks.protocol import Network
from howwide.theorems._prescribe import Prescription
from howwide.theory import Problem, Theorem, error_bound_of, get
from howwide.theory.statements import ITERATES
from howwide.training import OnlineRun, Run

__all__ = ["Guarantee", "ball_radius", "error_bounds", "finite_number", "of_descent", "of_passes"]

_BY_LOSS = "chen-cao-zou-gu/derived/sgd-online-to-batch"


@dataclasses.dataclass(frozen=True)
class Guarantee:
    """One guarantee beside what happened; ``holds`` is None where they cannot be compared.

    Attributes:
        what: in words.
        promised: the number of the theorem; a bound from above.
        observed: the number of the run.
        note: how the guarantee is known, or what it rests on.
        due: whether the theorem gives it for this run; not before its number of steps was made.
    """

    what: str
    promised: float | None
    observed: float | None
    note: str = ""
    due: bool = True

    @property
    def holds(self) -> bool | None:
        """Whether what happened is at most what is guaranteed; None also while it is not due and not kept yet."""
        if self.promised is None or self.observed is None:
            return None
        kept = self.observed <= self.promised
        return True if kept else False if self.due else None

    def as_dict(self) -> dict[str, Any]:
        """Plain types."""
        return {**dataclasses.asdict(self), "holds": self.holds}


def of_descent(
    run: Run, along: pd.DataFrame, ds: Dataset, net: Network, prescription: Prescription
) -> tuple[Guarantee, ...]:
    """Training loss, steps, distances, and the test error for all t, of gradient descent.

    Args:
        run: the run.
        along: columns ``step``, ``distance_1`` ..., ``test_error``, and those of :func:`error_bounds`.
        ds: the data.
        net: the network.
        prescription: the theorem's numbers.
    """
    theorem, loss = prescription.theorem, prescription.quantities["training_loss"].value
    needed = finite_number(prescription.quantities["num_steps"].value or prescription.problem.num_steps)
    due = needed is not None and run.steps >= needed
    ergodic, at_end = theorem.iterate == "mean", theorem.iterate in ("last", "every")
    if loss is not None and theorem.iterate == "every":
        loss *= float(run.loss[0])
    reached = np.flatnonzero(run.loss <= loss) if loss is not None else np.array([])
    guarantees = [
        Guarantee(
            "mean training loss over t < T", loss if ergodic else None,
            float(run.loss[: max(1, run.steps)].mean(dtype=float)),
            "the guarantee is ergodic" if ergodic else "not promised", due,
        ),
        Guarantee("least training loss", loss, float(run.loss.astype(float).min()), "the best iterate", due),
        Guarantee(
            "training loss at the end", loss if at_end else None, run.final_loss,
            f"it is about {ITERATES[theorem.iterate]}" if at_end else "not promised of the last iterate", due,
        ),
        Guarantee(
            "steps to the promised loss", needed, float(reached[0]) if reached.size else None, "T of the theorem"
        ),
        *_of_distances(along, net, prescription),
    ]  # fmt: skip
    errors = along["test_error"]
    if "bound" not in along or along["bound"].isna().all():
        if ds.n_test:
            guarantees.append(Guarantee("test error at the end", None, float(errors.iloc[-1]), "nothing promised"))
        return tuple(guarantees)
    bounding = error_bound_of(theorem)
    assert bounding is not None
    if "loss" in bounding.formulas["test_error"].letters:  # a bound on every iterate, by its own training loss
        at = (errors - along["bound"]).idxmax() if errors.notna().any() else along["bound"].idxmin()
        bound, error = float(along["bound"][at]), float(errors[at])
        note, what, due = f"closest at t = {along['step'][at]}; every t on the curve", "test error for all t", True
    else:
        bound, error, what = float(along["bound"].min()), float(errors.min()), "test error of some iterate"
        note = f"the least of {len(along)}; it is about one iterate up to T"
    observed = None if math.isnan(error) else error
    return (*guarantees, Guarantee(what, bound, observed, note + _if_vacuous(bound), due))


def of_passes(
    passes: list[OnlineRun], ds: Dataset, net: Network, start: tuple[np.ndarray, ...], prescription: Prescription
) -> tuple[tuple[Guarantee, ...], pd.DataFrame]:
    """Regret, test error of the mean draw, and distances of one-pass SGD, made several times with other draws.

    Returns:
        the guarantees, and a table with columns ``step``, ``loss``, ``distance_1`` ..., ``test_error``, a row a draw
        and the end of the pass last.
    """
    ends = [(p.drawn, p.weights) for p in passes] + [(ds.n, passes[0].final_weights)]
    along = pd.DataFrame(
        {
            "step": at,
            "loss": evaluate.mean_loss(evaluate.margins(net, weights, ds.x, ds.y)),
            **distance_columns(weights, start),
            "test_error": evaluate.test_error(net, weights, ds),
        }
        for at, weights in ends
    )
    online = float(passes[0].online_losses.astype(float).mean())
    delta = prescription.problem.failure_probability
    assert delta
    by_loss = get(_BY_LOSS).test_error(Problem(n=ds.n, failure_probability=delta, online_loss=online)).value
    bound, drawn, regret = prescription.test_bound.value, along.iloc[:-1], prescription.number("online_loss")
    error = None if drawn["test_error"].isna().any() else float(drawn["test_error"].mean())
    draws = f"mean over {len(drawn)} draws"
    guarantees = [
        Guarantee("mean online loss (regret bound)", regret, online, "" if regret is None else "L²R²/n + 3ε, derived"),
        Guarantee("test error, on average over the draw", bound, error, draws + _if_vacuous(bound)),
        Guarantee(
            "the same, by the online loss", by_loss, error, f"8 L_on + 8 log(1/δ)/n, derived{_if_vacuous(by_loss)}"
        ),
        Guarantee("training loss, on average over the draw", None, float(drawn["loss"].mean()), draws),
    ]
    return (*guarantees, *_of_distances(along, net, prescription)), along


def _of_distances(along: pd.DataFrame, net: Network, prescription: Prescription) -> list[Guarantee]:
    radius, reach = ball_radius(prescription.theorem, prescription.problem), prescription.number("distance")
    ball = None if radius is None else radius / net.gradient_scale
    note = "" if reach is None else f"(1+√3)√L times the ball of W*, R/unit = {ball:.4g}"
    layers = [name for name in along if str(name).startswith("distance_")]
    return [
        Guarantee(f"distance of layer {i}, at most", reach, float(along[name].max()), note if i == 1 else "")
        for i, name in enumerate(layers, 1)
    ]


def _if_vacuous(bound: float | None) -> str:
    return "; vacuous" if bound is not None and bound > 1 else ""


def distance_columns(weights: tuple[np.ndarray, ...], start: tuple[np.ndarray, ...]) -> dict[str, float]:
    """Frobenius distance of every matrix from its start: ``distance_1``, ``distance_2``, ..."""
    return {f"distance_{layer}": float(d) for layer, d in enumerate(evaluate.distances(weights, start), 1)}


def ball_radius(theorem: Theorem, problem: Problem) -> float | None:
    """The radius R that the formulas of ``theorem`` use, at its upper end; None where they use none."""
    letters = {letter for formula in theorem.formulas.values() for letter in formula.letters}
    return finite_number(problem.radius if "R" in letters else problem.network_radius if "R_f" in letters else None)


def error_bounds(prescription: Prescription, loss: np.ndarray) -> pd.DataFrame:
    """The bound on the test error at every training loss, a row a loss.

    Returns:
        Columns ``bound``, and where the bound is the least of two, ``bound_spectral`` and ``bound_linear``; none where
        nothing is said of the test error.
    """
    theorem = error_bound_of(prescription.theorem)
    if theorem is None:
        return pd.DataFrame(index=range(len(loss)))
    problem, constant = prescription.problem, prescription.hidden_constant
    rows: list[dict[str, float | None]] = []
    for value in map(float, loss):
        if not math.isfinite(value):
            rows.append({"bound": None})
            continue
        terms = theorem.terms("test_error", problem, constant, training_loss=value)
        row = {"bound": theorem.test_error(problem, constant, training_loss=value).value}
        numbers = {name: term.value for name, term in terms.items() if term.value is not None}
        if {"training_loss", "spectral", "linear", "confidence"} <= numbers.keys():
            shared = numbers["training_loss"] + numbers["confidence"]
            row |= {f"bound_{branch}": shared + numbers[branch] for branch in ("spectral", "linear")}
        rows.append(row)
    return pd.DataFrame(rows, dtype=float)


def finite_number(value: Any) -> float | None:
    """A number, or the upper end of an interval; None where it is infinite or not known."""
    number = getattr(value, "upper", value)
    return float(number) if number is not None and math.isfinite(number) else None
