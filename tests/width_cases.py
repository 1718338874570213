"""Results of width studies made by hand, for tests of what is read from them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from howwide.results.width import WidthPoint, WidthResult
from howwide.statistics import least_integer
from howwide.width.rows import width_result

POINT: dict[str, Any] = {
    "curve": 0, "steps": 500, "target": "zero-error", "depth": 5, "alpha": 0.5, "label_noise": 0.0, "quantile": 0.5,
    "estimate": None, "lower": None, "upper": None, "level": 0.95, "trials": 48, "status": "estimated",
    "improving": 0.0, "extended_estimate": None, "extended_lower": None, "extended_upper": None,
}  # fmt: skip


def made_of(points: Sequence[Mapping[str, Any]], trials: pd.DataFrame | None = None) -> WidthResult:
    """A result with these points, the rest of each as in `POINT`; one trial at width 256 for each n unless given."""
    rows = []
    for point in (POINT | dict(point) for point in points):
        ends = (point[name] for name in ("estimate", "lower", "upper"))
        whole = least_integer(*(None if end is None or math.isnan(end) else end for end in ends))
        least = {"width": whole.estimate, "width_lower": whole.lower, "width_upper": whole.upper}
        rows.append(WidthPoint(**(least | point)))
    if trials is None:
        trials = pd.DataFrame({"curve": p.curve, "n": p.n, "width": 256, "seed": 0, "success": True} for p in rows)
        trials = trials.drop_duplicates().assign(target="zero-error", budget=500)
    return width_result(rows, [], trials)
