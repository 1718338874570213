"""What predicts the minimal width: the statistics of the study, on tables whose answer is known."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

ROOT = Path(__file__).resolve().parent.parent
SIZES = (100, 200, 400)


@pytest.fixture(scope="module")
def prediction() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
        yield importlib.import_module("prediction")


def made(prediction: ModuleType, widths: np.ndarray, quantities: dict[str, np.ndarray], error: float = 0.0) -> Any:
    """A table with normal posteriors of this standard deviation."""
    nodes = widths[..., None] + error * np.linspace(-3, 3, 13)
    ends = widths[..., None] + 1.96 * error * np.array([-1, 1])
    names = tuple(f"problem {k}" for k in range(len(widths)))
    return prediction.Table(names, SIZES, widths, nodes, ends, quantities)


def drawn(seed: int, problems: int = 14, noise: float = 0.02) -> tuple[np.ndarray, np.random.Generator]:
    """Log widths that differ between problems and grow with n, each problem at its own rate."""
    random = np.random.default_rng(seed)
    level, rate = random.normal(2.5, 0.5, (problems, 1)), random.uniform(0.1, 0.5, (problems, 1))
    return level + rate * np.log(SIZES) + noise * random.standard_normal((problems, 3)), random


def test_a_quantity_proportional_to_the_width_predicts_it(prediction: ModuleType) -> None:
    widths, _ = drawn(0)
    table = made(prediction, widths, {"x": widths + 3.0}, error=1e-9)
    found, again = prediction.as_found(table), prediction.resampled(table, 300)
    x = table.quantities["x"]
    for statistic, expected in (
        (prediction.averaged(prediction.spearman), 1.0),
        (prediction.averaged(prediction.kendall), 1.0),
        (prediction.growth_correlation, 1.0),
        (prediction.elasticity, 1.0),
        (prediction.prediction_factor, 1.0),
    ):
        answer = prediction.found(statistic, x, found, again)
        assert answer.estimate == pytest.approx(expected, abs=1e-6)
        assert answer.lower == pytest.approx(expected, abs=1e-5)
        assert answer.upper == pytest.approx(expected, abs=1e-5)
    [ratio] = prediction.prediction_ratio(x, found)
    assert ratio < 0.8
    right, wrong, tied = prediction.pairs_apart(x, table.ends)
    assert (right, wrong, tied) == (3 * 14 * 13 // 2, 0, 0)


def test_a_quantity_of_its_own_predicts_nothing(prediction: ModuleType) -> None:
    widths, random = drawn(1)
    x = random.standard_normal((14, 1)) + 0.1 * random.standard_normal((14, 3))
    table = made(prediction, widths, {"x": x}, error=0.1)
    found, again = prediction.as_found(table), prediction.resampled(table, 500)
    for statistic in (prediction.averaged(prediction.spearman), prediction.averaged(prediction.kendall)):
        answer = prediction.found(statistic, x, found, again)
        assert answer.lower < 0 < answer.upper
    ratio = prediction.found(prediction.prediction_ratio, x, found, again)
    assert ratio.upper > 1
    assert prediction.permutation_p_values(table, 200)["x"][0] > 0.05


def test_counts_are_copies(prediction: ModuleType) -> None:
    """Weighted statistics are SciPy's of a table in which each problem stands as often as it is counted."""
    random = np.random.default_rng(2)
    x, y = np.round(random.standard_normal((2, 9)), 1)
    x[0], x[1], y[3] = np.inf, np.inf, -np.inf
    counts = random.integers(0, 4, (5, 9)).astype(float)
    column = prediction.Column(np.tile(y, (5, 1)), counts)
    one, other = (f(x, column) for f in (prediction.spearman, prediction.kendall))
    for row, rho, tau in zip(counts, one, other, strict=True):
        copies = np.repeat(np.arange(9), row.astype(int))
        assert rho == pytest.approx(stats.spearmanr(x[copies], y[copies])[0])
        assert tau == pytest.approx(stats.kendalltau(x[copies], y[copies])[0])


def test_predictions_are_made_from_all_other_problems(prediction: ModuleType) -> None:
    """By NumPy's least squares, problem by problem; one whose quantity is zero takes no part, nor does one unknown."""
    widths, random = drawn(3, problems=8)
    x = 0.5 * widths + 0.3 * random.standard_normal((8, 3))
    x[2], x[5, 1], widths[6, 2] = -np.inf, np.nan, np.inf
    counts = np.array([[1, 2, 1, 0, 3, 1, 1, 1.0]])
    replicates = prediction.Replicates(counts, widths[None], np.log(SIZES))
    errors, bases = [], []
    for k in range(3):
        known = [p for p in range(8) if np.isfinite(x[p, k]) and np.isfinite(widths[p, k]) and counts[0, p]]
        for p in known:
            others = [q for q in known if q != p for _ in range(int(counts[0, q]))]
            line = np.polynomial.Polynomial.fit(x[others, k], widths[others, k], 1)
            errors += [abs(widths[p, k] - line(x[p, k]))] * int(counts[0, p])
            bases += [abs(widths[p, k] - widths[others, k].mean())] * int(counts[0, p])
    assert prediction.prediction_factor(x, replicates)[0] == pytest.approx(np.exp(np.median(errors)))
    assert prediction.baseline_factor(x, replicates)[0] == pytest.approx(np.exp(np.median(bases)))


def test_what_resamples_problems_is_wider_than_what_resamples_points(prediction: ModuleType) -> None:
    """With three n of each problem that go together, points taken as independent tell too much."""
    widths, random = drawn(4, problems=15)
    x = widths + 0.6 * random.standard_normal((15, 1))
    table = made(prediction, widths, {"x": x}, error=0.01)
    mean = prediction.averaged(prediction.spearman)
    whole = prediction.found(mean, x, prediction.as_found(table), prediction.resampled(table, 500))
    points = widths.reshape(-1, 1), x.reshape(-1, 1)
    counts = random.multinomial(45, np.full(45, 1 / 45), 500).astype(float)
    rhos = prediction.spearman(points[1][:, 0], prediction.Column(np.tile(points[0][:, 0], (500, 1)), counts))
    lower, upper = np.quantile(rhos, [0.025, 0.975])
    assert whole.upper - whole.lower > 1.3 * (upper - lower)


def test_the_growth_of_the_quantity_is_set_against_that_of_the_width(prediction: ModuleType) -> None:
    """Elasticity 2 and growths in the opposite order; a quantity of n alone has no correlation of growths."""
    widths, _ = drawn(5, noise=0.0)
    table = made(prediction, widths, {})
    found = prediction.as_found(table)
    assert prediction.elasticity(0.5 * widths, found) == pytest.approx([2.0])
    assert prediction.growth_correlation(-widths, found) == pytest.approx([-1.0])
    of_n_alone = np.tile(np.log(SIZES), (14, 1))
    assert np.isnan(prediction.growth_correlation(of_n_alone, found)).all()
    assert not prediction.varies(of_n_alone)


def test_p_values_of_the_best_are_uniform_when_nothing_predicts(prediction: ModuleType) -> None:
    """Of eight unrelated quantities the least p-value is below 0.05 in a third of the studies; that of the best not."""
    best, least = [], []
    for seed in range(60):
        random = np.random.default_rng(seed)
        widths = random.standard_normal((10, 1)) + 0.1 * random.standard_normal((10, 3))
        quantities = {str(k): np.repeat(random.standard_normal((10, 1)), 3, 1) for k in range(8)}
        table = made(prediction, widths, quantities)
        values = prediction.permutation_p_values(table, 99, seed)
        best.append(min(chosen for _, chosen in values.values()))
        least.append(min(alone for alone, _ in values.values()))
    assert stats.kstest(best, "uniform").pvalue > 0.01
    assert np.mean(np.array(best) <= 0.05) < 0.15
    assert np.mean(np.array(least) <= 0.05) > 0.2


def test_what_differs_by_constants_is_one_quantity(prediction: ModuleType) -> None:
    widths, _ = drawn(6)
    unknown = np.where(np.arange(14)[:, None] == 0, np.nan, widths)
    groups = prediction.alike({"a": widths, "b": 4 * widths + 7, "c": -widths, "d": unknown})
    assert groups == [("a", "b"), ("c",), ("d",)]


def test_widths_are_drawn_from_their_posteriors(prediction: ModuleType) -> None:
    widths, random = drawn(7)
    widths[0, 0] = np.inf
    table = made(prediction, widths, {}, error=0.2)
    sample = prediction.drawn_widths(table, 4000, random)
    assert np.all(np.isposinf(sample[:, 0, 0]))
    assert sample[:, 1, 0].mean() == pytest.approx(widths[1, 0], abs=0.02)
    assert sample[:, 1, 0].std() == pytest.approx(0.2, rel=0.05)
