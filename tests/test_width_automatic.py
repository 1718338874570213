"""Which width ``width="auto"`` takes from given trials; the search itself is in the tests of the estimators."""

import math

import numpy as np
import pytest
from scipy.special import expit

from howwide.statistics import fit_response
from howwide.width.automatic import sufficient_width

MANY = {width: (round(4000 * expit(math.log(width / 10) / 0.2)), 4000) for width in (6, 8, 10, 12, 14, 17, 20, 24)}


def taken(counts: dict[int, tuple[int, int]], quantile: float, step: int = 1) -> tuple[int | None, float | None]:
    """The width that is taken, and the estimate of the threshold."""
    won, tried = zip(*counts.values(), strict=True)
    fit = fit_response(list(counts), won, tried)
    estimate = fit.threshold(quantile).estimate
    return sufficient_width(fit, estimate, range(step, max(counts) + 1, step), quantile=quantile), estimate


@pytest.mark.parametrize("quantile", [0.3, 0.5, 0.9])
def test_many_trials_lead_to_the_least_whole_width(quantile: float) -> None:
    """P(m) >= q from 10 (q / (1 - q))^0.2 on; with an estimate or without one."""
    width, estimate = taken(MANY, quantile)
    least = 10 * (quantile / (1 - quantile)) ** 0.2
    assert estimate == pytest.approx(least, rel=0.01)
    assert width == math.ceil(least + 0.02)


def test_the_width_is_enough_with_posterior_probability_four_fifths() -> None:
    """Against draws of the posterior; for one width less it is not."""
    counts = {4: (0, 6), 8: (9, 16), 11: (28, 36), 14: (25, 27), 18: (15, 15)}
    width, estimate = taken(counts, 0.9)
    won, tried = zip(*counts.values(), strict=True)
    half, scale, lapse, guess = fit_response(list(counts), won, tried).posterior.draws(40_000, np.random.default_rng(0))
    assert width is not None
    assert estimate is not None
    assert estimate < width < 1.5 * estimate

    def enough(m: int) -> float:
        return float(np.mean(guess + (1 - guess - lapse) * expit((math.log(m) - half) / scale) >= 0.9))

    assert enough(width - 1) < 0.8 <= enough(width)


def test_few_trials_lead_no_farther_than_half_as_much_again_as_the_estimate() -> None:
    width, estimate = taken({4: (0, 4), 8: (6, 8), 16: (7, 8), 32: (4, 4), 64: (3, 3)}, 0.9)
    assert estimate is not None
    assert width == math.floor(1.5 * estimate)


def test_where_widths_are_far_apart_the_one_after_the_estimate_is_taken() -> None:
    fit = fit_response([4, 8, 16, 32], [0, 6, 7, 4], [4, 8, 8, 4])
    assert sufficient_width(fit, 5.0, range(10, 41, 10), quantile=0.9) == 10


def test_no_width_is_taken_where_the_trials_tell_of_none() -> None:
    assert taken({4: (0, 20), 8: (0, 20)}, 0.9) == (None, None)
