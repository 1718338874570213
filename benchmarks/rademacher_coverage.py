"""Do the certificates of linearised predictors hold? ``python benchmarks/rademacher_coverage.py``.

Finite populations with noisy labels, so that every risk is known, and tiny networks. The predictor is chosen by an
adversary who sees the sample, the population and the bound, and takes whatever lies furthest above its certificate.
Each simulation returns how often it succeeded, and in how many repetitions.
"""

import argparse
from functools import partial

import jax
import numpy as np

import howwide as hw
from howwide.certify.complexity import mean_from_above
from howwide.certify.linear_predictor import Linear
from howwide.certify.margin_bound import Grid, margin_bound
from howwide.certify.transfer import Link, transfer
from howwide.ntrf.linearized import Linearized
from howwide.tangent import gram

POINTS, DIMENSION = 40, 3
GRID = Grid.of((0.5, 1.0, 2.0), (0.5, 1.0, 2.0))
NET = hw.DeepReLU(8, 2)


class Population:
    """Unit vectors, their probabilities of the label +1, a network, and its kernel on them."""

    def __init__(self, noise: float, random: np.random.Generator) -> None:
        self.x = random.normal(size=(POINTS, DIMENSION))
        self.x /= np.linalg.norm(self.x, axis=1, keepdims=True)
        self.positive = np.where(self.x[:, 0] > 0, 1 - noise, noise)
        key = jax.random.key(int(random.integers(2**31)))
        self.initial = tuple(np.asarray(w, float) for w in NET.init(key, DIMENSION))
        self.kernel = gram(NET, self.initial, self.x) / NET.gradient_scale**2
        self.offset = np.asarray(NET.apply(self.initial, self.x), float)

    def sample(self, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Indices and labels of n independent examples."""
        chosen = random.integers(POINTS, size=n)
        return chosen, np.where(random.random(n) < self.positive[chosen], 1.0, -1.0)

    def risk(self, outputs: np.ndarray) -> float:
        """Probability of a mistake; an output of 0 is one."""
        return float(np.mean(self.positive * (outputs <= 0) + (1 - self.positive) * (outputs >= 0)))

    def fits(self, chosen: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        """Coefficients that fit the sample with its noise: the mean gradient, ridge, interpolation; within radius 2."""
        k = self.kernel[np.ix_(chosen, chosen)]
        found = [y, *(np.linalg.solve(k + s * np.eye(len(y)), y - self.offset[chosen]) for s in (1.0, 1e-2))]
        return [a * min(1.0, 2 / np.sqrt(a @ k @ a)) for a in found]


def linearised(repetitions: int, n: int, *, noise: float = 0.2, delta: float = 0.05, seed: int = 0) -> tuple[int, int]:
    """Violations of the certificate of the linearised predictor, and repetitions."""
    violations = 0
    for index in range(repetitions):
        random = np.random.default_rng([seed, n, index])
        population = Population(noise, random)
        chosen, y = population.sample(n, random)
        linearized = Linearized(NET, population.initial, population.x[chosen], y)
        excess = []
        for a in population.fits(chosen, y):
            bound = margin_bound(linearized, Linear.of(linearized, a), GRID, delta=delta)
            outputs = population.offset + population.kernel[:, chosen] @ a
            excess.append(population.risk(outputs) - bound.value)
        violations += max(excess) > 0
    return violations, repetitions


def transferred(
    repetitions: int, n: int, *, by: Link = "disagreement", noise: float = 0.2, delta: float = 0.05, seed: int = 1
) -> tuple[int, int]:
    """Violations of the certificate of the network: weights far along the direction that fits the noise."""
    violations = 0
    for index in range(repetitions):
        random = np.random.default_rng([seed, n, index])
        population = Population(noise, random)
        chosen, y = population.sample(n, random)
        linearized = Linearized(NET, population.initial, population.x[chosen], y)
        directions = linearized.directions(population.fits(chosen, y)[1])
        moves = [tuple(w + s * u for w, u in zip(population.initial, directions, strict=True)) for s in (0.5, 1, 3)]
        risks = [population.risk(np.asarray(NET.apply(w, population.x), float)) for w in moves]
        worst = int(np.argmax(risks))
        held_out = population.x[random.integers(POINTS, size=n)]
        certificate = transfer(
            NET,
            population.initial,
            moves[worst],
            population.x[chosen],
            y,
            held_out,
            delta=delta,
            by=by,
            radii=GRID.radii.tolist(),
            margins=GRID.margins.tolist(),
        )
        violations += risks[worst] > certificate.value
    return violations, repetitions


def deviation(
    repetitions: int, n: int = 8, *, functions: int = 8, delta: float = 0.05, seed: int = 3
) -> tuple[int, int]:
    """Violations of the inequality behind the bound, for a finite class of losses 0 and 1 with its exact complexity."""
    random = np.random.default_rng(seed)
    signs = np.array(np.meshgrid(*[(-1, 1)] * n)).reshape(n, -1)
    losses = (random.random((repetitions, functions, POINTS)) < 0.5).astype(float)
    chosen = random.integers(POINTS, size=(repetitions, 1, n))
    seen = np.take_along_axis(losses, np.broadcast_to(chosen, (repetitions, functions, n)), 2)
    complexity = (seen @ signs).max(1).mean(1) / n
    supremum = (losses.mean(2) - seen.mean(2)).max(1)
    return int((supremum > 2 * complexity + np.sqrt(2 * np.log(1 / delta) / n)).sum()), repetitions


def monte_carlo_mean(
    repetitions: int, draws: int, *, probability: float = 0.5, delta: float = 0.05, seed: int = 2
) -> tuple[int, int]:
    """Violations of the limit for a mean, at the two-point law with the least mean for its second moment of 1."""
    random = np.random.default_rng(seed)
    means = random.binomial(draws, probability, size=repetitions) / draws / np.sqrt(probability)
    limits = np.array([mean_from_above(float(m), draws, delta) for m in means])
    return int((limits < np.sqrt(probability)).sum()), repetitions


def main() -> None:
    """Print a line a simulation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    count = parser.parse_args().repetitions
    rows = {
        **{f"linearised, n = {n}": partial(linearised, count, n) for n in (30, 200, 1000)},
        "linearised, n = 200, labels are fair coins": partial(linearised, count, 200, noise=0.5),
        "transfer by disagreement, n = 100": partial(transferred, count, 100),
        "transfer by gap, n = 100": partial(transferred, count, 100, by="gap"),
        "deviation, delta = 0.05": partial(deviation, count),
        "deviation, delta = 0.5": partial(deviation, count, delta=0.5),
        "Monte-Carlo mean, 50 draws": partial(monte_carlo_mean, 100 * count, 50),
        "Monte-Carlo mean, 2000 draws": partial(monte_carlo_mean, 100 * count, 2000),
    }
    for name, simulation in rows.items():
        violations, repetitions = simulation()
        print(f"{name}: {violations} of {repetitions}")


if __name__ == "__main__":
    main()
