r"""The compiled loop of full-batch gradient descent.

One iteration evaluates :math:`W^{(t)}` (loss, training error, whether the target is reached, the run dead or diverged)
and, if the run goes on, steps to :math:`W^{(t+1)} = W^{(t)} - \eta \nabla L_S(W^{(t)})`. Targets, step size and budget
are data, not constants of the compilation: one compilation serves every run with the same shapes. Loss and error are
averages over the n examples.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from howwide.losses import logistic, logistic_slope
from howwide.networks.signals import backward, forward, product
from howwide.training.status import Status

__all__ = ["Examples", "Limits", "State", "advance", "advance_many", "initial_state"]


class Examples(NamedTuple):
    """Rows (n, d), labels (n,) and the factor in front of the head."""

    x: Any
    y: Any
    scale: Any


class Limits(NamedTuple):
    """Step size, target and budget of a run."""

    step_size: Any
    loss: Any
    error: Any
    steps: Any
    record_every: Any


class State(NamedTuple):
    """Where a run stands; ``loss`` and ``error`` belong to the last evaluated weights."""

    step: jax.Array
    status: jax.Array
    hidden: tuple[jax.Array, ...]
    head: jax.Array
    loss: jax.Array
    error: jax.Array
    loss_record: jax.Array
    error_record: jax.Array


def initial_state(hidden: Any, head: Any, records: int) -> State:
    """The state before the first evaluation, with room for ``records`` recorded values."""
    head = jnp.asarray(head)
    nothing = jnp.full((records,), jnp.nan, head.dtype)
    running = jnp.asarray(Status.RUNNING.code, jnp.int32)
    unknown = jnp.asarray(jnp.nan, head.dtype)
    layers = tuple(jnp.asarray(w) for w in hidden)
    return State(jnp.asarray(0, jnp.int32), running, layers, head, unknown, unknown, nothing, nothing)


def _advance(state: State, examples: Examples, limits: Limits, until: Any, trains_head: bool) -> State:
    def goes_on(s: State) -> jax.Array:
        return (s.status == Status.RUNNING.code) & (s.step < until)

    return jax.lax.while_loop(goes_on, lambda s: _iteration(s, examples, limits, trains_head), state)


def _iteration(s: State, examples: Examples, limits: Limits, trains_head: bool) -> State:
    x, y, scale = examples
    activations = forward(s.hidden, x)
    margins = y * (scale * product(activations[-1], s.head))
    loss = jnp.mean(logistic(margins))
    error = jnp.mean((~(margins > 0)).astype(loss.dtype))  # an output that is no number is a mistake
    status = _status(s.step, loss, error, activations[-1], limits)

    slopes = logistic_slope(margins) * y * scale / x.shape[0]
    signals = backward(s.hidden, slopes[:, None] * s.head, activations)
    stopped = status != Status.RUNNING.code
    eta = limits.step_size
    hidden = tuple(
        jnp.where(stopped, w, w - eta * product(b.T, h))
        for w, b, h in zip(s.hidden, signals, activations[:-1], strict=True)
    )
    head = jnp.where(stopped, s.head, s.head - eta * product(slopes, activations[-1])) if trains_head else s.head

    slot = s.step // limits.record_every
    wanted = s.step % limits.record_every == 0
    record = [
        r.at[slot].set(jnp.where(wanted, v, r[slot])) for r, v in ((s.loss_record, loss), (s.error_record, error))
    ]
    return State(s.step + ~stopped, status, hidden, head, loss, error, *record)


def _status(step: jax.Array, loss: jax.Array, error: jax.Array, last: jax.Array, limits: Limits) -> jax.Array:
    status = jnp.where(step >= limits.steps, Status.MAX_STEPS.code, Status.RUNNING.code)
    status = jnp.where(jnp.any(last > 0), status, Status.DEAD.code)
    status = jnp.where((loss <= limits.loss) & (error <= limits.error), Status.CONVERGED.code, status)
    return jnp.where(jnp.isfinite(loss), status, Status.DIVERGED.code).astype(jnp.int32)


advance = functools.partial(jax.jit, static_argnames="trains_head")(_advance)
"""Run until the step ``until`` or the end of the run, whichever comes first."""


@functools.partial(jax.jit, static_argnames="trains_head")
def advance_many(state: State, examples: Examples, limits: Limits, until: Any, trains_head: bool) -> State:
    """:func:`advance` for a batch (leading axis of every argument) by vmap: right on accelerators, slow on CPUs."""
    return jax.vmap(lambda s, e, k: _advance(s, e, k, until, trains_head))(state, examples, limits)
