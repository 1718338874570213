"""The study of what predicts the minimal width: its problems and facts; its tables are those of its trials."""

import csv
import dataclasses
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import howwide as hw
from howwide.errors import SettingError
from howwide.width import WidthStudy

ROOT = Path(__file__).resolve().parent.parent
TABLES, PACKS = ROOT / "docs" / "tables", ROOT / "examples" / "predictors"
PACKED = sorted(path.name.removesuffix(".jsonl.gz") for path in PACKS.glob("*.jsonl.gz"))
NOTHING_YET = [["no trials yet"]]

Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Load]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
        yield importlib.import_module


def committed(name: str) -> list[list[str]]:
    with (TABLES / f"predictors-{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


# ---------------------------------------------------------------------------------------------------- what is committed


def test_the_minimal_widths_are_those_of_the_packed_trials(benchmark: Load) -> None:
    data = benchmark("predictor_data")
    assert set(PACKED) <= set(data.PROBLEMS)
    made, kept = [row for name in data.PROBLEMS for row in data.minimal_widths(name)], committed("posteriors")[1:]
    if not PACKED:
        assert kept == NOTHING_YET
        return
    assert [row[:5] for row in kept] == [row[:5] for row in made]
    for one, other in zip(kept, made, strict=True):
        assert [float(v or "nan") for v in one[5:]] == pytest.approx(
            [float(v or "nan") for v in other[5:]], nan_ok=True
        )


def test_all_other_tables_are_those_of_the_widths_and_the_facts(benchmark: Load) -> None:
    tables = benchmark("predictor_tables")
    if not PACKED:
        assert all(committed(name)[1:] == NOTHING_YET for name in tables.TABLES)
        return
    points = tables.read_posteriors(TABLES / "predictors-posteriors.csv")
    _, made = tables.made_tables(points, tables.read_facts(), tables.read_where())
    assert tuple(made) == tables.TABLES
    for name, (head, rows) in made.items():
        assert committed(name) == [list(head), *rows], name


# ----------------------------------------------------------------------------------------------------- trials and facts


def test_every_problem_is_a_study(benchmark: Load) -> None:
    problems = benchmark("predictor_data").PROBLEMS
    assert len(problems) >= 12
    for name, problem in problems.items():
        WidthStudy(**problem.settings, n=100).trial_settings()
        assert not [other for other in problems if other != name and other.startswith(name)]  # packs are found by name


def test_facts_are_measured_on_samples_such_as_the_trials_draw(benchmark: Load) -> None:
    data = benchmark("predictor_data")
    ds = hw.data.load("caps:dim=20,n=400,angle=1.2")
    plain = data.PROBLEMS["caps"]
    noisy, shuffled = (dataclasses.replace(plain, changes=c) for c in ({"label_noise": [0.2]}, {"labels": "random"}))
    for problem, low, high in ((plain, 0, 0), (noisy, 0.1, 0.3), (shuffled, 0.4, 0.6)):
        large, small = (data.sample_of(ds, problem, n, seed=1) for n in (200, 50))
        wrong = np.mean(np.sign(large.x[:, 0]) != large.y)
        assert low <= wrong <= high
        assert {tuple(row) for row in small.x} < {tuple(row) for row in large.x}
        assert (small.n, small.d, large.n) == (50, 20, 200)


def test_inputs_that_carry_both_labels_are_left_out(benchmark: Load) -> None:
    """Rows 0 and 3 are one input with both labels; rows 1 and 4 one with the same label."""
    x, y = np.eye(3)[[0, 1, 2, 0, 1]], np.array([1.0, 1.0, -1.0, -1.0, 1.0])
    left = benchmark("predictor_data").consistent(hw.data.from_arrays(x, y))
    assert np.array_equal(left.x, np.eye(3)[[1, 2, 1]])
    assert left.y.tolist() == [1.0, -1.0, 1.0]


@pytest.fixture
def row() -> dict[str, Any]:
    ends = {"lower": 0.5, "upper": 0.5, "status": "converged"}
    names = ("radius", "margin", "margin_infinite", "linear_margin", "lambda_min", "lambda_min_infinite")
    facts = {**dict.fromkeys(names, ends), "separation_across": 0.3, "separation_all": 0.2, "label_complexity": 9.0}
    widths = {"theorems": {"a": 20.123456789, "b": "infinite"}, "memorisation": {"c": 1.0}}
    return {"problem": "caps", "n": 100, "seed": 0, "facts": facts, **widths, "seconds": 1.5}


def test_facts_are_kept_in_lines_under_the_names_of_the_statements(
    benchmark: Load, tmp_path: Path, row: dict[str, Any]
) -> None:
    data, path = benchmark("predictor_data"), tmp_path / "facts.jsonl"
    assert data.read_facts(path) == []
    for seed in (0, 1):
        data.append_facts(path, row | {"seed": seed})
    one, other = data.read_facts(path)
    assert one == row | {"theorems": {"a": 20.1235, "b": "infinite"}}
    assert other["seed"] == 1
    assert len(path.read_text().splitlines()) == 3
    assert "howwide" in data.read_where(path)
    with pytest.raises(SettingError, match="widths of other theorems"):
        data.append_facts(path, row | {"theorems": {"a": 1.0}})


def test_what_a_fact_counts_as(benchmark: Load, row: dict[str, Any]) -> None:
    """Zero and unreachable are values, at an end of the ranks; a gap between ends, or a singular kernel, is not."""
    measured = benchmark("predictor_tables").measured

    def of(name: str, **changes: Any) -> float:
        facts = {key: dict(value) if isinstance(value, dict) else value for key, value in row["facts"].items()}
        for key, change in changes.items():
            facts[key] = {**facts[key], **change} if isinstance(change, dict) else change
        return measured(facts, name)

    assert of("margin") == pytest.approx(np.log(0.5))
    assert of("separation_all", separation_all=0.0) == -np.inf
    assert of("linear_margin", linear_margin={"lower": 0.0, "upper": 1e-7, "status": "not_separable"}) == -np.inf
    assert of("radius", radius={"lower": None, "upper": None, "status": "unreachable"}) == np.inf
    assert np.isnan(of("radius", radius={"lower": 1.0, "upper": 2.0, "status": "max_steps"}))
    assert np.isnan(of("margin", margin=None))
    singular = {"lower": -1e-13, "upper": 1e-13, "status": "precision_lost"}
    assert of("lambda_min_infinite", lambda_min_infinite=singular) == -np.inf
    assert of("label_complexity") == pytest.approx(np.log(9))
    assert np.isnan(of("label_complexity", lambda_min_infinite=singular))


# --------------------------------------------------------------------------------------------------------------- tables


@pytest.fixture
def study(benchmark: Load, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """All problems, widths known but for one beyond the range; margin and theorem a go with them, theorem b against."""
    data, tables = benchmark("predictor_data"), benchmark("predictor_tables")
    monkeypatch.setattr(tables, "PERMUTATIONS", 99)
    monkeypatch.setattr(tables, "network", lambda group: "this one")
    points, facts = [], []
    for place, name in enumerate(data.PROBLEMS):
        for n in data.SIZES:
            width = (5 + place) * (n / 100) ** (0.3 + 0.02 * place)
            nodes = width * np.exp(0.01 * tables.SCORES)
            cells = ["estimated", width, width * 0.98, width * 1.02, *nodes]
            if name == "a9a":
                cells = ["above_range", "", 1000.0, "", *([""] * nodes.size)]
                width = 5000
            points.append(dict(zip(data.POSTERIORS_HEAD, map(str, [name, n, 40, 60, *cells]), strict=True)))
            margin = {"lower": 1 / width, "upper": 1 / width, "status": "converged"}
            zero = {"lower": 0.0, "upper": 1e-7, "status": "not_separable"}
            known = row["facts"] | {"margin": margin} | ({"linear_margin": zero} if name == "xor-20" else {})
            stated = {"a": 30 + 2 * np.log10(width), "b": -np.log10(width), "c": np.log10(n)}
            facts += [row | {"problem": name, "n": n, "seed": s, "facts": known, "theorems": stated} for s in range(3)]
    return tables.made_tables(points, facts, "here", replicates=60)


def test_the_tables_of_a_study_whose_answer_is_known(study: Any) -> None:
    _, tables = study
    head, rows = tables["quantities"]
    by_name = {line[0]: dict(zip(head, line, strict=True)) for line in rows}
    margin = by_name["margin γ, width 128"]
    assert margin["n = 200"].startswith("1.00 (")
    assert margin["mean over n"].startswith("1.00 (")
    assert margin["without one source"] == "1.00 to 1.00"
    assert margin["p as the best"] == "0.010"  # the least of 99 permutations
    assert margin["not a positive number on"] == ""
    linear = by_name["linear margin of the inputs"]
    assert linear["not a positive number on"] == "xor-20"
    assert by_name["radius R(0.1)"]["mean over n"] == ""  # the same everywhere
    predicted = {line[0]: line for line in tables["held-out"][1]}["margin γ, width 128"]
    assert predicted[1] == "14"  # a9a has no width
    assert predicted[2].startswith("1.00")
    assert {line[0]: line[2] for line in tables["growth"][1]}["margin γ, width 128"].startswith("1.00")


def test_theorems_are_told_by_how_they_order_the_problems(study: Any) -> None:
    _, tables = study
    rows = tables["theorems"][1]
    assert [line[0] for line in rows] == ["a", "b"]  # c is the same for all problems
    assert [line[4][:5] for line in rows] == ["1.00 ", "-1.00"]
    assert rows[0][5:8] == ["315", "0", "0"] == [rows[1][6], rows[1][5], rows[1][7]]  # 15 * 14 / 2 pairs at three n
    places = {line[0]: line[2] for line in tables["statements"][1]}
    assert places["a"] == "a"
    assert places["c"].startswith("none")
    summary = dict(tables["summary"][1])
    assert summary["problems"] == "15"
    assert summary["widths with both ends"] == "42 of 45"
    assert summary["minutes of the trials, one core each"] == "45"
    assert summary["facts with"] == "here"


def test_figures_are_drawn_of_it(study: Any, benchmark: Load) -> None:
    tables, (found, _) = benchmark("predictor_tables"), study
    tables.plot_quantities(found.table)
    tables.plot_correlations(found)


def test_without_trials_the_tables_say_so(benchmark: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmark("predictor_tables").write_tables(tmp_path / "packs", tmp_path / "docs")
    assert "no packed trials" in capsys.readouterr().out
    for name in ("posteriors", "theorems"):
        assert (tmp_path / "docs" / "tables" / f"predictors-{name}.csv").read_text().endswith("no trials yet\n")


def test_an_unknown_problem_is_one_line(benchmark: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["predictors", "--data", str(tmp_path), "--problems", "cats", "--packs", str(tmp_path / "packs")]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit, match="unknown problem 'cats'; the problems are digits-even-odd"):
        benchmark("predictors").main()


@pytest.mark.slow
def test_the_command_goes_on_where_it_stopped(benchmark: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = benchmark("predictor_data")
    monkeypatch.setattr(data, "SETTINGS", {**data.SETTINGS, "trials": 16, "steps": [200]})
    arguments = ["predictors", "--data", str(tmp_path), "--problems", "caps", "--n", "20", "--workers", "1"]
    folders = [x for k in ("out", "packs", "docs") for x in (f"--{k}", str(tmp_path / k))]
    monkeypatch.setattr(sys, "argv", [*arguments, *folders])
    facts, pack = tmp_path / "packs" / "facts.jsonl", tmp_path / "packs" / "caps.jsonl.gz"
    benchmark("predictors").main()
    before = facts.read_bytes(), pack.read_bytes()
    benchmark("predictors").main()
    assert before == (facts.read_bytes(), pack.read_bytes())
    assert [json.loads(line)["seed"] for line in facts.read_text().splitlines()[1:]] == [0, 1, 2]
