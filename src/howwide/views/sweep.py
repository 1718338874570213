"""How far a study is, and a study in one file."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from howwide.results.base import Result
from howwide.results.sweep import PackResult, SweepResult
from howwide.views.blocks import Block, Sentence, Table

__all__ = ["view"]


@functools.singledispatch
def view(result: Result, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks of a result of ``sweep``."""
    raise TypeError(f"no view of {type(result).__name__}")


@view.register
def _(result: SweepResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """Tasks by state, and the seconds."""
    rows = [(name.replace("_", " "), value) for name, value in result if name not in ("study", "notes")]
    yield Table(f"Study: {result.study}", ["", "number"], rows)
    yield Sentence("Trials that were asked for so far; a search asks for more when it has these.")


@view.register
def _(result: PackResult, settings: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Block]:
    """What is in the file, what of it was new, and what to do next."""
    yield Sentence(f"{result.trials} trials of the study {result.study!r} in {result.bytes:,} bytes.", "lead")
    if result.missing:
        yield Sentence(f"{result.missing} more were asked for and have no result yet.")
    if result.added is None:
        yield Sentence("howwide sweep unpack FILE DIR puts them into a folder, also beside trials of the same study.")
    else:
        yield Sentence(
            f"{result.added} of them are new in this folder. The command that made the study goes on from here, with "
            "--out and the name of this folder."
        )
