"""The least size at which anybody's trial succeeds: the answer, where it runs, what is kept, what is refused."""

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binom

import trials
from commands import refused
from howwide.cli import main
from howwide.errors import SettingError
from howwide.results.threshold import ThresholdPoint
from howwide.results.width import WidthPoint
from howwide.sweep import InProcess, Processes, collect, status
from howwide.width import SearchError, ThresholdStudy, threshold
from howwide.width.functions import TrialFunction, seed_of, study_of
from howwide.width.threshold_study import read_sizes

ROOT = Path(__file__).resolve().parent.parent


def test_a_jump_has_the_answer_that_no_size_disputes() -> None:
    found = threshold(trials.jump, "1:64", engine=InProcess())
    assert found.reason == "interval"
    assert [(p.size_lower, p.size, p.size_upper) for p in found.points] == [(7, 7, 7)] * 2
    half = "7 units succeed in half of the seeds (95 %: 7 to 7)"
    assert found.answer == f"{half}, 7 in nine of ten (7 to 7); 7 is the safe choice."
    assert (found.trials.success == (found.trials["size"] >= 7)).all()
    assert all(rate.means == {"loss": pytest.approx(1 / rate.size), "unknown": None} for rate in found.rates)
    assert sum(rate.trials for rate in found.rates) == len(found.trials)
    assert not found.notes


def test_the_table_has_the_points_and_the_columns_of_a_width_study() -> None:
    found = threshold(lambda size, seed: size > 5 and seed % 3 > 0, "1:16", engine=InProcess(), trials=60)
    assert list(found.table.columns) == list(ThresholdPoint.model_fields)
    named = {"quantile", "estimate", "lower", "upper", "level", "trials", "status"}
    assert named <= set(WidthPoint.model_fields) & set(found.table.columns)
    assert found.table.estimate.isna().tolist() == [point.estimate is None for point in found.points]
    assert found.table["size"].dtype == "Int64"  # whole numbers, also beside one that is not known
    assert found.table.size_upper.isna().any()
    assert found.table.lower.dtype == float


def test_sizes_far_apart_are_the_only_answers() -> None:
    found = threshold(lambda size, seed: size >= 30, [1, 10, 100, 1000], unit="examples")
    assert [p.size for p in found.points] == [100, 100]
    assert set(found.trials["size"]) <= {1, 10, 100, 1000}
    assert found.answer.startswith("100 examples succeed in half of the seeds (95 %: 100 to 100), 100 in nine of ten")


@pytest.mark.slow
def test_the_interval_covers_the_least_size() -> None:
    """Fails by chance with probability below 1e-4 when the interval has its level."""

    def trial(size: int, seed: int) -> bool:
        return bool(np.random.default_rng(seed).random() < expit(np.log(size / 19.5) / 0.3))

    covered = []
    for seed in range(8):
        [point] = threshold(trial, "2:128:2", quantiles=0.5, precision=2.0, seed=seed).points
        assert point.size_lower is not None
        assert point.size_upper is not None
        covered.append(point.size_lower <= 20 <= point.size_upper)
        assert {point.size_lower % 2, point.size_upper % 2} == {0}
    assert sum(covered) >= binom.ppf(1e-4, 8, 0.95)


@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (
            lambda size, seed: False,
            "More than 16 units are needed to succeed in half of the seeds (95 %), more than 16 in nine of ten; units",
        ),
        (
            lambda size, seed: True,
            "4 units succeed in half of the seeds (95 %: 4 to 4), 4 in nine of ten (4 to 4); 4 is the safe choice.",
        ),
        (
            lambda size, seed: size > 5 and seed % 3 > 0,
            "perhaps some draws fail whatever the size, too many for nine of ten",
        ),
    ],
)
def test_what_no_size_settles_is_said(trial: Callable[[int, int], bool], said: str) -> None:
    assert said in threshold(trial, "4:16").answer


def test_success_that_falls_with_size_is_told() -> None:
    found = threshold(lambda size, seed: size < 6, "1:512", trials=64)
    assert found.falls
    assert "there is no one threshold" in found.notes[0]


def test_every_trial_has_a_seed_of_its_own() -> None:
    """Also across sizes: trials of one seed at two sizes would agree too often for a binomial success curve."""
    found = threshold(trials.rising, "1:64", engine=InProcess(), trials=50).trials
    assert found["seed"].is_unique
    assert found["seed"].between(0, 2**31 - 1).all()
    other = threshold(trials.rising, "1:64", engine=InProcess(), trials=50, seed=1).trials
    assert not set(found["seed"]) & set(other["seed"])
    study = study_of(TrialFunction.of(trials.rising), None, 0)
    assert list(found["seed"][:3]) == [seed_of(study, int(found["size"][0]), k) for k in range(3)]


def test_trials_that_chance_gave_one_seed_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("howwide.width.functions.seed_of", lambda study, size, number: 5)
    found = threshold(trials.jump, "1:64", engine=InProcess(), trials=40)
    assert len(found.trials) > 30


def test_processes_and_a_resumed_folder_have_the_same_table(tmp_path: Path) -> None:
    def table(found: Any) -> str:
        return str(found.trials.to_csv()) + found.model_dump_json()

    here = threshold("trials:rising", "1:64", engine=InProcess(2), out=tmp_path / "a", trials=80)
    assert table(threshold("trials:rising", "1:64", engine=Processes(2), trials=80)) == table(here)
    asked = status(tmp_path / "a")
    assert (asked.done, asked.missing) == (len(here.trials), 0)
    for file in list((tmp_path / "a" / "results").rglob("*.json"))[::3]:
        file.unlink()
    told = []
    again = threshold(
        "trials:rising",
        "1:64",
        engine=InProcess(),
        out=tmp_path / "a",
        trials=80,
        on_progress=lambda _, s: told.append(s),
    )
    assert table(again) == table(here)
    assert told[0].found > 0
    assert len(collect(tmp_path / "a")) == len(here.trials)


def test_a_trial_that_raises_is_a_failure_of_the_study_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(
        SearchError, match=r"size = (\d+), seed = \d+, number = \d+ failed: ValueError: no room for \1$"
    ):
        threshold(trials.raises, "1:64", engine=InProcess(), out=tmp_path)
    kept = len(collect(tmp_path))
    assert kept > 0
    assert main(["threshold", "--trial", "trials:raises", "--sizes", "1:64", "--out", str(tmp_path)]) == 1
    *_, said = capsys.readouterr().err.splitlines()
    assert said.startswith("howwide: the run failed: the trial with size = ")
    assert said.endswith(f"What is finished is kept in {tmp_path}, with the traceback in its failures")
    assert len(collect(tmp_path)) >= kept


def test_another_version_of_a_trial_is_another_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "own_trial_module.py"
    module.write_text("def trial(size, seed):\n    return size >= 3\n")
    threshold("own_trial_module:trial", "1:8", out="kept", engine=InProcess())
    module.write_text("LEAST = 5\n\n\ndef trial(size, seed):\n    return size >= LEAST\n")
    with pytest.raises(SettingError, match=r"another study: context\.version is \"source \w+\" there"):
        threshold("own_trial_module:trial", "1:8", out="kept", engine=InProcess())
    threshold("own_trial_module:trial", "1:8", out="mine", engine=InProcess(), version="a")
    with pytest.raises(SettingError, match=r"context\.version is \"a\" there and \"b\" here"):
        threshold("own_trial_module:trial", "1:8", out="mine", engine=InProcess(), version="b")


def test_what_no_name_finds_stays_in_this_process(tmp_path: Path) -> None:
    def inside(size: int, seed: int) -> bool:
        return size >= 3

    assert [p.size for p in threshold(inside, "1:8").points] == [3, 3]
    assert [p.size for p in threshold(inside, "1:8", out=tmp_path / "a", version="1").points] == [3, 3]
    with pytest.raises(SettingError, match="give version"):
        threshold(inside, "1:8", out=tmp_path / "b")
    with pytest.raises(SettingError, match="cannot be imported by other processes"):
        threshold(inside, "1:8", engine=Processes(1))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("1:5", [1, 2, 3, 4, 5]),
        ("8:31:8", [8, 16, 24]),
        ("2,4, 8", [2, 4, 8]),
        ("7", [7]),
        ("3:3", [3]),
    ],
)
def test_sizes_as_texts(text: str, sizes: list[int]) -> None:
    assert list(read_sizes(text)) == sizes
    study = ThresholdStudy(trial="a:b", sizes=np.array(sizes))
    assert list(read_sizes(study.sizes)) == sizes
    assert list(study.design().widths) == sizes


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        (range(1, 10**9), "1:999999999"),
        (range(2, 9, 3), "2:8:3"),
        ([1, 3, 5, 9], "1,3,5,9"),
        (5, "5"),
        (range(8, 16, 8), "8"),
    ],
)
def test_sizes_of_any_form_have_one_text(sizes: Any, text: str) -> None:
    assert ThresholdStudy(trial="a:b", sizes=sizes).sizes == text


@pytest.mark.parametrize("sizes", [range(5), range(5, 0, -1), [], [1.5], [True], None, [3, 3], range(1, 2**31)])
def test_what_are_no_sizes_is_refused(sizes: Any) -> None:
    with pytest.raises(SettingError, match="size"):
        ThresholdStudy(trial="a:b", sizes=sizes)


def test_the_verb_answers_first_and_writes_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["threshold", "--trial", "trials:jump", "--sizes", "1:64", "--engine", "threads", "--unit", "units"]
    folder = tmp_path / "out"
    assert main([*arguments, "--out", str(folder)]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[1].startswith(
        "7 units succeed in half of the seeds (95 %: 7 to 7), 7 in nine of ten (7 to 7);"
    )
    assert {"trials.csv", "result.json", "report.html", "success-rates.svg"} <= {p.name for p in folder.iterdir()}
    assert "7 units succeed in half of the seeds" in (folder / "report.html").read_text(encoding="utf-8")
    rows = pd.read_csv(folder / "trials.csv")
    assert list(rows) == ["size", "seed", "success", "loss", "unknown"]
    shutil.rmtree(folder / "tables")
    assert main(["report", str(folder)]) == 0
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["result"]["points"][0]["size"] == 7
    assert document["settings"]["sizes"] == "1:64"
    assert document["data"] is None


def test_ten_digits_take_more_than_two_hidden_units_and_no_more_than_sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = threshold(
        "examples.mlp_digits:trial", [2, 16], quantiles=0.5, round_size=16, unit="hidden units", engine=InProcess()
    )
    assert found.answer.startswith("16 hidden units succeed in half of the seeds (95 %: 16 to 16)")
    errors = {rate.size: rate.means["test_error"] for rate in found.rates}
    assert errors[2] > 0.4 > 0.2 > errors[16]  # type: ignore[operator]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sizes", "least", "most"),
    [
        ("mlp_digits", "1:1024", 5, 10),
        ("digits_for_error", "20:1200", 90, 140),
        pytest.param("torch_cnn", "1:32", 2, 5, marks=pytest.mark.skipif(not find_spec("torch"), reason="no PyTorch")),
    ],
)
def test_the_examples_answer(
    name: str, sizes: str, least: int, most: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["threshold", "--trial", f"examples.{name}:trial", "--sizes", sizes, "--json"]) == 0
    half = json.loads(capsys.readouterr().out)["result"]["points"][0]
    assert least <= half["size_lower"] <= half["size"] <= half["size_upper"] <= most


@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_what_trials_print_is_no_part_of_the_document(
    engine: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--sizes", "1:8", "--engine", engine, "--workers", "2", "--json", "--out", str(tmp_path)]
    assert main(["threshold", "--trial", "trials:noisy", *arguments]) == 0
    text, said = capfd.readouterr()
    assert "training ..." in said
    assert set(json.loads(text)["result"]["rates"][0]["means"]) == {"stopped", "odd"}
    assert main(["report", str(tmp_path)]) == 0, "the table of trials can be read again"


def test_a_search_ends_in_time_and_goes_on_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings: dict[str, Any] = {"sizes": "1:64", "engine": InProcess(), "out": tmp_path}
    short = threshold(trials.sleeps, max_seconds=0.7, round_size=4, **settings)
    assert short.reason == "time"
    assert threshold(trials.sleeps, **settings).points[0].size == 5
    options = ["--trial", "trials:sleeps", "--engine", "threads", "--max-seconds"]
    assert main(["threshold", *options, "0.001"]) == 1
    assert "no round of trials was complete after 0.001 seconds; allow more" in capsys.readouterr().err
    for seconds in ("0", "nan"):
        assert "max_seconds must be a positive" in refused(["threshold", *options, seconds], capsys)


def test_trials_that_tell_their_cost_are_made_where_they_are_cheap() -> None:
    """Of a cost that grows as the cube of the size, fewer large ones are made than of one that does not grow."""
    dear, even = (
        threshold(trial, "1:256", trials=120).trials["size"]
        for trial in (trials.dear, lambda size, seed: size >= 5 + seed % 2)
    )
    assert (dear**3).sum() / len(dear) < 0.7 * (even**3).sum() / len(even)


def test_a_dry_run_looks_for_the_trial_and_calls_it_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["threshold", "--trial", "trials:raises", "--sizes", "2:256:2", "--hint", "100", "--dry-run"]
    assert main([*arguments, "--out", str(tmp_path / "none")]) == 0
    assert "At most 1000 trials, of 128 sizes" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
    assert main([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert [first["size"] for first in result["first"]] == [50, 100, 200]
    refused(["threshold", "--trial", "trials:nosuch", "--dry-run"], capsys)


BAD: dict[str, tuple[list[str], str]] = {
    "no trial": (["--sizes", "1:4"], "trial is missing"),
    "a file": (["--trial", "examples/mlp_digits.py"], "package.module:function"),
    "no module": (["--trial", "nosuchmodule:trial"], "No module named 'nosuchmodule'"),
    "no function": (["--trial", "trials:nosuch"], "no nosuch in the module trials"),
    "no call": (["--trial", "trials:constant"], "no function but 3"),
    "one argument": (["--trial", "trials:alone"], "size and seed"),
    "a text": (["--trial", "trials:text"], "must give True or False, or a dict with success; it gave 'yes'"),
    "words": (["--trial", "trials:words"], "model is 'mlp'"),
    "a seed": (["--trial", "trials:twice"], "size and seed are kept anyway"),
    "falling sizes": (["--trial", "trials:jump", "--sizes", "8,4"], "increasing"),
    "sizes from 0": (["--trial", "trials:jump", "--sizes", "0:4"], "at least 1"),
    "an empty range": (["--trial", "trials:jump", "--sizes", "9:4"], "increasing"),
    "no sizes": (["--trial", "trials:jump", "--sizes", ""], "1:1024"),
    "sizes in words": (["--trial", "trials:jump", "--sizes", "1:many"], "got '1:many'"),
    "four numbers": (["--trial", "trials:jump", "--sizes", "1:4:2:2"], "got '1:4:2:2'"),
    "a quantile of 1": (["--trial", "trials:jump", "--quantiles", "0.5,1"], "between 0 and 1"),
    "a quantile twice": (["--trial", "trials:jump", "--quantiles", "0.5,0.5"], "give each quantile once; got 0.5, 0.5"),
    "no unit": (["--trial", "trials:jump", "--unit", " "], "unit is empty"),
    "no precision": (["--trial", "trials:jump", "--precision", "1"], "precision must be above 1"),
    "no trials": (["--trial", "trials:jump", "--trials", "0"], "trials must be a whole number of at least 1"),
    "a hint of 0": (["--trial", "trials:jump", "--hint", "0"], "hint must be a positive size"),
    "a seed below 0": (["--trial", "trials:jump", "--seed", "-1"], "seed must be"),
    "an engine": (["--trial", "trials:jump", "--engine", "nosuch"], "unknown engine"),
    "no workers": (["--trial", "trials:jump", "--workers", "0"], "--workers"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, said = BAD[name]
    engine = [] if "--engine" in arguments else ["--engine", "threads"]
    assert said in refused(["threshold", *arguments, *engine, "--out", str(tmp_path / "out")], capsys)
    if name not in ("a text", "words", "a seed"):  # these are found by the first trial
        assert not (tmp_path / "out").exists()


def test_a_module_that_cannot_be_imported_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "broken_trial_module.py").write_text("1 +\n")
    assert "SyntaxError" in refused(["threshold", "--trial", "broken_trial_module:trial"], capsys)
