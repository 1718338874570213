"""Memorisation results beside the theorems: in the comparison, on the terminal, in the page and the figure."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

import howwide as hw
from cases import digits
from howwide import theory
from howwide.cli import main
from howwide.errors import SettingError
from howwide.figures import plot_reference_lines
from howwide.results import CompareResult
from howwide.theorems import compare
from howwide.theorems.catalogue import describe, find
from howwide.theory.memorisation import NO_BOUND, SAYS, SHOWN_FOR

FLOOR = "bartlett-harvey-liaw-mehrabian/derived/sign-patterns"
COMPARE = ["theorems", "compare", "--data", "digits:even/odd", "--n", "24", "--depth", "2", "--width", "8"]
LINES = theory.all_memorisation()


@pytest.fixture(scope="module")
def found() -> CompareResult:
    """At two sizes, with the cheapest facts alone."""
    ds = digits()
    return compare(ds, n=[100, 1400], depth=3, width=16, theorems=[], parts=["separation"], hidden_constant=2.0)


@pytest.fixture(scope="module")
def result(found: CompareResult) -> dict[str, Any]:
    return CompareResult.model_validate(found.model_dump()).model_dump()


def test_lines_are_those_of_the_statements_at_every_size(found: CompareResult, result: dict[str, Any]) -> None:
    assert [line["id"] for line in result["reference_lines"]] == [m.id for m in LINES]
    for measured, point in zip(found.facts, result["points"], strict=True):
        for m in LINES:
            expected = m.width(measured.data, 2.0).log10
            assert point["reference_lines"][m.id] == expected
    for line, m in zip(result["reference_lines"], LINES, strict=True):
        assert line["says"] == SAYS[m.says]
        assert line["shown_for"] == SHOWN_FOR[m.shown_for]
        assert line["prediction"] == (line["hidden_constant"] == 2.0)
        assert line["width"] == pytest.approx(round(10 ** line["log10_width"]))
        assert line["gaps"]
        assert line["status"] == "value"
    by_id = {line["id"]: line["width"] for line in result["reference_lines"]}
    assert by_id["zhang-bengio-hardt-recht-vinyals/derived/no-biases"] == 1400
    assert by_id["bubeck-eldan-lee-mikulincer/neurips2020/general-position"] == 4 * math.ceil(1400 / 64)
    assert by_id["yun-sra-jadbabaie/neurips2019/thm-3.1"] == 76  # 4 * 19^2 = 1444


def test_no_line_is_a_bound_of_a_theorem(found: CompareResult, result: dict[str, Any]) -> None:
    """They have no verdict and no gap, and do not stand among the theorems."""
    assert result["theorems"] == []
    assert not {"verdict", "gap_log10"} & set(result["reference_lines"][0])
    assert found.table.empty
    assert not {m.id for m in LINES} & {t.id for t in hw.theorems.list()}


def test_lines_can_be_chosen() -> None:
    ds = digits()
    chosen = hw.theorems.memorisation(about="bartlett2019")
    assert len(chosen) == 2
    found = compare(ds, n=30, depth=2, width=8, theorems=[], memorisation=chosen, parts=["separation"])
    assert [line.id for line in found.reference_lines] == [m.id for m in chosen]
    none = compare(ds, n=30, depth=2, width=8, theorems=[], memorisation=[], parts=["separation"])
    assert none.reference_lines == []
    assert none.points[0].reference_lines == {}


def test_the_figure_draws_every_known_line(found: CompareResult) -> None:
    minimal = [{"n": 100, "estimate": 3.0, "lower": 2.0, "upper": 4.0}, {"n": 1400, "estimate": None, "lower": None,
                                                                        "upper": None}]  # fmt: skip
    ax = plot_reference_lines(found.model_copy(update={"measured": {**found.measured, "minimal_width": minimal}}))
    ax.figure.figure.canvas.draw()
    assert len([text for text in ax.texts if text.get_text()]) == len(LINES)
    legend = ax.get_legend()
    assert legend is not None
    words = {text.get_text() for text in legend.get_texts()}
    assert words >= {*SAYS.values(), "measured minimal width"}
    single = plot_reference_lines(found.model_copy(update={"points": found.points[:1]}))
    lines = [line for line in single.lines if len(set(line.get_ydata())) == 1]  # type: ignore[arg-type]
    assert len(lines) == len(LINES) + 1
    plot_reference_lines(found.model_copy(update={"reference_lines": []}))


def test_the_terminal_says_what_the_lines_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMPARE, "--about", "jadbabaie", "--out", str(tmp_path / "out")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "at least 2 hidden layers, not 1" in shown
    assert " ".join(NO_BOUND.split()) in shown
    assert main([*COMPARE, "--about", "bartlett2019"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert FLOOR in shown
    assert "floor for random labels only" in shown
    assert "necessary for some labels" in shown
    assert "probability under 0.05" in shown
    assert "below it is refuted" in shown
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "How wide for weights to exist that fit" in page
    assert NO_BOUND in page


@pytest.mark.parametrize("statement", LINES, ids=lambda m: m.id)
def test_show_prints_every_line(statement: theory.Memorisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert find(statement.id) is statement
    text = describe(statement)
    assert main(["theorems", "show", statement.id, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["result"]["text"] == text
    assert document["result"]["theorem"] == statement.as_dict()
    for part in (statement.need.text, statement.own_network, SAYS[statement.says], NO_BOUND, *statement.gaps):
        assert part in text
    assert statement.reference.bibtex in text
    assert "not training" in text


def test_list_names_them_apart(capsys: pytest.CaptureFixture[str]) -> None:
    def listed(*options: str) -> list[str]:
        assert main(["theorems", "list", "--json", *options]) == 0
        return [m["id"] for m in json.loads(capsys.readouterr().out)["result"]["memorisation"]]

    assert listed() == [m.id for m in LINES]
    assert listed("--about", "yun") == [m.id for m in LINES if "yun" in m.id]
    assert listed("--loss", "logistic") == []
    assert main(["theorems", "list"]) == 0
    assert "nothing is said of training" in capsys.readouterr().out
    with pytest.raises(SettingError, match="memorisation"):
        hw.theorems.get(FLOOR)


def test_an_older_document_without_lines_still_reads(result: dict[str, Any]) -> None:
    older = {k: v for k, v in result.items() if k != "reference_lines"}
    older["points"] = [{k: v for k, v in p.items() if k != "reference_lines"} for p in result["points"]]
    assert CompareResult.model_validate(older).reference_lines == []
