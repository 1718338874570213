"""Coordinates of training: the grid of widths, zero neurons that stay zero, dual coordinates and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracles
from howwide import DeepReLU, FixedHeadReLU
from howwide.networks import Network
from howwide.training import Budget, descend, padded_width, prepare_inputs, prepare_problem, step_sizes

widths = st.integers(1, 2**40)


@given(widths)
def test_padding_never_shrinks_and_wastes_little(width: int) -> None:
    """Less than 8 neurons up to 64, less than an eighth of the width above; the grid pads to itself."""
    padded = padded_width(width)
    assert width <= padded
    assert padded - width < max(8, width / 8)
    assert padded % 8 == 0
    assert padded_width(padded) == padded


@given(widths, widths)
def test_padding_is_monotone(a: int, b: int) -> None:
    assert padded_width(min(a, b)) <= padded_width(max(a, b))


def test_the_grid_has_eight_widths_to_an_octave() -> None:
    grid = sorted({padded_width(width) for width in range(1, 1025)})
    assert grid[:8] == list(range(8, 65, 8))
    for octave in (64, 128, 256, 512):
        assert [w for w in grid if octave < w <= 2 * octave] == [octave + octave // 8 * k for k in range(1, 9)]


@pytest.mark.parametrize("net", [DeepReLU(10, 4), FixedHeadReLU((10, 5, 18))], ids=str)
def test_padded_neurons_stay_zero(net: Network) -> None:
    """Rows of a padded neuron, its columns in the next matrix, and its head, after 50 steps with a large step size."""
    from howwide.networks.precision import computing_in
    from howwide.training.loop import Examples, advance, initial_state

    x, y = oracles.examples(12, 6)
    problem = prepare_problem(net, oracles.start(net, 6), prepare_inputs(x, y))
    budget = Budget(50)
    with computing_in(np.float64):
        state = initial_state(problem.hidden, problem.head, budget.records)
        examples = Examples(problem.x, problem.y, np.float64(net.scale))
        state = advance(state, examples, budget.limits(0.5, problem), np.int32(51), problem.kind)
    below = 6
    for matrix, before, width in zip(state.hidden, problem.hidden, net.hidden_widths, strict=True):
        found = np.array(matrix)
        assert found.shape[0] == padded_width(width) > width
        assert np.abs(found - before).max() > 1e-3, "the run must move"
        found[:width, :below] = 0
        assert not found.any()
        below = width
    assert not np.asarray(state.head)[net.hidden_widths[-1] :].any()


def test_runs_of_near_widths_share_a_compilation_and_runs_of_any_width_their_own_arithmetic() -> None:
    inputs = prepare_inputs(*oracles.examples(12, 6))
    nets = [DeepReLU(width, 3) for width in (9, 12, 16, 17)]
    signatures = [prepare_problem(net, oracles.start(net, 6), inputs).signature for net in nets]
    assert signatures[0] == signatures[1] == signatures[2] != signatures[3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dual_coordinates_are_the_gram_and_the_first_outputs_of_the_start(dtype: type) -> None:
    net, (x, y) = DeepReLU(10, 3), oracles.examples(8, 30)
    weights = tuple(w.astype(dtype) for w in oracles.start(net, 30))
    problem = prepare_problem(net, weights, prepare_inputs(x.astype(dtype), y))
    tolerance = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(problem.x, x @ x.T, atol=tolerance)
    assert problem.offset is not None
    np.testing.assert_allclose(problem.offset[:10], weights[0] @ x.T, atol=10 * tolerance)
    assert problem.hidden[0].shape == problem.offset.shape == (16, 8)
    assert not problem.hidden[0].any()
    assert not problem.offset[10:].any()


@pytest.mark.parametrize(("n", "d", "dual"), [(8, 8, True), (8, 5, True), (8, 30, False)])
def test_elsewhere_inputs_stay_as_they_are(n: int, d: int, dual: bool) -> None:
    x, y = oracles.examples(n, d)
    inputs = prepare_inputs(x, y, dual=dual)
    assert inputs.gram is None
    np.testing.assert_array_equal(inputs.rows, x)


@pytest.mark.parametrize("pad", [True, False])
@pytest.mark.parametrize("d", [6, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("net", [DeepReLU(10, 3), FixedHeadReLU((9, 6))], ids=str)
def test_coordinates_and_back_are_the_identity(net: Network, dtype: type, d: int, pad: bool) -> None:
    weights = tuple(w.astype(dtype) for w in oracles.start(net, d))
    problem = prepare_problem(net, weights, prepare_inputs(*oracles.examples(12, d)), pad=pad)
    back = problem.weights(problem.hidden, problem.head)
    assert [w.tobytes() for w in back] == [w.tobytes() for w in weights]


def test_one_preparation_of_the_inputs_serves_many_runs() -> None:
    net, (x, y) = DeepReLU(10, 2), oracles.examples(8, 30)
    inputs = prepare_inputs(x, y)
    for seed in (0, 1):
        weights = oracles.start(net, 30, seed)
        problem = prepare_problem(net, weights, inputs)
        run = descend(problem, step_sizes(0.1, problem), Budget(20))
        np.testing.assert_allclose(run.loss, oracles.gradient_descent(net, weights, x, y, 0.1, 20)[0], rtol=1e-9)
