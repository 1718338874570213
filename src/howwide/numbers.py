"""Numbers for documents and for tables: no NaN in the first, bounds rounded upward in the second."""

import math
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

__all__ = ["format_duration", "format_number", "format_upper_bound", "to_json_types"]


def to_json_types(value: Any, leave: type | tuple[()] = ()) -> Any:
    """``value`` as plain JSON types, with None in place of what is not finite; objects of type ``leave`` stay."""
    if isinstance(value, leave):
        return value
    if isinstance(value, dict):
        return {str(k): to_json_types(v, leave) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_types(v, leave) for v in value]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value).encode(errors="backslashreplace").decode()  # a file name may hold bytes that are no text


def format_number(value: Any, digits: int = 3) -> str:
    """A number for a table: ``digits`` significant ones, an en dash for what is unknown."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if 10**digits <= abs(value) < 1e9 else f"{value:.{digits}g}"


def format_duration(seconds: float) -> str:
    """Seconds for people: ``42 s``, ``3.5 min``, ``1.2 h``, ``2.0 d``."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def format_upper_bound(value: float | None, digits: int = 3, *, times: int = 1) -> str:
    """An upper bound for a table, ``times`` the value: a number never less than its first 15 digits.

    >>> format_upper_bound(0.0248001, times=100), format_upper_bound(0.05), format_upper_bound(11982.0)
    ('2.49', '0.05', '11982')
    """
    if value is None:
        return format_number(None)
    exact = Decimal(f"{value:.15g}") * times
    whole = exact == exact.to_integral_value()
    return format_number(float(exact if whole else Context(prec=digits, rounding=ROUND_CEILING).plus(exact)), digits)
