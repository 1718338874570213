"""What ``width`` and ``demo`` find: the minimal width against n, success rates, growth; and what a study may cost."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from howwide.errors import SettingError
from howwide.results.base import Record, Result, Stored, frame_of, not_printed

if TYPE_CHECKING:
    import pandas as pd

    from howwide.statistics import GrowthComparison
    from howwide.statistics.growth import Variable

__all__ = [
    "COMPARED_FROM", "Against", "BestTested", "Comparison", "Curve", "GrowthAgainst", "Law", "PlannedPoint",
    "PublishedCurve", "PublishedPoint", "StepRule", "SuccessRate", "WidthPlan", "WidthPoint", "WidthResult",
    "WidthScan", "WidthSearch", "WidthTestError", "fit_growth", "growth_data", "leading", "set_against",
    "setting_words",
]  # fmt: skip

_BY_CURVE = (
    "points", "success_rates", "step_rules", "searches", "test_errors", "best_tested", "scans", "comparisons"
)  # fmt: skip
_BY_BUDGET = 0.05  # share of trials still improving from which the budget may be why a point has no upper end

_LABEL = ("steps", "target", "depth", "alpha", "label_noise")  # what tells curves apart

Against = Literal["n", "eps", "depth"]
"""What the width is set against: the sample size, the inverse of the loss of targets ``loss<=EPS``, or the depth."""

COMPARED_FROM = 5
"""Trials from which the test error of a width is compared with that of others."""


class WidthPoint(Record):
    """The minimal width at one sample size and share q of draws of subset and start that succeed.

    ``width`` is what to build, the least whole number of neurons a layer at which that share reaches q, with the ends
    ``width_lower`` and ``width_upper`` of its interval (:func:`howwide.statistics.least_integer`). ``estimate``,
    ``lower`` and ``upper`` are the real threshold behind it, to which growth is fitted. ``curve`` is the place of its
    curve in ``curves``; ``improving`` the share of trials that the budget stopped while they still improved, and
    ``extended_...`` the threshold for the larger budget of the search's ``extended_steps``, as a sample of these trials
    that was run on implies it (:mod:`howwide.width.extension`); null for the smaller budgets and without a sample. An
    end or an estimate that the trials do not settle is null, and the status says why. ``joint_lower`` and
    ``joint_upper`` are ends of the threshold that hold for all budgets of the study at once
    (:mod:`howwide.width.frontier`), where the others hold for each by itself; null with one budget. ``posterior`` are
    the widths at 13 normal scores of the threshold's posterior (:func:`howwide.statistics.normal_scores`), which growth
    is fitted to; null without an end.
    """

    curve: int
    steps: int
    target: str
    depth: int
    alpha: float
    label_noise: float
    n: int
    quantile: float
    width: int | None
    width_lower: int | None
    width_upper: int | None
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
    joint_lower: float | None = None
    joint_upper: float | None = None
    posterior: tuple[float, ...] | None = None

    @property
    def stopped_by_budget(self) -> bool:
        """Whether the budget of steps may be why the width has no upper end.

        It has none by its status, and at least a twentieth of its trials were stopped while they still improved.
        """
        return self.status in ("no_success", "above_range", "lapses") and self.improving >= _BY_BUDGET


class SuccessRate(Record):
    """Successes at one width, with the exact interval (Clopper and Pearson) of the success probability."""

    curve: int
    n: int
    width: int
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float


class WidthScan(Record):
    """The least width that succeeds when widths are tried upward, step, 2 step, ..., with one run at each.

    ``estimate`` is its mean, with the ends of its interval; a mean of ten such scans lies between ``ten_lower`` and
    ``ten_upper``, both at the level of the points. Null is what the trials do not settle
    (:mod:`howwide.statistics.upward_scan`, which says what is assumed). A published minimal width is often a mean of
    this kind.
    """

    curve: int
    n: int
    step: int
    estimate: float | None
    lower: float | None
    upper: float | None
    ten_lower: float | None
    ten_upper: float | None


class WidthTestError(Record):
    """The mean test error of the trials at one width, with Student's interval (:mod:`howwide.width.tested`).

    ``when``: ``stopped``, where the last try of a trial stopped, or ``after`` all steps of the budget. The ends are
    null where no two trials differ.
    """

    curve: int
    n: int
    width: int
    when: str
    trials: int
    mean: float
    lower: float | None
    upper: float | None


class BestTested(Record):
    """The width with the least mean test error of those ``compared``, and all that cannot be told from the best.

    The width that truly tests best of the ``compared`` is among ``candidates`` with the level of the intervals
    (:func:`howwide.statistics.may_be_smallest`); ``widest`` is the largest compared.
    """

    curve: int
    n: int
    when: str
    width: int
    mean: float
    lower: float | None
    upper: float | None
    candidates: tuple[int, ...]
    compared: int
    widest: int


class StepRule(Record):
    """The trials that succeeded by one step rule, with medians of its value and of the hidden constant it implies."""

    curve: int
    n: int
    rule: str
    successes: int
    step_size: float
    hidden_constant: float


class PublishedPoint(Record):
    """A published minimal width."""

    n: int
    width: float


class PublishedCurve(Record):
    """A published curve that the study is compared with; ``source`` says where it stands, null if the file does not."""

    name: str
    source: str | None
    points: tuple[PublishedPoint, ...]


class Comparison(Record):
    """A ``published`` width beside a quantity of a curve of this study at the same n.

    The ``quantity`` is the width at a success probability, as ``m_0.5``, or a mean of ten upward scans, as ``scan by
    1``, whose ends are those of the predictive interval. ``inside``: whether the published width lies between the ends;
    null where an open end leaves it undecided. ``factor`` is the published width over the estimate.
    """

    curve: int
    n: int
    published: float
    quantity: str
    estimate: float | None
    lower: float | None
    upper: float | None
    inside: bool | None
    factor: float | None


class Law(Record):
    """A growth law fitted to the points.

    ``weight`` is its posterior weight among the laws compared, all equally likely before, ``p_value`` that of its fit
    to all points together, and ``remains`` says whether the points leave it possible.
    """

    name: str
    weight: float | None
    p_value: float | None
    remains: bool
    parameters: dict[str, float | None]


class WidthSearch(Record):
    """Why the search at one n ended, and what speaks against its success curve (small p-values do).

    ``reason`` is ``interval``, ``adjacent``, ``range``, ``budget`` (:meth:`howwide.statistics.AdaptiveDesign.done`) or
    ``time``: the search was ended by its ``max_seconds``.
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

    ``answer`` is its sentence to act on, about its largest n; ``finding`` the verdict on its growth in a word, null
    with too few points; ``left_out`` are the sample sizes whose width the budget censored, and which carry no verdict.
    """

    label: dict[str, str | int | float]
    words: str
    answer: str
    finding: str | None
    left_out: tuple[int, ...]
    laws: tuple[Law, ...]
    exponent: dict[str, float | None] | None
    verdict: str


class GrowthAgainst(Record):
    r"""How the width grows with the depth or with :math:`1/\varepsilon`, all else fixed.

    ``against`` is ``depth``, or ``eps`` for the inverse of the loss in targets ``loss<=EPS``; ``values`` are those of L
    or of :math:`1/\varepsilon` that the study has, and ``left_out`` those without a say: the budget censored their
    width, or they are below 2, where laws in a logarithm do not begin. ``label`` and ``words`` say what is fixed beside
    n. ``finding`` is the verdict in a word, null with too few points, and ``verdict`` says what the points can tell.
    """

    against: Literal["eps", "depth"]
    n: int
    label: dict[str, str | int | float]
    words: str
    quantile: float
    values: tuple[float, ...]
    left_out: tuple[float, ...]
    finding: str | None
    laws: tuple[Law, ...]
    exponent: dict[str, float | None]
    verdict: str


class WidthResult(Result, verbs=("width", "demo")):
    """Minimal width against the sample size; several curves where a study varies more than the sample size.

    Attributes:
        answer: one sentence to act on: the width at the largest n, its interval, the safe choice, or what is open. Of
            several curves it is that of the curve that is spoken of, the largest budget at the first value of all
            else; a second sentence names the others.
        points: one for each n and quantile of each curve; :attr:`table` is the frame of them.
        success_rates: for each n and width, ``rates`` in the document; :attr:`rates` is the frame of them.
        step_rules: which step sizes succeeded.
        searches: one for each n of each curve.
        test_errors: for each n and width of each curve, where the data have test points.
        best_tested: the width that tests best, for each n of each curve.
        scans: the least successful width of upward scans, for each n of each curve and step of the scan.
        reference: a published curve, where one was given.
        comparisons: its points beside this study, for each n that both have.
        curves: growth and verdict of each curve.
        growth: how the width grows with the depth, or with the inverse of the loss, where a study has three or more of
            them; one for each n and other setting.
        width_step: widths are multiples of it: 2 where the network needs an even width, otherwise 1.
        laws: growth laws of the curve that is spoken of.
        exponent: of the power law, of that curve.
        verdict: what was found, in words: the sizes without an answer, the growth, and what it leaves out.
        trials: one row a trial and budget, tidy; beside the document.
    """

    answer: str
    points: tuple[WidthPoint, ...]
    success_rates: tuple[SuccessRate, ...] = Field(alias="rates")
    step_rules: tuple[StepRule, ...]
    searches: tuple[WidthSearch, ...]
    curves: tuple[Curve, ...]
    width_step: int
    laws: tuple[Law, ...]
    exponent: dict[str, float | None] | None
    verdict: str
    test_errors: tuple[WidthTestError, ...] = ()
    best_tested: tuple[BestTested, ...] = ()
    scans: tuple[WidthScan, ...] = ()
    growth: tuple[GrowthAgainst, ...] = ()
    reference: PublishedCurve | None = None
    comparisons: tuple[Comparison, ...] = ()
    trials: Annotated[
        Any,
        Stored(
            "trials.csv",
            columns=("n", "width", "seed", "success", "target", "budget"),
            words=("status", "step_rule", "network", "loss_function", "target", "labels"),
        ),
    ] = not_printed()

    @property
    def table(self) -> "pd.DataFrame":
        """The points, one row each; NaN, or NA in a column of whole numbers, for what is not known."""
        return frame_of(WidthPoint, self.points).drop(columns="posterior")

    @property
    def rates(self) -> "pd.DataFrame":
        """Successes and trials for each n and width, with the interval of the success probability."""
        return frame_of(SuccessRate, self.success_rates)

    @property
    def level(self) -> float:
        """Of the intervals."""
        return self.points[0].level

    def points_at(self, quantile: float | None = None) -> tuple[WidthPoint, ...]:
        """The points of one success probability, the first one unless given."""
        wanted = self.points[0].quantile if quantile is None else quantile
        return tuple(p for p in self.points if p.quantile == wanted)

    def parts(self) -> "list[WidthResult]":
        """The single curves, in their order."""
        if len(self.curves) == 1:
            return [self]
        return [self._part(k, curve) for k, curve in enumerate(self.curves)]

    def _part(self, number: int, curve: Curve) -> "WidthResult":
        own = {name: tuple(row for row in getattr(self, name) if row.curve == number) for name in _BY_CURVE}
        growth = {
            "answer": curve.answer,
            "laws": curve.laws,
            "exponent": curve.exponent,
            "verdict": curve.verdict,
            "curves": (curve,),
            "growth": (),
        }
        trials = self.trials[self.trials["curve"] == number].reset_index(drop=True)
        return self.model_copy(update={**own, **growth, "trials": trials})

    def fit(self, quantile: float | None = None, against: Against = "n", n: int | None = None) -> "GrowthComparison":
        r"""Growth laws compared on the points of one quantile, from the posteriors of their widths.

        Points that the budget censored (:attr:`WidthPoint.stopped_by_budget`) are left out: that their width is so
        large says how short the runs were, and not how the width grows. What the errors of points have in common is
        read off the trials that they share (:func:`howwide.statistics.shared_errors`).

        Args:
            quantile: success probability, the first one unless given.
            against: what the width is set against: the sample size; :math:`1/\varepsilon`, of a study with several
                targets ``loss<=EPS``; or the depth.
            n: the sample size, where the width is set against something else and there are several.

        Raises:
            SettingError: there are several curves, beside what the width is set against; or a target that is no loss.
        """
        points = self.points_at(quantile)
        if n is not None:
            points = tuple(p for p in points if p.n == n)
        own = {"n": "n", "eps": "target", "depth": "depth"}
        if against not in own:
            raise SettingError(f"the width is set against {', '.join(own)}; got {against!r}")
        beside = [
            name for name in ("n", *_LABEL) if name != own[against] and len({getattr(p, name) for p in points}) > 1
        ]
        if against == "n" and beside:
            raise SettingError("these are several curves; fit each of the parts()")
        if beside or not points:
            raise SettingError(
                f"to set the width against {against} all else must be one value, and {' and '.join(beside) or 'n'} is "
                "not; give n, or fit one of the parts()"
            )
        return fit_growth(points, self.trials, against)


def leading(labels: Sequence[Mapping[str, Any]]) -> int:
    """The place of the curve that is spoken of among several, by their labels.

    It is that of the largest budget, where the fewest neurons do, at the first value of all else.
    """
    first = {name: value for name, value in labels[0].items() if name != "steps"}
    places = [place for place, label in enumerate(labels) if first.items() <= label.items()]
    return max(places, key=lambda place: labels[place]["steps"])


def setting_words(name: str, value: Any) -> str:
    """A setting that tells curves apart, for people."""
    if name in ("steps", "depth"):
        return f"{value} steps" if name == "steps" else f"depth {value}"
    return str(value) if name == "target" else f"{name.replace('_', ' ')} {value:g}"


def fit_growth(points: Sequence[WidthPoint], trials: "pd.DataFrame", against: Against = "n") -> "GrowthComparison":
    """Growth laws compared on points of one quantile, without those that the budget censored.

    Args:
        points: with one value of all but what the width is set against.
        trials: one row a trial and budget, with the number of its ``curve``.
        against: as for :meth:`WidthResult.fit`.
    """
    from howwide.statistics import compare_growth_laws  # here, as it needs SciPy

    variables: dict[str, Variable] = {"n": "n", "eps": "1/eps", "depth": "L"}
    used = [p for p in points if not p.stopped_by_budget]
    return compare_growth_laws(
        **growth_data(points, trials, against),
        level=points[0].level,
        trials=[p.trials for p in used],
        variable=variables[against],
    )


def growth_data(points: Sequence[WidthPoint], trials: "pd.DataFrame", against: Against = "n") -> dict[str, Any]:
    """Ends and posteriors of the points that the budget did not censor, and what their errors have in common.

    Named as the arguments of :func:`howwide.statistics.compare_growth_laws`.
    """
    import numpy as np

    from howwide.statistics import shared_errors

    used = [p for p in points if not p.stopped_by_budget]
    known = [k for k, p in enumerate(used) if p.posterior is not None and None not in (p.lower, p.upper)]
    correlation = np.eye(len(used))
    if len(known) > 1:
        outcomes = []
        for p in (used[k] for k in known):
            own = trials[(trials["curve"] == p.curve) & (trials["n"] == p.n)]
            outcomes.append(dict(zip(zip(own["width"], own["seed"], strict=True), own["success"], strict=True)))
        correlation[np.ix_(known, known)] = shared_errors(outcomes, points[0].quantile)
    return {
        "n": [set_against(p, against) for p in used],
        "lower": [p.lower for p in used],
        "estimate": [p.estimate for p in used],
        "upper": [p.upper for p in used],
        "posteriors": [p.posterior for p in used],
        "correlation": correlation,
    }


def set_against(point: WidthPoint, against: Against) -> float:
    r"""The sample size, :math:`1/\varepsilon` or the depth of a point.

    Raises:
        SettingError: its target is no loss.
    """
    if against == "eps":
        try:
            return 1.0 / float(point.target.removeprefix("loss<="))
        except (ValueError, ZeroDivisionError):
            raise SettingError(f"target {point.target} is no loss; growth in 1/eps needs targets loss<=EPS") from None
    return float(point.n if against == "n" else point.depth)


class PlannedPoint(Record):
    """What a point of a curve costs at most, all budgets together, at a guessed width and on one core."""

    n: int
    target: str
    depth: int
    alpha: float
    label_noise: float
    width: int
    trials: int
    flops: float
    seconds: float


class WidthPlan(Result, verbs=("width", "demo")):
    """Result of ``width --dry-run`` and ``demo --dry-run``: trials, flops and seconds with so many workers, at most."""

    points: tuple[PlannedPoint, ...]
    trials: int
    flops: float
    seconds: float
    workers: int
