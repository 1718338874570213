r"""What a theorem promises along a run, and how it compares with what happened.

With R the measured radius every matrix of :math:`W^*` lies within :math:`R / \text{unit}` of its start, and as long as
the proof's condition holds every iterate within :math:`(1 + \sqrt3)\sqrt L R / \text{unit}`. The test bound of Theorems
2.2 and 3.4 of Chen et al. holds for every t at once,

.. math:: 2 L_S(W^{(t)}) + C \min\{4^L L^2 R \sqrt{m/n},\; L^{3/2} R / \sqrt n + L^{11/3} R^{4/3} m^{-\alpha/3}\}
          + C \sqrt{\log(1/\delta)/n} ,

and is a prediction, because C is hidden; both branches are kept apart here.
"""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd

from howwide.certify.predictions.gradient_descent import branches
from howwide.theorems.prescription import ITERATES_OF, Prescription
from howwide.theory import Problem, Theorem, get
from howwide.theory.chen_bounds import GD_STATEMENTS

__all__ = ["Promise", "ball_radius", "bound_theorem", "branches", "error_bounds"]

REACH = 1 + math.sqrt(3)
"""Iterates stay within this many distances of W* from the start (joint norms)."""


@dataclasses.dataclass(frozen=True)
class Promise:
    """One promise beside what happened; ``holds`` is None where they cannot be compared.

    Attributes:
        what: in words.
        promised: the number of the theorem; a bound from above.
        observed: the number of the run.
        note: how the promise is known, or what it rests on.
        due: whether the theorem promises it of this run; not before its number of steps was made.
    """

    what: str
    promised: float | None
    observed: float | None
    note: str = ""
    due: bool = True

    @property
    def holds(self) -> bool | None:
        """Whether what happened is at most what was promised; None also while it is not due and not kept yet."""
        if self.promised is None or self.observed is None:
            return None
        kept = self.observed <= self.promised
        return True if kept else False if self.due else None

    def as_dict(self) -> dict[str, Any]:
        """Plain types."""
        return {**dataclasses.asdict(self), "holds": self.holds}


def ball_radius(theorem: Theorem, problem: Problem) -> float | None:
    """The radius R that the formulas of ``theorem`` use, at its upper end; None where they use none."""
    letters = {letter for formula in theorem.formulas.values() for letter in formula.letters}
    fact: Any = problem.radius if "R" in letters else problem.network_radius if "R_f" in letters else None
    value = getattr(fact, "upper", fact)
    return float(value) if value is not None and math.isfinite(value) else None


def bound_theorem(theorem: Theorem) -> Theorem | None:
    """The statement that bounds the test error of the iterates of ``theorem``: itself, or one about them."""
    if "test_error" in theorem.formulas:
        return theorem
    about = [id for id, runs in ITERATES_OF.items() if runs == theorem.id and "/derived/" not in id]
    return get(about[0]) if about else None


def error_bounds(prescription: Prescription, loss: np.ndarray) -> pd.DataFrame:
    """The bound on the test error at every training loss: ``bound``, and for Chen et al. ``bound_spectral/_linear``."""
    theorem = bound_theorem(prescription.theorem)
    if theorem is None:
        return pd.DataFrame(index=range(len(loss)))
    problem, constant = prescription.problem, prescription.hidden_constant
    radius = ball_radius(theorem, problem)
    values = [
        theorem.test_error(problem, constant, training_loss=float(v)).value if math.isfinite(v) else None for v in loss
    ]
    found = pd.DataFrame({"bound": pd.Series(values, dtype=float)})
    if theorem.id in GD_STATEMENTS and radius is not None:
        n, delta = problem.n or 1, problem.failure_probability or 1.0
        both = branches(n, problem.depth or 2, problem.width or 1.0, radius, problem.alpha or 0.5)
        confidence = math.sqrt(math.log(1 / delta) / n)
        for name, branch in zip(("bound_spectral", "bound_linear"), both, strict=True):
            found[name] = 2 * loss + constant * (branch + confidence)
    return found
