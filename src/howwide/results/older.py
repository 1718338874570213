"""Documents of schema 1.0 as 2.0 has them, so that older folders can still be read.

What 1.0 did not hold is null, none of it, or made of what it held; what 2.0 no longer holds, the width with every
improving trial counted as a success, is left out; certificates of a mean risk are called so. All other results only
gained keys that may be absent.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["upgraded"]

_POINTS = dict.fromkeys(("extended_estimate", "extended_lower", "extended_upper"))
_SEARCHES = {"improving": 0, "extended_steps": None, "continued": 0, "turned": 0, "turned_lower": None}
_SEARCHES |= {"turned_upper": None}
_LAWS = {"p_value": None, "remains": True}
_CURVES: dict[str, Any] = {"finding": None, "left_out": [], "answer": ""}


def upgraded(document: Any) -> Any:
    """``document`` in the present schema; anything that is not a document of schema 1.0 as it is."""
    if not isinstance(document, dict) or document.get("schema") != "1.0":
        return document
    result = document.get("result")
    if isinstance(result, dict) and "points" in result and "searches" in result:
        settings = document["settings"]
        step = 2 if settings["antisymmetric"] or settings["network"] == "fixed-head" else 1
        points = [{k: v for k, v in p.items() if not k.startswith("if_improving_")} for p in result["points"]]
        points = [{**_least_widths(p, step), **p} for p in points]
        curves = [{**_CURVES, **c, "laws": _filled(c["laws"], _LAWS)} for c in result["curves"]]
        changed = {"points": _filled(points, _POINTS), "searches": _filled(result["searches"], _SEARCHES)}
        result = {**result, **changed, "curves": curves, "laws": _filled(result["laws"], _LAWS)}
        result |= {"answer": "", "width_step": step}
    if isinstance(result, dict) and "certificates" in result:
        renamed = {"uniform random iterate": "iterates on average"}
        for key in ("certificates", "predictions"):
            rows = [{**row, "certifies": renamed.get(row["certifies"], row["certifies"])} for row in result[key]]
            result = {**result, key: rows}
    return {**document, "schema": "2.0", "result": result}


def _least_widths(point: Mapping[str, Any], step: int) -> dict[str, int | None]:
    from howwide.statistics import least_integer  # here, as it needs SciPy

    whole = least_integer(point["estimate"], point["lower"], point["upper"], step)
    return {"width": whole.estimate, "width_lower": whole.lower, "width_upper": whole.upper}


def _filled(rows: list[dict[str, Any]], lacking: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**lacking, **row} for row in rows]
