r"""What the points of a study say about the growth of the width: with n, with the depth L, or with 1/eps.

Growth in n is that of one curve. Growth in L or in :math:`1/\varepsilon` is across curves: for each n and other setting
those that differ in the depth alone, or in the EPS of their target ``loss<=EPS`` alone. Their trials share subsets, and
with one depth starts too; a run that reaches a smaller loss has passed the larger ones. What the errors of the points
have in common is read off the trials (:func:`howwide.statistics.shared_errors`), whatever they share.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from howwide.results.width import Against, GrowthAgainst, Law, WidthPoint, fit_growth, set_against, setting_words
from howwide.width.targets import parse_trial_target

if TYPE_CHECKING:
    import pandas as pd

    from howwide.statistics import GrowthComparison

__all__ = ["exponent_of", "growth_across", "laws_of", "left_out", "without_answer"]

_FEWEST = 3  # values of L or eps whose growth is spoken of
_LEAST = 2.0  # L or 1/eps from which laws in their logarithm begin


def laws_of(growth: "GrowthComparison") -> tuple[Law, ...]:
    """The laws as a result has them."""
    return tuple(Law(**{field: getattr(law, field) for field in Law.model_fields}) for law in growth.laws)


def exponent_of(growth: "GrowthComparison") -> dict[str, float | None]:
    """The exponent as a result has it."""
    return dict(zip(("estimate", "lower", "upper"), growth.exponent, strict=True))


def growth_across(points: Sequence[WidthPoint], trials: "pd.DataFrame") -> list[GrowthAgainst]:
    """How the width grows with the depth and with 1/eps, at the first quantile; nothing with fewer than three of them.

    Args:
        points: of all curves.
        trials: one row a trial and budget, with the number of its ``curve``.
    """
    first = [p for p in points if p.quantile == points[0].quantile]
    losses = [p for p in first if 0.0 < parse_trial_target(p.target).training.loss < math.inf]
    return [*_across(first, trials, "depth", "depth"), *_across(losses, trials, "eps", "target")]


def _across(
    points: Sequence[WidthPoint], trials: "pd.DataFrame", against: Literal["eps", "depth"], own: str
) -> list[GrowthAgainst]:
    """For each n and other setting, the growth with the setting ``own``."""
    settings = [name for name in ("steps", "target", "depth", "alpha", "label_noise") if name != own]
    varied = [name for name in settings if len({getattr(p, name) for p in points}) > 1]
    groups: dict[tuple[Any, ...], list[WidthPoint]] = {}
    for p in sorted(points, key=lambda p: (p.n, set_against(p, against))):
        groups.setdefault((p.n, *(getattr(p, name) for name in settings)), []).append(p)
    found = []
    for (n, *fixed), members in groups.items():
        values = tuple(set_against(p, against) for p in members)
        if len(set(values)) < _FEWEST:
            continue
        label = dict(zip(settings, fixed, strict=True))
        used = [p for p, value in zip(members, values, strict=True) if value >= _LEAST]
        growth = fit_growth(used, trials, against)
        sentences = [
            *without_answer(used, trials, against),
            growth.verdict,
            *left_out([p for p in used if p.stopped_by_budget], against),
        ]
        if small := [p for p in members if p not in used]:
            variable = "L" if against == "depth" else "1/eps"
            sentences.append(f"The laws begin at {variable} = 2, without {_listed(small, against)}.")
        found.append(
            GrowthAgainst(
                against=against,
                n=n,
                label=label,
                words=", ".join([f"n = {n}", *(setting_words(name, label[name]) for name in varied)]),
                quantile=members[0].quantile,
                values=values,
                left_out=tuple(set_against(p, against) for p in members if p not in used or p.stopped_by_budget),
                finding=growth.finding,
                laws=laws_of(growth),
                exponent=exponent_of(growth),
                verdict=" ".join(sentences),
            )
        )
    return found


def without_answer(points: Sequence[WidthPoint], trials: "pd.DataFrame", against: Against) -> list[str]:
    """The points at which no width that was tried is enough."""
    sentences = []
    for p in points:
        if p.status in ("no_success", "above_range"):
            widest = trials.loc[(trials["curve"] == p.curve) & (trials["n"] == p.n), "width"].max()
            sentences.append(
                f"At {_listed([p], against)} no width up to {widest} reached {p.target} in {p.steps} steps often "
                "enough."
            )
    return sentences


def left_out(censored: Sequence[WidthPoint], against: Against) -> list[str]:
    """That the growth leaves out what the budget censored, and what would settle it."""
    if not censored:
        return []
    least, many = 100 * min(p.improving for p in censored), len(censored) > 1
    return [
        f"The growth leaves out {_listed(censored, against)}: {'these widths have' if many else 'this width has'} no "
        f"upper end, and {least:.0f} %{' or more' if many else ''} of the trials there still improved when the budget "
        f"of {censored[0].steps} steps ended. More steps would settle {'them' if many else 'it'}."
    ]


def _listed(points: Sequence[WidthPoint], against: Against) -> str:
    """The points by what the width is set against: "n = 100, 200", "L = 3, 5", "eps = 0.1"."""
    name = {"n": "n", "eps": "eps", "depth": "L"}[against]
    values = (set_against(p, against) for p in points)
    return f"{name} = " + ", ".join(f"{1 / value if against == 'eps' else value:.12g}" for value in values)
