"""The width for a sample size that was not tried, and what each growth law makes of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.results.width_recommend import WidthRecommendation
from howwide.views.blocks import Block, Estimate, Heading, Sentence, Table

__all__ = ["view"]


def view(result: WidthRecommendation, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Answer, and the predictions of the laws that remain."""
    yield Heading(f"The width for n = {result.n}", level=1)
    yield Sentence(result.answer, "lead")
    yield Table(
        "Growth laws that remain",
        ["law", "weight", f"threshold ({100 * result.level:g} %)"],
        [(law.name, law.weight, Estimate(law.estimate, law.lower, law.upper)) for law in result.laws],
    )
