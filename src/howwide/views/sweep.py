"""How far a study is."""

from collections.abc import Iterator, Mapping
from typing import Any

from howwide.results.sweep import SweepResult
from howwide.views.blocks import Block, Sentence, Table

__all__ = ["view"]


def view(result: SweepResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Tasks by state, and the seconds."""
    rows = [(name.replace("_", " "), value) for name, value in result if name not in ("study", "notes")]
    yield Table(f"Study: {result.study}", ["", "number"], rows)
    yield Sentence("Trials that were asked for so far; a search asks for more when it has these.")
