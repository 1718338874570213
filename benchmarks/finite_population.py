"""Finitely many points with noisy labels: a law under which the risk of any network is a sum.

The label of a point is not a function of it, so a network that memorises its examples errs on fresh ones.
"""

from dataclasses import dataclass

import numpy as np
from scenario import Array

__all__ = ["Population", "half_space"]


@dataclass(frozen=True, eq=False)
class Population:
    """Points that are equally likely, and their probabilities of the label +1.

    Attributes:
        x: points (P, d).
        positive: probabilities (P,).
    """

    x: Array
    positive: Array

    def sample(self, n: int, random: np.random.Generator) -> tuple[Array, Array]:
        """Indices and labels of n independent examples."""
        chosen = random.integers(len(self.x), size=n)
        return chosen, np.where(random.random(n) < self.positive[chosen], 1.0, -1.0)

    def risk(self, outputs: Array) -> Array:
        """Probability of a mistake, from outputs (..., P) at the points; an output of 0 is a mistake."""
        return (self.positive * (outputs <= 0) + (1 - self.positive) * (outputs >= 0)).mean(axis=-1)


def half_space(
    points: int, dimension: int, noise: float, random: np.random.Generator, *, origin: float = 0.0
) -> Population:
    """Unit vectors labelled by the sign of their first coordinate, a share ``noise`` of the labels wrong.

    A share ``origin`` of the points lies at 0, where every network of the papers has the output 0.
    """
    x = random.standard_normal((points, dimension))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    positive = np.where(x[:, 0] > 0, 1 - noise, noise)
    x[: round(origin * points)] = 0.0
    return Population(x, positive)
