"""What may be claimed of one predictor from its mistakes on examples it has never seen."""

from typing import Any

import numpy.typing as npt

from howwide.certify.binomial import clopper_pearson_upper
from howwide.certify.certificate import LAW, UNTOUCHED, Certificate, Condition
from howwide.certify.sequences import check_mistakes
from howwide.checks import check_probability
from howwide.errors import SettingError, ShapeError
from howwide.training.problem import check_examples

__all__ = ["check_test_part", "holdout"]


def holdout(mistakes: Any, *, delta: float = 0.05) -> Certificate:
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
        conditions=(
            LAW,
            UNTOUCHED,
            Condition("every entry is 0 or 1", "checked"),
        ),
        terms={"errors": float(errors), "examples": float(wrong.size), "error_rate": errors / wrong.size},
        reference="langford2005",
    )


def check_test_part(x: Any, y: Any, input_dim: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]] | None:
    """Examples kept aside as arrays; None where there are none.

    Args:
        x: inputs (n, d), or None.
        y: labels -1 and +1, or None.
        input_dim: d of the sample.

    Raises:
        SettingError: inputs without labels, or labels without inputs.
        ShapeError: shapes that do not fit, or another number of features.
        DataError: a non-finite input, or another label.
    """
    if (x is None) != (y is None):
        raise SettingError("test examples need inputs and labels together: give x_test and y_test, or neither")
    if x is None:
        return None
    x, y = check_examples(x, y)
    if x.shape[1] != input_dim:
        raise ShapeError(f"test inputs have {x.shape[1]} features, the sample has {input_dim}")
    return x, y
