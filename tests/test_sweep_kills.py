"""Drivers and workers that are killed at any moment, and drivers that share a folder: the table is the same.

The tasks write a line into a log each time they are computed, so that the tests see what was done twice.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pandas as pd
import pytest

from howwide.sweep import Outcome, Processes, Store, collect, run, status
from sweep_tasks import STUDY, drive, tasks

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find worker processes")

FEW_AND_MANY = [
    pytest.param(4, 40, id="few"),
    pytest.param(50, 300, id="many", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def host() -> ForkServerContext:
    """Starts drivers within milliseconds: a server that has imported everything forks them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sweep_tasks"])
    return context


def start(
    host: ForkServerContext, folder: Path, log: Path, count: int, ms: float, workers: int = 0
) -> ForkServerProcess:
    process = host.Process(target=drive, args=(str(folder), str(log), count, ms, workers))
    process.start()
    return process


def computed(log: Path) -> Counter[int]:
    """How often each task was computed."""
    return Counter(int(line.split()[0]) for line in (log.read_text().splitlines() if log.exists() else []))


def assert_whole(folder: Path, count: int, ms: float, log: Path, undisturbed: Path) -> None:
    """The folder holds what an undisturbed run gives, wall times aside."""
    asked = tasks(count, "logged", groups=2, ms=ms, log=str(log))
    assert len(list(run(asked, Store.open(undisturbed, STUDY), batch_size=8))) == count
    tables = [collect(place).drop(columns="seconds") for place in (folder, undisturbed)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert tables[0]["id"].is_unique
    found = status(folder)
    assert (found.total, found.done, found.missing, found.failed, found.corrupt) == (count, count, 0, 0, 0)
    assert (found.set_aside, found.notes) == (0, [])


@pytest.mark.parametrize(("kills", "count"), FEW_AND_MANY)
def test_a_driver_killed_at_any_moment_goes_on_where_it_stopped(
    host: ForkServerContext, tmp_path: Path, kills: int, count: int
) -> None:
    moments, log, ms, killed = random.Random(kills), tmp_path / "log", 5, 0
    while killed < kills:
        driver = start(host, tmp_path / "study", log, count, ms)
        time.sleep(moments.uniform(0, 1.2 * count * ms / 1000 / kills))
        driver.kill()
        driver.join()
        killed += driver.exitcode == -signal.SIGKILL
        assert driver.exitcode in (0, -signal.SIGKILL)
    repeated = sum(computed(log).values()) - len(computed(log))
    assert repeated <= killed, "a kill costs at most the task that was under way"
    last = start(host, tmp_path / "study", log, count, ms)
    last.join()
    assert last.exitcode == 0
    assert_whole(tmp_path / "study", count, ms, log, tmp_path / "undisturbed")


@pytest.mark.parametrize(("kills", "count"), [FEW_AND_MANY[0], pytest.param(40, 300, marks=pytest.mark.slow)])
def test_two_drivers_share_the_work_while_both_are_killed(
    host: ForkServerContext, tmp_path: Path, kills: int, count: int
) -> None:
    moments, log, ms = random.Random(kills), tmp_path / "log", 10
    drivers = [start(host, tmp_path / "study", log, count, ms) for _ in range(2)]
    for number in range(kills):
        time.sleep(moments.uniform(0, count * ms / 1000 / kills))
        victim = drivers[number % 2]
        victim.kill()
        victim.join()
        drivers[number % 2] = start(host, tmp_path / "study", log, count, ms)
    for driver in drivers:
        driver.join()
        assert driver.exitcode == 0
    assert_whole(tmp_path / "study", count, ms, log, tmp_path / "undisturbed")


def test_two_drivers_at_once_do_little_twice(host: ForkServerContext, tmp_path: Path) -> None:
    count, log, ms = 120, tmp_path / "log", 10
    drivers = [start(host, tmp_path / "study", log, count, ms) for _ in range(2)]
    for driver in drivers:
        driver.join()
        assert driver.exitcode == 0
    pids = Counter(line.split()[1] for line in log.read_text().splitlines())
    assert len(pids) == 2, "both have worked"
    assert min(pids.values()) > count / 6
    times = computed(log)
    assert set(times) == set(range(count))
    assert sum(times.values()) - count <= count // 10
    assert_whole(tmp_path / "study", count, ms, log, tmp_path / "undisturbed")


def test_a_claim_delays_a_task_and_the_claim_of_a_dead_process_loses_nothing(tmp_path: Path) -> None:
    store, log = Store.open(tmp_path / "study", STUDY), tmp_path / "log"
    asked = tasks(20, "logged", groups=2, ms=0, log=str(log))
    with store.claim(asked[5:9]):
        assert store.claimed() == {task.id for task in asked[5:9]}
        outcomes = list(run(asked, store, batch_size=4))
        assert [o.task.arguments["x"] in range(5, 9) for o in outcomes] == [False] * 16 + [True] * 4
    assert store.claimed() == set()
    assert set(computed(log).values()) == {1}
    stale, fresh = (store.folder / "running" / f"{digit * 32}.claim" for digit in "ab")
    for path in (stale, fresh):
        path.write_text(asked[0].id)
    os.utime(stale, (time.time() - 2 * 86400,) * 2)
    assert Store.open(store.folder, STUDY).claimed() == {asked[0].id}
    assert not stale.exists()


def children() -> set[int]:
    """The processes whose parent is this one."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(entry.name))
        except OSError:
            continue  # it has ended
    return found


class Killer(threading.Thread):
    """Kills a worker, one of those in the log, each time some more tasks are done, until it has killed enough."""

    def __init__(self, log: Path, kills: int) -> None:
        super().__init__()
        self.log, self.kills, self.killed, self.over = log, kills, 0, threading.Event()

    def run(self) -> None:
        moments, seen = random.Random(self.kills), 0
        while self.killed < self.kills and not self.over.wait(moments.uniform(0.001, 0.02)):
            lines = self.log.read_text().splitlines() if self.log.exists() else []
            pid = int(lines[-1].split()[1]) if lines else 0
            if len(lines) >= seen + 5 and pid in children():
                os.kill(pid, signal.SIGKILL)
                self.killed, seen = self.killed + 1, len(lines)


@pytest.mark.parametrize(
    ("kills", "count"), [pytest.param(2, 40, id="few"), pytest.param(20, 300, id="many", marks=pytest.mark.slow)]
)
def test_the_work_of_killed_workers_is_done_by_others(tmp_path: Path, kills: int, count: int) -> None:
    log, ms, lines = tmp_path / "log", 5, list[str]()
    asked = tasks(count, "logged", groups=2, ms=ms, log=str(log))
    killer = Killer(log, kills)
    killer.start()
    try:
        outcomes: list[Outcome] = list(
            run(asked, Store.open(tmp_path / "study", STUDY), Processes(2), batch_size=8, notice=lines.append)
        )
    finally:
        killer.over.set()
        killer.join()
    assert killer.killed == kills
    assert kills // 2 <= len(lines) <= kills, "two kills at once are one death of the pool"
    assert Counter(o.task.id for o in outcomes) == Counter(t.id for t in asked)
    assert not any(o.failure for o in outcomes)
    assert_whole(tmp_path / "study", count, ms, log, tmp_path / "undisturbed")


def test_workers_stop_soon_after_their_driver_is_killed(host: ForkServerContext, tmp_path: Path) -> None:
    log, count, ms = tmp_path / "log", 2000, 5
    driver = start(host, tmp_path / "study", log, count, ms, workers=2)
    deadline = time.monotonic() + 60
    while len(computed(log)) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    driver.kill()
    driver.join()
    while time.monotonic() < deadline:
        before = computed(log)
        time.sleep(0.4)
        if computed(log) == before:
            break
    assert computed(log) == before
    assert sum(before.values()) < count, "they did not just come to the end"
    assert status(tmp_path / "study").done >= sum(before.values()) - 2
