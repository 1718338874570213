"""A published curve beside a study's own, and the means of upward scans that such a curve often shows."""

from collections.abc import Iterator, Sequence

from howwide.results.width import Comparison, WidthResult
from howwide.statistics import compare_growth_laws
from howwide.views.blocks import Block, Cell, Estimate, Sentence, Table

__all__ = ["reference", "upward_scans"]


def reference(result: WidthResult) -> Iterator[Block]:
    """How the published points compare, in a sentence for each curve and in a table; nothing without a reference."""
    published = result.reference
    if published is None:
        return
    sizes = sorted({row.n for row in result.comparisons})
    other = [p.n for p in published.points if p.n not in sizes]
    level = f"{100 * result.level:g} %"
    for number, curve in enumerate(result.curves):
        beside = f" beside {curve.words}" if curve.words else ""
        counted = _counted([row for row in result.comparisons if row.curve == number])
        yield Sentence(f"{published.name}{beside}, at n = {_listed(sizes)}: the published width lies in {counted}.")
    yield Table(
        f"Published widths: {published.name}",
        [
            *_curve(result),
            "n",
            "published",
            "quantity",
            f"here ({level})",
            "it lies",
            "ratio",
        ],
        [
            (
                *_words(result, row.curve),
                row.n,
                row.published,
                row.quantity,
                Estimate(row.estimate, row.lower, row.upper),
                _lies(row),
                row.factor,
            )
            for row in result.comparisons
        ],
    )
    if other:
        yield Sentence(f"Not compared, as this study has no such n: {_listed(other)}.", "quiet")
    yield Sentence(
        "The ratio is the published width over the estimate here. m_q is the width at success probability q with its "
        "interval. A scan tries widths upward by its step, one "
        "independent run at each, and stops at the first success; its interval is that of a mean of ten scans. Every "
        f"interval holds by itself at {level}, so of many comparisons some lie outside by chance.",
        "quiet",
    )
    if min(p.n for p in published.points) > 1:
        n, widths = zip(*((p.n, p.width) for p in published.points), strict=True)
        growth = compare_growth_laws(n, None, widths, None)
        if growth.laws:
            yield Sentence(f"The growth of {published.name}, whose points have no intervals: {growth.verdict}", "quiet")
    if published.source:
        yield Sentence(f"The published widths: {published.source}", "quiet")


def upward_scans(result: WidthResult) -> Iterator[Block]:
    """The mean width of upward scans by each step, for the page."""
    if not result.scans:
        return
    level = f"{100 * result.level:g} %"
    yield Table(
        "The least width that succeeds when widths are tried upward",
        [
            *_curve(result),
            "n",
            "step",
            f"mean ({level})",
            f"mean of ten scans ({level})",
        ],
        [
            (
                *_words(result, s.curve),
                s.n,
                s.step,
                Estimate(s.estimate, s.lower, s.upper),
                Estimate(None, s.ten_lower, s.ten_upper),
            )
            for s in result.scans
        ],
        page_only=True,
    )
    yield Sentence(
        "A scan tries the step, twice the step, ... with one independent run at each, and stops at the first success: "
        "another quantity than the width at a success probability, and often a smaller one. Below the smallest and "
        "above the largest width that was tried only that success does not fall with width is used, in the direction "
        "that widens the interval. Were runs of one scan to share their subset, the mean would be larger.",
        "quiet",
        page_only=True,
    )


def _curve(result: WidthResult) -> list[str]:
    """The column of curves, where there are several."""
    return ["curve"] if len(result.curves) > 1 else []


def _words(result: WidthResult, curve: int) -> Sequence[Cell]:
    return (result.curves[curve].words,) if len(result.curves) > 1 else ()


def _lies(row: Comparison) -> str:
    if row.inside is None:
        return "undecided"
    if row.inside:
        return "inside"
    return "below" if row.lower is not None and row.published < row.lower else "above"


def _counted(rows: Sequence[Comparison]) -> str:
    """For each quantity how many published widths lie inside its interval."""
    parts = []
    for quantity in dict.fromkeys(row.quantity for row in rows):
        lies = [_lies(row) for row in rows if row.quantity == quantity]
        undecided = f" ({lies.count('undecided')} undecided)" if "undecided" in lies else ""
        parts.append(f"{quantity} at {lies.count('inside')} of {len(lies)}{undecided}")
    return f"the interval of {', '.join(parts)}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
