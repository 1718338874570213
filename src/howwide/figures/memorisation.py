"""Memorisation results beside the measured width: reference lines, and no bounds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style
from howwide.figures.theorem_labels import place_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_reference_lines"]


def plot_reference_lines(
    lines: Sequence[dict[str, Any]],
    points: Sequence[dict[str, Any]],
    minimal: Sequence[dict[str, Any]] = (),
    *,
    at_hand: float | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Width at which weights exist that fit, against n, and the minimal width that was measured.

    A colour for each kind of labels that a line is about; dashed with a hidden constant, dotted where the result has
    been shown for a deeper network. Below the floor of random labels the plane is shaded.

    Args:
        lines: rows with ``id, paper, says, shown_for, prediction``.
        points: rows with ``n`` and ``reference_lines``, a log10 width (or None) for each id.
        minimal: rows with ``n, estimate, lower, upper``.
        at_hand: a width to draw where none was measured.
        ax: axes to draw on; new ones by default.
    """
    from matplotlib.lines import Line2D

    from howwide.theory.memorisation import SAYS, SHOWN_FOR

    colours = dict(zip(SAYS.values(), COLOURS, strict=False))
    with style():
        ax = new_axes(9.6, 5.4) if ax is None else ax
        ax.set_xscale("log")
        ax.set_yscale("log")
        sizes = [p["n"] for p in points]
        ends = min(sizes) / 1.15, max(sizes) * 1.15
        names: list[tuple[float, float, str, str]] = []
        drawn: set[str] = set()
        for line in lines:
            exponents = [(p["n"], p["reference_lines"].get(line["id"])) for p in points]
            known = [(n, 10**exponent) for n, exponent in exponents if exponent is not None]
            if not known:
                continue
            if len(sizes) == 1:  # a line, not a point
                known = [(end, known[0][1]) for end in ends]
            dashes = ":" if line["shown_for"] == SHOWN_FOR["deeper"] else "--" if line["prediction"] else "-"
            colour = colours[line["says"]]
            xs, ys = zip(*known, strict=True)
            ax.plot(xs, ys, color=colour, linestyle=dashes, linewidth=1.6)
            if line["says"] == SAYS["random"]:
                ax.fill_between(xs, min(1.0, *ys) / 1.5, ys, color=colour, alpha=0.12, linewidth=0)
            drawn |= {line["says"], dashes}
            names.append((xs[-1], ys[-1], _name(line), colour))
        found = [p for p in minimal if p["estimate"]]
        if found:
            ax.plot([p["n"] for p in found], [p["estimate"] for p in found], "s-", color="black", linewidth=2.4)
            for p in found:
                if p["lower"] and p["upper"]:
                    ax.plot([p["n"]] * 2, [p["lower"], p["upper"]], color="black", linewidth=1.4)
        elif at_hand:
            ax.axhline(at_hand, color="black", linewidth=1.2)
        plain_ticks(ax, "x", sizes)
        ax.set_xlim(*ends)
        ax.set_ylim(bottom=0.67)
        ax.set_xlabel("sample size n")
        ax.set_ylabel("width")
        handles = [
            Line2D([], [], color=colour, linewidth=1.6, label=words)
            for words, colour in colours.items()
            if words in drawn
        ]
        if "--" in drawn:
            handles.append(Line2D([], [], color=REFERENCE, linestyle="--", label="with a hidden constant C"))
        if ":" in drawn:
            handles.append(Line2D([], [], color=REFERENCE, linestyle=":", label="the same, for a deeper network"))
        if found or at_hand:
            words = "measured minimal width" if found else "width at hand"
            handles.append(Line2D([], [], color="black", linewidth=2.4 if found else 1.2, label=words))
        ax.legend(handles=handles, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
        place_names(ax, names)
        return ax


def _name(line: dict[str, Any]) -> str:
    """Authors, year and statement: "Yun et al. 2019, Thm 3.1"."""
    authors = line["paper"].rsplit(" (", 1)[0].split(", ")
    names = ", ".join(authors) if len(authors) < 3 else f"{authors[0]} et al."
    statement = line["id"].rsplit("/", 1)[1].replace("thm-", "Thm ").replace("-", " ")
    return f"{names} {line['year']}, {statement}"
