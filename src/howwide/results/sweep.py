"""What the verbs of ``sweep`` print."""

from howwide.results.base import Result

__all__ = ["PackResult", "SweepResult"]


class SweepResult(Result, verbs=("sweep status",)):
    """How far a study is; ``notes`` has a line for every file that is not used.

    Attributes:
        study: its name.
        total: tasks that were asked for, or have a result.
        done: with a result.
        missing: without one.
        claimed: of the missing ones, those that a process is at or that wait in a queue, as far as the folder knows.
        failed: of the missing ones, those that raised an exception or kept losing their worker.
        corrupt: files in place of results that are not whole results of this study; ``notes`` say why.
        set_aside: damaged files that were renamed when their task was computed again.
        seconds: of work in the results.
        seconds_left: of work in what is missing, on one worker, estimated from the results; null without any.
    """

    study: str
    total: int
    done: int
    missing: int
    claimed: int
    failed: int
    corrupt: int
    set_aside: int
    seconds: float
    seconds_left: float | None


class PackResult(Result, verbs=("sweep pack", "sweep unpack")):
    """A study in one file.

    Attributes:
        study: its name.
        trials: results in the file.
        missing: tasks in it that were asked for and have no result yet.
        added: results that the folder did not have; null when it was packed.
        bytes: size of the file.
    """

    study: str
    trials: int
    missing: int
    added: int | None
    bytes: int
