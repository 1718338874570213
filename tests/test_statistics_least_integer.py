"""The least integer that can be built: from the threshold, with an interval that covers as often as the threshold's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from howwide.statistics import LeastInteger, fit_response, least_integer

thousandths = st.integers(1, 10**8)


def by_trying(success: float, scale: float, half: float, step: int) -> int:
    """The least multiple of the step at which a logistic curve reaches ``success``, tried one after the other."""
    width = step
    while expit((math.log(width) - math.log(half)) / scale) < success:
        width += step
    return width


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("half", [0.3, 5.9, 8.4, 30.2])
@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_it_is_the_first_size_that_succeeds_often_enough(quantile: float, half: float, step: int) -> None:
    threshold = half * math.exp(0.15 * math.log(quantile / (1 - quantile)))
    assert least_integer(threshold, None, None, step).estimate == by_trying(quantile, 0.15, half, step)


@given(thousandths, thousandths, thousandths, st.sampled_from([1, 2, 3]))
def test_ends_that_cover_the_threshold_cover_the_least_integer(a: int, b: int, c: int, step: int) -> None:
    lower, threshold, upper = sorted((a, b, c))
    found = least_integer(threshold / 1000, lower / 1000, upper / 1000, step)
    truth, least, most = (step * -(-size // (1000 * step)) for size in (threshold, lower, upper))  # without rounding
    assert found == LeastInteger(truth, least, most)
    assert least <= truth <= most


@pytest.mark.parametrize(
    ("ends", "step", "found"),
    [
        ((11.2, 9.6, 13.8), 1, (12, 10, 14)),
        ((11.2, 9.6, 13.8), 2, (12, 10, 14)),
        ((11.2, 9.6, 14.1), 2, (12, 10, 16)),
        ((8.0, 7.0, 9.0), 1, (8, 7, 9)),  # a multiple is itself
        ((8.0, 7.0, 9.0), 2, (8, 8, 10)),
        ((7.5, 7.2, 7.9), 1, (8, 8, 8)),
        ((None, 64.0, None), 1, (None, 64, None)),
        ((None, None, 8.0), 1, (None, None, 8)),
        ((None, None, None), 1, (None, None, None)),
        ((6.0, None, 7.5), 2, (6, None, 8)),
        ((None, None, 1.0), 1, (1, 1, 1)),  # nothing is smaller
        ((None, None, 1.7), 2, (2, 2, 2)),
        ((0.4, 0.1, 3.2), 1, (1, 1, 4)),
    ],
)
def test_cases_by_hand(
    ends: tuple[float | None, float | None, float | None], step: int, found: tuple[int | None, ...]
) -> None:
    assert least_integer(*ends, step) == LeastInteger(*found)


@pytest.mark.parametrize("size", [3, 8, 17, 100, 1000, 10**6])
def test_rounding_does_not_move_a_multiple_to_the_next(size: int) -> None:
    for near in (math.exp(math.log(size)), np.nextafter(size, 0), np.nextafter(size, math.inf), size * (1 + 1e-14)):
        assert least_integer(near, None, None).estimate == size
    assert least_integer(size * (1 + 1e-8), None, None).estimate == size + 1


def test_a_proof_that_the_smallest_size_is_enough_is_an_answer() -> None:
    found = fit_response([1], [40], [40]).threshold(0.9)
    assert found.status == "all_success"
    assert least_integer(found.estimate, found.lower, found.upper) == LeastInteger(1, 1, 1)
