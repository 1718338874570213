"""Does a second process halve the time? ``python benchmarks/sweep_efficiency.py``.

The same minimal-width search in fresh folders, on one worker process and on two, one thread each, in turns, each with
its start and end of the workers. Compiled programs come from a cache, as on the command line; a first search fills it.
The efficiency is the time of one process over twice the time of two in the same turn; 1 is a perfect half.

    python benchmarks/sweep_efficiency.py --out benchmarks/results/sweep_efficiency.json

Run it on a machine that does nothing else.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np
from timing import interleaved, paired_ratio

import howwide as hw
from howwide.cli.app import use_compile_cache
from howwide.sweep import Processes


def search(workers: int, n: int, trials: int) -> int:
    """One search that spends all its trials; gives their number."""
    with tempfile.TemporaryDirectory() as folder:
        ds = hw.data.load("digits:even/odd")
        curve = hw.width.search(
            ds, n=n, steps=2000, trials=trials, precision=1.01, out=folder, engine=Processes(workers)
        )
        return len(curve.trials)


def measured(n: int, trials: int, turns: int) -> dict[str, object]:
    """Seconds of one and of two processes in every turn, and the efficiency."""
    search(2, n, trials)
    seconds = interleaved({str(w): lambda w=w: search(w, n, trials) for w in (1, 2)}, turns)
    one, two = seconds["1"], seconds["2"]
    return {
        "n": n,
        "trials": trials,
        "one": np.round(one, 2).tolist(),
        "two": np.round(two, 2).tolist(),
        "efficiency": paired_ratio(one, 2 * two),
    }


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", default="400,800", help="sample sizes")
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--out", type=Path, help="JSON file for the numbers")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = cache
        use_compile_cache()
        told = [measured(int(n), asked.trials, asked.turns) for n in asked.n.split(",")]
    print(json.dumps(told, indent=2))
    if asked.out is not None:
        asked.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
