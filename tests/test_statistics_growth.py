"""Growth laws: closed forms, data from a known law, one-sided points, and a verdict that does not overclaim."""

import itertools
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import binom, chi2, linregress, norm, t

from howwide.errors import SettingError
from howwide.statistics import LAWS, GrowthComparison, compare_growth_laws
from howwide.statistics.growth_laws import joint_p_value
from howwide.statistics.growth_points import GrowthPoints, gather_points

SAMPLES = np.geomspace(50, 5000, 7)
TRUE_LAWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "constant": lambda n: 20 + 0 * n,
    "log": lambda n: 5 * np.log(n),
    "log^2": lambda n: 2 * np.log(n) ** 2,
    "log^3": lambda n: 0.3 * np.log(n) ** 3,
    "linear": lambda n: 0.5 * n,
    "power": lambda n: 3 * n**0.62,
}


def compare(n: np.ndarray, width: np.ndarray, error: float | np.ndarray) -> GrowthComparison:
    half = np.exp(1.959963984540054 * np.asarray(error))
    return compare_growth_laws(n, list(width / half), list(width), list(width * half))


@pytest.mark.parametrize("name", LAWS)
def test_the_law_behind_exact_data_is_found(name: str) -> None:
    found = compare(SAMPLES, TRUE_LAWS[name](SAMPLES), 0.02)
    assert found.laws[0].name == name
    np.testing.assert_allclose(found.laws[0].predict(SAMPLES), TRUE_LAWS[name](SAMPLES), rtol=1e-4)
    assert found.status == "compared"
    assert found.criterion == "AIC"


@pytest.mark.parametrize("name", LAWS)
def test_the_law_behind_noisy_data_remains_in_the_verdict(name: str) -> None:
    """Errors of 3% (seed fixed): the true law, or the power law that contains it, has most of the weight."""
    rng = np.random.default_rng(5)
    width = TRUE_LAWS[name](SAMPLES) * np.exp(0.03 * rng.standard_normal(7))
    weights = {law.name: law.weight for law in compare(SAMPLES, width, 0.03).laws}
    assert weights[name] > 0.5
    assert sum(weights.values()) == pytest.approx(1.0)
    assert set(weights) == set(LAWS)


def test_three_points_by_hand() -> None:
    """No scatter is fitted to three points: weighted least squares, and AIC because the correction does not exist."""
    n, width, error = np.array([50.0, 300.0, 2000.0]), np.array([10.0, 25.0, 40.0]), np.array([0.1, 0.2, 0.15])
    found = compare(n, width, error)
    laws = {law.name: law for law in found.laws}
    slope, intercept = np.polyfit(np.log(n), np.log(width), 1, w=1 / error)
    assert laws["power"].parameters["b"] == pytest.approx(slope, abs=1e-5)
    assert laws["power"].parameters["c"] == pytest.approx(np.exp(intercept), rel=1e-4)
    mean = np.average(np.log(width), weights=error**-2.0)
    assert laws["constant"].parameters["c"] == pytest.approx(np.exp(mean), rel=1e-5)
    expected = norm.logpdf(np.log(width), mean, error).sum()
    assert laws["constant"].log_likelihood == pytest.approx(expected, abs=1e-8)
    assert all(law.parameters["scatter"] == 0.0 for law in found.laws)
    centred = np.log(n) - np.average(np.log(n), weights=error**-2.0)
    curvature = 1.959964 / np.sqrt(np.sum(centred**2 / error**2))  # the profile is a parabola: exact
    assert found.exponent == pytest.approx((slope, slope - curvature, slope + curvature), abs=1e-4)
    akaike = {name: 2 * (1 + (name == "power")) - 2 * law.log_likelihood for name, law in laws.items()}
    ratio = np.exp((akaike["constant"] - akaike["power"]) / 2)
    assert laws["power"].weight / laws["constant"].weight == pytest.approx(ratio)


def test_fitted_scatter_is_that_of_linear_regression() -> None:
    """With negligible errors: Student's interval of the slope, and AICc from the residual sums of squares."""
    noise = np.random.default_rng(12).standard_normal(9)
    n = np.geomspace(50, 5000, 9)
    found = compare(n, 3 * n**0.4 * np.exp(0.3 * noise), 1e-6)
    x, y = np.log(n), np.log(3) + 0.4 * np.log(n) + 0.3 * noise
    line = linregress(x, y)
    half = t.ppf(0.975, 7) * line.stderr
    assert found.exponent == pytest.approx((line.slope, line.slope - half, line.slope + half), abs=1e-3)
    weights = {law.name: law.weight for law in found.laws}
    squares = {"constant": np.sum((y - y.mean()) ** 2), "power": np.sum((y - line.slope * x - line.intercept) ** 2)}
    parameters = {"constant": 2, "power": 3}  # the scatter is one
    akaike = {
        name: 9 * np.log(rss / 9) + 2 * p + 2 * p * (p + 1) / (9 - p - 1)
        for (name, rss), p in zip(squares.items(), parameters.values(), strict=True)
    }
    assert weights["power"] / weights["constant"] == pytest.approx(
        np.exp((akaike["constant"] - akaike["power"]) / 2), rel=1e-3
    )


def test_scatter_beyond_the_intervals_is_found_and_told() -> None:
    rng = np.random.default_rng(8)
    n = np.geomspace(50, 5000, 40)
    found = compare(n, 3 * n**0.5 * np.exp(0.4 * rng.standard_normal(40)), 0.01)
    power = next(law for law in found.laws if law.name == "power")
    residual = np.log(3 * n**0.5) - np.log(power.predict(n))
    assert power.parameters["scatter"] == pytest.approx(0.4, rel=0.25)
    assert np.abs(residual).max() < 0.4
    assert found.criterion == "AICc"
    assert "scatter" in found.verdict


@pytest.mark.parametrize(
    ("error", "scatter", "points"),
    [(0.1, 0.0, 3), *(pytest.param(*law, marks=pytest.mark.slow) for law in [(0.02, 0.3, 5), (0.1, 0.1, 7)])],
)
def test_exponent_interval_covers(error: float, scatter: float, points: int) -> None:
    """150 repetitions; fails by chance with probability below 1e-4 when the coverage is 95%."""
    rng, repetitions, covered = np.random.default_rng(points), 150, 0
    n = np.geomspace(50, 5000, points)
    for _ in range(repetitions):
        noise = np.hypot(error, scatter) * rng.standard_normal(points)
        _, lower, upper = compare(n, 3 * n**0.4 * np.exp(noise), error).exponent
        assert lower is not None
        assert upper is not None
        covered += lower <= 0.4 <= upper
    assert covered >= binom.ppf(1e-4, repetitions, 0.95)


def test_rescaled_widths_change_only_the_constants() -> None:
    width = TRUE_LAWS["power"](SAMPLES) * np.exp(0.1 * np.sin(np.arange(7)))
    plain, scaled = compare(SAMPLES, width, 0.1), compare(SAMPLES, 1000 * width, 0.1)
    for one, other in zip(plain.laws, scaled.laws, strict=True):
        assert one.name == other.name
        assert one.weight == pytest.approx(other.weight, abs=1e-5)
        assert one.p_value == pytest.approx(other.p_value, rel=1e-6)
        assert one.remains == other.remains
        assert other.parameters["c"] == pytest.approx(1000 * one.parameters["c"], rel=1e-3)
    assert plain.exponent == pytest.approx(scaled.exponent, abs=1e-4)


def exponent_with(n: float, lower: float | None, upper: float | None) -> float:
    """Exponent fitted to five points on 3 n^0.4 and one more point with the ends given."""
    samples = np.append(np.geomspace(50, 1000, 5), n)
    width = 3 * samples[:5] ** 0.4
    found = compare_growth_laws(samples, [*(width / 1.2), lower], [*width, None], [*(width * 1.2), upper])
    assert found.points == 5 + (lower is not None or upper is not None)
    assert found.one_sided == found.points - 5
    assert found.exponent[0] is not None
    return found.exponent[0]


def test_one_sided_points_push_the_fit_their_way() -> None:
    assert exponent_with(5000, None, None) == pytest.approx(0.4, abs=1e-3)
    on_the_line = 3 * 5000**0.4
    assert exponent_with(5000, 4 * on_the_line, None) > 0.45
    assert exponent_with(5000, None, on_the_line / 4) < 0.35
    assert exponent_with(5000, on_the_line / 4, None) == pytest.approx(0.4, abs=1e-3)
    assert exponent_with(5000, None, 4 * on_the_line) == pytest.approx(0.4, abs=1e-3)
    assert exponent_with(10, 4 * 3 * 10**0.4, None) < 0.35


def test_one_sided_likelihood_against_a_direct_formula() -> None:
    """The power law passes through the two located points at any weight; the one-sided term is then free of the fit."""
    n = np.array([50.0, 500.0, 5000.0])
    width = 3 * n**0.4
    found = compare_growth_laws(
        n, [width[0] / 1.2, width[1] / 1.2, width[2] / 10], [width[0], width[1], None], [*(1.2 * width[:2]), None]
    )
    z = norm.ppf(0.975)
    error = np.log(1.2) / z
    expected = 2 * norm.logpdf(0.0, 0.0, error) + norm.logcdf(np.log(10) / error - z)
    power = next(law for law in found.laws if law.name == "power")
    assert power.log_likelihood == pytest.approx(expected, abs=1e-6)


def test_the_fit_is_a_maximum_of_the_likelihood() -> None:
    """Scatter and one-sided points together, against the likelihood written out again and a derivative-free search."""
    rng = np.random.default_rng(4)
    n, error, z = np.geomspace(50, 5000, 8), rng.uniform(0.05, 0.3, 8), norm.ppf(0.975)
    centre = np.log(3 * n**0.4) + 0.3 * rng.standard_normal(8)
    lower: list[float | None] = list(np.exp(centre - z * error))
    upper: list[float | None] = list(np.exp(centre + z * error))
    upper[7], lower[2] = None, None
    found = compare_growth_laws(n, lower, list(np.exp(centre)), upper)
    sided = np.isin(np.arange(8), (2, 7))
    typical = np.median(error[~sided])

    def log_likelihood(p: np.ndarray) -> float:
        mean, spread = p[0] + p[1] * np.log(n), np.hypot(error, p[2])
        total = norm.logpdf(centre, mean, spread)[~sided].sum()
        wide = np.hypot(typical, p[2])
        total += norm.logcdf((mean[7] - (np.log(lower[7] or 0) + z * typical)) / wide)
        return float(total + norm.logcdf((np.log(upper[2] or 0) - z * typical - mean[2]) / wide))

    law = next(law for law in found.laws if law.name == "power")
    start = np.array([np.log(law.parameters["c"]), law.parameters["b"], law.parameters["scatter"]])
    assert log_likelihood(start) == pytest.approx(law.log_likelihood, abs=1e-8)
    search = minimize(
        lambda p: -log_likelihood(p), start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}
    )
    assert -search.fun <= law.log_likelihood + 1e-5


def test_contradictory_one_sided_points_stay_finite() -> None:
    n = [50, 100, 200, 400, 800, 1600]
    found = compare_growth_laws(
        n, [10, 11, 12, 13, 1e9, None], [11, 12, 13, 14, None, None], [12, 13, 14, 15, None, 1e-3]
    )
    assert all(np.isfinite([law.log_likelihood, *law.parameters.values()]).all() for law in found.laws)


def test_seven_points_over_two_decades_do_not_separate_log_cubed_from_a_power() -> None:
    rng = np.random.default_rng(2)
    width = TRUE_LAWS["log^3"](SAMPLES) * np.exp(0.15 * rng.standard_normal(7))
    found = compare(SAMPLES, width, 0.15)
    assert found.finding == "growth"
    assert found.verdict.startswith("The width grows with n over a factor 100 in n (7 points): as a power of n the ")
    assert "Log^3 n (weight 0." in found.verdict
    assert "the power law n^0." in found.verdict
    assert "these data do not separate them" in found.verdict
    assert "\n" not in found.verdict


def test_a_single_remaining_law_is_worded_with_care() -> None:
    """Proportion to n is a power, so powers near it remain too; log^3 n is not, and remains alone."""
    linear = compare(SAMPLES, TRUE_LAWS["linear"](SAMPLES), 0.05)
    assert {law.name for law in linear.laws if law.remains} == {"linear", "power"}
    assert "Of the 6 laws tried growth in proportion to n remains, and with it powers of n within that interval" in (
        linear.verdict
    )
    cubed = compare(SAMPLES, TRUE_LAWS["log^3"](SAMPLES), 0.005)
    assert [law.name for law in cubed.laws if law.remains] == ["log^3"]
    for found, words in ((linear, "growth in proportion to n"), (cubed, "only log^3 n remains (weight 1.00)")):
        assert words in found.verdict
        assert "laws not tried and larger n are another matter" in found.verdict
        assert found.verdict.endswith("A wider range of n would test it.")


def test_no_growth_is_a_limit_on_the_exponent_and_excludes_no_power() -> None:
    """A flat curve, and n^0.08 with a width of 8 to 10: the constant is never all that remains."""
    n = 50.0 * 2.0 ** np.arange(5)
    for exponent in (0.0, 0.08):
        found = compare(n, 8 * (n / 50) ** exponent, 0.1138)
        _, lower, upper = found.exponent
        assert found.finding == "no_growth_detected"
        assert found.verdict.startswith(
            "No growth detected over a factor 16 in n (5 points): the exponent of n is at most "
            f"{upper:.2f} (95% interval: {lower:.2f} to {upper:.2f}). "
        )
        assert {"constant", "power"} <= {law.name for law in found.laws if law.remains}
        assert "only a constant width" not in found.verdict
        assert found.verdict.endswith("A wider range of n, or more trials, would lower that limit.")


def test_wide_intervals_settle_nothing_and_falling_widths_are_told() -> None:
    n = np.array([50.0, 100.0, 200.0])
    wide = compare(n, np.array([10.0, 14.0, 20.0]), 0.6)
    assert wide.finding == "undecided"
    assert wide.verdict.startswith("Growth and no growth both remain possible over a factor 4 in n (3 points)")
    falling = compare(SAMPLES, 100 * SAMPLES**-0.5, 0.1)
    assert falling.finding == "decrease"
    assert falling.verdict.startswith("The width falls with n")
    assert [law.name for law in falling.laws if law.remains] == ["power"]


def test_a_law_that_misses_every_point_is_not_what_remains() -> None:
    """Two located points and one far above any line through them: the best power law misses all three."""
    found = compare_growth_laws([50, 100, 200], [3.9, 7.6, 256.0], [5.2, 9.7, None], [7.3, 13.3, None])
    assert found.laws[0].name == "power"
    assert found.laws[0].weight == pytest.approx(1.0, abs=1e-6)
    assert max(law.p_value for law in found.laws) < 1e-9
    assert not any(law.remains for law in found.laws)
    assert found.finding == "no_law_fits"
    assert found.verdict.startswith("No law fits over a factor 4 in n (3 points, 1 of them one-sided): each of the 6 ")
    assert "remains" not in found.verdict
    assert "the nearest, the power law n^3.10; a law is rejected below 0.01" in found.verdict
    assert found.verdict.endswith(
        "Points at more n would show whether one of these is off or the width follows another law."
    )


@pytest.mark.parametrize("bent", [[10, 40, 10, 40, 10], [10, 10, 10, 10, 60], [10, 3, 2, 3, 10]])
def test_points_that_jump_fit_no_law_however_large_a_scatter_is_fitted(bent: list[float]) -> None:
    found = compare(50.0 * 2.0 ** np.arange(5), np.array(bent), 0.1)
    assert found.finding == "no_law_fits"
    assert "scatter about the heaviest law" in found.verdict


def points_of(width: np.ndarray, error: float, n: np.ndarray = SAMPLES) -> GrowthPoints:
    half = np.exp(norm.ppf(0.975) * error)
    return gather_points(np.log(n), width / half, width, width * half, norm.ppf(0.975))


def joint_p_values(points: GrowthPoints) -> dict[str, float]:
    return {name: joint_p_value(name, points) for name in LAWS}


def test_joint_p_values_against_weighted_least_squares() -> None:
    """Located points: residuals of the normal equations in mpmath, and its incomplete gamma function."""
    rng = np.random.default_rng(3)
    width = 3 * SAMPLES**0.4 * np.exp(0.2 * rng.standard_normal(7))
    found = joint_p_values(points_of(width, 0.15))
    offsets = {"constant": 0, "log": 1, "log^2": 2, "log^3": 3}
    with mpmath.workdps(30):
        x, y = ([mpmath.log(v) for v in values] for values in (SAMPLES, width))
        variance = mpmath.mpf(0.15) ** 2 + mpmath.mpf(0.1) ** 2

        def p_value(residual: list[mpmath.mpf], freedom: int) -> float:
            distance = sum(r**2 for r in residual) / variance
            return float(mpmath.gammainc(mpmath.mpf(freedom) / 2, distance / 2, mpmath.inf, regularized=True))

        for name, k in offsets.items():
            shape = [b - k * mpmath.log(a) for a, b in zip(x, y, strict=True)]
            assert found[name] == pytest.approx(p_value([s - sum(shape) / 7 for s in shape], 6), rel=1e-9)
        centre, middle = sum(x) / 7, sum(y) / 7
        slope = sum((a - centre) * b for a, b in zip(x, y, strict=True)) / sum((a - centre) ** 2 for a in x)
        power = p_value([b - middle - slope * (a - centre) for a, b in zip(x, y, strict=True)], 5)
    assert power > found["constant"]
    assert found["power"] == pytest.approx(power, rel=1e-9)


def test_joint_p_values_with_one_sided_points() -> None:
    """The deviance written out again, its minimum by a derivative-free search; two degrees for a one-sided point."""
    z, n = norm.ppf(0.975), np.array([50.0, 100, 200, 400, 800])
    lower, upper = np.array([8.0, 9.0, 10.0, 40.0, np.nan]), np.array([11.0, 13.0, 14.0, np.nan, 9.0])
    points = gather_points(np.log(n), lower, np.full(5, np.nan), upper, z)
    middle, error = np.log(lower * upper)[:3] / 2, np.log(upper / lower)[:3] / (2 * z)
    spread, typical = np.hypot(error, 0.1), np.median(error)

    def distance(p: np.ndarray) -> float:
        mean = p[0] + p[1] * np.log(n / 200)
        low = norm.logcdf((mean[3] - np.log(40) - z * typical) / np.hypot(typical, 0.1))
        high = norm.logcdf((np.log(9) - z * typical - mean[4]) / np.hypot(typical, 0.1))
        return float(np.sum(((middle - mean[:3]) / spread) ** 2) - 2 * (low + high))

    options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000}
    flat = minimize(lambda p: distance(np.array([p[0], 0.0])), [2.3], method="Nelder-Mead", options=options).fun
    free = minimize(distance, [2.3, 0.1], method="Nelder-Mead", options=options).fun
    found = joint_p_values(points)
    assert found["constant"] == pytest.approx(chi2.sf(flat, 3 + 4 - 1), rel=1e-5)
    assert found["power"] == pytest.approx(max(chi2.sf(free, 3 + 4 - 2), found["constant"]), rel=1e-5)
    assert found["power"] < 0.01


@pytest.mark.parametrize("scatter", [0.0, 0.1])
@pytest.mark.parametrize("one_sided", [False, True])
def test_the_true_law_is_rejected_once_in_a_hundred_times_at_most(scatter: float, one_sided: bool) -> None:
    """720 studies, over all laws and 3, 5, 7, 10 points; fails by chance with probability 1e-4.

    One-sided: what an error puts above the true width of the last point is known by a lower end alone.
    """
    rng, rejected, studies = np.random.default_rng(11), 0, 0
    for (name, law), count in itertools.product(TRUE_LAWS.items(), (3, 5, 7, 10)):
        n = np.geomspace(50, 5000, count)
        for _ in range(30):
            width = law(n) * np.exp(np.hypot(0.1, scatter) * rng.standard_normal(count))
            lower, upper = width / 1.2165, width * 1.2165
            if one_sided:
                limit = law(n)[-1]
                beyond = (width > limit) & (np.arange(count) >= 2)
                lower, upper = np.where(beyond, limit / 1.2165, lower), np.where(beyond, np.nan, upper)
                width = np.where(beyond, np.nan, width)
            studies += 1
            rejected += joint_p_value(name, gather_points(np.log(n), lower, width, upper, 1.959964)) < 0.01
    assert studies == 720
    assert rejected <= binom.ppf(1 - 1e-4, studies, 0.01)


def test_a_true_law_is_seldom_excluded_and_a_false_one_is() -> None:
    """Errors of a tenth, 5 and 7 points: 48 studies lose their law at most twice, and never keep one far away."""
    rng, lost = np.random.default_rng(6), 0
    for (name, law), count in itertools.product(TRUE_LAWS.items(), (5, 7)):
        n = np.geomspace(50, 5000, count)
        for _ in range(4):
            found = compare(n, law(n) * np.exp(0.1 * rng.standard_normal(count)), 0.1)
            kept = {law.name for law in found.laws if law.remains}
            lost += name not in kept
            assert not {"constant", "linear"} <= kept
    assert lost <= 2


def test_a_power_law_is_never_worse_than_what_it_contains() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        width = np.exp(rng.uniform(0, 1) * rng.standard_normal(7)) * SAMPLES ** rng.choice([0.0, 1.0])
        found = joint_p_values(points_of(width, 0.3))
        assert found["power"] >= max(found["constant"], found["linear"])


def test_the_order_of_the_points_does_not_matter() -> None:
    rng = np.random.default_rng(12)
    width = 3 * SAMPLES**0.3 * np.exp(0.15 * rng.standard_normal(7))
    one, order = compare(SAMPLES, width, 0.15), rng.permutation(7)
    other = compare(SAMPLES[order], width[order], 0.15)
    assert one.verdict == other.verdict
    assert [law.name for law in one.laws] == [law.name for law in other.laws]
    for a, b in zip(one.laws, other.laws, strict=True):
        assert (a.weight, a.p_value) == pytest.approx((b.weight, b.p_value), abs=1e-5)


def test_more_points_narrow_the_interval_of_the_exponent() -> None:
    """The same range of n and the same errors, on the law itself."""
    length = []
    for count in (3, 5, 7, 13, 25):
        n = np.geomspace(50, 5000, count)
        _, lower, upper = compare(n, 3 * n**0.4, 0.15).exponent
        assert lower is not None
        assert upper is not None
        if count > 3:  # from 4 points on the scatter is fitted too, which makes the interval wider
            length.append(upper - lower)
    assert length == sorted(length, reverse=True)
    assert length[-1] < length[0] / 2


@pytest.mark.parametrize(
    ("n", "lower", "upper"),
    [
        ([50, 500], [8, 18], [12, 22]),
        ([50, 50, 500], [8, 8, 18], [12, 12, 22]),
        ([50, 500, 5000], [8, 18, 30], [12, None, None]),
        ([50, 500, 5000], [8, 18, None], [12, 22, None]),
        ([50, 500, 5000], 3 * [None], 3 * [None]),
        ([], [], []),
    ],
)
def test_too_few_points_give_a_status(n: list[int], lower: list[float | None], upper: list[float | None]) -> None:
    found = compare_growth_laws(n, lower, len(n) * [None], upper)
    assert found.status == "too_few_points"
    assert found.laws == ()
    assert found.criterion is None
    assert found.exponent == (None, None, None)
    assert found.finding is None
    assert "too few" in found.verdict


@pytest.mark.parametrize(
    "arguments",
    [
        ([50, 500], [8, 18, 30], [10, 20, 35], [12, 22, 40]),
        ([1, 500, 5000], [8, 18, 30], [10, 20, 35], [12, 22, 40]),
        ([50, 500, 5000], [-8, 18, 30], [10, 20, 35], [12, 22, 40]),
        ([50, 500, 5000], [8, 18, 30], [10, 20, 35], [7, 22, 40]),
        ([50, 500, 5000], [8, 18, 30], [13, 20, 35], [12, 22, 40]),
        ([50, 500, 5000], [8, 18, 30], [10, 20, 35], [12, 22, 40], 1.0),
        ([50, 500, 5000], [8, 18, np.inf], [10, 20, 35], [12, 22, 40]),
    ],
)
def test_misuse_is_told_in_one_line(arguments: tuple[object, ...]) -> None:
    with pytest.raises(SettingError) as caught:
        compare_growth_laws(*arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_prediction_below_two_is_misuse() -> None:
    found = compare(SAMPLES, TRUE_LAWS["log"](SAMPLES), 0.1)
    with pytest.raises(SettingError, match="at least 2"):
        found.laws[0].predict(1.0)
