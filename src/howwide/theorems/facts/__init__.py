"""What is measured on a data set for the theorems, and which of it each of them gets.

:func:`measure` measures; a :class:`Measured` hands every statement the facts of its own network.
"""

from howwide.theorems.facts._measure import PARTS, measure
from howwide.theorems.facts.measured import Measured

__all__ = ["PARTS", "Measured", "measure"]
