"""The PAC-Bayes certificate: the law of the stochastic network, the divergence, the constants, and what is refused."""

import math
from functools import cache
from typing import Any

import jax
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import oracles
from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.certify.bounds.gaussian_posterior import gaussian_divergence
from howwide.certify.bounds.stochastic_network import drawn_outputs, noise_deviations
from howwide.certify.certificates.pac_bayes import SCALES, maurer_constant, pac_bayes
from howwide.data import load
from howwide.errors import HowwideError
from howwide.networks import Network

KEY = jax.random.key(5)
NETWORKS = [DeepReLU(6, 2), DeepReLU(6, 4, alpha=0.25), FixedHeadReLU((7, 5, 6))]
every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)


@cache
def trained(net: Network, n: int = 30, d: int = 5, seed: int = 0) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """Initial weights, weights some steps of gradient descent away, and the sample."""
    x, _ = oracles.examples(n, d, seed)
    y = np.where(x[:, 0] > 0, 1.0, -1.0)
    start = oracles.start(net, d, seed)
    return start, oracles.gradient_descent(net, start, x, y, 0.5 / net.gradient_scale**2, 20)[1], x, y


def independent_inverse(q: float, c: float) -> float:
    """The upper inverse of the binary relative entropy in 40 digits, by bisection."""
    with mpmath.workdps(40):
        q, low, high = mpmath.mpf(q), mpmath.mpf(q), mpmath.mpf(1)
        for _ in range(120):
            p = (low + high) / 2
            left = q * mpmath.log(q / p) if q else mpmath.mpf(0)
            low, high = (p, high) if left + (1 - q) * mpmath.log((1 - q) / (1 - p)) <= c else (low, p)
        return float(high)


# ------------------------------------------------------------------------------------------------ the law of the output


def globally_drawn(net: Network, weights: Any, deviations: Any, x: np.ndarray, draws: int) -> np.ndarray:
    """Outputs (draws, n) under whole weight matrices drawn at random, all examples under the same ones."""
    rng, h = np.random.default_rng(1), np.broadcast_to(x.T, (draws, *x.T.shape))
    for layer, (w, sigma) in enumerate(zip(weights, deviations, strict=True)):
        z = (w + sigma * rng.standard_normal((draws, *w.shape))) @ h
        h = z if net.trains_head and layer == len(weights) - 1 else np.maximum(z, 0)
    return net.scale * h[:, 0] if net.trains_head else np.asarray(net.head) @ h  # type: ignore[attr-defined]


def many_outputs(net: Network, weights: Any, deviations: Any, x: np.ndarray) -> np.ndarray:
    """20,160 outputs (draws, n) of each of n rows, n a divisor of 480, by copies of the rows."""
    copies = 480 // len(x)
    f = drawn_outputs(net, weights, deviations, np.repeat(x, copies, axis=0), draws=42 * len(x), key=KEY)
    return f.reshape(len(f), len(x), copies).swapaxes(1, 2).reshape(-1, len(x))


@pytest.mark.parametrize("net", [*NETWORKS, FixedHeadReLU(8, 1)], ids=str)
def test_every_output_has_the_law_of_a_whole_weight_draw(net: Network) -> None:
    _, weights, x, _ = trained(net, n=3)
    deviations = noise_deviations(net, 0.8)
    ours = many_outputs(net, weights, deviations, x)
    truth = globally_drawn(net, weights, deviations, x, 20_000)
    for i in range(3):  # 12 comparisons in all: a false alarm once in 60,000
        assert stats.ks_2samp(ours[:, i], truth[:, i]).pvalue > 1e-6
        wrong = [np.mean(f[:, i] <= 0) for f in (ours, truth)]
        assert abs(wrong[0] - wrong[1]) < 5 * math.sqrt(0.5 / len(ours))


def test_one_hidden_neuron_has_the_law_of_a_rectified_gaussian() -> None:
    net, x, sigma = DeepReLU(1, 2), np.array([[0.6, -0.8, 2.0]]), 0.3
    weights = (np.array([[0.5, 0.25, 0.1]]), np.array([[1.0]]))
    f = many_outputs(net, weights, (sigma, 0.0), x)[:, 0]
    law = stats.norm(0.3, sigma * math.sqrt(5.0))
    dead = law.cdf(0.0)
    assert abs(np.mean(f == 0) - dead) < 5 * math.sqrt(dead * (1 - dead) / f.size)
    assert stats.kstest(f[f > 0], lambda t: (law.cdf(t) - dead) / (1 - dead)).pvalue > 1e-6


def test_the_noise_of_a_trained_head_is_that_of_its_own_input() -> None:
    net, sigma = DeepReLU(4, 2, alpha=0.5), 0.7
    first, head = np.eye(4)[:, :3], np.array([[1.0, -1.0, 0.5, 2.0]])
    x = np.array([[1.0, 2.0, 2.0]])
    f = many_outputs(net, (first, head), (0.0, sigma), x)[:, 0]
    assert stats.kstest(f, stats.norm(2.0 * (1 - 2 + 1), 2.0 * sigma * 3.0).cdf).pvalue > 1e-6


def test_examples_and_draws_are_independent() -> None:
    net = NETWORKS[2]
    _, weights, x, _ = trained(net, n=1)
    f = drawn_outputs(net, weights, noise_deviations(net, 1.0), np.repeat(x, 4, axis=0), draws=600, key=KEY)
    between = np.corrcoef(f.T)[np.triu_indices(4, 1)]
    along = [np.corrcoef(f[:-1, i], f[1:, i])[0, 1] for i in range(4)]
    assert np.abs([*between, *along]).max() < 5 / math.sqrt(600)


@every_network
def test_without_noise_the_network_itself_is_computed(net: Network) -> None:
    _, weights, x, _ = trained(net)
    f = drawn_outputs(net, weights, [0.0] * len(weights), x, draws=2, key=KEY)
    np.testing.assert_allclose(f, [oracles.outputs(net, weights, x)] * 2, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("block_size", [1, 7, 1000])
def test_blocks_more_examples_and_more_draws_change_no_output(block_size: int) -> None:
    net = NETWORKS[1]
    _, weights, x, _ = trained(net)
    deviations = noise_deviations(net, 0.5)
    whole = drawn_outputs(net, weights, deviations, x, draws=3, key=KEY)
    part = drawn_outputs(net, weights, deviations, x[:25], draws=2, key=KEY, block_size=block_size)
    np.testing.assert_allclose(part, whole[:2, :25], rtol=1e-12, atol=1e-14)
    assert len(np.unique(whole)) == whole.size


def test_single_precision_perturbs_only_slightly() -> None:
    net = NETWORKS[1]
    _, weights, x, _ = trained(net)
    f = drawn_outputs(net, weights, noise_deviations(net, 0.5), x, draws=50, key=KEY, dtype="float32")
    exact = drawn_outputs(net, weights, noise_deviations(net, 0.5), x, draws=50, key=KEY)
    assert f.dtype == np.float32
    assert abs(np.mean(f <= 0) - np.mean(exact <= 0)) < 0.05  # other random bits, so only the law agrees
    assert exact.dtype == np.float64


def test_noise_is_measured_in_the_deviations_of_the_start() -> None:
    assert noise_deviations(DeepReLU(50, 3), 0.5) == pytest.approx((0.1, 0.1, 0.5 / math.sqrt(50)))
    assert noise_deviations(FixedHeadReLU((8, 18)), 2.0) == pytest.approx((1.0, 2.0 / 3.0))


# ---------------------------------------------------------------------------------------- divergence, constants, value


@every_network
def test_divergence_is_that_of_two_dense_gaussians(net: Network) -> None:
    start, weights, _, _ = trained(net)
    deviations = noise_deviations(net, 0.4)
    covariance = np.diag(np.concatenate([np.full(w.size, s**2) for w, s in zip(weights, deviations, strict=True)]))
    mean, prior = (np.concatenate([w.ravel() for w in ws]) for ws in (weights, start))
    q, p = (stats.multivariate_normal(m, covariance) for m in (mean, prior))
    expected = p.logpdf(mean) - q.logpdf(mean)  # E_Q of a log ratio that is linear in the weights ...
    expected += 2 * (q.logpdf(mean) - p.logpdf(mean))  # ... with KL = (its value at the mean of Q)
    found = gaussian_divergence(start, weights, deviations)
    assert found == pytest.approx(expected, rel=1e-9)
    inverse = np.linalg.inv(covariance)
    textbook = 0.5 * (np.trace(inverse @ covariance) - mean.size + (mean - prior) @ inverse @ (mean - prior))
    assert textbook <= found * (1 + 1e-9)
    assert found == pytest.approx(textbook, rel=1e-9)


def test_divergence_is_never_below_the_exact_sum() -> None:
    rng = np.random.default_rng(0)
    start, end = rng.standard_normal((2, 300, 40)).astype(np.float32)
    exact = sum((mpmath.mpf(float(b)) - mpmath.mpf(float(a))) ** 2 for a, b in zip(start.flat, end.flat, strict=True))
    exact /= 2 * mpmath.mpf(0.3) ** 2
    found = gaussian_divergence((start,), (end,), (0.3,))
    assert exact <= found <= exact * (1 + 1e-11)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 50, 1000])
def test_maurer_constant_is_the_sum_from_above(n: int) -> None:
    with mpmath.workdps(30):
        ratios = [mpmath.mpf(k) / n for k in range(n + 1)]
        exact = sum(mpmath.binomial(n, k) * r**k * (1 - r) ** (n - k) for k, r in enumerate(ratios))
        assert exact <= maurer_constant(n) <= exact * (1 + mpmath.mpf(1) / (300 * n**3) + 1e-11)
    assert maurer_constant(n) <= 2 * math.sqrt(n) * (1 + 1e-2)
    if n >= 8:
        assert maurer_constant(n) <= 2 * math.sqrt(n)


def test_maurer_constant_is_the_expectation_it_stands_for() -> None:
    n, p = 12, 0.3
    k = np.arange(n + 1)
    kl = np.array([float(np.sum(stats.entropy([a / n, 1 - a / n], [p, 1 - p]))) for a in k])
    assert np.sum(stats.binom.pmf(k, n, p) * np.exp(n * kl)) == pytest.approx(maurer_constant(n), rel=1e-5)


def test_maurer_constant_of_a_large_sample_is_its_asymptote() -> None:
    n = 10**8
    assert maurer_constant(n) == pytest.approx(math.sqrt(math.pi * n / 2) + 2 / 3, rel=1e-8)


@every_network
def test_value_follows_from_its_terms(net: Network) -> None:
    start, weights, x, y = trained(net)
    found = pac_bayes(net, start, weights, x, y, delta=0.1, draws=20, key=KEY)
    t = found.terms
    upper = independent_inverse(t["stochastic_error"], math.log(1 / 0.02) / (30 * 20))
    budget = (t["divergence"] + math.log(16 * maurer_constant(30) / 0.08)) / 30
    assert t["stochastic_error_upper"] == pytest.approx(upper, abs=1e-9)
    assert found.value == pytest.approx(independent_inverse(upper, budget), abs=1e-9)
    assert found.value >= independent_inverse(upper, budget)
    assert t["stochastic_error"] < t["stochastic_error_upper"] < found.value <= 1.0
    assert t["divergence"] == gaussian_divergence(start, weights, noise_deviations(net, t["scale"]))


def test_counted_draws_are_those_of_the_stochastic_network() -> None:
    net = NETWORKS[1]
    start, weights, x, y = trained(net)
    found = pac_bayes(net, start, weights, x, y, draws=30, scales=(0.5,), x_test=x[:9], y_test=-y[:9], key=KEY)
    deviations = noise_deviations(net, 0.5)
    f = drawn_outputs(net, weights, deviations, x, draws=30, key=jax.random.fold_in(KEY, 1))
    assert found.terms["stochastic_error"] == np.mean(y * f <= 0)
    f = drawn_outputs(net, weights, deviations, x[:9], draws=30, key=jax.random.fold_in(KEY, 2))
    assert found.test_error == np.mean(y[:9] * f >= 0)
    assert found.terms["error_without_noise"] == np.mean(y * oracles.outputs(net, weights, x) <= 0)
    assert found.terms["test_error_without_noise"] == np.mean(y[:9] * oracles.outputs(net, weights, x[:9]) >= 0)


def test_snapshots_are_free_and_the_best_is_taken() -> None:
    net = DeepReLU(16, 2)
    start, weights, x, y = trained(net, n=96)
    alone = pac_bayes(net, start, weights, x, y, draws=10, key=KEY)
    worse = tuple(-10 * w for w in weights)
    chosen = pac_bayes(net, start, worse, x, y, snapshots=[worse, weights], draws=10, key=KEY)
    assert (chosen.value, chosen.terms["snapshot"]) == (alone.value, 2.0)
    assert chosen.detail.endswith("snapshot 2 of 2")
    assert "snapshot" not in alone.detail


def test_the_best_scale_of_the_grid_is_about_the_best_of_all() -> None:
    net = DeepReLU(16, 2)
    start, weights, x, y = trained(net, n=96)
    found = pac_bayes(net, start, weights, x, y, draws=25, key=KEY)
    each = [pac_bayes(net, start, weights, x, y, scales=(s,), draws=25, key=KEY) for s in SCALES]
    best = min(each, key=lambda c: c.value)
    assert best.value < found.value < best.value + 0.03  # the price of 16 scales, and of the pilot
    assert each[0].value > best.value + 0.05
    assert each[-1].value > best.value + 0.02


def test_conditions_say_what_was_checked() -> None:
    net = NETWORKS[0]
    start, weights, x, y = trained(net)
    given = pac_bayes(net, start, weights, x, y, draws=1, scales=(0.5, 1.0), key=KEY)
    assert [c.status for c in given.conditions] == ["declared", "declared", "declared", "checked"]
    assert given.terms["scales"] == 2
    default = pac_bayes(net, start, weights, x, y, draws=1, key=KEY)
    assert [c.status for c in default.conditions] == ["declared", "declared", "checked", "checked"]
    assert (default.name, default.certifies, default.delta) == ("pac_bayes", "stochastic network", 0.05)
    assert "stochastic network (noise" in default.meaning
    assert all(isinstance(v, float) and math.isfinite(v) for v in default.terms.values())


def test_the_same_key_gives_the_same_certificate() -> None:
    net = NETWORKS[2]
    start, weights, x, y = trained(net)
    first, second, other = (pac_bayes(net, start, weights, x, y, draws=20, key=jax.random.key(k)) for k in (1, 1, 2))
    assert first == second
    assert first.terms["stochastic_error"] != other.terms["stochastic_error"]


# -------------------------------------------------------------------------------------------------------- edge cases


def certain(mistaken: bool, n: int) -> tuple[FixedHeadReLU, Any, np.ndarray, np.ndarray]:
    """A network so far from its noise that it is always wrong, or never."""
    net = FixedHeadReLU(2, 1)
    weights = (np.array([[1e3], [-1e3]]),)
    return net, weights, np.ones((n, 1)), np.full(n, -1.0 if mistaken else 1.0)


def test_untrained_weights_have_no_divergence_and_no_mistakes_a_closed_form() -> None:
    net, weights, x, y = certain(False, 30)
    found = pac_bayes(net, weights, weights, x, y, draws=10, scales=(0.1,), key=KEY)
    assert found.terms["divergence"] == 0.0
    assert found.terms["stochastic_error"] == 0.0
    upper = 1 - 0.01 ** (1 / 300)
    assert found.terms["stochastic_error_upper"] == pytest.approx(upper, rel=1e-12)
    assert found.value == pytest.approx(independent_inverse(upper, math.log(maurer_constant(30) / 0.04) / 30), rel=1e-9)


def test_one_example_and_all_mistakes_are_ordinary_values() -> None:
    net, weights, x, y = certain(False, 1)
    single = pac_bayes(net, weights, weights, x, y, draws=5, key=KEY)
    assert 0.9 < single.value < 1.0
    net, weights, x, y = certain(True, 20)
    wrong = pac_bayes(net, weights, weights, x, y, draws=5, key=KEY)
    assert (wrong.value, wrong.terms["stochastic_error"]) == (1.0, 1.0)


def test_a_dead_network_and_an_overflowing_one_are_always_mistaken() -> None:
    net, x, y = FixedHeadReLU(2, 2), np.full((4, 1), -1.0), np.ones(4)
    dead = (np.array([[1e3], [1e3]]), np.zeros((2, 2)))
    assert pac_bayes(net, dead, dead, x, y, scales=(1e-3,), draws=2, key=KEY).terms["stochastic_error"] == 1.0
    huge = (np.full((2, 1), -1e200), np.full((2, 2), 1e200))
    assert pac_bayes(net, huge, huge, x, y, scales=(1e-3,), draws=2, key=KEY).terms["stochastic_error"] == 1.0


@pytest.mark.parametrize("delta", [5e-324, 1e-300, 1 - 2**-53])
def test_extreme_deltas_are_ordinary(delta: float) -> None:
    net = NETWORKS[0]
    start, weights, x, y = trained(net)
    found = pac_bayes(net, start, weights, x, y, delta=delta, draws=5, key=KEY)
    assert found.terms["stochastic_error"] < found.value <= 1.0


@settings(max_examples=15, deadline=None)
@given(delta=st.floats(1e-6, 0.4), factor=st.floats(0.01, 0.99), moved=st.floats(1.0, 3.0))
def test_value_grows_with_confidence_distance_and_grid(delta: float, factor: float, moved: float) -> None:
    net = NETWORKS[0]
    start, weights, x, y = trained(net)
    farther = tuple(b + moved * (b - a) for a, b in zip(weights, start, strict=True))  # the prior moves away

    def value(delta: float, initial: Any = start, scales: Any = (0.5,)) -> float:
        return pac_bayes(net, initial, weights, x, y, delta=delta, scales=scales, draws=5, key=KEY).value

    base = value(delta)
    assert value(delta * factor) >= base
    assert value(delta, farther) >= base
    assert value(delta, scales=(0.5, 1e-9)) > base  # the second scale is never chosen, and is paid for


# ---------------------------------------------------------------------------------------------------------- it holds


def coin_flips(repetitions: int, *, leak: bool) -> int:
    """Violations on labels that are fair coin flips, where every classifier has risk 1/2."""
    net, failures = DeepReLU(16, 2), 0
    for r in range(repetitions):
        x, _ = oracles.examples(30, 5, seed=r)
        y = np.random.default_rng([9, r]).choice([-1.0, 1.0], 30)
        start = net.init(jax.random.key(r), 5)
        run = gradient_descent(net, start, x, y, step_size=0.1, steps=400)
        prior = run.weights if leak else start
        found = pac_bayes(net, prior, run.weights, x, y, draws=5, scales=(0.1, 0.4), key=jax.random.key(1000 + r))
        failures += found.value < 0.5
    return failures


def test_memorised_coin_flips_are_never_certified() -> None:
    assert coin_flips(8, leak=False) == 0


def test_a_start_that_has_seen_the_sample_would_be_found_out() -> None:
    assert coin_flips(5, leak=True) >= 4


@pytest.mark.slow
def test_digits_after_gradient_descent_are_certified_under_two_fifths() -> None:
    ds, net = load("digits:even/odd"), DeepReLU(1024, 3)
    start = net.init(jax.random.key(0), ds.x.shape[1])
    run = gradient_descent(net, start, ds.x, ds.y, step_size=4.0 / (3 * 1024), steps=100)
    found = pac_bayes(net, start, run.weights, ds.x, ds.y, x_test=ds.x_test, y_test=ds.y_test, key=KEY)
    assert len(ds.y) == 1400
    assert found.test_error is not None
    assert 0.15 < found.test_error < found.value < 0.39


# ------------------------------------------------------------------------------------------------------------ misuse


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"delta": 0.0}, "strictly between 0 and 1"),
        ({"delta": float("nan")}, "strictly between 0 and 1"),
        ({"draws": 0}, "draws must be a whole number"),
        ({"draws": 2.5}, "draws must be a whole number"),
        ({"dtype": "float16"}, "dtype is float64 or float32"),
        ({"scales": ()}, "scales must be"),
        ({"scales": (0.5, -1.0)}, "scales must be"),
        ({"scales": (0.5, 0.5)}, "scales must be"),
        ({"scales": 0.5}, "scales must be"),
        ({"scales": (float("inf"),)}, "scales must be"),
        ({"key": 3}, "JAX random key"),
        ({"key": None}, "JAX random key"),
        ({"weights": None}, "sequence of matrices"),
        ({"weights": ()}, "weights do not fit"),
        ({"weights": (np.zeros((6, 5)), np.zeros((1, 7)))}, "weights do not fit"),
        ({"weights": (np.full((6, 5), np.nan), np.zeros((1, 6)))}, "NaN or infinite"),
        ({"weights": (np.full((6, 5), 1e300), np.zeros((1, 6)))}, "did the run diverge"),
        ({"weights": (np.zeros((6, 5), int), np.zeros((1, 6), int))}, "float32 or all float64"),
        ({"initial": (np.zeros((6, 4)), np.zeros((1, 6)))}, "initial weights take 4 inputs"),
        ({"snapshots": [(np.full((6, 5), np.inf), np.zeros((1, 6)))]}, "NaN or infinite"),
        ({"x": np.ones((30, 4))}, "take 5 inputs"),
        ({"x": np.ones(30)}, "expected inputs"),
        ({"x": np.full((30, 5), np.nan)}, "NaN or infinite"),
        ({"y": np.zeros(30)}, r"labels must be -1 or \+1"),
        ({"y": np.ones(29)}, "expected inputs"),
        ({"x_test": np.ones((2, 5))}, "give x_test and y_test"),
        ({"x_test": np.ones((2, 4)), "y_test": np.ones(2)}, "test inputs have 4 features"),
        ({"x_test": np.ones((2, 5)), "y_test": np.ones(3)}, "expected inputs"),
    ],
)
def test_misuse_is_told_in_one_line(changed: dict[str, Any], said: str) -> None:
    net = NETWORKS[0]
    start, weights, x, y = trained(net)
    arguments = {"initial": start, "weights": weights, "x": x, "y": y, "key": KEY, **changed}
    with pytest.raises(HowwideError, match=said) as caught:
        pac_bayes(net, **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"deviations": (0.1,)}, "one deviation for each"),
        ({"deviations": (0.1, -0.1)}, "at least 0"),
        ({"x": np.ones((3, 4))}, "takes 5 inputs"),
        ({"block_size": 0}, "block_size must be"),
    ],
)
def test_misuse_of_the_simulation_is_told_in_one_line(changed: dict[str, Any], said: str) -> None:
    net = NETWORKS[0]
    _, weights, x, _ = trained(net)
    arguments = {"weights": weights, "deviations": (0.1, 0.1), "x": x, "key": KEY, **changed}
    with pytest.raises(HowwideError, match=said) as caught:
        drawn_outputs(net, **arguments)
    assert "\n" not in str(caught.value)
