"""What a theorem prescribes on a problem: its numbers in the order in which they depend on each other.

The step size comes first, then the number of steps (which may need the step size), the training loss that is promised,
and everything else. Each is filled into the problem where nothing is known of it yet, at its safe end, so that a bound
in terms of the training loss is evaluated at the training loss that the theorem itself promises. A statement about the
iterates of another theorem (:data:`ITERATES_OF`) takes these three from there.
"""

import dataclasses
import math
from typing import Any

from howwide.theory import KINDS, Problem, Quantity, Theorem, get

__all__ = ["ITERATES_OF", "Prescription", "prescribe"]

ITERATES_OF = {
    "chen-cao-zou-gu/alpha-scaled/thm-2.2": "chen-cao-zou-gu/alpha-scaled/thm-2.1",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.5": "chen-cao-zou-gu/arxiv2020v2/thm-3.3",
    "chen-cao-zou-gu/iclr2021/thm-3.4": "chen-cao-zou-gu/iclr2021/thm-3.3",
    "chen-cao-zou-gu/derived/test-linear-branch": "chen-cao-zou-gu/iclr2021/thm-3.3",
    "ji-telgarsky/iclr2020/thm-3.2": "ji-telgarsky/iclr2020/thm-2.2",
}
"""Statements about the iterates of another one, which has the step size, the number of steps and the loss."""

_CHAIN = ("step_size", "num_steps", "training_loss")


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
    trained_by = get(ITERATES_OF[theorem.id]) if theorem.id in ITERATES_OF else theorem
    for kind in _CHAIN:
        value = trained_by.quantity(kind, problem, hidden_constant).value
        if getattr(problem, kind) is None and value is not None and math.isfinite(value):
            known: dict[str, Any] = {kind: value}
            problem = dataclasses.replace(problem, **known)
    quantities = {kind: theorem.quantity(kind, problem, hidden_constant) for kind in KINDS}
    return Prescription(theorem, problem, quantities, hidden_constant)
