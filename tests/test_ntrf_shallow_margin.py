"""The sup-norm margin of Assumption 4.3 against closed forms, exact values in the plane, and its confidence level."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import binom, ortho_group

from howwide.errors import DataError, HowwideError, SettingError, ShapeError
from howwide.ntrf import SolveStatus
from howwide.ntrf.solvers.reweighting import NeuronFeatures
from howwide.ntrf.sup_norm_margin import ShallowMargin, mean_error, shallow_margin


def plane(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of several lengths in the plane, with labels."""
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 2 * np.pi, n)
    rows = np.column_stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.5, 1.5, (n, 1))
    return rows, rng.choice([-1, 1], n)


def exact_in_the_plane(x: np.ndarray, y: np.ndarray, sides: int = 360) -> tuple[float, float]:
    """Ends of min_p E|v_p|: the pattern of activations is constant on arcs, and |v| is that of a polygon inscribed.

    A polygon norm max_k <v, e_k> is at most |v| and at least |v| cos(pi / sides), so a linear programme encloses it.
    """
    around = np.arctan2(x[:, 1], x[:, 0])
    edges = np.sort(np.concatenate([around + np.pi / 2, around - np.pi / 2]) % (2 * np.pi))
    arcs = np.diff(np.append(edges, edges[0] + 2 * np.pi))
    middle = edges + arcs / 2
    active = np.column_stack([np.cos(middle), np.sin(middle)]) @ x.T > 0
    turn = 2 * np.pi * np.arange(sides) / sides
    normals = np.column_stack([np.cos(turn), np.sin(turn)])
    rows = np.einsum("ai,ki->aki", active, normals @ (y[:, None] * x).T)  # <v_p, e_k> on arc a, as a row over p
    slack = -np.repeat(np.eye(len(arcs)), sides, axis=0)
    found = linprog(
        np.concatenate([np.zeros(len(x)), arcs / (2 * np.pi)]),
        A_ub=np.hstack([rows.reshape(-1, len(x)), slack]),
        b_ub=np.zeros(len(slack)),
        A_eq=np.concatenate([np.ones(len(x)), np.zeros(len(arcs))])[None],
        b_eq=[1.0],
    )
    assert found.status == 0
    return found.fun, found.fun / np.cos(np.pi / sides)


def ordered(found: ShallowMargin) -> None:
    """The ends in their order, and p on the simplex."""
    assert 0 <= found.kernel_lower <= found.lower <= found.estimate <= found.upper <= found.kernel_upper
    assert found.weights.min() >= 0
    assert found.weights.sum() == pytest.approx(1)


# ------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_orthonormal_inputs_have_a_closed_form(n: int) -> None:
    """Activations are fair coins, p is uniform by symmetry: gamma = E sqrt(B) / n with B binomial. In 50 dimensions."""
    heads = np.arange(n + 1)
    gamma = float(np.sqrt(heads) @ binom.pmf(heads, n, 0.5)) / n
    x = ortho_group.rvs(50, random_state=3)[:n]
    found = shallow_margin(x, np.where(np.arange(n) % 2, 1, -1), samples=20_000)
    ordered(found)
    assert found.lower <= gamma <= found.upper
    assert found.upper - found.lower < 0.04 * gamma
    assert found.status == SolveStatus.CONVERGED
    assert found.kernel_upper == pytest.approx(1 / np.sqrt(2 * n), rel=1e-3)
    assert found.kernel_lower == pytest.approx(1 / (2 * n), rel=1e-3)


@pytest.mark.parametrize(("n", "seed"), [(3, 0), (6, 4), (8, 4)])
def test_exact_values_in_the_plane_lie_between_the_ends(n: int, seed: int) -> None:
    x, y = plane(n, seed)
    least, most = exact_in_the_plane(x, y)
    assert most > 0.02
    found = shallow_margin(x, y, samples=20_000, failure_probability=1e-6, seed=7)
    ordered(found)
    assert found.lower <= most
    assert found.upper >= least
    assert found.upper - found.lower < 0.05
    assert found.estimate == pytest.approx(least, rel=0.05)  # 1e-2 of it the optimisation, the rest sampling
    assert found.kernel_upper > 1.02 * most  # the L2 margin is another number


@given(seed=st.integers(0, 10**6), n=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_the_ends_without_sampling_always_hold(seed: int, n: int) -> None:
    x, y = plane(n, seed)
    least, most = exact_in_the_plane(x, y, 90)
    found = shallow_margin(x, y, samples=2, max_steps=0)
    ordered(found)
    assert found.kernel_lower <= most * (1 + 1e-9) + 1e-12
    assert found.kernel_upper >= least * (1 - 1e-9)


def test_a_budget_spent_early_leaves_a_valid_interval() -> None:
    x, y = plane(8, 4)
    least, most = exact_in_the_plane(x, y)
    few = shallow_margin(x, y, samples=20_000, max_steps=0, failure_probability=1e-6)
    assert (few.status, few.steps) == (SolveStatus.MAX_STEPS, 0)
    assert few.lower <= most
    assert few.upper >= least
    more = shallow_margin(x, y, samples=20_000, failure_probability=1e-6)
    assert more.status == SolveStatus.CONVERGED
    assert more.upper - more.lower < few.upper - few.lower


def test_opposite_labels_of_one_input_have_no_margin() -> None:
    x, y = plane(5, 0)
    found = shallow_margin(np.vstack([x, x[:1]]), np.append(y, -y[0]), samples=100)
    ordered(found)
    assert found.status == SolveStatus.NOT_SEPARABLE
    assert found.lower == 0
    assert found.upper < 1e-5


# --------------------------------------------------------------------------------------------------- invariances


@given(seed=st.integers(0, 10**6), power=st.integers(-8, 8))
@settings(max_examples=10, deadline=None)
def test_the_margin_is_homogeneous_and_knows_no_names_of_classes(seed: int, power: int) -> None:
    x, y = plane(5, seed)
    first = shallow_margin(x, y, samples=500)
    other = shallow_margin(x * 2.0**power, -y, samples=500)
    for name in ("lower", "upper", "estimate", "kernel_lower", "kernel_upper"):
        assert getattr(other, name) == pytest.approx(2.0**power * getattr(first, name), rel=1e-6, abs=1e-12)


def test_a_rotation_changes_the_sample_alone() -> None:
    """The law of z is invariant, so two intervals at level 1 - 1e-9 meet; those of another sample's margin do not."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((12, 6))
    y = np.where(x[:, 0] > 0, 1, -1)
    turned = x @ ortho_group.rvs(6, random_state=1)
    first, second, other = (
        shallow_margin(rows, y, samples=20_000, failure_probability=1e-9) for rows in (x, turned, 2 * x)
    )
    assert max(first.lower, second.lower) <= min(first.upper, second.upper)
    assert first.estimate != second.estimate
    assert other.lower > first.upper


def test_a_seed_decides_the_result() -> None:
    x, y = plane(5, 3)
    first, again, other = (shallow_margin(x, y, samples=300, seed=seed) for seed in (1, 1, 2))
    assert (first.lower, first.upper) == (again.lower, again.upper)
    assert first.estimate != other.estimate


def test_blocks_of_directions_are_a_matter_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = plane(5, 3)
    features = NeuronFeatures(x, y.astype(float), lambda t: (t > 0).astype(float), x, np.ones(5))
    whole = np.concatenate(list(features.draws(100, (0, 0))))
    monkeypatch.setattr("howwide.ntrf.solvers.reweighting._BLOCK_ENTRIES", 35)
    parts = list(features.draws(100, (0, 0)))
    assert [len(part) for part in parts] == [7] * 14 + [2]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12, atol=1e-15)


# ---------------------------------------------------------------------------------------------------- confidence


def test_the_error_of_a_mean_covers_at_its_level_and_an_eighth_of_it_does_not() -> None:
    """20,000 means of 200 values each, of three laws; the bound is safe, so the true coverage is far above."""
    rng = np.random.default_rng(0)
    for chance in (0.5, 0.05, 0.01):
        values = rng.binomial(200, chance, 20_000)
        mean = values / 200
        variance = (values - 200 * mean**2) / 199
        error = mean_error(variance, 200, np.ones(20_000), np.full(20_000, 0.5), np.full(20_000, 0.05))
        assert (chance <= mean + error).mean() >= 0.95
        assert (chance >= mean - error).mean() >= 0.95
        assert (chance <= mean + error / 8).mean() < 0.95


def test_the_error_of_a_mean_is_the_smaller_of_two_formulas() -> None:
    """N = 1001: Hoeffding sqrt(log(2/d) / 2N) at the largest variance, Bernstein 7 log(4/d) / 3000 at variance 0."""
    found = mean_error(np.array([0.25, 0.0]), 1001, np.ones(2), np.full(2, 0.5), np.full(2, 0.1))
    assert found == pytest.approx([np.sqrt(np.log(20) / 2002), 7 * np.log(40) / 3000])


@pytest.mark.parametrize("samples", [100, 2000])
def test_the_interval_covers_at_its_level(samples: int) -> None:
    """Two orthonormal inputs, gamma = (2 + sqrt 2) / 8, level 1/2, 100 seeds: fewer than 35 hits has chance 1e-3."""
    gamma = (2 + 2**0.5) / 8
    found = [shallow_margin(np.eye(2), [1, -1], samples=samples, failure_probability=0.5, seed=s) for s in range(100)]
    assert sum(one.lower <= gamma <= one.upper for one in found) >= 35
    assert sum(one.lower > one.kernel_lower for one in found) > 90  # the ends are those of samples
    assert sum(one.upper < one.kernel_upper for one in found) > 90
    assert np.mean([one.estimate < gamma for one in found]) > 0.05


# ------------------------------------------------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ShapeError, lambda: shallow_margin(np.eye(3), [1, -1])),
        (ShapeError, lambda: shallow_margin(np.ones(3), [1, -1, 1])),
        (DataError, lambda: shallow_margin(np.eye(2), [0, 1])),
        (SettingError, lambda: shallow_margin([[np.nan]], [1])),
        (SettingError, lambda: shallow_margin(np.eye(2), [1, -1], samples=1)),
        (SettingError, lambda: shallow_margin(np.eye(2), [1, -1], failure_probability=0)),
        (SettingError, lambda: shallow_margin(np.eye(2), [1, -1], tolerance=1.0)),
        (SettingError, lambda: shallow_margin(np.eye(2), [1, -1], tolerance="small")),
        (SettingError, lambda: shallow_margin(np.eye(2), [1, -1], max_steps=-1)),
        (SettingError, lambda: shallow_margin(np.eye(2), [1, -1], seed=-1)),
    ],
)
def test_misuse_is_told_in_one_line(error: type[HowwideError], call: Callable[[], Any]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value)
