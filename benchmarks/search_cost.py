"""What a search costs: this code beside an earlier state of it. ``python benchmarks/search_cost.py --before CHECKOUT``.

Each case is searched by the source of this checkout and by that of another one, each in a process of its own with one
worker. Two costs are counted: the flops of the steps that the trials took, which are exact and the same on any machine,
and the core-seconds of the process, less those of a second process that makes one trial of one step at every width,
which is what starting and compiling cost. ``floor`` is what the same trials would cost if an oracle said beforehand
which try of which trial succeeds and nothing else were run: the flops of the successful tries.

A case is judged by the ratio of its flops at equal interval width: costs are multiplied by the square of the ratio of
the widths of the intervals in log m, as trials buy precision. One search is a draw, whose cost and precision vary by a
quarter, so most cases are searched with several seeds, and their means compared.
"""

import argparse
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

RESULTS = pathlib.Path(__file__).parent / "results" / "search_cost.json"
DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"
CASES: dict[str, tuple[str, dict[str, Any], float, int]] = {
    "digits, n = 800": ("digits:even/odd", {"n": 800, "steps": 2000}, 0.7, 4),
    "cat/dog, n = 400": ("cifar10_cat_dog_ship.npz:3/5", {"n": 400, "steps": 2000}, 0.5, 1),
    "MNIST 3/8, 20 % noise": ("mnist.npz:3/8", {"n": [100, 200, 400], "steps": 2000, "label_noise": 0.2}, 1 / 3, 3),
    "airplane/automobile, n = 500": ("cifar10_binary.npz", {"n": 500, "steps": 500}, 1 / 3, 1),
}
"""SPEC, settings, the share of the cost before that is wanted at most, and how many seeds."""


def measured(spec: str, settings: dict[str, Any], data: str) -> dict[str, Any]:
    """One search in this process, by whatever ``howwide`` is imported."""
    import howwide as hw
    from howwide.sweep import InProcess
    from howwide.width import WidthStudy
    from howwide.width.cost import step_flops
    from howwide.width.trial import run_trial

    there = pathlib.Path(data) / spec.split(":")[0]
    ds = hw.data.load(f"{data}/{spec}" if there.exists() else spec)
    if widths := settings.pop("compile", None):
        for n, width in widths:
            [one] = WidthStudy(**{**settings, "n": n, "steps": 1}).trial_settings()
            run_trial(ds, one, n, width, 0)
        return {"core_seconds": _core_seconds()}
    study = WidthStudy(**settings, extend=0)
    found = hw.width.search(ds, study, engine=InProcess(1))
    seconds, [protocol], trials = _core_seconds(), study.trial_settings(), found.trials
    unit = {(n, m): step_flops(protocol, n, ds.d, m) for n, m in zip(trials.n, trials.width, strict=True)}
    flops = [s * unit[n, m] for s, n, m in zip(trials.spent, trials.n, trials.width, strict=True)]
    rows = zip(trials.n, trials.width, trials.success, trials.steps, strict=True)
    least = sum(steps * unit[n, m] for n, m, won, steps in rows if won)
    return {
        "trials": len(trials),
        "flops": sum(flops),
        "floor": float(least),
        "core_seconds": seconds,
        "compile": sorted({(int(n), int(m)) for n, m in unit}),
        "largest": int(trials.width.max()),
        "points": [(p.n, p.quantile, p.estimate, p.lower, p.upper, p.status) for p in found.points],
    }


def _core_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def by(checkout: pathlib.Path, name: str, data: pathlib.Path, seed: int) -> dict[str, Any]:
    """A case by the source of ``checkout``, with the core-seconds of starting and compiling taken off."""

    def ask(settings: dict[str, Any]) -> dict[str, Any]:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            order = json.dumps([CASES[name][0], settings, str(data), file.name])
            environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "OMP_NUM_THREADS": "1"}
            subprocess.run([sys.executable, __file__, "--order", order], env=environment, check=True)
            return json.loads(pathlib.Path(file.name).read_text())

    _, settings, *_ = CASES[name]
    row = ask({**settings, "seed": seed})
    row["core_seconds"] -= ask({**settings, "seed": seed, "compile": row.pop("compile")})["core_seconds"]
    return row


def lengths(row: dict[str, Any]) -> list[float]:
    """Length in log m of each interval, NaN where an end is open."""
    return [math.log(upper / lower) if lower and upper else math.nan for *_, lower, upper, _ in row["points"]]


def line(rows: list[dict[str, Any]]) -> str:
    """Means over searches, and how many of their intervals are open."""
    mean = {key: sum(row[key] for row in rows) / len(rows) for key in ("trials", "flops", "floor", "core_seconds")}
    every = [length for row in rows for length in lengths(row)]
    cells = f"{mean['trials']:6.0f} {max(row['largest'] for row in rows):8d} {mean['flops']:8.2e} {mean['floor']:8.2e}"
    open_ends = sum(map(math.isnan, every))
    return f"{cells} {mean['core_seconds']:7.1f}  {np.nanmean(every or [math.nan]):.3f}  {open_ends} of {len(every)}"


def compared(after: list[dict[str, Any]], before: list[dict[str, Any]], wanted: float) -> str:
    """The ratio of costs, at the precision of the intervals that have two ends in both states."""
    pairs = [p for rows in zip(after, before, strict=True) for p in zip(*map(lengths, rows), strict=True)]
    both = np.array([pair for pair in pairs if not np.isnan(pair).any()])
    fair = float(np.exp(2 * np.log(both[:, 0] / both[:, 1]).mean())) if both.size else 1.0
    ratios = [sum(r[key] for r in after) / sum(r[key] for r in before) for key in ("flops", "core_seconds")]
    found = f"flops {ratios[0]:.2f}, core-seconds {ratios[1]:.2f}"
    equal = f"at equal width {fair * ratios[0]:.2f} and {fair * ratios[1]:.2f}; wanted at most {wanted:.2f}"
    return f"{'holds' if fair * ratios[0] <= wanted else 'FAILS'}  {found}; {equal}"


def main() -> None:
    """Search what is not in the file yet, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=pathlib.Path, help="a checkout of the state to compare with")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--again", action="store_true", help="search with this checkout even what is in the file")
    parser.add_argument("--data", type=pathlib.Path, default=DATA)
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.order:
        spec, settings, data, out = json.loads(chosen.order)
        pathlib.Path(out).write_text(json.dumps(measured(spec, settings, data)))
        return
    checkouts = {"after": pathlib.Path(__file__).parents[1], "before": chosen.before}
    result: dict[str, Any] = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
    print(f"{'':30s}{'':8s}trials  largest    flops    floor  core-s  log width  open")
    for name in chosen.cases:
        _, _, wanted, seeds = CASES[name]
        rows: dict[str, list[dict[str, Any]]] = result.setdefault(name, {"after": [], "before": []})
        if chosen.again:
            rows["after"] = []
        for state, checkout in checkouts.items():
            while checkout is not None and len(rows[state]) < seeds:
                rows[state].append(by(checkout, name, chosen.data, seed=len(rows[state])))
                chosen.out.write_text(json.dumps(result, indent=1) + "\n")
            if rows[state]:
                print(f"{name:30s}{state:8s}{line(rows[state])}", flush=True)
        if len(rows["after"]) == len(rows["before"]) == seeds:
            print(compared(rows["after"], rows["before"], wanted), flush=True)


if __name__ == "__main__":
    main()
