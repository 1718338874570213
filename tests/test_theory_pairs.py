"""Lei, Wang, Ying and Zhou (JMLR 2026) on real starts: every inequality that they state, constants and all.

Their network is f = m^-1/2 sum_j a_j s(w_j . x), w_j ~ N(0, I) in identical pairs under opposite heads a_j = +-1. With
W = m^-1/2 w it is FixedHeadReLU(m, 1) at its antisymmetric start divided by sqrt 2.
"""

import math
from typing import Any

import jax
import numpy as np
import pytest
from scipy.special import ndtr, ndtri

import howwide as hw
from cases import digits
from howwide import theory
from howwide.theory import Problem

LWYZ = "lei-wang-ying-zhou/jmlr2026"
XOR_X = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
XOR_Y = np.array([1.0, 1, -1, -1])


def logistic(z: Any) -> Any:
    return np.logaddexp(0, -z)


def paired_start(width: int, dim: int, seed: int = 0) -> tuple[hw.FixedHeadReLU, np.ndarray]:
    """The network, and its start in their weights."""
    net = hw.FixedHeadReLU(width, 1)
    (matrix,) = net.init(jax.random.key(seed), dim, antisymmetric=True, dtype="float64")
    return net, np.asarray(matrix) * math.sqrt(width / 2)


def outputs(w: np.ndarray, x: np.ndarray, a: np.ndarray) -> np.ndarray:
    return np.maximum(x @ w.T, 0) @ a / math.sqrt(len(w))


def gradient(w: np.ndarray, x: np.ndarray, y: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Of the mean loss, with the subgradient of (3.2)."""
    slopes = -y / (1 + np.exp(y * outputs(w, x, a))) / len(y)
    return ((slopes[:, None] * (x @ w.T >= 0)) * a / math.sqrt(len(w))).T @ x


def small_count_holds(w: np.ndarray, x: np.ndarray, radius: float, delta: float) -> bool:
    """(4.1): few neurons have |w_j . x_i| at most the radius."""
    m, n = len(w), len(x)
    allowed = 2 * radius * m / math.sqrt(math.pi) + math.sqrt(m * math.log(n / delta))
    return bool((np.abs(x @ w.T) <= radius).sum(axis=1).max() <= allowed)


def test_their_network_is_ours_in_another_scale() -> None:
    """f is the same, its margin too; a step of ours is theirs divided by m."""
    net, w = paired_start(64, 2)
    start = (w / math.sqrt(64),)
    np.testing.assert_allclose(w[:32], w[32:])
    np.testing.assert_allclose(w.std(), 1, rtol=0.2)
    a = np.asarray(net.head)
    rng = np.random.default_rng(0)
    moved = w + rng.standard_normal(w.shape)
    np.testing.assert_allclose(net.apply((moved / 8,), XOR_X), outputs(moved, XOR_X, a), atol=1e-12)
    np.testing.assert_allclose(outputs(w, XOR_X, a), 0, atol=1e-12)
    theirs = w - 0.8 * gradient(w, XOR_X, XOR_Y, a)
    ours = hw.gradient_descent(net, start, XOR_X, XOR_Y, step_size=0.8 / 64, steps=1).weights[0]
    np.testing.assert_allclose(8 * np.asarray(ours), theirs, atol=1e-12)
    features = np.array([((row @ w.T >= 0)[:, None] * a[:, None] * row / 8).ravel() for row in XOR_X])
    gram = (features @ features.T) * np.outer(XOR_Y, XOR_Y)
    np.testing.assert_allclose(hw.tangent.gram(net, start, XOR_X) / 64 * np.outer(XOR_Y, XOR_Y), gram, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_count_of_lemma_2_holds_at_every_radius_at_once(seed: int) -> None:
    """(4.1) for all R together, as one-sided Dvoretzky-Kiefer-Wolfowitz-Massart gives it for m/2 pairs."""
    delta, width = 0.05, 4096
    ds = digits().subset(200, seed=seed)
    _, w = paired_start(width, ds.d, seed)
    radii = np.sort(np.abs(ds.x @ w.T), axis=1)
    excess = np.arange(1, width + 1) - 2 * radii * width / math.sqrt(math.pi)
    assert excess.max() <= math.sqrt(width * math.log(ds.n / delta))
    law = np.arange(1, width + 1) / width - (2 * ndtr(radii) - 1)
    assert law.max() <= math.sqrt(math.log(ds.n / delta) / width)


@pytest.mark.parametrize(("seed", "reach", "horizon"), [(0, 1.0, 1.0), (1, 0.7, 1.3)])
def test_theorem_3_on_digits(seed: int, reach: float, horizon: float) -> None:
    """Any reference: distance to it, sum of the losses, and how far a neuron goes, at a width that is wide enough."""
    ds = digits().subset(12, seed=seed)
    eta, delta, width = 0.1, 0.05, 8192
    steps = round(horizon / eta)
    net, w = paired_start(width, ds.d, seed)
    a = np.asarray(net.head)
    direction = -gradient(w, ds.x, ds.y, a)
    reference = w + reach * direction / np.linalg.norm(direction)
    loss = float(logistic(ds.y * outputs(reference, ds.x, a)).mean())
    rows = float(np.linalg.norm(reference - w, axis=1).max())
    facts = Problem(
        network="fixed_head_antisymmetric", depth=1, width=width, n=ds.n, failure_probability=delta, unit_inputs=True,
        reference_distance=reach, reference_row_distance=rows, reference_loss=loss, step_size=eta, num_steps=steps,
    )  # fmt: skip
    theorem = theory.get(f"{LWYZ}/thm-3")
    judgement = theorem.judge(facts)
    assert judgement.verdict == "holds", judgement.reason
    assert judgement.guaranteed
    assert eta <= (theorem.step_size(facts).value or 0)
    cost = (theorem.training_loss(facts).value or 0) * eta * steps
    assert cost == pytest.approx(3 * eta * steps * loss + reach**2)
    assert small_count_holds(w, ds.x, math.sqrt(math.pi) / (16 * cost), delta)

    now, total = w, 0.0
    for _ in range(steps):
        total += eta * float(logistic(ds.y * outputs(now, ds.x, a)).mean())
        now = now - eta * gradient(now, ds.x, ds.y, a)
        assert np.linalg.norm(now - reference) ** 2 <= cost
        assert np.linalg.norm(now - w, axis=1).max() <= cost / math.sqrt(width)
        assert total <= cost
    run = hw.gradient_descent(net, (w / math.sqrt(width),), ds.x, ds.y, step_size=eta / width, steps=steps)
    np.testing.assert_allclose(math.sqrt(width) * np.asarray(run.weights[0]), now, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_lemma_16_on_a_start(seed: int) -> None:
    """A direction with every neuron equally long, s = 1: along it every example's loss falls to eps."""
    width, eps, delta = 65_536, 1 / 16, 0.05
    net, w = paired_start(width, 2, seed)
    a = np.asarray(net.head)
    direction = a[:, None] * (XOR_Y[:, None] * XOR_X).T.dot((XOR_X @ w.T >= 0).astype(float)).T
    direction /= np.linalg.norm(direction, axis=1, keepdims=True) * math.sqrt(width)
    features = [(row @ w.T >= 0)[:, None] * a[:, None] * row / math.sqrt(width) for row in XOR_X]
    gamma = min(y * float((f * direction).sum()) for y, f in zip(XOR_Y, features, strict=True))
    assert gamma == pytest.approx(1 / math.sqrt(8), rel=0.01)
    assert gamma <= hw.ntrf.margin(net, (w / math.sqrt(width),), XOR_X, XOR_Y).upper * (1 + 1e-9)
    beta, alpha = 1 / math.sqrt(width), 2 * math.log(1 / eps) / gamma
    assert alpha * beta**2 <= gamma * math.sqrt(math.pi) / (8 * math.sqrt(width))
    assert beta <= gamma / (4 * math.sqrt(math.log(4 / delta)))
    assert small_count_holds(w, XOR_X, alpha * beta, delta)
    assert logistic(XOR_Y * outputs(w + alpha * direction, XOR_X, a)).max() <= eps


def test_the_width_by_a_margin_is_the_least_with_every_condition() -> None:
    """At the width of the formula all conditions of Theorem 18 hold, below it one fails."""
    for gamma, spread, steps, n in (
        (0.3, 1.0, 100, 50),
        (0.02, 3.0, 1e4, 10),
        (0.4, 60.0, 20, 10**6),
        (0.5, 400.0, 16, 9),
    ):
        facts = Problem(n=n, margin=gamma, margin_spread=spread, num_steps=steps, failure_probability=0.05)
        least = theory.get(f"{LWYZ}/thm-18").width(facts).value
        assert least is not None

        def conditions(m: float, gamma: float, spread: float, steps: float, n: int) -> bool:
            beta, log_t, log_n, root = spread / math.sqrt(m), math.log(steps), math.log(n / 0.05), math.sqrt(math.pi)
            cost = 3 / 0.25 + 4 * log_t**2 / gamma**2
            return (
                2 * log_t / gamma * cost * beta <= root / 16
                and 2 * log_t * beta**2 <= gamma**2 * root / (8 * math.sqrt(m))
                and beta <= gamma / (4 * math.sqrt(log_n))
                and m >= max(256 / math.pi * cost**4, 64 * log_n * cost**2)
            )

        assert conditions(least * (1 + 1e-9), gamma, spread, steps, n)
        assert not conditions(least * (1 - 1e-9), gamma, spread, steps, n)


class Axis:
    """One coordinate of the XOR problem at a width that no memory holds: the examples e and -e, with one label.

    A neuron's weight on another coordinate never meets these two, so that coordinates part. Of the pairs only those
    within ``radius`` of 0 are drawn one by one; of the others, whose signs cannot change while no weight moves farther
    than that (which is checked at every step), the number on either side is enough. The law is that of a full draw;
    ``within`` is the number of neurons inside ``count_radius``, for Lemma 2.
    """

    def __init__(self, rng: np.random.Generator, width: int, label: float, radius: float, count_radius: float) -> None:
        self.width, self.label, self.radius = width, label, radius
        pairs, below = width // 2, ndtr(-radius)
        near = rng.binomial(pairs, 1 - 2 * below)
        self.first = ndtri(rng.uniform(below, 1 - below, near))
        self.within = 2 * (near + rng.binomial(pairs - near, 1 - ndtr(-count_radius) / below))
        positive = rng.binomial(pairs - near, 0.5)
        self.far = np.array([positive, pairs - near - positive])  # with w > radius, with w < -radius
        self.near_moves = np.zeros((2, near))  # under the head +1, and -1
        self.far_moves = np.zeros((2, 2))  # head, side

    def check(self) -> None:
        assert max(np.abs(self.near_moves).max(), np.abs(self.far_moves).max()) <= self.radius

    def outputs(self) -> np.ndarray:
        """f(e) and f(-e); the first weights of a pair cancel."""
        self.check()
        found = []
        for side, sign in enumerate((1, -1)):
            near = [np.maximum(sign * (self.first + moves), 0) for moves in self.near_moves]
            far = sign * (self.far_moves[0, side] - self.far_moves[1, side]) * self.far[side]
            found.append((far + (near[0] - near[1]).sum()) / math.sqrt(self.width))
        return np.array(found)

    def step(self, sizes: np.ndarray) -> None:
        """Every active neuron under the head a moves by a sizes[e] e m^-1/2, and the same for -e."""
        for head, a in enumerate((1, -1)):
            moves = self.near_moves[head]
            active = [self.first + moves >= 0, -(self.first + moves) >= 0]
            change = a / math.sqrt(self.width) * np.array([sizes[0], -sizes[1]])
            self.near_moves[head] = moves + change[0] * active[0] + change[1] * active[1]
            self.far_moves[head] += change

    def distance_squared(self, other: "Axis") -> float:
        near = ((self.near_moves - other.near_moves) ** 2).sum()
        return float(near + ((self.far_moves - other.far_moves) ** 2 @ self.far).sum())

    def moved(self) -> float:
        return float(max(np.abs(self.near_moves).max(), np.abs(self.far_moves).max()))

    def copy(self) -> "Axis":
        other = object.__new__(Axis)
        other.__dict__.update(self.__dict__, near_moves=self.near_moves.copy(), far_moves=self.far_moves.copy())
        return other


@pytest.mark.slow
def test_corollary_7_at_its_own_width() -> None:
    """XOR, T = 32: a reference of loss 1/T, 1.1e10 neurons, and every stated inequality at every step."""
    steps, eta, delta, n = 32, 3.2, 0.05, 4
    facts = Problem(
        network="fixed_head_antisymmetric", depth=1, n=n, failure_probability=delta, unit_inputs=True,
        num_steps=steps, step_size=eta, reference_loss=1 / steps,
        reference_distance=9.9,  # g(1/T): 2 sqrt 2 log(1/(exp(1/32) - 1)) = 9.76 at infinite width
    )  # fmt: skip
    theorem = theory.get(f"{LWYZ}/cor-7")
    width = 2 * math.ceil((theorem.width(facts).value or 0) / 2)
    assert 1e10 < width < 2e10
    reach = 12 + 9.9**2
    radius = math.sqrt(math.pi) / (16 * reach)
    rng = np.random.default_rng(0)
    start = [Axis(rng, width, label, 25 / math.sqrt(width), radius) for label in (1.0, -1.0)]
    for axis in start:  # the event of Lemma 2 at R_1; both examples of an axis have the same neurons
        assert axis.within <= 2 * radius * width / math.sqrt(math.pi) + math.sqrt(width * math.log(n / delta))

    def losses(axes: list[Axis]) -> float:
        return float(np.mean([logistic(axis.label * axis.outputs()) for axis in axes]))

    reference = [axis.copy() for axis in start]
    size = 2 * -math.log(math.expm1(1 / steps)) * 1.002
    for axis in reference:
        axis.step(axis.label * np.array([size, size]))
    distance = math.sqrt(sum(a.distance_squared(b) for a, b in zip(reference, start, strict=True)))
    rows = math.hypot(*(axis.moved() for axis in reference))
    judgement = theorem.judge(
        Problem(
            **{**facts.__dict__, "width": width, "reference_loss": losses(reference), "reference_row_distance": rows}
        )
    )
    assert judgement.guaranteed, judgement.reason
    assert losses(reference) <= 1 / steps
    assert distance <= 9.9

    bound = 3 * eta + 9.9**2
    assert theorem.training_loss(facts).value == pytest.approx(bound / (eta * steps))
    axes, total = [axis.copy() for axis in start], 0.0
    for _ in range(steps):
        assert sum(a.distance_squared(b) for a, b in zip(axes, reference, strict=True)) <= bound
        assert math.hypot(*(axis.moved() for axis in axes)) <= bound / math.sqrt(width)
        total += losses(axes)
        for axis in axes:
            axis.step(eta * axis.label / (1 + np.exp(axis.label * axis.outputs())) / n)
    assert total / steps <= bound / (eta * steps)
    assert bound / (eta * steps) < 1.1
    assert losses(axes) < math.log(2)
