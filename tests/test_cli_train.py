"""`howwide train` and `howwide data`, against the weights they leave and the data they name."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from howwide.cli import main
from howwide.data import load

BASE = ["train", "--data", "digits:even/odd", "--n", "24", "--width", "6", "--depth", "3", "--steps", "40"]
FILES = ["history.csv", "report.html", "result.json", "tables", "training.svg", "weights.npz"]
KEYS = {"loss", "error", "test_error", "steps", "status", "step_size", "hidden_constant", "distance", "promised"}


class Trained(NamedTuple):
    document: dict[str, Any]
    initial: list[np.ndarray]
    final: list[np.ndarray]
    history: np.ndarray


def trained(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Trained:
    assert main([*BASE, "--json", "--out", str(folder), *more]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sorted(os.listdir(folder)) == FILES
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        depth = len(arrays.files) // 2
        initial, final = ([arrays[f"{name}_{i + 1}"] for i in range(depth)] for name in ("initial", "final"))
    history = np.genfromtxt(folder / "history.csv", delimiter=",", names=True)
    return Trained(document, initial, final, history)


def output(network: str, weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """f(x), transcribed from the two papers: m^(1/2) W_L s(... s(W_1 x)), and v^T s(W_L ... s(W_1 x))."""
    h = x.T
    for w in weights if network == "fixed-head" else weights[:-1]:
        h = np.maximum(w @ h, 0)
    m = h.shape[0]
    return np.repeat([1, -1], m // 2) @ h if network == "fixed-head" else m**0.5 * (weights[-1] @ h)[0]


@pytest.mark.parametrize("algorithm", ["gd", "sgd"])
@pytest.mark.parametrize("network", ["deep", "fixed-head"])
def test_the_numbers_are_those_of_the_weights(
    network: str, algorithm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = "explicit" if algorithm == "gd" else "theory"
    more = ["--network", network, "--algorithm", algorithm, "--step-size", step, "--dtype", "float64", "--seed", "3"]
    run = trained(tmp_path / "run", capsys, *more)
    result = run.document["result"]
    assert set(result) >= KEYS
    assert len(result["distance"]) == 3
    assert all(w.dtype == np.float64 for w in [*run.initial, *run.final])

    moved = [np.linalg.norm(b - a) for a, b in zip(run.initial, run.final, strict=True)]
    assert result["distance"] == pytest.approx(moved, rel=1e-12)
    ds = load("digits:even/odd")
    subset = ds.subset(24, seed=3, stratified=True)
    margins = subset.y * output(network, run.final, subset.x)
    assert result["loss"] == pytest.approx(np.log1p(np.exp(-margins)).mean(), rel=1e-9)
    assert result["error"] == pytest.approx((margins <= 0).mean())
    test_margins = ds.y_test * output(network, run.final, ds.x_test)
    assert result["test_error"] == pytest.approx((test_margins <= 0).mean())
    assert run.document["data"]["n"] == 24

    start = subset.y * output(network, run.initial, subset.x)
    if algorithm == "gd":
        assert (result["steps"], result["status"]) == (40, "max_steps")
        assert run.history["step"].tolist() == list(range(41))
        assert run.history["loss"][[0, -1]] == pytest.approx([np.log1p(np.exp(-start)).mean(), result["loss"]])
        assert [a["rule"] for a in result["attempts"]] == ["explicit"]
        assert result["online"] is None
    else:
        assert (result["steps"], result["attempts"]) == (24, [])
        assert run.history["loss"][0] == pytest.approx(np.log1p(np.exp(-start[0])), rel=1e-9)
        assert result["online"]["average_online_loss"] == pytest.approx(run.history["loss"].mean(), rel=1e-12)
        assert result["online"]["online_mistake_rate"] == pytest.approx(run.history["error"].mean())
        assert 0 <= result["online"]["drawn_iterate"] < 24


def test_float32_is_the_default_and_steps_may_be_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path / "run", capsys, "--step-size", "0.05")
    assert {w.dtype for w in [*run.initial, *run.final]} == {np.dtype(np.float32)}
    assert run.document["result"]["step_rule"] == "number"
    assert run.document["result"]["step_size"] == 0.05
    depth, width = 3, 6
    assert run.document["result"]["hidden_constant"] == pytest.approx(0.05 * depth * width)  # eta = c/(L m^(2 alpha))


@pytest.mark.parametrize(("width", "target"), [("6", "loss<=1e-9"), ("16", "loss<=10")])
def test_the_ladder_records_its_tries(width: str, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*BASE, "--step-size", "ladder", "--width", width, "--target", target, "--json"]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    rules = [a["rule"] for a in result["attempts"]]
    assert rules == ["curvature", "curvature/4", "theory"][: len(rules)]
    assert len(rules) == (3 if target == "loss<=1e-9" else 1)
    last = result["attempts"][-1]
    assert (last["rule"], last["status"], last["loss"]) == (result["step_rule"], result["status"], result["loss"])
    assert result["status"] == ("max_steps" if len(rules) == 3 else "converged")
    if len(rules) == 3:
        assert result["attempts"][1]["step_size"] == pytest.approx(result["attempts"][0]["step_size"] / 4)


def test_no_step_moves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path / "run", capsys, "--steps", "0")
    assert run.document["result"]["distance"] == [0.0, 0.0, 0.0]
    assert run.document["result"]["steps"] == 0


@pytest.mark.bytes
def test_the_same_command_gives_the_same_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        trained(tmp_path / name, capsys)
    tables = [f"tables/{name}" for name in os.listdir(tmp_path / "one" / "tables")]
    assert tables
    for name in {*FILES, *tables} - {"tables"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_an_antisymmetric_start_is_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path / "run", capsys, "--steps", "0", "--antisymmetric", "--dtype", "float64")
    assert run.document["result"]["loss"] == pytest.approx(np.log(2), abs=1e-12)


def test_a_diverged_run_is_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path / "run", capsys, "--step-size", "1e25")
    assert run.document["result"]["status"] in ("diverged", "dead")


def test_the_table_and_a_data_set_without_test_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "own.npz", x=rng.standard_normal((10, 4)), y=np.where(np.arange(10) % 2, "ja ü", "<nein>"))
    folder = tmp_path / "out"
    arguments = ["train", "--data", str(tmp_path / "own.npz"), "--width", "4", "--depth", "2", "--steps", "5"]
    assert main([*arguments, "--out", str(folder)]) == 0
    captured = capsys.readouterr()
    assert "One run on own.npz" in captured.out
    assert "test error" in captured.out
    assert captured.err.splitlines()[-1] == f"wrote {folder / 'report.html'}"
    document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert document["result"]["test_error"] is None
    assert document["data"]["mapping"] == {"negative": ["<nein>"], "positive": ["ja ü"]}
    assert "<nein>" not in (folder / "report.html").read_text(encoding="utf-8")


def test_data_list_names_every_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "--json"]) == 0
    sources = json.loads(capsys.readouterr().out)["result"]["sources"]
    assert {"digits", "breast_cancer", "xor", ".npz", ".csv"} <= {s["name"] for s in sources}
    for source in sources:
        assert set(source) == {"name", "description", "example", "origin"}
        if source["name"] in ("digits", "breast_cancer", "xor", "caps", "sphere", "mixture"):  # the others need files
            assert load(source["example"]).n >= 2
    assert main(["data", "list"]) == 0
    assert all(s["name"] in captured for captured in [capsys.readouterr().out] for s in sources)


def test_data_show_describes_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", "digits:3/8", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    facts = document["result"]["facts"]
    assert document["data"] == facts
    assert facts["mapping"] == {"negative": ["3"], "positive": ["8"]}
    assert facts["positives"] + facts["negatives"] == facts["n"]
    assert main(["data", "show", "digits:3/8", "--n", "20", "--subset", "random", "--seed", "1"]) == 0
    captured = capsys.readouterr()
    assert "digits:3/8" in captured.out
    assert captured.err == ""


def test_data_show_warns_of_contradictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("a,b,label\n1,2,cat\n1,2,dog\n2,1,cat\n0,1,dog\n")
    assert main(["data", "show", str(path), "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["data"]["conflicts"] >= 1
    assert document["warnings"]
    assert main(["data", "show", str(path)]) == 0
    assert all(f"warning: {w}" in captured for captured in [capsys.readouterr().err] for w in document["warnings"])
