"""What ``data list`` and ``data show`` print."""

from typing import Any

from howwide.results.base import Result

__all__ = ["DataResult"]


class DataResult(Result, verbs=("data list", "data show")):
    """The sources, or the facts of one data set."""

    sources: list[dict[str, Any]] | None = None
    facts: dict[str, Any] | None = None
