r"""One pass of SGD as certificates see it: what is fixed before it, and what a finished pass shows.

A pass certifies itself, if nothing about it was decided after a look at its examples. So a :class:`PassPlan` says first
which iterates are kept: the snapshots to be tested on the rest of the pass, of which ``snapshot_suffix`` names the
network to take home, and a sample of all iterates. The other certificates of a pass bound the mean risk of the iterates
of a range, on average over a draw among them; no single network has that risk, so beside them stands the mean test
error of the sampled ones.
"""

import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import numpy as np
import numpy.typing as npt

from howwide.certify.certificate import Certificate, checked
from howwide.certify.inputs import as_floats, check_test_part
from howwide.certify.procedure.plan import A_PRIORI
from howwide.checks import check_count
from howwide.errors import DataError, SettingError
from howwide.evaluate import error, margins
from howwide.networks.protocol import Network
from howwide.training import OnlineRun
from howwide.training.problem import check_examples

__all__ = ["BURN_IN", "OBSERVED", "TESTED", "Pass", "PassPlan", "first_iterates", "plan_pass"]

BURN_IN = (0.0, 0.25, 0.5, 0.75)
"""Shares of the pass after which the iterates of a range begin, unless others are asked for."""

TESTED = (0.25, 0.375, 0.5, 0.625, 0.75, 0.875)
"""Shares of the pass after which a snapshot is tested on the rest, unless others are asked for.

Single iterates differ, so the best of a few is worth the log of their number; and each needs examples after it.
"""

OBSERVED = 32
"""Iterates whose test errors stand for the mean over the pass, unless another number is asked for."""

_CHECKED = (
    checked("the recorded margins are those of the kept iterates on these examples, in this order"),
    checked("the step size is a number, or a rule that looks at the network alone"),
)


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


def plan_pass(
    n: int,
    *,
    tested: npt.ArrayLike = TESTED,
    burn_in: npt.ArrayLike = BURN_IN,
    observed: int = OBSERVED,
    key: jax.Array,
) -> PassPlan:
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


def first_iterates(n: int, burn_in: npt.ArrayLike = BURN_IN, name: str = "burn_in") -> tuple[int, ...]:
    """The distinct first iterates s = floor(n b) of the shares b, in increasing order.

    Args:
        n: length of the pass.
        burn_in: shares in [0, 1), one or several.
        name: of the shares, in messages.

    Raises:
        SettingError: a share that is no number in [0, 1), or none.
    """
    shares = np.atleast_1d(as_floats(burn_in))
    if shares.ndim != 1 or not shares.size or not ((shares >= 0.0) & (shares < 1.0)).all():
        raise SettingError(f"{name} must hold shares of the pass, each at least 0 and below 1; found {burn_in!r}")
    return tuple(sorted({int(share * n) for share in shares}))


@dataclass(frozen=True)
class Pass:
    """A finished pass whose record fits its examples and its plan; make one with :meth:`checked`.

    Attributes:
        net: the network.
        run: the record, with the snapshots of the plan.
        x: inputs (n, d) in the order in which they were used.
        y: their labels.
        plan: what was fixed before.
        test: examples that nothing used and their labels, or None.
    """

    net: Network
    run: OnlineRun
    x: np.ndarray
    y: np.ndarray
    plan: PassPlan
    test: tuple[np.ndarray, np.ndarray] | None

    @staticmethod
    def checked(
        net: Network,
        run: OnlineRun,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        plan: PassPlan,
        x_test: npt.ArrayLike | None,
        y_test: npt.ArrayLike | None,
    ) -> "Pass":
        """A pass, with the margins that it recorded compared with those of the iterates that it kept.

        Raises:
            DataError: x and y are not those of the run or in another order, or not finite, or have other labels.
            ShapeError: shapes that do not fit.
            SettingError: the run lacks a snapshot of the plan, was planned for another length, or its step size looked
                at the sample; only one of x_test and y_test.
        """
        x, y = check_examples(x, y)
        test = check_test_part(x_test, y_test, x.shape[1])
        if run.step_size.rule not in (*A_PRIORI, "number"):
            raise SettingError(
                f"the step size rule {run.step_size.rule!r} looks at the sample, which no certificate of the pass "
                "allows; use theory or a number chosen before"
            )
        if not run.mistakes.size == y.size == plan.n:
            raise SettingError(
                f"run, examples and plan must be equally long; got {run.mistakes.size}, {y.size} and {plan.n}"
            )
        missing = [t for t in plan.snapshots if t not in run.snapshots]
        if missing:
            raise SettingError(f"the run kept no snapshot {missing[0]}; call one_pass_sgd(snapshots=plan.snapshots)")
        for t, weights in {run.drawn: run.weights, **{t: run.snapshots[t] for t in plan.snapshots}}.items():
            margin = float(margins(net, weights, x[t : t + 1], y[t])[0])
            recorded = float(run.online_margins[t])
            if np.isfinite(recorded) and abs(margin - recorded) > 0.01 * (1.0 + abs(recorded)):
                raise DataError(
                    f"x and y are not those of the run, or in another order: W^({t}) has the margin {margin:.3g} on "
                    f"example {t + 1}, the run recorded {recorded:.3g}"
                )
        return Pass(net, run, x, y, plan, test)

    def test_error(self, t: int) -> float | None:
        """The error of W^(t) on the test examples; None where there are none."""
        if self.test is None:
            return None
        return error(self.net, self.run.snapshots[t], *self.test)

    @functools.cached_property
    def observed_errors(self) -> dict[int, float]:
        """Test errors of the iterates that the plan samples, by t; none where there are no test examples."""
        errors = {t: self.test_error(t) for t in self.plan.observed}
        return {t: error for t, error in errors.items() if error is not None}

    def certified(self, certificate: Certificate, test_error: float | None) -> Certificate:
        """The certificate with the observed error beside it, and with what was checked against the run."""
        conditions = (*certificate.conditions, *_CHECKED)
        return certificate.model_copy(update={"conditions": conditions, "test_error": test_error})

    def certified_on_average(self, certificate: Certificate, first: int) -> Certificate:
        """The same for the mean risk of the iterates from ``first`` on: beside it the mean error of the observed ones.

        It is estimated by sums weighted with the lengths of their blocks.
        """
        errors = {t: error for t, error in self.observed_errors.items() if t >= first}
        if not errors:
            return self.certified(certificate, None)
        mean = sum(self.plan.observed[t] * error for t, error in errors.items()) / (self.plan.n - first)
        terms = {"observed_iterates": float(len(errors)), "largest_observed": max(errors.values())}
        return self.certified(certificate.model_copy(update={"terms": {**certificate.terms, **terms}}), mean)
