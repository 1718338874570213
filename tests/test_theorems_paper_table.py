"""Table 1 of Chen et al. as printed, beside what the catalogue says: rows, powers of eps, terminal, JSON and page."""

import json
import os
from pathlib import Path

import pytest

from howwide import theory
from howwide.cli import main
from howwide.results import PaperTableResult
from howwide.results.theorems import PaperRow
from howwide.theorems.paper_table import PAPER_TABLE, paper_table, power_of_eps

# a second transcription: paper, algorithm, then powers of 1/eps in width, iterations and samples; None where it is a
# polynomial of no stated power, 0 where it is polylogarithmic or has no eps
PRINTED = [
    ("Allen-Zhu et al. (2019a)", "SGD", None, 2, 4),
    ("Arora et al. (2019a)", "GD", None, 0, 2),
    ("Nitanda and Suzuki (2019)", "GD", 1, 2, 4),
    ("Ji and Telgarsky (2020)", "GD", 0, 1, 2),
    ("Ji and Telgarsky (2020)", "SGD", 0, 1, 1),
    ("Cao and Gu (2019b)", "GD", 14, 2, 4),
    ("Cao and Gu (2019a)", "SGD", 14, 2, 2),
    ("This paper", "GD", 0, 1, 2),
    ("This paper", "SGD", 0, 1, 1),
]
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

# entries whose formulas have other letters in place of eps, with the reason
OTHERWISE = {
    ("cao-gu/neurips2019/thm-3.3", "width"): "n^7, with n of order eps^-2",
    ("cao-gu/neurips2019/cor-3.10", "width"): "n^7, with n of order eps^-2",
}


def printed_power(text: str) -> int | None:
    """The power of 1/eps in a printed entry."""
    if text.startswith("polylog") or "ε" not in text:
        return 0
    if text.startswith("poly("):
        return None
    return -int(text.partition("ε")[2].partition(")")[0].translate(SUPERSCRIPTS))


def entries(row: PaperRow) -> list[theory.Theorem]:
    """Our statements for the theorem of a row."""
    return [theory.get(ours.id) for ours in row.ours]


def test_rows_are_those_of_the_paper() -> None:
    found = [
        (r.paper, r.algorithm, printed_power(r.width), printed_power(r.iterations), printed_power(r.samples))
        for r in PAPER_TABLE
    ]
    assert found == PRINTED
    assert [r.network for r in PAPER_TABLE] == ["Shallow"] * 5 + ["Deep"] * 4
    with_depth = [r.paper for r in PAPER_TABLE if "L" in r.width + r.iterations + r.samples]
    assert with_depth == ["Cao and Gu (2019b)", "Cao and Gu (2019a)", "This paper", "This paper"]


def test_our_powers_of_eps_are_the_printed_ones_where_they_are_stated() -> None:
    compared = 0
    for row in PAPER_TABLE:
        for t in entries(row):
            printed = {"width": row.width, "num_steps": row.iterations, "sample_size": row.samples}
            for kind, text in printed.items():
                ours = power_of_eps(t, kind)
                if ours is None or (kind == "num_steps" and t.formulas[kind].text == "T = n"):
                    continue
                if (t.id, kind) in OTHERWISE:
                    assert "n⁷" in t.formulas[kind].text
                    continue
                power = printed_power(text)
                if power is not None:
                    assert ours == pytest.approx(-power), (t.id, kind)
                    compared += 1
    assert compared >= 15


def test_every_row_has_our_entries_but_those_that_are_not_in_the_catalogue() -> None:
    without = {r.paper for r in PAPER_TABLE if not entries(r)}
    assert without <= {"Allen-Zhu et al. (2019a)", "Arora et al. (2019a)"}
    for row in PAPER_TABLE:
        algorithms = {t.setting.algorithm for t in entries(row)}
        assert algorithms <= ({"gd"} if row.algorithm == "GD" else {"one_pass_sgd"})


def test_powers_are_read_from_the_formulas() -> None:
    narrow = theory.get("nitanda-chinot-suzuki/arxiv2019/fast")
    assert power_of_eps(narrow, "width") == -1.5
    assert power_of_eps(theory.get("zou-cao-zhou-gu/ml2020/thm-gd"), "width") == -1
    assert power_of_eps(theory.get("ji-telgarsky/iclr2020/thm-2.2"), "sample_size") is None


def test_terminal_document_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["theorems", "compare", "--table", "paper", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert main(["theorems", "compare", "--table", "paper", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["data"] is None
    assert document["settings"] == {"table": "paper"}
    result = PaperTableResult.model_validate(document["result"])
    assert result == paper_table()
    assert sorted(os.listdir(out)) == ["report.html", "result.json", "tables"]
    page = (out / "report.html").read_text(encoding="utf-8")
    for row in result.rows:
        for text in (row.paper, row.width, row.iterations, row.samples):
            assert text in shown
            assert text in page
        for ours in row.ours:
            assert ours.id in shown
            assert ours.id in page
            assert all(text in shown for text in (ours.width, ours.num_steps, ours.sample_size) if text)
    (out / "report.html").unlink()
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").read_text(encoding="utf-8") == page
