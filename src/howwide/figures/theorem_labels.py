"""Colours, names and legends of the figures about theorems.

Statements are coloured by group; the main ones are named in a column at the right, connected to their points, so that
no two names overlap.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from howwide.figures.style import COLOURS, REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.theorems import ComparedTheorem

__all__ = ["authors_of", "family_colours", "family_legend", "name_points", "place_names", "side_by_side"]

_WORDS = {"gd": "gradient descent", "width": "constants kept", "logistic": "logistic loss", "noisy": "noisy data"}
"""Statements without a number, for people."""


def side_by_side(theorems: "Sequence[ComparedTheorem]") -> "list[tuple[float, ComparedTheorem]]":
    """Theorems with the place of their year, those of one year side by side."""
    placed = []
    for year in sorted({t.year for t in theorems}):
        same = sorted((t for t in theorems if t.year == year), key=lambda t: (t.family, t.id))
        offsets = np.linspace(-0.3, 0.3, len(same)) if len(same) > 1 else [0.0]
        placed += [(year + float(offset), t) for t, offset in zip(same, offsets, strict=True)]
    return placed


def family_colours(theorems: "Sequence[ComparedTheorem]") -> dict[str, str]:
    """The colour of each group of statements that is present."""
    from howwide.theorems.catalogue import FAMILIES

    present = {t.family for t in theorems}
    return {name: colour for name, colour in zip(FAMILIES, COLOURS, strict=False) if name in present}


def name_points(ax: "Axes", points: "Sequence[tuple[float, Any, ComparedTheorem]]") -> None:
    """Names of statements in a column at the right of the axes, in the colours of their groups."""
    colours = family_colours([t for *_, t in points])
    place_names(ax, [(x, y, _label(t), colours[t.family]) for x, y, t in points])


def place_names(ax: "Axes", points: Sequence[tuple[float, float, str, str]]) -> None:
    """Names (x, y, words, colour) at the right of the axes, at least a line apart, each connected to its point."""
    from scipy.optimize import isotonic_regression

    if not points:
        return
    up = ax.transData.transform
    low, high = (float(up((1, end))[1]) for end in ax.get_ylim())
    height = ax.figure.get_figure().get_figheight()  # type: ignore[union-attr]
    least = 0.19 / (0.75 * height)  # a line of text, as a share of the axes
    wanted = sorted((float(up((x, y))[1] - low) / (high - low), x, y, words, colour) for x, y, words, colour in points)
    lines = least * np.arange(len(wanted))
    # nearest to the points among the places that are a line apart, beside the axes if there is room for all
    room = max(0.0, 1 - float(lines[-1]))
    places = np.clip(isotonic_regression([share for share, *_ in wanted] - lines).x, 0, room) + lines
    lead = {"arrowstyle": "-", "color": REFERENCE, "linewidth": 0.5, "alpha": 0.6, "shrinkB": 3, "relpos": (0, 0.5)}
    for place, (_, x, y, words, colour) in zip(places, wanted, strict=True):
        ax.annotate(
            words, (x, y), (1.03, place), textcoords="axes fraction", fontsize=8, va="center", color=colour,
            arrowprops=lead, annotation_clip=False,
        )  # fmt: skip


def _label(t: "ComparedTheorem") -> str:
    """Authors, year and statement: "Ji, Telgarsky 2020, Thm 2.2"; three and more authors as "et al."."""
    statement = t.id.rsplit("/", 1)[1].removeprefix("thm-").removeprefix("cor-")
    words = f"Thm {statement}" if statement[0].isdigit() else _WORDS.get(statement, statement)
    return f"{authors_of(t.paper)} {t.year}, {words}"


def authors_of(paper: str) -> str:
    """The authors of a reference: three and more as "et al."."""
    authors = paper.rsplit(" (", 1)[0].split(", ")
    return ", ".join(authors) if len(authors) < 3 else f"{authors[0]} et al."


def family_legend(ax: "Axes", theorems: "Sequence[ComparedTheorem]", more: Sequence[tuple[str, str]]) -> None:
    """The groups by colour, and further entries (words, colour of the face)."""
    from matplotlib.lines import Line2D

    from howwide.theorems.catalogue import FAMILIES

    handles = [
        Line2D([], [], color=colour, marker="o", linestyle="", label=FAMILIES[name])
        for name, colour in family_colours(theorems).items()
    ]
    for words, face in more:
        handles.append(Line2D([], [], color="black", marker="o", linestyle="", markerfacecolor=face, label=words))
    ax.legend(handles=handles, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3)
