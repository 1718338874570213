"""What is to be computed, as plain data whose name follows from its content.

A :class:`Study` holds what all its tasks share: the data's fingerprint, settings, the numerical environment, versions.
A :class:`Task` adds a function and its arguments. The id of a task is a hash of the canonical JSON of all of it, so
equal tasks are one task, on every machine.
"""

import dataclasses
import functools
import hashlib
import importlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from howwide.errors import SettingError

__all__ = [
    "ONE_THREAD",
    "BatchFunction",
    "Study",
    "Task",
    "canonical",
    "digest",
    "leaves",
    "one_by_one",
    "plain",
    "resolve",
]

BatchFunction = Callable[[list[dict[str, Any]]], Iterable[dict[str, Any]]]
"""What a task names: argument dicts in, as many result dicts out, in the same order.

It may give them one after another (a generator): each is stored at once. A result must not depend on which other tasks
are in the batch.
"""

ONE_THREAD = {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One thread for XLA (``NPROC``) and the BLAS libraries: bytes depend on the size of these pools."""

_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@dataclasses.dataclass(frozen=True)
class Study:
    """What all tasks of a folder share.

    Args:
        name: what is studied, for people.
        context: all that results depend on beside a task's arguments: fingerprint of the data, settings held fixed.
        environment: environment variables that every process that computes gets; part of every id.
        versions: of the libraries that results depend on; howwide's own is added.

    Raises:
        SettingError: something that is not JSON.
    """

    name: str
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, str] = dataclasses.field(default_factory=lambda: dict(ONE_THREAD))
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        versions = {"howwide": version("howwide"), **self.versions}
        for key, value in {"context": self.context, "environment": self.environment, "versions": versions}.items():
            object.__setattr__(self, key, plain(value, key))

    @property
    def identity(self) -> dict[str, Any]:
        """The study as JSON, as it enters every id."""
        return {"study": self.name, "context": self.context, "environment": self.environment, "versions": self.versions}

    def task(self, function: str, arguments: Mapping[str, Any], group: str = "") -> "Task":
        """The task of this study that calls ``function`` with ``arguments``."""
        return Task(function, arguments, self.identity, group)


@dataclasses.dataclass(frozen=True)
class Task:
    """One computation.

    Args:
        function: ``package.module:function``, a :data:`BatchFunction`.
        arguments: JSON; a copy is kept.
        context: the identity of the study.
        group: tasks of one group share a batch, because they share compiled programs; not part of the id.

    Attributes:
        text: canonical JSON of function, arguments and context.
        id: 32 hexadecimal digits of its SHA-256.

    Raises:
        SettingError: arguments that are not JSON, or a function that another process could not import.
    """

    function: str
    arguments: Mapping[str, Any] = dataclasses.field(compare=False)
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)
    group: str = dataclasses.field(default="", compare=False)
    text: str = dataclasses.field(init=False, repr=False)
    id: str = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not _FUNCTION.fullmatch(self.function) or self.function.startswith("__main__:"):
            raise SettingError(
                f"a task names its function as package.module:function, in a module that other processes can import; "
                f"got {self.function!r}"
            )
        object.__setattr__(self, "arguments", plain(self.arguments, "arguments"))
        text = canonical({"function": self.function, "arguments": self.arguments, "context": self.context})
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "id", digest(text))

    @property
    def kind(self) -> tuple[str, str]:
        """Function and group: tasks of one kind may share a batch."""
        return self.function, self.group

    def fresh_arguments(self) -> dict[str, Any]:
        """The arguments as they entered the id, for the function to keep."""
        return json.loads(self.text)["arguments"]


def one_by_one(function: Callable[..., dict[str, Any]]) -> BatchFunction:
    """Make a batch function of one that does a single task, with the arguments as keywords."""

    @functools.wraps(function)
    def batched(batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        return (function(**arguments) for arguments in batch)

    return batched


def resolve(function: str) -> BatchFunction:
    """The function of that name.

    Raises:
        SettingError: there is none.
    """
    module, _, name = function.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SettingError(f"no function {function}: {error}") from None


def canonical(value: Any) -> str:
    """The one JSON text of ``value``: sorted keys, no spaces, ASCII, shortest floats; ``value`` is plain already."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """32 hexadecimal digits of the SHA-256 of ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """What nested dicts hold, with the dotted names of where; lists and empty dicts are not opened."""
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from leaves(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def plain(value: Any, where: str, *, mend: bool = False) -> Any:
    """A copy of ``value`` made of dict, list, str, int, float, bool and None alone.

    Args:
        value: nested containers of these, of tuples, and of NumPy scalars.
        where: what ``value`` is, for the message.
        mend: None in place of what is not finite, as in every record, and escapes in place of text that UTF-8 cannot
            hold; otherwise these are refused.

    Raises:
        SettingError: anything else.
    """
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {plain(k, where, mend=mend): plain(v, f"{where}.{k}", mend=mend) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, f"{where}[{i}]", mend=mend) for i, v in enumerate(value)]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and (math.isfinite(value) or mend):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        text = value.encode(errors="backslashreplace").decode()
        if mend or text == value:
            return text
    shown = repr(value) if isinstance(value, (float, str)) else f"of type {type(value).__name__}"
    raise SettingError(f"{where} must be JSON (dict with text keys, list, text, finite number, null), and is {shown}")
