"""What a search costs: this code beside an earlier state of it. ``python benchmarks/search_cost.py --before CHECKOUT``.

Each case is searched by the source of this checkout and by that of another one, each in a process of its own with one
worker. Two costs are counted: the flops of the steps that the trials took, which are exact and the same on any machine,
and the core-seconds of the process, less those of a second process that makes one trial of one step at every width,
which is what starting and compiling cost. ``floor`` is what the answer needs at least: where it is an interval, the
flops of the trials within a factor 2 of the thresholds; where no width reaches the quantile, those of as many trials
at the largest width as the proof takes.

A case is judged by the ratio of its flops at equal interval width: costs are multiplied by the square of the ratio of
the widths of the intervals in log m, as trials buy precision.
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

RESULTS = pathlib.Path(__file__).parent / "results" / "search_cost.json"
DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"
CASES: dict[str, tuple[str, dict[str, Any], float]] = {
    "digits, n = 800": ("digits:even/odd", {"n": 800, "steps": 2000}, 0.7),
    "cat/dog, n = 400": ("cifar10_cat_dog_ship.npz:3/5", {"n": 400, "steps": 2000}, 0.5),
    "MNIST 3/8, 20 % noise": ("mnist.npz:3/8", {"n": [100, 200, 400], "steps": 2000, "label_noise": 0.2}, 1 / 3),
    "airplane/automobile, n = 500": ("cifar10_binary.npz", {"n": 500, "steps": 500}, 1 / 3),
}
"""SPEC, settings, and the share of the cost before that is wanted at most."""


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
    near = []
    for n, m in zip(trials.n, trials.width, strict=True):
        own = [p.estimate for p in found.points if p.n == n and p.estimate is not None]
        near.append(any(q / 2 <= m <= 2 * q for q in own) if own else m == trials[trials.n == n].width.max())
    return {
        "trials": len(trials),
        "flops": sum(flops),
        "floor": sum(f for f, is_near in zip(flops, near, strict=True) if is_near),
        "core_seconds": seconds,
        "compile": sorted({(int(n), int(m)) for n, m in unit}),
        "largest": int(trials.width.max()),
        "points": [(p.n, p.quantile, p.estimate, p.lower, p.upper, p.status) for p in found.points],
    }


def _core_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def by(checkout: pathlib.Path, name: str, data: pathlib.Path) -> dict[str, Any]:
    """A case by the source of ``checkout``, with the core-seconds of starting and compiling taken off."""

    def ask(settings: dict[str, Any]) -> dict[str, Any]:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            order = json.dumps([CASES[name][0], settings, str(data), file.name])
            environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "OMP_NUM_THREADS": "1"}
            subprocess.run([sys.executable, __file__, "--order", order], env=environment, check=True)
            return json.loads(pathlib.Path(file.name).read_text())

    row = ask(CASES[name][1])
    row["core_seconds"] -= ask({**CASES[name][1], "compile": row.pop("compile")})["core_seconds"]
    return row


def log_width(row: dict[str, Any]) -> float | None:
    """Mean length in log m of the intervals with two ends; None where there is none."""
    lengths = [math.log(upper / lower) for *_, lower, upper, _ in row["points"] if lower and upper]
    return sum(lengths) / len(lengths) if lengths else None


def main() -> None:
    """Search, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=pathlib.Path, help="a checkout of the state to compare with")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--data", type=pathlib.Path, default=DATA)
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.order:
        spec, settings, data, out = json.loads(chosen.order)
        pathlib.Path(out).write_text(json.dumps(measured(spec, settings, data)))
        return
    here = pathlib.Path(__file__).parents[1]
    result: dict[str, Any] = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
    print(f"{'':30s}{'':8s}trials  largest    flops    floor  core-s  log width")
    for name in chosen.cases:
        rows = result.setdefault(name, {})
        for state, checkout in (("after", here), *([("before", chosen.before)] if chosen.before else [])):
            row = rows[state] = by(checkout, name, chosen.data)
            width = log_width(row)
            cells = f"{row['trials']:6d} {row['largest']:8d} {row['flops']:8.2e} {row['floor']:8.2e}"
            print(f"{name:30s}{state:8s}{cells} {row['core_seconds']:7.1f}  {width or math.nan:.3f}", flush=True)
            chosen.out.write_text(json.dumps(result, indent=1) + "\n")
        if len(rows) == 2:
            widths = [log_width(rows[state]) for state in ("after", "before")]
            fair = (widths[0] / widths[1]) ** 2 if widths[0] and widths[1] else 1.0
            ratios = [rows["after"][key] / rows["before"][key] for key in ("flops", "core_seconds")]
            holds = "holds" if fair * ratios[0] <= CASES[name][2] else "FAILS"
            found = f"flops {ratios[0]:.2f}, core-seconds {ratios[1]:.2f}"
            equal = f"at equal width {fair * ratios[0]:.2f} and {fair * ratios[1]:.2f}"
            print(f"{holds}  {name}: {found}; {equal}; wanted at most {CASES[name][2]:.2f}", flush=True)


if __name__ == "__main__":
    main()
