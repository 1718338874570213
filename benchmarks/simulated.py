"""Success curves that are known, and trials drawn from them: what the width search is measured against."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, logit

from howwide.statistics import AdaptiveDesign, ResponseFit, TrialCosts, least_integer

__all__ = [
    "CURVES",
    "Counts",
    "Curve",
    "Record",
    "adaptive",
    "drawn_curve",
    "full_grid",
    "grid_widths",
    "held",
    "searched",
]

QUANTILES = (0.5, 0.9)
COSTS = TrialCosts(unit=lambda width: width + width**2 / 16, success=1.0, failure=2.0)
"""As deep networks have them: a step costs a first layer and square matrices, and a failure takes more steps."""
_DRIFT = (0.0, 0.05, 0.1, 0.05)
"""Lapse rate by round, over and over, on a curve whose lapses drift; their mean is the curve's."""


@dataclass(frozen=True)
class Curve:
    """Width of the middle, slope scale, lapse and guess rate; with ``drifts`` lapses change from round to round."""

    half: float
    scale: float
    lapse: float = 0.0
    guess: float = 0.0
    drifts: bool = False

    def success(self, width: float, turn: int = 0) -> float:
        """Success probability at a width in one round."""
        lapse = _DRIFT[turn % len(_DRIFT)] if self.drifts else self.lapse
        return float(
            self.guess + (1.0 - self.guess - lapse) * expit((math.log(width) - math.log(self.half)) / self.scale)
        )

    def threshold(self, quantile: float) -> float:
        """The true m_q, possibly zero or infinite."""
        share = (quantile - self.guess) / (1.0 - self.guess - self.lapse)
        return 0.0 if share <= 0 else math.inf if share >= 1 else self.half * math.exp(self.scale * float(logit(share)))


CURVES: Mapping[str, Curve] = {
    "very steep": Curve(20.5, 0.02),
    "steep, lapses 0.05": Curve(37, 0.05, 0.05),
    "lapses 0.02": Curve(100, 0.1, 0.02),
    "at an integer": Curve(16, 0.2),
    "lapses 0.08": Curve(24, 0.2, 0.08),
    "shallow": Curve(24, 0.4, 0.03),
    "very shallow": Curve(30, 0.8, 0.02),
    "between 1 and 2": Curve(1.4, 0.15),
    "between 2 and 3, guesses": Curve(2.5, 0.1, 0.05, 0.01),
    "never 0.9": Curve(60, 0.15, 0.1),
    "beyond the range": Curve(3000, 0.2, 0.02),
    "drifting lapses, 0 to 0.1": Curve(50, 0.1, 0.05, drifts=True),
    "lapses 0.05": Curve(50, 0.1, 0.05),
}
"""Twelve curves of the model, and one against it: with ``drifts`` the trials of a round share a lapse rate."""


def drawn_curve(random: np.random.Generator, design: AdaptiveDesign) -> Curve:
    """A curve from the prior of the design."""
    prior = design.fit({design.max_width: (0, 1)}).prior
    (low, high), (steep, shallow) = np.log(prior.width_range), np.log(prior.scale_range)
    half, scale = math.exp(random.uniform(low, high)), math.exp(random.uniform(steep, shallow))
    lapse, guess = (float(random.beta(1.0, 1.0 / mean - 1.0)) for mean in (prior.lapse_mean, prior.guess_mean))
    return Curve(half, scale, lapse, guess)


@dataclass(frozen=True)
class Record:
    """How one simulated search ended: whether each interval covers, that of the width to build too, and both ends."""

    trials: int
    rounds: int
    widths: int
    reason: str
    covers: tuple[bool, ...]
    covers_whole: tuple[bool, ...]
    two_sided: tuple[bool, ...]
    log_widths: tuple[float, ...]
    allocation: Mapping[int, int]


def _length(fit: ResponseFit, quantile: float, design: AdaptiveDesign) -> float:
    """Length in log width of the posterior interval, cut at the range of widths; beyond the range all is alike."""
    ends = (fit.posterior.threshold_quantile(quantile, p) for p in ((1 - design.level) / 2, (1 + design.level) / 2))
    low, high = (min(max(end, math.log(design.min_width)), math.log(design.max_width)) for end in ends)
    return high - low


class Success(Protocol):
    """A success curve whose thresholds are known."""

    def success(self, width: float, turn: int = 0) -> float: ...

    def threshold(self, quantile: float) -> float: ...


def _between(lower: float | None, value: float, upper: float | None) -> bool:
    """Whether ends contain a value; what is unknown excludes nothing."""
    return (lower is None or lower <= value) and (upper is None or value <= upper)


def _record(fit: ResponseFit, curve: Success, design: AdaptiveDesign, rounds: int, reason: str) -> Record:
    found = [design.threshold(fit, q) for q in QUANTILES]
    whole = [least_integer(e.estimate, e.lower, e.upper, design.width_step) for e in found]
    truths = [curve.threshold(q) for q in QUANTILES]
    wholes = [math.inf if t == math.inf else max(1, math.ceil(t)) for t in truths]  # the designs here have steps of 1
    return Record(
        int(fit.counts.trials.sum()),
        rounds,
        fit.counts.widths.size,
        reason,
        tuple(_between(e.lower, t, e.upper) for e, t in zip(found, truths, strict=True)),
        tuple(_between(e.lower, t, e.upper) for e, t in zip(whole, wholes, strict=True)),
        tuple(e.lower is not None and e.upper is not None for e in found),
        tuple(_length(fit, q, design) for q in QUANTILES),
        {int(w): int(n) for w, n in zip(fit.counts.widths, fit.counts.trials, strict=True)},
    )


Counts = dict[int, tuple[int, int]]


def searched(curve: Success, design: AdaptiveDesign, random: np.random.Generator) -> tuple[Counts, int]:
    """The counts of the whole procedure, round by round until the design says stop, and its number of rounds."""
    counts: Counts = {}
    paid, confirming = 0.0, False
    for turn in itertools.count():
        costs = dataclasses.replace(COSTS, each=paid / max(1, sum(tried for _, tried in counts.values())))
        new = design.next_round(counts, costs=costs)
        confirming = not new and not confirming
        if confirming:
            new = design.confirming_round(counts, costs)
        if not new:
            return counts, turn
        for width, trials in new.items():
            success = int(random.binomial(trials, curve.success(width, turn)))
            won, tried = counts.get(width, (0, 0))
            counts[width] = won + success, tried + trials
            paid += COSTS.unit(width) * (success * COSTS.success + (trials - success) * COSTS.failure)
    raise AssertionError("searches end")


def adaptive(curve: Success, design: AdaptiveDesign, random: np.random.Generator) -> Record:
    """How a simulated search ended."""
    counts, rounds = searched(curve, design, random)
    return _record(design.fit(counts), curve, design, rounds, str(design.done(counts)))


def grid_widths(design: AdaptiveDesign) -> list[int]:
    """Integers over the whole range, neighbours within the design's factor or adjacent."""
    widths = [design.min_width]
    while widths[-1] < design.max_width:
        widths.append(min(max(widths[-1] + 1, math.floor(widths[-1] * design.precision)), design.max_width))
    return widths


def full_grid(
    curve: Success, design: AdaptiveDesign, widths: Sequence[int], seeds: int, random: np.random.Generator
) -> Record:
    """The same number of seeds at every width."""
    return held(curve, design, dict.fromkeys(widths, seeds), random)


def held(curve: Success, design: AdaptiveDesign, allocation: Mapping[int, int], random: np.random.Generator) -> Record:
    """One round with given numbers of trials."""
    counts = {w: (int(random.binomial(n, curve.success(w))), n) for w, n in allocation.items()}
    return _record(design.fit(counts), curve, design, 1, "held")
