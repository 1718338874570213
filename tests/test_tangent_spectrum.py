"""Extreme eigenvalues of tangent Grams: certain ends against exact integer arithmetic, probable ones by simulation."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hilbert
from scipy.sparse.linalg import aslinearoperator
from scipy.stats import beta, binom, ortho_group
from sklearn.datasets import load_digits

import oracles
from howwide import DeepReLU, FixedHeadReLU
from howwide.errors import HowwideError, SettingError, ShapeError
from howwide.tangent import TangentOperator, gram
from howwide.tangent.cholesky import smallest_eigenvalue_bound
from howwide.tangent.lanczos import Lanczos, improbable_overlap, lanczos, random_start
from howwide.tangent.spectrum import Spectrum, Status, extreme_eigenvalues

NET = DeepReLU(40, 3)


def refuses(error: type[HowwideError], call: Callable[[], Any], words: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert words in str(caught.value)


# ------------------------------------------------------------------------------------------------- the oracle: inertia


def signature(k: np.ndarray, shift: float, side: int) -> tuple[bool, bool]:
    """Whether side * (shift - k) is positive semidefinite and whether it is definite, in exact integers (Bareiss)."""
    entries = [
        [side * (Fraction(float(shift)) * (i == j) - Fraction(float(v))) for j, v in enumerate(row)]
        for i, row in enumerate(k)
    ]
    common = max(v.denominator for row in entries for v in row)  # powers of two
    a = [[int(v * common) for v in row] for row in entries]
    before, definite = 1, True
    for p in range(len(a)):
        pivot = a[p][p]
        if pivot < 0 or (pivot == 0 and any(a[p][p:])):
            return False, False
        if pivot == 0:
            definite = False
            continue
        for i in range(p + 1, len(a)):
            for j in range(i, len(a)):
                a[i][j] = a[j][i] = (a[i][j] * pivot - a[i][p] * a[p][j]) // before
        before = pivot
    return True, definite


def holds(k: np.ndarray, found: Spectrum) -> bool:
    """All four ends, exactly."""
    return (
        signature(k, found.smallest.lower, -1)[0]
        and not signature(k, found.smallest.upper, -1)[1]
        and signature(k, found.largest.upper, 1)[0]
        and not signature(k, found.largest.lower, 1)[1]
        and found.smallest.lower <= found.smallest.value <= found.smallest.upper
        and found.largest.lower <= found.largest.value <= found.largest.upper
    )


def product_gram(features: np.ndarray) -> np.ndarray:
    k = features @ features.T
    return (k + k.T) / 2


def with_spectrum(eigenvalues: np.ndarray, seed: int = 0) -> np.ndarray:
    q = ortho_group.rvs(len(eigenvalues), random_state=seed)
    return product_gram(q * np.sqrt(eigenvalues))


def digits_gram(n: int) -> np.ndarray:
    x = load_digits().data[:n] / 16
    return gram(NET, oracles.start(NET, 64), x / np.linalg.norm(x, axis=1, keepdims=True))


def test_the_oracle_knows_what_is_definite() -> None:
    k = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert signature(k, 1.0, -1) == (True, False)
    assert signature(k, np.nextafter(1.0, 0), -1) == (True, True)
    assert signature(k, np.nextafter(1.0, 2), -1) == (False, False)
    assert signature(k, 3.0, 1) == (True, False)
    assert signature(np.ones((3, 3)), 0.0, -1) == (True, False)
    assert signature(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.0, -1) == (False, False)


# ------------------------------------------------------------------------------------------------------- stored Grams


@st.composite
def symmetric(draw: st.DrawFn) -> np.ndarray:
    """Grams of few features, with repeated and nearly repeated rows, graded, shifted to indefinite, in both dtypes."""
    n, p = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    features = rng.standard_normal((n, p)) * 10.0 ** rng.uniform(-draw(st.sampled_from([0, 3, 8])), 0, (n, 1))
    if draw(st.booleans()):
        features[-1] = features[0] + draw(st.sampled_from([0, 1e-9, 1e-6])) * rng.standard_normal(p)
    k = product_gram(features) * 10.0 ** draw(st.sampled_from([-90, 0, 0, 80]))
    if draw(st.booleans()):
        k -= np.eye(n) * draw(st.sampled_from([1e-12, 1e-3, 1.0])) * np.abs(k).max()
    return k.astype(draw(st.sampled_from([np.float64, np.float32]))) if np.abs(k).max() < 1e30 else k


@given(symmetric(), st.sampled_from([0, 4000]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_ends_of_a_stored_gram_hold_exactly(k: np.ndarray, dense_limit: int) -> None:
    size = float(np.abs(k).max())
    if 0 < size < 1e-100:
        return
    found = extreme_eigenvalues(k, dense_limit=dense_limit)
    assert holds(k, found)
    assert found.largest.level == found.smallest.level == 1.0
    # iteration stops at residuals of 1e-8, which matter where eigenvalues nearly repeat
    allowed = (1e-13 * len(k) if dense_limit else 1e-7) * np.linalg.norm(k.astype(float))
    assert found.smallest.upper - found.smallest.lower <= allowed
    assert found.largest.upper - found.largest.lower <= allowed


@pytest.mark.parametrize("dense_limit", [0, 4000], ids=["iterated", "dense"])
@pytest.mark.parametrize(
    "k",
    [
        hilbert(10),
        digits_gram(40),
        with_spectrum(np.geomspace(1e-9, 1, 30)),
        with_spectrum(np.repeat([1.0, 3.0], 15)),
        with_spectrum(np.r_[np.ones(29), 1e4]),
        np.diag(10.0 ** -np.arange(20)) + 1e-25,
    ],
    ids=["hilbert", "digits", "geometric", "two values", "outlier", "graded"],
)
def test_the_ends_hold_and_are_near(k: np.ndarray, dense_limit: int) -> None:
    """Within four times the allowance of the certificate."""
    found = extreme_eigenvalues(k, dense_limit=dense_limit)
    assert holds(k, found)
    n, trace = len(k), np.trace(k)
    assert found.smallest.upper - found.smallest.lower <= 4 * (n + 6) * 1.2e-16 * trace
    assert found.largest.upper - found.largest.lower <= 4 * (n + 6) * 1.2e-16 * n * found.largest.value
    if dense_limit:
        assert found.eigenvalues == pytest.approx(np.linalg.eigvalsh(k), abs=1e-13 * trace)
    else:
        assert found.eigenvalues is None
    for eigenvalue in (found.largest, found.smallest):
        v = eigenvalue.vector
        assert np.linalg.norm(v) == pytest.approx(1)
        assert eigenvalue.residual == pytest.approx(np.linalg.norm(k @ v - eigenvalue.value * v), abs=1e-14 * trace)
        assert eigenvalue.residual <= 1e-7 * found.largest.value


def test_a_tangent_gram_of_digits_is_positive_definite() -> None:
    k = digits_gram(300)
    values = np.linalg.eigvalsh(k)
    for limit in (299, 300):
        found = extreme_eigenvalues(k, dense_limit=limit)
        assert found.status == Status.CONVERGED
        assert found.trace == pytest.approx(np.trace(k))
        assert found.smallest.value == pytest.approx(values[0], rel=1e-8)
        assert found.largest.value == pytest.approx(values[-1], rel=1e-12)
        assert found.smallest.upper / found.smallest.lower < 1 + 1e-6
        assert found.condition is not None
        low, high = found.condition
        assert low <= found.largest.value / found.smallest.value <= high < low * (1 + 1e-5)


def test_repeated_rows_lose_precision_and_say_so() -> None:
    k = digits_gram(30)[np.ix_([*range(30), 3, 7], [*range(30), 3, 7])]
    for limit in (0, 100):
        found = extreme_eigenvalues(k, dense_limit=limit)
        assert holds(k, found)
        assert found.status == found.smallest.status == Status.PRECISION_LOST
        assert found.smallest.lower < 0 < found.smallest.upper < 1e-12 * found.trace
        assert found.largest.status == Status.CONVERGED
        assert found.condition is not None
        assert found.condition[1] == np.inf


@pytest.mark.parametrize("limit", [0, 100])
@pytest.mark.parametrize("share", [1e-9, 1e-2, 10.0])
def test_a_matrix_that_is_no_gram_is_told(limit: int, share: float) -> None:
    k = digits_gram(30)
    k -= np.eye(30) * (np.linalg.eigvalsh(k)[0] + share * np.trace(k))
    found = extreme_eigenvalues(k, dense_limit=limit)
    assert holds(k, found)
    assert found.status == found.smallest.status == Status.NOT_PSD
    assert found.smallest.upper < 0
    assert found.smallest.value == pytest.approx(np.linalg.eigvalsh(k)[0], rel=1e-5)


def test_too_few_steps_are_told_and_the_ends_hold() -> None:
    k = with_spectrum(np.linspace(1, 2, 30))
    found = extreme_eigenvalues(k, dense_limit=0, num_steps=2)
    assert holds(k, found)
    assert found.status == found.largest.status == found.smallest.status == Status.MAX_STEPS
    found = extreme_eigenvalues(with_spectrum(np.r_[np.linspace(1, 2, 29), 1e4]), dense_limit=0, num_steps=3)
    assert found.largest.status == Status.CONVERGED
    assert found.status == found.smallest.status == Status.MAX_STEPS


def test_rounding_that_nearly_hides_an_eigenvalue_is_told() -> None:
    k = with_spectrum(np.geomspace(1e-13, 1, 30))
    for limit in (0, 30):
        found = extreme_eigenvalues(k, dense_limit=limit)
        assert holds(k, found)
        assert found.smallest.status == Status.PRECISION_LOST
        assert found.largest.status == Status.CONVERGED


def test_diagonal_matrices_are_known_exactly() -> None:
    for diagonal in ([0.0], [-2.0], [0.0, 0.0], [3.0, 1e-200, 5.0]):
        found = extreme_eigenvalues(np.diag(diagonal))
        for eigenvalue, expected in ((found.largest, max(diagonal)), (found.smallest, min(diagonal))):
            assert eigenvalue.lower == eigenvalue.value == eigenvalue.upper == expected
            assert eigenvalue.residual == 0
            assert np.linalg.norm(np.diag(diagonal) @ eigenvalue.vector - expected * eigenvalue.vector) == 0
        assert found.status == (Status.NOT_PSD if min(diagonal) < 0 else Status.CONVERGED)
    assert extreme_eigenvalues(np.zeros((3, 3))).condition is None
    assert extreme_eigenvalues(np.eye(3)).condition == pytest.approx((1, 1))


@given(symmetric(), st.floats(-1e3, 1e3))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_certificate_holds_whatever_the_estimate(k: np.ndarray, share: float) -> None:
    size = float(np.abs(k).max())
    if 0 < size < 1e-100:
        return
    for bound in (smallest_eigenvalue_bound(k), smallest_eigenvalue_bound(k, near=share * size)):
        assert signature(k, bound, -1)[0]


def test_the_certificate_is_near_a_good_estimate() -> None:
    k = digits_gram(100)
    smallest = np.linalg.eigvalsh(k)[0]
    for bound in (smallest_eigenvalue_bound(k), smallest_eigenvalue_bound(k, near=float(smallest))):
        assert 0 < smallest - bound < 1e-6 * smallest


# ------------------------------------------------------------------------------------------------------------- misuse


def test_misuse_is_told() -> None:
    k = digits_gram(5)
    refuses(ShapeError, lambda: extreme_eigenvalues(k[:4]), "(n, n)")
    refuses(ShapeError, lambda: extreme_eigenvalues(np.empty((0, 0))), "(n, n)")
    refuses(ShapeError, lambda: extreme_eigenvalues(k + np.triu(np.ones((5, 5)), 1)), "symmetric")
    for bad in (np.nan, np.inf, -np.inf):
        refuses(SettingError, lambda bad=bad: extreme_eigenvalues(k * bad), "NaN")
    refuses(SettingError, lambda: extreme_eigenvalues(k * 1e200), "scale")
    refuses(SettingError, lambda: extreme_eigenvalues(k * 1e-200), "scale")
    refuses(SettingError, lambda: extreme_eigenvalues(np.ones((2, 2), int)), "float64 or float32")
    refuses(SettingError, lambda: extreme_eigenvalues(aslinearoperator(k)), "TangentOperator")
    refuses(SettingError, lambda: smallest_eigenvalue_bound(k, near=np.nan), "near")
    for setting in (
        {"failure_probability": 0.0},
        {"failure_probability": np.nan},
        {"tolerance": 0.0},
        {"num_steps": 0},
        {"dense_limit": -1},
    ):
        refuses(SettingError, lambda setting=setting: extreme_eigenvalues(k, **setting), next(iter(setting)))


# ------------------------------------------------------------------------------------------ probable ends, by products

N = 60
SPECTRA = {
    "one apart": np.r_[np.ones(N - 1), 1.001],
    "one at all": np.r_[np.zeros(N - 1), 1.0],
    "a hidden one": np.r_[np.linspace(0, 1, N - 1), 1.05],
    "geometric": 0.7 ** np.arange(N),
    "smooth": (1 + np.cos(np.pi * np.arange(N) / N)) / 2,
    "of both signs": np.r_[np.linspace(-1, 1, N - 1), -1.2],
}


def runs(eigenvalues: np.ndarray, steps: int, seed: int, error: float = 0.0) -> list[Lanczos]:
    """Lanczos in the eigenbasis: a uniform start is uniform in every basis; products off by ``error``."""
    rng = np.random.default_rng((seed, 1))

    def product(v: np.ndarray) -> np.ndarray:
        noise = rng.standard_normal(len(v))
        return eigenvalues * v + error * noise / np.linalg.norm(noise)

    return list(lanczos(product, random_start(len(eigenvalues), seed), steps, error))


@pytest.mark.parametrize("error", [0.0, 1e-6])
@pytest.mark.parametrize("name", SPECTRA)
def test_the_probable_ends_fail_as_seldom_as_they_say(name: str, error: float) -> None:
    """Each side, at all steps together, fails with probability 0.1 at most; a false alarm has chance 1e-9 a side."""
    eigenvalues, tries = SPECTRA[name], 150
    overlap = improbable_overlap(N, 0.1)
    failures = np.zeros(2)
    for seed in range(tries):
        found = runs(eigenvalues, 6, seed, error)
        failures[0] += any(run.probable_end(overlap, 1) < eigenvalues.max() for run in found)
        failures[1] += any(run.probable_end(overlap, -1) > eigenvalues.min() for run in found)
    assert failures.max() <= binom.isf(1e-9, tries, 0.1)
    if name == "one at all":
        assert failures.max() > 0, "this spectrum makes the bound sharp: it cannot always hold"


def test_the_overlap_has_the_law_it_claims() -> None:
    for n in (2, 5, 100):
        draws = np.random.default_rng(n).standard_normal((20000, n))
        overlaps = np.abs(draws[:, 0]) / np.linalg.norm(draws, axis=1)
        count = int(np.sum(overlaps < improbable_overlap(n, 0.05)))
        assert binom.isf(1 - 1e-9, 20000, 0.05) < count < binom.isf(1e-9, 20000, 0.05)
        assert improbable_overlap(n, 1e-4) ** 2 == pytest.approx(beta.ppf(1e-4, 0.5, (n - 1) / 2), rel=1e-4)


@pytest.mark.parametrize("name", [name for name in SPECTRA if SPECTRA[name].min() >= 0])
def test_the_probable_end_is_nearer_than_the_bound_of_kuczynski_and_wozniakowski(name: str) -> None:
    eigenvalues, probability = SPECTRA[name], 1e-3
    for k, run in enumerate(runs(eigenvalues, 25, 4), start=1):
        theta = run.ritz(1)[0]
        end = run.probable_end(improbable_overlap(N, probability), 1)
        assert theta <= end
        share = (np.log(1.648 * np.sqrt(N) / probability) / (2 * k - 1)) ** 2
        if share < 1:
            assert end <= theta / (1 - share)


def test_a_gap_makes_the_probable_end_sharp() -> None:
    run = runs(np.r_[np.linspace(0, 0.1, 1999), 1.0], 10, 3)[-1]
    assert 1 <= run.probable_end(improbable_overlap(2000, 1e-3), 1) <= 1 + 1e-8


def test_errors_of_products_may_hide_an_eigenvalue_and_the_end_allows_for_it() -> None:
    """A multiple of the identity but for one eigenvalue, which the products leave out, within the error they admit."""
    for seed in range(20):
        run = list(lanczos(lambda v: 1.0 * v, random_start(N, seed), 3, 1e-5))[-1]
        assert run.ritz(1)[0] == pytest.approx(1)
        overlap = abs(float(run.basis[0, 0]))
        assert 1 + 1e-5 <= run.probable_end(overlap * 0.999, 1) <= 1 + 1.1e-5 / overlap


def test_lanczos_is_the_recursion_it_says() -> None:
    eigenvalues = np.linspace(1, 3, 40)
    run = runs(eigenvalues, 12, 0)[-1]
    assert run.basis @ run.basis.T == pytest.approx(np.eye(12), abs=1e-14)
    t = np.diag(run.diagonal) + np.diag(run.off[:-1], 1) + np.diag(run.off[:-1], -1)
    assert (run.basis * eigenvalues) @ run.basis.T == pytest.approx(t, abs=1e-13)
    theta, vector, residual = run.ritz(1)
    assert np.linalg.norm(eigenvalues * vector - theta * vector) == pytest.approx(residual, abs=1e-13)
    assert len(runs(np.ones(8), 8, 0)) == 1, "the space is exhausted at once"
    assert len(runs(np.arange(5.0), 50, 0)) == 5


# ----------------------------------------------------------------------------------------------------------- operators


@pytest.mark.parametrize("net", [NET, FixedHeadReLU((30, 20))], ids=str)
@pytest.mark.parametrize("steps", [1, 5, 40])
def test_the_ends_of_an_operator_are_those_of_its_gram(net: Any, steps: int) -> None:
    x = oracles.examples(96, 12)[0]
    weights = oracles.start(net, 12)
    operator = TangentOperator(net, weights, x, block_size=32)
    found = extreme_eigenvalues(operator, num_steps=steps, failure_probability=1e-6)
    exact = extreme_eigenvalues(gram(net, weights, x))
    for part, truth in ((found.largest, exact.largest), (found.smallest, exact.smallest)):
        slack = 1e-13 * exact.trace  # the two computed the features' products apart
        assert part.lower - slack <= truth.value <= part.upper + slack
        assert part.lower <= part.value <= part.upper
        v = part.vector
        assert np.linalg.norm(v) == pytest.approx(1)
        assert part.residual == pytest.approx(np.linalg.norm(operator @ v - part.value * v), rel=1e-6, abs=slack)
    assert found.smallest.lower >= 0
    assert found.largest.upper <= found.trace * (1 + 1e-12)
    assert found.trace == pytest.approx(exact.trace)
    assert found.largest.status == (Status.CONVERGED if steps == 40 else Status.MAX_STEPS)
    if steps == 40:
        assert found.largest.level == 1 - 1e-6
        assert found.largest.upper <= found.largest.lower * (1 + 1e-3)
    if steps == 1:
        assert found.largest.upper == pytest.approx(found.trace)
        assert found.largest.level == found.smallest.level == 1.0
        assert found.smallest.lower == 0
        assert found.smallest.status == Status.MAX_STEPS


def test_nearly_orthogonal_rows_have_a_smallest_eigenvalue_found_by_products() -> None:
    net = FixedHeadReLU(300, 1)
    weights, x = oracles.start(net, 300), oracles.examples(40, 300)[0]
    found = extreme_eigenvalues(TangentOperator(net, weights, x))
    truth = np.linalg.eigvalsh(gram(net, weights, x))[0]
    assert 0.999 * truth <= found.smallest.lower <= truth <= found.smallest.upper
    assert found.status == Status.CONVERGED
    assert found.smallest.level == 1 - 1e-3
    assert found.condition is not None
    assert np.isfinite(found.condition[1])


def test_single_precision_widens_the_ends_and_they_hold() -> None:
    weights, x = oracles.start(NET, 12), oracles.examples(50, 12)[0]
    found = extreme_eigenvalues(TangentOperator(NET, weights, x, dtype="float32"))
    values = np.linalg.eigvalsh(gram(NET, [w.astype(np.float32) for w in weights], x.astype(np.float32)))
    # the operator is the exact Gram of signals in float32, which are off by about 1e-6 themselves
    assert found.largest.lower <= values[-1] * (1 + 1e-5)
    assert found.largest.upper >= values[-1] * (1 - 1e-5)
    assert found.smallest.lower == 0
    assert found.smallest.status == Status.PRECISION_LOST
    assert found.smallest.upper >= values[0] * (1 - 1e-5)


def test_one_row_and_a_dead_network() -> None:
    weights = oracles.start(NET, 12)
    one = oracles.examples(1, 12)[0]
    found = extreme_eigenvalues(TangentOperator(NET, weights, one))
    k = float(gram(NET, weights, one)[0, 0])
    assert found.status == Status.CONVERGED
    assert found.smallest.lower <= k <= found.smallest.upper
    assert found.largest.lower <= k <= found.largest.upper
    assert found.largest.upper <= found.smallest.lower * (1 + 1e-10)
    dead = extreme_eigenvalues(TangentOperator(NET, [0 * w for w in weights], oracles.examples(6, 12)[0]))
    assert dead.status == Status.CONVERGED
    assert dead.largest.lower == dead.largest.upper == dead.smallest.lower == dead.smallest.upper == 0


def test_the_same_seed_gives_the_same_result() -> None:
    operator = TangentOperator(NET, oracles.start(NET, 12), oracles.examples(50, 12)[0])
    first, again, other = (extreme_eigenvalues(operator, num_steps=4, seed=seed) for seed in (1, 1, 2))
    assert first.largest.upper == again.largest.upper != other.largest.upper
