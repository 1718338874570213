r"""What a run will cost at most, before anything is trained.

Flops are those of matrix products, two for each multiplication with its sum; what is done entry by entry (activations,
losses, draws) is left out, by which they err low, by a share of about one over the width. With :math:`e_1` the
entries of the first matrix, as it is trained, and :math:`e` those of the other hidden ones, a step of gradient descent
on n examples takes :math:`n (4 e_1 + 6 e)`: forward, the gradient of every matrix, and signals backward through all but
the first. In dual coordinates (:mod:`howwide.training.problem`) the first matrix is (m, n) and needs no product for its
gradient: :math:`n (2 e_1 + 6 e)`. Seconds follow from the speed of a matrix product timed here, and leave out
compilation.
"""

import functools
import itertools
import time

import numpy as np
from threadpoolctl import threadpool_limits

from howwide.results.plan import PlannedPart

__all__ = ["START", "STEP", "forward_flops", "largest_array", "matrix_entries", "pass_flops", "planned",
           "products_a_second", "step_flops"]  # fmt: skip

STEP = 2e-5
"""Seconds of a step beside its products."""

START = 0.05
"""Seconds of a run beside its steps."""

_BLOCK = 32  # updates that one pass keeps as factors


def matrix_entries(widths: tuple[int, ...], input_dim: int) -> tuple[int, int]:
    """Entries of the first matrix, and of the other hidden ones together, of a network with these hidden widths."""
    return input_dim * widths[0], sum(a * b for a, b in itertools.pairwise(widths))


def step_flops(n: int, input_dim: int, widths: tuple[int, ...], batch_size: int | None = None, every: int = 1) -> float:
    """Flops of one step of gradient descent on n examples, in the coordinates in which they are trained.

    A step by a minibatch has its share of that, and of a look at the whole sample, forward, once ``every`` steps.
    """
    first, others = matrix_entries(widths, min(n, input_dim))
    whole = float((2 if input_dim > n else 4) * n * first + 6 * n * others)
    return whole if batch_size is None else whole * batch_size / n + forward_flops(n, first, others) / every


def forward_flops(n: int, first: int, others: int) -> float:
    """Flops of the outputs of n examples."""
    return float(2 * n * first + 2 * n * others)


def pass_flops(n: int, input_dim: int, widths: tuple[int, ...], snapshots: int = 0) -> float:
    """Flops of one pass of SGD over n examples, each a step; updates are kept as factors for a block, then folded in.

    An example takes a forward pass, signals backward, its share of the folding, and products with the factors of its
    block: 2 B (fan-in + fan-out) for each matrix forward, and the same backward for all but the first. An iterate that
    is kept, ``snapshots`` and the drawn one, takes a folding of its own.
    """
    first, others = matrix_entries(widths, input_dim)
    size = min(_BLOCK, n)
    sides = (input_dim, *widths)
    factors = sum((2 if level else 1) * 2 * size * (a + b) for level, (a, b) in enumerate(itertools.pairwise(sides)))
    kept = (snapshots + 1) * 2 * size * (first + others)
    return float(-(-n // size) * size * (4 * first + 6 * others + factors) + kept)


def largest_array(n: int, input_dim: int, widths: tuple[int, ...], itemsize: int = 4) -> float:
    """Bytes of the largest of the inputs, the matrices and the activations."""
    sides = (input_dim, *widths)
    return float(itemsize * max(n * max(sides), *(a * b for a, b in itertools.pairwise(sides))))


def planned(
    part: str,
    count: int,
    unit: str,
    flops: float | None,
    largest: float,
    *,
    steps: int = 0,
    runs: int = 0,
    double: bool = False,
    note: str = "",
) -> PlannedPart:
    """A part of a plan, with its seconds.

    Args:
        part: what is done.
        count: how many of ``unit``.
        unit: what is counted.
        flops: of all of them; None where nobody knows.
        largest: bytes of the largest array.
        steps: of loops, each of which takes some time beside its products.
        runs: that are started, likewise.
        double: whether products are in float64, at half the speed.
        note: what there is to say.
    """
    speed = products_a_second() / (2 if double else 1)
    seconds = None if flops is None else flops / speed + steps * STEP + runs * START
    return PlannedPart(part=part, count=count, unit=unit, flops=flops, seconds=seconds, bytes=largest, note=note)


@functools.cache
def products_a_second() -> float:
    """Flops a second of one core in products of 64 columns, about what training at moderate widths reaches."""
    a, b = np.ones((64, 64), np.float32), np.ones((64, 1024), np.float32)
    with threadpool_limits(1):
        a @ b
        started, count = time.perf_counter(), 0
        while time.perf_counter() - started < 0.05:
            a @ b
            count += 1
        return count * 2.0 * 64 * 64 * 1024 / (time.perf_counter() - started)
