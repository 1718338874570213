r"""The iteration law: how many steps gradient descent takes to a training loss, against the loss and the depth.

Theorem 3.3 of Chen, Cao, Zou and Gu (arXiv 1911.12360v2; Theorem 2.1 of the two pages): at a step size
:math:`\eta = \Theta(1/(L m^{2\alpha}))` some iterate among the first

.. math:: T = O(L^2 R^2 / \varepsilon)

has a training loss of at most :math:`3\varepsilon`, if a network within :math:`R m^{-\alpha}` of the start, in every
layer, has a loss below :math:`\varepsilon` on every example. Measured, for several starts on the same examples:

* :math:`T(\varepsilon)`, the least t with :math:`L_S(W^{(t)}) \le \varepsilon`;
* :math:`R(\varepsilon) = m^\alpha \max_l \|W_l^{(T)} - W_l^{(0)}\|_F`, how far the run went, in the theorem's scale.
  The run's own weights have that loss on average, so R is enough for an average; the theorem's R is for every example,
  and the least there is.

The exponent of T in :math:`1/\varepsilon` is the least-squares slope of :math:`\log T` for each start; the starts are
independent and the losses of one run are not, so that the interval is Student's over the slopes. T over
:math:`L^2 R^2/\varepsilon` gets an exponent in the same way: the theorem's bound grows through R as well. Constants are
hidden, and a bound from above need not be tight, so that rates over a range are compared and nothing is refuted.

A loss that some run did not reach within the budget (*censored*) is left out for all runs, as leaving out the run would
choose the fast ones. Runs that diverged or died are left out and named: what is said holds for the others.
"""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd

from howwide.checks import check_count, check_positive, check_probability, check_seed
from howwide.errors import SettingError
from howwide.evaluate import distances, margins, mean_loss
from howwide.measure.iteration_fit import law_of_runs
from howwide.networks import DeepReLU
from howwide.networks.initialisation import check_start
from howwide.networks.protocol import Network
from howwide.results.iterations import IterationLaw
from howwide.results.plan import RunPlan
from howwide.training import Status, check_step_size, gradient_descent
from howwide.training.cost import largest_array, planned, step_flops
from howwide.training.problem import padded_width
from howwide.training.step_sizes import check_rule

__all__ = ["Arrival", "arrivals", "iteration_law", "planned_iterations"]

LOSSES = (0.3, 0.1, 0.03, 0.01)
"""The losses unless others are asked for."""

_NO_LADDER = "the ladder tries several step sizes, and the iteration law is that of one; use theory or curvature"


@dataclasses.dataclass(frozen=True)
class Arrival:
    """Where a run first has a loss: after so many steps, with R so large."""

    steps: int
    radius: float


def iteration_law(
    net: DeepReLU,
    x: Any,
    y: Any,
    *,
    losses: Sequence[float] = LOSSES,
    depths: Sequence[int] | None = None,
    seeds: int = 8,
    steps: int = 20_000,
    step_size: str | float = "theory",
    hidden_constant: float = 1.0,
    level: float = 0.95,
    dtype: str = "float32",
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> IterationLaw:
    """Measure the steps to each of ``losses``, and compare their growth with the theorem; see the module.

    Args:
        net: the network; its depth is the one that is measured unless ``depths`` are given.
        x: (n, d) rows, of norm 1 in the theorem.
        y: (n,) labels, -1 or +1.
        losses: eps, three or more, decreasing, below the loss of every start.
        depths: L, of several networks that are alike but for it; what is said first is of the smallest.
        seeds: starts, two or more.
        steps: the budget of a run.
        step_size: a number or a rule (:mod:`howwide.training.step_sizes`) but the ladder; the theorem's is ``theory``.
        hidden_constant: c of that step size.
        level: of the intervals.
        dtype: float32 or float64.
        seed: of the starts; start k is drawn from ``fold_in(key, k)``.
        say: called with a line before every run.

    Returns:
        Points, exponents, and what they say in words. With fewer than three losses that all runs reached there is no
        exponent for that depth, and the words say so.

    Raises:
        ShapeError: rows and labels do not fit.
        DataError: a label other than -1 and +1, or an input that is not finite.
        SettingError: a setting outside its domain, another network, or a loss that a start has already.
    """
    asked = _checked(net, losses, depths, seeds, steps, step_size, hidden_constant)
    level, d = check_probability(level, "level"), np.shape(x)[-1]
    key = jax.random.key(check_seed(seed))
    starts = {
        (one.depth, k): one.init(jax.random.fold_in(key, k), d, dtype=dtype) for one in asked.nets for k in range(seeds)
    }
    for one in asked.nets:
        least = min(mean_loss(margins(one, starts[one.depth, k], x, y)) for k in range(seeds))
        if least <= asked.losses[0]:
            raise SettingError(
                f"every loss must be below that of the starts, so that steps are needed; at depth {one.depth} a start "
                f"has {least:.4g}, and {asked.losses[0]:g} is asked for. Leave it out"
            )
    rows = []
    for one in asked.nets:
        for k in range(seeds):
            say(f"depth {one.depth}, start {k + 1} of {seeds}")
            reached, status = arrivals(
                one, starts[one.depth, k], x, y, losses=asked.losses, steps=steps, step_size=step_size,
                hidden_constant=hidden_constant,
            )  # fmt: skip
            for eps, arrival in zip(asked.losses, reached, strict=True):
                there = (np.nan, np.nan) if arrival is None else (arrival.steps, arrival.radius)
                row = {"depth": one.depth, "start": k, "eps": eps, "steps": there[0], "radius": there[1]}
                rows.append(row | {"status": str(status)})
    rule = check_step_size(step_size, hidden_constant)
    return law_of_runs(pd.DataFrame(rows), level, rule if isinstance(rule, str) else "number", steps)


def arrivals(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    losses: Sequence[float],
    steps: int,
    step_size: str | float = "theory",
    hidden_constant: float = 1.0,
) -> tuple[list[Arrival | None], Status]:
    """Where one run first has each of ``losses``, which decrease; and how it ended.

    The run is made in stretches, from one loss to the next; the whole is the same run up to rounding.

    Returns:
        An arrival for each loss, None where the budget ended before, or the run diverged or died.

    Raises:
        ShapeError: arrays that do not fit each other or the network.
        DataError: an input that is not finite, or a label other than -1 and +1.
        SettingError: a number outside its domain, or an unknown rule.
    """
    reached: list[Arrival | None] = []
    here, made, loss, status = weights, 0, np.inf, Status.MAX_STEPS
    for eps in losses:
        if loss > eps and status in (Status.MAX_STEPS, Status.CONVERGED) and made < steps:
            run = gradient_descent(
                net, here, x, y, step_size=step_size, hidden_constant=hidden_constant, steps=steps - made,
                target=f"loss<={eps!r}", record_every=steps - made, observe_at=(),
            )  # fmt: skip
            here, made, loss, status = run.weights, made + run.steps, run.final_loss, run.status
            step_size, hidden_constant = run.step_size.value, 1.0  # that of the start, for the whole run
        radius = net.gradient_scale * float(distances(here, weights).max())
        reached.append(Arrival(made, radius) if loss <= eps else None)
    ended = status in (Status.DIVERGED, Status.DEAD)
    return reached, status if ended else Status.CONVERGED if reached[-1] else Status.MAX_STEPS


def planned_iterations(
    net: DeepReLU,
    n: int,
    input_dim: int,
    *,
    losses: Sequence[float] = LOSSES,
    depths: Sequence[int] | None = None,
    seeds: int = 8,
    steps: int = 20_000,
    step_size: str | float = "theory",
    hidden_constant: float = 1.0,
    dtype: str = "float32",
) -> RunPlan:
    """What :func:`iteration_law` costs at most, every run with its whole budget; the search for a step size left out.

    Raises:
        SettingError: as there, but for losses that a start has already.
    """
    asked = _checked(net, losses, depths, seeds, steps, step_size, hidden_constant)
    parts = []
    for one in asked.nets:
        check_start(one, input_dim, dtype=dtype)
        widths = tuple(map(padded_width, one.hidden_widths))
        flops = seeds * steps * step_flops(n, input_dim, widths)
        largest = largest_array(n, input_dim, widths, np.dtype(dtype).itemsize)
        parts.append(
            planned(
                f"runs at depth {one.depth}",
                seeds * steps,
                "steps",
                flops,
                largest,
                steps=seeds * steps,
                runs=seeds * len(asked.losses),
                double=np.dtype(dtype) == np.float64,
                note="a run ends when it has the smallest loss",
            )
        )
    return RunPlan.of(parts)


@dataclasses.dataclass(frozen=True)
class _Asked:
    """The networks, one a depth, and the losses, as numbers."""

    nets: tuple[DeepReLU, ...]
    losses: tuple[float, ...]


def _checked(
    net: DeepReLU,
    losses: Sequence[float],
    depths: Sequence[int] | None,
    seeds: int,
    steps: int,
    step_size: str | float,
    hidden_constant: float,
) -> _Asked:
    """The settings, once each is seen to lie in its domain.

    Raises:
        SettingError: one does not.
    """
    if not isinstance(net, DeepReLU):
        raise SettingError(
            "the iteration law is that of Chen et al.'s network, whose head is trained; use DeepReLU (--network deep)"
        )
    numbers = tuple(check_positive(eps, "a loss") for eps in losses)
    if len(numbers) < 3:
        raise SettingError(f"a law in 1/eps takes three losses or more; got {len(numbers)}")
    if any(later >= eps for eps, later in itertools.pairwise(numbers)):
        raise SettingError(f"losses must decrease, as in 0.3,0.1,0.03; got {', '.join(f'{e:g}' for e in numbers)}")
    check_count(seeds, "seeds", 2, note=", as the interval comes from how starts differ")
    check_count(steps, "steps", 1)
    check_step_size(step_size, hidden_constant)
    wanted = (net.depth,) if depths is None else tuple(depths)
    if not wanted or len(set(wanted)) < len(wanted):
        raise SettingError(f"depths must be different whole numbers; got {', '.join(map(str, wanted)) or 'none'}")
    nets = tuple(dataclasses.replace(net, depth=depth) for depth in sorted(wanted))
    for one in nets:
        check_rule(step_size, one, hidden_constant=hidden_constant, ladder=_NO_LADDER)
    return _Asked(nets, numbers)
