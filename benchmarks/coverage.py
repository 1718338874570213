"""Do the intervals of the width search contain the truth, and at what price? ``python benchmarks/coverage.py``.

The whole adaptive procedure, on two kinds of trials:

* *real*: outcomes resampled from tables of real trials (``real_trials.py`` made them), under the settings of the demo
  and the default ones; and the numbers of trials that such searches happened to put at each width, held fixed.
* *simulated*: independent trials of known curves: drawn from the prior, twelve fixed ones and one against the model;
  and a full grid of widths whose number of seeds is raised until its intervals are as narrow.

Each row says how often the interval of the real threshold m_q contains it, and how often that of the width to build,
the least whole number from m_q on, does (*whole*).

Prints the tables and writes ``results/coverage.json``. Every repetition has its own random numbers, so the result does
not depend on the number of processes.
"""

import argparse
import functools
import json
import multiprocessing
import os
import pathlib
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from resampled import TrialTable
from simulated import CURVES, QUANTILES, Curve, Record, adaptive, drawn_curve, full_grid, grid_widths, held

from howwide.width import WidthStudy

RESULTS = pathlib.Path(__file__).parent / "results" / "coverage.json"
DESIGN = WidthStudy(n=1).design()
SETTINGS = {"demo": WidthStudy(n=1, trials=400, precision=1.5).design(), "default": DESIGN}
TABLES = ("digits", "cat-dog")
HELD = 40
"""Searches whose numbers of trials are held fixed."""
SEED_LADDER = (4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 181, 256)


def drawn(index: int) -> tuple[Curve, np.random.Generator]:
    """The curve of one repetition, and its random numbers."""
    random = np.random.default_rng([1, index])
    return drawn_curve(random, DESIGN), random


def on_a_drawn_curve(index: int) -> Record:
    """One search, its curve drawn from the prior."""
    curve, random = drawn(index)
    return adaptive(curve, DESIGN, random)


def on_a_fixed_curve(index: int, name: str) -> Record:
    """One search on a fixed curve."""
    random = np.random.default_rng([2, list(CURVES).index(name), index])
    return adaptive(CURVES[name], DESIGN, random)


def on_the_grid(index: int, seeds: int) -> Record:
    """One full grid, on the curve of the search with the same index."""
    curve, random = drawn(index)
    return full_grid(curve, DESIGN, grid_widths(DESIGN), seeds, random)


@functools.cache
def table(name: str) -> TrialTable:
    """A table of real trials."""
    return TrialTable.read(RESULTS.parent / f"trials-{name}.json")


def on_real_trials(index: int, name: str, setting: str) -> Record:
    """One search that resamples real trials."""
    random = np.random.default_rng([4, TABLES.index(name), list(SETTINGS).index(setting), index])
    return adaptive(table(name), SETTINGS[setting], random)


@functools.cache
def allocation(index: int, name: str, setting: str) -> Mapping[int, int]:
    """How many trials one search happened to make at each width."""
    return on_real_trials(index, name, setting).allocation


def at_held_counts(index: int, name: str, setting: str) -> Record:
    """The numbers of trials of one search, with other trials."""
    random = np.random.default_rng([5, TABLES.index(name), list(SETTINGS).index(setting), index])
    return held(table(name), SETTINGS[setting], allocation(index % HELD, name, setting), random)


Run = Callable[[Callable[[int], Record], int], list[Record]]


def share(values: Sequence[bool]) -> list[float] | None:
    """Fraction, its standard error, and the number of values."""
    if not values:
        return None
    mean = float(np.mean(values))
    return [mean, float(np.sqrt(mean * (1.0 - mean) / len(values))), len(values)]


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """Coverage of all intervals and of those with two ends, trials, and reasons."""
    row: dict[str, Any] = {
        "trials": float(np.mean([r.trials for r in records])),
        "rounds": float(np.mean([r.rounds for r in records])),
        "widths": float(np.mean([r.widths for r in records])),
        "log_width": float(np.mean([r.log_widths for r in records])),
        "reasons": dict(Counter(r.reason for r in records)),
    }
    for i, q in enumerate(QUANTILES):
        row[f"coverage {q}"] = share([r.covers[i] for r in records])
        row[f"whole {q}"] = share([r.covers_whole[i] for r in records])
        row[f"two-sided {q}"] = share([r.covers[i] for r in records if r.two_sided[i]])
    return row


def line(name: str, row: dict[str, Any]) -> str:
    """One line of the table."""
    cells = []
    for q in QUANTILES:
        both = row[f"two-sided {q}"]
        real, whole = row[f"coverage {q}"][0], row[f"whole {q}"][0]
        cells.append(f"{real:8.3f} {whole:6.3f}  " + (f"{both[0]:.3f} ({both[2]:4d})" if both else " " * 12))
    reasons = ", ".join(f"{why} {count}" for why, count in sorted(row["reasons"].items()))
    return f"{name:26s}{''.join(cells)} {row['trials']:8.0f} {row['rounds']:7.1f} {row['log_width']:9.3f}  {reasons}"


def matching_grid(run: Run, repetitions: int, wanted: float) -> dict[str, Any]:
    """The full grid with the fewest seeds on the ladder whose intervals are, on average, as narrow."""
    tried = []
    for seeds in SEED_LADDER:
        row = {"seeds": seeds, **summary(run(partial(on_the_grid, seeds=seeds), repetitions))}
        tried.append(row)
        print(line(f"full grid, {seeds} seeds", row), flush=True)
        if row["log_width"] <= wanted:
            break
    return {"widths": grid_widths(DESIGN), "tried": tried, "reached": tried[-1]["log_width"] <= wanted}


def judge(what: str, holds: bool, said: str) -> None:
    """A line that says whether a promise holds."""
    print(f"{'holds' if holds else 'FAILS'}  {what}: {said}")


def verdicts(result: dict[str, Any]) -> None:
    """What is promised, and whether it holds."""
    for q in QUANTILES:
        for kind in ("coverage", "two-sided"):
            value, error, _ = result["prior"][f"{kind} {q}"]
            judge(f"prior, {kind} {q} within 0.93 to 0.97", 0.93 <= value <= 0.97, f"{value:.3f} +- {error:.3f}")
        value, error, _ = result["prior"][f"whole {q}"]
        judge(f"prior, whole {q} at least 0.93", value >= 0.93, f"{value:.3f} +- {error:.3f}")
        covered = {name: row[f"coverage {q}"][0] for name, row in result["fixed"].items()}
        name = min((name for name in covered if not CURVES[name].drifts), key=lambda name: covered[name])
        judge(f"fixed curves, coverage {q} at least 0.90", covered[name] >= 0.9, f"{covered[name]:.3f} ({name})")
        for name in (name for name in covered if CURVES[name].drifts):
            print(f"       against the model, coverage {q}: {covered[name]:.3f} ({name})")
    grid = result["grid"]
    ratio = grid["tried"][-1]["trials"] / result["paired"]["trials"]
    bound = "" if grid["reached"] else " at least, its intervals still wider"
    judge("full grid / adaptive, trials for the same interval width, at least 3", ratio >= 3, f"{ratio:.1f}{bound}")


def real_verdicts(result: dict[str, Any]) -> None:
    """What is promised of real trials, and whether it holds."""
    for row, found in result["real"].items():
        for q in QUANTILES:
            for kind in ("coverage", "whole"):
                value, error, _ = found[f"{kind} {q}"]
                judge(f"{row}, {kind} {q} at least 0.93", value >= 0.93, f"{value:.3f} +- {error:.3f}")


def real(run: Run, repetitions: int) -> dict[str, Any]:
    """Searches on real trials, and their counts held fixed."""
    result: dict[str, Any] = {"real": {}, "held": {}}
    for name in TABLES:
        truths = ", ".join(f"m_{q} = {table(name).threshold(q):.2f}" for q in QUANTILES)
        print(f"{name}: {truths}", flush=True)
        for setting in SETTINGS:
            row = f"{name}, {setting}"
            for kind, work in (("real", on_real_trials), ("held", at_held_counts)):
                result[kind][row] = summary(run(partial(work, name=name, setting=setting), repetitions))
                print(line(row if kind == "real" else f"{row}, counts held", result[kind][row]), flush=True)
    real_verdicts(result)
    return result


def simulated(run: Run, repetitions: int, fixed: int, grid: int) -> dict[str, Any]:
    """Searches on known curves, and full grids."""
    records = run(on_a_drawn_curve, repetitions)
    result: dict[str, Any] = {"prior": summary(records), "fixed": {}}
    print(line(f"prior, {repetitions} curves", result["prior"]), flush=True)
    for name in CURVES:
        result["fixed"][name] = summary(run(partial(on_a_fixed_curve, name=name), fixed))
        print(line(name, result["fixed"][name]), flush=True)
    result["paired"] = summary(records[:grid])
    print(line("the first of the prior", result["paired"]), flush=True)
    result["grid"] = matching_grid(run, min(grid, repetitions), result["paired"]["log_width"])
    verdicts(result)
    return result


def main() -> None:
    """Simulate, print the tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("real", "simulated", "both"), default="both")
    parser.add_argument("--real", type=int, default=1000, help="searches on each table under each setting")
    parser.add_argument("--repetitions", type=int, default=2000, help="curves drawn from the prior")
    parser.add_argument("--fixed", type=int, default=300, help="repetitions on each fixed curve")
    parser.add_argument("--grid", type=int, default=300, help="curves of the comparison with a full grid")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    began = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(chosen.processes) as pool:

        def run(work: Callable[[int], Record], count: int) -> list[Record]:
            return pool.map(work, range(count), chunksize=4)

        result: dict[str, Any] = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
        shares = "".join(f"   m_{q}  whole  two ends    " for q in QUANTILES)
        print(f"{'':26s}{shares}  trials  rounds log width  stopped by")
        if chosen.part != "simulated":
            result |= real(run, chosen.real)
        if chosen.part != "real":
            result |= simulated(run, chosen.repetitions, chosen.fixed, chosen.grid)
    result["environment"] = {"python": platform.python_version(), "numpy": np.__version__}
    chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {chosen.out}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the processes that are spawned
    main()
