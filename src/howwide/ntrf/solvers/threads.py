"""How many threads the linear algebra of a search gets.

A search solves many small systems one after the other. Two threads share one of them no faster than one thread solves
it, and where other processes want the processors too they wait for each other: a system of 200 unknowns, 3 ms on one
thread, has taken 100 to 500 ms.
"""

import contextlib
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["threads_for"]

_SMALL = 1000


def threads_for(n: int) -> contextlib.AbstractContextManager[Any]:
    """A context in which matrices of n rows are worked on by one thread if they are small, by all otherwise."""
    return threadpool_limits(1) if n <= _SMALL else contextlib.nullcontext()
