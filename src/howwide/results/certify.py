"""What ``certify`` prints: certificates with their conditions, predictions apart, error and bounds against n."""

from typing import Literal

from howwide.results.base import Record, Result

__all__ = [
    "CertificateCondition",
    "CertificateRow",
    "CertifiedRun",
    "CertifyPoint",
    "CertifyRate",
    "CertifyResult",
    "IssuedBound",
    "PredictionRow",
]


class CertificateCondition(Record):
    """Something that must hold: ``checked`` by the code, or ``declared``, the user's word."""

    text: str
    status: Literal["checked", "declared"]


class CertificateRow(Record):
    """A bound on a risk that holds with probability 1 - delta over what ``over`` names."""

    name: str
    certifies: str
    value: float
    delta: float
    test_error: float | None
    conditions: list[CertificateCondition]
    terms: dict[str, float | None]
    meaning: str
    detail: str
    over: str
    reference: str


class PredictionRow(Record):
    """A number of the theory that is no certificate, and ``why``."""

    name: str
    certifies: str
    value: float | None
    why: str
    terms: dict[str, float | None]
    reference: str


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
    certificates: list[IssuedBound]


class CertifyPoint(Record):
    """Mean over seeds of an error or a bound at one n; the ends are a t interval of that mean, null with one seed."""

    series: str
    n: int
    seeds: int
    mean: float
    lower: float | None
    upper: float | None


class CertifyRate(Record):
    """Exponent b of a fit C n^-b to one series, and the exponent of the papers' upper bound where it speaks of it."""

    series: str
    exponent: float | None
    lower: float | None
    upper: float | None
    level: float
    status: str
    paper: float | None


class CertifyResult(Result, verbs=("certify",)):
    """Result of ``certify``.

    Of a study over n and seeds, ``certificates`` are those of its largest n and first seed, ``points`` and ``rates``
    what became of errors and bounds as n grew.
    """

    certificates: list[CertificateRow]
    predictions: list[PredictionRow]
    runs: list[CertifiedRun]
    statement: str
    chosen: dict[str, float | int] | None
    points: list[CertifyPoint]
    rates: list[CertifyRate]
