"""Magnitudes, problems, assumptions and judgements on their own."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide import theory
from howwide.errors import SettingError
from howwide.theory import assumptions
from howwide.theory.magnitude import Magnitude, Undefined, exp, log, rounded_up, sqrt, where_exceeds_polylog

POSITIVE = st.floats(1e-30, 1e30)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(POSITIVE, POSITIVE, st.floats(-5, 5))
def test_magnitudes_compute_as_floats_do(a: float, b: float, power: float) -> None:
    x, y = Magnitude.of(a), Magnitude.of(b)
    for got, expected in (
        (x * y, math.log10(a) + math.log10(b)),
        (x / y, math.log10(a) - math.log10(b)),
        (x + y, math.log10(a + b)),
        (x**power, power * math.log10(a)),
        (2 * x + 1, math.log10(2 * a + 1)),
        (1 / x, -math.log10(a)),
        (sqrt(x), math.log10(a) / 2),
    ):
        assert got.log10 == pytest.approx(expected, abs=1e-11)
    assert (x < y) == (a < b)
    assert max(x, y) == max(a, b)
    assert float(x) == pytest.approx(a, rel=1e-12)


def test_magnitudes_beyond_floats() -> None:
    huge = Magnitude.of(10.0) ** 5000
    assert (huge * huge).log10 == 10_000
    assert (huge + 1).log10 == 5000
    assert float(huge) == math.inf
    assert float(1 / huge) == 0.0
    assert log(huge).log10 == pytest.approx(math.log10(5000 * math.log(10)))
    assert exp(Magnitude.of(1000.0)).log10 == pytest.approx(1000 / math.log(10))


def test_zero_and_infinity_are_values() -> None:
    zero, infinite = Magnitude.of(0.0), Magnitude.of(math.inf)
    assert (1 / zero) == infinite
    assert (zero + 3.0) == Magnitude.of(3.0)
    assert (infinite + 1).log10 == math.inf
    assert zero**0 == 1.0
    assert log(Magnitude.of(1.0)) == zero
    assert (zero + zero) == zero


def test_magnitudes_outside_their_domain() -> None:
    for wrong in (
        lambda: Magnitude.of(-1.0),
        lambda: Magnitude.of(math.nan),
        lambda: log(Magnitude.of(0.5)),
        lambda: Magnitude.of(0.0) * Magnitude.of(math.inf),
    ):
        with pytest.raises(Undefined):
            wrong()


def test_rounding_up() -> None:
    assert float(rounded_up(Magnitude.of(2.3))) == pytest.approx(3)
    assert rounded_up(Magnitude(40.5)) == Magnitude(40.5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(-3, 200), st.floats(0.5, 12))
def test_width_on_both_sides_is_solved_from_above(log10_factor: float, power: float) -> None:
    m = where_exceeds_polylog(Magnitude(log10_factor), power).log10

    def excess(x: float) -> float:
        return x - (log10_factor + power * math.log10(x * math.log(10)))

    assert excess(m) >= -1e-9
    for beyond in (1.0001, 1.01, 2.0, 10.0):
        assert excess(m * beyond) > 0
    if m > 1.0001 / math.log(10):
        assert excess(m) <= 1e-6 * m


def test_problem_refuses_what_cannot_be() -> None:
    for wrong in (
        {"n": 0},
        {"failure_probability": 1.0},
        {"alpha": 0.7},
        {"target_loss": 0.0},
        {"margin": -0.1},
        {"margin": math.nan},
        {"network": "resnet"},
        {"depth": 1},
    ):
        with pytest.raises(SettingError, match=next(iter(wrong))):
            theory.Problem(**wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="lower <= upper"):
        theory.Interval(0.3, 0.2)
    with pytest.raises(SettingError, match="no such facts: colour"):
        theory.Problem.from_dict({"colour": 1})


def test_problem_reads_back_from_json() -> None:
    problem = theory.Problem(
        n=10, network="fixed_head", depth=1, margin=theory.Interval(0.1), radius=theory.Interval(1, 2), unit_inputs=True
    )
    document = json.loads(json.dumps(problem.as_dict(), allow_nan=False))
    assert theory.Problem.from_dict(document) == problem
    assert document["margin"] == [0.1, None]


@pytest.mark.parametrize(("network", "depth", "hidden"), [("deep", 5, 4), (None, 5, 4), ("fixed_head", 5, 5)])
def test_depth_is_counted_as_the_network_does(network: str | None, depth: int, hidden: int) -> None:
    problem = theory.Problem(network=network, depth=depth)
    assert problem.hidden_layers == hidden
    assert theory.get("chen-cao-zou-gu/iclr2021/thm-3.3").setting.layers(problem) == hidden + 1
    assert theory.get("zou-cao-zhou-gu/ml2020/thm-gd").setting.layers(problem) == hidden


def test_a_positive_fact_holds_fails_or_stays_open() -> None:
    def check(margin: theory.problem.Fact) -> str:
        return assumptions.TANGENT_MARGIN.check(theory.Problem(margin=margin)).outcome

    margins = (0.1, theory.Interval(0.1, 0.2), 0.0, theory.Interval(0, 0), theory.Interval(0.0, 0.2))
    assert [check(margin) for margin in margins] == ["holds", "holds", "fails", "fails", "unknown"]


def test_an_upper_bound_holds_fails_or_stays_open() -> None:
    def check(error: theory.problem.Fact) -> theory.Verdict:
        return assumptions.LINEARIZATION_SMALL.check(theory.Problem(linearization_error=error))

    assert check(0.125).outcome == "holds"
    assert check(0.125).slack_log10 == pytest.approx(0)
    assert check(1.25).outcome == "fails"
    assert check(1.25).slack_log10 == pytest.approx(-1)
    assert check(theory.Interval(0.2)).outcome == "fails"  # bounded from below alone, as over a ball
    assert check(theory.Interval(0.1)).outcome == "unknown"
    assert check(theory.Interval(0.1)).as_dict()["slack_log10"] is None


def test_what_only_has_to_exist_has_no_number_in_place_of_infinity() -> None:
    """A witness that was found holds, one that was not leaves it open; the outcome says which, beside null."""
    inf = float("inf")
    for found, outcome in (
        (theory.Interval(0.0, 7.0), "holds"),
        (7.0, "holds"),
        (theory.Interval(3.0, inf), "unknown"),
        (theory.Interval(inf, inf), "fails"),
    ):
        verdict = assumptions.REFERENCE_NETWORK.check(theory.Problem(network_radius=found, target_loss=0.1))
        assert verdict.outcome == outcome
        written = verdict.as_dict()
        assert written["required"] is None
        assert written["slack_log10"] is None
        assert written["measured"] == (7.0 if outcome == "holds" else None)


@pytest.mark.parametrize("statement", theory.all_theorems(), ids=lambda t: t.id)
def test_no_statement_asks_for_a_number_that_stands_for_infinity(statement: theory.Theorem) -> None:
    facts = {"n": 100, "depth": 3, "width": 64.0, "input_dim": 10, "target_loss": 0.1, "failure_probability": 0.05}
    problem = theory.Problem(
        **facts, network_radius=2.0, radius=2.0, margin=0.1, lambda_min=0.1, separation_across=0.1, separation_all=0.1
    )
    for verdict in statement.judge(problem, 1.0).assumptions:
        for number in (verdict.measured, verdict.required):
            assert number is None or not 1e99 < abs(number) < float("inf")


def test_bounds_that_depend_on_the_problem() -> None:
    step = theory.Problem(step_size=0.001, gradient_norm_squared=500.0)
    assert assumptions.STEP_BELOW_CURVATURE.check(step).outcome == "holds"
    assert assumptions.STEP_BELOW_CURVATURE.check(replace(step, step_size=0.0011)).outcome == "fails"
    loss = theory.Problem(n=10, depth=2, initial_loss=1e-24)
    assert assumptions.SMALL_INITIAL_LOSS.check(loss).outcome == "fails"
    assert assumptions.SMALL_INITIAL_LOSS.check(replace(loss, initial_loss=1e-26)).outcome == "holds"
    reference = theory.Problem(reference_loss=0.01, num_steps=100.0)
    assert assumptions.REFERENCE_LOSS.check(reference).outcome == "holds"
    assert assumptions.REFERENCE_LOSS.check(replace(reference, num_steps=101.0)).outcome == "fails"


def test_what_no_sample_decides_stays_unknown() -> None:
    verdict = assumptions.POPULATION_MARGIN.check(theory.Problem(margin=0.3))
    assert verdict.outcome == "unknown"
    assert "cannot be checked" in verdict.reason


CHEN = replace(  # without the assumption on the sampling, which nothing decides
    theory.get("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2"),
    assumptions=(assumptions.UNIT_INPUTS, assumptions.TANGENT_MARGIN),
)
FACTS = theory.Problem(unit_inputs=True, n=100, depth=2, margin=theory.Interval(0.5, 0.6), target_loss=0.1)


def test_judgement_at_a_width() -> None:
    required = CHEN.width(FACTS)
    assert required.ends is not None
    least, most = required.ends
    for log10, verdict in ((most + 0.01, "holds"), (least - 0.01, "fails"), ((least + most) / 2, "unknown")):
        judgement = CHEN.judge(replace(FACTS, width=10**log10))
        assert judgement.verdict == verdict
        assert judgement.slack_log10 == pytest.approx(log10 - most)
        assert judgement.constant_log10 == pytest.approx(log10 - most)
        assert bool(judgement.reason) == (verdict != "holds")
    assert CHEN.judge(FACTS).verdict == "unknown"
    assert CHEN.judge(replace(FACTS, width=10.0), hidden_constant=1e-12).verdict == "holds"


def test_a_failing_assumption_outweighs_any_width() -> None:
    wide = replace(FACTS, width=1e300)
    assert CHEN.judge(wide).verdict == "holds"
    judgement = CHEN.judge(replace(wide, unit_inputs=False))
    assert judgement.verdict == "fails"
    assert "unit-inputs" in judgement.reason
    assert CHEN.judge(replace(wide, margin=0.0)).verdict == "fails"
    assert CHEN.judge(replace(wide, margin=theory.Interval(0, 0.6))).verdict == "unknown"


@pytest.mark.parametrize(
    ("id", "facts", "why"),
    [
        ("chen-cao-zou-gu/iclr2021/thm-3.3", {"network": "fixed_head", "depth": 3}, "another network"),
        ("chen-cao-zou-gu/iclr2021/thm-3.3", {"network": "deep", "alpha": 0.25}, "alpha = 0.5"),
        ("chen-cao-zou-gu/iclr2021/thm-3.5", {"algorithm": "gd"}, "one_pass_sgd"),
        ("zou-cao-zhou-gu/ml2020/thm-gd", {"network": "deep", "depth": 3}, "head is frozen"),
        ("zou-gu/neurips2019/thm-gd", {"loss": "logistic"}, "square loss"),
        ("ji-telgarsky/iclr2020/thm-2.2", {"network": "fixed_head", "depth": 3}, "1 hidden layer"),
        ("du-lee-li-wang-zhai/icml2019/thm-fully-connected", {"activation": "relu"}, "smooth"),
        ("frei-cao-gu/icml2021/thm-any-width", {"activation": "relu"}, "leaky ReLU"),
    ],
)
def test_a_theorem_about_something_else_does_not_apply(id: str, facts: dict[str, object], why: str) -> None:
    judgement = theory.get(id).judge(theory.Problem(**facts))  # type: ignore[arg-type]
    assert judgement.verdict == "not_applicable"
    assert why in judgement.reason


@pytest.mark.parametrize(
    ("id", "network", "depth"),
    [
        ("chen-cao-zou-gu/alpha-scaled/thm-2.1", "deep", 5),
        ("chen-cao-zou-gu/iclr2021/prop-4.4", "deep", 2),
        ("zou-cao-zhou-gu/ml2020/thm-gd", "fixed_head", 5),
        ("ji-telgarsky/iclr2020/thm-2.2", "fixed_head", 1),
        ("li-lei-guo-ying/neurips2025/thm-3", "fixed_head_antisymmetric", 5),
        ("munteanu-omlor-song-woodruff/icml2022/thm-logistic", "fixed_head_antisymmetric", 1),
    ],
)
def test_a_theorem_about_this_network_applies(id: str, network: str, depth: int) -> None:
    problem = theory.Problem(network=network, depth=depth, activation="relu", loss="logistic", algorithm="gd")
    assert theory.get(id).applies(problem) == ""


def test_smooth_statements_never_apply_to_relu() -> None:
    smooth = [theorem for theorem in theory.all_theorems() if theorem.setting.activation == "smooth"]
    assert len(smooth) >= 8
    assert all(theorem.applies(theory.Problem(activation="relu")) for theorem in smooth)


def test_a_margin_that_may_be_zero_asks_for_an_infinite_width() -> None:
    width = CHEN.width(replace(FACTS, margin=theory.Interval(0.0, 0.5)))
    assert width.status == "infinite"
    assert width.value == math.inf
    assert width.reason
    assert width.as_dict()["log10"] is None
    assert width.as_dict()["log10_other"] is not None
    margin = theory.get("chen-cao-zou-gu/derived/margin-eigenvalue").quantity("margin", FACTS, lambda_min=0.0)
    assert margin.status == "zero"
    assert margin.value == 0.0


def test_outside_the_domain_of_a_formula_is_a_status() -> None:
    steps = theory.get("zou-gu/neurips2019/thm-gd").num_steps(FACTS, separation_all=0.1, target_loss=2.0)
    assert steps.status == "undefined"
    assert "logarithm" in steps.reason
    assert steps.log10 is None


def test_a_vacuous_bound_is_a_value() -> None:
    theorem = theory.get("ji-telgarsky/iclr2020/thm-3.2")
    bound = theorem.test_error(FACTS, margin_shallow=0.05, failure_probability=0.05)
    assert bound.status == "value"
    assert bound.value is not None
    assert bound.value > 1
    assert bound.relation == "explicit"
    assert not bound.is_prediction


def test_lemmas_say_what_they_bound_and_read_back() -> None:
    assert {"linearization-error", "activation-flips", "gradient-lower-bound"} <= theory.LEMMAS.keys()
    for name, lemma in theory.LEMMAS.items():
        assert theory.get_lemma(name) is lemma
        assert lemma.reference.title
        assert lemma.statement
        assert lemma.quantity
        assert lemma.tag in theory.TAGS
        assert lemma.side in ("at most", "at least")
        assert json.loads(json.dumps(lemma.as_dict())) == lemma.as_dict()
    with pytest.raises(SettingError, match="activation-flips"):
        theory.get_lemma("flips")


def test_exponents_at_a_fixed_radius_follow_from_those_in_the_distance() -> None:
    """tau = sqrt(L) R m^(-1/2) in tau^(4/3) L^3 m^(1/2), m tau^(2/3) L / m and tau^(1/3) L^3."""
    for name, tau, depth, width in (
        ("linearization-error", 4 / 3, 3, 1 / 2),
        ("activation-flips", 2 / 3, 1, 0),
        ("gradient-change", 1 / 3, 3, 0),
    ):
        exponents = theory.get_lemma(name).exponents
        assert exponents["distance"] == exponents["radius"] == pytest.approx(tau)
        assert exponents["depth"] == pytest.approx(depth + tau / 2)
        assert exponents["width"] == pytest.approx(width - tau / 2)
