"""A trial that somebody else wrote, as a task of a sweep: how it travels to workers, and how what it gives is read.

A function travels by name, ``package.module:function``: every worker process imports it, with the folder in which it
was started among the places that are searched. What no name finds (a lambda, a function inside another one or of a
script, an object that can be called) runs in the process that has it.

Whose results a folder holds is settled by the name and a version. The version is a text that the user gives, or a
digest of the source of the module that defines the function: so a change of the function, or of anything beside it in
its file, begins another study. Changes in what that module imports are not noticed.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import hashlib
import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from howwide.errors import SettingError
from howwide.numbers import to_json_types
from howwide.sweep import Study, Task, current_store

__all__ = ["RESERVED", "Returned", "TrialFunction", "run_trials", "seed_of", "study_of", "task_of"]

RESERVED = ("size", "seed")
"""Names that a trial's own numbers cannot have: every row has them."""

Returned = bool | Mapping[str, object]
"""What a trial gives: whether it succeeded, or that under ``success`` beside numbers that are kept."""

_RUNNING: contextvars.ContextVar[TrialFunction] = contextvars.ContextVar("trial")
"""The trial of the search under way, for the engines of its own process."""

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class TrialFunction:
    """A trial by name and, in the process that has it, the function itself.

    Attributes:
        name: ``package.module:function``.
        call: what is called with a size and a seed.
        imported: whether other processes find it under its name.
    """

    name: str
    call: Callable[[int, int], Returned]
    imported: bool

    @classmethod
    def of(cls, trial: Callable[[int, int], Returned] | str) -> TrialFunction:
        """The trial of that name, or this function.

        Raises:
            SettingError: there is none of that name, it cannot be called, or it does not take a size and a seed.
        """
        if isinstance(trial, str):
            found = cls(trial, _found(trial), imported=True)
        else:
            if not callable(trial):
                raise SettingError(f"a trial is a function of size and seed, or its name; got {trial!r:.60}")
            name = f"{getattr(trial, '__module__', '')}:{getattr(trial, '__qualname__', type(trial).__name__)}"
            found = cls(name, trial, imported=_finds(name, trial))
        _check_arguments(found)
        return found

    def source_version(self) -> str | None:
        """A digest of the source of its module; None where there is none to read, or the module is not all of it."""
        if not self.imported:
            return None
        try:
            source = inspect.getsource(importlib.import_module(self.name.partition(":")[0]))
        except (OSError, TypeError):
            return None
        return f"source {hashlib.sha256(source.encode()).hexdigest()[:16]}"

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """Have the engines of this process call the function itself."""
        token = _RUNNING.set(self)
        try:
            yield
        finally:
            _RUNNING.reset(token)


def study_of(trial: TrialFunction, version: str | None, seed: int) -> Study:
    """The study of trials of this function, of this version."""
    context = {"trial": trial.name, "version": version, "seed": seed}
    return Study("threshold", context, environment={})


def seed_of(study: Study, size: int, number: int) -> int:
    """The seed, below 2^31, of trial ``number`` of a size.

    It is made from the seed of the study, the size and the number: trials of different sizes share nothing, so a
    success curve may take their outcomes as independent.
    """
    entropy = np.random.SeedSequence([study.context["seed"], size, number])
    return int(entropy.generate_state(1)[0]) >> 1


def task_of(study: Study, size: int, number: int) -> Task:
    """The task of one trial; its number tells it from another one to which chance gave the same seed."""
    arguments = {"size": size, "seed": seed_of(study, size, number), "number": number}
    return study.task("howwide.width.functions:run_trials", arguments, f"size={size}")


def run_trials(batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The outcomes of trials, one after another; what trials print in a worker process goes to stderr."""
    name = current_store().study.context["trial"]
    here = _RUNNING.get(None)
    trial = here if here is not None and here.name == name else _imported(name)
    for arguments in batch:
        with contextlib.nullcontext() if trial is here else contextlib.redirect_stdout(sys.stderr):
            returned = trial.call(arguments["size"], arguments["seed"])
        yield _outcome(name, returned)


@functools.cache
def _imported(name: str) -> TrialFunction:
    return TrialFunction.of(name)


def _outcome(name: str, returned: object) -> dict[str, Any]:
    """What a trial gave, as it is stored."""
    values = dict(returned) if isinstance(returned, Mapping) else {"success": returned}
    success = to_json_types(values.pop("success", None))
    if not isinstance(success, bool):
        raise SettingError(f"{name} must give True or False, or a dict with success; it gave {returned!r:.60}")
    numbers = {str(key): to_json_types(value) for key, value in values.items()}
    for key, value in numbers.items():
        if key in RESERVED or not (value is None or isinstance(value, (bool, int, float))):
            wrong = "size and seed are kept anyway" if key in RESERVED else f"{key} is {values[key]!r:.60}"
            raise SettingError(f"{name} may give success and numbers under names of its own; {wrong}")
    return {"success": success, **numbers}


def _found(name: str) -> Callable[[int, int], Returned]:
    """The function of that name, looked for in the current directory too."""
    if not _NAME.fullmatch(name):
        raise SettingError(f"a trial is named package.module:function, as in examples.mlp_digits:trial; got {name!r}")
    module, _, path = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found = functools.reduce(getattr, path.split("."), importlib.import_module(module))
    except AttributeError as error:
        raise SettingError(f"no {path} in the module {module} ({error})") from None
    except Exception as error:  # whatever the module does when it is imported
        raise SettingError(
            f"cannot import {module}: {type(error).__name__}: {error}. It is looked for in the current directory and "
            "among what is installed"
        ) from None
    if not callable(found):
        raise SettingError(f"{name} is no function but {found!r:.60}")
    return found


def _finds(name: str, trial: object) -> bool:
    """Whether another process finds ``trial`` under this name."""
    try:
        return not name.startswith("__main__:") and _found(name) is trial
    except SettingError:
        return False


def _check_arguments(trial: TrialFunction) -> None:
    try:
        inspect.signature(trial.call).bind(1, 0)
    except TypeError as error:
        raise SettingError(f"{trial.name} is called with two numbers, size and seed; {error}") from None
    except ValueError:  # no signature to look at
        pass
