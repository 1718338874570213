"""What a comparison of growth laws shows, in one or two sentences that do not overclaim.

A law *remains* if its weight is at least a twentieth of the largest, or if its log-likelihood comes within 2 of the
best (so that the charge for a second parameter alone never excludes a law). The power law contains the constant and the
linear law; where it remains only beside one of them, and its exponent agrees, the two are one answer. Even then the
sentence speaks of the laws tried and of the range of n measured, never of the truth.
"""

from __future__ import annotations

import numpy as np

from howwide.statistics.growth_laws import LawFit
from howwide.statistics.growth_points import GrowthPoints

_LEAST_SHARE = 1.0 / 20.0
_CLOSE = 2.0
_LARGE_SCATTER = 0.2
_WORDS = {
    "constant": "a constant width",
    "log": "log n",
    "log^2": "log^2 n",
    "log^3": "log^3 n",
    "linear": "growth in proportion to n",
}
_SPECIAL = {"constant": 0.0, "linear": 1.0}

Exponent = tuple[float, float | None, float | None]


def _words(law: LawFit) -> str:
    return f"the power law n^{law.parameters['b']:.2f}" if law.name == "power" else _WORDS[law.name]


def _span(points: GrowthPoints) -> str:
    factor = float(np.exp(points.log_n.max() - points.log_n.min())) if points.log_n.size else 1.0
    censored = points.side.size - points.located
    remark = f" ({censored} of them one-sided)" if censored else ""
    return f"{points.side.size} points{remark} over a factor {factor:.3g} in n"


def _remaining(laws: tuple[LawFit, ...], exponent: Exponent) -> list[LawFit]:
    """Laws that these data do not rule out, the power law left out where it only repeats a special case of itself."""
    closest, heaviest = max(law.log_likelihood for law in laws), max(law.weight for law in laws)
    kept = [law for law in laws if law.weight >= _LEAST_SHARE * heaviest or law.log_likelihood >= closest - _CLOSE]
    others = [law for law in kept if law.name != "power"]
    if len(others) == 1 and others[0].name in _SPECIAL and _contains(exponent, _SPECIAL[others[0].name]):
        return others
    return kept


def _contains(exponent: Exponent, value: float) -> bool:
    _, low, high = exponent
    return (low is None or low <= value) and (high is None or value <= high)


def _exponent_phrase(exponent: Exponent, level: float) -> str:
    estimate, low, high = exponent
    least, most = (None if end is None else f"{end:.2f}" for end in (low, high))
    ends = f"{least or 'unknown'} to {most or 'unknown'}"
    return f"as a power of n the exponent is {estimate:.2f} ({100 * level:g}% interval: {ends})"


def verdict_sentence(points: GrowthPoints, laws: tuple[LawFit, ...], exponent: Exponent, level: float) -> str:
    """Which of the laws tried remain, the exponent with its interval, and a warning where the points scatter much."""
    kept = _remaining(laws, exponent)
    if len(kept) == 1:
        power = next(law for law in laws if law.name == "power")
        special = f", and {power.weight:.2f} for the power law, which contains it" if kept[0].name in _SPECIAL else ""
        finding = (
            f"of the {len(laws)} laws tried only {_words(kept[0])} remains (weight {kept[0].weight:.2f}{special}); "
            "laws not tried and larger n are another matter"
        )
    else:
        listed = ", ".join(f"{_words(law)} has weight {law.weight:.2f}" for law in kept[:4])
        more = f" and {len(kept) - 4} more" if len(kept) > 4 else ""
        finding = f"{listed}{more}: these data do not separate them"
    scatter = laws[0].parameters["scatter"]
    warning = (
        f" Points scatter about the heaviest law by a factor {np.exp(scatter):.2f} beyond their intervals."
        if scatter > _LARGE_SCATTER
        else ""
    )
    return f"{_span(points)}: {finding}; {_exponent_phrase(exponent, level)}.{warning}"


def too_few_sentence(points: GrowthPoints) -> str:
    """What is missing for a comparison."""
    return (
        f"{points.side.size} usable points, {points.located} of them with both ends: "
        "too few to compare growth laws, which takes 3 different n, 2 of them with both ends."
    )
