"""Alignment and change of kernels, and predictions with them, against dense formulas, an ODE, and real training."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from sklearn.kernel_ridge import KernelRidge

import howwide as hw
import oracles
from howwide import DeepReLU, FixedHeadReLU
from howwide.errors import HowwideError, SettingError, ShapeError
from howwide.networks import Network
from howwide.tangent import gram
from howwide.tangent.comparison import alignment, relative_change
from howwide.tangent.infinite import infinite_gram
from howwide.tangent.prediction import Predictions, PredictionStatus, kernel_predict

REFERENCE = json.loads((Path(__file__).parent / "reference" / "tangent_values.json").read_text())
NETWORKS = [DeepReLU(8, 2), DeepReLU(10, 4, alpha=0.25), FixedHeadReLU((5, 7, 4))]
every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)


def moved(weights: Any, size: float) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(5)
    return tuple(w + size * rng.standard_normal(w.shape) for w in weights)


# ------------------------------------------------------------------------------------------------------------ alignment


def test_alignment_by_hand() -> None:
    """<I, J> = 2, |I|^2 = 2, |J|^2 = 4 for ones J; orthogonal after centring the ones away."""
    ones, identity = np.ones((2, 2)), np.eye(2)
    assert alignment(identity, ones) == pytest.approx(2**-0.5, rel=1e-15)
    assert alignment(identity, -3 * identity) == pytest.approx(-1, rel=1e-15)
    assert alignment(np.diag([1.0, 0]), np.diag([0.0, 1])) == 0
    assert alignment(identity, np.array([[1.0, -1], [-1, 1]]), centered=True) == pytest.approx(1, rel=1e-15)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), scale=st.floats(1e-200, 1e200))
def test_alignment_is_a_cosine_of_features(seed: int, scale: float) -> None:
    """Centred, that of the centred features; scales and the order of rows and of the two do not matter."""
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((7, 3)), rng.standard_normal((7, 4))
    k1, k2 = a @ a.T, b @ b.T
    found = alignment(k1, k2)
    assert found == pytest.approx(np.linalg.norm(a.T @ b) ** 2 / np.linalg.norm(k1) / np.linalg.norm(k2), rel=1e-12)
    assert 0 <= found <= 1
    assert alignment(scale * k2, k1) == pytest.approx(found, rel=1e-12)
    assert alignment(k1, scale * k1) == pytest.approx(1, rel=1e-12)
    order = rng.permutation(7)
    assert alignment(k1[order][:, order], k2[order][:, order]) == pytest.approx(found, rel=1e-12)
    a, b = a - a.mean(0), b - b.mean(0)
    assert alignment(k1, k2, centered=True) == pytest.approx(alignment(a @ a.T, b @ b.T), rel=1e-9)


@pytest.mark.parametrize(
    ("error", "words", "k1", "k2", "centered"),
    [
        (ShapeError, "one shape", np.eye(2), np.eye(3), False),
        (ShapeError, "a matrix", np.ones(3), np.ones(3), False),
        (SettingError, "zeros", np.eye(2), np.zeros((2, 2)), False),
        (SettingError, "constant", np.eye(3), 0.1 * np.ones((3, 3)), True),
        (SettingError, "finite", np.eye(2), np.full((2, 2), np.nan), False),
        (SettingError, "finite", np.eye(2), np.full((2, 2), "a"), False),
    ],
)
def test_alignment_refuses(error: type[HowwideError], words: str, k1: Any, k2: Any, centered: bool) -> None:
    with pytest.raises(error, match=words):
        alignment(k1, k2, centered=centered)


# --------------------------------------------------------------------------------------------------------------- change


@every_network
@pytest.mark.parametrize("block_size", [5, 1024])
def test_the_change_is_that_of_the_stored_grams(net: Network, block_size: int) -> None:
    x = oracles.examples(10, 6)[0]
    before = oracles.start(net, 6)
    after = moved(before, 0.1)
    found = relative_change(net, before, after, x, block_size=block_size)
    assert len(found.layer_relative) == len(found.layer_alignment) == len(before)
    old, new = (gram(net, w, x, per_layer=True) for w in (before, after))
    pairs = zip([*old, old.sum(0)], [*new, new.sum(0)], strict=True)
    relative = zip((*found.layer_relative, found.relative), (*found.layer_alignment, found.alignment), strict=True)
    for (k0, k1), (change, cosine) in zip(pairs, relative, strict=True):
        assert change == pytest.approx(np.linalg.norm(k1 - k0) / np.linalg.norm(k0), rel=1e-11)
        assert cosine == pytest.approx((k0 * k1).sum() / np.linalg.norm(k0) / np.linalg.norm(k1), rel=1e-11)
    assert found.relative is not None
    assert found.relative > 1e-3, "there is a change to see"


@every_network
def test_no_change_is_none_and_a_factor_is_a_factor(net: Network) -> None:
    """f is homogeneous of degree L in the weights, so doubling them multiplies every K_l by 4^(L - 1)."""
    x, weights = oracles.examples(7, 6)[0], oracles.start(net, 6)
    still = relative_change(net, weights, weights, x)
    assert still.relative == 0
    assert set(still.layer_relative) == {0.0}
    doubled = relative_change(net, weights, tuple(2 * w for w in weights), x)
    factor = 4.0 ** (len(weights) - 1)
    for value in (doubled.relative, *doubled.layer_relative):
        assert value == pytest.approx(factor - 1, rel=1e-12)
    for value in (still.alignment, *still.layer_alignment, doubled.alignment, *doubled.layer_alignment):
        assert value == pytest.approx(1, rel=1e-14)
    tiny = relative_change(net, weights, tuple((1 + 1e-12) * w for w in weights), x)
    assert tiny.relative == pytest.approx(2 * (len(weights) - 1) * 1e-12, rel=1e-3)


def test_dead_networks_have_no_relative_change() -> None:
    net, x = DeepReLU(4, 2), np.eye(3)
    dead = (-np.ones((4, 3)), np.ones((1, 4)))
    alive = (np.ones((4, 3)), np.ones((1, 4)))
    gone = relative_change(net, alive, dead, x)
    assert (gone.relative, gone.alignment) == (1, None)
    born = relative_change(net, dead, alive, x)
    assert (born.relative, born.alignment, born.layer_relative) == (None, None, (None, None))
    with pytest.raises(SettingError, match="diverge"):
        relative_change(net, alive, tuple(1e120 * w for w in alive), x)


# ---------------------------------------------------------------------------------------------------------- predictions


def problem(net: Network, n: int = 8, tests: int = 8) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
    x, y = oracles.examples(n + tests, 6)
    return oracles.start(net, 6), x[:n], y[:n], x[n:]


def integrated(kernel: np.ndarray, start: np.ndarray, y: np.ndarray, decay: float, time: float) -> np.ndarray:
    """Coefficients a of U = sum_i a_i grad f(x_i): n a' = y - start - K a - n decay a, by a Runge-Kutta method."""
    n = len(y)

    def slope(_: float, a: np.ndarray) -> np.ndarray:
        return (y - start[:n] - kernel[:n, :n] @ a) / n - decay * a

    solution = solve_ivp(slope, (0, time), np.zeros(n), method="DOP853", rtol=1e-11, atol=1e-13)
    assert solution.success
    return start + kernel[:, :n] @ solution.y[:, -1]


@every_network
@pytest.mark.parametrize(("time", "ridge"), [(0.05, 0.0), (2.0, 0.0), (2.0, 0.3)])
def test_predictions_solve_the_flow_of_the_linearised_network(net: Network, time: float, ridge: float) -> None:
    """The kernel from explicit gradients and the flow from an ODE solver; both at the scale of the network."""
    weights, x, y, x_test = problem(net)
    everything = np.concatenate([x, x_test])
    kernel, start = oracles.tangent_gram(net, weights, everything), oracles.outputs(net, weights, everything)
    expected = integrated(kernel, start, y, ridge * net.gradient_scale**2, time)
    found = kernel_predict(net, weights, x, y, x_test, ridge=ridge, time=time)
    np.testing.assert_allclose(np.concatenate([found.train, found.test]), expected, rtol=0, atol=1e-8)
    assert np.abs(expected - start).max() > 0.01, "something was learned"


@every_network
def test_the_end_of_the_flow_is_ridge_regression(net: Network) -> None:
    weights, x, y, x_test = problem(net)
    start, start_test = oracles.outputs(net, weights, x), oracles.outputs(net, weights, x_test)
    square, cross = (gram(net, weights, a, x) / net.gradient_scale**2 for a in (x, x_test))
    ridged = kernel_predict(net, weights, x, y, x_test, ridge=0.05)
    twin = KernelRidge(alpha=0.05 * len(x), kernel="precomputed").fit(square, y - start)
    np.testing.assert_allclose(ridged.train, start + twin.predict(square), rtol=0, atol=1e-10)
    np.testing.assert_allclose(ridged.test, start_test + twin.predict(cross), rtol=0, atol=1e-10)
    plain = kernel_predict(net, weights, x, y, x_test)
    assert (plain.status, plain.rank) == (PredictionStatus.REGULAR, len(x))
    np.testing.assert_allclose(plain.train, y, rtol=0, atol=1e-9)
    np.testing.assert_allclose(plain.test, start_test + cross @ np.linalg.solve(square, y - start), rtol=0, atol=1e-8)
    for near in (
        kernel_predict(net, weights, x, y, x_test, time=1e12),
        kernel_predict(net, weights, x, y, x_test, ridge=1e-13),
    ):
        np.testing.assert_allclose(near.test, plain.test, rtol=0, atol=1e-7)
    begun = kernel_predict(net, weights, x, y, x_test, time=0.0, ridge=0.1)
    np.testing.assert_allclose(begun.train, start, rtol=0, atol=1e-12)
    np.testing.assert_allclose(begun.test, start_test, rtol=0, atol=1e-12)


@pytest.mark.parametrize("frozen", REFERENCE["predictions"]["fits"], ids=lambda f: f"t={f['time']}, +{f['added']}")
@pytest.mark.parametrize("width", [4, 64])
def test_the_infinite_kernel_predicts_as_neural_tangents_does(frozen: dict[str, Any], width: int) -> None:
    """Times of the kernel of scale 1, hence u^2 = m times those of a network; ``added`` is n lambda."""
    case, x = REFERENCE["predictions"], np.array(REFERENCE["rows"])
    net, time = DeepReLU(width, case["depth"]), frozen["time"] and frozen["time"] / width
    train, test = x[case["rows"]], x[case["others"]]
    found = kernel_predict(
        net, None, train, case["y"], test, time=time, ridge=frozen["added"] / len(train), kernel="infinite"
    )
    if frozen["train"] is not None:
        np.testing.assert_allclose(found.train, frozen["train"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.test, frozen["test"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernel", ["finite", "infinite"])
@pytest.mark.parametrize("time", [None, 3.0, 1e30])
def test_contradictory_rows_give_least_squares_and_a_status(kernel: str, time: float | None) -> None:
    """An equal pair with labels +1 and -1, and a multiple of another row: means are learned, nothing is NaN."""
    net = FixedHeadReLU(32, 2)
    weights, x, y, x_test = problem(net)
    x[1], y[:2] = x[0], (1, -1)
    x[3], y[2:4] = 3 * x[2], (1, 3)
    found = kernel_predict(net, weights, x, y, x_test, kernel=kernel, time=time)
    assert found.status is PredictionStatus.SINGULAR
    assert found.rank == len(x) - 2
    assert np.isfinite(found.test).all()
    expected = [0, 0, 1, 3, *y[4:]]
    if time != 3.0:
        np.testing.assert_allclose(found.train, expected, rtol=0, atol=1e-7)
    assert np.abs(found.test).max() < 100
    damped = kernel_predict(net, weights, x, y, x_test, kernel=kernel, time=time, ridge=1e-3)
    assert damped.status is PredictionStatus.REGULAR


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), time=st.floats(0, 1e3), ridge=st.floats(0, 1))
def test_the_training_loss_falls_with_time_and_rises_with_ridge(seed: int, time: float, ridge: float) -> None:
    net = FixedHeadReLU(8, 2)
    x, y = oracles.examples(10, 4, seed)

    def loss(**settings: Any) -> float:
        return float(((kernel_predict(net, None, x, y, x, kernel="infinite", **settings).train - y) ** 2).mean())

    losses = [loss(time=t, ridge=ridge) for t in (0.0, time, 2 * time)] + [loss(ridge=ridge)]
    assert losses[0] == pytest.approx(1)
    assert all(after <= before + 1e-9 for before, after in itertools.pairwise(losses))
    assert loss(ridge=2 * ridge, time=time) >= loss(ridge=ridge, time=time) - 1e-9


def test_a_network_without_live_neurons_learns_nothing() -> None:
    net, x = FixedHeadReLU(4, 1), np.eye(3)
    found = kernel_predict(net, (-np.ones((4, 3)),), x, [1, -1, 1], x)
    assert (found.status, found.rank) == (PredictionStatus.SINGULAR, 0)
    assert found.test.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "net", [pytest.param(FixedHeadReLU(512, 2), marks=pytest.mark.slow), DeepReLU(512, 3)], ids=str
)
def test_wide_networks_trained_with_small_steps_follow_the_prediction(net: Network) -> None:
    """Off by less than 0.05 where labels are 1, early in the run and near its end."""
    x, y = oracles.examples(16, 6, 3)
    x, x_test, y = x[:8], x[8:], y[:8]
    weights = net.init(jax.random.key(1), 6, antisymmetric=True, dtype=np.float64)
    eta = 0.1 / net.gradient_scale**2
    for steps in (60, 600):
        run = hw.gradient_descent(net, weights, x, y, loss="square", step_size=eta, steps=steps)
        found = kernel_predict(net, weights, x, y, x_test, time=eta * steps)
        trained = np.asarray(net.apply(run.weights, x))
        assert np.abs(trained).mean() > 0.1, "something was learned"
        np.testing.assert_allclose(trained, found.train, rtol=0, atol=0.05)
        np.testing.assert_allclose(net.apply(run.weights, x_test), found.test, rtol=0, atol=0.05)


@pytest.mark.parametrize(
    ("error", "words", "change"),
    [
        (ShapeError, "one row an example", {"x_test": np.ones(6)}),
        (ShapeError, "first matrix takes", {"x_test": np.ones((2, 5))}),
        (ShapeError, "target for each", {"y": np.ones(3)}),
        (ShapeError, "do not fit", {"weights": (np.ones((3, 6)),)}),
        (SettingError, "targets must be finite", {"y": [math.nan] * 8}),
        (SettingError, "ridge", {"ridge": -1.0}),
        (SettingError, "ridge", {"ridge": math.inf}),
        (SettingError, "time", {"time": math.nan}),
        (SettingError, "time", {"time": "1"}),
        (SettingError, "kernel is", {"kernel": "deep"}),
        (SettingError, "weights None", {"weights": None}),
    ],
)
def test_misuse_of_predictions_is_told_in_one_line(
    error: type[HowwideError], words: str, change: dict[str, Any]
) -> None:
    def call(**settings: Any) -> Predictions:
        return kernel_predict(DeepReLU(8, 2), **settings)

    weights, x, y, x_test = problem(DeepReLU(8, 2))
    given = {"weights": weights, "x": x, "y": y, "x_test": x_test}
    assert isinstance(call(**given), Predictions)
    with pytest.raises(error, match=words) as caught:
        call(**{**given, **change})
    assert "\n" not in str(caught.value)


def test_the_infinite_kernel_ignores_weights() -> None:
    net = FixedHeadReLU(8, 2)
    weights, x, y, x_test = problem(net)
    found = [kernel_predict(net, w, x, y, x_test, kernel="infinite") for w in (weights, None)]
    np.testing.assert_array_equal(found[0].test, found[1].test)
    np.testing.assert_allclose(found[0].eigenvalues, np.linalg.eigvalsh(infinite_gram(net, x)), rtol=1e-12)
