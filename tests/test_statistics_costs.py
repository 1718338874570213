"""Trials chosen for what they cost: what they are expected to cost, and where that sends them."""

import numpy as np
import pytest

from howwide.statistics import TrialCosts, fit_response
from howwide.statistics.allocation import allocate
from howwide.width import WidthStudy
from howwide.width.rounds import Question

DESIGN = WidthStudy(n=1).design()


def quadratic(width: int) -> float:
    return float(width**2)


def test_work_is_averaged_apart_by_outcome_and_a_width_has_its_own_unit() -> None:
    finished = [(2, True, 4 * 10.0), (4, True, 16 * 30.0), (4, False, 16 * 100.0), (8, False, 64 * 60.0)]
    costs = TrialCosts.learned(finished, quadratic)
    assert (costs.success, costs.failure) == (20.0, 80.0)
    assert costs.each == (40 + 480 + 1600 + 3840) / 4
    assert costs.expected([2, 10], np.array([1.0, 0.25])) == pytest.approx([80.0 + 1490, 100 * 65.0 + 1490])
    assert TrialCosts.learned(finished[:2], quadratic).failure == 20.0
    assert TrialCosts.learned([(4, True, np.nan), (4, False, 0.0)]) == TrialCosts()


def test_an_unknown_unit_is_the_power_that_finished_trials_show() -> None:
    costs = TrialCosts.learned([(m, True, 3.0 * m**1.5) for m in (2, 5, 9, 40)])
    assert costs.expected([100], np.ones(1))[0] == pytest.approx(3.0 * 1000.0 + costs.each)
    assert TrialCosts.learned([(7, True, 5.0), (7, False, 9.0)]).expected([1000], np.zeros(1))[0] == 9.0 + 7.0


def test_dear_widths_must_tell_more() -> None:
    posterior = fit_response([8, 12, 16, 24], [1, 5, 12, 15], 16).posterior
    widths = [6, 8, 10, 12, 14, 16, 20, 24, 32, 64, 128]
    equal = allocate(posterior, [0.5, 0.9], widths, 32, (0.5, 2048))
    dear = allocate(posterior, [0.5, 0.9], widths, 32, (0.5, 2048), costs=TrialCosts(quadratic))
    spent = [sum(n * quadratic(m) for m, n in asked.items()) for asked in (equal, dear)]
    assert spent[1] < spent[0]
    (best,) = allocate(posterior, [0.5], widths, 4, (0.5, 2048))
    far_dearer = TrialCosts(lambda width: 1000.0 if width == best else 1.0)
    assert best not in allocate(posterior, [0.5], widths, 4, (0.5, 2048), costs=far_dearer)
    same = allocate(posterior, [0.5, 0.9], widths, 32, (0.5, 2048), costs=TrialCosts(lambda m: 7.0, 3.0, 3.0))
    assert same == equal
    at_any_price = TrialCosts(quadratic, each=1e9)
    assert allocate(posterior, [0.5, 0.9], widths, 32, (0.5, 2048), costs=at_any_price) == equal


@pytest.mark.parametrize("power", [0, 1, 2])
def test_no_way_upward_costs_much_more_than_what_was_spent(power: int) -> None:
    """Two trials at twice the width are allowed whatever they cost: three times what was spent for a quadratic cost."""
    costs = TrialCosts(lambda m: float(m**power), success=1.0, failure=4.0)
    counts: dict[int, tuple[int, int]] = {}
    paid = 0.0
    while asked := DESIGN.next_round(counts, costs=costs):
        price = sum(4.0 * m**power * n for m, n in asked.items())
        assert price <= 4 * paid or not counts
        paid += price
        counts |= {m: (0, counts.get(m, (0, 0))[1] + n) for m, n in asked.items()}
    assert DESIGN.done(counts) == "range"
    assert counts[1024][1] == 6  # 0.5^6 < 0.8 * 0.025 < 0.5^5
    if power == 2:
        assert paid < 1.5 * 6 * 4.0 * 1024**2


def test_what_is_asked_for_follows_from_what_is_stored_in_any_order() -> None:
    question = Question(
        DESIGN,
        task=lambda size, seed: None,  # type: ignore[arg-type,return-value]
        succeeded=lambda result: bool(result["success"]),
        label="",
        cost=lambda size, result: float(result["cost"]),
    )
    rng = np.random.default_rng(0)
    results = {(m, k): {"success": k % 2, "cost": rng.uniform(1, 2) * m} for m in (4, 8, 16) for k in range(8)}
    turned = dict(reversed(results.items()))
    assert question.costs(results).failure == question.costs(turned).failure
    assert question.costs(results).expected([30], np.ones(1)) == question.costs(turned).expected([30], np.ones(1))
