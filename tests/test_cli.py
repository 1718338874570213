"""The command as a program: help, version, streams, exit codes and interruption."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import howwide
from commands import STUDY, program
from howwide.cli import main

VERBS = [
    ["width"],
    ["width", "compare"],
    ["train"],
    ["iterations"],
    ["demo"],
    ["report"],
    ["data", "list"],
    ["data", "show"],
]


def test_help_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(verb[0] in shown for verb in VERBS)
    assert main([]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_shows_examples_that_can_be_copied(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb, "-h"]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() in ("Example:", "Examples:"))
    examples = [line.strip() for line in lines[start + 1 :]]
    assert examples
    assert all(example.startswith(f"howwide {' '.join(verb)}") for example in examples), examples


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_options_of_the_examples_exist(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main([*verb, "-h"])
    options, _, examples = capsys.readouterr().out.partition("\n  Example")
    used = {word for word in examples.split() if word.startswith("--")}
    assert all(f"{option} " in options for option in used)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{howwide.__version__}\n"


def test_help_loads_no_heavy_library() -> None:
    heavy = ["jax", "pandas", "scipy", "sklearn", "matplotlib", "jinja2"]
    script = f"import sys, howwide.cli; print(*[name for name in {heavy} if name in sys.modules])"
    run = program(script=script)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def test_the_installed_command() -> None:
    command = Path(sys.executable).with_name("howwide")
    if not command.exists():
        pytest.skip("the command is not installed beside this Python")
    run = subprocess.run([command, "data", "list", "--json"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["verb"] == "data list"
    assert run.stderr == ""


def test_a_real_process_keeps_its_streams_apart(tmp_path: Path) -> None:
    run = program(*STUDY, "--json", "--out", "out", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["verb"] == "width"
    *progress, last = run.stderr.splitlines()
    assert last == f"wrote {Path('out') / 'report.html'}"
    assert all(line.startswith("n = 20") for line in progress)  # on a slow machine
    bad = program("width", "--data", "nosuch.npz", "--n", "20", "--out", "bad", cwd=tmp_path)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert len(bad.stderr.splitlines()) == 1
    assert os.listdir(tmp_path) == ["out"]


def test_a_reader_that_leaves_early_causes_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = program("data", "list", "--json", stdout=writing, stderr=subprocess.PIPE, capture_output=False)
    finally:
        os.close(writing)
    assert "Traceback" not in run.stderr


INTERRUPTED = """
import os, signal, sys, time
import howwide.width
from howwide.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)

def search(*_, **__):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)

howwide.width.search = search
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_is_one_line_and_exit_code_130(tmp_path: Path) -> None:
    run = program(*STUDY, "--out", "out", script=INTERRUPTED, cwd=tmp_path)
    assert run.returncode == 130
    assert run.stdout == ""
    assert run.stderr == "howwide: interrupted; nothing is kept\n"
    assert os.listdir(tmp_path) == []


def test_ctrl_c_between_trials_stops_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []

    def interrupt(_: object, text: str) -> None:
        seen.append(text)
        raise KeyboardInterrupt

    monkeypatch.setattr("howwide.cli.output.Progress.say", interrupt)
    assert main([*STUDY, "--out", str(tmp_path / "out")]) == 130
    captured = capsys.readouterr()
    words = f"0 finished trials are kept in {tmp_path / 'out'}, and the same command goes on from there"
    assert (captured.out, captured.err) == ("", f"howwide: interrupted; {words}\n")
    assert len(seen) == 1
    assert (tmp_path / "out" / "study.json").exists(), "what is finished stays"
    assert not (tmp_path / "out" / "result.json").exists()


def test_progress_is_plain_lines_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("howwide.cli.width.Progress", lambda: howwide.cli.output.Progress(every=0.0))
    assert main([*STUDY, "--json"]) == 0
    captured = capsys.readouterr()
    json.loads(captured.out)
    lines = captured.err.splitlines()
    assert len(lines) > 4
    assert all(line.startswith("n = 20: ") and line.isprintable() for line in lines)
