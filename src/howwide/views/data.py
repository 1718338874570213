"""The sources of data, or the facts of one data set."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.numbers import format_number
from howwide.results.data import DataResult
from howwide.views.blocks import Block, Column, Table

__all__ = ["view"]


def view(result: DataResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """One table: of sources, or of facts."""
    if result.sources is not None:
        sources = [(s["name"], s["example"], s["description"]) for s in result.sources]
        yield Table("Data", ["source", "example", Column("what it is", wrap=True)], sources)
        return
    facts: dict[str, Any] = {}
    for key, value in (result.facts or {}).items():
        facts |= {f"{key}, {inner}": v for inner, v in value.items()} if isinstance(value, dict) else {key: value}
    rows = [
        (key.replace("_", " "), ", ".join(map(str, v)) if isinstance(v, list) else format_number(v, 6))
        for key, v in facts.items()
    ]
    yield Table(str(settings.get("data", "Facts")), ["fact", Column("value", wrap=True)], rows)
