"""Facts for the theorems: each is the number of its definition, and goes to the theorems whose network it is of."""

import math
from typing import Any

import jax
import numpy as np
import pytest
from scipy.special import erf

import cases
import howwide as hw
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.theorems import Measured, measure
from howwide.theorems.facts.smooth_kernel import smooth_last_layer_gram
from howwide.theory import Interval, all_theorems, get

DEPTH, WIDTH, EPS = 3, 64, 0.2


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return cases.digits(40)


@pytest.fixture(scope="module")
def measured(digits: Any) -> Measured:
    return measure(digits, depth=DEPTH, width=WIDTH, target_loss=EPS)


def ends(value: Any) -> tuple[float, float]:
    return (value.lower, value.upper) if isinstance(value, Interval) else (value, value)


def test_the_deep_facts_are_those_of_their_definitions(measured: Measured, digits: Any) -> None:
    net = hw.DeepReLU(WIDTH, DEPTH)
    start = net.init(jax.random.fold_in(jax.random.key(0), 0), digits.d)
    gram = hw.tangent.gram(net, start, digits.x) / WIDTH
    deep = measured.deep
    lower, upper = ends(deep["lambda_min"])
    assert lower <= np.linalg.eigvalsh(gram)[0] * (1 + 1e-9)
    assert np.linalg.eigvalsh(gram)[0] <= upper * (1 + 1e-9)
    assert deep["label_energy"] == pytest.approx(digits.y @ gram @ digits.y, rel=1e-6)
    limit = hw.tangent.infinite_gram(net, digits.x)
    assert deep["label_complexity"] == pytest.approx(digits.y @ np.linalg.solve(limit, digits.y), rel=1e-6)
    margin = hw.ntrf.margin(net, start, digits.x, digits.y)
    assert ends(deep["margin"])[0] <= margin.upper
    assert margin.lower <= ends(deep["margin"])[1]
    outputs = np.asarray(net.apply(start, digits.x), float)
    assert deep["initial_loss"] == pytest.approx(np.logaddexp(0, -digits.y * outputs).mean(), rel=1e-5)


def test_the_radius_and_its_reference_belong_together(measured: Measured, digits: Any) -> None:
    deep, (lower, upper) = measured.deep, ends(measured.deep["radius"])
    net = hw.DeepReLU(WIDTH, DEPTH)
    start = net.init(jax.random.fold_in(jax.random.key(0), 0), digits.d)
    assert deep["ntrf_loss"] == EPS
    assert hw.ntrf.loss(net, start, digits.x, digits.y, radius=upper).lower <= EPS
    assert hw.ntrf.loss(net, start, digits.x, digits.y, radius=lower * 0.99).upper >= EPS
    assert 0 < deep["reference_loss"] <= EPS * (1 + 1e-6)
    assert deep["reference_distance"] <= math.sqrt(DEPTH) * upper / math.sqrt(WIDTH) * (1 + 1e-6)
    assert deep["linearization_error"].upper == math.inf
    assert deep["network_radius"] > 0


def test_a_constant_coordinate_shrinks_distances_as_appending_it_does(measured: Measured, digits: Any) -> None:
    zou, chen = get("zou-cao-zhou-gu/ml2020/thm-gd"), get("chen-cao-zou-gu/iclr2021/prop-4.6")
    appended = hw.data.preparation.append_constant(digits.x, 1 / math.sqrt(2))
    found = hw.measure.separation(appended, digits.y)
    problem = measured.problem(zou)
    assert problem.constant_coordinate
    assert problem.separation_across == pytest.approx(found.across, rel=1e-9)
    assert problem.separation_all == pytest.approx(found.all, rel=1e-9)
    assert measured.problem(chen).separation_across == hw.measure.separation(digits.x, digits.y).across


def test_data_that_have_a_constant_coordinate_keep_it() -> None:
    ds = hw.data.load("digits:even/odd", constant=0.6).subset(30, seed=0)
    found = measure(ds, depth=3, width=16, parts=["separation"])
    problem = found.problem(get("zou-cao-zhou-gu/ml2020/thm-gd"))
    assert problem.separation_across == hw.measure.separation(ds.x, ds.y).across


def test_theorems_about_other_networks_see_no_facts_of_this_one(measured: Measured) -> None:
    kernels = ("margin", "lambda_min", "radius", "margin_shallow", "initial_loss", "lambda_min_infinite")
    for theorem in all_theorems():
        problem = measured.problem(theorem)
        if theorem.setting.activation not in ("relu", "any"):
            assert all(getattr(problem, name) is None for name in kernels), theorem.id
        elif "deep" in theorem.setting.covers:
            assert problem.margin == measured.deep["margin"]
        elif theorem.id.startswith("li-"):
            assert problem.margin == measured.antisymmetric["margin"]
        else:
            assert problem.margin is None, theorem.id


def test_the_margin_of_li_et_al_is_root_two_times_ours(measured: Measured, digits: Any) -> None:
    net = hw.FixedHeadReLU(WIDTH, DEPTH - 1)
    start = net.init(jax.random.fold_in(jax.random.key(0), 0), digits.d, antisymmetric=True)
    ours = hw.ntrf.margin(net, start, digits.x, digits.y)
    lower, upper = ends(measured.antisymmetric["margin"])
    assert lower <= math.sqrt(2) * ours.upper
    assert math.sqrt(2) * ours.lower <= upper
    assert measured.antisymmetric["reference_loss"] < 1 / digits.n


def test_the_facts_of_lei_et_al_are_those_of_their_pairs(digits: Any) -> None:
    """f = m^-1/2 sum_j a_j s(w_j . x), w of unit variance: margin, its longest neuron, and a reference of loss 1/T."""
    paired = measure(digits, depth=2, width=WIDTH - 1, parts=("separation", "antisymmetric")).paired
    net = hw.FixedHeadReLU(WIDTH, 1)
    start = net.init(jax.random.fold_in(jax.random.key(0), 0), digits.d, antisymmetric=True)
    ours = hw.ntrf.margin(net, start, digits.x, digits.y, tolerance=1e-3)
    assert ends(paired["margin"])[0] <= ours.upper
    assert ours.lower <= ends(paired["margin"])[1]
    rows = np.linalg.norm(ours.directions()[0], axis=1)
    assert ends(paired["margin_spread"]) == pytest.approx((1, rows.max() / np.sqrt((rows**2).mean())), rel=1e-6)
    assert paired["reference_loss"] <= 1 / 16
    assert paired["reference_row_distance"] <= paired["reference_distance"] <= 8 * paired["reference_row_distance"]
    facts = measure(digits, depth=2, width=WIDTH, parts=("separation", "antisymmetric"))
    assert facts.problem(get("lei-wang-ying-zhou/jmlr2026/cor-7")).reference_distance == paired["reference_distance"]
    assert facts.problem(get("munteanu-omlor-song-woodruff/icml2022/thm-logistic")).reference_distance is None
    assert measure(digits, depth=3, width=WIDTH, parts=("separation", "antisymmetric")).paired == {}


def test_the_labels_complexity_of_one_hidden_layer(measured: Measured, digits: Any) -> None:
    """y' H^-1 y with H of Arora et al., x.x' (pi - arccos x.x')/(2 pi)."""
    rho = np.clip(digits.x @ digits.x.T, -1, 1)
    gram = rho * (np.pi - np.arccos(rho)) / (2 * np.pi)
    expected = digits.y @ np.linalg.solve(gram, digits.y)
    assert measured.relu["label_complexity_shallow"] == pytest.approx(expected, rel=1e-5)


def test_the_enclosed_shallow_margin_holds_the_sampled_one(measured: Measured, digits: Any) -> None:
    lower, upper = ends(measured.relu["margin_shallow"])
    sampled = hw.ntrf.shallow_margin(digits.x, digits.y, samples=20_000)
    assert lower <= sampled.upper
    assert sampled.lower <= upper
    assert 0 < lower < upper


def test_the_smooth_kernel_is_the_limit_of_its_definition() -> None:
    """K^(H) = c rho_{H-1} E[s'(u) s'(v)] by simulation, 4e5 pairs: standard errors below 2e-3."""
    rng = np.random.default_rng(0)
    x = np.array([[1, 0], [0.6, 0.8]])
    u, w = rng.standard_normal((2, 400_000))

    def other(rho: float) -> np.ndarray:
        return rho * u + math.sqrt(1 - rho**2) * w

    c, rho = 1 / np.mean(erf(u) ** 2), 0.6
    for hidden_layers in (1, 2, 3):
        slopes = 4 / math.pi * np.exp(-(u**2) - other(rho) ** 2)
        assert smooth_last_layer_gram(x, hidden_layers)[0, 1] == pytest.approx(c * rho * slopes.mean(), abs=8e-3)
        rho = float(c * np.mean(erf(u) * erf(other(rho))))


@pytest.mark.parametrize(
    "change",
    [
        {"parts": ["nosuch"]},
        {"target_loss": 0},
        {"failure_probability": 1},
        {"width": 0},
        {"depth": 1},
        {"alpha": 0.7},
    ],
    ids=str,
)
def test_misuse_is_refused(change: dict[str, Any], digits: Any) -> None:
    with pytest.raises(SettingError):
        measure(digits, **({"depth": 3, "width": 8} | change))
    with pytest.raises(SettingError):
        smooth_last_layer_gram(digits.x, 0)
