"""Do the intervals of upward scans cover, on the success curves of real trials? ``python benchmarks/upward_scans.py``.

The shares of the tables of ``real_trials.py`` are taken as the truth, linear between widths. Trials are drawn at fixed
widths, the curve is fitted, and the mean of scans computed with the margin of a search. The true mean lies in its
interval or not, and so does a mean of ten scans drawn from the true shares.
"""

import argparse
import json
import math
import pathlib

import numpy as np

from howwide.statistics import fit_response
from howwide.statistics.design import MARGIN

RESULTS = pathlib.Path(__file__).parent / "results"
WIDTHS, TRIALS = (2, 4, 6, 8, 10, 12, 16, 20), 24
LEVEL, LARGEST = 0.95, 300


def covered(name: str, repetitions: int) -> dict[str, dict[str, float]]:
    """For each step: the true mean, that of the estimates, and how often the intervals held."""
    table = json.loads((RESULTS / f"trials-{name}.json").read_text())["trials"]
    widths = sorted(map(int, table))
    shares = np.interp(range(LARGEST), widths, [table[str(w)].count("1") / len(table[str(w)]) for w in widths])
    random, found = np.random.default_rng(0), {}
    survival = {s: np.cumprod([1.0, *(1.0 - shares[s::s])]) for s in (1, 2, 5)}
    scans = []
    for _ in range(repetitions):
        fit = fit_response(WIDTHS, [random.binomial(TRIALS, shares[w]) for w in WIDTHS], TRIALS)
        scans.append({step: fit.scan(step, LEVEL, MARGIN) for step in survival})
    for step, still in survival.items():
        truth, own = float(step * still.sum()), [scan[step] for scan in scans]
        tens = (step * np.sum(random.uniform(size=(repetitions, 10, 1)) < still, axis=2).mean(axis=1)).tolist()
        found[f"by {step}"] = {
            "true mean": round(truth, 3),
            "mean estimate": round(float(np.mean([e.estimate for e in own if e.estimate is not None])), 3),
            "covered": sum((e.lower or 0.0) <= truth <= (e.upper or math.inf) for e in own),
            "true mean above": sum(truth > (e.upper or math.inf) for e in own),
            "means of ten inside": sum(
                (e.ten_lower or 0.0) <= ten <= (e.ten_upper or math.inf) for e, ten in zip(own, tens, strict=True)
            ),
            "repetitions": repetitions,
        }
    return found


def main() -> None:
    """Simulate and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    repetitions = parser.parse_args().repetitions
    found = {name: covered(name, repetitions) for name in ("cat-dog", "digits")}
    (RESULTS / "upward_scans.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
