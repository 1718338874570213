"""The jobs of the Slurm engine: what an element does, which job has which tasks, which jobs are over."""

import contextlib
import getpass
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from howwide.errors import HowwideError
from howwide.sweep.batch import work
from howwide.sweep.files import publish, read_bytes
from howwide.sweep.store import Store
from howwide.sweep.task import Task

__all__ = ["KILLED", "Element", "Ended", "LocalQueue", "Queue", "SlurmQueue", "ended", "forget", "note", "noted"]

_ARRAY = 1001  # Slurm's own default of MaxArraySize


class Ended(NamedTuple):
    """What an element says when it ends; results are in the folder.

    Attributes:
        failures: a line for each task whose function raised an exception, by its id.
        error: what ended the study, for people to correct.
    """

    failures: dict[str, str]
    error: HowwideError | None = None


KILLED = Ended({})
"""What an element would have said that was ended by force."""


class Element:
    """The function of every element: it does what is missing of some batches of ``store``, under ``environment``.

    It computes in a thread beside the main one, which so hears Slurm's signals at once and has the element requeued.
    """

    def __init__(self, store: Store, environment: Mapping[str, str]) -> None:
        self.store, self.environment, self.path = store, dict(environment), list(sys.path)

    def __call__(self, batches: Sequence[Sequence[Task]]) -> Ended:
        os.environ.update(self.environment)
        sys.path += [entry for entry in self.path if entry not in sys.path]
        said: list[Ended] = []
        thread = threading.Thread(target=lambda: said.append(self._done(batches)), daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(1.0)
        return said[0]

    def _done(self, batches: Sequence[Sequence[Task]]) -> Ended:
        failures: dict[str, str] = {}
        try:
            for batch in batches:
                report = work(self.store, batch, True)
                failures |= {outcome.task.id: outcome.failure for outcome in report.outcomes if outcome.failure}
        except HowwideError as error:
            return Ended(failures, error)
        return Ended(failures)

    def checkpoint(self, batches: Sequence[Sequence[Task]]) -> Any:
        """The same element once more, for submitit to requeue: the folder says what is missing."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, batches)


# -------------------------------------------------------------------------------------------------- which job has which


def note(store: Store, job: str, tasks: Iterable[Task]) -> None:
    """Claim ``tasks`` for a job, which other drivers then leave to it."""
    publish(store.folder / "running" / f"slurm-{job}.claim", "\n".join(task.id for task in tasks).encode())


def noted(store: Store) -> dict[str, str]:
    """The jobs of the study, by the ids of their tasks."""
    claims = {path.stem.removeprefix("slurm-"): path for path in (store.folder / "running").glob("slurm-*.claim")}
    return {name: job for job, path in claims.items() for name in (read_bytes(path) or b"").decode().split()}


def forget(store: Store, job: str) -> None:
    """Give up the claim of a job."""
    with contextlib.suppress(OSError):
        (store.folder / "running" / f"slurm-{job}.claim").unlink()


# ------------------------------------------------------------------------------------------------- which jobs are over


class Queue(Protocol):
    """The queue that jobs wait and run in."""

    def alive(self, jobs: Iterable[str], own: Mapping[str, Any]) -> set[str] | None:
        """Those of ``jobs`` that wait or run; None if the queue does not answer.

        Args:
            jobs: their ids.
            own: submitit's jobs of this process by id.
        """

    def largest_array(self) -> int: ...


class SlurmQueue:
    """Slurm's, through ``squeue``, which needs no accounting database."""

    def alive(self, jobs: Iterable[str], own: Mapping[str, Any]) -> set[str] | None:
        listed = _output("squeue", "--noheader", "--array", "--format=%i", f"--user={getpass.getuser()}")
        return None if listed is None else set(listed.split()) & set(jobs)

    def largest_array(self) -> int:
        found = re.search(r"MaxArraySize\s*=\s*(\d+)", _output("scontrol", "show", "config") or "")
        return max(1, int(found[1])) if found else _ARRAY


class LocalQueue:
    """Processes on this machine, in submitit's local executor; a job's id is that of a process."""

    def alive(self, jobs: Iterable[str], own: Mapping[str, Any]) -> set[str] | None:
        return {job for job in jobs if (not own[job].done() if job in own else _runs(int(job)))}

    def largest_array(self) -> int:
        return _ARRAY


def ended(store: Store, job: str, local: bool) -> Ended | None:
    """What an element said when it ended; None while nothing is there. Its files go if all was well."""
    import submitit

    there: Any = (submitit.LocalJob if local else submitit.SlurmJob)(store.folder / "slurm", job)
    if not there.paths.result_pickle.exists():
        return None
    try:
        said = there.result()
    except RuntimeError:  # it was ended by force, or could not start: its log says why
        return KILLED
    if not said.failures and said.error is None:
        for path in (there.paths.submitted_pickle, there.paths.stdout, there.paths.stderr, there.paths.result_pickle):
            path.unlink(missing_ok=True)
    return said


def _output(*command: str) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return None


def _runs(process: int) -> bool:
    with contextlib.suppress(OSError):
        os.kill(process, 0)
        return True
    return False
