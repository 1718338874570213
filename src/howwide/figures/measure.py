"""What `measure` found: the loss in balls of growing radius, the radius for a loss, and the kernel's spectrum."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.measure import MeasureResult

__all__ = ["plot_ntrf", "plot_radius", "plot_spectrum"]


def plot_ntrf(result: "MeasureResult", *, ax: "Axes | None" = None) -> "Axes":
    """Certified ends of eps_NTRF(R) against R, both axes logarithmic; dashed, the loss at R = 0.

    Args:
        result: with its ``ntrf`` points.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        shown = pd.DataFrame([p.model_dump() for p in result.ntrf if p.radius > 0]).sort_values("radius")
        radius, lower, upper = (shown[c].to_numpy(float) for c in ("radius", "lower", "upper"))
        least = np.nanmin(upper[upper > 0], initial=1.0) / 10
        ax.fill_between(radius, np.maximum(lower, least), upper, color=COLOURS[0], alpha=0.25, linewidth=0)
        ax.plot(radius, upper, "o-", color=COLOURS[0], markersize=4, linewidth=1.4, label="upper end, attained")
        ax.plot(radius, np.maximum(lower, least), "v", color=COLOURS[1], markersize=4, label="lower end, from the dual")
        if result.initial is not None:
            ax.axhline(
                result.initial.loss, color=REFERENCE, linestyle="--", linewidth=1.1, label="loss at the start, R = 0"
            )
        ax.set_xscale("log")
        ax.set_yscale("log")
        plain_ticks(ax, "x", radius)
        ax.set_xlabel("radius R (every layer within R over the gradient scale)")
        ax.set_ylabel(r"least linearised loss $\epsilon_{\mathrm{NTRF}}(R)$")
        ax.legend(fontsize=9)
        return ax


def plot_radius(result: "MeasureResult", *, ax: "Axes | None" = None) -> "Axes":
    """The least radius R(eps) for a loss, with its certified ends; a triangle is an interval's only known end.

    Args:
        result: with ``radius_for``, and ``network_radius_for`` for the witness on the network itself, if any.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        columns = {"eps": float, "lower": float, "upper": float}
        shown = pd.DataFrame([p.model_dump() for p in result.radius_for]).astype(columns).sort_values("eps")
        both = shown.dropna(subset=["lower", "upper"])
        ax.plot(both["eps"], np.sqrt(np.maximum(both["lower"], 1e-12) * both["upper"]), color=COLOURS[0], linewidth=1.2)
        ax.errorbar(
            both["eps"],
            both["upper"],
            [both["upper"] - both["lower"], np.zeros(len(both))],
            fmt="o",
            color=COLOURS[0],
            markersize=4,
            capsize=3,
            label="linearised network, average loss",
        )
        for row in shown[shown["upper"].isna() & shown["lower"].notna()].itertuples():
            ax.plot([row.eps], [row.lower], "^", color=COLOURS[0], markersize=8, fillstyle="none")
        if witnesses := [(p.eps, p.upper) for p in result.network_radius_for if p.upper is not None]:
            ax.plot(
                [eps for eps, _ in witnesses],
                [radius for _, radius in witnesses],
                "s--",
                color=COLOURS[1],
                markersize=4,
                linewidth=1,
                label="network itself, every example (upper bound)",
            )
        ax.set_xscale("log")
        ax.set_yscale("log", base=2)
        ax.yaxis.set_major_formatter("{x:g}")
        plain_ticks(ax, "x", shown["eps"])
        ax.invert_xaxis()
        ax.set_xlabel(r"loss $\epsilon$")
        ax.set_ylabel(r"radius $R(\epsilon)$")
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=9)
        return ax


def plot_spectrum(result: "MeasureResult", *, ax: "Axes | None" = None) -> "Axes":
    """Eigenvalues of the tangent Gram and of its limit in descending order, both axes logarithmic.

    Args:
        result: with its ``spectra``; eigenvalues that are not positive are left out.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes() if ax is None else ax
        for index, (name, values) in enumerate(result.spectra.items()):
            ordered = np.sort(values.dropna().to_numpy(float))[::-1]
            kept = ordered[ordered > 0]
            form = "-" if index == 0 else "--"
            ax.plot(np.arange(1, len(kept) + 1), kept, form, color=COLOURS[index % len(COLOURS)], label=name)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlabel("index, from the largest")
        ax.set_ylabel("eigenvalue (of K over the squared gradient scale)")
        ax.legend(fontsize=9)
        return ax
