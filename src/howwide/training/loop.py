r"""The compiled loop of full-batch gradient descent.

One iteration evaluates :math:`W^{(t)}` (loss, training error, whether the target is reached, the run dead or diverged)
and, if the run goes on, steps to :math:`W^{(t+1)} = W^{(t)} - \eta \nabla L_S(W^{(t)})`. Targets, step size and budget
are data, not constants of the compilation: one compilation serves every run with the same shapes. Loss and error are
averages over the n examples.

Inside the loop an example is a *column*: activations and signals are (m_l, n), the transposes of those in
:mod:`howwide.networks.signals`. A forward product is then ``W h`` and a weight gradient ``b h^T``, products that run
along rows; with one row an example the gradients ``b^T h`` would run down the columns of both factors, which the
compiler's CPU kernels do at half the speed.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from howwide.evaluate import mistakes
from howwide.losses import Loss
from howwide.networks.signals import product
from howwide.training.status import Status

__all__ = [
    "Examples",
    "Kind",
    "Limits",
    "State",
    "advance",
    "advance_many",
    "evaluated",
    "initial_state",
    "judged",
    "signals_of",
    "stepped",
]


class Kind(NamedTuple):
    """What a loop is compiled for, beside shapes: whether the head is trained, and the loss."""

    trains_head: bool
    loss: Loss


class Examples(NamedTuple):
    """Rows (n, d), labels (n,) and the factor in front of the head.

    In dual coordinates (:mod:`howwide.training.problem`) ``x`` are rows of the Gram G, (n, N) for n of N examples;
    ``offset`` the first pre-activations of the initial weights, (m, n); and ``chosen`` the places of the n among the N,
    all of them where it is None.
    """

    x: Any
    y: Any
    scale: Any
    offset: Any = None
    chosen: Any = None


class Limits(NamedTuple):
    """Step size of each trained matrix, target and budget of a run."""

    step_sizes: Any
    loss: Any
    error: Any
    margin: Any
    steps: Any
    record_every: Any


class State(NamedTuple):
    """Where a run stands; ``loss`` and ``error`` belong to the last evaluated weights."""

    step: Any
    status: Any
    hidden: tuple[Any, ...]
    head: Any
    loss: Any
    error: Any
    loss_record: Any
    error_record: Any


def initial_state(hidden: Any, head: Any, records: int) -> State:
    """The state before the first evaluation, with room for ``records`` recorded values.

    NumPy arrays: made one by one, device arrays cost a short run more than its steps.
    """
    head = np.asarray(head)
    nothing = np.full((records,), np.nan, head.dtype)
    unknown = np.asarray(np.nan, head.dtype)
    running = np.asarray(Status.RUNNING.code, np.int32)
    layers = tuple(np.asarray(w) for w in hidden)
    return State(np.asarray(0, np.int32), running, layers, head, unknown, unknown, nothing, nothing)


@functools.partial(jax.jit, static_argnames="kind")
def advance(state: State, examples: Examples, limits: Limits, until: Any, kind: Kind) -> State:
    """Run until the step ``until`` or the end of the run, whichever comes first."""

    def goes_on(s: State) -> jax.Array:
        return (s.status == Status.RUNNING.code) & (s.step < until)

    return jax.lax.while_loop(goes_on, lambda s: _iteration(s, examples, limits, kind), state)


def _iteration(s: State, examples: Examples, limits: Limits, kind: Kind) -> State:
    activations, margins = evaluated(s.hidden, s.head, examples)
    s = judged(s, activations[-1], margins, limits, kind)
    hidden, head = stepped(s.hidden, s.head, examples, activations, margins, limits.step_sizes, kind)
    stopped = s.status != Status.RUNNING.code
    return s._replace(
        step=s.step + jnp.where(stopped, 0, 1),
        hidden=tuple(jnp.where(stopped, old, new) for old, new in zip(s.hidden, hidden, strict=True)),
        head=jnp.where(stopped, s.head, head),
    )


def evaluated(hidden: Any, head: jax.Array, examples: Examples) -> tuple[tuple[jax.Array, ...], jax.Array]:
    """Activations ``(h_0, ..., h_H)``, one column an example, and margins ``y f(x)``; in dual coordinates h_0 is G."""
    first = product(hidden[0], examples.x.T)
    if examples.offset is not None:
        first = examples.offset + first  # W_1 X^T = W_1^(0) X^T + A G
    activations = [examples.x.T, jax.nn.relu(first)]
    for matrix in hidden[1:]:
        activations.append(jax.nn.relu(product(matrix, activations[-1])))
    return tuple(activations), examples.y * (examples.scale * product(head, activations[-1]))


def judged(s: State, last: jax.Array, margins: jax.Array, limits: Limits, kind: Kind) -> State:
    """``s`` with loss, error and status of its weights, recorded where they are wanted; ``last`` is h_H."""
    loss = jnp.mean(kind.loss.value(margins))
    error = jnp.mean(mistakes(margins).astype(loss.dtype))
    slot = s.step // limits.record_every
    wanted = s.step % limits.record_every == 0
    loss_record, error_record = (
        r.at[slot].set(jnp.where(wanted, v, r[slot])) for r, v in ((s.loss_record, loss), (s.error_record, error))
    )
    status = jnp.where(s.step >= limits.steps, Status.MAX_STEPS.code, Status.RUNNING.code)
    status = jnp.where(jnp.any(last > 0), status, Status.DEAD.code)
    reached = (loss <= limits.loss) & (error <= limits.error) & (jnp.min(margins) >= limits.margin)
    status = jnp.where(reached, Status.CONVERGED.code, status)
    status = jnp.where(jnp.isfinite(loss), status, Status.DIVERGED.code).astype(jnp.int32)
    return s._replace(status=status, loss=loss, error=error, loss_record=loss_record, error_record=error_record)


def stepped(
    hidden: Any, head: jax.Array, examples: Examples, activations: Any, margins: jax.Array, step_sizes: Any, kind: Kind
) -> tuple[tuple[jax.Array, ...], jax.Array]:
    """Weights after one step on the average loss of ``examples``, each matrix with its own step size."""
    slopes = kind.loss.slope(margins) * examples.y * examples.scale / margins.shape[0]
    signals = signals_of(hidden, head[:, None] * slopes[None, :], activations)
    first = _first_moved(hidden[0], step_sizes[0], signals[0], examples)
    others = [
        w - eta * product(b, h.T)
        for w, eta, b, h in zip(hidden[1:], step_sizes[1:], signals[1:], activations[1:-1], strict=False)
    ]
    moved = (first, *others)
    return moved, head - step_sizes[-1] * product(activations[-1], slopes) if kind.trains_head else head


def _first_moved(matrix: Any, eta: Any, signals: Any, examples: Examples) -> jax.Array:
    if examples.offset is None:
        return matrix - eta * product(signals, examples.x)
    if examples.chosen is None:
        return matrix - eta * signals  # A - eta B
    return matrix.at[:, examples.chosen].add(-eta * signals)


def signals_of(hidden: Any, head: jax.Array, activations: Any) -> tuple[jax.Array, ...]:
    """Backward signals ``(b_1, ..., b_H)``, one column an example; ``head`` (m, n) starts the one of each example."""
    signals = [jnp.where(activations[-1] > 0, head, 0)]
    for matrix, h in zip(reversed(hidden[1:]), reversed(activations[1:-1]), strict=True):
        # written out as a matrix of its own: a product down the columns of the original is slower
        turned = jax.lax.optimization_barrier(matrix.T)  # type: ignore[no-untyped-call]
        signals.append(jnp.where(h > 0, product(turned, signals[-1]), 0))
    return tuple(reversed(signals))


@functools.partial(jax.jit, static_argnames="kind")
def advance_many(state: State, examples: Examples, limits: Limits, until: Any, kind: Kind) -> State:
    """:func:`advance` for a batch (leading axis of every argument) by vmap: right on accelerators, slow on CPUs."""
    return jax.vmap(lambda s, e, k: advance(s, e, k, until, kind))(state, examples, limits)
