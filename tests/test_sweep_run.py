"""The driver and the engines: each task once, failures told, progress with the time left."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from howwide.errors import DataError, SettingError
from howwide.sweep import InProcess, Pace, Processes, RunProgress, Store, Study, run
from howwide.sweep.progress import Tally
from sweep_tasks import STUDY, tasks


@pytest.fixture(autouse=True)
def _same_environment_after() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "study", STUDY)


def lines_of(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text().splitlines()]


def test_every_task_is_done_once_and_found_the_next_time(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    asked = tasks(30, "logged", groups=3, ms=0, log=str(log))
    first = list(run([*asked, *asked[:5]], store, batch_size=4))
    assert Counter(o.task.id for o in first) == Counter(t.id for t in asked)
    assert not any(o.found or o.failure for o in first)
    assert sorted(int(x) for x, *_ in lines_of(log)) == list(range(30))
    assert max(int(size) for *_, size in lines_of(log)) == 4
    more = tasks(33, "logged", groups=3, ms=0, log=str(log))
    again = list(run(more, store))
    assert [o.found for o in again] == [True] * 30 + [False] * 3
    assert len(lines_of(log)) == 33


def test_a_batch_holds_one_function_and_one_group(store: Store) -> None:
    seen: list[RunProgress] = []
    asked = [*tasks(8, groups=2), *tasks(4, "cube")]
    outcomes = list(run(asked, store, batch_size=100, on_progress=seen.append))
    assert len(outcomes) == 12
    assert {tuple(o.result) for o in outcomes if o.result} == {("square",), ("cube",)}
    assert seen[0].done == 0
    assert seen[-1] == RunProgress(12, 12, 0, 0, 0.0)
    assert len(seen) >= 1 + 3


@pytest.mark.parametrize(("smallest", "sizes"), [(1, [8, 8, 4, 2, 1, 1]), (6, [8, 8, 6, 2])])
def test_batches_shrink_towards_the_end_as_far_as_is_allowed(
    store: Store, tmp_path: Path, smallest: int, sizes: list[int]
) -> None:
    log = tmp_path / "log"
    list(run(tasks(24, "logged", ms=0, log=str(log)), store, batch_size=8, smallest_batch=smallest))
    counted = Counter(int(size) for *_, size in lines_of(log))
    assert counted == {size: size * sizes.count(size) for size in sizes}


def test_results_come_while_the_run_goes_on_and_stopping_keeps_them(store: Store) -> None:
    outcomes = run(tasks(20), store, batch_size=3)
    got = [next(outcomes) for _ in range(4)]
    outcomes.close()  # type: ignore[attr-defined]
    kept = sum(store.read(t.id) is not None for t in tasks(20))
    assert len(got) <= kept <= 6


def test_a_function_may_change_the_arguments_it_gets(store: Store) -> None:
    asked = tasks(3, "changes_its_arguments")
    assert sorted(o.result["x"] for o in run(asked, store) if o.result) == [0, 1, 2]
    assert [t.arguments for t in asked] == [{"x": 0}, {"x": 1}, {"x": 2}]
    assert all(store.read(t.id) for t in asked)


@pytest.mark.parametrize("function", ["fails_at_three", "fails_at_three_at_once"])
def test_an_exception_fails_its_task_alone_and_a_later_run_tries_again(store: Store, function: str) -> None:
    seen: list[RunProgress] = []
    for _ in range(2):
        outcomes = list(run(tasks(8, function), store, batch_size=8, on_progress=seen.append))
        failed = [o for o in outcomes if o.failure]
        assert [(o.task.arguments["x"], o.result) for o in failed] == [(3, None)]
        assert failed[0].failure == "ZeroDivisionError: three lines of words"
        assert sorted(o.result["square"] for o in outcomes if o.result) == [0, 1, 4, 16, 25, 36, 49]
        assert (seen[-1].done, seen[-1].failed) == (7, 1)
        assert "7 of 8 done" in str(seen[-1])
        assert "1 failed" in str(seen[-1])
    assert store.read(failed[0].task.id) is None
    assert store.failures() == {failed[0].task.id}
    note = (store.folder / "failures" / f"{failed[0].task.id}.json").read_text()
    assert "fails_at_three" in note, "with its traceback"


@pytest.mark.parametrize("processes", [False, True])
def test_what_a_person_can_correct_ends_the_run_with_its_line(store: Store, processes: bool) -> None:
    with pytest.raises(DataError, match=r"^the file x\.csv has no labels\. Name them$"):
        list(run(tasks(3, "refuses"), store, Processes(1) if processes else InProcess()))


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("not_json", r"the result of sweep_tasks:not_json\.inner\.set must be JSON"),
        ("one_too_few", r"one result for each of the \d argument dicts; it gave \d"),
        ("one_too_many", "one result for each .* it gave more"),
        ("no_dicts", "must be a dict, one for each task of the batch; got a str"),
        ("no_such_function", "no function sweep_tasks:no_such_function"),
    ],
)
def test_a_function_that_breaks_the_agreement_ends_the_run(store: Store, function: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        list(run(tasks(4, function), store))


def test_what_is_not_finite_is_null(store: Store) -> None:
    assert [o.result for o in run(tasks(1, "diverges"), store)] == [{"loss": None, "status": "diverged"}]


def test_settings_are_checked_before_anything_is_iterated(store: Store) -> None:
    with pytest.raises(SettingError, match="batch_size must be at least 1"):
        run(tasks(1), store, batch_size=0)
    with pytest.raises(SettingError, match="got 4 and 5"):
        run(tasks(1), store, batch_size=4, smallest_batch=5)
    with pytest.raises(SettingError, match="not of the study"):
        run(tasks(1, study=Study("other", {}, {})), store)
    with pytest.raises(SettingError, match="workers must be at least 1"):
        Processes(-1)
    assert list(run([], store)) == []


# -------------------------------------------------------------------------------------------------------------- engines


def test_the_engine_in_this_process_sets_variables_and_refuses_other_values(tmp_path: Path) -> None:
    os.environ.pop("NPROC", None)
    study = Study("s", {}, {"NPROC": "3"})
    store = Store.open(tmp_path / "three", study)
    outcomes = list(run(tasks(1, "environment", study), store))
    assert [o.result for o in outcomes] == [{"NPROC": "3", "pid": os.getpid()}]
    other = Study("s", {}, {"NPROC": "4"})
    with pytest.raises(SettingError, match="NPROC is '3' here and '4' in the study"):
        list(run(tasks(1, "environment", other), Store.open(tmp_path / "four", other)))


def test_worker_processes_have_the_environment_of_the_study_whatever_the_driver_has(tmp_path: Path) -> None:
    os.environ["NPROC"] = "7"
    study = Study("s", {}, {"NPROC": "3"})
    outcomes = list(run(tasks(6, "environment", study), Store.open(tmp_path, study), Processes(2), batch_size=1))
    results = [o.result for o in outcomes if o.result]
    assert len(results) == 6
    assert {r["NPROC"] for r in results} == {"3"}
    assert os.getpid() not in {r["pid"] for r in results}
    assert os.environ["NPROC"] == "7"


@pytest.mark.bytes
def test_processes_and_the_process_itself_give_the_same_files(tmp_path: Path) -> None:
    stores = [Store.open(tmp_path / name, STUDY) for name in ("here", "there")]
    asked = tasks(12, "logged", ms=0, log=os.devnull)
    for store, engine in zip(stores, (InProcess(), Processes(2)), strict=True):
        assert len(list(run(asked, store, engine, batch_size=3))) == 12
    for task in asked:
        here, there = (store.read(task.id) for store in stores)
        assert here is not None
        assert there is not None
        assert here.result == there.result


def test_a_task_that_kills_its_worker_fails_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("howwide.sweep.driver._PATIENCE", 1)
    lines: list[str] = []
    outcomes = list(run(tasks(6, "dies_at_three"), store, Processes(2), batch_size=3, notice=lines.append))
    assert sorted(o.result["square"] for o in outcomes if o.result) == [0, 1, 4, 16, 25]
    assert [(o.task.arguments["x"], o.failure) for o in outcomes if o.failure] == [
        (3, "its worker died 2 times, at last while it ran alone")
    ]
    assert lines == ["a worker process died; what it had not finished is handed out again"] * 2


def test_workers_that_always_die_end_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("howwide.sweep.driver._PATIENCE", 1)
    with pytest.raises(SettingError, match="workers died 3 times without finishing anything"):
        list(run(tasks(20, "dies"), store, Processes(1), batch_size=2))


# ------------------------------------------------------------------------------------------------------------- progress


def test_time_left_is_learned_kind_by_kind() -> None:
    pace = Pace()
    assert pace.left({"a": 0}) == 0.0
    assert pace.left({"a": 2}) is None
    for kind, seconds in (("a", 1.0), ("a", 3.0), ("b", 11.0)):
        pace.add(kind, seconds)
    assert pace.seconds == 15.0
    assert pace.left({"a": 2, "b": 1}) == 2 * 2.0 + 11.0
    assert pace.left({"c": 2}) == 2 * 5.0, "an unknown kind takes the mean of all tasks"


def test_a_long_batch_is_followed_while_it_runs(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("howwide.sweep.driver._QUIET", 0.0)
    monkeypatch.setattr("howwide.sweep.driver._LOOK", 0.02)
    seen: list[RunProgress] = []
    asked = tasks(6, "logged", ms=60, log=str(tmp_path / "log"))
    list(run(asked, store, InProcess(2), batch_size=6, smallest_batch=6, on_progress=seen.append))
    done = [state.done for state in seen]
    assert done == sorted(done)
    assert len({0, *done, 6}) > 3, "of one batch of six"
    assert seen[-1] == RunProgress(6, 6, 0, 0, 0.0)


def test_time_left_is_shared_by_the_workers_and_told_in_words(store: Store) -> None:
    asked = tasks(4, groups=2)
    tally = Tally(asked)
    assert tally.progress(1) == RunProgress(4, 0, 0, 0, None)
    assert str(tally.progress(1)) == "0 of 4 done"
    outcomes = {o.task.id: o for o in run(asked, store)}
    tally.add(outcomes[asked[0].id])
    assert tally.progress(2).left == pytest.approx(3 * outcomes[asked[0].id].seconds / 2)
    assert str(RunProgress(9, 3, 2, 1, 7200.0)) == "3 of 9 done, 2 of them found, 1 failed, about 2.0 h left"
    assert str(RunProgress(9, 3, 0, 0, 42.0)) == "3 of 9 done, about 42 s left"
