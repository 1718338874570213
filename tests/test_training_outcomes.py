"""How runs end, what they record, and what they leave alone."""

import inspect
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import oracles
from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.networks import Network
from howwide.training import Observation, Run, Status, Target, parse_target

NET = DeepReLU(10, 3)
STEP = 0.1
DIMENSION = 20
X, Y = oracles.examples(12, DIMENSION)
WEIGHTS = oracles.start(NET, DIMENSION, seed=2)


def run_with(weights: Any = WEIGHTS, x: Any = X, y: Any = Y, net: Network = NET, **settings: Any) -> Run:
    return gradient_descent(net, weights, x, y, **{"step_size": STEP, "steps": 60, **settings})


def content(arrays: Any) -> list[bytes]:
    return [np.asarray(a).tobytes() for a in arrays]


def everything(run: Run) -> list[bytes]:
    numbers = np.array([run.steps, run.final_loss, run.final_error])
    return content([*run.weights, run.recorded_steps, run.loss, run.error, numbers])


@pytest.fixture(scope="module")
def full() -> Run:
    return run_with()


# ------------------------------------------------------------------------------------------------------------- statuses


def test_without_a_target_the_budget_is_spent(full: Run) -> None:
    losses, last = oracles.gradient_descent(NET, WEIGHTS, X, Y, STEP, 60)
    assert full.status is Status.MAX_STEPS
    assert full.steps == 60
    assert full.final_loss == full.loss[-1] == pytest.approx(losses[-1], rel=1e-9)
    margins = Y * oracles.outputs(NET, last, X)
    assert full.final_error == full.error[-1] == np.mean(margins <= 0)
    assert len(full.attempts) == 1


@pytest.mark.parametrize("reached", [1, 7, 59, 60])
def test_a_loss_target_ends_the_run_at_the_first_step_that_meets_it(full: Run, reached: int) -> None:
    """The target is checked at W^(t) before the update, so these are the weights that meet it."""
    between = float(full.loss[reached - 1] + full.loss[reached]) / 2
    run = run_with(target=f"loss<={between!r}")
    assert run.status is Status.CONVERGED
    assert run.steps == reached
    assert run.final_loss == full.loss[reached]
    assert run.loss.tolist() == full.loss[: reached + 1].tolist()
    assert content(run.weights) == content(run_with(steps=reached).weights)
    exactly = run_with(target=Target("exactly", loss=float(full.loss[reached])))
    assert exactly.steps == reached, "a loss equal to the bound meets it"


def test_an_error_target_ends_the_run_at_the_first_step_without_mistakes() -> None:
    full = run_with(steps=400)
    first = int(np.argmax(full.error == 0))
    assert first > 0, "the case must start with mistakes and lose them"
    run = run_with(steps=400, target="zero-error")
    assert (run.status, run.steps, run.final_error) == (Status.CONVERGED, first, 0.0)
    assert (Y * oracles.outputs(NET, run.weights, X) > 0).all()
    assert content(run.weights) == content(run_with(steps=first).weights)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dual", [True, False])
@pytest.mark.parametrize("steps", [0, 60])
def test_a_start_that_meets_the_target_is_returned_as_it_was(dtype: type, dual: bool, steps: int) -> None:
    weights = tuple(w.astype(dtype) for w in WEIGHTS)
    run = run_with(weights, steps=steps, dual=dual, target="loss<=100")
    assert (run.status, run.steps, run.recorded_steps.tolist()) == (Status.CONVERGED, 0, [0])
    assert content(run.weights) == content(weights)


def test_a_budget_of_nothing_evaluates_the_start() -> None:
    run = run_with(steps=0)
    assert (run.status, run.steps, run.loss.size) == (Status.MAX_STEPS, 0, 1)
    assert run.loss[0] == pytest.approx(oracles.forward_backward(NET, WEIGHTS, X, Y)[0], rel=1e-12)
    assert content(run.weights) == content(WEIGHTS)


def test_the_largest_budget_is_a_budget() -> None:
    run = run_with(steps=2**31 - 2, record_every=2**31 - 2, target="loss<=100")
    assert (run.status, run.steps) == (Status.CONVERGED, 0)


@pytest.mark.parametrize("net", [NET, FixedHeadReLU(10, 3)], ids=str)
@pytest.mark.parametrize("step_size", [1e10, 1e30, 1e38])
def test_a_huge_step_breaks_the_run_and_says_so(net: Network, step_size: float) -> None:
    weights = tuple(w.astype(np.float32) for w in oracles.start(net, DIMENSION))
    run = run_with(weights, net=net, step_size=step_size, target="loss<=1e-3")
    assert run.status in {Status.DIVERGED, Status.DEAD}
    assert run.steps < 60, "it stops when it sees it"
    assert (run.status is Status.DIVERGED) == (not np.isfinite(run.final_loss))
    assert run.loss.size == run.steps + 1


@pytest.mark.parametrize("target", ["zero-error", "loss<=0.1", None])
def test_outputs_that_are_no_numbers_are_mistakes(target: str | None) -> None:
    weights = tuple(np.full_like(w, np.nan) for w in WEIGHTS)
    run = run_with(weights, target=target)
    assert (run.status, run.steps) == (Status.DIVERGED, 0)
    assert run.final_error == 1.0, "an output without a sign is not a success"


@pytest.mark.parametrize("net", [NET, DeepReLU(10, 2, alpha=0.25), FixedHeadReLU(10, 3)], ids=str)
def test_a_dead_network_is_told_from_a_slow_one(net: Network) -> None:
    """Negative weights on positive inputs: every output is 0 with loss log 2, and 0 is a mistake."""
    weights = tuple(-np.abs(w) for w in oracles.start(net, DIMENSION))
    run = run_with(weights, np.abs(X), net=net, target="zero-error")
    assert (run.status, run.steps, run.final_error) == (Status.DEAD, 0, 1.0)
    assert run.final_loss == pytest.approx(np.log(2), rel=1e-12)
    assert content(run.weights) == content(weights)
    met = run_with(weights, np.abs(X), net=net, target="loss<=1")
    assert met.status is Status.CONVERGED, "a target that is met is met"


def test_zero_outputs_of_a_living_network_are_mistakes_and_move() -> None:
    """A zero output row: f = 0 everywhere, but the last hidden layer is alive and the row learns."""
    weights = (*WEIGHTS[:-1], np.zeros_like(WEIGHTS[-1]))
    run = run_with(weights)
    assert run.error[0] == 1.0
    assert run.loss[0] == pytest.approx(np.log(2), rel=1e-12)
    assert (run.status, run.steps) == (Status.MAX_STEPS, 60)
    assert run.loss[-1] < run.loss[0]


def test_a_run_can_die_on_the_way() -> None:
    """f = relu(w_1) - relu(w_2) at x = 1: the first neuron is off, and a step of 10 throws the second off as well."""
    weights = (np.array([[-1.0], [1.0]]),)
    run = run_with(weights, np.ones((1, 1)), np.ones(1), net=FixedHeadReLU(2, 1), step_size=10)
    assert (run.status, run.steps, run.final_error) == (Status.DEAD, 1, 1.0)
    assert run.recorded_steps.tolist() == [0, 1]
    np.testing.assert_allclose(run.weights[0], [[-1], [1 - 10 / (1 + np.exp(-1))]], rtol=1e-14)


# -------------------------------------------------------------------------------------------------------------- records


@pytest.mark.parametrize("every", [1, 3, 7, 60, 61, 1000])
def test_sparse_records_are_those_of_the_full_run(full: Run, every: int) -> None:
    run = run_with(record_every=every)
    assert run.recorded_steps.tolist() == list(range(0, 61, every))
    assert run.loss.tolist() == full.loss[::every].tolist()
    assert run.error.tolist() == full.error[::every].tolist()
    assert (run.final_loss, run.final_error) == (full.final_loss, full.final_error)
    assert content(run.weights) == content(full.weights)


def test_a_run_that_stops_early_records_until_there(full: Run) -> None:
    run = run_with(record_every=3, target=f"loss<={float(full.loss[10])!r}")
    assert run.steps == 10
    assert run.recorded_steps.tolist() == [0, 3, 6, 9]
    assert run.loss.tolist() == full.loss[:10:3].tolist()
    assert run.final_loss == full.loss[10]


@pytest.mark.parametrize("steps", [0, 1, 60, 250])
def test_an_observer_sees_the_run_and_changes_nothing(steps: int) -> None:
    seen: list[Observation] = []
    run = run_with(steps=steps, observer=seen.append)
    plain = run_with(steps=steps)
    assert everything(run) == everything(plain)
    assert 1 <= len(seen) <= 130
    assert len(seen) >= min(steps, 100), "about a hundred times"
    reached = [one.step for one in seen]
    assert reached == sorted(set(reached))
    assert (seen[-1].step, seen[-1].loss, seen[-1].error) == (run.steps, run.final_loss, run.final_error)
    for one in seen:
        assert (one.loss, one.error) == (run.loss[one.step], run.error[one.step])


def test_an_observer_gets_the_weights_of_chosen_steps() -> None:
    seen: list[Observation] = []
    run = run_with(steps=60, observer=seen.append, observe_at=[41, 0, 40, 7, 7], record_every=13)
    assert [one.step for one in seen] == [0, 7, 40, 41, 60], "and the end"
    for one in seen:
        stopped = run_with(steps=one.step)
        assert [w.tobytes() for w in one.weights] == [w.tobytes() for w in stopped.weights]
        assert (one.loss, one.error) == (stopped.final_loss, stopped.final_error)
    assert everything(run) == everything(run_with(steps=60, record_every=13))


def test_an_observer_leaves_the_mode_of_jax_alone() -> None:
    seen: list[str] = []
    weights = tuple(w.astype(np.float64) for w in WEIGHTS)
    gradient_descent(
        NET, weights, X, Y, step_size=0.1, steps=3, observer=lambda _: seen.append(jnp.ones(()).dtype.name)
    )
    assert seen == ["float32"] * 4


def test_an_observer_is_told_no_more_once_the_run_has_ended(full: Run) -> None:
    seen: list[int] = []
    run = run_with(steps=500, target=f"loss<={float(full.loss[12])!r}", observer=lambda one: seen.append(one.step))
    assert run.steps == 12
    assert len(seen) <= 4
    assert seen[-1] == 12


# -------------------------------------------------------------------------------------------------- what stays the same


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dual", [True, False])
def test_the_dtype_of_the_weights_rules(dtype: type, dual: bool) -> None:
    """Whatever that of the inputs and the mode of JAX, which stays as it was."""
    weights = tuple(w.astype(dtype) for w in WEIGHTS)
    for x in (X, X.astype(np.float32)):
        run = run_with(weights, x, dual=dual, steps=3)
        assert {a.dtype for a in (*run.weights, run.loss, run.error)} == {np.dtype(dtype)}
        assert [w.shape for w in run.weights] == [w.shape for w in weights]
    assert jnp.ones(()).dtype == np.float32


@pytest.mark.parametrize("dual", [True, False])
def test_what_was_given_stays_as_it_was(dual: bool) -> None:
    """Arrays that refuse to be written are enough, and results share no memory with them."""
    given = [np.array(a) for a in (*WEIGHTS, X, Y)]
    for array in given:
        array.flags.writeable = False
    run = run_with(tuple(given[:-2]), given[-2], given[-1], dual=dual, target="loss<=100")
    assert content(given) == content([*WEIGHTS, X, Y])
    for found, start in zip(run.weights, given, strict=False):
        assert not np.shares_memory(found, start)
        found += 1
    assert content(given) == content([*WEIGHTS, X, Y])


@pytest.mark.bytes
def test_equal_runs_have_equal_bytes(full: Run) -> None:
    assert everything(run_with()) == everything(full)
    jax_arrays = run_with(tuple(jnp.asarray(w.astype(np.float32)) for w in WEIGHTS), steps=5)
    assert everything(jax_arrays) == everything(run_with([w.astype(np.float32) for w in WEIGHTS], steps=5))


def test_integer_labels_and_lists_are_examples_too(full: Run) -> None:
    assert everything(run_with(y=Y.astype(np.int8))) == everything(full)
    assert everything(run_with(x=X.tolist(), y=Y.tolist())) == everything(full)


# -------------------------------------------------------------------------------------------------------------- targets


def test_targets_are_read() -> None:
    assert parse_target(None) == Target()
    assert (parse_target("zero-error").error, parse_target("zero-error").loss) == (0.0, np.inf)
    for text in ("loss<=0.25", "loss <= 0.25", "loss<=25e-2"):
        assert parse_target(text) == Target("loss<=0.25", loss=0.25, error=np.inf)
    target = Target("both", loss=0.1, error=0.0)
    assert parse_target(target) is target


def test_statuses_have_stable_names_and_codes() -> None:
    names = ["running", "converged", "max_steps", "diverged", "dead", "flat", "followed"]
    assert [s.value for s in Status] == names
    assert [Status.from_code(s.code) for s in Status] == list(Status)


def test_the_documentation_of_a_status_is_complete() -> None:
    source = inspect.getsource(Status)
    assert not [s for s in Status if f'{s.name} = "{s.value}"\n    """' not in source], "its text stands below it"
