"""How results are shown: a view for each kind of result, and the renderers that all of them share.

``views/NAME.py`` has ``view(result, settings, data)`` for the results of ``results/NAME.py``; where these are several
kinds, it is a :func:`functools.singledispatch` over them. What a view is made of is in :mod:`howwide.views.blocks`.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from howwide.results.base import Result
from howwide.views.blocks import Block, Column, Estimate, Figure, Heading, Sentence, Table, Verbatim

__all__ = ["Block", "Column", "Estimate", "Figure", "Heading", "Sentence", "Table", "Verbatim", "view_of"]


def view_of(
    result: Result, settings: Mapping[str, Any] | None = None, data: Mapping[str, Any] | None = None
) -> list[Block]:
    """The blocks that show ``result``, of a run with these settings on these data where they are known."""
    module = importlib.import_module(f"howwide.views.{result.view}")
    return list(module.view(result, settings or {}, data or {}))
