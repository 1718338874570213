"""All theorems on one data set: every one has a verdict, and every number a status."""

import itertools
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

import howwide as hw
from howwide import theory
from howwide.figures import plot_distances, plot_gap_timeline, plot_lineage, plot_required_widths, plot_test_bound
from howwide.results import CompareResult
from howwide.results.theorems import ComparedTheorem
from howwide.results.train import TrainResult
from howwide.theorems import Prescription, compare, prescribe
from howwide.theorems.catalogue import FAMILIES, describe, family, find, lineage_text, theorems
from howwide.theorems.guarantees import error_bounds
from howwide.width import WidthResult
from width_cases import made_of

CHEN, ZOU = "chen-cao-zou-gu/iclr2021/thm-3.3", "zou-cao-zhou-gu/ml2020/thm-gd"


def curve_of(sizes: list[int]) -> WidthResult:
    """A minimal width of n^(1/2), known within a tenth."""
    return made_of([{"n": n, "estimate": n**0.5, "lower": 0.9 * n**0.5, "upper": 1.1 * n**0.5} for n in sizes])


SIZES, WIDTH = [50, 100, 200], 64
LARGEST = SIZES[-1]


@pytest.fixture(scope="module")
def found(digits: Any) -> CompareResult:
    return compare(digits, n=SIZES, width=WIDTH, curve=curve_of(SIZES))


def row(found: CompareResult, id: str) -> ComparedTheorem:
    return next(t for t in found.theorems if t.id == id)


def prescribed(found: CompareResult, id: str) -> Prescription:
    """The numbers of a theorem on the facts at the largest n."""
    theorem = theory.get(id)
    return prescribe(theorem, found.facts[-1].problem(theorem))


def plain(found: CompareResult) -> Any:
    """What is printed of it, without NaN and infinity."""
    return json.loads(json.dumps(found.model_dump(), allow_nan=False))


def test_every_theorem_has_a_verdict_and_every_number_a_status(found: CompareResult) -> None:
    result = plain(found)
    CompareResult.model_validate(result)
    assert [t["id"] for t in result["theorems"]] == [t.id for t in theory.all_theorems()]
    statuses = {*theory.STATUSES, "vacuous", "sample_too_small"}
    for t in result["theorems"]:
        assert t["verdict"] in ("holds", "fails", "unknown", "not_applicable")
        assert (t["reason"] == "") == (t["verdict"] == "holds"), t["id"]
        assert set(t["statuses"]) == {"width", "num_steps", "step_size", "test_bound", "verdict"}
        assert {status for name, status in t["statuses"].items() if name != "verdict"} <= statuses
        for name, value in (("width", t["log10_width"]), ("num_steps", t["log10_steps"])):
            assert (value is not None) == (t["statuses"][name] == "value"), t["id"]
        assert t["family"] in FAMILIES
        assert t["provenance"]["tag"] in theory.TAGS
        if t["statuses"]["test_bound"] == "vacuous":
            assert t["test_bound"] is None or t["test_bound"] > 1
    assert [p["n"] for p in result["points"]] == SIZES


def test_numbers_by_hand(found: CompareResult) -> None:
    """Theorem 3.3 and Zou et al., transcribed once more, from the measured facts."""
    measured = found.facts[-1]
    radius = measured.deep["radius"].upper
    width = 22 * math.log10(5) + 8 * math.log10(radius) + 4 / 3 * math.log10(math.log(LARGEST / 0.05))
    chen = row(found, CHEN)
    assert chen.log10_width == pytest.approx(width)
    assert chen.log10_steps == pytest.approx(math.log10(25 * radius**2 / 0.1))
    assert chen.step_size == pytest.approx(1 / (5 * WIDTH))
    phi = measured.data.separation_across / math.sqrt(2)  # type: ignore[operator]
    zou = math.log10(LARGEST**14 * 4**16 / phi**4 + LARGEST**12 * 4**16 / phi**4 / 0.1)
    assert row(found, ZOU).log10_width == pytest.approx(zou)
    assert chen.gap_log10 == pytest.approx(width - math.log10(LARGEST**0.5))


def test_the_hidden_constant_makes_the_minimal_width_enough(found: CompareResult) -> None:
    checked = 0
    for t in found.theorems:
        constant = t.hidden_constants.log10_at_minimal_width
        if constant is not None and constant > -290:
            theorem, problem = theory.get(t.id), prescribed(found, t.id).problem
            less, more = (theorem.width(problem, 10 ** (constant + shift)).log10 for shift in (-1e-9, 1e-6))
            assert less is not None
            assert more is not None
            assert less <= math.log10(LARGEST**0.5) < more, t.id
            checked += 1
    assert checked > 25


def test_exponents(found: CompareResult) -> None:
    assert row(found, "zou-cao-zhou-gu/derived/zero-error").exponents["nominal"] == pytest.approx(14)
    assert row(found, "zou-gu/neurips2019/thm-gd").exponents["nominal"] == pytest.approx(8)
    assert 0 < row(found, CHEN).exponents["nominal"] < 1
    for t in found.theorems:
        if t.exponents["nominal"] == pytest.approx(7):  # Cao and Gu: no measured fact in the width
            assert t.exponents["on_data"] == pytest.approx(7)
    sizes, widths = zip(*((p.n, p.log10_width[CHEN]) for p in found.points), strict=True)
    slope = np.polyfit(np.log10(sizes), widths, 1)[0]
    assert row(found, CHEN).exponents["on_data"] == pytest.approx(slope)
    assert found.measured["minimal_width_exponent"]["estimate"] == pytest.approx(0.5, abs=0.01)
    table = found.table.set_index("id")
    assert table.loc[CHEN, "data_exponent"] == pytest.approx(slope)
    assert table.loc[CHEN, "verdict"] == "fails"
    guaranteed = {t.id for t in theory.all_theorems() if t.judge(prescribed(found, t.id).problem).guaranteed}
    assert set(table.index[table["guaranteed"]]) == guaranteed


def test_depth_two_samples_the_shallow_margin_and_judges_shallow_theorems(digits: Any) -> None:
    ji = theory.get("ji-telgarsky/iclr2020/thm-2.2")
    found = compare(digits, n=30, depth=2, width=16, theorems=[ji], parts=["separation", "infinite"])
    assert found.theorems[0].verdict == "fails"
    deep = compare(digits, n=30, depth=3, width=16, theorems=[ji], parts=["separation"])
    assert deep.theorems[0].verdict == "not_applicable"


def test_missing_facts_are_named(digits: Any) -> None:
    found = compare(digits, n=30, depth=3, width=16, parts=["separation"])
    chen = row(found, CHEN)
    assert chen.verdict == "unknown"
    assert "radius" in chen.reason
    assert chen.log10_width is None
    plain(found)


def test_contradictory_labels_give_statuses() -> None:
    x = np.random.default_rng(0).standard_normal((12, 3))
    ds = hw.data.from_arrays(np.concatenate([x, x[:1]]), [1, -1] * 6 + [-1])
    found = compare(ds, depth=3, width=16)
    plain(found)
    assert row(found, ZOU).verdict == "fails"
    assert row(found, CHEN).statuses["width"] == "infinite"


def test_a_statement_about_iterates_takes_its_loss_from_their_theorem(found: CompareResult) -> None:
    about = [t for t in theory.all_theorems() if t.iterates_of is not None]
    assert len(about) == 5
    for theorem in about:
        assert "training_loss" in theory.run_of(theorem).formulas
        assert "training_loss" not in theorem.formulas
    other = prescribed(found, "chen-cao-zou-gu/iclr2021/thm-3.4")
    assert other.problem.training_loss == pytest.approx(0.3)
    assert other.test_bound.status == "value"
    bounding = theory.error_bound_of(theory.get(CHEN))
    assert bounding is not None
    assert bounding.id == "chen-cao-zou-gu/iclr2021/thm-3.4"


def test_bounds_on_the_loss_become_bounds_on_the_error(found: CompareResult) -> None:
    li = prescribed(found, "li-lei-guo-ying/neurips2025/thm-3")
    loss = li.quantities["test_loss"].value
    assert li.test_bound.value == pytest.approx(loss / math.log(2))  # type: ignore[operator]
    assert row(found, li.theorem.id).statuses["test_bound"] == "vacuous"


@pytest.mark.parametrize(("id", "alpha"), [("iclr2021/thm-3.3", 0.5), ("alpha-scaled/thm-2.1", 0.3)])
def test_the_branches_agree_with_the_theory(id: str, alpha: float) -> None:
    facts = theory.Problem(
        n=500, depth=4, width=256, alpha=alpha, radius=3.0, network_radius=3.0, ntrf_loss=0.1, target_loss=0.1,
        failure_probability=0.05,
    )  # fmt: skip
    loss = np.array([0.7, 0.01])
    for constant in (1.0, 1e-3):
        bounds = error_bounds(prescribe(theory.get(f"chen-cao-zou-gu/{id}"), facts, constant), loss)
        least = bounds[["bound_spectral", "bound_linear"]].min(axis=1)
        assert list(bounds["bound"]) == pytest.approx(list(least))
    bounding = theory.error_bound_of(theory.get(f"chen-cao-zou-gu/{id}"))
    assert bounding is not None
    terms = bounding.terms("test_error", facts, training_loss=0.7)
    assert terms["spectral"].value == pytest.approx(256 * 16 * 3 * math.sqrt(256 / 500))
    assert terms["linear"].value == pytest.approx(
        8 * 3 / math.sqrt(500) + 4 ** (11 / 3) * 3 ** (4 / 3) * 256 ** (-alpha / 3)
    )
    shared = 2 * 0.7 + math.sqrt(math.log(20) / 500)
    bounds = error_bounds(prescribe(theory.get(f"chen-cao-zou-gu/{id}"), facts), loss)
    assert bounds["bound_spectral"][0] == pytest.approx(shared + terms["spectral"].value)  # type: ignore[operator]


def test_the_catalogue_filters_and_describes() -> None:
    assert len(theorems()) == len(theory.all_theorems())
    assert {t.setting.algorithm for t in theorems(algorithm="one_pass_sgd")} == {"one_pass_sgd"}
    assert {t.year for t in theorems(since=2020, until=2021)} == {2020, 2021}
    assert all("step_size" in t.formulas for t in theorems(gives="step_size"))
    assert all(not t.setting.covers for t in theorems(network="other"))
    for t in theory.all_theorems():
        text = describe(t)
        assert t.reference.bibtex in text
        assert all(formula.text in text for formula in t.formulas.values())
        assert all(assumption.statement in text for assumption in t.assumptions)
        assert family(t) in FAMILIES
    for entry in theory.incomplete():
        assert find(entry.id) is entry
        assert entry.missing in describe(entry)
    with pytest.raises(hw.errors.SettingError, match="gives"):
        theorems(gives="nosuch")


def test_the_lineage_names_every_edge() -> None:
    text = lineage_text()
    for newer, older in theory.lineage():
        assert newer in text
        assert older in text
    lines = text.splitlines()
    assert lines[0] == lines[0].lstrip()


def drawn_inside(ax: Axes) -> None:
    figure = ax.figure.figure
    figure.canvas.draw()
    for axes in figure.axes:
        extent = axes.get_tightbbox(figure.canvas.get_renderer())
        assert extent.x0 >= -1
        assert extent.y0 >= -1
        assert extent.x1 <= figure.bbox.x1 + 1
        assert extent.y1 <= figure.bbox.y1 + 1


def apart(ax: Axes) -> None:
    """No two names overlap."""
    boxes = sorted((Text.get_window_extent(t) for t in ax.texts if t.get_text()), key=lambda b: b.y0)
    assert len(boxes) > 5
    assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))


def test_figures_of_a_comparison(found: CompareResult) -> None:
    timeline = plot_gap_timeline(found)
    drawn_inside(timeline)
    apart(timeline)
    known = [t for t in found.theorems if t.gap_log10 is not None]
    assert sum(len(c.get_offsets()) for c in timeline.collections) == len(known)
    widths = plot_required_widths(found)
    drawn_inside(widths)
    apart(widths)
    assert any(line.get_color() == "black" for line in widths.lines)
    drawn_inside(plot_gap_timeline(found.model_copy(update={"theorems": []})))
    twice = found.model_copy(update={"theorems": [row(found, CHEN)] * 2})
    drawn_inside(plot_gap_timeline(twice))
    drawn_inside(plot_required_widths(twice))
    drawn_inside(plot_required_widths(found.model_copy(update={"points": found.points[:1]})))


def run_along(along: pd.DataFrame, **promised: float | None) -> TrainResult:
    return TrainResult(
        loss=0.5, error=0.1, test_error=0.2, steps=4, status="max_steps", step_rule="number", step_size=0.1,
        hidden_constant=1.0, distance=[0.4], promised=promised, attempts=[], along=along,
    )  # fmt: skip


def test_figures_of_a_run_and_of_the_lineage() -> None:
    steps = np.arange(5)
    along = pd.DataFrame({"step": steps, "distance_1": steps / 10, "bound": 30.0, "test_error": 0.2})
    drawn_inside(plot_distances(run_along(along, ball=1.0, reach=3.0)))
    drawn_inside(plot_distances(run_along(along.iloc[:1], ball=None, reach=None)))
    drawn_inside(plot_test_bound(run_along(along)))
    drawn_inside(plot_test_bound(run_along(along.assign(bound_spectral=50.0, bound_linear=30.0))))
    ax = plot_lineage()
    drawn_inside(ax)
    apart(ax)
