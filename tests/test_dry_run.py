"""What ``--dry-run`` says of a run before it: its parts, their flops, and what is wrong with its settings."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import typer

from cases import sample
from howwide import DeepReLU, FixedHeadReLU
from howwide.__main__ import main
from howwide.certify import Plan, certify
from howwide.certify._cost import certify_plan
from howwide.cli.app import app
from howwide.data import Dataset
from howwide.measure import PARTS, facts
from howwide.measure.plan import planned_facts
from howwide.networks import Network
from howwide.results.plan import PlannedPart, RunPlan
from howwide.training import Budget, prepare_inputs, prepare_problem
from howwide.training.by_settings import RunSettings, plan_by_settings
from howwide.training.cost import forward_flops, matrix_entries, pass_flops, step_flops
from howwide.training.loop import advance, initial_state
from howwide.training.one_pass_sgd import _Examples, _pass
from howwide.views import view_of

QUICK = {
    "data list", "data show", "report", "sweep pack", "sweep status", "sweep unpack", "theorems lineage",
    "theorems list", "theorems show", "width compare",
}  # fmt: skip
"""The verbs that take no time worth asking for."""

DIGITS = ["--data", "digits:even/odd", "--n", "30"]

LONG = [
    ["width", *DIGITS],
    ["train", *DIGITS, "--width", "8"],
    ["train", *DIGITS, "--width", "8", "--step-size", "theory", "--steps", "theory"],
    ["measure", *DIGITS, "--width", "8"],
    ["iterations", *DIGITS, "--width", "8"],
    ["certify", *DIGITS, "--width", "8"],
    ["certify", "--data", "digits:even/odd", "--n", "30,40", "--seeds", "2", "--algorithm", "gd"],
    ["theorems", "compare", *DIGITS, "--width", "8", "--measure-width"],
    ["demo", "--n", "20,30"],
    ["threshold", "--trial", "trials:rising"],
]


COMPUTING = (
    "training.by_settings.gradient_descent", "theorems._train.measure", "theorems._compare.measure",
    "certify._certify.train", "measure.iterations.gradient_descent", "tangent.operator._pull", "width.rounds.run",
)  # fmt: skip
"""What all of these would call."""


def commands(group: Any = None, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every registered command with its words."""
    group = typer.main.get_command(app) if group is None else group
    for word, command in group.commands.items():
        words = f"{name} {word}".strip()
        inner = getattr(command, "commands", {})
        if not inner or (command.invoke_without_command and word == "width"):
            yield words, command
        if inner:
            yield from commands(command, words)


def test_every_long_verb_has_a_dry_run() -> None:
    has = {words: any(p.name == "dry_run" for p in command.params) for words, command in commands()}
    assert {words for words, dry in has.items() if not dry} == QUICK
    assert {words for words, dry in has.items() if dry} == {
        "certify", "demo", "iterations", "measure", "theorems compare", "threshold", "train", "width",
    }  # fmt: skip


@pytest.mark.parametrize("arguments", LONG, ids=lambda a: " ".join(a[:2]))
def test_a_dry_run_answers_first_and_leaves_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(*_: object, **__: object) -> None:
        raise AssertionError("something was computed")

    for place in COMPUTING:
        monkeypatch.setattr(f"howwide.{place}", ran)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    assert main([*arguments, "--dry-run", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "othing was run" in " ".join(said.split("\n\n")[0].split()[:40]), "the answer comes first"
    assert main([*arguments, "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verb"] == " ".join(itertools.takewhile(lambda a: not a.startswith("-"), arguments))
    assert "dry_run" not in document["settings"]
    assert list(tmp_path.iterdir()) == []


REFUSED = [
    ["train", *DIGITS, "--width", "0"],
    ["train", *DIGITS, "--width", "8", "--steps", "-1"],
    ["train", *DIGITS, "--width", "8", "--target", "nothing"],
    ["train", *DIGITS, "--width", "8", "--step-size", "zou-gu"],
    ["train", *DIGITS, "--width", "8", "--step-size", "explicit", "--loss", "square"],
    ["train", *DIGITS, "--width", "8", "--algorithm", "sgd", "--step-size", "ladder"],
    ["train", *DIGITS, "--width", "8", "--algorithm", "minibatch", "--batch-size", "31"],
    ["train", *DIGITS, "--width", "7", "--antisymmetric"],
    ["train", *DIGITS, "--width", "8", "--dtype", "float16"],
    ["train", *DIGITS, "--width", "70000"],
    ["train", *DIGITS, "--width", "8", "--theorem", "chen-cao-zou-gu/iclr2021/thm-3.3", "--max-steps", "-1"],
    ["train", *DIGITS, "--width", "8", "--theorem", "chen-cao-zou-gu/iclr2021/thm-3.3", "--delta", "2"],
    ["measure", *DIGITS, "--width", "8", "--tolerance", "0"],
    ["measure", *DIGITS, "--width", "8", "--radii", "-1"],
    ["measure", *DIGITS, "--width", "8", "--dtype", "int8"],
    ["iterations", *DIGITS, "--width", "8", "--losses", "0.1,0.3,0.01"],
    ["iterations", *DIGITS, "--width", "8", "--seeds", "1"],
    ["iterations", *DIGITS, "--width", "8", "--dtype", "int8"],
    ["iterations", *DIGITS, "--width", "8", "--step-size", "du"],
    ["certify", *DIGITS, "--delta", "0"],
    ["certify", *DIGITS, "--floor", "0.1"],
    ["certify", *DIGITS, "--seeds", "2", "--width", "8,16"],
    ["certify", "--data", "digits:even/odd", "--n", "3", "--width", "8,16", "--tune-on", "0.5"],
    ["theorems", "compare", *DIGITS, "--width", "0"],
    ["theorems", "compare", *DIGITS, "--depth", "1"],
    ["theorems", "compare", "--data", "digits:even/odd", "--n", "5000", "--measure-width"],
    ["demo", "--n", "5000"],
    ["demo", "--trials", "0"],
    ["width", *DIGITS, "--engine", "nosuch"],
    ["threshold", "--trial", "trials:rising", "--engine", "slurm"],
]


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_a_dry_run_refuses_what_the_run_refuses(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    assert main(arguments) == 2
    refusal = [line for line in capsys.readouterr().err.splitlines() if line.startswith("howwide:")]
    assert main([*arguments, "--dry-run"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()) == ("", refusal)
    assert len(refusal) == 1


@pytest.mark.parametrize("d", [48, 300])
@pytest.mark.parametrize("net", [DeepReLU(64, 4), FixedHeadReLU(64, 2)], ids=str)
def test_the_flops_of_a_step_are_those_that_the_compiler_counts(net: Network, d: int) -> None:
    """XLA counts the body of a loop once: an iteration is a step, with what is done entry by entry beside it."""
    _, weights, x, y = sample(net, n=96, d=d)
    problem = prepare_problem(net, weights, prepare_inputs(x, y))
    budget = Budget(7)
    state = initial_state(problem.hidden, problem.head, budget.records)
    lowered = advance.lower(state, problem.examples, budget.limits(0.1, problem), np.int32(8), kind=problem.kind)
    counted = float(lowered.cost_analysis()["flops"])
    said = step_flops(96, d, net.hidden_widths)
    assert said <= counted <= 1.1 * said, "what is left out is a share of about one over the width"


def test_the_flops_of_a_pass_are_those_that_the_compiler_counts() -> None:
    """Of the loops over blocks and their examples the compiler counts one example and one folding."""
    net = DeepReLU(64, 4)
    _, weights, x, y = sample(net, n=32, d=48)
    problem = prepare_problem(net, weights, prepare_inputs(x, y, dual=False), pad=False)
    blocks = _Examples(x[None].astype(problem.dtype), y[None].astype(problem.dtype), np.ones((1, 32), problem.dtype))
    factors = tuple((np.zeros((32, w.shape[0])), np.zeros((32, w.shape[1]))) for w in problem.hidden)
    state = (problem.hidden, problem.head, factors, np.zeros((32, 64)), np.zeros((1, 32)))
    with jax.enable_x64(True):
        lowered = _pass.lower(state, blocks, 0, 1, 0.1, 1.0, problem.kind)
    counted = float(lowered.cost_analysis()["flops"])
    fold = 2 * 32 * sum(matrix_entries(net.hidden_widths, 48))
    example = (pass_flops(32, 48, net.hidden_widths) - fold) / 32 - fold / 32  # without the kept iterate and its share
    assert example + fold <= counted <= 1.2 * (example + fold)


def test_the_plan_of_a_run_counts_tries_steps_and_examples(digits: Dataset) -> None:
    ds = digits.subset(30)

    def parts(**settings: Any) -> dict[str, PlannedPart]:
        return {p.part: p for p in plan_by_settings(ds, RunSettings(width=8, depth=3, **settings)).parts}

    step = step_flops(30, ds.d, (8, 8))
    run = parts(steps=50, step_size=0.1)
    assert list(run) == ["training", "errors at the end"]
    assert run["training"].count == 50
    assert run["training"].flops == pytest.approx(50 * step, rel=0.02)
    ladder = parts(steps=50, step_size="ladder")
    assert list(ladder) == ["step size", "training", "errors at the end"]
    assert ladder["training"].flops == 3 * (run["training"].flops or 0)
    assert parts(algorithm="sgd", step_size="theory")["training"].count == 30
    batch = parts(algorithm="minibatch", batch_size=3, steps=50, step_size=0.1)["training"].flops
    look = forward_flops(30, *matrix_entries((8, 8), 30))
    assert batch == pytest.approx(50 * (step + look) / 10 + look)
    assert parts(dtype="float64")["training"].bytes == 2 * run["training"].bytes


def test_the_parts_are_those_of_the_run(digits: Dataset) -> None:
    ds, net = digits.subset(30), DeepReLU(8, 3)
    some = ("separation", "spectrum")
    found = facts(net, net.init(jax.random.key(0), ds.d), ds.x, ds.y, parts=some)
    assert [p.part for p in planned_facts(net, ds.n, ds.d, parts=some)] == list(found.seconds)


@pytest.mark.slow
def test_the_certificates_are_those_of_the_run(digits: Dataset) -> None:
    ds, plan = digits.subset(30), Plan("sgd", width=8, depth=3)
    issued = [c.name for c in certify(ds, plan).certificates]
    names = [p.part for p in certify_plan(ds, plan).parts]
    assert [name for name in names if name in issued] == issued
    assert names == ["training", "errors of kept iterates", *issued, "predictions of the theory"]


def test_what_nobody_knows_is_said_and_not_counted() -> None:
    plan = RunPlan.of(planned_facts(DeepReLU(8, 3), 30, 64, radii=[1.0], eps=[0.1]))
    assert plan.unknown == ("margin", "infinite", "shallow", "ntrf", "radius")
    assert plan.flops == sum(p.flops or 0.0 for p in plan.parts) > 0
    assert plan.answer.startswith("How long margin, infinite, shallow, ntrf, radius will take is not known beforehand")
    assert "nothing was run" in view_of(plan)[0].text  # type: ignore[attr-defined]
    beyond = {p.part: p for p in planned_facts(DeepReLU(8, 3), 30_000, 64)}
    assert {p.part for p in beyond.values() if "left out" in p.note} == {"infinite", "shallow"}
    assert beyond["spectrum"].bytes < 8 * 30_000**2, "no kernel is stored"
    assert list(beyond) == list(PARTS)
