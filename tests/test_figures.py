"""Figures: axes in, axes out, labels that say what and in which unit, and nothing left in pyplot's registry."""

import itertools
import math
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from howwide.figures import plot_success_rates, plot_training, plot_width_curve
from howwide.figures.style import COLOURS, REFERENCE, to_svg
from howwide.results.train import TrainResult
from howwide.width import WidthResult
from width_cases import made_of

POINT = ["n", "quantile", "estimate", "lower", "upper"]
NAN = math.nan


def curve_of(points: list[tuple[int, float, float, float, float]], widths: tuple[int, ...] = (4, 8, 16)) -> WidthResult:
    """A curve with these points (n, quantile, estimate, lower, upper), and trials that rise with the width."""
    trials = [
        {"curve": 0, "n": n, "width": w, "seed": k, "success": k * max(widths) < 8 * w}
        for n in sorted({p[0] for p in points})
        for w in widths
        for k in range(8)
    ]
    return made_of([dict(zip(POINT, p, strict=True)) for p in points], pd.DataFrame(trials))


FULL = [(n, q, w, w / 1.3, w * 1.4) for n, w in ((100, 6.0), (200, 9.0), (400, 14.0)) for q in (0.5, 0.9)]
CURVES = {
    "full": FULL,
    "single n": [(100, 0.5, 6.0, 5.0, 7.0), (100, 0.9, 8.0, 6.0, 11.0)],
    "missing ends": [(100, 0.5, 6.0, NAN, 7.0), (200, 0.5, 8.0, 7.0, NAN), (400, 0.5, 9.0, NAN, NAN)],
    "nothing found": [(100, 0.5, NAN, NAN, NAN), (200, 0.5, NAN, NAN, NAN)],
    "lower bounds only": [(100, 0.5, NAN, 64.0, NAN), (200, 0.5, NAN, 64.0, NAN)],
    "first n missing": [(100, 0.5, NAN, NAN, 3.0), (200, 0.5, 8.0, 7.0, 9.0), (400, 0.5, 9.0, 8.0, 10.0)],
    "width one": [(100, 0.5, 1.0, 0.5, 1.2), (200, 0.5, 1.0, 0.5, 1.3)],
}


def own_axes() -> Axes:
    return Figure().add_subplot()


def texts(ax: Axes) -> list[str]:
    return [t.get_text() for t in ax.get_legend().get_texts()]


@pytest.fixture(params=CURVES)
def curve(request: pytest.FixtureRequest) -> WidthResult:
    return curve_of(CURVES[request.param])


@pytest.fixture(autouse=True)
def registry_and_settings() -> object:
    before = dict(mpl.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def drawn_inside(ax: Axes) -> None:
    """All that the axes draw, labels and ticks included, lies inside the figure."""
    figure = ax.figure
    figure.canvas.draw()
    for axes in figure.axes:
        extent = axes.get_tightbbox(figure.canvas.get_renderer())
        assert extent.width > 0
        for name in ("x0", "y0"):
            assert getattr(extent, name) >= -1, name
        assert extent.x1 <= figure.bbox.x1 + 1
        assert extent.y1 <= figure.bbox.y1 + 1


def test_width_curve_of_every_kind(curve: WidthResult) -> None:
    ax = plot_width_curve(curve)
    assert ax.get_xlabel() == "sample size n"
    assert ax.get_ylabel() == "minimal width m (neurons a layer)"
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [t.get_text() for t in ax.get_xticklabels()] == [f"{n}" for n in sorted(set(curve.table.n))]
    assert any("success probability 0.5" in t for t in texts(ax))
    drawn_inside(ax)


def test_success_rates_of_every_kind(curve: WidthResult) -> None:
    ax = plot_success_rates(curve)
    assert ax.get_xlabel() == "width m (neurons a layer)"
    assert ax.get_ylabel() == "share of trials that reached zero-error"
    assert texts(ax) == [f"n = {n}" for n in sorted(set(curve.table.n))]
    drawn_inside(ax)


@pytest.mark.parametrize("plot", [plot_width_curve, plot_success_rates])
def test_given_axes_are_used_and_returned(plot: object) -> None:
    ax = own_axes()
    assert plot(curve_of(FULL), ax=ax) is ax  # type: ignore[operator]
    assert ax.lines


def test_every_point_and_end_is_drawn() -> None:
    ax = plot_width_curve(curve_of(CURVES["missing ends"]), references=False)
    markers = {line.get_marker(): line.get_ydata() for line in ax.lines if line.get_marker() != "None"}
    assert list(markers["o"]) == [6.0, 8.0, 9.0]
    assert list(markers["v"]) == [7.0]  # an upper end alone points down from it
    assert list(markers["^"]) == [7.0]


def test_an_end_that_the_budget_cut_off_is_grey() -> None:
    points = [dict(zip(POINT, p, strict=True)) for p in CURVES["lower bounds only"]]
    shares = zip(points, (0, 0.9), strict=True)
    curve = made_of([p | {"status": "no_success", "improving": share} for p, share in shares])
    ax = plot_width_curve(curve, references=False)
    assert [line.get_color() for line in ax.lines if line.get_marker() == "^"] == [COLOURS[0], REFERENCE]


def test_references_pass_through_the_first_estimate_and_have_their_growth() -> None:
    ax = plot_width_curve(curve_of(CURVES["first n missing"]))
    lines = {line.get_label(): line for line in ax.lines if str(line.get_label()).startswith("O(")}
    growth = {"O(n)": 2, "O(log$^3$ n)": (np.log(400) / np.log(200)) ** 3, "O(log n)": np.log(400) / np.log(200)}
    assert set(growth) < set(lines)
    for label, factor in growth.items():
        x, y = lines[label].get_data()
        assert (x[0], y[0]) == pytest.approx((200, 8))
        assert (x[-1], y[-1]) == pytest.approx((400, 8 * factor))
    assert not [t for t in texts(plot_width_curve(curve_of(FULL), references=False)) if t.startswith("O(")]
    assert not [t for t in texts(plot_width_curve(curve_of(CURVES["single n"]))) if t.startswith("O(")]


def test_success_rates_are_those_of_the_trials() -> None:
    curve = curve_of(FULL)
    ax = plot_success_rates(curve)
    for (_, part), container in zip(curve.rates.groupby("n"), ax.containers, strict=True):
        x, y = container[0].get_data()
        assert list(y) == list(part.rate)
        assert x == pytest.approx(part.width, rel=0.1)


def test_many_sizes_keep_their_labels_apart_and_their_curves_distinct() -> None:
    sizes = range(100, 1100, 100)
    curve = curve_of([(n, 0.5, 8.0, 7.0, 9.0) for n in sizes])
    ax = plot_width_curve(curve)
    drawn_inside(ax)
    boxes = [t.get_window_extent() for t in ax.get_xticklabels()]
    assert len(boxes) >= 6
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(sorted(boxes, key=lambda b: b.x0)))
    assert ax.get_xticks().max() == 1000
    lines = [c[0] for c in plot_success_rates(curve).containers]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == len(sizes)


def history(step: Any, loss: Any, error: Any) -> pd.DataFrame:
    return pd.DataFrame({"step": step, "loss": loss, "error": error})


@pytest.mark.parametrize("count", [1, 2, 500])
def test_training(count: int) -> None:
    steps = np.arange(count)
    ax = plot_training(history(steps, np.exp(-steps / 100), np.linspace(0.5, 0, count)))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("step t", "training loss", "log")
    twin = next(a for a in ax.figure.axes if a is not ax)
    assert twin.get_ylabel() == "training error (%)"
    assert twin.lines[0].get_ydata()[0] == 50
    assert texts(ax) == ["training loss", "training error"]
    given = own_axes()
    assert plot_training(history(steps, steps + 1.0, steps / count), ax=given) is given
    drawn_inside(ax)
    visible = count > 1 or all(line.get_marker() == "o" for a in ax.figure.axes for line in a.lines)
    assert visible, "a line through one point needs a marker"


def test_an_online_run_is_shown_by_running_averages() -> None:
    ax = plot_training(
        TrainResult(
            loss=0.5, error=0.1, test_error=0.2, steps=4, status="max_steps", step_rule="number", step_size=0.1,
            hidden_constant=1.0, distance=[0.4], attempts=[], online={"drawn_iterate": 0},
            history=history(range(4), [4.0, 2.0, 0.0, 2.0], [1, 0, 0, 1]),
        )
    )  # fmt: skip
    assert list(ax.lines[0].get_ydata()) == [4, 3, 2, 2]
    assert ax.get_ylabel() == "average online loss"


def test_a_diverged_run_can_be_drawn() -> None:
    drawn_inside(plot_training(history([0, 1, 2], [0.7, np.inf, np.nan], [0.5, 1, 1])))


def test_svg_is_the_same_every_time_and_names_are_kept_apart() -> None:
    one, two = (to_svg(plot_width_curve(curve_of(FULL)), "a") for _ in range(2))
    other = to_svg(plot_width_curve(curve_of(FULL)), "b")
    assert one == two
    assert one.startswith("<svg")
    assert "<dc:date>" not in one
    root = ElementTree.fromstring(one)
    assert not list(root.iter("{http://www.w3.org/2000/svg}text")), "glyphs are paths"
    clips = [
        {e.get("id") for e in ElementTree.fromstring(s).iter("{http://www.w3.org/2000/svg}clipPath")}
        for s in (one, other)
    ]
    assert clips[0]
    assert not clips[0] & clips[1]
