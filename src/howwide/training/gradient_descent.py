r"""Full-batch gradient descent, as the theorems run it.

:math:`W^{(t+1)} = W^{(t)} - \eta \nabla L_S(W^{(t)})` with :math:`L_S` the average loss, from given weights,
until a target is reached, the budget is spent, or the run diverges or dies. :func:`gradient_descent` makes one run;
:func:`descend` is the same on a prepared problem, and what batches of runs are made of.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from howwide.checks import check_count
from howwide.losses import LOGISTIC, Loss
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.stopping import check_stop
from howwide.training.loop import Limits, State, advance, initial_state
from howwide.training.problem import Problem, prepare_inputs, prepare_problem
from howwide.training.status import Status, Target, parse_target
from howwide.training.step_sizes import StepSize, check_step_size, step_sizes

__all__ = [
    "Attempt",
    "Budget",
    "Observer",
    "Run",
    "attempt_of",
    "checkpoints",
    "descend",
    "gradient_descent",
    "run_of",
]

_FIRST_FLOPS = 10**9  # of the first stretch of a run: a second at most
_LONG_ENOUGH = 0.2  # seconds of a stretch; shorter ones are doubled


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One try of a run: its step size, how it ended, after how many steps, with which loss and training error."""

    step_size: StepSize
    status: Status
    steps: int
    final_loss: float
    final_error: float


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        weights: the last evaluated weights, in input coordinates and in the dtype of the given ones.
        status: how the run ended; see :class:`Status`.
        steps: the number of updates made.
        step_size: rule, value and implied hidden constant of the step size that was used.
        final_loss: average loss at ``weights``.
        final_error: share of examples with ``y f(x) <= 0`` at ``weights``.
        recorded_steps: the steps t at which ``loss`` and ``error`` were recorded.
        loss: average loss at W^(t).
        error: training error at W^(t).
        attempts: every try, in order; several for the ladder, whose last one this run is.
    """

    weights: tuple[np.ndarray, ...]
    status: Status
    steps: int
    step_size: StepSize
    final_loss: float
    final_error: float
    recorded_steps: np.ndarray
    loss: np.ndarray
    error: np.ndarray
    attempts: tuple[Attempt, ...]


Observer = Callable[[int, float, float], None]
"""Called between stretches of a run with the step reached, and the loss and training error last seen."""


@dataclasses.dataclass(frozen=True)
class Budget:
    """What a run may spend and must reach: ``steps`` updates, a target, and how often loss and error are recorded."""

    steps: int = 1000
    target: Target = dataclasses.field(default_factory=Target)
    record_every: int = 1

    def limits(self, step_size: float, problem: Problem) -> Limits:
        """The numbers that the compiled loop of ``problem`` reads."""
        with np.errstate(
            over="ignore"
        ):  # a step beyond the dtype is infinite: the run diverges, and its status says so
            wanted = (step_size, self.target.loss, self.target.error, self.target.margin)
            eta, loss, error, margin = (np.asarray(v, problem.dtype) for v in wanted)
            etas = eta * problem.factors
        return Limits(etas, loss, error, margin, np.int32(self.steps), np.int32(self.record_every))

    @property
    def records(self) -> int:
        """How many values a run can record."""
        return self.steps // self.record_every + 1


def gradient_descent(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    step_size: str | float = "curvature",
    steps: int = 1000,
    target: str | Target | None = None,
    loss: str | Loss = LOGISTIC,
    hidden_constant: float = 1.0,
    layer_factors: Sequence[float] | None = None,
    record_every: int = 1,
    rotate: bool = True,
    pad: bool = True,
    observer: Observer | None = None,
) -> Run:
    r"""Train by :math:`W^{(t+1)} = W^{(t)} - \eta \nabla L_S(W^{(t)})` on the average loss.

    All matrices of the network that its paper trains are trained; a frozen head stays. Computation is in the dtype of
    ``weights``. One step costs about ``6 n (d m + (L - 2) m^2)`` flops.

    Args:
        net: :class:`~howwide.DeepReLU` or :class:`~howwide.FixedHeadReLU`.
        weights: initial weights, NumPy or JAX arrays; unchanged.
        x: inputs (n, d), one row an example; the theorems take unit rows.
        y: labels -1 and +1, (n,).
        step_size: a number, or a rule: ``curvature``, ``explicit``, ``theory``, ``ladder`` (see
            :mod:`howwide.training.step_sizes`) or another paper's (:mod:`howwide.training.paper_rules`).
        steps: the budget of updates; the loss is evaluated at W^(0) to W^(steps).
        target: stop as soon as it holds: ``zero-error``, ``loss<=EPS`` or ``margin>=G``; None runs the whole budget.
        loss: ``logistic`` or ``square`` (half the squared distance of output and label).
        hidden_constant: the constant the papers do not print, in the rules that have one.
        layer_factors: the step size of each trained matrix over that of the run; other parametrisations need them
            (:mod:`howwide.networks.parametrisations`). 0 freezes a matrix.
        record_every: loss and error are recorded at every step that is a multiple of this.
        rotate: with d > n train in n coordinates; the same trajectory up to rounding, and much cheaper.
        pad: train in the padded width that other widths share the compilation with; the same up to rounding.
        observer: called about a hundred times in a run with step, loss and error, for progress.

    Returns:
        The finished run; its status says whether it ``converged``, spent its ``max_steps``, ``diverged`` or is
        ``dead``.

    Raises:
        ShapeError: arrays that do not fit each other or the network.
        DataError: non-finite inputs, or labels other than -1 and +1.
        SettingError: a number outside its domain, an unknown rule or target.
    """
    budget = Budget(check_count(steps, "steps"), parse_target(target), check_count(record_every, "record_every", 1))
    check_step_size(step_size, hidden_constant)
    problem = prepare_problem(
        net, weights, prepare_inputs(x, y, rotate=rotate), pad=pad, loss=loss, layer_factors=layer_factors
    )
    return descend(problem, step_sizes(step_size, problem, hidden_constant=hidden_constant), budget, observer=observer)


def descend(
    problem: Problem,
    tries: Sequence[StepSize],
    budget: Budget,
    *,
    observer: Observer | None = None,
    stretches: int = 100,
) -> Run:
    """Run ``problem`` with each step size in turn until one reaches the target; see :func:`gradient_descent`.

    An observer is called ``stretches`` times in a full run; that changes no value.
    """
    attempts: list[Attempt] = []
    with computing_in(problem.dtype, nan_is_outcome=True):
        for step_size in tries:
            state = initial_state(problem.hidden, problem.head, budget.records)
            state = _advanced(problem, step_size, budget, state, observer, stretches)
            attempts.append(attempt_of(state, step_size))
            if attempts[-1].status is Status.CONVERGED:
                break
        return run_of(problem, state, attempts, budget)


def checkpoints(
    problem: Problem,
    step_size: StepSize,
    budgets: Sequence[Budget],
    *,
    observer: Observer | None = None,
    stretches: int = 100,
) -> Iterator[Run]:
    """The run as it ends under each of ``budgets``, which differ in their steps alone and grow; trained once.

    Every run is the one that :func:`descend` would make: the next budget goes on from the weights of the last one that
    was spent. When a run ends by itself it is the answer for the larger budgets too. An observer is called
    ``stretches`` times on the way to each.
    """
    largest = budgets[-1]
    with computing_in(problem.dtype, nan_is_outcome=True):
        state = initial_state(problem.hidden, problem.head, largest.records)
    for budget in budgets:
        with computing_in(problem.dtype, nan_is_outcome=True):
            if int(state.status) in (Status.RUNNING.code, Status.MAX_STEPS.code):
                state = state._replace(status=np.asarray(Status.RUNNING.code, np.int32))
                state = _advanced(problem, step_size, budget, state, observer, stretches)
            run = run_of(problem, state, [attempt_of(state, step_size)], budget)
        yield run


def _advanced(
    problem: Problem, step_size: StepSize, budget: Budget, state: State, observer: Observer | None, stretches: int
) -> State:
    """``state`` at the end of the run or of its budget, whichever comes first.

    The compiled loop comes back to Python several times a second, so that Ctrl-C is heard and work that is wanted no
    more ends; that changes no value.
    """
    limits, reached = budget.limits(step_size.value, problem), int(state.step)
    flops = 6 * problem.x.shape[0] * sum(w.size for w in problem.hidden)  # of a step
    length = max(1, _FIRST_FLOPS // flops)
    for until in _stretches(budget.steps, stretches if observer else 1):
        if until <= reached:
            continue
        while reached < until and int(state.status) == Status.RUNNING.code:
            began, goal = time.perf_counter(), min(until, reached + length)
            state = advance(state, problem.examples, limits, np.int32(goal), kind=problem.kind)
            reached = int(state.step)
            check_stop()
            if time.perf_counter() - began < _LONG_ENOUGH:
                length *= 2
        if observer is not None:
            observer(reached, float(state.loss), float(state.error))
        if int(state.status) != Status.RUNNING.code:
            break
    return state


def _stretches(steps: int, count: int) -> list[int]:
    stretch = max(1, steps // count)
    return [*range(stretch, steps, stretch), steps + 1]


def attempt_of(state: State, step_size: StepSize) -> Attempt:
    """How the try with ``step_size`` stands in ``state``."""
    status = Status.from_code(int(state.status))
    return Attempt(step_size, status, int(state.step), float(state.loss), float(state.error))


def run_of(problem: Problem, state: State, attempts: Sequence[Attempt], budget: Budget) -> Run:
    """The record of the run that ended in ``state``; the last of ``attempts`` is its own."""
    last = attempts[-1]
    recorded = np.arange(0, last.steps + 1, budget.record_every)
    return Run(
        weights=problem.weights(state.hidden, state.head),
        status=last.status,
        steps=last.steps,
        step_size=last.step_size,
        final_loss=last.final_loss,
        final_error=last.final_error,
        recorded_steps=recorded,
        loss=np.asarray(state.loss_record)[: recorded.size],
        error=np.asarray(state.error_record)[: recorded.size],
        attempts=tuple(attempts),
    )
