"""The folder of a study: plain files that are written once, and no index that could disagree with them.

``study.json`` says what the study is, ``tasks/`` what was asked for (a file for each list of tasks), ``results/ab/``
has one file a result, ``failures/`` the traceback of tasks that raised an exception, and ``running/`` claims, which
are hints and no locks: what one process computes others leave for last. Other files are left alone.
"""

import contextlib
import dataclasses
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from howwide.errors import DataError, OutputError, SettingError
from howwide.files import write_atomically
from howwide.sweep.files import publish, read_bytes, set_aside, sweep_leftovers
from howwide.sweep.record import SCHEMA, Record, read_record, record_bytes
from howwide.sweep.task import Study, Task, digest, leaves

__all__ = ["Store"]


@dataclasses.dataclass(frozen=True)
class Store:
    """A study's folder; make one with :meth:`open` or :meth:`existing`.

    Attributes:
        folder: where it is.
        study: as ``study.json`` has it.
        versions: of the libraries here and now; they go into new results.
    """

    folder: Path
    study: Study
    versions: Mapping[str, str]

    @classmethod
    def open(cls, folder: Path | str, study: Study, *, accept_versions: bool = False) -> "Store":
        """The folder of ``study``, created if it does not exist.

        Args:
            folder: of this study, or without a study.
            study: what the folder must hold.
            accept_versions: go on in a folder that other library versions began. Its ids stay, so make tasks with
                the ``study`` of the store; every result says which versions made it.

        Raises:
            SettingError: the folder holds another study, or other versions made it.
            DataError: ``study.json`` is damaged.
            OutputError: the folder cannot be used.
        """
        folder = Path(folder)
        if os.path.isfile(folder):
            raise OutputError(f"{folder} is a file, and a study needs a folder. Choose another name")
        text = json.dumps({"schema": SCHEMA, **study.identity}, indent=2, sort_keys=True)
        publish(folder / "study.json", f"{text}\n".encode())
        there = cls.existing(folder).study
        unversioned = (dataclasses.replace(each, versions={}).identity for each in (there, study))
        if differing := _differences(*unversioned):
            raise SettingError(f"{folder} holds another study: {_some(differing)}. Choose another folder for this one")
        older = _differences(there.versions, study.versions)
        if older and not accept_versions:
            raise SettingError(
                f"{folder} was made by other versions: {_some(older)}. Choose another folder, or accept the versions "
                "(accept_versions, --accept-versions) to go on in this one"
            )
        for place in (folder, folder / "running", *(folder / "results").glob("[0-9a-f][0-9a-f]")):
            sweep_leftovers(place)
        return cls(folder, there, study.versions)

    @classmethod
    def existing(cls, folder: Path | str) -> "Store":
        """The folder of whatever study is there, to read from.

        Raises:
            DataError: there is none, or its ``study.json`` is damaged or of another schema.
        """
        path = Path(folder) / "study.json"
        data = read_bytes(path)
        if data is None:
            raise DataError(f"{folder} holds no study: there is no study.json in it")
        try:
            content = json.loads(data)
            schema = content.pop("schema")
            study = Study(content.pop("study"), **content) if schema == SCHEMA else None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise DataError(
                f"{path} is damaged. Bring it back from a copy, or rename it and run the study again: that writes it "
                "anew and keeps the results"
            ) from None
        if study is None:
            raise DataError(
                f"{path} has schema {schema!r}, and this howwide reads {SCHEMA}. Use the version that wrote it"
            )
        return cls(Path(folder), study, study.versions)

    def path(self, name: str) -> Path:
        """Where the result of the task with id ``name`` is, or will be."""
        return self.folder / "results" / name[:2] / f"{name}.json"

    def read(self, name: str) -> Record | None:
        """The result of the task with id ``name``; None if there is none.

        Raises:
            DataError: the file is not a whole result of this task; the message is a line that says why.
        """
        data = read_bytes(self.path(name))
        try:
            return None if data is None else read_record(self.study, name, data)
        except DataError as error:
            raise DataError(f"{self.path(name)} is not used: {error}") from None

    def write(self, task: Task, result: Mapping[str, Any], seconds: float) -> Record:
        """Store a result and return the one that stands, which is the first that was written.

        Raises:
            OutputError: it cannot be written, and nothing is left of it.
        """
        data = record_bytes(task, result, seconds, self.versions)
        for _ in range(3):
            publish(self.path(task.id), data)
            try:
                standing = self.read(task.id)
            except DataError:
                self.set_aside(task.id)
                continue
            if standing is not None:
                return standing
        raise OutputError(f"{self.path(task.id)} does not stay as it was written. See what else writes to this folder")

    def set_aside(self, name: str) -> None:
        """Rename a damaged result, so that its task is missing; if another driver has just mended it, undo that."""
        aside = set_aside(self.path(name))
        data = None if aside is None else read_bytes(aside)
        if data is not None:
            with contextlib.suppress(DataError):
                read_record(self.study, name, data)
                publish(self.path(name), data)

    @contextlib.contextmanager
    def claim(self, tasks: Sequence[Task]) -> Iterator[None]:
        """Let others know that ``tasks`` are being computed. A claim that outlives its process only delays them."""
        path = self.folder / "running" / f"{secrets.token_hex(16)}.claim"
        publish(path, "\n".join(task.id for task in tasks).encode())
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()

    def claimed(self) -> set[str]:
        """Ids of the tasks that are being computed, or were when their process was killed."""
        return {
            name.decode(errors="replace")
            for path in (self.folder / "running").glob("*.claim")
            for name in (read_bytes(path) or b"").split()
        }

    def plan(self, tasks: Sequence[Task]) -> None:
        """Note what is asked for, so that :func:`howwide.sweep.status` knows what is missing."""
        rows = [{"function": t.function, "arguments": t.arguments, "group": t.group} for t in tasks]
        path = self.folder / "tasks" / f"{digest(' '.join(sorted(t.id for t in tasks)))}.json"
        data = json.dumps({"schema": SCHEMA, "tasks": rows}).encode()
        if read_bytes(path) != data:
            write_atomically(path, data)

    def planned(self) -> tuple[dict[str, Task], list[str]]:
        """All tasks that were asked for, by id, and a line for each damaged list."""
        tasks, problems = {}, []
        for path in sorted((self.folder / "tasks").glob("[0-9a-f]*.json")):
            try:
                for row in json.loads(read_bytes(path) or b"")["tasks"]:
                    task = self.study.task(row["function"], row["arguments"], row["group"])
                    tasks[task.id] = task
            except (ValueError, TypeError, KeyError, RecursionError):
                problems.append(f"{path} is not used: it is not a whole list of tasks")
        return tasks, problems

    def note_failure(self, task: Task, text: str) -> None:
        """Keep the traceback of a failed task; it is no result, and the task stays missing."""
        content = {"function": task.function, "arguments": task.arguments, "failure": text}
        write_atomically(self.folder / "failures" / f"{task.id}.json", json.dumps(content, indent=2))

    def failures(self) -> set[str]:
        """Ids of the tasks that failed, some of which may have a result by now."""
        return {path.stem for path in (self.folder / "failures").glob("[0-9a-f]*.json")}


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    old, new = dict(leaves(there)), dict(leaves(here))
    return [
        f"{key} is {_shown(old, key)} there and {_shown(new, key)} here"
        for key in sorted({*old, *new})
        if key not in old or key not in new or json.dumps(old[key]) != json.dumps(new[key])
    ]


def _shown(leaves: Mapping[str, Any], key: str) -> str:
    text = json.dumps(leaves[key]) if key in leaves else "absent"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _some(lines: Sequence[str]) -> str:
    rest = len(lines) - 3
    return "; ".join(lines[:3]) + (f"; and {rest} more" if rest > 0 else "")
