"""Widths at sample sizes that were not tried: against least squares by hand, and where nothing can be said."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from howwide.errors import SettingError
from howwide.statistics import compare_growth_laws, least_integer, predict_growth
from howwide.width import recommend
from width_cases import made_of

Z = 1.959963984540054
N = [50, 100, 200, 400, 800]


def ends(widths: Sequence[float], factor: float = 1.25) -> tuple[list[float], list[float], list[float]]:
    return [w / factor for w in widths], list(widths), [w * factor for w in widths]


def test_widths_without_intervals_are_predicted_as_by_linear_regression() -> None:
    """Student's prediction interval of a regression line in log n is that of the power law."""
    n = np.geomspace(50, 6400, 8)
    width = 3 * n**0.65 * np.exp(0.05 * np.random.default_rng(2).standard_normal(8))
    found = predict_growth(n, None, list(width), None, at=12_800)
    line, x = stats.linregress(np.log(n), np.log(width)), np.log(n)
    residual = np.log(width) - line.intercept - line.slope * x
    spread = math.sqrt(np.sum(residual**2) / 6 * (1 + 1 / 8 + (math.log(12_800) - x.mean()) ** 2 / (8 * x.var())))
    half, middle = stats.t.ppf(0.975, 6) * spread, line.intercept + line.slope * math.log(12_800)
    power = next(law for law in found.laws if law.name == "power")
    assert math.log(power.estimate) == pytest.approx(middle, abs=0.003)
    assert math.log(power.lower) == pytest.approx(middle - half, abs=0.03 * half)
    assert math.log(power.upper) == pytest.approx(middle + half, abs=0.03 * half)


def test_laws_are_mixed_by_their_weights() -> None:
    """The mixture has as much below its lower end as draws from the laws have."""
    widths = [5.8, 6.0, 6.5, 7.4, 8.1]
    found, compared = predict_growth(N, *ends(widths), at=1600), compare_growth_laws(N, *ends(widths))
    remaining = {law.name: law.weight for law in compared.laws if law.remains}
    assert len(remaining) > 1
    assert {law.name: law.weight for law in found.laws} == {
        name: pytest.approx(weight / sum(remaining.values())) for name, weight in remaining.items()
    }
    random = np.random.default_rng(0)
    chosen = random.choice(len(found.laws), 400_000, p=[law.weight for law in found.laws])
    middle = np.log([law.estimate for law in found.laws])[chosen]
    spread = np.log([law.upper / law.lower for law in found.laws])[chosen] / (2 * Z)
    drawn = np.exp(middle + spread * random.standard_normal(chosen.size))
    assert np.quantile(drawn, [0.025, 0.5, 0.975]) == pytest.approx(
        [found.lower, found.estimate, found.upper], rel=0.01
    )


def test_a_farther_n_is_less_certain() -> None:
    widths = [8.0, 8.4, 7.7, 8.2, 8.0]
    spans = [(p := predict_growth(N, *ends(widths, 1.1), at=n)).upper / p.lower for n in (800, 1600, 6400)]
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    ("n", "widths", "at", "said"),
    [
        (N[:2], [5.0, 6.0], 400, "too few to compare growth laws"),
        (N[:3], [5.0, 6.0, 7.0], 400, "from 3 sizes whose width has both ends: it takes 4"),
        (N, [5.0, 40.0, 3.0, 60.0, 2.0], 1600, "no growth law fits"),
        (N, [8.0] * 5, 12801, "n = 12801 is too far from the sizes with a width, 50 to 800: from 50 to 12800"),
        (N, [8.0] * 5, 49, "too far"),
        (N, [21.0, 30.0, 42.0, 60.0, 85.0], 12800, "do not agree at n = 12800: from .* more than a factor 2"),
    ],
)
def test_what_the_points_cannot_say_is_refused(n: list[int], widths: list[float], at: int, said: str) -> None:
    with pytest.raises(SettingError, match=said) as refused:
        predict_growth(n, *ends(widths), at=at)
    assert "\n" not in str(refused.value)


def test_the_least_integer_is_covered() -> None:
    """30 studies on a law, errors as their intervals say: at least 93 % (binomial, two standard errors below)."""
    random, covered = np.random.default_rng(5), []
    for k in range(30):
        n = np.array(N, dtype=float)
        truth = (lambda m: 2.0 * np.log(m)) if k % 2 else (lambda m: 3.3 * m**0.13)
        error = math.log(1.25) / Z * random.standard_normal(5)
        found = predict_growth(n, *ends(truth(n) * np.exp(error)), at=1600)
        whole = least_integer(found.estimate, found.lower, found.upper)
        assert whole.lower is not None
        assert whole.upper is not None
        covered.append(whole.lower <= math.ceil(truth(1600.0)) <= whole.upper)
    assert np.mean(covered) >= 0.93 - 2 * math.sqrt(0.93 * 0.07 / 30)


POINTS = [
    {"n": n, "quantile": q, "estimate": w * f, "lower": w * f / 1.2, "upper": w * f * 1.2}
    for n, w in zip(N, (5.8, 6.0, 6.5, 7.4, 8.1), strict=True)
    for q, f in ((0.5, 1.0), (0.9, 1.6))
]


def test_a_recommendation_is_whole_and_says_so() -> None:
    found = recommend(made_of(POINTS), n=1600)
    widths = [8.1 * 1.6 * f for f in (0.8, 1.6)]
    assert widths[0] <= found.estimate <= widths[1]
    assert (found.quantile, found.width) == (0.9, math.ceil(found.estimate))
    assert (found.width_lower, found.width_upper) == (math.ceil(found.lower), math.ceil(found.upper))
    assert found.answer.startswith(
        f"For n = 1600 about {found.width} neurons a layer should reach zero-error within 500 steps in nine of ten "
        f"draws of subset and start (95 %: {found.width_lower} to {found.width_upper}), if the width goes on as "
    )
    assert found.answer.endswith(f"; {found.width_upper} is the safe choice.")
    assert f'<p class="lead">{found.answer}</p>' in found._repr_html_()
    even = recommend(made_of(POINTS, network="fixed-head"), 1600, quantile=0.5)
    assert even.width % 2 == even.width_lower % 2 == even.width_upper % 2 == 0
    assert even.estimate < found.estimate
    assert even.answer.endswith(f"; {even.width_upper} is the safe choice for half of them.")


@pytest.mark.parametrize(
    ("n", "quantile", "said"),
    [(1600, 0.7, "not asked of this study; it has 0.5, 0.9"), (0, None, "n must be"), (10**7, None, "too far")],
)
def test_bad_questions_are_one_line(n: int, quantile: float | None, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        recommend(made_of(POINTS), n, quantile)


def test_several_curves_are_asked_one_by_one() -> None:
    several = made_of([p | {"curve": k, "depth": k + 2} for k in (0, 1) for p in POINTS])
    with pytest.raises(SettingError, match=r"parts\(\)"):
        recommend(several, 1600)
    assert recommend(several.parts()[1], 1600).width == recommend(made_of(POINTS), 1600).width


def test_widths_that_the_budget_censored_are_left_out() -> None:
    censored = {"n": 800, "quantile": 0.9, "lower": 99.0, "status": "above_range", "improving": 0.5}
    made = made_of([*(p for p in POINTS if p["n"] != 800), POINTS[-2], censored])
    assert recommend(made, 800).upper < 99
