"""What came of a declared procedure: its certificates, what they rest on, and the runs behind them."""

from dataclasses import dataclass

import pandas as pd

from howwide.certify.certificate import Certificate, Prediction
from howwide.certify.issue import Issued
from howwide.certify.plan import Combination, Plan
from howwide.certify.runs import Trained
from howwide.certify.sampling import Sample

__all__ = ["Certification"]


@dataclass(frozen=True)
class Certification:
    """What may be claimed about unseen data, from one declared procedure.

    Attributes:
        plan: what was declared.
        sample: the examples, and those kept apart.
        certificates: the best of each kind, valid with the plan's delta.
        predictions: numbers of the theory that certify nothing.
        runs: every combination that was trained, with its certificates at its share of delta.
        chosen: the combination that the tuning part chose, or None.
        notes: what went wrong or was left out, a line each.
    """

    plan: Plan
    sample: Sample
    certificates: tuple[Certificate, ...]
    predictions: tuple[Prediction, ...]
    runs: tuple[tuple[Trained, Issued], ...]
    chosen: Combination | None
    notes: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each certificate."""
        columns = ["name", "certifies", "value", "test_error", "delta"]
        rows = [[getattr(c, column) for column in columns] for c in self.certificates]
        return pd.DataFrame(rows, columns=columns).astype({"value": float, "test_error": float})

    @property
    def statement(self) -> str:
        """What delta counts."""
        if self.plan.joint:
            return f"All certificates hold at once with probability at least {1 - self.plan.delta:g}."
        return (
            f"Each certificate holds with probability at least {1 - self.plan.delta:g}, one by one. To rely on several "
            "of them, or on the smallest once all are known, take the joint option, which divides delta among them."
        )
