"""What a certificate is: a number that holds, for which object, with which probability, under which conditions.

A `Certificate` bounds a risk, the probability of a mistake on a fresh example, by ``value``: under its conditions the
bound holds with probability at least ``1 - delta`` over the randomness named in ``over``. A `Prediction` has the same
shape and no such probability, because a constant in it is hidden or a quantity cannot be bounded from a sample; the
two types are never mixed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from howwide.errors import SettingError

__all__ = ["Certificate", "Certified", "Condition", "Prediction", "check_delta"]

Certified = Literal[
    "fixed predictor", "deterministic iterate", "uniform random iterate", "stochastic network", "linearised predictor"
]


@dataclass(frozen=True)
class Condition:
    """Something that must hold for a certificate.

    Attributes:
        text: the condition, one clause.
        status: ``checked`` when the code made sure of it; ``declared`` when it is the user's word.
    """

    text: str
    status: Literal["checked", "declared"]


@dataclass(frozen=True)
class Certificate:
    """An upper bound on a risk with every constant explicit.

    Attributes:
        name: of the function that made it, such as ``progressive_validation``.
        certifies: whose risk is bounded.
        value: the bound, in [0, 1].
        delta: probability that the bound fails.
        over: the randomness over which that probability is taken.
        conditions: what must hold.
        terms: the numbers of which the value consists, by name.
        reference: BibTeX key of the statement.
        test_error: observed on examples kept aside, where there are any.
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
        """The certificate as one sentence."""
        subject = f"the {self.certifies}" + (f" ({self.detail})" if self.detail else "")
        return (
            f"With probability at least {1 - self.delta:g} over {self.over}, {subject} errs on at most "
            f"{100 * self.value:.3g} % of fresh examples."
        )

    def with_test_error(self, test_error: float | None) -> "Certificate":
        """The same certificate with the error observed beside it."""
        return replace(self, test_error=test_error)


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


def check_delta(delta: float) -> float:
    """The failure probability itself, refused outside (0, 1).

    Args:
        delta: failure probability.

    Returns:
        The same, as a float.

    Raises:
        SettingError: it is not strictly between 0 and 1.
    """
    if not 0.0 < float(delta) < 1.0:  # NaN fails here too
        raise SettingError(
            f"delta, the probability that the bound fails, must lie strictly between 0 and 1; found {delta}"
        )
    return float(delta)
