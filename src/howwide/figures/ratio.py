"""How many times as wide, against the sample size."""

from typing import TYPE_CHECKING

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from howwide.results.width_compare import WidthComparison, WidthRatio

__all__ = ["plot_ratio"]

_MARKS = (("o", "full"), ("s", "none"), ("D", "full"), ("p", "none"))


def plot_ratio(result: "WidthComparison", *, ax: "Axes | None" = None) -> "Axes":
    """Ratio of minimal widths against n, log-log, with intervals and a line where both widths are equal.

    One form of mark for each success probability: filled circles for the first, open squares for the second; one
    colour for each comparison where there are several. The only known end of an interval is a triangle.

    Args:
        result: with its ratios.
        ax: axes to draw on; new ones by default.
    """
    ratios = result.ratios
    compared = list(dict.fromkeys((r.first, r.second, r.where) for r in ratios))
    pairs = list(dict.fromkeys((r.first, r.second) for r in ratios))
    quantiles, sizes = sorted({r.quantile for r in ratios}), sorted({r.n for r in ratios})
    series = [(about, q) for about in compared for q in quantiles]
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", yscale="log", xlabel="sample size n", ylabel="ratio of minimal widths")
        ax.axhline(1, color=REFERENCE, linewidth=1.1, linestyle=(0, (4, 2)), label="equal widths")
        apart = max(1.02, (sizes[-1] / sizes[0]) ** 0.02)
        for index, (about, q) in enumerate(series):
            own = [r for r in ratios if ((r.first, r.second, r.where), r.quantile) == (about, q)]
            place, number = quantiles.index(q), compared.index(about)
            of = f"{about[1]} over {about[0]}" if len(pairs) > 1 else ""
            label = ", ".join(filter(None, [of, about[2], f"success probability {q:g}"]))
            colour = COLOURS[(number if len(compared) > 1 else place) % len(COLOURS)]
            shift = apart ** (index - (len(series) - 1) / 2)
            _draw(ax, own, shift, colour, *_MARKS[place % len(_MARKS)], label)
        plain_ticks(ax, "x", sizes)
        margin = 1.15 * apart ** (len(series) / 2)
        ax.set_xlim(sizes[0] / margin, sizes[-1] * margin)
        known = [1.0, *(end for r in ratios for end in (r.ratio, r.lower, r.upper) if end is not None)]
        low, high = min(known) / 1.15, max(known) * 1.15
        plain_ticks(ax, "y", _ticks(low, high))
        ax.set_ylim(low, high)
        if len(known) == 1:
            ax.text(0.5, 0.6, "the trials do not settle the ratio", transform=ax.transAxes, ha="center")
        title = None if len(pairs) > 1 else f"{pairs[0][1]} over {pairs[0][0]}"
        ax.legend(fontsize=9, title_fontsize=9, title=title, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax


def _draw(
    ax: "Axes", ratios: "Sequence[WidthRatio]", shift: float, colour: str, form: str, filled: str, label: str
) -> None:
    located = [(r.n * shift, r.ratio) for r in ratios if r.ratio is not None]
    ax.plot(
        [n for n, _ in located],
        [ratio for _, ratio in located],
        f"{form}-",
        color=colour,
        fillstyle=filled,
        markersize=6,
        linewidth=1.4,
        label=label,
    )
    for r in ratios:
        bar = [end for end in (r.lower, r.ratio, r.upper) if end is not None]
        ax.plot([r.n * shift] * len(bar), bar, color=colour, linewidth=1.2)
        if (r.lower is None) != (r.upper is None):
            mark, end = ("v", bar[-1]) if r.lower is None else ("^", bar[0])
            ax.plot([r.n * shift], [end], mark, color=colour, markersize=8, fillstyle=filled)


def _ticks(low: float, high: float) -> list[float]:
    """Round ratios between two, 1 among them; the more of them the narrower the range."""
    steps = (1, 1.5, 2, 3, 5, 7) if high > 4 * low else (1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    values = [step * 10.0**power for power in range(-4, 5) for step in steps]
    return [value for value in values if low <= value <= high]
