"""Small problems that many tests pose: networks, samples, starts, and the data of short commands.

Shapes are few on purpose: JAX compiles a function once for every shape, and compiling is most of the time of the tests.
"""

from functools import cache

import numpy as np
import pytest

import oracles
from howwide import DeepReLU, FixedHeadReLU
from howwide.data import Dataset, load
from howwide.networks import Network

NARROW: list[Network] = [DeepReLU(12, 2), DeepReLU(12, 4, alpha=0.25), FixedHeadReLU(12, 1), FixedHeadReLU((9, 14, 8))]
"""Both networks, shallow and deep, one with layers of different widths and one with another output scale."""
WIDER: list[Network] = [DeepReLU(24, 3), DeepReLU(16, 4, alpha=0.3), FixedHeadReLU(24, 2), FixedHeadReLU((16, 10), 2)]
"""The same, with neurons enough to fit random labels of some tens of examples."""
DIMENSION = 6
"""Of the inputs, where nothing asks for another."""

every_narrow = pytest.mark.parametrize("net", NARROW, ids=str)
every_wider = pytest.mark.parametrize("net", WIDER, ids=str)

Sample = tuple[np.ndarray, np.ndarray]
Problem = tuple[Network, tuple[np.ndarray, ...], np.ndarray, np.ndarray]


def sample(net: Network, n: int = 40, d: int = DIMENSION, seed: int = 0) -> Problem:
    """A network, its start in float64, unit rows, and random labels of both signs."""
    return net, oracles.start(net, d, seed), *oracles.examples(n, d, seed)


def half_spaces(n: int, d: int, seed: int = 0) -> Sample:
    """Unit rows, labelled by the sign of their first coordinate."""
    x = oracles.examples(n, d, seed)[0]
    return x, np.where(x[:, 0] > 0, 1.0, -1.0)


@cache
def digits(n: int | None = None) -> Dataset:
    """Even against odd digits, all of the training part or ``n`` of it."""
    whole = load("digits:even/odd")
    return whole if n is None else whole.subset(n, seed=0)
