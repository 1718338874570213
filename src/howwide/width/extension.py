r"""Would more steps have been enough? A sample of the trials that the budget stopped while they improved is run on.

A trial that its budget stopped is a failure of the minimal width for that budget, whatever it would have done next.
How much the budget matters is a question of its own, answered by running some of these trials on to ``extend`` times
the largest budget: the tries that were still improving, from their own start.

* The sample is systematic in the order of the widths, so that every width is represented by its share, and every trial
  has the same chance; which trials are taken does not depend on how they would go on. It is as large as its cost
  allows: at most a fifth of the flops that the search itself spent, if every try of the sample takes all its steps.
* The *share that turns* has the Clopper-Pearson interval of a simple random sample, which errs on the wide side for a
  sample of a finite number that is spread over the widths.
* The *minimal width for the larger budget* follows with that share taken as the same at all widths: trials that were
  not run on are counted as successes by that share. Its interval reaches from the lower end under the upper end of the
  share to the upper end under its lower end, each at level :math:`(1 + \text{level})/2`, so that both hold together at
  the level. It is an estimate: a share that rises with width moves the truth to the lower side of it. Tries that had
  come to rest are not run on, so the share errs low by what they would have added.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from howwide.statistics import AdaptiveDesign, Interval, clopper_pearson
from howwide.width.trial import TrialOutcome

__all__ = ["COST", "Extension", "choose_trials"]

COST = 0.2
"""What the sample may cost at most, as a share of the search's own cost."""

Trial = tuple[int, int]
"""Width and seed."""


def choose_trials(
    outcomes: Mapping[Trial, TrialOutcome], step_flops: Mapping[int, float], factor: int, seed: Sequence[int]
) -> list[Trial]:
    """The trials that are run on.

    Args:
        outcomes: under the largest budget, by trial.
        step_flops: flops of a step, by width.
        factor: how many times the budget they get.
        seed: of the random choice.

    Returns:
        As many as the cost allows, in order; none if one alone would be too expensive.
    """
    random = np.random.default_rng(seed)
    improving = sorted(trial for trial, outcome in outcomes.items() if outcome["improving"])
    mixed = [improving[k] for k in random.permutation(len(improving))]
    ordered = sorted(mixed, key=lambda trial: trial[0])  # by width, at random within one
    spent = sum(outcome["spent"] * step_flops[width] for (width, _), outcome in outcomes.items())
    offset, chosen = float(random.uniform()), []
    for size in range(1, len(ordered) + 1):
        sample = [ordered[math.floor((k + offset) * len(ordered) / size)] for k in range(size)]
        cost = sum(
            factor * outcomes[t]["budget"] * len(outcomes[t]["improving_tries"]) * step_flops[t[0]] for t in sample
        )
        if cost > COST * spent:
            break
        chosen = sample
    return sorted(chosen)


@dataclass(frozen=True)
class Extension:
    """The outcome of the sample.

    Attributes:
        steps: the larger budget.
        counts: successes and trials by width under the largest budget of the search.
        improving: trials that were still improving, by width.
        turned: of the sample, whether each trial succeeded within the larger budget.
    """

    steps: int
    counts: Mapping[int, tuple[int, int]]
    improving: Mapping[int, int]
    turned: Mapping[Trial, bool]

    def share(self, level: float) -> Interval[float] | None:
        """The interval of the share of improving trials that turn; None without a sample."""
        if not self.turned:
            return None
        return clopper_pearson(sum(self.turned.values()), len(self.turned), level)

    def threshold(self, design: AdaptiveDesign, quantile: float) -> tuple[float | None, float | None, float | None]:
        """Estimate, lower and upper end of the minimal width for the larger budget; None where it is not known."""
        wider = (1.0 + design.level) / 2.0
        share = self.share(wider)
        if share is None:
            return None, None, None
        observed = sum(self.turned.values()) / len(self.turned)
        middle, most, least = (design.fit(self._implied(p)) for p in (observed, share.upper, share.lower))
        return (
            design.threshold(middle, quantile).estimate,
            most.threshold(quantile, wider).lower,
            least.threshold(quantile, wider).upper,
        )

    def _implied(self, share: float) -> dict[int, tuple[int, int]]:
        """Counts under the larger budget: the sample as it went, of the rest ``share``, rounded so that sums agree."""
        counts, expected, given = {}, 0.0, 0
        for width, (won, tried) in sorted(self.counts.items()):
            sampled = [turned for (m, _), turned in self.turned.items() if m == width]
            expected += share * (self.improving.get(width, 0) - len(sampled))
            more = round(expected) - given
            given += more
            counts[width] = won + sum(sampled) + more, tried
        return counts
