"""The paper's own figure, minimal width against n, and the success rates behind it."""

import math
from typing import TYPE_CHECKING

import numpy as np

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from howwide.results.width import WidthPoint, WidthResult

__all__ = ["plot_success_rates", "plot_width_curve"]

_REFERENCES = (("n", 1, 0), ("log$^3$ n", 0, 3), ("log$^2$ n", 0, 2), ("log n", 0, 1))
_DASHES = ((0, (6, 2)), (0, (4, 2)), (0, (2, 2)), (0, (1, 2)))


def plot_width_curve(result: "WidthResult", *, ax: "Axes | None" = None, references: bool = True) -> "Axes":
    """Minimal width against n, log-log, with intervals, one colour a success probability; or of several curves each.

    An interval with one known end is drawn as an arrow from it, in grey where the budget of steps may be why it has no
    other: such a point says nothing about the growth. The dashed curves are the paper's references O(n), O(log^3 n),
    O(log^2 n) and O(log n), rescaled to pass through the first estimated point.

    Args:
        result: with its points.
        ax: axes to draw on; new ones by default.
        references: whether to draw the dashed curves.
    """
    parts = result.parts()
    if len(parts) > 1:
        series = [(part.curves[0].words, part.points_at()) for part in parts]
    else:
        quantiles = dict.fromkeys(p.quantile for p in result.points)
        series = [(f"success probability {q:g}", result.points_at(q)) for q in quantiles]
    sizes = sorted({p.n for p in result.points})
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", yscale="log", xlabel="sample size n", ylabel="minimal width m (neurons a layer)")
        for index, (label, points) in enumerate(series):
            shift = 1.02 ** (index - (len(series) - 1) / 2)
            _draw_points(ax, points, label, COLOURS[index % len(COLOURS)], shift)
        located = [p for p in parts[0].points_at() if p.estimate is not None]
        if references and located and len(sizes) > 1:
            first, value = located[0].n, located[0].estimate
            grid = np.geomspace(first, sizes[-1], 100)
            for (name, power, logs), dashes in zip(_REFERENCES, _DASHES, strict=True):
                shape = (grid / first) ** power * (np.log(grid) / np.log(first)) ** logs
                ax.plot(grid, value * shape, linestyle=dashes, color=REFERENCE, linewidth=1.1, label=f"O({name})")
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
        known = [end for p in result.points for end in (p.estimate, p.lower, p.upper) if end is not None]
        plain_ticks(ax, "y", _ticks(known))
        if known:
            ax.set_ylim(min(known) / 1.25, max(known) * 1.6)
        else:
            ax.text(0.5, 0.5, "no width that was tried settles the answer", transform=ax.transAxes, ha="center")
        ax.legend(fontsize=9)
        return ax


def _ticks(values: "Iterable[float]") -> list[float]:
    """1, 1.5, 2, 3, 4, 6, ... over the range of ``values``; doublings alone when that is long."""
    values = list(values)
    if not values:
        return [1.0, 10.0, 100.0, 1000.0]
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    factors = (1.0, 1.5) if high - low <= 5 else (1.0,)
    return [f * 2.0**k for k in range(low, high + 1) for f in factors if (f * 2.0**k).is_integer()]


def _draw_points(ax: "Axes", points: "Sequence[WidthPoint]", label: str, colour: str, shift: float) -> None:
    located = [(p.n * shift, p.estimate) for p in points if p.estimate is not None]
    ax.plot(*np.array(located).reshape(-1, 2).T, "o-", color=colour, label=label, markersize=5, linewidth=1.6)
    for p in points:
        known = [end for end in (p.lower, p.upper) if end is not None]
        if len(known) == 2:
            ax.plot([p.n * shift] * 2, known, color=colour, linewidth=1.2)
        elif known:
            mark = "^" if p.lower is not None else "v"
            shade = REFERENCE if p.stopped_by_budget else colour
            ax.plot([p.n * shift], known, mark, color=shade, markersize=8, fillstyle="none")


def plot_success_rates(result: "WidthResult", *, ax: "Axes | None" = None) -> "Axes":
    """Share of trials that reached the target against the width, one colour an n, with Clopper-Pearson intervals.

    Args:
        result: of a single curve.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", xlabel="width m (neurons a layer)")
        ax.set_ylabel(f"share of trials that reached {result.points[0].target}")
        rates = result.rates
        for index, (n, part) in enumerate(rates.groupby("n")):
            colour = COLOURS[index % len(COLOURS)]
            form = "os^D"[index // len(COLOURS) % 4] + "-"  # colours come round again after six
            widths = part["width"] * 1.015 ** (index - rates["n"].nunique() / 2)
            rate, bars = part["rate"], [part["rate"] - part["lower"], part["upper"] - part["rate"]]
            ax.errorbar(widths, rate, bars, fmt=form, color=colour, markersize=4, linewidth=1.2, elinewidth=0.7)
            ax.plot([], [], form, color=colour, markersize=4, label=f"n = {n}")
        plain_ticks(ax, "x", _ticks(rates["width"]))
        ax.set_xlim(rates["width"].min() / 1.15, rates["width"].max() * 1.15)
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax
