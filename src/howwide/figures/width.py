"""The paper's own figure, minimal width against n, and the success rates behind it."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.width import WidthCurve

__all__ = ["plot_success_rates", "plot_width_curve"]

_REFERENCES = (("n", 1, 0), ("log$^3$ n", 0, 3), ("log$^2$ n", 0, 2), ("log n", 0, 1))
_DASHES = ((0, (6, 2)), (0, (4, 2)), (0, (2, 2)), (0, (1, 2)))


def plot_width_curve(curve: "WidthCurve", *, ax: "Axes | None" = None, references: bool = True) -> "Axes":
    """Minimal width against n, log-log, with intervals, one colour a success probability; or of several curves each.

    An interval with one known end is drawn as an arrow from it, in grey where the budget of steps may be why it has no
    other: such a point says nothing about the growth. The dashed curves are the paper's references O(n), O(log^3 n),
    O(log^2 n) and O(log n), rescaled to pass through the first estimated point.
    """
    with style():
        ax = new_axes() if ax is None else ax
        ax.set_xscale("log")
        ax.set_yscale("log")
        series = _series(curve)
        for index, (label, points) in enumerate(series):
            shift = 1.02 ** (index - (len(series) - 1) / 2)
            _draw_points(ax, points, label, COLOURS[index % len(COLOURS)], shift)
        sizes = sorted(set(curve.table["n"]))
        if references:
            _draw_references(ax, curve.parts()[0].points().dropna(subset=["estimate"]), sizes)
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
        known = pd.concat([curve.table[c] for c in ("estimate", "lower", "upper")]).dropna()
        plain_ticks(ax, "y", _ticks(known))
        if len(known):
            ax.set_ylim(known.min() / 1.25, known.max() * 1.6)
        else:
            ax.text(0.5, 0.5, "no width that was tried settles the answer", transform=ax.transAxes, ha="center")
        ax.set_xlabel("sample size n")
        ax.set_ylabel("minimal width m (neurons a layer)")
        ax.legend(fontsize=9)
        return ax


def _ticks(values: Any) -> list[float]:
    """1, 1.5, 2, 3, 4, 6, ... over the range of ``values``; doublings alone when that is long."""
    if not len(values):
        return [1.0, 10.0, 100.0, 1000.0]
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    factors = (1.0, 1.5) if high - low <= 5 else (1.0,)
    return [f * 2.0**k for k in range(low, high + 1) for f in factors if (f * 2.0**k).is_integer()]


def _series(curve: "WidthCurve") -> list[tuple[str, pd.DataFrame]]:
    """Labels and points: of each quantile, or of each curve at the first quantile."""
    parts = curve.parts()
    if len(parts) > 1:
        return [(words, part.points()) for words, part in zip(curve.differing(), parts, strict=True)]
    quantiles = dict.fromkeys(curve.table["quantile"])
    return [(f"success probability {q:g}", curve.points(q)) for q in quantiles]


def _draw_points(ax: "Axes", points: pd.DataFrame, label: str, colour: str, shift: float) -> None:
    from howwide.width.curve import stopped_by_budget  # here, as other figures need no networks

    found = points.dropna(subset=["estimate"])
    ax.plot(found["n"] * shift, found["estimate"], "o-", color=colour, label=label, markersize=5, linewidth=1.6)
    for row, censored in zip(points.itertuples(), stopped_by_budget(points), strict=True):
        ends = (row.lower, row.upper)
        known = [e for e in ends if not pd.isna(e)]
        if len(known) == 2:
            ax.plot([row.n * shift] * 2, ends, color=colour, linewidth=1.2)
        elif known:
            mark = "^" if not pd.isna(row.lower) else "v"
            shade = REFERENCE if censored else colour
            ax.plot([row.n * shift], known, mark, color=shade, markersize=8, fillstyle="none")


def _draw_references(ax: "Axes", points: pd.DataFrame, sizes: list[int]) -> None:
    if not len(points) or len(sizes) < 2:
        return
    first, value = float(points["n"].iloc[0]), float(points["estimate"].iloc[0])
    grid = np.geomspace(first, sizes[-1], 100)
    for (name, power, logs), dashes in zip(_REFERENCES, _DASHES, strict=True):
        shape = (grid / first) ** power * (np.log(grid) / np.log(first)) ** logs
        ax.plot(grid, value * shape, linestyle=dashes, color=REFERENCE, linewidth=1.1, label=f"O({name})")


def plot_success_rates(curve: "WidthCurve", *, ax: "Axes | None" = None) -> "Axes":
    """Share of trials that reached the target against the width, one colour an n, with Clopper-Pearson intervals."""
    with style():
        ax = new_axes() if ax is None else ax
        ax.set_xscale("log")
        rates = curve.rates
        for index, (n, part) in enumerate(rates.groupby("n")):
            colour = COLOURS[index % len(COLOURS)]
            form = "os^D"[index // len(COLOURS) % 4] + "-"  # colours come round again after six
            widths = part["width"] * 1.015 ** (index - rates["n"].nunique() / 2)
            below, above = part["rate"] - part["lower"], part["upper"] - part["rate"]
            ax.errorbar(
                widths,
                part["rate"],
                [below, above],
                fmt=form,
                color=colour,
                markersize=4,
                linewidth=1.2,
                elinewidth=0.7,
            )
            ax.plot([], [], form, color=colour, markersize=4, label=f"n = {n}")
        plain_ticks(ax, "x", _ticks(rates["width"]))
        ax.set_xlim(rates["width"].min() / 1.15, rates["width"].max() * 1.15)
        ax.set_xlabel("width m (neurons a layer)")
        ax.set_ylabel(f"share of trials that reached {curve.trials['target'].iloc[0]}")
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax
