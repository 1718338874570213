"""Errors and bounds against the sample size: means over seeds, intervals, and how fast they fall."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from howwide.certify._sample_complexity.power_law import PAPER_EXPONENTS, Rate, fit_rate
from howwide.certify.procedure.plan import Plan
from howwide.numbers import to_json_types

__all__ = ["OBSERVED", "SampleCurve"]

OBSERVED = ("test error", "online error")
"""What was observed: the last iterate's error on the test part, and mistakes on examples not yet seen."""


@dataclass(frozen=True)
class SampleCurve:
    """Errors and bounds against n.

    Attributes:
        plan: the declared procedure; seeds count from its seed.
        values: columns ``n, seed, series, value``: a row for each error and each certificate of each run.
        level: of all intervals.
        floor: the error that no sample size removes.
        result: what the run at the largest n with the first seed gave, as `Certification.record` has it.
    """

    plan: Plan
    values: pd.DataFrame
    level: float
    floor: float
    result: dict[str, Any]

    @property
    def series(self) -> list[str]:
        """What was followed, errors first."""
        return list(dict.fromkeys(self.values["series"]))

    @property
    def points(self) -> pd.DataFrame:
        """Means over seeds with a t interval: ``series, n, seeds, mean, lower, upper``."""
        rows = []
        for (name, n), part in self.values.groupby(["series", "n"], sort=False):
            x = part["value"].to_numpy(float)
            half = np.nan
            if x.size > 1:
                half = stdtrit(x.size - 1, (1 + self.level) / 2) * x.std(ddof=1) / np.sqrt(x.size)
            ends = (max(x.mean() - half, 0.0), min(x.mean() + half, 1.0)) if x.size > 1 else (np.nan, np.nan)
            rows.append((name, n, x.size, x.mean(), *ends))
        return pd.DataFrame(rows, columns=["series", "n", "seeds", "mean", "lower", "upper"])

    @property
    def rates(self) -> dict[str, Rate]:
        """The exponent of every series.

        The floor is taken off observed errors alone. Sizes at which a bound is 1, the most a bound can be, are left out
        of its fit, and so are seeds whose run diverged at some size.
        """
        found = {}
        for name in self.series:
            table = self.values[self.values["series"] == name].pivot(index="seed", columns="n", values="value").dropna()
            if name not in OBSERVED:
                table = table.loc[:, (table < 1).all()]
            if len(table):
                floor = self.floor if name in OBSERVED else 0.0
                found[name] = fit_rate(list(table.columns), table.to_numpy(), floor=floor, level=self.level)
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """Runs without a certificate, a line each."""
        bounds = self.values.assign(bound=~self.values["series"].isin(OBSERVED)).groupby(["n", "seed"])["bound"].any()
        failed = bounds.index[~bounds]
        return tuple(f"n = {n}, seed {seed}: the run diverged; it is left out of fits of bounds" for n, seed in failed)

    @property
    def record(self) -> dict[str, Any]:
        """The fields of :class:`howwide.results.CertifyResult`."""
        rates = [
            {
                "series": name,
                **{k: v for k, v in vars(rate).items() if k != "constant"},
                "paper": self.paper_exponent(name),
            }
            for name, rate in self.rates.items()
        ]
        return to_json_types(self.result | {"points": self.points.to_dict("records"), "rates": rates})

    def paper_exponent(self, name: str) -> float | None:
        """Exponent of the papers' bound, for the observed errors of which it speaks."""
        return PAPER_EXPONENTS[self.plan.algorithm] if name in OBSERVED else None
