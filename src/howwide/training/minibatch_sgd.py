r"""Stochastic gradient descent with minibatches, as Zou, Cao, Zhou and Gu (arXiv version) run it.

:math:`W^{(t+1)} = W^{(t)} - \frac{\eta}{B} \sum_{i \in \mathcal B_t} \nabla \ell(y_i f_{W^{(t)}}(x_i))`, with
:math:`\mathcal B_t` a subset of B examples drawn uniformly and without repetition at every step, independently of the
others. The whole training loss is evaluated every ``record_every`` steps, and only then can the run stop: between two
evaluations nothing but minibatches is touched. With B = n every step is the full-batch step.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from howwide.checks import check_count
from howwide.losses import LOGISTIC, Loss, get_loss
from howwide.networks.protocol import Network
from howwide.training.gradient_descent import Advanced, Budget, Run, attempt_of, run_of
from howwide.training.loop import Examples, Kind, Limits, State, evaluated, initial_state, judged, stepped
from howwide.training.observation import Observer, Pace, drive, observed_steps
from howwide.training.problem import TrainingProblem, prepare_inputs, prepare_problem
from howwide.training.status import Status, Target, parse_target
from howwide.training.step_sizes import StepSize, check_rule, step_sizes

__all__ = ["EVERY", "NO_LADDER", "minibatch_sgd", "minibatches"]

EVERY = 10
"""Steps between two evaluations of the whole sample, unless given."""

NO_LADDER = "minibatches take one step size; the ladder is for gradient_descent"
"""Why the rule ladder is refused."""


def minibatch_sgd(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int,
    step_size: str | float = "curvature",
    steps: int = 1000,
    target: str | Target | None = None,
    loss: str | Loss = LOGISTIC,
    hidden_constant: float = 1.0,
    layer_factors: Sequence[float] | None = None,
    record_every: int = EVERY,
    dual: bool = True,
    pad: bool = True,
    observer: Observer | None = None,
    observe_at: Sequence[int] | None = None,
    key: Any,
) -> Run:
    """Train with a fresh minibatch at every step; see the module for the formula.

    Args:
        net: the network.
        weights: initial weights; unchanged.
        x: inputs (n, d), one row an example.
        y: labels -1 and +1, (n,).
        batch_size: B, from 1 to n.
        step_size: a number or a rule, as in :func:`howwide.gradient_descent`; rules look at the whole sample.
        steps: the budget of updates.
        target: ``zero-error`` or ``loss<=EPS`` on the whole sample, evaluated every ``record_every`` steps.
        loss: ``logistic`` or ``square``.
        hidden_constant: the constant the papers do not print.
        layer_factors: the step size of each trained matrix over that of the run.
        record_every: steps between evaluations of the whole sample.
        dual: with d > n train the first matrix in n coordinates.
        pad: train in the padded width.
        observer: called with an :class:`Observation` along the run and at its end; that changes no value.
        observe_at: the steps at which it is called, rounded up to evaluations; about a hundred unless given.
        key: JAX random key; the minibatch of step t is drawn from ``fold_in(key, t)``.

    Returns:
        The run; its loss and error are those of the whole sample at the recorded steps, and its final weights those of
        the last evaluation.

    Raises:
        ShapeError: arrays that do not fit each other or the network.
        DataError: non-finite inputs, or labels other than -1 and +1.
        SettingError: a number outside its domain, an unknown rule, loss or target, or the ladder.
    """
    every = check_count(record_every, "record_every", 1)
    budget = Budget(check_count(steps, "steps"), parse_target(target), every)
    check_rule(step_size, net, get_loss(loss), hidden_constant=hidden_constant, ladder=NO_LADDER)
    inputs = prepare_inputs(x, y, dual=dual)
    size = check_count(batch_size, "batch_size", 1, inputs.labels.size)
    problem = prepare_problem(net, weights, inputs, pad=pad, loss=loss, layer_factors=layer_factors)
    at = sorted({min(budget.steps, -(-t // every) * every) for t in observed_steps(budget.steps, observe_at)})
    chosen = step_sizes(step_size, problem, hidden_constant=hidden_constant)[0]
    start = initial_state(problem.hidden, problem.head, budget.records)
    state = minibatches(size, key, observer, at)(problem, chosen, budget, start)
    return run_of(problem, state, [attempt_of(state, chosen)], budget)


def minibatches(size: int, key: Any, observer: Observer | None = None, at: Sequence[int] = ()) -> Advanced:
    """What brings a run to the end of a budget by minibatches of ``size``, those of step t from ``fold_in(key, t)``.

    A run goes on from the end of a smaller budget as if that had not been there where its steps are a multiple of those
    between two evaluations.
    """

    def advanced(problem: TrainingProblem, step_size: StepSize, budget: Budget, state: State) -> State:
        limits, examples = budget.limits(step_size.value, problem), problem.examples

        def until(state: State, step: int) -> State:
            return _advance(state, examples, limits, key, np.int32(step), size, problem.kind)

        evaluation = 2 * problem.y.size // budget.record_every
        pace = Pace((6 * size + evaluation) * sum(w.size for w in problem.hidden))
        return drive(problem, state, until, budget.steps, pace, observer=observer, at=at)

    return advanced


@functools.partial(jax.jit, static_argnames=("size", "kind"))
def _advance(state: State, examples: Examples, limits: Limits, key: Any, until: Any, size: int, kind: Kind) -> State:
    def update(t: Any, weights: Any) -> Any:
        n = examples.y.shape[0]
        chosen = jax.random.choice(jax.random.fold_in(key, t), n, (size,), replace=False)
        offset = None if examples.offset is None else examples.offset[:, chosen]
        batch = Examples(examples.x[chosen], examples.y[chosen], examples.scale, offset, chosen)
        hidden, head = weights
        activations, margins = evaluated(hidden, head, batch)
        return stepped(hidden, head, batch, activations, margins, limits.step_sizes, kind)

    def stretch(s: State) -> State:
        activations, margins = evaluated(s.hidden, s.head, examples)
        s = judged(s, activations[-1], margins, limits, kind)
        goal = jnp.minimum(s.step + limits.record_every, limits.steps)
        goal = jnp.where(s.status == Status.RUNNING.code, goal, s.step)
        hidden, head = jax.lax.fori_loop(s.step, goal, update, (s.hidden, s.head))
        return s._replace(step=goal, hidden=hidden, head=head)

    return jax.lax.while_loop(lambda s: (s.status == Status.RUNNING.code) & (s.step < until), stretch, state)
