"""Misuse, reported in one line: what was wrong, what was expected, what to do.

Only misuse raises. A numerical outcome (divergence, an exhausted budget) is a status on a result, and a scientific
outcome (no width up to 1024 reached the target) is an ordinary value with its evidence. Every exception here is raised
before anything is compiled or written; the command line turns each into one line on stderr and exit code 2.
"""


class HowwideError(Exception):
    """Base of all errors that a person can correct; the message is one line, whatever a damaged file puts into it."""

    def __init__(self, message: object = "") -> None:
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in str(message)))


class DataError(HowwideError, ValueError):
    """The data cannot be used: missing or damaged file, non-finite features, labels that are not two classes."""


class ShapeError(HowwideError, ValueError):
    """Arrays whose shapes do not fit each other or the network."""


class SettingError(HowwideError, ValueError):
    """A setting outside its domain: a width of 0, an alpha of 0.6, an unknown target."""


class OutputError(HowwideError, OSError):
    """A result could not be written where it was asked for."""
