"""What a study will cost at most, before anything is trained.

Nobody knows the widths beforehand, so trials are counted at a guess: the width at which the network has as many
parameters as there are examples. A trial is counted with all its tries and the whole budget, a point with all the
trials it may have; most studies cost several times less, because trials that succeed stop early and searches end when
the intervals are narrow enough. The speed is that of a matrix product timed here.
"""

import dataclasses
import math
import time

import numpy as np
from threadpoolctl import threadpool_limits

from howwide.statistics import AdaptiveDesign
from howwide.width.extension import COST
from howwide.width.protocol import Protocol

__all__ = ["PlannedPoint", "plan", "step_flops"]

_STEP = 2e-5  # seconds of a step beside its products
_TRIAL = 0.05  # seconds of a trial beside its steps
_TRIES = {"ladder": 3}


@dataclasses.dataclass(frozen=True)
class PlannedPoint:
    """One n under one protocol.

    Attributes:
        n: sample size.
        label: target, depth and the rest of what varies.
        width: the guess.
        trials: at most, all budgets together, those run on beyond their budget aside.
        flops: at most, at that width.
        seconds: at most, on one core.
    """

    n: int
    label: dict[str, str | int | float]
    width: int
    trials: int
    flops: float
    seconds: float


def plan(
    protocols: list[Protocol], sizes: list[int], d: int, design: AdaptiveDesign, extend: bool
) -> list[PlannedPoint]:
    """The points of a study on data with d coordinates, in the order of the search; ``extend`` adds the sample."""
    speed, more = _products_a_second(), 1 + COST * extend
    return [_point(protocol, n, d, design, speed, more) for protocol in protocols for n in sizes]


def _point(protocol: Protocol, n: int, d: int, design: AdaptiveDesign, speed: float, more: float) -> PlannedPoint:
    width = _guess(n, d, protocol.square_matrices, design)
    steps = protocol.steps[-1] * _TRIES.get(str(protocol.step_size), 1)
    trials = design.budget * len(protocol.steps)
    flops = more * trials * steps * step_flops(protocol, n, d, width)
    seconds = flops / speed + more * trials * (_TRIAL + steps * _STEP)
    return PlannedPoint(n, protocol.varied, width, trials, flops, seconds)


def step_flops(protocol: Protocol, n: int, d: int, width: int) -> float:
    """Flops of one step of gradient descent: first layer, and the square matrices forward and backward."""
    return float(4 * n * min(n, d) * width + 6 * n * protocol.square_matrices * width**2)


def _guess(n: int, d: int, layers: int, design: AdaptiveDesign) -> int:
    """The least width at which ``layers`` square matrices and a first one with d columns have n entries."""
    width = n / d if not layers else (math.sqrt(d * d + 4 * layers * n) - d) / (2 * layers)
    step = design.step
    return int(min(max(step, step * math.ceil(width / step)), design.largest - design.largest % step))


def _products_a_second() -> float:
    """Flops a second of one core in products of 64 columns, about what training at moderate widths reaches."""
    a, b = np.ones((64, 64), np.float32), np.ones((64, 1024), np.float32)
    with threadpool_limits(1):
        a @ b
        started, count = time.perf_counter(), 0
        while time.perf_counter() - started < 0.05:
            a @ b
            count += 1
        return count * 2.0 * 64 * 64 * 1024 / (time.perf_counter() - started)
