"""What a comparison of growth laws shows, in a few sentences that do not overclaim.

First the finding, then what it leaves open, then what would settle it. Growth is read off the interval of the
exponent of n; a law *remains* if it fits the points and no other law excludes it
(`howwide.statistics.growth_laws.excluded`). Even a single law that remains is spoken of among the laws tried and over
the range of n measured, never as the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from howwide.statistics.growth_laws import REJECTED, SPECIAL, LawFit, contains
from howwide.statistics.growth_points import GrowthPoints

Exponent = tuple[float, float | None, float | None]
Finding = Literal["growth", "decrease", "no_growth_detected", "undecided", "no_law_fits"]

_LARGE_SCATTER = 0.2
_WORDS = {
    "constant": "a constant width",
    "log": "log n",
    "log^2": "log^2 n",
    "log^3": "log^3 n",
    "linear": "growth in proportion to n",
}


def finding_of(laws: Sequence[LawFit], exponent: Exponent) -> Finding:
    """The verdict in a word."""
    _, low, high = exponent
    if not any(law.remains for law in laws):
        return "no_law_fits"
    if not contains(exponent, 0.0):
        return "growth" if low is not None and low > 0.0 else "decrease"
    return "undecided" if high is None or high >= SPECIAL["linear"] else "no_growth_detected"


def verdict_sentence(
    finding: Finding, points: GrowthPoints, laws: Sequence[LawFit], exponent: Exponent, level: float
) -> str:
    """The finding with the interval of the exponent, the laws that remain, and what would settle more."""
    sentences = [_growth_sentence(finding, points, laws, exponent, level)]
    if finding != "no_law_fits":
        sentences.append(_laws_sentence([law for law in laws if law.remains], len(laws)))
    scatter = laws[0].parameters["scatter"]
    if scatter > _LARGE_SCATTER:
        factor = f"{np.exp(scatter):.2f}"
        sentences.append(f"Points scatter about the heaviest law by a factor {factor} beyond their intervals.")
    return " ".join([*sentences, _next_sentence(finding, laws)])


def too_few_sentence(points: GrowthPoints) -> str:
    """What is missing for a comparison."""
    return (
        f"{points.side.size} usable points, {points.located} of them with both ends: "
        "too few to compare growth laws, which takes 3 different n, 2 of them with both ends."
    )


def _growth_sentence(
    finding: Finding, points: GrowthPoints, laws: Sequence[LawFit], exponent: Exponent, level: float
) -> str:
    estimate, low, high = exponent
    least, most = ("unknown" if end is None else f"{round(end, 2) + 0.0:.2f}" for end in (low, high))
    interval = f"{100 * level:g}% interval: {least} to {most}"
    factor, censored = float(np.exp(points.log_n.max() - points.log_n.min())), points.side.size - points.located
    remark = f", {censored} of them one-sided" if censored else ""
    where = f"over a factor {factor:.3g} in n ({points.side.size} points{remark})"
    if finding == "no_law_fits":
        best = max(laws, key=lambda law: law.p_value)
        chance = f"p = {best.p_value:.1g}" if best.p_value > 1e-99 else "p < 1e-99"
        return (
            f"No law fits {where}: each of the {len(laws)} tried misses the points, taken together, by more than their "
            f"intervals allow ({chance} for the nearest, {_words(best)}; a law is rejected below {REJECTED:g})."
        )
    if finding == "no_growth_detected":
        return f"No growth detected {where}: the exponent of n is at most {most} ({interval})."
    if finding == "undecided":
        return f"Growth and no growth both remain possible {where}: the exponent of n is not settled ({interval})."
    verb = "grows" if finding == "growth" else "falls"
    return f"The width {verb} with n {where}: as a power of n the exponent is {estimate:.2f} ({interval})."


def _laws_sentence(remaining: Sequence[LawFit], tried: int) -> str:
    if len(remaining) == 1:
        return (
            f"Of the {tried} laws tried only {_words(remaining[0])} remains (weight {remaining[0].weight:.2f}); laws "
            "not tried and larger n are another matter."
        )
    if _is_one_answer(remaining):
        special = next(law for law in remaining if law.name in SPECIAL)
        weight = sum(law.weight for law in remaining)
        return (
            f"Of the {tried} laws tried {_words(special)} remains, and with it powers of n within that interval "
            f"(weight {weight:.2f} together); laws not tried and larger n are another matter."
        )
    listed = [f"{_words(law)} ({'' if index else 'weight '}{law.weight:.2f})" for index, law in enumerate(remaining)]
    phrase = f"{', '.join(listed[:-1])} and {listed[-1]} remain: these data do not separate them."
    return phrase[0].upper() + phrase[1:]


def _is_one_answer(remaining: Sequence[LawFit]) -> bool:
    """Whether a single law remains, or one with the power law that contains it."""
    names = {law.name for law in remaining} - {"power"}
    return len(remaining) == 1 or (len(names) == 1 and bool(names & set(SPECIAL)))


def _next_sentence(finding: Finding, laws: Sequence[LawFit]) -> str:
    if finding == "no_law_fits":
        return "Points at more n would show whether one of these is off or the width follows another law."
    if finding == "no_growth_detected":
        return "A wider range of n, or more trials, would lower that limit."
    if finding == "undecided" or not _is_one_answer([law for law in laws if law.remains]):
        return "A wider range of n, or more trials, would tell."
    return "A wider range of n would test it."


def _words(law: LawFit) -> str:
    return f"the power law n^{round(law.parameters['b'], 2) + 0.0:.2f}" if law.name == "power" else _WORDS[law.name]
