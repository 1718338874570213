"""What ``width`` and ``demo`` print: points, success rates, growth laws, and the plan of a dry run."""

from howwide.results.base import Record, Result

__all__ = ["Curve", "Law", "PlannedPoint", "Rate", "StepRule", "WidthPlan", "WidthPoint", "WidthResult", "WidthSearch"]


class WidthPoint(Record):
    """The minimal width at one sample size and success probability.

    ``curve`` is the place of its curve in ``curves``; ``improving`` the share of trials that the budget stopped while
    they still improved, and ``extended_...`` the width for the larger budget of the search's ``extended_steps``, as a
    sample of these trials that was run on implies it; null for the smaller budgets and without a sample.
    """

    curve: int
    steps: int
    target: str
    depth: int
    alpha: float
    label_noise: float
    n: int
    quantile: float
    estimate: float | None
    lower: float | None
    upper: float | None
    level: float
    trials: int
    status: str
    improving: float
    extended_estimate: float | None
    extended_lower: float | None
    extended_upper: float | None


class Rate(Record):
    """Successes at one width, with the exact interval of the success probability."""

    curve: int
    n: int
    width: int
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float


class StepRule(Record):
    """The trials that succeeded by one step rule, with medians of its value and of the hidden constant it implies."""

    curve: int
    n: int
    rule: str
    successes: int
    step_size: float
    hidden_constant: float


class Law(Record):
    """A growth law fitted to the points.

    ``weight`` is its Akaike weight among the laws compared, ``p_value`` that of its fit to all points together, and
    ``remains`` says whether the points leave it possible.
    """

    name: str
    weight: float | None
    p_value: float | None
    remains: bool
    parameters: dict[str, float | None]


class WidthSearch(Record):
    """Why the search at one n ended, and what speaks against its success curve (small p-values do).

    ``improving`` trials were stopped by the budget while they still improved; of a sample of them, ``continued`` to
    ``extended_steps``, ``turned`` succeeded, with the ends of the interval of that share.
    """

    curve: int
    n: int
    trials: int
    largest: int
    reason: str
    p_value: float
    rising_p_value: float
    falls: bool
    improving: int
    extended_steps: int | None
    continued: int
    turned: int
    turned_lower: float | None
    turned_upper: float | None


class Curve(Record):
    """One curve of minimal widths against n; ``words`` say what sets it apart from the others.

    ``finding`` is the verdict on its growth in a word, null with too few points; ``left_out`` are the sample sizes
    whose width the budget censored, and which carry no verdict.
    """

    label: dict[str, str | int | float]
    words: str
    finding: str | None
    left_out: list[int]
    laws: list[Law]
    exponent: dict[str, float | None] | None
    verdict: str


class WidthResult(Result, verbs=("width", "demo")):
    """Result of ``width`` and ``demo``; ``laws`` and ``exponent`` are those of the first curve."""

    points: list[WidthPoint]
    rates: list[Rate]
    step_rules: list[StepRule]
    searches: list[WidthSearch]
    curves: list[Curve]
    laws: list[Law]
    exponent: dict[str, float | None] | None
    verdict: str


class PlannedPoint(Record):
    """What a point of a curve costs at most, at a guessed width."""

    n: int
    target: str
    depth: int
    alpha: float
    label_noise: float
    width: int
    trials: int
    flops: float
    seconds: float


class WidthPlan(Result, verbs=("width",)):
    """Result of ``width --dry-run``: trials, flops and seconds at most, the latter with so many workers."""

    points: list[PlannedPoint]
    trials: int
    flops: float
    seconds: float
    workers: int
