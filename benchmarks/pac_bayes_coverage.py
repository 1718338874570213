"""Does the PAC-Bayes certificate hold as often as it says? ``python benchmarks/pac_bayes_coverage.py``.

Small networks, small samples, 2000 repetitions a case, delta = 0.05; every repetition draws its own sample, start and
Monte Carlo. A violation is a value below the risk of the stochastic network that was certified. Two cases have an exact
risk: labels that are fair coin flips, where every classifier errs with probability 1/2 however well it fits. In the
others the population is 48 points with noisy labels and the risk a simulation of 400 draws a point; three of its
standard errors are counted against the certificate. The control breaks the condition that the start knows nothing of
the sample, and must be found out.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.certify.pac_bayes import SCALES, pac_bayes
from howwide.certify.stochastic_network import drawn_outputs, noise_deviations

DELTA = 0.05
DIMENSION = 5
POINTS = 48
NOISE = 0.1


@dataclass(frozen=True)
class Outcome:
    """One certificate and the risk it bounds; ``risk`` is raised by three standard errors where it is simulated."""

    value: float
    risk: float

    @property
    def violated(self) -> bool:
        """Whether the bound failed."""
        return self.value < self.risk


def rows(random: np.random.Generator, n: int) -> np.ndarray:
    """Uniform unit rows."""
    x = random.standard_normal((n, DIMENSION))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def iterates(net: Any, start: Any, x: np.ndarray, y: np.ndarray, steps: tuple[int, ...]) -> list[Any]:
    """Weights after each number of steps of gradient descent, at a step size that memorises."""
    size = 4.0 / (net.depth * net.gradient_scale**2)
    return [gradient_descent(net, start, x, y, step_size=size, steps=t).weights for t in steps]


def certificate(net: Any, start: Any, trained: list[Any], x: np.ndarray, y: np.ndarray, index: int) -> Any:
    """The best of the iterates, certified with a coarse grid of scales."""
    key = jax.random.fold_in(jax.random.key(7), index)
    grid = SCALES[1::4]
    return pac_bayes(net, start, trained[0], x, y, snapshots=trained[1:], delta=DELTA, scales=grid, draws=10, key=key)


def coin_flip(index: int, *, leak: bool = False) -> Outcome:
    """An overfitted network on 30 coin flips; with ``leak`` the prior is centred at the trained weights."""
    random, net = np.random.default_rng([11, index]), DeepReLU(16, 2)
    x, y = rows(random, 30), random.choice([-1.0, 1.0], 30)
    start = net.init(jax.random.fold_in(jax.random.key(1), index), DIMENSION)
    trained = iterates(net, start, x, y, (400,) if leak else (20, 400))
    return Outcome(certificate(net, trained[-1] if leak else start, trained, x, y, index).value, 0.5)


def leaked_start(index: int) -> Outcome:
    """The control: the same with a start that was trained on the sample."""
    return coin_flip(index, leak=True)


def noisy_population(index: int, *, n: int = 60, steps: tuple[int, ...] = (5, 20, 80)) -> Outcome:
    """A learnable half-space with a tenth of the labels wrong."""
    random, net = np.random.default_rng([12, index]), FixedHeadReLU(8, 2)
    points = rows(np.random.default_rng(0), POINTS)
    truth = np.where(points[:, 0] > 0, 1.0, -1.0)
    drawn = random.integers(POINTS, size=n)
    y = truth[drawn] * np.where(random.random(n) < NOISE, -1.0, 1.0)
    start = net.init(jax.random.fold_in(jax.random.key(2), index), DIMENSION)
    trained = iterates(net, start, points[drawn], y, steps)
    found = certificate(net, start, trained, points[drawn], y, index)
    chosen = trained[int(found.terms["snapshot"])]
    return Outcome(found.value, population_risk(net, chosen, found.terms["scale"], points, truth, index))


def untrained(index: int) -> Outcome:
    """No training at all: divergence 0, the case in which nothing but the sample's own fluctuation is bounded."""
    return noisy_population(index, n=30, steps=(0,))


def population_risk(net: Any, weights: Any, scale: float, points: np.ndarray, truth: np.ndarray, index: int) -> float:
    """Risk over the population, plus three standard errors of its simulation; clean mistakes p become p + (1 - 2p)/10.

    The draws of one point share nothing with those of another, so 400 rows a point are one call.
    """
    key = jax.random.fold_in(jax.random.key(3), index)
    copies = np.repeat(points, 400, axis=0)
    f = drawn_outputs(net, weights, noise_deviations(net, scale), copies, block_size=len(copies), key=key)[0]
    clean = (f * np.repeat(truth, 400) <= 0).reshape(len(points), -1).mean(axis=1)
    error = math.sqrt(float(np.sum(clean * (1 - clean) / 400))) / len(points)
    return NOISE + (1 - 2 * NOISE) * (float(clean.mean()) + 3 * error)


def counted(case: Callable[[int], Outcome], repetitions: int) -> tuple[int, int]:
    """Violations, and repetitions, of one case."""
    return sum(case(index).violated for index in range(repetitions)), repetitions


def coin_flips(repetitions: int = 2000) -> tuple[int, int]:
    """Violations and repetitions of :func:`coin_flip`."""
    return counted(coin_flip, repetitions)


def noisy_populations(repetitions: int = 2000) -> tuple[int, int]:
    """Violations and repetitions of :func:`noisy_population`."""
    return counted(noisy_population, repetitions)


def untrained_networks(repetitions: int = 2000) -> tuple[int, int]:
    """Violations and repetitions of :func:`untrained`."""
    return counted(untrained, repetitions)


def leaked_starts(repetitions: int = 200) -> tuple[int, int]:
    """Violations and repetitions of :func:`leaked_start`, which must be many."""
    return counted(leaked_start, repetitions)


def main() -> None:
    """Print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    allowed = DELTA + 3 * math.sqrt(DELTA * (1 - DELTA) / repetitions)
    print(f"{'case':18s} {'repetitions':>11s} {'violated':>9s} {'risk':>7s} {'value':>7s} {'largest risk/value':>19s}")
    for case in (coin_flip, noisy_population, untrained, leaked_start):
        runs = [case(index) for index in range(repetitions if case is not leaked_start else repetitions // 10)]
        rate = sum(r.violated for r in runs) / len(runs)
        risk, value = (float(np.mean([getattr(r, name) for r in runs])) for name in ("risk", "value"))
        worst = max(r.risk / r.value for r in runs)
        said = f"{case.__name__:18s} {len(runs):11d} {rate:9.4f} {risk:7.3f} {value:7.3f} {worst:19.3f}"
        judged = rate > 0.5 if case is leaked_start else rate <= allowed
        print(said, "holds" if judged else "FAILS", flush=True)


if __name__ == "__main__":
    main()
