"""The two networks: their starts, their outputs, and the signals that every kernel is made of."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2, kstest, norm, ttest_1samp

import oracles
from cases import DIMENSION, every_narrow
from howwide import DeepReLU, FixedHeadReLU, layer_signals
from howwide.errors import HowwideError, SettingError, ShapeError
from howwide.networks import Network


def refuses(error: type[HowwideError], call: Callable[[], Any], words: str = "") -> None:
    """Misuse is told in one line that holds ``words``."""
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert words in str(caught.value)


def rows(n: int = 9, d: int = DIMENSION) -> np.ndarray:
    return oracles.examples(n, d)[0]


# ------------------------------------------------------------------------------------------------------ the start's law


def check_normal(entries: np.ndarray, variance: float) -> None:
    """Mean, variance and shape of independent N(0, variance) entries; each of three checks fails with chance 1e-9."""
    values = np.asarray(entries, np.float64).ravel() / np.sqrt(variance)
    assert abs(values.sum()) / np.sqrt(values.size) < norm.isf(5e-10)
    square = values @ values
    assert chi2.isf(1 - 5e-10, values.size) < square < chi2.isf(5e-10, values.size)
    assert kstest(values, "norm").pvalue > 1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_entries_have_the_variance_of_the_papers(dtype: type) -> None:
    """N(0, 2/m_l) with m_l the rows, N(0, 1/m) in the trained output row, here of many seeds."""
    net = DeepReLU(40, 3, alpha=0.25)
    starts = [net.init(jax.random.key(seed), 30, dtype=dtype) for seed in range(60)]
    for layer, variance in enumerate((2 / 40, 2 / 40, 1 / 40)):
        check_normal(np.stack([weights[layer] for weights in starts]), variance)
    fixed = FixedHeadReLU((50, 20, 80)).init(jax.random.key(1), 30, dtype=dtype)
    for matrix, width in zip(fixed, (50, 20, 80), strict=True):
        assert matrix.dtype == dtype
        check_normal(matrix, 2 / width)


def test_layers_are_independent() -> None:
    """Entries of equal places in different layers, and under different keys: six correlations, each at 1e-9."""
    weights = [FixedHeadReLU(60, 3).init(jax.random.key(seed), 60) for seed in (0, 1)]
    pairs = [(weights[0][0], weights[0][1]), (weights[0][1], weights[0][2]), (weights[0][0], weights[0][2])]
    pairs += [(weights[0][layer], weights[1][layer]) for layer in range(3)]
    for a, b in pairs:
        assert abs(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]) * 60 < norm.isf(5e-10)


@every_narrow
def test_a_start_is_a_function_of_the_key(net: Network) -> None:
    first, again, other = (net.init(jax.random.key(k), DIMENSION) for k in (5, 5, 6))
    assert [np.asarray(w).tobytes() for w in first] == [np.asarray(w).tobytes() for w in again]
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    shapes = list(zip(net.hidden_widths, (DIMENSION, *net.hidden_widths), strict=False))
    assert [w.shape for w in first] == shapes + ([(1, net.hidden_widths[-1])] if net.trains_head else [])
    assert {w.dtype for w in first} == {np.dtype(np.float32)}


def test_a_layer_does_not_depend_on_the_other_layers() -> None:
    """Not on how many follow, nor on the input dimension or the widths before."""
    key = jax.random.key(2)
    shallow, deep = (FixedHeadReLU(8, depth).init(key, 5) for depth in (2, 4))
    for a, b in zip(shallow, deep, strict=False):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(deep[1], FixedHeadReLU(8, 4).init(key, 17)[1])
    np.testing.assert_array_equal(deep[0], DeepReLU(8, 3).init(key, 5)[0])


def test_a_start_does_not_depend_on_the_mode_of_jax() -> None:
    net = DeepReLU(8, 3)
    plain = net.init(jax.random.key(0), 4)
    with jax.enable_x64(True):
        wide = net.init(jax.random.key(0), 4)
    assert [np.asarray(w).tobytes() for w in plain] == [np.asarray(w).tobytes() for w in wide]
    assert net.init(jax.random.key(0), 4, dtype=np.float64)[0].dtype == np.float64
    assert jnp.ones(()).dtype == np.float32, "the mode of JAX is as it was"


@pytest.mark.parametrize(
    "net", [DeepReLU(8, 2), DeepReLU(12, 4, 0.25), FixedHeadReLU(8, 1), FixedHeadReLU((9, 6))], ids=str
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_antisymmetric_start_has_zero_outputs(net: Network, dtype: type) -> None:
    weights = net.init(jax.random.key(3), DIMENSION, antisymmetric=True, dtype=dtype)
    f = np.asarray(net.apply(weights, rows(20)))
    size = np.abs(np.asarray(net.apply(net.init(jax.random.key(3), DIMENSION, dtype=dtype), rows(20)))).max()
    np.testing.assert_allclose(f, 0, atol=20 * np.finfo(dtype).eps * size)

    hidden, head = net.parts(weights)
    half = net.hidden_widths[-1] // 2
    last = np.asarray(hidden[-1])
    np.testing.assert_array_equal(last[:half], last[half:])
    np.testing.assert_array_equal(np.asarray(head)[:half], -np.asarray(head)[half:])
    assert len(np.unique(last[:half])) == last[:half].size, "only the last layer, and only once"
    if len(hidden) > 1:
        assert len(np.unique(hidden[0])) == np.asarray(hidden[0]).size


def test_an_antisymmetric_start_keeps_the_variances() -> None:
    weights = DeepReLU(300, 3).init(jax.random.key(4), 100, antisymmetric=True)
    check_normal(weights[0], 2 / 300)
    check_normal(weights[1][:150], 2 / 300)
    many = [DeepReLU(20, 2).init(jax.random.key(k), 2, antisymmetric=True)[1] for k in range(100)]
    check_normal(np.stack(many)[:, :, :10], 1 / 20)


@pytest.mark.parametrize("net", [DeepReLU(256, 4), DeepReLU(256, 3, alpha=0.25), FixedHeadReLU(256, 3)], ids=str)
def test_gradients_at_the_start_have_the_size_of_the_theory(net: Network) -> None:
    """Squares over m^{2 alpha} (fixed head: over m) average 1/2 in hidden layers and 1 in a trained output row.

    A t-test over 30 seeds, each layer at 1e-6.
    """
    x = rows(1, 10)
    scale = net.scale**2 if net.trains_head else 256
    squares = []
    for seed in range(30):
        s = layer_signals(net, net.init(jax.random.key(seed), 10), x)
        pairs = zip(s.sensitivities, s.activations, strict=True)
        squares.append([float(s.scale**2 * (b**2).sum() * (h**2).sum()) / scale for b, h in pairs])
    expected = [0.5] * len(net.hidden_widths) + [1.0] * net.trains_head
    for found, value in zip(np.transpose(squares), expected, strict=True):
        assert ttest_1samp(found, value).pvalue > 1e-6
        assert np.mean(found) == pytest.approx(value, rel=0.15)


# -------------------------------------------------------------------------------------------------- outputs and signals


def test_outputs_by_hand() -> None:
    """m^{1/4} (1, -2) relu((1, 0; 0, -1) x) with m = 2; the head of signs in its place."""
    w, head = np.array([[1.0, 0.0], [0.0, -1.0]]), np.array([[1.0, -2.0]])
    x = np.array([[3.0, -5.0], [-3.0, 5.0], [2.0, 7.0]])
    np.testing.assert_allclose(DeepReLU(2, 2, 0.25).apply((w, head), x), 2**0.25 * np.array([-7, 0, 2]), rtol=1e-14)
    np.testing.assert_allclose(FixedHeadReLU(2, 1).apply((w,), x), [-2, 0, 2], rtol=1e-14)


@every_narrow
def test_outputs_are_those_of_the_chain_rule_in_numpy(net: Network) -> None:
    weights, x = oracles.start(net, DIMENSION), rows()
    expected = oracles.outputs(net, weights, x)
    np.testing.assert_allclose(net.apply(weights, x), expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(layer_signals(net, weights, x).outputs, expected, rtol=1e-11, atol=1e-12)
    single = net.apply(tuple(w.astype(np.float32) for w in weights), x)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@every_narrow
def test_signals_are_the_gradients(net: Network, x64: None) -> None:
    """scale * b_l h_{l-1}^T is the Jacobian of f, by reverse-mode derivatives and by the oracle; both to 1e-11."""
    weights, x = oracles.start(net, DIMENSION), rows()
    jacobian = jax.jacobian(lambda w: net.apply(w, x))(tuple(jnp.asarray(w) for w in weights))
    s = layer_signals(net, weights, x)
    dense = oracles.output_gradients(net, weights, x)
    for layer, (b, h) in enumerate(zip(s.sensitivities, s.activations, strict=True)):
        found = s.scale * np.einsum("ni,nj->nij", b, h)
        size = np.abs(found).max()
        np.testing.assert_allclose(found, jacobian[layer], rtol=0, atol=1e-11 * size)
        np.testing.assert_allclose(found, [grads[layer] for grads in dense], rtol=0, atol=1e-11 * size)
    assert len(s.sensitivities) == len(weights)


@every_narrow
def test_signals_give_the_tangent_gram(net: Network) -> None:
    weights, x = oracles.start(net, DIMENSION), rows()
    s = layer_signals(net, weights, x)
    pairs = [(np.asarray(b), np.asarray(h)) for b, h in zip(s.sensitivities, s.activations, strict=True)]
    layers = [s.scale**2 * (b @ b.T) * (h @ h.T) for b, h in pairs]
    dense = oracles.output_gradients(net, weights, x)
    for layer, gram in enumerate(layers):
        explicit = np.array([grads[layer].ravel() for grads in dense])
        np.testing.assert_allclose(gram, explicit @ explicit.T, rtol=1e-10, atol=1e-12 * np.abs(gram).max())
    expected = oracles.tangent_gram(net, weights, x)
    np.testing.assert_allclose(sum(layers), expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


@every_narrow
@pytest.mark.parametrize("factor", [0.3, 1.7])
def test_outputs_are_homogeneous_in_the_trained_weights(net: Network, factor: float) -> None:
    """f(c W) = c^L f(W) with L the number of trained matrices, so <grad f(W), W> = L f(W)."""
    weights, x = oracles.start(net, DIMENSION), rows()
    f = np.asarray(net.apply(weights, x))
    scaled = net.apply(tuple(factor * w for w in weights), x)
    np.testing.assert_allclose(scaled, factor ** len(weights) * f, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(net.apply(weights, factor * x), factor * f, rtol=1e-11, atol=1e-13)
    s = layer_signals(net, weights, x)
    parts = zip(s.sensitivities, weights, s.activations, strict=True)
    inner = sum(s.scale * np.einsum("ni,ij,nj->n", b, w, h) for b, w, h in parts)
    np.testing.assert_allclose(inner, len(weights) * f, rtol=1e-11, atol=1e-12)


@every_narrow
def test_outputs_do_not_depend_on_the_order_of_neurons_or_of_rows(net: Network) -> None:
    rng = np.random.default_rng(0)
    weights, x = list(oracles.start(net, DIMENSION)), rows()
    f = np.asarray(net.apply(weights, x))
    order = rng.permutation(len(x))
    np.testing.assert_allclose(net.apply(weights, x[order]), f[order], rtol=1e-12, atol=1e-13)
    if len(weights) > 1:
        neurons = rng.permutation(net.hidden_widths[0])
        weights[:2] = weights[0][neurons], weights[1][:, neurons]
        np.testing.assert_allclose(net.apply(weights, x), f, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("net", "wide"), [(DeepReLU(8, 3, alpha=0.25), False), (FixedHeadReLU((5, 4)), True)])
def test_transformed_outputs_are_the_plain_ones(net: Network, wide: bool) -> None:
    """Under jit, vmap over rows, vmap over weights, and the gradient, in both precisions."""
    dtype, tolerance = (np.float64, 1e-12) if wide else (np.float32, 2e-5)
    with jax.enable_x64(wide):
        starts = [tuple(jnp.asarray(w, dtype) for w in oracles.start(net, DIMENSION, seed)) for seed in (0, 1)]
        weights, x = starts[0], jnp.asarray(rows(), dtype)
        f = net.apply(weights, x)
        assert f.dtype == dtype
        np.testing.assert_allclose(jax.jit(net.apply)(weights, x), f, rtol=tolerance, atol=tolerance)
        by_row = jax.vmap(lambda row: net.apply(weights, row[None])[0])(x)
        np.testing.assert_allclose(by_row, f, rtol=tolerance, atol=tolerance)
        stacked = tuple(jnp.stack(pair) for pair in zip(*starts, strict=True))
        by_start = jax.vmap(net.apply, (0, None))(stacked, x)
        expected = np.stack([net.apply(w, x) for w in starts])
        np.testing.assert_allclose(by_start, expected, rtol=tolerance, atol=tolerance)

        def total(w: Any) -> jax.Array:
            return net.apply(w, x).sum()

        s = layer_signals(net, weights, x)
        for g, jitted, b, h in zip(
            jax.grad(total)(weights), jax.jit(jax.grad(total))(weights), s.sensitivities, s.activations, strict=True
        ):
            size = float(jnp.abs(g).max())
            outer = s.scale * np.asarray(b).T @ np.asarray(h)  # by NumPy: accelerators round products of this kind
            np.testing.assert_allclose(g, outer, rtol=0, atol=10 * tolerance * size)
            np.testing.assert_allclose(jitted, g, rtol=0, atol=10 * tolerance * size)
        signals = jax.jit(lambda w: layer_signals(net, w, x)[:3])(weights)
        for a, b in zip(jax.tree.leaves(signals), jax.tree.leaves(s[:3]), strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=10 * tolerance)


def test_the_slope_at_a_pre_activation_of_zero_is_zero(x64: None) -> None:
    """One neuron with zero weights: the signals say 0, and automatic derivatives of the outputs say the same."""
    net = DeepReLU(2, 2)
    weights = (jnp.array([[0.0, 0.0], [1.0, 1.0]]), jnp.array([[1.0, 1.0]]))
    x = np.array([[0.6, 0.8]])
    s = layer_signals(net, weights, x)
    assert s.sensitivities[0].tolist() == [[0.0, 1.0]]
    grad = jax.grad(lambda w: net.apply(w, x)[0])(weights)[0]
    np.testing.assert_allclose(grad, net.scale * np.array([[0, 0], [0.6, 0.8]]), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_narrow
def test_computation_follows_the_dtype_of_the_weights(net: Network, dtype: type) -> None:
    """Whatever the mode of JAX and the dtype of the inputs, and the mode is left as it was."""
    weights = tuple(w.astype(dtype) for w in oracles.start(net, DIMENSION))
    for ambient in (False, True):
        with jax.enable_x64(ambient):
            for x in (rows(), rows().astype(np.float32), (10 * rows()).astype(int)):
                assert net.apply(weights, x).dtype == dtype
            s = layer_signals(net, weights, rows())
            assert {a.dtype for a in jax.tree.leaves(s[:3])} == {np.dtype(dtype)}
            assert jnp.ones(()).dtype == (np.float64 if ambient else np.float32)


# -------------------------------------------------------------------------------------------------- records, and misuse


def test_a_network_is_a_record() -> None:
    assert DeepReLU(8) == DeepReLU(width=8, depth=5, alpha=0.5)
    assert DeepReLU(8).hidden_widths == (8,) * 4
    assert len({DeepReLU(8), DeepReLU(8, 5), DeepReLU(8, alpha=0.25)}) == 2
    assert DeepReLU(16, alpha=0.25).scale == 2.0
    assert FixedHeadReLU([4, 6]) == FixedHeadReLU((4, 6), depth=2)
    assert FixedHeadReLU(8).hidden_widths == (8,) * 5
    assert FixedHeadReLU(4, 2).head.tolist() == [1, 1, -1, -1]
    assert DeepReLU(16, 4, 0.25).default_step_size(2.0) == pytest.approx(2 / (4 * 4))
    assert FixedHeadReLU((4, 10, 6)).default_step_size(2.0) == pytest.approx(2 / (10 * 27))


@pytest.mark.parametrize("width", [0, -3, True, 2.5, "8", None, float("nan")])
def test_a_width_is_a_positive_whole_number(width: Any) -> None:
    refuses(SettingError, lambda: DeepReLU(width), "width must be a whole number")
    refuses(SettingError, lambda: FixedHeadReLU(width), "width must be a whole number")
    refuses(SettingError, lambda: FixedHeadReLU((4, width, 4)), "width must be a whole number")
    refuses(SettingError, lambda: DeepReLU(4).init(jax.random.key(0), width), "input_dim must be a whole number")
    refuses(SettingError, lambda: FixedHeadReLU(4).init(jax.random.key(0), width), "input_dim must be a whole number")


@pytest.mark.parametrize("depth", [1, 0, -1, True, 2.5, "3", None])
def test_depth_counts_weight_matrices_with_the_output_row(depth: Any) -> None:
    refuses(SettingError, lambda: DeepReLU(8, depth), "depth must be a whole number of at least 2")


@pytest.mark.parametrize("depth", [0, -1, True, 2.5, "3"])
def test_depth_counts_hidden_layers_under_a_fixed_head(depth: Any) -> None:
    refuses(SettingError, lambda: FixedHeadReLU(8, depth), "depth must be a whole number of at least 1")


@pytest.mark.parametrize("alpha", [0, 0.6, -0.5, 1, float("nan"), float("inf"), "0.5", None])
def test_alpha_lies_in_its_interval(alpha: Any) -> None:
    refuses(SettingError, lambda: DeepReLU(8, alpha=alpha), "alpha must lie in (0, 1/2]")


def test_widths_and_depth_of_a_fixed_head_fit() -> None:
    refuses(SettingError, lambda: FixedHeadReLU(7), "must be even")
    refuses(SettingError, lambda: FixedHeadReLU((8, 7)), "must be even")
    refuses(SettingError, lambda: FixedHeadReLU((8, 8), depth=3), "does not fit")
    refuses(SettingError, lambda: FixedHeadReLU(()), "at least 1")
    assert FixedHeadReLU((7, 8)).hidden_widths == (7, 8), "only the last width is even by need"


@pytest.mark.parametrize("widths", [np.array([4, 6]), np.array(8.0)])
def test_widths_in_an_array_are_taken_or_refused_in_one_line(widths: np.ndarray) -> None:
    try:
        assert FixedHeadReLU(widths).hidden_widths == (4, 6)
    except SettingError as error:
        assert "\n" not in str(error)  # noqa: PT017  either is right


def test_an_antisymmetric_start_needs_an_even_width() -> None:
    refuses(SettingError, lambda: DeepReLU(7).init(jax.random.key(0), 4, antisymmetric=True), "even width")


@pytest.mark.parametrize("dtype", [np.float16, int, complex])
def test_a_start_is_float32_or_float64(dtype: Any) -> None:
    for net in (DeepReLU(8), FixedHeadReLU(8)):
        refuses(SettingError, lambda net=net: net.init(jax.random.key(0), 4, dtype=dtype), "float32")


@every_narrow
@pytest.mark.parametrize("evaluate", ["apply", "layer_signals"])
def test_weights_and_inputs_fit_the_network(net: Network, evaluate: str) -> None:
    def call(weights: Any, x: Any) -> Any:
        return net.apply(weights, x) if evaluate == "apply" else layer_signals(net, weights, x)

    weights, x = oracles.start(net, DIMENSION), rows()
    refuses(ShapeError, lambda: call(weights, x[0]), "one row an example")
    refuses(ShapeError, lambda: call(weights, x[:, 1:]), f"(n, {DIMENSION})")
    refuses(ShapeError, lambda: call((*weights, weights[-1]), x), "out-features first")
    refuses(ShapeError, lambda: call(tuple(w.T for w in weights), x), "out-features first")
    refuses(ShapeError, lambda: call((weights[0][0], *weights[1:]), x), "out-features first")
    refuses(SettingError, lambda: call(tuple(w.astype(int) for w in weights), x), "float32")
    refuses(SettingError, lambda: call(tuple(w.astype(np.float16) for w in weights), x), "float32")
    refuses(SettingError, lambda: call((), x))
    if len(weights) > 1:
        refuses(ShapeError, lambda: call(weights[:-1], x), "out-features first")
        mixed = (weights[0].astype(np.float32), *weights[1:])
        refuses(SettingError, lambda: call(mixed, x), "float32, float64")
