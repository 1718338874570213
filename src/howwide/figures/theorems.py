"""Theorems against reality: gaps over the years, required widths against n, the lineage.

Widths are drawn as logarithms: they reach 1e80.
"""

import math
from typing import TYPE_CHECKING

from howwide.figures.style import COLOURS, new_axes, plain_ticks, style
from howwide.figures.theorem_labels import family_colours, family_legend, name_points, side_by_side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.theorems import CompareResult

__all__ = ["plot_gap_timeline", "plot_lineage", "plot_required_widths"]

MAIN = (
    "zou-cao-zhou-gu/arxiv2018v3/cor-4.3-logistic",
    "allen-zhu-li-song/icml2019/thm-gd",
    "zou-gu/neurips2019/thm-gd",
    "du-zhai-poczos-singh/iclr2019/thm-gd",
    "du-lee-li-wang-zhai/icml2019/thm-fully-connected",
    "cao-gu/neurips2019/thm-3.3",
    "ji-telgarsky/iclr2020/thm-2.2",
    "zou-cao-zhou-gu/ml2020/thm-gd",
    "chen-cao-zou-gu/alpha-scaled/thm-2.1",
    "chen-cao-zou-gu/iclr2021/thm-3.3",
    "chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.6",
    "chen-cao-zou-gu/derived/width",
    "munteanu-omlor-song-woodruff/icml2022/thm-logistic",
    "li-lei-guo-ying/neurips2025/thm-1",
    "li-lei-guo-ying/neurips2025/thm-3",
    "taheri-thrampoulidis-mazumdar/iclr2025/cor-noisy",
)
"""The statements that are named in figures."""


def plot_gap_timeline(result: "CompareResult", *, ax: "Axes | None" = None) -> "Axes":
    """Powers of ten between required and reference width, against the year of the statement.

    The reference is the minimal width that was measured, or else the width at hand, as a caption must say.
    Filled: about a network of this depth and scale. Hollow: not applicable here, evaluated all the same.

    Args:
        result: a comparison; theorems without a gap are left out.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes(9.6, 6.2) if ax is None else ax
        gaps = {t.id: t.gap_log10 for t in result.theorems if t.gap_log10 is not None}
        shown = side_by_side([t for t in result.theorems if t.id in gaps])
        theorems = [t for _, t in shown]
        colours = family_colours(theorems)
        for x, t in shown:
            colour = colours[t.family]
            face = "none" if t.verdict == "not_applicable" else colour
            ax.scatter(x, gaps[t.id], s=34, facecolors=face, edgecolors=colour, linewidths=1.2, zorder=3)
        ax.axhline(0, color="black", linewidth=1.2)
        if not shown:
            ax.text(0.5, 0.5, "no required width is known", transform=ax.transAxes, ha="center")
            return ax
        years = [t.year for t in theorems]
        ax.set_xlim(min(years) - 0.7, max(years) + 0.7)
        ax.set_xticks(range(min(years), max(years) + 1))
        ax.set(xlabel="year of the statement", ylabel="log$_{10}$ of required over reference width")
        name_points(ax, [(x, gaps[t.id], t) for x, t in shown if t.id in MAIN])
        family_legend(ax, theorems, [("stated for another network", "none")])
        return ax


def plot_required_widths(result: "CompareResult", *, ax: "Axes | None" = None) -> "Axes":
    """Required width of every theorem against n, and the minimal width that was measured.

    Args:
        result: a comparison.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes(9.6, 6.2) if ax is None else ax
        sizes = [p.n for p in result.points]
        colours = family_colours(result.theorems)
        ends = []
        for t in result.theorems:
            known = [(p.n, w) for p in result.points if (w := p.log10_width.get(t.id)) is not None]
            if not known:
                continue
            main = t.id in MAIN
            ax.plot(
                *zip(*known, strict=True), "o-", color=colours[t.family], alpha=1.0 if main else 0.35,
                linewidth=1.6 if main else 0.9, markersize=4 if main else 2.5,
            )  # fmt: skip
            if main:
                ends.append((*known[-1], t))
        minimal = result.measured["minimal_width"]
        found = [(p["n"], math.log10(p["estimate"])) for p in minimal if p["estimate"]]
        if found:
            ax.plot(*zip(*found, strict=True), "s-", color="black", linewidth=2.4)
        for p in minimal:
            if p["lower"] and p["upper"]:
                interval = [math.log10(p["lower"]), math.log10(p["upper"])]
                ax.plot([p["n"]] * 2, interval, color="black", linewidth=1.4)
        ax.set(xscale="log", xlabel="sample size n", ylabel="log$_{10}$ of the required width")
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(min(sizes) / 1.15, max(sizes) * 1.15)
        name_points(ax, ends)
        family_legend(ax, result.theorems, [("measured minimal width", "black")] if found else [])
        return ax


def plot_lineage(*, ax: "Axes | None" = None) -> "Axes":
    """Who improves on whom: a row a statement, the year to the right, an arrow from the older to the newer one."""
    from howwide.theorems.catalogue import FAMILIES, family, lineage
    from howwide.theory import get

    edges = lineage()
    nodes = {id: get(id) for edge in edges for id in edge}
    order = sorted(nodes.values(), key=lambda t: (list(FAMILIES).index(family(t)), t.year, t.id))
    rows = {t.id: -i for i, t in enumerate(order)}
    colours = dict(zip(FAMILIES, COLOURS, strict=False))
    with style():
        ax = new_axes(11, 0.2 * len(order) + 1) if ax is None else ax
        for newer, older in edges:
            arrow = {"arrowstyle": "->", "alpha": 0.6, "connectionstyle": "arc3,rad=0.08"}
            arrow["color"] = colours[family(nodes[newer])]
            end, start = ((nodes[id].year, rows[id]) for id in (newer, older))
            ax.annotate("", end, start, arrowprops=arrow)
        last = max(t.year for t in order)
        for t in order:
            ax.plot([t.year, last + 0.5], [rows[t.id]] * 2, ":", color=colours[family(t)], linewidth=0.6, alpha=0.6)
            ax.plot([t.year], [rows[t.id]], "o", color=colours[family(t)], markersize=6)
            ax.text(last + 0.6, rows[t.id], t.id, va="center", fontsize=8, color=colours[family(t)])
        first = min(t.year for t in order)
        ax.set_xlim(first - 0.5, last + 7)
        ax.set_xticks(range(first, last + 1))
        ax.spines["bottom"].set_bounds(first - 0.5, last + 0.5)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        words = "year of the statement; an arrow leads to the one that improves on it, or carries it further"
        ax.set_xlabel(words, loc="left")
        return ax
