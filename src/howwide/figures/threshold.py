"""How often a trial succeeds at each size, and where that passes what was asked."""

from typing import TYPE_CHECKING

from howwide.figures.style import COLOURS, new_axes, plain_ticks, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.threshold import ThresholdResult

__all__ = ["plot_threshold"]


def plot_threshold(result: "ThresholdResult", *, unit: str = "units", ax: "Axes | None" = None) -> "Axes":
    """Share of trials that succeeded against the size, with Clopper-Pearson intervals, and each least size.

    A least size is drawn at the height of its success probability, with its interval; an interval with one known end as
    an arrow from it.

    Args:
        result: with its rates.
        unit: what sizes count.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", xlabel=unit, ylabel="share of seeds that succeed", ylim=(-0.03, 1.03))
        sizes, shares = [r.size for r in result.rates], [r.rate for r in result.rates]
        bars = [[r.rate - r.lower for r in result.rates], [r.upper - r.rate for r in result.rates]]
        ax.errorbar(sizes, shares, bars, fmt="o", color=COLOURS[0], markersize=4, elinewidth=0.7, label="trials")
        for point, colour in zip(result.points, COLOURS[1:] * len(result.points), strict=False):
            known = [end for end in (point.size_lower, point.size_upper) if end is not None]
            label = f"least size for probability {point.quantile:g}"
            if len(known) == 2:
                ax.plot(known, [point.quantile] * 2, color=colour, linewidth=2, label=label)
            elif known:
                mark = ">" if point.size_lower is not None else "<"
                ax.plot(known, [point.quantile], mark, color=colour, markersize=8, fillstyle="none", label=label)
            if point.size is not None:
                ax.plot([point.size], [point.quantile], "D", color=colour, markersize=5)
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(min(sizes) / 1.15, max(sizes) * 1.15)
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax
