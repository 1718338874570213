"""Numbers for documents and for tables: no NaN in the first, bounds rounded upward in the second."""

import math
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

__all__ = ["finite", "number", "upward"]


def finite(value: Any) -> Any:
    """``value`` as plain JSON types, with None in place of what is not finite."""
    if isinstance(value, dict):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value).encode(errors="backslashreplace").decode()  # a file name may hold bytes that are no text


def number(value: Any, digits: int = 3) -> str:
    """A number for a table: ``digits`` significant ones, an en dash for what is unknown."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if 10**digits <= abs(value) < 1e9 else f"{value:.{digits}g}"


def upward(value: float | None, digits: int = 3, *, times: int = 1) -> str:
    """An upper bound for a table, ``times`` the value: like :func:`number`, but never less than its first 15 digits.

    >>> upward(0.0248001, times=100), upward(0.05), upward(11982.0), number(2.48001)
    ('2.49', '0.05', '11982', '2.48')
    """
    if value is None:
        return number(None)
    exact = Decimal(f"{value:.15g}") * times
    whole = exact == exact.to_integral_value()
    return number(float(exact if whole else Context(prec=digits, rounding=ROUND_CEILING).plus(exact)), digits)
