"""Errors and bounds against the sample size: means over seeds, intervals, and how fast they fall."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from howwide.certify._sample_complexity.power_law import PAPER_EXPONENTS, fit_rate
from howwide.certify.procedure.plan import Algorithm
from howwide.results.certify import MeanOverSeeds, PowerLaw

__all__ = ["OBSERVED", "means_over_seeds", "power_laws", "runs_without_bounds"]

OBSERVED = ("test error", "online error")
"""What was observed: the last iterate's error on the test part, and mistakes on examples not yet seen."""


def means_over_seeds(values: pd.DataFrame, level: float) -> tuple[MeanOverSeeds, ...]:
    """Means with a t interval of every series at every n.

    Args:
        values: columns ``n, seed, series, value``.
        level: of the intervals.
    """
    points = []
    for (name, n), part in values.groupby(["series", "n"], sort=False):
        x = part["value"].to_numpy(float)
        mean, lower, upper = float(x.mean()), None, None
        if x.size > 1:
            half = stdtrit(x.size - 1, (1 + level) / 2) * x.std(ddof=1) / np.sqrt(x.size)
            lower, upper = max(mean - half, 0.0), min(mean + half, 1.0)
        points.append(MeanOverSeeds(series=name, n=n, seeds=x.size, mean=mean, lower=lower, upper=upper))
    return tuple(points)


def power_laws(values: pd.DataFrame, level: float, floor: float, algorithm: Algorithm) -> tuple[PowerLaw, ...]:
    """The exponent of every series, beside that of the papers' bound for the observed errors of which it speaks.

    The floor is taken off observed errors alone. Sizes at which a bound is 1, the most a bound can be, are left out
    of its fit, and so are seeds whose run diverged at some size.
    """
    laws = []
    for name in dict.fromkeys(values["series"]):
        observed = name in OBSERVED
        table = values[values["series"] == name].pivot(index="seed", columns="n", values="value").dropna()
        if not observed:
            table = table.loc[:, (table < 1).all()]
        if len(table):
            sizes: Sequence[int] = list(table.columns)
            rate = fit_rate(sizes, table.to_numpy(), floor=floor if observed else 0.0, level=level)
            fit = {k: v for k, v in vars(rate).items() if k != "constant"}
            laws.append(PowerLaw(series=name, **fit, paper=PAPER_EXPONENTS[algorithm] if observed else None))
    return tuple(laws)


def runs_without_bounds(values: pd.DataFrame) -> list[str]:
    """Runs without a certificate, a line each."""
    bounds = values.assign(bound=~values["series"].isin(OBSERVED)).groupby(["n", "seed"])["bound"].any()
    failed = bounds.index[~bounds]
    return [f"n = {n}, seed {seed}: the run diverged; it is left out of fits of bounds" for n, seed in failed]
