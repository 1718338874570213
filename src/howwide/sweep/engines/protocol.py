"""What an engine is, and the register of those that commands know by name."""

import contextlib
import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor
from typing import Any, Protocol, TypeVar

from howwide.errors import SettingError

__all__ = ["ENGINES", "BatchLost", "Engine", "make_engine", "options_of", "register"]

E = TypeVar("E", bound="Engine")


class Engine(Protocol):
    """Where batches run.

    ``executor`` gives an executor in the sense of the standard library, whose processes have the environment variables,
    and ends them on leaving. The driver submits :func:`howwide.sweep.batch.work` alone. A worker that dies fails the
    future of its batch with :class:`BatchLost`, or all futures with :class:`concurrent.futures.BrokenExecutor`; then
    the driver asks for a new executor.

    An engine has no record of what is done: the driver reads the study's folder. One whose workers compute on other
    devices than the driver says so by an attribute ``platform``, JAX's name of them or None.
    """

    @property
    def workers(self) -> int:
        """How many batches run at a time; it may change while a run goes on."""

    @property
    def ahead(self) -> int:
        """How many batches are handed out at a time."""

    def executor(self, environment: Mapping[str, str]) -> contextlib.AbstractContextManager[Executor]: ...


class BatchLost(BrokenExecutor):
    """The worker of a batch died, and the executor goes on; ``worker`` names it, as several batches may lose one."""

    def __init__(self, worker: str) -> None:
        super().__init__(worker)
        self.worker = worker


ENGINES: dict[str, Callable[..., Engine]] = {}
"""The engines by the name that commands give them: each takes ``workers`` and options of its own, by name."""


def register(name: str) -> Callable[[type[E]], type[E]]:
    """Add the engine that is decorated to :data:`ENGINES`."""

    def add(engine: type[E]) -> type[E]:
        ENGINES[name] = engine
        return engine

    return add


def options_of(name: str) -> dict[str, Any]:
    """The options of an engine beside ``workers``, with their defaults.

    Raises:
        SettingError: there is no such engine.
    """
    if name not in ENGINES:
        raise SettingError(f"unknown engine {name!r}; use one of {', '.join(ENGINES)}")
    parameters = inspect.signature(ENGINES[name]).parameters
    return {option: p.default for option, p in parameters.items() if option != "workers"}


def make_engine(name: str, workers: int, **options: object) -> Engine:
    """The engine of that name.

    Raises:
        SettingError: there is none, it has no such option, or a value is outside its domain.
    """
    known = options_of(name)
    if unknown := sorted(options.keys() - known):
        has = f"has the options {', '.join(known)}" if known else "has no options"
        raise SettingError(f"engine {name} {has}; got {unknown[0]}")
    return ENGINES[name](workers, **options)
