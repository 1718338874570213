"""What ``sweep status`` prints."""

from howwide.results.base import Result

__all__ = ["SweepResult"]


class SweepResult(Result, verbs=("sweep status",)):
    """How far a study is; ``notes`` has a line for every file that is not used.

    Attributes:
        study: its name.
        total: tasks that were asked for, or have a result.
        done: with a result.
        missing: without one.
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
    failed: int
    corrupt: int
    set_aside: int
    seconds: float
    seconds_left: float | None
