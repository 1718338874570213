"""Ctrl-C, sent to real processes: one line that says what is kept, exit code 130, and a folder to go on in."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import howwide as hw
from commands import DIGITS
from everything import X, Y
from howwide.stopping import STOP, Stopped
from howwide.sweep import InProcess, Store, status

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
RUN = """
import pathlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C
from howwide.cli import main
pathlib.Path(sys.argv[1]).touch()
sys.exit(main(sys.argv[2:]))
"""
LARGE = ["width", "--data", "digits:even/odd", "--n", "1000", "--steps", "5000", "--max-width", "1024"]


def interrupted(arguments: list[str], ready: Callable[[], bool], folder: Path) -> "subprocess.CompletedProcess[str]":
    """The command, with Ctrl-C sent to it and its children, as a terminal does, once it has begun and ``ready`` holds.

    It returns when all of them have ended.
    """
    begun = folder.with_name(f"{folder.name}-begun")
    command = [sys.executable, "-c", RUN, str(begun), *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=folder
    )
    deadline = time.monotonic() + 600
    try:
        while not (begun.exists() and ready()):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)  # what it computes takes longer
    finally:
        process.kill()
    deadline = time.monotonic() + 30
    while left := of_session(process.pid):
        assert time.monotonic() < deadline, f"{left} are still there"
        time.sleep(0.1)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def of_session(leader: int) -> list[int]:
    """The processes of a session that are still there, orphans among them."""
    psutil = pytest.importorskip("psutil")
    found = []
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == leader and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def after(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds have passed since this was asked first."""
    asked: list[float] = []

    def ready() -> bool:
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > seconds

    return ready


@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_at_any_moment(seconds: float, tmp_path: Path) -> None:
    run = interrupted([*LARGE, "--out", "out"], after(seconds), tmp_path)
    assert (run.returncode, run.stdout) == (130, "")
    last = run.stderr.splitlines()[-1]
    assert last.startswith("howwide: interrupted; ")
    assert "Traceback" not in run.stderr
    assert ("nothing" in last) != (tmp_path / "out" / "study.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_a_search_of_large_networks(engine: str, tmp_path: Path) -> None:
    first = lambda: any((tmp_path / "out" / "results").glob("*/*.json"))  # noqa: E731
    run = interrupted([*LARGE, "--engine", engine, "--out", "out"], first, tmp_path)
    assert run.returncode == 130
    assert "Traceback" not in run.stderr
    words = "howwide: interrupted; {} finished trials are kept in out, and the same command goes on from there"
    found = status(tmp_path / "out")
    said = [words.format(found.done - late) for late in range(3)]  # a worker may finish one at the last moment
    assert run.stderr.splitlines()[-1] in said
    assert (found.corrupt, found.set_aside) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["processes", "dask", "slurm"])
def test_the_same_command_goes_on_when_its_workers_have_gone(engine: str, tmp_path: Path) -> None:
    """Workers end with the command within seconds; Slurm's jobs, here local ones, come to their own end."""
    pytest.importorskip({"processes": "joblib", "dask": "distributed", "slurm": "submitit"}[engine])
    asked = [
        "width",
        *DIGITS,
        "--steps",
        "500",
        "--trials",
        "100",
        "--engine",
        engine,
        "--workers",
        "2",
        "--out",
        "out",
    ]
    if engine == "slurm":
        asked += ["--engine-option", "cluster=local", "--engine-option", "look=0.2"]
    first = lambda: any((tmp_path / "out" / "results").glob("*/*.json"))  # noqa: E731
    run = interrupted(asked, first, tmp_path)
    assert (run.returncode, run.stdout) == (130, "")
    (line,) = (line for line in run.stderr.splitlines() if not line.startswith(("n = ", "starting ...")))
    assert re.fullmatch(
        r"howwide: interrupted; \d+ finished trials are kept in out, and the same command goes on from there", line
    )
    found = status(tmp_path / "out")
    assert found.done > 0
    assert (found.missing > 0) or engine == "slurm"
    again = subprocess.run([sys.executable, "-m", "howwide", *asked], cwd=tmp_path, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    found = status(tmp_path / "out")
    assert (found.missing, found.claimed, found.failed, found.corrupt, found.set_aside) == (0, 0, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [3.0, 8.0])
@pytest.mark.parametrize(
    "verb",
    [
        ["train", "--data", "digits:even/odd", "--width", "2048", "--steps", "5000"],
        ["train", "--data", "digits:even/odd", "--width", "2048", "--algorithm", "sgd"],
        ["train", "--data", "digits:even/odd", "--width", "2048", "--algorithm", "minibatch", "--batch-size", "500"],
        ["measure", "--data", "digits:even/odd", "--width", "2048"],
        ["certify", "--data", "digits:even/odd", "--width", "2048"],
        ["certify", "--data", "digits:even/odd", "--width", "2048", "--n", "500,1000"],
        ["theorems", "compare", "--data", "digits:even/odd", "--width", "2048"],
    ],
    ids=" ".join,
)
def test_single_runs(verb: list[str], seconds: float, tmp_path: Path) -> None:
    run = interrupted(verb, after(seconds), tmp_path)
    assert (run.returncode, run.stdout) == (130, "")
    assert run.stderr.splitlines()[-1].startswith("howwide: interrupted; nothing is kept")
    assert "Traceback" not in run.stderr
    assert os.listdir(tmp_path) == []


def test_training_that_is_wanted_no_more_ends() -> None:
    import threading

    import jax

    stop = threading.Event()
    net = hw.DeepReLU(4, 2)
    token = STOP.set(stop)
    try:
        hw.gradient_descent(net, net.init(jax.random.key(0), 3), X, Y, steps=5)
        stop.set()
        with pytest.raises(Stopped):
            hw.gradient_descent(net, net.init(jax.random.key(0), 3), X, Y, steps=5)
    finally:
        STOP.reset(token)


def test_an_incomplete_round_is_stored_and_never_counted(tmp_path: Path) -> None:
    """Quick successes come first: a count of what had finished would see more of them than there are."""
    asked = {"n": [14], "depth": 2, "steps": 400, "max_width": 8, "trials": 24, "round_size": 12, "seed": 3}
    ds = hw.data.from_arrays(X, Y)
    whole = hw.width.search(ds, **asked)  # type: ignore[arg-type]
    for moment in (2, 5, 9):
        seen = 0

        def leave(_label: str, state: object, moment: int = moment) -> None:
            nonlocal seen
            seen += 1
            if seen == moment:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            hw.width.search(ds, **asked, out=tmp_path / "out", engine=InProcess(2), on_progress=leave)  # type: ignore[arg-type]
        stored = status(tmp_path / "out").done
        assert 0 < stored < len(whole.trials)
        assert not (tmp_path / "out" / "result.json").exists()
    resumed = hw.width.search(ds, **asked, out=tmp_path / "out")  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(resumed.table, whole.table)
    pd.testing.assert_frame_equal(resumed.trials, whole.trials)
    assert Store.existing(tmp_path / "out").claimed() == set()
