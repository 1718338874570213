"""Theorems against reality: gaps over the years, required widths against n, the lineage.

Functions take the rows of a document (``result.theorems``, ``result.points``), so that a page can be drawn again from
its folder. Widths are drawn as logarithms: they reach 1e80.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from howwide.figures.style import COLOURS, new_axes, plain_ticks, style
from howwide.figures.theorem_labels import family_colours, family_legend, name_points, side_by_side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


def plot_gap_timeline(theorems: Sequence[dict[str, Any]], *, ax: "Axes | None" = None) -> "Axes":
    """Powers of ten between required and reference width, against the year of the statement.

    The reference is the minimal width that was measured, or else the width at hand, as a caption must say.
    Filled: about a network of this depth and scale. Hollow: not applicable here, evaluated all the same.

    Args:
        theorems: rows with ``id, year, family, verdict, gap_log10``; those without a gap are left out.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes(9.6, 6.2) if ax is None else ax
        shown = side_by_side([t for t in theorems if t["gap_log10"] is not None])
        for name, colour in family_colours(shown).items():
            for hollow in (False, True):
                part = [t for t in shown if t["family"] == name and (t["verdict"] == "not_applicable") == hollow]
                if part:
                    face = "none" if hollow else colour
                    xs, ys = [t["x"] for t in part], [t["gap_log10"] for t in part]
                    ax.scatter(xs, ys, s=34, facecolors=face, edgecolors=colour, linewidths=1.2, zorder=3)
        ax.axhline(0, color="black", linewidth=1.2)
        if not shown:
            return _nothing(ax, "no required width is known")
        years = [t["year"] for t in shown]
        ax.set_xlim(min(years) - 0.7, max(years) + 0.7)
        ax.set_xticks(range(min(years), max(years) + 1))
        ax.set_xlabel("year of the statement")
        ax.set_ylabel("log$_{10}$ of required over reference width")
        name_points(ax, [(t["x"], t["gap_log10"], t) for t in shown if t["id"] in MAIN])
        family_legend(ax, shown, [("stated for another network", "none")])
        return ax


def plot_required_widths(
    theorems: Sequence[dict[str, Any]],
    points: Sequence[dict[str, Any]],
    minimal: Sequence[dict[str, Any]] = (),
    *,
    ax: "Axes | None" = None,
) -> "Axes":
    """Required width of every theorem against n, and the minimal width that was measured.

    Args:
        theorems: rows with ``id, year, family``.
        points: rows with ``n`` and ``log10_width``, a width (or None) for each id.
        minimal: rows with ``n, estimate, lower, upper``.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes(9.6, 6.2) if ax is None else ax
        sizes = [p["n"] for p in points]
        colours = family_colours(theorems)
        ends = []
        for t in theorems:
            widths = [(p["n"], p["log10_width"].get(t["id"])) for p in points]
            known = [(n, w) for n, w in widths if w is not None]
            if not known:
                continue
            main = t["id"] in MAIN
            ax.plot(
                *zip(*known, strict=True),
                "o-",
                color=colours[t["family"]],
                alpha=1.0 if main else 0.35,
                linewidth=1.6 if main else 0.9,
                markersize=4 if main else 2.5,
            )
            if main:
                ends.append((*known[-1], t))
        measured = _draw_minimal(ax, minimal)
        ax.set_xscale("log")
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(min(sizes) / 1.15, max(sizes) * 1.15)
        ax.set_xlabel("sample size n")
        ax.set_ylabel("log$_{10}$ of the required width")
        name_points(ax, ends)
        family_legend(ax, theorems, [("measured minimal width", "black")] if measured else [])
        return ax


def _draw_minimal(ax: "Axes", minimal: Sequence[dict[str, Any]]) -> bool:
    found = [p for p in minimal if p["estimate"]]
    if found:
        ax.plot([p["n"] for p in found], [math.log10(p["estimate"]) for p in found], "s-", color="black", linewidth=2.4)
    for p in minimal:
        if p["lower"] and p["upper"]:
            ax.plot([p["n"]] * 2, [math.log10(p["lower"]), math.log10(p["upper"])], color="black", linewidth=1.4)
    return bool(found)


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
            ax.annotate(
                "",
                (nodes[newer].year, rows[newer]),
                (nodes[older].year, rows[older]),
                arrowprops={
                    "arrowstyle": "->",
                    "color": colours[family(nodes[newer])],
                    "alpha": 0.6,
                    "connectionstyle": "arc3,rad=0.08",
                },
            )
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
        ax.set_xlabel(
            "year of the statement; an arrow leads to the one that improves on it, or carries it further", loc="left"
        )
        return ax


def _nothing(ax: "Axes", words: str) -> "Axes":
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center")
    return ax
