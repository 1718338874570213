"""The frontier over budgets: which intervals hold alone and which together, and how it is shown."""

import dataclasses
import math

import numpy as np
import pytest

from howwide.figures import plot_frontier
from howwide.statistics import AdaptiveDesign
from howwide.views import view_of
from howwide.views.blocks import Figure, Table
from howwide.width.frontier import simultaneous_ends, with_monotone_ends
from width_cases import made_of

DESIGN = AdaptiveDesign(64, round_size=32, trials=400, precision=1.25, quantiles=(0.5, 0.9), level=0.95)
BUDGETS = (250, 500, 1000, 2000)


def joint_ends(
    ends: list[tuple[float | None, float | None]], **more: object
) -> list[tuple[float | None, float | None]]:
    """The joint ends of points whose own are ``ends``, a budget each."""
    points = [
        {"n": 100, "curve": k, "steps": t, "estimate": 8.0, "joint_lower": low, "joint_upper": high} | more
        for k, (t, (low, high)) in enumerate(zip(BUDGETS, ends, strict=False))
    ]
    return [(p.joint_lower, p.joint_upper) for p in made_of(points).points]


def test_ends_fall_with_the_budget() -> None:
    """By hand: the least upper end so far, the largest lower end from here on; an unknown end is filled."""
    given = [(9.0, 14.0), (10.0, 16.0), (5.0, None), (6.0, 9.0)]
    assert joint_ends(given) == [(10.0, 14.0), (10.0, 14.0), (6.0, 14.0), (6.0, 9.0)]
    assert joint_ends([(None, None), (3.0, None)]) == [(3.0, None), (3.0, None)]


def test_ends_that_cannot_all_be_right_stay_as_they_are() -> None:
    assert joint_ends([(3.0, 5.0), (6.0, 9.0)]) == [(3.0, 5.0), (6.0, 9.0)]


def test_a_test_error_is_no_matter_of_the_first_time() -> None:
    given = [(9.0, 14.0), (10.0, 16.0)]
    assert joint_ends(given, target="test-error<=0.1") == given


def test_curves_at_other_settings_are_families_of_their_own() -> None:
    points = [
        {"n": n, "depth": depth, "steps": t, "quantile": q, "estimate": 8.0, "joint_lower": low, "joint_upper": 20.0}
        for n, depth, q, low in ((100, 3, 0.5, 5.0), (100, 5, 0.5, 6.0), (200, 3, 0.5, 7.0), (100, 3, 0.9, 8.0))
        for t in BUDGETS[:2]
    ]
    ends = {(p.n, p.depth, p.quantile): p.joint_lower for p in made_of(points).points}
    assert sorted(ends.values()) == [5.0, 6.0, 7.0, 8.0]


def test_each_budget_takes_its_share_of_the_error() -> None:
    fit = DESIGN.fit({4: (1, 20), 8: (12, 20), 16: (20, 20)})
    assert simultaneous_ends(DESIGN, fit, 0.5, 1) == (None, None)
    wider = fit.threshold(0.5, 1 - 0.05 / 4, 0.2)
    assert simultaneous_ends(DESIGN, fit, 0.5, 4) == (wider.lower, wider.upper)


@pytest.mark.slow
def test_the_joint_band_covers_all_budgets_together() -> None:
    """Trials that answer for all budgets, as real ones do: one uniform number a trial, success once P_T(m) is above it.

    100 searches of fixed widths: if the band holds in 95 %, fewer than 89 times has probability 0.005.
    """
    random, truth, slope = np.random.default_rng(0), {250: 16.0, 500: 11.0, 1000: 9.0, 2000: 8.0}, 0.15
    widths, trials, together, alone = (4, 6, 8, 10, 12, 16, 22), 24, [], []
    for _ in range(100):
        luck = {m: random.uniform(size=trials) for m in widths}
        points = []
        for t, half in truth.items():
            chance = {m: 1 / (1 + math.exp(-math.log(m / half) / slope)) for m in widths}
            fit = DESIGN.fit({m: (int((luck[m] < chance[m]).sum()), trials) for m in widths})
            low, high = simultaneous_ends(DESIGN, fit, 0.5, len(truth))
            own = dataclasses.asdict(DESIGN.threshold(fit, 0.5))
            points.append({"n": 100, "steps": t, "joint_lower": low, "joint_upper": high} | own)
        found = made_of(points).points
        together.append(all((p.joint_lower or 0) <= truth[p.steps] <= (p.joint_upper or math.inf) for p in found))
        alone.append(all((p.lower or 0) <= truth[p.steps] <= (p.upper or math.inf) for p in found))
        assert found == tuple(with_monotone_ends(found))
    assert np.mean(together) >= 0.89
    assert np.mean(together) >= np.mean(alone), "intervals of single budgets promise less"


POINTS = [
    {
        "curve": 2 * (depth == 5) + (t == 2000), "n": n, "depth": depth, "steps": t, "quantile": q, "estimate": w,
        "lower": 0.9 * w, "upper": 1.2 * w, "joint_lower": 0.8 * w, "joint_upper": 1.3 * w,
    }
    for depth in (3, 5)
    for t, w in ((500, 20.0 + depth), (2000, 9.0 + depth))
    for n in (100, 400)
    for q in (0.5, 0.9)
]  # fmt: skip


def test_one_table_has_a_row_for_each_depth_and_a_column_for_each_budget() -> None:
    blocks = list(view_of(made_of(POINTS), {}, {}))
    [alone, joint] = [b for b in blocks if isinstance(b, Table) and "500 steps" in [h.title for h in b.heads]]
    assert [h.title for h in alone.heads] == [
        "n",
        "depth",
        "probability",
        "500 steps",
        "2000 steps",
        "500 to 2000 steps",
    ]
    assert [row[:3] for row in alone.rows] == [[n, d, q] for n in (100, 400) for d in (3, 5) for q in (0.5, 0.9)]
    assert alone.texts[0][3:] == ["23 (21 to 28)", "12 (11 to 15)", "fewer neurons"]
    assert joint.texts[0][3:] == ["23 (19 to 30)", "12 (10 to 16)"]
    assert joint.page_only
    assert [b.name for b in blocks if isinstance(b, Figure) and "frontier" in b.name] == ["frontier", "frontier-depth"]
    near = [p | {"joint_lower": 5.0} for p in POINTS]
    [table, _] = [b for b in view_of(made_of(near), {}, {}) if isinstance(b, Table) and "500 steps" in str(b.columns)]
    assert {row[-1] for row in table.texts} == {"not told apart"}


def test_with_one_budget_and_several_depths_there_is_no_comparison() -> None:
    points = [p | {"curve": p["curve"] // 2, "joint_lower": None} for p in POINTS if p["steps"] == 500]
    [table] = [b for b in view_of(made_of(points), {}, {}) if isinstance(b, Table) and "500 steps" in str(b.columns)]
    assert [h.title for h in table.heads] == ["n", "depth", "probability", "500 steps"]
    single = [p for p in points if p["depth"] == 3]
    assert not [b for b in view_of(made_of(single), {}, {}) if isinstance(b, Figure) and "frontier" in b.name]


@pytest.mark.parametrize("against", ["steps", "depth"])
def test_the_figure_has_a_line_for_each_n_and_other_setting(against: str) -> None:
    ax = plot_frontier(made_of(POINTS), against=against)
    other = ["depth 3", "depth 5"] if against == "steps" else ["500 steps", "2000 steps"]
    legend = ax.get_legend()
    assert legend is not None
    assert sorted(t.get_text() for t in legend.get_texts()) == sorted(
        f"n = {n}, {s}" for n in (100, 400) for s in other
    )
    drawn = {tuple(line.get_ydata()) for line in ax.get_lines()}
    assert ((23.0, 12.0) if against == "steps" else (23.0, 25.0)) in drawn
    assert len(ax.collections) == (4 if against == "steps" else 0), "a band for each line over budgets"
    unknown = [p | {"estimate": None, "lower": 64.0, "upper": None, "joint_upper": None} for p in POINTS]
    assert plot_frontier(made_of(unknown), against=against).get_lines()
