"""What a certificate may be given: sequences of losses in [0, 1], and of mistakes, which are 0 or 1.

Every certificate refuses anything else before it computes, in one line.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from howwide.errors import DataError, ShapeError

__all__ = ["check_losses", "check_mistakes", "check_sequence"]

Floats = npt.NDArray[np.float64]


def check_sequence(values: Any, name: str) -> Floats:
    """A sequence of at least one finite number, as float64 of shape (n,).

    Args:
        values: anything that NumPy turns into an array of booleans or real numbers.
        name: what the values are, for the message.

    Raises:
        DataError: they are not numbers, or not finite.
        ShapeError: they are not a sequence of at least one.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ShapeError(f"{name} must be one sequence of numbers; found entries of different lengths") from None
    if array.size and array.dtype.kind not in "biuf":
        raise DataError(f"{name} must be numbers, one an example; found dtype {array.dtype}")
    if array.ndim != 1 or not array.size:
        raise ShapeError(f"{name} must be a sequence of shape (n,) with n >= 1; found shape {array.shape}")
    floats = array.astype(np.float64)
    if not np.isfinite(floats).all():
        at = int(np.flatnonzero(~np.isfinite(floats))[0])
        raise DataError(f"{name} must be finite; found {floats[at]} at position {at}. Count a lost output as a mistake")
    return floats


def check_losses(values: Any, name: str = "losses") -> Floats:
    """A sequence of losses in [0, 1].

    Args:
        values: see :func:`check_sequence`.
        name: what the values are, for the message.

    Raises:
        DataError: a value is no number in [0, 1].
        ShapeError: they are not a sequence of at least one.
    """
    losses = check_sequence(values, name)
    outside = (losses < 0.0) | (losses > 1.0)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"{name} must lie in [0, 1]; found {losses[at]:g} at position {at}. Divide by their bound first"
        )
    return losses


def check_mistakes(values: Any, name: str = "mistakes") -> Floats:
    """A sequence of mistakes: 1 or True for a mistake, 0 or False for none.

    Args:
        values: see :func:`check_sequence`.
        name: what the values are, for the message.

    Raises:
        DataError: a value is neither 0 nor 1.
        ShapeError: they are not a sequence of at least one.
    """
    mistakes = check_sequence(values, name)
    other = (mistakes != 0.0) & (mistakes != 1.0)
    if other.any():
        at = int(np.flatnonzero(other)[0])
        raise DataError(f"{name} must be 0 or 1, one an example; found {mistakes[at]:g} at position {at}")
    return mistakes
