"""How fast the machine multiplies float32 matrices: the ceiling of every training step.

Flops a second of NumPy's BLAS, PyTorch's and JAX's products, for large squares and for the very products of a step.
"""

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import torch
from setting import Setting
from timing import interleaved, one

__all__ = ["square", "step_products"]

_Shape = tuple[int, int, int]

_FLOPS = 1e10
"""How long a timing is: a shorter one measures how threads wake up."""


def _operands(layout: str, shape: _Shape) -> tuple[np.ndarray, np.ndarray]:
    rows, inner, columns = shape
    random = np.random.default_rng(1)
    a = random.standard_normal((inner, rows) if layout[0] == "t" else (rows, inner)).astype(np.float32)
    b = random.standard_normal((columns, inner) if layout[1] == "t" else (inner, columns)).astype(np.float32)
    return a, b


def _in_numpy(layout: str, shape: _Shape, repeats: int) -> Callable[[], None]:
    a, b = _operands(layout, shape)
    left, right = a.T if layout[0] == "t" else a, b.T if layout[1] == "t" else b
    out = np.empty((shape[0], shape[2]), np.float32)

    def run() -> None:
        for _ in range(repeats):
            np.matmul(left, right, out=out)

    return run


def _in_torch(layout: str, shape: _Shape, repeats: int) -> Callable[[], None]:
    a, b = (torch.from_numpy(v) for v in _operands(layout, shape))
    left, right = a.T if layout[0] == "t" else a, b.T if layout[1] == "t" else b
    out = torch.empty(shape[0], shape[2])

    def run() -> None:
        for _ in range(repeats):
            torch.mm(left, right, out=out)

    return run


def _in_jax(layout: str, shape: _Shape, repeats: int, threads: int = 1) -> Callable[[], None]:
    @jax.jit
    def loop(a: jax.Array, b: jax.Array) -> jax.Array:
        def body(_: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
            a, b, _ = jax.lax.optimization_barrier(carry)  # else the product would move out of the loop
            left, right = a.T if layout[0] == "t" else a, b.T if layout[1] == "t" else b
            return a, b, jax.numpy.matmul(left, right, precision=jax.lax.Precision.HIGHEST)

        nothing = jax.numpy.zeros((shape[0], shape[2]), a.dtype)
        return jax.lax.fori_loop(0, repeats, body, (a, b, nothing))[2]

    a, b = jax.device_put(_operands(layout, shape))

    def run(_: int = 0) -> None:
        loop(a, b).block_until_ready()

    if threads == 1:
        return run
    pool = ThreadPoolExecutor(threads)
    return lambda: list(pool.map(run, range(threads)))


def square(size: int = 2048, rounds: int = 7) -> dict[str, float]:
    """GFLOP/s of a product of two ``size`` x ``size`` matrices: medians over interleaved rounds."""
    shape = size, size, size
    made = {"NumPy": _in_numpy, "PyTorch": _in_torch, "JAX": _in_jax}
    contenders = {name: make("nn", shape, 1) for name, make in made.items()}
    return {name: 2 * size**3 / s / 1e9 for name, s in _medians(contenders, rounds).items()}


def step_products(setting: Setting, *, dual: bool = False, threads: int = 1, rounds: int = 3) -> dict[str, float]:
    """Seconds that the matrix products of one step of one net take, by themselves.

    Each library in the layout of its contenders. With ``threads`` the JAX figure is that of as many loops at once,
    divided among them, as the engine of threads runs them.
    """
    shared = {"NumPy": 1, "PyTorch": 1, "JAX": threads}
    totals = dict.fromkeys(shared, 0.0)
    products = setting.products(dual=dual)
    for name, layouts in (("NumPy", "rows"), ("PyTorch", "rows"), ("JAX", "columns")):
        for layout, shape, times in products[layouts]:
            repeats = max(1, int(_FLOPS / (2 * math.prod(shape))))
            if name == "JAX":
                work = _in_jax(layout, shape, repeats, threads)
            else:
                work = (_in_numpy if name == "NumPy" else _in_torch)(layout, shape, repeats)
            seconds = _medians({name: work}, rounds)[name]
            totals[name] += times * seconds / repeats / shared[name]
    return totals


def _medians(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    for work in contenders.values():
        one(work)
    return {name: float(np.median(s)) for name, s in interleaved(contenders, rounds).items()}
