r"""Which further point would tell two laws apart?

At a further x law k predicts :math:`\log m^* \sim N(\mu_k, v_k)` (its posterior, scatter included). T trials there
measure it with a standard deviation s, that of the points so far at their number of trials, scaled by
:math:`1/\sqrt T`. If law A is true the logarithm of the Bayes factor between A and B grows on average by the relative
entropy

.. math:: \mathrm{KL}(A \,\|\, B) = \tfrac12 \Bigl(\log\frac{V_B}{V_A} + \frac{V_A + (\mu_A - \mu_B)^2}{V_B} - 1\Bigr),
    \qquad V_k = v_k + s^2.

The point *would tell* if that, with what the points so far say, brings the weight of the true one of the two to 19 to 1
on average, whichever of them it is. "On average" is half of the time or so: a plan, not a promise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from howwide.statistics.growth_evidence import LawFit

_ODDS = 19.0
_FARTHEST = 1000.0  # times the largest x


@dataclass(frozen=True)
class TellingPoint:
    """A point that would tell two laws apart.

    Attributes:
        first: name of the law that grows more slowly.
        second: name of the other.
        at: x, 1 or 5 times a power of ten; None where none up to 1000 times the largest would tell.
        trials: at that x; None where the points so far were not measured by trials.
    """

    first: str
    second: str
    at: float | None
    trials: int | None


def telling_point(first: LawFit, second: LawFit, log_x: float, error: float, trials: int | None) -> TellingPoint:
    """The least x beyond ``log_x``, 1 or 5 times a power of ten, that would tell two laws apart.

    Args:
        first: a law.
        second: another one.
        log_x: of the largest point.
        error: s.
        trials: at the new point, with which s goes.
    """
    ahead = math.log(first.weight / second.weight)
    decade = math.floor(log_x / math.log(10.0) + 1e-9)
    candidates = [digit * 10.0**power for power in range(decade, decade + 5) for digit in (1, 5)]
    for at in candidates:
        if not math.exp(log_x) * (1 + 1e-9) < at <= _FARTHEST * math.exp(log_x):
            continue
        (mean_a, var_a), (mean_b, var_b) = (_predicted(law, math.log(at), error) for law in (first, second))
        gap = (mean_a - mean_b) ** 2
        gains = (
            ahead + 0.5 * (math.log(var_b / var_a) + (var_a + gap) / var_b - 1.0),
            -ahead + 0.5 * (math.log(var_a / var_b) + (var_b + gap) / var_a - 1.0),
        )
        if min(gains) >= math.log(_ODDS):
            return TellingPoint(first.name, second.name, at, trials)
    return TellingPoint(first.name, second.name, None, trials)


def _predicted(law: LawFit, log_x: float, error: float) -> tuple[float, float]:
    """Mean and variance of what would be measured."""
    weights, means, deviations = law.posterior.predicted(log_x)
    mean = float(weights @ means)
    return mean, float(weights @ (deviations**2 + (means - mean) ** 2)) + error**2


def round_trials(trials: float) -> int:
    """1, 2 or 5 times a power of ten, the nearest on a log scale."""
    nice = np.array([digit * 10**power for power in range(7) for digit in (1, 2, 5)], dtype=np.float64)
    return int(nice[np.argmin(np.abs(np.log(nice / trials)))])
