"""Runs by a theorem: what is run is what it prescribes, watching changes nothing, and promises are read as stated."""

import math
from typing import Any

import jax
import numpy as np
import pytest

import cases
import howwide as hw
from howwide import theory
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.theorems import Guarantee, implement, train

GD = "chen-cao-zou-gu/iclr2021/thm-3.3"
SGD = "chen-cao-zou-gu/alpha-scaled/thm-2.3"
ZOU, DU, JI = "zou-cao-zhou-gu/ml2020/thm-gd", "du-zhai-poczos-singh/iclr2019/thm-gd", "ji-telgarsky/iclr2020/thm-2.2"
LI = "li-lei-guo-ying/neurips2025/thm-3"
LEI = "lei-wang-ying-zhou/jmlr2026/thm-18"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return cases.digits(40)


def run(digits: Any, id: str, **changes: Any) -> Any:
    return train(digits, theory.get(id), **({"width": 16, "max_steps": 60} | changes))


@pytest.fixture(scope="module")
def chen(digits: Any) -> Any:
    return run(digits, GD, depth=3, max_steps=300)


def test_the_run_is_plain_gradient_descent_with_the_theorems_step(chen: Any, digits: Any) -> None:
    net = hw.DeepReLU(16, 3)
    start = net.init(jax.random.fold_in(jax.random.key(0), 0), digits.d)
    plain = hw.gradient_descent(net, start, digits.x, digits.y, step_size=1 / (3 * 16), steps=300)
    assert chen.run.step_size.value == pytest.approx(1 / 48)
    assert chen.run.loss == pytest.approx(plain.loss, rel=1e-6)
    for ours, theirs in zip(chen.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert chen.run.steps == chen.steps == 300


def test_what_is_seen_along_the_run_is_true(chen: Any, digits: Any) -> None:
    along = chen.along
    assert along["step"].iloc[0] == 0
    assert along["step"].iloc[-1] == 300
    assert len(along) <= 101
    assert list(along["loss"]) == pytest.approx(list(chen.run.loss[along["step"].to_numpy()]), rel=1e-6)
    moved = [np.linalg.norm(b.astype(float) - a) for a, b in zip(chen.initial, chen.weights, strict=True)]
    assert [along[f"distance_{i}"].iloc[-1] for i in (1, 2, 3)] == pytest.approx(moved)
    assert along["distance_1"].iloc[0] == 0
    outputs = np.asarray(chen.net.apply(chen.weights, digits.x_test))
    assert along["test_error"].iloc[-1] == pytest.approx(np.mean(digits.y_test * outputs <= 0))
    assert list(along["bound"]) == pytest.approx(list(along[["bound_spectral", "bound_linear"]].min(axis=1)))


def test_promises_are_those_of_the_theorem(chen: Any) -> None:
    promised = {p.what: p for p in chen.guarantees}
    mean = promised["mean training loss over t < T"]
    assert mean.promised == pytest.approx(0.3)
    assert mean.observed == pytest.approx(chen.run.loss[:300].mean())
    radius = chen.prescription.problem.radius.upper
    assert promised["steps to the promised loss"].promised == pytest.approx(9 * radius**2 / 0.1)
    reach = (1 + math.sqrt(3)) * math.sqrt(3) * radius / 4
    assert promised["distance of layer 2, at most"].promised == pytest.approx(reach)
    assert promised["training loss at the end"].promised is None
    assert chen.judgement.verdict == "fails"
    assert chen.judgement.words == "fails if C = 1"
    assert any("stopped at 300 (--max-steps)" in w for w in chen.warnings)


def test_a_promise_is_broken_only_when_it_is_due() -> None:
    assert Guarantee("a", 1.0, 0.5).holds is True
    assert Guarantee("a", 1.0, 2.0).holds is False
    assert Guarantee("a", 1.0, 2.0, due=False).holds is None
    assert Guarantee("a", None, 2.0).holds is None
    assert Guarantee("a", 1.0, None).holds is None


def test_the_test_error_statement_runs_its_own_theorem(digits: Any, chen: Any) -> None:
    other = run(digits, "chen-cao-zou-gu/iclr2021/thm-3.4", depth=3, max_steps=300)
    assert other.prescription.theorem.id == GD
    np.testing.assert_array_equal(other.weights[0], chen.weights[0])


def test_sgd_by_its_theorem(digits: Any) -> None:
    found = run(digits, SGD, depth=3, width=32, alpha=0.4)
    assert found.steps == digits.n
    assert found.run is None
    radius = found.prescription.problem.network_radius
    step = min(3 * radius**2 / (digits.n * 0.1), 1 / 3) / 32**0.8
    assert found.online.step_size.value == pytest.approx(step)
    net = hw.DeepReLU(32, 3, 0.4)
    start = net.init(jax.random.fold_in(jax.random.key(0), 0), digits.d)
    key = jax.random.fold_in(jax.random.key(0), 1)
    plain = hw.one_pass_sgd(net, start, digits.x, digits.y, step_size=step, key=key)
    np.testing.assert_allclose(found.online.online_losses, plain.online_losses, rtol=1e-6)
    promised = {p.what: p for p in found.guarantees}
    regret = promised["mean online loss (regret bound)"]
    assert regret.promised == pytest.approx(9 * radius**2 / digits.n + 0.3)
    assert regret.observed == pytest.approx(plain.online_losses.mean())
    bound = promised["test error, on average over the draw"]
    assert bound.promised == pytest.approx(8 * 9 * radius**2 / 40 + 8 * math.log(20) / 40 + 2.4)
    assert bound.observed == pytest.approx(found.along["test_error"].iloc[:-1].mean())
    assert list(found.along["step"])[-1] == digits.n


def test_ji_and_telgarskys_run_is_their_network(digits: Any) -> None:
    """f = m^-1/2 sum_j a_j s(theta_j . x) with theta of unit variance, stepped with eta = 1, by hand in float64."""
    found = run(digits, JI, dtype="float64", max_steps=3, width=512)
    theta = math.sqrt(512) * found.initial[0]
    assert theta.var() == pytest.approx(1, rel=0.05)
    a = np.repeat([1.0, -1.0], 256)
    for _ in range(3):
        h = digits.x @ theta.T
        z = digits.y * (np.maximum(h, 0) @ a) / math.sqrt(512)
        slopes = -digits.y / (1 + np.exp(z)) / digits.n
        theta -= ((slopes[:, None] * (h > 0)) * a / math.sqrt(512)).T @ digits.x
    np.testing.assert_allclose(math.sqrt(512) * found.weights[0], theta, atol=1e-9)
    assert found.implementation.depth == 1


def test_lei_et_als_run_is_their_network(digits: Any) -> None:
    """Identical pairs of unit variance under opposite heads +-m^-1/2, stepped with eta = n/16, by hand in float64."""
    found = run(digits, LEI, dtype="float64", max_steps=3, width=512)
    w = math.sqrt(512) * found.initial[0]
    assert w.var() == pytest.approx(1, rel=0.05)
    np.testing.assert_array_equal(w[:256], w[256:])
    a = np.repeat([1.0, -1.0], 256)
    for _ in range(3):
        h = digits.x @ w.T
        slopes = -digits.y / (1 + np.exp(digits.y * (np.maximum(h, 0) @ a) / math.sqrt(512))) / digits.n
        w = w - digits.n / 16 * ((slopes[:, None] * (h > 0)) * a / math.sqrt(512)).T @ digits.x
    np.testing.assert_allclose(math.sqrt(512) * found.weights[0], w, atol=1e-9)
    assert found.implementation.antisymmetric
    assert next(p for p in found.guarantees if p.what.startswith("steps")).promised == 16


def test_du_et_als_step_is_that_of_the_summed_loss(digits: Any) -> None:
    found = run(digits, DU, max_steps=5)
    lam = found.prescription.problem.lambda_min_shallow.lower
    assert found.run.step_size.value == pytest.approx(lam / digits.n / 16)
    end = next(p for p in found.guarantees if p.what == "training loss at the end")
    assert end.promised == pytest.approx(0.1 * found.run.loss[0])


def test_li_et_al_start_from_zero(digits: Any) -> None:
    found = run(digits, LI, depth=2, max_steps=5)
    assert found.implementation.antisymmetric
    assert found.run.loss[0] == pytest.approx(math.log(2), rel=1e-6)
    assert found.run.step_size.value == pytest.approx(4 / 10 * 2 / 16)


def test_zou_et_al(digits: Any) -> None:
    found = run(digits, ZOU, depth=2, max_steps=5)
    assert found.run.step_size.value == pytest.approx(1 / (8 * 16))
    assert found.prescription.problem.constant_coordinate
    assert any("10^" in w for w in found.warnings)


@pytest.mark.parametrize(
    ("id", "change", "said"),
    [
        ("zou-gu/neurips2019/thm-gd", {}, "not in this library"),
        ("nitanda-chinot-suzuki/arxiv2019/fast", {}, "not in this library"),
        ("chen-cao-zou-gu/iclr2021/prop-4.2", {}, "prescribes no run"),
        ("munteanu-omlor-song-woodruff/icml2022/thm-logistic", {}, "prescribes no run"),
        (GD, {"network": "fixed-head"}, "use --network deep"),
        (ZOU, {"network": "deep"}, "use --network fixed-head"),
        (GD, {"algorithm": "sgd"}, "use --algorithm gd"),
        (SGD, {"algorithm": "gd"}, "use --algorithm sgd"),
        (GD, {"loss": "square"}, "use --loss logistic"),
        (GD, {"alpha": 0.3}, "use --alpha 0.5"),
        (JI, {"depth": 4}, "use --depth 1"),
    ],
)
def test_theorems_that_do_not_apply_are_refused_with_advice(id: str, change: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        implement(theory.get(id), **change)


def test_a_run_whose_facts_are_missing_is_refused(digits: Any) -> None:
    with pytest.raises(SettingError, match="gradient_norm_squared"):
        run(digits, "chen-cao-zou-gu/derived/gd-explicit", depth=3)


def test_every_theorem_runs_or_says_why_not(digits: Any) -> None:
    runs = 0
    for theorem in theory.all_theorems():
        why = ""
        try:
            runs += implement(theorem).algorithm in ("gd", "sgd")
        except SettingError as error:
            why = str(error)
        assert not why or theorem.id in why
    assert runs >= 15


def test_a_promise_about_one_iterate_is_not_taken_for_one_about_all(digits: Any) -> None:
    """Cao and Gu (AAAI) find one iterate up to T; Chen et al. bound every one by its own training loss."""
    found = run(digits, "cao-gu/aaai2020v3/thm-4.4", max_steps=30)
    promise = {p.what: p for p in found.guarantees}["test error of some iterate"]
    assert promise.observed == found.along["test_error"].min()
    assert promise.promised == pytest.approx(0.1)
    assert not promise.due  # T = C/eps^2 = 100
    assert promise.holds is None
    assert "test error for all t" not in {p.what for p in found.guarantees}
