"""Refusals that networks, training and the width search share: whole numbers in a range, and shapes of weights."""

import operator
from typing import Any

from howwide.errors import SettingError, ShapeError
from howwide.plain import plain

__all__ = ["LARGEST_WIDTH", "check_count", "check_weights"]

LARGEST_WIDTH = 2**20
"""No network is wider: a square matrix beyond this has more than 10^12 entries."""


def check_count(value: Any, name: str, least: int = 0, most: int = 2**31 - 2, *, note: str = "") -> int:
    """``value`` as an int; a whole number from ``least`` to ``most`` (True is none).

    Raises:
        SettingError: it is none; ``note`` is added to the message.
    """
    try:
        value = plain(value)
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if not least <= number <= most:
        bound = f"at most {most}" if number > most else f"at least {least}"
        raise SettingError(f"{name} must be a whole number of {bound}{note}; got {value!r}")
    return number


def check_weights(weights: Any, shapes: tuple[tuple[int, int], ...]) -> None:
    """Refuse weights whose shapes are not ``shapes``; an input dimension of -1 matches any.

    Raises:
        ShapeError: number or shapes of the matrices differ.
    """
    found = tuple(tuple(getattr(w, "shape", ())) for w in weights)
    fits = len(found) == len(shapes) and all(
        len(f) == 2 and f[0] == s[0] and s[1] in (f[1], -1) for f, s in zip(found, shapes, strict=True)
    )
    if not fits:
        wanted = ", ".join(f"({s[0]}, {'d' if s[1] < 0 else s[1]})" for s in shapes)
        got = ", ".join(str(f) for f in found)
        raise ShapeError(
            f"weights do not fit the network: expected matrices ({wanted}), out-features first; got ({got})"
        )
