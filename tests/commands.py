"""The command line in tests: in this process, which is quick, and as a process where one is the point."""

import json
import subprocess
import sys
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from howwide.cli import main
from howwide.results import SCHEMA

RUN = "import sys; from howwide.cli import main; sys.exit(main(sys.argv[1:]))"

DIGITS = ["--data", "digits:even/odd", "--n", "20", "--depth", "2"]
"""The data of short commands, and the depth: one shape for all of them."""
STUDY = ["width", *DIGITS, "--steps", "60", "--trials", "24", "--max-width", "8"]
"""A search that takes a second."""


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} in a document")


def document(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    """What ``--json`` prints, which follows the schema and has no NaN."""
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=refuse_constant)
    schema = json.loads((files("howwide") / "schemas" / f"document-{SCHEMA}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a command left on stderr, without its prefix, and nothing on stdout."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1, captured.err
    assert captured.err.startswith("howwide: ")
    assert captured.err.endswith("\n")
    return captured.err.removeprefix("howwide: ")


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The line with which a command refuses its arguments."""
    assert main(arguments) == 2
    return refusal(capsys)


def program(*arguments: str, script: str = RUN, **options: object) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own."""
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, text=True, check=False, timeout=120, **{"capture_output": True, **options})  # type: ignore[call-overload,no-any-return]
