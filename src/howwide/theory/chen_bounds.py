r"""The two bounds of Chen et al. on the error on new examples: written once, evaluated by every part that prints them.

One pass of SGD, with :math:`c` the number of events of the union bound, which alone differs between the versions:

.. math:: E\,P(y f < 0) \le \frac{8 L^2 R^2}{n} + \frac{8 \log(c/\delta)}{n} + 24\,\epsilon .

Gradient descent, the least of a spectral and a linear branch, logarithms left out:

.. math:: P(y f < 0) \le 2 L_S + C \min\{4^L L^2 R \sqrt{m/n},\; L^{3/2} R / \sqrt n + L^{11/3} R^{4/3} m^{-\alpha/3}\}
          + C \sqrt{\log(1/\delta)/n} .

Both hold from a width on whose constant nobody knows.
"""

from howwide.errors import SettingError
from howwide.theory.magnitude import Magnitude, log, sqrt

__all__ = ["GD_STATEMENTS", "SGD_EVENTS", "gd_bound", "gd_branches", "sgd_bound", "sgd_sample_size", "sgd_terms"]

Number = float | Magnitude

SGD_EVENTS = {
    "chen-cao-zou-gu/alpha-scaled/thm-2.3": 1,
    "chen-cao-zou-gu/arxiv2020v2/thm-3.8": 1,
    "chen-cao-zou-gu/iclr2021/thm-3.5": 2,
}
"""The statements on one pass of SGD, and c in log(c/δ) as each has it.

The proof joins two events, the start and the martingale, so that it gives c = 2 at probability 1 - δ; the first two
print c = 1.
"""

GD_STATEMENTS = (
    "chen-cao-zou-gu/alpha-scaled/thm-2.2",
    "chen-cao-zou-gu/arxiv2020v2/thm-3.5",
    "chen-cao-zou-gu/iclr2021/thm-3.4",
)
"""The statements on gradient descent."""


def sgd_terms(
    statement: str, n: Number, L: Number, R: Number, eps: Number, delta: Number
) -> tuple[Magnitude, Magnitude, Magnitude]:
    """The three terms of the bound on one pass of SGD: 8L²R²/n, 8 log(c/δ)/n and 24ε.

    Args:
        statement: a key of :data:`SGD_EVENTS`.
        n: length of the pass.
        L: weight matrices.
        R: radius of the per-layer balls, times the gradient scale.
        eps: ε_NTRF(R) in the ICLR version; in the others a loss that some network in the balls has on every example.
        delta: probability with which the guarantee may fail.

    Raises:
        SettingError: no such statement.
    """
    confidence = 8 * log(_events(statement) / Magnitude.of(delta)) / n
    return 8 * Magnitude.of(L) ** 2 * Magnitude.of(R) ** 2 / n, confidence, 24 * Magnitude.of(eps)


def sgd_bound(statement: str, n: Number, L: Number, R: Number, eps: Number, delta: Number) -> Magnitude:
    """The sum of :func:`sgd_terms`."""
    distance, confidence, loss = sgd_terms(statement, n, L, R, eps, delta)
    return distance + confidence + loss


def sgd_sample_size(statement: str, L: Magnitude, R: Magnitude, eps: Magnitude, delta: Magnitude) -> Magnitude:
    """The n from which the first two of :func:`sgd_terms` are at most ε: 8(L²R² + log(c/δ))/ε."""
    return 8 * (L**2 * R**2 + log(_events(statement) / delta)) / eps


def gd_branches(n: Number, L: Number, m: Number, R: Number, alpha: Number) -> tuple[Magnitude, Magnitude]:
    """The spectral branch and the linear one with its error, as printed; without the hidden constant."""
    n, L, m, R = (Magnitude.of(value) for value in (n, L, m, R))
    spectral = 4**L * L**2 * R * sqrt(m / n)
    return spectral, L**1.5 * R / sqrt(n) + L ** (11 / 3) * R ** (4 / 3) / m ** (float(alpha) / 3)


def gd_bound(
    n: Magnitude,
    L: Magnitude,
    m: Magnitude,
    R: Magnitude,
    alpha: Number,
    delta: Magnitude,
    loss: Magnitude,
    C: Magnitude,
) -> Magnitude:
    """The bound of :data:`GD_STATEMENTS` on the error of an iterate with this training loss."""
    return 2 * loss + C * min(gd_branches(n, L, m, R, alpha)) + C * sqrt(log(1 / delta) / n)


def _events(statement: str) -> int:
    if statement not in SGD_EVENTS:
        raise SettingError(f"no bound on one pass of SGD in {statement!r}; there are {', '.join(SGD_EVENTS)}")
    return SGD_EVENTS[statement]
