"""Margins of networks and kernels: explicit gradients, Clarabel, and the 2-XOR margin in closed form."""

import itertools
import math
from typing import Any

import cvxpy
import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from cases import digits
from howwide import DeepReLU, FixedHeadReLU
from howwide.errors import DataError, SettingError, ShapeError
from howwide.networks import Network
from howwide.ntrf import Margin, kernel_margin, margin, margin_bounds, margin_of
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.status import SolveStatus
from howwide.tangent import gram
from howwide.tangent.infinite import infinite_gram

NETWORKS = [DeepReLU(12, 2), DeepReLU(10, 4, alpha=0.25), FixedHeadReLU(14, 1), FixedHeadReLU((9, 7, 6))]

every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)


def problem(net: Network, n: int = 25, d: int = 6) -> tuple[Any, np.ndarray, np.ndarray]:
    """Weights, unit rows, and labels that the sign of one coordinate gives, but for a few."""
    x, y = oracles.examples(n, d)
    y = np.where(np.arange(n) % 8 == 7, y, np.where(x[:, 0] > 0, 1.0, -1.0))
    return oracles.start(net, d), x, y


def signed_features(net: Network, weights: Any, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """``y_i grad_{W_l} f(x_i) / unit``, one matrix (n, parameters of the layer) a layer, by the plain chain rule."""
    gradients = oracles.output_gradients(net, weights, x)
    layers = range(len(gradients[0]))
    return [
        np.stack([s * g[l].ravel() for s, g in zip(y, gradients, strict=True)]) / net.gradient_scale for l in layers
    ]


def clarabel(features: list[np.ndarray], b: np.ndarray, *, per_layer: bool) -> float:
    """1 / R for the least R such that U_l in the balls reach <phi_i, U> >= b_i."""
    directions = [cvxpy.Variable(f.shape[1]) for f in features]
    reached = sum(f @ u for f, u in zip(features, directions, strict=True))
    norms = cvxpy.hstack([cvxpy.norm(u) for u in directions])
    radius = cvxpy.norm(norms, "inf" if per_layer else 2)
    problem = cvxpy.Problem(cvxpy.Minimize(radius), [reached >= b])
    problem.solve(solver="CLARABEL")  # to 1e-8
    return 1 / float(problem.value)


def encloses(found: Any, truth: float, tolerance: float) -> None:
    assert found.status is SolveStatus.CONVERGED
    assert found.lower * (1 - 1e-6) <= truth <= found.upper * (1 + 1e-6)
    assert found.upper - found.lower <= tolerance * found.upper


# ------------------------------------------------------------------------------------------------------------- networks


@every_network
@pytest.mark.parametrize("ball", ["joint", "per-layer"])
@pytest.mark.parametrize("offsets", [False, True])
def test_the_margin_is_that_of_explicit_gradients(net: Network, ball: Any, offsets: bool) -> None:
    """The value against Clarabel; the direction by hand: unit norm, and the margins of Assumption 4.1."""
    weights, x, y = problem(net)
    features = signed_features(net, weights, x, y)
    f = oracles.outputs(net, weights, x) if offsets else np.zeros(len(y))
    found = margin(net, weights, x, y, ball=ball, offsets=offsets, tolerance=1e-4)
    encloses(found, clarabel(features, 1 - y * f, per_layer=ball == "per-layer"), 1e-4)
    directions = found.directions()
    norms = [np.linalg.norm(u) for u in directions]
    assert [u.shape for u in directions] == [w.shape for w in weights]
    np.testing.assert_allclose(norms if ball == "per-layer" else [np.hypot.reduce(norms)], 1.0)
    margins = sum(p @ u.ravel() for p, u in zip(features, directions, strict=True))
    np.testing.assert_allclose(margins, found.margins, rtol=1e-9, atol=1e-12)
    assert (margins / found.lower + y * f >= 1 - 1e-9).all()


@every_network
def test_balls_by_layers_allow_more_than_the_joint_ball_and_at_most_its_multiple(net: Network) -> None:
    weights, x, y = problem(net)
    sample = Linearized(net, weights, x, y)
    joint, layers = margin_of(sample), margin_of(sample, ball="per-layer")
    assert joint.lower <= layers.upper
    assert layers.lower <= math.sqrt(sample.layers) * joint.upper
    if sample.layers == 1:
        assert layers.upper == pytest.approx(joint.upper, rel=1e-3)
    else:
        assert layers.lower > 1.05 * joint.upper


@pytest.mark.parametrize("ball", ["joint", "per-layer"])
def test_nothing_need_be_stored(ball: Any) -> None:
    """By products with the features: the same interval, with working sets that grow."""
    net = DeepReLU(64, 3)
    weights, x, y = problem(net, 300, 20)
    stored, without = (margin_of(Linearized(net, weights, x, y, stored=memory), ball=ball) for memory in (2.0**30, 0.0))
    assert without.linearized.grams is None
    assert without.status is SolveStatus.CONVERGED
    assert without.lower == pytest.approx(stored.lower, rel=1e-9)
    assert without.upper == pytest.approx(stored.upper, rel=1e-9)


def test_working_sets_grow_without_a_stored_gram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("howwide.ntrf.solvers.hard_margin._START", 20)
    net = DeepReLU(32, 2)
    weights, x, y = problem(net, 120, 20)
    truth = kernel_margin(gram(net, weights, x) / net.gradient_scale**2, y, tolerance=1e-6)
    for memory in (3 * 2.0**30, 8 * 2 * 40**2):  # the second forgets what it has computed
        monkeypatch.setattr("howwide.ntrf._margin.STORED", memory)
        found = margin_of(Linearized(net, weights, x, y, stored=0), tolerance=1e-5)
        assert (found.weights > 0).sum() > 40
        encloses(found, truth.lower, 1e-5)


def test_single_precision_gives_a_wider_interval_around_the_same_margin() -> None:
    net = DeepReLU(64, 3)
    weights, x, y = problem(net, 100, 10)
    exact = margin(net, weights, x, y, tolerance=1e-6)
    for memory in (2.0**30, 0.0):
        single = margin_of(Linearized(net, weights, x, y, dtype="float32", stored=memory))
        assert single.lower <= exact.lower <= exact.upper <= single.upper
        assert single.upper - single.lower < 0.01 * exact.upper


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("offsets", [False, True])
def test_the_margin_by_layers_is_at_least_the_joint_one(dtype: str, offsets: bool) -> None:
    """Also where a layer of a narrow network vanishes to rounding at the optimum, which left 0 of the lower end."""
    ds = digits()
    for seed in (1, 4):
        net, part = DeepReLU(8, 5), ds.subset(120, seed=seed)
        weights = net.init(jax.random.key(seed), ds.d)
        sample = Linearized(net, weights, part.x, part.y, dtype=dtype)
        joint, layers = (margin_of(sample, ball=ball, offsets=offsets) for ball in ("joint", "per-layer"))
        assert layers.lower >= joint.lower > 0
        assert layers.upper >= joint.upper * (1 - 1e-12)
        f = part.y * sample.exact.outputs if offsets else np.zeros(part.n)
        directions = layers.directions()
        assert max(np.linalg.norm(u) for u in directions) <= 1 + 1e-9
        reached = part.y * sample.exact.operator.push(directions).sum(0) / net.gradient_scale
        assert (reached >= layers.lower * (1 - f) * (1 - 1e-6)).all()


@pytest.mark.parametrize("ball", ["joint", "per-layer"])
def test_a_layer_without_gradients_takes_no_part_in_the_direction(ball: Any) -> None:
    """Under a last row of zeros all gradients but its own vanish, and the margin is that of the last layer alone."""
    net = DeepReLU(24, 2)
    (first, last), x, y = problem(net, n=10)
    found = margin(net, (first, 0 * last), x, y, ball=ball)
    directions = found.directions()
    assert not directions[0].any()
    assert np.linalg.norm(directions[1]) == pytest.approx(1)
    reached = y * (np.maximum(x @ first.T, 0) @ directions[1].ravel())
    np.testing.assert_allclose(reached, found.margins, rtol=1e-9, atol=1e-12)
    assert reached.min() >= found.lower > 0


def test_offsets_in_float32_keep_their_margin() -> None:
    """Some rows are beyond 1 already, and a lower end of 0 was all that float32 rounding left."""
    ds, net = digits(200), DeepReLU(64, 3)
    weights = net.init(jax.random.key(0), ds.d)
    for ball in ("joint", "per-layer"):
        double, single = (
            margin_of(Linearized(net, weights, ds.x, ds.y, dtype=d), ball=ball, offsets=True)
            for d in ("float64", "float32")
        )
        assert single.lower == pytest.approx(double.lower, rel=1e-3)
        assert single.lower <= double.upper
        assert double.lower <= single.upper


def test_a_float32_kernel_with_offsets_of_both_signs_keeps_its_margin() -> None:
    """With room for the rounding of its entries, where less room left a lower end of 0."""
    ds, net = digits(200), DeepReLU(64, 3)
    sample = Linearized(net, net.init(jax.random.key(0), ds.d), ds.x, ds.y)
    k = sample.grams.sum(0)
    exact = kernel_margin(k, ds.y, outputs=sample.outputs)
    single = kernel_margin(k.astype(np.float32), ds.y, outputs=sample.outputs)
    assert single.lower > 0.9 * exact.lower
    assert single.lower <= exact.upper
    assert exact.lower <= single.upper


def test_margins_in_float32_are_those_of_the_inputs_as_they_are_given() -> None:
    """Entries of a float32 Gram of 8 neurons err by 3e-5; the ends are proved in float64."""
    ds, net = digits(150), DeepReLU(8, 5)
    for seed in range(4):
        weights = net.init(jax.random.key(seed), ds.d, dtype="float64")
        exact, single = (margin(net, weights, ds.x, ds.y, dtype=d) for d in ("float64", "float32"))
        assert single.lower <= exact.upper
        assert exact.lower <= single.upper
        assert single.lower == pytest.approx(exact.lower, rel=0.02)


def test_without_outputs_offsets_change_nothing() -> None:
    net = DeepReLU(16, 3)
    _, x, y = problem(net)
    weights = net.init(jax.random.key(0), 6, antisymmetric=True)
    plain, offset = (margin(net, weights, x, y, offsets=o, tolerance=1e-5) for o in (False, True))
    assert offset.lower == pytest.approx(plain.lower, rel=2e-5)


@pytest.mark.parametrize("ball", ["joint", "per-layer"])
def test_every_budget_gives_a_valid_interval(ball: Any) -> None:
    net = DeepReLU(12, 3)
    weights, x, y = problem(net, 60)
    sample = Linearized(net, weights, x, y)
    truth = margin_of(sample, ball=ball, tolerance=1e-5)
    found = [margin_of(sample, ball=ball, tolerance=1e-5, max_steps=budget) for budget in range(1, truth.steps + 1)]
    assert all(one.lower <= truth.upper and truth.lower <= one.upper for one in found)
    assert all(one.steps <= budget for budget, one in enumerate(found, 1))
    assert found[0].status is SolveStatus.MAX_STEPS
    assert found[-1].status is SolveStatus.CONVERGED


# ------------------------------------------------------------------------------------------------------ special samples


@every_network
@pytest.mark.parametrize("ball", ["joint", "per-layer"])
def test_an_input_with_both_labels_leaves_no_margin(net: Network, ball: Any) -> None:
    weights, x, y = problem(net)
    found = margin(net, weights, np.vstack([x, x[4]]), np.append(y, -y[4]), ball=ball)
    assert found.status is SolveStatus.NOT_SEPARABLE
    assert found.lower == 0
    assert found.upper < 1e-6
    np.testing.assert_allclose(found.weights[[4, 25]], 0.5, atol=1e-6)
    assert not any(u.any() for u in found.directions())


@pytest.mark.parametrize("y", [[1], [-1], [1, 1, 1, 1]])
def test_one_example_or_one_class_will_do(y: list[int]) -> None:
    net = DeepReLU(12, 3)
    weights, x, _ = problem(net, len(y))
    found = margin(net, weights, x, y)
    features = np.hstack(signed_features(net, weights, x, np.array(y)))
    assert found.status is SolveStatus.CONVERGED
    assert found.lower <= np.linalg.norm(features, axis=1).min()
    if len(y) == 1:
        encloses(found, float(np.linalg.norm(features)), 1e-9)


def test_a_start_that_already_reaches_one_has_no_bound() -> None:
    net = DeepReLU(12, 2)
    weights, x, _ = problem(net, 5)
    large = tuple(5 * w for w in weights)
    f = oracles.outputs(net, large, x)
    assert np.abs(f).min() > 1
    y = np.sign(f)
    found = margin(net, large, x, y, offsets=True)
    assert found.lower == found.upper == np.inf
    assert not any(u.any() for u in found.directions())


# -------------------------------------------------------------------------------------------------------------- kernels


def xor(d: int) -> tuple[np.ndarray, np.ndarray]:
    """All points of the noisy 2-XOR distribution in d dimensions, each as likely as the others."""
    signals = ((1, 0, 1), (0, 1, -1), (-1, 0, 1), (0, -1, -1))
    noise = list(itertools.product([-1, 1], repeat=d - 2))
    x = np.array([[a, b, *z] for a, b, _ in signals for z in noise]) / math.sqrt(d - 1)
    return x, np.repeat([s[2] for s in signals], len(noise))


def xor_margin(d: int) -> float:
    """sqrt(E y y' Theta(z, z')) for L = 2, both layers, over the classes of equal inner products."""
    total = 0.0
    for signal, share in ((1, 0.25), (0, -0.5), (-1, 0.25)):
        for k in range(d - 1):
            r = min(1.0, max(-1.0, (signal + d - 2 - 2 * k) / (d - 1)))
            k0 = (math.pi - math.acos(r)) / math.pi
            k1 = (r * (math.pi - math.acos(r)) + math.sqrt(1 - r * r)) / math.pi
            total += share * math.comb(d - 2, k) / 2 ** (d - 2) * (k1 + r * k0 / 2)
    return math.sqrt(total)


def test_the_population_margin_of_noisy_xor() -> None:
    """By symmetry uniform weights are optimal, so the margin is a sum; it falls like 1/d."""
    x, y = xor(10)
    found = kernel_margin(infinite_gram(DeepReLU(8, 2), x), y, tolerance=1e-6)
    encloses(found, xor_margin(10), 1e-6)
    assert margin_bounds(infinite_gram(DeepReLU(8, 2), x), y)[1] == pytest.approx(xor_margin(10), rel=1e-9)
    assert [round(xor_margin(d), 4) for d in (10, 20, 40)] == [0.0476, 0.0215, 0.0103]


def test_the_margin_of_a_wide_network_is_near_that_of_the_limit() -> None:
    """One seed; entries deviate by about 2048^{-1/2}, and eight seeds lay within 5 %."""
    x, y = xor(5)
    net = DeepReLU(2048, 3)
    wide = margin(net, net.init(jax.random.key(0), 5), x, y)
    limit = kernel_margin(infinite_gram(net, x), y)
    assert wide.lower == pytest.approx(limit.lower, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 20), p=st.integers(1, 30), seed=st.integers(0, 10**6))
def test_quick_bounds_enclose_the_margin(n: int, p: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, y = rng.standard_normal((n, p)), rng.choice([-1, 1], n)
    k = features @ features.T
    lower, upper = margin_bounds(k, y)
    found = kernel_margin(k, y)
    assert 0 <= lower <= found.upper
    assert found.lower <= upper
    signed = features.T @ y / n
    assert upper == pytest.approx(np.linalg.norm(signed), rel=1e-6, abs=1e-6)
    if p >= n:
        assert lower == pytest.approx(np.linalg.svd(features, compute_uv=False)[-1] / math.sqrt(n), abs=1e-5)


def test_quick_bounds_are_attained() -> None:
    """The least eigenvalue by orthonormal features, which uniform weights suit."""
    lower, upper = margin_bounds(np.eye(4), [1, -1, 1, -1])
    assert lower <= 0.5 <= upper
    assert upper - lower < 1e-12


def test_labels_and_outputs_of_a_kernel_are_counted() -> None:
    features = np.random.default_rng(1).standard_normal((12, 20))
    y = np.where(np.arange(12) % 3, 1, -1)
    f = np.linspace(-2, 2, 12)
    found = kernel_margin(features @ features.T, y, outputs=f, tolerance=1e-5)
    encloses(found, clarabel([features * y[:, None]], 1 - y * f, per_layer=False), 1e-5)
    single = kernel_margin((features @ features.T).astype(np.float32), y, outputs=f)
    assert single.lower <= found.lower <= found.upper <= single.upper


# --------------------------------------------------------------------------------------------------------------- misuse


def test_misuse_is_refused_in_one_line() -> None:
    net = DeepReLU(12, 2)
    weights, x, y = problem(net)
    calls: list[tuple[type[Exception], Any]] = [
        (SettingError, lambda: margin(net, weights, x, y, ball="each")),  # type: ignore[arg-type]
        (SettingError, lambda: margin(net, weights, x, y, tolerance=2.0)),
        (SettingError, lambda: margin(net, weights, x, y, dtype="float16")),
        (DataError, lambda: margin(net, weights, x, np.arange(len(y)))),
        (ShapeError, lambda: margin(net, weights, x, y[:3])),
        (ShapeError, lambda: kernel_margin(np.eye(3), [1, -1])),
        (ShapeError, lambda: kernel_margin(np.eye(3), [1, -1, 1], outputs=[0.0])),
        (ShapeError, lambda: margin_bounds(np.ones((3, 2)), [1, -1, 1])),
        (DataError, lambda: kernel_margin(np.eye(3), [1, 0, 1])),
        (DataError, lambda: kernel_margin(np.eye(3) - 2, [1, 1, 1])),
    ]
    for error, call in calls:
        with pytest.raises(error) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_margin_prints_without_its_sample() -> None:
    net = DeepReLU(12, 2)
    found = margin(net, *problem(net))
    assert isinstance(found, Margin)
    assert "linearized" not in repr(found)
