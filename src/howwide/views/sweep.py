"""How far a study is."""

from collections.abc import Mapping
from typing import Any

from howwide.results.sweep import SweepResult
from howwide.views.blocks import Block, Sentence, Table

__all__ = ["view"]


def view(result: SweepResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> list[Block]:
    """Tasks by state, and the seconds."""
    rows = [(name.replace("_", " "), value) for name, value in result if name not in ("study", "notes")]
    return [
        Table(f"Study: {result.study}", ["", "number"], rows),
        Sentence("Trials that were asked for so far; a search asks for more when it has these."),
    ]
