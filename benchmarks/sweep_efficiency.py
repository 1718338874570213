"""Does a second process halve the time? ``python benchmarks/sweep_efficiency.py``.

The same minimal-width search in fresh folders, on one worker process and on two, one thread each, in turns. The
compiled loops come from a cache that a first search fills. Prints wall-clock times and the efficiency, time of one over
twice the time of two; 1 is a perfect half.
"""

import argparse
import json
import os
import tempfile
import time

import howwide as hw
from howwide.sweep import Processes


def seconds(workers: int, n: int, trials: int) -> tuple[float, int]:
    """Wall-clock time of one search, workers started and stopped included, and its number of trials."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ds = hw.data.load("digits:even/odd")
        curve = hw.width.search(
            ds, n=n, steps=2000, trials=trials, precision=1.01, out=folder, engine=Processes(workers)
        )
    return time.perf_counter() - started, len(curve.trials)


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=400)
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = cache
        seconds(2, asked.n, asked.trials)
        found = {w: [seconds(w, asked.n, asked.trials) for _ in range(asked.turns)] for w in (1, 2)}
    one, two = (min(time for time, _ in found[w]) for w in (1, 2))
    print(json.dumps({"trials": found[1][0][1], "one": one, "two": two, "efficiency": one / (2 * two)}, indent=2))


if __name__ == "__main__":
    main()
