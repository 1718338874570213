"""Tables of real trials: which seeds succeed at which width. ``python benchmarks/real_trials.py``.

``coverage.py`` resamples searches from them. A table holds, for each width, one character a seed: ``1`` success, ``i``
still improving when the budget ended, ``0`` neither. Every finished trial is stored, so an interrupted run goes on
where it stopped.
"""

import argparse
import json
import pathlib
import tempfile
import time
from dataclasses import dataclass

import howwide as hw
from howwide.sweep import InProcess, Store, run
from howwide.width import WidthStudy
from howwide.width._search import default_workers
from howwide.width.tasks import study_of, task_of

RESULTS = pathlib.Path(__file__).parent / "results"
WIDTHS = (*range(1, 21), 22, 24, 27, 30, 34, 40, 48, 64, 128, 256)
STEPS = 2000


@dataclass(frozen=True)
class Source:
    """Where the trials of a table come from: a SPEC, n, and how many seeds a width gets."""

    spec: str
    n: int
    seeds: int = 405
    beyond: int = 40
    few: int = 60

    def seeds_at(self, width: int) -> int:
        """All seeds near the threshold; fewer far beyond it, where trials are dear and alike."""
        return self.seeds if width <= self.beyond else self.few


SOURCES = {
    "digits": Source("digits:even/odd", 100),
    "cat-dog": Source("cifar10_cat_dog_ship.npz:3/5", 100),
}


def table(source: Source, data: str, folder: pathlib.Path) -> dict[str, str]:
    """Outcomes by width, made or taken from ``folder``."""
    [settings] = WidthStudy(n=source.n, depth=5, steps=STEPS).trial_settings()
    ds = hw.data.load(data)
    study = study_of(ds, [settings])
    store = Store.open(folder, study)
    found: dict[str, str] = {}
    for width in WIDTHS:
        began = time.perf_counter()
        tasks = [task_of(study, settings, source.n, width, k) for k in range(source.seeds_at(width))]
        outcomes = {o.task.id: o.result for o in run(tasks, store, InProcess(default_workers()), batch_size=16)}
        marks = []
        for task in tasks:
            (outcome,) = outcomes[task.id]["outcomes"]
            marks.append("1" if outcome["success"] else "i" if outcome["improving"] else "0")
        found[str(width)] = "".join(marks)
        share, seconds = marks.count("1") / len(marks), time.perf_counter() - began
        print(f"width {width}: {share:.3f} of {len(marks)}, {marks.count('i')} improving, {seconds:.0f} s", flush=True)
    return found


def main() -> None:
    """Make one table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SOURCES)
    parser.add_argument("--data", help="where the data lie, if not at the SPEC of the table")
    parser.add_argument("--folder", type=pathlib.Path, help="keeps finished trials; a temporary one unless given")
    chosen = parser.parse_args()
    source = SOURCES[chosen.name]
    with tempfile.TemporaryDirectory() as temporary:
        found = table(source, chosen.data or source.spec, chosen.folder or pathlib.Path(temporary))
    result = {"data": source.spec, "n": source.n, "depth": 5, "steps": STEPS, "trials": found}
    path = RESULTS / f"trials-{chosen.name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
