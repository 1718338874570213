"""A study in one file: out of it come the files it was made of; what is damaged or foreign is refused."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import document, refused
from howwide.errors import DataError, OutputError, SettingError
from howwide.sweep import Store, Study, pack, run, status, unpack
from howwide.sweep.task import digest
from sweep_tasks import STUDY, tasks

FORMATS = ["s.jsonl", "s.jsonl.gz", pytest.param("s.parquet", id="parquet")]


@pytest.fixture(params=FORMATS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param.endswith("parquet"):
        pytest.importorskip("pyarrow")
    return tmp_path / request.param


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Eight results of ten tasks, one of them with null, one function that fails."""
    store = Store.open(tmp_path / "study", STUDY)
    list(run(tasks(8, "fails_at_three"), store))
    list(run([*tasks(1, "diverges"), *tasks(1, "square", text="ä\u2028")], store))
    return store


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "results").glob("*/*")}


def test_out_of_a_pack_come_the_files_it_was_made_of(store: Store, path: Path, tmp_path: Path) -> None:
    packed = pack(store.folder, path)
    assert (packed.study, packed.trials, packed.missing, packed.added) == ("squares", 9, 1, None)
    assert packed.bytes == path.stat().st_size
    unpacked = unpack(path, tmp_path / "there")
    assert (unpacked.trials, unpacked.missing, unpacked.added) == (9, 1, 9)
    assert results(tmp_path / "there") == results(store.folder)
    found = status(tmp_path / "there")
    assert (found.total, found.done, found.missing, found.corrupt) == (10, 9, 1, 0)
    assert unpack(path, tmp_path / "there").added == 0
    first = path.read_bytes()
    pack(tmp_path / "there", path)
    assert path.read_bytes() == first, "the same study is the same file"


def test_a_study_goes_on_from_its_pack(store: Store, path: Path, tmp_path: Path) -> None:
    pack(store.folder, path)
    unpack(path, tmp_path / "there")
    outcomes = list(run(tasks(9), Store.open(tmp_path / "there", STUDY)))
    assert not any(o.found for o in outcomes), "another function"
    outcomes = list(run(tasks(8, "fails_at_three"), Store.open(tmp_path / "there", STUDY)))
    assert sum(o.found for o in outcomes) == 7


def test_packs_of_one_study_merge_and_the_first_result_stands(tmp_path: Path) -> None:
    for name, count, first in (("a", 4, 0), ("b", 6, 2)):
        here = Store.open(tmp_path / name, STUDY)
        list(run(tasks(count)[first:], here))
        pack(tmp_path / name, tmp_path / f"{name}.jsonl")
    before = results(tmp_path / "a")
    assert unpack(tmp_path / "b.jsonl", tmp_path / "a").added == 2
    assert status(tmp_path / "a").done == 6
    assert before.items() <= results(tmp_path / "a").items()


def test_a_damaged_result_is_replaced_from_the_pack(store: Store, path: Path) -> None:
    pack(store.folder, path)
    victim = store.path(tasks(1)[0].id)
    list(run(tasks(1), store))
    pack(store.folder, path)
    whole = victim.read_bytes()
    victim.write_bytes(whole[:20])
    assert unpack(path, store.folder).added == 1
    assert victim.read_bytes() == whole
    assert status(store.folder).set_aside == 1


def test_an_empty_study_has_a_pack(path: Path, tmp_path: Path) -> None:
    Store.open(tmp_path / "study", STUDY)
    assert pack(tmp_path / "study", path).trials == 0
    assert unpack(path, tmp_path / "there").added == 0
    assert Store.existing(tmp_path / "there").study == STUDY


def damages(data: bytes, name: str) -> Iterator[bytes]:
    yield b""
    yield b"hello\n"
    yield b'{"a": 1}\n'
    yield data[: len(data) // 2]
    yield b"\x00" + data
    if name.endswith("jsonl"):
        yield data.replace(b'"square":16', b'"square":17')
        yield data.replace(b'"x":4', b'"x":5')
        yield data.replace(b'"howwide_pack":1', b'"howwide_pack":2')
        yield data.replace(b'"steps":10', b'"steps":11')  # another study, whose ids these are not
        yield data.replace(b'"seconds"', b'"second"')
        yield b"".join(data.splitlines(keepends=True)[:-1])
        yield data + b"[1]\n"


def test_damaged_packs_are_refused_before_anything_is_written(store: Store, path: Path, tmp_path: Path) -> None:
    pack(store.folder, path)
    whole = path.read_bytes()
    for data in damages(whole, path.name):
        assert data != whole
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"is not a whole packed study: .*Pack the study's folder again$"):
            unpack(path, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_foreign_packs_and_names_are_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl.gz"
    pack(store.folder, path)
    Store.open(tmp_path / "other", Study("squares", {"data": "cd34", "steps": 10}, environment={}))
    with pytest.raises(SettingError, match=r"holds another study: context\.data is"):
        unpack(path, tmp_path / "other")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    head = json.loads(lines[0])
    head["versions"]["howwide"], head["digest"] = "0.0.1", digest("")
    older = tmp_path / "older.jsonl"
    older.write_text(json.dumps(head) + "\n", encoding="utf-8")
    with pytest.raises(SettingError, match=r"was made by other versions: howwide is \"0\.1\.0\" there"):
        unpack(older, store.folder)
    for name in ("s", "s.csv", "s.gz"):
        with pytest.raises(SettingError, match=r"is a file \*\.parquet, \*\.jsonl, \*\.jsonl\.gz; got s"):
            pack(store.folder, tmp_path / name)
    with pytest.raises(DataError, match=r"cannot read .*none"):
        unpack(tmp_path / "none.jsonl", tmp_path / "there")
    with pytest.raises(DataError, match="holds no study"):
        pack(tmp_path / "there", path)
    with pytest.raises(OutputError, match="cannot write"):
        pack(store.folder, path / "below" / "s.jsonl")


def test_the_verbs_pack_and_unpack(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, there = str(tmp_path / "s.jsonl"), str(tmp_path / "there")
    assert document(["sweep", "pack", str(store.folder), path], capsys)["result"]["trials"] == 9
    assert document(["sweep", "unpack", path, there], capsys)["result"]["added"] == 9
    assert "cannot read" in refused(["sweep", "unpack", path + "x.jsonl", there], capsys)
    assert "got s.csv" in refused(["sweep", "pack", there, "s.csv"], capsys)
