"""What may be claimed of one predictor from its mistakes on examples it has never seen."""

import numpy.typing as npt

from howwide.certify.bounds.binomial import clopper_pearson_upper
from howwide.certify.certificate import LAW, UNTOUCHED, Certificate, checked
from howwide.certify.inputs import check_mistakes
from howwide.certify.kind import Kind, Need
from howwide.certify.procedure.train import TrainedRun
from howwide.checks import check_probability
from howwide.evaluate import margins, mistakes

__all__ = ["KIND", "holdout"]


def holdout(mistakes: npt.ArrayLike, *, delta: float = 0.05) -> Certificate:
    r"""Clopper and Pearson's exact upper end of the risk of a fixed predictor.

    With k mistakes on N examples that are independent of the predictor and of each other, with probability at least
    :math:`1 - \delta` over these examples

    .. math:: R \le \max\{p : P(\mathrm{Bin}(N, p) \le k) \ge \delta\} = B^{-1}(1 - \delta;\, k + 1, N - k).

    No bound that depends on k alone is smaller (:cite:`langford2005`, Theorem 3.3). Choosing among several predictors
    by their mistakes on these examples is not covered: divide delta by their number, fixed in advance, instead.

    Args:
        mistakes: whether the predictor errs on example i; 0 or 1, shape (N,).
        delta: failure probability.

    Returns:
        The certificate of the fixed predictor; the observed error rate is among its terms.

    Raises:
        DataError: an entry is neither 0 nor 1.
        ShapeError: no sequence of at least one entry.
        SettingError: delta outside (0, 1).

    Example:
        >>> round(holdout([0] * 99 + [1]).value, 4)
        0.0466
    """
    delta = check_probability(delta, "delta")
    wrong = check_mistakes(mistakes)
    errors = int(wrong.sum())
    return Certificate(
        name="holdout",
        certifies="fixed predictor",
        value=clopper_pearson_upper(errors, wrong.size, delta),
        delta=delta,
        over=f"the {wrong.size} examples kept aside",
        conditions=(LAW, UNTOUCHED, checked("every entry is 0 or 1")),
        terms={"errors": float(errors), "examples": float(wrong.size), "error_rate": errors / wrong.size},
        reference="langford2005",
    )


def _issue(run: TrainedRun, delta: float) -> Certificate:
    """The certificate of the last iterate."""
    assert run.sample.test is not None
    wrong = mistakes(margins(run.net, run.final, *run.sample.test))
    detail = f"the last iterate, on {run.sample.test_source}"
    certificate = holdout(wrong, delta=delta)
    return certificate.model_copy(update={"detail": detail, "test_error": float(wrong.mean())})


KIND = Kind(
    name="holdout",
    algorithms=("sgd", "gd"),
    issue=_issue,
    needs=(Need(lambda run: run.sample.test is not None, "every row was drawn, and none is left to be kept aside"),),
    examples="kept aside",
)
