"""The statements agree with each other where the theory says that they must."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide import theory
from howwide.theory.magnitude import Magnitude
from theory_problem import EVERY_FACT

ICLR, ALPHA, OWN = (f"chen-cao-zou-gu/{part}" for part in ("iclr2021", "alpha-scaled", "derived"))
ZOU = "zou-cao-zhou-gu/ml2020/thm-gd"
BASE = replace(EVERY_FACT, depth=5, training_loss=0.2)


def log10(id: str, kind: str, problem: theory.Problem = BASE, constant: float = 1.0) -> float:
    value = theory.get(id).quantity(kind, problem, constant).log10
    assert value is not None
    return value


def slope(id: str, kind: str, fact: str, problem: theory.Problem = BASE) -> float:
    """Exponent of a fact: difference of logarithms between the fact and its tenfold."""
    scaled = replace(problem, **{fact: 10 * getattr(problem, fact)})
    return log10(id, kind, scaled) - log10(id, kind, problem)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 10**6), st.floats(1e-9, 1.0), st.integers(2, 400))
def test_chen_needs_less_than_zou_just_when_the_depth_is_as_the_paper_says(n: int, eps: float, depth: int) -> None:
    """L^6 <= n^2 + 1/eps, that is L <= max(n^(1/3), eps^(-1/6)) up to the factor 2^(1/6)."""
    one = replace(BASE, n=n, target_loss=eps, depth=depth)
    chen = log10(f"{ICLR}/prop-4.6", "width", one)
    zou = log10(ZOU, "width", replace(one, network="fixed_head"))  # the same L for both
    exact = math.log10(n**2 + 1 / eps) - 6 * math.log10(depth)
    assert zou - chen == pytest.approx(exact, abs=1e-9)
    largest = max(n ** (1 / 3), eps ** (-1 / 6))
    if depth <= largest:
        assert chen <= zou + 1e-9
    if depth > 2 ** (1 / 6) * largest * (1 + 1e-9):
        assert chen > zou


@pytest.mark.parametrize("pair", [("2.1", "3.3"), ("2.2", "3.4"), ("2.3", "3.5")])
def test_alpha_one_half_is_the_iclr_version(pair: tuple[str, str]) -> None:
    """At the same radius and eps_NTRF = eps every formula agrees, but for log(1/delta), log(2/delta) in 2.3, 3.5."""
    scaled, iclr = theory.get(f"{ALPHA}/thm-{pair[0]}"), theory.get(f"{ICLR}/thm-{pair[1]}")
    assert scaled.formulas.keys() == iclr.formulas.keys()

    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(
        st.integers(2, 10**6), st.integers(2, 60), st.floats(1, 1e30), st.floats(1e-3, 1e6), st.floats(1e-9, 0.9),
        st.floats(1e-9, 0.9), st.floats(1e-3, 1e3),
    )  # fmt: skip
    def agree(n: int, depth: int, m: float, radius: float, eps: float, delta: float, constant: float) -> None:
        at = replace(
            BASE, n=n, depth=depth, width=m, radius=radius, network_radius=radius, ntrf_loss=eps, target_loss=eps,
            failure_probability=delta,
        )  # fmt: skip
        for kind in iclr.formulas:
            ours = at
            if pair == ("2.3", "3.5") and kind in ("test_error", "sample_size"):
                ours = replace(at, failure_probability=delta / 2)
            assert log10(scaled.id, kind, ours, constant) == pytest.approx(log10(iclr.id, kind, at, constant), abs=1e-9)

    agree()


def test_smaller_alpha_needs_more_width() -> None:
    widths = [log10(f"{ALPHA}/thm-2.1", "width", replace(BASE, alpha=alpha)) for alpha in (0.5, 0.4, 0.25, 0.1)]
    assert widths == sorted(widths)
    small = replace(BASE, alpha=0.1, failure_probability=0.5, n=2)
    assert slope(f"{ALPHA}/thm-2.1", "width", "network_radius", small) == pytest.approx(4 / 0.1)
    assert slope(f"{ALPHA}/thm-2.1", "width", "depth", small) == pytest.approx(11 / 0.1)


def test_radius_in_the_theorem_gives_the_width_of_the_propositions() -> None:
    """R ~ n^(3/2) phi^(-1/2) gives L^22 n^12 phi^-4; R ~ 1/gamma gives L^22 gamma^-8; logarithms left out."""
    depth = 22 * math.log10(BASE.depth or 0)
    for radius, proposition in ((1000**1.5 * 0.3**-0.5, "prop-4.6"), (1 / 0.05, "thm-3.3+prop-4.2")):
        composed = depth + 8 * math.log10(radius)
        assert log10(f"{ICLR}/{proposition}", "width") == pytest.approx(composed)
        assert slope(f"{ICLR}/thm-3.3", "width", "radius") == pytest.approx(8)
        assert slope(f"{ICLR}/thm-3.3", "width", "depth") == pytest.approx(22)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(2, 10**6), st.integers(2, 60), st.floats(1, 1e12), st.floats(1e-4, 0.9), st.floats(1e-9, 0.9),
    st.floats(1e-9, 0.9),
)  # fmt: skip
def test_the_margin_corollaries_are_the_theorems_at_the_radius_of_proposition_4_2(
    n: int, depth: int, m: float, gamma: float, eps: float, delta: float
) -> None:
    """With the constant of Proposition 4.2 that cancels its logarithms, R = 1/gamma; log^(4/3) is left out."""
    at = replace(
        BASE, n=n, depth=depth, width=m, margin=gamma, target_loss=eps, ntrf_loss=eps, failure_probability=delta
    )
    logarithms = math.sqrt(math.log(n / delta)) + math.log(1 / eps)
    radius = theory.get(f"{ICLR}/prop-4.2").quantity("radius", at, 1 / logarithms).value
    assert radius == pytest.approx(1 / gamma)
    by_radius = replace(at, radius=radius)
    for theorem, corollary, kind, logs in (
        ("thm-3.3", "thm-3.3+prop-4.2", "width", 4 / 3 * math.log10(math.log(n / delta))),
        ("thm-3.5", "thm-3.5+prop-4.2", "width", 4 / 3 * math.log10(math.log(n / delta))),
        ("thm-3.3", "thm-3.3+prop-4.2", "step_size", 0.0),
        ("thm-3.3", "thm-3.3+prop-4.2", "num_steps", 0.0),
        ("thm-3.3", "thm-3.3+prop-4.2", "training_loss", 0.0),
        ("thm-3.5", "thm-3.5+prop-4.2", "num_steps", 0.0),
    ):
        expected = log10(f"{ICLR}/{theorem}", kind, by_radius) - logs
        assert log10(f"{ICLR}/{corollary}", kind, at) == pytest.approx(expected, abs=1e-9), (corollary, kind)
    spectral = log10(f"{ICLR}/thm-3.3+prop-4.2", "test_error", at)  # the corollary has the first branch alone
    assert spectral >= log10(f"{ICLR}/thm-3.4", "test_error", by_radius) - 1e-9


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 10**9), st.floats(1e-6, 2.0))
def test_proposition_4_6_is_a_margin_of_the_root_of_phi_over_n_to_the_three_halves(n: int, phi: float) -> None:
    at = replace(BASE, n=n, separation_across=phi)
    margin = theory.get(f"{ICLR}/prop-4.6").quantity("margin", at).value
    assert margin == pytest.approx(phi**0.5 * n**-1.5, rel=1e-9)
    assert log10(f"{ICLR}/prop-4.6", "width", at) == pytest.approx(
        log10(f"{ICLR}/thm-3.3+prop-4.2", "width", replace(at, margin=margin)), abs=1e-9
    )
    logarithm = math.log10(math.log(n / (0.01 * 0.1)))
    assert log10(f"{ICLR}/prop-4.6", "radius", at) == pytest.approx(logarithm - math.log10(margin), abs=1e-9)


def test_the_separation_corollaries_are_the_margin_corollary_at_their_margin() -> None:
    for id in (f"{ICLR}/prop-4.6", f"{OWN}/margin-eigenvalue", f"{OWN}/margin-separation-all"):
        margin = theory.get(id).quantity("margin", BASE).value
        at_margin = log10(f"{ICLR}/thm-3.3+prop-4.2", "width", replace(BASE, margin=margin))
        assert log10(id, "width") == pytest.approx(at_margin, abs=1e-9)


def test_time_with_separation_is_the_margin_time_at_its_margin() -> None:
    margin = theory.get(f"{ICLR}/prop-4.6").quantity("margin", BASE).value
    at_margin = log10(f"{ICLR}/thm-3.3+prop-4.2", "num_steps", replace(BASE, margin=margin))
    assert log10(f"{ICLR}/thm-3.3+prop-4.6", "num_steps") == pytest.approx(at_margin)


def test_two_layers_give_the_order_of_ji_and_telgarsky() -> None:
    shallow = replace(BASE, depth=2)
    for id, fact in ((f"{ICLR}/thm-3.3+prop-4.2", "margin"), ("ji-telgarsky/iclr2020/thm-2.2", "margin_shallow")):
        assert slope(id, "width", fact, replace(shallow, **{fact: 0.01})) == pytest.approx(-8)
        assert slope(id, "num_steps", fact, replace(shallow, **{fact: 0.001})) == pytest.approx(-2, abs=1e-6)


def test_constants_of_ji_and_telgarsky_keep_half_the_margin() -> None:
    """At the least width, neurons move 4 lambda/(gamma sqrt m) = gamma^2/16."""
    gamma = 0.07
    width = log10("ji-telgarsky/iclr2020/thm-2.2", "width")
    lam = 4 / gamma * (math.sqrt(2 * math.log(4 * 1000 / 0.01)) + math.log(4 / 0.1))
    assert math.log10(4 * lam / gamma) - width / 2 == pytest.approx(math.log10(gamma**2 / 16))


def test_explicit_constants_stay_within_the_order_of_the_theorem() -> None:
    """T of the derived form is L(L+1) R^2/eps, that of Theorem 3.3 C L^2 R^2/eps: C = 1 + 1/L."""
    difference = log10(f"{OWN}/gd-initial-curvature", "num_steps") - log10(f"{ICLR}/thm-3.3", "num_steps")
    assert difference == pytest.approx(math.log10(1 + 1 / 5))


def test_explicit_time_gives_three_times_the_reference_loss() -> None:
    facts = replace(BASE, reference_distance=2.0, reference_loss=0.05, gradient_norm_squared=900.0)
    theorem = theory.get(f"{OWN}/gd-explicit")
    eta = theorem.step_size(facts).value
    steps = theorem.num_steps(facts, step_size=eta).value
    assert theorem.training_loss(facts, step_size=eta, num_steps=steps).value == pytest.approx(0.15)


def test_the_online_loss_of_the_regret_gives_the_printed_bound_of_sgd() -> None:
    """8 (L^2 R^2/n + 3 eps) + 8 log(1/delta)/n."""
    online = 5**2 * 40.0**2 / 1000 + 3 * 0.1
    derived = log10(f"{OWN}/sgd-online-to-batch", "test_error", replace(BASE, online_loss=online))
    assert derived == pytest.approx(log10(f"{ALPHA}/thm-2.3", "test_error"))


def test_width_of_the_proof_makes_the_linearisation_error_an_eighth() -> None:
    """(1+sqrt 3)^(4/3) L^(11/3) R^(4/3) m^(-alpha/3) sqrt(log m) = 1/8 at the width, for every alpha."""
    for alpha in (0.5, 0.3, 0.1):
        at = replace(BASE, alpha=alpha)
        log_m = log10(f"{OWN}/width", "width", at)
        error = 4 / 3 * math.log10((1 + 3**0.5) * 40) + 11 / 3 * math.log10(5)
        error += -alpha / 3 * log_m + 0.5 * math.log10(log_m * math.log(10))
        assert error == pytest.approx(math.log10(1 / 8), abs=1e-6)


def test_a_tiny_radius_meets_the_lower_end_of_the_range_of_the_lemma() -> None:
    """tau = (1+sqrt 3) L^(1/2) R m^-alpha >= (log(n L^2/delta)/(m L))^(3/2)."""
    at = replace(BASE, alpha=0.3, radius=1e-8)
    log_m = log10(f"{OWN}/width", "width", at)
    tau = math.log10((1 + 3**0.5) * 5**0.5 * 1e-8) - 0.3 * log_m
    assert tau == pytest.approx(1.5 * (math.log10(math.log(1000 * 25 / 0.01)) - log_m - math.log10(5)))


def test_the_widths_quoted_for_one_example_come_out() -> None:
    """L = 5, gamma = 0.05, eps = 0.1, n = 1e4, delta = 0.01: R about 120, L^22 R^8 about 1e32."""
    example = theory.Problem(n=10_000, depth=5, margin=0.05, target_loss=0.1, failure_probability=0.01)
    radius = theory.get(f"{ICLR}/prop-4.2").quantity("radius", example).value
    assert radius == pytest.approx(120, rel=0.02)
    assert 22 * math.log10(5) + 8 * math.log10(radius) == pytest.approx(32, abs=0.1)


def test_sample_size_of_the_first_branch_at_the_width_of_the_theorem() -> None:
    """16^L L^26 R^10 eps^-2 at m = L^22 R^8."""
    at = replace(BASE, width=5**22 * 40.0**8)
    expected = 5 * math.log10(16) + 26 * math.log10(5) + 10 * math.log10(40) + 2
    assert log10(f"{ICLR}/thm-3.4", "sample_size", at) == pytest.approx(expected, abs=1e-9)


def test_zero_error_of_zou_is_the_theorem_at_one_over_n() -> None:
    whole = log10(ZOU, "width", replace(BASE, target_loss=1 / 1000))
    assert log10("zou-cao-zhou-gu/derived/zero-error", "width") == pytest.approx(whole, abs=1e-3)


def test_li_improves_the_power_of_the_depth_and_keeps_that_of_the_margin() -> None:
    deep = replace(BASE, network="fixed_head_antisymmetric", depth=10**6, margin=1e-9)
    li = "li-lei-guo-ying/neurips2025/thm-3"
    assert 16 < slope(li, "width", "depth", deep) < 16.5  # the rest is logarithms
    assert -8.5 < slope(li, "width", "margin", deep) < -7.5


def test_random_labels_are_not_polylogarithmic() -> None:
    """gamma <= sqrt(y'Ky)/n, about sqrt((L+1)/(2n)), so that L^22 gamma^-8 is at least of order n^4."""
    widths = []
    for n in (10**3, 10**4):
        energy = n * (5 + 1) / 2
        ceiling = theory.get(f"{OWN}/margin-ceiling").quantity(
            "margin_ceiling", replace(BASE, n=n, label_energy=energy)
        )
        widths.append(log10(f"{ICLR}/thm-3.3+prop-4.2", "width", replace(BASE, margin=ceiling.value)))
    assert widths[1] - widths[0] == pytest.approx(4)


def test_a_tighter_linearisation_constant_shrinks_the_width() -> None:
    assert log10(f"{OWN}/width", "width", constant=0.1) < log10(f"{OWN}/width", "width") - 5


def test_a_huge_depth_is_a_number() -> None:
    huge = log10(
        "taheri-thrampoulidis-mazumdar/iclr2025/thm-realizable",
        "width",
        replace(BASE, depth=10**5, reference_distance=10.0),
    )
    assert 1e6 < huge < 2e6
    assert float(Magnitude(huge)) == math.inf
