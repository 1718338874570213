"""How far do a scan's successes go together when it keeps its subset? ``python benchmarks/kept_subsets.py digits``.

Trials of a width study at different widths share nothing, and the mean of an upward scan is computed from their
success curve as if runs were independent. Whoever scans by hand may keep one subset over all widths. Here every seed
has a subset of its own, kept over the widths, and a fresh start at each (starts of different shapes share no weights,
whatever their seed). Reported: the correlation of successes of one seed at widths that are a distance apart, the mean
of the scans that the seeds really make, and the mean that independence gives from the same shares, with bootstrap
intervals over seeds. The tables of ``real_trials.py``, whose trials share nothing, go through the same machinery as a
control.

Every finished seed is stored, so an interrupted run goes on where it stopped.
"""

import argparse
import json
import pathlib
import time

import numpy as np

import howwide as hw
from howwide.width import WidthStudy
from howwide.width.trial import run_trial

RESULTS = pathlib.Path(__file__).parent / "results"
N = 100
SOURCES = {"digits": "digits:even/odd", "cat-dog": "cifar10_cat_dog_ship.npz:3/5"}
DISTANCES = (1, 2, 4)
RESAMPLES = 2000


def successes(data: str, widths: range, seeds: int, steps: int, path: pathlib.Path) -> np.ndarray:
    """Which seed succeeds at which width, on a subset of its own; made, or taken from ``path``."""
    [settings] = WidthStudy(n=N, depth=5, steps=steps, extend=0).trial_settings()
    ds = hw.data.load(data)
    made: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    for seed in range(seeds):
        if str(seed) in made:
            continue
        kept, began = ds.subset(N, seed=seed), time.perf_counter()
        won = [run_trial(kept, settings, N, width, seed)[0]["success"] for width in widths]
        made[str(seed)] = "".join("01"[w] for w in won)
        path.write_text(json.dumps(made))
        print(f"seed {seed}: {made[str(seed)]}, {time.perf_counter() - began:.0f} s", flush=True)
    return np.array([[mark == "1" for mark in made[str(seed)]] for seed in range(seeds)])


def correlation(won: np.ndarray, distance: int) -> float:
    """Of successes of one seed at two widths so far apart: the pairs' covariances over their standard deviations."""
    centred = won - won.mean(axis=0)
    spread = won.std(axis=0)
    products = (centred[:, :-distance] * centred[:, distance:]).mean(axis=0).sum()
    return float(products / (spread[:-distance] * spread[distance:]).sum())


def scans(won: np.ndarray, widths: range) -> tuple[float, float]:
    """The mean of the scans that the seeds make, and the one that independence gives; without a success, one beyond."""
    sizes = np.append(widths, widths[-1] + 1)
    ends = np.append(won, np.ones((len(won), 1), bool), axis=1).argmax(axis=1)
    survival = np.cumprod(1 - won.mean(axis=0))
    return float(sizes[ends].mean()), float(widths[0] + survival.sum())


def report(won: np.ndarray, widths: range) -> dict[str, list[float]]:
    """Estimates with 95 % bootstrap intervals over seeds."""
    random = np.random.default_rng(0)
    found = [[*_numbers(won[random.integers(len(won), size=len(won))], widths)] for _ in range(RESAMPLES)]
    ends = np.quantile(found, [0.025, 0.975], axis=0).T
    names = [*(f"correlation {k} apart" for k in DISTANCES), "mean of scans", "by independence", "difference"]
    return {
        name: [round(float(x), 3) for x in (value, *interval)]
        for name, value, interval in zip(names, _numbers(won, widths), ends, strict=True)
    }


def _numbers(won: np.ndarray, widths: range) -> list[float]:
    made, independent = scans(won, widths)
    return [*(correlation(won, k) for k in DISTANCES), made, independent, made - independent]


def control(name: str, widths: range) -> np.ndarray:
    """The table of trials that share nothing."""
    table = json.loads((RESULTS / f"trials-{name}.json").read_text())["trials"]
    return np.array([[mark == "1" for mark in table[str(width)]] for width in widths]).T


def main() -> None:
    """Make the trials of one source, and write what they show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SOURCES)
    parser.add_argument("--data", help="where the data lie, if not at the SPEC of the source")
    parser.add_argument("--widths", default="2:14", help="first and last width; wider ones always succeed, nearly")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--made", type=pathlib.Path, default=pathlib.Path("kept-subsets.json"), help="finished seeds")
    chosen = parser.parse_args()
    first, last = map(int, chosen.widths.split(":"))
    widths = range(first, last + 1)
    won = successes(chosen.data or SOURCES[chosen.name], widths, chosen.seeds, chosen.steps, chosen.made)
    found = {
        "data": SOURCES[chosen.name], "n": N, "depth": 5, "steps": chosen.steps, "seeds": chosen.seeds,
        "widths": [first, last], "shares": [round(float(share), 3) for share in won.mean(axis=0)],
        "kept": report(won, widths), "nothing shared": report(control(chosen.name, widths), widths),
    }  # fmt: skip
    path = RESULTS / "kept_subsets.json"
    everything = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(everything | {chosen.name: found}, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
