"""One extreme eigenvalue as a result: a number, the ends that it is known to lie between, and how that went."""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from howwide.tangent.cholesky import rounding

__all__ = ["Eigenvalue", "Product", "Status", "exact_eigenvalue", "outermost_quotient"]

Product = Callable[[np.ndarray], np.ndarray]


class Status(enum.StrEnum):
    """How well an eigenvalue is known."""

    CONVERGED = "converged"
    """The ends are as near as was asked."""
    MAX_STEPS = "max_steps"
    """The steps were spent first: the ends hold, and are wider than asked. For the smallest eigenvalue of an operator
    the lower end may then be the trivial 0."""
    NOT_PSD = "not_psd"
    """An eigenvalue is certainly negative: the matrix is no Gram."""
    PRECISION_LOST = "precision_lost"
    """Rounding keeps the ends apart, most often with zero between them; more steps would not help. Float64, a stored
    Gram instead of an operator, or fewer rows that nearly repeat may."""

    @classmethod
    def of(cls, lower: float, upper: float, tolerance: float, blurred: bool, side: int) -> "Status":
        """The status of ends; ``blurred`` says that they would stay as they are after more steps."""
        if side < 0 and upper < 0:
            return cls.NOT_PSD
        if upper - lower <= tolerance * max(abs(lower), abs(upper)):
            return cls.CONVERGED
        return cls.PRECISION_LOST if blurred else cls.MAX_STEPS


@dataclass(frozen=True, eq=False)
class Eigenvalue:
    """An extreme eigenvalue with its ends, ``lower <= value <= upper``.

    Attributes:
        value: the Rayleigh quotient of ``vector``, to rounding.
        lower: lower end.
        upper: upper end.
        residual: ``|K v - value v|`` for the unit vector, measured.
        vector: unit vector, (n,).
        level: 1.0 where both ends are certain, else the probability over the start, at least, with which they hold.
        status: how well it is known.
    """

    value: float
    lower: float
    upper: float
    residual: float
    vector: np.ndarray
    level: float
    status: Status


@dataclass(frozen=True, eq=False)
class Quotient:
    """A Rayleigh quotient ``value`` of a unit ``vector``, off by at most ``error``, and the norm of its residual."""

    vector: np.ndarray
    value: float
    error: float
    residual: float


def outermost_quotient(product: Product, vector: np.ndarray, diagonal: np.ndarray, error: float, side: int) -> Quotient:
    """The quotient of a vector, or of a unit coordinate vector where the diagonal is farther out than that."""
    found = _quotient(product, vector / np.linalg.norm(vector), error)
    chosen = int(np.argmax(side * diagonal))
    if side * float(diagonal[chosen]) > side * found.value + found.error:
        return _quotient(product, np.eye(1, len(diagonal), chosen)[0], error)
    return found


def _quotient(product: Product, vector: np.ndarray, error: float) -> Quotient:
    r"""``error`` bounds the rounding of ``product`` on a unit vector.

    The sums here are exact but for the products in them and one rounding each (`math.fsum`), so the quotient is off by
    ``error`` and a few u of \|K v\|.
    """
    w = np.asarray(product(vector), float)
    value = math.fsum(vector * w) / math.fsum(vector * vector)
    rest = rounding(16) * (float(np.linalg.norm(w)) + abs(value))
    return Quotient(vector, value, 1.001 * (error + rest), float(np.linalg.norm(w - value * vector)))


def exact_eigenvalue(diagonal: np.ndarray, side: int) -> Eigenvalue:
    """The largest (side 1) or smallest (side -1) eigenvalue of a diagonal matrix, which is known exactly."""
    chosen = int(np.argmax(side * diagonal))
    value = float(diagonal[chosen])
    status = Status.of(value, value, 0.0, False, side)
    return Eigenvalue(value, value, value, 0.0, np.eye(1, len(diagonal), chosen)[0], 1.0, status)
