"""What a certificate is: a number that holds, for which object, with which probability, under which conditions.

A `Certificate` bounds a risk, the probability of a mistake on a fresh example, by ``value``: under its conditions the
bound holds with probability at least ``1 - delta`` over the randomness named in ``over``. A `Prediction` has the same
shape and no such probability, because a constant in it is hidden or a quantity cannot be bounded from a sample; the
two types are never mixed.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from howwide.numbers import format_upper_bound

__all__ = [
    "LAW",
    "ON_AVERAGE",
    "SETTLED",
    "START",
    "UNTOUCHED",
    "USERS_WORD",
    "Certificate",
    "Certified",
    "Condition",
    "ExamplesOf",
    "Prediction",
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

ExamplesOf = Literal["drawn", "kept aside"]
"""On which examples a certificate rests: those that were drawn for training, or those that nothing used."""


@dataclass(frozen=True)
class Condition:
    """Something that must hold for a certificate.

    Attributes:
        text: the condition, one clause.
        status: ``checked`` when the code made sure of it; ``declared`` when it is the user's word.
    """

    text: str
    status: Literal["checked", "declared"]


LAW = Condition("the examples, used and fresh ones alike, are independent draws from one distribution", "declared")
SETTLED = Condition(
    "network, settings, seed and number of examples were chosen without looking at these examples", "declared"
)
START = Condition("network and initial weights were chosen without looking at these examples", "declared")
UNTOUCHED = Condition("the examples kept aside were not used to choose the predictor, or anything", "declared")

USERS_WORD = (LAW, SETTLED, START, UNTOUCHED)
"""What nobody can check, whoever makes the certificate."""


@dataclass(frozen=True)
class Certificate:
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
    terms: Mapping[str, float]
    reference: str
    test_error: float | None = None
    detail: str = ""

    @property
    def vacuous(self) -> bool:
        """Whether guessing by a fair coin promises as much."""
        return self.value >= 0.5

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
        return replace(self, test_error=test_error)

    def as_dict(self) -> dict[str, Any]:
        """Plain types, the sentence among them."""
        return {**dataclasses.asdict(self), "meaning": self.meaning}


@dataclass(frozen=True)
class Prediction:
    """A number of the theory with a hidden constant, or with a quantity nobody can bound; certain of nothing.

    Attributes:
        name: of the statement.
        certifies: whose risk it speaks of.
        value: the number; above 1 it says nothing.
        why: what keeps it from being a certificate, one clause.
        terms: the numbers of which it consists.
        reference: BibTeX key.
    """

    name: str
    certifies: Certified
    value: float
    why: str
    terms: Mapping[str, float] = field(default_factory=dict)
    reference: str = ""


def confidence(delta: float) -> str:
    """``1 - delta`` in words of a sentence, with delta rounded up.

    >>> confidence(0.05), confidence(0.05 / 3), confidence(1e-300)
    ('0.95', '0.9833', '1 - 1e-300')
    """
    rounded = format_upper_bound(delta)
    return f"1 - {rounded}" if delta < 1e-6 else str(1 - Decimal(rounded))
