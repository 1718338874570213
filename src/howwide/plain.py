"""Numbers as Python has them: whoever calls may pass NumPy's or JAX's scalars and arrays where a number is taken.

Settings are compared, hashed, stored and written as JSON, so they are made plain where they come in.
"""

from typing import Any

__all__ = ["one_or_several", "plain"]


def plain(value: Any) -> Any:
    """``value`` with scalars and arrays of NumPy and JAX as Python numbers and lists; anything else as it is.

    >>> import numpy as np
    >>> plain(np.int64(3)), plain(np.array([0.5, 1.0])), plain((np.int8(1), "a")), plain("text")
    (3, [0.5, 1.0], (1, 'a'), 'text')
    """
    if hasattr(value, "tolist") and hasattr(value, "dtype") and hasattr(value, "shape"):
        return value.tolist()
    if type(value) in (list, tuple):
        return type(value)(plain(inner) for inner in value)
    return value


def one_or_several(value: Any) -> list[Any]:
    """The values of a setting that may have several: a list, tuple, range or one-dimensional array, or a single one."""
    value = plain(value)
    return list(value) if isinstance(value, (list, tuple, range, set, frozenset)) else [value]
