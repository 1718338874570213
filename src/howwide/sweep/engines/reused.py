"""Workers that are kept from run to run."""

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor

from howwide.sweep.engines.protocol import Engine

__all__ = ["reuse_workers"]


@contextlib.contextmanager
def reuse_workers(engine: Engine) -> Iterator[Engine]:
    """An engine that keeps the workers of ``engine`` from run to run, and ends them on leaving; dead ones are replaced.

    For many short runs of one study: new processes would load and compile everything anew each time.
    """
    with contextlib.ExitStack() as stack:
        yield _Reused(engine, stack)


class _Reused:
    def __init__(self, engine: Engine, stack: contextlib.ExitStack) -> None:
        self._engine, self._stack = engine, stack
        self._executor: Executor | None = None

    @property
    def workers(self) -> int:
        return self._engine.workers

    @property
    def ahead(self) -> int:
        return self._engine.ahead

    @contextlib.contextmanager
    def executor(self, environment: Mapping[str, str]) -> Iterator[Executor]:
        if self._executor is None:
            self._executor = self._stack.enter_context(self._engine.executor(environment))
        try:
            yield self._executor
        except BrokenExecutor:
            self._executor = None
            self._stack.close()
            raise
