"""What a folder holds: how far the study is, and all results as one tidy table."""

import io
import os
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from howwide.errors import DataError, OutputError, SettingError
from howwide.files import write_atomically
from howwide.results.sweep import SweepResult
from howwide.sweep.files import ASIDE
from howwide.sweep.progress import Pace
from howwide.sweep.record import Record
from howwide.sweep.store import Store
from howwide.sweep.task import Task, canonical, leaves

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["collect", "status", "stored_records", "study_pace", "write_index"]


def status(folder: Path | str) -> SweepResult:
    """How far the study in ``folder`` is; may be asked at any time, from anywhere, and changes nothing.

    Raises:
        DataError: there is no study, or its ``study.json`` is damaged.
    """
    store = Store.existing(folder)
    tasks, problems = store.planned()
    records, damaged, aside = stored_records(store)
    pace = _pace(tasks, records)
    missing: Counter[Hashable] = Counter(task.kind for name, task in tasks.items() if name not in records)
    return SweepResult(
        study=store.study.name,
        total=len(tasks),
        done=len(records),
        missing=len(tasks) - len(records),
        claimed=len((store.claimed() & tasks.keys()) - records.keys()),
        failed=len((store.failures() & tasks.keys()) - records.keys()),
        corrupt=len(damaged),
        set_aside=aside,
        seconds=pace.seconds,
        seconds_left=pace.left(missing),
        notes=problems + damaged,
    )


def study_pace(store: Store) -> Pace:
    """Seconds of the study's tasks, kind by kind, learned from its results."""
    return _pace(store.planned()[0], stored_records(store)[0])


def _pace(tasks: dict[str, Task], records: Mapping[str, Record]) -> Pace:
    """Seconds of the results; those that were not asked for join the ``tasks``."""
    pace = Pace()
    for name, record in records.items():
        pace.add(tasks.setdefault(name, record.task).kind, record.seconds)
    return pace


def collect(folder: Path | str) -> "pd.DataFrame":
    """All results of the study in ``folder``, one row each, in the order of their arguments.

    Columns: ``id``, the arguments, the results, ``seconds``, ``howwide`` (the version that made it). Nested dicts
    become dotted names, lists JSON text. A result whose name an argument has is called ``result.NAME``.

    Raises:
        DataError: there is no study, or its ``study.json`` is damaged.
    """
    import pandas as pd

    records, _, _ = stored_records(Store.existing(folder))
    ordered = sorted(records.values(), key=lambda r: (r.task.function, _rank(r.task.arguments), r.task.id))
    return pd.DataFrame([_row(record) for record in ordered])


def write_index(folder: Path | str, *, parquet: bool = False) -> Path:
    """Write :func:`collect` to ``results.csv``, or to ``results.parquet``, in ``folder``, and return where it is.

    The table is derived: writing it again is always right.

    Raises:
        SettingError: Parquet without pyarrow, or of a column that mixes types.
    """
    table, path = collect(folder), Path(folder) / ("results.parquet" if parquet else "results.csv")
    if not parquet:
        write_atomically(path, table.to_csv(index=False, lineterminator="\n"))
        return path
    content = io.BytesIO()
    try:
        table.to_parquet(content, index=False)
    except ImportError:
        raise SettingError("Parquet needs pyarrow: install howwide[parquet], or write CSV") from None
    except (TypeError, ValueError) as error:
        raise SettingError(f"Parquet cannot hold this table ({' '.join(str(error).split())}); write CSV") from None
    write_atomically(path, content.getvalue())
    return path


def stored_records(store: Store) -> tuple[dict[str, Record], list[str], int]:
    """The whole results by id, a line for each other file among them, and the number of files set aside."""
    records, damaged, aside = {}, [], 0
    for path in _files(store.folder / "results"):
        if ASIDE in path.name:
            aside += 1
        elif path != store.path(path.stem):
            damaged.append(f"{path} is not used: no result has this name")
        else:
            try:
                record = store.read(path.stem)
            except DataError as error:
                damaged.append(str(error))
                continue
            if record is not None:
                records[path.stem] = record
    return records, damaged, aside


def _files(results: Path) -> Iterator[Path]:
    """Two levels deep, without hidden names: those are temporary files, of this library, of rsync or of the system."""
    for folder in _entries(results):
        if len(folder.name) == 2 and folder.is_dir():
            yield from _entries(folder)
        else:
            yield folder


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder / name for name in os.listdir(folder) if not name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(f"cannot read {folder}: {error.strerror or error}") from None


def _row(record: Record) -> dict[str, Any]:
    def cells(value: Mapping[str, Any]) -> dict[str, Any]:
        return {key: canonical(v) if isinstance(v, (dict, list)) else v for key, v in leaves(value)}

    row = {"id": record.task.id, **cells(record.task.arguments)}
    results = {**cells(record.result), "seconds": record.seconds, "howwide": record.versions["howwide"]}
    return row | {f"result.{name}" if name in row else name: value for name, value in results.items()}


def _rank(value: Any) -> Any:
    """A sorting key for any JSON: null, numbers, text, lists, dicts, each kind in its own order."""
    if isinstance(value, dict):
        return 4, sorted((key, _rank(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return 3, [_rank(inner) for inner in value]
    return (0,) if value is None else (2, value) if isinstance(value, str) else (1, value)
