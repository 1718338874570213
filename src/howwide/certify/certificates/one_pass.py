"""The three certificates of one pass of SGD at once, from a run made elsewhere."""

import numpy.typing as npt

from howwide.certify.certificate import Certificate
from howwide.certify.certificates import online_to_batch, progressive_validation, snapshot_suffix
from howwide.certify.procedure.one_pass import Pass, PassPlan
from howwide.networks.protocol import Network
from howwide.training import OnlineRun

__all__ = ["certify_pass"]


def certify_pass(
    net: Network,
    run: OnlineRun,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    plan: PassPlan,
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
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
    passed = Pass.checked(net, run, x, y, plan, x_test, y_test)
    return (
        snapshot_suffix.of_pass(passed, delta),
        progressive_validation.of_pass(passed, delta),
        online_to_batch.of_pass(passed, delta),
    )
