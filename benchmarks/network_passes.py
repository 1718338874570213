"""One pass of real networks over finite populations, where the risk of every iterate is a sum.

Each repetition draws a start, a sample and the plan of the pass, trains with `one_pass_sgd` and asks `certify_pass`, in
float64. The risk of the certified snapshot is that of the weights which the library kept. The mean risk of all iterates
comes from a replay of the pass in NumPy, many repetitions at a time, which must make the margins of the library. (At
the largest steps a rounding error can send a pass another way; the few that differ are run again with all iterates
kept.) As many fresh examples as the pass has then test, by `holdout`, the kept iterate that errs least on the pass
itself.

The certificates of one law share their runs, whose random numbers are the law's own.
"""

import functools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from finite_population import Population, half_space
from scenario import DELTA, Array, Outcomes, Scenario

from howwide import DeepReLU, gradient_descent
from howwide.certify import Certificate, PassPlan, certify_pass, holdout, plan_pass
from howwide.networks.precision import computing_in
from howwide.training import OnlineRun, one_pass_sgd

__all__ = ["LAWS", "Law", "outcomes", "replay", "scenarios"]

_AT_ONCE = 250  # repetitions of a replay
_TRUST = 1e-6  # relative difference of two margins beyond which the replay is of another pass
_ASTRAY = 0.05  # share of the passes that rounding may send another way


class Compiled(DeepReLU):
    """The same network, its forward pass compiled once for every shape: a pass asks for fifteen."""

    def apply(self, weights: Any, x: Any) -> jax.Array:
        """Outputs, float64."""
        with computing_in("float64"):
            return _compiled(self)(weights, x)


@functools.cache
def _compiled(net: DeepReLU) -> Any:
    return jax.jit(lambda weights, x: DeepReLU.apply(net, weights, x))


@dataclass(frozen=True)
class Law:
    """Networks, examples and a step size.

    Attributes:
        words: what is special about it.
        n: length of the pass.
        width: m.
        depth: L.
        constant: c of the step size c / (L m).
        noise: share of the labels that are wrong.
        points: in the population.
        dimension: of the points.
        origin: share of the points at 0, where the output is always 0.
        leak: whether the start was trained on the sample, which is not allowed.
    """

    words: str
    n: int
    width: int = 8
    depth: int = 3
    constant: float = 4.0
    noise: float = 0.1
    points: int = 40
    dimension: int = 3
    origin: float = 0.0
    leak: bool = False

    @property
    def net(self) -> DeepReLU:
        """The network."""
        return Compiled(self.width, self.depth)

    @property
    def name(self) -> str:
        """The law in words."""
        return f"m = {self.width}, L = {self.depth}, c = {self.constant:g}, {self.words}, n = {self.n}"


NOISY, COINS = "a tenth of the labels wrong", "fair coins"
LAWS = (
    *(Law(NOISY, n, width=8, depth=2) for n in (20, 50, 100)),
    *(Law(NOISY, n, width=16, depth=3) for n in (20, 50, 100)),
    *(Law("risk that rises, dying networks", n, constant=16.0) for n in (50, 100)),
    *(Law("spikes", n, depth=2, constant=64.0) for n in (20, 50, 100)),
    Law("a third of the points at 0", 50, noise=0.0, origin=1 / 3),
    Law(COINS, 50, width=32, depth=2, noise=0.5, points=400, dimension=20),
    Law("every label right", 500, width=16, depth=2, noise=0.0),
    Law(f"{COINS} that the start knows", 50, width=32, depth=2, noise=0.5, points=400, dimension=20, leak=True),
)


@dataclass(frozen=True)
class Pass:
    """One repetition: a run with its start, its examples and its certificates by name."""

    start: tuple[Array, ...]
    chosen: Array
    y: Array
    run: OnlineRun
    certificates: dict[str, Certificate]
    held_out: tuple[float, float]


def forward(weights: Any, x: Array) -> tuple[list[Array], Array]:
    """Activations of every layer and outputs, for rows x (..., k, d) and weights with the same leading axes."""
    activations = [x]
    for w in weights[:-1]:
        activations.append(np.maximum(activations[-1] @ np.swapaxes(w, -1, -2), 0))
    scale = np.sqrt(weights[-1].shape[-1])
    return activations, scale * (activations[-1] @ np.swapaxes(weights[-1], -1, -2))[..., 0]


def replay(law: Law, starts: Any, x: Array, y: Array, population: Population) -> tuple[Array, Array]:
    """Margins and risks (R, n) of the iterates before each update, for starts, rows (R, n, d) and labels (R, n)."""
    weights, eta = [np.array(w) for w in starts], law.net.default_step_size(law.constant)
    margins, risks = np.empty((2, *y.shape))
    for t in range(y.shape[1]):
        risks[:, t] = population.risk(forward(weights, np.broadcast_to(population.x, (len(y), *population.x.shape)))[1])
        activations, f = forward(weights, x[:, t : t + 1])
        margins[:, t] = margin = y[:, t] * f[:, 0]
        change = eta * np.sqrt(law.width) * y[:, t] * np.exp(-np.logaddexp(0.0, margin))
        signal = np.ones((len(y), 1))
        for level in range(law.depth - 1, -1, -1):
            pulled = (signal[:, None] @ weights[level])[:, 0] * (activations[level][:, 0] > 0)
            weights[level] += (change[:, None] * signal)[:, :, None] * activations[level]
            signal = pulled
    return margins, risks


def passed(law: Law, population: Population, start: Any, random: np.random.Generator, key: Any) -> Pass:
    """One pass of the library, certified."""
    (chosen, y), (fresh, y_fresh) = population.sample(law.n, random), population.sample(law.n, random)
    x, net = population.x[chosen], law.net
    if law.leak:
        step = 4.0 / (law.depth * law.width)
        start = gradient_descent(net, start, x, y, step_size=step, steps=400).weights
    plan = plan_pass(law.n, observed=0, key=jax.random.fold_in(key, 0))
    run = one_pass_sgd(
        net, start, x, y, hidden_constant=law.constant, snapshots=_asked(plan), key=jax.random.fold_in(key, 1)
    )
    found = {c.name: c for c in certify_pass(net, run, x, y, plan, delta=DELTA)}
    weights = (*(run.snapshots[t] for t in plan.snapshots), run.final_weights)
    kept = [forward(w, population.x)[1] for w in weights]
    best = min(kept, key=lambda f: int((y * f[chosen] <= 0).sum()))
    bound = holdout(y_fresh * best[fresh] <= 0, delta=DELTA).value
    return Pass(start, chosen, y, run, found, (bound, float(population.risk(best))))


def _asked(plan: PassPlan) -> tuple[int, ...]:
    """The snapshots of a plan, and others where some coincide: always as many, so that all passes compile once."""
    others = [t for t in range(plan.n) if t not in plan.snapshots]
    return (*plan.snapshots, *others[: len(plan.tested) - len(plan.snapshots)])


@functools.cache
def outcomes(law: Law, repetitions: int) -> dict[str, Outcomes]:
    """Values and risks of every certificate under a law."""
    seed = zlib.crc32(law.name.encode())
    random, key = np.random.default_rng(seed), jax.random.key(seed)
    population = half_space(law.points, law.dimension, law.noise, np.random.default_rng(0), origin=law.origin)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, np.arange(repetitions))
    starts = [np.asarray(w) for w in jax.vmap(lambda k: law.net.init(k, law.dimension, dtype="float64"))(keys)]
    found = [
        passed(law, population, tuple(w[i] for w in starts), random, jax.random.fold_in(keys[i], 7))
        for i in range(repetitions)
    ]
    risks = np.concatenate(
        [_replayed(law, found[i : i + _AT_ONCE], population) for i in range(0, repetitions, _AT_ONCE)]
    )
    return _outcomes(found, risks, population)


def _replayed(law: Law, found: list[Pass], population: Population) -> Array:
    """Risks of the iterates of these passes (R, n).

    Raises:
        ArithmeticError: the replay is not that of the library.
    """
    starts = [np.stack(layer) for layer in zip(*(p.start for p in found), strict=True)]
    chosen, y = (np.stack([getattr(p, name) for p in found]) for name in ("chosen", "y"))
    margins, risks = replay(law, starts, population.x[chosen], y, population)
    recorded = np.stack([p.run.online_margins for p in found])
    astray = ~np.isclose(margins, recorded, rtol=_TRUST, atol=_TRUST).all(axis=1)
    if astray.sum() > max(1, _ASTRAY * len(found)):
        raise ArithmeticError(f"the replay is not the pass of the library: {law.name}")
    for i in np.flatnonzero(astray):
        risks[i] = _kept_risks(law, found[i], population)
    return risks


def _kept_risks(law: Law, found: Pass, population: Population) -> Array:
    """Risks of the iterates of one pass (n,), from the weights themselves."""
    x = population.x[found.chosen]
    everything = range(law.n)
    run = one_pass_sgd(
        law.net, found.start, x, found.y, hidden_constant=law.constant, snapshots=everything, key=jax.random.key(0)
    )
    np.testing.assert_array_equal(run.online_margins, found.run.online_margins)
    return population.risk(np.stack([forward(run.snapshots[t], population.x)[1] for t in everything]))


def _outcomes(found: list[Pass], risks: Array, population: Population) -> dict[str, Outcomes]:
    def values(name: str) -> Array:
        return np.array([p.certificates[name].value for p in found])

    def term(name: str, key: str) -> list[Any]:
        return [p.certificates[name].terms[key] for p in found]

    tested = [p.run.snapshots[int(t)] for p, t in zip(found, term("snapshot_suffix", "snapshot"), strict=True)]
    tails = [r[int(s) :].mean() for r, s in zip(risks, term("progressive_validation", "first_iterate"), strict=True)]
    held_out = np.array([p.held_out for p in found])
    return {
        "snapshot_suffix": (
            values("snapshot_suffix"),
            np.array([population.risk(forward(w, population.x)[1]) for w in tested]),
        ),
        "progressive_validation": (values("progressive_validation"), np.array(tails)),
        "online_to_batch": (values("online_to_batch"), risks.mean(axis=1)),
        "holdout": (held_out[:, 0], held_out[:, 1]),
    }


def _simulated(law: Law, name: str, repetitions: int, random: np.random.Generator) -> Outcomes:
    del random  # see the module
    return outcomes(law, repetitions)[name]


def scenarios() -> Iterator[Scenario]:
    """Every certificate of every law; where the start leaked, `holdout` holds all the same."""
    for law in LAWS:
        for name in ("snapshot_suffix", "progressive_validation", "online_to_batch", "holdout"):
            control = law.leak and name in ("snapshot_suffix", "progressive_validation")
            if not law.leak or control or name == "holdout":
                yield Scenario(name, law.name, functools.partial(_simulated, law, name), control=control)
