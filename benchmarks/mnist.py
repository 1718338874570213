"""All of MNIST on this machine: separation, spectrum, an NTRF loss and a margin, with times and the memory's peak.

    python benchmarks/mnist.py mnist.npz

``mnist.npz`` holds ``x_train`` (60000, 784) and ``y_train`` (digits). Even against odd on all images, width 512, depth
3; then the margin of 3 against 8. Prints a table and writes ``results/mnist.json``.
"""

import argparse
import json
import os
import pathlib
import resource
import time
from typing import Any

import jax

import howwide as hw
from howwide.measure import MeasureResult, facts
from howwide.training import available_cores

RESULTS = pathlib.Path(__file__).parent / "results" / "mnist.json"


def start(width: int, depth: int, ds: Any) -> tuple[Any, Any]:
    """A network of Chen et al. at the start that ``howwide measure`` draws with seed 0."""
    net = hw.DeepReLU(width, depth)
    return net, net.init(jax.random.fold_in(jax.random.key(0), 0), ds.d)


def lines(found: MeasureResult) -> list[tuple[str, Any, Any, float | None]]:
    """What was measured: name, lower end, upper end, seconds."""
    assert found.separation is not None
    assert found.lambda_max is not None
    distances, seconds, (loss,) = found.separation, found.seconds, found.ntrf
    return [
        ("separation across labels", distances.across, distances.across, seconds["separation"]),
        ("separation, all pairs", distances.all, distances.all, None),
        ("trace of K/m", found.trace, found.trace, seconds["spectrum"]),
        ("lambda_max(K/m)", found.lambda_max.lower, found.lambda_max.upper, None),
        (f"eps_NTRF({loss.radius:g})", loss.lower, loss.upper, seconds["ntrf"]),
    ]


def main() -> None:
    """Measure, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=pathlib.Path)
    chosen = parser.parse_args()
    began = time.perf_counter()
    ds = hw.data.load(f"{chosen.path}:0,2,4,6,8/1,3,5,7,9")
    found = facts(
        *start(512, 3, ds), ds.x, ds.y, parts=("separation", "spectrum", "ntrf"), radii=[4.0], tolerance=0.05, say=print
    )
    rows = [(f"even/odd, n = {ds.n}", *row) for row in lines(found)]
    ds = hw.data.load(f"{chosen.path}:3/8")
    clock = time.perf_counter()
    margin = hw.ntrf.margin(*start(512, 3, ds), ds.x, ds.y)
    rows.append((f"3/8, n = {ds.n}", "margin", margin.lower, margin.upper, time.perf_counter() - clock))
    print(f"\n{'data':24s} {'what':26s} {'lower':>12s} {'upper':>12s} {'gap':>9s} {'seconds':>8s}")
    for data, what, lower, upper, seconds in rows:
        gap = (upper - lower) / upper
        shown = "" if seconds is None else f"{seconds:.1f}"
        print(f"{data:24s} {what:26s} {lower:12.6g} {upper:12.6g} {gap:9.1e} {shown:>8s}")
    total, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{total:.0f} s in all, {peak:.1f} GiB at the peak, {available_cores()} cores")
    table = [dict(zip(("data", "what", "lower", "upper", "seconds"), row, strict=True)) for row in rows]
    result = {"rows": table, "seconds": total, "peak_gib": peak, "cores": available_cores(), "load": os.getloadavg()}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
