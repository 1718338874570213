"""How often is a trial stopped that would have succeeded? ``python benchmarks/stopped_trials.py``; some core-minutes.

Real trials near their thresholds, with the rules of ``howwide.training.hopeless``. Every trial that failed after one of
its tries was stopped, or not made, is made again without the rules. Prints, for each problem, the trials stopped, those
of them that succeed after all, and the steps that were spared, then the 95 % upper limit (Clopper and Pearson,
one-sided at 97.5 %) of the share of wrong stops; writes ``results/stopped_trials.json``. Seeds are apart from those
on which the rules' numbers were chosen (0 to 59).
"""

import argparse
import json
import pathlib
import platform
import time
from dataclasses import dataclass, field
from typing import Any

import howwide as hw
from howwide.statistics import clopper_pearson
from howwide.width import WidthStudy
from howwide.width.trial import run_trial

RESULTS = pathlib.Path(__file__).parent / "results" / "stopped_trials.json"
DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"
FIRST_SEED = 1000


@dataclass(frozen=True)
class Problem:
    """Data, settings of the trials, and the widths at which they are made."""

    spec: str
    widths: tuple[int, ...]
    settings: dict[str, Any] = field(default_factory=dict)


PROBLEMS = {
    "digits": Problem("digits:even/odd", (4, 5, 6, 7, 8, 9), {"n": 100, "steps": 500}),
    "cat/dog": Problem("cifar10_cat_dog_ship.npz:3/5", (9, 11, 13, 15), {"n": 100, "steps": 500}),
    "MNIST 3/8, 20 % noise": Problem("mnist.npz:3/8", (5, 7, 9, 11), {"n": 100, "steps": 300, "label_noise": 0.2}),
    "digits, random labels": Problem("digits:even/odd", (9, 12, 15, 18), {"n": 100, "steps": 300, "labels": "random"}),
}


def measured(problem: Problem, seeds: int, data: pathlib.Path) -> dict[str, Any]:
    """Trials made, stopped, wrongly stopped, and steps with and without the rules."""
    here = data / problem.spec.split(":")[0]
    ds = hw.data.load(str(data / problem.spec) if here.exists() else problem.spec)
    [ruled], [whole] = (WidthStudy(**problem.settings, whole_tries=w).trial_settings() for w in (False, True))
    n = problem.settings["n"]
    row = {"trials": 0, "failed": 0, "stopped": 0, "wrong": 0, "steps": 0, "steps_without": 0}
    for width in problem.widths:
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            (found,) = run_trial(ds, ruled, n, width, seed)
            row["trials"] += 1
            if found["success"]:
                continue
            (after_all,) = run_trial(ds, whole, n, width, seed)
            row["failed"] += 1
            row["stopped"] += found["spent"] < after_all["spent"]
            row["wrong"] += after_all["success"]
            row["steps"] += found["spent"]
            row["steps_without"] += after_all["spent"]
    return row


def main() -> None:
    """Make the trials, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50, help="trials at each width")
    parser.add_argument("--data", type=pathlib.Path, default=DATA)
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    began, rows = time.perf_counter(), {}
    for name, problem in PROBLEMS.items():
        rows[name] = measured(problem, chosen.seeds, chosen.data)
        share = rows[name]["steps"] / max(rows[name]["steps_without"], 1)
        print(f"{name:24s} {rows[name]}  steps of failing trials: {share:.2f}", flush=True)
    stopped, wrong = (sum(row[key] for row in rows.values()) for key in ("stopped", "wrong"))
    limit = clopper_pearson(wrong, stopped).upper
    print(f"{wrong} of {stopped} stopped trials succeed after all; at most {100 * limit:.2f} % (95 %)")
    result = {
        "problems": rows,
        "stopped": stopped,
        "wrong": wrong,
        "upper_limit": limit,
        "python": platform.python_version(),
    }
    chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {chosen.out}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
