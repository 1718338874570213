"""One run: loss and training error along the steps; of a run by a theorem distances and bounds too."""

from typing import TYPE_CHECKING

import numpy as np

from howwide.figures.style import COLOURS, REFERENCE, new_axes, style
from howwide.results.train import TrainResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_distances", "plot_test_bound", "plot_training"]


def plot_training(run: "TrainResult | pd.DataFrame", *, ax: "Axes | None" = None) -> "Axes":
    """Average loss (left, logarithmic) and training error (right, per cent) against the step.

    Of one pass of SGD the values are those of single fresh examples, shown as running averages.

    Args:
        run: the result, or a table with columns ``step``, ``loss`` and ``error`` of the training sample.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        history, online = (run.history, run.online is not None) if isinstance(run, TrainResult) else (run, False)
        steps, loss, error = (history[name].to_numpy(float) for name in ("step", "loss", "error"))
        if online:
            counts = np.arange(1, len(loss) + 1)
            loss, error = np.cumsum(loss) / counts, np.cumsum(error) / counts
        kind = "average online" if online else "training"
        (left,) = ax.plot(steps, loss, color=COLOURS[0], marker=_dot(history), label=f"{kind} loss")
        ax.set(yscale="log", xlabel="step t", ylabel=f"{kind} loss")
        twin = ax.twinx()
        (right,) = twin.plot(steps, 100 * error, "--", color=COLOURS[1], marker=_dot(history), label=f"{kind} error")
        twin.set_ylabel(f"{kind} error (%)")
        twin.set_ylim(bottom=0)
        twin.spines["right"].set_visible(True)
        twin.grid(visible=False)
        ax.legend(handles=[left, right], fontsize=9)
        return ax


def plot_distances(run: TrainResult, *, ax: "Axes | None" = None) -> "Axes":
    """Distance of every matrix from its start along a run by a theorem, with the balls of the theory.

    Args:
        run: the result; its ``promised`` may have the ball of the reference and how far iterates may go.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        along = run.along
        layers = [c for c in along if str(c).startswith("distance_")]
        for i, column in enumerate(layers):
            form, colour = "-" if i < len(COLOURS) else "--", COLOURS[i % len(COLOURS)]
            ax.plot(along["step"], along[column], form, color=colour, marker=_dot(along), label=f"layer {i + 1}")
        for key, words, dashes in (
            ("ball", "ball of W*, R over the scale", (0, (6, 2))),
            ("reach", "reach of the iterates", (0, (1, 2))),
        ):
            if run.promised.get(key):
                ax.axhline(run.promised[key], color=REFERENCE, linestyle=dashes, linewidth=1.3, label=words)
        if (along[layers] > 0).any().any():
            ax.set_yscale("log")
        ax.set(xlabel="step t", ylabel=r"$\|W_l^{(t)} - W_l^{(0)}\|_F$")
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return ax


def plot_test_bound(run: TrainResult, *, ax: "Axes | None" = None) -> "Axes":
    """Test error along a run and the theorem's bound for all t, both of its branches where it has two.

    Args:
        run: the result; its ``along`` has columns ``step``, ``bound``, and if known ``test_error``,
            ``bound_spectral`` and ``bound_linear``.
        ax: axes to draw on; new ones by default.
    """
    words = {
        "bound": "bound",
        "bound_spectral": "bound, spectral branch",
        "bound_linear": "bound, linear branch",
        "test_error": "test error",
    }
    with style():
        ax = new_axes() if ax is None else ax
        along = run.along
        columns = [c for c in words if c in along and not (c == "bound" and "bound_linear" in along)]
        for i, column in enumerate(columns):
            values = along[column].where(along[column] > 0)
            ax.plot(along["step"], values, color=COLOURS[i % len(COLOURS)], marker=_dot(along), label=words[column])
        ax.axhline(1, color=REFERENCE, linestyle="--", linewidth=1.1, label="1: nothing is said above")
        ax.set(yscale="log", xlabel="step t", ylabel="probability of a wrong sign")
        ax.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return ax


def _dot(table: "pd.DataFrame") -> str | None:
    return "o" if len(table) == 1 else None  # a line through one point is invisible
