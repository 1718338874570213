"""The dtype rule: computations follow the dtype of the given weights.

JAX computes in float32 unless 64-bit mode is on. The library never flips that flag; it opens the public context manager
``jax.enable_x64`` around a computation whose weights are float64, and closes it again.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import numpy as np

from howwide.errors import SettingError

__all__ = ["computing_in", "floating_dtype"]


def floating_dtype(arrays: Sequence[Any]) -> np.dtype[Any]:
    """The common dtype of ``arrays``: float32 or float64.

    Raises:
        SettingError: the arrays are of another kind, or of two different ones.
    """
    found = {np.dtype(getattr(a, "dtype", None) or np.asarray(a).dtype) for a in arrays}
    if len(found) != 1 or not found <= {np.dtype(np.float32), np.dtype(np.float64)}:
        names = ", ".join(sorted(str(d) for d in found))
        raise SettingError(f"weights must all be float32 or all float64; found {names}. Convert them with .astype(...)")
    return found.pop()


def computing_in(dtype: Any) -> AbstractContextManager[Any]:
    """A context in which JAX computes in ``dtype``: 64-bit mode for float64, 32-bit mode otherwise."""
    context: AbstractContextManager[Any] = jax.enable_x64(np.dtype(dtype) == np.dtype(np.float64))
    return context
