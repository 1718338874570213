"""Blocks and their renderers: what is said once is rendered everywhere, nothing is cut off or read as markup."""

import csv
import importlib.util
import io
from typing import Any

import pandas as pd
import pytest

from howwide.results.base import RESULTS
from howwide.results.document import Document
from howwide.results.measure import MeasureResult
from howwide.results.sweep import SweepResult
from howwide.views import Block, Column, Estimate, Figure, Heading, Sentence, Table, Verbatim, view_of
from howwide.views.blocks import Cell
from howwide.views.csv import csv_tables
from howwide.views.html import page
from howwide.views.terminal import print_view

LONG = "an-id-that-cannot-be-typed-again-if-it-is-cut-off/" * 3
ROWS: list[tuple[Cell, ...]] = [(LONG, 0.0248001, True), ("b", None, False)]
BLOCKS: list[Block] = [
    Heading("The answer", level=1),
    Sentence("[bold]12[/bold] neurons & more", "lead"),
    Table("Rows", ["id", Column("bound, %", upper_bound=True, times=100), "holds"], ROWS),
    Table("Rows", ["n"], [(1,), (2.5,)], page_only=True),
    Verbatim("a  b\n c"),
]


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (Column("x"), 0.12345, "0.123"),
        (Column("x", digits=4), 0.12345, "0.1235"),
        (Column("x"), None, "–"),
        (Column("x"), True, "yes"),
        (Column("x"), False, "no"),
        (Column("x"), 7, "7"),
        (Column("x"), "7", "7"),
        (Column("x", times=100), 0.25, "25"),
        (Column("x", upper_bound=True), 0.12301, "0.124"),
        (Column("x", upper_bound=True, times=100), 0.0248001, "2.49"),
        (Column("x", upper_bound=True), None, "–"),
        (Column("x"), Estimate(12, 10, 14), "12 (10 to 14)"),
        (Column("x"), Estimate(12, 10, None), "12 (at least 10)"),
        (Column("x"), Estimate(12, None, 14), "12 (at most 14)"),
        (Column("x"), Estimate(12, None, None), "12"),
        (Column("x"), Estimate(None, 64, None), "at least 64"),
        (Column("x"), Estimate(None, None, 3), "at most 3"),
        (Column("x"), Estimate(None, None, None), "–"),
        (Column("x", digits=2), Estimate(1.234, 1.1, 1.456), "1.2 (1.1 to 1.5)"),
    ],
)
def test_how_cells_are_written(column: Column, value: Any, text: str) -> None:
    assert column.text(value) == text


def test_a_row_of_another_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = Table("Rows", ["a", "b"], [(1,)]).texts


@pytest.mark.parametrize("columns", ["20", "80", "300"])
def test_a_terminal_shows_every_cell_whole_and_no_markup(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    print_view(BLOCKS)
    text = capsys.readouterr().out
    assert text.splitlines()[:2] == ["The answer", "[bold]12[/bold] neurons & more"]
    row = next(line for line in text.splitlines() if LONG in line)
    assert row.split()[1:] == ["2.49", "yes"]
    assert text.count("Rows") == 1  # the other is for the page
    assert text.endswith("a  b\n c\n")


def test_a_page_has_everything_and_escapes_it() -> None:
    result = SweepResult(
        study="<s>",
        total=1,
        done=1,
        missing=0,
        claimed=0,
        failed=0,
        corrupt=0,
        set_aside=0,
        seconds=1.0,
        seconds_left=None,
    )
    document = Document(verb="sweep status", settings={"folder": "<f>"}, data=None, result=result, warnings=["<w>"])
    blocks = [*BLOCKS, Figure("drawn", "<caption>", lambda: pytest.fail("drawn twice"))]
    text = page(document, blocks, {"drawn": "<svg></svg>"})
    assert text.count("<h2>Rows</h2>") == 2
    assert '<p class="lead">[bold]12[/bold] neurons &amp; more</p>' in text
    assert "<svg></svg>" in text
    assert all(f"&lt;{word}&gt;" in text for word in ("f", "w", "caption"))
    assert f"<td>{LONG}</td>" in text or f'<td class="text">{LONG}</td>' in text


def test_tables_as_csv_keep_all_digits() -> None:
    tables = csv_tables(BLOCKS)
    assert list(tables) == ["rows", "rows--2"]
    rows = list(csv.reader(io.StringIO(tables["rows"])))
    assert rows == [["id", "bound, %", "holds"], [LONG, "0.0248001", "True"], ["b", "", "False"]]


@pytest.mark.parametrize("verb", sorted(RESULTS))
def test_every_result_has_a_view(verb: str) -> None:
    assert all(importlib.util.find_spec(f"howwide.views.{kind.view}") for kind in RESULTS[verb])


def test_a_result_in_a_notebook_shows_what_the_terminal_shows(capsys: pytest.CaptureFixture[str]) -> None:
    point = {"radius": 1, "lower": 0.1, "upper": 0.25, "status": "converged", "steps": 3}
    result = MeasureResult(trace=2.0, ntrf=[point], seconds={})
    html = result._repr_html_()
    print_view(view_of(result))
    text = capsys.readouterr().out
    for words in ("trace of the tangent Gram", "0.25", "converged"):
        assert words in html
        assert words in text
    assert "<script" not in html


def test_what_is_not_printed_is_neither_in_the_document_nor_in_its_schema() -> None:
    result = MeasureResult(
        seconds={}, spectra=pd.DataFrame({"finite": [1.0]}), solutions={"margin": object()}, notes=["n"]
    )
    assert not {"spectra", "solutions", "notes"} & set(result.model_dump())
    assert not {"spectra", "solutions", "notes"} & set(
        MeasureResult.model_json_schema(mode="serialization")["properties"]
    )
    assert [(name, stored.file) for name, stored in MeasureResult.stored_fields()] == [("spectra", "spectrum.csv")]


def test_an_estimate_has_three_columns_in_csv() -> None:
    table = Table(
        "Widths", ["n", "width", "status"], [(50, Estimate(12, 10, None), "a"), (99, Estimate(9, 8, 11), "b")]
    )
    rows = list(csv.reader(io.StringIO(csv_tables([table])["widths"])))
    assert rows == [
        ["n", "width", "width, lower", "width, upper", "status"],
        ["50", "12", "10", "", "a"],
        ["99", "9", "8", "11", "b"],
    ]
    assert table.has_text == [False, False, True]
