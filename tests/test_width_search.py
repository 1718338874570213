"""The minimal width against n, by trials: what the search asks for, stores and makes of the counts."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

from howwide.data import Dataset, load
from howwide.errors import DataError, SettingError
from howwide.statistics import clopper_pearson
from howwide.sweep import InProcess, Processes, RunProgress, collect, status
from howwide.width import SearchError, WidthResult, WidthStudy, search
from howwide.width.cost import default_workers
from howwide.width.rounds import StudyProgress
from howwide.width.tasks import study_of
from howwide.width.trial import Trial, run_together, run_trial
from width_cases import made_of

SETTINGS: dict[str, Any] = {"depth": 2, "steps": 60}
FRAME: dict[str, Any] = {"trials": 24, "max_width": 8, "round_size": 12}


@pytest.fixture(scope="module")
def curve(digits: Dataset) -> WidthResult:
    return search(digits, n=20, engine=InProcess(1), **SETTINGS, **FRAME)


def lines(trials: pd.DataFrame) -> dict[tuple[int, int, int], str]:
    """The line of trials.csv of each (n, width, seed)."""
    text = trials.drop(columns="curve").to_csv(index=False).splitlines()[1:]
    return {(int(n), int(w), int(k)): line for line in text for n, w, k, _ in [line.split(",", 3)]}


def shared(one: WidthResult, other: WidthResult) -> Iterator[tuple[str, str]]:
    """Pairs of lines of the trials that both curves made."""
    a, b = lines(one.trials), lines(other.trials)
    for key in sorted(set(a) & set(b)):
        yield a[key], b[key]


ACROSS: dict[str, Any] = {"n": [20, 800], "depth": 3, "steps": 20, "trials": 6, "max_width": 64, "round_size": 6}


@pytest.fixture(scope="module")
def across(digits: Dataset) -> WidthResult:
    """At a size at which matrix products are split over threads, and at a small one."""
    return search(digits, **ACROSS, engine=InProcess(1))


def test_on_accelerators_whole_batches_go_through_one_loop(
    curve: WidthResult, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same trials, with the outcomes of single runs up to rounding, which may turn a trial at its threshold."""
    sizes: list[int] = []

    def noted(trials: list[Trial]) -> list[list[dict[str, Any]]]:
        sizes.append(len(trials))
        return run_together(trials)

    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr("howwide.width.tasks.run_together", noted)
    assert default_workers() == 1
    other = search(digits, n=20, **SETTINGS, **FRAME)
    pairs = curve.trials.merge(other.trials, on=["n", "width", "seed"])
    assert (pairs.success_x != pairs.success_y).sum() <= 1
    assert len(pairs) >= 12
    assert sum(sizes) == len(other.trials)
    assert max(sizes) == 12, "a round of one compiled shape is one batch"


@pytest.mark.bytes
@pytest.mark.parametrize(
    "engine", [InProcess(2), pytest.param(Processes(2), marks=pytest.mark.slow)], ids=["threads", "processes"]
)
def test_engines_and_workers_change_no_byte(engine: Any, across: WidthResult, digits: Dataset) -> None:
    other = search(digits, **ACROSS, engine=engine)
    assert other.trials.to_csv(index=False) == across.trials.to_csv(index=False)
    pd.testing.assert_frame_equal(other.table, across.table)


@pytest.mark.bytes
@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_trial_alone_gives_the_same_bytes(curve: WidthResult, digits: Dataset, place: int) -> None:
    row = curve.trials.iloc[place]
    [settings] = WidthStudy(n=20, depth=2, steps=60).trial_settings()
    found = run_trial(digits, settings, int(row.n), int(row.width), int(row.seed))
    assert [found[0][k] for k in ("loss", "error", "steps", "step_size", "success")] == [
        row[k] for k in ("loss", "error", "steps", "step_size", "success")
    ]


@pytest.mark.slow
def test_more_trials_and_another_n_change_no_row(curve: WidthResult, digits: Dataset) -> None:
    more = search(digits, n=[24, 20, 20], **SETTINGS, **(FRAME | {"trials": 36}))
    assert sorted(set(more.trials.n)) == [20, 24]
    pairs = list(shared(curve, more))
    assert len(pairs) >= 12
    assert all(a == b for a, b in pairs)


def test_another_seed_changes_subsets_and_starts(curve: WidthResult, digits: Dataset) -> None:
    other = search(digits, n=20, seed=1, **SETTINGS, **FRAME)
    assert any(a != b for a, b in shared(curve, other))


def test_the_tables_agree_with_the_trials(curve: WidthResult) -> None:
    trials = curve.trials
    assert not trials.duplicated(["n", "width", "seed"]).any()
    assert trials.equals(trials.sort_values(["n", "width", "seed"], ignore_index=True))
    assert all(sorted(part.seed) == list(range(len(part))) for _, part in trials.groupby(["n", "width"]))
    assert (trials.success == (trials.status == "converged")).all()
    assert (trials.error[trials.success] == 0).all()
    assert not (trials.improving & trials.success).any()
    assert (trials.steps <= 60).all()
    assert trials.tries.between(1, 3).all()
    for rate in curve.rates.itertuples():
        won = trials[(trials.n == rate.n) & (trials.width == rate.width)].success
        ends = clopper_pearson(int(won.sum()), len(won), 0.95)
        assert (rate.successes, rate.trials) == (won.sum(), len(won))
        assert (rate.rate, rate.lower, rate.upper) == (won.mean(), ends.lower, ends.upper)
    assert list(curve.table["quantile"]) == [0.5, 0.9]
    assert (curve.table.trials == len(trials)).all()
    assert (curve.table.improving == trials.improving.mean()).all()
    assert sum(rule.successes for rule in curve.step_rules) == trials.success.sum()
    assert {s.reason for s in curve.searches} <= {"interval", "adjacent", "range", "budget"}


@pytest.mark.slow
def test_a_sample_of_what_was_still_improving_is_run_on(digits: Dataset, tmp_path: Path) -> None:
    """Under the largest budget alone; one of the sample turns where a trial with that budget of its own succeeds."""
    settings: dict[str, Any] = {"depth": 3, "step_size": "curvature"}
    found = search(digits, n=40, steps=[20, 60], trials=96, max_width=16, out=tmp_path, **settings)
    small, large = found.searches
    assert (small.continued, large.extended_steps) == (0, 480)
    assert 0 < large.continued <= large.improving == found.trials[found.trials.curve == 1].improving.sum()
    assert large.turned_lower <= large.turned / large.continued <= large.turned_upper
    longer, stored = WidthStudy(n=40, steps=480, **settings).trial_settings()[0], collect(tmp_path)
    sampled = stored[stored.only.notna()]
    own = [run_trial(digits, longer, 40, row.width, row.seed)[0]["success"] for row in sampled.itertuples()]
    assert (len(own), sum(own)) == (large.continued, large.turned)
    assert found.table[found.table.curve == 0].extended_estimate.isna().all()


def test_no_sample_is_run_on_unless_asked_for(digits: Dataset) -> None:
    none = search(digits, n=20, extend=0, **SETTINGS, **FRAME)
    assert all(s.continued == 0 for s in none.searches)
    assert all(s.extended_steps is None for s in none.searches)
    assert none.table.extended_estimate.isna().all()


def test_no_width_is_wide_enough(digits: Dataset) -> None:
    found = search(digits, n=20, target="loss<=1e-6", step_size=1e-6, **SETTINGS, trials=60, max_width=4)
    assert found.table.estimate.isna().all()
    assert set(found.table.status) == {"no_success"}
    assert found.trials.width.max() == 4
    assert "At n = 20 no width up to 4 reached loss<=1e-06 in 60 steps" in found.verdict
    assert found.rates.successes.sum() == 0
    assert found.step_rules == ()
    assert len(found.trials) < 60, "the search ends when the range is settled"


def test_every_width_is_wide_enough(digits: Dataset) -> None:
    found = search(digits, n=20, target="loss<=100", **SETTINGS, trials=40, max_width=8)
    assert found.trials.width.min() == 1
    assert found.trials.success.all()
    assert (found.trials.steps == 0).all()
    assert found.table.estimate.isna().all()
    assert not set(found.table.status) & {"estimated", "no_success"}


def test_the_fixed_head_is_tried_at_even_widths(digits: Dataset) -> None:
    found = search(digits, n=20, network="fixed-head", **SETTINGS, trials=12, max_width=7)
    assert (found.trials.width % 2 == 0).all()
    assert found.trials.width.max() <= 6
    assert found.trials.alpha.isna().all()


def test_several_settings_give_a_curve_each(digits: Dataset) -> None:
    told: list[StudyProgress] = []
    asked = FRAME | {"n": [20, 24], "depth": [2, 3], "steps": [30, 60], "trials": 12}
    found = search(digits, **asked, on_progress=lambda _, state: told.append(state))
    assert len(found.parts()) == 4
    assert [c.words for c in found.curves] == [f"{t} steps, depth {d}" for d in (2, 3) for t in (30, 60)]
    assert [len(part.table) for part in found.parts()] == [4] * 4
    assert all(part.verdict in found.verdict for part in found.parts())
    for part in found.parts():
        assert set(part.trials.budget) == {part.curves[0].label["steps"]}
        assert set(part.trials.depth) == {part.curves[0].label["depth"]}
    with pytest.raises(SettingError, match="parts"):
        found.fit()
    assert {(state.questions, state.most) for state in told} == {(8, 4 * 12)}
    finished, trials = [state.finished for state in told], [state.trials for state in told]
    assert (finished, trials) == (sorted(finished), sorted(trials))
    assert (finished[0], trials[0]) == (0, 0)
    assert finished[-1] >= 6
    assert trials[-1] == len(found.trials.drop_duplicates(["depth", "n", "width", "seed"])) <= 4 * 12


def test_a_search_goes_on_in_its_folder(digits: Dataset, tmp_path: Path) -> None:
    told: list[RunProgress] = []

    def tell(_: str, state: RunProgress) -> None:
        told.append(state)

    def again(**change: Any) -> WidthResult:
        told.clear()
        return search(digits, n=20, **SETTINGS, **(FRAME | change), out=tmp_path / "study", on_progress=tell)

    first = again()
    assert told[0].found == 0
    assert sum(s.found == s.done for s in told) < len(told)
    second = again()
    assert all(state.found == state.total for state in told), "everything was there"
    assert second.trials.to_csv() == first.trials.to_csv()
    assert second.table.to_csv() == first.table.to_csv()
    more = again(trials=36)
    assert len(more.trials) > len(first.trials)
    assert all(a == b for a, b in shared(first, more))
    found = status(tmp_path / "study")
    # The last round of the smaller number of trials, which it cut short, may have asked for others.
    assert len(more.trials) <= found.total <= len(more.trials) + FRAME["round_size"]
    assert (found.missing, found.failed) == (0, 0)
    table = collect(tmp_path / "study")
    assert len(table) == found.total
    outcomes = {(r.n, r.width, r.seed): json.loads(r.outcomes)[0]["loss"] for r in table.itertuples()}
    assert outcomes.items() >= {(r.n, r.width, r.seed): r.loss for r in more.trials.itertuples()}.items()


def test_a_line_of_progress_speaks_of_the_round_and_of_the_study() -> None:
    state = StudyProgress(12, 4, 0, 0, 40.0, finished=2, questions=4, trials=118, most=1200, seconds=75.0)
    rest = "118 trials of at most 1200, 1.2 min so far"
    assert str(state) == f"4 of 12 done, about 40 s left; in all 2 of 4 points finished, {rest}"
    assert str(replace(state, questions=1)) == f"4 of 12 done, about 40 s left; in all {rest}"


def test_the_identity_of_a_study_stays_as_folders_have_it(digits: Dataset) -> None:
    """Folders go on under later names of the settings; the fingerprint of the data is that of the data."""
    combinations = WidthStudy(n=20, depth=[3, 2], steps=[100, 300], subset="random", seed=1).trial_settings()
    context = study_of(digits, combinations).identity["context"]
    assert context["protocol"] == {
        "antisymmetric": False,
        "hidden_constant": 1.0,
        "labels": "true",
        "loss": "logistic",
        "network": "deep",
        "seed": 1,
        "step_size": "ladder",
        "steps": [100, 300],
        "stratified": False,
        "whole_tries": False,
    }
    assert context["varied"] == {"alpha": [0.5], "depth": [2, 3], "label_noise": [0.0], "target": ["zero-error"]}
    assert context["randomness"] == "subset and start from (seed, width, trial)"
    [later] = WidthStudy(n=20, algorithm="minibatch", batch_size=8, test_after=True).trial_settings()
    protocol = study_of(digits, [later]).identity["context"]["protocol"]
    assert {"algorithm": "minibatch", "batch_size": 8, "test_after": True}.items() <= protocol.items()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"depth": 3}, "context.varied.depth"),
        ({"steps": 61}, "context.protocol.steps"),
        ({"loss": "square"}, "context.protocol.loss"),
        ({"data": "digits:3/8"}, "context.data.fingerprint"),
    ],
    ids=str,
)
def test_the_folder_of_another_study_is_refused(
    change: dict[str, Any], said: str, curve: WidthResult, digits: Dataset, tmp_path: Path
) -> None:
    small = FRAME | {"trials": 3, "round_size": 3}
    search(digits, n=20, **SETTINGS, **small, out=tmp_path)
    files = sorted(tmp_path.rglob("*"))
    ds = load(change["data"]) if "data" in change else digits
    with pytest.raises(SettingError, match=f"holds another study: .*{said}"):
        search(ds, n=20, **(SETTINGS | {k: v for k, v in change.items() if k != "data"}), **small, out=tmp_path)
    assert sorted(tmp_path.rglob("*")) == files


def test_a_trial_that_raises_ends_the_search_with_its_reason(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("howwide.width.tasks.run_trial", fails)
    with pytest.raises(SearchError, match="MemoryError: no room"):
        search(digits, n=20, **SETTINGS, **FRAME, out=tmp_path)


def test_a_search_ends_in_time_with_whole_rounds(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The deadline falls into the second round, which is not counted; the search then goes on to where it ends."""
    now = 0.0

    def late(label: str, _: RunProgress) -> None:
        nonlocal now
        now = np.inf if label.endswith("round 2") else now

    asked = {"n": 20, **SETTINGS, **FRAME, "out": tmp_path, "engine": InProcess(1)}
    with monkeypatch.context() as patched:
        patched.setattr("howwide.width.rounds.time", SimpleNamespace(monotonic=lambda: now))
        cut = search(digits, **asked, max_seconds=1e6, on_progress=late)
    whole = search(digits, **asked)
    assert cut.searches[0].reason == "time"
    assert 0 < len(cut.trials) < len(whole.trials)
    assert set(lines(cut.trials).items()) <= set(lines(whole.trials).items())
    stored = search(digits, **asked, max_seconds=1e-9)  # all is there
    assert stored.points == whole.points
    with pytest.raises(SearchError, match="no round"):
        search(digits, **(asked | {"out": tmp_path / "new"}), max_seconds=1e-9)
    with pytest.raises(SettingError, match="max_seconds"):
        search(digits, **asked, max_seconds=0)


def test_worker_processes_refuse_other_data(digits: Dataset, tmp_path: Path) -> None:
    small = FRAME | {"trials": 3, "round_size": 3}
    search(digits, n=20, **SETTINGS, **small, out=tmp_path)
    with np.load(tmp_path / "data.npz") as arrays:
        parts = dict(arrays)
    np.savez(tmp_path / "data.npz", **(parts | {"y": -parts["y"]}))
    with pytest.raises(DataError, match="does not hold the data of this study"):
        search(digits, n=20, **SETTINGS, **(small | {"trials": 9}), out=tmp_path, engine=Processes(1))


def test_the_points_of_a_curve_are_fitted_by_quantile() -> None:
    """Widths 2 n^(1/2) with tight intervals at one quantile, flat ones at the other."""
    points = []
    for n, q in itertools.product([100, 200, 400, 800], (0.5, 0.9)):
        width = 2 * n**0.5 if q == 0.5 else 30.0
        points.append({"n": n, "quantile": q, "estimate": width, "lower": width / 1.05, "upper": width * 1.05})
    made = made_of(points)
    assert made.fit().exponent is not None
    assert made.fit().exponent[0] == pytest.approx(0.5, abs=0.02)  # type: ignore[index]
    assert made.fit(0.9).exponent[0] == pytest.approx(0.0, abs=0.02)  # type: ignore[index]
    assert [p.estimate for p in made.points_at(0.9)] == [30.0] * 4


def test_the_width_may_be_set_against_depth_or_accuracy() -> None:
    """Widths 4 L^(1/2) and 3 (1/eps)^(1/4), one curve for each value; everything else must be one value."""
    tight = [
        {"n": n, "curve": k, "depth": d, "estimate": m, "lower": m / 1.05, "upper": m * 1.05}
        for n in (100, 200)
        for k, d in enumerate((2, 4, 8, 16))
        for m in [4 * d**0.5]
    ]
    deeper = made_of(tight)
    found = deeper.fit(against="depth", n=100)
    assert found.exponent[0] == pytest.approx(0.5, abs=0.02)
    assert "over a factor 8 in L" in found.verdict
    with pytest.raises(SettingError, match="all else must be one value, and n is not"):
        deeper.fit(against="depth")
    with pytest.raises(SettingError, match="several curves"):
        deeper.fit()
    finer = made_of(
        [
            {"n": 100, "curve": k, "target": f"loss<={eps:g}", "estimate": m, "lower": m / 1.05, "upper": m * 1.05}
            for k, eps in enumerate((0.1, 0.05, 0.02, 0.01))
            for m in [3 * eps**-0.25]
        ]
    )
    assert finer.fit(against="eps").exponent[0] == pytest.approx(0.25, abs=0.02)
    with pytest.raises(SettingError, match="target zero-error is no loss"):
        deeper.parts()[0].fit(against="eps", n=100)


def study_of_points(rows: list[tuple[int, float, float, float, str, float]], **rest: Any) -> WidthResult:
    """Points (n, estimate, lower, upper, status, share of trials still improving)."""
    names = ("n", "estimate", "lower", "upper", "status", "improving")
    return made_of([dict(zip(names, row, strict=True)) | rest for row in rows])


NAN = float("nan")
LOCATED = [(50, 5.2, 3.9, 7.3, "estimated", 0.2), (100, 9.7, 7.6, 13.3, "estimated", 0.4)]


def test_a_width_that_the_budget_censored_is_named_and_carries_no_verdict() -> None:
    """The third point is only known to lie above 256, as every run of it was cut off while it improved."""
    made = study_of_points([*LOCATED, (200, NAN, 256.0, NAN, "no_success", 1.0)])
    assert made.curves[0].left_out == (200,)
    assert made.fit().status == "too_few_points"
    assert "At n = 200 no width up to 256 reached zero-error in 500 steps often enough." in made.verdict
    assert (
        "The growth leaves out n = 200: this width has no upper end, and 100 % of the trials there still improved when "
        "the budget of 500 steps ended. More steps would settle it."
    ) in made.verdict
    assert "power law" not in made.verdict
    located = [*LOCATED, (150, 12.0, 10.0, 15.0, "estimated", 0.0)]
    more = study_of_points([*located, (200, NAN, 99.0, NAN, "above_range", 0.3)])
    assert more.fit().points == 3
    assert more.fit() == study_of_points(located).fit()


def test_a_width_beyond_the_range_for_any_budget_is_evidence() -> None:
    """Nothing improved when the budget ended: the lower end stands, and no law fits it."""
    made = study_of_points([*LOCATED, (200, NAN, 256.0, NAN, "no_success", 0.0)])
    assert made.curves[0].left_out == ()
    assert made.fit().finding == "no_law_fits"
    assert "The growth leaves out" not in made.verdict


def test_the_level_of_the_intervals_reaches_every_part() -> None:
    points = [{"n": n, "estimate": 8.0, "lower": 7.0, "upper": 9.2, "level": 0.8} for n in (50, 100, 200)]
    several = made_of([p | {"curve": k, "depth": k + 2} for k in (0, 1) for p in points])
    assert [part.fit().level for part in several.parts()] == [0.8, 0.8]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"n": []}, SettingError),
        ({"n": [20, 0]}, SettingError),
        ({"n": 1401}, SettingError),
        ({"n": 1, "subset": "random"}, DataError),
        ({"trials": 0}, SettingError),
        ({"max_width": 0}, SettingError),
        ({"precision": 1.0}, SettingError),
        ({"quantiles": (0.5, 1.0)}, SettingError),
        ({"level": 0.0}, SettingError),
        ({"network": "foo"}, SettingError),
        ({"network": "fixed-head", "alpha": [0.1, 0.5]}, SettingError),
        ({"network": "fixed-head", "alpha": 0.5}, SettingError),
        ({"steps": 0}, SettingError),
        ({"steps": []}, SettingError),
        ({"steps": [60, 0]}, SettingError),
        ({"target": "foo"}, SettingError),
        ({"label_noise": 0.6}, SettingError),
        ({"label_noise": [0.1, -0.1]}, SettingError),
        ({"labels": "foo"}, SettingError),
        ({"labels": "random", "label_noise": 0.1}, SettingError),
        ({"seed": -1}, SettingError),
    ],
    ids=str,
)
def test_bad_settings_are_refused_before_any_trial(
    change: dict[str, Any], error: type[Exception], digits: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(error):
        search(digits, **({"n": 20, **SETTINGS, **FRAME} | change), out=tmp_path / "none")
    assert not (tmp_path / "none").exists()
