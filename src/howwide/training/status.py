"""How a run ended, and what it was to reach.

A run that diverges or dies is an outcome, not an error: its status says so, and one bad seed loses no other.
"""

import dataclasses
import enum
import math

from howwide.checks import as_number, is_positive
from howwide.errors import SettingError

__all__ = ["ALGORITHMS", "Status", "Target", "parse_target"]

ALGORITHMS = ("gd", "sgd", "minibatch")
"""Full-batch gradient descent, one pass of SGD with batch size 1, SGD with minibatches: the names a user types."""


class Status(enum.StrEnum):
    """How a run ended."""

    RUNNING = "running"
    """It has not; seen inside the compiled loops only."""
    CONVERGED = "converged"
    """The target was reached."""
    MAX_STEPS = "max_steps"
    """The budget ended first, or no target was set."""
    DIVERGED = "diverged"
    """The loss is not finite; a smaller step size helps."""
    DEAD = "dead"
    """The last hidden layer is zero on every example, so every output and every gradient is zero and will stay so; a
    smaller step size, another seed or a larger width helps."""
    FLAT = "flat"
    """Stopped by a rule, where one was asked for: the loss is so flat that the steps that are left will not reach the
    target (:mod:`howwide.training.hopeless`)."""
    FOLLOWED = "followed"
    """Not made, by a rule: the try would follow an earlier one with larger steps, which fell short of the target."""

    @property
    def code(self) -> int:
        """The whole number that stands for this status inside a compiled loop."""
        return list(Status).index(self)

    @classmethod
    def from_code(cls, code: int) -> "Status":
        """The status behind ``code``."""
        return list(cls)[code]


@dataclasses.dataclass(frozen=True)
class Target:
    """Training error at most ``error``, loss at most ``loss``, margin at least ``margin``; infinity asks nothing.

    The training error counts outputs with ``y f(x) <= 0``, zero outputs included; the margin is ``min_i y_i f(x_i)``.
    """

    name: str = "none"
    loss: float = -math.inf
    error: float = math.inf
    margin: float = -math.inf


def parse_target(target: "str | Target | None") -> Target:
    """Read ``"zero-error"``, ``"loss<=0.1"``, ``"margin>=1"``, None or a :class:`Target`.

    Raises:
        SettingError: it is none of these.
    """
    if isinstance(target, Target):
        return target
    if target is None:
        return Target()
    name = str(target).replace(" ", "")
    if name == "zero-error":
        return Target("zero-error", loss=math.inf, error=0.0)
    for head in ("loss<=", "margin>="):
        if name.startswith(head) and name != head:
            bound = as_number(name.removeprefix(head))
            if not is_positive(bound):
                kind = head[:-2]
                raise SettingError(f"the {kind} in target {target!r} must be a positive number, as in {head}0.1")
            exact = f"{head}{bound:g}"
            return Target(exact, loss=bound) if head == "loss<=" else Target(exact, loss=math.inf, margin=bound)
    raise SettingError(
        f"unknown target {target!r}; use zero-error or loss<=EPS, as in loss<=0.1, or margin>=G, as in margin>=1"
    )
