"""The radius for an error, and the radius at which the network itself is good."""

import math
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import oracles
from cases import WIDER, every_wider, sample
from howwide import DeepReLU, FixedHeadReLU
from howwide.data import load
from howwide.errors import SettingError
from howwide.networks import Network
from howwide.ntrf import (
    Linearized,
    loss_of,
    margin_of,
    network_radii_of,
    network_radius,
    network_radius_of,
    radii,
    radii_of,
    radius,
    unavoidable_loss,
)
from howwide.ntrf.solvers.frank_wolfe import Solver
from howwide.ntrf.status import SolveStatus


@every_wider
@pytest.mark.parametrize("ball", ["per-layer", "joint"])
def test_the_error_crosses_eps_inside_the_interval(net: Network, ball: str) -> None:
    linearized = Linearized(*sample(net))
    wanted = [0.3, 0.01, 0.65, 1e-5]
    for found, eps in zip(radii_of(linearized, eps=wanted, ball=ball), wanted, strict=True):
        assert found.eps == eps
        assert found.status is SolveStatus.CONVERGED
        assert 0 < found.lower <= found.upper <= (1 + 1e-3) * found.lower
        assert loss_of(linearized, radius=found.lower * 0.999, ball=ball, tolerance=1e-7).lower > eps
        assert loss_of(linearized, radius=found.upper * 1.0001, ball=ball, tolerance=1e-7).upper <= eps
        assert found.point.upper <= eps
        used = np.linalg.norm(found.point.norms) if ball == "joint" else found.point.norms.max()
        assert used == pytest.approx(found.upper, rel=1e-12)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(WIDER), st.sampled_from([1, 3, 12, 30]), st.integers(0, 10**6), st.floats(-6, -0.2))
def test_intervals_of_searches_apart_and_together_meet(net: Network, n: int, seed: int, exponent: float) -> None:
    linearized = Linearized(*sample(net, n, seed=seed))
    eps = 10.0**exponent
    alone, together = radii_of(linearized, eps=[eps])[0], radii_of(linearized, eps=[eps, eps / 3, min(0.69, 2 * eps)])
    for found in (alone, *together):  # there is no radius where no neuron is on at some row
        assert found.status is (SolveStatus.UNREACHABLE if found.unavoidable > found.eps else SolveStatus.CONVERGED)
        assert (found.upper is not None) == (found.status is SolveStatus.CONVERGED)
    upper = [math.inf if found.upper is None else found.upper for found in (alone, *together)]
    assert max(alone.lower, together[0].lower) <= min(upper[:2])
    assert upper[2] >= together[0].lower
    assert together[2].lower <= upper[1]


@every_wider
def test_searches_in_float32_agree_with_float64(net: Network) -> None:
    """Many radii one after the other, so that the span would show the rounding of its products."""
    net, weights, x, y = sample(net, 60, 12)
    problem = (net, tuple(w.astype(np.float32) for w in weights), x.astype(np.float32), y)
    wanted = [0.5, 0.3, 0.1, 0.03, 0.01, 0.001]
    for a, b in zip(*(radii(*problem, eps=wanted, dtype=d) for d in ("float32", "float64")), strict=True):
        assert a.status is b.status is SolveStatus.CONVERGED
        assert max(a.lower, b.lower) <= min(a.upper, b.upper)


def test_rows_that_float32_does_not_tell_apart_make_no_loss_unavoidable() -> None:
    """Both labels at what float32 takes for one row: there is a radius, and only the rows as given may deny it."""
    net, weights, x, y = sample(DeepReLU(24, 3), 6)
    x[1], y[0], y[1] = x[0] + 1e-9 * np.linspace(-1, 1, x.shape[1]), 1, -1
    single = radius(net, weights, x, y, eps=0.2, dtype="float32")
    assert single.status is not SolveStatus.UNREACHABLE
    assert single.unavoidable == 0
    both = radius(net, weights, x.astype(np.float32), y, eps=0.2, dtype="float32")
    assert both.status is SolveStatus.UNREACHABLE


def test_a_narrow_deep_network_has_its_radii() -> None:
    """Points whose coefficients cancel were lost to rounding, and the search for them went on until all was spent."""
    linearized = Linearized(*sample(DeepReLU(8, 5), 40, 20, seed=7))
    for found in radii_of(linearized, eps=[0.3, 0.1, 0.03]):
        assert found.status is SolveStatus.CONVERGED
        assert found.steps < 40
        assert found.upper <= (1 + 1e-3) * found.lower
        assert loss_of(linearized, radius=found.upper * 1.001, tolerance=1e-3).lower <= found.eps


def test_radii_take_what_the_solver_has_seen_and_keep_what_they_see() -> None:
    linearized = Linearized(*sample(DeepReLU(24, 3)))
    alone = radii_of(linearized, eps=[0.1])[0]
    solver = Solver(linearized)
    told: list[str] = []
    assert radii_of(linearized, eps=[0.1], solver=solver, say=told.append)[0].upper == alone.upper
    assert told == ["the least radius for a loss of 0.1"]
    seen = len(solver.seen)
    again = radii_of(linearized, eps=[0.1], solver=solver)[0]
    assert (again.lower, again.upper, again.steps, len(solver.seen)) == (alone.lower, alone.upper, 0, seen)


def test_a_small_budget_is_kept_and_the_interval_is_valid() -> None:
    """An antisymmetric start has paired neurons: fewer directions than examples, and no separation."""
    net, weights, x, y = sample(DeepReLU(8, 5), 60, 20)
    weights = tuple(np.asarray(w, float) for w in net.init(jax.random.key(0), 20, antisymmetric=True))
    solver = Solver(Linearized(net, weights, x, y))
    found = radii_of(solver.linearized, eps=[0.3, 0.1], max_steps=20, solver=solver)
    assert sum(ends.steps for _, ends in solver.seen) <= 2 * 20 + 2
    assert sum(ends.systems for _, ends in solver.seen) <= 2 * (10 * 20 + 50)
    assert found[0].lower <= found[1].lower
    for one in found:
        assert one.status is not SolveStatus.CONVERGED or one.upper <= (1 + 1e-3) * one.lower
        assert one.upper is None or one.lower <= one.upper


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10_binary.npz", "mnist_binary.npz"])
@pytest.mark.parametrize("antisymmetric", [False, True])
@pytest.mark.parametrize("n", [120, 200])
def test_images_and_a_narrow_deep_network(shared_data: Path, name: str, antisymmetric: bool, n: int) -> None:
    """Every seed ends within its budget, and where weights fit at all the radii are found."""
    whole, net = load(str(shared_data / name)), DeepReLU(8, 5)
    converged = 0
    for seed in range(3):
        ds = whole.subset(n, seed=seed)
        weights = net.init(jax.random.key(seed), ds.d, antisymmetric=antisymmetric)
        linearized = Linearized(net, weights, ds.x, ds.y)
        margin = margin_of(linearized)
        for found in radii_of(linearized, eps=[0.3, 0.1]):
            assert found.steps <= 401
            converged += found.status is SolveStatus.CONVERGED
            if margin.lower > 0:
                assert found.status is SolveStatus.CONVERGED
            if found.point is not None:
                moved = [np.linalg.norm(u) * net.gradient_scale for u in found.point.directions()]
                assert max(moved) <= found.upper * (1 + 1e-12)
                outputs = found.point.predict(ds.x)
                assert np.logaddexp(0, -ds.y * outputs).mean() <= found.eps * (1 + 1e-9)
    assert antisymmetric or converged >= 3


def test_one_example_has_a_closed_form() -> None:
    """f + y R sum_l |grad_l| / unit reaches the margin log(1 / (e^eps - 1))."""
    net, weights, x, y = sample(DeepReLU(24, 3), 1)
    lengths = sum(np.linalg.norm(g) for g in oracles.output_gradients(net, weights, x)[0]) / net.gradient_scale
    truth = (-np.log(np.expm1(0.01)) - (y * oracles.outputs(net, weights, x)).item()) / lengths
    found = radius(net, weights, x, y, eps=0.01)
    assert found.lower <= truth <= found.upper


def test_radius_zero_where_the_network_is_good_already() -> None:
    problem = sample(DeepReLU(24, 3))
    found = radius(*problem, eps=10.0)
    assert (found.lower, found.upper, found.steps, found.status) == (0, 0, 0, SolveStatus.CONVERGED)


def test_opposite_labels_make_small_errors_unreachable() -> None:
    net, weights, x, y = sample(DeepReLU(32, 3), 6)
    x, y = np.vstack([x, x[:1], x[:1]]), np.concatenate([y, -y[:1], y[:1]])
    forced = 3 / 8 * -(np.log(1 / 3) / 3 + 2 * np.log(2 / 3) / 3)
    assert unavoidable_loss(x, y) == pytest.approx(forced, rel=1e-12)
    assert unavoidable_loss(x[:6], y[:6]) == 0
    above, below = radii(net, weights, x, y, eps=[forced * 1.1, forced * 0.99])
    assert above.status is SolveStatus.CONVERGED
    assert (below.status, below.lower, below.upper, below.point) == (SolveStatus.UNREACHABLE, 1e6, None, None)
    assert below.unavoidable == pytest.approx(forced)


DEAD = FixedHeadReLU((16, 10), 2), 12, 6, 152259
"""No neuron of the second layer is on at one of the twelve rows: its output stays 0, and its loss log 2."""


def test_a_row_at_which_no_neuron_is_on_keeps_its_loss() -> None:
    net, weights, x, y = sample(*DEAD)
    off = [not h.any() for h in np.maximum(np.maximum(x @ weights[0].T, 0) @ weights[1].T, 0)]
    assert sum(off) == 1
    linearized = Linearized(net, weights, x, y)
    np.testing.assert_array_equal(linearized.vanishing(), off)
    above, below = radii_of(linearized, eps=[np.log(2) / 12 * 1.01, np.log(2) / 12 * 0.99])
    assert above.status is SolveStatus.CONVERGED
    assert (below.status, below.upper, below.steps) == (SolveStatus.UNREACHABLE, None, 0)
    assert below.unavoidable == pytest.approx(np.log(2) / 12, rel=1e-12)
    in_float32 = radius(net, tuple(w.astype("f4") for w in weights), x.astype("f4"), y, eps=0.05, dtype="float32")
    assert in_float32.status is SolveStatus.UNREACHABLE


def test_the_unavoidable_loss_is_the_infimum_of_the_linearised_loss() -> None:
    """Both labels at a row that is on (twice) and at the one that is off: by SciPy over all matrices U."""
    net, weights, x, y = sample(*DEAD)
    off = int(np.flatnonzero(Linearized(net, weights, x, y).vanishing()).item())
    on = (off + 1) % 12
    rows = [*range(12), off, on, on]
    x, y = x[rows], np.concatenate([y, -y[[off, on, on]]])
    forced = radius(net, weights, x, y, eps=1e-6).unavoidable
    assert forced == pytest.approx((2 * np.log(2) + 3 * np.log(3) - 2 * np.log(2)) / 15, rel=1e-12)
    slopes = np.array([np.concatenate([g.ravel() for g in one]) for one in oracles.output_gradients(net, weights, x)])
    start = oracles.outputs(net, weights, x)

    def mean_loss(u: np.ndarray) -> tuple[float, np.ndarray]:
        z = y * (start + slopes @ u)
        return np.logaddexp(0, -z).mean(), -(y / (1 + np.exp(z))) @ slopes / len(y)

    found = minimize(mean_loss, np.zeros(slopes.shape[1]), jac=True, options={"maxiter": 1000, "gtol": 1e-6})
    assert forced <= found.fun <= forced + 1e-3


def test_settled_outputs_keep_their_loss_and_free_rows_take_the_best() -> None:
    """Four groups: settled at 2 and at -1, free with labels 2 to 1, free with one label. By SciPy over the free two."""
    x = np.eye(4)[[0, 0, 1, 2, 2, 2, 3]]
    y = np.array([1, -1, 1, 1, -1, 1, -1.0])
    settled = np.array([2, 2, -1, np.nan, np.nan, np.nan, np.nan])

    def mean_loss(free: np.ndarray) -> float:
        return np.logaddexp(0, -y * np.array([2, 2, -1, *free[[0, 0, 0, 1]]])).mean()

    best = minimize(mean_loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "maxiter": 500}).fun
    assert unavoidable_loss(x, y, settled) == pytest.approx(best, abs=1e-6)
    assert unavoidable_loss(x, y, np.full(7, np.nan)) == unavoidable_loss(x, y)
    assert unavoidable_loss(x[:1], y[:1], [3.0]) == pytest.approx(np.log1p(np.exp(-3)))


def test_a_cap_or_a_budget_leaves_a_lower_end() -> None:
    problem = sample(DeepReLU(24, 3))
    truth = radius(*problem, eps=1e-4)
    for settings_ in ({"cap": 3.0}, {"max_steps": 4}):
        found = radius(*problem, eps=1e-4, **settings_)
        assert (found.status, found.upper, found.point) == (SolveStatus.MAX_STEPS, None, None)
        assert 0 < found.lower <= truth.upper


def test_no_radius_of_a_network_too_small_for_the_sample() -> None:
    """More examples than parameters, no row twice or off: the error has a positive infimum, attained."""
    found = radius(*sample(FixedHeadReLU(4, 1), 60, 3), eps=1e-3)
    assert found.unavoidable == 0
    assert found.status in (SolveStatus.MAX_STEPS, SolveStatus.PRECISION_LOST)
    assert found.upper is None
    assert found.lower > 1e3


def test_a_dead_network_reaches_nothing() -> None:
    net = DeepReLU(6, 3)
    weights = tuple(np.zeros_like(w) for w in oracles.start(net, 4))
    found = radius(net, weights, *oracles.examples(5, 4), eps=0.1)
    assert (found.status, found.lower, found.upper) == (SolveStatus.UNREACHABLE, 1e6, None)


@pytest.mark.parametrize("net", [DeepReLU(256, 3), DeepReLU(512, 2, alpha=0.4), FixedHeadReLU(256, 2)], ids=str)
@pytest.mark.parametrize("statistic", ["max", "mean"])
def test_a_witness_of_the_network_is_one(net: Network, statistic: str) -> None:
    """Weights inside the ball, and the loss of the network there from the plain chain rule."""
    net, weights, x, y = sample(net, 8, 20)
    found = network_radius(net, weights, x, y, eps=0.1, statistic=statistic)
    assert found.status is SolveStatus.CONVERGED
    star = found.weights
    assert star is not None
    distances = [np.linalg.norm(a - b) * net.gradient_scale for a, b in zip(star, weights, strict=True)]
    assert 0 < max(distances) <= found.upper * (1 + 1e-9)
    losses = np.logaddexp(0, -y * oracles.outputs(net, star, x))
    assert (losses.max() if statistic == "max" else losses.mean()) == pytest.approx(found.loss, rel=1e-9)
    assert found.best <= found.loss < 0.1


def test_the_largest_loss_needs_no_smaller_radius_than_the_mean() -> None:
    problem = sample(DeepReLU(256, 3), 8, 20)
    largest, mean = (network_radius(*problem, eps=0.1, statistic=s) for s in ("max", "mean"))
    assert mean.upper <= largest.upper * 1.06


def test_no_witness_proves_nothing() -> None:
    net, weights, x, y = sample(DeepReLU(24, 3), 10)
    found = network_radius(net, weights, np.vstack([x, x]), np.concatenate([y, -y]), eps=0.1, cap=50)
    assert (found.status, found.upper, found.loss, found.weights) == (SolveStatus.MAX_STEPS, None, None, None)
    assert found.best >= np.log(2)


def test_a_path_finds_what_the_first_linearisation_does_not() -> None:
    """A narrow network far from linear: no minimiser is a witness, the end of the path is, with its own distance."""
    net, weights, x, y = sample(DeepReLU(24, 4), 12)
    alone, both = (network_radius(net, weights, x, y, eps=0.1, steps=s) for s in (0, 60))
    assert alone.upper is None or both.upper <= alone.upper
    assert both.source == "path"
    assert both.weights is not None
    distances = [np.linalg.norm(a - b) * net.gradient_scale for a, b in zip(both.weights, weights, strict=True)]
    assert both.upper == pytest.approx(max(distances), rel=1e-9)
    assert np.logaddexp(0, -y * oracles.outputs(net, both.weights, x)).max() < 0.1


def test_several_losses_share_a_search() -> None:
    linearized = Linearized(*sample(DeepReLU(64, 3), 10))
    found = network_radii_of(linearized, eps=[0.05, 0.5], steps=20)
    assert [one.eps for one in found] == [0.05, 0.5]
    apart = network_radius_of(linearized, eps=0.5, steps=20)
    assert found[1].upper is not None
    assert found[1].upper <= apart.upper * (1 + 1e-9)


def test_a_network_that_is_good_already_is_its_own_witness() -> None:
    found = network_radius(*sample(DeepReLU(24, 3), 10), eps=20.0)
    assert found.upper == 0


def test_misuse_is_told() -> None:
    problem = sample(DeepReLU(8, 2), 5)
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(SettingError, match="eps"):
            radius(*problem, eps=wrong)
        with pytest.raises(SettingError, match="eps"):
            network_radius(*problem, eps=wrong)
    with pytest.raises(SettingError, match="tolerance"):
        radius(*problem, eps=0.1, tolerance=2)
    with pytest.raises(SettingError, match="statistic"):
        network_radius(*problem, eps=0.1, statistic="median")  # type: ignore[arg-type]
