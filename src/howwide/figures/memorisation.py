"""Memorisation results beside the measured width: reference lines, and no bounds."""

from typing import TYPE_CHECKING

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style
from howwide.figures.theorem_labels import authors_of, place_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.theorems import CompareResult, ReferenceLine

__all__ = ["plot_reference_lines"]


def plot_reference_lines(result: "CompareResult", *, ax: "Axes | None" = None) -> "Axes":
    """Width at which weights exist that fit, against n, and the minimal width that was measured.

    A colour for each kind of labels that a line is about; dashed with a hidden constant, dotted where the result has
    been shown for a deeper network. Below the floor of random labels the plane is shaded. Where no minimal width was
    measured, the width at hand is drawn.

    Args:
        result: a comparison with reference lines.
        ax: axes to draw on; new ones by default.
    """
    from matplotlib.lines import Line2D

    from howwide.theory.memorisation import SAYS, SHOWN_FOR

    colours = dict(zip(SAYS.values(), COLOURS, strict=False))
    with style():
        ax = new_axes(9.6, 5.4) if ax is None else ax
        ax.set(xscale="log", yscale="log", xlabel="sample size n", ylabel="width")
        sizes = [p.n for p in result.points]
        ends = min(sizes) / 1.15, max(sizes) * 1.15
        names: list[tuple[float, float, str, str]] = []
        drawn: set[str] = set()
        for line in result.reference_lines:
            known = [(float(p.n), 10**w) for p in result.points if (w := p.reference_lines.get(line.id)) is not None]
            if not known:
                continue
            if len(sizes) == 1:  # a line, not a point
                known = [(end, known[0][1]) for end in ends]
            dashes = ":" if line.shown_for == SHOWN_FOR["deeper"] else "--" if line.prediction else "-"
            colour = colours[line.says]
            xs, ys = zip(*known, strict=True)
            ax.plot(xs, ys, color=colour, linestyle=dashes, linewidth=1.6)
            if line.says == SAYS["random"]:
                ax.fill_between(xs, min(1.0, *ys) / 1.5, ys, color=colour, alpha=0.12, linewidth=0)
            drawn |= {line.says, dashes}
            names.append((xs[-1], ys[-1], _name(line), colour))
        found = [p for p in result.measured["minimal_width"] if p["estimate"]]
        at_hand = None if result.measured["minimal_width"] else result.measured["width"]
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
        present = {words: colour for words, colour in colours.items() if words in drawn}
        handles = [Line2D([], [], color=colour, linewidth=1.6, label=words) for words, colour in present.items()]
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


def _name(line: "ReferenceLine") -> str:
    """Authors, year and statement: "Yun et al. 2019, Thm 3.1"."""
    statement = line.id.rsplit("/", 1)[1].replace("thm-", "Thm ").replace("-", " ")
    return f"{authors_of(line.paper)} {line.year}, {statement}"
