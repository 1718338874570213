"""The fixed-head network has no output scale: one that is given is refused, in every place that takes both."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import howwide as hw
from howwide import theory
from howwide.certify.procedure.plan import Plan
from howwide.cli import main
from howwide.errors import SettingError
from howwide.estimators import DeepReLUClassifier
from howwide.networks import make_network
from howwide.theorems import train
from howwide.width import WidthStudy, search

FIXED = "zou-cao-zhou-gu/ml2020/thm-gd"
DATA = ["--data", "digits:even/odd", "--n", "20", "--depth", "2"]
COMMANDS = {
    "train": ["train", *DATA, "--width", "4", "--steps", "5", "--network", "fixed-head"],
    "train by its theorem": ["train", *DATA, "--width", "4", "--steps", "theory", "--network", "fixed-head"],
    "train by a theorem": ["train", *DATA, "--width", "4", "--theorem", FIXED],
    "measure": ["measure", *DATA, "--width", "4", "--parts", "separation", "--network", "fixed-head"],
    "certify": ["certify", *DATA, "--width", "4", "--network", "fixed-head"],
    "width": ["width", *DATA, "--network", "fixed-head"],
}


@pytest.mark.parametrize("value", ["0.5", "0.25"])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMANDS[command], "--alpha", value]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "which has no output scale; leave it out" in captured.err
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["train", "measure"])
def test_documents_have_no_alpha_then(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMANDS[command], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["alpha"] is None
    if command == "measure":
        assert main([word for word in [*COMMANDS[command], "--json"] if word not in ("--network", "fixed-head")]) == 0
        assert json.loads(capsys.readouterr().out)["settings"]["alpha"] == 0.5


def python_twins() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((12, 3)), np.arange(12) % 2
    ds = hw.data.from_arrays(x, y)
    return {
        "search": lambda: search(ds, n=6, network="fixed-head", alpha=0.5),
        "search, several": lambda: search(ds, n=6, network="fixed-head", alpha=[0.25, 0.5]),
        "study": lambda: WidthStudy(n=[20], network="fixed-head", alpha=[0.5]),
        "theorem": lambda: train(ds, theory.get(FIXED), width=4, depth=2, alpha=0.5),
        "network": lambda: make_network("fixed-head", 4, 2, 0.25),
        "plan": lambda: Plan(network="fixed-head", alpha=0.25),
        "classifier": lambda: DeepReLUClassifier(network="fixed-head", alpha=0.25).fit(x, y),
    }


@pytest.mark.parametrize("twin", python_twins())
def test_python(twin: str) -> None:
    with pytest.raises(SettingError, match="alpha contradicts network = fixed-head, which has no output scale"):
        python_twins()[twin]()


def test_without_alpha_all_is_well(tmp_path: Path) -> None:
    assert type(make_network("fixed-head", 4, 2)).__name__ == "FixedHeadReLU"
    assert make_network("deep", 4, 2) == make_network("deep", 4, 2, 0.5)
    study = WidthStudy(n=[20], network="fixed-head")
    assert study.described()["alpha"] is None
    assert study.alpha is None
    assert WidthStudy(n=[20]).described()["alpha"] == 0.5
