"""The ratio of two thresholds: against maximum likelihood of another library, exact cases, and trials that agree."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, ndtr
from scipy.stats import binom

from howwide.errors import SettingError
from howwide.statistics import JointFit, Pairs, RatioStatus, fit_response
from howwide.statistics.ratio import _lift

WIDTHS = np.array([4, 6, 8, 11, 16, 23, 32])
PLAIN = {"lapse_mean": 0, "guess_mean": 0}


def test_independent_trials_agree_with_maximum_likelihood_and_the_delta_method() -> None:
    """Values of statsmodels 0.15: a binomial GLM with a line in log width for each, log ratio +- 1.96 se."""
    first = fit_response(WIDTHS, [1, 6, 17, 36, 52, 59, 60], 60, **PLAIN)
    second = fit_response(WIDTHS, [0, 2, 7, 21, 43, 56, 59], 60, **PLAIN)
    joint = JointFit(first, second)
    for quantile, expected in ((0.5, (1.28066, 1.15860, 1.41558)), (0.9, (1.27348, 1.07789, 1.50457))):
        found = joint.ratio(quantile)
        assert (found.ratio, found.lower, found.upper) == pytest.approx(expected, rel=0.006)
        assert found.status is RatioStatus.ESTIMATED


def test_pairs_agree_with_generalised_estimating_equations() -> None:
    """Values of statsmodels 0.15: GEE with a cluster for each pair and robust errors, and the GLM that ignores them."""
    table = [[1, 0, 1, 58], [1, 7, 1, 51], [6, 11, 0, 43], [26, 11, 0, 23], [46, 9, 1, 4], [54, 4, 0, 2], [57, 2, 1, 0]]
    both, alone, other, _ = np.array(table).T
    fits = fit_response(WIDTHS, both + alone, 60, **PLAIN), fit_response(WIDTHS, both + other, 60, **PLAIN)
    paired, unpaired = JointFit(*fits, Pairs(WIDTHS.astype(float), np.array(table, float))), JointFit(*fits)
    assert paired.odds_ratio is not None
    assert paired.odds_ratio > 10
    assert unpaired.odds_ratio is None
    lengths = {0.5: (1.1604, 1.2331), 0.9: (1.3436, 1.4247)}
    for quantile, expected in lengths.items():
        for joint, length in zip((paired, unpaired), expected, strict=True):
            found = joint.ratio(quantile)
            assert found.lower is not None
            assert found.upper is not None
            assert found.upper / found.lower == pytest.approx(length, rel=0.025)


@pytest.mark.parametrize("odds", [1e-4, 0.3, 1.0, 7.0, 1e4])
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.9, 0.2), (0.99, 0.97), (1e-9, 0.3), (0.6, 0.6)])
def test_the_joint_probability_has_the_margins_and_the_odds_ratio(a: float, b: float, odds: float) -> None:
    """Solved for numerically: the four probabilities with these margins whose odds ratio is the given one."""

    def excess(both: float) -> float:
        return np.log(both) + np.log(1 - a - b + both) - np.log(a - both) - np.log(b - both) - np.log(odds)

    low, high = max(0.0, a + b - 1), min(a, b)
    expected = brentq(excess, low + 1e-13 * high, high * (1 - 1e-13), xtol=1e-300, rtol=1e-12)
    assert a * b * float(_lift(np.array(a), np.array(b), np.array(odds))) == pytest.approx(expected, rel=1e-6)


def test_matching_trials_that_share_nothing_changes_little() -> None:
    rng = np.random.default_rng(1)
    outcomes = [rng.random((WIDTHS.size, 60)) < expit(np.log(WIDTHS / half) / 0.25)[:, None] for half in (10, 13)]
    fits = [fit_response(WIDTHS, won.sum(axis=1), 60) for won in outcomes]
    pairs = Pairs.matched(np.repeat(WIDTHS, 60), outcomes[0].ravel(), outcomes[1].ravel())
    assert pairs.total == 420
    paired, unpaired = JointFit(fits[0], fits[1], pairs), JointFit(fits[0], fits[1])
    assert paired.odds_ratio == pytest.approx(1, abs=0.6)
    for end in ("ratio", "lower", "upper"):
        assert getattr(paired.ratio(), end) == pytest.approx(getattr(unpaired.ratio(), end), rel=0.03)


def test_the_ratio_turned_round_is_its_inverse() -> None:
    first, second = (
        fit_response(WIDTHS, [0, 2, 9, 20, 28, 30, 30], 30),
        fit_response(WIDTHS, [0, 0, 3, 9, 20, 28, 30], 30),
    )
    there, back = JointFit(first, second).ratio(0.5), JointFit(second, first).ratio(0.5)
    assert there.ratio is not None
    assert there.lower is not None
    assert back.ratio == pytest.approx(1 / there.ratio, rel=0.01)
    assert back.upper == pytest.approx(1 / there.lower, rel=0.02)


def test_one_open_threshold_leaves_one_end_that_holds_whatever_is_shared() -> None:
    known, never = fit_response(WIDTHS, [0, 2, 9, 20, 28, 30, 30], 30), fit_response(WIDTHS, [0] * 7, 30)
    least = JointFit(known, never).ratio(0.5)
    assert (least.ratio, least.upper, least.status) == (None, None, RatioStatus.AT_LEAST)
    # Each end with half of the error: 1 - (1 + 0.95) / 2 on two sides.
    assert least.lower == pytest.approx(never.threshold(0.5, 0.975).lower / known.threshold(0.5, 0.975).upper)
    most = JointFit(never, known).ratio(0.5)
    assert (most.ratio, most.lower, most.status) == (None, None, RatioStatus.AT_MOST)
    assert most.upper == pytest.approx(1 / least.lower)
    assert JointFit(never, never).ratio(0.5).status is RatioStatus.UNDETERMINED


def test_pairs_that_are_not_among_the_trials_are_refused() -> None:
    fit = fit_response([4, 8], [1, 3], 4)
    with pytest.raises(SettingError, match="pairs at width 8 are not among the trials"):
        JointFit(fit, fit, Pairs.matched([8] * 4, [True] * 4, [True] * 4))
    with pytest.raises(SettingError, match="lists of one length"):
        Pairs.matched([8, 8], [True], [True, False])


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_coverage_with_and_without_shared_randomness(correlation: float) -> None:
    """Outcomes agree through correlated normal variables, which is not the model's own dependence."""
    rng, covered, shorter = np.random.default_rng(int(10 * correlation)), {True: 0, False: 0}, 0
    repetitions = 200
    for _ in range(repetitions):
        normal = rng.standard_normal((2, WIDTHS.size, 24))
        normal[1] = correlation * normal[0] + np.sqrt(1 - correlation**2) * normal[1]
        first, second = (
            ndtr(z) < expit(np.log(WIDTHS / half) / 0.25)[:, None] for z, half in zip(normal, (9, 13), strict=True)
        )
        fits = [fit_response(WIDTHS, won.sum(axis=1), 24) for won in (first, second)]
        pairs = Pairs.matched(np.repeat(WIDTHS, 24), first.ravel(), second.ravel())
        found = {paired: JointFit(fits[0], fits[1], pairs if paired else None).ratio(0.5) for paired in covered}
        for paired, ratio in found.items():
            covered[paired] += (ratio.lower or 0.0) <= 13 / 9 <= (ratio.upper or np.inf)
        ends = [(r.lower, r.upper) for r in found.values()]
        if all(None not in pair for pair in ends):
            (low, high), (below, above) = ends
            shorter += high / low < above / below  # type: ignore[operator]
    for paired, count in covered.items():
        assert count >= binom.ppf(1e-4, repetitions, 0.93), (paired, count)
    if correlation:
        assert shorter > 0.8 * repetitions
