"""One minimal width: howwide's search against the loop that a user would write in PyTorch.

The loop tries a grid of widths with 16 seeds each: ratio 1.25, from 2 upwards until at most one seed fails at each of
two widths in a row. It uses autograd, the data as given, the same early stopping and the same step sizes (handed over,
their computation not counted). Its counts give an interval for the width of success probability 1/2. The search of
howwide is asked for an interval as narrow, and the ratio of the wall-clock times is split into trials saved and the
cost of a trial.

    python benchmarks/width_search.py                                # digits, n = 800
    python benchmarks/width_search.py --data cifar10_binary.npz --n 500    # 35 minutes

Run it on a machine that does nothing else: both use all cores.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import howwide as hw
from howwide.data import Dataset
from howwide.networks import make_network
from howwide.statistics import fit_response
from howwide.training import prepare_problem, step_sizes
from howwide.width import TrialSettings, WidthStudy
from howwide.width.trial_data import draw_sample, start_key

DEPTH, ALPHA, RATIO = 5, 0.5, 1.25
QUANTILE = 0.5


def torch_trial(ds: Dataset, settings: TrialSettings, n: int, width: int, seed: int) -> tuple[bool, float, float]:
    """Whether a trial succeeds, the seconds of PyTorch, and those spent on what it is given."""
    started = time.perf_counter()
    net = make_network("deep", width, DEPTH, ALPHA)
    sample = draw_sample(ds, settings, n, width, seed)
    weights = net.init(start_key(settings, width, seed), ds.d)
    tries = step_sizes(settings.step_size, prepare_problem(net, weights, sample.inputs))
    x = torch.tensor(sample.x, dtype=torch.float32)
    y = torch.tensor(sample.inputs.labels, dtype=torch.float32)
    given = time.perf_counter() - started
    success = any(_descend(weights, x, y, net.scale, rule.value, settings.steps[-1]) for rule in tries)
    return success, time.perf_counter() - started - given, given


def _descend(weights: Any, x: torch.Tensor, y: torch.Tensor, scale: float, step_size: float, steps: int) -> bool:
    layers: list[nn.Module] = []
    for w in weights:
        layers += [nn.Linear(w.shape[1], w.shape[0], bias=False), nn.ReLU()]
        layers[-2].weight.data = torch.tensor(np.array(w))
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=step_size)
    for step in range(steps + 1):
        margins = y * (scale * model(x).squeeze(1))
        if bool((margins > 0).all()):
            return True
        loss = functional.softplus(-margins).mean()
        if step == steps or not math.isfinite(loss.item()):
            return False
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return False


def grid() -> list[int]:
    """Widths from 2 on, neighbours within the ratio or adjacent."""
    widths = [2]
    while widths[-1] < 1024:
        widths.append(max(widths[-1] + 1, round(widths[-1] * RATIO)))
    return widths


def by_loop(ds: Dataset, n: int, steps: int, seeds: int) -> dict[str, Any]:
    """The user's loop."""
    [settings] = WidthStudy(n=n, depth=DEPTH, alpha=ALPHA, steps=steps).trial_settings()
    torch_trial(ds, settings, n, 2, 0)  # the library's own start
    counts: dict[int, int] = {}
    seconds = 0.0
    for width in grid():
        found = [torch_trial(ds, settings, n, width, k) for k in range(seeds)]
        counts[width], seconds = sum(f[0] for f in found), seconds + sum(f[1] for f in found)
        print(f"loop: width {width}: {counts[width]} of {seeds}, {seconds:.0f} s", flush=True)
        if len(counts) > 1 and min(list(counts.values())[-2:]) >= seeds - 1:
            break
    point = fit_response(list(counts), list(counts.values()), seeds).threshold(QUANTILE)
    return {"trials": seeds * len(counts), "seconds": seconds, **ends(point)}


def by_search(ds: Dataset, n: int, steps: int, factor: float) -> dict[str, Any]:
    """The search, with its compilations."""
    started = time.perf_counter()
    curve = hw.width.search(
        ds, n=n, depth=DEPTH, alpha=ALPHA, steps=steps, precision=factor, quantiles=(QUANTILE,), trials=2000
    )
    seconds = time.perf_counter() - started
    return {"trials": len(curve.trials), "seconds": seconds, **ends(curve.table.iloc[0])}


def ends(point: Any) -> dict[str, float | None]:
    """Estimate and ends of a threshold, None where there is none."""
    return {
        name: None if (value := getattr(point, name)) is None or math.isnan(value) else float(value)
        for name in ("estimate", "lower", "upper")
    }


def main() -> None:
    """Run both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits:even/odd")
    parser.add_argument("--n", type=int, default=800)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--torch-threads", type=int, help="PyTorch's own choice unless given")
    parser.add_argument("--out", type=Path, help="JSON file for the numbers")
    asked = parser.parse_args()
    if asked.torch_threads is not None:
        torch.set_num_threads(asked.torch_threads)
    ds = hw.data.load(asked.data)
    loop = by_loop(ds, asked.n, asked.steps, asked.seeds)
    if loop["lower"] is None or loop["upper"] is None:
        raise SystemExit(f"the loop leaves an end open: {loop}; take more seeds")
    search = by_search(ds, asked.n, asked.steps, max(loop["upper"] / loop["lower"], 1.01))
    ratio, trials = loop["seconds"] / search["seconds"], loop["trials"] / search["trials"]
    told = {
        "data": asked.data,
        "n": asked.n,
        "steps": asked.steps,
        "torch_threads": torch.get_num_threads(),
        "loop": loop,
        "search": search,
        "ratio": ratio,
        "trials_saved": trials,
        "cost_of_a_trial": ratio / trials,
    }
    print(json.dumps(told, indent=2))
    if asked.out is not None:
        asked.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
