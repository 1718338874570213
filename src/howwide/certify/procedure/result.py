"""What came of a declared procedure: its certificates, what they rest on, and the runs behind them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from howwide.certify.certificate import Certificate, Prediction, confidence
from howwide.certify.certificates.progressive_validation import progressive_validation
from howwide.certify.procedure.plan import Combination, Plan
from howwide.certify.procedure.sample import Sample
from howwide.certify.procedure.train import TrainedRun
from howwide.numbers import to_json_types

__all__ = ["Certification", "recorded_result"]


@dataclass(frozen=True)
class Certification:
    """What may be claimed about unseen data, from one declared procedure.

    Attributes:
        plan: what was declared.
        sample: the examples, and those kept apart.
        certificates: the best of each kind, valid with the plan's delta.
        unavailable: the reasons why a kind of certificate was not available, by its name.
        predictions: numbers of the theory for the first combination, which certify nothing.
        runs: every combination that was trained, with its certificates at its share of delta.
        chosen: the combination that the tuning part chose, or None.
    """

    plan: Plan
    sample: Sample
    certificates: tuple[Certificate, ...]
    unavailable: Mapping[str, tuple[str, ...]]
    predictions: tuple[Prediction, ...]
    runs: tuple[tuple[TrainedRun, tuple[Certificate, ...]], ...]
    chosen: Combination | None

    @property
    def table(self) -> pd.DataFrame:
        """A row for each certificate."""
        columns = ["name", "certifies", "value", "test_error", "delta"]
        rows = [[getattr(c, column) for column in columns] for c in self.certificates]
        return pd.DataFrame(rows, columns=columns).astype({"value": float, "test_error": float})

    @property
    def notes(self) -> tuple[str, ...]:
        """Which runs certify nothing, a line each."""
        failed = [trained for trained, _ in self.runs if not trained.sound]
        return tuple(f"{trained.combination}: the run diverged and certifies nothing" for trained in failed)

    @property
    def statement(self) -> str:
        """What delta counts."""
        if self.plan.joint:
            return f"All certificates hold at once with probability at least {confidence(self.plan.delta)}."
        return (
            f"Each certificate holds with probability at least {confidence(self.plan.delta)}, one by one. To rely on "
            "several of them, or on the smallest once all are known, take the joint option, which divides delta among "
            "them."
        )

    @property
    def record(self) -> dict[str, Any]:
        """The fields of :class:`howwide.results.CertifyResult`."""
        return _result(
            self.certificates,
            self.statement,
            predictions=[dataclasses.asdict(p) for p in self.predictions],
            runs=[_run(trained, issued) for trained, issued in self.runs],
            chosen=None if self.chosen is None else self.chosen.as_dict(),
        )


def recorded_result(losses: np.ndarray, delta: float) -> dict[str, Any]:
    """The same fields for a recorded sequence of online mistakes or losses: ``progressive_validation`` alone."""
    statement = f"The certificate holds with probability at least {confidence(delta)}."
    return _result((progressive_validation(losses, delta=delta),), statement)


def _result(certificates: tuple[Certificate, ...], statement: str, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"predictions": [], "runs": [], "chosen": None, "points": [], "rates": []}
    return to_json_types({**empty, "certificates": [c.as_dict() for c in certificates], "statement": statement, **more})


def _run(trained: TrainedRun, issued: tuple[Certificate, ...]) -> dict[str, Any]:
    return {
        "width": trained.combination.width,
        "step_constant": trained.run.step_size.hidden_constant,
        "step_size": trained.run.step_size.value,
        "status": trained.run.status,
        "online_error": trained.online_error,
        "train_error": trained.train_error,
        "test_error": trained.test_error,
        "certificates": [{"name": c.name, "value": c.value, "delta": c.delta} for c in issued],
    }
