"""What a theorem prescribes on a problem: its numbers in the order in which they depend on each other.

The step size comes first, then the number of steps (which may need the step size), the training loss that is promised,
and everything else. Each is filled into the problem where nothing is known of it yet, at its safe end, so that a bound
in terms of the training loss is evaluated at the training loss that the theorem itself promises. A statement about the
iterates of another theorem (:attr:`howwide.theory.Theorem.iterates_of`) takes these three from there.
"""

import dataclasses
import math
from typing import Any

from howwide.theory import KINDS, Problem, Quantity, Theorem, run_of

__all__ = ["Prescription", "prescribe"]


@dataclasses.dataclass(frozen=True)
class Prescription:
    """Numbers of one theorem on one problem.

    Attributes:
        theorem: the statement.
        problem: the facts, with those that the theorem itself prescribes.
        quantities: one for every kind of :data:`howwide.theory.KINDS`; what it does not give is ``not_stated``.
        hidden_constant: stands for what the paper hides.
    """

    theorem: Theorem
    problem: Problem
    quantities: dict[str, Quantity]
    hidden_constant: float

    def number(self, kind: str) -> float | None:
        """The safe end of a quantity; None where there is no finite one."""
        value = self.quantities[kind].value
        return value if value is not None and math.isfinite(value) else None

    @property
    def test_bound(self) -> Quantity:
        """The bound on the test error: as stated, or from one on the expected logistic loss, divided by log 2."""
        stated = self.quantities["test_error"]
        loss = self.quantities["test_loss"]
        if stated.status != "not_stated" or loss.status == "not_stated":
            return stated
        shift = math.log10(math.log(2))  # 1[z <= 0] <= l(z) / log 2
        ends: dict[str, Any] = {
            name: end if (end := getattr(loss, name)) is None else end - shift for name in ("log10", "log10_other")
        }
        return dataclasses.replace(loss, kind="test_error", text=f"({loss.text}) / log 2", **ends)


def prescribe(theorem: Theorem, problem: Problem, hidden_constant: float = 1.0) -> Prescription:
    """Evaluate every formula of ``theorem`` on ``problem``.

    Raises:
        SettingError: the hidden constant is not positive.
    """
    for kind in ("step_size", "num_steps", "training_loss"):
        value = run_of(theorem).quantity(kind, problem, hidden_constant).value
        if getattr(problem, kind) is None and value is not None and math.isfinite(value):
            known: dict[str, Any] = {kind: value}
            problem = dataclasses.replace(problem, **known)
    quantities = {kind: theorem.quantity(kind, problem, hidden_constant) for kind in KINDS}
    return Prescription(theorem, problem, quantities, hidden_constant)
