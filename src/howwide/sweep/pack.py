"""A whole study as one file, to keep in git, to send, and to merge: settings, versions, tasks, results with digests.

The head is the study's identity with a digest of all ids; every row a task that was asked for, with its result if it
has one. Rows are in the order of their ids, so the same study gives the same file. Out of a pack come the very files it
was made of, each checked against its digest. Data are not in it: the command that made the study writes them again.

Parquet (needs pyarrow) has arguments and results as JSON text in columns; JSON lines have a line for the head and one
for each row, and may be compressed (gzip).
"""

import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from howwide.errors import DataError, SettingError
from howwide.files import write_atomically
from howwide.results.sweep import PackResult
from howwide.sweep.files import publish
from howwide.sweep.record import SCHEMA, Record, read_record, record_bytes
from howwide.sweep.store import Store
from howwide.sweep.table import stored_records
from howwide.sweep.task import Study, Task, digest

__all__ = ["pack", "unpack"]

_MARK = "howwide_pack"
_VERSION = 1
_COLUMNS = ("function", "group", "arguments", "result", "seconds", "versions", "digest")
_TEXT = ("arguments", "result", "versions")  # of a table: JSON text

Row = dict[str, Any]


def pack(folder: Path | str, path: Path | str) -> PackResult:
    """Write the study in ``folder``, whole or not, to one file, which is replaced.

    Raises:
        SettingError: the name does not end with .parquet, .jsonl or .jsonl.gz, or Parquet without pyarrow.
        DataError: there is no study in the folder.
        OutputError: the file cannot be written.
    """
    path, store = Path(path), Store.existing(folder)
    write = _format(path)[0]
    tasks, problems = store.planned()
    records, damaged, _ = stored_records(store)
    for name, record in records.items():
        tasks.setdefault(name, record.task)
    rows = [_row(store.study, tasks[name], records.get(name)) for name in sorted(tasks)]
    data = write({_MARK: _VERSION, "schema": SCHEMA, **store.study.identity, "digest": _of_ids(tasks)}, rows)
    write_atomically(path, data)
    return PackResult(
        study=store.study.name, trials=len(records), missing=len(tasks) - len(records), added=None, bytes=len(data),
        notes=problems + damaged,
    )  # fmt: skip


def unpack(path: Path | str, folder: Path | str) -> PackResult:
    """Put the study of a pack into ``folder``: a new one, or one of the same study, which gets what it does not have.

    Everything in the pack is checked before anything is written.

    Raises:
        SettingError: the folder holds another study or was begun with other versions, or the name of the pack does not
            end with .parquet, .jsonl or .jsonl.gz, or Parquet without pyarrow.
        DataError: the file is no pack, or damaged.
        OutputError: the folder cannot be written.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    try:
        head, rows = _format(path)[1](data)
        study = _study(head)
        contents = dict(_content(study, row) for row in rows)
        if head["digest"] != _of_ids(task.id for task in contents):
            raise DataError("rows are missing, or they are of another study than its head says")
    except SettingError:
        raise
    except Exception as error:  # whatever pyarrow, gzip and json make of a foreign or damaged file
        reason = str(error) if isinstance(error, DataError) else f"it has another format ({type(error).__name__})"
        raise DataError(f"{path} is not a whole packed study: {reason}. Pack the study's folder again") from None
    store = Store.open(folder, study)
    added = 0
    for task, content in contents.items():
        if content is not None and not _has(store, task):
            publish(store.path(task.id), content)
            added += 1
    store.plan(list(contents))
    trials = sum(content is not None for content in contents.values())
    return PackResult(
        study=study.name, trials=trials, missing=len(contents) - trials, added=added, bytes=len(data)
    )  # fmt: skip


def _row(study: Study, task: Task, record: Record | None) -> Row:
    row: Row = {"function": task.function, "group": task.group, "arguments": task.arguments}
    if record is not None:
        content = json.loads(record_bytes(record.task, record.result, record.seconds, record.versions))
        row |= {name: content[name] for name in ("arguments", "result", "seconds", "digest")}
        row["versions"] = None if record.versions == study.versions else record.versions
    return {name: row.get(name) for name in _COLUMNS}


def _content(study: Study, row: Row) -> tuple[Task, bytes | None]:
    """The task of a row, and the file of its result.

    Raises:
        DataError: the result does not fit its digest.
    """
    task = study.task(row["function"], row["arguments"], row["group"])
    if row["digest"] is None:
        return task, None
    content = {
        "schema": SCHEMA,
        "function": task.function,
        "arguments": row["arguments"],
        "result": row["result"],
        "seconds": row["seconds"],
        "versions": study.versions if row["versions"] is None else row["versions"],
        "digest": row["digest"],
    }
    data = json.dumps(content).encode()
    try:
        read_record(study, task.id, data)
    except DataError as error:
        raise DataError(f"the result of {task.arguments}: {error}") from None
    return task, data


def _study(head: Mapping[str, Any]) -> Study:
    if head.get(_MARK) != _VERSION or head.get("schema") != SCHEMA:
        raise DataError(f"it is not a pack of version {_VERSION} with results of schema {SCHEMA}")
    return Study(head["study"], head["context"], head["environment"], head["versions"])


def _of_ids(ids: Iterable[str]) -> str:
    """A digest of all tasks, which stand for the study too: every id depends on it."""
    return digest(" ".join(sorted(ids)))


def _has(store: Store, task: Task) -> bool:
    """Whether the folder has a whole result; a damaged one is set aside."""
    try:
        return store.read(task.id) is not None
    except DataError:
        store.set_aside(task.id)
        return False


# -------------------------------------------------------------------------------------------------------------- formats


def _format(path: Path) -> tuple[Any, Any]:
    """What writes and what reads files of this name."""
    for suffix, functions in _FORMATS.items():
        if path.name.endswith(suffix):
            return functions
    raise SettingError(f"a packed study is a file {', '.join(f'*{suffix}' for suffix in _FORMATS)}; got {path.name}")


def _to_lines(head: Mapping[str, Any], rows: Iterable[Row]) -> bytes:
    slim = ({name: value for name, value in row.items() if value is not None} for row in rows)
    return b"".join(f"{_json(line)}\n".encode() for line in (head, *slim))


def _from_lines(data: bytes) -> tuple[dict[str, Any], Iterator[Row]]:
    head, *lines = data.decode().splitlines()
    rows = (json.loads(line) for line in lines)
    return json.loads(head), ({name: row.get(name) for name in _COLUMNS} for row in rows)


def _to_gzip(head: Mapping[str, Any], rows: Iterable[Row]) -> bytes:
    return gzip.compress(_to_lines(head, rows), mtime=0)


def _from_gzip(data: bytes) -> tuple[dict[str, Any], Iterator[Row]]:
    return _from_lines(gzip.decompress(data))


def _to_parquet(head: Mapping[str, Any], rows: Iterable[Row]) -> bytes:
    pa = _pyarrow()
    texts = [{k: _json(v) if k in _TEXT and v is not None else v for k, v in row.items()} for row in rows]
    fields = [(name, pa.float64() if name == "seconds" else pa.string()) for name in _COLUMNS]
    table = pa.Table.from_pylist(texts, pa.schema(fields, metadata={_MARK: _json(head)}))
    stream = io.BytesIO()
    pa.parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def _from_parquet(data: bytes) -> tuple[dict[str, Any], Iterator[Row]]:
    table = _pyarrow().parquet.read_table(io.BytesIO(data))
    head = json.loads((table.schema.metadata or {}).get(_MARK.encode(), b"{}"))
    rows = table.to_pylist()
    return head, ({k: json.loads(v) if k in _TEXT and v is not None else v for k, v in row.items()} for row in rows)


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise SettingError("Parquet needs pyarrow: install howwide[parquet], or use .jsonl.gz") from None
    return pyarrow


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


_FORMATS = {
    ".parquet": (_to_parquet, _from_parquet),
    ".jsonl": (_to_lines, _from_lines),
    ".jsonl.gz": (_to_gzip, _from_gzip),
}
