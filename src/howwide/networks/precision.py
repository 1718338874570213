"""The dtype rule: computations follow the dtype of the given weights.

JAX computes in float32 unless 64-bit mode is on. The library never flips that flag; it opens the public context manager
``jax.enable_x64`` around a computation whose weights are float64, and closes it again.
"""

import contextlib
from collections.abc import Iterator, Sequence
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
    dtypes = {np.dtype(getattr(a, "dtype", None) or np.asarray(a).dtype) for a in arrays}
    if len(dtypes) != 1 or not dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}:
        names = ", ".join(sorted(str(d) for d in dtypes))
        raise SettingError(f"weights must all be float32 or all float64; found {names}. Convert them with .astype(...)")
    return dtypes.pop()


@contextlib.contextmanager
def computing_in(dtype: Any, *, nan_is_outcome: bool = False) -> Iterator[None]:
    """A context in which JAX computes in ``dtype``: 64-bit mode for float64, 32-bit mode otherwise.

    With ``nan_is_outcome`` JAX does not raise at a NaN or an infinity, whatever the user's flags: a run that diverges
    ends with a status, and entries of a record that were not reached are NaN.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(jax.enable_x64(np.dtype(dtype) == np.dtype(np.float64)))
        if nan_is_outcome:
            stack.enter_context(jax.debug_nans(False))
            stack.enter_context(jax.debug_infs(False))
        yield
