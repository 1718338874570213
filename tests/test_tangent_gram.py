"""Gram and operator against the Jacobian by automatic differentiation, and what algebra says of them."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracles
from cases import DIMENSION, NARROW
from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.errors import HowwideError, SettingError, ShapeError
from howwide.networks import Network
from howwide.tangent import TangentOperator, dense_jacobian, gram

DEEPER = [
    *(DeepReLU(12, depth, alpha) for depth in range(2, 7) for alpha in (0.25, 0.5)),
    *(FixedHeadReLU(12, depth) for depth in range(1, 7)),
]
NETWORKS = [
    *NARROW,
    DeepReLU(1, 3),
    *(pytest.param(net, marks=pytest.mark.slow) for net in DEEPER if net not in NARROW),
]
FEW = [DeepReLU(16, 4, 0.25), FixedHeadReLU((6, 10, 8))]

every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)
a_few_networks = pytest.mark.parametrize("net", FEW, ids=str)


def rows(n: int = 9) -> np.ndarray:
    return oracles.examples(n, DIMENSION)[0]


def dense(net: Network, weights: Any, x: Any) -> np.ndarray:
    """Every layer's Gram from the stored Jacobian."""
    return np.stack([np.einsum("iab,jab->ij", j, j) for j in dense_jacobian(net, weights, x)])


def close(found: Any, expected: np.ndarray, tolerance: float = 1e-10) -> bool:
    return bool(np.max(np.abs(np.asarray(found) - expected)) <= tolerance * np.max(np.abs(expected)))


@every_network
def test_the_layerwise_formula_is_the_product_of_jacobians(net: Network) -> None:
    weights, x = oracles.start(net, DIMENSION), rows()
    expected = dense(net, weights, x)
    assert expected.max() > 0
    assert close(gram(net, weights, x, per_layer=True), expected)
    assert close(gram(net, weights, x), expected.sum(0))
    assert close(gram(net, weights, x[:4], x[2:]), expected.sum(0)[:4, 2:])
    assert close(gram(net, weights, x[:4], x[2:], per_layer=True), expected[:, :4, 2:])


@every_network
def test_the_operator_is_the_gram_it_never_stores(net: Network) -> None:
    weights, x = oracles.start(net, DIMENSION), rows()
    expected, v = dense(net, weights, x), np.random.default_rng(3).standard_normal((2, 9))
    operator = TangentOperator(net, weights, x, block_size=4)
    assert close(operator @ v[0], expected.sum(0) @ v[0])
    assert close(operator.matmat(v.T), expected.sum(0) @ v.T)
    assert close(operator.rmatvec(v[0]), expected.sum(0) @ v[0])
    assert close(operator.layer_products(v[0]), expected @ v[0])
    assert close(operator.diagonal(per_layer=True), np.einsum("lii->li", expected))
    assert close(operator.diagonal(), np.einsum("lii->i", expected))
    assert close(operator.trace(per_layer=True), np.einsum("lii->l", expected))
    assert operator.trace() == pytest.approx(np.trace(expected.sum(0)), rel=1e-12)
    assert close(operator.outputs, oracles.outputs(net, weights, x))


@every_network
def test_pull_and_push_are_the_jacobian_and_its_transpose(net: Network) -> None:
    weights, x = oracles.start(net, DIMENSION), rows()
    jacobian, random = dense_jacobian(net, weights, x), np.random.default_rng(4)
    operator, c = TangentOperator(net, weights, x, block_size=5), random.standard_normal((len(weights), 9))
    directions = [random.standard_normal(w.shape) for w in weights]
    for found, j, row in zip(operator.pull(c), jacobian, c, strict=True):
        assert close(found, np.einsum("i,iab->ab", row, j))
    expected = np.stack([np.einsum("iab,ab->i", j, u) for j, u in zip(jacobian, directions, strict=True)])
    assert close(operator.push(directions), expected)


@a_few_networks
@pytest.mark.parametrize("memory", [0, 2**30])
@pytest.mark.parametrize(
    ("n", "block_size"),
    [(1, 1), (7, 3), (7, 7), (30, 16), *(pytest.param(7, size, marks=pytest.mark.slow) for size in (1, 40))],
)
def test_block_size_and_memory_change_rounding_only(net: Network, block_size: int, n: int, memory: int) -> None:
    weights, x = oracles.start(net, DIMENSION), rows(n)
    expected, v = gram(net, weights, x), np.ones(n)
    tiled = gram(net, weights, x, block_size=block_size)
    assert close(tiled, expected, 1e-12)
    assert np.array_equal(tiled, tiled.T)
    operator = TangentOperator(net, weights, x, block_size=block_size, memory=memory)
    assert close(operator @ v, expected @ v, 1e-12)


@pytest.mark.bytes
@a_few_networks
def test_symmetric_to_the_last_bit_and_without_negative_eigenvalues(net: Network) -> None:
    layers = gram(net, oracles.start(net, DIMENSION), rows(50), per_layer=True, block_size=16)
    assert np.array_equal(layers, layers.swapaxes(1, 2))
    for layer in layers:
        assert np.linalg.eigvalsh(layer)[0] >= -1e-12 * np.trace(layer)


@a_few_networks
@given(scales=st.lists(st.floats(0, 100), min_size=5, max_size=5), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_homogeneity_and_order_of_the_rows(net: Network, scales: list[float], seed: int) -> None:
    """K(c x, c' x') = c c' K(x, x') for c, c' >= 0, and rows in another order give the Gram in that order."""
    weights, x, order = oracles.start(net, DIMENSION), rows(5), np.random.default_rng(seed).permutation(5)
    base, c = gram(net, weights, x), np.array(scales)
    assert np.allclose(gram(net, weights, c[:, None] * x), np.outer(c, c) * base, rtol=1e-10, atol=1e-12)
    assert np.allclose(gram(net, weights, x[order]), base[np.ix_(order, order)], rtol=1e-12)


def test_alpha_scales_the_gram() -> None:
    x, weights = rows(), oracles.start(DeepReLU(16, 3), DIMENSION)
    half, quarter = (gram(DeepReLU(16, 3, alpha), weights, x) for alpha in (0.5, 0.25))
    assert close(quarter * 4, half, 1e-14)


def test_gradient_of_a_one_homogeneous_layer_reproduces_the_output() -> None:
    """<grad_{W_l} f, W_l> = f for every layer: the identity of section 2.7 of the theory, at any weights."""
    net, x = DeepReLU(16, 4), rows()
    operator = TangentOperator(net, oracles.start(net, DIMENSION), x)
    assert close(operator.push(oracles.start(net, DIMENSION)), np.tile(operator.outputs, (4, 1)), 1e-12)


def test_the_dtype_is_float64_unless_asked() -> None:
    net, x = DeepReLU(64, 3), rows(20)
    weights = net.init(jax.random.key(0), DIMENSION)
    exact, single = gram(net, weights, x), gram(net, weights, x, dtype="float32")
    assert exact.dtype == np.float64
    assert single.dtype == np.float32
    assert not jax.config.jax_enable_x64  # type: ignore[attr-defined]
    assert 1e-9 < np.abs(single - exact).max() / np.abs(exact).max() < 1e-5
    operator = TangentOperator(net, weights, x, dtype=np.float32)
    assert operator.dtype == np.float32
    assert close(operator @ np.ones(20), exact @ np.ones(20), 1e-5)


def test_a_gram_at_trained_weights() -> None:
    net, (x, y) = DeepReLU(16, 3), oracles.examples(12, DIMENSION)
    start = oracles.start(net, DIMENSION)
    trained = gradient_descent(net, start, x, y, steps=50).weights
    assert close(gram(net, trained, x, per_layer=True), dense(net, trained, x))
    assert not close(gram(net, trained, x), gram(net, start, x), 1e-3)


def test_a_dead_network_has_a_zero_gram() -> None:
    net = FixedHeadReLU(4, 2)
    weights = (-np.ones((4, DIMENSION)), np.ones((4, 4)))
    x = np.abs(rows(3))
    assert not gram(net, weights, x).any()
    assert not (TangentOperator(net, weights, x) @ np.ones(3)).any()


MISUSE: list[tuple[type[HowwideError], str, Callable[[Any, Any, Any], Any]]] = [
    (ShapeError, "one row an example", lambda net, w, x: gram(net, w, x[0])),
    (ShapeError, "one row an example", lambda net, w, x: gram(net, w, x[:0])),
    (ShapeError, "takes 6 inputs", lambda net, w, x: gram(net, w, x[:, :4])),
    (ShapeError, "takes 6 inputs", lambda net, w, x: gram(net, w, x, x[:, :4])),
    (ShapeError, "do not fit the network", lambda net, w, x: gram(net, w[:-1], x)),
    (SettingError, "float64 or float32", lambda net, w, x: gram(net, w, x, dtype="float16")),
    (SettingError, "float64 or float32", lambda net, w, x: gram(net, w, x, dtype="double precision")),
    (SettingError, "block_size", lambda net, w, x: gram(net, w, x, block_size=0)),
    (SettingError, "finite", lambda net, w, x: gram(net, w, np.where(x > 0, x, np.nan))),
    (SettingError, "diverged", lambda net, w, x: gram(net, [w[0] * np.inf, *w[1:]], x)),
    (ShapeError, "coefficients", lambda net, w, x: TangentOperator(net, w, x).pull(np.ones(3))),
    (ShapeError, "directions", lambda net, w, x: TangentOperator(net, w, x).push(w[:-1])),
]


@pytest.mark.parametrize(("error", "words", "call"), MISUSE)
def test_misuse_is_told_in_one_line(
    error: type[HowwideError], words: str, call: Callable[[Any, Any, Any], Any]
) -> None:
    net = DeepReLU(8, 3)
    with pytest.raises(error, match=words) as refused:
        call(net, oracles.start(net, DIMENSION), rows())
    assert "\n" not in str(refused.value)
