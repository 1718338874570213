"""The minimal width against n, as a result: points with intervals, success rates, trials, growth."""

import dataclasses

import pandas as pd

from howwide.statistics import GrowthComparison, clopper_pearson, compare_growth_laws

__all__ = ["WidthCurve"]


@dataclasses.dataclass(frozen=True)
class WidthCurve:
    """Minimal width against the sample size.

    Attributes:
        table: one row for each n and quantile: ``n, quantile, estimate, lower, upper, level, trials, status``. An end
            or an estimate that the trials do not settle is missing, and the status says why.
        trials: one row a trial, tidy.
        level: of the intervals.
    """

    table: pd.DataFrame
    trials: pd.DataFrame
    level: float = 0.95

    @property
    def rates(self) -> pd.DataFrame:
        """Successes and trials for each n and width, with the Clopper-Pearson interval of the success probability."""
        grouped = self.trials.groupby(["n", "width"])["success"].agg(successes="sum", trials="count").reset_index()
        ends = [clopper_pearson(int(r.successes), int(r.trials), self.level) for r in grouped.itertuples()]
        return grouped.assign(
            rate=grouped.successes / grouped.trials, lower=[e.lower for e in ends], upper=[e.upper for e in ends]
        )

    @property
    def step_rules(self) -> pd.DataFrame:
        """For each n and rule: the trials that succeeded by it, with the medians of step size and implied constant."""
        won = self.trials[self.trials["success"]].groupby(["n", "step_rule"], sort=True)
        medians = won[["step_size", "hidden_constant"]].median()
        return medians.assign(successes=won.size()).reset_index().rename(columns={"step_rule": "rule"})

    def points(self, quantile: float | None = None) -> pd.DataFrame:
        """The rows of ``table`` of one quantile, the first one unless given."""
        chosen = self.table["quantile"].iloc[0] if quantile is None else quantile
        return self.table[self.table["quantile"] == chosen].reset_index(drop=True)

    def fit(self, quantile: float | None = None) -> GrowthComparison:
        """Growth laws (constant, powers of log n, n, a free power of n) compared on the points of one quantile."""
        points = self.points(quantile)
        lower, estimate, upper = (
            [None if pd.isna(v) else float(v) for v in points[name]] for name in ("lower", "estimate", "upper")
        )
        return compare_growth_laws([int(v) for v in points["n"]], lower, estimate, upper, level=self.level)

    @property
    def verdict(self) -> str:
        """What was found, in words: the sizes without an answer first, then the growth."""
        points = self.points()
        failed = points[points["status"].isin(["no_success", "above_range"])]
        said = [
            f"At n = {row.n} no width up to {self.trials[self.trials.n == row.n].width.max()} reached "
            f"{self.trials.target.iloc[0]} in {self.trials.budget.iloc[0]} steps often enough."
            for row in failed.itertuples()
        ]
        return " ".join([*said, self.fit().verdict])
