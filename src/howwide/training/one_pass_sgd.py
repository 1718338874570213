r"""One-pass stochastic gradient descent with batch size 1, as the generalisation theorems run it.

Step i uses example i and no other: :math:`W^{(i)} = W^{(i-1)} - \eta \nabla \ell(y_i f_{W^{(i-1)}}(x_i))`. Before the
update the example is fresh, so its loss and mistake at :math:`W^{(i-1)}` are the online record the theorem sums. The
theorem's output is a uniform draw from :math:`W^{(0)}, ..., W^{(n-1)}`; the draw is made first, and only that iterate
is kept, with the snapshots whose indices were fixed before the run.

A batch-1 step is bound by rewriting the weights, not by arithmetic. So the last ``block_size`` rank-one updates are
kept as factors, :math:`W = \bar W + U^\top V`, products with W get a thin correction, and the factors are folded into
:math:`\bar W` once a block. This is exact up to rounding. An iterate inside a block is :math:`\bar W` with the factors
of the steps before it.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from howwide.checks import check_count, is_positive
from howwide.errors import SettingError
from howwide.evaluate import mean_loss, mistakes
from howwide.losses import LOGISTIC, Loss
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import forward, product
from howwide.training.loop import Kind
from howwide.training.observation import Observation, Observer, Pace, WeightArrays, observed_steps
from howwide.training.problem import TrainingProblem, prepare_inputs, prepare_problem
from howwide.training.status import Status
from howwide.training.step_sizes import StepSize, check_rule, curvature, step_sizes

__all__ = ["NO_LADDER", "OnlineRun", "one_pass_sgd"]

NO_LADDER = "one pass has no ladder: a second try would see the examples again; use theory or a number"
"""Why the rule ladder is refused."""


@dataclasses.dataclass(frozen=True)
class OnlineRun:
    """A finished pass.

    Attributes:
        weights: the theorem's output W^(drawn), in input coordinates and in the dtype of the given weights.
        drawn: its index, uniform on 0..n-1 and drawn before training; 0 is the start itself.
        final_weights: W^(n), after all n updates.
        online_margins: y_i f(x_i) at W^(i-1), before example i was used; shape (n,).
        online_losses: losses of these margins.
        mistakes: whether a margin was at most 0 (zero counts as a mistake).
        status: ``max_steps`` when the pass ended as it should, ``diverged`` or ``dead`` otherwise.
        step_size: rule, value and implied hidden constant.
        snapshots: W^(t), made of the examples 1..t alone, for each of the given indices, in increasing order.
    """

    weights: tuple[np.ndarray, ...]
    drawn: int
    final_weights: tuple[np.ndarray, ...]
    online_margins: np.ndarray
    online_losses: np.ndarray
    mistakes: np.ndarray
    status: Status
    step_size: StepSize
    snapshots: Mapping[int, tuple[np.ndarray, ...]] = dataclasses.field(default_factory=dict)


def one_pass_sgd(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    step_size: str | float = "theory",
    loss: str | Loss = LOGISTIC,
    hidden_constant: float = 1.0,
    radius: float | None = None,
    eps: float | None = None,
    block_size: int = 32,
    snapshots: Sequence[int] = (),
    observer: Observer | None = None,
    observe_at: Sequence[int] | None = None,
    key: Any,
) -> OnlineRun:
    r"""One pass over the examples in the given order, one update an example.

    Args:
        net: the network.
        weights: initial weights; unchanged.
        x: inputs (n, d), in the order in which they are used.
        y: labels -1 and +1, (n,).
        step_size: a number, or ``theory``: :math:`c\, m^{-2\alpha} \min\{L R^2/(n \epsilon), 1/L\}` (Theorem 2.3 of the
            alpha-scaled version, 3.5 of the ICLR version) for DeepReLU and :math:`c/(M L^3)` for FixedHeadReLU;
            ``curvature``:
            :math:`4/\max_i K_{ii}`, the descent step of the steepest single example; ``explicit``: :math:`1/(2 \max_i
            K_{ii})`. The last two look at the sample, which a generalisation guarantee does not allow.
        loss: ``logistic`` or ``square``.
        hidden_constant: c.
        radius: R of ``theory``; without it (and ``eps``) the first branch of the minimum is left out.
        eps: the training loss :math:`\epsilon` reached within R.
        block_size: updates kept as factors before they are folded in; changes speed, not values.
        snapshots: indices t from 0 to n, fixed before the run, whose weights W^(t) are kept; they change nothing else.
        observer: called with an :class:`~howwide.training.Observation` along the pass and at its end; loss and error
            are those of the online record so far. That changes no value.
        observe_at: the indices at which it is called; about a hundred unless given.
        key: JAX random key of the uniform draw.

    Returns:
        The drawn and the final weights, with the online record and the snapshots.

    Raises:
        ShapeError: arrays that do not fit each other or the network.
        DataError: non-finite inputs, or labels other than -1 and +1.
        SettingError: a number outside its domain, or an unknown rule.
    """
    block_size = check_count(block_size, "block_size", 1)
    check_rule(step_size, net, hidden_constant=hidden_constant, ladder=NO_LADDER)
    problem = prepare_problem(net, weights, prepare_inputs(x, y, dual=False), pad=False, loss=loss)
    chosen = _step_size(problem, step_size, hidden_constant, radius, eps)
    n = problem.y.size
    try:
        asked = sorted({check_count(t, "a snapshot", 0, n, note=f", n = {n} the last") for t in snapshots})
    except TypeError:
        raise SettingError(f"snapshots must be a sequence of indices 0 to n = {n}; got {snapshots!r}") from None
    observed = observed_steps(n, observe_at) if observer is not None else []
    drawn = int(jax.random.randint(key, (), 0, n, dtype=jnp.int32))

    size, dtype = min(block_size, n), problem.dtype
    shape = -(-n // size), size
    filled = [np.zeros((shape[0] * size, *a.shape[1:]), dtype) for a in (problem.x, problem.y, problem.y)]
    for whole, values in zip(filled, (problem.x, problem.y, 1), strict=True):
        whole[:n] = values
    examples = _Examples(*(a.reshape(*shape, *a.shape[1:]) for a in filled))
    with np.errstate(over="ignore"):  # a step beyond the dtype: the run diverges, and its status says so
        eta, scale = np.asarray(chosen.value, dtype), np.asarray(net.scale, dtype)
    pace = Pace(6 * size * sum(w.size for w in problem.hidden))

    def reach(state: _State, block: int) -> _State:
        """``state`` after the blocks before ``block``."""
        while state.blocks < block:
            with pace.call():
                until = min(block, state.blocks + pace.steps)
                with computing_in(dtype, nan_is_outcome=True):
                    state = _State(until, *_pass(state[1:], examples, state.blocks, until, eta, scale, problem.kind))
                state.margins.block_until_ready()
        return state

    def iterate(before: _State, after: _State, t: int) -> WeightArrays:
        """W^(t) from the states before and after its block."""
        with computing_in(dtype, nan_is_outcome=True):
            base = _folded(before.base, after.factors, jnp.arange(size) < t % size)
        return problem.weights(base, after.heads[t % size])

    def observe(state: _State, t: int, weights: Callable[[], WeightArrays]) -> None:
        if observer is not None and (t in observed or t == n):
            margins = np.asarray(state.margins, np.float64).reshape(-1)[:t]
            seen = (mean_loss(margins, problem.loss), float(mistakes(margins).mean())) if t else (math.nan, math.nan)
            observer(Observation(t, *seen, weights))

    factors = tuple((np.zeros((size, w.shape[0]), dtype), np.zeros((size, w.shape[1]), dtype)) for w in problem.hidden)
    heads, margins = np.zeros((size, problem.head.size), dtype), np.full(shape, np.nan, dtype)
    before = state = _State(0, problem.hidden, problem.head, factors, heads, margins)
    kept: dict[int, WeightArrays] = {}
    for t in sorted({drawn, *asked, *observed} - {n}):
        if state.blocks <= t // size:
            before = reach(state, t // size)
            state = reach(before, t // size + 1)
        weights_at = functools.partial(iterate, before, state, t)
        if t == drawn or t in asked:
            kept[t] = weights_at()
        observe(state, t, weights_at)
    state = reach(state, shape[0])
    kept[n] = problem.weights(state.base, state.head)
    observe(state, n, lambda: kept[n])
    online = np.asarray(state.margins).reshape(-1)[:n]
    with computing_in(dtype, nan_is_outcome=True):
        losses, status = np.asarray(problem.loss.value(jnp.asarray(online))), _status(online, state, problem.x)
    return OnlineRun(
        weights=kept[drawn],
        drawn=drawn,
        final_weights=kept[n],
        online_margins=online,
        online_losses=losses,
        mistakes=mistakes(online),
        status=status,
        step_size=chosen,
        snapshots={t: kept[t] for t in asked},
    )


def _step_size(
    problem: TrainingProblem, rule: str | float, constant: float, radius: float | None, eps: float | None
) -> StepSize:
    net = problem.net
    default = net.default_step_size(1.0)
    if rule in ("curvature", "explicit"):
        steepest = curvature(problem).gradient
        numerator = 1 / problem.loss.smoothness if rule == "curvature" else 0.5
        value = numerator / steepest if steepest else net.default_step_size(constant)
        return StepSize(rule, value, value / default)
    if rule != "theory" or not net.trains_head or (radius is None and eps is None):
        return step_sizes(rule, problem, hidden_constant=constant)[0]
    if radius is None or eps is None or not all(is_positive(v) for v in (radius, eps)):
        raise SettingError(f"the theory step of one pass takes radius and eps, both positive; got {radius} and {eps}")
    depth = len(problem.initial)
    value = net.default_step_size(constant) * min(1.0, depth**2 * radius**2 / (problem.y.size * eps))
    return StepSize(rule, value, value / default)


class _Examples(NamedTuple):
    """Rows, labels and 1 for an example or 0 for filling, in blocks: leading axes (blocks, block size)."""

    x: Any
    y: Any
    present: Any


class _State(NamedTuple):
    """A pass after ``blocks`` blocks: weights, the factors and heads of the last block, and the margins so far."""

    blocks: int
    base: Any
    head: Any
    factors: Any
    heads: Any
    margins: Any


@functools.partial(jax.jit, static_argnames="kind")
def _pass(state: Any, examples: _Examples, first: Any, until: Any, eta: Any, scale: Any, kind: Kind) -> Any:
    size = examples.y.shape[1]

    def step(carry: Any, inputs: Any) -> Any:
        base, factors, head = carry
        j, example = inputs
        margin, factors, head_after = _step(base, factors, head, j, example, eta, scale, kind)
        return (base, factors, head_after), (margin, head)

    def block(number: Any, carry: Any) -> Any:
        base, head, factors, _, margins = carry
        empty = jax.tree.map(jnp.zeros_like, factors)
        part = jax.tree.map(lambda a: a[number], examples)
        (_, factors, head), (seen, heads) = jax.lax.scan(step, (base, empty, head), (jnp.arange(size), part))
        return (
            _folded(base, factors, jnp.ones(size, bool)),
            head,
            factors,
            heads,
            jnp.asarray(margins).at[number].set(seen),
        )

    return jax.lax.fori_loop(first, until, block, state)


def _folded(base: Any, factors: Any, used: jax.Array) -> tuple[jax.Array, ...]:
    return tuple(w + product((u * used[:, None].astype(u.dtype)).T, v) for w, (u, v) in zip(base, factors, strict=True))


def _step(base: Any, factors: Any, head: Any, j: Any, example: Any, eta: Any, scale: Any, kind: Kind) -> Any:
    x, y, present = example
    activations = [x]
    for w, (u, v) in zip(base, factors, strict=True):
        h = activations[-1]
        activations.append(jnp.maximum(product(w, h) + product(product(v, h), u), 0))
    margin = y * (scale * product(activations[-1], head))
    change = -eta * present * kind.loss.slope(margin) * y * scale

    signal = jnp.where(activations[-1] > 0, head, 0)
    updated = []
    for level in range(len(base) - 1, -1, -1):
        w, (u, v) = base[level], factors[level]
        updated.append((u.at[j].set(change * signal), v.at[j].set(activations[level])))
        if level:
            pulled = product(signal, w) + product(product(u, signal), v)
            signal = jnp.where(activations[level] > 0, pulled, 0)
    return margin, tuple(reversed(updated)), head + change * activations[-1] if kind.trains_head else head


def _status(margins: np.ndarray, last: _State, x: np.ndarray) -> Status:
    # the last update comes after the last margin, so only the weights tell whether it overflowed
    if not all(bool(np.isfinite(a).all()) for a in (margins, *last.base, last.head)):
        return Status.DIVERGED
    alive = bool(jnp.any(forward(last.base, jnp.asarray(x))[-1] > 0))
    return Status.MAX_STEPS if alive else Status.DEAD
