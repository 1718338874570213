r"""The three certificates of one pass of SGD, with what must be fixed before the pass and the test error beside each.

A pass certifies itself, if nothing about it was decided after a look at its examples. So a :class:`PassPlan` says first
which iterates are kept: the snapshots to be tested on the rest of the pass, of which ``snapshot_suffix`` names the
network to take home, and a sample of all iterates. The other two certificates bound the mean risk of the iterates of a
range, on average over a draw among them; no single network has that risk, so beside them stands the mean test error of
the sampled ones. :func:`certify_pass` makes the certificates from the finished run.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from howwide.certify.certificate import Certificate, Condition
from howwide.certify.holdout import check_test_part
from howwide.certify.online_to_batch import online_to_batch
from howwide.certify.progressive_validation import BURN_IN, first_iterates, progressive_validation
from howwide.certify.snapshot_suffix import snapshot_suffix
from howwide.checks import check_count
from howwide.errors import DataError, SettingError
from howwide.evaluate import error, margins, mistakes
from howwide.networks.protocol import Network
from howwide.training import OnlineRun
from howwide.training.problem import check_examples

__all__ = ["A_PRIORI", "OBSERVED", "TESTED", "PassPlan", "certify_pass", "plan_pass"]

A_PRIORI = ("theory", "zou-gu", "ji-telgarsky", "li")
"""The step rules that look at the network alone, never at the sample."""

TESTED = (0.25, 0.375, 0.5, 0.625, 0.75, 0.875)
"""Shares of the pass after which a snapshot is tested on the rest, unless others are asked for.

Single iterates differ, so the best of a few is worth the log of their number; and each needs examples after it.
"""

OBSERVED = 32
"""Iterates whose test errors stand for the mean over the pass, unless another number is asked for."""


@dataclass(frozen=True)
class PassPlan:
    """Which iterates of a pass are kept, fixed before it starts.

    Attributes:
        n: length of the pass.
        tested: indices t of the snapshots that are tested on the examples t+1..n.
        observed: a sample of the iterates, whose test errors are observed: indices, each drawn uniformly from one of
            the blocks into which the pass is divided, with the length of its block. No block crosses the beginning of
            a range, so that sums weighted by the lengths estimate the mean of every range without bias.
        burn_in: the shares of the pass behind the ranges.
    """

    n: int
    tested: tuple[int, ...]
    observed: Mapping[int, int]
    burn_in: tuple[float, ...]

    @property
    def snapshots(self) -> tuple[int, ...]:
        """What :func:`~howwide.training.one_pass_sgd.one_pass_sgd` is asked to keep."""
        return tuple(sorted({*self.tested, *self.observed}))


def plan_pass(n: int, *, tested: Any = TESTED, burn_in: Any = BURN_IN, observed: int = OBSERVED, key: Any) -> PassPlan:
    """Fix the snapshots of a pass over n examples, and draw the iterates whose test errors are observed.

    Args:
        n: length of the pass.
        tested: shares of the pass in [0, 1) after which a snapshot is tested on the rest.
        burn_in: shares in [0, 1) after which the iterates of a range begin.
        observed: how many iterates stand for all, about; they are kept, and 0 is enough where there are no test
            examples. n or more keep every one.
        key: JAX random key of the draws; not the one that the pass itself gets.

    Raises:
        SettingError: n or ``observed`` is no whole number that fits, a share is outside [0, 1), or the key is none.
    """
    n, observed = check_count(n, "n", 1), check_count(observed, "observed")
    starts, snapshots = first_iterates(n, burn_in), first_iterates(n, tested, "tested")
    parts = list(itertools.pairwise(sorted({0, *starts, n})))
    cuts = [np.linspace(a, b, min(b - a, -(-observed // len(parts))) + 1).round().astype(int) for a, b in parts]
    blocks = [block for edges in cuts for block in itertools.pairwise(edges.tolist())] if observed else []
    try:
        shares = np.asarray(jax.random.uniform(key, (len(blocks),)), float)
    except (TypeError, ValueError):
        raise SettingError(f"key must be a JAX random key, such as jax.random.key(0); got {key!r}") from None
    drawn = {min(a + int(u * (b - a)), b - 1): b - a for (a, b), u in zip(blocks, shares, strict=True)}
    return PassPlan(n, snapshots, drawn, tuple(float(share) for share in np.atleast_1d(burn_in)))


def certify_pass(
    net: Network,
    run: OnlineRun,
    x: Any,
    y: Any,
    plan: PassPlan,
    x_test: Any = None,
    y_test: Any = None,
    *,
    delta: float = 0.05,
) -> tuple[Certificate, Certificate, Certificate]:
    """What may be claimed of one pass: ``snapshot_suffix``, ``progressive_validation`` and ``online_to_batch``.

    Each certificate holds by itself with probability 1 - delta. Choosing the smallest of the three after the run is not
    covered; with a third of delta all hold at once, and then it is.

    Args:
        net: the network of the run.
        run: a pass over x and y with ``snapshots=plan.snapshots``.
        x: inputs of the pass (n, d), in the order in which they were used.
        y: their labels -1 and +1.
        plan: what was fixed before the pass.
        x_test: examples that nothing used; None for none.
        y_test: their labels.
        delta: failure probability of each certificate.

    Returns:
        The three certificates. The test error beside is that of the chosen snapshot, and for the other two the mean
        over the iterates of the range, estimated from the observed ones (terms ``observed_iterates``, and
        ``largest_observed`` for the worst of them); None where there are no test examples, or none of the iterates.

    Raises:
        DataError: x and y are not those of the run or in another order, or not finite, or have other labels.
        ShapeError: shapes that do not fit.
        SettingError: the run lacks a snapshot of the plan, was planned for another length, or its step size looked at
            the sample; only one of x_test and y_test; delta outside (0, 1).
    """
    x, y = check_examples(x, y)
    test = check_test_part(x_test, y_test, x.shape[1])
    _check_run(net, run, x, y, plan)
    # all of x, not its suffix: one shape to compile
    suffixes = {t: mistakes(margins(net, run.snapshots[t], x, y))[t:] for t in plan.tested}
    snapshot = snapshot_suffix(suffixes, delta=delta)
    validated = progressive_validation(run.mistakes, delta=delta, burn_in=plan.burn_in)
    # from the margins: the run may have trained on another loss, and kept it in single precision
    theorem = online_to_batch(np.logaddexp(0.0, -run.online_margins.astype(np.float64)), delta=delta)
    errors: dict[int, float] = {}
    if test is not None:
        kept = {int(snapshot.terms["snapshot"]), *plan.observed}
        errors = {t: error(net, run.snapshots[t], *test) for t in kept}
    snapshot = replace(snapshot, test_error=errors.get(int(snapshot.terms["snapshot"])))
    first = int(validated.terms["first_iterate"])
    return _seen(snapshot), _seen(_observed(validated, plan, first, errors)), _seen(_observed(theorem, plan, 0, errors))


def _observed(certificate: Certificate, plan: PassPlan, first: int, errors: Mapping[int, float]) -> Certificate:
    """With the mean test error of the iterates from ``first`` on, by those that were observed."""
    blocks = {t: length for t, length in plan.observed.items() if t >= first and t in errors}
    if not blocks:
        return certificate
    terms = {"observed_iterates": float(len(blocks)), "largest_observed": max(errors[t] for t in blocks)}
    mean = sum(length * errors[t] for t, length in blocks.items()) / (plan.n - first)
    return replace(certificate, test_error=mean, terms={**certificate.terms, **terms})


def _seen(certificate: Certificate) -> Certificate:
    """With what was checked against the run."""
    seen = Condition("the recorded margins are those of the kept iterates on these examples, in this order", "checked")
    step = Condition("the step size is a number, or a rule that looks at the network alone", "checked")
    return replace(certificate, conditions=(*certificate.conditions, seen, step))


def _check_run(net: Network, run: OnlineRun, x: npt.NDArray[Any], y: npt.NDArray[Any], plan: PassPlan) -> None:
    if run.step_size.rule not in (*A_PRIORI, "number"):
        raise SettingError(
            f"the step size rule {run.step_size.rule!r} looks at the sample, which no certificate of the pass allows; "
            "use theory or a number chosen before"
        )
    sizes = (run.mistakes.size, y.size, plan.n)
    if len(set(sizes)) > 1:
        raise SettingError(f"run, examples and plan must be of one length; found {sizes[0]}, {sizes[1]} and {sizes[2]}")
    missing = [t for t in plan.snapshots if t not in run.snapshots]
    if missing:
        raise SettingError(f"the run kept no snapshot {missing[0]}; call one_pass_sgd with snapshots=plan.snapshots")
    kept = {run.drawn: run.weights, **{t: run.snapshots[t] for t in plan.snapshots}}
    for t, weights in kept.items():
        found, recorded = float(margins(net, weights, x[t : t + 1], y[t])[0]), float(run.online_margins[t])
        if np.isfinite(recorded) and abs(found - recorded) > 0.01 * (1.0 + abs(recorded)):
            raise DataError(
                f"x and y are not those of the run, or in another order: W^({t}) has the margin {found:.3g} on example "
                f"{t + 1}, the run recorded {recorded:.3g}"
            )
