"""A theorem at a width: does it hold, how far is it from holding, and does the answer rest on a hidden constant?

"Holds" is said only where every assumption was checked and the width is enough. What a paper hides stays hidden: a
verdict that needed a value for it says which (:attr:`Judgement.rests_on`), and is no guarantee.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from howwide.theory.assumptions import Verdict
from howwide.theory.magnitude import Magnitude
from howwide.theory.problem import Problem
from howwide.theory.quantities import Quantity

if TYPE_CHECKING:
    from howwide.theory.statements import Theorem

__all__ = ["Judgement", "implied_constant", "judge"]

_LARGEST_LOG10_CONSTANT = 500.0


@dataclass(frozen=True)
class Judgement:
    """A theorem at a given width.

    Attributes:
        verdict: "holds" (assumptions hold and the width is at least what is required), "fails" (one of them is known
            not to), "unknown", or "not_applicable" (the theorem is about another network, loss or algorithm).
        reason: why, unless it holds.
        assumptions: the verdicts of the assumptions.
        claims: the verdicts of what is claimed beside the statement; they decide nothing here.
        width: the required width.
        slack_log10: factors of 10 between the width at hand and the required one; None if either is not known.
        constant_log10: logarithm of the largest hidden constant with which the width at hand would be enough; None
            where the width has no hidden constant or is not known.
        width_decides: whether the width at hand is all that the verdict is about.
        rests_on: the value of the hidden constant without which the verdict would be open; None if it needs none.
    """

    verdict: str
    reason: str
    assumptions: tuple[Verdict, ...]
    claims: tuple[Verdict, ...]
    width: Quantity
    slack_log10: float | None
    constant_log10: float | None
    width_decides: bool
    rests_on: float | None

    @property
    def guaranteed(self) -> bool:
        """Whether the statement holds here as it stands: every condition checked, no constant hidden."""
        return self.verdict == "holds" and self.rests_on is None

    @property
    def words(self) -> str:
        """The verdict for people: "fails", "holds if C = 1"."""
        condition = "" if self.rests_on is None else f" if C = {self.rests_on:g}"
        return self.verdict.replace("_", " ") + condition

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        slack = None if self.slack_log10 is None or math.isinf(self.slack_log10) else self.slack_log10
        return {
            **self.__dict__,
            "assumptions": [verdict.as_dict() for verdict in self.assumptions],
            "claims": [verdict.as_dict() for verdict in self.claims],
            "width": self.width.as_dict(),
            "slack_log10": slack,
        }


def judge(theorem: "Theorem", problem: Problem, hidden_constant: float = 1.0) -> Judgement:
    """Does ``theorem`` hold on ``problem`` at its width?"""
    width = theorem.width(problem, hidden_constant)
    verdicts = theorem.check(problem)
    outcome, why, slack = _width_verdict(width, problem.width)
    mismatch = theorem.applies(problem)
    if mismatch:
        verdict, reason = "not_applicable", mismatch
    else:
        answers = [(v.outcome, f"{v.name}: {v.reason}") for v in verdicts]
        answers += [] if width.status == "not_stated" else [(outcome, why)]
        verdict, reason = _worst(answers)
    constant = None if problem.width is None else theorem.implied_constant("width", problem, problem.width)
    return Judgement(
        verdict,
        reason,
        assumptions=verdicts,
        claims=tuple(claim.check(problem) for claim in theorem.claims),
        width=width,
        slack_log10=slack,
        constant_log10=constant,
        width_decides=bool(reason) and not mismatch and width.log10 is not None and reason == why,
        rests_on=hidden_constant if _rests_on_constant(theorem, verdict, verdicts, width) else None,
    )


def _worst(answers: list[tuple[str, str]]) -> tuple[str, str]:
    """One answer that fails decides; one that is unknown leaves all open."""
    for verdict in ("fails", "unknown"):
        reasons = [why for answer, why in answers if answer == verdict]
        if reasons:
            return verdict, "; ".join(reasons)
    return "holds", ""


def _rests_on_constant(theorem: "Theorem", verdict: str, verdicts: tuple[Verdict, ...], width: Quantity) -> bool:
    if verdict == "holds":
        return "hidden" in theorem.constants.values()
    return verdict == "fails" and width.is_prediction and all(v.outcome != "fails" for v in verdicts)


def _width_verdict(required: Quantity, width: float | None) -> tuple[str, str, float | None]:
    """Outcome, reason and slack of a width against what is required."""
    if required.log10 is None or required.ends is None:
        return "unknown", f"width: {required.reason}", None
    if width is None:
        return "unknown", "width: not known: width", None
    at_hand, (least, most) = math.log10(width), required.ends
    needed = f"width {width:.6g}, required " + ("infinite" if math.isinf(most) else f"10^{most:.4g}")
    if at_hand >= most:
        return "holds", "", at_hand - most
    return ("fails" if at_hand < least else "unknown"), needed, at_hand - most


def implied_constant(theorem: "Theorem", kind: str, problem: Problem, value: float) -> float | None:
    """Logarithm (base 10) of the largest hidden constant at which a formula is at most ``value``; None if none is.

    The formula's safe end is meant; for a width it is the largest constant with which that width would be enough.
    """
    if kind not in theorem.formulas or theorem.formulas[kind].relation != "order":
        return None

    def distance(log10_constant: float) -> float:
        log10 = theorem.quantity(kind, problem, Magnitude(log10_constant)).log10
        return math.nan if log10 is None else log10 - Magnitude.of(value).log10

    low, high = -_LARGEST_LOG10_CONSTANT, _LARGEST_LOG10_CONSTANT
    if not distance(low) <= 0 <= distance(high):
        return None
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if distance(middle) <= 0 else (low, middle)
    return low
