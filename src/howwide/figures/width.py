"""The paper's own figure, minimal width against n; its frontier over budgets and depths; what lies behind them."""

import math
from typing import TYPE_CHECKING

import numpy as np

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style
from howwide.results.width import leading, setting_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from howwide.results.width import WidthPoint, WidthResult

__all__ = ["plot_frontier", "plot_success_rates", "plot_test_error", "plot_width_curve"]

_REFERENCES = (("n", 1, 0), ("log$^3$ n", 0, 3), ("log$^2$ n", 0, 2), ("log n", 0, 1))
_DASHES = ((0, (6, 2)), (0, (4, 2)), (0, (2, 2)), (0, (1, 2)))


def plot_width_curve(result: "WidthResult", *, ax: "Axes | None" = None, references: bool = True) -> "Axes":
    """Minimal width against n, log-log, with intervals, one colour a success probability; or of several curves each.

    An interval with one known end is drawn as an arrow from it, in grey where the budget of steps may be why it has no
    other: such a point says nothing about the growth. The dashed curves are the paper's references O(n), O(log^3 n),
    O(log^2 n) and O(log n), rescaled to pass through the first estimated point of the curve that is spoken of. A
    published curve, where the result has one, is drawn with black diamonds, and beside it the mean of the finest upward
    scans, with the interval of a mean of ten.

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
    published = result.reference.points if result.reference is not None else ()
    sizes = sorted({p.n for p in result.points} | {p.n for p in published})
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", yscale="log", xlabel="sample size n", ylabel="minimal width m (neurons a layer)")
        for index, (label, points) in enumerate(series):
            shift = 1.02 ** (index - (len(series) - 1) / 2)
            _draw_points(ax, points, label, COLOURS[index % len(COLOURS)], shift)
        if result.reference is not None:
            places = np.array([(p.n, p.width) for p in published]).T
            ax.plot(*places, "D--", color="black", label=result.reference.name, markersize=4, linewidth=1.0)
            for index, part in enumerate(parts):
                _draw_scans(ax, part, COLOURS[index % len(COLOURS)], 1.05 ** (index + 1))
        spoken = parts[leading([part.curves[0].label for part in parts])]
        located = [p for p in spoken.points_at() if p.estimate is not None]
        if references and located and len(sizes) > 1:
            first, value = located[0].n, located[0].estimate
            grid = np.geomspace(first, sizes[-1], 100)
            for (name, power, logs), dashes in zip(_REFERENCES, _DASHES, strict=True):
                shape = (grid / first) ** power * (np.log(grid) / np.log(first)) ** logs
                ax.plot(grid, value * shape, linestyle=dashes, color=REFERENCE, linewidth=1.1, label=f"O({name})")
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
        known = [end for p in result.points for end in (p.estimate, p.lower, p.upper) if end is not None]
        known += [p.width for p in published]
        if published:
            drawn = [s for s in result.scans if s.estimate is not None]
            known += [end for s in drawn for end in (s.ten_lower, s.ten_upper) if end is not None]
        plain_ticks(ax, "y", _ticks(known))
        if known:
            ax.set_ylim(min(known) / 1.25, max(known) * 1.6)
        else:
            ax.text(0.5, 0.5, "no width that was tried settles the answer", transform=ax.transAxes, ha="center")
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax


def _ticks(values: "Iterable[float]") -> list[float]:
    """1, 1.5, 2, 3, 4, 6, ... over the range of ``values``; doublings alone when that is long."""
    values = list(values)
    if not values:
        return [1.0, 10.0, 100.0, 1000.0]
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    factors = (1.0, 1.5) if high - low <= 5 else (1.0,)
    return [f * 2.0**k for k in range(low, high + 1) for f in factors if (f * 2.0**k).is_integer()]


def _draw_points(
    ax: "Axes",
    points: "Sequence[WidthPoint]",
    label: str,
    colour: str,
    shift: float,
    against: str = "n",
    form: str = "o",
) -> None:
    located = [(getattr(p, against) * shift, p.estimate) for p in points if p.estimate is not None]
    ax.plot(*np.array(located).reshape(-1, 2).T, f"{form}-", color=colour, label=label, markersize=5, linewidth=1.6)
    for p in points:
        place, known = getattr(p, against) * shift, [end for end in (p.lower, p.upper) if end is not None]
        if len(known) == 2:
            ax.plot([place] * 2, known, color=colour, linewidth=1.2)
        elif known:
            mark = "^" if p.lower is not None else "v"
            shade = REFERENCE if p.stopped_by_budget else colour
            ax.plot([place], known, mark, color=shade, markersize=8, fillstyle="none")


def _draw_scans(ax: "Axes", part: "WidthResult", colour: str, shift: float) -> None:
    """The mean of the finest scans, and where a mean of ten lies; not where the mean is unknown, as ends may be far."""
    if not part.scans:  # of an older study
        return
    finest = min(s.step for s in part.scans)
    scans = [s for s in part.scans if s.step == finest and s.estimate is not None]
    located = np.array([(s.n * shift, s.estimate) for s in scans]).reshape(-1, 2)
    label = ", ".join(filter(None, (f"scan by {finest}", part.curves[0].words)))
    ax.plot(*located.T, "s", color=colour, fillstyle="none", markersize=5, label=label)
    for s in scans:
        if s.ten_lower is not None and s.ten_upper is not None:
            ax.plot([s.n * shift] * 2, [s.ten_lower, s.ten_upper], color=colour, linewidth=1.0, linestyle=(0, (2, 1)))


def plot_frontier(result: "WidthResult", *, against: str = "steps", ax: "Axes | None" = None) -> "Axes":
    """Minimal width against the budget or the depth, log-log, a line for each n and other setting; at the first q.

    Bars are the intervals of single points, arrows those with one known end. Against the budget, the shade is the band
    that holds for all budgets of a line at once, where it has both ends.

    Args:
        result: of several budgets, or several depths.
        against: ``steps`` or ``depth``.
        ax: axes to draw on; new ones by default.
    """
    points = sorted(result.points_at(), key=lambda p: getattr(p, against))
    rest = [name for name in ("depth", "steps", "target", "alpha", "label_noise") if name != against]
    several = [name for name in rest if len({getattr(p, name) for p in points}) > 1]
    lines: dict[tuple[tuple[object, ...], int], list[WidthPoint]] = {}
    for p in points:
        lines.setdefault((tuple(getattr(p, name) for name in several), p.n), []).append(p)
    others, sizes = list(dict.fromkeys(other for other, _ in lines)), sorted({p.n for p in points})
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", yscale="log", ylabel="minimal width m (neurons a layer)")
        ax.set_xlabel("budget T (steps of gradient descent)" if against == "steps" else "depth L")
        for index, ((other, n), own) in enumerate(lines.items()):
            colour, form = COLOURS[others.index(other) % len(COLOURS)], "os^Dv"[sizes.index(n) % 5]
            words = [setting_words(name, value) for name, value in zip(several, other, strict=True)]
            label, shift = ", ".join([f"n = {n}", *words]), 1.012 ** (index - (len(lines) - 1) / 2)
            _draw_points(ax, own, label, colour, shift, against, form)
            band = [(p.steps * shift, p.joint_lower, p.joint_upper) for p in own if p.joint_lower and p.joint_upper]
            if against == "steps" and band:
                ax.fill_between(*np.array(band).T, color=colour, alpha=0.12, linewidth=0)
        values = sorted({getattr(p, against) for p in points})
        plain_ticks(ax, "x", values)
        ax.set_xlim(values[0] / 1.15, values[-1] * 1.15)
        known = [end for p in points for end in (p.estimate, p.lower, p.upper) if end is not None]
        plain_ticks(ax, "y", _ticks(known))
        if known:
            ax.set_ylim(min(known) / 1.25, max(known) * 1.25)
        else:
            ax.text(0.5, 0.5, "no width that was tried settles the answer", transform=ax.transAxes, ha="center")
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax


def plot_test_error(result: "WidthResult", *, ax: "Axes | None" = None) -> "Axes":
    """Mean test error of the trials against the width, one colour an n, with Student's intervals over the trials.

    Filled marks: where a run stopped; open ones: after all steps of the budget. A width with a single trial has no
    interval. A dotted line is the minimal width at
    the first success probability; a star the width that tests best.

    Args:
        result: of a single curve, whose data have test points.
        ax: axes to draw on; new ones by default.
    """
    rows = result.test_errors
    sizes = sorted({row.n for row in rows})
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", xlabel="width m (neurons a layer)", ylabel="mean test error of the trials (%)")
        for index, (n, when) in enumerate((n, when) for n in sizes for when in ("stopped", "after")):
            own = [row for row in rows if (row.n, row.when) == (n, when)]
            if not own:
                continue
            means = np.array([row.mean for row in own])
            lower, upper = ([getattr(row, end) for row in own] for end in ("lower", "upper"))
            known = np.array([end is not None for end in lower])
            bars = np.where(known, [means - np.array(lower, float), np.array(upper, float) - means], 0.0)
            ax.errorbar(
                np.array([row.width for row in own]) * 1.01 ** (index - len(sizes)),
                100 * means,
                100 * bars,
                fmt="o-" if when == "stopped" else "s--",
                color=COLOURS[sizes.index(n) % len(COLOURS)],
                fillstyle="full" if when == "stopped" else "none",
                label=f"n = {n}, {'where runs stopped' if when == 'stopped' else 'after all steps'}",
                markersize=4,
                linewidth=1.2,
                elinewidth=0.7,
            )
        for best in result.best_tested:
            colour = COLOURS[sizes.index(best.n) % len(COLOURS)]
            ax.plot([best.width], [100 * best.mean], "*", color=colour, markersize=12)
        for p in result.points_at():
            if p.estimate is not None and p.n in sizes:
                ax.axvline(p.estimate, color=COLOURS[sizes.index(p.n) % len(COLOURS)], linestyle=":", linewidth=1.2)
        if widths := sorted({row.width for row in rows}):
            plain_ticks(ax, "x", _ticks(widths))
            ax.set_xlim(widths[0] / 1.15, widths[-1] * 1.15)
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        return ax


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
