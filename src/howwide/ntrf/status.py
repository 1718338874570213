"""How the solution of a convex problem ended; never an exception."""

import enum

__all__ = ["SolveStatus"]


class SolveStatus(enum.StrEnum):
    """Statuses of margins, losses and radii."""

    CONVERGED = "converged"
    """The interval is as narrow as required."""
    MAX_STEPS = "max_steps"
    """The budget was spent first: the interval is valid, and wider than required."""
    NOT_SEPARABLE = "not_separable"
    """The margin is zero: a convex combination of the signed features vanishes."""
    UNREACHABLE = "unreachable"
    """No radius, however large, brings the loss to the target."""
    PRECISION_LOST = "precision_lost"
    """Rounding keeps the interval from getting narrower; its width is that of the rounding."""
