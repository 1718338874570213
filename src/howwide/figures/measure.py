"""What `measure` found: the loss in balls of growing radius, the radius for a loss, and the kernel's spectrum."""

from typing import TYPE_CHECKING

import numpy as np

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
        shown = sorted((p.radius, p.lower, p.upper) for p in result.ntrf if p.radius > 0)
        radius, lower, upper = np.array(shown, float).T  # an end that is not known becomes NaN
        least = np.nanmin(upper[upper > 0], initial=1.0) / 10
        ax.fill_between(radius, np.maximum(lower, least), upper, color=COLOURS[0], alpha=0.25, linewidth=0)
        ax.plot(radius, upper, "o-", color=COLOURS[0], markersize=4, linewidth=1.4, label="upper end, attained")
        ax.plot(radius, np.maximum(lower, least), "v", color=COLOURS[1], markersize=4, label="lower end, from the dual")
        if result.initial is not None:
            words = "loss at the start, R = 0"
            ax.axhline(result.initial.loss, color=REFERENCE, linestyle="--", linewidth=1.1, label=words)
        ax.set(xscale="log", yscale="log", xlabel="radius R (every layer within R over the gradient scale)")
        ax.set_ylabel(r"least linearised loss $\epsilon_{\mathrm{NTRF}}(R)$")
        plain_ticks(ax, "x", radius)
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
        points = sorted(result.radius_for, key=lambda p: p.eps)
        both = [(p.eps, p.lower, p.upper) for p in points if p.lower is not None and p.upper is not None]
        eps, lower, upper = np.array(both, float).reshape(-1, 3).T
        ax.plot(eps, np.sqrt(np.maximum(lower, 1e-12) * upper), color=COLOURS[0], linewidth=1.2)
        ax.errorbar(
            eps, upper, [upper - lower, np.zeros(len(both))], fmt="o", color=COLOURS[0], markersize=4, capsize=3,
            label="linearised network, average loss",
        )  # fmt: skip
        for p in points:
            if p.upper is None and p.lower is not None:
                ax.plot([p.eps], [p.lower], "^", color=COLOURS[0], markersize=8, fillstyle="none")
        if witnesses := [(p.eps, p.upper) for p in result.network_radius_for if p.upper is not None]:
            words = "network itself, every example (upper bound)"
            ax.plot(*zip(*witnesses, strict=True), "s--", color=COLOURS[1], markersize=4, linewidth=1, label=words)
        ax.set(xscale="log", xlabel=r"loss $\epsilon$", ylabel=r"radius $R(\epsilon)$")
        ax.set_yscale("log", base=2)
        ax.yaxis.set_major_formatter("{x:g}")
        plain_ticks(ax, "x", [p.eps for p in points])
        ax.invert_xaxis()
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
        ax.set(xscale="log", yscale="log", xlabel="index, from the largest")
        ax.set_ylabel("eigenvalue (of K over the squared gradient scale)")
        ax.legend(fontsize=9)
        return ax
