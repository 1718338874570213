"""The steps to a loss against the loss."""

from typing import TYPE_CHECKING

import numpy as np

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.iterations import IterationLaw

__all__ = ["plot_iterations"]


def plot_iterations(result: "IterationLaw", *, ax: "Axes | None" = None) -> "Axes":
    """Steps to a training loss against the loss, which falls to the right, log-log, a line a depth; a dot is a run.

    Args:
        result: with its points; single runs are drawn where their table is there.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        ax.set(xscale="log", yscale="log", xlabel=r"training loss $\varepsilon$", ylabel="least steps T")
        for index, depth in enumerate(dict.fromkeys(p.depth for p in result.points)):
            colour = COLOURS[index % len(COLOURS)]
            known = [(p.eps, p.steps) for p in result.points if p.depth == depth and p.steps is not None]
            ax.plot(*np.array(known).reshape(-1, 2).T, "o-", color=colour, label=f"depth {depth}", markersize=5)
            if known:
                ends = np.array([known[0][0], known[-1][0]])
                label = "proportion to 1/eps" if index == 0 else None
                ax.plot(ends, known[0][1] * ends[0] / ends, color=REFERENCE, linestyle="--", linewidth=1.1, label=label)
            if result.runs is not None:
                own = result.runs[(result.runs["depth"] == depth) & result.runs["steps"].notna()]
                ax.plot(own["eps"], own["steps"], ".", color=colour, alpha=0.5, markersize=4)
        plain_ticks(ax, "x", sorted({p.eps for p in result.points}))
        ax.invert_xaxis()
        ax.legend(fontsize=9)
        return ax
