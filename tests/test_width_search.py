"""The minimal width against n, by trials: what decides a trial, and what the search makes of the counts."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from howwide.data import Dataset, load
from howwide.errors import DataError, SettingError
from howwide.statistics import clopper_pearson
from howwide.training import descend
from howwide.width import Study, Trial, WidthCurve, make_network, search
from howwide.width.trial import trial_row

SETTINGS: dict[str, Any] = {"depth": 2, "steps": 60}
FRAME = {"seeds": 3, "max_width": 8}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits:even/odd")


@pytest.fixture(scope="module")
def curve(digits: Dataset) -> WidthCurve:
    return search(digits, n=20, workers=1, **SETTINGS, **FRAME)


def lines(trials: pd.DataFrame) -> dict[tuple[int, int, int], str]:
    """The line of trials.csv of each (n, width, seed)."""
    text = trials.to_csv(index=False).splitlines()[1:]
    return {(int(n), int(w), int(k)): line for line in text for n, w, k, _ in [line.split(",", 3)]}


def shared(one: WidthCurve, other: WidthCurve) -> Iterator[tuple[str, str]]:
    """Pairs of lines of the trials that both curves made."""
    a, b = lines(one.trials), lines(other.trials)
    for key in sorted(set(a) & set(b)):
        yield a[key], b[key]


def test_more_workers_change_no_byte(curve: WidthCurve, digits: Dataset) -> None:
    other = search(digits, n=20, workers=2, **SETTINGS, **FRAME)
    assert other.trials.to_csv(index=False) == curve.trials.to_csv(index=False)
    pd.testing.assert_frame_equal(other.table, curve.table)


@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_trial_alone_gives_the_same_bytes(curve: WidthCurve, digits: Dataset, place: int) -> None:
    row = curve.trials.iloc[place]
    study = Study(digits, **SETTINGS)
    trial = Trial(int(row.n), int(row.width), int(row.seed))
    problem, tries = study.job(trial)()
    alone = pd.DataFrame([trial_row(study, trial, descend(problem, tries, study.budget))])
    assert lines(alone)[trial.n, trial.width, trial.seed] == lines(curve.trials)[trial.n, trial.width, trial.seed]


def test_more_seeds_change_no_row(curve: WidthCurve, digits: Dataset) -> None:
    more = search(digits, n=20, **SETTINGS, **(FRAME | {"seeds": 5}))
    pairs = list(shared(curve, more))
    assert len(pairs) >= 6  # at least the first widths
    assert all(a == b for a, b in pairs)
    assert set(more.trials.seed) == set(range(5))


@pytest.mark.parametrize("other", [16, 24])
def test_another_n_changes_no_row(curve: WidthCurve, digits: Dataset, other: int) -> None:
    """A smaller n comes first and may move the widths tried at n = 20, but not what a trial gives."""
    two = search(digits, n=[20, other, 20], **SETTINGS, **FRAME)
    assert sorted(set(two.trials.n)) == sorted({20, other})
    pairs = list(shared(curve, two))
    assert len(pairs) >= 3
    assert all(a == b for a, b in pairs)
    if other > 20:
        assert len(pairs) == len(curve.trials)


def test_another_seed_changes_subsets_and_starts(curve: WidthCurve, digits: Dataset) -> None:
    other = search(digits, n=20, seed=1, **SETTINGS, **FRAME)
    assert any(a != b for a, b in shared(curve, other))
    first, second = (Study(digits, seed=s, **SETTINGS).inputs(20, 0) for s in (0, 1))
    assert not np.array_equal(first.coordinates, second.coordinates)


def test_subsets_are_nested_and_the_same_for_every_width(digits: Dataset) -> None:
    study = Study(digits, **SETTINGS)
    small, large = study.inputs(20, 3), study.inputs(30, 3)
    rows = [i.coordinates if i.basis is None else i.coordinates @ i.basis.T for i in (small, large)]
    gaps = np.abs(rows[0][:, None] - rows[1][None]).max(-1)
    assert (gaps.min(1) < 1e-12).all()
    assert study.inputs(20, 3) is small


def test_the_tables_agree_with_the_trials(curve: WidthCurve) -> None:
    trials = curve.trials
    assert not trials.duplicated(["n", "width", "seed"]).any()
    assert trials.equals(trials.sort_values(["n", "width", "seed"], ignore_index=True))
    assert (trials.groupby(["n", "width"]).size() == 3).all()
    assert (trials.success == (trials.status == "converged")).all()
    assert (trials.error[trials.success] == 0).all()
    assert (trials.steps <= 60).all()
    assert trials.tries.between(1, 3).all()
    for rate in curve.rates.itertuples():
        won = trials[(trials.n == rate.n) & (trials.width == rate.width)].success
        ends = clopper_pearson(int(won.sum()), 3, 0.95)
        assert (rate.successes, rate.trials) == (won.sum(), 3)
        assert (rate.rate, rate.lower, rate.upper) == (won.mean(), ends.lower, ends.upper)
    assert list(curve.table["quantile"]) == [0.5, 0.9]
    assert (curve.table.trials == len(trials)).all()
    assert curve.step_rules.successes.sum() == trials.success.sum()


def test_no_width_is_wide_enough(digits: Dataset) -> None:
    found = search(digits, n=20, target="loss<=1e-6", step_size=1e-6, **SETTINGS, seeds=2, max_width=4)
    assert found.table.estimate.isna().all()
    assert set(found.table.status) == {"no_success"}
    assert found.trials.width.max() == 4
    assert "At n = 20 no width up to 4 reached loss<=1e-6 in 60 steps" in found.verdict
    assert found.rates.successes.sum() == 0
    assert found.step_rules.empty


def test_every_width_is_wide_enough(digits: Dataset) -> None:
    found = search(digits, n=20, target="loss<=100", **SETTINGS, seeds=2, max_width=8)
    assert found.trials.width.min() == 1
    assert found.trials.success.all()
    assert (found.trials.steps == 0).all()
    assert found.table.estimate.isna().all()
    assert not set(found.table.status) & {"estimated", "no_success"}


def test_the_fixed_head_is_tried_at_even_widths(digits: Dataset) -> None:
    found = search(digits, n=20, network="fixed-head", **SETTINGS, seeds=2, max_width=7)
    assert (found.trials.width % 2 == 0).all()
    assert found.trials.width.max() <= 6
    assert found.trials.alpha.isna().all()


def test_every_trial_is_announced_once(digits: Dataset) -> None:
    seen: list[dict[str, Any]] = []
    found = search(digits, n=20, **SETTINGS, seeds=2, max_width=4, on_trial=seen.append)
    keys = [(row["n"], row["width"], row["seed"]) for row in seen]
    assert sorted(keys) == list(found.trials[["n", "width", "seed"]].itertuples(index=False, name=None))


def test_the_points_of_a_curve_are_fitted_by_quantile() -> None:
    """Widths 2 n^(1/2) with tight intervals at one quantile, flat ones at the other."""
    sizes = [100, 200, 400, 800]
    rows = []
    for n, q in itertools.product(sizes, (0.5, 0.9)):
        width = 2 * n**0.5 if q == 0.5 else 30.0
        rows.append((n, q, width, width / 1.05, width * 1.05, 0.95, 48, "estimated"))
    names = ["n", "quantile", "estimate", "lower", "upper", "level", "trials", "status"]
    trials = pd.DataFrame({"n": sizes, "width": 8, "seed": 0, "success": True, "target": "zero-error", "budget": 9})
    made = WidthCurve(pd.DataFrame(rows, columns=names), trials)
    assert made.fit().exponent is not None
    assert made.fit().exponent[0] == pytest.approx(0.5, abs=0.02)  # type: ignore[index]
    assert made.fit(0.9).exponent[0] == pytest.approx(0.0, abs=0.02)  # type: ignore[index]
    assert made.points(0.9).estimate.tolist() == [30.0] * 4


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"n": []}, SettingError),
        ({"n": [20, 0]}, SettingError),
        ({"n": 1401}, SettingError),
        ({"n": 1, "stratified": False}, DataError),
        ({"seeds": 0}, SettingError),
        ({"max_width": 0}, SettingError),
        ({"ratio": 1.0}, SettingError),
        ({"quantiles": (0.5, 1.0)}, SettingError),
        ({"level": 0.0}, SettingError),
        ({"workers": 0}, SettingError),
        ({"strategy": "foo"}, SettingError),
        ({"network": "foo"}, SettingError),
        ({"steps": 0}, SettingError),
        ({"target": "foo"}, SettingError),
        ({"seed": -1}, SettingError),
    ],
    ids=str,
)
def test_bad_settings_are_refused_before_any_trial(
    change: dict[str, Any], error: type[Exception], digits: Dataset
) -> None:
    seen: list[Any] = []
    with pytest.raises(error):
        search(digits, **({"n": 20, **SETTINGS, **FRAME, "on_trial": seen.append} | change))
    assert not seen


def test_networks_by_name() -> None:
    assert type(make_network("deep", 3, 2, 0.5)).__name__ == "DeepReLU"
    assert type(make_network("fixed-head", 4, 2, 0.5)).__name__ == "FixedHeadReLU"
    with pytest.raises(SettingError, match="deep, fixed-head"):
        make_network("wide", 4, 2, 0.5)
