"""The exchange record: its schema, what it refuses, and how it is written."""

import json
import math
import os
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import DIGITS, refuse_constant
from howwide.cli import main
from howwide.errors import OutputError
from howwide.files import write_atomically
from howwide.numbers import format_number, to_json_types
from howwide.results import SCHEMA, DataResult, Document
from howwide.results.document import json_schema

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
SCHEMA_FILE = files("howwide") / "schemas" / f"document-{SCHEMA}.json"

SMALL = [*DIGITS, "--steps", "20"]
VERBS = {
    "width": ["width", *SMALL, "--trials", "24", "--max-width", "8"],
    "threshold": ["threshold", "--trial", "trials:jump", "--sizes", "1:16", "--engine", "threads"],
    "train": ["train", *SMALL, "--width", "4"],
    "train sgd": ["train", *SMALL, "--width", "4", "--algorithm", "sgd", "--step-size", "theory"],
    "measure": ["measure", *DIGITS, "--width", "8", "--eps", "0.5"],
    "iterations": ["iterations", *SMALL, "--width", "8", "--losses", "0.6,0.5,0.4", "--seeds", "2"],
    "theorems list": ["theorems", "list"],
    "theorems show": ["theorems", "show", "chen-cao-zou-gu/iclr2021/thm-3.3"],
    "theorems lineage": ["theorems", "lineage"],
    "theorems compare": ["theorems", "compare", *DIGITS[:4], "--depth", "3", "--width", "8", "--about", "chen2021"],
    "theorems compare paper": ["theorems", "compare", "--table", "paper"],
    "theorems show memorisation": ["theorems", "show", "yun-sra-jadbabaie/neurips2019/thm-3.1"],
    "train theorem": ["train", *DIGITS, "--width", "4", "--steps", "theory", "--max-steps", "9"],
    "certify": ["certify", *DIGITS, "--width", "4"],
    "certify gd": ["certify", *DIGITS, "--width", "2,4", "--algorithm", "gd", "--steps", "2", "--joint"],
    "certify curve": ["certify", *DIGITS[:2], "--n", "20,30", *DIGITS[4:], "--width", "4", "--seeds", "2"],
    "data list": ["data", "list"],
    "data show": ["data", "show", "digits:even/odd"],
}


def shipped_schema() -> dict[str, Any]:
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def test_the_shipped_schema_is_that_of_the_models() -> None:
    assert shipped_schema() == json_schema(), (
        f"the document changed: run `python -m howwide.results > src/howwide/schemas/document-{SCHEMA}.json`; where a "
        "key changed its meaning or went, raise SCHEMA first"
    )


def test_the_schema_is_valid_and_goes_into_the_wheel() -> None:
    jsonschema.Draft202012Validator.check_schema(shipped_schema())
    wheel = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["src/howwide"]
    assert not {"exclude", "only-include", "include"} & set(wheel)


@pytest.mark.parametrize("name", VERBS)
def test_real_documents_follow_the_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*VERBS[name], "--json"]) == 0
    document = json.loads(capsys.readouterr().out, parse_constant=refuse_constant)
    jsonschema.Draft202012Validator(shipped_schema()).validate(document)
    assert list(document) == ["howwide", "schema", "verb", "settings", "data", "result", "warnings"]
    assert document["schema"] == SCHEMA
    assert name.startswith(document["verb"])
    assert Document.model_validate(document).to_json() == json.dumps(document, indent=2)


@pytest.mark.parametrize(
    "change",
    [{"verb": "nosuch"}, {"extra": 1}, {"warnings": "text"}, {"result": {"points": 1}}, {"result": None}],
    ids=str,
)
def test_a_wrong_document_is_refused_by_model_and_schema(change: dict[str, Any]) -> None:
    good = json.loads(Document(verb="data list", settings={}, data=None, result=DataResult(), warnings=[]).to_json())
    Document.model_validate(good)
    with pytest.raises(pydantic.ValidationError):
        Document.model_validate(good | change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(shipped_schema()).validate(good | change)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.floats(width=32).map(np.float32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(ANYTHING)
def test_finite_gives_strict_json_and_changes_it_no_further(value: Any) -> None:
    plain = to_json_types(value)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert to_json_types(plain) == plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (-math.inf, None),
        (np.float64("inf"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        ((1, math.nan), [1, None]),
        ({1: Path("a")}, {"1": "a"}),
    ],
)
def test_finite_by_hand(value: Any, expected: Any) -> None:
    found = to_json_types(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.12345, "0.123"), (12345.6, "12346"), (True, "True"), (7, "7"), ("x", "x")],
)
def test_numbers_in_tables(value: Any, text: str) -> None:
    assert format_number(value) == text


def test_writing_replaces_whole_files_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_atomically(path, "first")
    write_atomically(path, "zweite ü")
    assert path.read_text(encoding="utf-8") == "zweite ü"
    assert os.listdir(path.parent) == ["file.txt"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    write_atomically(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match=r"cannot write .*file\.txt: No space left on device"):
        write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["file.txt"]
