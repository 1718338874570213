"""What a command may cost before it runs: the answer, and its parts."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.results.plan import RunPlan
from howwide.views.blocks import Block, Column, Sentence, Table

__all__ = ["view"]


def view(result: RunPlan, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The answer, the parts, and what the numbers are."""
    yield Sentence(result.answer, "lead")
    several = any(p.n is not None for p in result.parts)
    sizes: list[str | Column] = ["n"] if several else []
    yield Table(
        "The parts, in their order",
        ["part", *sizes, "at most", "of", "flops", "core seconds", "largest array, MiB", Column("note", wrap=True)],
        [
            (p.part, *([p.n] if several else []), p.count, p.unit, p.flops, p.seconds, p.bytes / 2**20, p.note)
            for p in result.parts
        ],
    )
    yield Sentence(
        "Leave --dry-run out to run it. Flops are those of matrix products; seconds follow from the speed of a small "
        "product, timed now on one core, and leave out compilation, some seconds for every new shape. Runs that reach "
        "their target end earlier.",
        "quiet",
    )
