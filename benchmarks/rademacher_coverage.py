"""The certificates of linearised predictors, and of networks by transfer, against an adversary.

Finite populations with noisy labels, so that every risk is known, and tiny networks. The predictor is chosen by an
adversary who sees the sample, the population and the bound, and takes whatever lies furthest above its certificate.
The inequalities behind the certificates are simulated by themselves too, where they are not so loose.
"""

from collections.abc import Iterator
from functools import partial

import jax
import numpy as np
from finite_population import half_space
from scenario import DELTA, Array, Outcomes, Scenario, collected

import howwide as hw
from howwide.certify.bounds.complexity import mean_from_above
from howwide.certify.bounds.linear_predictor import Linear
from howwide.certify.bounds.margin_bound import Grid, margin_bound
from howwide.certify.certificates.transfer import Link, transfer
from howwide.ntrf.linearized import Linearized
from howwide.tangent import gram

__all__ = ["deviation", "linearised", "monte_carlo_mean", "scenarios", "transferred"]

POINTS, DIMENSION = 40, 3
GRID = Grid.of((0.5, 1.0, 2.0), (0.5, 1.0, 2.0))
NET = hw.DeepReLU(8, 2)


class Trial:
    """A population, a start with its kernel on the points, and a sample."""

    def __init__(self, n: int, noise: float, random: np.random.Generator) -> None:
        self.population = half_space(POINTS, DIMENSION, noise, random)
        key = jax.random.key(int(random.integers(2**31)))
        self.initial = tuple(np.asarray(w, float) for w in NET.init(key, DIMENSION))
        self.kernel = gram(NET, self.initial, self.population.x) / NET.gradient_scale**2
        self.offset = np.asarray(NET.apply(self.initial, self.population.x), float)
        self.chosen, self.y = self.population.sample(n, random)
        self.x = self.population.x[self.chosen]
        self.linearized = Linearized(NET, self.initial, self.x, self.y)

    def at_points(self, coefficients: Array) -> Array:
        """Sums of coefficients over the examples at each point."""
        return np.bincount(self.chosen, coefficients, minlength=POINTS)

    def risk(self, coefficients: Array) -> float:
        """Of the linearised predictor."""
        return float(self.population.risk(self.offset + self.kernel @ self.at_points(coefficients)))

    def fits(self) -> list[Array]:
        """Coefficients that fit the sample with its noise: the mean gradient, ridge, interpolation; within radius 2."""
        found = [self.y, self._ridge(1.0), self._ridge(1e-2)]
        sums = [self.at_points(a) for a in found]
        return [a * min(1.0, 2 / np.sqrt(u @ self.kernel @ u)) for a, u in zip(found, sums, strict=True)]

    def _ridge(self, strength: float) -> Array:
        # (K + s I) a = r on the examples, through the sums of a over the points: (C K + s I) u = sums of r
        residual = self.y - self.offset[self.chosen]
        counts = self.at_points(np.ones_like(self.y))
        sums = np.linalg.solve(counts[:, None] * self.kernel + strength * np.eye(POINTS), self.at_points(residual))
        return (residual - (self.kernel @ sums)[self.chosen]) / strength


def linearised(
    repetitions: int, random: np.random.Generator, *, n: int, noise: float = 0.2, delta: float = DELTA
) -> Outcomes:
    """The linearised predictor."""

    def outcome(trial: Trial) -> tuple[float, float]:
        found = [
            (margin_bound(trial.linearized, Linear.of(trial.linearized, a), GRID, delta=delta).value, trial.risk(a))
            for a in trial.fits()
        ]
        return max(found, key=lambda pair: pair[1] - pair[0])

    return collected(outcome(Trial(n, noise, random)) for _ in range(repetitions))


def transferred(
    repetitions: int,
    random: np.random.Generator,
    *,
    n: int,
    by: Link = "disagreement",
    noise: float = 0.2,
    delta: float = DELTA,
) -> Outcomes:
    """The network, its weights far along the direction that fits the noise."""

    def outcome(trial: Trial) -> tuple[float, float]:
        directions = trial.linearized.directions(trial.fits()[1])
        moves = [tuple(w + s * u for w, u in zip(trial.initial, directions, strict=True)) for s in (0.5, 1, 3)]
        outputs = np.stack([np.asarray(NET.apply(w, trial.population.x), float) for w in moves])
        risks = trial.population.risk(outputs)
        worst = int(np.argmax(risks))
        held_out = trial.population.x[random.integers(POINTS, size=n)]
        certificate = transfer(
            NET,
            trial.initial,
            moves[worst],
            trial.x,
            trial.y,
            held_out,
            delta=delta,
            by=by,
            radii=GRID.radii.tolist(),
            margins=GRID.margins.tolist(),
        )
        return certificate.value, risks[worst]

    return collected(outcome(Trial(n, noise, random)) for _ in range(repetitions))


def deviation(
    repetitions: int, random: np.random.Generator, *, n: int = 8, functions: int = 8, delta: float = DELTA
) -> Outcomes:
    """The deviation that is allowed and the largest that occurs, for 8 losses 0 and 1 with their exact complexity."""
    signs = np.array(np.meshgrid(*[(-1, 1)] * n)).reshape(n, -1)
    losses = (random.random((repetitions, functions, POINTS)) < 0.5).astype(float)
    chosen = random.integers(POINTS, size=(repetitions, 1, n))
    seen = np.take_along_axis(losses, np.broadcast_to(chosen, (repetitions, functions, n)), 2)
    complexity = (seen @ signs).max(1).mean(1) / n
    supremum = (losses.mean(2) - seen.mean(2)).max(1)
    return 2 * complexity + np.sqrt(2 * np.log(1 / delta) / n), supremum


def monte_carlo_mean(
    repetitions: int, random: np.random.Generator, *, draws: int, probability: float = 0.5, delta: float = DELTA
) -> Outcomes:
    """The limit for a mean, at the two-point law with the least mean for its second moment of 1."""
    means = random.binomial(draws, probability, size=repetitions) / draws / np.sqrt(probability)
    limits = np.array([mean_from_above(float(m), draws, delta) for m in means])
    return limits, np.full(repetitions, np.sqrt(probability))


def scenarios() -> Iterator[Scenario]:
    """Linearised predictors, networks by transfer, and the two inequalities behind them."""
    for n in (30, 200, 1000):
        yield Scenario("rademacher", f"a fifth of the labels wrong, n = {n}", partial(linearised, n=n))
    yield Scenario("rademacher", "fair coins, n = 200", partial(linearised, n=200, noise=0.5))
    links: tuple[Link, ...] = ("disagreement", "gap")
    for by in links:
        for n in (100, 2000):
            law = f"by {by}, a fifth of the labels wrong, n = {n}"
            yield Scenario("transfer", law, partial(transferred, n=n, by=by))
    for delta in (DELTA, 0.5):
        law = f"deviation of 8 losses, n = 8, delta = {delta}"
        yield Scenario("rademacher, ingredients", law, partial(deviation, delta=delta), delta)
    for draws in (50, 2000):
        law = f"mean of {draws} Monte Carlo draws"
        yield Scenario("rademacher, ingredients", law, partial(monte_carlo_mean, draws=draws))
