r"""Full-batch gradient descent, as the theorems run it.

:math:`W^{(t+1)} = W^{(t)} - \eta \nabla L_S(W^{(t)})` with :math:`L_S` the average loss, from given weights,
until a target is reached, the budget is spent, or the run diverges or dies. :func:`gradient_descent` makes one run;
:func:`descend` is the same on a prepared problem, and what batches of runs are made of.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from howwide.checks import check_count
from howwide.losses import LOGISTIC, Loss
from howwide.networks.protocol import Network
from howwide.training.hopeless import check_steps, is_flat
from howwide.training.loop import Limits, State, advance, initial_state
from howwide.training.observation import Observer, Pace, drive, observed_steps
from howwide.training.problem import TrainingProblem, prepare_inputs, prepare_problem
from howwide.training.status import Status, Target, parse_target
from howwide.training.step_sizes import StepSize, check_step_size, step_sizes

__all__ = [
    "Advanced",
    "Attempt",
    "Budget",
    "Run",
    "attempt_of",
    "checkpoints",
    "cut_where_flat",
    "descend",
    "gradient_descent",
    "run_of",
]


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One try of a run: its step size, how it ended, after how many steps, with which loss and training error."""

    step_size: StepSize
    status: Status
    steps: int
    final_loss: float
    final_error: float


@dataclasses.dataclass(frozen=True)
class Run(Attempt):
    """A finished run: its last attempt, with weights and records.

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
    recorded_steps: np.ndarray
    loss: np.ndarray
    error: np.ndarray
    attempts: tuple[Attempt, ...]


Advanced = Callable[[TrainingProblem, StepSize, "Budget", State], State]
"""What brings a run with a step size from a state to the end of a budget, or of itself."""


@dataclasses.dataclass(frozen=True)
class Budget:
    """What a run may spend and must reach: ``steps`` updates, a target, and how often loss and error are recorded."""

    steps: int = 1000
    target: Target = dataclasses.field(default_factory=Target)
    record_every: int = 1

    def limits(self, step_size: float, problem: TrainingProblem) -> Limits:
        """The numbers that the compiled loop of ``problem`` reads."""
        with np.errstate(over="ignore"):  # a step beyond the dtype: the run diverges, and its status says so
            wanted = (step_size, self.target.loss, self.target.error, self.target.margin)
            eta, loss, error, margin = (np.asarray(v, problem.dtype) for v in wanted)
            etas = eta * problem.factors
        return Limits(etas, loss, error, margin, np.int32(self.steps), np.int32(self.record_every))

    def flat_at(self, losses: np.ndarray, step: int) -> bool:
        """Whether a run with these recorded losses stays short of the target because they are flat after ``step``."""
        return is_flat(losses, self.record_every, step, self.steps, self.target)

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
    dual: bool = True,
    pad: bool = True,
    observer: Observer | None = None,
    observe_at: Sequence[int] | None = None,
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
        dual: with d > n train the first matrix in n coordinates (:mod:`howwide.training.problem`); the same trajectory
            up to rounding, and much cheaper.
        pad: train in the padded width that other widths share the compilation with; the same up to rounding.
        observer: called with an :class:`Observation` (step, loss, error, and the weights when they are asked for) along
            the run and at its end; that changes no value.
        observe_at: the steps at which it is called; about a hundred unless given.

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
    inputs = prepare_inputs(x, y, dual=dual)
    problem = prepare_problem(net, weights, inputs, pad=pad, loss=loss, layer_factors=layer_factors)
    at = observed_steps(budget.steps, observe_at)
    tries = step_sizes(step_size, problem, hidden_constant=hidden_constant)
    return descend(problem, tries, budget, observer=observer, at=at)


def descend(
    problem: TrainingProblem,
    tries: Sequence[StepSize],
    budget: Budget,
    *,
    observer: Observer | None = None,
    at: Sequence[int] = (),
) -> Run:
    """Run ``problem`` with each step size in turn until one reaches the target; see :func:`gradient_descent`."""
    attempts: list[Attempt] = []
    for step_size in tries:
        state = initial_state(problem.hidden, problem.head, budget.records)
        state = _advanced(problem, step_size, budget, state, observer, at)
        attempts.append(attempt_of(state, step_size))
        if attempts[-1].status is Status.CONVERGED:
            break
    return run_of(problem, state, attempts, budget)


def checkpoints(
    problem: TrainingProblem,
    step_size: StepSize,
    budgets: Sequence[Budget],
    advanced: Advanced | None = None,
    *,
    give_up: bool = False,
) -> Iterator[Run]:
    """The run as it ends under each of ``budgets``, which differ in their steps alone and grow; trained once.

    Every run is the one that :func:`descend` would make: the next budget goes on from the weights of the last one that
    was spent. When a run ends by itself it is the answer for the larger budgets too. ``advanced`` brings a state to the
    end of a budget: by full-batch descent unless given. With ``give_up`` a run ends under a budget with the status
    ``flat`` where it can no longer reach the target (:mod:`howwide.training.hopeless`), and goes on under the larger
    ones, each of which judges for itself; its weights may then be those of a later step.
    """
    advanced = advanced or _advanced
    state = initial_state(problem.hidden, problem.head, budgets[-1].records)
    for budget in budgets:
        for step in [*check_steps(budget.steps), budget.steps] if give_up else [budget.steps]:
            if _goes_on(state) and int(state.step) < step:
                state = state._replace(status=np.asarray(Status.RUNNING.code, np.int32))
                state = advanced(problem, step_size, dataclasses.replace(budget, steps=step), state)
            if not _goes_on(state) or budget.flat_at(np.asarray(state.loss_record), step):
                break
        run = run_of(problem, state, [attempt_of(state, step_size)], budget)
        yield cut_where_flat(run, budget) if give_up else run


def cut_where_flat(run: Run, budget: Budget) -> Run:
    """The run as it ends if it is stopped where its loss is first flat; the weights remain those of its last step."""
    flat = next((t for t in check_steps(budget.steps) if t < run.steps and budget.flat_at(run.loss, t)), None)
    if flat is None:
        return run
    kept = flat // budget.record_every + 1
    loss, error = run.loss[:kept], run.error[:kept]
    last = Attempt(run.step_size, Status.FLAT, flat, float(loss[-1]), float(error[-1]))
    recorded = run.recorded_steps[:kept]
    return Run(**vars(last), weights=run.weights, recorded_steps=recorded, loss=loss, error=error, attempts=(last,))


def _goes_on(state: State) -> bool:
    """Whether more steps could be made: the run has not ended by itself."""
    return int(state.status) in (Status.RUNNING.code, Status.MAX_STEPS.code)


def _advanced(
    problem: TrainingProblem,
    step_size: StepSize,
    budget: Budget,
    state: State,
    observer: Observer | None = None,
    at: Sequence[int] = (),
) -> State:
    limits, examples = budget.limits(step_size.value, problem), problem.examples

    def until(state: State, step: int) -> State:
        return advance(state, examples, limits, np.int32(step), kind=problem.kind)

    pace = Pace(6 * problem.x.shape[0] * sum(w.size for w in problem.hidden))
    return drive(problem, state, until, budget.steps, pace, observer=observer, at=at)


def attempt_of(state: State, step_size: StepSize) -> Attempt:
    """How the try with ``step_size`` stands in ``state``."""
    status = Status.from_code(int(state.status))
    return Attempt(step_size, status, int(state.step), float(state.loss), float(state.error))


def run_of(problem: TrainingProblem, state: State, attempts: Sequence[Attempt], budget: Budget) -> Run:
    """The record of the run that ended in ``state``; the last of ``attempts`` is its own."""
    last = attempts[-1]
    recorded = np.arange(0, last.steps + 1, budget.record_every)
    return Run(
        **vars(last),
        weights=problem.weights(state.hidden, state.head),
        recorded_steps=recorded,
        loss=np.asarray(state.loss_record)[: recorded.size],
        error=np.asarray(state.error_record)[: recorded.size],
        attempts=tuple(attempts),
    )
