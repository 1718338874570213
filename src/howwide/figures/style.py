"""Colours, axes and the SVG text that every figure shares; matplotlib is imported where it is used."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "REFERENCE", "new_axes", "plain_ticks", "style", "to_svg"]

COLOURS = ("#0b5fa5", "#c4501b", "#2e7d4f", "#7b4ea3", "#8a6d0b", "#a3336b")
"""Colours that stay apart in print and for colour-blind readers."""

REFERENCE = "#767676"
"""Grey of reference curves; dark enough to read on white."""


@contextlib.contextmanager
def style(**more: Any) -> Iterator[None]:
    """The settings in which figures are drawn and saved, on Matplotlib's defaults; the caller's come back afterwards.

    What a user's own file of settings asks for (LaTeX, fonts, another backend) does not reach our figures. Glyphs are
    paths, so that they look the same everywhere. ``more`` are further settings, with ``_`` for the dots.
    """
    mpl = _matplotlib()
    own: Any = {
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
        "svg.fonttype": "path",
    }
    with mpl.rc_context():
        mpl.rcdefaults()  # all but the backend
        mpl.rcParams.update(own | {name.replace("_", "."): value for name, value in more.items()})
        yield


def _matplotlib() -> Any:
    """Matplotlib, also where ``MPLBACKEND`` names a backend that does not exist: our figures need none."""
    if "matplotlib" in sys.modules:
        return sys.modules["matplotlib"]
    asked = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib as mpl
    finally:
        if asked is not None:
            os.environ["MPLBACKEND"] = asked
    if asked:
        with contextlib.suppress(ValueError):
            mpl.rcParams["backend"] = asked
    return mpl


def new_axes(width: float = 6.4, height: float = 4.4) -> "Axes":
    """Axes of a new figure, outside pyplot's registry (nothing to close)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def plain_ticks(ax: "Axes", which: str, values: Any) -> None:
    """Ticks at ``values`` written as plain numbers, on a logarithmic axis; those too close for their labels go."""
    import math

    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    axis = ax.xaxis if which == "x" else ax.yaxis
    kept: list[float] = []
    for value in sorted(values, reverse=True):
        if not kept or 15 * math.log(kept[-1] / value) >= math.log(max(values) / min(values)):
            kept.append(value)
    axis.set_major_locator(FixedLocator(kept[::-1]))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


def to_svg(ax: "Axes", name: str) -> str:
    """The figure of ``ax`` as an ``<svg>`` element; ``name`` keeps its identifiers apart from other figures."""
    text = io.StringIO()
    with style(svg_hashsalt=name):
        ax.figure.figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]
