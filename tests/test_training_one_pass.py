"""One pass of SGD: online margins, the drawn iterate and the last one, the draw itself, the theorem's step size."""

import functools
from typing import Any

import jax
import numpy as np
import pytest
from scipy.stats import chi2

import oracles
from howwide import DeepReLU, FixedHeadReLU, one_pass_sgd
from howwide.errors import SettingError
from howwide.networks import Network
from howwide.training import Observation, OnlineRun

NETWORKS = [DeepReLU(10, 3), DeepReLU(10, 3, alpha=0.25), FixedHeadReLU(8, 1), FixedHeadReLU((9, 7, 10))]
EXAMPLES, DIMENSION, STEP = 40, 6, 0.05


def key_drawing(index: int, n: int) -> jax.Array:
    """The first key whose run draws W^(index)."""
    net, (x, y) = FixedHeadReLU(2, 1), oracles.examples(n, 2)
    weights = oracles.start(net, 2)
    for number in range(40 * n):
        key = jax.random.key(number)
        if one_pass_sgd(net, weights, x, y, step_size=0.1, key=key).drawn == index:
            return key
    raise AssertionError(f"no key draws {index}")


@functools.cache
def reference(net: Network) -> tuple[np.ndarray, list[list[np.ndarray]]]:
    return oracles.one_pass_sgd(net, oracles.start(net, DIMENSION), *oracles.examples(EXAMPLES, DIMENSION), STEP)


def one_run(net: Network, key: jax.Array, block_size: int = 32) -> OnlineRun:
    x, y = oracles.examples(EXAMPLES, DIMENSION)
    weights = oracles.start(net, DIMENSION)
    return one_pass_sgd(net, weights, x, y, step_size=STEP, block_size=block_size, key=key)


def check_weights(found: tuple[np.ndarray, ...], expected: list[np.ndarray]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9 * np.abs(b).max())


@pytest.mark.parametrize(
    ("net", "block_size"),
    [
        pytest.param(net, size, marks=() if net == NETWORKS[0] or size == 7 else pytest.mark.slow)
        for net in NETWORKS
        for size in (1, 7, 32, 64)
    ],
    ids=str,
)
def test_a_pass_is_that_of_the_chain_rule_in_numpy(net: Network, block_size: int) -> None:
    """Several keys, so that drawn iterates lie inside, at the ends of, and in the last, shorter block."""
    margins, iterates = reference(net)
    assert np.abs(margins).max() > 0.1
    for number in range(8):
        run = one_run(net, jax.random.key(number), block_size)
        np.testing.assert_allclose(run.online_margins, margins, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(run.online_losses, np.log1p(np.exp(-margins)), rtol=1e-9)
        assert run.mistakes.tolist() == (margins <= 0).tolist()
        check_weights(run.weights, iterates[run.drawn])
        check_weights(run.final_weights, iterates[-1])
        assert run.status == "max_steps"


@pytest.mark.parametrize("block_size", [1, 5])
def test_every_iterate_can_be_drawn(block_size: int) -> None:
    """Twelve examples, each index once: also the first and the last of a block."""
    net, (x, y) = DeepReLU(6, 2), oracles.examples(12, 4)
    weights = oracles.start(net, 4)
    iterates = oracles.one_pass_sgd(net, weights, x, y, 0.3)[1]
    for index in range(12):
        run = one_pass_sgd(net, weights, x, y, step_size=0.3, block_size=block_size, key=key_of(index))
        assert run.drawn == index
        check_weights(run.weights, iterates[index])


@functools.cache
def key_of(index: int) -> jax.Array:
    return key_drawing(index, 12)


def test_drawing_zero_returns_the_start() -> None:
    net, (x, y) = DeepReLU(6, 2), oracles.examples(12, 4)
    weights = oracles.start(net, 4)
    run = one_pass_sgd(net, weights, x, y, step_size=0.3, key=key_of(0))
    assert [w.tobytes() for w in run.weights] == [w.tobytes() for w in weights]
    assert run.final_weights[0].tobytes() != weights[0].tobytes()


def test_the_draw_is_uniform_on_the_first_n_iterates() -> None:
    """Pearson's statistic over 300 keys for 6 cells; a uniform draw fails with probability 1e-6."""
    net, (x, y) = FixedHeadReLU(2, 1), oracles.examples(6, 2)
    weights = oracles.start(net, 2)
    keys = jax.random.split(jax.random.key(11), 300)
    drawn = [one_pass_sgd(net, weights, x, y, step_size=0.1, key=key).drawn for key in keys]
    counts = np.bincount(drawn, minlength=6)
    assert counts.size == 6, "W^(n) is never drawn"
    assert ((counts - 50) ** 2 / 50).sum() < chi2.isf(1e-6, 5)


def test_the_draw_depends_on_the_key_alone() -> None:
    """Not on the weights, the labels, or the mode in which JAX happens to be."""
    x, y = oracles.examples(30, 4)
    drawn = set()
    for net, sign in ((DeepReLU(6, 2), 1), (FixedHeadReLU(4, 2), -1)):
        drawn.add(one_pass_sgd(net, oracles.start(net, 4), x, sign * y, step_size=0.1, key=jax.random.key(2)).drawn)
        with jax.enable_x64(True):
            drawn.add(one_pass_sgd(net, oracles.start(net, 4), x, y, step_size=0.1, key=jax.random.key(2)).drawn)
    assert len(drawn) == 1


def test_a_block_larger_than_the_pass_takes_no_more_memory() -> None:
    net, (x, y) = DeepReLU(6, 2), oracles.examples(12, 4)
    run = one_pass_sgd(net, oracles.start(net, 4), x, y, step_size=0.1, block_size=10**9, key=jax.random.key(0))
    assert run.status == "max_steps"


@pytest.mark.parametrize(("net", "block_size"), [(NETWORKS[1], 32), (NETWORKS[2], 7), (NETWORKS[3], 64)], ids=str)
def test_snapshots_are_the_iterates_of_the_chain_rule(net: Network, block_size: int) -> None:
    """The start, both sides of a fold, the last step before the end, and the end."""
    iterates = reference(net)[1]
    x, y = oracles.examples(EXAMPLES, DIMENSION)
    asked = (40, 0, 7, 31, 32, 33, 39, 7)
    choice = {"step_size": STEP, "block_size": block_size, "key": jax.random.key(3)}
    run = one_pass_sgd(net, oracles.start(net, DIMENSION), x, y, snapshots=asked, **choice)
    assert list(run.snapshots) == sorted(set(asked))
    for t, weights in run.snapshots.items():
        check_weights(weights, iterates[t])
    assert [w.tobytes() for w in run.snapshots[40]] == [w.tobytes() for w in run.final_weights]


@pytest.mark.bytes
@pytest.mark.parametrize(("dtype", "block_size"), [(np.float32, 32), (np.float64, 5)])
def test_snapshots_change_no_bit_of_the_run(dtype: type, block_size: int) -> None:
    net, (x, y) = DeepReLU(24, 3), oracles.examples(100, 9)
    weights = tuple(w.astype(dtype) for w in oracles.start(net, 9))
    choice = {"step_size": 0.05, "block_size": block_size, "key": jax.random.key(4)}
    plain = one_pass_sgd(net, weights, x, y, **choice)
    kept = one_pass_sgd(net, weights, x, y, snapshots=[plain.drawn, 3, 50, 99], **choice)
    assert plain.snapshots == {}
    assert plain.drawn == kept.drawn
    for a, b in (
        *zip((*plain.weights, *plain.final_weights), (*kept.weights, *kept.final_weights), strict=True),
        (plain.online_margins, kept.online_margins),
        (plain.online_losses, kept.online_losses),
        *zip(plain.weights, kept.snapshots[plain.drawn], strict=True),
    ):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("at", [None, [33, 0, 7, 8, 40, 7]])
def test_an_observer_of_a_pass_sees_iterates_and_the_online_record(at: list[int] | None) -> None:
    net, (x, y) = NETWORKS[1], oracles.examples(EXAMPLES, DIMENSION)
    choice = {"step_size": STEP, "block_size": 8, "key": jax.random.key(3)}
    seen: list[Observation] = []
    run = one_pass_sgd(net, oracles.start(net, DIMENSION), x, y, **choice, observer=seen.append, observe_at=at)
    steps = [one.step for one in seen]
    assert steps == ([*range(EXAMPLES + 1)] if at is None else sorted({*at, EXAMPLES}))
    kept = one_pass_sgd(net, oracles.start(net, DIMENSION), x, y, **choice, snapshots=steps)
    for one in seen:
        assert [w.tobytes() for w in one.weights] == [w.tobytes() for w in kept.snapshots[one.step]]
        if one.step:
            assert one.loss == pytest.approx(run.online_losses[: one.step].mean(), rel=1e-12)
            assert one.error == run.mistakes[: one.step].mean()
    assert run.online_margins.tobytes() == kept.online_margins.tobytes()
    assert [w.tobytes() for w in run.final_weights] == [w.tobytes() for w in kept.final_weights]


def test_a_snapshot_knows_nothing_of_later_examples() -> None:
    """Other examples from t + 1 on leave W^(t) as it is, bit for bit, and change the one after."""
    net, (x, y) = DeepReLU(12, 2), oracles.examples(50, 5)
    choice = {"step_size": 0.2, "snapshots": (20, 21), "key": jax.random.key(0)}
    one = one_pass_sgd(net, oracles.start(net, 5), x, y, **choice)
    x, y = x.copy(), y.copy()
    x[20:], y[20:] = -x[20:][::-1], -y[20:]
    other = one_pass_sgd(net, oracles.start(net, 5), x, y, **choice)
    assert [w.tobytes() for w in one.snapshots[20]] == [w.tobytes() for w in other.snapshots[20]]
    assert one.snapshots[21][0].tobytes() != other.snapshots[21][0].tobytes()


@pytest.mark.parametrize("snapshots", [(13,), (-1,), (1.5,), (True,), ("1",), 3, None])
def test_snapshots_that_are_no_indices(snapshots: Any) -> None:
    net, (x, y) = DeepReLU(6, 2), oracles.examples(12, 4)
    with pytest.raises(SettingError, match="snapshot") as caught:
        one_pass_sgd(net, oracles.start(net, 4), x, y, snapshots=snapshots, key=jax.random.key(0))
    assert "\n" not in str(caught.value)


# ----------------------------------------------------------------------------------------------------------- step sizes


@pytest.mark.parametrize("alpha", [0.25, 0.5])
@pytest.mark.parametrize(("radius", "eps"), [(0.1, 0.5), (3.0, 0.01)])
def test_the_theory_step_with_radius_and_loss(alpha: float, radius: float, eps: float) -> None:
    """c m^(-2 alpha) min{L R^2 / (n eps), 1/L}; the two cases take one branch each."""
    net, (x, y) = DeepReLU(6, 3, alpha), oracles.examples(12, 4)
    expected = 2.0 * 6 ** (-2 * alpha) * min(3 * radius**2 / (12 * eps), 1 / 3)
    weights = oracles.start(net, 4)
    run = one_pass_sgd(net, weights, x, y, radius=radius, eps=eps, hidden_constant=2.0, key=jax.random.key(0))
    assert run.step_size.rule == "theory"
    assert run.step_size.value == pytest.approx(expected, rel=1e-12)
    assert run.step_size.hidden_constant == pytest.approx(expected * 3 * 6 ** (2 * alpha), rel=1e-12)


def test_the_theory_step_without_them() -> None:
    x, y = oracles.examples(12, 4)
    for net, expected in ((DeepReLU(6, 3, 0.25), 1 / (3 * 6**0.5)), (FixedHeadReLU((4, 6)), 1 / (6 * 2**3))):
        run = one_pass_sgd(net, oracles.start(net, 4), x, y, key=jax.random.key(0))
        assert run.step_size.value == pytest.approx(expected, rel=1e-12)


def test_steps_from_the_steepest_example() -> None:
    net, (x, y) = DeepReLU(6, 3), oracles.examples(12, 4)
    weights = oracles.start(net, 4)
    steepest = np.diag(oracles.tangent_gram(net, weights, x)).max()
    for rule, expected in (("curvature", 4 / steepest), ("explicit", 1 / (2 * steepest))):
        run = one_pass_sgd(net, weights, x, y, step_size=rule, key=jax.random.key(0))
        assert run.step_size.rule == rule
        assert run.step_size.value == pytest.approx(expected, rel=1e-9)
        assert run.step_size.hidden_constant == pytest.approx(expected * 3 * 6, rel=1e-9)


# ------------------------------------------------------------------------------------------------------------- outcomes


@pytest.mark.parametrize("rule", ["theory", "curvature", "explicit", 0.1])
def test_a_dead_start_stays_dead_under_every_rule(rule: str | float) -> None:
    """All pre-activations are negative: every output is 0, and 0 counts as a mistake."""
    net = DeepReLU(6, 3)
    weights = tuple(-np.abs(w) for w in oracles.start(net, 4))
    x, y = oracles.examples(12, 4)
    run = one_pass_sgd(net, weights, np.abs(x), y, step_size=rule, key=jax.random.key(0))
    assert run.status == "dead"
    assert run.online_margins.tolist() == [0.0] * 12
    assert run.mistakes.all()
    check_weights(run.final_weights, list(weights))


def test_a_huge_step_diverges_and_a_lost_output_is_a_mistake() -> None:
    net, (x, y) = DeepReLU(6, 3), oracles.examples(12, 4)
    weights = tuple(w.astype(np.float32) for w in oracles.start(net, 4))
    run = one_pass_sgd(net, weights, x, y, step_size=1e30, key=jax.random.key(0))
    assert run.status == "diverged"
    assert not np.isfinite(run.online_margins[-1])
    assert run.mistakes[np.isnan(run.online_margins)].all()


def test_weights_lost_in_the_last_update_are_a_divergence() -> None:
    """One example: its margin is seen before the update, so only the final weights tell."""
    net, (x, y) = DeepReLU(6, 2), oracles.examples(1, 4)
    weights = tuple(np.abs(w).astype(np.float32) for w in oracles.start(net, 4))
    run = one_pass_sgd(net, weights, np.abs(x), y, step_size=3e38, key=jax.random.key(0))
    assert np.isfinite(run.online_margins).all()
    assert not all(np.isfinite(w).all() for w in run.final_weights)
    assert run.status == "diverged"


def test_the_dtype_of_the_weights_rules_and_the_inputs_stay_as_they_are() -> None:
    net, (x, y) = DeepReLU(6, 3), oracles.examples(12, 4)
    weights = tuple(w.astype(np.float32) for w in oracles.start(net, 4))
    before = [a.tobytes() for a in (*weights, x, y)]
    run = one_pass_sgd(net, weights, x, y, step_size=0.1, key=jax.random.key(1))
    assert [a.tobytes() for a in (*weights, x, y)] == before
    arrays = (*run.weights, *run.final_weights, run.online_margins, run.online_losses)
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
    margins, iterates = oracles.one_pass_sgd(net, weights, x, y, 0.1)
    np.testing.assert_allclose(run.online_margins, margins, atol=1e-5)
    np.testing.assert_allclose(run.final_weights[0], iterates[-1][0], atol=1e-5)
