"""Results of width studies made by hand, for tests of what is read from them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from howwide.results.width import WidthPoint, WidthResult, WidthSearch
from howwide.statistics import least_integer
from howwide.width.rows import width_result
from howwide.width.study import TrialSettings

POINT: dict[str, Any] = {
    "curve": 0, "steps": 500, "target": "zero-error", "depth": 5, "alpha": 0.5, "label_noise": 0.0, "quantile": 0.5,
    "estimate": None, "lower": None, "upper": None, "level": 0.95, "trials": 48, "status": "estimated",
    "improving": 0.0, "extended_estimate": None, "extended_lower": None, "extended_upper": None,
}  # fmt: skip


SEARCH: dict[str, Any] = {
    "reason": "interval", "p_value": 0.5, "rising_p_value": 0.5, "falls": False, "improving": 0, "extended_steps": None,
    "continued": 0, "turned": 0, "turned_lower": None, "turned_upper": None,
}  # fmt: skip


def made_of(
    points: Sequence[Mapping[str, Any]],
    trials: pd.DataFrame | None = None,
    search: Mapping[str, Any] = {},
    **trained: Any,
) -> WidthResult:
    """A result with these points, the rest of each as in `POINT`; one trial at width 256 for each n unless given.

    ``search`` changes what is in `SEARCH`, for all n; ``trained`` are settings of the trials.
    """
    rows = []
    for point in (POINT | dict(point) for point in points):
        ends = (point[name] for name in ("estimate", "lower", "upper"))
        step = 2 if trained.get("network") == "fixed-head" else 1
        whole = least_integer(*(None if end is None or math.isnan(end) else end for end in ends), step)
        least = {"width": whole.estimate, "width_lower": whole.lower, "width_upper": whole.upper}
        rows.append(WidthPoint(**(least | point)))
    if trials is None:
        trials = pd.DataFrame({"curve": p.curve, "n": p.n, "width": 256, "seed": 0, "success": True} for p in rows)
        trials = trials.drop_duplicates().assign(target="zero-error", budget=500)
    first = {(p.curve, p.n): p for p in reversed(rows)}
    searches = [
        WidthSearch(**SEARCH | {"curve": curve, "n": n, "trials": p.trials, "largest": 256} | dict(search))
        for (curve, n), p in sorted(first.items())
    ]
    settings = TrialSettings(target="zero-error", depth=5, alpha=0.5, label_noise=0.0, **trained)
    return width_result(rows, searches, [], trials, settings, "digits:even/odd")
