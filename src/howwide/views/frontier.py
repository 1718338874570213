"""The minimal width by depth and budget: one table, and the frontier against each."""

import dataclasses
from collections.abc import Iterator, Sequence

from howwide.figures import plot_frontier
from howwide.results.width import WidthPoint, WidthResult
from howwide.statistics import least_integer
from howwide.views.blocks import Block, Cell, Estimate, Figure, Sentence, Table

__all__ = ["frontier"]


def frontier(result: WidthResult, name: str) -> Iterator[Block]:
    """A row for each n, depth, probability and other setting, the budgets side by side; nothing with one of each."""
    budgets, depths = (sorted({getattr(p, what) for p in result.points}) for what in ("steps", "depth"))
    if len(budgets) == len(depths) == 1:
        return
    varied = [what for what in ("target", "alpha", "label_noise") if len({getattr(p, what) for p in result.points}) > 1]
    rows: dict[tuple[Cell, ...], list[WidthPoint]] = {}
    for p in sorted(result.points, key=lambda p: (p.n, p.depth, p.steps)):
        rows.setdefault(tuple(getattr(p, key) for key in ("n", "depth", *varied, "quantile")), []).append(p)
    heads = [
        "n",
        "depth",
        *(what.replace("_", " ") for what in varied),
        "probability",
        *(f"{t} steps" for t in budgets),
    ]
    level = f"{100 * result.level:g} %"
    alone = [[*key, *(Estimate(p.width, p.width_lower, p.width_upper) for p in own)] for key, own in rows.items()]
    if len(budgets) == 1:
        yield Table(f"The least width by depth, {name} ({level})", heads, alone)
    else:
        joint = {key: [_joint(p, result.width_step) for p in own] for key, own in rows.items()}
        yield Table(
            f"The least width by depth and budget, {name} ({level}, each by itself)",
            [*heads, f"{budgets[0]} to {budgets[-1]} steps"],
            [[*row, _fall(joint[key])] for row, key in zip(alone, rows, strict=True)],
        )
        yield Sentence(
            f"The last column compares the smallest and the largest budget by intervals that hold for all budgets of a "
            f"row together, at {level}: where these do not overlap, more steps do with fewer neurons. The ratio of two "
            "budgets or depths has a sharper interval: howwide width compare DIR --by steps, or depth.",
            "quiet",
        )
        yield Table(
            f"The same, with intervals that hold for all budgets of a row together ({level})",
            heads,
            [[*key, *own] for key, own in joint.items()],
            page_only=True,
        )
        yield Sentence(
            "All budgets are answered by the same trials. The joint intervals share the error among the budgets "
            "(Bonferroni), and then use that the minimal width cannot rise with the budget: no upper end is above that "
            "of a smaller budget, and no lower end below that of a larger one.",
            "quiet",
            page_only=True,
        )
        yield Figure(
            "frontier",
            "Minimal width against the budget. Bars: the interval of each point by itself; shade: the band that holds "
            "for all budgets of a line at once.",
            lambda: plot_frontier(result),
        )
    if len(depths) > 1:
        yield Figure(
            "frontier-depth",
            "Minimal width against the depth, with the interval of each point by itself.",
            lambda: plot_frontier(result, against="depth"),
        )


def _joint(point: WidthPoint, step: int) -> Estimate:
    """The width that can be built, with its joint ends."""
    ends = least_integer(point.estimate, point.joint_lower, point.joint_upper, step)
    return Estimate(*dataclasses.astuple(ends))


def _fall(joint: Sequence[Estimate]) -> str:
    """Whether the joint intervals of the smallest and the largest budget are apart."""
    before, after = joint[0].lower, joint[-1].upper
    return "fewer neurons" if before is not None and after is not None and after < before else "not told apart"
