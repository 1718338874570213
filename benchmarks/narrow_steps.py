"""Does the loop reach the speed of its products on narrow networks and images? ``python benchmarks/narrow_steps.py``.

One core, d = 3072, the shapes of the figure of Chen et al.: time of a step of the compiled loop, and of the matrix
products of that step by themselves. Prints the table and writes ``results/narrow_steps.json``.
"""

import os

os.environ["NPROC"] = "1"  # read when JAX starts: one thread for its products

import json
import pathlib

import numpy as np
import ours
import products
from setting import Setting
from timing import one

RESULTS = pathlib.Path(__file__).parent / "results" / "narrow_steps.json"
PIXELS = 3072
SHAPES = ((100, 8), (400, 16), (1000, 16), (1000, 32), (2000, 24), (10_000, 32))
SECONDS, ROUNDS = 0.5, 5
WANTED = 0.8


def main() -> None:
    """Time all shapes, print the table, write the file."""
    rows = []
    print(f"{'n':>6s}{'m':>4s}{'us a step':>12s}{'GFLOP/s':>9s}{'products alone':>16s}{'share':>7s}")
    for n, m in SHAPES:
        setting, dual = Setting(n, PIXELS, m), n < PIXELS
        alone = products.step_products(setting, dual=dual)["JAX"]
        steps = max(5, int(SECONDS / alone))
        run = ours.single(setting, steps)
        run()
        seconds = float(np.median([one(run) for _ in range(ROUNDS)])) / steps
        flops = setting.flops(dual=dual)
        rows.append({"n": n, "m": m, "seconds": seconds, "flops": flops, "products_seconds": alone})
        speeds = f"{flops / seconds / 1e9:9.0f}{flops / alone / 1e9:16.0f}"
        print(f"{n:6d}{m:4d}{1e6 * seconds:12.1f}{speeds}{alone / seconds:7.2f}", flush=True)
    low = [f"n = {row['n']}, m = {row['m']}" for row in rows if row["products_seconds"] < WANTED * row["seconds"]]
    verdict = f"FAILS at {'; '.join(low)}" if low else "holds"
    print(f"at least {WANTED} of the speed of the products: {verdict}")
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
