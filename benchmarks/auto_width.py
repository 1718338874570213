"""Does ``width="auto"`` find the width it promises? ``python benchmarks/auto_width.py --data FOLDER``.

On each table the classifier searches for the width at which nine of ten starts reach zero training error; fresh starts
at that width then say how many do. Prints, and writes to ``results/auto_width.json``, the width beside the estimate of
the threshold, the trials of the search, and the share with its exact interval. FOLDER holds a9a, MNIST and CIFAR-10.

``auto_rules.py`` has the same for known curves, by rule.
"""

import argparse
import json
import pathlib
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from howwide.estimators import DeepReLUClassifier
from howwide.statistics import clopper_pearson

RESULTS = pathlib.Path(__file__).parent / "results" / "auto_width.json"
SIZES = {"breast cancer": 200, "digits 3/8": 100, "digits even/odd": 100, "a9a": 60, "MNIST 3/8": 100, "cat/dog": 60}
QUANTILE = 0.9

Sample = tuple[np.ndarray, np.ndarray]


def table(name: str, folder: pathlib.Path) -> Sample:
    """Rows and labels of a random subset, features centred, and scaled where they are no pixels."""
    files = {"a9a": "a9a.npz", "MNIST 3/8": "mnist_binary.npz", "cat/dog": "cifar10_cat_dog_ship.npz"}
    if name in files:
        with np.load(folder / files[name]) as arrays:
            x, y = arrays["x_train"], arrays["y_train"]
    else:
        x, y = (load_breast_cancer if name == "breast cancer" else load_digits)(return_X_y=True)
    pair = {"digits 3/8": (3, 8), "cat/dog": (3, 5)}.get(name)
    kept = np.flatnonzero(np.isin(y, pair)) if pair else np.arange(y.size)
    rows = np.sort(np.random.default_rng(0).choice(kept, SIZES[name], replace=False))
    labels = y[rows] % 2 if name == "digits even/odd" else y[rows]
    return StandardScaler(with_std=name == "breast cancer").fit_transform(x[rows].astype(np.float64)), labels


def measured(name: str, sample: Sample, starts: int, seed: int) -> dict[str, object]:
    """The width that is found, and how often fresh starts at it succeed."""
    settings = {"depth": 3, "step_size": "ladder", "max_steps": 1000}
    began = time.perf_counter()
    found = DeepReLUClassifier(width="auto", auto_quantile=QUANTILE, random_state=seed, **settings).fit(*sample)
    searched = time.perf_counter()
    [point], width = found.width_search_.points, found.width_
    fits = (DeepReLUClassifier(width=width, random_state=1000 + k, **settings).fit(*sample) for k in range(starts))
    won = sum(fit.error_ == 0 for fit in fits)
    ends = clopper_pearson(won, starts)
    return {
        "table": name, "n": len(sample[1]), "seed": seed, "width": width, "interval": found.width_interval_,
        "estimate": point.estimate, "trials": point.trials, "successes": won, "starts": starts,
        "lower": ends.lower, "upper": ends.upper, "search seconds": searched - began,
        "seconds": time.perf_counter() - began,
    }  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path())
    parser.add_argument("--tables", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    print(f"{'table':18s}{'n':>5s}{'width':>7s}{'m_0.9':>8s}{'ratio':>7s}{'trials':>8s}{'success':>9s}{'95 %':>16s}")
    for name in chosen.tables:
        row = measured(name, table(name, chosen.data), chosen.starts, chosen.seed)
        rows = [r for r in rows if (r["table"], r["seed"]) != (name, chosen.seed)] + [row]
        estimate = row["estimate"] or float("nan")
        print(
            f"{name:18s}{row['n']:5d}{row['width']:7d}{estimate:8.2f}{row['width'] / estimate:7.2f}{row['trials']:8d}"
            f"{row['successes'] / row['starts']:9.3f}{row['lower']:9.3f} to {row['upper']:.3f}",
            flush=True,
        )
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
