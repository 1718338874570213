"""The least successful size of an upward scan: closed forms, simulated scans, and what untried sizes may do."""

import math

import numpy as np
import pytest
from scipy.stats import nbinom

from howwide.errors import SettingError
from howwide.statistics import ScanEstimate, fit_response
from howwide.statistics._counts import Counts
from howwide.statistics.posterior import GridPosterior
from howwide.statistics.upward_scan import estimate_scan


def certain(half: float, scale: float, lapse: float = 0.0, guess: float = 0.0) -> GridPosterior:
    """A posterior that knows the curve."""
    place = (math.log(half), math.log(scale), math.asin(math.sqrt(lapse)), math.asin(math.sqrt(guess)))
    return GridPosterior(tuple(np.array([x, x]) for x in place), np.ones((1, 1, 1, 1)))


def tried(*widths: int) -> Counts:
    sizes = np.array(widths, float)
    return Counts(sizes, np.arange(1.0, sizes.size + 1), np.full(sizes.size, 100.0))


def scanned(curve: GridPosterior, step: int, *widths: int) -> ScanEstimate:
    return estimate_scan(tried(*widths), curve, curve, step, 0.95, 0.0)


def success(m: float, half: float, scale: float, lapse: float, guess: float) -> float:
    return guess + (1 - guess - lapse) / (1 + (half / m) ** (1 / scale))


@pytest.mark.parametrize(("step", "first"), [(1, 13), (2, 14), (5, 15), (13, 13), (20, 20)])
def test_a_jump_is_found_at_the_next_size(step: int, first: int) -> None:
    """All fail below 12.5 and succeed above: no variance, and both intervals are the size itself."""
    found = scanned(certain(12.5, 1e-4), step, 1, 4, 64)
    values = (found.estimate, found.lower, found.upper, found.ten_lower, found.ten_upper)
    assert values == pytest.approx((first,) * 5, abs=1e-9)


@pytest.mark.parametrize("step", [1, 2, 5])
def test_equal_chances_are_geometric(step: int) -> None:
    """P(m) = p at every size: M / step is geometric, E M = step / p, variance step^2 (1 - p) / p^2."""
    p = 0.3
    found = scanned(certain(1e-6, 1e-3, lapse=1 - p), step, 1, 2, 4, 400)
    assert (found.estimate, found.lower, found.upper) == pytest.approx((step / p,) * 3, rel=1e-6)
    # A sum of ten geometric numbers is negative binomial.
    ends = [step * (nbinom.ppf(tail, 10, p) + 10) / 10 for tail in (0.025, 0.975)]
    assert (found.ten_lower, found.ten_upper) == pytest.approx(ends, abs=0.11 * step)


@pytest.mark.parametrize("step", [1, 2, 5])
def test_scans_that_are_made_one_by_one_agree(step: int) -> None:
    curve = {"half": 9.0, "scale": 0.25, "lapse": 0.05, "guess": 0.01}
    sizes = np.arange(step, 60 * step, step)
    won = np.random.default_rng(1).uniform(size=(20_000, sizes.size)) < [success(m, **curve) for m in sizes]
    minima = sizes[won.argmax(axis=1)]
    found = scanned(certain(**curve), step, 1, 8, 200)
    error = np.std(minima) / math.sqrt(len(minima))
    assert found.estimate == pytest.approx(np.mean(minima), abs=4 * error)
    tens = np.mean(np.reshape(minima, (-1, 10)), axis=1)
    ends = np.quantile(tens, [0.025, 0.975])
    assert (found.ten_lower, found.ten_upper) == pytest.approx(ends, abs=0.15 * step)


def test_the_posterior_mean_of_ten_is_wider_than_the_mean() -> None:
    fit = fit_response([4, 8, 16], [2, 12, 23], 24)
    for step in (1, 2, 5):
        found = fit.scan(step)
        assert found.ten_lower < found.lower < found.estimate < found.upper < found.ten_upper
    assert fit.scan(1).estimate < fit.scan(2).estimate < fit.scan(5).estimate
    assert fit.scan(1).estimate < fit.threshold(0.5).estimate
    assert fit.scan(2) == fit.scan(2), "the same counts give the same interval"


def test_untried_sizes_only_widen_the_interval() -> None:
    """With the curve known, the ends are E M under the two directions; by hand for a scan over 1, 2, 3, ..."""
    half, scale, narrowest, widest = 8.0, 0.2, 4, 12

    def failures(m: int) -> float:
        return 1 - success(m, half, scale, 0.0, 0.0)

    def mean(below: float, beyond: float) -> float:
        """``below``: failure at untried small sizes; ``beyond``: at those above the largest."""
        rates = [below if m < narrowest else failures(m) if m <= widest else beyond for m in range(1, 2000)]
        return 1 + sum(math.prod(rates[:k]) for k in range(1, 400))

    found = scanned(certain(half, scale), 1, narrowest, widest)
    assert found.lower == pytest.approx(mean(failures(narrowest), 0.0))
    assert found.upper == pytest.approx(mean(1.0, failures(widest)))
    assert found.lower < found.estimate < found.upper
    whole = scanned(certain(half, scale), 1, 1, 1000)
    assert whole.lower == pytest.approx(whole.upper)
    assert found.lower < whole.estimate < found.upper


@pytest.mark.parametrize(
    ("half", "widths"),
    [(8.0, (8, 32)), (100.0, (8, 32)), (3.0, (8, 32))],
    ids=["half of it untried", "above", "below"],
)
def test_where_the_untried_matters_there_is_no_estimate(half: float, widths: tuple[int, ...]) -> None:
    found = scanned(certain(half, 0.3), 1, *widths)
    assert found.estimate is None
    assert found.lower < found.upper


def test_without_a_success_nothing_is_known() -> None:
    found = fit_response([4, 8], [0, 0], 20).scan()
    assert found == ScanEstimate(1, None, None, None, None, None)


def test_ends_that_the_prior_put_there_are_dropped() -> None:
    assert fit_response([4, 8, 16], [0, 0, 1], 1).scan() == ScanEstimate(1, None, None, None, None, None)
    found = fit_response([8, 16], [0, 1], 2).scan()
    assert (found.estimate, found.lower, found.ten_lower) == (None, None, None)
    assert found.upper > 32


@pytest.mark.parametrize("given", [{"step": 0}, {"step": 1.5}, {"level": 1.0}, {"margin": 1.0}])
def test_bad_arguments(given: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        fit_response([4, 8], [1, 7], 8).scan(**given)


@pytest.mark.slow
@pytest.mark.parametrize(("half", "scale", "lapse"), [(9.0, 0.2, 0.0), (9.0, 0.35, 0.05), (20.0, 0.1, 0.02)])
def test_intervals_cover(half: float, scale: float, lapse: float) -> None:
    """200 sets of trials: if 95 % are covered, fewer than 180 have probability 0.002."""
    random, covered, predicted = np.random.default_rng(2), 0, 0
    widths = [max(1, round(half * f)) for f in (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0)]
    rates = [success(m, half, scale, lapse, 0.0) for m in range(1, 2000)]
    survival = np.cumprod(1 - np.array(rates))
    truth = 1 + survival.sum()
    for _ in range(200):
        found = fit_response(widths, [random.binomial(20, rates[m - 1]) for m in widths], 20).scan()
        ten = np.mean(1 + np.sum(random.uniform(size=(10, 1)) < survival, axis=1))
        covered += (found.lower or 0) <= truth <= (found.upper or math.inf)
        predicted += (found.ten_lower or 0) <= ten <= (found.ten_upper or math.inf)
    print(half, covered, predicted)
    assert covered >= 180
    assert predicted >= 180
