"""What a comparison of growth laws shows, in a few sentences that do not overclaim.

First what the points can and cannot tell, in words that hold for other draws of the same trials too; then the exponent
with its interval, the laws that remain with their weights, and what speaks against them. A law *remains* if it fits
the points and is not out of all proportion less likely than another (`howwide.statistics.LawFit`). Even a single law
that remains is spoken of among the laws tried and over the range that was measured, never as the truth.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import numpy as np

from howwide.statistics.growth_evidence import LawFit
from howwide.statistics.growth_laws import FORMS, REJECTED, nested
from howwide.statistics.growth_points import GrowthPoints
from howwide.statistics.growth_telling import TellingPoint

Exponent = tuple[float, float | None, float | None]
Finding = Literal["growth", "decrease", "no_growth_detected", "undecided", "no_law_fits"]

_LARGE_SCATTER = 0.2


def finding_of(laws: Sequence[LawFit], exponent: Exponent) -> Finding:
    """The verdict in a word."""
    remaining = {law.name for law in laws if law.remains}
    if not remaining:
        return "no_law_fits"
    if "constant" in remaining:
        return "undecided" if "linear" in remaining else "no_growth_detected"
    return "growth" if exponent[0] > 0.0 else "decrease"


def rivals(laws: Sequence[LawFit]) -> tuple[LawFit, LawFit] | None:
    """Two laws that remain and are worth telling apart, the slower one first; None where fewer than two remain.

    Of laws without a free parameter the two heaviest; where only one of these remains, it and the heaviest other one,
    if possible one that does not contain it; without any the two heaviest of all, with the same preference.
    """
    remaining = sorted((law for law in laws if law.remains), key=lambda law: -law.weight)
    fixed = [law for law in remaining if not FORMS[law.name].free]
    if len(fixed) > 1:
        first, second = fixed[:2]
    else:
        pairs = [pair for pair in itertools.combinations(remaining, 2) if not fixed or fixed[0] in pair]
        if not pairs:
            return None
        first, second = min(pairs, key=lambda pair: nested(pair[0].name, pair[1].name))
    return (first, second) if _growth(first) <= _growth(second) else (second, first)


def _growth(law: LawFit) -> float:
    """Of log width, over a factor 10 beyond the middle."""
    middle = law.posterior.middle
    near, far = law.posterior.line(np.array([middle, middle + np.log(10.0)]))
    return float(far - near)


def headline(finding: Finding, points: GrowthPoints, laws: Sequence[LawFit], exponent: Exponent, variable: str) -> str:
    """Between which two of the laws without a free parameter the growth lies.

    They enclose the estimate, and every such law that remains. This says less than the rest of the verdict, and is what
    another draw of the trials would most likely say too.
    """
    count = f"{points.side.size} points"
    if finding == "no_law_fits":
        best = max(laws, key=lambda law: law.p_value)
        chance = f"p = {best.p_value:.1g}" if best.p_value > 1e-99 else "p < 1e-99"
        return (
            f"No law fits these {count}: each of the {len(laws)} tried misses them, taken together, by more than their "
            f"errors allow ({chance} for the nearest, {_words(best, variable)}; a law is rejected below {REJECTED:g})."
        )
    remaining = [law for law in laws if law.remains]
    if len(remaining) == 1:
        return (
            f"Of the {len(laws)} laws tried only {_words(remaining[0], variable)} remains for these {count}; laws not "
            f"tried and larger {variable} are another matter."
        )
    # Laws without a free parameter by their slope in the middle, where a power has its exponent.
    fixed = sorted((law for law in laws if not FORMS[law.name].free), key=_slope)
    slopes, kept = [_slope(law) for law in fixed], [k for k, law in enumerate(fixed) if law.remains]
    if finding == "decrease":
        return f"The width falls with {variable} over these {count}."
    if exponent[0] > slopes[-1] and len(fixed) - 1 not in kept:
        return f"The width grows faster than in proportion to {variable} over these {count}."
    above = min(max(int(np.searchsorted(slopes, exponent[0])), 1), len(fixed) - 1)
    low, high = min(above - 1, *kept, above), max(above, *kept, 0)
    lower, upper = (_words(fixed[k], variable) for k in (low, high))
    return f"These {count} put the growth between {lower} and {upper}."


def _slope(law: LawFit) -> float:
    middle = law.posterior.middle
    near, far = law.posterior.line(middle + np.array([-1e-4, 1e-4]))
    return float(far - near) / 2e-4


def next_step(laws: Sequence[LawFit], telling: TellingPoint | None, variable: str) -> str:
    """Which two laws the points cannot tell apart, and what would."""
    if telling is None:
        return ""
    by_name = {law.name: law for law in laws}
    first, second = (_words(by_name[name], variable) for name in (telling.first, telling.second))
    effort = "measured as well" if telling.trials is None else f"with {telling.trials} trials"
    would = f"no single point up to 1000 times the largest {variable} {effort} would"
    if telling.at is not None:
        would = f"{variable} = {telling.at:,.0f} {effort} would"
    return f"They cannot tell {first} from {second}; {would}. "


def details(
    finding: Finding, points: GrowthPoints, laws: Sequence[LawFit], exponent: Exponent, level: float, variable: str
) -> str:
    """The exponent with its interval, the laws that remain with their weights, and the scatter."""
    estimate, low, high = exponent
    least, most = ("unknown" if end is None else f"{round(end, 2) + 0.0:.2f}" for end in (low, high))
    factor, censored = float(np.exp(np.ptp(points.log_x))), points.side.size - points.located
    remark = f", {censored} of the points one-sided" if censored else ""
    sentences = [
        f"As a power of {variable} the exponent is {estimate:.2f} ({100 * level:g}% interval: {least} to {most}), over "
        f"a factor {factor:.3g} in {variable}{remark}."
    ]
    remaining = [law for law in laws if law.remains]
    if len(remaining) > 1:
        listed = [
            f"{_words(law, variable)} ({'' if index else 'weight '}{law.weight:.2f})"
            for index, law in enumerate(remaining)
        ]
        phrase = f"{', '.join(listed[:-1])} and {listed[-1]} remain."
        sentences.append(phrase[0].upper() + phrase[1:])
    scatter = laws[0].parameters["scatter"]
    if scatter > _LARGE_SCATTER:
        beyond = "" if points.bare else " beyond their intervals"
        sentences.append(f"Points scatter about the heaviest law by a factor {np.exp(scatter):.2f}{beyond}.")
    if finding == "no_law_fits":
        sentences.append(
            f"Points at more {variable} would show whether one of these is off or the width follows another law."
        )
    return " ".join(sentences)


def too_few_sentence(points: GrowthPoints, variable: str) -> str:
    """What is missing for a comparison."""
    need = f"3 different {variable}, 2 of them with both ends"
    if points.bare:
        need = f"4 different {variable} where the widths have no intervals"
    return (
        f"{points.side.size} usable points, {points.located} of them with both ends: "
        f"too few to compare growth laws, which takes {need}."
    )


def _words(law: LawFit, variable: str) -> str:
    exponent = f"{round(law.parameters['b'], 1) + 0.0:g}" if law.name in ("power", "polylog") else ""
    inside, base = ("(1/eps)", "(1/eps)") if variable == "1/eps" else (f" {variable}", variable)
    return {
        "constant": "a constant width",
        "log": f"log{inside}",
        "log^2": f"log^2{inside}",
        "log^3": f"log^3{inside}",
        "linear": f"growth in proportion to {variable}",
        "power": f"{base}^{exponent}",
        "polylog": f"log^{exponent}{inside}",
        "affine log": f"a floor plus log{inside}",
        "affine linear": f"a floor plus {variable} in proportion",
    }[law.name]
