"""What is trained: sizes, data, starts, and the flops and products of one step."""

import dataclasses
import itertools
import math

import jax
import numpy as np

import howwide as hw

__all__ = ["DEPTH", "Setting"]

DEPTH = 5


@dataclasses.dataclass(frozen=True)
class Setting:
    """One shape: n unit rows in d dimensions, width m, five weight matrices, ``seeds`` starts on the same data.

    Data in general position with random labels: what a step costs does not depend on them.
    """

    n: int
    d: int
    m: int
    seeds: int = 1
    first_seed: int = 0

    def __str__(self) -> str:
        return f"({self.n}, {self.d}, {self.m})"

    def shared_out(self, parts: int) -> list["Setting"]:
        """The seeds in ``parts`` groups."""
        ends = [self.first_seed + self.seeds * k // parts for k in range(parts + 1)]
        return [dataclasses.replace(self, first_seed=a, seeds=b - a) for a, b in itertools.pairwise(ends)]

    @property
    def net(self) -> hw.DeepReLU:
        """The network of Chen et al., all matrices trained."""
        return hw.DeepReLU(width=self.m, depth=DEPTH, alpha=0.5)

    @property
    def step_size(self) -> float:
        """The theory's; no run of this length converges, diverges or dies with it."""
        return self.net.default_step_size()

    @property
    def scale(self) -> float:
        """The factor in front of the head."""
        return math.sqrt(self.m)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and labels in float32."""
        random = np.random.default_rng(0)
        x = random.standard_normal((self.n, self.d))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        return x.astype(np.float32), random.choice([-1.0, 1.0], self.n).astype(np.float32)

    def starts(self) -> list[tuple[np.ndarray, ...]]:
        """The initial weights of every seed."""
        keys = [jax.random.fold_in(jax.random.key(0), k) for k in range(self.first_seed, self.first_seed + self.seeds)]
        return [tuple(np.array(w) for w in self.net.init(key, self.d)) for key in keys]

    def flops(self, *, dual: bool = False) -> int:
        """Flops of one step of one net: forward, weight gradients, and signals from hidden layer to hidden layer.

        In dual coordinates the first layer is one product with the Gram.
        """
        n, m = self.n, self.m
        first, square = (n * m if dual else 2 * self.d * m), (DEPTH - 2) * m * m
        return 2 * n * (first + 2 * (square + m)) + 2 * n * square

    def products(self, *, dual: bool = False) -> dict[str, list[tuple[str, tuple[int, int, int], int]]]:
        """The matrix products of one step, ``rows`` and ``columns``: (layout, (rows, inner, columns), how often).

        With one row an example, as in PyTorch: ``nt`` is ``h @ w.T`` (forward), ``nn`` is ``b @ w`` (signals), ``tn``
        is ``b.T @ h`` (weight gradients). With one column an example, as in the library's loop: ``w @ x.T`` and
        ``w @ h`` (forward), ``turned @ b`` (signals), ``b @ x`` and ``b @ h.T`` (weight gradients). In dual coordinates
        the Gram takes the place of the inputs, and the first matrix needs no product for its gradient.
        """
        n, d, m, inner = self.n, self.d, self.m, DEPTH - 2
        if dual:
            inputs = {"rows": [("nt", (n, n, m), 1)], "columns": [("nt", (m, n, n), 1)]}
        else:
            inputs = {
                "rows": [("nt", (n, d, m), 1), ("tn", (m, n, d), 1)],
                "columns": [("nt", (m, d, n), 1), ("nn", (m, n, d), 1)],
            }
        rows = [
            *inputs["rows"],
            ("nt", (n, m, m), inner),
            ("nn", (n, m, m), inner),
            ("tn", (m, n, m), inner),
        ]
        columns = [
            *inputs["columns"],
            ("nn", (m, m, n), 2 * inner),
            ("nt", (m, n, m), inner),
        ]
        return {"rows": rows, "columns": columns}
