"""The trap: a confidence sequence by betting, for the error along a pass.

It supposes one mean that does not move (Waudby-Smith and Ramdas, 2024), and holds there; at a rising risk it must be
found out. Bets are their predictable plug-in, truncated at half of what keeps the capital positive, on the side of an
upper limit alone; no running intersection.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from scenario import DELTA, Array, Outcomes, Scenario, collected
from scipy.optimize import brentq

from howwide.certify.certificates.progressive_validation import progressive_validation

__all__ = ["betting_limit", "scenarios"]

LENGTH = 2000
RISING = 0.02 + 0.23 * np.arange(LENGTH) / LENGTH
CONSTANT = np.full(LENGTH, RISING.mean())


def betting_limit(x: Array, delta: float) -> float:
    """The largest mean that bets against it, with what x holds, have not made 1/delta out of 1; x is 0 or 1."""
    steps = np.arange(1, x.size + 1)
    averages = (0.5 + np.cumsum(x)) / (steps + 1)
    variances = (0.25 + np.cumsum((x - averages) ** 2)) / (steps + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    bets = np.sqrt(2 * np.log(1 / delta) / (before * steps * np.log1p(steps)))

    def short(mean: float) -> float:  # increasing in the mean, because x is 0 or 1
        return float(np.log1p(np.minimum(bets, 0.5 / (1 - mean)) * (mean - x)).sum() + np.log(delta))

    return float(brentq(short, 0.0, 1 - 1e-9)) if short(1 - 1e-9) > 0 else 1.0


def _bet(risks: Array, repetitions: int, random: np.random.Generator) -> Outcomes:
    mistakes = (random.random((repetitions, risks.size)) < risks).astype(float)
    return collected((betting_limit(x, DELTA), risks.mean()) for x in mistakes)


def _validated(risks: Array, repetitions: int, random: np.random.Generator) -> Outcomes:
    mistakes = (random.random((repetitions, risks.size)) < risks).astype(float)
    return collected((progressive_validation(x, delta=DELTA, burn_in=0.0).value, risks.mean()) for x in mistakes)


def scenarios() -> Iterator[Scenario]:
    """Betting at a constant risk, where it holds, and at a rising one; and ours at the rising one."""
    rising, constant = f"rising 0.02 to 0.25, n = {LENGTH}", f"constant 0.135, n = {LENGTH}"
    yield Scenario("progressive_validation", f"{rising}, no burn-in", partial(_validated, RISING))
    yield Scenario("betting (not offered)", constant, partial(_bet, CONSTANT))
    yield Scenario("betting (not offered)", rising, partial(_bet, RISING), control=True)
