"""The margin bound of linearised predictors: every ingredient against brute force, then coverage on known risks."""

import itertools
import math
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import howwide as hw
from howwide.certify.bounds.binomial import clopper_pearson_upper
from howwide.certify.bounds.complexity import mean_from_above, monte_carlo, trace_bound
from howwide.certify.bounds.linear_predictor import Linear
from howwide.certify.bounds.margin_bound import MARGINS, RADII, Grid, margin_bound, ramp
from howwide.certify.certificates import rademacher as rademacher_module
from howwide.certify.certificates import transfer as transfer_module
from howwide.certify.certificates.rademacher import best_predictor, rademacher
from howwide.certify.certificates.transfer import transfer
from howwide.certify.predictions.gradient_descent import gd_prediction
from howwide.errors import DataError, HowwideError, SettingError, ShapeError
from howwide.ntrf import loss_of
from howwide.ntrf.linearized import Linearized
from howwide.theory import Problem, get

NET = hw.DeepReLU(12, 3)


def sample(n: int = 10, dim: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, dim))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x, np.where(x[:, 0] > 0, 1.0, -1.0)


def start(net: Any = NET, dim: int = 4, seed: int = 0) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(w, float) for w in net.init(jax.random.key(seed), dim))


def moved(weights: tuple[np.ndarray, ...], size: float, seed: int = 1) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    return tuple(w + size * random.normal(size=w.shape) for w in weights)


def linearized(n: int = 10, net: Any = NET) -> Linearized:
    return Linearized(net, start(net), *sample(n))


def every_sign(n: int) -> np.ndarray:
    return np.array(list(itertools.product((-1.0, 1.0), repeat=n)))


def exact_complexity(lin: Linearized, radii: Any) -> float:
    squares = np.stack([np.einsum("si,ij,sj->s", s := every_sign(lin.n), k, s) for k in lin.grams])
    return float((np.broadcast_to(radii, len(squares)) @ np.sqrt(squares)).mean() / lin.n)


# ----------------------------------------------------------------------------------------------------------- complexity


@pytest.mark.parametrize("net", [NET, hw.FixedHeadReLU(6, 2)])
def test_the_supremum_over_the_class_is_the_closed_form(net: Any) -> None:
    lin, radius = linearized(net=net), 3.0
    random = np.random.default_rng(0)
    for s in random.choice([-1.0, 1.0], size=(5, lin.n)):
        pulled = lin.operator.pull(s)
        best = tuple(u / np.linalg.norm(u) * radius / lin.unit for u in pulled)
        closed = radius * sum(math.sqrt(s @ k @ s) for k in lin.grams)
        np.testing.assert_allclose(s @ lin.operator.push(best).sum(0), closed, rtol=1e-10)
        for _ in range(20):
            other = [random.normal(size=u.shape) for u in pulled]
            other = [u / np.linalg.norm(u) * radius / lin.unit for u in other]
            assert s @ lin.operator.push(other).sum(0) <= closed


@pytest.mark.parametrize("n", [1, 10])
def test_the_trace_bound_and_the_draws_are_above_the_mean_over_all_signs(n: int) -> None:
    lin = linearized(n)
    for radii in (2.0, np.array([1.0, 0.0, 5.0])):
        exact = exact_complexity(lin, radii)
        found = monte_carlo(lin, radii, draws=4096, delta=1e-6, key=jax.random.key(n))
        assert exact <= found.trace
        assert exact <= found.value
        limit = mean_from_above(found.estimate / found.trace, 4096, 1e-6)
        assert found.value == pytest.approx(found.trace * limit, rel=1e-12)
        np.testing.assert_allclose(found.estimate, exact, rtol=0.06)  # 4096 draws, at most 5 standard errors
        assert found.trace == pytest.approx(
            (np.broadcast_to(radii, 3) @ np.sqrt([np.trace(k) for k in lin.grams])) / n, rel=1e-8
        )


def test_draws_with_and_without_stored_grams_agree() -> None:
    lin, bare = linearized(), Linearized(NET, start(), *sample(), stored=0)
    one, other = (monte_carlo(k, 2.0, draws=30, delta=0.1, key=jax.random.key(0)) for k in (lin, bare))
    assert one.estimate == pytest.approx(other.estimate, rel=1e-10)


def test_an_offset_costs_nothing_and_the_losses_move_by_half_of_one_example() -> None:
    # n Rad of losses in [0, 1] changes by an interval of length 1/2 when one example does: what the constant 2 rests on
    random, signs = np.random.default_rng(0), every_sign(6)
    for _ in range(50):
        losses = random.random((7, 6))
        whole = (losses @ signs.T).max(0).mean()
        without = (losses[:, 1:] @ signs[:, 1:].T).max(0).mean()
        assert -1e-12 <= whole - without <= 0.5 + 1e-12
        shifted = ((losses + random.normal(size=6)) @ signs.T).max(0).mean()
        assert shifted == pytest.approx(whole, rel=1e-10)


@given(mean=st.floats(0, 1.2), draws=st.integers(1, 10**6), delta=st.floats(1e-12, 0.99), more=st.integers(1, 1000))
@settings(max_examples=100, deadline=None)
def test_the_limit_of_a_mean_solves_bernstein_and_is_monotone(mean: float, draws: int, delta: float, more: int) -> None:
    limit, c = mean_from_above(mean, draws, delta), -math.log(delta)
    assert min(mean, 1) <= limit <= 1
    if limit < 1:
        gap = limit - mean
        right = 2 * c * (1 - limit**2 + limit * gap / 3)
        assert draws * gap**2 == pytest.approx(right, rel=1e-4, abs=1e-6)
    assert mean_from_above(mean, draws + more, delta) <= limit + 1e-12
    assert mean_from_above(mean, draws, delta / 2) >= limit - 1e-12


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("draws", [1, 20, 300])
def test_the_limit_of_a_mean_fails_at_most_as_often_as_it_says(probability: float, draws: int) -> None:
    # X = 1/sqrt(p) with probability p, else 0: E X^2 = 1, E X = sqrt(p); every outcome, no simulation
    counts = np.arange(draws + 1)
    limits = np.array([mean_from_above(float(k), draws, 0.05) for k in counts / draws / math.sqrt(probability)])
    assert binom.pmf(counts, draws, probability)[limits < math.sqrt(probability) * (1 - 1e-12)].sum() <= 0.05


# --------------------------------------------------------------------------------------------------------- margin bound


def test_the_ramp_by_hand() -> None:
    np.testing.assert_array_equal(ramp([-5, 0, 0.5, 1, 1.5, 2, 9], 1.0), [1, 1, 0.5, 0, 0, 0, 0])
    np.testing.assert_array_equal(ramp([-5, 0, 0.5, 1, 1.5, 2, 9], 1.0, 1.0), [1, 1, 1, 1, 0.5, 0, 0])


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=2), st.floats(0.01, 20), st.floats(0, 20))
@settings(max_examples=100, deadline=None)
def test_the_ramp_is_lipschitz_and_above_the_step(scores: list[float], margin: float, begin: float) -> None:
    values = ramp(scores, margin, begin)
    assert abs(values[0] - values[1]) <= abs(scores[0] - scores[1]) / margin * (1 + 1e-9) + 1e-12
    assert (values >= (np.array(scores) <= begin)).all()
    assert (values <= (np.array(scores) < begin + margin * (1 + 1e-9))).all()


def test_the_bound_is_the_smallest_sum_over_the_declared_pairs() -> None:
    lin = linearized(200)
    a = lin.y * 0.01
    linear, delta = Linear.of(lin, a), 0.05
    bound = margin_bound(lin, linear, Grid.of((1.0, 2.0, 30.0), (0.5, 1.0)), delta=delta)
    norms = [lin.unit * np.linalg.norm(u) for u in lin.directions(a)]
    radius = min(r for r in (1.0, 2.0, 30.0) if r >= max(norms))
    scores = lin.y * (lin.outputs + sum(k @ a for k in lin.grams))
    complexity = radius * sum(math.sqrt(np.trace(k)) for k in lin.grams) / 200
    confidence = math.sqrt(2 * math.log(6 / delta) / 200)
    by_hand = min(np.clip(1 - scores / g, 0, 1).mean() + 2 / g * complexity + confidence for g in (0.5, 1.0))
    assert bound.value == pytest.approx(min(1.0, by_hand), rel=1e-7)
    assert bound.terms["radius"] == radius
    total = sum(bound.terms[name] for name in ("margin_loss", "complexity", "deviation"))
    assert total == pytest.approx(by_hand, rel=1e-7)
    assert bound.value >= by_hand or bound.value == 1.0


def test_the_ball_that_is_paid_for_holds_the_layer_that_moved_farthest() -> None:
    grid = Grid.of((4.0, 1.0, 2.0), (1.0,))
    assert grid.radius(np.array([0.1, 3.0, 0.0])) == 4.0
    assert grid.radius(np.array([2.0, 0.1])) == 2.0
    assert grid.radius(np.array([0.1, 4.1])) is None


def test_the_default_grid_is_paid_for() -> None:
    grid = Grid.of(RADII, MARGINS)
    assert grid.size == len(RADII) * len(MARGINS) == 73 * 21
    lin = linearized(200)
    linear = Linear.of(lin, np.zeros(200))
    one = margin_bound(lin, linear, Grid.of((1.0,), (1.0,)), delta=0.05)
    many = margin_bound(lin, linear, grid, delta=0.05)
    assert many.terms["deviation"] == pytest.approx(math.sqrt(2 * math.log(grid.size / 0.05) / 200))
    assert one.terms["deviation"] == pytest.approx(math.sqrt(2 * math.log(1 / 0.05) / 200))


@given(st.floats(0.001, 0.5), st.floats(1.1, 2), st.floats(0.0, 0.3))
@settings(max_examples=20, deadline=None)
def test_the_bound_grows_with_confidence_and_with_the_norm(delta: float, factor: float, size: float) -> None:
    lin, grid = LINEARIZED, Grid.of((0.5, 1.0, 2.0, 4.0), (0.5, 1.0, 2.0))
    linear = Linear.of(lin, size * lin.y)
    value = margin_bound(lin, linear, grid, delta=delta).value
    assert margin_bound(lin, linear, grid, delta=delta / factor).value >= value
    larger = Linear(linear.directions, factor * linear.norms, linear.scores)
    assert margin_bound(lin, larger, grid, delta=delta).value >= value
    worse = Linear(linear.directions, linear.norms, linear.scores - 0.1)
    assert margin_bound(lin, worse, grid, delta=delta).value >= value
    assert 0 <= value <= 1


LINEARIZED = linearized(200)


def test_the_forms_of_a_predictor_agree() -> None:
    x, y = sample(40)
    lin = Linearized(NET, start(), x, y)
    optimum = loss_of(lin, radius=2.0)
    forms = (optimum, optimum.coefficients, optimum.weights(), list(optimum.weights()))
    found = [Linear.of(lin, form) for form in forms]
    for linear in found:
        np.testing.assert_allclose(linear.scores, y * optimum.outputs, atol=1e-7)
        np.testing.assert_allclose(linear.norms, optimum.norms, rtol=1e-6)
        assert (linear.scores <= y * optimum.outputs).all()  # rounded down
    same = Linear.of(lin, np.ones(40)).directions
    for u, v in zip(same, Linear.of(lin, np.ones((3, 40))).directions, strict=True):
        np.testing.assert_array_equal(u, v)


def test_a_separated_sample_gets_a_certificate_that_says_something() -> None:
    ds = hw.data.load("caps:dim=10,n=600,angle=0.5")
    net = hw.DeepReLU(32, 2)
    w = start(net, 10)
    radii = RADII[::24]
    kept = {"x_test": ds.x_test, "y_test": ds.y_test, "radii": radii}
    found = rademacher(net, w, ds.x, ds.y, **kept, key=jax.random.key(0), draws=512)
    assert found.test_error is not None
    assert found.test_error <= found.value < 0.5
    assert not found.vacuous
    assert (found.name, found.certifies, found.reference) == ("rademacher", "linearised predictor", "bartlett2002")
    assert found.terms["complexity"] <= found.terms["complexity_trace"]
    assert found.terms["delta_monte_carlo"] == pytest.approx(0.0025)
    assert {c.status for c in found.conditions} == {"checked", "declared"}
    optimum = best_predictor(net, w, ds.x, ds.y, radii=radii)
    again = rademacher(net, w, ds.x, ds.y, predictor=optimum, radii=radii)
    assert abs(again.value - found.value) < 0.02
    assert "draws" not in again.terms
    error = np.mean(ds.y_test * optimum.predict(ds.x_test) <= 0)
    assert found.test_error == pytest.approx(error, abs=1e-12)


def test_a_predictor_beyond_every_radius_gets_a_bound_of_one() -> None:
    x, y = sample(40)
    found = rademacher(NET, start(), x, y, predictor=moved(start(), 1.0), radii=(1.0, 2.0))
    assert found.value == 1.0
    assert found.vacuous
    assert "beyond every declared one" in found.detail
    assert all(math.isfinite(value) for value in found.terms.values())


def test_the_smallest_samples_do_not_fail() -> None:
    x, y = sample(1)
    assert rademacher(NET, start(), x, y, key=jax.random.key(0), draws=1).value == 1.0
    assert transfer(NET, start(), moved(start(), 0.01), x, y, sample(1, seed=3)[0]).value == 1.0


def test_outputs_that_are_no_numbers_are_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the predictor on test rows, of the network, in the scores, and in the gap between the two."""
    x, y = sample(40)
    held_out, labels = sample(30, seed=3)
    huge = tuple(1e200 * w for w in start())
    with np.errstate(all="ignore"):
        assert np.isnan(np.asarray(NET.apply(huge, held_out))).any()
        for by in ("disagreement", "gap"):
            found = transfer(NET, start(), huge, x, y, held_out, by=by, x_test=held_out, y_test=labels)  # type: ignore[arg-type]
            right = np.mean(labels * np.asarray(NET.apply(huge, held_out)) > 0)
            assert found.test_error == 1 - right
            assert found.value == 1.0
    monkeypatch.setattr(rademacher_module, "outputs", lambda *_: np.full(30, np.nan))
    found = rademacher(NET, start(), x, y, predictor=moved(start(), 0.1), x_test=held_out, y_test=labels)
    assert found.test_error == 1.0
    monkeypatch.setattr(transfer_module, "network_outputs", lambda *_, **__: np.full(30, np.nan))
    for by in ("disagreement", "gap"):
        found = transfer(NET, start(), moved(start(), 0.1), x, y, held_out, by=by)  # type: ignore[arg-type]
        assert found.terms.get("changed", 30) == 30
    assert ramp(-np.inf, 1.0) == 1.0


# ------------------------------------------------------------------------------------------------------------- transfer


def test_the_ramp_one_margin_short_is_no_bound_for_the_network() -> None:
    # lin is right on every example, by a score in (0, g); the network turns all of them over with a gap below g
    g, y = 1.0, np.ones(50)
    lin, f = np.full(50, 0.45), np.full(50, -0.45)
    mistakes = np.mean(y * f <= 0)
    gap = np.mean(np.abs(f - lin) >= g)
    short = ramp(y * lin, g).mean() + gap  # 1 at 0 and 0 from g: 0.55, though the network errs always
    ours = ramp(y * lin, g, start=g).mean() + gap
    disagreement = ramp(y * lin, g).mean() + np.mean(f * lin <= 0)
    assert short < mistakes == 1.0
    assert ours >= mistakes
    assert disagreement >= mistakes


@given(st.integers(0, 10**6), st.floats(0.05, 2))
@settings(max_examples=100, deadline=None)
def test_both_transfers_hold_example_by_example_and_disagreement_is_never_the_worse(seed: int, g: float) -> None:
    random = np.random.default_rng(seed)
    y, lin, f = random.choice([-1.0, 1.0], 200), random.normal(size=200), random.normal(size=200)
    f[:20], lin[20:40], f[40:60] = 0.0, 0.0, lin[40:60]
    mistakes = y * f <= 0
    by_gap = (y * lin <= g).astype(float) + (np.abs(f - lin) >= g)
    by_sign = (y * lin <= 0).astype(float) + (f * lin <= 0)
    assert (mistakes <= by_gap).all()
    assert (mistakes <= by_sign).all()
    assert np.mean(np.minimum(by_sign, 1)) <= np.mean(np.minimum(by_gap, 1)) + 1e-12


@pytest.mark.parametrize("by", ["disagreement", "gap"])
def test_the_transfer_is_the_two_terms_by_hand(by: Any) -> None:
    net = hw.DeepReLU(40, 2)
    x, y = sample(4000, seed=5)
    held_out = sample(600, seed=6)[0]
    w = start(net)
    lin = Linearized(net, w, x, y, stored=0)
    trained = tuple(a + b for a, b in zip(w, lin.directions(6 * y / 4000), strict=True))
    margins = (0.5, 1.0, 2.0)
    found = transfer(net, w, trained, x, y, held_out, by=by, radii=(2.0, 3.0), margins=margins, x_test=x, y_test=y)
    f = np.asarray(net.apply(trained, held_out))
    other = Linearized(net, w, held_out, np.ones(600))
    linear = other.outputs + other.operator.push([a - b for a, b in zip(trained, w, strict=True)]).sum(0)
    scores = Linear.of(lin, trained).scores
    assert 2.0 < Linear.of(lin, trained).norms.max() < 3.0
    values = []
    for g in margins:
        changed = (f * linear <= 0) if by == "disagreement" else (np.abs(f - linear) >= g)
        share = 0.025 / (1 if by == "disagreement" else 3)
        values.append(
            ramp(scores, g, g * (by == "gap")).mean()
            + 2 / g * trace_bound(lin, 3.0)
            + math.sqrt(2 * math.log(6 / 0.025) / 4000)
            + clopper_pearson_upper(int(changed.sum()), 600, share)
        )
    assert found.value == pytest.approx(min(values), rel=1e-6)
    assert found.value < 0.9, "otherwise the terms are hidden by the largest value"
    assert found.certifies == "deterministic iterate"
    assert found.test_error == pytest.approx(np.mean(y * np.asarray(net.apply(trained, x)) <= 0))
    assert found.terms["held_out"] == 600
    assert found.terms["change_limit"] > 0


def test_a_transfer_to_the_start_itself_costs_only_the_empty_count() -> None:
    x, y = sample(40)
    found = transfer(NET, start(), start(), x, y, sample(40, seed=2)[0])
    assert found.terms["changed"] == 0
    assert found.terms["change_limit"] == pytest.approx(1 - 0.025 ** (1 / 40))


# ----------------------------------------------------------------------------------------------------------- prediction


@pytest.mark.parametrize(("alpha", "id"), [(0.5, "iclr2021/thm-3.4"), (0.3, "alpha-scaled/thm-2.2")])
def test_the_printed_branches_are_those_of_the_theorem(alpha: float, id: str) -> None:
    net = hw.DeepReLU(12, 3, alpha)
    x, y = sample(40)
    w = start(net)
    found = {p.name.rsplit("/", 1)[1]: p for p in gd_prediction(net, w, moved(w, 0.02), x, y, hidden_constant=2.0)}
    assert list(found) == ["spectral", "linear", "spectral_measured", "linear_measured"]
    terms = found["spectral"].terms
    radius = max(np.linalg.norm(a - b) for a, b in zip(moved(w, 0.02), w, strict=True)) * net.gradient_scale
    assert terms["radius"] == pytest.approx(radius, rel=1e-6)
    facts = Problem(
        network="deep",
        depth=3,
        width=12,
        alpha=alpha,
        n=40,
        radius=radius,
        network_radius=radius,
        failure_probability=0.05,
        training_loss=terms["training_loss"] / 2,
    )
    stated = get(f"chen-cao-zou-gu/{id}").test_error(facts, 2.0).value
    assert min(found["spectral"].value, found["linear"].value) == pytest.approx(stated, rel=1e-6)
    branches = {
        "spectral": 4**3 * 3**2 * radius * math.sqrt(12 / 40),
        "linear": 3**1.5 * radius / math.sqrt(40) + 3 ** (11 / 3) * radius ** (4 / 3) * 12 ** (-alpha / 3),
    }
    for name, branch in branches.items():
        assert found[name].terms["branch"] == pytest.approx(2 * branch, rel=1e-6)
        assert found[name].name == f"chen-cao-zou-gu/{id}/{name}"
        assert "hides a constant" in found[name].why
    assert "supremum" in found["linear"].why
    assert "supremum" in found["linear_measured"].why


def test_the_measured_branches_by_hand() -> None:
    net = NET
    x, y = sample(40)
    w = start(net)
    trained = moved(w, 0.02)
    found = {p.name.rsplit("/", 1)[1]: p for p in gd_prediction(net, w, trained, x, y)}
    lin = Linearized(net, w, x, y)
    norms = [np.linalg.svd(v, compute_uv=False)[0] for v in trained]
    sums = [sum(np.sqrt(((a - b) ** 2).sum(1))) for a, b in zip(trained, w, strict=True)]
    spectral = math.sqrt(12 / 40) * math.prod(norms) * sum((s / v) ** (2 / 3) for s, v in zip(sums, norms, strict=True))
    power = sum((s / v) ** (2 / 3) for s, v in zip(sums, norms, strict=True)) ** 0.5
    assert found["spectral_measured"].terms["branch"] == pytest.approx(spectral * power, rel=1e-9)
    gap = found["linear_measured"].terms["gap"]
    radius = found["linear_measured"].terms["radius"]
    assert found["linear_measured"].terms["branch"] == pytest.approx(trace_bound(lin, radius) + gap, rel=1e-6)
    assert found["spectral_measured"].terms["branch"] < found["spectral"].terms["branch"]


# ------------------------------------------------------------------------------------------------------------- coverage


class Population:
    """Forty unit vectors with noisy labels, so that every risk is known, and the kernel of a tiny network on them."""

    def __init__(self, random: np.random.Generator, noise: float = 0.2) -> None:
        self.net = hw.DeepReLU(8, 2)
        self.x = sample(40, 3, int(random.integers(2**31)))[0]
        self.positive = np.where(self.x[:, 0] > 0, 1 - noise, noise)
        self.initial = start(self.net, 3, int(random.integers(2**31)))
        whole = Linearized(self.net, self.initial, self.x, np.ones(40))
        self.offset, self.kernel = whole.outputs, whole.grams.sum(0)  # type: ignore[union-attr]

    def draw(self, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Indices and labels of n independent examples."""
        chosen = random.integers(40, size=n)
        return chosen, np.where(random.random(n) < self.positive[chosen], 1.0, -1.0)

    def risk(self, outputs: np.ndarray) -> float:
        """Probability of a mistake; an output of 0 is one."""
        return float(np.mean(self.positive * (outputs <= 0) + (1 - self.positive) * (outputs >= 0)))

    def fits(self, chosen: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        """Coefficients that fit the sample with its noise: the mean gradient, ridge, interpolation; within radius 2."""
        k = self.kernel[np.ix_(chosen, chosen)]
        found = [y, *(np.linalg.solve(k + s * np.eye(len(y)), y - self.offset[chosen]) for s in (1.0, 1e-2))]
        return [a * min(1.0, 2 / np.sqrt(a @ k @ a)) for a in found]


COARSE: dict[str, Any] = {"radii": (0.5, 1.0, 2.0), "margins": (0.5, 1.0, 2.0)}


def linearised_fails(random: np.random.Generator, n: int, delta: float) -> bool:
    """Whether an adversary finds a predictor whose risk lies above its certificate."""
    population = Population(random)
    chosen, y = population.draw(n, random)
    lin = Linearized(population.net, population.initial, population.x[chosen], y)
    for a in population.fits(chosen, y):
        bound = margin_bound(lin, Linear.of(lin, a), Grid.of(**COARSE), delta=delta)
        if population.risk(population.offset + population.kernel[:, chosen] @ a) > bound.value:
            return True
    return False


def transfer_fails(random: np.random.Generator, n: int, delta: float, by: Any) -> bool:
    """The same for the network, far along the direction that fits the noise."""
    population = Population(random)
    chosen, y = population.draw(n, random)
    net, initial, x = population.net, population.initial, population.x
    lin = Linearized(net, initial, x[chosen], y)
    directions = lin.directions(population.fits(chosen, y)[1])
    moves = [tuple(w + s * u for w, u in zip(initial, directions, strict=True)) for s in (0.5, 1, 3)]
    risks = [population.risk(np.asarray(net.apply(w, x), float)) for w in moves]
    worst = int(np.argmax(risks))
    held_out = x[random.integers(40, size=n)]
    found = transfer(net, initial, moves[worst], x[chosen], y, held_out, delta=delta, by=by, **COARSE)
    return risks[worst] > found.value


def test_certificates_hold_against_an_adversary() -> None:
    random = np.random.default_rng(0)
    assert not any(linearised_fails(random, 100, 0.5) for _ in range(20))
    for by in ("disagreement", "gap"):
        assert not any(transfer_fails(random, 100, 0.5, by) for _ in range(10))


@pytest.mark.slow
def test_certificates_hold_against_an_adversary_in_two_thousand_repetitions() -> None:
    random, allowed = np.random.default_rng(1), 0.05 * 2000 + 3 * math.sqrt(0.05 * 0.95 * 2000)
    assert sum(linearised_fails(random, 200, 0.05) for _ in range(2000)) <= allowed
    for by in ("disagreement", "gap"):
        assert sum(transfer_fails(random, 100, 0.05, by) for _ in range(2000)) <= allowed


@pytest.mark.parametrize("delta", [0.05, 0.5])
def test_the_inequality_behind_the_bound_holds(delta: float) -> None:
    """Eight functions with losses 0 and 1 on forty points, eight examples, the complexity exact; 4000 repetitions."""
    random, n = np.random.default_rng(3), 8
    losses = (random.random((4000, 8, 40)) < 0.5).astype(float)
    chosen = np.broadcast_to(random.integers(40, size=(4000, 1, n)), (4000, 8, n))
    seen = np.take_along_axis(losses, chosen, 2)
    complexity = (seen @ every_sign(n).T).max(1).mean(1) / n
    supremum = (losses.mean(2) - seen.mean(2)).max(1)
    assert (supremum > 2 * complexity + np.sqrt(2 * np.log(1 / delta) / n)).mean() <= delta
    assert (supremum > 2 * complexity - 0.3).any(), "the simulation is not idle"


# --------------------------------------------------------------------------------------------------------------- misuse


X, Y = sample(10)
NAN = moved(start(), math.nan)

MISUSES: list[tuple[dict[str, Any], type[HowwideError], str]] = [
    ({"delta": 0.0}, SettingError, "delta"),
    ({"delta": math.nan}, SettingError, "delta"),
    ({"radii": ()}, SettingError, "radii"),
    ({"radii": (1.0, -1.0)}, SettingError, "radii"),
    ({"radii": 3.0}, SettingError, "radii"),
    ({"margins": (math.inf,)}, SettingError, "margins"),
    ({"margins": "ab"}, SettingError, "margins"),
    ({"draws": -1}, SettingError, "draws"),
    ({"draws": 1.5}, SettingError, "draws"),
    ({"x": X[0]}, ShapeError, "shape"),
    ({"x": X[:, :2]}, ShapeError, "2"),
    ({"y": Y[:3]}, ShapeError, "label"),
    ({"y": Y + 1}, DataError, "labels"),
    ({"initial": start()[:2]}, ShapeError, "weights"),
    ({"initial": NAN}, SettingError, "NaN"),
    ({"x_test": X}, SettingError, "y_test"),
    ({"y_test": Y}, SettingError, "x_test"),
    ({"x_test": X, "y_test": Y[:2]}, ShapeError, "label"),
]


@pytest.mark.parametrize(("change", "error", "word"), MISUSES)
def test_misuse_is_told_in_one_line(change: dict[str, Any], error: type[HowwideError], word: str) -> None:
    given: dict[str, Any] = {"initial": start(), "x": X, "y": Y, **change}
    for call in (
        lambda **k: rademacher(NET, k.pop("initial"), k.pop("x"), k.pop("y"), **k),
        lambda **k: transfer(NET, k.pop("initial"), start(), k.pop("x"), k.pop("y"), sample(10, seed=9)[0], **k),
    ):
        with pytest.raises(error, match=word) as caught:
            call(**given)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("predictor", "error", "word"),
    [
        (np.ones(9), ShapeError, "coefficients of shape"),
        (np.ones((2, 10)), ShapeError, "coefficients of shape"),
        (np.full(10, np.nan), SettingError, "finite"),
        ("weights", SettingError, "finite"),
        (start()[:2], ShapeError, "matrices"),
        (start(dim=5), ShapeError, "matrices"),
        (NAN, SettingError, "finite"),
    ],
)
def test_a_predictor_that_is_none_is_refused(predictor: Any, error: type[HowwideError], word: str) -> None:
    with pytest.raises(error, match=word):
        rademacher(NET, start(), X, Y, predictor=predictor)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"held_out": X}, DataError, "sample itself"),
        ({"held_out": X[:0]}, ShapeError, "test|inputs|shape"),
        ({"held_out": X[:, :3]}, ShapeError, "3"),
        ({"held_out": X[:5] * np.nan}, SettingError, "finite"),
        ({"by": "hope"}, SettingError, "hope"),
        ({"weights": np.ones(10)}, ShapeError, "trained network"),
        ({"weights": start(dim=5)}, ShapeError, "matrices"),
    ],
)
def test_a_transfer_refuses_what_it_cannot_use(change: dict[str, Any], error: type[HowwideError], word: str) -> None:
    given: dict[str, Any] = {"weights": start(), "held_out": sample(10, seed=9)[0], **change}
    with pytest.raises(error, match=word):
        transfer(NET, start(), given.pop("weights"), X, Y, given.pop("held_out"), **given)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"delta": 2}, "delta"), ({"radius": -1.0}, "radius"), ({"hidden_constant": 0}, "hidden_constant")],
)
def test_a_prediction_refuses_settings_outside_their_domain(change: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingError, match=word):
        gd_prediction(NET, start(), start(), X, Y, **change)


def test_a_prediction_refuses_other_networks_and_no_weights() -> None:
    fixed = hw.FixedHeadReLU(6, 2)
    with pytest.raises(SettingError, match="FixedHeadReLU"):
        gd_prediction(fixed, start(fixed), start(fixed), X, Y)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="trained network"):
        gd_prediction(NET, start(), np.ones(10), X, Y)
