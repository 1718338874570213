"""Speed of one full-batch gradient-descent step, against PyTorch: ``make bench``.

Contenders take turns in one process (:mod:`timing`); every one must first reach the same loss as the library's loop.
Prints tables and writes ``results/steps.json``. Ratios above one mean that the library is faster.
"""

import argparse
import datetime
import json
import logging
import os
import pathlib
import platform
import sys
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import ours
import peers
import products
import torch
from setting import Setting
from timing import interleaved, one, paired_ratio, quartiles

from howwide.training import available_cores

RESULTS = pathlib.Path(__file__).parent / "results" / "steps.json"

OURS, PRIMAL = "howwide", "howwide, dual=False"

_SINGLE = (Setting(1000, 784, 512), 8), (Setting(2000, 3072, 256), 5), (Setting(1000, 100, 64), 150)
_MANY = (Setting(200, 64, 16, seeds=32), (1000, 300, 25)), (Setting(1000, 100, 64, seeds=32), (200, 20, 5))

Run = Callable[[], Any]
"""Makes steps; returns the loss before the last, or the losses before all of them."""
Maker = Callable[[], Run]


def main() -> None:
    """Time all settings, print the tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="rounds of single nets; many nets get half of them")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    logging.getLogger("torch").setLevel(logging.ERROR)

    result: dict[str, Any] = {"environment": environment(), "square_gflops": products.square()}
    print(json.dumps(result["environment"], indent=2))
    rates = ", ".join(f"{name} {rate:.0f}" for name, rate in result["square_gflops"].items())
    print(f"\nfloat32 products of 2048 x 2048 matrices, GFLOP/s: {rates}")
    result["single"] = [single(setting, steps, chosen.rounds) for setting, steps in _SINGLE]
    result["many"] = [many(setting, steps, max(3, chosen.rounds // 2)) for setting, steps in _MANY]
    result["must_hold"] = must_hold(result)
    result["load_at_the_end"] = os.getloadavg()[0]
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    if result["environment"]["load_at_the_start"] > available_cores() / 2:
        print("\nThe machine was busy at the start: repeat on a quiet one. PyTorch's threads suffer most from company.")
    for line in result["must_hold"]:
        print(
            f"{'holds' if line['holds'] else 'FAILS':6s} {line['what']}: {line['value']:.2f}, wanted {line['wanted']}"
        )
    print(f"written: {chosen.out}")


def environment() -> dict[str, Any]:
    """The machine and what ran on it."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": _cpu_model(),
        "cores": available_cores(),
        "python": platform.python_version(),
        "jax": jax.__version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "torch_threads": torch.get_num_threads(),
        "load_at_the_start": os.getloadavg()[0],
    }


def _cpu_model() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def single(setting: Setting, steps: int, rounds: int) -> dict[str, Any]:
    """One net, default threads for everybody, one step after the other without a return to the caller in between."""
    makers: dict[str, Maker] = {
        OURS: lambda: ours.single(setting, steps),
        "torch autograd": lambda: peers.autograd(setting, steps),
        "torch by hand": lambda: peers.by_hand(setting, steps),
        "torch.compile, autograd": lambda: peers.autograd(setting, steps, compiled=True),
        "torch.compile, by hand": lambda: peers.by_hand(setting, steps, compiled=True),
    }
    dual = setting.d > setting.n
    if dual:
        makers[PRIMAL] = lambda: ours.single(setting, steps, dual=False)
    found = compared(setting, makers, dict.fromkeys(makers, steps), rounds)
    found["flops"] = {name: setting.flops(dual=dual and name == OURS) for name in found["contenders"]}
    found["product_seconds"] = products.step_products(setting, dual=dual)
    if dual:
        found["product_seconds_primal"] = products.step_products(setting)
        found["gram_once_seconds"] = gram_cost(setting)
    show(setting, found)
    return found


def gram_cost(setting: Setting) -> float:
    """Seconds of the Gram of the inputs and of the first pre-activations of the start, once a data set and net."""
    return float(np.median([one(lambda: ours.prepared(setting, dual=True)) for _ in range(3)])) - float(
        np.median([one(lambda: ours.prepared(setting, dual=False)) for _ in range(3)])
    )


def many(setting: Setting, counts: tuple[int, int, int], rounds: int) -> dict[str, Any]:
    """All nets; ours from prepared problems to finished runs, PyTorch's contenders in their steps only.

    Args:
        setting: what is trained.
        counts: the steps of a timing: of ours, of batches, of loops over nets. Ours pays what a run costs beside its
            steps, so its runs have a length that runs have.
        rounds: how often.
    """
    (runs, steps, few), cores = counts, available_cores()
    makers: dict[str, tuple[Maker, int]] = {
        OURS: (lambda: ours.many(setting, runs), runs),
        "torch autograd, loop": (lambda: peers.looped(peers.autograd, setting, few), few),
        "torch by hand, loop": (lambda: peers.looped(peers.by_hand, setting, few), few),
        "torch bmm": (lambda: peers.bmm(setting, steps), steps),
        "torch bmm, wide first layer": (lambda: peers.bmm(setting, steps, wide_first=True), steps),
        "torch.compile, bmm": (lambda: peers.bmm(setting, steps, compiled=True), steps),
        "torch.vmap": (lambda: peers.vmapped(setting, steps), steps),
        "torch.compile, vmap": (lambda: peers.vmapped(setting, steps, compiled=True), steps),
        f"{cores} processes, by hand": (lambda: peers.processes(peers.hand_loop, setting, few, cores), few),
        f"{cores} processes, bmm": (lambda: peers.processes(peers.bmm, setting, steps, cores), steps),
    }
    taken = {name: count for name, (_, count) in makers.items()}
    found = compared(setting, {name: maker for name, (maker, _) in makers.items()}, taken, rounds)
    found["flops"] = dict.fromkeys(found["contenders"], setting.flops())
    found["product_seconds"] = products.step_products(setting, threads=cores)
    show(setting, found)
    return found


def compared(setting: Setting, makers: Mapping[str, Maker], steps: Mapping[str, int], rounds: int) -> dict[str, Any]:
    """Seconds per net and step of every contender that works, and ratios to ours, round by round."""
    runs, failed, losses = {}, {}, {}
    for name, make in makers.items():
        try:
            runs[name] = make()
            losses[name] = runs[name]()
        except Exception as error:  # a compiler that is not there, or a step that it cannot compile, is a result
            if name in (OURS, PRIMAL):
                raise
            failed[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    _check_losses(losses, steps)
    for run in runs.values():
        run()
    per_step = {name: seconds / steps[name] / setting.seeds for name, seconds in interleaved(runs, rounds).items()}
    return {
        "n": setting.n,
        "d": setting.d,
        "m": setting.m,
        "nets": setting.seeds,
        "rounds": rounds,
        "contenders": {
            name: {"seconds": quartiles(s), "fastest": float(s.min()), "ratio": paired_ratio(s, per_step[OURS])}
            for name, s in per_step.items()
        },
        "failed": failed,
    }


def _check_losses(losses: Mapping[str, Any], steps: Mapping[str, int]) -> None:
    for name, loss in losses.items():
        expected = losses[OURS][steps[name] - 1] if np.ndim(losses[OURS]) else losses[OURS]
        if name != OURS and abs(loss - expected) > 1e-3 * abs(expected):
            sys.exit(f"{name} does not compute the same: loss {loss}, ours {expected}")


def show(setting: Setting, found: Mapping[str, Any]) -> None:
    """The table of one setting, fastest last."""
    nets = f"{setting.seeds} nets" if setting.seeds > 1 else "one net"
    rates = ", ".join(
        f"{name} {found['flops'][OURS] / seconds / 1e9:.0f}" for name, seconds in found["product_seconds"].items()
    )
    print(f"\n{nets}, (n, d, m) = {setting}; the products of a step by themselves, GFLOP/s: {rates}")
    heads = "ms / net / step", "quartiles", "ratio to ours", "quartiles", "GFLOP/s"
    print(" " * 30, "{:>15s} {:>19s} {:>14s} {:>13s} {:>8s}".format(*heads))
    for name, row in sorted(found["contenders"].items(), key=lambda item: -item[1]["seconds"][1]):
        low, middle, high = (1e3 * s for s in row["seconds"])
        least, ratio, most = row["ratio"]
        rate = found["flops"][name] / row["seconds"][1] / 1e9
        print(f"{name:30s} {middle:16.4f} {low:9.4f} {high:9.4f} {ratio:14.2f} {least:6.2f} {most:6.2f} {rate:8.0f}")
    noisy = [name for name, row in found["contenders"].items() if row["seconds"][2] > 1.3 * row["seconds"][0]]
    if noisy:
        print(f"noisy, something else ran beside: {', '.join(noisy)}")
    for name, why in found["failed"].items():
        print(f"{name:30s} failed: {why}")
    if "gram_once_seconds" in found:
        print(f"Gram, once: {found['gram_once_seconds']:.2f} s; GFLOP/s count each contender's own flops")
    sys.stdout.flush()


def must_hold(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the library promises of its speed."""
    lines = []
    for found in result["single"]:
        ratio = 1 / found["contenders"]["torch autograd"]["ratio"][1]
        what = f"one net ({found['n']}, {found['d']}, {found['m']}): ours / autograd"
        lines.append({"what": what, "value": ratio, "wanted": "<= 1.1", "holds": ratio <= 1.1})
    small, large = (found["contenders"] for found in result["many"])
    best = min((row["ratio"][1], name) for name, row in small.items() if name != OURS)
    wanted = [
        (f"32 nets (200, 64, 16): PyTorch's best ({best[1]}) / ours", best[0], 3.0),
        ("32 nets (1000, 100, 64): autograd loop / ours", large["torch autograd, loop"]["ratio"][1], 2.0),
        ("32 nets (1000, 100, 64): bmm / ours", large["torch bmm"]["ratio"][1], 1.1),
    ]
    lines += [{"what": what, "value": v, "wanted": f">= {least}", "holds": v >= least} for what, v, least in wanted]
    return lines


if __name__ == "__main__":
    main()
