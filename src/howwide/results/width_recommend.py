"""What :func:`howwide.width.recommend` finds: the width for a sample size that was not tried."""

from howwide.results.base import Record, Result

__all__ = ["PredictedLaw", "WidthRecommendation"]


class PredictedLaw(Record):
    """What a growth law that remains predicts: its weight among those that remain, and the ends of its own interval."""

    name: str
    weight: float
    estimate: float
    lower: float
    upper: float


class WidthRecommendation(Result):
    """The width for a sample size that was not tried.

    Attributes:
        answer: one sentence to act on.
        n: sample size.
        quantile: success probability.
        width: the least whole width, a multiple of the study's ``width_step``.
        width_lower: lower end of its prediction interval.
        width_upper: upper end, the safe choice.
        estimate: the real threshold behind it.
        lower: its lower end.
        upper: its upper end.
        level: of the interval.
        laws: what each growth law that remains predicts.
    """

    answer: str
    n: int
    quantile: float
    width: int
    width_lower: int
    width_upper: int
    estimate: float
    lower: float
    upper: float
    level: float
    laws: tuple[PredictedLaw, ...]
