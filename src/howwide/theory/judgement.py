"""A theorem at a width: does it hold, how far is it from holding, and does the answer rest on a hidden constant?

"Holds" is said only where every assumption was checked and the width is enough. What a paper hides stays hidden: a
verdict that needed a value for it says which (:attr:`Judgement.rests_on`), and is no guarantee.
"""

import math
from dataclasses import dataclass
from typing import Any

from howwide.theory.assumptions import Verdict
from howwide.theory.quantities import Quantity

__all__ = ["Judgement", "width_verdict", "worst"]


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


def worst(answers: list[tuple[str, str]]) -> tuple[str, str]:
    """One answer that fails decides; one that is unknown leaves all open."""
    for verdict in ("fails", "unknown"):
        reasons = [why for answer, why in answers if answer == verdict]
        if reasons:
            return verdict, "; ".join(reasons)
    return "holds", ""


def width_verdict(required: Quantity, width: float | None) -> tuple[str, str, float | None]:
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
