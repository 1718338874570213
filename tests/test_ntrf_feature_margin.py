"""Margins of the last hidden layer: L2 at a width and in the limit, and the sup-norm margin of Cao and Gu."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import linprog, minimize
from scipy.stats import binom, norm

from howwide.errors import DataError, HowwideError, SettingError, ShapeError
from howwide.networks import DeepReLU, FixedHeadReLU, Network
from howwide.ntrf import SolveStatus, feature_margin, infinite_feature_margin, sup_feature_margin
from howwide.tangent import gram

NETWORKS = [DeepReLU(24, 2), DeepReLU(24, 4, alpha=0.25), FixedHeadReLU(24, 1), FixedHeadReLU((10, 30, 24))]
LENGTH = np.sqrt(np.pi / 2)  # of a standard normal vector in the plane, on average

every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)


def sample(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) * rng.uniform(0.2, 0.8, (n, 1)), rng.choice([-1, 1], n)


def start(net: Network, d: int, seed: int = 0) -> Any:
    return net.init(jax.random.key(seed), d, dtype=np.float64)  # type: ignore[attr-defined]


def features(net: Network, weights: Any, x: np.ndarray) -> np.ndarray:
    """Last hidden activations, in NumPy."""
    for matrix in weights[: len(net.hidden_widths)]:
        x = np.maximum(x @ np.asarray(matrix).T, 0)
    return x


def primal(signed: np.ndarray) -> float:
    """max t with signed @ theta >= t and |theta| <= 1, by another method: the least norm with margins 1."""
    found = minimize(
        lambda theta: theta @ theta / 2,
        np.linalg.lstsq(signed, np.ones(len(signed)))[0],
        jac=lambda theta: theta,
        constraints={"type": "ineq", "fun": lambda theta: signed @ theta - 1, "jac": lambda _: signed},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert found.success
    return float(1 / np.linalg.norm(found.x))


def sup_margin(active: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """max over |c_j| <= 1 of min_i y_i sum_j weights_j c_j active_ji, as a linear programme in its primal form."""
    m, n = active.shape
    found = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.hstack([-(y * active * weights[:, None]).T, np.ones((n, 1))]),
        b_ub=np.zeros(n),
        bounds=[(-1, 1)] * m + [(None, None)],
    )
    assert found.status == 0
    return float(-found.fun)


def in_the_plane(x: np.ndarray, y: np.ndarray, steps: int = 4000) -> float:
    """The sup-norm margin by the midpoint rule over angles, with the mean length of u outside."""
    angles = 2 * np.pi * (np.arange(steps) + 0.5) / steps
    active = np.maximum(np.column_stack([np.cos(angles), np.sin(angles)]) @ x.T, 0)
    return sup_margin(active, y, np.full(steps, LENGTH / steps))


# ------------------------------------------------------------------------------------------------------ at a width


@every_network
def test_the_margin_of_the_last_hidden_layer_is_the_primal_one(net: Network) -> None:
    x, y = sample(10, 6)
    weights = start(net, 6)
    expected = primal(y[:, None] * features(net, weights, x))
    found = feature_margin(net, weights, x, y)
    assert expected > 1e-3
    assert found.lower <= expected * (1 + 1e-6)
    assert found.upper >= expected * (1 - 1e-6)
    assert found.upper - found.lower <= 1e-3 * expected
    assert found.status == SolveStatus.CONVERGED


def test_it_is_the_tangent_margin_of_a_trained_head() -> None:
    net = DeepReLU(24, 4, alpha=0.25)
    x, y = sample(10, 6)
    weights = start(net, 6)
    head = gram(net, weights, x, per_layer=True)[-1] / net.scale**2
    found = feature_margin(net, weights, x, y)
    p = found.weights * y
    assert found.upper == pytest.approx(np.sqrt(p @ head @ p), rel=1e-9)


def test_features_keep_the_lengths_of_the_inputs() -> None:
    """One example: the margin is |h|, and E |h|^2 = |x|^2; 40 starts of both networks, six deviations of the mean."""
    x = np.array([[0.3, -0.4, 1.2]])
    for net in (DeepReLU(64, 3), FixedHeadReLU(64, 2)):
        squares = [feature_margin(net, start(net, 3, seed), x, [1]).upper ** 2 for seed in range(40)]
        assert abs(np.mean(squares) - 1.69) < 6 * np.std(squares) / np.sqrt(40)
        assert np.std(squares) / np.sqrt(40) < 0.15


@pytest.mark.parametrize("hidden_layers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_limit_is_what_wide_networks_tend_to(hidden_layers: int) -> None:
    """Wider comes nearer, for both networks; relative errors are of order m^{-1/2} / margin."""
    x, y = sample(6, 8, seed=2)
    limit = infinite_feature_margin(x, y, hidden_layers=hidden_layers)
    for kind in (lambda m: DeepReLU(m, hidden_layers + 1), lambda m: FixedHeadReLU(m, hidden_layers)):
        nets = [kind(m) for m in (32, 2048)]
        errors = [
            np.mean([abs(feature_margin(net, start(net, 8, seed), x, y).upper - limit.upper) for seed in range(4)])
            for net in nets
        ]
        assert errors[1] < errors[0] / 3
        assert errors[1] < 0.05 * limit.upper


def test_sup_norm_weights_over_the_same_neurons_have_a_margin_smaller_by_the_root_of_two() -> None:
    """One hidden layer, W = sqrt(2/m) U: the linear programme over |c_j| <= 1 stays below gamma_m / sqrt 2."""
    x, y = sample(8, 4)
    for seed in range(3):
        net = FixedHeadReLU(64, 1)
        weights = start(net, 4, seed)
        neurons = np.asarray(weights[0]) * np.sqrt(64 / 2)
        sup = sup_margin(np.maximum(neurons @ x.T, 0), y, np.full(64, 1 / 64))
        upper = feature_margin(net, weights, x, y).upper
        assert 0.2 * upper < sup <= upper / np.sqrt(2)


# ---------------------------------------------------------------------------------------------------- in the limit


def test_the_limit_has_the_kernel_of_standard_normal_neurons_twice() -> None:
    """k1 = 2 E[s(<u,x>) s(<u,x'>)]: 400,000 draws, five deviations; two inputs, so the margin is a closed form in k."""
    x, y = sample(2, 5, seed=1)
    u = np.random.default_rng(0).standard_normal((400_000, 5))
    active = np.maximum(u @ x.T, 0)
    products = 2 * active[:, 0] * active[:, 1]
    (a, c), b = (x * x).sum(1), y[0] * y[1] * products.mean()
    share = np.clip((c - b) / (a + c - 2 * b), 0, 1)
    expected = np.sqrt(share**2 * a + (1 - share) ** 2 * c + 2 * share * (1 - share) * b)
    found = infinite_feature_margin(x, y, hidden_layers=1)
    # the derivative of the squared margin by b is at most 1/2
    assert abs(found.upper**2 - expected**2) < 5 * products.std() / np.sqrt(400_000) / 2 + 2e-3 * expected**2
    assert sup_feature_margin(x, y, samples=100).kernel_upper == pytest.approx(found.upper / np.sqrt(2), rel=2e-3)


# -------------------------------------------------------------------------------------------------- under sup |c| <= 1


def test_one_class_of_unit_rows_has_the_mean_of_a_neuron() -> None:
    """c = 1 is best: gamma = E s(g) = 1 / sqrt(2 pi), whatever the unit rows."""
    x = sample(5, 8)[0]
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    found = sup_feature_margin(x, np.ones(5), samples=20_000)
    assert found.lower <= 1 / np.sqrt(2 * np.pi) <= found.upper
    assert found.upper - found.lower < 0.03


def test_two_orthonormal_inputs_with_different_labels_have_a_closed_form() -> None:
    """gamma = E |s(g_1) - s(g_2)| / 2 = 1 / (2 sqrt pi); p is uniform by symmetry."""
    found = sup_feature_margin(np.eye(7)[:2], [1, -1], samples=20_000)
    assert found.lower <= 1 / (2 * np.sqrt(np.pi)) <= found.upper
    assert found.upper - found.lower < 0.03
    assert found.status == SolveStatus.CONVERGED


@pytest.mark.parametrize(("n", "seed"), [(3, 0), (5, 1), (6, 5)])
def test_exact_values_in_the_plane_lie_between_the_ends(n: int, seed: int) -> None:
    x, y = sample(n, 2, seed)
    gamma = in_the_plane(x, y)
    assert gamma > 0.003
    found = sup_feature_margin(x, y, samples=40_000, failure_probability=1e-6, seed=3)
    assert found.lower - 1e-6 <= gamma <= found.upper + 1e-6
    assert found.upper - found.lower < 0.03
    assert found.estimate == pytest.approx(gamma, rel=0.05)
    assert found.kernel_upper > 1.02 * gamma


@given(seed=st.integers(0, 10**6), n=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_the_ends_without_sampling_always_hold(seed: int, n: int) -> None:
    x, y = sample(n, 2, seed)
    gamma = in_the_plane(x, y, 1000)
    found = sup_feature_margin(x, y, samples=2, max_steps=0)
    assert found.kernel_lower <= found.lower <= found.estimate <= found.upper <= found.kernel_upper
    assert found.kernel_lower <= gamma + 1e-4
    assert found.kernel_upper >= gamma - 1e-4


@pytest.mark.parametrize("strength", [0.2, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("sign", [lambda g: 1.0, lambda g: np.sign(g), lambda g: np.sign(abs(g) - 1)])
def test_variables_below_half_a_normal_have_the_tails_that_are_claimed(
    strength: float, sign: Callable[[float], float]
) -> None:
    """E exp(l (Z - EZ)) <= exp(l^2 (1 + 2/pi) / 4) for Z = c |g| / 2 with |c| <= 1, on both sides, by quadrature."""

    def mean(f: Callable[[float], float]) -> float:
        pieces = [(-30, -1), (-1, 0), (0, 1), (1, 30)]
        return sum(quad(lambda g: f(sign(g) * abs(g) / 2) * norm.pdf(g), *piece)[0] for piece in pieces)

    centre = mean(lambda z: z)
    for side in (strength, -strength):
        assert mean(lambda z, side=side: np.exp(side * (z - centre))) <= np.exp(strength**2 * (1 + 2 / np.pi) / 4)  # type: ignore[misc]


@pytest.mark.parametrize("seeds", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_the_interval_covers_at_its_level(seeds: int) -> None:
    """Two orthonormal inputs with different labels, level 1/2: fewer hits than this has chance 1e-3."""
    gamma = 1 / (2 * np.sqrt(np.pi))
    found = [sup_feature_margin(np.eye(2), [1, -1], samples=300, failure_probability=0.5, seed=s) for s in range(seeds)]
    assert sum(one.lower <= gamma <= one.upper for one in found) >= binom.ppf(1e-3, seeds, 0.5)
    assert sum(one.kernel_lower < one.lower and one.upper < one.kernel_upper for one in found) >= 0.9 * seeds
    assert np.mean([one.estimate < gamma for one in found]) > 0.05


# ---------------------------------------------------------------------------------------------------------- misuse


def test_opposite_labels_of_one_input_have_no_margin() -> None:
    x, y = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]]), [1, -1, 1]
    net = FixedHeadReLU(16, 2)
    for found in (
        feature_margin(net, start(net, 2), x, y),
        infinite_feature_margin(x, y, hidden_layers=2),
        sup_feature_margin(x, y, samples=50),
    ):
        assert found.status == SolveStatus.NOT_SEPARABLE
        assert found.lower == 0
        assert found.upper < 1e-5


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ShapeError, lambda: feature_margin(NETWORKS[0], start(NETWORKS[0], 3), np.eye(2), [1, -1])),
        (ShapeError, lambda: feature_margin(NETWORKS[0], start(NETWORKS[0], 2), np.eye(2), [1])),
        (DataError, lambda: feature_margin(NETWORKS[0], start(NETWORKS[0], 2), np.eye(2), [1, 2])),
        (SettingError, lambda: feature_margin(NETWORKS[0], start(NETWORKS[0], 2), np.eye(2), [1, -1], dtype=int)),
        (SettingError, lambda: infinite_feature_margin(np.eye(2), [1, -1], hidden_layers=0)),
        (SettingError, lambda: infinite_feature_margin([[np.inf]], [1], hidden_layers=1)),
        (ShapeError, lambda: sup_feature_margin(np.eye(2), [1])),
        (SettingError, lambda: sup_feature_margin(np.eye(2), [1, -1], samples=0)),
        (SettingError, lambda: sup_feature_margin(np.eye(2), [1, -1], failure_probability=1)),
    ],
)
def test_misuse_is_told_in_one_line(error: type[HowwideError], call: Callable[[], Any]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value)
