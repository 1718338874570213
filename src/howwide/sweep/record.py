"""What a result file holds, and how a damaged or foreign one is known.

``{"schema", "function", "arguments", "result", "seconds", "versions", "digest"}``: the digest is that of all the rest,
and the task's id, which follows from function, arguments and study, must be the name of the file.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from howwide.errors import DataError, SettingError
from howwide.sweep.task import Study, Task, canonical, digest, plain

__all__ = ["SCHEMA", "Record", "read_record", "record_bytes"]

SCHEMA = 1
"""Version of a study's files: changes when a key changes meaning or goes."""


@dataclasses.dataclass(frozen=True)
class Record:
    """A stored result: its task, what the function gave, the seconds it took, the versions that made it."""

    task: Task
    result: dict[str, Any]
    seconds: float
    versions: dict[str, str]


def record_bytes(task: Task, result: Mapping[str, Any], seconds: float, versions: Mapping[str, str]) -> bytes:
    """The content of a result file; null stands for what is not finite, escapes for text that UTF-8 cannot hold.

    Raises:
        SettingError: ``result`` is not a dict that JSON can hold.
    """
    name = f"the result of {task.function}"
    if not isinstance(result, Mapping):
        raise SettingError(f"{name} must be a dict, one for each task of the batch; got a {type(result).__name__}")
    content = {
        "schema": SCHEMA,
        "function": task.function,
        "arguments": task.arguments,
        "result": plain(result, name, mend=True),
        "seconds": round(seconds, 6),
        "versions": dict(versions),
    }
    return json.dumps({**content, "digest": digest(canonical(content))}).encode()


def read_record(study: Study, name: str, data: bytes) -> Record:
    """The result of the task with id ``name``, from the content of its file.

    Raises:
        DataError: the content is not a whole result of that task; the message says why.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise DataError("it is not whole JSON") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise DataError(f"it is not a result of schema {SCHEMA}")
    if content.pop("digest", None) != _digest_or_none(content):
        raise DataError("its content does not fit its digest")
    try:
        task = study.task(content["function"], content["arguments"])
        record = Record(task, content["result"], content["seconds"], content["versions"])
    except (KeyError, TypeError, SettingError):
        raise DataError("it is not a result") from None
    if task.id != name:
        raise DataError("it is the result of another task or another study")
    return record


def _digest_or_none(content: dict[str, Any]) -> str | None:
    try:
        return digest(canonical(content))
    except ValueError:  # NaN, which Python reads and JSON does not know
        return None
