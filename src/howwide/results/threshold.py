"""What ``threshold`` finds: the least size at which a trial succeeds as often as is asked."""

from typing import TYPE_CHECKING, Annotated, Any

from howwide.results.base import Record, Result, Stored, frame_of, not_printed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FirstTrials", "SizeRate", "ThresholdPlan", "ThresholdPoint", "ThresholdResult"]


class ThresholdPoint(Record):
    """The least size at which success has probability ``quantile``.

    ``size`` is the answer, one of the sizes that were offered, with the ends ``size_lower`` and ``size_upper`` of its
    interval; ``estimate``, ``lower`` and ``upper`` are those of the real number at which the success curve passes the
    quantile. What the trials do not settle is null, and the status says why (as of
    :class:`howwide.statistics.ThresholdEstimate`).
    """

    quantile: float
    estimate: float | None
    lower: float | None
    upper: float | None
    size: int | None
    size_lower: int | None
    size_upper: int | None
    level: float
    trials: int
    status: str


class SizeRate(Record):
    """Successes at one size, with the exact interval (Clopper and Pearson) of the success probability.

    ``means`` are those of the numbers that the trials gave, over the trials that gave them.
    """

    size: int
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float
    means: dict[str, float | None]


class ThresholdResult(Result, verbs=("threshold",)):
    """The least size at which a trial succeeds with probability q, for each q.

    Attributes:
        answer: what was found, in a sentence to act on.
        points: one for each q; :attr:`table` is the frame of them.
        rates: successes at each size.
        reason: why no more trials were made: ``interval``, ``adjacent``, ``range`` or ``budget``
            (:meth:`howwide.statistics.AdaptiveDesign.done`), or ``time``: the search was ended by its ``max_seconds``.
        p_value: of the fit of the success curve; small ones speak against it.
        rising_p_value: of success not falling with size.
        falls: whether success falls with size by more than chance allows.
        trials: one row a trial: size, seed, success, and the numbers that it gave; beside the document.
    """

    answer: str
    points: tuple[ThresholdPoint, ...]
    rates: tuple[SizeRate, ...]
    reason: str
    p_value: float
    rising_p_value: float
    falls: bool
    trials: Annotated[Any, Stored("trials.csv", columns=("size", "seed", "success"))] = not_printed()

    @property
    def table(self) -> "pd.DataFrame":
        """The points, one row each, as :attr:`howwide.results.width.WidthResult.table` has them, with the size."""
        return frame_of(ThresholdPoint, self.points)

    @property
    def level(self) -> float:
        """Of the intervals."""
        return self.points[0].level


class FirstTrials(Record):
    """Trials of the first round at one size."""

    size: int
    trials: int


class ThresholdPlan(Result, verbs=("threshold",)):
    """Result of ``threshold --dry-run``: how many sizes there are, the most trials, and the first round."""

    sizes: int
    trials: int
    first: tuple[FirstTrials, ...]
