"""The test error against the width: means by hand, the widths that may be the best, and how it is shown."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from howwide.figures import plot_test_error
from howwide.statistics import may_be_smallest
from howwide.views import view_of
from howwide.views.blocks import Figure, Table
from howwide.width import WidthResult, WidthStudy
from howwide.width.rows import trial_rows
from howwide.width.tested import errors_by_width
from width_cases import made_of

RANDOM = np.random.default_rng(0)
MEANS = {2: 0.5, 4: 0.3, 8: 0.2, 16: 0.19, 32: 0.35}
TRIALS = {2: 9, 4: 12, 8: 30, 16: 8, 32: 3}


def trials_of(when: tuple[str, ...] = ("test_error", "test_error_after")) -> pd.DataFrame:
    """Two sample sizes and two curves; of each trial the test errors asked for."""
    rows = [
        {"curve": curve, "n": n, "width": w, "seed": k, "success": w >= 8, "target": "zero-error", "budget": 500}
        | {name: float(np.clip(MEANS[w] + 0.1 * k + 0.05 * RANDOM.normal(), 0, 1)) for k, name in enumerate(when)}
        for curve in (0, 1)
        for n in (100, 200)
        for w in MEANS
        for k in range(TRIALS[w])
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def result() -> WidthResult:
    points = [
        {"curve": c, "n": n, "label_noise": 0.1 * c, "estimate": 6.0, "lower": 5.0, "upper": 7.0}
        for c in (0, 1)
        for n in (100, 200)
    ]
    return made_of(points, trials_of())


def test_means_and_ends_are_those_of_the_trials(result: WidthResult) -> None:
    assert len(result.test_errors) == 2 * 2 * 2 * len(MEANS)
    for row in result.test_errors:
        at = result.trials.query(f"curve == {row.curve} and n == {row.n} and width == {row.width}")
        errors = at["test_error" if row.when == "stopped" else "test_error_after"]
        ends = stats.ttest_1samp(errors, 0).confidence_interval(0.95)
        assert (row.trials, row.mean) == (TRIALS[row.width], pytest.approx(errors.mean()))
        assert (row.lower, row.upper) == pytest.approx((max(ends.low, 0), min(ends.high, 1)))


def test_the_best_is_chosen_among_widths_with_enough_trials(result: WidthResult) -> None:
    assert len(result.best_tested) == 8
    for best in result.best_tested:
        compared = {
            r.width: r.mean for r in result.test_errors if (r.curve, r.n, r.when) == (best.curve, best.n, best.when)
        }
        del compared[32]
        assert (best.compared, best.widest) == (4, 16)
        assert best.width == min(compared, key=lambda w: compared[w])
        at = result.trials.query(f"curve == {best.curve} and n == {best.n} and width < 32").groupby("width")
        samples = [own.to_numpy() for _, own in at["test_error" if best.when == "stopped" else "test_error_after"]]
        assert best.candidates == tuple(list(MEANS)[place] for place in may_be_smallest(samples, 0.95))
        assert {best.width} <= set(best.candidates) <= {8, 16}


def test_trials_without_a_test_error_are_left_out() -> None:
    trials = trials_of(("test_error",))
    trials.loc[trials["seed"] >= 5, "test_error"] = np.nan
    rows, best = errors_by_width(trials, 0.95)
    assert {row.trials for row in rows} == {5, 3}
    assert {row.when for row in rows} == {"stopped"}
    assert len(best) == 4
    assert errors_by_width(trials.assign(test_error=None), 0.95) == ([], [])
    assert errors_by_width(trials.drop(columns="test_error"), 0.95) == ([], [])


def test_trials_stored_before_have_no_times_and_no_test_error() -> None:
    """Beside later ones in one table: rows are made, and only the later ones are averaged."""
    [settings] = WidthStudy(n=20).trial_settings()
    later: dict[str, Any] = {"budget": 5000, "success": True, "improving_tries": [], "test_error": 0.25}
    later |= {"test_error_after": None, "reached": [900, 480, None]}
    earlier = {name: later[name] for name in ("budget", "success", "improving_tries")} | {"test_error": None}
    rows = trial_rows(0, settings, 20, {(8, 0): [earlier], (8, 1): [later], (8, 2): [later]}, 0)  # type: ignore[dict-item]
    assert [row["reached"] for row in rows] == [None, 480, 480]
    [found], _ = errors_by_width(pd.DataFrame(rows), 0.95)
    assert (found.trials, found.mean) == (2, 0.25)


def test_equal_test_errors_have_no_interval() -> None:
    rows, _ = errors_by_width(trials_of(("test_error",)).assign(test_error=0.25), 0.95)
    assert {(row.mean, row.lower, row.upper) for row in rows} == {(0.25, None, None)}


def test_what_is_shown(result: WidthResult) -> None:
    blocks = list(view_of(result, {}, {}))
    [best] = [b for b in blocks if isinstance(b, Table) and "tests best" in b.title]
    assert [h.title for h in best.heads][:4] == ["curve", "n", "tested", "width"]
    assert best.texts[0][:3] == ["label noise 0", "100", "where runs stopped"]
    assert best.texts[0][-1] in ("8 (of 3)", "16 (of 3)")
    [errors] = [b for b in blocks if isinstance(b, Table) and b.title == "Test error by width"]
    assert len(errors.rows) == len(result.test_errors)
    assert [b.name for b in blocks if isinstance(b, Figure) and "test-error" in b.name] == [
        "test-error",
        "test-error-2",
    ]
    untested = made_of([{"n": 100}])
    assert not [b for b in view_of(untested, {}, {}) if isinstance(b, Table) and "est error" in b.title]


def test_the_figure_has_both_looks_at_each_sample_size(result: WidthResult) -> None:
    ax = plot_test_error(result.parts()[1])
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == [
        f"n = {n}, {when}" for n in (100, 200) for when in ("where runs stopped", "after all steps")
    ]
    assert len(ax.containers) == 4
