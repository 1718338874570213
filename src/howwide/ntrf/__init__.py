"""The neural tangent random feature problem: loss in a ball, radius for a loss, margin; each with certified ends."""

from howwide.ntrf.linearized import Linearized
from howwide.ntrf.status import Status

__all__ = ["Linearized", "Status"]
