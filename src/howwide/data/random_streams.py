"""Seeded random streams: one per seed and purpose, so that drawing more for one purpose changes nothing for another."""

import operator
from enum import IntEnum

import numpy as np

from howwide.errors import SettingError


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of every result that was ever drawn, so they never change."""

    SUBSET_POSITIVE = 1
    SUBSET_NEGATIVE = 2
    SUBSET_ORDER = 3
    SUBSET_PLAIN = 4
    SPLIT = 5
    TRAIN = 6
    TEST = 7
    CENTRES = 8


def stream(seed: int, purpose: Purpose) -> np.random.Generator:
    """PCG64 stream of ``seed`` for one purpose.

    Raises:
        SettingError: the seed is not an integer >= 0.
    """
    try:
        entropy = operator.index(seed)
    except TypeError:
        entropy = -1
    if entropy < 0:
        raise SettingError(f"seed must be an integer >= 0; got {seed!r}")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([entropy, int(purpose)])))
