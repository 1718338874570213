"""The minimal width against n, as a result: points with intervals, success rates, trials, growth."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from howwide.errors import SettingError
from howwide.statistics import GrowthComparison, clopper_pearson, compare_growth_laws

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WidthCurve", "stopped_by_budget"]

_BY_BUDGET = 0.05  # share of trials still improving from which the budget may be why a point has no upper end
_LABELS = ("steps", "target", "depth", "alpha", "label_noise")


def _no_rows() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


@dataclasses.dataclass(frozen=True)
class WidthCurve:
    """Minimal width against the sample size; several curves where a study varies more than the sample size.

    Attributes:
        table: one row for each n and quantile: ``n, quantile, estimate, lower, upper, level, trials, status``, the
            number ``curve`` and what makes the curve: ``steps, target, depth, alpha, label_noise``. An end or an
            estimate that the trials do not settle is missing, and the status says why. ``improving`` is the share of
            trials that their budget stopped while they still improved, and ``extended_estimate`` (``_lower``,
            ``_upper``) the width for a larger budget that a sample of them implies
            (:mod:`howwide.width.extension`); missing for all but the largest budget.
        trials: one row a trial and budget, tidy.
        level: of the intervals.
        searches: one row for each n and curve: ``reason`` why no more trials were made (``interval``, ``adjacent``,
            ``range``, ``budget``), the p-values of :meth:`howwide.statistics.ResponseFit.check`, and how many trials
            were still ``improving``, how many of them were ``continued`` to ``extended_steps``, and how many
            ``turned``, with the interval of that share.
    """

    table: pd.DataFrame
    trials: pd.DataFrame
    level: float = 0.95
    searches: pd.DataFrame = dataclasses.field(default_factory=_no_rows)

    def parts(self) -> list[WidthCurve]:
        """The single curves, in their order."""
        if "curve" not in self.table:
            return [self]

        def part(k: int) -> WidthCurve:
            frames = (self.table, self.trials, self.searches)
            table, trials, searches = (
                frame[frame["curve"] == k].reset_index(drop=True) if "curve" in frame else frame for frame in frames
            )
            return WidthCurve(table, trials, self.level, searches)

        return [part(k) for k in sorted(set(self.table["curve"]))]

    @property
    def label(self) -> dict[str, Any]:
        """What makes this curve, of a single one."""
        return {name: self.table[name].iloc[0] for name in _LABELS if name in self.table}

    def differing(self) -> list[str]:
        """For each part what sets it apart from the others, in words; empty for a single curve."""
        labels = [part.label for part in self.parts()]
        names = [name for name in _LABELS if len({str(label.get(name)) for label in labels}) > 1]
        return [", ".join(_words(name, label[name]) for name in names) for label in labels]

    @property
    def rates(self) -> pd.DataFrame:
        """Successes and trials for each n and width, with the Clopper-Pearson interval of the success probability."""
        grouped = self.trials.groupby([*self._curve, "n", "width"])["success"].agg(successes="sum", trials="count")
        grouped = grouped.reset_index()
        ends = [clopper_pearson(int(r.successes), int(r.trials), self.level) for r in grouped.itertuples()]
        return grouped.assign(
            rate=grouped.successes / grouped.trials, lower=[e.lower for e in ends], upper=[e.upper for e in ends]
        )

    @property
    def step_rules(self) -> pd.DataFrame:
        """For each n and rule: the trials that succeeded by it, with the medians of step size and implied constant."""
        won = self.trials[self.trials["success"]].groupby([*self._curve, "n", "step_rule"], sort=True)
        medians = won[["step_size", "hidden_constant"]].median()
        return medians.assign(successes=won.size()).reset_index().rename(columns={"step_rule": "rule"})

    @property
    def _curve(self) -> list[str]:
        return ["curve"] if "curve" in self.trials else []

    def points(self, quantile: float | None = None) -> pd.DataFrame:
        """The rows of ``table`` of one quantile, the first one unless given."""
        chosen = self.table["quantile"].iloc[0] if quantile is None else quantile
        return self.table[self.table["quantile"] == chosen].reset_index(drop=True)

    @property
    def left_out(self) -> pd.DataFrame:
        """The points that the budget censored (`stopped_by_budget`) and :meth:`fit` leaves out, of a single curve."""
        points = self.points()
        return points[stopped_by_budget(points)]

    def fit(self, quantile: float | None = None) -> GrowthComparison:
        """Growth laws (constant, powers of log n, n, a free power of n) compared on the points of one quantile.

        Points that the budget censored (`stopped_by_budget`) are left out: that their width is so large says how short
        the runs were, and not how the width grows.

        Raises:
            SettingError: there are several curves.
        """
        if len(self.parts()) > 1:
            raise SettingError("these are several curves; fit each of curve.parts()")
        points = self.points(quantile)
        points = points[~stopped_by_budget(points)]
        lower, estimate, upper = ([_known(v) for v in points[name]] for name in ("lower", "estimate", "upper"))
        return compare_growth_laws([int(v) for v in points["n"]], lower, estimate, upper, level=self.level)

    @property
    def verdict(self) -> str:
        """What was found, in words: the sizes without an answer, the growth, and what it leaves out; for each curve."""
        parts = self.parts()
        if len(parts) > 1:
            return " ".join(f"{word}: {part.verdict}" for word, part in zip(self.differing(), parts, strict=True))
        points, trials = self.points(), self.trials
        failed = points[points["status"].isin(["no_success", "above_range"])]
        said = [
            f"At n = {row.n} no width up to {trials[trials.n == row.n].width.max()} reached {trials.target.iloc[0]} in "
            f"{trials.budget.iloc[0]} steps often enough."
            for row in failed.itertuples()
        ]
        return " ".join([*said, self.fit().verdict, *self._unsettled(), *self._cut_off(points)])

    def _unsettled(self) -> list[str]:
        """A sentence about points that the budget censored: which, why, and what would settle them."""
        censored = self.left_out
        if censored.empty:
            return []
        sizes, least = ", ".join(str(n) for n in censored["n"]), 100 * censored["improving"].min()
        many = len(censored) > 1
        return [
            f"The growth leaves out n = {sizes}: {'these widths have' if many else 'this width has'} no upper end, and "
            f"{least:.0f} %{' or more' if many else ''} of the trials there still improved when the budget of "
            f"{self.trials.budget.iloc[0]} steps ended. More steps would settle {'them' if many else 'it'}."
        ]

    def _cut_off(self, points: pd.DataFrame) -> list[str]:
        """A sentence about runs that the budget stopped while they were improving, and what a sample of them did."""
        if "improving" not in points or not (points["improving"] > 0).any():
            return []
        tried = points["trials"]
        share = float((points["improving"] * tried).sum() / tried.sum())
        said = f"The budget stopped {100 * share:.1f} % of all trials while they were still improving"
        if "continued" in self.searches and (continued := self.searches["continued"].sum()):
            turned, steps = self.searches["turned"].sum(), self.searches["extended_steps"].max()
            said += f"; of a sample run on to {steps:.0f} steps, {turned} of {continued} then reached the target"
        return [said + "."]


def stopped_by_budget(points: pd.DataFrame) -> pd.Series[bool]:
    """For each row of a curve's table, whether the budget of steps may be why the width has no upper end.

    It has none by its status, and at least a twentieth of its trials were stopped while they still improved.
    """
    open_above = points["status"].isin(["no_success", "above_range", "lapses"])
    return open_above & (points["improving"] >= _BY_BUDGET if "improving" in points else False)


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _words(name: str, value: Any) -> str:
    if name in ("steps", "depth"):
        return f"{value} steps" if name == "steps" else f"depth {value}"
    return str(value) if name == "target" else f"{name.replace('_', ' ')} {value:g}"
