r"""Which widths are tried next, with how many seeds, and when is it enough?

`AdaptiveDesign` proposes synchronous rounds: whole batches of seeds at a few widths, decided from the counts so far
and from nothing else.

1. *Bracket.* The first round lies around a hint. While nothing has succeeded the next widths are 2, 4 and 8 times
   the largest one tried, with as many trials as cost no more than all before them (and two at the first of these widths
   in any case); while everything has succeeded the same downwards. At the end of the range the number of seeds is what
   a proof takes (`howwide.statistics.thresholds`, rules 1 and 2).
2. *Inform.* Then trials go where they are expected to tell most, for what they cost, about the thresholds that are not
   settled (`howwide.statistics.allocation`, `howwide.statistics.costs`), after both sides of each have been seen: eight
   trials at least on either side, within a factor 2. Without them the shape of the curve alone would place the
   threshold, and no real curve has it exactly.
3. *Confirm.* When all is settled, half a round more goes where it tells most about all thresholds
   (`confirming_round`), and where something is not settled after that, the search goes on. One that ends the moment
   its interval is narrow ends too often on an interval that is narrow by luck; these trials take part of that back.

A threshold is settled when both its sides were seen and its interval, cut at the smallest width, has ends within
``precision`` (*interval*) or lies between two adjacent widths (*adjacent*), or when it lies beyond the range altogether
(*range*): the largest width does not reach the quantile, or the smallest one does. Intervals use four fifths of the
error that their level allows (`threshold`): the rest is for what is left of stopping on luck, and for real curves,
which are not exactly logistic. The posterior does not depend on
how widths were chosen, so stopping on its width costs its intervals nothing on average over the prior.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np

from howwide.checks import check_count, check_probability
from howwide.errors import SettingError
from howwide.plain import one_or_several, plain
from howwide.statistics.allocation import allocate
from howwide.statistics.costs import TrialCosts
from howwide.statistics.response import ResponseFit, fit_response
from howwide.statistics.thresholds import ThresholdEstimate
from howwide.statistics.upward_scan import ScanEstimate

WidthCounts = Mapping[int, tuple[int, int]]
StopReason = Literal["interval", "adjacent", "range", "budget"]

_DEFAULT_CENTRE = 8.0
_SPREAD = (2.0, 4.0, 8.0)  # of one round while the threshold is not bracketed
_FEWEST = 2  # trials at a width that is new on the way upward, whatever they cost
_BEYOND = 4.0  # the prior of m_half, and one round's largest width, go this far beyond the range and the widths tried
_SIDE, _NEAR = 8, 2.0  # trials that are seen on each side of a threshold, within this factor of it
MARGIN = 0.2  # of the error that the level allows is left unused by intervals
_LATTICE = 8.0  # widths an octave among which the informed rounds choose, so that rounds share widths


@dataclass(frozen=True)
class AdaptiveDesign:
    """Rounds of trials that end when every threshold is known well enough, or the budget is spent.

    Attributes:
        max_width: no width beyond this is tried.
        round_size: trials in a round, about half of that before the threshold is bracketed.
        trials: the most trials in all.
        precision: an interval is narrow enough when its ends are within this factor.
        quantiles: success probabilities whose thresholds are wanted.
        level: of the intervals.
        width_step: widths are multiples of this.
        min_width: no width below this is tried.
        sizes: the only widths that are tried between these ends, increasing, in place of the multiples.

    Raises:
        SettingError: no width in the range, sizes that do not increase, a round or number of trials below 1, a
            precision of at most 1, a quantile given twice, or a quantile or level outside (0, 1).
    """

    max_width: int
    round_size: int
    trials: int
    precision: float
    quantiles: tuple[float, ...]
    level: float
    width_step: int = 1
    min_width: int = 1
    sizes: Sequence[int] | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, plain(getattr(self, field.name)))
        object.__setattr__(self, "quantiles", tuple(one_or_several(self.quantiles)))
        for name in ("max_width", "width_step", "round_size", "trials", "min_width"):
            check_count(getattr(self, name), name, 1)
        if self.sizes is not None:
            object.__setattr__(self, "sizes", _checked_sizes(self.sizes))
        if not self.widths:
            kind = f"multiple of {self.width_step}" if self.sizes is None else "one of the sizes"
            raise SettingError(f"no {kind} lies between widths {self.min_width} and {self.max_width}")
        if not (math.isfinite(self.precision) and self.precision > 1.0):
            raise SettingError(f"precision must be above 1; found {self.precision}")
        if not self.quantiles:
            raise SettingError("give at least one quantile")
        for quantile in self.quantiles:
            check_probability(quantile, "a quantile")
        if len(set(self.quantiles)) < len(self.quantiles):
            raise SettingError(f"give each quantile once; got {', '.join(map(str, self.quantiles))}")
        check_probability(self.level, "level")

    def fit(self, counts: WidthCounts) -> ResponseFit:
        """The posterior that decides: its prior covers the whole range, whatever was tried.

        Args:
            counts: successes and trials for each width tried.

        Returns:
            The fit.

        Raises:
            SettingError: impossible counts, or none.
        """
        widths, (low, high) = sorted(counts), self._ends
        successes, trials = ([counts[w][i] for w in widths] for i in (0, 1))
        return fit_response(widths, successes, trials, width_range=(low / 2.0, high * _BEYOND))

    def threshold(self, fit: ResponseFit, quantile: float) -> ThresholdEstimate:
        """The threshold as a search reports it, with the margin of this module's docstring.

        Args:
            fit: of the search's counts.
            quantile: success probability q.

        Returns:
            The estimate of `ResponseFit.threshold`, its ends with tails of four fifths of the nominal ones.

        Raises:
            SettingError: quantile outside (0, 1).
        """
        return fit.threshold(quantile, self.level, MARGIN)

    def scan(self, fit: ResponseFit, step: int) -> ScanEstimate:
        """The least successful size of an upward scan, with the same margin.

        Args:
            fit: of the search's counts.
            step: of the scan.

        Returns:
            The estimate of `ResponseFit.scan`.

        Raises:
            SettingError: a step below 1.
        """
        return fit.scan(step, self.level, MARGIN)

    def done(self, counts: WidthCounts) -> StopReason | None:
        """Why it is enough: ``interval``, ``adjacent``, ``range`` (the last that applies to a quantile), or ``budget``.

        Args:
            counts: successes and trials for each width tried.

        Returns:
            The reason, or None while more trials are needed.

        Raises:
            SettingError: impossible counts.
        """
        if _spent(counts) == 0:
            return None
        return self._verdict(counts, self._settled(self.fit(counts)))

    def next_round(
        self, counts: WidthCounts, hint: float | None = None, costs: TrialCosts | None = None
    ) -> dict[int, int]:
        """Widths of the next round, with the number of new trials at each.

        Args:
            counts: successes and trials for each width tried so far; empty before the first round.
            hint: where the threshold is expected; used by the first round alone.
            costs: of trials, as the finished ones tell; equal unless given.

        Returns:
            Numbers of trials; empty when done.

        Raises:
            SettingError: impossible counts, or a hint that is not a positive number.
        """
        if hint is not None and not (math.isfinite(hint) and hint > 0):
            raise SettingError(f"the hint must be a positive width; found {hint}")
        spent = _spent(counts)
        left = min(self.round_size, self.trials - spent)
        if spent == 0:
            centre = hint or _DEFAULT_CENTRE
            return self._spread([centre / 2.0, centre, centre * 2.0], left)
        fit = self.fit(counts)
        settled = self._settled(fit)
        if self._verdict(counts, settled):
            return {}
        successes = sum(won for won, _ in counts.values())
        if 0 < successes < spent:
            return self._informed(fit, settled, left, costs)
        # Bracket: outward; at the end of the range as many trials there as a proof still lacks, N with
        # (1 - q)^N <= a where all fail and q^N <= a where all succeed (rules 1 and 2 of the thresholds).
        fails, tried = successes == 0, [width for width, (_, trials) in counts.items() if trials]
        outermost, end = (max(tried), self._ends[1]) if fails else (min(tried), self._ends[0])
        if outermost != end and not fails:
            return self._spread([outermost / f for f in _SPREAD], left)
        costs = costs or TrialCosts()
        if outermost != end:
            return self._upward(counts, outermost, left, costs)
        log_error = math.log((1.0 - MARGIN) * (1.0 - self.level) / 2.0)
        needed = max(math.ceil(log_error / (math.log1p(-q) if fails else math.log(q))) for q in self.quantiles)
        affordable = math.floor(_paid(counts, costs) / (costs.unit(end) * costs.failure)) if fails else left
        return {end: max(1, min(left, needed - counts[end][1], max(affordable, _FEWEST)))}

    def confirming_round(self, counts: WidthCounts, costs: TrialCosts | None = None) -> dict[int, int]:
        """The half round after all is settled: about all thresholds. The search ends where it leaves them so.

        Args:
            counts: successes and trials for each width tried, when `next_round` asks for no more.
            costs: of trials; equal unless given.

        Returns:
            Numbers of trials; empty where the budget is spent or a threshold lies beyond the range.

        Raises:
            SettingError: impossible counts.
        """
        left = min(self.round_size // 2, self.trials - _spent(counts))
        if left <= 0 or self.done(counts) not in ("interval", "adjacent"):
            return {}
        return self._informed(self.fit(counts), dict.fromkeys(self.quantiles), left, costs)

    @cached_property
    def widths(self) -> Sequence[int]:
        """The widths that may be tried, increasing."""
        if self.sizes is not None:
            return self.sizes[bisect_left(self.sizes, self.min_width) : bisect_right(self.sizes, self.max_width)]
        step = self.width_step
        return range(-(-self.min_width // step) * step, self.max_width + 1, step)

    @property
    def _ends(self) -> tuple[int, int]:
        """The smallest and the largest width that may be tried."""
        return self.widths[0], self.widths[-1]

    def _rounded(self, width: float) -> int:
        """The nearest width that may be tried; of two as near the one at an even place, as numbers are rounded."""
        above = bisect_left(self.widths, width)
        near = range(max(above - 1, 0), min(above + 1, len(self.widths)))
        return self.widths[min(near, key=lambda place: (abs(self.widths[place] - width), place % 2 == 0))]

    def _spread(self, widths: list[float], left: int) -> dict[int, int]:
        """Half a round, evenly over the widths."""
        chosen = sorted({self._rounded(w) for w in widths})[:left]
        return dict.fromkeys(chosen, max(1, min(left, self.round_size // 2) // len(chosen)))

    def _upward(self, counts: WidthCounts, widest: int, left: int, costs: TrialCosts) -> dict[int, int]:
        """At most half a round, in turns over the next widths, for no more than was paid so far."""
        wider = self.widths[bisect_right(self.widths, widest) :]
        chosen = sorted({max(self._rounded(widest * f), wider[0]) for f in _SPREAD})
        price = {width: costs.unit(width) * costs.failure for width in chosen}
        most = min(left, max(1, self.round_size // 2))
        asked = {chosen[0]: min(_FEWEST, most)}
        paid = _paid(counts, costs) - asked[chosen[0]] * price[chosen[0]]
        for width in (chosen * most)[1:]:
            if price[width] <= paid and sum(asked.values()) < most:
                asked[width] = asked.get(width, 0) + 1
                paid -= price[width]
        return dict(sorted(asked.items()))

    def _informed(
        self, fit: ResponseFit, settled: dict[float, StopReason | None], left: int, costs: TrialCosts | None
    ) -> dict[int, int]:
        """Where trials tell most about unsettled thresholds under the wider prior, which their ends must survive."""
        unsettled, (low, high) = [q for q, reason in settled.items() if reason is None], self._ends
        asked: dict[int, int] = {}
        for width, lacking in (side for q in unsettled for side in self._unseen(fit, q)):
            asked[width] = max(asked.get(width, 0), min(lacking, left - sum(asked.values())))
        left -= sum(asked.values())
        # Candidates: a lattice of widths from below the lowest threshold to beyond the highest, as far as they are
        # finite; where no width reaches the highest, as wide as is allowed.
        ends = []
        for q in (min(unsettled), max(unsettled)):
            finite = 1.0 - fit.wider.never(q)
            ends.append([fit.wider.threshold_quantile(q, finite * tail) for tail in (0.02, 0.98)])
        highest = ends[1][1] if ends[1][1] > -math.inf else math.inf
        top = max(min(math.exp(min(highest, 700.0)) * 2.0, max(fit.counts.widths) * _BEYOND), float(low))
        bottom = max(min(math.exp(ends[0][0]) / 2.0, top), 0.5)
        octaves = np.arange(math.floor(_LATTICE * math.log2(bottom)), math.ceil(_LATTICE * math.log2(top)) + 1)
        candidates = sorted({self._rounded(w) for w in 2.0 ** (octaves / _LATTICE)})
        range_ = low / 2.0, high * 2.0
        for width, more in allocate(fit.wider, unsettled, candidates, left, range_, costs=costs).items():
            asked[width] = asked.get(width, 0) + more
        return {width: trials for width, trials in sorted(asked.items()) if trials > 0}

    def _unseen(self, fit: ResponseFit, quantile: float) -> list[tuple[int, int]]:
        """For each side of a threshold that too few trials have seen, a width there and how many are lacking.

        A side that holds no width of the range, as beyond its ends, is not asked for.
        """
        widths, nearer = self.widths, math.sqrt(_NEAR)  # half the way to the far end of a side
        middle = math.exp(min(fit.posterior.threshold_quantile(quantile, 0.5), 700.0))
        above = bisect_left(widths, middle)
        least, most = middle / _NEAR, middle * _NEAR
        if 0 < above < len(widths):  # where widths are far apart, the next one is near
            least, most = min(least, widths[above - 1]), max(most, widths[above])
        under = min(bisect_left(widths, middle / nearer), above - 1)
        over = max(bisect_right(widths, middle * nearer) - 1, above)
        lacking = []
        for place, lowest, highest in ((under, least, middle), (over, middle, most)):
            width = widths[min(max(place, 0), len(widths) - 1)]
            seen = fit.counts.trials[(fit.counts.widths >= lowest) & (fit.counts.widths <= highest)]
            if lowest <= width <= highest and seen.sum() < _SIDE:
                lacking.append((width, _SIDE - int(seen.sum())))
        return lacking

    def _settled(self, fit: ResponseFit) -> dict[float, StopReason | None]:
        """For each quantile the reason why its threshold is known well enough, None while it is not."""
        error = (1.0 - self.level) / 2.0
        tails = (1.0 - MARGIN) * error, 1.0 - (1.0 - MARGIN) * error
        reasons: dict[float, StopReason | None] = dict.fromkeys(self.quantiles)
        for q in self.quantiles:
            if 0 < fit.counts.successes.sum() < fit.counts.trials.sum():
                if fit.posterior.never(q) >= 1.0 - error:
                    reasons[q] = "range"
                    continue
                # Ends are only dropped or moved outward from the declared ones: the costlier rule can be spared.
                low, high = (math.exp(fit.posterior.threshold_quantile(q, tail)) for tail in tails)
                if self._reason(low, high) is None:
                    continue
            estimate = self.threshold(fit, q)
            reason = self._reason(estimate.lower, estimate.upper)
            if reason == "range" or not self._unseen(fit, q):
                reasons[q] = reason
        return reasons

    def _reason(self, lower: float | None, upper: float | None) -> StopReason | None:
        smallest, largest = self._ends
        if (lower is not None and lower >= largest) or (upper is not None and upper <= smallest):
            return "range"
        low = max(lower or 0.0, float(smallest))
        if upper is None or math.isinf(upper):
            return None
        if upper <= self.precision * low:
            return "interval"
        above = self.widths[bisect_right(self.widths, low) :]
        return "adjacent" if above and upper <= above[0] else None

    def _verdict(self, counts: WidthCounts, settled: dict[float, StopReason | None]) -> StopReason | None:
        reasons = set(settled.values())
        if None not in reasons:
            return next(reason for reason in ("range", "adjacent", "interval") if reason in reasons)
        return "budget" if _spent(counts) >= self.trials else None


def _checked_sizes(sizes: Sequence[int]) -> Sequence[int]:
    if isinstance(sizes, range) and sizes.step > 0 and (not sizes or sizes[0] >= 1):
        return sizes
    numbers = tuple(check_count(size, "a size", 1) for size in one_or_several(sizes))
    for size, following in itertools.pairwise(numbers):
        if size >= following:
            raise SettingError(f"sizes must increase; found {following} after {size}")
    return numbers


def _spent(counts: WidthCounts) -> int:
    return sum(trials for _, trials in counts.values())


def _paid(counts: WidthCounts, costs: TrialCosts) -> float:
    """What trials cost that all failed."""
    return sum(trials * costs.unit(width) * costs.failure for width, (_, trials) in counts.items())
