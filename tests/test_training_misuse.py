"""Misuse of training is refused before anything is compiled, in one line that says what was wrong."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import oracles
from howwide import DeepReLU, FixedHeadReLU, gradient_descent, one_pass_sgd
from howwide.errors import DataError, HowwideError, SettingError, ShapeError
from howwide.training import parse_target

NET = DeepReLU(6, 2)
X, Y = oracles.examples(8, 4)
WEIGHTS = oracles.start(NET, 4)
ALGORITHMS: dict[str, Callable[..., Any]] = {
    "gradient_descent": gradient_descent,
    "one_pass_sgd": lambda *args, **settings: one_pass_sgd(*args, **{"key": jax.random.key(0), **settings}),
}

both = pytest.mark.parametrize("algorithm", ALGORITHMS)


def refuses(error: type[HowwideError], words: str, call: Callable[..., Any], *args: Any, **settings: Any) -> None:
    with pytest.raises(error) as caught:
        call(*args, **settings)
    assert "\n" not in str(caught.value)
    assert words in str(caught.value)


@both
@pytest.mark.parametrize(
    ("x", "y"),
    [(X[0], Y), (X[:, :, None], Y), (X, Y[1:]), (X, Y[:, None]), (X, 1.0), (X[:0], Y[:0]), (X[:, :0], Y)],
    ids=["1-d", "3-d", "short labels", "column of labels", "one label", "no rows", "no columns"],
)
def test_examples_of_a_wrong_shape(algorithm: str, x: Any, y: Any) -> None:
    refuses(ShapeError, "expected inputs (n, d) and labels (n,)", ALGORITHMS[algorithm], NET, WEIGHTS, x, y)


@both
def test_weights_of_a_wrong_shape(algorithm: str) -> None:
    call = ALGORITHMS[algorithm]
    refuses(ShapeError, "the first matrix takes 4 inputs but the examples have 3", call, NET, WEIGHTS, X[:, 1:], Y)
    refuses(ShapeError, "out-features first", call, NET, WEIGHTS[:1], X, Y)
    refuses(ShapeError, "out-features first", call, NET, tuple(w.T for w in WEIGHTS), X, Y)
    refuses(ShapeError, "out-features first", call, DeepReLU(7, 2), WEIGHTS, X, Y)
    refuses(ShapeError, "out-features first", call, FixedHeadReLU(6, 2), WEIGHTS, X, Y)


@both
@pytest.mark.parametrize(
    "weights",
    [
        tuple(w.astype(int) for w in WEIGHTS),
        tuple(w.astype(np.float16) for w in WEIGHTS),
        tuple(w.astype(complex) for w in WEIGHTS),
        (WEIGHTS[0].astype(np.float32), WEIGHTS[1]),
    ],
    ids=["int", "float16", "complex", "mixed"],
)
def test_weights_of_a_wrong_kind(algorithm: str, weights: Any) -> None:
    refuses(SettingError, "all be float32 or all float64", ALGORITHMS[algorithm], NET, weights, X, Y)


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_finite(algorithm: str, bad: float) -> None:
    x = X.copy()
    x[3, 1] = bad
    refuses(DataError, "NaN or infinite", ALGORITHMS[algorithm], NET, WEIGHTS, x, Y)


@both
@pytest.mark.parametrize("kind", ["text", "complex", "objects", "ragged"])
def test_inputs_that_are_no_real_numbers(algorithm: str, kind: str) -> None:
    ragged = [[1.0, 2.0], *X[1:].tolist()]
    x = {"text": X.astype(str), "complex": X + 0.5j, "objects": np.full(X.shape, None), "ragged": ragged}[kind]
    refuses(DataError, "", ALGORITHMS[algorithm], NET, WEIGHTS, x, Y)


@both
@pytest.mark.parametrize(
    "y", [(Y + 1) / 2, 2 * Y, Y > 0, np.where(Y > 0, "a", "b"), np.where(Y > 0, Y, np.nan)], ids=str
)
def test_labels_other_than_signs(algorithm: str, y: Any) -> None:
    refuses(DataError, "labels must be -1 or +1", ALGORITHMS[algorithm], NET, WEIGHTS, X, y)


@both
@pytest.mark.parametrize("step_size", [0, -1, float("nan"), float("inf"), "nan", "-1", "0"])
def test_step_sizes_that_are_not_positive(algorithm: str, step_size: Any) -> None:
    call = ALGORITHMS[algorithm]
    refuses(SettingError, "a step size must be a positive finite number", call, NET, WEIGHTS, X, Y, step_size=step_size)


@both
@pytest.mark.parametrize("step_size", ["foo", None, "", [0.1, 0.2]])
def test_unknown_step_sizes(algorithm: str, step_size: Any) -> None:
    refuses(SettingError, "unknown step size", ALGORITHMS[algorithm], NET, WEIGHTS, X, Y, step_size=step_size)


@both
@pytest.mark.parametrize("constant", [0, -2.0, float("nan"), float("inf"), "c", None])
def test_hidden_constants_that_are_not_positive(algorithm: str, constant: Any) -> None:
    call = ALGORITHMS[algorithm]
    refuses(SettingError, "hidden constant must be a positive", call, NET, WEIGHTS, X, Y, hidden_constant=constant)


@both
def test_the_rule_of_the_other_network(algorithm: str) -> None:
    refuses(SettingError, "zou-gu is for FixedHeadReLU", ALGORITHMS[algorithm], NET, WEIGHTS, X, Y, step_size="zou-gu")


@pytest.mark.parametrize("steps", [-1, 1.5, 10.0, "10", None, True, 2**31 - 1, 2**31, float("nan"), np.array([3, 4])])
def test_a_budget_that_is_no_whole_number(steps: Any) -> None:
    call = ALGORITHMS["gradient_descent"]
    refuses(SettingError, "steps must be a whole number", call, NET, WEIGHTS, X, Y, steps=steps)
    refuses(SettingError, "record_every must be a whole", call, NET, WEIGHTS, X, Y, record_every=steps)


def test_a_record_every_of_zero() -> None:
    refuses(SettingError, "record_every must be", gradient_descent, NET, WEIGHTS, X, Y, record_every=0)


@pytest.mark.parametrize("block_size", [0, -1, 1.5, True, None])
def test_a_block_size_that_is_no_whole_number(block_size: Any) -> None:
    call = ALGORITHMS["one_pass_sgd"]
    refuses(SettingError, "block_size must be a whole number", call, NET, WEIGHTS, X, Y, block_size=block_size)


@pytest.mark.parametrize(
    ("radius", "eps"),
    [(1.0, None), (None, 0.1), (0.0, 0.1), (1.0, -1), (float("nan"), 0.1), (1.0, float("inf")), ("1", 1)],
)
def test_a_theory_step_from_half_a_theorem(radius: Any, eps: Any) -> None:
    call = ALGORITHMS["one_pass_sgd"]
    refuses(SettingError, "takes radius and eps, both positive", call, NET, WEIGHTS, X, Y, radius=radius, eps=eps)


def test_one_pass_has_no_ladder() -> None:
    refuses(SettingError, "no ladder", ALGORITHMS["one_pass_sgd"], NET, WEIGHTS, X, Y, step_size="ladder")


@pytest.mark.parametrize("target", ["zero", "Zero-Error", "loss", "loss<=", "loss<0.1", "error<=0", "", 0.1, True])
def test_unknown_targets(target: Any) -> None:
    refuses(SettingError, "use zero-error or loss<=EPS", parse_target, target)
    refuses(SettingError, "unknown target", gradient_descent, NET, WEIGHTS, X, Y, target=target)


@pytest.mark.parametrize("bound", ["0", "-1", "nan", "inf", "abc", "1,5"])
def test_losses_that_cannot_be_reached(bound: str) -> None:
    refuses(SettingError, "must be a positive number", parse_target, f"loss<={bound}")


@pytest.mark.parametrize("at", [[-1], [11], [1.5], [True], ["1"]])
def test_observed_steps_that_are_no_steps_of_the_run(at: Any) -> None:
    seen: dict[str, Any] = {"observer": lambda seen: None, "observe_at": at}
    refuses(SettingError, "an observed step must be", gradient_descent, NET, WEIGHTS, X, Y, steps=10, **seen)
