"""Adaptive rounds: what may be asked for, when it stops, and whether the intervals at the end contain the truth."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binom

from howwide.errors import SettingError
from howwide.statistics import AdaptiveDesign, fit_response
from howwide.statistics.allocation import allocate
from howwide.width import WidthStudy

Counts = dict[int, tuple[int, int]]
DESIGN = WidthStudy(n=1).design()


def design_for(max_width: int, **settings: Any) -> AdaptiveDesign:
    """The design of a study, at other widths and with other settings."""
    return dataclasses.replace(DESIGN, max_width=max_width, **settings)


def explore(design: AdaptiveDesign, outcome: Callable[[int, int], int], hint: float | None = None) -> Counts:
    """Play rounds until the design stops; ``outcome(width, trials)`` is the number of successes."""
    counts: Counts = {}
    for _ in range(design.trials + 1):
        asked = design.next_round(counts, hint)
        if not asked:
            return counts
        assert sum(asked.values()) <= design.round_size
        for width, trials in asked.items():
            assert trials >= 1
            won, tried = counts.get(width, (0, 0))
            counts[width] = won + outcome(width, trials), tried + trials
    raise AssertionError("the design never stopped")


def spent(counts: Counts) -> int:
    return sum(trials for _, trials in counts.values())


def test_first_round_lies_around_the_hint_and_within_the_range() -> None:
    assert set(design_for(1024).next_round({})) == {4, 8, 16}
    assert set(design_for(1024).next_round({}, hint=100.4)) == {50, 100, 201}
    assert set(design_for(64).next_round({}, hint=1e9)) == {64}
    assert set(design_for(1024, width_step=2).next_round({}, hint=5.0)) == {2, 4, 10}
    assert set(design_for(1024, min_width=12).next_round({})) == {12, 16}


def test_given_sizes_are_rounded_to_as_the_multiples_they_are() -> None:
    """The same rounds, whatever says which widths there are; every quarter, so that halves are met."""
    for low, step in ((1, 1), (2, 2), (3, 3)):
        multiples = design_for(40, width_step=step, min_width=low)
        given_ = design_for(40, sizes=list(range(low, 41, step)))
        assert list(multiples.widths) == list(given_.widths)
        for width in np.arange(0.25, 50, 0.25):
            nearest = step * round(min(width, 40) / step)
            assert multiples._rounded(width) == given_._rounded(width) == min(max(nearest, low), 40 // step * step)


@pytest.mark.parametrize("jump", [2, 7, 64, 300, 512])
def test_a_jump_between_powers_of_two_is_found_between_neighbours(jump: int) -> None:
    """Far apart as the sizes are, both neighbours are seen, and no other size is asked for."""
    sizes = [2**k for k in range(11)]
    design = design_for(1024, sizes=sizes)
    counts = explore(design, lambda width, trials: trials if width >= jump else 0)
    assert set(counts) <= set(sizes)
    assert design.done(counts) == "adjacent"
    above = next(size for size in sizes if size >= jump)
    assert min(counts[above][1], counts[above // 2][1]) >= 8
    for quantile in (0.5, 0.9):
        found = design.threshold(design.fit(counts), quantile)
        assert above // 2 <= found.lower <= found.upper <= above  # type: ignore[operator]


def test_sizes_ten_times_apart_have_neighbours_too() -> None:
    design = design_for(1000, sizes=(1, 10, 100, 1000), quantiles=(0.5,))
    counts = explore(design, lambda width, trials: trials if width >= 30 else 0)
    assert min(counts[10][1], counts[100][1]) >= 8
    assert design.done(counts) == "adjacent"


def test_everything_fails_up_to_the_largest_width_is_a_finding() -> None:
    design = design_for(200)
    counts = explore(design, lambda width, trials: 0)
    assert max(counts) == 200
    assert spent(counts) < 60
    assert design.done(counts) == "range"
    for quantile in (0.5, 0.9):
        found = design.fit(counts).threshold(quantile)
        assert (found.status, found.lower, found.upper) == ("no_success", 200.0, None)


def test_everything_succeeds_down_to_the_smallest_width_takes_what_a_proof_takes() -> None:
    design = design_for(200)
    counts = explore(design, lambda width, trials: trials)
    assert design.done(counts) == "range"
    assert counts[1] == (38, 38)  # 0.9^38 < 0.8 * 0.025 < 0.9^37
    assert [design.fit(counts).threshold(q).upper for q in (0.5, 0.9)] == [1.0, 1.0]
    half = design_for(200, quantiles=(0.5,))
    assert 6 <= explore(half, lambda width, trials: trials)[1][1] <= 8


@pytest.mark.parametrize("jump", [2, 3, 5, 40, 700])
def test_a_jump_is_found_within_adjacent_widths_or_the_factor(jump: int) -> None:
    design = design_for(1024)
    counts = explore(design, lambda width, trials: trials if width >= jump else 0)
    assert design.done(counts) in ("adjacent", "interval")
    assert spent(counts) <= 200
    for quantile in (0.5, 0.9):
        found = design.fit(counts).threshold(quantile)
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower <= jump
        assert found.upper > jump - 1
        assert found.upper <= 1.25 * found.lower or np.ceil(found.upper) - np.floor(found.lower) <= 1


def test_a_plateau_below_the_quantile_is_settled_as_out_of_range() -> None:
    design = design_for(256, trials=600)
    counts = explore(design, lambda width, trials: round(0.7 * trials) if width >= 20 else 0)
    assert design.done(counts) == "range"
    fit = design.fit(counts)
    assert fit.threshold(0.9).status == "lapses"
    assert fit.threshold(0.5).status == "estimated"


def test_lapses_that_rule_a_quantile_out_under_the_wider_prior_alone() -> None:
    """Under the declared prior a width for 0.9 has probability 0.05, under the wider one none that the grid holds."""
    failing = {1: (9, 14), 2: (12, 12), 3: (3, 3), 4: (4, 5), 5: (2, 3), 8: (5, 5), 16: (4, 5), 29: (4, 4), 35: (3, 4)}
    counts = failing | {45: (3, 4), 64: (26, 32), 70: (2, 4), 181: (3, 4), 256: (29, 32), 724: (7, 12)}
    design = design_for(1024)
    fit = design.fit(counts)
    assert fit.posterior.never(0.9) < 0.975 < fit.wider.never(0.9)
    assert fit.wider.threshold_quantile(0.9, 1e-17) == np.inf
    assert sum(design.next_round(counts).values()) == 32


def test_the_budget_ends_it() -> None:
    rng = np.random.default_rng(0)
    design = design_for(1024, trials=50)
    counts = explore(design, lambda width, trials: int(rng.binomial(trials, expit((np.log(width) - 3) / 0.8))))
    assert spent(counts) == 50
    assert design.done(counts) == "budget"


def test_a_range_of_one_width_has_no_next_one() -> None:
    design = design_for(3, width_step=2)
    assert list(design.widths) == [2]
    assert [design.done({2: (won, 24)}) for won in (2, 12, 22)] == ["range", None, None]


@settings(max_examples=20, deadline=None)
@given(
    step=st.sampled_from([1, 2, 3]),
    smallest=st.sampled_from([1, 5, 12]),
    more=st.integers(2, 300),
    budget=st.sampled_from([1, 2, 24]),
    round_size=st.sampled_from([1, 3, 32]),
    quantiles=st.sampled_from([(0.5, 0.9), (0.01,), (0.999,), (0.01, 0.5, 0.999)]),
    half=st.sampled_from([1e-9, 0.3, 1.3, 8.0, 13.0, 50.0, 250.0, 900.0, 1e9]),
    scale=st.floats(0.02, 1.0),
    lapse=st.sampled_from([0.0, 0.1, 0.4]),
    hint=st.sampled_from([None, 1e-9, 7.3, 1e12]),
    seed=st.integers(0, 5),
)
def test_rounds_keep_to_the_rules(
    step: int,
    smallest: int,
    more: int,
    budget: int,
    round_size: int,
    quantiles: tuple[float, ...],
    half: float,
    scale: float,
    lapse: float,
    hint: float | None,
    seed: int,
) -> None:
    """Whatever happens the rounds end, within the budget and the range; a half of 1e-9 always succeeds, 1e9 never."""
    low, high = -(-smallest // step) * step, (smallest + more) // step * step
    design = design_for(
        smallest + more, width_step=step, round_size=round_size, trials=budget, quantiles=quantiles, min_width=smallest
    )
    rng = np.random.default_rng(seed)

    def outcome(width: int, trials: int) -> int:
        assert low <= width <= high
        assert width % step == 0
        return int(rng.binomial(trials, (1 - lapse) * expit(np.log(width / half) / scale)))

    counts = explore(design, outcome, hint)
    assert spent(counts) <= budget
    assert design.done(counts) is not None
    assert design.next_round(counts) == {}
    confirming = design.confirming_round(counts)
    assert sum(confirming.values()) <= min(round_size // 2, budget - spent(counts))
    for width, trials in confirming.items():
        outcome(width, trials)


def test_a_threshold_far_below_every_width_leaves_a_round_to_ask_for() -> None:
    counts = {1: (5, 10), 2: (106, 200)}
    assert design_for(64, quantiles=(0.001,), trials=4000, level=0.999).next_round(counts) == {1: 32}


@pytest.mark.parametrize(
    ("counts", "range_", "width"),
    [
        ({12: (0, 1), 14: (70, 100), 16: (190, 200), 20: (196, 200), 32: (60, 60)}, (12, 256), 12),
        ({10: (5, 200), 16: (30, 200), 18: (80, 200), 20: (2, 3)}, (1, 20), 20),
    ],
)
def test_the_end_of_the_range_is_a_side_of_a_threshold_near_it(
    counts: Counts, range_: tuple[int, int], width: int
) -> None:
    """Half the way to a factor 2 lies beyond the range; the side is still seen, at its end."""
    design = design_for(range_[1], min_width=range_[0], quantiles=(0.5,), trials=2000, precision=1.5)
    median = np.exp(design.fit(counts).posterior.threshold_quantile(0.5, 0.5))
    assert (median < 20 and median * np.sqrt(2) > 20) or (median > 12 and median / np.sqrt(2) < 12)
    assert design.done(counts) is None
    assert design.next_round(counts)[width] >= 8 - counts[width][1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("half", "scale"), [(6.0, 0.19), (20.5, 0.02), (40.0, 0.5)])
def test_both_sides_of_a_threshold_are_seen_before_it_is_settled(half: float, scale: float, seed: int) -> None:
    random, design = np.random.default_rng(seed), design_for(256, trials=300, precision=2.0)
    counts = explore(design, lambda m, n: random.binomial(n, expit((np.log(m) - np.log(half)) / scale)), hint=3 * half)
    if design.done(counts) == "budget":
        return
    for quantile in (0.5, 0.9):
        middle = np.exp(design.fit(counts).posterior.threshold_quantile(quantile, 0.5))
        for low, high in ((middle / 2, middle), (middle, 2 * middle)):
            assert sum(n for m, (_, n) in counts.items() if low <= m <= high) >= 8


def test_an_interval_that_rests_on_one_side_is_not_settled() -> None:
    """Many trials above the threshold, hardly any below: narrow by the shape of the curve alone."""
    design = design_for(256, trials=2000, precision=1.5, quantiles=(0.5,))
    counts = {4: (1, 1), 5: (0, 1), 8: (160, 200), 10: (186, 200), 12: (196, 200), 32: (40, 40)}
    found = design.threshold(design.fit(counts), 0.5)
    assert found.upper is not None
    assert found.upper <= 1.5 * found.lower  # type: ignore[operator]
    assert design.done(counts) is None
    asked = design.next_round(counts)
    assert sum(n for m, n in asked.items() if m < found.estimate) >= 6  # type: ignore[operator]


def test_an_interval_within_the_precision_is_enough_and_a_wider_one_is_not() -> None:
    counts = {16: (20, 100), 20: (50, 100), 25: (80, 100)}
    found = design_for(256).threshold(design_for(256).fit(counts), 0.5)
    ratio = found.upper / found.lower  # type: ignore[operator]
    for factor, reason in ((1.001, "interval"), (0.999, None), (0.95, None)):
        design = design_for(256, trials=2000, precision=1 + (ratio - 1) * factor, quantiles=(0.5,))
        assert design.done(counts) == reason


def test_the_same_counts_give_the_same_round() -> None:
    counts = {4: (0, 8), 8: (3, 8), 16: (8, 8)}
    design = design_for(1024)
    assert design.next_round(counts) == design.next_round(dict(reversed(counts.items())))
    assert design.done({}) is None


@pytest.mark.parametrize(
    ("widths", "successes", "trials"),
    [((4, 8, 16, 32, 128), (0, 3, 10, 15, 31), (8, 12, 16, 16, 32)), ((4, 8, 16), (0, 3, 4), (4, 6, 4))],
)
def test_the_most_telling_width_is_the_one_of_the_formula(widths: Any, successes: Any, trials: Any) -> None:
    """One batch of few or of many, against the correlation of p_m with the threshold over draws from the posterior."""
    posterior = fit_response(widths, successes, trials).posterior
    rng = np.random.default_rng(1)
    drawn = rng.choice(posterior.weights.size, 40_000, p=posterior.weights.ravel())
    half, scale, lapse, guess = (np.broadcast_to(c, posterior.weights.shape).ravel()[drawn] for c in posterior.centres)
    candidates = [6, 8, 10, 12, 13, 14, 20, 40, 100]
    for quantile, batch in itertools.product((0.3, 0.5, 0.7), (1, 4, 4000)):
        threshold = half + scale * logit((quantile - guess) / (1 - guess - lapse))
        gains = []
        for width in candidates:
            p = guess + (1 - guess - lapse) * expit((np.log(width) - half) / scale)
            shown = p.var() + (p * (1 - p)).mean() / batch
            gains.append(np.cov(p, threshold)[0, 1] ** 2 / shown / threshold.var())
        (best,) = allocate(posterior, [quantile], candidates, batch, (1e-9, 1e9), batch)
        assert gains[candidates.index(best)] > 0.97 * max(gains)


def test_a_round_is_spread_rather_than_repeated() -> None:
    posterior = fit_response([4, 8, 16, 32], [0, 2, 7, 8], 8).posterior
    given_out = allocate(posterior, [0.5, 0.9], [4, 6, 8, 11, 16, 23, 32, 64], 30, (0.5, 2048))
    assert sum(given_out.values()) == 30
    assert len(given_out) > 1


@pytest.mark.parametrize(
    ("half", "scale", "lapse"),
    [
        (20.5, 0.03, 0.0),
        *(pytest.param(*curve, marks=pytest.mark.slow) for curve in [(37, 0.15, 0.03), (2.4, 0.15, 0.02)]),
    ],
)
def test_intervals_cover_at_the_end_of_the_whole_procedure(half: float, scale: float, lapse: float) -> None:
    """Fails by chance with probability below 1e-4 when the coverage is 90% at least."""
    rng, repetitions, covered = np.random.default_rng(7), 15, {0.5: 0, 0.9: 0}
    design = design_for(1024, trials=160)
    for _ in range(repetitions):
        counts = explore(design, lambda w, n: int(rng.binomial(n, (1 - lapse) * expit(np.log(w / half) / scale))))
        fit = design.fit(counts)
        for quantile in covered:
            truth, found = half * np.exp(scale * logit(quantile / (1 - lapse))), fit.threshold(quantile)
            covered[quantile] += (found.lower or 0.0) <= truth <= (np.inf if found.upper is None else found.upper)
    for count in covered.values():
        assert count >= binom.ppf(1e-4, repetitions, 0.9)


@pytest.mark.parametrize(
    "settings_",
    [
        {"max_width": 0},
        {"max_width": 8, "width_step": 0},
        {"max_width": 1, "width_step": 2},
        {"max_width": 8, "min_width": 9},
        {"max_width": 8, "sizes": ()},
        {"max_width": 8, "sizes": (9, 10)},
        {"max_width": 8, "sizes": (1, 4, 4)},
        {"max_width": 8, "sizes": range(8, 0, -1)},
        {"max_width": 8, "sizes": range(0, 8)},
        {"max_width": 8, "sizes": (1, 2.5)},
        {"max_width": 8, "precision": 1.0},
        {"max_width": 8, "trials": 0},
        {"max_width": 8, "round_size": 0},
        {"max_width": 8, "quantiles": ()},
        {"max_width": 8, "quantiles": (0.5, 1.0)},
        {"max_width": 8, "level": 1.0},
    ],
)
def test_misuse_is_told_in_one_line(settings_: dict[str, object]) -> None:
    with pytest.raises(SettingError) as caught:
        design_for(**settings_)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("hint", [0.0, -3.0, np.nan, np.inf])
def test_a_hint_is_a_width(hint: float) -> None:
    with pytest.raises(SettingError, match="hint"):
        design_for(64).next_round({}, hint)
