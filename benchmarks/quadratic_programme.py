"""The quadratic programme behind every margin: block pivoting, ``scipy.optimize.nnls`` and Clarabel.

    python benchmarks/quadratic_programme.py mnist_binary.npz     # eight minutes; without the file no n = 12,000

Signed tangent Grams (width 256, depth 3, float64) of digits and of MNIST's 3 against 8, with their own labels, where
some examples carry weight, and with random ones, where most do. Each method is timed inside the working sets of
``hard_margin``, and up to n = 2000 on the whole matrix too. Whatever a method returns is certified in the same way, by
the interval of the margin that its point proves; the asked relative gap is 1e-3. Contenders take turns in one run, each
in a process of its own with one thread, which is ended when its time is up. Seconds are those of the processor, so that
other work on the machine counts little. Prints tables and writes ``results/quadratic_programme.json``.
"""

import argparse
import json
import math
import multiprocessing
import os
import pathlib
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any
from unittest import mock

import clarabel
import jax
import numpy as np
import scipy
from scipy import sparse
from threadpoolctl import threadpool_limits

import howwide as hw
from howwide.ntrf.solvers import hard_margin as working_sets
from howwide.ntrf.solvers.block_pivoting import solve_by_least_squares, solve_nonnegative_qp
from howwide.tangent import gram

RESULTS = pathlib.Path(__file__).parent / "results" / "quadratic_programme.json"
TOLERANCE = 1e-3
ROUNDS = 3
SLOW = 8.0
"""Seconds beyond which a contender is not repeated."""
WHOLE = 2000
"""Examples up to which the whole matrix is given to a method; a factorisation of 12,000 rows takes 1.2 GB and 20 s."""

Floats = np.ndarray
Solve = Callable[..., tuple[Floats, int]]


def pivoting(q: Floats, b: Floats, *, slack: float, max_steps: int) -> tuple[Floats, int]:
    """The library's own."""
    return solve_nonnegative_qp(q, b, slack=slack, max_steps=max_steps)


def nnls(q: Floats, b: Floats, *, slack: float, max_steps: int) -> tuple[Floats, int]:
    """SciPy's Lawson-Hanson method, on the least-squares form."""
    return solve_by_least_squares(q, b), 1


def interior_point(q: Floats, b: Floats, *, slack: float, max_steps: int) -> tuple[Floats, int]:
    """Clarabel, as tight as the gap asks for."""
    n, scale = len(b), float(np.diagonal(q).mean())
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_rel = settings.tol_gap_abs = settings.tol_feas = 1e-6
    upper = sparse.csc_matrix(np.triu(q / scale))
    cones = [clarabel.NonnegativeConeT(n)]
    solver = clarabel.DefaultSolver(upper, -b, -sparse.identity(n, format="csc"), np.zeros(n), cones, settings)
    found = solver.solve()
    return np.maximum(np.array(found.x), 0.0), found.iterations


METHODS: dict[str, Solve] = {"block pivoting": pivoting, "nnls": nnls, "Clarabel": interior_point}


def work(path: str, method: str, whole: bool, limit: float, answer: Connection) -> None:
    """One contender on the matrix in ``path``: seconds, relative gap, examples that carry weight, systems solved."""
    q, solve = np.load(path), METHODS[method]
    spent = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(spent.ru_utime + spent.ru_stime + limit)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    with threadpool_limits(1):
        solve(q[:64, :64], np.ones(64), slack=TOLERANCE, max_steps=1)  # loads what it needs
        began = time.process_time()
        if whole:
            form, b = working_sets.StoredForm(q), np.ones(len(q))
            p, steps = solve(q, b, slack=0.25 * TOLERANCE, max_steps=1000)
            products, sizes = form.product(p / p.sum())[None], np.sqrt(form.diagonal)[None]
            settings = {"error": form.error, "tolerance": TOLERANCE, "steps": steps}
            margin = working_sets.certified(products, sizes, p / p.sum(), b, **settings)
        else:
            with mock.patch.object(working_sets, "solve_nonnegative_qp", solve):
                margin = working_sets.hard_margin(q, tolerance=TOLERANCE)
        seconds = time.process_time() - began
    gap, carry = (margin.upper - margin.lower) / margin.upper, int((margin.weights > 1e-3 * margin.weights.max()).sum())
    answer.send({"seconds": seconds, "gap": gap, "carry": carry, "systems": margin.steps})


def one(path: pathlib.Path, method: str, whole: bool, limit: float) -> dict[str, Any] | None:
    """:func:`work` in a process of its own; None where it was not done within ``limit`` seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["clarabel", "jax", "howwide.ntrf", "howwide.tangent"])  # imported once for all
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(str(path), method, whole, limit, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        return None
    finally:
        process.join()


def samples(mnist: pathlib.Path | None) -> list[tuple[str, Floats, Floats]]:
    """Name, rows and labels of every sample."""
    found = []
    digits = hw.data.load("digits:even/odd")
    for n in (300, 1400):
        found.append((f"digits, n = {n}", digits.x[:n], digits.y[:n]))
    if mnist is not None:
        images = hw.data.load(str(mnist))
        found.append((f"MNIST 3/8, n = {images.n}", images.x, images.y))
    random = np.random.default_rng(0)
    return [
        case
        for name, x, y in found
        for case in ((f"{name}, own labels", x, y), (f"{name}, random labels", x, random.choice([-1.0, 1.0], len(y))))
    ]


def compared(name: str, x: Floats, y: Floats, folder: pathlib.Path, limit: float) -> dict[str, Any]:
    """Every contender on one sample, in turns; medians; the ratios are those to block pivoting inside working sets."""
    net = hw.DeepReLU(256, 3)
    weights = net.init(jax.random.key(0), x.shape[1])
    path = folder / "gram.npy"
    np.save(path, gram(net, weights, x) * (y[:, None] * y / net.gradient_scale**2))
    contenders = [(method, whole) for whole in (False, True) for method in METHODS if len(y) <= WHOLE or not whole]
    runs: dict[tuple[str, bool], list[dict[str, Any]]] = {contender: [] for contender in contenders}
    for turn in range(ROUNDS):
        for contender in contenders:
            if turn and (not runs[contender] or runs[contender][0]["seconds"] > SLOW):
                continue
            run = one(path, *contender, limit)
            if run is not None:
                runs[contender].append(run)
    base = np.array([run["seconds"] for run in runs["block pivoting", False]])
    rows = []
    print(f"\n{name}\n{'method':15s} {'on':13s} {'seconds':>8s} {'ratio':>6s} {'gap':>8s} {'carry':>6s} systems")
    for (method, whole), done in runs.items():
        row: dict[str, Any] = {"method": method, "on": "whole matrix" if whole else "working sets"}
        line = f"{method:15s} {row['on']:13s} "
        if done:
            seconds = np.array([run["seconds"] for run in done])
            ratio = np.median(seconds / base[: len(seconds)]) if len(base) else np.nan
            row |= {**done[0], "seconds": float(np.median(seconds)), "ratio": float(ratio) if len(base) else None}
            line += f"{row['seconds']:8.3f} {ratio:6.2f} {row['gap']:8.1e} {row['carry']:6d} {row['systems']:7d}"
        else:
            row["seconds"], line = None, line + f"{f'> {limit:.0f}':>8s}"
        print(line, flush=True)
        rows.append(row)
    return {"sample": name, "n": len(y), "limit": limit, "contenders": rows}


def main() -> None:
    """Compare on every sample, print the tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=pathlib.Path, nargs="?")
    parser.add_argument("--limit", type=float, default=90.0, help="processor seconds of a contender at most")
    parser.add_argument("--only", default="", help="samples whose name contains this")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    document: dict[str, Any] = {"numpy": np.__version__, "scipy": scipy.__version__, "clarabel": clarabel.__version__}
    document |= {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    document |= {"load_at_the_start": os.getloadavg()[0], "samples": []}
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples(chosen.mnist):
            if chosen.only in sample[0]:
                document["samples"].append(compared(*sample, pathlib.Path(folder), chosen.limit))
                chosen.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
