"""Step sizes: each rule against its formula, with eigenvalues of the oracle's dense tangent Gram."""

import numpy as np
import pytest

import oracles
from howwide import DeepReLU, FixedHeadReLU, gradient_descent
from howwide.errors import SettingError
from howwide.networks import Network
from howwide.training import (
    RULES,
    Budget,
    StepSize,
    TrainingProblem,
    check_step_size,
    curvature,
    descend,
    parse_target,
    prepare_inputs,
    prepare_problem,
    step_sizes,
)

NETWORKS = [DeepReLU(12, 2), DeepReLU(12, 4, alpha=0.25), FixedHeadReLU(10, 3), FixedHeadReLU((9, 14, 8))]
DIMENSIONS = (6, 30)  # below and above the number of examples
EXAMPLES = 15

every_network = pytest.mark.parametrize("net", NETWORKS, ids=str)


def prepared(net: Network, d: int, *, seed: int = 0, dtype: type = np.float64) -> TrainingProblem:
    weights = tuple(w.astype(dtype) for w in oracles.start(net, d, seed))
    return prepare_problem(net, weights, prepare_inputs(*oracles.examples(EXAMPLES, d, seed)))


def dense(net: Network, d: int, seed: int = 0) -> np.ndarray:
    return oracles.tangent_gram(net, oracles.start(net, d, seed), oracles.examples(EXAMPLES, d, seed)[0])


def theorem(net: Network) -> float:
    """The step size of the network's own theorem with constant 1."""
    if isinstance(net, DeepReLU):
        return 1 / (net.depth * net.width ** (2 * net.alpha))
    return 1 / (max(net.hidden_widths) * len(net.hidden_widths) ** 3)


@pytest.mark.parametrize("d", DIMENSIONS)
@every_network
def test_curvature_is_the_descent_step(net: Network, d: int) -> None:
    """4 / lambda_max(K/n): power iteration errs to the larger step, never to the smaller, and by less than 1%."""
    for seed in range(5):
        (found,) = step_sizes("curvature", prepared(net, d, seed=seed))
        exact = 4 * EXAMPLES / np.linalg.eigvalsh(dense(net, d, seed))[-1]
        assert exact * (1 - 1e-12) <= found.value <= exact * 1.01
        assert found.rule == "curvature"
        assert found.hidden_constant == pytest.approx(found.value / theorem(net), rel=1e-12)


@pytest.mark.parametrize("d", DIMENSIONS)
@every_network
def test_explicit_is_half_over_the_steepest_gradient(net: Network, d: int) -> None:
    (found,) = step_sizes("explicit", prepared(net, d))
    assert found.value == pytest.approx(1 / (2 * np.diag(dense(net, d)).max()), rel=1e-11)
    assert found.hidden_constant == pytest.approx(found.value / theorem(net), rel=1e-12)


@every_network
def test_power_iteration_run_to_the_end_is_exact(net: Network) -> None:
    found = curvature(prepared(net, 6), tolerance=1e-14, iterations=5000)
    gram = dense(net, 6)
    assert found.largest == pytest.approx(np.linalg.eigvalsh(gram)[-1] / EXAMPLES, rel=1e-8)
    assert found.gradient == pytest.approx(np.diag(gram).max(), rel=1e-11)


@every_network
def test_float32_finds_the_same_curvature(net: Network) -> None:
    single, double = curvature(prepared(net, 30, dtype=np.float32)), curvature(prepared(net, 30))
    np.testing.assert_allclose(single, double, rtol=2e-3)


@every_network
@pytest.mark.parametrize("constant", [1.0, 0.3])
def test_theory_is_the_networks_own_theorem(net: Network, constant: float) -> None:
    (found,) = step_sizes("theory", prepared(net, 6), hidden_constant=constant)
    assert found.rule == "theory"
    assert found.value == pytest.approx(constant * theorem(net), rel=1e-12)
    assert found.hidden_constant == pytest.approx(constant, rel=1e-12)


def test_zou_gu_is_for_the_fixed_head() -> None:
    """c / (L^2 M), which is L times the step of the journal theorem."""
    net = FixedHeadReLU((9, 14, 8))
    (found,) = step_sizes("zou-gu", prepared(net, 6), hidden_constant=2.0)
    assert found.value == pytest.approx(2 / (9 * 14), rel=1e-12)
    assert found.hidden_constant == pytest.approx(2 * 3, rel=1e-12)
    with pytest.raises(SettingError, match="zou-gu is for FixedHeadReLU"):
        step_sizes("zou-gu", prepared(DeepReLU(8, 2), 6))


@every_network
def test_a_number_carries_the_constant_it_implies(net: Network) -> None:
    for given in (0.02, "0.02", np.float32(0.02)):
        (found,) = step_sizes(given, prepared(net, 6))
        assert found.rule == "number"
        assert found.value == pytest.approx(0.02, rel=1e-6)
        assert found.hidden_constant == pytest.approx(0.02 / theorem(net), rel=1e-6)


def test_names_are_rules_and_numbers_may_be_text() -> None:
    assert [check_step_size(rule) for rule in RULES] == list(RULES)
    assert check_step_size("1e-3") == 1e-3


# ----------------------------------------------------------------------------------------------------------- the ladder


@every_network
def test_the_ladder_has_three_rungs(net: Network) -> None:
    first, second, third = step_sizes("ladder", prepared(net, 6))
    assert [s.rule for s in (first, second, third)] == ["curvature", "curvature/4", "theory"]
    assert first == step_sizes("curvature", prepared(net, 6))[0]
    assert second.value == pytest.approx(first.value / 4, rel=1e-12)
    assert third == step_sizes("theory", prepared(net, 6))[0]


def test_the_ladder_stops_at_the_first_success() -> None:
    """The first rung breaks the run, the second reaches the target, the third is never tried."""
    net, target = DeepReLU(12, 2), parse_target("loss<=0.6")
    problem = prepared(net, 30)
    tries = [StepSize("a", 1e200, 1.0), StepSize("b", 0.05, 1.0), StepSize("c", 0.01, 1.0)]
    run = descend(problem, tries, Budget(500, target))
    assert [(a.step_size.rule, a.status.value) for a in run.attempts] == [("a", "diverged"), ("b", "converged")]
    alone = descend(problem, tries[1:2], Budget(500, target))
    assert run.step_size == tries[1]
    assert (run.steps, run.final_loss, run.final_error) == (alone.steps, alone.final_loss, alone.final_error)
    assert [w.tobytes() for w in run.weights] == [w.tobytes() for w in alone.weights]
    last = run.attempts[-1]
    assert (last.steps, last.final_loss, last.final_error) == (run.steps, run.final_loss, run.final_error)


def test_a_ladder_without_success_ends_on_its_last_rung() -> None:
    net, (x, y) = DeepReLU(12, 2), oracles.examples(EXAMPLES, 6)
    run = gradient_descent(net, oracles.start(net, 6), x, y, step_size="ladder", steps=3, target="loss<=1e-9")
    assert [a.step_size.rule for a in run.attempts] == ["curvature", "curvature/4", "theory"]
    assert {a.status.value for a in run.attempts} == {"max_steps"}
    alone = gradient_descent(net, oracles.start(net, 6), x, y, step_size="theory", steps=3)
    assert run.loss.tolist() == alone.loss.tolist()
    assert run.step_size == alone.step_size


@every_network
def test_a_dead_start_falls_back_to_theory(net: Network) -> None:
    """K = 0: there is no curvature to divide by."""
    x, y = oracles.examples(EXAMPLES, 6)
    weights = tuple(-np.abs(w) for w in oracles.start(net, 6))
    problem = prepare_problem(net, weights, prepare_inputs(np.abs(x), y))
    assert curvature(problem) == (0.0, 0.0)
    for rule in ("curvature", "explicit"):
        assert step_sizes(rule, problem)[0].value == pytest.approx(theorem(net), rel=1e-12)


# --------------------------------------------------------------------------------------------------------- what they do


@pytest.mark.parametrize("net", [DeepReLU(64, 2), DeepReLU(64, 3, alpha=0.25), FixedHeadReLU(64, 2)], ids=str)
def test_the_loss_falls_at_every_descent_step_in_an_easy_case(net: Network) -> None:
    """Twelve examples nearly orthogonal, a wide network: the tangent kernel hardly moves."""
    x, y = oracles.examples(12, 40)
    run = gradient_descent(net, oracles.start(net, 40), x, y, step_size="curvature", steps=100)
    assert (np.diff(run.loss) < 0).all()
    assert run.loss[-1] < 0.2 * run.loss[0]
    assert run.step_size.rule == "curvature"


def test_beyond_the_stability_limit_the_loss_rises() -> None:
    """Twice the descent step is the limit for a loss with the curvature 1/4 of margin 0; here 40 times."""
    net, (x, y) = DeepReLU(64, 2), oracles.examples(12, 40)
    weights = oracles.start(net, 40)
    step = gradient_descent(net, weights, x, y, step_size="curvature", steps=0).step_size.value
    assert (np.diff(gradient_descent(net, weights, x, y, step_size=40 * step, steps=20).loss) > 0).any()
