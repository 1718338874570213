"""What ``train`` prints: how a run ended, what was promised and what was observed."""

from typing import Any

from pydantic import Field

from howwide.results.base import Record, Result

__all__ = ["TrainAttempt", "TrainResult"]


class TrainAttempt(Record):
    """One step size that was tried."""

    rule: str
    step_size: float
    hidden_constant: float
    status: str
    steps: int
    loss: float | None
    error: float | None


class TrainResult(Result, verbs=("train",)):
    """Result of ``train``; ``distance`` is the Frobenius distance from the start, a number for each trained matrix.

    Of a run by a theorem ``promised`` says what the theorem prescribes and promises, and ``observed`` what happened.
    """

    loss: float | None
    error: float | None
    test_error: float | None
    steps: int
    status: str
    step_rule: str
    step_size: float
    hidden_constant: float
    distance: list[float | None]
    promised: dict[str, Any]
    observed: dict[str, Any] = Field(default_factory=dict)
    attempts: list[TrainAttempt]
    online: dict[str, float | int | None] | None = None
