"""The folder: whole files or none, the first writer stands, and whatever else is there is told and left alone."""

import errno
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from howwide.errors import DataError, OutputError, SettingError
from howwide.sweep import Outcome, Store, Study, run
from howwide.sweep import files as sweep_files
from howwide.sweep.files import publish
from sweep_tasks import STUDY, tasks


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "study", STUDY)


def visible(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_a_result_comes_back_as_it_was_written(store: Store) -> None:
    task = tasks(1)[0]
    assert store.read(task.id) is None
    record = store.write(task, {"a": 1.5, "b": [None, "x"], "loss": float("inf")}, 0.25)
    assert record == store.read(task.id)
    assert record.task == task
    assert record.result == {"a": 1.5, "b": [None, "x"], "loss": None}
    assert record.seconds == 0.25
    assert visible(store.folder) == {"study.json", f"results/{task.id[:2]}/{task.id}.json"}


@pytest.mark.parametrize("links", [True, False])
def test_the_first_writer_stands(store: Store, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refusing(errno.EPERM))
    task = tasks(1)[0]
    first = store.write(task, {"a": 1}, 1.0)
    before = store.path(task.id).read_bytes()
    assert store.write(task, {"a": 1}, 2.0) == first
    assert store.path(task.id).read_bytes() == before


def test_of_many_writers_at_once_one_stands_and_all_agree(store: Store) -> None:
    task, standing = tasks(1)[0], []
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        standing.append(store.write(task, {"a": 1}, float(number)).seconds)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(standing) == 8
    assert len(set(standing)) == 1
    assert len(visible(store.folder)) == 2, "no temporary file is left"


DAMAGE = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
    "binary": lambda data: b"\xff\xfe\x00" + data,
    "changed": lambda data: data.replace(b'"square": 4', b'"square": 5'),
    "a list": lambda data: b"[1, 2]",
    "nan": lambda data: data.replace(b'"square": 4', b'"square": NaN'),
    "deep": lambda data: b"[" * 100_000,
    "other schema": lambda data: data.replace(b'"schema": 1', b'"schema": 2'),
    "sealed nonsense": lambda data: b'{"schema": 1, "digest": "' + _digest_of_nothing() + b'"}',
}


def _digest_of_nothing() -> bytes:
    from howwide.sweep.task import digest

    return digest('{"schema":1}').encode()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_result_is_told_set_aside_and_made_again(store: Store, damage: str) -> None:
    asked = tasks(4)
    list(run(asked, store))
    path = store.path(asked[2].id)
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[damage](whole))
    assert path.read_bytes() != whole
    with pytest.raises(DataError, match=r"is not used: it"):
        store.read(asked[2].id)
    lines: list[str] = []
    outcomes = list(run(asked, store, notice=lines.append))
    assert len(lines) == 1
    assert path.name in lines[0]
    assert "\n" not in lines[0]
    assert sorted(o.found for o in outcomes) == [False, True, True, True]
    assert {o.result["square"] for o in outcomes if o.result} == {0, 1, 4, 9}
    aside = [p for p in path.parent.iterdir() if ".damaged-" in p.name]
    assert [p.read_bytes() for p in aside] == [DAMAGE[damage](whole)], "the damaged file is kept"


def test_a_folder_in_place_of_a_result_is_set_aside(store: Store) -> None:
    task = tasks(1)[0]
    store.path(task.id).mkdir(parents=True)
    (store.path(task.id) / "mine.txt").write_text("keep")
    assert [o.result for o in run([task], store)] == [{"square": 0}]
    assert [p.read_text() for p in store.folder.rglob("mine.txt")] == ["keep"]


def test_a_result_of_another_task_or_study_under_this_name_is_not_taken(store: Store, tmp_path: Path) -> None:
    asked = tasks(2)
    list(run(asked[1:], store))
    store.path(asked[0].id).parent.mkdir(parents=True, exist_ok=True)
    store.path(asked[0].id).write_bytes(store.path(asked[1].id).read_bytes())
    with pytest.raises(DataError, match="another task or another study"):
        store.read(asked[0].id)
    assert [o.result["square"] for o in run(asked[:1], store) if o.result] == [0]
    other = Store.open(tmp_path / "other", Study("squares", {"data": "zz"}, environment={}))
    other.path(asked[1].id).parent.mkdir(parents=True)
    other.path(asked[1].id).write_bytes(store.path(asked[1].id).read_bytes())
    with pytest.raises(DataError, match="another task or another study"):
        other.read(asked[1].id)


def test_setting_aside_gives_back_what_another_driver_has_mended(store: Store) -> None:
    task = tasks(1)[0]
    record = store.write(task, {"square": 0}, 1.0)
    store.set_aside(task.id)  # judged damaged a moment ago, whole by now
    assert store.read(task.id) == record
    store.path(task.id).unlink()
    store.set_aside(task.id)  # gone in the meantime
    assert store.read(task.id) is None


# ------------------------------------------------------------------------------------------------- which study it is


def test_a_folder_of_the_same_study_opens_again(store: Store) -> None:
    before = (store.folder / "study.json").read_bytes()
    again = Store.open(str(store.folder), STUDY)
    assert again == store
    assert (store.folder / "study.json").read_bytes() == before


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Study("cubes", STUDY.context, {}), 'study is "squares" there and "cubes" here'),
        (Study("squares", {"data": "ab12", "steps": 20}, {}), "context.steps is 10 there and 20 here"),
        (Study("squares", {"data": "ab12"}, {}), "context.steps is 10 there and absent here"),
        (Study("squares", STUDY.context, {"NPROC": "1"}), 'environment.NPROC is absent there and "1" here'),
        (Study("s", {"a": 1, "data": "b"}, {}), "; and 1 more"),
    ],
)
def test_another_study_is_refused_in_one_line(store: Store, other: Study, told: str) -> None:
    for accept in (False, True):
        with pytest.raises(SettingError, match=r"holds another study: .*Choose another folder") as caught:
            Store.open(store.folder, other, accept_versions=accept)
        assert told in str(caught.value)
        assert "\n" not in str(caught.value)


def test_other_versions_are_refused_or_accepted_with_the_ids_of_the_folder(tmp_path: Path) -> None:
    old = Study("squares", {}, {}, {"howwide": "0.0.9", "jax": "0.7"})
    first = Store.open(tmp_path, old)
    list(run(tasks(2, study=first.study), first))
    new = Study("squares", {}, {}, {"jax": "0.7"})
    with pytest.raises(SettingError, match=r'made by other versions: howwide is "0\.0\.9" there') as caught:
        Store.open(tmp_path, new)
    assert "accept" in str(caught.value)
    accepted = Store.open(tmp_path, new, accept_versions=True)
    outcomes = list(run(tasks(3, study=accepted.study), accepted))
    assert [o.found for o in outcomes] == [True, True, False]
    made_by = [accepted.read(o.task.id) for o in outcomes]
    assert [r.versions["howwide"] for r in made_by if r] == ["0.0.9", "0.0.9", new.versions["howwide"]]
    with pytest.raises(SettingError, match="not of the study"):
        run(tasks(1, study=new), accepted)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"schema": 1}', b'{"schema": 1, "study": "s", "x": 1}']
)
def test_a_damaged_study_file_is_told_and_left(store: Store, content: bytes) -> None:
    (store.folder / "study.json").write_bytes(content)
    with pytest.raises(DataError, match=r"study\.json is damaged\. Bring it back from a copy, or rename it"):
        Store.open(store.folder, STUDY)
    assert (store.folder / "study.json").read_bytes() == content


def test_a_study_file_of_a_later_schema_is_told(store: Store) -> None:
    path = store.folder / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 7}))
    with pytest.raises(DataError, match="has schema 7, and this howwide reads 1"):
        Store.open(store.folder, STUDY)


def test_results_survive_the_loss_of_the_study_file(store: Store) -> None:
    list(run(tasks(3), store))
    (store.folder / "study.json").unlink()
    assert all(o.found for o in run(tasks(3), Store.open(store.folder, STUDY)))


# ------------------------------------------------------------------------------------- what writers leave, full disks


def test_leftovers_of_killed_writers_are_swept_when_old_and_other_hidden_files_are_not(store: Store) -> None:
    task = tasks(1)[0]
    list(run([task], store))
    place = store.path(task.id).parent
    old = place / f".{task.id}.json.abcd1234.part"
    young = place / f".{task.id}.json.zzzz1234.part"
    rsync = place / f".{task.id}.json.AbCdEf"
    for path in (old, young, rsync):
        path.write_text("half of a res")
    for path in (old, rsync):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    lines: list[str] = []
    assert all(o.found for o in run([task], Store.open(store.folder, STUDY), notice=lines.append))
    assert lines == []
    assert [p.exists() for p in (old, young, rsync)] == [False, True, True]


def refusing(number: int) -> Any:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tasks(2)
    list(run(asked[:1], store))
    before = visible(store.folder)
    real = os.fdopen

    class Full:
        def __init__(self, handle: int) -> None:
            self.file = real(handle, "wb")

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.file.write(data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sweep_files.os, "fdopen", lambda handle, _: Full(handle))
    with pytest.raises(
        OutputError, match=r"cannot write .*: No space left on device\. What is finished stays"
    ) as caught:
        store.write(asked[1], {"square": 1}, 0.1)
    assert "\n" not in str(caught.value)
    assert visible(store.folder) == before
    assert not [p for p in store.folder.rglob(".*") if p.is_file()]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 kB; skips where none may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(place)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_fills_up_keeps_what_fitted_and_the_run_goes_on_elsewhere(small_disk: Path, tmp_path: Path) -> None:
    store, asked = Store.open(small_disk / "study", STUDY), tasks(100)
    outcomes: list[Outcome] = []
    with pytest.raises(OutputError, match="No space left on device"):
        outcomes.extend(run(asked, store, batch_size=2))
    kept = [p for p in visible(store.folder) if p.startswith("results")]
    assert 3 < len(kept) < 100
    assert len(outcomes) <= len(kept) <= len(outcomes) + 2
    assert all(store.read(Path(p).stem) for p in kept), "no half of a result"
    assert not [p for p in store.folder.rglob(".*") if p.is_file()]
    roomy = tmp_path / "roomy"
    subprocess.run(["cp", "-a", str(store.folder), str(roomy)], check=True)
    finished = list(run(asked, Store.open(roomy, STUDY)))
    assert sum(o.found for o in finished) == len(kept)
    assert sorted(o.result["square"] for o in finished if o.result) == [x * x for x in range(100)]


def test_a_read_only_folder_refuses_new_work_and_gives_what_it_has(small_disk: Path) -> None:
    list(run(tasks(3), Store.open(small_disk / "study", STUDY)))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    store = Store.open(small_disk / "study", STUDY)
    assert all(o.found for o in run(tasks(3), store))
    with pytest.raises(OutputError, match="Read-only file system"):
        run(tasks(4), store)
    with pytest.raises(OutputError, match="Read-only file system"):
        store.write(tasks(4)[3], {}, 0.0)


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "study").write_text("mine")
    with pytest.raises(OutputError, match="is a file, and a study needs a folder"):
        Store.open(tmp_path / "study", STUDY)
    with pytest.raises(OutputError, match="cannot write"):
        Store.open(tmp_path / "study" / "inner", STUDY)
    assert (tmp_path / "study").read_text() == "mine"


def test_publishing_keeps_a_dangling_link_and_says_so(store: Store) -> None:
    task = tasks(1)[0]
    store.path(task.id).parent.mkdir(parents=True)
    store.path(task.id).symlink_to("nowhere")
    with pytest.raises(OutputError, match="does not stay as it was written"):
        store.write(task, {}, 0.0)


def test_published_files_can_be_read_by_others(tmp_path: Path) -> None:
    publish(tmp_path / "a" / "b.json", b"x")
    assert (tmp_path / "a" / "b.json").stat().st_mode & 0o777 == 0o644
