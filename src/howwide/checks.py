"""Checks of arguments, one definition each: counts, widths, seeds, probabilities, positive numbers, choices.

Every check takes the value and its name as the caller knows it, and returns the value as a plain Python number (NumPy's
and JAX's scalars are accepted); what is refused raises a :class:`~howwide.errors.SettingError` that says what was
expected and what was given.
"""

import math
import numbers
import operator
from collections.abc import Collection

from howwide.errors import SettingError
from howwide.plain import plain

__all__ = [
    "LARGEST_SEED",
    "LARGEST_WIDTH",
    "as_number",
    "check_choice",
    "check_count",
    "check_positive",
    "check_probability",
    "check_seed",
    "check_width",
    "is_positive",
]

LARGEST_WIDTH = 2**20
"""No network is wider: a square matrix beyond this has more than 10^12 entries."""

LARGEST_SEED = 2**32 - 1
"""JAX keys hold 32 bits of a seed; a larger one would repeat another."""


def check_count(value: object, name: str, least: int = 0, most: int = 2**31 - 2, *, note: str = "") -> int:
    """``value`` as an int; a whole number from ``least`` to ``most`` (True is none).

    Raises:
        SettingError: it is none; ``note`` is added to the message.
    """
    try:
        value = plain(value)
        number = least - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if not least <= number <= most:
        bound = f"at most {most}" if number > most else f"at least {least}"
        raise SettingError(f"{name} must be a whole number of {bound}{note}; got {value!r}")
    return number


def check_width(value: object, name: str = "width", least: int = 1) -> int:
    """``value`` as an int; a width from ``least`` to :data:`LARGEST_WIDTH`.

    Raises:
        SettingError: it is none.
    """
    return check_count(value, name, least, LARGEST_WIDTH)


def check_seed(value: object) -> int:
    """``value`` as an int; a seed from 0 to :data:`LARGEST_SEED`.

    Raises:
        SettingError: it is none.
    """
    return check_count(value, "seed", most=LARGEST_SEED)


def as_number(value: object) -> float:
    """``value`` as a float, a text read as the number it spells; NaN where it is none."""
    try:
        return float(plain(value))
    except (TypeError, ValueError):
        return math.nan


def check_probability(value: object, name: str) -> float:
    """``value`` as a float strictly between 0 and 1: a failure probability, a level, a quantile.

    Raises:
        SettingError: it is not a number of the open unit interval.
    """
    number = plain(value)
    if not (isinstance(number, numbers.Real) and 0 < float(number) < 1):  # NaN fails too
        raise SettingError(f"{name} must lie strictly between 0 and 1; got {value!r}")
    return float(number)


def is_positive(value: object) -> bool:
    """Whether ``value`` is a positive finite number."""
    number = plain(value)
    return isinstance(number, numbers.Real) and 0 < float(number) < math.inf


def check_positive(value: object, name: str) -> float:
    """``value`` as a positive finite float.

    Raises:
        SettingError: it is none.
    """
    if not is_positive(value):
        raise SettingError(f"{name} must be a positive finite number; got {value!r}")
    return float(plain(value))


def check_choice(value: object, name: str, choices: Collection[str]) -> str:
    """``value``, one of the texts ``choices``.

    Raises:
        SettingError: it is none of them.
    """
    if not (isinstance(value, str) and value in choices):
        raise SettingError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return value
