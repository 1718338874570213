"""`howwide theorems` and `howwide train --theorem`: what is printed, what is left behind, and what is refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from commands import document
from howwide import theory
from howwide.cli import main
from howwide.theorems import _compare
from howwide.width import WidthResult, WidthStudy
from width_cases import made_of

COMPARE = ["theorems", "compare", "--data", "digits:even/odd", "--n", "40", "--depth", "3", "--width", "64"]
TRAIN = ["train", "--data", "digits:even/odd", "--n", "40", "--width", "16", "--depth", "3", "--max-steps", "40"]
GD, SGD = "chen-cao-zou-gu/iclr2021/thm-3.3", "chen-cao-zou-gu/iclr2021/thm-3.5"


@pytest.mark.parametrize("verb", ["list", "show", "lineage", "compare"])
def test_help_shows_examples_whose_options_exist(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theorems", verb, "-h"]) == 0
    options, _, examples = capsys.readouterr().out.partition("Example")
    lines = [line.strip() for line in examples.splitlines()[1:]]
    assert lines
    assert all(line.startswith(f"howwide theorems {verb}") for line in lines)
    assert all(f"{word} " in options for word in examples.split() if word.startswith("--"))


def test_list_names_every_statement_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(["theorems", "list"], capsys)["result"]
    assert [t["id"] for t in found["theorems"]] == [t.id for t in theory.all_theorems()]
    assert [t["id"] for t in found["incomplete"]] == [t.id for t in theory.incomplete()]
    assert all(t["year"] and t["title"] for t in found["theorems"])
    assert main(["theorems", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(t.id in shown and t.title in shown for t in theory.all_theorems())


def test_list_filters(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(["theorems", "list", "--about", "Telgarsky", "--until", "2021"], capsys)["result"]
    assert {t["id"].split("/")[0] for t in found["theorems"]} == {"ji-telgarsky"}
    assert found["incomplete"] == []
    assert document(["theorems", "list", "--about", "nothing like it"], capsys)["result"]["theorems"] == []


@pytest.mark.parametrize("id", [GD, "zou-cao-zhou-gu/arxiv2018/thm-sgd"])
def test_show_prints_formulas_and_bibtex(id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theorems", "show", id]) == 0
    shown = capsys.readouterr().out
    assert id in shown
    assert "@" in shown
    assert "year          = {" in shown
    if id == GD:
        assert "m ≥ C L²²R⁸ log(n/δ)^{4/3}" in shown
        assert "unit-inputs" in shown
        assert "[M]" in shown
    found = document(["theorems", "show", id], capsys)["result"]
    assert found["bibtex"] in shown
    assert found["theorem"]["id"] == id


def test_lineage_as_text_and_drawing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(["theorems", "lineage", "--out", str(tmp_path / "out")], capsys)["result"]
    assert [tuple(edge) for edge in found["edges"]] == list(theory.lineage())
    assert sorted(os.listdir(tmp_path / "out")) == ["lineage.svg", "report.html", "result.json"]
    assert (tmp_path / "out" / "lineage.svg").read_text(encoding="utf-8").startswith("<svg")
    assert GD in found["text"]


def test_compare_prints_all_theorems_and_leaves_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main([*COMPARE, "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert all(t.id in captured.out for t in theory.all_theorems())
    assert "vacuous" in captured.out
    assert "margin" in captured.err or captured.err.startswith("measuring")
    figures = ["gap-timeline.svg", "reference-lines.svg", "report.html", "required-widths.svg", "result.json", "tables"]
    assert sorted(os.listdir(out)) == figures
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))["result"]
    assert result["measured"]["n"] == 40
    assert result["measured"]["minimal_width"] == []
    page = (out / "report.html").read_text(encoding="utf-8")
    assert all(t.id in page for t in theory.all_theorems())


MEASURED = ["--about", "zou-cao-zhou-gu", "--measure-width", "--max-width", "8", "--steps", "20", "--trials", "24"]


def check_measured_width(found: Any) -> None:
    measured = found["result"]["measured"]
    assert [p["n"] for p in measured["minimal_width"]] == [20, 24]
    assert {t["id"].split("/")[0] for t in found["result"]["theorems"]} == {"zou-cao-zhou-gu"}
    for t in found["result"]["theorems"]:
        assert t["exponents"]["on_data"] is not None
        if measured["reference_width"] is not None:
            assert t["hidden_constants"]["log10_at_minimal_width"] < 0
            assert t["gap_log10"] > 0


def test_compare_with_a_measured_width(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is asked for the same sizes, depth, target and budget; its curve is what gaps are relative to."""
    asked: dict[str, Any] = {}

    def search(ds: Any, study: WidthStudy, **_: Any) -> WidthResult:
        asked.update(study.described())
        return made_of([{"n": n, "estimate": 6.0, "lower": 5.0, "upper": 7.0} for n in study.n])

    monkeypatch.setattr(_compare, "search", search)
    found = document([*COMPARE, "--n", "20,24", *MEASURED], capsys)
    check_measured_width(found)
    assert found["result"]["measured"]["reference_width"] == 6
    expected = {"n": [20, 24], "depth": 3, "target": "zero-error", "steps": 20, "max_width": 8, "trials": 24, "seed": 0}
    assert {name: asked[name] for name in expected} == expected


@pytest.mark.slow
def test_a_searched_width_is_stored_as_width_stores_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run again in its folder nothing is trained anew, and ``howwide width`` with these settings goes on in it."""
    out = ["--out", str(tmp_path)]
    first = document([*COMPARE, "--n", "20,24", *MEASURED, *out], capsys)
    check_measured_width(first)
    stored = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").rglob("*.json")}
    assert stored
    assert document([*COMPARE, "--n", "20,24", *MEASURED, *out], capsys) == first
    search = ["--steps", "20", "--trials", "24", "--max-width", "8"]
    document(["width", "--data", "digits:even/odd", "--n", "20,24", "--depth", "3", *search, *out], capsys)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "results").rglob("*.json")} == stored


def test_train_by_a_theorem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document([*TRAIN, "--theorem", GD, "--out", str(tmp_path / "out")], capsys)
    result, promised = found["result"], found["result"]["promised"]
    assert found["settings"]["theorem"] == GD
    assert result["step_rule"] == GD
    assert result["step_size"] == pytest.approx(1 / 48)
    assert result["hidden_constant"] == pytest.approx(1)
    assert result["steps"] == 40
    assert any("--max-steps" in w for w in found["warnings"])
    assert promised["theorem"] == promised["runs"] == GD
    assert promised["reach"] > promised["ball"] > 0
    assert {line["what"] for line in promised["lines"]} >= {"least training loss", "test error for all t"}
    curve = result["observed"]["curve"]
    assert [curve[0]["step"], curve[-1]["step"]] == [0, 40]
    assert all(row["bound_linear"] > 0 for row in curve)
    files = ["along.csv", "distances.svg", "history.csv", "report.html", "result.json", "tables", "test-bound.svg"]
    assert sorted(os.listdir(tmp_path / "out")) == [*files, "training.svg", "weights.npz"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Promised and observed" in page
    assert page.count("<figure>") == 3


def test_theory_for_step_size_and_steps_is_the_networks_own_theorem(capsys: pytest.CaptureFixture[str]) -> None:
    own = document([*TRAIN, "--step-size", "theory", "--steps", "theory"], capsys)
    named = document([*TRAIN, "--theorem", GD], capsys)
    assert own["settings"] == named["settings"]
    assert own["result"] == named["result"]
    fixed = document([*TRAIN, "--network", "fixed-head", "--steps", "theory"], capsys)
    assert fixed["result"]["promised"]["theorem"] == "zou-cao-zhou-gu/ml2020/thm-gd"


def test_sgd_by_a_theorem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TRAIN, "--theorem", SGD, "--out", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    assert f"Promised by {SGD}" in captured.out
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["result"]
    regret = next(line for line in result["promised"]["lines"] if "regret" in line["what"])
    assert regret["observed"] == pytest.approx(result["online"]["average_online_loss"], rel=1e-6)
    assert regret["promised"] == pytest.approx(9 * result["promised"]["radius"] ** 2 / 40 + 0.3)


REFUSED = {
    "unknown id": (["theorems", "show", "nosuch/id"], "theorems list"),
    "no id": (["theorems", "show"], "ID"),
    "no such command": (["theorems", "nosuch"], "nosuch"),
    "empty id": (["theorems", "show", ""], "theorems list"),
    "authors alone": (["theorems", "show", "chen-cao-zou-gu"], "close to it"),
    "id in capitals": (["theorems", "show", GD.upper()], GD),
    "two ids": (["theorems", "show", GD, SGD], "unexpected"),
    "year in words": (["theorems", "list", "--since", "two"], "--since"),
    "unknown loss": (["theorems", "list", "--loss", "hinge"], "logistic, square"),
    "unknown algorithm": (["theorems", "list", "--algorithm", "adam"], "one_pass_sgd"),
    "lineage into a file": (["theorems", "lineage", "--out", str(Path(__file__))], "another folder"),
    "compare without data": (["theorems", "compare"], "--data"),
    "another table": (["theorems", "compare", "--table", "mine"], "paper"),
    "a table of data": ([*COMPARE, "--table", "paper"], "leave --data out"),
    "unknown network": (["theorems", "list", "--network", "convolutional"], "deep"),
    "unknown quantity": (["theorems", "list", "--gives", "happiness"], "step_size"),
    "no such statement": ([*COMPARE, "--about", "nothing like it"], "theorems list"),
    "loss of 0": ([*COMPARE, "--target-loss", "0"], "positive"),
    "probability of 1": ([*COMPARE, "--delta", "1"], "between 0 and 1"),
    "constant of 0": ([*COMPARE, "--hidden-constant", "0"], "positive"),
    "too many examples": ([*COMPARE, "--n", "99999"], "99999"),
    "sizes in words": ([*COMPARE, "--n", "many"], "whole numbers"),
    "width of 0": ([*COMPARE, "--width", "0"], "width"),
    "width beyond memory": ([*COMPARE, "--width", "300000"], "smaller width"),
    "width beyond all": ([*COMPARE, "--width", "99999999999"], "at most"),
    "depth in parts": ([*COMPARE, "--depth", "2.5"], "--depth"),
    "alpha of 0": ([*COMPARE, "--alpha", "0"], "(0, 1/2]"),
    "loss that is no number": ([*COMPARE, "--target-loss", "nan"], "positive"),
    "infinite constant": ([*COMPARE, "--hidden-constant", "inf"], "positive"),
    "no example": ([*COMPARE, "--n", "0"], "positive"),
    "one example": ([*COMPARE, "--n", "1"], "n >= 2"),
    "negative seed": ([*COMPARE, "--seed", "-1"], "seed"),
    "search without steps": ([*COMPARE, "--measure-width", "--steps", "0"], "steps"),
    "search without trials": ([*COMPARE, "--measure-width", "--trials", "0"], "trials"),
    "depth of 1": ([*COMPARE, "--depth", "1"], "depth"),
    "wrong target": ([*COMPARE, "--measure-width", "--target", "glory"], "zero-error"),
    "theorem of another network": ([*TRAIN, "--theorem", GD, "--network", "fixed-head"], "--network deep"),
    "no such theorem": ([*TRAIN, "--theorem", "nosuch"], "theorems list"),
    "theorem of no network here": ([*TRAIN, "--theorem", "zou-gu/neurips2019/thm-gd"], "not in this library"),
    "theorem of another depth": ([*TRAIN, "--theorem", "ji-telgarsky/iclr2020/thm-2.2"], "--depth 1"),
    "theorem of another loss": ([*TRAIN, "--theorem", GD, "--loss", "square"], "--loss logistic"),
    "theorem of another scale": ([*TRAIN, "--theorem", GD, "--alpha", "0.3"], "--alpha 0.5"),
    "theorem and infinite constant": ([*TRAIN, "--theorem", GD, "--hidden-constant", "inf"], "positive"),
    "theorem and loss of 0": ([*TRAIN, "--theorem", GD, "--target-loss", "0"], "positive"),
    "theorem and probability of 2": ([*TRAIN, "--theorem", GD, "--delta", "2"], "between 0 and 1"),
    "theorem and antisymmetric": ([*TRAIN, "--theorem", GD, "--antisymmetric"], "--target-loss"),
    "odd width under a fixed head": (
        [*TRAIN[:5], "--width", "7", "--theorem", "zou-cao-zhou-gu/ml2020/thm-gd"],
        "even",
    ),
    "theorem without a run": ([*TRAIN, "--theorem", "chen-cao-zou-gu/iclr2021/prop-4.6"], "prescribes no run"),
    "theorem in part": ([*TRAIN, "--theorem", "zou-cao-zhou-gu/arxiv2018/thm-sgd"], "missing"),
    "step of one's own": ([*TRAIN, "--theorem", GD, "--step-size", "0.1"], "--step-size"),
    "steps of theory alone": ([*TRAIN, "--steps", "theory", "--step-size", "0.1"], "--steps"),
    "target beside theorem": ([*TRAIN, "--theorem", GD, "--target", "zero-error"], "--target-loss"),
    "minibatch by theory": ([*TRAIN, "--steps", "theory", "--algorithm", "minibatch"], "--theorem ID"),
    "budget of -1": ([*TRAIN, "--theorem", GD, "--max-steps", "-1"], "max_steps"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_input_is_one_line(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, said = REFUSED[case]
    out = tmp_path / "out"
    code = main([*arguments, "--out", str(out)] if arguments[1] == "compare" or arguments[0] == "train" else arguments)
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    lines = [line for line in captured.err.splitlines() if not line.startswith("measuring")]
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("howwide: ")
    assert said in lines[0]
    assert not out.exists()
