"""The hard-margin quadratic programme: certified ends against Clarabel, nonnegative least squares and closed forms."""

from typing import Any

import cvxpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from howwide.errors import DataError, SettingError, ShapeError
from howwide.ntrf.solvers.block_pivoting import solve_nonnegative_qp
from howwide.ntrf.solvers.hard_margin import HardMargin, StoredForm, hard_margin, hard_margin_of
from howwide.ntrf.status import SolveStatus


def sample(n: int, p: int, seed: int = 0, gap: float = 0.3) -> np.ndarray:
    """Signed features (n, p) with a common part, so that they are separable, and far from orthogonal."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, p)) * np.geomspace(1, 1e-2, p)
    features[:, 0] = np.abs(features[:, 0]) * rng.uniform(0.5, 2, n) + gap
    return features


def clarabel(features: np.ndarray, offsets: np.ndarray) -> float:
    """1 / |u| for the shortest u with <phi_i, u> >= b_i."""
    u = cvxpy.Variable(features.shape[1])
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(u)), [features @ u >= offsets])
    problem.solve(solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    return 1 / float(problem.value)


def least_squares(features: np.ndarray) -> float:
    """The least norm in the convex hull of the rows: |F'p|^2 + (1'p - 1)^2 has its minimum in the same direction."""
    n = len(features)
    p = nnls(np.vstack([features.T, np.ones(n)]), np.append(np.zeros(features.shape[1]), 1.0))[0]
    return float(np.linalg.norm(features.T @ p) / p.sum())


def check(found: HardMargin, features: np.ndarray, offsets: np.ndarray | None = None) -> None:
    """The interval is what the weights prove, and they are on the simplex."""
    b = np.ones(len(features)) if offsets is None else offsets
    p = found.weights
    assert p.min() >= 0
    assert p.sum() == pytest.approx(1, abs=1e-12)
    combination = features.T @ p
    norm = np.linalg.norm(combination)
    assert 0 <= found.lower <= found.upper
    assert found.upper >= norm / (b @ p) * (1 - 1e-9)
    if found.lower > 0:
        u = combination / norm / found.lower
        assert (features @ u >= b - 1e-9 * np.abs(b)).all()


# ---------------------------------------------------------------------------------------------------- against others


@pytest.mark.parametrize("features", [sample(300, 60), sample(300, 400, 1)], ids=["low rank", "full rank"])
def test_the_margin_is_that_of_clarabel(features: np.ndarray) -> None:
    found = hard_margin(features @ features.T, tolerance=1e-5)
    assert found.status is SolveStatus.CONVERGED
    assert found.upper - found.lower <= 1e-5 * found.upper
    truth = clarabel(features, np.ones(300))
    assert found.lower * (1 - 1e-7) <= truth <= found.upper * (1 + 1e-7)
    assert 2 <= (found.weights > 0).sum() < 300
    check(found, features)


@pytest.mark.parametrize("spread", [0.5, 3.0])
def test_the_margin_with_offsets_is_that_of_clarabel(spread: float) -> None:
    """Offsets of one sign, and of both."""
    features = sample(200, 300, 2)
    offsets = 1 + spread * np.random.default_rng(3).uniform(-1, 1, 200)
    assert (offsets.min() > 0) == (spread < 1)
    found = hard_margin(features @ features.T, linear=offsets, tolerance=1e-4)
    assert found.status is SolveStatus.CONVERGED
    assert found.upper - found.lower <= 1e-4 * found.upper
    truth = clarabel(features, offsets)
    assert found.lower * (1 - 1e-7) <= truth <= found.upper * (1 + 1e-7)
    check(found, features, offsets)


@pytest.mark.parametrize("h", [1.0, 1e-2, 1e-3, 1e-4])
def test_active_offsets_below_zero_do_not_spoil_the_ends(h: float) -> None:
    """Reaching b_1 = 1 pushes the second margin to -1/2, just below its offset: u = (1, 1) by hand, whatever h is."""
    features = np.array([[1.0, 0.0], [-0.5, h / 4]])
    found = hard_margin(features @ features.T, linear=[1.0, h / 4 - 0.5])
    assert found.status is SolveStatus.CONVERGED
    assert found.lower <= 0.5**0.5 <= found.upper


@pytest.mark.parametrize(("n", "p"), [(2500, 40), (1300, 1400)], ids=["few carry weight", "most carry weight"])
def test_working_sets_reach_the_solution_of_all_examples(n: int, p: int) -> None:
    features = sample(n, p, 4) if p < n else np.eye(n, p) + 0.01 * sample(n, p, 4)
    found = hard_margin(features @ features.T)
    assert found.status is SolveStatus.CONVERGED
    assert ((found.weights > 0).sum() > n / 2) == (p > n)
    check(found, features)
    if p < n:
        assert found.lower <= least_squares(features) * (1 + 1e-9)
        assert found.upper >= least_squares(features) * (1 - 1e-9)


def test_orthogonal_features_have_a_closed_form() -> None:
    """p_i ~ 1 / |phi_i|^2, and with offsets |u|^2 = sum_i max(b_i, 0)^2 / |phi_i|^2."""
    squares = np.random.default_rng(5).uniform(0.1, 10, 50)
    plain = hard_margin(np.diag(squares), tolerance=1e-9)
    assert plain.lower <= np.sum(1 / squares) ** -0.5 <= plain.upper
    np.testing.assert_allclose(plain.weights, (1 / squares) / np.sum(1 / squares), rtol=1e-9)
    b = np.random.default_rng(6).standard_normal(50)
    offset = hard_margin(np.diag(squares), linear=b, tolerance=1e-6)
    assert offset.lower <= np.sum(np.maximum(b, 0) ** 2 / squares) ** -0.5 <= offset.upper
    assert offset.upper - offset.lower <= 1e-6 * offset.upper


@pytest.mark.parametrize(("n", "p"), [(50, 60), (400, 50)], ids=["full rank", "low rank"])
def test_pivoting_solves_the_complementarity_problem(n: int, p: int) -> None:
    """Up to a multiple: w = t Q a - b is nonnegative, and 0 where a is positive. Low rank leads in circles."""
    features = sample(n, p, 7)
    q = features @ features.T
    b = np.random.default_rng(8).uniform(0.5, 2, n)
    a, steps = solve_nonnegative_qp(q, b, slack=1e-9, max_steps=100)
    assert steps < 50
    assert a.min() >= 0
    w = q @ a * (a @ b / (a @ q @ a)) - b
    assert w.min() >= -1e-7
    assert np.abs(w[a > 0]).max() < 1e-7


# ------------------------------------------------------------------------------------------------------ special samples


def test_one_example_has_its_norm_as_margin() -> None:
    found = hard_margin([[4.0]])
    assert found.lower <= 2 <= found.upper
    assert found.upper - found.lower < 1e-12
    assert found.weights.tolist() == [1.0]


def test_conflicting_duplicates_are_not_separable() -> None:
    features = sample(20, 30)
    for both in (np.vstack([features, -features[3:4]]), np.vstack([features, -features])):
        found = hard_margin(both @ both.T)
        assert found.status is SolveStatus.NOT_SEPARABLE
        assert found.lower == 0
        assert found.upper < 1e-6
        assert np.linalg.norm(both.T @ found.weights) <= found.upper
        assert found.weights.sum() == pytest.approx(1)


def test_a_vanishing_combination_of_many_is_found() -> None:
    """The origin is inside a simplex of 31 features in 30 dimensions, and in no face of it."""
    features = np.vstack([np.eye(30), -np.random.default_rng(9).uniform(0.5, 2, 30)])
    found = hard_margin(features @ features.T)
    assert found.status is SolveStatus.NOT_SEPARABLE
    assert (found.weights > 0).all()
    assert np.linalg.norm(features.T @ found.weights) < 1e-6


def test_a_feature_of_zeros_is_not_separable_unless_nothing_is_asked_of_it() -> None:
    features = np.vstack([sample(6, 8), np.zeros(8)])
    q = features @ features.T
    found = hard_margin(q)
    assert found.status is SolveStatus.NOT_SEPARABLE
    assert found.weights[6] == 1
    without = hard_margin(q[:6, :6])
    offsets = np.array([1.0] * 6 + [-1.0])
    assert hard_margin(q, linear=offsets).upper == pytest.approx(without.upper, rel=1e-3)


@pytest.mark.parametrize("distance", [1e-2, 1e-5, 1e-6, 1e-7, 1e-9])
def test_near_duplicates_are_told_apart_as_far_as_rounding_allows(distance: float) -> None:
    """Unit rows at +-angle with opposite labels: gamma = sin(angle), until its square drowns in the Gram's rounding."""
    features = np.array([[np.cos(distance), np.sin(distance)], [-np.cos(distance), np.sin(distance)]])
    found = hard_margin(features @ features.T)
    assert found.lower <= np.sin(distance) <= found.upper
    if distance > 1e-6:
        assert found.status is SolveStatus.CONVERGED
    elif distance > 2e-7:
        assert found.status is SolveStatus.PRECISION_LOST
        assert found.lower > 0.9 * distance
    else:
        assert found.status is SolveStatus.NOT_SEPARABLE
        assert found.lower == 0


def test_repeated_examples_change_nothing() -> None:
    features = sample(40, 60, 10)
    once = hard_margin(features @ features.T, tolerance=1e-8)
    thrice = np.repeat(features, 3, axis=0)
    again = hard_margin(thrice @ thrice.T, tolerance=1e-8)
    assert again.lower == pytest.approx(once.lower, rel=1e-7)
    assert again.status is SolveStatus.CONVERGED


def test_offsets_that_the_start_reaches_need_no_step() -> None:
    found = hard_margin(np.eye(3), linear=[0.0, -1.0, -2.0])
    assert (found.lower, found.upper, found.steps) == (np.inf, np.inf, 0)
    assert found.status is SolveStatus.CONVERGED


def test_offsets_can_be_out_of_reach_where_some_are_free() -> None:
    """Two opposite features: both offsets 1 cannot be reached, 1 and -1 can, with |u| = 1."""
    q = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert hard_margin(q, linear=[1.0, 1.0]).status is SolveStatus.NOT_SEPARABLE
    found = hard_margin(q, linear=[1.0, -1.0 - 1e-3])
    assert found.lower <= 1 <= found.upper
    assert found.status is SolveStatus.CONVERGED


# --------------------------------------------------------------------------------------------------- budgets, precision


def test_every_budget_gives_a_valid_interval() -> None:
    features = sample(400, 50, 11)
    q = features @ features.T
    truth = hard_margin(q, tolerance=1e-7)
    assert truth.status is SolveStatus.CONVERGED
    statuses = []
    for budget in range(1, truth.steps + 1):
        found = hard_margin(q, max_steps=budget)
        check(found, features)
        assert found.lower <= truth.upper
        assert found.upper >= truth.lower
        assert found.steps == budget
        statuses.append(found.status)
    assert statuses[0] is SolveStatus.MAX_STEPS
    assert statuses[-1] is SolveStatus.CONVERGED


def test_a_small_working_set_gives_a_valid_interval() -> None:
    features = np.eye(80) + 0.01 * sample(80, 80, 12)
    form = StoredForm(features @ features.T)
    truth = hard_margin_of(form)
    found = hard_margin_of(form, largest=30, start=np.arange(30))
    assert found.status is SolveStatus.MAX_STEPS
    assert found.lower <= truth.lower
    assert found.upper > truth.upper
    check(found, features)


@pytest.mark.parametrize("start", [[0], [5, 3], list(range(0, 60, 7))])
def test_the_first_working_set_does_not_matter(start: list[int]) -> None:
    features = sample(60, 80, 13)
    form = StoredForm(features @ features.T)
    found, other = hard_margin_of(form, tolerance=1e-6), hard_margin_of(form, tolerance=1e-6, start=np.array(start))
    assert other.status is SolveStatus.CONVERGED
    assert other.lower == pytest.approx(found.lower, rel=2e-6)


def test_single_precision_widens_the_interval_around_the_truth() -> None:
    features = sample(300, 400, 1)
    q = features @ features.T
    exact, rounded = hard_margin(q, tolerance=1e-6), hard_margin(q.astype(np.float32))
    assert rounded.lower < exact.lower
    assert exact.upper < rounded.upper
    assert rounded.upper - rounded.lower < 0.05 * exact.upper


def test_products_of_single_precision_are_summed_in_double() -> None:
    q = sample(700, 90).astype(np.float32)
    q = (q @ q.T + (q @ q.T).T) / 2
    p = np.random.default_rng(0).dirichlet(np.ones(700))
    np.testing.assert_allclose(StoredForm(q).product(p), q.astype(float) @ p, rtol=1e-13)


def test_more_doubt_about_entries_widens_the_interval() -> None:
    q = sample(50, 60) @ sample(50, 60).T
    widths = [(found := hard_margin(q, entry_error=e)).upper - found.lower for e in (0.0, 1e-10, 1e-6)]
    assert widths[0] < widths[1] < widths[2]


# ----------------------------------------------------------------------------------------------------------- invariants


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 25),
    p=st.integers(1, 30),
    seed=st.integers(0, 10**6),
    gap=st.sampled_from([-1.0, 0.0, 0.3]),
    log_scale=st.floats(-12, 12),
)
def test_order_and_scale_of_the_examples_do_not_matter_and_more_of_them_lower_the_margin(
    n: int, p: int, seed: int, gap: float, log_scale: float
) -> None:
    features = sample(n, p, seed, gap)
    q = features @ features.T
    found = hard_margin(q)
    check(found, features)
    assert found.status is not SolveStatus.MAX_STEPS
    order = np.random.default_rng(seed).permutation(n)
    other = hard_margin(q[np.ix_(order, order)])
    assert other.lower <= found.upper
    assert found.lower <= other.upper
    root = 10**log_scale
    scaled = hard_margin(root**2 * q)
    assert scaled.upper == pytest.approx(root * found.upper, rel=1e-2, abs=1e-6 * root)
    assert scaled.lower == pytest.approx(root * found.lower, rel=1e-2, abs=1e-6 * root)
    if n > 1:
        assert hard_margin(q[1:, 1:]).upper >= found.lower


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 20), seed=st.integers(0, 10**6))
def test_any_offsets_are_reached_by_the_certified_direction(n: int, seed: int) -> None:
    features = sample(n, 25, seed)
    b = 0.3 + np.random.default_rng(seed).standard_normal(n)
    found = hard_margin(features @ features.T, linear=b)
    if (b <= 0).all():
        assert found.lower == np.inf
    else:
        check(found, features, b)
        assert found.status is SolveStatus.CONVERGED


# --------------------------------------------------------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("error", "q", "settings_"),
    [
        (ShapeError, np.ones((2, 3)), {}),
        (ShapeError, np.ones((0, 0)), {}),
        (ShapeError, np.eye(2), {"linear": [1.0]}),
        (DataError, np.eye(2), {"linear": [1.0, np.nan]}),
        (DataError, np.array([[1.0, np.nan], [np.nan, 1.0]]), {}),
        (DataError, np.array([[np.inf, 0.0], [0.0, 1.0]]), {}),
        (DataError, np.array([[1.0, 0.5], [0.0, 1.0]]), {}),
        (DataError, np.array([[-1.0, 0.0], [0.0, 1.0]]), {}),
        (DataError, np.array([[1.0, 2.0], [2.0, 1.0]]), {}),
        (SettingError, np.eye(2), {"tolerance": 0.0}),
        (SettingError, np.eye(2), {"tolerance": np.nan}),
        (SettingError, np.eye(2), {"max_steps": 0}),
        (SettingError, np.eye(2), {"entry_error": -1.0}),
    ],
)
def test_misuse_is_refused_in_one_line(error: type[Exception], q: np.ndarray, settings_: dict[str, Any]) -> None:
    with pytest.raises(error) as caught:
        hard_margin(q, **settings_)
    assert "\n" not in str(caught.value)
