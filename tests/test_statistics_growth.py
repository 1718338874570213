"""Growth laws: closed forms, data from a known law, one-sided points, and a verdict that does not overclaim."""

import itertools
import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import binom, chi2, linregress, norm, skewnorm, t

from howwide.errors import SettingError
from howwide.statistics import LAWS, GrowthComparison, compare_growth_laws
from howwide.statistics.growth_evidence import SCATTER, Evidence
from howwide.statistics.growth_laws import FORMS
from howwide.statistics.growth_points import SCORES, GrowthPoints, bare_points, gather_points

SAMPLES = np.geomspace(50, 5000, 7)
TRUE_LAWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "constant": lambda n: 20 + 0 * n,
    "log": lambda n: 5 * np.log(n),
    "log^2": lambda n: 2 * np.log(n) ** 2,
    "log^3": lambda n: 0.3 * np.log(n) ** 3,
    "linear": lambda n: 0.5 * n,
    "power": lambda n: 3 * n**0.62,
    "polylog": lambda n: 0.02 * np.log(n) ** 4.5,
    "affine log": lambda n: 10 + 2 * np.log(n),
    "affine linear": lambda n: 10 + 0.05 * n,
}
CHEN = np.array([100.0, 200, 400, 1000, 2000, 4000, 10_000])
CAT_DOG = np.array([6.2, 9.2, 12.1, 14.6, 18.0, 22.0, 31.0])
CAT_SHIP = np.array([5.9, 7.1, 10.1, 13.3, 14.3, 17.0, 20.7])


def compare(n: np.ndarray, width: np.ndarray, error: float | np.ndarray) -> GrowthComparison:
    half = np.exp(1.959963984540054 * np.asarray(error))
    return compare_growth_laws(n, list(width / half), list(width), list(width * half))


def points_of(
    width: np.ndarray, error: float, n: np.ndarray = SAMPLES, correlation: np.ndarray | None = None
) -> GrowthPoints:
    half, z = np.exp(norm.ppf(0.975) * error), norm.ppf(0.975)
    return gather_points(np.log(n), width / half, width, width * half, z, None, correlation)


def by_hand(n: np.ndarray, width: np.ndarray, error: np.ndarray, name: str) -> tuple[float, np.ndarray]:
    """Log evidence and quantiles of the free parameter: Gaussian with a flat mean, in closed form, on a fine grid.

    With C the covariance, r the residuals of a law and 1 the vector of ones, the integral over the scale is
    ``det(2 pi C)^(-1/2) exp(-(r'C^-1 r - (1'C^-1 r)^2 / 1'C^-1 1) / 2) (2 pi / 1'C^-1 1)^(1/2)``.
    """
    x, y, one = np.log(n), np.log(width), np.ones(n.size)
    scatters = np.geomspace(*SCATTER, 300)
    share = np.full(300, 1.0)
    share[[0, -1]] = 0.5
    values = {"power": np.linspace(-1, 2, 1501), "polylog": np.linspace(-4, 8, 1501)}.get(name, np.linspace(0, 1, 801))
    size = values[1] - values[0]
    shape = {
        "power": lambda v: v * x,
        "polylog": lambda v: v * np.log(x),
        "affine log": lambda v: np.log(1 - v + v * x / x.mean()),
        "affine linear": lambda v: np.log(1 - v + v * np.exp(x - x.mean())),
    }
    fixed = {"constant": 0 * x, "linear": x, "log": np.log(x), "log^2": 2 * np.log(x), "log^3": 3 * np.log(x)}
    if name in fixed:
        values, size = np.zeros(1), 1.0
    r = y - (fixed[name][None] if name in fixed else np.array([shape[name](v) for v in values]))
    prior = {"power": norm(0.5, 0.5).pdf, "polylog": norm(2, 2).pdf}.get(name, np.ones_like)(values)
    rows = []
    for scatter in scatters:
        covariance = error + scatter**2 * np.eye(n.size)
        inverse = np.linalg.inv(covariance)
        a, b, c = one @ inverse @ one, r @ inverse @ one, np.einsum("ij,jk,ik->i", r, inverse, r)
        rows.append(
            -0.5 * np.linalg.slogdet(2 * np.pi * covariance)[1] - 0.5 * (c - b**2 / a) + 0.5 * np.log(2 * np.pi / a)
        )
    joint = np.array(rows) + np.log(share / share.sum())[:, None]
    below = np.cumsum(np.exp(logsumexp(joint, axis=0)))
    quantiles = np.interp([0.025, 0.5, 0.975], (below - np.diff(below, prepend=0) / 2) / below[-1], values)
    return float(logsumexp(joint + np.log(prior)) + np.log(size)), quantiles


@pytest.mark.parametrize("name", LAWS)
def test_the_law_behind_exact_data_is_found(name: str) -> None:
    found = compare(SAMPLES, TRUE_LAWS[name](SAMPLES), 0.01)
    assert found.laws[0].name == name
    np.testing.assert_allclose(found.laws[0].predict(SAMPLES), TRUE_LAWS[name](SAMPLES), rtol=5e-3)
    assert found.status == "compared"
    assert sum(law.weight for law in found.laws) == pytest.approx(1.0)
    assert {law.name for law in found.laws} == set(LAWS)


def test_parameters_are_those_of_the_formula() -> None:
    """Evaluated as the table of the laws writes them, they give what `predict` gives."""
    found = {law.name: law for law in compare(SAMPLES, TRUE_LAWS["log^2"](SAMPLES), 0.1).laws}
    n = np.array([60.0, 900.0, 1e5])
    for name, law in found.items():
        p = law.parameters
        written = {
            "constant": lambda p: p["c"] + 0 * n,
            "log": lambda p: p["c"] * np.log(n),
            "log^2": lambda p: p["c"] * np.log(n) ** 2,
            "log^3": lambda p: p["c"] * np.log(n) ** 3,
            "linear": lambda p: p["c"] * n,
            "power": lambda p: p["c"] * n ** p["b"],
            "polylog": lambda p: p["c"] * np.log(n) ** p["b"],
            "affine log": lambda p: p["a"] + p["b"] * np.log(n),
            "affine linear": lambda p: p["a"] + p["b"] * n,
        }[name]
        np.testing.assert_allclose(law.predict(n), written(p), rtol=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_weights_and_exponents_against_the_closed_form(name: str) -> None:
    """Unequal Gaussian errors with correlations, and widths without errors: a fine grid of the closed form."""
    error = np.array([0.1, 0.05, 0.08, 0.12, 0.06, 0.09, 0.1])
    correlation = 0.4 ** np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    half, z = np.exp(norm.ppf(0.975) * error), norm.ppf(0.975)
    measured = gather_points(np.log(CHEN), CAT_DOG / half, CAT_DOG, CAT_DOG * half, z, None, correlation)
    cases = [(measured, correlation * np.outer(error, error)), (bare_points(np.log(CHEN), CAT_DOG), 1e-6 * np.eye(7))]
    for points, covariance in cases:
        fit = Evidence(points).fit(name)
        log_evidence, quantiles = by_hand(CHEN, CAT_DOG, covariance, name)
        if log_evidence > -8:  # with a scatter near its upper end the coarse grid is worse, and nobody asks
            assert fit.log_evidence == pytest.approx(log_evidence, abs=0.06)
        if FORMS[name].free and log_evidence > 0:
            length = quantiles[2] - quantiles[0]
            np.testing.assert_allclose(fit.quantiles(np.array([0.025, 0.5, 0.975])), quantiles, atol=0.03 * length)


def test_the_published_exponents() -> None:
    """Widths without intervals: the exponent and interval of linear regression, and Student's law."""
    for width, published, spread in ((CAT_DOG, 0.325, 0.019), (CAT_SHIP, 0.273, 0.021)):
        line = linregress(np.log(CHEN), np.log(width))
        found = compare_growth_laws(CHEN, None, list(width), None)
        assert (line.slope, line.stderr) == (pytest.approx(published, abs=5e-4), pytest.approx(spread, abs=5e-4))
        half = t.ppf(0.975, 5) * line.stderr
        assert found.exponent == pytest.approx((line.slope, line.slope - half, line.slope + half), abs=0.002)
        assert "cannot tell log^2 n from n^0.3; n = " in found.verdict
        assert found.telling is not None
        assert found.telling.trials is None


def test_skew_posteriors_against_a_brute_force_grid() -> None:
    """Three skew normal posteriors, no scatter that matters: the product of their densities, on a grid."""
    n = np.array([100.0, 400.0, 1600.0])
    laws = [skewnorm(4.0, loc=math.log(m), scale=0.2) for m in (6.0, 9.0, 16.0)]
    posteriors = [np.exp(law.ppf(norm.cdf(SCORES))) for law in laws]
    low, middle, high = (np.exp([law.ppf(p) for law in laws]) for p in (0.025, 0.5, 0.975))
    points = gather_points(np.log(n), low, middle, high, norm.ppf(0.975), posteriors)
    evidence = Evidence(points)
    evidence.__dict__["scatters"] = np.array([1e-6])
    evidence.__dict__["log_prior"] = np.zeros(1)
    exponent, level = np.linspace(-0.3, 1.2, 601), np.linspace(0, 5, 2001)
    mean = level[:, None, None] + exponent[:, None] * (np.log(n) - np.log(n).mean())
    density = np.exp(sum(law.logpdf(mean[..., k]) for k, law in enumerate(laws)))
    step = level[1] - level[0]
    weighed = density * norm(0.5, 0.5).pdf(exponent)
    fit = evidence.fit("power")
    assert fit.log_evidence == pytest.approx(np.log(weighed.sum() * step * (exponent[1] - exponent[0])), abs=0.03)
    below = np.cumsum(density.sum(axis=0)) / density.sum()
    wanted = np.interp([0.025, 0.5, 0.975], below, exponent)
    np.testing.assert_allclose(fit.quantiles(np.array([0.025, 0.5, 0.975])), wanted, atol=0.01)
    normal = compare_growth_laws(n, list(low), list(middle), list(high)).exponent[0]
    assert abs(wanted[1] - fit.quantiles(np.array([0.5]))[0]) < abs(wanted[1] - (normal or 0)) + 0.005


def test_correlated_errors_widen_or_narrow_the_exponent_as_they_should() -> None:
    """An error that all points share says nothing about the slope; likeness of neighbours makes it less certain."""
    width, gap = 3 * SAMPLES**0.4, np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    lengths = []
    for correlation in (np.eye(7), np.where(gap == 0, 1.0, 0.5), 0.5**gap):
        low, high = (
            Evidence(points_of(width, 0.1, correlation=correlation)).fit("power").quantiles(np.array([0.025, 0.975]))
        )
        lengths.append(high - low)
    alone, shared, neighbours = lengths
    assert shared < alone < neighbours


def test_rescaled_widths_change_only_the_constants() -> None:
    width = TRUE_LAWS["power"](SAMPLES) * np.exp(0.1 * np.sin(np.arange(7)))
    plain, scaled = compare(SAMPLES, width, 0.1), compare(SAMPLES, 1000 * width, 0.1)
    for one, other in zip(plain.laws, scaled.laws, strict=True):
        assert one.name == other.name
        assert one.weight == pytest.approx(other.weight, abs=1e-4)
        assert one.p_value == pytest.approx(other.p_value, rel=1e-6)
        assert one.remains == other.remains
        np.testing.assert_allclose(other.predict(SAMPLES), 1000 * one.predict(SAMPLES), rtol=1e-3)
    assert plain.exponent == pytest.approx(scaled.exponent, abs=1e-4)
    assert plain.sentence == scaled.sentence


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


def test_one_sided_points_against_a_brute_force_grid() -> None:
    """Three Gaussian points and one with a lower end alone, no scatter that matters."""
    n, width, z = np.array([50.0, 150.0, 500.0, 5000.0]), np.array([8.0, 10.0, 12.0]), norm.ppf(0.975)
    error = np.log(1.2) / z
    lower, upper = np.append(width / 1.2, 30.0), np.append(width * 1.2, np.nan)
    evidence = Evidence(gather_points(np.log(n), lower, np.append(width, np.nan), upper, z))
    evidence.__dict__["scatters"] = np.array([1e-6])
    evidence.__dict__["log_prior"] = np.zeros(1)
    exponent, level = np.linspace(-0.5, 1.5, 801), np.linspace(1, 5, 1601)
    mean = level[:, None, None] + exponent[:, None] * (np.log(n) - np.log(n).mean())
    log_density = norm.logpdf(np.log(width), mean[..., :3], error).sum(axis=-1)
    log_density = log_density + norm.logcdf((mean[..., 3] - np.log(30.0)) / error - z)
    density = np.exp(log_density)
    wanted = density @ norm(0.5, 0.5).pdf(exponent) * (exponent[1] - exponent[0]) * (level[1] - level[0])
    fit = evidence.fit("power")
    assert fit.log_evidence == pytest.approx(np.log(wanted.sum()), abs=0.02)
    below = np.cumsum(density.sum(axis=0)) / density.sum()
    wanted = np.interp([0.025, 0.5, 0.975], below, exponent)
    np.testing.assert_allclose(fit.quantiles(np.array([0.025, 0.5, 0.975])), wanted, atol=0.01)


def test_contradictory_one_sided_points_stay_finite() -> None:
    n = [50, 100, 200, 400, 800, 1600]
    found = compare_growth_laws(
        n, [10, 11, 12, 13, 1e9, None], [11, 12, 13, 14, None, None], [12, 13, 14, 15, None, 1e-3]
    )
    assert all(np.isfinite([law.log_evidence, *law.parameters.values()]).all() for law in found.laws)
    assert found.finding == "no_law_fits"


def test_seven_points_over_two_decades_do_not_separate_log_cubed_from_a_power() -> None:
    rng = np.random.default_rng(2)
    width = TRUE_LAWS["log^3"](SAMPLES) * np.exp(0.15 * rng.standard_normal(7))
    found = compare(SAMPLES, width, 0.15)
    assert found.finding == "growth"
    assert found.verdict.startswith(found.sentence + " They cannot tell ")
    remaining = {law.name for law in found.laws if law.remains}
    assert {"log^3", "power", "polylog"} <= remaining
    assert "\n" not in found.verdict


def test_a_single_remaining_law_is_worded_with_care() -> None:
    found = compare(SAMPLES, TRUE_LAWS["affine linear"](SAMPLES), 0.01)
    assert [law.name for law in found.laws if law.remains] == ["affine linear"]
    assert found.sentence == (
        "Of the 9 laws tried only a floor plus n in proportion remains for these 7 points; laws not tried and larger n "
        "are another matter."
    )
    assert found.telling is None


def test_the_sentence_encloses_the_growth() -> None:
    """By the laws without a free parameter on either side of the estimate, and all of those that remain."""
    n = 50.0 * 2.0 ** np.arange(5)
    for exponent in (0.0, 0.08, 0.12):
        found = compare(n, 8 * (n / 50) ** exponent, 0.06)
        assert found.sentence == "These 5 points put the growth between a constant width and log n."
    steep = compare(n, 8 * (n / 50) ** 0.95, 0.06)
    assert steep.sentence == "These 5 points put the growth between log^3 n and growth in proportion to n."
    flat = compare(n, 8 + 0 * n, 0.1138)
    assert flat.finding == "no_growth_detected"
    assert {"constant", "power"} <= {law.name for law in flat.laws if law.remains}


def test_wide_intervals_settle_nothing_and_falling_widths_are_told() -> None:
    n = np.array([50.0, 100.0, 200.0])
    wide = compare(n, np.array([10.0, 14.0, 20.0]), 0.6)
    assert wide.finding == "undecided"
    assert wide.sentence == "These 3 points put the growth between a constant width and growth in proportion to n."
    falling = compare(SAMPLES, 100 * SAMPLES**-0.5, 0.1)
    assert falling.finding == "decrease"
    assert falling.sentence == "The width falls with n over these 7 points."


def test_what_would_tell_does() -> None:
    """Points with the errors and trials that the verdict names settle the pair in most of 40 studies of either law."""
    rng, error = np.random.default_rng(3), 0.08
    truth = {"log": TRUE_LAWS["log"], "log^2": lambda n: 0.85 * np.log(n) ** 2}
    n = np.array([50.0, 100.0, 200.0, 400.0])
    first = compare(n, np.sqrt(truth["log"](n) * truth["log^2"](n)), error)
    assert first.telling is not None
    assert (first.telling.first, first.telling.second) == ("log", "log^2")
    assert first.telling.at is not None
    more, settled = np.append(n, first.telling.at), 0
    for name, law in truth.items():
        for _ in range(20):
            middle = np.sqrt(truth["log"](n) * truth["log^2"](n))
            known = np.append(middle, law(more)[-1] * np.exp(error * rng.standard_normal()))
            weights = {fit.name: fit.weight for fit in compare(more, known, error).laws}
            settled += weights[name] > (weights["log"] + weights["log^2"]) * 0.9
    assert settled >= 24


def test_what_growth_is_set_against_is_in_the_words() -> None:
    found = compare_growth_laws([2, 4, 8, 16], [5, 6, 8, 10], [6, 7.5, 9.5, 12], [7, 9, 12, 15], variable="L")
    assert "in L" in found.verdict
    assert " n" not in found.verdict.replace(" no ", "")


def test_a_law_that_misses_every_point_is_not_what_remains() -> None:
    """Two located points and one far above any line through them: the best power law misses all three."""
    found = compare_growth_laws([50, 100, 200], [3.9, 7.6, 256.0], [5.2, 9.7, None], [7.3, 13.3, None])
    assert max(law.p_value for law in found.laws) < 1e-7
    assert not any(law.remains for law in found.laws)
    assert found.finding == "no_law_fits"
    assert found.verdict.startswith("No law fits these 3 points: each of the 9 tried misses them, taken together, by ")
    assert "remain." not in found.verdict
    assert "for the nearest, n^" in found.verdict
    assert found.verdict.endswith(
        "Points at more n would show whether one of these is off or the width follows another law."
    )


@pytest.mark.parametrize("bent", [[10, 40, 10, 40, 10], [10, 10, 10, 10, 60], [10, 3, 2, 3, 10]])
def test_points_that_jump_fit_no_law_however_large_a_scatter_is_fitted(bent: list[float]) -> None:
    found = compare(50.0 * 2.0 ** np.arange(5), np.array(bent), 0.1)
    assert found.finding == "no_law_fits"
    assert "scatter about the heaviest law" in found.verdict


def joint_p_values(points: GrowthPoints) -> dict[str, float]:
    evidence = Evidence(points)
    return {name: evidence.p_value(name) for name in LAWS}


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
    assert found["power"] == pytest.approx(power, rel=1e-4)


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
    assert found["power"] == pytest.approx(max(chi2.sf(free, 3 + 4 - 2), found["constant"]), rel=1e-4)
    assert found["power"] < 0.01


@pytest.mark.parametrize(
    ("scatter", "one_sided"),
    [
        (0.1, False),
        (0.0, True),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in [(0.0, False), (0.1, True)]),
    ],
)
def test_the_true_law_is_rejected_once_in_a_hundred_times_at_most(scatter: float, one_sided: bool) -> None:
    """180 studies, over all laws and 3, 5, 7, 10 points; fails by chance with probability 1e-4.

    One-sided: what an error puts above the true width of the last point is known by a lower end alone.
    """
    rng, rejected, studies = np.random.default_rng(11), 0, 0
    for (name, law), count in itertools.product(TRUE_LAWS.items(), (3, 5, 7, 10)):
        n = np.geomspace(50, 5000, count)
        for _ in range(5):
            width = law(n) * np.exp(np.hypot(0.1, scatter) * rng.standard_normal(count))
            lower, upper = width / 1.2165, width * 1.2165
            if one_sided:
                limit = law(n)[-1]
                beyond = (width > limit) & (np.arange(count) >= 2)
                lower, upper = np.where(beyond, limit / 1.2165, lower), np.where(beyond, np.nan, upper)
                width = np.where(beyond, np.nan, width)
            studies += 1
            rejected += Evidence(gather_points(np.log(n), lower, width, upper, 1.959964)).p_value(name) < 0.01
    assert studies == 180
    assert rejected <= binom.ppf(1 - 1e-4, studies, 0.01)


def test_a_true_law_is_seldom_excluded_and_a_false_one_is() -> None:
    """Errors of a tenth, 5 and 7 points: 36 studies lose their law at most once, and never keep one far away."""
    rng, lost = np.random.default_rng(6), 0
    for (name, law), count in itertools.product(TRUE_LAWS.items(), (5, 7)):
        n = np.geomspace(50, 5000, count)
        for _ in range(2):
            found = compare(n, law(n) * np.exp(0.1 * rng.standard_normal(count)), 0.1)
            kept = {law.name for law in found.laws if law.remains}
            lost += name not in kept
            assert not {"constant", "linear"} <= kept
    assert lost <= 1


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


@pytest.mark.parametrize("points", [4, pytest.param(7, marks=pytest.mark.slow)])
def test_exponent_interval_covers(points: int) -> None:
    """150 repetitions; fails by chance with probability below 1e-4 when the coverage is 95%."""
    rng, repetitions, covered = np.random.default_rng(points), 150, 0
    n = np.geomspace(50, 5000, points)
    for _ in range(repetitions):
        width = 3 * n**0.4 * np.exp(0.1 * rng.standard_normal(points))
        lower, upper = Evidence(points_of(width, 0.1, n)).fit("power").quantiles(np.array([0.025, 0.975]))
        covered += lower <= 0.4 <= upper
    assert binom.ppf(1e-4, repetitions, 0.95) <= covered
