"""The facts that the theorems ask about, measured once on a data set.

:func:`measure` runs :func:`howwide.measure.facts` for a start of :class:`~howwide.DeepReLU` and adds what other papers'
networks need; :meth:`Measured.problem` then gives each theorem its own.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax

from howwide.checks import check_positive, check_probability, check_width
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.measure import facts
from howwide.measure.facts import LARGEST_KERNEL
from howwide.measure.plan import planned_facts
from howwide.networks import DeepReLU
from howwide.networks.initialisation import check_start
from howwide.plain import plain
from howwide.results.plan import PlannedPart
from howwide.theorems.facts.measured import Measured
from howwide.theorems.facts.networks import antisymmetric_facts, deep_facts, paired_facts, relu_facts, smooth_facts
from howwide.theory import Problem
from howwide.training.cost import planned

__all__ = ["PARTS", "measure", "planned_measure"]

PARTS = ("separation", "spectrum", "margin", "infinite", "shallow", "radius", "antisymmetric")
"""What can be measured: parts of :func:`howwide.measure.facts`, and ``antisymmetric``, Li et al.'s and Lei et al.'s."""

_TOLERANCE = 1e-3


def measure(
    ds: Dataset,
    *,
    depth: int = 5,
    width: int = 512,
    alpha: float = 0.5,
    target_loss: float = 0.1,
    failure_probability: float = 0.05,
    parts: Sequence[str] | None = None,
    dtype: str = "float32",
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Measure the facts; seconds to minutes, O(n^2 m) and O(n^3) time.

    Args:
        ds: the data.
        depth: number of weight matrices of the deep network; other networks get as many hidden layers.
        width: at which starts are measured.
        alpha: output scale of the deep network.
        target_loss: eps.
        failure_probability: delta.
        parts: names from ``PARTS``; all by default, ``shallow`` (sampling, the slowest) at depth 2 only.
        dtype: in which starts are drawn, as a run draws them; facts are computed in float64.
        seed: of the starts.
        say: called with a line before every part.

    Raises:
        SettingError: a number outside its domain, or an unknown part.
    """
    net, chosen, eps, delta = _checked(depth, width, alpha, target_loss, failure_probability, parts)
    width, depth, seed = net.width, net.depth, plain(seed)
    start = net.init(jax.random.fold_in(jax.random.key(seed), 0), ds.d, dtype=dtype)
    ours = [p for p in chosen if p != "antisymmetric"]
    measured = facts(net, start, ds.x, ds.y, eps=[eps], parts=ours, tolerance=_TOLERANCE, seed=seed, say=say)
    separation = measured.separation
    data = Problem(
        activation="relu",
        depth=depth,
        width=width,
        alpha=alpha,
        n=ds.n,
        input_dim=ds.d,
        batch_size=1,
        target_loss=eps,
        failure_probability=delta,
        unit_inputs=ds.scaling != "none",
        constant_coordinate=ds.constant is not None,
        separation_across=None if separation is None else separation.across,
        separation_all=None if separation is None else separation.all,
    )
    notes = list(measured.notes)
    infinite = "infinite" in chosen and measured.lambda_min_infinite is not None
    if infinite:
        say("measuring the kernels of one hidden layer and of a smooth activation")
    antisymmetric: dict[str, Any] = {}
    paired: dict[str, Any] = {}
    if "antisymmetric" in chosen:
        say("measuring the antisymmetric network")
        antisymmetric = antisymmetric_facts(ds, depth - 1, width, seed, dtype, notes)
        if depth == 2:
            paired = paired_facts(ds, width, seed, dtype, notes)
    return Measured(
        data=data,
        deep=deep_facts(measured, ds, net, infinite),
        relu=relu_facts(ds, measured) if infinite else {},
        antisymmetric=antisymmetric,
        paired=paired,
        smooth=smooth_facts(ds, depth - 1) if infinite else {},
        constant=ds.constant,
        measurement=measured,
        notes=tuple(notes),
    )


def planned_measure(
    ds: Dataset,
    *,
    depth: int = 5,
    width: int = 512,
    alpha: float = 0.5,
    target_loss: float = 0.1,
    failure_probability: float = 0.05,
    parts: Sequence[str] | None = None,
    dtype: str = "float32",
) -> list[PlannedPart]:
    """The parts of :func:`measure` in their order, with what is known of their cost beforehand.

    Raises:
        SettingError: as :func:`measure`.
    """
    net, chosen, eps, _ = _checked(depth, width, alpha, target_loss, failure_probability, parts)
    check_start(net, ds.d, dtype=dtype)
    ours = [p for p in chosen if p != "antisymmetric"]
    planned_parts = planned_facts(net, ds.n, ds.d, eps=[eps], parts=ours, tolerance=_TOLERANCE)
    kernel = 8.0 * ds.n**2
    if "infinite" in chosen and ds.n <= LARGEST_KERNEL:
        note = "their margins are solved to the tolerance, those of 32 parts of the sample too"
        planned_parts.append(planned("other kernels", 2, "kernels", None, kernel, note=note))
    if "antisymmetric" in chosen:
        count = 2 if net.depth == 2 else 1
        grams = (net.depth - 1) * kernel
        note = "its margin and its reference are solved to a tolerance"
        planned_parts.append(planned("antisymmetric network", count, "networks", None, grams, note=note))
    return planned_parts


def _checked(
    depth: int, width: int, alpha: float, target_loss: float, delta: float, parts: Sequence[str] | None
) -> tuple[DeepReLU, tuple[str, ...], float, float]:
    """The network, what is measured, eps and delta.

    Raises:
        SettingError: a number outside its domain, or an unknown part.
    """
    chosen = tuple(p for p in PARTS if p != "shallow" or depth == 2) if parts is None else tuple(parts)
    if unknown := [p for p in chosen if p not in PARTS]:
        raise SettingError(f"unknown part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    eps = check_positive(target_loss, "the target loss")
    share = check_probability(delta, "the failure probability")
    return DeepReLU(check_width(width), plain(depth), alpha), chosen, eps, share
