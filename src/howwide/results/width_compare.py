"""What ``width compare`` finds: how many times as wide one network must be as another."""

from howwide.results.base import Record, Result

__all__ = ["WidthComparison", "WidthRatio"]


class WidthRatio(Record):
    """The minimal width of the second over that of the first, at one sample size and success probability.

    ``first`` and ``second`` say what tells the two apart, ``where`` what both have in common where a study varies
    more. ``pairs`` counts the trials that both have at the same width and seed; if they were taken as pairs,
    ``odds_ratio`` says how much they agree, 1 for not at all. An end that the trials do not settle is null, and
    ``status`` says which ends there are (:class:`howwide.statistics.RatioStatus`).
    """

    where: str
    first: str
    second: str
    n: int
    quantile: float
    ratio: float | None
    lower: float | None
    upper: float | None
    level: float
    paired: bool
    pairs: int
    odds_ratio: float | None
    status: str


class WidthComparison(Result, verbs=("width compare",)):
    """Ratios of minimal widths.

    Attributes:
        ratios: one for each comparison, n and success probability that both have.
        answer: the ratio at the largest n that has one, in a sentence.
    """

    ratios: tuple[WidthRatio, ...]
    answer: str
