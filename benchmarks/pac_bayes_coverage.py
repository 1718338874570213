"""The PAC-Bayes certificate of small networks that were trained on small samples.

Every repetition draws its own sample, start and Monte Carlo. Labels that are fair coin flips have an exact risk: every
classifier errs with probability 1/2 however well it fits. The other populations are finite, and the risk of the
stochastic network on them a simulation, of which three standard errors are counted against the certificate. The control
breaks the condition that the start knows nothing of the sample.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from finite_population import Population, half_space
from scenario import DELTA, Array, Outcomes, Scenario, collected

from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.certify.bounds.stochastic_network import drawn_outputs, noise_deviations
from howwide.certify.certificates.pac_bayes import SCALES, pac_bayes

__all__ = ["scenarios"]

DIMENSION = 5
POPULATION = half_space(48, DIMENSION, 0.1, np.random.default_rng(0))
DRAWS = 100  # of the stochastic network, at each point of the population

Case = Callable[[np.random.Generator], tuple[float, float]]


def new_key(random: np.random.Generator) -> Any:
    """A JAX key from NumPy's random numbers."""
    return jax.random.key(int(random.integers(2**31)))


def iterates(net: Any, start: Any, x: Array, y: Array, steps: tuple[int, ...]) -> list[Any]:
    """Weights after each number of steps of gradient descent, at a step size that memorises."""
    size = 4.0 / (net.depth * net.gradient_scale**2)
    return [gradient_descent(net, start, x, y, step_size=size, steps=t).weights for t in steps]


def certificate(net: Any, start: Any, trained: list[Any], x: Array, y: Array, key: Any) -> Any:
    """The best of the iterates, certified with a coarse grid of scales."""
    grid = SCALES[1::4]
    return pac_bayes(net, start, trained[0], x, y, snapshots=trained[1:], delta=DELTA, scales=grid, draws=10, key=key)


def coin_flips(random: np.random.Generator, *, leak: bool = False) -> tuple[float, float]:
    """An overfitted network on 30 coin flips; with ``leak`` the prior is centred at the trained weights."""
    net = DeepReLU(16, 2)
    x, y = random.standard_normal((30, DIMENSION)), random.choice([-1.0, 1.0], 30)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    start = net.init(new_key(random), DIMENSION)
    trained = iterates(net, start, x, y, (400,) if leak else (20, 400))
    return certificate(net, trained[-1] if leak else start, trained, x, y, new_key(random)).value, 0.5


def noisy_labels(random: np.random.Generator, *, n: int, steps: tuple[int, ...]) -> tuple[float, float]:
    """A learnable half-space with a tenth of the labels wrong."""
    net = FixedHeadReLU(8, 2)
    chosen, y = POPULATION.sample(n, random)
    start = net.init(new_key(random), DIMENSION)
    trained = iterates(net, start, POPULATION.x[chosen], y, steps)
    found = certificate(net, start, trained, POPULATION.x[chosen], y, new_key(random))
    best = trained[int(found.terms["snapshot"])]
    return found.value, risk_from_above(net, best, found.terms["scale"], POPULATION, new_key(random))


def risk_from_above(net: Any, weights: Any, scale: float, population: Population, key: Any) -> float:
    """Risk of the stochastic network by simulation, plus three of its standard errors; all outputs are independent."""
    copies = np.tile(population.x, (DRAWS, 1))
    f = drawn_outputs(net, weights, noise_deviations(net, scale), copies, block_size=len(copies), key=key)[0]
    risks = population.risk(f.reshape(DRAWS, -1))
    return float(risks.mean() + 3 * risks.std(ddof=1) / math.sqrt(DRAWS))


def _repeated(case: Case, repetitions: int, random: np.random.Generator) -> Outcomes:
    return collected(case(random) for _ in range(repetitions))


def scenarios() -> Iterator[Scenario]:
    """Coin flips, noisy labels, no training at all (where nothing but the sample fluctuates), and the control."""
    noisy = partial(noisy_labels, n=60, steps=(5, 20, 80))
    untrained = partial(noisy_labels, n=30, steps=(0,))
    yield Scenario("pac_bayes", "fair coins memorised, n = 30", partial(_repeated, coin_flips))
    yield Scenario("pac_bayes", "a tenth of the labels wrong, n = 60", partial(_repeated, noisy))
    yield Scenario("pac_bayes", "the same, untrained, n = 30", partial(_repeated, untrained))
    leaked = partial(_repeated, partial(coin_flips, leak=True))
    yield Scenario("pac_bayes", "start trained on the sample, fair coins, n = 30", leaked, control=True)
