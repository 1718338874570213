"""What a certificate is: a number that holds, for which object, with which probability, under which conditions.

A :class:`Certificate` bounds a risk, the probability of a mistake on a fresh example, by ``value``: under its
conditions the bound holds with probability at least ``1 - delta`` over the randomness named in ``over``. A
:class:`Prediction` has the same shape and no such probability, because a constant in it is hidden or a quantity cannot
be bounded from a sample; the two types are never mixed.
"""

from typing import Literal

from howwide.results.certify import ON_AVERAGE, Certificate, Certified, Condition, Prediction, confidence

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
    "checked",
    "confidence",
    "declared",
]

ExamplesOf = Literal["drawn", "kept aside"]
"""On which examples a certificate rests: those that were drawn for training, or those that nothing used."""


def checked(text: str) -> Condition:
    """A condition that the code made sure of."""
    return Condition(text=text, status="checked")


def declared(text: str) -> Condition:
    """A condition that is the user's word."""
    return Condition(text=text, status="declared")


LAW = declared("the examples, used and fresh ones alike, are independent draws from one distribution")
SETTLED = declared("network, settings, seed and number of examples were chosen without looking at these examples")
START = declared("network and initial weights were chosen without looking at these examples")
UNTOUCHED = declared("the examples kept aside were not used to choose the predictor, or anything")

USERS_WORD = (LAW, SETTLED, START, UNTOUCHED)
"""What nobody can check, whoever makes the certificate."""
