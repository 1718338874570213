r"""Nonnegative numbers by their logarithm, so that a width of 1e400 is a number like any other.

A :class:`Magnitude` is :math:`10^{\text{log10}}`; zero and infinity are values (:math:`\pm\infty` as the logarithm).
It has the operations that the formulas of the papers need, so that code reads as the displayed equation does:
``n**14 * L**16 / phi**4``. There is no subtraction, which would lose digits; no formula here needs one.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Magnitude", "Undefined", "exp", "log", "rounded_up", "sqrt", "where_exceeds", "where_exceeds_polylog"]

_LN10 = math.log(10.0)


class Undefined(ArithmeticError):
    """A formula outside its domain, such as the logarithm of a number below 1; becomes a status."""


@functools.total_ordering
@dataclass(frozen=True, eq=False)
class Magnitude:
    """The number ``10**log10``; exponents and logarithms are kept to the precision of a float."""

    log10: float

    @staticmethod
    def of(value: "float | Magnitude") -> "Magnitude":
        """A nonnegative number as a magnitude.

        Raises:
            Undefined: the number is negative or NaN.
        """
        if isinstance(value, Magnitude):
            return value
        if not value >= 0:
            raise Undefined(f"{value} is not a nonnegative number")
        return Magnitude(_log10(value))

    def __mul__(self, other: "float | Magnitude") -> "Magnitude":
        total = self.log10 + Magnitude.of(other).log10
        if math.isnan(total):
            raise Undefined("zero times infinity")
        return Magnitude(total)

    def __truediv__(self, other: "float | Magnitude") -> "Magnitude":
        return self * Magnitude.of(other) ** -1

    def __rtruediv__(self, other: float) -> "Magnitude":
        return Magnitude.of(other) * self**-1

    def __add__(self, other: "float | Magnitude") -> "Magnitude":
        small, large = sorted((self.log10, Magnitude.of(other).log10))
        if math.isinf(large):
            return Magnitude(large)
        return Magnitude(large + math.log1p(10.0 ** (small - large)) / _LN10)

    def __pow__(self, exponent: "float | Magnitude") -> "Magnitude":
        power = float(exponent)
        return Magnitude(0.0 if power == 0 else self.log10 * power)

    def __rpow__(self, base: float) -> "Magnitude":
        return Magnitude.of(base) ** self

    __rmul__ = __mul__
    __radd__ = __add__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Magnitude, float, int)) and self.log10 == Magnitude.of(other).log10

    def __hash__(self) -> int:
        return hash(self.log10)

    def __lt__(self, other: "float | Magnitude") -> bool:
        return self.log10 < Magnitude.of(other).log10

    def __float__(self) -> float:
        """The number itself; infinity where a float ends."""
        return math.inf if self.log10 >= 308.25 else 10.0**self.log10


def _log10(value: float) -> float:
    if value == 0:
        return -math.inf
    return math.inf if math.isinf(value) else math.log10(value)


def sqrt(x: Magnitude) -> Magnitude:
    """Square root."""
    return x**0.5


def exp(x: Magnitude) -> Magnitude:
    """Exponential function."""
    return Magnitude(float(x) / _LN10)


def log(x: Magnitude) -> Magnitude:
    """Natural logarithm of a number of at least 1.

    Raises:
        Undefined: the number is below 1; the formulas here mean the logarithm of a large number.
    """
    if x.log10 < 0:
        raise Undefined(f"the logarithm of {float(x):.4g}, a number below 1")
    return Magnitude(_log10(x.log10 * _LN10))


def rounded_up(x: Magnitude) -> Magnitude:
    """The next integer; the number itself from 1e15 on, where floats are integers anyway."""
    return Magnitude.of(math.ceil(float(x))) if x.log10 < 15 else x


def where_exceeds(right_side: Callable[[float], float]) -> Magnitude:
    r"""Least :math:`m_0 \ge e` such that :math:`m \ge g(m)` for every :math:`m \ge m_0`.

    For conditions with the width on both sides, such as :math:`m \ge a (\log m)^k`. The iteration :math:`m \leftarrow
    g(m)` comes down from above to the largest fixed point, so an early end errs to the wide side.

    Args:
        right_side: :math:`\log_{10} g` as a function of :math:`\log_{10} m`; g rises with m, and more slowly than m
            itself from somewhere on.
    """
    least = 1 / _LN10
    at_least = right_side(least)
    if math.isinf(at_least):
        return Magnitude(max(at_least, least))
    x = 1.0 + abs(at_least)
    while right_side(x) > x:
        x *= 2
    for _ in range(10_000):
        following = right_side(x)
        if following <= least:
            return Magnitude(least)
        if x - following <= 1e-13 * x:
            break
        x = following
    return Magnitude(x)


def where_exceeds_polylog(factor: Magnitude, power: float) -> Magnitude:
    r""":func:`where_exceeds` for :math:`g(m) = a (\log m)^k`."""
    return where_exceeds(lambda x: factor.log10 + power * math.log10(_LN10 * x))
