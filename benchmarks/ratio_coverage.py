"""Do intervals of a ratio of minimal widths contain it, with shared trials and without?

Two searches, of curves A and B, run as the command runs them; the outcomes of one width and seed agree as far as a
correlated pair of normal variables does. The model of the ratio takes odds ratios instead, so it is not its own judge.
Each ratio is estimated twice: from the pairs, and as if the trials were independent. Prints the table and writes
``results/ratio_coverage.json``.
"""

import argparse
import functools
import json
import math
import multiprocessing
import os
import pathlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import ndtr
from simulated import QUANTILES, Curve

from howwide.statistics import AdaptiveDesign
from howwide.statistics.ratio import JointFit, Pairs
from howwide.width import WidthStudy

RESULTS = pathlib.Path(__file__).parent / "results" / "ratio_coverage.json"
DESIGN = WidthStudy(n=1, trials=200, precision=1.5).design()
MARGIN = 0.2
COUPLES: Mapping[str, tuple[Curve, Curve]] = {
    "equal": (Curve(12, 0.15, 0.02), Curve(12, 0.15, 0.02)),
    "ratio 1.3": (Curve(10, 0.2), Curve(13, 0.2)),
    "ratio 2, shallow and steep": (Curve(10, 0.3, 0.02), Curve(20, 0.1, 0.02)),
}
CORRELATIONS = (-0.5, 0.0, 0.5, 0.9)


@dataclass(frozen=True)
class Found:
    """One repetition at one quantile: cover and log length, with pairs and without; None unless both have both ends."""

    covers: tuple[bool, bool]
    lengths: tuple[float, float] | None


class Trials:
    """Pairs of outcomes by width and seed."""

    def __init__(self, couple: tuple[Curve, Curve], correlation: float, entropy: list[int]) -> None:
        self.couple, self.correlation, self.entropy = couple, correlation, entropy

    @functools.cache  # noqa: B019 - as short-lived as the repetition
    def at(self, width: int) -> np.ndarray:
        """Whether each seed succeeds, shape (seeds, 2)."""
        normal = np.random.default_rng([*self.entropy, width]).standard_normal((DESIGN.trials, 2))
        normal[:, 1] = self.correlation * normal[:, 0] + math.sqrt(1 - self.correlation**2) * normal[:, 1]
        return ndtr(normal) < [curve.success(width) for curve in self.couple]

    def search(self, which: int) -> dict[int, int]:
        """Numbers of trials by width of a whole search of one curve."""
        tried: dict[int, int] = {}

        def counts() -> dict[int, tuple[int, int]]:
            return {w: (int(self.at(w)[:n, which].sum()), n) for w, n in tried.items()}

        while new := DESIGN.next_round(counts()):
            tried |= {w: tried.get(w, 0) + n for w, n in new.items()}
        new = DESIGN.confirming_round(counts())
        return tried | {w: tried.get(w, 0) + n for w, n in new.items()}


def repetition(index: int, name: str, correlation: float) -> list[Found]:
    """Two searches, and the ratio at each quantile."""
    couple = COUPLES[name]
    trials = Trials(couple, correlation, [index, list(COUPLES).index(name), round(10 * correlation) + 10])
    tried = trials.search(0), trials.search(1)
    fits = [DESIGN.fit({w: (int(trials.at(w)[:n, k].sum()), n) for w, n in tried[k].items()}) for k in (0, 1)]
    both = [(w, trials.at(w)[: min(tried[0][w], tried[1][w])]) for w in sorted(tried[0].keys() & tried[1].keys())]
    outcomes = np.concatenate([rows for _, rows in both]) if both else np.empty((0, 2), bool)
    pairs = Pairs.matched(np.concatenate([[]] + [[w] * len(rows) for w, rows in both]), *outcomes.T)
    return [_found(fits, pairs, couple, q, DESIGN) for q in QUANTILES]


def _found(fits: list, pairs: Pairs, couple: tuple[Curve, Curve], quantile: float, design: AdaptiveDesign) -> Found:
    truth = couple[1].threshold(quantile) / couple[0].threshold(quantile)
    ratios = [JointFit(*fits, shared).ratio(quantile, design.level, MARGIN) for shared in (pairs, None)]
    covers = tuple((r.lower or 0.0) <= truth <= (math.inf if r.upper is None else r.upper) for r in ratios)
    known = all(r.lower is not None and r.upper is not None for r in ratios)
    return Found(covers, tuple(math.log(r.upper / r.lower) for r in ratios) if known else None)


def summary(found: list[Found]) -> dict[str, float | int | None]:
    """Shares that cover, with pairs and without, and the mean lengths where both are two-sided."""
    lengths = np.array([f.lengths for f in found if f.lengths is not None]).reshape(-1, 2)
    shares = np.mean([f.covers for f in found], axis=0)
    means = lengths.mean(axis=0) if lengths.size else [math.nan, math.nan]
    return {
        "paired": shares[0], "unpaired": shares[1], "two-sided": len(lengths), "searches": len(found),
        "paired length": means[0], "unpaired length": means[1],
    }  # fmt: skip


def main() -> None:
    """Simulate, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--couples", nargs="+", choices=COUPLES, default=list(COUPLES))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    curves = {name: [asdict(curve) for curve in couple] for name, couple in COUPLES.items()}
    rows = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}
    print(f"{'curves':28s}{'corr.':>6s}{'q':>5s}{'paired':>9s}{'unpaired':>10s}{'lengths':>16s}{'both ends':>11s}")
    with multiprocessing.get_context("spawn").Pool(chosen.processes) as pool:
        for name in chosen.couples:
            for correlation in CORRELATIONS:
                work = functools.partial(repetition, name=name, correlation=correlation)
                found = pool.map(work, range(chosen.repetitions), chunksize=4)
                for place, q in enumerate(QUANTILES):
                    row = summary([each[place] for each in found])
                    rows[f"{name}, correlation {correlation}, q = {q}"] = row
                    print(
                        f"{name:28s}{correlation:6.1f}{q:5.1f}{row['paired']:9.3f}{row['unpaired']:10.3f}"
                        f"{row['paired length']:8.3f}{row['unpaired length']:8.3f}{row['two-sided']:11d}",
                        flush=True,
                    )
                RESULTS.write_text(json.dumps({"curves": curves, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the processes that are spawned
    main()
