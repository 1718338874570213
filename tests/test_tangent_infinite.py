"""The infinite-width tangent kernel: hand values, fifty digits, neural-tangents, and networks that approach it."""

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from howwide import DeepReLU, FixedHeadReLU
from howwide.errors import SettingError, ShapeError
from howwide.networks import Network
from howwide.tangent import gram
from howwide.tangent.infinite import infinite_gram

REFERENCE = json.loads((Path(__file__).parent / "reference" / "tangent_values.json").read_text())
NETWORKS = [DeepReLU(8, 2), DeepReLU(8, 5, alpha=0.25), FixedHeadReLU(8, 1), FixedHeadReLU((6, 6, 6))]
every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)


def rows(n: int = 9, d: int = 4, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d))
    x[-1], x[-2] = 3 * x[0], -x[1]
    return x


def value(net: Network, x: Any, x2: Any) -> float:
    return float(infinite_gram(net, np.array([x]), np.array([x2]))[0, 0])


# ---------------------------------------------------------------------------------------------------- values known else


def test_single_pairs_by_hand() -> None:
    """At a right angle k0 = 1/2 and k1 = 1/pi, at 60 degrees k0 = 2/3 and k1 = 1/3 + sqrt(3)/(2 pi)."""
    east, north, steep = (1.0, 0.0), (0.0, 1.0), (0.5, 0.75**0.5)
    assert value(DeepReLU(8, 2), east, north) == pytest.approx(1 / np.pi, rel=1e-14)
    assert value(DeepReLU(8, 2), east, steep) == pytest.approx(0.5 + 3**0.5 / (2 * np.pi), rel=1e-14)
    assert value(FixedHeadReLU(8, 1), east, steep) == pytest.approx(1 / 6, rel=1e-14)
    assert value(FixedHeadReLU(8, 1), east, north) == pytest.approx(0, abs=1e-16)
    slope = 1 - np.arccos(1 / np.pi) / np.pi
    assert value(FixedHeadReLU(8, 2), east, north) == pytest.approx(slope / (2 * np.pi), rel=1e-14)
    assert value(DeepReLU(8, 3), east, (-7.0, 0.0)) == pytest.approx(7 / np.pi, rel=1e-14)
    assert value(DeepReLU(8, 2), east, (-7.0, 0.0)) == 0.0
    assert value(FixedHeadReLU(8, 2), east, (-7.0, 0.0)) == 0.0


@pytest.mark.bytes
@every_network
def test_equal_rows_give_the_number_of_layers_to_the_last_bits(net: Network) -> None:
    """(L + 1)/2 |x|^2 with a trained head, L/2 |x|^2 under a fixed one; 1/2 a hidden layer and 1 for the head."""
    x = rows(40, 30) * np.logspace(-3, 3, 40)[:, None]
    expected = np.array([0.5] * len(net.hidden_widths) + [1.0] * net.trains_head)
    diagonals = np.einsum("lii->il", infinite_gram(net, x, per_layer=True))
    np.testing.assert_allclose(diagonals, np.outer((x * x).sum(1), expected), rtol=1e-15)
    np.testing.assert_allclose(np.diag(infinite_gram(net, x)), (x * x).sum(1) * expected.sum(), rtol=1e-15)
    assert value(net, x[0], 4 * x[0]) == 4 * value(net, x[0], x[0])


@pytest.mark.parametrize("pair", REFERENCE["pairs"], ids=lambda pair: f"angle {pair['angle']:.10g}")
def test_single_pairs_agree_with_fifty_digits(pair: dict[str, Any]) -> None:
    """Angles 0, 1e-9 to pi - 1e-9, pi, layer by layer; a cosine would be wrong by 1e-8 at either end."""
    x, x2 = np.array([pair["x"]]), np.array([pair["x2"]])
    found = infinite_gram(DeepReLU(8, 6), x, x2, per_layer=True)[:, 0, 0]
    np.testing.assert_allclose(found, pair["layers"], rtol=0, atol=6e-15)
    fixed = infinite_gram(FixedHeadReLU(8, 5), x, x2, per_layer=True)[:, 0, 0]
    np.testing.assert_array_equal(fixed, found[:-1])
    np.testing.assert_allclose(infinite_gram(DeepReLU(8, 6), x, x2)[0, 0], sum(pair["layers"]), rtol=0, atol=1e-14)


@pytest.mark.parametrize("frozen", REFERENCE["infinite"], ids=lambda frozen: f"depth {frozen['depth']}")
def test_the_limit_is_that_of_neural_tangents(frozen: dict[str, Any]) -> None:
    """To 1e-12, and to 1e-7 where rows are parallel, as the frozen values go through a cosine."""
    x = np.array(REFERENCE["rows"])
    norms = np.linalg.norm(x, axis=1)
    cosines = x @ x.T / np.outer(norms, norms)
    tolerance = np.where(1 - np.abs(cosines) < 1e-4, 1e-7, 1e-12) * np.outer(norms, norms)
    deep, fixed = DeepReLU(8, frozen["depth"]), FixedHeadReLU(8, frozen["depth"] - 1)
    assert (np.abs(infinite_gram(deep, x) - frozen["deep"]) <= tolerance).all()
    assert (np.abs(infinite_gram(fixed, x) - frozen["fixed_head_one_less"]) <= tolerance).all()


@pytest.mark.parametrize("frozen", REFERENCE["finite"], ids=lambda frozen: frozen["kind"])
def test_finite_kernels_are_those_of_neural_tangents(frozen: dict[str, Any]) -> None:
    widths = frozen["widths"]
    net = DeepReLU(widths[0], len(widths) + 1) if frozen["kind"] == "deep" else FixedHeadReLU(widths)
    weights = tuple(np.array(w) for w in frozen["weights"])
    found = gram(net, weights, np.array(REFERENCE["rows"]), per_layer=True)
    for layer, expected in zip(found, frozen["layers"], strict=True):
        np.testing.assert_allclose(layer, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


# ------------------------------------------------------------------------------------------------------ finite networks


def deviations(net: Network, x: np.ndarray, seeds: int) -> np.ndarray:
    """K_l / unit^2 - limit of every layer at random starts, (seeds, L, n, n)."""
    limit = infinite_gram(net, x, per_layer=True)
    starts = (net.init(jax.random.key(seed), x.shape[1]) for seed in range(seeds))
    found = [gram(net, w, x, per_layer=True) / net.gradient_scale**2 for w in starts]
    return np.array(found) - limit


@pytest.mark.parametrize(
    ("small", "large"), [(DeepReLU(32, 3), DeepReLU(256, 3)), (FixedHeadReLU(32, 2), FixedHeadReLU(256, 2))], ids=str
)
def test_finite_kernels_approach_the_limit_at_the_rate_of_the_root_of_the_width(small: Network, large: Network) -> None:
    """Eight times the width, an eighth of the mean square, within a factor of 2.5.

    The logarithm of a ratio has a standard deviation of 0.2 (from repetitions): a false alarm of one of the five has
    probability below 1e-4.
    """
    x = rows(6)
    mean_squares = [(deviations(net, x, 48) ** 2).mean((0, 2, 3)) for net in (small, large)]
    ratios = mean_squares[0] / mean_squares[1]
    assert ratios.min() > 8 / 2.5, ratios
    assert ratios.max() < 8 * 2.5, ratios


def test_the_mean_of_finite_kernels_of_one_hidden_layer_is_the_limit() -> None:
    """Without bias at any width. 2 x 15 tests at 1e-6: a false alarm has probability below 3e-5."""
    found = deviations(DeepReLU(128, 2), rows(7)[:5], 40)[:, :, *np.triu_indices(5)]
    assert ttest_1samp(found, 0).pvalue.min() > 1e-6
    assert (np.abs(found.mean(0)) < 0.3).all()


# ----------------------------------------------------------------------------------------------------------- invariants


@every_network
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), block=st.sampled_from([1, 4, 11, 20]), scale=st.floats(1e-5, 1e5))
def test_tiles_rotations_and_lengths_change_nothing(net: Network, seed: int, block: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    x = rows(11, 3, seed)
    lengths = np.linalg.norm(x, axis=1)
    kernel, error = infinite_gram(net, x), 2e-14 * np.outer(lengths, lengths)
    assert (kernel == kernel.T).all()
    tiled = infinite_gram(net, x, block_size=block)
    assert (tiled == tiled.T).all()
    assert (np.abs(tiled - kernel) <= error).all()
    assert (np.abs(infinite_gram(net, x[:4], x, block_size=block) - kernel[:4]) <= error[:4]).all()
    layers = infinite_gram(net, x, per_layer=True, block_size=block)
    assert (layers == layers.swapaxes(1, 2)).all()
    assert (np.abs(layers.sum(0) - kernel) <= error).all()
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    assert (np.abs(infinite_gram(net, x @ rotation) - kernel) <= error).all()
    assert (np.abs(infinite_gram(net, scale * x, x) / scale - kernel) <= error).all()
    assert np.linalg.eigvalsh(kernel).min() >= -1e-13 * np.trace(kernel)


def test_near_rows_keep_their_distance() -> None:
    """|phi(x) - phi(x')|^2 = 1 - cos(theta) (1 - theta/pi) = theta/pi + O(theta^2) for one layer under a fixed head."""
    for theta in 10.0 ** -np.arange(2, 14):
        x = np.array([[1.0, 0.0], [np.cos(theta), np.sin(theta)]])
        kernel = infinite_gram(FixedHeadReLU(8, 1), x)
        assert kernel[0, 0] + kernel[1, 1] - 2 * kernel[0, 1] == pytest.approx(
            theta / np.pi, rel=theta * 4 + 1e-15 / theta
        )


@every_network
def test_rows_of_zeros_and_rows_of_any_size(net: Network) -> None:
    x = np.array([[0.0, 0, 0], [1, 2, -1], [3, 0, 1]])
    kernel = infinite_gram(net, x)
    assert (kernel[0] == 0).all()
    for factor in (2.0**-500, 2.0**500):
        np.testing.assert_array_equal(infinite_gram(net, factor * x) / factor / factor, kernel)
    assert infinite_gram(net, x.astype(int)).dtype == np.float64
    np.testing.assert_array_equal(infinite_gram(net, x.astype(np.float32)), kernel)
    assert infinite_gram(net, x, x[:1]).shape == (3, 1)


def test_misuse_is_told_in_one_line() -> None:
    net, x = DeepReLU(8, 3), rows()
    with pytest.raises(ShapeError, match="one row an example"):
        infinite_gram(net, x[0])
    with pytest.raises(ShapeError, match="equally long"):
        infinite_gram(net, x, x[:, 1:])
    with pytest.raises(SettingError, match="NaN"):
        infinite_gram(net, x * np.nan)
    with pytest.raises(SettingError, match="scale them down"):
        infinite_gram(net, x * 1e200)
    with pytest.raises(SettingError, match="one width"):
        infinite_gram(FixedHeadReLU((4, 6)), x)
    with pytest.raises(SettingError, match="block_size"):
        infinite_gram(net, x, block_size=0)
