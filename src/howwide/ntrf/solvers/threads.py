"""How many threads the linear algebra of a search gets.

A search solves many small systems one after the other. Two threads are little faster than one at these, and where
other processes want the processors too the threads wait for each other: a system of 200 unknowns, 3 ms on one thread,
has taken 100 to 500 ms, and the margin of 1400 examples, 0.4 s, has taken 25 s.
"""

import contextlib

from threadpoolctl import threadpool_limits

__all__ = ["threads_for"]

_SMALL = 2000


def threads_for(n: int) -> contextlib.AbstractContextManager[object]:
    """A context in which matrices of n rows are worked on by one thread if they are small, by all otherwise."""
    return threadpool_limits(1) if n <= _SMALL else contextlib.nullcontext()
