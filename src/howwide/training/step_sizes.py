r"""Step sizes: the papers' rules, and two that are computed from the problem.

With K the tangent Gram at the start (:math:`K_{ij} = \langle \nabla f(x_i), \nabla f(x_j)\rangle`) the training loss is
smooth with constant :math:`\beta = \ell''_{\max} \lambda_{\max}(K/n)` near the start; :math:`\ell''_{\max}` is 1/4 for
the logistic loss and 1 for the square loss. The rules, by name:

==============  ======================================  =============================================================
``curvature``   1/beta; logistic: 4/lambda_max(K/n)     the descent step; the stability limit is twice it
``explicit``    1 / (2 max_i K_ii)                      condition of the explicit-constant theorem, logistic loss
``theory``      the network's own theorem               c/(L m^{2 alpha}) for DeepReLU, c/(M L^3) for FixedHeadReLU
``ladder``      curvature, a quarter of it, theory      several tries, the first that reaches the target
==============  ======================================  =============================================================

and those of other papers in :mod:`howwide.training.paper_rules`. c is ``hidden_constant``, 1 unless given: the papers
do not print it. Every step size also carries the constant *implied* by its value, so that any run can be read as a run
of the theorem. :math:`\lambda_{\max}` comes from power iteration on signals, O(n m (d + m)) a product, never a Gram;
its Rayleigh quotient errs low, so ``curvature`` errs to the larger step, by less than the factor 2 to the stability
limit. Where matrices have step sizes of their own (``layer_factors``), K is the sum of the layers' Grams with these
factors.
"""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from howwide.checks import check_positive
from howwide.errors import SettingError
from howwide.losses import LOGISTIC, Loss
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import product
from howwide.plain import plain
from howwide.training.loop import Examples, evaluated, signals_of
from howwide.training.paper_rules import PAPER_RULES, check_paper_rule, paper_step_size
from howwide.training.problem import TrainingProblem

__all__ = [
    "MOST_PRODUCTS",
    "RULES",
    "Curvature",
    "StepSize",
    "check_rule",
    "check_step_size",
    "curvature",
    "step_sizes",
]

RULES = ("curvature", "explicit", "theory", "ladder", *PAPER_RULES)
"""The names of the rules."""

MOST_PRODUCTS = 300
"""Iterations of the power iteration behind the curvature, at most."""


@dataclasses.dataclass(frozen=True)
class StepSize:
    """A step size: its value, the rule it came from, and the hidden constant it implies.

    ``hidden_constant`` is ``value`` over the step size that the network's own theorem prescribes with constant 1.
    """

    rule: str
    value: float
    hidden_constant: float


class Curvature(NamedTuple):
    """``largest``: lambda_max(K/n) from below; ``gradient``: max_i K_ii = max_i ||grad f(x_i)||^2."""

    largest: float
    gradient: float


def check_step_size(step_size: object, hidden_constant: float = 1.0) -> str | float:
    """A rule's name, or a positive finite number (numbers may come as text).

    Raises:
        SettingError: it is neither, or the hidden constant is not positive and finite.
    """
    check_positive(hidden_constant, "the hidden constant")
    if isinstance(step_size, str) and step_size in RULES:
        return step_size
    try:
        value = float(plain(step_size))
    except (TypeError, ValueError):
        raise SettingError(f"unknown step size {step_size!r}; use a number or one of {', '.join(RULES)}") from None
    return check_positive(value, "a step size")


def check_rule(
    step_size: object, net: Network, loss: Loss = LOGISTIC, *, hidden_constant: float = 1.0, ladder: str | None = None
) -> str | float:
    """A rule's name, or a positive finite number, that fits the network and the loss; ``ladder`` refuses that rule.

    Raises:
        SettingError: as :func:`check_step_size`; a rule of the other network, of another depth or of another loss; or
            the ladder, with that message.
    """
    rule = check_step_size(step_size, hidden_constant)
    if rule == "ladder" and ladder:
        raise SettingError(ladder)
    if rule in PAPER_RULES:
        check_paper_rule(str(rule), net)
    if rule == "explicit" and loss is not LOGISTIC:
        raise SettingError("step size explicit belongs to the logistic loss; use curvature with another loss")
    return rule


def step_sizes(
    step_size: str | float, problem: TrainingProblem, *, hidden_constant: float = 1.0
) -> tuple[StepSize, ...]:
    """The step sizes to try on ``problem``, in order; one, except for ``ladder``.

    Raises:
        SettingError: an unknown rule, a number that is not positive and finite, or a rule of the other network.
    """
    net = problem.net
    rule = check_rule(step_size, net, problem.loss, hidden_constant=hidden_constant)
    if isinstance(rule, float):
        return (_record(net, "number", rule),)
    theory = net.default_step_size(hidden_constant)
    if rule == "theory":
        return (_record(net, rule, theory),)
    if rule in PAPER_RULES:
        return (_record(net, rule, paper_step_size(rule, problem, hidden_constant)),)
    measured = curvature(problem)
    if rule == "explicit":
        return (_record(net, rule, 0.5 / measured.gradient if measured.gradient else theory),)
    descent = 1.0 / (problem.loss.smoothness * measured.largest) if measured.largest else theory
    if rule == "curvature":
        return (_record(net, rule, descent),)
    tries = (("curvature", descent), ("curvature/4", descent / 4), ("theory", theory))
    return tuple(_record(net, name, value) for name, value in tries)


def _record(net: Network, rule: str, value: float) -> StepSize:
    return StepSize(rule, value, value / net.default_step_size(1.0))


def curvature(problem: TrainingProblem, *, tolerance: float = 1e-4, iterations: int = MOST_PRODUCTS) -> Curvature:
    """Largest eigenvalue of K/n and largest diagonal entry of K at the start of ``problem``.

    Power iteration stops when the Rayleigh quotient changes by less than ``tolerance`` relatively. A network that is
    dead at the start has K = 0 and both numbers are 0 (no step moves it; the rules then fall back to ``theory``).
    """
    with computing_in(problem.dtype, nan_is_outcome=True):
        start = problem.hidden, problem.head, problem.examples, problem.factors
        largest, gradient = _curvature(*start, problem.net.trains_head, tolerance, iterations)
        return Curvature(float(largest), float(gradient))


@functools.partial(jax.jit, static_argnames="trains_head")
def _curvature(
    hidden: Any, head: Any, examples: Examples, factors: Any, trains_head: bool, tolerance: Any, iterations: Any
) -> Any:
    # One column an example and products along rows, as in the training loop: these have the same bytes whatever the
    # number of threads, which products and large sums down columns have not.
    (n,), scale, dtype = examples.y.shape, examples.scale, examples.x.dtype
    activations, _ = evaluated(hidden, head, examples)
    signals = signals_of(hidden, jnp.broadcast_to(head[:, None], activations[-1].shape), activations)
    lengths = [_squared_columns(h) for h in activations[:-1]]
    if dual := examples.offset is not None:
        lengths[0] = jnp.diagonal(examples.x)
    squares = sum(c * _squared_columns(b) * length for c, b, length in zip(factors, signals, lengths, strict=False))
    if trains_head:
        squares = squares + factors[-1] * _squared_columns(activations[-1])

    def gram_product(v: jax.Array) -> jax.Array:
        total = jnp.zeros_like(v)
        if trains_head:
            total = factors[-1] * product(product(activations[-1], v), activations[-1])
        for level, (c, b, h) in enumerate(zip(factors, signals, activations[:-1], strict=False)):
            weighted = v[None, :] * b
            if level > 0 or not dual:  # in dual coordinates h_0^T h_0 is at hand
                weighted = product(weighted, h.T)
            total = total + c * jnp.sum(b * product(weighted, h), 0)
        return scale**2 * total / n

    def goes_on(s: Any) -> jax.Array:
        _, new, old, count = s
        return (count < iterations) & (jnp.abs(new - old) > tolerance * new)

    def iteration(s: Any) -> Any:
        v, new, _, count = s
        image = gram_product(v)
        norm = jnp.linalg.norm(image)
        return jnp.where(norm > 0, image / norm, v), jnp.vdot(v, image), new, count + 1

    start = jax.random.normal(jax.random.key(0), (n,), dtype)
    zero = jnp.zeros((), dtype)
    state = (start / jnp.linalg.norm(start), zero, jnp.full_like(zero, jnp.inf), 0)
    largest = jax.lax.while_loop(goes_on, iteration, state)[1]
    return largest, scale**2 * jnp.max(squares)


def _squared_columns(a: jax.Array) -> jax.Array:
    ones = jax.lax.optimization_barrier(jnp.ones((a.shape[0],), a.dtype))  # type: ignore[no-untyped-call]
    return product(ones, a * a)
