"""What a folder says of itself: how far the study is, and one tidy table."""

import io
import os
from pathlib import Path

import pandas as pd
import pytest

from howwide.errors import DataError, SettingError
from howwide.sweep import Store, collect, run, status, write_index
from sweep_tasks import STUDY, tasks


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "study", STUDY)


def test_the_status_of_a_growing_folder(store: Store) -> None:
    assert (status(store.folder).total, status(store.folder).seconds_left) == (0, 0.0)
    outcomes = run(tasks(8), store, batch_size=2)
    planned = status(store.folder)
    assert (planned.total, planned.done, planned.missing, planned.seconds_left) == (8, 0, 8, None)
    next(outcomes), next(outcomes)
    half = status(store.folder)
    assert (half.study, half.total, half.done, half.missing, half.failed) == ("squares", 8, 2, 6, 0)
    assert half.seconds_left == pytest.approx(half.seconds / 2 * 6)
    list(outcomes)
    whole = status(store.folder)
    assert (whole.total, whole.done, whole.missing, whole.seconds_left) == (8, 8, 0, 0.0)
    assert whole.notes == []


def test_rounds_of_tasks_add_up_and_equal_ones_count_once(store: Store) -> None:
    for count in (3, 5, 3):
        list(run(tasks(count), store))
    assert (status(store.folder).total, status(store.folder).done) == (5, 5)
    assert len(list((store.folder / "tasks").iterdir())) == 2


def test_failed_tasks_are_missing_until_they_have_a_result(store: Store) -> None:
    list(run(tasks(5, "fails_at_three"), store))
    found = status(store.folder)
    assert (found.done, found.missing, found.failed) == (4, 1, 1)
    store.write(tasks(5, "fails_at_three")[3], {"square": 9}, 0.1)
    found = status(store.folder)
    assert (found.done, found.missing, found.failed) == (5, 0, 0)


def test_damaged_and_foreign_files_are_told_and_not_counted(store: Store) -> None:
    asked = tasks(6)
    list(run(asked, store))
    store.path(asked[0].id).write_text("{")
    results = store.folder / "results"
    (results / "notes.txt").write_text("mine")
    store.path(asked[1].id).with_name("copy of a result.json").write_bytes(store.path(asked[1].id).read_bytes())
    other = next(f for f in ("00", "01", "02") if f != asked[2].id[:2])
    (results / other).mkdir(exist_ok=True)
    (results / other / f"{asked[2].id}.json").write_bytes(store.path(asked[2].id).read_bytes())
    for hidden in (".DS_Store", f".{asked[0].id}.json.XyZ123"):
        (results / other / hidden).write_text("system")
    (results / "deep" / "er").mkdir(parents=True)
    (store.folder / "data.npz").write_text("of the study, and none of our business")
    before = {p: p.read_bytes() for p in store.folder.rglob("*") if p.is_file()}
    found = status(store.folder)
    assert (found.total, found.done, found.missing, found.corrupt) == (6, 5, 1, 5)
    assert len(found.notes) == 5
    assert all("is not used" in line and "\n" not in line for line in found.notes)
    assert len(collect(store.folder)) == 5
    assert {p: p.read_bytes() for p in store.folder.rglob("*") if p.is_file()} == before, "looking changes nothing"
    list(run(asked, store))
    found = status(store.folder)
    assert (found.done, found.missing, found.corrupt, found.set_aside) == (6, 0, 4, 1)


def test_a_damaged_list_of_tasks_is_told_and_written_again_by_the_next_run(store: Store) -> None:
    list(run(tasks(3), store))
    plan = next((store.folder / "tasks").iterdir())
    plan.write_text('{"schema": 1, "tasks": [{"function"')
    found = status(store.folder)
    assert (found.total, found.done) == (3, 3), "results speak for themselves"
    assert found.notes == [f"{plan} is not used: it is not a whole list of tasks"]
    list(run(tasks(3), store))
    assert status(store.folder).notes == []


def test_folders_of_two_machines_merge(tmp_path: Path) -> None:
    one, two = (Store.open(tmp_path / name, STUDY) for name in ("one", "two"))
    list(run(tasks(4), one))
    list(run(tasks(7)[3:], two))
    for path in sorted(two.folder.rglob("*.json")):
        target = one.folder / path.relative_to(two.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    found = status(one.folder)
    assert (found.total, found.done, found.missing, found.notes) == (7, 7, 0, [])


def test_no_study_is_told(tmp_path: Path) -> None:
    for ask in (status, collect, write_index):
        with pytest.raises(DataError, match="holds no study"):
            ask(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_the_table_is_tidy_and_in_the_order_of_the_arguments(store: Store) -> None:
    for x in (10, 9, 2):
        arguments = {"x": x, "net": {"depth": 5, "alpha": None}, "rule": "ladder" if x > 2 else 0.5}
        store.write(STUDY.task("m:f", arguments), {"x": x + 0.5, "ok": True, "law": {"a": 1.5}, "path": [1, 2]}, 0.25)
    table = collect(store.folder)
    assert list(table.columns) == [
        *("id", "x", "net.depth", "net.alpha", "rule"),
        *("result.x", "ok", "law.a", "path", "seconds", "howwide"),
    ]
    assert table["x"].tolist() == [2, 9, 10], "numbers by size, not as text"
    assert table["result.x"].tolist() == [2.5, 9.5, 10.5]
    assert table["path"].tolist() == ["[1,2]"] * 3
    assert table["rule"].tolist() == [0.5, "ladder", "ladder"]
    assert table["seconds"].tolist() == [0.25] * 3


def test_the_index_as_csv_and_as_parquet(store: Store) -> None:
    list(run(tasks(3), store))
    path = write_index(store.folder)
    assert path == store.folder / "results.csv"
    pd.testing.assert_frame_equal(pd.read_csv(path), collect(store.folder), check_dtype=False)
    assert path.read_bytes() == write_index(store.folder).read_bytes()
    pytest.importorskip("pyarrow")
    path = write_index(store.folder, parquet=True)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(path.read_bytes())), collect(store.folder))
    assert status(store.folder).notes == [], "indices are no results"


def test_parquet_refuses_a_column_of_mixed_types_in_one_line(store: Store) -> None:
    pytest.importorskip("pyarrow")
    for rule in ("ladder", 0.5):
        store.write(STUDY.task("m:f", {"rule": rule}), {}, 0.1)
    with pytest.raises(SettingError, match=r"Parquet cannot hold this table .*; write CSV") as caught:
        write_index(store.folder, parquet=True)
    assert "\n" not in str(caught.value)
    assert write_index(store.folder).read_text().count("\n") == 3


def test_text_that_no_encoding_holds_reaches_the_csv(store: Store) -> None:
    store.write(STUDY.task("m:f", {"x": 1}), {"name": os.fsdecode(b"caf\xe9")}, 0.1)
    assert "caf\\udce9" in write_index(store.folder).read_text(encoding="utf-8")
