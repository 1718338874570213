"""Views as HTML: one self-contained page, inline SVG, no JavaScript, nothing fetched; or a fragment for notebooks."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from howwide.numbers import format_number
from howwide.results.base import Result
from howwide.results.document import Document
from howwide.views import view_of
from howwide.views.blocks import Block, Figure

__all__ = ["fragment", "page"]


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("howwide.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = format_number
    return environment


def page(document: Document, blocks: Iterable[Block], drawings: Mapping[str, str]) -> str:
    """The page of a document; ``drawings`` are the SVG elements of its figures by name. Every text is escaped."""
    return _environment().get_template("page.html.j2").render(document=document, blocks=list(blocks), drawings=drawings)


def fragment(result: Result) -> str:
    """What a notebook shows of ``result``: its sentences and tables."""
    blocks: list[Any] = [b for b in view_of(result) if not (b.page_only or isinstance(b, Figure))]
    return _environment().get_template("blocks.html.j2").render(blocks=blocks, drawings={})
