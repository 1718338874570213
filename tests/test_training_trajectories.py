"""Trajectories of gradient descent against NumPy and PyTorch, step by step; changes of coordinates are exact."""

import functools
import itertools
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import oracles
from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.networks import Network
from howwide.training import Run

STEPS = 200
WIDTHS = (10, 14, 9, 11, 12)
NETWORKS = [
    net
    for depth in (2, 3, 5)
    for net in (
        DeepReLU(10, depth, alpha=0.25),
        DeepReLU(10, depth, alpha=0.5),
        FixedHeadReLU(16, depth),
        FixedHeadReLU(WIDTHS[-depth:]),
    )
]
QUICK = (DeepReLU(10, 2), DeepReLU(10, 3, alpha=0.25), FixedHeadReLU(WIDTHS[-3:]))
every_network = pytest.mark.parametrize(
    "net", [net if net in QUICK else pytest.param(net, marks=pytest.mark.slow) for net in NETWORKS], ids=str
)
DIMENSIONS = (5, 20)  # below and above the number of examples
EXAMPLES = 12
COORDINATES = list(itertools.product((True, False), repeat=2))


@functools.cache
def problem(net: Network, d: int) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray, float]:
    """Weights, inputs, labels, and half the descent step, from a dense eigenvalue."""
    x, y = oracles.examples(EXAMPLES, d, seed=d)
    weights = oracles.start(net, d, seed=3)
    return weights, x, y, 2 * EXAMPLES / np.linalg.eigvalsh(oracles.tangent_gram(net, weights, x))[-1]


@functools.cache
def runs(net: Network, d: int) -> dict[tuple[bool, bool], Run]:
    weights, x, y, eta = problem(net, d)
    return {
        (dual, pad): gradient_descent(net, weights, x, y, step_size=eta, steps=STEPS, dual=dual, pad=pad)
        for dual, pad in COORDINATES
    }


def check_all(net: Network, d: int, oracle: ModuleType) -> None:
    """Losses at every step and the last weights, to 1e-9 relative, in all four choices of coordinates."""
    losses, last = oracle.gradient_descent(net, *problem(net, d), STEPS)
    assert losses[-1] < 0.5 * losses[0], "a run that stands still would compare nothing"
    for (dual, pad), run in runs(net, d).items():
        told = f"dual={dual}, pad={pad}"
        assert run.status == "max_steps", told
        assert run.steps == STEPS, told
        np.testing.assert_allclose(run.loss, losses, rtol=1e-9, atol=0, err_msg=told)
        for found, expected in zip(run.weights, last, strict=True):
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max(), err_msg=told)


@pytest.mark.parametrize("d", DIMENSIONS)
@every_network
def test_the_trajectory_is_that_of_the_chain_rule_in_numpy(net: Network, d: int) -> None:
    check_all(net, d, oracles)


@pytest.mark.parametrize("d", DIMENSIONS)
@every_network
def test_the_trajectory_is_that_of_automatic_derivatives_in_pytorch(net: Network, d: int) -> None:
    pytest.importorskip("torch")
    import oracles_torch

    check_all(net, d, oracles_torch)


def test_one_step_by_hand() -> None:
    """One neuron, one example, f = 1 * 2 * relu(1 * 1/2) = 1: the slope of the loss is -1 / (1 + e)."""
    net = DeepReLU(1, 2)
    weights = (np.array([[0.5]]), np.array([[2.0]]))
    run = gradient_descent(net, weights, np.ones((1, 1)), np.ones(1), step_size=0.1, steps=1)
    slope = 1 / (1 + np.e)
    np.testing.assert_allclose(run.weights[0], [[0.5 + 0.1 * slope * 2]], rtol=1e-14)
    np.testing.assert_allclose(run.weights[1], [[2 + 0.1 * slope * 0.5]], rtol=1e-14)
    np.testing.assert_allclose(run.loss[0], np.log1p(np.exp(-1)), rtol=1e-14)


# -------------------------------------------------------------------------------------------- test points, and rotation


def check_test_outputs(net: Network, x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> None:
    """Rotated runs return whole matrices: test outputs agree, and need the part of W_1 orthogonal to the data."""
    weights = oracles.start(net, x.shape[1], seed=1)
    rotated, plain = (
        gradient_descent(net, weights, x, y, step_size="theory", steps=50, dual=dual) for dual in (True, False)
    )
    expected = oracles.outputs(net, plain.weights, x_test)
    assert rotated.loss[-1] < rotated.loss[0]
    np.testing.assert_allclose(oracles.outputs(net, rotated.weights, x_test), expected, rtol=1e-9, atol=1e-9)

    basis = np.linalg.qr(x.T)[0]
    first, *others = rotated.weights
    projected = (first @ basis @ basis.T, *others)
    np.testing.assert_allclose(
        oracles.outputs(net, projected, x), oracles.outputs(net, rotated.weights, x), rtol=1e-9, atol=1e-9
    )
    assert np.abs(oracles.outputs(net, projected, x_test) - expected).max() > 0.5


@pytest.mark.parametrize("net", [DeepReLU(24, 3), FixedHeadReLU(24, 2)], ids=str)
def test_test_outputs_need_the_part_of_the_first_matrix_orthogonal_to_the_data(net: Network) -> None:
    x, y = oracles.examples(10, 40)
    check_test_outputs(net, x, y, oracles.examples(50, 40, seed=1)[0])


def test_test_outputs_on_cifar_need_the_part_of_the_first_matrix_orthogonal_to_the_data(shared_data: Path) -> None:
    with np.load(shared_data / "cifar10_binary.npz") as arrays:
        x, y, x_test = arrays["x_train"][:25] / 255, arrays["y_train"][:25], arrays["x_test"][:100] / 255
    x, x_test = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (x, x_test))
    check_test_outputs(DeepReLU(24, 3), x, y, x_test)


def test_inputs_of_deficient_rank_rotate() -> None:
    """Two equal rows and one row of zeros: the coordinates are still orthonormal and the run the same."""
    x, y = oracles.examples(6, 15)
    x[1], x[2] = x[0], 0
    net = DeepReLU(8, 2)
    weights = oracles.start(net, 15)
    run = gradient_descent(net, weights, x, y, step_size=0.1, steps=30)
    losses, last = oracles.gradient_descent(net, weights, x, y, 0.1, 30)
    np.testing.assert_allclose(run.loss, losses, rtol=1e-9)
    np.testing.assert_allclose(run.weights[0], last[0], atol=1e-9)


@pytest.mark.parametrize("dual", [True, False])
@pytest.mark.parametrize("pad", [True, False])
def test_float32_runs_follow_float64_runs(dual: bool, pad: bool) -> None:
    """Rounding of 6e-8, amplified a few hundred times at most in 50 steps of a run without flips."""
    net, (x, y) = DeepReLU(10, 3), oracles.examples(EXAMPLES, 20)
    weights = oracles.start(net, 20)
    single = tuple(w.astype(np.float32) for w in weights)
    run = gradient_descent(net, single, x, y, step_size=0.05, steps=50, dual=dual, pad=pad)
    losses, last = oracles.gradient_descent(net, single, x, y, 0.05, 50)
    assert {w.dtype for w in run.weights} == {np.dtype(np.float32)}
    assert run.loss.dtype == np.float32
    np.testing.assert_allclose(run.loss, losses, rtol=2e-5)
    for found, expected in zip(run.weights, last, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5)
