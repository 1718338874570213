"""The page itself: a template filled with the document and the figures."""

import dataclasses
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from howwide.numbers import format_number, format_upper_bound
from howwide.theory.memorisation import NO_BOUND

__all__ = ["Figure", "render_page"]


@dataclasses.dataclass(frozen=True)
class Figure:
    """An SVG element with the name of its file and a caption."""

    name: str
    svg: str
    caption: str


def render_page(document: dict[str, Any], figures: list[Figure]) -> str:
    """The whole page as text; every value from the document is escaped."""
    environment = Environment(
        loader=PackageLoader("howwide.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": format_number, "upward": format_upper_bound}
    kind = {"theorems compare": "theorems"}.get(document["verb"], document["verb"])
    if "rows" in document["result"] and document["data"] is None:
        kind = "paper-table"
    return environment.get_template(f"{kind}.html.j2").render(
        document=document, result=document["result"], figures=figures, no_bound=NO_BOUND
    )
