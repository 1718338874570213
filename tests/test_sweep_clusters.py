"""The engines of clusters: the same table as a run that nothing disturbs, whatever dies in between.

Dask in this process and submitit's local executor stand for the clusters in the quick tests; processes that are killed,
a scheduler that is killed and a cluster that grows and shrinks are slow.
"""

import gc
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import slurm_commands
from commands import DIGITS, refused
from howwide.cli.engine_options import engine_of
from howwide.data import Dataset
from howwide.errors import DataError, SettingError
from howwide.stopping import Submitted
from howwide.sweep import Dask, Engine, InProcess, Processes, Slurm, Store, Study, Task, collect, run, status
from howwide.sweep.engines import dask as dask_engine
from howwide.sweep.engines import make_engine
from howwide.sweep.engines.slurm_jobs import note
from howwide.width import search
from sweep_tasks import STUDY, tasks

# 2026-11: a local job that is left, or killed, is a process that nobody waits for
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. .function Popen")


@pytest.fixture(autouse=True)
def _same_environment_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _no_job_that_is_left_warns_later() -> Iterator[None]:
    yield
    gc.collect()


def logged(count: int, log: Path, ms: float = 2) -> list[Task]:
    return tasks(count, "logged", groups=2, ms=ms, log=str(log))


def table(folder: Path) -> bytes:
    """All that a study found, but for the seconds it took."""
    return collect(folder).drop(columns="seconds").to_csv(index=False).encode()


def assert_undisturbed(folder: Path, asked: list[Task], undisturbed: Path) -> None:
    list(run(asked, Store.open(undisturbed, STUDY)))
    assert table(folder) == table(undisturbed)
    found = status(folder)
    assert (found.done, found.missing, found.claimed, found.failed, found.corrupt) == (len(asked), 0, 0, 0, 0)


def computed(log: Path) -> Counter[int]:
    return Counter(int(line.split()[0]) for line in (log.read_text().splitlines() if log.exists() else []))


def pids(log: Path) -> list[int]:
    return [int(line.split()[1]) for line in log.read_text().splitlines()] if log.exists() else []


class Disturber(threading.Thread):
    """Sends signals to processes that compute, each time some more tasks are done, until it has sent enough."""

    def __init__(self, log: Path, signals: list[int], every: int = 5) -> None:
        super().__init__(daemon=True)
        self.log, self.signals, self.every, self.over = log, list(signals), every, threading.Event()

    def run(self) -> None:
        moments, seen = random.Random(len(self.signals)), 0
        while self.signals and not self.over.wait(moments.uniform(0.001, 0.02)):
            done = pids(self.log)
            if len(done) >= seen + self.every and done[-1] != os.getpid():
                with_pid = done[-1]
                try:
                    os.kill(with_pid, self.signals[0])
                except OSError:
                    continue  # it has ended
                self.signals.pop(0)
                seen = len(done)


def disturbed(
    engine: Engine, folder: Path, asked: list[Task], log: Path, signals: list[int], batch_size: int = 8
) -> list[str]:
    """Run ``asked`` while workers get ``signals``; the lines that the run had to say."""
    lines: list[str] = []
    disturber = Disturber(log, signals)
    disturber.start()
    try:
        outcomes = list(run(asked, Store.open(folder, STUDY), engine, batch_size=batch_size, notice=lines.append))
    finally:
        disturber.over.set()
        disturber.join()
    assert not disturber.signals, "all were sent"
    assert Counter(o.task.id for o in outcomes) == Counter(t.id for t in asked)
    assert not any(o.failure for o in outcomes)
    return lines


# ----------------------------------------------------------------------------------------------------------------- Dask


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two workers in this process."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_dask_cluster_gives_the_same_table_and_the_driver_alone_writes(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, log, writers = logged(40, tmp_path / "log"), tmp_path / "log", set[str]()
    write = Store.write

    def watched(self: Store, *args: Any) -> Any:
        writers.add(threading.current_thread().name.partition("_")[0])
        return write(self, *args)

    monkeypatch.setattr(Store, "write", watched)
    outcomes = list(run(asked, Store.open(tmp_path / "dask", STUDY), Dask(scheduler=client), batch_size=4))
    assert {o.task.id for o in outcomes} == {t.id for t in asked}
    assert writers == {"dask-batch"}
    assert set(computed(log).values()) == {1}
    again = list(run(asked, Store.open(tmp_path / "dask", STUDY), Dask(scheduler=client)))
    assert all(o.found for o in again)
    assert_undisturbed(tmp_path / "dask", asked, tmp_path / "undisturbed")


def test_what_dask_remembers_is_not_used(client: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    for name in ("a", "b"):
        list(run(logged(6, log), Store.open(tmp_path / name, STUDY), Dask(scheduler=client)))
    assert set(computed(log).values()) == {2}


def test_workers_that_do_not_see_the_folder_get_its_files(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Store.existing

    def unseen(folder: Path | str) -> Store:
        here = threading.current_thread()
        if here is threading.main_thread() or here.name.startswith("dask-batch"):
            return seen(folder)
        raise DataError("a worker on another machine")

    monkeypatch.setattr(Store, "existing", unseen)
    monkeypatch.setattr(dask_engine, "_COPIES", {})
    store = Store.open(tmp_path / "study", STUDY)
    (store.folder / "data.txt").write_text("seven", encoding="utf-8")
    outcomes = list(run(tasks(4, "reads_beside"), store, Dask(scheduler=client)))
    assert [o.failure for o in outcomes] == [None] * 4
    assert {o.result["text"] for o in outcomes if o.result} == {"seven"}
    (folder,) = {o.result["folder"] for o in outcomes if o.result}
    assert folder != str(store.folder)


@pytest.mark.parametrize("function", ["fails_at_three", "fails_at_three_at_once"])
def test_failures_at_dask_workers_are_those_of_the_driver(client: Any, tmp_path: Path, function: str) -> None:
    store = Store.open(tmp_path / "study", STUDY)
    outcomes = list(run(tasks(8, function), store, Dask(scheduler=client)))
    assert sorted(o.result["square"] for o in outcomes if o.result) == [0, 1, 4, 16, 25, 36, 49]
    (failed,) = (o for o in outcomes if o.failure)
    assert failed.failure == "ZeroDivisionError: three lines of words"
    assert "fails_at_three" in (store.folder / "failures" / f"{failed.task.id}.json").read_text(), "with its traceback"
    with pytest.raises(DataError, match=r"^the file x\.csv has no labels\. Name them$"):
        list(run(tasks(3, "refuses"), store, Dask(scheduler=client)))
    with pytest.raises(SettingError, match="must be JSON"):
        list(run(tasks(3, "not_json"), store, Dask(scheduler=client)))


def test_dask_workers_of_another_kind_are_refused(client: Any, tmp_path: Path) -> None:
    os.environ["NPROC"] = "7"
    study = Study("s", {}, {"NPROC": "3"})
    with pytest.raises(SettingError, match="NPROC is '7' here and '3' in the study"):
        list(run(tasks(1, study=study), Store.open(tmp_path / "a", study), Dask(scheduler=client)))
    study = Study("s", {}, {}, {"howwide": "0.0.1"})
    with pytest.raises(SettingError, match=r"a worker has howwide .*, and the study was begun with 0\.0\.1"):
        list(run(tasks(1, study=study), Store.open(tmp_path / "b", study), Dask(scheduler=client)))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    for wrong in (f"tcp://127.0.0.1:{free_port()}", "nonsense", "foo://127.0.0.1:1"):
        with pytest.raises(SettingError, match=f"^no Dask scheduler answers at {wrong} .*tcp://HOST:8786"):
            list(run(tasks(1), Store.open(tmp_path / "s", STUDY), Dask(scheduler=wrong, connect=0.3)))
    with pytest.raises(SettingError, match=r"scheduler must be an address, .*, or a distributed\.Client"):
        list(run(tasks(1), Store.open(tmp_path / "s", STUDY), Dask(scheduler=3)))
    for seconds in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(SettingError, match=r"^connect must be a number of seconds greater than 0; got"):
            Dask(connect=seconds)


def test_the_command_says_in_one_line_that_no_scheduler_answers(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("distributed")
    address = f"tcp://127.0.0.1:{free_port()}"
    asked = ["--engine", "dask", "--scheduler", address, "--engine-option", "connect=0.3"]
    line = refused(["width", *DIGITS, *asked], capsys)
    assert line.startswith(f"no Dask scheduler answers at {address} ")
    assert line.endswith("Give the address that it printed when it started, tcp://HOST:8786; what is finished stays\n")


@pytest.mark.slow
def test_twenty_kills_of_dask_workers_change_nothing(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    log = tmp_path / "log"
    asked = logged(300, log, ms=10)
    lines = disturbed(Dask(2), tmp_path / "dask", asked, log, [signal.SIGKILL] * 20, batch_size=2)
    assert set(lines) == {"a worker process died; what it had not finished is handed out again"}
    assert_undisturbed(tmp_path / "dask", asked, tmp_path / "undisturbed")


@pytest.mark.slow
def test_a_task_that_kills_its_dask_worker_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("howwide.sweep.driver._PATIENCE", 1)
    outcomes = list(run(tasks(6, "dies_at_three"), Store.open(tmp_path / "s", STUDY), Dask(2), batch_size=3))
    assert sorted(o.result["square"] for o in outcomes if o.result) == [0, 1, 4, 16, 25]
    assert [(o.task.arguments["x"], o.failure) for o in outcomes if o.failure] == [
        (3, "its worker died 2 times, at last while it ran alone")
    ]


@pytest.mark.slow
def test_local_dask_workers_have_one_thread_and_the_environment_of_the_study(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    os.environ["NPROC"] = "7"
    study = Study("s", {}, {"NPROC": "3"})
    outcomes = list(run(tasks(6, "environment", study), Store.open(tmp_path, study), Dask(2), batch_size=1))
    results = [o.result for o in outcomes if o.result]
    assert {r["NPROC"] for r in results} == {"3"}
    assert os.getpid() not in {r["pid"] for r in results}
    assert os.environ["NPROC"] == "7"
    study = Study("s", {}, {})
    outcomes = list(run(tasks(1, "environment", study), Store.open(tmp_path / "t", study), Dask(1)))
    assert [o.result["NPROC"] for o in outcomes if o.result] == ["1"]


def dask_process(*arguments: str, path: Path = Path(__file__).parent) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)


Cluster = tuple[str, Callable[..., "subprocess.Popen[bytes]"]]
"""An address, and what starts a scheduler or a worker there."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """An address, and what starts a scheduler or a worker there; all are killed at the end."""
    pytest.importorskip("distributed")
    started, port = [], free_port()
    address = f"tcp://127.0.0.1:{port}"

    def start(what: str, **options: Path) -> "subprocess.Popen[bytes]":
        if what == "scheduler":
            arguments = ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
        else:
            arguments = ["dask_worker", address, "--nthreads", "1", "--death-timeout", "60"]
        process = dask_process(*arguments, "--no-dashboard", **options)
        started.append(process)
        return process

    yield address, start
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.slow
def test_a_killed_scheduler_ends_the_run_with_a_line_and_the_same_run_goes_on_with_the_next(
    tmp_path: Path, cluster: Cluster
) -> None:
    address, start = cluster
    scheduler, log = start("scheduler"), tmp_path / "log"
    workers = [start("worker") for _ in range(2)]
    asked, store = logged(200, log, ms=20), Store.open(tmp_path / "study", STUDY)
    outcomes = run(asked, store, Dask(scheduler=address), batch_size=4)
    for _ in range(30):
        next(outcomes)
    scheduler.kill()
    with pytest.raises(SettingError, match=f"no Dask scheduler answers at {address}"):
        list(outcomes)
    done = status(store.folder).done
    assert 30 <= done < 200
    for worker in workers:
        worker.kill()
    start("scheduler")
    start("worker")
    outcomes = run(asked, store, Dask(scheduler=address), batch_size=4)
    assert sum(o.found for o in outcomes) == done
    assert_undisturbed(store.folder, asked, tmp_path / "undisturbed")


@pytest.mark.slow
def test_a_worker_without_the_library_is_one_line_and_a_scheduler_needs_none(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['howwide'] = None", encoding="utf-8")
    address, start = cluster
    start("scheduler", path=tmp_path)
    bare, store = start("worker", path=tmp_path), Store.open(tmp_path / "study", STUDY)
    with pytest.raises(SettingError, match=r"cannot import what trials need .* Install howwide"):
        list(run(tasks(3), store, Dask(scheduler=address)))
    bare.kill()
    start("worker")
    assert [o.failure for o in run(tasks(3), store, Dask(scheduler=address))] == [None] * 3


@pytest.mark.slow
def test_dask_workers_may_come_late_and_leave(tmp_path: Path, cluster: Cluster) -> None:
    address, start = cluster
    start("scheduler")
    log = tmp_path / "log"
    asked = logged(300, log, ms=150)  # more seconds than a worker takes to start

    def come_and_go() -> None:
        time.sleep(1)
        first = start("worker")
        while len(set(pids(log))) < 1:
            time.sleep(0.1)
        start("worker")
        while len(set(pids(log))) < 2:
            time.sleep(0.1)
        first.terminate()  # as at the end of its wall time

    changes = threading.Thread(target=come_and_go, daemon=True)
    changes.start()
    engine = Dask(scheduler=address)
    outcomes = list(run(asked, Store.open(tmp_path / "study", STUDY), engine, batch_size=4))
    changes.join(5)
    assert not changes.is_alive()
    assert not any(o.failure for o in outcomes)
    assert_undisturbed(tmp_path / "study", asked, tmp_path / "undisturbed")


@pytest.mark.slow
def test_an_adaptive_dask_cluster_grows_with_the_work(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    log = tmp_path / "log"
    asked = logged(200, log, ms=20)
    with (
        distributed.LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        cluster.adapt(minimum=0, maximum=2, interval="200ms", target_duration="1s")
        outcomes = list(run(asked, Store.open(tmp_path / "study", STUDY), Dask(scheduler=client), batch_size=4))
    assert not any(o.failure for o in outcomes)
    assert_undisturbed(tmp_path / "study", asked, tmp_path / "undisturbed")


# ---------------------------------------------------------------------------------------------------------------- Slurm


def local(workers: int = 2, **options: Any) -> Slurm:
    pytest.importorskip("submitit")
    return Slurm(workers, cluster="local", look=0.1, **options)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_arrays_are_split_and_elements_requeued_and_killed_without_a_difference(tmp_path: Path) -> None:
    log = tmp_path / "log"
    asked = logged(30, log, ms=20)
    lines = disturbed(local(2, largest_array=1), tmp_path / "slurm", asked, log, [signal.SIGUSR2, signal.SIGKILL])
    assert set(lines) == {"a worker process died; what it had not finished is handed out again"}
    assert len(set(pids(log))) >= 4, "two elements, one of them requeued, one submitted again"
    assert not list((tmp_path / "slurm" / "running").glob("slurm-*")), "claims of jobs"
    assert_undisturbed(tmp_path / "slurm", asked, tmp_path / "undisturbed")


def test_a_round_is_submitted_left_and_collected_later(tmp_path: Path) -> None:
    log = tmp_path / "log"
    asked, store = logged(12, log, ms=50), Store.open(tmp_path / "slurm", STUDY)
    submissions: list[str] = []
    for _ in range(200):
        try:
            outcomes = list(run(asked, store, local(1, leave=True)))
            break
        except Submitted as queued:
            submissions.append(str(queued))
            found = status(store.folder)
            assert found.claimed <= found.missing
            time.sleep(0.2)
    assert "12 trials are in 1 elements of Slurm jobs. howwide sweep status" in submissions[0]
    assert len(outcomes) == 12
    assert set(computed(log).values()) == {1}, "they were not submitted again"
    assert_undisturbed(store.folder, asked, tmp_path / "undisturbed")


@pytest.mark.slow
def test_failures_in_elements_are_those_of_the_driver(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "study", STUDY)
    outcomes = list(run(tasks(8, "fails_at_three"), store, local()))
    assert sorted(o.result["square"] for o in outcomes if o.result) == [0, 1, 4, 16, 25, 36, 49]
    assert [o.failure for o in outcomes if o.failure] == ["ZeroDivisionError: three lines of words"]
    for _ in range(2):  # and the second time it is found out anew
        with pytest.raises(DataError, match=r"^the file x\.csv has no labels\. Name them$"):
            list(run(tasks(3, "refuses"), store, local()))
        assert not list((store.folder / "running").glob("slurm-*"))


@pytest.mark.slow
def test_a_task_that_kills_its_element_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that the element had not begun with are not suspected, and go together into the next one."""
    monkeypatch.setattr("howwide.sweep.driver._PATIENCE", 1)
    elements: list[int] = []

    def noting(store: Store, job: str, asked: Iterable[Task]) -> None:
        asked = list(asked)
        elements.append(len(asked))
        note(store, job, asked)

    monkeypatch.setattr("howwide.sweep.engines.slurm.note", noting)
    lines: list[str] = []
    outcomes = list(
        run(tasks(40, "dies_at_three"), Store.open(tmp_path / "s", STUDY), local(1), batch_size=3, notice=lines.append)
    )
    assert sorted(o.result["square"] for o in outcomes if o.result) == [x**2 for x in range(40) if x != 3]
    assert [(o.task.arguments["x"], o.failure) for o in outcomes if o.failure] == [
        (3, "its worker died 2 times, at last while it ran alone")
    ]
    assert len(lines) == 2
    assert elements[0] == 40
    assert sum(count == 1 for count in elements[1:]) <= 3 + (elements[1] == 1), "those of the batch it died of"


@pytest.mark.slow
def test_twenty_kills_and_requeues_of_elements_change_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    asked = logged(400, log, ms=10)
    signals = [signal.SIGKILL, signal.SIGUSR2] * 10
    disturbed(local(4, largest_array=3), tmp_path / "slurm", asked, log, signals)
    assert_undisturbed(tmp_path / "slurm", asked, tmp_path / "undisturbed")


@pytest.mark.slow
def test_a_driver_that_is_killed_leaves_its_jobs_to_the_next(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "slurm"
    asked = logged(60, log, ms=50)
    script = (
        "from howwide.sweep import Slurm, Store, run; from sweep_tasks import STUDY, tasks\n"
        f"list(run(tasks(60, 'logged', groups=2, ms=50, log={str(log)!r}), Store.open({str(folder)!r}, STUDY), "
        "Slurm(2, cluster='local', look=0.1)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    driver = subprocess.Popen([sys.executable, "-c", script], env=environment)
    while len(pids(log)) < 5:
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    outcomes = list(run(asked, Store.open(folder, STUDY), local(2)))
    assert len(outcomes) == 60
    assert set(computed(log).values()) == {1}
    assert_undisturbed(folder, asked, tmp_path / "undisturbed")


def test_batches_are_packed_into_elements_of_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("submitit")
    store = Store.open(tmp_path / "study", STUDY)
    for task in tasks(2):
        store.write(task, {"square": 0}, 30.0)
    arrays: list[list[int]] = []

    class Refusing:
        """Notes the sizes of the arrays it is asked for, and takes none."""

        def __init__(self, folder: Path, cluster: str) -> None: ...

        def update_parameters(self, **parameters: object) -> None:
            assert parameters["slurm_array_parallelism"] == 3
            assert "export NPROC=1" in parameters["slurm_setup"]  # type: ignore[operator]
            assert parameters["slurm_additional_parameters"] == {"mem": "8G", "partition": "long"}

        def map_array(self, element: object, batches: list[list[list[Task]]]) -> list[Any]:
            arrays.append([sum(map(len, each)) for each in batches])
            raise RuntimeError("sbatch: error: no\nmore")

    monkeypatch.setattr("submitit.AutoExecutor", Refusing)
    for minutes, elements in ((1.0, [2, 2, 2, 2]), (2.0, [4, 4]), (60.0, [8])):
        engine = local(3, minutes=minutes, sbatch="--mem=8G partition=long")
        with pytest.raises(SettingError, match=r"^Slurm took no more jobs: sbatch: error: no more\. What is"):
            list(run(tasks(10), store, engine, batch_size=1))
        assert arrays.pop() == elements


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with commands like those of Slurm, first on the path; what was submitted is in it too."""
    pytest.importorskip("submitit")
    folder = tmp_path / "commands"
    slurm_commands.write(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.mark.skipif(os.name != "posix", reason="commands are scripts")
def test_each_element_is_one_process_with_one_gpu(slurm: Path, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "study", STUDY)
    engine = Slurm(3, gpu=True, look=0.1, sbatch="partition=long")
    outcomes = [o.result for o in run(tasks(12, "device"), store, engine, batch_size=4) if o.result]
    assert len(outcomes) == 12
    elements = {tuple(result.items()) for result in outcomes}
    assert len(elements) == len({result["pid"] for result in outcomes}) == 3, "one process each"
    devices = Counter((r["CUDA_VISIBLE_DEVICES"], r["SLURM_ARRAY_TASK_ID"]) for r in map(dict, elements))
    assert devices == {("0", "0"): 1, ("1", "1"): 1, ("0", None): 1}, "an array of two, and one alone"
    assert {result["OMP_NUM_THREADS"] for result in outcomes} == {"1"}
    submitted = [path.read_text() for path in slurm.glob("*.submitted")]
    assert len(submitted) == 2, "MaxArraySize is 2"
    for asked in ("gpus-per-node=1", "ntasks-per-node=1", "cpus-per-task=1", "nodes=1", "partition=long"):
        assert all(f"#SBATCH --{asked}\n" in text for text in submitted), asked


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="commands are scripts")
def test_a_study_of_gpus_is_one_whatever_the_driver_has(slurm: Path, digits: Dataset, tmp_path: Path) -> None:
    """The driver may sit on a node without a GPU; elements that have none either refuse."""
    assert (Slurm(gpu=True).platform, Slurm().platform) == ("gpu", None)
    with pytest.raises(SettingError, match=r"^JAX computes on cpu in this worker, and the study is one of gpu"):
        search(digits, n=20, depth=2, steps=60, engine=Slurm(gpu=True, look=0.1), out=tmp_path / "study")
    assert Store.existing(tmp_path / "study").study.context["platform"] == "gpu"


def test_bad_input_of_the_slurm_engine_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(tmp_path))
    study = ["width", "--data", "digits:even/odd", "--n", "20", "--engine", "slurm"]
    assert "engine slurm submits with sbatch, and there is none on this machine" in refused(
        [*study, "--out", str(tmp_path / "out")], capsys
    )
    with pytest.raises(SettingError, match="--engine slurm needs --out DIR"):
        engine_of("slurm", None)
    for option, told in (
        ("minutes=x", "--engine-option minutes is a number; got 'x'"),
        ("walltime=1.5", "--engine-option walltime is a whole number; got '1.5'"),
        ("leave=maybe", "--engine-option leave is yes or no; got 'maybe'"),
        ("leave", "--engine-option takes NAME=VALUE; got 'leave'"),
        ("minutes=0", "engine slurm takes minutes > 0"),
        ("walltime=4", "engine slurm takes minutes > 0, walltime >= 5"),
        ("walltime=9", "an element of 10 minutes would not end within its walltime of 9"),
        ("sbatch=long", "sbatch takes NAME=VALUE"),
        ("partition=long", "engine slurm has the options minutes, walltime, gpu, sbatch, leave"),
    ):
        with pytest.raises(SettingError, match=re.escape(told)):
            engine_of("slurm", None, None, [option], out=tmp_path)
    with pytest.raises(SettingError, match="engine threads has no options; got scheduler"):
        make_engine("threads", 1, scheduler="tcp://a:1")


# ----------------------------------------------------------------------------------------------------- one study by all


@pytest.mark.slow
def test_one_study_by_every_engine_is_one_table(tmp_path: Path) -> None:
    """And by two drivers of different kinds in one folder."""
    log = tmp_path / "log"
    asked = logged(60, log)
    engines: dict[str, list[Engine]] = {
        "one": [InProcess()],
        "threads": [InProcess(3)],
        "processes": [Processes(2)],
        "dask": [Dask(2)],
        "slurm": [local(2)],
        "two": [Processes(1), local(1)],
    }
    for name, several in engines.items():
        stores = [Store.open(tmp_path / name, STUDY) for _ in several]
        drivers = [
            threading.Thread(target=lambda s, e: list(run(asked, s, e, batch_size=4)), args=pair)
            for pair in zip(stores, several, strict=True)
        ]
        for driver in drivers:
            driver.start()
        for driver in drivers:
            driver.join()
    assert len({table(tmp_path / name) for name in engines}) == 1
