"""One run: loss and training error along the steps."""

from typing import TYPE_CHECKING, Any

import numpy as np

from howwide.figures.style import COLOURS, new_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_training"]


def plot_training(steps: Any, loss: Any, error: Any, *, ax: "Axes | None" = None, online: bool = False) -> "Axes":
    """Average logistic loss (left, logarithmic) and training error (right, per cent) against the step.

    With ``online`` the values are those of single fresh examples, shown as running averages.
    """
    with style():
        ax = new_axes() if ax is None else ax
        steps, loss, error = (np.asarray(a, float) for a in (steps, loss, error))
        if online:
            counts = np.arange(1, len(loss) + 1)
            loss, error = np.cumsum(loss) / counts, np.cumsum(error) / counts
        kind = "average online" if online else "training"
        marker = "o" if len(steps) == 1 else None  # a line through one point is invisible
        (left,) = ax.plot(steps, loss, color=COLOURS[0], marker=marker, label=f"{kind} loss")
        ax.set_yscale("log")
        ax.set_xlabel("step t")
        ax.set_ylabel(f"{kind} loss")
        twin = ax.twinx()
        (right,) = twin.plot(steps, 100 * error, color=COLOURS[1], linestyle="--", marker=marker, label=f"{kind} error")
        twin.set_ylabel(f"{kind} error (%)")
        twin.set_ylim(bottom=0)
        twin.spines["right"].set_visible(True)
        twin.grid(visible=False)
        ax.legend(handles=[left, right], fontsize=9)
        return ax
