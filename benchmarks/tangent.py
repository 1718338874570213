"""Speed of the tangent Gram, against Jacobian contraction in PyTorch and neural-tangents: ``make bench-tangent``.

Contenders take turns in one run. Ours and PyTorch's have the same weights and must agree; neural-tangents lives in an
environment of its own (see ``tangent_worker.py``) and draws its own network of the same shape. Prints tables and writes
``results/tangent.json``.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import torch
from steps import environment
from timing import one, quartiles

import howwide as hw
from howwide.tangent import gram

HERE = pathlib.Path(__file__).parent
RESULTS = HERE / "results" / "tangent.json"
PEER = HERE.parent / ".venv-neural-tangents" / "bin" / "python"
MODES = (
    "STRUCTURED_DERIVATIVES",
    "JACOBIAN_CONTRACTION vmap_axes=0",
    "NTK_VECTOR_PRODUCTS vmap_axes=0",
    "STRUCTURED_DERIVATIVES vmap_axes=0",
)
"""As neural-tangents calls them; vmap_axes=0, which is not its default, tells it that examples do not interact."""


def case(n: int, d: int, m: int, depth: int) -> tuple[Any, tuple[np.ndarray, ...], np.ndarray]:
    """A network at its start and unit rows in general position, float32."""
    x = np.random.default_rng(0).standard_normal((n, d))
    net = hw.DeepReLU(m, depth)
    weights = tuple(np.asarray(w) for w in net.init(jax.random.key(0), d))
    return net, weights, (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def torch_gram(net: Any, weights: Any, x: np.ndarray) -> Callable[[], np.ndarray]:
    """Jacobian contraction as PyTorch's own tutorial on tangent kernels writes it."""
    w, rows = tuple(torch.from_numpy(a.copy()) for a in weights), torch.from_numpy(x)

    def f(matrices: Any, row: torch.Tensor) -> torch.Tensor:
        for matrix in matrices[:-1]:
            row = torch.relu(matrix @ row)
        return net.scale * (matrices[-1] @ row)[0]

    def run() -> np.ndarray:
        jacobian = torch.func.vmap(torch.func.jacrev(f), (None, 0))(w, rows)
        flat = [j.flatten(1) for j in jacobian]
        return sum(torch.einsum("np,mp->nm", j, j) for j in flat).numpy()  # type: ignore[union-attr]

    return run


class Peer:
    """Neural-tangents behind a pipe: one line in, the seconds of one Gram out."""

    def __init__(self, python: pathlib.Path, shape: tuple[int, ...]) -> None:
        command = [str(python), str(HERE / "tangent_worker.py"), *map(str, shape)]
        self._process = subprocess.Popen(command, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True)

    def ask(self, mode: str) -> dict[str, Any]:
        """Seconds of one Gram in ``mode``, or what went wrong."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(mode + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def against_peers(shape: tuple[int, int, int, int], rounds: int, python: pathlib.Path) -> dict[str, Any]:
    """Seconds of every contender, round by round, and the ratios to ours in float32."""
    net, weights, x = case(*shape)
    contenders: dict[str, Callable[[], Any]] = {
        "howwide": lambda: gram(net, weights, x, dtype="float32"),
        "howwide, float64": lambda: gram(net, weights, x),
        "torch.func": torch_gram(net, weights, x),
    }
    ours, theirs = (contenders[name]() for name in ("howwide", "torch.func"))
    if np.abs(ours - theirs).max() > 1e-4 * np.abs(ours).max():
        sys.exit("torch.func and howwide do not agree")
    contenders["howwide, float64"]()
    peer = Peer(python, shape) if python.exists() else None
    failed = {} if peer else {"neural-tangents": f"not installed in {python.parent.parent.name}"}
    modes = []
    for mode in MODES if peer else ():
        answer = peer.ask(mode)  # compiles
        if "error" in answer:
            failed[f"neural-tangents, {mode}"] = answer["error"]
        else:
            modes.append(mode)
    seconds: dict[str, list[float]] = {name: [] for name in [*contenders, *(f"neural-tangents, {m}" for m in modes)]}
    for turn in range(rounds):
        for name, work in contenders.items():
            seconds[name].append(one(work))
        for mode in modes:
            found = seconds[f"neural-tangents, {mode}"]
            if turn < 1 or found[0] < 5:  # the slow ones take half a minute each time
                found.append(peer.ask(mode)["seconds"])
    base = np.array(seconds["howwide"])
    rows = {
        name: {"seconds": quartiles(s), "ratio": quartiles(np.array(s) / base[: len(s)])} for name, s in seconds.items()
    }
    return {"shape": shape, "contenders": rows, "failed": failed}


def product_speed(size: int = 2048) -> float:
    """GFLOP/s of one square float32 product in JAX."""
    a = jax.numpy.asarray(np.random.default_rng(0).standard_normal((size, size)), np.float32)
    multiply = jax.jit(lambda a: a @ a)
    multiply(a).block_until_ready()
    return 2 * size**3 / one(lambda: multiply(a).block_until_ready()) / 1e9


def full_flops(n: int, d: int, m: int, depth: int) -> float:
    """Flops of the products of a Gram, both triangles counted."""
    return 2 * n * n * (d + 2 * m * (depth - 1))


def against_products(shape: tuple[int, int, int, int], rounds: int) -> dict[str, Any]:
    """Speed of a large float32 Gram beside that of bare products, in turns."""
    net, weights, x = case(*shape)
    gram(net, weights, x, dtype="float32")
    rates, bare = [], []
    for _ in range(rounds):
        rates.append(full_flops(*shape) / one(lambda: gram(net, weights, x, dtype="float32")) / 1e9)
        bare.append(product_speed())
    fraction = quartiles(np.array(rates) / np.array(bare))
    return {"shape": shape, "gflops": quartiles(rates), "bare_gflops": quartiles(bare), "fraction": fraction}


def growth(rounds: int, *, depth: int = 3, d: int = 784) -> list[dict[str, float]]:
    """Seconds of a float64 Gram as n and m grow, and seconds per flop of n^2 m + n m^2."""
    rows = []
    for m in (256, 512, 1024, 2048):
        for n in (500, 1000, 2000, 4000):
            net, weights, x = case(n, d, m, depth)
            gram(net, weights, x)
            seconds = min(one(lambda: gram(net, weights, x)) for _ in range(rounds))  # noqa: B023
            rows.append({"n": n, "m": m, "seconds": seconds, "per_flop": seconds / (n * n * m + n * m * m)})
    return rows


def judge(what: str, value: float, least: float) -> None:
    """A line that says whether a promise holds."""
    print(f"{'holds' if value >= least else 'FAILS'}  {what}: {value:.2f}, wanted >= {least:g}")


def main() -> None:
    """Time everything, print the tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", type=pathlib.Path, default=PEER, help="Python of neural-tangents' environment")
    chosen = parser.parse_args()
    began = time.perf_counter()
    result: dict[str, Any] = {"environment": environment()}
    result["small"] = small = against_peers((700, 64, 1024, 3), chosen.rounds, chosen.peer)
    print("Gram of n = 700, d = 64, m = 1024, L = 3\n" + f"{'':52s} {'seconds':>10s} {'ratio to ours':>14s}")
    for name, row in sorted(small["contenders"].items(), key=lambda item: -item[1]["seconds"][1]):
        print(f"{name:52s} {row['seconds'][1]:10.3f} {row['ratio'][1]:14.1f}")
    for name, why in small["failed"].items():
        print(f"{name:52s} failed: {why}")
    result["large"] = large = against_products((5000, 784, 1024, 5), chosen.rounds)
    print(
        f"\nGram of n = 5000, d = 784, m = 1024, L = 5, float32: {large['gflops'][1]:.0f} GFLOP/s by full products, "
        f"{large['fraction'][1]:.2f} of JAX's products ({large['bare_gflops'][1]:.0f})"
    )
    result["growth"] = table = growth(2)
    print("\nSeconds of a float64 Gram, d = 784, L = 3 (in brackets: nanoseconds for 1000 units of n^2 m + n m^2)")
    print("      m" + "".join(f"{f'n = {n}':>18s}" for n in sorted({int(r["n"]) for r in table})))
    for m in sorted({int(r["m"]) for r in table}):
        cells = [f"{r['seconds']:9.3f} ({1e12 * r['per_flop']:5.1f})" for r in table if r["m"] == m]
        print(f"{m:7d}" + "".join(f"{c:>18s}" for c in cells))
    rows = {name: row["ratio"][1] for name, row in small["contenders"].items() if not name.startswith("howwide")}
    usual = min((r for name, r in rows.items() if "vmap_axes" not in name), default=math.nan)
    told = min((r for name, r in rows.items() if "vmap_axes" in name), default=math.nan)
    fraction = large["fraction"][1]
    print()
    judge("fastest peer as it is called by default / ours, n = 700", usual, 100)
    judge("neural-tangents told that examples do not interact / ours", told, 100)
    judge("share of JAX's product speed, n = 5000", fraction, 0.7)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {RESULTS}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
