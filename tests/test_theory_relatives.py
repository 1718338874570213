"""What the table of ``theory_relatives`` cannot hold: thresholds of assumptions, exponents that grow with depth."""

import math
from dataclasses import replace

import pytest

from howwide import theory
from howwide.theory import Interval, Problem, assumptions
from theory_problem import EVERY_FACT, set_logarithms_to_one

CLB, XZ = "chatterji-long-bartlett/colt2021", "xu-zhu/jmlr2024"
ROOT_PI = math.sqrt(math.pi)
KNOWN = replace(
    EVERY_FACT, network="fixed_head", depth=2, reference_distance=3.0, reference_loss=0.5, step_size=0.1, num_steps=20,
    initial_loss=0.7, initial_norm=30.0, width=100, bias=1.0,
)  # fmt: skip
COST = 3 * 0.1 * 20 * 0.5 + 3.0**2
SMOOTHING = 2 ** (2 / 2 - 3) * math.log(1 / 0.7) / (24 * math.sqrt(100) * 30.0**2)


@pytest.mark.parametrize(
    ("assumption", "fact", "threshold", "largest"),
    [
        (assumptions.SIXTEEN_STEPS, "num_steps", 16, False),
        (assumptions.THREE_EXAMPLES, "n", 3, False),
        (assumptions.REFERENCE_ROWS, "reference_row_distance", ROOT_PI / (16 * (12 + 3.0**2)), True),
        (assumptions.REFERENCE_ROWS_OF_LOSS, "reference_row_distance", ROOT_PI / (16 * COST), True),
        (assumptions.REFERENCE_FAR, "reference_distance", math.sqrt(0.1 * 20 * 0.5), False),
        (assumptions.SHARP_ACTIVATION, "activation_curvature", 1 / SMOOTHING, False),
        (assumptions.MODERATE_BIAS, "bias", math.sqrt(math.log(100) / 2), True),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_assumptions_turn_at_their_thresholds(
    assumption: theory.Assumption, fact: str, threshold: float, largest: bool
) -> None:
    above, below = threshold * (1 + 1e-9), threshold * (1 - 1e-9)
    if fact == "n":
        above, below = 3, 2
    holds, fails = (below, above) if largest else (above, below)
    assert assumption.check(replace(KNOWN, **{fact: holds})).outcome == "holds"
    verdict = assumption.check(replace(KNOWN, **{fact: fails}))
    assert verdict.outcome == "fails"
    assert fact in verdict.reason
    if fact != "n":
        across = Interval(threshold / 2, threshold * 2)
        assert assumption.check(replace(KNOWN, **{fact: across})).outcome == "unknown"
    assert fact in assumption.check(replace(KNOWN, **{fact: None})).reason


def test_a_loss_that_is_not_small_has_no_sharp_enough_activation() -> None:
    for loss in (1.0, 3.0):
        assert assumptions.SHARP_ACTIVATION.check(replace(KNOWN, initial_loss=loss)).outcome == "fails"


def test_a_small_loss_is_a_guarantee_at_any_width() -> None:
    """Chatterji, Long and Bartlett's Theorem 3.1: nothing hidden, nothing left unchecked."""
    facts = Problem(
        activation="smooth", depth=2, n=4, width=3, unit_inputs=True, initial_loss=1e-16, initial_norm=10.0,
        activation_curvature=1e5, step_size=1e-9, num_steps=10,
    )  # fmt: skip
    judgement = theory.get(f"{CLB}/thm-3.1").judge(facts)
    assert judgement.guaranteed, judgement.reason
    assert theory.get(f"{CLB}/thm-3.1").judge(replace(facts, initial_loss=1e-14)).verdict == "fails"


def test_exponents_of_the_margin_theorem_grow_with_the_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    """n^(2 + 24 L) steps, loss n^-(1 + 24 L), then L^((3L + 11)/2) (6p)^(2L + 5) n^-(1 + 24 L)/t."""
    set_logarithms_to_one(monkeypatch)
    for hidden in (1, 2, 5):
        facts = replace(EVERY_FACT, network="fixed_head", depth=hidden, n=1000, width=300)
        for statement, kind, fact, power in (
            ("thm-margin", "num_steps", "n", 2 + 24 * hidden),
            ("thm-margin", "num_steps", "margin", -2),
            ("thm-margin", "num_steps", "step_size", -1),
            ("thm-margin", "training_loss", "n", -(1 + 24 * hidden)),
            ("thm-3.3-stage-2", "training_loss", "n", -(1 + 24 * hidden)),
            ("thm-3.3-stage-2", "training_loss", "width", 2 * hidden + 5),
            ("thm-3.3-stage-2", "training_loss", "num_steps", -1),
        ):
            theorem = theory.get(f"{CLB}/{statement}")
            doubled = replace(facts, **{fact: 2 * getattr(facts, fact)})
            one, two = (theorem.quantity(kind, problem).log10 for problem in (facts, doubled))
            assert one is not None
            assert two is not None
            assert (two - one) / math.log10(2) == pytest.approx(power, abs=1e-6), (statement, kind, fact)


def test_xu_and_zhus_widths_by_hand() -> None:
    """d^2 exp(L^2) and d^7 T^(theta C^L)."""
    facts = Problem(network="fixed_head", depth=3, input_dim=10, num_steps=100, step_size=0.1)
    assert theory.get(f"{XZ}/thm-1").width(facts).value == pytest.approx(100 * math.exp(9))
    assert theory.get(f"{XZ}/thm-sgd").width(facts).value == pytest.approx(1e7 * 100**0.1)
    assert theory.get(f"{XZ}/thm-sgd").width(facts, 2.0).value == pytest.approx(2e7 * 100**0.8)
    assert theory.get(f"{XZ}/thm-sgd").step_size(facts).value == pytest.approx(9 / (2 * math.sqrt(44) * 3))
