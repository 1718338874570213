"""What a command will do and what it may cost, before anything runs: the results of ``--dry-run``."""

from collections.abc import Iterable

from howwide.numbers import format_duration
from howwide.results.base import Record, Result

__all__ = ["PlannedPart", "RunPlan"]


class PlannedPart(Record):
    """A part of the work, in the order in which it is done.

    Attributes:
        part: what is done.
        n: at which sample size, where there are several; null otherwise.
        count: how many of ``unit``, at most.
        unit: what is counted.
        flops: of its matrix products, at most; null where nobody knows beforehand how long it takes.
        seconds: that these products take on one core; null with the flops.
        bytes: of the largest array.
        note: why it is not known, or what the numbers leave out.
    """

    part: str
    n: int | None = None
    count: int
    unit: str
    flops: float | None
    seconds: float | None
    bytes: float
    note: str


class RunPlan(Result, verbs=("train", "measure", "iterations", "certify", "theorems compare")):
    """Result of ``--dry-run``: the parts of a run and their sums.

    Attributes:
        answer: in a sentence what it may cost.
        parts: in their order.
        flops: of the parts whose flops are known.
        seconds: of these parts on one core.
        bytes: of the largest array of all parts.
        unknown: names of the parts whose cost is not known beforehand.
    """

    answer: str
    parts: tuple[PlannedPart, ...]
    flops: float
    seconds: float
    bytes: float
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, parts: Iterable[PlannedPart]) -> "RunPlan":
        """The plan with these parts."""
        parts = tuple(parts)
        known = [(p.flops, p.seconds) for p in parts if p.flops is not None and p.seconds is not None]
        flops, seconds = sum(f for f, _ in known), sum(s for _, s in known)
        largest = max(p.bytes for p in parts)
        unknown = tuple(dict.fromkeys(p.part for p in parts if p.flops is None))
        cost = f"at most about {format_duration(max(seconds, 1.0))} on one core, {flops:.2g} flops"
        answer = f"{cost[0].upper()}{cost[1:]}" if known else "The time is not known beforehand"
        if known and unknown:
            answer = f"How long {', '.join(unknown)} will take is not known beforehand; all else takes {cost}"
        size = f"{largest / 2**30:.1f} GiB" if largest >= 2**30 else f"{largest / 2**20:.2g} MiB"
        answer = f"{answer}. The largest array takes {size}; nothing was run."
        return cls(answer=answer, parts=parts, flops=flops, seconds=seconds, bytes=largest, unknown=unknown)
