r"""When a try of gradient descent can no longer reach its target, by rules of which the error is measured.

Both rules read the losses that a try has recorded and nothing else, so the same run is always stopped at the same step.

*Flat.* After t of T steps, let r be the range (largest less smallest) of the losses of the last quarter of these
steps. At this pace the loss would move by :math:`r\,(T - t)/(t/4)` in the steps that are left. The try is stopped where
that is less than a tenth of its loss,

.. math::  r\, \frac{T - t}{t / 4} < \kappa\, L(W^{(t)}), \qquad \kappa = 0.1,

and, for a target on the loss, where a loss lower by that tenth would not reach it. It is asked after every eighth of
the budget, from a quarter on: the first plateau, that of a start whose outputs are small, often ends before.

*Followed.* Gradient descent with steps too small to overshoot follows one path, the gradient flow, at the pace of
its step size. An earlier try with the larger step :math:`\eta'`, whose loss never rose by more than a twentieth of
itself in the first :math:`\lceil T \eta / \eta' \rceil` steps, was on that path: a try with the step :math:`\eta`
would follow it, more slowly, to where the earlier one was then, short of the target. So it is not made.

Neither is a theorem: where a loss has hardly moved, or two step sizes went alike for a while, nothing proves that they
will go on so. Of the trials that these rules stopped short, `benchmarks/stopped_trials.py` ran some to their end: the
share that would have succeeded is stated, with its limit, on the documentation's page about the minimal width.
"""

import math
from collections.abc import Sequence

import numpy as np

from howwide.training.status import Target

__all__ = ["check_steps", "follows", "is_flat"]

_CHECKS = 8
_FLAT = 0.1  # kappa
_WINDOW = 8  # losses that must be there to tell a pace
_RISE = 0.05  # by which a loss may rise, as a share of itself, while a run still follows the flow


def check_steps(steps: int) -> list[int]:
    """The steps of a budget after which a try is asked."""
    return sorted({steps * part // _CHECKS for part in range(2, _CHECKS)} - {0})


def is_flat(losses: np.ndarray, every: int, step: int, steps: int, target: Target) -> bool:
    """Whether a try stays short of its target because its loss is flat after ``step`` steps.

    Args:
        losses: average loss at the steps 0, ``every``, 2 ``every``, ..., at least up to ``step``.
        every: steps between two losses.
        step: up to which losses count.
        steps: the budget of the try.
        target: what it must reach.
    """
    if target.margin > -math.inf:  # the loss says too little of the least margin
        return False
    window = losses[-(-3 * step // 4) // every : step // every + 1]
    if window.size < _WINDOW:
        return False
    pace, share = np.ptp(window) / (step / 4), _FLAT * window[-1]
    near = target.loss < math.inf and window[-1] - share <= target.loss
    return bool(pace * (steps - step) < share and not near)


def follows(earlier: Sequence[tuple[float, np.ndarray]], every: int, step_size: float, steps: int) -> bool:
    """Whether a try would follow one of ``earlier``, which had not reached the target by then.

    Args:
        earlier: step size, and losses as above, of tries of the same network from the same start.
        every: steps between two losses.
        step_size: of the try.
        steps: its budget.
    """
    for larger, losses in earlier:
        path = losses[: math.ceil(steps * step_size / larger / every) + 1] if step_size <= larger else losses[:0]
        there = (path.size - 1) * every * larger >= steps * step_size and path.size > 1
        if there and np.all(np.diff(path) <= _RISE * path[:-1]):
            return True
    return False
