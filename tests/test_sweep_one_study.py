"""One width study of real digits by every engine, while twenty workers are killed: the same files, byte for byte.

Workers are found among the descendants of the command and get SIGKILL at random moments, which a seeded generator
chooses: some as they start, some while they compute. Threads have no worker to kill, so the command itself is killed.
"""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commands import RUN
from howwide.sweep import collect, status

psutil: Any = pytest.importorskip("psutil", reason="finds worker processes")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")]

KILLS = 20
STUDY = ["width", "--data", "digits:even/odd", "--n", "40,80", "--depth", "3", "--steps", "500", "--trials", "100"]
PROCESSES = ["--engine", "processes", "--workers"]
SLURM = ["--engine", "slurm", "--workers", "2", "--engine-option", "cluster=local", "--engine-option", "look=0.2"]
PATIENCE = 1800.0  # seconds, on machines that do much else

OF_ITS_OWN = {"results", "running", "failures", "slurm"}
"""What differs from run to run in a study's folder: seconds in the results, logs."""


def start(folder: Path, *engine: str) -> Any:
    """The command as a process, with what it says in a file beside the folder."""
    with folder.with_suffix(".log").open("a") as log:
        return psutil.Popen(
            [sys.executable, "-c", RUN, *STUDY, "--out", str(folder), *engine], stdout=subprocess.DEVNULL, stderr=log
        )


def said(folder: Path) -> str:
    return folder.with_suffix(".log").read_text()


def stored(folder: Path) -> int:
    return sum(1 for _ in (folder / "results").glob("??/*.json"))


def await_moment(folder: Path, drivers: list[Any], moments: random.Random, kills: int, seen: int) -> None:
    """Wait for a random moment: of two kills one hits when more trials are stored, one at any time."""
    wanted, deadline = seen + (kills % 2 == 0) * moments.randint(1, 2), time.monotonic() + PATIENCE
    while stored(folder) < wanted:
        assert time.monotonic() < deadline
        assert all(driver.poll() is None for driver in drivers), f"too few trials for {KILLS} kills: {said(folder)}"
        time.sleep(0.01)
    time.sleep(moments.uniform(0, 0.2))


def killed(process: Any) -> bool:
    """Kill ``process``; whether it was alive."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        process.kill()
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
    except psutil.NoSuchProcess:
        return False
    return True


def workers(drivers: list[Any], mark: str) -> list[Any]:
    """The descendants of the drivers whose command line has ``mark``."""
    children, found = [], []
    for driver in drivers:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended
            children += driver.children(recursive=True)
    for process in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            if mark in " ".join(process.cmdline()):
                found.append(process)
    return sorted(found, key=lambda process: process.pid)


def kill_workers(folder: Path, commands: list[list[str]], mark: str) -> None:
    """Run the commands in one folder, and kill twenty of their workers."""
    moments, kills, seen = random.Random(mark), 0, 0
    drivers = [start(folder, *command) for command in commands]
    try:
        while kills < KILLS:
            await_moment(folder, drivers, moments, kills, seen)
            if (alive := workers(drivers, mark)) and killed(moments.choice(alive)):
                kills, seen = kills + 1, stored(folder)
        assert [driver.wait(PATIENCE) for driver in drivers] == [0] * len(drivers), said(folder)
    finally:
        for process in [*workers(drivers, ""), *drivers]:
            killed(process)
    assert "a worker process died; what it had not finished is handed out again" in said(folder)


def kill_drivers(folder: Path) -> None:
    """Kill the command twenty times, and start it again each time."""
    moments, kills, seen = random.Random("drivers"), 0, 0
    while kills < KILLS:
        driver = start(folder, "--engine", "threads", "--workers", "2")
        await_moment(folder, [driver], moments, kills, seen)
        kills, seen = kills + killed(driver), stored(folder)
        assert driver.wait() == -9
    assert start(folder, "--engine", "threads", "--workers", "2").wait(PATIENCE) == 0, said(folder)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study on one thread, by a command that nothing disturbs."""
    folder = tmp_path_factory.mktemp("one-study") / "undisturbed"
    assert start(folder, "--engine", "threads", "--workers", "1").wait(PATIENCE) == 0, said(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    paths = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {str(name): path.read_bytes() for name, path in paths.items() if name.parts[0] not in OF_ITS_OWN}


@pytest.mark.parametrize(
    "disturbed",
    [
        pytest.param(lambda folder: kill_workers(folder, [[*PROCESSES, "2"]], "popen_loky"), id="processes"),
        pytest.param(
            lambda folder: kill_workers(folder, [["--engine", "dask", "--workers", "2"]], "multiprocessing.spawn"),
            id="dask",
        ),
        pytest.param(lambda folder: kill_workers(folder, [SLURM], "submitit.core._submit"), id="slurm"),
        pytest.param(lambda folder: kill_workers(folder, [[*PROCESSES, "1"]] * 2, "popen_loky"), id="two drivers"),
        pytest.param(kill_drivers, id="threads"),
    ],
)
def test_twenty_kills_change_no_byte_of_the_answer(
    disturbed: Callable[[Path], None], undisturbed: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    disturbed(folder)
    expected, found = files(undisturbed), files(folder)
    assert {"result.json", "trials.csv", "report.html", "study.json"} <= expected.keys()
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    tables = [collect(place).drop(columns="seconds").to_csv() for place in (folder, undisturbed)]
    assert tables[0] == tables[1]
    state = status(folder)
    assert (state.done, state.missing, state.failed, state.corrupt) == (state.total, 0, 0, 0)
