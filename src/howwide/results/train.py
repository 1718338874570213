"""What ``train`` finds: how a run ended, and of a run by a theorem what was promised and what was observed."""

from typing import Annotated, Any

from pydantic import Field

from howwide.results.base import Record, Result, Stored, not_printed

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
    """Result of ``train``.

    Attributes:
        loss: average loss at the final weights, on the training examples.
        error: share of mistakes there.
        test_error: share of mistakes on the test part; null without one.
        steps: updates made.
        status: ``converged``, ``max_steps``, ``diverged`` or ``dead``, see :class:`howwide.training.Status`.
        step_rule: where the step size came from.
        step_size: its value.
        hidden_constant: the constant that it implies in the network's own theorem.
        distance: Frobenius distance from the start, a number for each trained matrix.
        promised: of a run by a theorem, what the theorem prescribes and promises; empty otherwise.
        observed: of a run by a theorem, what happened.
        attempts: every step size that was tried; none for one pass.
        online: of one pass, loss and mistakes of every example before it was used.
        history: loss and training error at the recorded steps; of one pass those of each fresh example.
        along: of a run by a theorem, distances, test error and bounds at about a hundred steps.
        weights: ``initial_1``, ..., ``final_1``, ...
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
    promised: dict[str, Any] = Field(default_factory=dict)
    observed: dict[str, Any] = Field(default_factory=dict)
    attempts: list[TrainAttempt]
    online: dict[str, float | int | None] | None = None
    history: Annotated[Any, Stored("history.csv", columns=("step", "loss", "error"))] = not_printed()
    along: Annotated[Any, Stored("along.csv")] = not_printed()
    weights: Annotated[Any, Stored("weights.npz")] = not_printed()
