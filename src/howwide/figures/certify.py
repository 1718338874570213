"""Certificates: bounds beside the errors observed, and how both fall with the sample."""

from typing import TYPE_CHECKING

import numpy as np

from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style
from howwide.numbers import format_upper_bound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from howwide.results.certify import Certification

__all__ = ["plot_certificates", "plot_sample_size"]

_MARKERS = ("s", "D", "^", "v", "P", "X")


def plot_certificates(result: "Certification", *, ax: "Axes | None" = None) -> "Axes":
    """Each certificate's bound, with the error observed beside it; the dashed line is a fair coin's error.

    Args:
        result: with its certificates.
        ax: axes to draw on; new ones by default.
    """
    certificates = result.certificates
    with style():
        ax = new_axes(6.4, 1.3 + 0.62 * len(certificates)) if ax is None else ax
        places = np.arange(len(certificates))[::-1]
        bound, observed = 100 * np.array([(c.value, c.test_error) for c in certificates], float).T
        seen = np.where(np.isfinite(observed), observed, bound)
        ax.hlines(places, np.minimum(seen, bound), np.maximum(seen, bound), color=REFERENCE, linewidth=1, alpha=0.6)
        ax.plot(bound, places, "D", color=COLOURS[0], markersize=6, label="certified, at most")
        if np.isfinite(observed).any():
            ax.plot(
                observed, places, "o", color=COLOURS[1], markersize=8, fillstyle="none", markeredgewidth=1.6,
                label="observed on test examples",
            )  # fmt: skip
        box = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        for place, c, end in zip(places, certificates, np.maximum(bound, seen), strict=True):
            label = f"{format_upper_bound(c.value, times=100)} %"
            ax.annotate(label, (end, place), (9, 0), textcoords="offset points", va="center", fontsize=9, bbox=box)
        least, largest = float(min(seen.min(), bound.min())), float(max(seen.max(), bound.max()))
        if largest > 35:
            ax.axvline(50, color=REFERENCE, linestyle="--", linewidth=1.1, label="a fair coin")
        if 0 < 4 * least < largest:
            ax.set_xscale("log")
            ax.set_xlim(least / 1.5, largest * (largest / least) ** 0.15)
            _plain_decades(ax, "x")
        else:
            ax.set_xlim(0, 1.16 * largest)
        ax.set_ylim(-0.6, len(certificates) - 0.4)
        ax.set_yticks(places, [f"{c.name}\n{c.certifies}" for c in certificates], fontsize=9)
        ax.grid(False, axis="y")
        ax.set_xlabel("error on fresh examples, per cent")
        ax.figure.figure.legend(loc="outside upper center", ncols=3, fontsize=9)
        return ax


def plot_sample_size(result: "Certification", *, ax: "Axes | None" = None) -> "Axes":
    """Errors and bounds against the sample size, both axes logarithmic; bars are intervals of the mean over seeds.

    Args:
        result: with its points. Series whose name ends in ``error`` were observed, the others are certified; a bound
            of 1 is left out, and a mean of 0 has no place on the axis.
        ax: axes to draw on; new ones by default.
    """
    with style():
        ax = new_axes(8.4, 4.6) if ax is None else ax
        least = min((100 * p.mean / 3 for p in result.points if p.mean > 0), default=0)
        names = sorted(dict.fromkeys(p.series for p in result.points), key=lambda name: name.endswith("error"))
        for index, name in enumerate(names):
            seen = name.endswith("error")
            own = [p for p in result.points if p.series == name and p.mean > 0 and (seen or p.mean < 1)]
            if not own:
                continue
            n, mean, lower, upper = np.array(sorted((p.n, p.mean, p.lower, p.upper) for p in own), float).T
            mean, lower, upper = 100 * mean, 100 * lower, 100 * upper
            ax.errorbar(
                n * 1.012 ** (index - len(names) / 2),  # so that bars do not hide each other
                mean, np.nan_to_num([mean - np.maximum(lower, least), upper - mean]),
                fmt="o--" if seen else f"{_MARKERS[index % len(_MARKERS)]}-", color=COLOURS[index % len(COLOURS)],
                fillstyle="none" if seen else "full", markersize=5, linewidth=1.2, capsize=3,
                label=name if seen else f"{name} (certified)",
            )  # fmt: skip
        ax.set(xscale="log", yscale="log", xlabel="examples n", ylabel="error on fresh examples, per cent")
        plain_ticks(ax, "x", {p.n for p in result.points})
        _plain_decades(ax, "y")
        ax.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
        return ax


def _plain_decades(ax: "Axes", which: str) -> None:
    """Ticks at 1, 2 and 5 times powers of ten, as plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())
