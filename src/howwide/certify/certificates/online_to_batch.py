r"""The mean test error that the theorem on one-pass SGD promises, with the online losses measured instead of bounded.

The proof of Theorem 3.5 of the ICLR version (3.8 of the full version with the output scale, 2.3 of its two pages) has
two halves. The first bounds the mean online loss by :math:`L^2R^2/n + 3\epsilon`, with hidden constants in the width it
needs; the second turns online losses into test error and is explicit. :func:`online_to_batch` takes the measured losses
and the second half alone, so it is a certificate; :func:`howwide.certify.online_to_batch_prediction` takes both.
"""

import math

import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.binomial import ROUNDING
from howwide.certify.certificate import LAW, ON_AVERAGE, SETTLED, Certificate, checked, declared
from howwide.certify.inputs import check_sequence, refuse
from howwide.certify.kind import Kind
from howwide.certify.procedure.one_pass import Pass
from howwide.checks import check_probability

__all__ = ["KIND", "of_pass", "online_to_batch"]


def online_to_batch(losses: npt.ArrayLike, *, delta: float = 0.05) -> Certificate:
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
    :func:`~howwide.certify.progressive_validation`.

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
    sequence = check_sequence(losses, "losses")
    refuse(sequence, sequence < 0.0, "logistic losses are at least 0", ". Margins are not losses")
    confidence = -math.log(delta) / sequence.size
    loss, slope = float(sequence.mean()), float(-np.expm1(-sequence).mean())
    theorem = 8.0 * (loss + confidence) * (1.0 + ROUNDING)
    return Certificate(
        name="online_to_batch",
        certifies=ON_AVERAGE,
        value=min(1.0, theorem),
        delta=delta,
        over=f"the {sequence.size} examples of the pass",
        conditions=(
            LAW,
            SETTLED,
            declared("loss i is the logistic loss of W^(i-1), made of the examples before i alone"),
            checked("every loss is finite and at least 0"),
        ),
        terms={
            "theorem": theorem,
            "average_loss": loss,
            "average_slope": slope,
            "confidence": 8.0 * confidence,
            "sharper": min(1.0, 2.0 / -math.expm1(-1.0) * (slope + confidence) * (1.0 + ROUNDING)),
        },
        reference="chen2021",
        detail=f"W^(t), t uniform on 0..{sequence.size - 1}",
    )


def of_pass(passed: Pass, delta: float) -> Certificate:
    """The certificate of a pass; the test error beside it is the mean over all iterates."""
    # from the margins: the run may have trained on another loss, and kept it in single precision
    losses = np.logaddexp(0.0, -passed.run.online_margins.astype(np.float64))
    return passed.certified_on_average(online_to_batch(losses, delta=delta), 0)


KIND = Kind("online_to_batch", ("sgd",), lambda run, delta: of_pass(run.one_pass, delta))
