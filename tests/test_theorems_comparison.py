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
from howwide.numbers import to_json_types
from howwide.results import CompareResult
from howwide.results.train import TrainResult
from howwide.theorems import Comparison, compare, prescribe
from howwide.theorems.catalogue import FAMILIES, describe, family, find, lineage_text, theorems
from howwide.theorems.prescription import ITERATES_OF
from howwide.theorems.promises import branches, error_bounds
from howwide.theorems.record import comparison_record
from howwide.width import WidthResult
from width_cases import made_of

CHEN, ZOU = "chen-cao-zou-gu/iclr2021/thm-3.3", "zou-cao-zhou-gu/ml2020/thm-gd"


def curve_of(sizes: list[int]) -> WidthResult:
    """A minimal width of n^(1/2), known within a tenth."""
    return made_of([{"n": n, "estimate": n**0.5, "lower": 0.9 * n**0.5, "upper": 1.1 * n**0.5} for n in sizes])


SIZES, WIDTH = [20, 40, 80], 16
LARGEST = SIZES[-1]


@pytest.fixture(scope="module")
def found(digits: Any) -> Comparison:
    return compare(digits, n=SIZES, width=WIDTH, curve=curve_of(SIZES))


def row(found: Comparison, id: str) -> Any:
    return next(e for e in found.entries if e.theorem.id == id)


def test_every_theorem_has_a_verdict_and_every_number_a_status(found: Comparison) -> None:
    result = to_json_types(comparison_record(found))
    CompareResult.model_validate(result)
    json.dumps(result, allow_nan=False)
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


def test_numbers_by_hand(found: Comparison) -> None:
    """Theorem 3.3 and Zou et al., transcribed once more, from the measured facts."""
    measured, last = found.measured[-1], found.entries
    assert last
    radius = measured.deep["radius"].upper
    width = 22 * math.log10(5) + 8 * math.log10(radius) + 4 / 3 * math.log10(math.log(LARGEST / 0.05))
    chen = row(found, CHEN)
    assert chen.log10_width == pytest.approx(width)
    assert chen.prescription.quantities["num_steps"].value == pytest.approx(25 * radius**2 / 0.1)
    assert chen.prescription.quantities["step_size"].value == pytest.approx(1 / (5 * WIDTH))
    phi = measured.data.separation_across / math.sqrt(2)  # type: ignore[operator]
    zou = math.log10(LARGEST**14 * 4**16 / phi**4 + LARGEST**12 * 4**16 / phi**4 / 0.1)
    assert row(found, ZOU).log10_width == pytest.approx(zou)
    assert chen.gap_log10 == pytest.approx(width - math.log10(LARGEST**0.5))


def test_the_hidden_constant_makes_the_minimal_width_enough(found: Comparison) -> None:
    checked = 0
    for e in found.entries:
        if e.constant_log10 is not None and e.constant_log10 > -290:
            less, more = (
                e.theorem.width(e.prescription.problem, 10 ** (e.constant_log10 + shift)).log10
                for shift in (-1e-9, 1e-6)
            )
            assert less is not None
            assert more is not None
            assert less <= math.log10(LARGEST**0.5) < more, e.theorem.id
            checked += 1
    assert checked > 25


def test_exponents(found: Comparison) -> None:
    assert row(found, "zou-cao-zhou-gu/derived/zero-error").nominal_exponent == pytest.approx(14)
    assert row(found, "zou-gu/neurips2019/thm-gd").nominal_exponent == pytest.approx(8)
    assert 0 < row(found, CHEN).nominal_exponent < 1
    for e in found.entries:
        if e.nominal_exponent == pytest.approx(7):  # Cao and Gu: no measured fact in the width
            assert e.data_exponent == pytest.approx(7)
    part = found.required[found.required["id"] == CHEN]
    slope = np.polyfit(np.log10(part["n"]), part["log10_width"], 1)[0]
    assert row(found, CHEN).data_exponent == pytest.approx(slope)
    assert found.measured_exponent
    assert found.measured_exponent[0] == pytest.approx(0.5, abs=0.01)


def test_depth_two_samples_the_shallow_margin_and_judges_shallow_theorems(digits: Any) -> None:
    ji = theory.get("ji-telgarsky/iclr2020/thm-2.2")
    found = compare(digits, n=30, depth=2, width=16, theorems=[ji], parts=["separation", "infinite"])
    assert found.entries[0].judgement.verdict == "fails"
    deep = compare(digits, n=30, depth=3, width=16, theorems=[ji], parts=["separation"])
    assert deep.entries[0].judgement.verdict == "not_applicable"


def test_missing_facts_are_named(digits: Any) -> None:
    found = compare(digits, n=30, depth=3, width=16, parts=["separation"])
    chen = row(found, CHEN)
    assert chen.judgement.verdict == "unknown"
    assert "radius" in chen.judgement.reason
    assert chen.log10_width is None
    json.dumps(to_json_types(comparison_record(found)), allow_nan=False)


def test_contradictory_labels_give_statuses() -> None:
    x = np.random.default_rng(0).standard_normal((12, 3))
    ds = hw.data.from_arrays(np.concatenate([x, x[:1]]), [1, -1] * 6 + [-1])
    found = compare(ds, depth=3, width=16)
    result = to_json_types(comparison_record(found))
    CompareResult.model_validate(result)
    by_id = {t["id"]: t for t in result["theorems"]}
    assert by_id[ZOU]["verdict"] == "fails"
    assert by_id["chen-cao-zou-gu/iclr2021/thm-3.3"]["statuses"]["width"] == "infinite"


def test_a_statement_about_iterates_takes_its_loss_from_their_theorem(found: Comparison) -> None:
    for about, runs in ITERATES_OF.items():
        assert about in {t.id for t in theory.all_theorems()}
        assert "training_loss" in theory.get(runs).formulas
    entry = row(found, "chen-cao-zou-gu/iclr2021/thm-3.4")
    assert entry.prescription.problem.training_loss == pytest.approx(0.3)
    assert entry.prescription.test_bound.status == "value"


def test_bounds_on_the_loss_become_bounds_on_the_error(found: Comparison) -> None:
    entry = row(found, "li-lei-guo-ying/neurips2025/thm-3")
    loss = entry.prescription.quantities["test_loss"].value
    assert entry.prescription.test_bound.value == pytest.approx(loss / math.log(2))


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
    spectral, linear = branches(500, 4, 256, 3.0, alpha)
    assert spectral == pytest.approx(256 * 16 * 3 * math.sqrt(256 / 500))
    assert linear == pytest.approx(8 * 3 / math.sqrt(500) + 4 ** (11 / 3) * 3 ** (4 / 3) * 256 ** (-alpha / 3))


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


def test_figures_of_a_comparison(found: Comparison) -> None:
    result = to_json_types(comparison_record(found))
    timeline = plot_gap_timeline(result["theorems"])
    drawn_inside(timeline)
    apart(timeline)
    known = [t for t in result["theorems"] if t["gap_log10"] is not None]
    assert sum(len(c.get_offsets()) for c in timeline.collections) == len(known)
    widths = plot_required_widths(result["theorems"], result["points"], result["measured"]["minimal_width"])
    drawn_inside(widths)
    apart(widths)
    assert any(line.get_color() == "black" for line in widths.lines)
    drawn_inside(plot_gap_timeline([]))
    twice = [t for t in result["theorems"] if t["id"] == CHEN] * 2
    drawn_inside(plot_gap_timeline(twice))
    drawn_inside(plot_required_widths(twice, result["points"]))
    drawn_inside(plot_required_widths(result["theorems"], result["points"][:1]))


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
