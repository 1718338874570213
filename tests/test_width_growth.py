"""How the width grows with the depth and with the inverse of the loss: in the result, and wherever it is shown."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from howwide.results.width import growth_data
from howwide.statistics import LAWS, fit_response, normal_scores
from howwide.statistics.growth import growth_points
from howwide.statistics.growth_evidence import Evidence
from howwide.views import view_of
from howwide.views.terminal import print_view
from howwide.width import WidthResult
from width_cases import made_of

TIGHT = {"trials": 200, "status": "estimated"}


def deeper(sizes: Sequence[int], depths: Sequence[int], exponent: float = 0.5) -> WidthResult:
    """Widths 4 L^b with tight intervals, a curve for each depth and budget; half as wide at the larger budget."""
    return made_of(
        [
            {"n": n, "curve": 2 * k + (t == 2000), "depth": d, "steps": t, **_tight(4 * d**exponent * 1000 / t)}
            for n in sizes
            for k, d in enumerate(depths)
            for t in (1000, 2000)
        ]
    )


def finer(losses: Sequence[float], **changed: Any) -> WidthResult:
    """Widths 3 (1/eps)^(1/4), a curve for each target; the last point is changed."""
    points: list[dict[str, Any]] = [
        {"n": 100, "curve": k, "target": f"loss<={eps:g}", **_tight(3 * eps**-0.25)} for k, eps in enumerate(losses)
    ]
    return made_of([*points[:-1], points[-1] | changed])


def _tight(width: float) -> dict[str, Any]:
    return {"estimate": width, "lower": width / 1.05, "upper": width * 1.05, **TIGHT}


@pytest.fixture(scope="module")
def of_depths() -> WidthResult:
    return deeper((100, 200), (2, 4, 8, 16))


def test_a_study_of_several_depths_says_how_the_width_grows_with_them(of_depths: WidthResult) -> None:
    result = of_depths
    assert [g.words for g in result.growth] == [f"n = {n}, {t} steps" for n in (100, 200) for t in (1000, 2000)]
    for g in result.growth:
        assert (g.against, g.values, g.left_out, g.finding) == ("depth", (2, 4, 8, 16), (), "growth")
        assert g.exponent["estimate"] == pytest.approx(0.5, abs=0.02)
        assert "put the growth between" in g.verdict
        assert {law.name for law in g.laws} == set(LAWS)
    assert not deeper((100,), (2, 4)).growth, "two depths say nothing of a growth"
    assert not any(part.growth for part in result.parts()), "of single curves"


def test_a_study_of_several_losses_says_how_the_width_grows_with_their_inverse() -> None:
    [growth] = finer((0.6, 0.1, 0.05, 0.02, 0.01)).growth
    assert growth.against == "eps"
    assert growth.exponent["estimate"] == pytest.approx(0.25, abs=0.02)
    assert growth.left_out == (pytest.approx(1 / 0.6),)
    assert growth.verdict.endswith("The laws begin at 1/eps = 2, without eps = 0.6.")
    assert "log(1/eps)" in growth.verdict
    assert growth.label == {"steps": 500, "depth": 5, "alpha": 0.5, "label_noise": 0.0}
    others = finer((0.1, 0.05, 0.02, 0.01), target="zero-error").growth
    assert [g.values for g in others] == [pytest.approx((10, 20, 50))], "a target that is no loss has no place"


def test_where_the_points_cannot_say_how_the_width_grows_a_sentence_says_so() -> None:
    cut = {"estimate": None, "lower": 64.0, "upper": None, "status": "above_range", "improving": 0.4}
    [growth] = finer((0.1, 0.05, 0.01), **cut).growth
    assert growth.finding is None
    assert growth.laws == ()
    assert growth.left_out == (pytest.approx(100),)
    for words in (
        "At eps = 0.01 no width up to 256 reached loss<=0.01 in 500 steps often enough.",
        "2 usable points, 2 of them with both ends: too few to compare growth laws, which takes 3 different 1/eps",
        "The growth leaves out eps = 0.01: this width has no upper end, and 40 % of the trials there still improved",
    ):
        assert words in growth.verdict


def test_every_rendering_has_the_growth_with_depth_and_loss(
    of_depths: WidthResult, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, then the laws, at the largest n and budget; the exponents of all others in one table."""
    result = of_depths
    print_view(view_of(result))
    text, html = capsys.readouterr().out, result._repr_html_()
    spoken = result.growth[-1]
    for words in (
        f"The width against L, n = 200, 2000 steps. {spoken.verdict}",
        "Growth laws in L, n = 200, 2000 steps",
    ):
        assert words in text
        assert words in html
    assert text.index(spoken.verdict) < text.index("Growth laws in L")
    assert "Growth laws in L, n = 100" not in text
    assert "Growth with L: the exponent of a power (95 %)" in text
    kept = json.loads(result.model_dump_json(by_alias=True))
    assert [g["words"] for g in kept["growth"]] == [g.words for g in result.growth]
    del kept["growth"]
    assert WidthResult.model_validate(kept).growth == (), "documents of before have none"
    losses = finer((0.1, 0.05, 0.02))
    [alone] = losses.growth
    print_view(view_of(losses))
    text = capsys.readouterr().out
    assert f"The width against 1/eps, n = 100. {alone.verdict}" in text
    assert "the exponent of a power" not in text


LOSSES, WIDTHS, SEEDS, SLOPE = (0.3, 0.1, 0.03, 0.01), (5, 7, 9, 12, 15, 20, 27), 28, 0.25


def of_runs(random: np.random.Generator, exponent: float) -> WidthResult:
    """A study of four losses whose widths grow like (1/eps)^b, all answered by the same runs: one number a run.

    A run reaches every loss whose success probability at its width is above the number.
    """
    halves = 12 * (0.0548 / np.array(LOSSES)) ** exponent  # 12 in the middle
    luck = random.uniform(size=(len(WIDTHS), SEEDS))
    points, rows = [], []
    for k, (eps, half) in enumerate(zip(LOSSES, halves, strict=True)):
        won = luck < expit(np.log(np.array(WIDTHS) / half) / SLOPE)[:, None]
        fit = fit_response(WIDTHS, won.sum(axis=1), SEEDS)
        threshold = fit.threshold(0.5)
        ends = {name: getattr(threshold, name) for name in ("estimate", "lower", "upper", "status", "trials")}
        target = f"loss<={eps:g}"
        points.append({"n": 100, "curve": k, "target": target, **ends, "posterior": normal_scores(fit, threshold)})
        rows += [
            {"curve": k, "n": 100, "width": width, "seed": seed, "success": bool(won[i, seed])}
            for i, width in enumerate(WIDTHS)
            for seed in range(SEEDS)
        ]
    return made_of(points, pd.DataFrame(rows).assign(budget=500))


def test_losses_that_the_same_runs_answer_err_together() -> None:
    """The correlation falls with the distance of the losses, and a narrower interval of the exponent comes of it."""
    result = of_runs(np.random.default_rng(0), 0.1)
    data = growth_data(result.points, result.trials, "eps")
    apart = [np.diag(data["correlation"], k).mean() for k in (1, 2, 3)]
    assert apart == sorted(apart, reverse=True)
    assert apart[0] > 0.5
    lengths = []
    for correlation in (data["correlation"], np.eye(4)):
        points = growth_points(**(data | {"level": 0.95, "correlation": correlation}))
        lengths.append(np.diff(Evidence(points).fit("power").quantiles(np.array([0.025, 0.975]))))
    assert lengths[0] < lengths[1]
