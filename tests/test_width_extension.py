"""Trials that were still improving, run on: who is chosen, what it costs, what follows for the width."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy.special import expit

from howwide.statistics import clopper_pearson
from howwide.width import WidthStudy
from howwide.width.extension import COST, Extension, choose_trials

T, FACTOR = 100, 8


def outcomes(improving: dict[int, int], failed: int = 40, tries: int = 1) -> dict[tuple[int, int], dict[str, object]]:
    """At every width some trials that were still improving, and ``failed`` that were not; all spent three budgets."""
    return {
        (width, seed): {
            "improving": seed < count,
            "improving_tries": list(range(tries)) if seed < count else [],
            "budget": T,
            "spent": 3 * T,
        }
        for width, count in improving.items()
        for seed in range(count + failed)
    }


def chosen(improving: dict[int, int], seed: int = 0, tries: int = 1, **flops: float) -> list[tuple[int, int]]:
    given = {width: flops.get(f"w{width}", 1.0) for width in improving}
    return choose_trials(outcomes(improving, tries=tries), given, FACTOR, [seed])


@pytest.mark.parametrize("tries", [1, 2])
@pytest.mark.parametrize("wide", [1.0, 50.0])
def test_the_sample_is_as_large_as_a_fifth_of_the_cost_allows(tries: int, wide: float) -> None:
    improving, flops = {4: 30, 8: 20}, {4: 1.0, 8: wide}
    sample = chosen(improving, tries=tries, w8=wide)
    spent = 3 * T * (70 * 1.0 + 60 * wide)
    cost = sum(FACTOR * T * tries * flops[width] for width, _ in sample)
    assert sample
    assert cost <= COST * spent
    assert cost + 2 * FACTOR * T * tries * wide > COST * spent, "there was room for more"


def test_none_is_run_on_where_one_would_be_too_dear() -> None:
    assert choose_trials(outcomes({4: 2}, failed=5), {4: 1.0}, FACTOR, [0]) == []
    assert choose_trials(outcomes({4: 0}), {4: 1.0}, FACTOR, [0]) == []


def test_all_are_run_on_where_the_cost_allows() -> None:
    assert chosen({4: 2, 8: 3}) == [(4, 0), (4, 1), (8, 0), (8, 1), (8, 2)]


def test_every_trial_has_the_same_chance_and_every_width_its_share() -> None:
    improving = {3: 40, 4: 20, 7: 20}
    samples = [chosen(improving, seed) for seed in range(400)]
    (size,) = {len(sample) for sample in samples}
    for sample in samples:
        share = Counter(width for width, _ in sample)
        for width, count in improving.items():
            assert abs(share[width] - size * count / 80) <= 1
    often = Counter(trial for sample in samples for trial in sample)
    expected = 400 * size / 80
    assert len(often) == 80
    assert max(abs(count - expected) for count in often.values()) < 5 * math.sqrt(expected)


def test_the_sample_follows_from_the_seed_alone() -> None:
    assert chosen({4: 60, 8: 40}, 1) == chosen({4: 60, 8: 40}, 1) != chosen({4: 60, 8: 40}, 2)


DESIGN = WidthStudy(n=1, max_width=64).design()
COUNTS = {4: (4, 40), 6: (14, 40), 8: (24, 40), 12: (36, 40), 24: (40, 40)}


def test_the_share_has_its_exact_interval() -> None:
    sample = Extension(800, COUNTS, {4: 20, 6: 10}, {(4, k): k < 3 for k in range(10)})
    assert sample.share(0.95) == clopper_pearson(3, 10, 0.95)
    assert Extension(800, COUNTS, {4: 20}, {}).share(0.95) is None
    assert Extension(800, COUNTS, {4: 20}, {}).threshold(DESIGN, 0.5) == (None, None, None)


def test_when_all_were_run_on_the_counts_are_those_of_the_larger_budget() -> None:
    turned = {(4, k): k < 5 for k in range(10)} | {(6, k): k < 6 for k in range(8)}
    estimate, lower, upper = Extension(800, COUNTS, {4: 10, 6: 8}, turned).threshold(DESIGN, 0.5)
    exact = DESIGN.fit(COUNTS | {4: (9, 40), 6: (20, 40)}).threshold(0.5)
    assert estimate == exact.estimate
    assert lower is not None
    assert upper is not None
    assert lower < exact.lower < exact.upper < upper  # type: ignore[operator]


def test_none_or_all_of_the_sample() -> None:
    """With none turned the width is that of the smaller budget; with all turned, that of all improving ones."""
    improving = {4: 20, 6: 10}
    none = Extension(800, COUNTS, improving, {(4, 0): False, (6, 0): False}).threshold(DESIGN, 0.5)
    every = Extension(800, COUNTS, improving, {(4, 0): True, (6, 0): True}).threshold(DESIGN, 0.5)
    assert none[0] == DESIGN.fit(COUNTS).threshold(0.5).estimate
    assert every[0] == DESIGN.fit(COUNTS | {4: (24, 40), 6: (24, 40)}).threshold(0.5).estimate


@pytest.mark.slow
def test_the_implied_width_covers_the_width_of_the_larger_budget() -> None:
    """Simulation: two budgets with known curves; trials that only the larger one saves are improving, as are others."""
    random, covered, known = np.random.default_rng(0), [], 0
    half, longer, scale = 8.0, 7.0, 0.2
    for _ in range(60):
        counts, improving, turned = {}, {}, {}
        for width in (4, 6, 8, 10, 14, 20):
            need = random.uniform(size=40)
            won, later = (need < expit((math.log(width) - math.log(m)) / scale) for m in (half, longer))
            still = ~won & (later | (random.uniform(size=40) < 0.5))
            counts[width], improving[width] = (int(won.sum()), 40), int(still.sum())
            sampled = np.flatnonzero(still)[::4]
            turned |= {(width, int(k)): bool(later[k]) for k in sampled}
        _, lower, upper = Extension(800, counts, improving, turned).threshold(DESIGN, 0.5)
        known += lower is not None and upper is not None
        covered.append((lower or 0.0) <= longer <= (upper or math.inf))
    assert known >= 55
    assert np.mean(covered) >= 0.95
