"""What ``certify`` returns: certificates with their conditions, predictions apart, error and bounds against n."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, computed_field, model_validator

from howwide.numbers import format_upper_bound
from howwide.results.base import Record, Result, Stored, not_printed

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ON_AVERAGE",
    "Certificate",
    "Certification",
    "Certified",
    "CertifiedRun",
    "Condition",
    "IssuedBound",
    "MeanOverSeeds",
    "PowerLaw",
    "Prediction",
    "SampleCurve",
    "Unavailable",
    "confidence",
]

Certified = Literal[
    "fixed predictor",
    "deterministic iterate",
    "iterates on average",
    "stochastic network",
    "linearised predictor",
]
ON_AVERAGE: Certified = "iterates on average"
"""The mean risk of the iterates of a range: a network that was drawn, or kept, may err more often."""


class Condition(Record):
    """Something that must hold for a certificate.

    Attributes:
        text: the condition, one clause.
        status: ``checked`` when the code made sure of it; ``declared`` when it is the user's word.
    """

    text: str
    status: Literal["checked", "declared"]


class Certificate(Record):
    """An upper bound on a risk with every constant explicit.

    Attributes:
        name: of the function that made it, such as ``progressive_validation``.
        certifies: whose risk is bounded: of one predictor, or the mean risk of the iterates of a pass (`ON_AVERAGE`).
        value: the bound, in [0, 1].
        delta: probability that the bound fails.
        over: the randomness over which that probability is taken.
        conditions: what must hold.
        terms: the numbers of which the value consists, by name.
        reference: BibTeX key of the statement.
        test_error: observed on examples kept aside, where there are any; of a mean risk, the mean error of the
            iterates, or of a sample of them (the term ``observed_iterates`` says how many).
        detail: which iterate, which scale, which branch; one clause.
    """

    name: str
    certifies: Certified
    value: float
    delta: float
    over: str
    conditions: tuple[Condition, ...]
    terms: Mapping[str, float | None]
    reference: str
    test_error: float | None = None
    detail: str = ""

    @model_validator(mode="before")
    @classmethod
    def _without_meaning(cls, fields: Any) -> Any:
        return {k: v for k, v in fields.items() if k != "meaning"} if isinstance(fields, dict) else fields

    @property
    def vacuous(self) -> bool:
        """Whether guessing by a fair coin promises as much."""
        return self.value >= 0.5

    @computed_field  # type: ignore[prop-decorator]
    @property
    def meaning(self) -> str:
        """The certificate as one sentence, its numbers rounded to the safe side."""
        average = self.certifies == ON_AVERAGE
        subject = "a uniform random iterate" if average else f"the {self.certifies}"
        return (
            f"With probability at least {confidence(self.delta)} over {self.over}, {subject}"
            + (f" ({self.detail})" if self.detail else "")
            + (" errs, on average over the draw," if average else " errs")
            + f" on at most {format_upper_bound(self.value, times=100)} % of fresh examples."
            + (" A single network, such as the one that is drawn, may err more often." if average else "")
        )

    def with_test_error(self, test_error: float | None) -> "Certificate":
        """The same certificate with the error observed beside it."""
        return self.model_copy(update={"test_error": test_error})


class Prediction(Record):
    """A number of the theory with a hidden constant, or with a quantity nobody can bound; certain of nothing.

    Attributes:
        name: of the statement.
        certifies: whose risk it speaks of.
        value: the number; above 1 it says nothing, and null is beyond all floats.
        why: what keeps it from being a certificate, one clause.
        terms: the numbers of which it consists.
        reference: BibTeX key.
    """

    name: str
    certifies: Certified
    value: float | None
    why: str
    terms: Mapping[str, float | None] = Field(default_factory=dict)
    reference: str = ""


class Unavailable(Record):
    """A kind of certificate that the run does not support, and the reasons, a clause each."""

    name: str
    reasons: tuple[str, ...]


class IssuedBound(Record):
    """A certificate of one combination, at its share of delta."""

    name: str
    value: float
    delta: float


class CertifiedRun(Record):
    """One combination of the declared grid: how its run ended, and its bounds, each at its share of delta."""

    width: int
    step_constant: float
    step_size: float
    status: str
    online_error: float | None
    train_error: float | None
    test_error: float | None
    certificates: tuple[IssuedBound, ...]


class MeanOverSeeds(Record):
    """Mean over seeds of an error or a bound at one n; the ends are a t interval of that mean, null with one seed."""

    series: str
    n: int
    seeds: int
    mean: float
    lower: float | None
    upper: float | None


class PowerLaw(Record):
    """Exponent b of a fit C n^-b to one series, and the exponent of the papers' upper bound where it speaks of it."""

    series: str
    exponent: float | None
    lower: float | None
    upper: float | None
    level: float
    status: str
    paper: float | None


class Certification(Result, verbs=("certify",)):
    """What may be claimed about unseen data, from one declared procedure.

    Attributes:
        certificates: the best of each kind, valid with the declared delta.
        unavailable: the kinds of certificate that the run does not support.
        predictions: numbers of the theory for the first combination, which certify nothing.
        runs: every combination that was trained.
        statement: what delta counts.
        chosen: the combination that the tuning part chose, or null.
        points: errors and bounds against n, of a study over n and seeds.
        rates: how fast they fall.
        plan: what was declared.
        sample: the examples, and those kept apart.
        trained: the runs themselves, with their weights.
    """

    certificates: tuple[Certificate, ...]
    unavailable: tuple[Unavailable, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    runs: tuple[CertifiedRun, ...] = ()
    statement: str
    chosen: dict[str, float | int] | None = None
    points: tuple[MeanOverSeeds, ...] = ()
    rates: tuple[PowerLaw, ...] = ()
    plan: Any = not_printed()
    sample: Any = not_printed()
    trained: tuple[Any, ...] = not_printed(tuple)

    @property
    def table(self) -> "pd.DataFrame":
        """A row for each certificate."""
        import pandas as pd

        columns = ["name", "certifies", "value", "test_error", "delta"]
        rows = [[getattr(c, column) for column in columns] for c in self.certificates]
        return pd.DataFrame(rows, columns=columns).astype({"value": float, "test_error": float})


class SampleCurve(Certification, verbs=("certify",)):
    """Errors and bounds against n; the certificates are those of the largest n and the first seed.

    Attributes:
        level: of all intervals.
        floor: the error that no sample size removes, taken off observed errors before the fits.
        values: columns ``n, seed, series, value``: a row for each error and each certificate of each run.
    """

    level: float
    floor: float
    values: Annotated[Any, Stored("values.csv", words=("series",))] = not_printed()


def confidence(delta: float) -> str:
    """``1 - delta`` in words of a sentence, with delta rounded up.

    >>> confidence(0.05), confidence(0.05 / 3), confidence(1e-300)
    ('0.95', '0.9833', '1 - 1e-300')
    """
    rounded = format_upper_bound(delta)
    return f"1 - {rounded}" if delta < 1e-6 else str(1 - Decimal(rounded))
