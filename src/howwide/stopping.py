"""How long work hears that it is wanted no more: whoever starts it puts an event into its context and sets it."""

import contextvars
import threading

__all__ = ["STOP", "Stopped", "Submitted", "check_stop"]

STOP: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("stop", default=None)
"""The event that ends the work of this context; None where nobody can."""


class Stopped(BaseException):
    """The work under way is wanted no more."""


class Submitted(Exception):
    """The work was handed to a queue, as asked, and goes on without this process; the message says how to get it."""


def check_stop() -> None:
    """End the work of this thread if it is wanted no more; for functions to call now and then in a long task.

    Raises:
        Stopped: it is not wanted.
    """
    stop = STOP.get()
    if stop is not None and stop.is_set():
        raise Stopped
