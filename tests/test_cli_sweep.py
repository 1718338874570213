"""`howwide width --out` as a study that survives: status, resumption, other studies, full disks, kills, two drivers."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from commands import RUN, STUDY, refusal
from howwide.cli import main
from howwide.sweep import collect, status

LARGE = ["width", "--data", "digits:even/odd", "--n", "20,40,60", "--depth", "3", "--steps", "200", "--trials", "100"]
LARGE += ["--precision", "1.01", "--max-width", "16"]


def test_status_of_a_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*STUDY, "--json", "--out", str(tmp_path)]) == 0
    trials = sum(r["trials"] for r in json.loads(capsys.readouterr().out)["result"]["rates"])
    assert main(["sweep", "status", str(tmp_path), "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["verb"] == "sweep status"
    assert document["result"] | {"total": trials, "done": trials, "missing": 0, "failed": 0} == document["result"]
    assert captured.err == ""
    victim = next((tmp_path / "results").glob("*/*.json"))
    victim.write_text("{")
    assert main(["sweep", "status", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "missing" in captured.out
    assert f"warning: {victim} is not used" in captured.err
    assert main([*STUDY, "--json", "--out", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert sum(r["trials"] for r in json.loads(captured.out)["result"]["rates"]) == trials
    assert f"{victim} is not used" in captured.err
    assert main(["sweep", "status", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["missing"] == 0


def test_status_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        assert main(["sweep", "status", str(place)]) == 2
        assert "no study" in refusal(capsys)
    assert main(["sweep"]) == 2
    assert "command" in refusal(capsys)


def test_a_folder_of_another_study_or_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = [*STUDY[:-4], "--trials", "3"]
    assert main([*small, "--out", str(tmp_path)]) == 0
    page = (tmp_path / "result.json").read_bytes()
    capsys.readouterr()
    assert main([*small[:-2], "--trials", "3", "--loss", "square", "--out", str(tmp_path)]) == 2
    assert "holds another study: context.protocol.loss" in refusal(capsys)
    study = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    study["versions"]["jax"] = "0.0.1"
    (tmp_path / "study.json").write_text(json.dumps(study), encoding="utf-8")
    assert main([*small, "--out", str(tmp_path)]) == 2
    assert "made by other versions: jax" in refusal(capsys)
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    assert main([*small, "--out", str(tmp_path)]) == 2
    assert "damaged" in refusal(capsys)
    assert (tmp_path / "result.json").read_bytes() == page


def mounted(size: str, folder: Path) -> bool:
    """Whether a file system of that size could be mounted on ``folder``."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def test_a_full_disk_is_one_line_and_what_is_finished_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted("2m", disk):
        pytest.skip("needs the right to mount a small file system")
    try:
        file = disk / "filler"
        assert main([*STUDY[:-4], "--trials", "6", "--out", str(disk / "out")]) == 0
        with file.open("wb") as filler:
            while True:
                try:
                    os.write(filler.fileno(), bytes(4096))
                except OSError:
                    break
        capsys.readouterr()
        assert main([*STUDY, "--out", str(disk / "out")]) == 2
        assert "No space left" in refusal(capsys)
        assert status(disk / "out").done == 6
        file.unlink()
        assert main([*STUDY, "--out", str(disk / "out")]) == 0
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def test_a_disk_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted("2m", disk):
        pytest.skip("needs the right to mount a small file system")
    try:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert main([*STUDY, "--out", str(disk / "out")]) == 2
        assert "Read-only file system" in refusal(capsys)
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def start(folder: Path, *more: str, arguments: list[str] = STUDY) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", RUN, *arguments, "--out", str(folder), *more]
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, cwd=folder.parent)


def told(folder: Path) -> str:
    """What the drivers of ``folder`` have said."""
    return (folder.parent / f"{folder.name}.log").read_text(encoding="utf-8")


def table(folder: Path) -> pd.DataFrame:
    return collect(folder).drop(columns="seconds")


def wait_for(folder: Path, count: int, process: "subprocess.Popen[bytes]") -> None:
    """Until so many results are there, or the process is over."""
    while process.poll() is None and len(list((folder / "results").glob("*/*.json"))) < count:
        time.sleep(0.01)


def assert_same(folder: Path, undisturbed: Path) -> None:
    pd.testing.assert_frame_equal(table(folder), table(undisturbed))
    for name in ("trials.csv", "result.json", "report.html"):
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
    found = status(folder)
    assert (found.missing, found.failed, found.corrupt, found.set_aside) == (0, 0, 0, 0)


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled loops are shared by the processes of a test, so that they come to their trials soon."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "compiled"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_search_that_is_killed_goes_on_where_it_stopped(cache: None, tmp_path: Path) -> None:
    """And two drivers that end it together agree with one that was left alone, in another process."""
    folder, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    assert start(undisturbed).wait() == 0, told(undisturbed)
    driver = start(folder)
    wait_for(folder, 5, driver)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = {p: p.stat().st_mtime_ns for p in (folder / "results").glob("*/*.json")}
    assert 2 <= len(before) <= 24
    two = [start(folder, "--workers", "1") for _ in range(2)]
    assert [driver.wait() for driver in two] == [0, 0]
    assert before.items() <= {p: p.stat().st_mtime_ns for p in (folder / "results").glob("*/*.json")}.items()
    assert_same(folder, undisturbed)


@pytest.mark.slow
def test_fifty_kills_of_the_driver_change_nothing(cache: None, tmp_path: Path) -> None:
    folder, undisturbed, moments = tmp_path / "killed", tmp_path / "undisturbed", random.Random(50)
    assert start(undisturbed, arguments=LARGE).wait() == 0, told(undisturbed)
    total = len(table(undisturbed))
    assert total >= 250
    kills = 0
    while kills < 50:
        driver = start(folder, arguments=LARGE)
        wait_for(folder, min(total, moments.randrange(total * (kills + 1) // 50 + 1)), driver)
        time.sleep(moments.uniform(0, 0.2))
        driver.send_signal(signal.SIGKILL)
        kills += driver.wait() == -signal.SIGKILL or status(folder).missing == 0
    last = start(folder, arguments=LARGE)
    assert last.wait() == 0, told(folder)
    assert_same(folder, undisturbed)


def children(pid: int) -> list[int]:
    """Processes below ``pid`` that compute: those whose command names a worker."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if (
                parent == pid
                and "loky" in (entry / "cmdline").read_text()
                and "popen_loky" in (entry / "cmdline").read_text()
            ):
                found.append(int(entry.name))
        except OSError:
            continue  # it has ended
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find worker processes")
def test_twenty_kills_of_workers_change_nothing(cache: None, tmp_path: Path) -> None:
    undisturbed, moments = tmp_path / "undisturbed", random.Random(20)
    assert start(undisturbed, arguments=LARGE).wait() == 0, told(undisturbed)
    kills = runs = 0
    while kills < 20:
        runs += 1
        here = tmp_path / f"run-{runs}"
        driver = start(here, "--engine", "processes", "--workers", "2", arguments=LARGE)
        while driver.poll() is None and kills < 20:
            done = len(list((here / "results").glob("*/*.json")))
            wait_for(here, done + moments.randrange(3, 12), driver)
            workers = children(driver.pid)
            if driver.poll() is None and workers:
                os.kill(moments.choice(workers), signal.SIGKILL)
                kills += 1
        assert driver.wait() == 0, told(here)
        assert_same(here, undisturbed)
