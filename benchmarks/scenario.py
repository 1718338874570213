"""What a simulation of coverage is: a certificate, a law with known risks, and pairs of a bound and the risk under it.

Every simulation of ``certificate_coverage.py`` is one of these, whether a sequence of coins or a trained network.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

__all__ = ["DELTA", "Array", "Outcomes", "Scenario", "collected"]

DELTA = 0.05

Array = np.ndarray
Outcomes = tuple[Array, Array]
"""The certified values and the true risks, one a repetition."""


@dataclass(frozen=True)
class Scenario:
    """A certificate on a law with known risks.

    Attributes:
        certificate: its name.
        law: of the examples or of the sequence, in words.
        simulate: values and risks of so many repetitions, with these random numbers.
        delta: the failure probability that is promised.
        control: whether a condition of the certificate is broken on purpose, so that it must fail more often.
    """

    certificate: str
    law: str
    simulate: Callable[[int, np.random.Generator], Outcomes]
    delta: float = DELTA
    control: bool = False


def collected(outcomes: Iterable[tuple[float, float]]) -> Outcomes:
    """Pairs of a value and a risk as two arrays."""
    values, risks = np.array(list(outcomes), float).T
    return values, risks
