"""How many times as wide one network must be as another."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.figures import plot_ratio
from howwide.results.width_compare import WidthComparison
from howwide.views.blocks import Block, Estimate, Figure, Heading, Sentence, Table

__all__ = ["view"]


def view(result: WidthComparison, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The answer, the ratios, and which independence their intervals assume."""
    yield Heading("How many times as wide?", level=1)
    yield Sentence(result.answer, "lead")
    pairs, places = {(r.first, r.second) for r in result.ratios}, {r.where for r in result.ratios}
    first = result.ratios[0]
    title = "Ratios of minimal widths" if len(pairs) > 1 else f"Minimal width: {first.second} over {first.first}"
    level = f"{100 * first.level:g} %"
    yield Figure(
        "width-ratio",
        f"{title}, against the sample size, with intervals; a triangle is an interval's only known end, and a mark "
        "without a bar has neither. Dashed: equal widths.",
        lambda: plot_ratio(result),
    )
    columns = ["n", "probability", f"ratio ({level})", "pairs", "odds ratio", "status"]
    yield Table(
        title,
        [*(["of", "over"] if len(pairs) > 1 else []), *(["both with"] if len(places) > 1 else []), *columns],
        [
            (
                *((r.second, r.first) if len(pairs) > 1 else ()),
                *((r.where,) if len(places) > 1 else ()),
                *(r.n, r.quantile, Estimate(r.ratio, r.lower, r.upper), r.pairs, r.odds_ratio, str(r.status)),
            )
            for r in result.ratios
        ],
    )
    if any(r.paired for r in result.ratios):
        yield Sentence(
            "Trials of both with the same n, width and seed draw from the same random numbers. They are taken as "
            "pairs: how much their outcomes agree is estimated with the ratio (an odds ratio of 1 is not at all), and "
            "different pairs are taken as independent given the data.",
            "quiet",
        )
    else:
        yield Sentence(
            "All trials are taken as independent given the data. Pairs that agree would make the intervals narrower.",
            "quiet",
        )
    if len(result.ratios) > 1:
        yield Sentence("Each interval has its level for itself, and not all of them together.", "quiet")
