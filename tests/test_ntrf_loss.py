"""The NTRF error: against a conic solver, its certified ends, and samples that go wrong."""

from typing import Any

import cvxpy
import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from cases import DIMENSION, WIDER, every_wider, sample
from howwide import DeepReLU, FixedHeadReLU
from howwide.errors import DataError, SettingError, ShapeError
from howwide.networks import Network
from howwide.ntrf import Linearized, NTRFLoss, loss, loss_of, path, path_of
from howwide.ntrf.solvers.frank_wolfe import Ball, Solver
from howwide.ntrf.status import SolveStatus

every_ball = pytest.mark.parametrize("ball", ["per-layer", "joint"])


def gradients(net: Network, weights: tuple, x: np.ndarray) -> list[np.ndarray]:
    """For every layer the gradients of f as rows, in the network's scale."""
    rows = oracles.output_gradients(net, weights, x)
    return [np.array([row[layer].ravel() for row in rows]) for layer in range(len(weights))]


# Looser than its own 1e-8, which rounding does not let it reach on every processor; the tests ask for 1e-5.
CLOSE = {"tol_gap_abs": 1e-7, "tol_gap_rel": 1e-7, "tol_feas": 1e-7}


def conic(net: Network, weights: tuple, x: np.ndarray, y: np.ndarray, radius: float, ball: Ball) -> float:
    """The same minimum over explicit matrices, by an interior point method on exponential and second-order cones."""
    unit, f = net.gradient_scale, oracles.outputs(net, weights, x)
    factors = [np.linalg.qr(g.T)[1].T / unit for g in gradients(net, weights, x)]
    parts = [cvxpy.Variable(k.shape[1]) for k in factors]
    margins = cvxpy.multiply(y, f + sum(k @ u for k, u in zip(factors, parts, strict=True)))
    groups = [cvxpy.hstack(parts)] if ball == "joint" else parts
    objective = cvxpy.Minimize(cvxpy.sum(cvxpy.logistic(-margins)) / len(y))
    problem = cvxpy.Problem(objective, [cvxpy.norm(u) <= radius for u in groups])
    return float(problem.solve(solver=cvxpy.CLARABEL, **CLOSE))


def check_ball_and_loss(found: NTRFLoss, weights: tuple, x: np.ndarray, y: np.ndarray) -> None:
    """The matrices are in the ball, and the loss of explicit gradients there is at most the upper end."""
    norms = np.array([np.linalg.norm(u) for u in found.directions()]) * found.linearized.unit
    assert (norms <= found.norms * (1 + 1e-9) + 1e-12).all()
    assert (np.linalg.norm(norms) if found.ball == "joint" else norms.max()) <= found.radius * (1 + 1e-9)
    parts = zip(gradients(found.linearized.net, weights, x), found.directions(), strict=True)
    outputs = oracles.outputs(found.linearized.net, weights, x) + sum(g @ u.ravel() for g, u in parts)
    assert np.logaddexp(0, -y * outputs).mean() <= found.upper * (1 + 1e-6)


def check_point(found: NTRFLoss, weights: tuple, x: np.ndarray, y: np.ndarray) -> None:
    """The point is in the ball and has the upper end as its loss, both from explicit gradients."""
    net, unit = found.linearized.net, found.linearized.net.gradient_scale
    norms = np.array([np.linalg.norm(u) for u in found.directions()]) * unit
    np.testing.assert_allclose(norms, found.norms, rtol=1e-9, atol=1e-12)
    assert (np.linalg.norm(norms) if found.ball == "joint" else norms.max()) <= found.radius * (1 + 1e-12)
    parts = zip(gradients(net, weights, x), found.directions(), strict=True)
    outputs = oracles.outputs(net, weights, x) + sum(g @ u.ravel() for g, u in parts)
    np.testing.assert_allclose(outputs, found.outputs, rtol=1e-9, atol=1e-9)
    assert np.logaddexp(0, -y * outputs).mean() == pytest.approx(found.upper, rel=1e-9)


@every_wider
@every_ball
def test_the_interval_holds_the_minimum_of_a_conic_solver(net: Network, ball: Ball) -> None:
    problem = sample(net)
    linearized = Linearized(*problem)
    for radius in (0.5, 4.0, 20.0):
        found = loss_of(linearized, radius=radius, ball=ball, tolerance=1e-5)
        truth = conic(*problem, radius, ball)
        assert found.status is SolveStatus.CONVERGED
        assert found.upper - found.lower <= 1e-5 * found.upper
        assert found.lower * (1 - 1e-5) - 1e-7 <= truth <= found.upper * (1 + 1e-5) + 1e-7
        assert truth < 0.97 * np.logaddexp(0, -problem[3] * linearized.outputs).mean()
        check_point(found, *problem[1:])


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(WIDER),
    st.sampled_from([1, 3, 12, 30]),
    st.integers(0, 10**6),
    st.floats(-3, 3).map(lambda e: 10.0**e),
    st.sampled_from(["per-layer", "joint"]),
    st.booleans(),
)
def test_every_sample_converges_to_an_interval(
    net: Network, n: int, seed: int, radius: float, ball: Ball, repeated: bool
) -> None:
    """Any size, radii from tiny to huge, rows repeated with any labels."""
    net, weights, x, _ = sample(net, n, seed=seed)
    rng = np.random.default_rng(seed)
    y, x = rng.choice([-1.0, 1.0], n), x[rng.integers(0, n, n)] if repeated else x
    found = loss(net, weights, x, y, radius=radius, ball=ball)
    assert 0 <= found.lower <= found.upper <= np.logaddexp(0, -y * found.linearized.outputs).mean()
    assert found.status is SolveStatus.CONVERGED
    assert found.upper - found.lower <= 1e-3 * found.upper or found.upper < 1e-100


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(WIDER), st.sampled_from([2, 12, 30]), st.integers(0, 10**6))
def test_errors_fall_with_the_radius_and_balls_nest(net: Network, n: int, seed: int) -> None:
    """eps_joint(R) >= eps_per_layer(R) >= eps_joint(sqrt(L) R)."""
    linearized = Linearized(*sample(net, n, seed=seed))
    before = np.inf
    for radius in (0.0, 0.1, 1.0, 5.0):
        layers = loss_of(linearized, radius=radius)
        assert layers.lower <= before
        before = layers.upper
        assert loss_of(linearized, radius=radius, ball="joint").upper >= layers.lower
        outer = loss_of(linearized, radius=np.sqrt(linearized.layers) * radius, ball="joint")
        assert layers.upper >= outer.lower


@every_wider
@every_ball
def test_radius_zero_is_the_loss_of_the_network(net: Network, ball: Ball) -> None:
    problem = sample(net)
    found = loss(*problem, radius=0, ball=ball)
    initial = float(np.mean(np.logaddexp(0, -problem[3] * found.linearized.outputs)))
    assert (found.lower, found.upper, found.status, found.steps) == (initial, initial, SolveStatus.CONVERGED, 0)
    assert not found.coefficients.any()
    for w, again in zip(problem[1], found.weights(), strict=True):
        np.testing.assert_array_equal(w, again)


@every_wider
def test_the_span_of_another_radius_changes_nothing_but_the_steps(net: Network) -> None:
    linearized = Linearized(*sample(net))
    solver = Solver(linearized)
    for radius in (1e-3, 10.0, 0.3, 100.0, 2.0):
        warm, cold = solver.minimise(radius), loss_of(linearized, radius=radius)
        assert warm.status is cold.status is SolveStatus.CONVERGED
        assert max(warm.lower, cold.lower) <= min(warm.upper, cold.upper)


@every_wider
def test_stored_grams_and_the_operator_agree(net: Network) -> None:
    problem = sample(net)
    stored, operator = (loss_of(Linearized(*problem, stored=s), radius=5, tolerance=1e-6) for s in (1e9, 0))
    assert max(stored.lower, operator.lower) <= min(stored.upper, operator.upper)
    np.testing.assert_allclose(stored.outputs, operator.outputs, atol=1e-2)


@every_wider
@every_ball
def test_a_search_in_float32_has_ends_in_float64(net: Network, ball: Ball) -> None:
    problem = sample(net)
    problem = (net, tuple(w.astype(np.float32) for w in problem[1]), problem[2].astype(np.float32), problem[3])
    single = loss(*problem, radius=5, ball=ball, dtype="float32")
    double = loss(*problem, radius=5, ball=ball, tolerance=1e-6)
    assert single.status is SolveStatus.CONVERGED
    assert single.lower <= double.upper
    assert double.lower <= single.upper


@every_wider
def test_predictions_continue_the_outputs(net: Network) -> None:
    problem = sample(net)
    found = loss(*problem, radius=3)
    np.testing.assert_allclose(found.predict(problem[2]), found.outputs, rtol=1e-9, atol=1e-10)
    new = oracles.examples(7, DIMENSION, 9)[0]
    parts = zip(gradients(net, problem[1], new), found.directions(), strict=True)
    expected = oracles.outputs(net, problem[1], new) + sum(g @ u.ravel() for g, u in parts)
    np.testing.assert_allclose(found.predict(new), expected, rtol=1e-9, atol=1e-10)


def test_tiny_losses_keep_their_relative_width() -> None:
    """Ten examples, a wide network: margins of a hundred and more."""
    linearized = Linearized(*sample(DeepReLU(64, 3), 10, 12))
    found = [loss_of(linearized, radius=r, tolerance=1e-4) for r in (30.0, 100.0, 300.0, 1e5)]
    assert [f.status for f in found] == [SolveStatus.CONVERGED] * 4
    assert found[0].upper < 1e-5
    assert 0 < found[2].upper < 1e-60
    assert found[2].upper - found[2].lower <= 1e-4 * found[2].upper
    assert found[3].upper < 1e-100


@every_ball
def test_opposite_labels_leave_a_loss_that_no_radius_removes(ball: Ball) -> None:
    """One conflicting pair among six rows: log 2 for two of eight."""
    net, weights, x, y = sample(DeepReLU(32, 3), 7)
    x, y = np.vstack([x, x[:1]]), np.append(y, -y[0])
    for radius in (50.0, 500.0):
        found = loss(net, weights, x, y, radius=radius, ball=ball)
        assert found.status is SolveStatus.CONVERGED
        assert found.upper >= np.log(2) / 4
    assert found.upper == pytest.approx(np.log(2) / 4, rel=2e-3)


def test_a_ball_larger_than_the_minimiser_needs() -> None:
    """More examples than parameters: the unconstrained minimum is attained, and the constraints are slack."""
    net = FixedHeadReLU(2, 1)
    problem = sample(net, 60, 3)
    found = [loss(*problem, radius=r, tolerance=1e-4) for r in (3.0, 30.0, 300.0)]
    assert [f.status for f in found] == [SolveStatus.CONVERGED] * 3
    assert found[0].upper > 1.001 * found[1].upper
    assert found[2].norms.max() < 299
    assert found[2].upper == pytest.approx(conic(*problem, 300.0, "per-layer"), rel=1e-4)
    assert found[1].upper == pytest.approx(found[2].upper, rel=1e-3)


def test_a_dead_network_keeps_its_loss() -> None:
    """All gradients vanish: log 2 whatever the radius."""
    net = DeepReLU(6, 3)
    weights = tuple(np.zeros_like(w) for w in oracles.start(net, 4))
    x, y = oracles.examples(5, 4)
    for radius in (1.0, 1e6):
        found = loss(net, weights, x, y, radius=radius)
        assert found.status is SolveStatus.CONVERGED
        assert found.lower == pytest.approx(np.log(2), rel=1e-10)
        assert found.upper == pytest.approx(np.log(2), rel=1e-10)


def test_one_example_and_one_class() -> None:
    net = FixedHeadReLU(8, 4)
    for n in (1, 3):
        net, weights, x, _ = sample(net, n)
        y = np.ones(n)
        found = loss(net, weights, x, y, radius=2.0, tolerance=1e-6)
        assert found.status is SolveStatus.CONVERGED
        assert found.lower - 1e-7 <= conic(net, weights, x, y, 2.0, "per-layer") <= found.upper + 1e-7


@every_wider
def test_one_example_has_a_closed_form(net: Network) -> None:
    """One gradient: every U_l lies along it, F = f + y R sum_l |grad_l| / unit."""
    net, weights, x, y = sample(net, 1)
    lengths = sum(np.linalg.norm(g) for g in gradients(net, weights, x)) / net.gradient_scale
    truth = np.logaddexp(0, -(y * oracles.outputs(net, weights, x) + 3.0 * lengths)).item()
    found = loss(net, weights, x, y, radius=3.0, tolerance=1e-8)
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower <= 1e-8 * found.upper


def test_a_short_budget_leaves_a_valid_interval() -> None:
    problem = sample(DeepReLU(24, 3))
    linearized = Linearized(*problem)
    truth = loss_of(linearized, radius=20, tolerance=1e-6)
    for steps in (1, 2, 4, 6):
        found = loss_of(linearized, radius=20, max_steps=steps)
        assert found.steps == steps
        assert found.status is SolveStatus.MAX_STEPS
        assert found.lower <= truth.upper
        assert truth.lower <= found.upper


@every_ball
def test_a_path_is_monotone_and_holds_its_parts(ball: Ball) -> None:
    problem = sample(DeepReLU(24, 3))
    found = path(*problem, radii=[8, 0, 1, 1, 4, 0.01], ball=ball)
    assert list(found.table.columns) == ["radius", "lower", "upper", "status", "steps"]
    assert found.radii.tolist() == [0, 0.01, 1, 4, 8]
    assert (np.diff(found.upper) <= 0).all()
    assert (np.diff(found.lower) <= 0).all()
    assert set(found.table.status) == {"converged"}
    for one, lower, upper in zip(found.losses, found.lower, found.upper, strict=True):
        assert one.lower <= lower <= upper <= one.upper
        assert loss(*problem, radius=one.radius, ball=ball, tolerance=1e-6).upper >= lower


def test_a_line_is_below_the_errors_of_all_radii() -> None:
    linearized = Linearized(*sample(DeepReLU(24, 3)))
    solver = Solver(linearized)
    lines = [solver.minimise(r).bound for r in (0.5, 3.0, 10.0)]
    for one in path_of(linearized, radii=np.linspace(0, 15, 16), tolerance=1e-5).losses:
        assert all(line.at(one.radius) <= one.upper for line in lines)
    assert lines[0].least_radius(lines[0].intercept + 1) == 0
    assert lines[0].at(lines[0].least_radius(0.1)) == pytest.approx(0.1, rel=1e-9)


@pytest.fixture(scope="module")
def cancelling() -> Any:
    """Layers of 8 neurons have Grams of low rank, and coefficients a thousand times their norm."""
    return sample(DeepReLU(8, 5), 40, 20, seed=7)


@pytest.mark.parametrize("ball", ["per-layer", "joint"])
def test_a_point_whose_coefficients_cancel_is_certified_by_its_matrices(cancelling: Any, ball: str) -> None:
    """The matrices, whatever rounding made of them, are in the ball and have that loss."""
    search = Solver(Linearized(*cancelling), ball).minimise(300.0)
    found = loss(*cancelling, radius=300.0, ball=ball)
    assert found.status is search.status is SolveStatus.CONVERGED
    check_ball_and_loss(found, *cancelling[1:])
    assert (np.linalg.norm(found.norms) if ball == "joint" else found.norms.max()) <= 300.0 * (1 + 1e-14)


@pytest.mark.parametrize("ball", ["per-layer", "joint"])
def test_a_point_outside_the_ball_is_brought_to_its_surface(cancelling: Any, ball: str) -> None:
    solver, norms = Solver(Linearized(*cancelling), ball), np.array([1.0, 4.0, 2.0, 0.0, 1.0])
    scaled = norms * solver._scale(norms, 2.0)
    assert (np.linalg.norm(scaled) if ball == "joint" else scaled.max()) == pytest.approx(2.0, rel=1e-14)
    assert (scaled <= 2.0).all()
    np.testing.assert_allclose(solver._scale(norms, 5.0), 1.0, rtol=1e-14)


@pytest.mark.slow  # whether they cancel is a matter of the last bits, so of the optimising compiler
def test_products_lose_a_point_whose_coefficients_cancel(cancelling: Any) -> None:
    """They leave 0.48 of a loss of 0.018."""

    class ByProducts(Solver):
        def _point_of_matrices(self, a: np.ndarray, radius: float) -> tuple:
            return self._point(a, radius)

    by_matrices, by_products = Solver(Linearized(*cancelling)), ByProducts(Linearized(*cancelling))
    for radius in (3.0, 30.0, 300.0):  # the span of the smaller balls has what cancels
        best, ends = by_matrices.minimise(radius), by_products.minimise(radius)
    assert best.upper < 0.02
    assert ends.upper > 0.4
    assert ends.status is SolveStatus.PRECISION_LOST
    dual = by_products._margins
    bounds = by_products._bound(dual, by_matrices=True), by_products._bound(dual)
    assert bounds[0].slope >= bounds[1].slope
    assert bounds[0].slope == pytest.approx(bounds[1].slope, rel=1e-3)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_ends_are_those_of_the_inputs_as_they_are_given(dtype: str) -> None:
    """Two rows that float32 does not tell apart have both labels: not so in float64, where a large ball parts them."""
    net, weights, x, y = sample(DeepReLU(24, 3), 6, 5)
    x[1], y[0], y[1] = x[0] + 1e-9 * np.linspace(-1, 1, 5), 1, -1
    assert np.array_equal(x[0].astype(np.float32), x[1].astype(np.float32))
    found = loss(net, weights, x, y, radius=1e11, dtype=dtype)
    forced = np.log(2) / 3  # of the rounded rows
    assert found.lower < forced / 2
    assert found.lower <= loss(net, weights, x, y, radius=1e11, tolerance=1e-5).upper
    np.testing.assert_array_equal(found.linearized.x, x)
    check_ball_and_loss(found, weights, x, y)
    assert loss(net, weights, x.astype(np.float32), y, radius=1e11, dtype=dtype).upper >= forced * (1 - 1e-9)


def test_a_search_stops_when_its_systems_are_spent() -> None:
    """Ten for every product, or as many as are given; the ends hold all the same."""
    solver = Solver(Linearized(*sample(DeepReLU(8, 5), 40, 20, seed=7)))
    truth = loss(*sample(DeepReLU(8, 5), 40, 20, seed=7), radius=100.0, tolerance=1e-5)
    for systems in (1, 10, 40):
        ends = solver.minimise(100.0, tolerance=1e-6, max_systems=systems)
        assert ends.systems <= systems + 50, "one span's system more, which is never left half way"
        assert ends.lower <= truth.upper
        assert truth.lower <= ends.upper
    assert solver.seen[0][1].status is SolveStatus.MAX_STEPS


def test_what_another_radius_showed_narrows_a_path() -> None:
    """The loss at R is at most that of every smaller R, and at least what any line says."""
    linearized = Linearized(*sample(DeepReLU(24, 3)))
    solver = Solver(linearized)
    short = path_of(linearized, radii=[2.0, 20.0], max_steps=2, solver=solver)
    assert short.upper[1] - short.lower[1] > 0.1 * short.upper[1]
    near = solver.minimise(19.9, tolerance=1e-5)
    after = short.given(solver)
    assert after.upper[1] <= near.upper
    assert after.lower[1] >= near.bound.at(20.0) > short.lower[1]
    assert after.losses == short.losses
    truth = path_of(linearized, radii=[2.0, 20.0], tolerance=1e-6)
    assert (after.lower <= truth.upper).all()
    assert (truth.lower <= after.upper).all()


def test_misuse_is_told() -> None:
    net, weights, x, y = sample(DeepReLU(8, 2), 5)
    for wrong in (-1.0, np.inf, np.nan, "far"):
        with pytest.raises(SettingError, match="radius"):
            loss(net, weights, x, y, radius=wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="ball"):
        loss(net, weights, x, y, radius=1, ball="cube")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="tolerance"):
        loss(net, weights, x, y, radius=1, tolerance=0)
    with pytest.raises(SettingError, match="max_steps"):
        loss(net, weights, x, y, radius=1, max_steps=0)
    with pytest.raises(SettingError, match="at least one radius"):
        path(net, weights, x, y, radii=[])
    with pytest.raises(DataError, match="labels"):
        loss(net, weights, x, 2 * y, radius=1)
    with pytest.raises(ShapeError):
        loss(net, weights, x, y[1:], radius=1)


def test_a_float32_start_of_jax_is_taken_as_it_is() -> None:
    net = DeepReLU(16, 3)
    x, y = oracles.examples(20, 4)
    weights = net.init(jax.random.key(0), 4)
    found = loss(net, weights, x, y, radius=2)
    assert found.status is SolveStatus.CONVERGED
    assert {w.dtype for w in found.weights()} == {np.dtype(np.float64)}
