r"""The test error against the width, around the threshold, and the width that tests best.

Every trial of data with test points has its test error: where its last try *stopped*, at the target or at the end of
the budget T, and *after* T steps where the study asks for it (``test_after``). Of a try that was given up with a flat
loss it is that of the last step it made, which may have been for another budget. A network that died or diverged is
wrong on every test point, as everywhere here.

The mean over the trials at a width has Student's interval. It speaks of other draws of subset and start from these data
on these test points, as the trials are; how well these stand for others is another question. It takes the number of
trials as chosen without looking at them. The search does look, at who reached the target, so at a width near the
threshold it may stop on a lucky run of trials; what that does to the coverage is measured in the documentation.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from howwide.results.width import COMPARED_FROM, BestTested, WidthTestError
from howwide.statistics import may_be_smallest, mean_interval

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["errors_by_width"]

_COLUMNS = {"stopped": "test_error", "after": "test_error_after"}


def errors_by_width(trials: "pd.DataFrame", level: float) -> tuple[list[WidthTestError], list[BestTested]]:
    """Means with intervals at every width, and the width that tests best, for each n of each curve.

    Args:
        trials: one row a trial and budget; those without a test error are left out.
        level: of the intervals.
    """
    rows: list[WidthTestError] = []
    best: list[BestTested] = []
    for when, column in _COLUMNS.items():
        if column not in trials:
            continue
        tested = trials[trials[column].notna()]
        for (curve, n), part in tested.groupby(["curve", "n"], sort=True):
            samples = {int(width): own.astype(float).to_numpy() for width, own in part.groupby("width")[column]}
            at = {}
            for width, errors in samples.items():
                ends = mean_interval(errors, level)
                at[width] = WidthTestError(
                    curve=curve,
                    n=n,
                    width=width,
                    when=when,
                    trials=errors.size,
                    mean=errors.mean(),
                    lower=None if ends is None else max(ends.lower, 0.0),
                    upper=None if ends is None else min(ends.upper, 1.0),
                )
            rows += at.values()
            best += _best([row for row in at.values() if row.trials >= COMPARED_FROM], samples, level)
    return rows, best


def _best(compared: list[WidthTestError], samples: dict[int, "pd.Series[float]"], level: float) -> Iterator[BestTested]:
    """The best of the widths compared, unless there are fewer than two."""
    if len(compared) < 2:
        return
    first = min(compared, key=lambda row: row.mean)
    candidates = may_be_smallest([samples[row.width] for row in compared], level)
    yield BestTested(
        **{name: getattr(first, name) for name in ("curve", "n", "when", "width", "mean", "lower", "upper")},
        candidates=tuple(compared[place].width for place in candidates),
        compared=len(compared),
        widest=max(row.width for row in compared),
    )
