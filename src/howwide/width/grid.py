"""Which widths to try next: a geometric grid, refined around the threshold.

Knows counts of successes only, no network. It first brackets the transition, doubling upward until every trial succeeds
and halving downward until none does; then it puts geometric midpoints into the transition until neighbouring widths are
adjacent or within ``ratio``.
"""

import dataclasses
import itertools
import math
from collections.abc import Mapping

from howwide.errors import SettingError
from howwide.networks.checks import LARGEST_WIDTH, check_count

__all__ = ["Counts", "WidthGrid"]

Counts = Mapping[int, tuple[int, int]]
"""Successes and trials for each width tried."""


@dataclasses.dataclass(frozen=True)
class WidthGrid:
    """The rule of refinement.

    Args:
        largest: no width beyond this is tried.
        ratio: neighbouring widths in the transition end within this factor, or adjacent.
        step: 1, or 2 where widths must be even.

    Raises:
        SettingError: a largest width below ``step``, or a ratio of at most 1.
    """

    largest: int = 1024
    ratio: float = 1.25
    step: int = 1

    def __post_init__(self) -> None:
        check_count(self.largest, "the largest width", self.step, LARGEST_WIDTH)
        if not (math.isfinite(self.ratio) and self.ratio > 1):
            raise SettingError(f"the ratio of neighbouring widths must be above 1; got {self.ratio}")

    def first(self, hint: float | None = None) -> tuple[int, ...]:
        """Three widths, a factor 2 apart, around ``hint`` (8 without one)."""
        centre = hint or 8.0
        return tuple(sorted({self.rounded(centre * factor) for factor in (0.5, 1.0, 2.0)}))

    def rounded(self, width: float) -> int:
        """The nearest width that may be tried."""
        nearest = self.step * max(1, round(width / self.step))
        return min(nearest, self.largest - self.largest % self.step)

    def following(self, counts: Counts) -> tuple[int, ...]:
        """The widths of the next round; empty when the transition is bracketed and refined."""
        none, every = self._ends(counts)
        wanted = set()
        if none is None:
            wanted.add(self.rounded(min(counts) / 2))
        if every is None:
            wanted.add(self.rounded(max(counts) * 2))
        wanted -= set(counts)
        return tuple(sorted(wanted)) or self._midpoints(counts, none or min(counts), every or max(counts))

    def _ends(self, counts: Counts) -> tuple[int | None, int | None]:
        """The largest width below which nothing succeeds, and the smallest from which everything does."""
        none = every = None
        for width in sorted(counts):
            if counts[width][0]:
                break
            none = width
        for width in sorted(counts, reverse=True):
            if counts[width][0] < counts[width][1]:
                break
            every = width
        return none, every

    def _midpoints(self, counts: Counts, low: int, high: int) -> tuple[int, ...]:
        inside = [w for w in sorted(counts) if low <= w <= high]
        wanted = set()
        for left, right in itertools.pairwise(inside):
            middle = self.rounded(math.sqrt(left * right))
            if right > self.ratio * left and left < middle < right:
                wanted.add(middle)
        return tuple(sorted(wanted - set(counts)))
