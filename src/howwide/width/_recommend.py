"""The width for a larger sample than was tried, from the growth of the widths that were found."""

import dataclasses

from howwide.checks import check_count, check_probability
from howwide.errors import SettingError
from howwide.results.width import WidthResult, growth_data
from howwide.results.width_recommend import PredictedLaw, WidthRecommendation
from howwide.statistics import least_integer, predict_growth, safe_choice, share_words

__all__ = ["recommend"]

_LAWS = {
    "constant": "a constant", "log": "log n", "log^2": "log^2 n", "log^3": "log^3 n", "linear": "n itself",
    "power": "a power of n", "polylog": "a power of log n", "affine log": "a floor plus log n",
    "affine linear": "a floor plus n",
}  # fmt: skip

_SAID = 0.05  # weight of the laws that the answer names


def recommend(result: WidthResult, n: int, quantile: float | None = None) -> WidthRecommendation:
    """The whole width for ``n`` examples of the same data, target, budget and step rule.

    The growth laws that remain, mixed by their weights, with a prediction interval that is theirs: it speaks of an n at
    which the width goes on as these laws have it (:mod:`howwide.statistics.growth_prediction` has the formula, and
    ``benchmarks/growth.py`` how often the interval covers). Widths that the budget censored are left out.

    Args:
        result: a study at several n, of one curve.
        n: the sample size, from the smallest tried up to as many times the largest as that is of the smallest.
        quantile: success probability, one of the study's; the largest unless given.

    Raises:
        SettingError: several curves, an n or a quantile that is none, or a study that cannot say: fewer than four n
            whose width has both ends, no law that fits, an n too far away, or laws that differ at n by more than a
            factor two.
    """
    if len(result.curves) > 1:
        raise SettingError("these are several curves; ask for each of the parts()")
    at, asked = check_count(n, "n", 2), sorted({p.quantile for p in result.points})
    chosen = asked[-1] if quantile is None else check_probability(quantile, "quantile")
    if chosen not in asked:
        raise SettingError(
            f"quantile {chosen:g} was not asked of this study; it has {', '.join(f'{q:g}' for q in asked)}"
        )
    found = predict_growth(**growth_data(result.points_at(chosen), result.trials), at=at, level=result.level)
    least = least_integer(found.estimate, found.lower, found.upper, result.width_step)
    if least.estimate is None or least.lower is None or least.upper is None:
        raise SettingError(f"the width predicted for n = {at} is beyond any that can be built")
    laws = " or ".join(f"{_LAWS[law.name]} (weight {law.weight:.2f})" for law in found.laws if law.weight >= _SAID)
    label = result.curves[0].label
    return WidthRecommendation(
        answer=(
            f"For n = {at} about {least.estimate} neurons a layer should reach {label['target']} within "
            f"{label['steps']} steps in {share_words(chosen, 'draws of subset and start')} ({100 * result.level:g} %: "
            f"{least.lower} to {least.upper}), if the width goes on as {laws}; {safe_choice(least.upper, chosen)}."
        ),
        n=at,
        quantile=chosen,
        width=least.estimate,
        width_lower=least.lower,
        width_upper=least.upper,
        estimate=found.estimate,
        lower=found.lower,
        upper=found.upper,
        level=found.level,
        laws=tuple(PredictedLaw(**dataclasses.asdict(law)) for law in found.laws),
    )
