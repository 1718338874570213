"""What ``sweep status`` prints."""

from howwide.results.base import Result

__all__ = ["SweepResult"]


class SweepResult(Result, verbs=("sweep status",)):
    """Tasks by state, and seconds of work done and left."""

    study: str
    total: int
    done: int
    missing: int
    failed: int
    corrupt: int
    set_aside: int
    seconds: float
    seconds_left: float | None
