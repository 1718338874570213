"""Many runs at once: each is the run it would be alone, whatever runs beside it, and with the same outcomes."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np
import pytest

import oracles
from howwide import DeepReLU, FixedHeadReLU
from howwide.networks import Network
from howwide.sweep import InProcess
from howwide.training import (
    Budget,
    Run,
    StepSize,
    TrainingProblem,
    available_cores,
    descend,
    parse_target,
    prepare_inputs,
    prepare_problem,
)
from howwide.training.batches import MOST_AT_ONCE, at_once, checkpoints_many

INPUTS = prepare_inputs(*oracles.examples(12, 20))
BUDGET = Budget(40, parse_target("loss<=0.55"), record_every=3)
Tries = tuple[StepSize, ...]
Job = Callable[[], tuple[TrainingProblem, Tries]]


def ladder(*values: float) -> Tries:
    return tuple(StepSize(f"rung {i}", value, 1.0) for i, value in enumerate(values))


def prepared(net: Network, seed: int, dtype: type = np.float32) -> TrainingProblem:
    weights = tuple(w.astype(dtype) for w in oracles.start(net, 20, seed))
    return prepare_problem(net, weights, INPUTS)


def job(net: Network, seed: int, tries: Tries, dtype: type = np.float32) -> Job:
    return lambda: (prepared(net, seed, dtype), tries)


def dead_job() -> Job:
    """A network that no example reaches."""
    problem = prepared(DeepReLU(10, 3), 0)
    hidden = (*problem.hidden[:-1], -100 * np.abs(problem.hidden[-1]))
    initial = (*problem.initial[:-2], -100 * np.abs(problem.initial[-2]), problem.initial[-1])
    dead = dataclasses.replace(problem, initial=initial, hidden=hidden)
    return lambda: (dead, ladder(0.05))


# Two shapes; widths that share one; success on the first rung, the second, none; divergence, death.
JOBS: list[Job] = [
    job(DeepReLU(10, 3), 0, ladder(0.1)),
    job(DeepReLU(12, 3), 1, ladder(1e30, 0.1, 0.05)),
    job(DeepReLU(12, 3, alpha=0.25), 2, ladder(1e-4, 1e-3)),
    job(DeepReLU(9, 3), 3, ladder(1e30)),
    dead_job(),
    job(FixedHeadReLU((9, 12)), 4, ladder(0.05, 0.01)),
    job(FixedHeadReLU(16, 2), 5, ladder(1e-6)),
]


def content(run: Run) -> list[bytes]:
    numbers = np.array([run.steps, run.final_loss, run.final_error])
    return [a.tobytes() for a in (*run.weights, run.recorded_steps, run.loss, run.error, numbers)]


def in_threads(jobs: Sequence[Job], workers: int) -> list[Run]:
    with InProcess(workers).executor({}) as executor:
        return [f.result() for f in [executor.submit(descend, *one(), BUDGET) for one in jobs]]


def vmapped_runs(jobs: Sequence[Job]) -> list[Run]:
    """Every run through the vmapped loop, those of equal shapes together, rung by rung."""
    made, groups = [one() for one in jobs], defaultdict(list)
    for index, (problem, _) in enumerate(made):
        groups[problem.signature].append(index)
    found: list[list[Run]] = [[] for _ in jobs]
    for members in groups.values():
        size = at_once(made[members[0]][0])
        for first in range(0, len(members), size):
            for rung in range(3):
                chunk = [i for i in members[first : first + size] if rung < len(made[i][1])]
                waiting = [i for i in chunk if not (found[i] and found[i][-1].status == "converged")]
                if waiting:
                    chosen = [made[i][1][rung] for i in waiting]
                    (runs,) = checkpoints_many([made[i][0] for i in waiting], chosen, [[BUDGET]] * len(waiting))
                    for i, run in zip(waiting, runs, strict=True):
                        found[i].append(run)
    return [dataclasses.replace(runs[-1], attempts=tuple(run.attempts[0] for run in runs)) for runs in found]


@pytest.fixture(scope="module")
def alone() -> list[Run]:
    return [descend(*one(), BUDGET) for one in JOBS]


@pytest.fixture(scope="module")
def vmapped() -> list[Run]:
    return vmapped_runs(JOBS)


def test_the_jobs_end_in_different_ways(alone: list[Run]) -> None:
    assert [[a.status.value for a in run.attempts] for run in alone] == [
        ["converged"],
        ["diverged", "converged"],
        ["max_steps", "max_steps"],
        ["diverged"],
        ["dead"],
        ["converged"],
        ["max_steps"],
    ]
    assert len({run.steps for run in alone}) > 3


@pytest.mark.bytes
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_runs_in_threads_have_the_bytes_of_single_runs(alone: list[Run], workers: int, order: str) -> None:
    indices = list(range(len(JOBS)))
    indices = {"forwards": indices, "backwards": indices[::-1], "shuffled": [3, 6, 0, 5, 1, 4, 2]}[order]
    found = in_threads([JOBS[i] for i in indices], workers)
    for index, run in zip(indices, found, strict=True):
        assert content(run) == content(alone[index])
        assert repr(run.attempts) == repr(alone[index].attempts)  # text, as the losses may be NaN


def test_vmapped_runs_are_the_single_runs_up_to_rounding(alone: list[Run], vmapped: list[Run]) -> None:
    """Statuses, steps and rungs exactly; losses and weights to float32 rounding amplified over 40 steps."""
    for one, many in zip(alone, vmapped, strict=True):
        assert [(a.step_size, a.status, a.steps) for a in many.attempts] == [
            (a.step_size, a.status, a.steps) for a in one.attempts
        ]
        assert (many.status, many.steps, many.step_size) == (one.status, one.steps, one.step_size)
        assert many.recorded_steps.tolist() == one.recorded_steps.tolist()
        if one.status != "diverged":
            np.testing.assert_allclose(many.loss, one.loss, rtol=1e-5)
            np.testing.assert_array_equal(many.error, one.error)
            for a, b in zip(many.weights, one.weights, strict=True):
                assert (a.dtype, a.shape) == (b.dtype, b.shape)
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(b).max())


@pytest.mark.parametrize("chosen", [[0], [5], [1, 6], [6, 2, 5, 4, 0]])
def test_a_vmapped_run_does_not_depend_on_those_beside_it(vmapped: list[Run], chosen: list[int]) -> None:
    """Same bytes alone, in another order, and beside runs that diverge, die or take more rungs."""
    for index, run in zip(chosen, vmapped_runs([JOBS[i] for i in chosen]), strict=True):
        assert content(run) == content(vmapped[index])
        assert repr(run.attempts) == repr(vmapped[index].attempts)


def test_a_batch_larger_than_the_compiled_one_is_cut(vmapped: list[Run]) -> None:
    jobs = [JOBS[i % 4] for i in range(35)]
    for i, run in enumerate(vmapped_runs(jobs)):
        assert content(run) == content(vmapped[i % 4])


def test_shapes_that_fill_the_memory_go_in_smaller_batches(alone: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    wide = prepared(DeepReLU(12, 3), 1)
    assert at_once(wide) == MOST_AT_ONCE == 32
    monkeypatch.setattr("howwide.training.batches._NUMBERS", 3 * 2 * 12 * 32 + 1)
    assert at_once(wide) == 3
    found = vmapped_runs([JOBS[i] for i in (2, 1, 0, 1, 2, 0, 1)])
    assert [run.steps for run in found] == [alone[i].steps for i in (2, 1, 0, 1, 2, 0, 1)]
    monkeypatch.setattr("howwide.training.batches._NUMBERS", 1)
    assert at_once(wide) == 1


def test_float64_runs_beside_float32_runs() -> None:
    """Each in its own precision; between the stages of a batch the mode of JAX is the caller's."""
    jobs = [job(DeepReLU(10, 2), 0, ladder(0.1), dtype) for dtype in (np.float64, np.float32, np.float64)]
    for runs in (in_threads(jobs, 2), vmapped_runs(jobs)):
        assert [run.loss.dtype.name for run in runs] == ["float64", "float32", "float64"]
        assert content(runs[0]) == content(runs[2])
        np.testing.assert_allclose(runs[0].loss, runs[1].loss, rtol=1e-5)
    problem, (step_size,) = jobs[0]()
    stages = checkpoints_many([problem], [step_size], [[Budget(steps) for steps in (5, 10)]])
    assert [jnp.ones(()).dtype.name for _ in stages] == ["float32"] * 2


def test_the_machine_has_a_core() -> None:
    assert available_cores() >= 1
