"""Functions that the tests of sweeps run as tasks, here or in other processes."""

import math
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from howwide.errors import DataError
from howwide.sweep import InProcess, Processes, Store, Study, Task, current_store, one_by_one, run

Batch = list[dict[str, Any]]

STUDY = Study("squares", {"data": "ab12", "steps": 10}, environment={})


def tasks(count: int, function: str = "square", study: Study = STUDY, groups: int = 1, **arguments: Any) -> list[Task]:
    """``count`` tasks that differ in x."""
    return [study.task(f"sweep_tasks:{function}", {"x": x, **arguments}, f"g{x % groups}") for x in range(count)]


def square(batch: Batch) -> Batch:
    return [{"square": a["x"] ** 2} for a in batch]


@one_by_one
def cube(x: int) -> dict[str, Any]:
    return {"cube": x**3}


def logged(batch: Batch) -> Iterator[dict[str, Any]]:
    """Gives results one by one after ``ms`` milliseconds each, with a line in the file ``log`` for each."""
    for a in batch:
        time.sleep(a["ms"] / 1000)
        with Path(a["log"]).open("a", encoding="utf-8") as file:
            file.write(f"{a['x']} {os.getpid()} {len(batch)}\n")
        yield {"square": a["x"] ** 2, "sine": math.sin(a["x"])}


def changes_its_arguments(batch: Batch) -> Batch:
    return [{"x": a.pop("x")} for a in batch]


def fails_at_three(batch: Batch) -> Iterator[dict[str, Any]]:
    for a in batch:
        if a["x"] == 3:
            raise ZeroDivisionError("three\nlines\nof words")
        yield {"square": a["x"] ** 2}


def fails_at_three_at_once(batch: Batch) -> Batch:
    return list(fails_at_three(batch))


def refuses(batch: Batch) -> Batch:
    raise DataError("the file x.csv has no labels. Name them")


def not_json(batch: Batch) -> Batch:
    return [{"inner": {"set": {1, 2}}} for _ in batch]


def diverges(batch: Batch) -> Batch:
    return [{"loss": math.inf, "status": "diverged"} for _ in batch]


def one_too_few(batch: Batch) -> Batch:
    return square(batch)[1:]


def one_too_many(batch: Batch) -> Iterator[dict[str, Any]]:
    yield from square([*batch, *batch])


def no_dicts(batch: Batch) -> dict[str, int]:
    return {"square": 3}


def dies_at_three(batch: Batch) -> Iterator[dict[str, Any]]:
    for a in batch:
        if a["x"] == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        yield {"square": a["x"] ** 2}


def dies(batch: Batch) -> Batch:
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def environment(batch: Batch) -> Batch:
    return [{"NPROC": os.environ.get("NPROC"), "pid": os.getpid()} for _ in batch]


def device(batch: Batch) -> Batch:
    names = ("CUDA_VISIBLE_DEVICES", "SLURM_ARRAY_TASK_ID", "OMP_NUM_THREADS")
    return [{"pid": os.getpid(), **{name: os.environ.get(name) for name in names}} for _ in batch]


def reads_beside(batch: Batch) -> Batch:
    folder = current_store().folder
    return [{"text": (folder / "data.txt").read_text(encoding="utf-8"), "folder": str(folder)} for _ in batch]


def drive(folder: str, log: str, count: int, ms: float, workers: int = 0, batch_size: int = 8) -> None:
    """A driver in a process of its own; ``workers`` 0 is the engine in that process."""
    engine = Processes(workers) if workers else InProcess()
    for _ in run(
        tasks(count, "logged", groups=2, ms=ms, log=log), Store.open(folder, STUDY), engine, batch_size=batch_size
    ):
        pass
