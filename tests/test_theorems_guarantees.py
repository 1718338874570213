"""No statement says more than its source: what rests on a hidden constant or an unchecked assumption is no guarantee.

First for every statement on many problems, then for what the command line prints, the document holds and the page says.
"""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide import theory
from howwide.cli import main

THEOREMS = theory.all_theorems()
EVERY = pytest.mark.parametrize("theorem", THEOREMS, ids=[theorem.id for theorem in THEOREMS])
ERRORS = ("test_error", "test_loss", "sample_size")
SAMPLING = {"iid-sample", "iid-inputs", "population-margin"}
COUNTS = {"depth": 5, "n": 50, "input_dim": 9, "batch_size": 3}
WORDS = ("network", "activation", "loss", "algorithm", "unit_inputs", "constant_coordinate", "output_dim")
KNOWN = theory.Problem(
    **{f.name: COUNTS.get(f.name, 0.3) for f in fields(theory.Problem) if f.name not in (*WORDS, "width", "num_steps")},
    width=1e300,
    num_steps=100.0,
    unit_inputs=True,
    constant_coordinate=True,
)
EASY = replace(
    KNOWN, initial_loss=1e-300, reference_loss=1e-9, step_size=1e-9, linearization_error=0.01,
    linearization_defect=0.01, loss_gradient_share=0.01, margin_decay=0.0,
)  # fmt: skip


@EVERY
def test_guaranteed_means_checked_in_full_without_a_hidden_constant(theorem: theory.Theorem) -> None:
    facts = st.sampled_from([f.name for f in fields(theory.Problem) if f.name not in WORDS])

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(st.sets(facts, max_size=6), st.sampled_from([1e-300, 1e-9, 1.0, 1e9]), st.sampled_from([1.0, 1e9, 1e300]))
    def honest(unknown: set[str], constant: float, width: float) -> None:
        problem = replace(EASY, width=width, **dict.fromkeys(unknown - {"width"}))
        judgement = theorem.judge(problem, constant)
        hidden = "hidden" in theorem.constants.values()
        checked = all(verdict.outcome == "holds" for verdict in judgement.assumptions)
        if judgement.guaranteed:
            assert not hidden
            assert checked
        assert (judgement.words == "holds") == judgement.guaranteed
        if judgement.verdict == "holds":
            assert checked
            assert (" if C = " in judgement.words) == hidden
        if judgement.verdict == "fails" and judgement.rests_on is None:
            refuted = any(verdict.outcome == "fails" for verdict in judgement.assumptions)
            assert refuted or not judgement.width.is_prediction

    honest()


def test_some_statements_are_guaranteed_and_some_rest_on_a_constant() -> None:
    found = [theorem.judge(EASY, 1e-9).words for theorem in THEOREMS]
    assert found.count("holds") >= 2
    assert found.count("holds if C = 1e-09") >= 10
    narrow = [theorem.judge(replace(EASY, width=1.0), 1e9).words for theorem in THEOREMS]
    assert narrow.count("fails if C = 1e+09") >= 20


@EVERY
def test_statements_about_new_examples_assume_how_they_are_drawn(theorem: theory.Theorem) -> None:
    if set(theorem.formulas) & set(ERRORS):
        assert SAMPLING & {assumption.name for assumption in theorem.assumptions}
        assert not theorem.judge(EASY).guaranteed


@EVERY
def test_every_quantity_with_a_hidden_constant_says_so(theorem: theory.Theorem) -> None:
    for kind, formula in theorem.formulas.items():
        quantity = theorem.quantity(kind, KNOWN, 3.0)
        assert quantity.is_prediction == (theorem.constants[kind] == "hidden") == (quantity.hidden_constant == 3.0)
        assert quantity.tag == formula.tag


def guaranteed_by(result: dict[str, Any]) -> set[str]:
    """Ids whose conditions were all checked, and that hide nothing, read from the document alone."""
    return {
        t["id"]
        for t in result["theorems"]
        if t["verdict"] == "holds"
        and not t["prediction"]
        and all(a["outcome"] == "holds" for a in t["assumptions"] if a["role"] == "assumption")
    }


@pytest.mark.parametrize("constant", ["1", "1e-250"])
def test_nothing_is_printed_as_holding_that_is_not_guaranteed(
    constant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a tiny constant almost every width is enough, and still nothing is said to hold but what does."""
    out = tmp_path / "out"
    options = ["--n", "24", "--depth", "3", "--width", "32", "--hidden-constant", constant]
    assert main(["theorems", "compare", "--data", "digits:even/odd", *options, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))["result"]
    guaranteed = guaranteed_by(result)
    assert {t["id"] for t in result["theorems"] if t["statuses"]["verdict"] == "holds"} == guaranteed
    page = re.sub(r"<[^>]+>", " ", (out / "report.html").read_text(encoding="utf-8"))
    page = " ".join(page.split())
    for t in result["theorems"]:
        line = next(line for line in map(str.strip, printed.splitlines()) if line.startswith(f"{t['id']} "))
        cells = re.split(r"\s{2,}", line)
        assert (cells[2] == "holds") == (t["id"] in guaranteed), line
        assert f"{t['id']} {t['year']} {t['statuses']['verdict']}" in page
        if t["verdict"] == "holds" and t["id"] not in guaranteed:
            assert cells[2] == f"holds if C = {float(constant):g}"
    assert "chen-cao-zou-gu/derived/margin-ceiling" in guaranteed
    if constant != "1":
        assert sum(t["verdict"] == "holds" for t in result["theorems"]) > len(guaranteed) + 2
    assert "guarantee" not in printed


def test_a_run_by_a_theorem_says_that_nothing_is_guaranteed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--n", "30", "--width", "16", "--depth", "3", "--max-steps", "5", "--out", str(tmp_path / "out")]
    theorem = ["--theorem", "chen-cao-zou-gu/alpha-scaled/thm-2.1"]
    assert main(["train", "--data", "digits:even/odd", *options, *theorem]) == 0
    printed = capsys.readouterr().out
    assert "Its numbers are predictions" in printed
    assert "none is guaranteed" in printed
    assert "fails if C = 1" in printed
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))["result"]
    assert result["promised"]["prediction"] is True
    assert "none is guaranteed" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
