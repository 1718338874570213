"""The largest n of the figure of Chen et al., with trials fixed beforehand: for one accelerator, in minutes.

    python benchmarks/figure1_large.py --data cifar10_cat_dog_ship.npz --dry-run
    python benchmarks/figure1_large.py --data cifar10_cat_dog_ship.npz

n = 4000 and 10,000 of both pairs, 64 trials a point: 8 seeds at each of 8 widths in a geometric progression around 1.15
times the published width. On accelerators 32 trials of one compiled shape go through one loop, which ends with its
slowest trial. What is finished is stored trial by trial in ``--out``, packed beside the other trials of the pair, and
joins its tables and figure (``benchmarks/figure1.py``).
"""

import argparse
import json
import pathlib
import tomllib

from figure1 import EXAMPLES, PAIRS, WIDTHS_HEAD, studied, widths

import howwide as hw
from howwide.sweep import InProcess, Store, pack, run
from howwide.training import padded_width
from howwide.training.batches import MOST_AT_ONCE, vmaps
from howwide.width import TrialSettings, WidthStudy
from howwide.width.cost import step_flops
from howwide.width.reference import read_published
from howwide.width.tasks import study_of, task_of

CLASSES = dict(zip(PAIRS, ("3/5", "3/8"), strict=True))
ABOVE, RATIO, PLACES = 1.15, 1.15, range(-4, 4)
TRIES = 3
RATE = 2e13
"""Flops a second: a third of what an H100 has in float32, in products as narrow as these."""


def fixed_widths(pair: str, n: int) -> list[int]:
    """The widths of one point."""
    [published] = [p.width for p in read_published(f"chen2021-{pair}").points if p.n == n]
    return sorted({round(ABOVE * published * RATIO**k) for k in PLACES})


def flops_at_most(settings: TrialSettings, n: int, d: int, chosen: list[int], seeds: int) -> float:
    """All tries of all trials to their end, at the widths that are computed."""
    steps = TRIES * settings.steps[-1]
    return sum(seeds * steps * step_flops(settings, n, d, padded_width(width)) for width in chosen)


def main() -> None:
    """Say what it takes, make the trials, and pack them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="all images of cat (3), dog (5) and ship (8)")
    parser.add_argument("--n", default="4000,10000")
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--widths", help="at every point; around the published width unless given")
    parser.add_argument("--seeds", type=int, default=8, help="at each width")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("figure-1"), help="keeps finished trials")
    parser.add_argument("--packs", type=pathlib.Path, default=EXAMPLES / "figure-1")
    parser.add_argument("--dry-run", action="store_true", help="say what it takes, and run nothing")
    given = parser.parse_args()
    sizes = [int(n) for n in given.n.split(",")]
    for pair in given.pairs.split(","):
        settings = tomllib.loads((EXAMPLES / f"figure1-{pair}.toml").read_text(encoding="utf-8"))
        [shared] = WidthStudy(**settings, n=sizes).trial_settings()
        ds = hw.data.load(f"{given.data}:{CLASSES[pair]}")
        chosen = {
            n: [int(w) for w in given.widths.split(",")] if given.widths else fixed_widths(pair, n) for n in sizes
        }
        for n, own in chosen.items():
            flops = flops_at_most(shared, n, ds.d, own, given.seeds)
            print(
                f"{pair}, n = {n}: {given.seeds * len(own)} trials at widths {', '.join(map(str, own))}; at most "
                f"{flops:.2g} flops, {flops / RATE:.0f} s at {RATE:.0e} a second",
                flush=True,
            )
        if given.dry_run:
            continue
        study = study_of(ds, [shared])
        store = Store.open(given.out / f"{pair}-large", study)
        tasks = [
            task_of(store.study, shared, n, width, seed)
            for n, own in chosen.items()
            for width in own
            for seed in range(given.seeds)
        ]
        batch = MOST_AT_ONCE if vmaps() else 1
        failed = [
            o for o in run(tasks, store, InProcess(1), batch_size=batch, smallest_batch=batch) if o.result is None
        ]
        for outcome in failed:
            print(f"{json.dumps(outcome.task.arguments)} failed: {outcome.failure}")
        print(pack(store.folder, given.packs / f"{pair}-large.jsonl.gz"))
        print("\n".join(", ".join(row) for row in [WIDTHS_HEAD, *widths(pair, studied(pair, given.packs))]), flush=True)


if __name__ == "__main__":
    main()
