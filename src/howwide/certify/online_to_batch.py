r"""The mean test error that the theorem on one-pass SGD promises, with the online losses measured instead of bounded.

The proof of Theorem 3.5 of the ICLR version (3.8 of the full version with the output scale, 2.3 of its two pages) has
two halves. The first bounds the mean online loss by :math:`L^2R^2/n + 3\epsilon`, with hidden constants in the width it
needs; the second turns online losses into test error and is explicit. :func:`online_to_batch` takes the measured losses
and the second half alone, so it is a certificate; :func:`online_to_batch_prediction` takes both halves and is none.
"""

import math
from typing import Any

import numpy as np

from howwide.certify.binomial import ROUNDING
from howwide.certify.certificate import LAW, ON_AVERAGE, SETTLED, Certificate, Condition, Prediction
from howwide.certify.sequences import check_sequence
from howwide.checks import check_count, check_positive, check_probability
from howwide.errors import DataError, SettingError
from howwide.theory import get
from howwide.theory.chen_bounds import sgd_terms

__all__ = ["online_to_batch", "online_to_batch_prediction"]


def online_to_batch(losses: Any, *, delta: float = 0.05) -> Certificate:
    r"""The theorem's own conversion: eight times the mean online loss, and :math:`8\log(1/\delta)/n`.

    .. math:: \frac1n\sum_{i=1}^n R(W^{(i-1)}) \le \frac8n\sum_{i=1}^n \ell(z_i) + \frac{8\log(1/\delta)}{n}

    with probability at least :math:`1 - \delta`: a bound on the risk of a uniformly drawn iterate on average over the
    draw, and not on that of the one which is drawn. Here :math:`z_i = y_i f_{W^{(i-1)}}(x_i)` and :math:`\ell` the
    logistic loss. The proof takes :math:`Q_i = -\ell'(z_i) = 1 - e^{-\ell(z_i)}`, which lies in [0, 1] and is at most
    :math:`\ell(z_i)`. A mistake, :math:`z \le 0`, has :math:`Q \ge \frac12`, so :math:`R(W^{(i-1)}) \le
    2E[Q_i \mid \text{past}]`. For such :math:`Q_i`, with :math:`c = 1 - e^{-1}`, convexity gives
    :math:`E[e^{-Q_i} \mid \text{past}] \le 1 - cE[Q_i \mid \text{past}] \le \exp(-cE[Q_i \mid \text{past}])`. So
    :math:`\exp(\sum_i cE[Q_i \mid \text{past}] - Q_i)` has mean at most 1, and by Markov

    .. math:: \sum_i E[Q_i \mid \text{past}] \le \frac{1}{1 - e^{-1}}\Bigl(\sum_i Q_i + \log\frac1\delta\Bigr)
        \le 4\sum_i Q_i + 4\log\frac1\delta .

    The last form is the multiplicative inequality of :cite:`ji2020` and :cite:`chen2021`; its constant 4 is 1.582, and
    Q is smaller than the loss. So :math:`\frac{2}{1 - e^{-1}}(\frac1n\sum_i Q_i + \frac1n\log\frac1\delta)`, the term
    ``sharper``, holds on the same event. Mistakes counted directly do better still:
    :func:`~howwide.certify.progressive_validation.progressive_validation`.

    Args:
        losses: logistic loss of :math:`W^{(i-1)}` on example i, in the order of the pass.
        delta: failure probability.

    Returns:
        The certificate of the mean risk of the iterates, its value the theorem's number or 1, rounded up. Terms:
        ``theorem`` (which may exceed 1), ``average_loss``, ``average_slope``, ``confidence`` and ``sharper``.

    Raises:
        DataError: a loss is negative or not finite.
        ShapeError: no sequence of at least one loss.
        SettingError: delta outside (0, 1).

    Example:
        >>> certificate = online_to_batch([0.01] * 10000)
        >>> round(certificate.value, 4), round(certificate.terms["sharper"], 4)
        (0.0824, 0.0324)
    """
    delta = check_probability(delta, "delta")
    found = check_sequence(losses, "losses")
    if (found < 0.0).any():
        at = int(np.flatnonzero(found < 0.0)[0])
        raise DataError(f"logistic losses are at least 0; found {found[at]:g} at position {at}. Margins are not losses")
    confidence = -math.log(delta) / found.size
    loss, slope = float(found.mean()), float(-np.expm1(-found).mean())
    theorem = 8.0 * (loss + confidence) * (1.0 + ROUNDING)
    return Certificate(
        name="online_to_batch",
        certifies=ON_AVERAGE,
        value=min(1.0, theorem),
        delta=delta,
        over=f"the {found.size} examples of the pass",
        conditions=(
            LAW,
            SETTLED,
            Condition("loss i is the logistic loss of W^(i-1), made of the examples before i alone", "declared"),
            Condition("every loss is finite and at least 0", "checked"),
        ),
        terms={
            "theorem": theorem,
            "average_loss": loss,
            "average_slope": slope,
            "confidence": 8.0 * confidence,
            "sharper": min(1.0, 2.0 / -math.expm1(-1.0) * (slope + confidence) * (1.0 + ROUNDING)),
        },
        reference="chen2021",
        detail=f"W^(t), t uniform on 0..{found.size - 1}",
    )


def online_to_batch_prediction(
    eps_ntrf: float,
    radius: float,
    n: int,
    *,
    depth: int,
    delta: float = 0.05,
    statement: str = "chen-cao-zou-gu/arxiv2020v2/thm-3.8",
) -> Prediction:
    r"""What the theorem on one-pass SGD promises before a run, as `howwide theorems` evaluates it.

    .. math:: \frac{8L^2R^2}{n} + \frac{8\log(c/\delta)}{n} + 24\,\epsilon

    with :math:`c = 2` in the ICLR version and 1 in the alpha-scaled ones
    (:data:`howwide.theory.chen_bounds.SGD_EVENTS`). It supposes a width, polynomial in R and L, whose constant nobody
    knows, so it is a prediction.

    Args:
        eps_ntrf: smallest training loss in the linearised class of radius R, an upper end of which errs on the large
            side; for the alpha-scaled versions a loss that a network within R has on every example.
        radius: R, each layer moving by at most R over the gradient scale.
        n: length of the pass.
        depth: L, all matrices counted.
        delta: failure probability.
        statement: id of the version that is evaluated; unless given, the one whose text was read.

    Returns:
        The prediction for the mean risk of the iterates; above 1 it says nothing.

    Raises:
        SettingError: eps_ntrf negative, a radius, n or depth that is not positive, delta outside (0, 1), or a
            statement that is no such theorem.
    """
    delta = check_probability(delta, "delta")
    n, depth = check_count(n, "n", 1), check_count(depth, "depth", 1)
    if not 0.0 <= eps_ntrf < math.inf:
        raise SettingError(f"eps_ntrf, a loss, must be a finite number of at least 0; found {eps_ntrf}")
    check_positive(radius, "the radius")
    distance, confidence, loss = sgd_terms(statement, n, depth, radius, eps_ntrf, delta)
    terms = {"radius": float(distance), "confidence": float(confidence), "eps_ntrf": float(loss)}
    return Prediction(
        name="online_to_batch",
        certifies=ON_AVERAGE,
        value=float(distance + confidence + loss),
        why=f"{statement} needs a width whose constant is hidden",
        terms=terms,
        reference=get(statement).cites,
    )
