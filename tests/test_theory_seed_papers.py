"""What the statements of the seed papers say of each other: proofs retraced in numbers, versions side by side."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from howwide import theory
from howwide.certify.predictions import predict
from howwide.certify.predictions.one_pass import online_to_batch_prediction
from howwide.certify.procedure.plan import Plan
from howwide.certify.procedure.sample import draw_sample
from howwide.certify.procedure.train import DeclaredRun, train
from howwide.data import load
from howwide.errors import SettingError
from howwide.theorems import implement
from theory_problem import EVERY_FACT

V2, ICLR, ALPHA = (f"chen-cao-zou-gu/{version}" for version in ("arxiv2020v2", "iclr2021", "alpha-scaled"))
ZOU, CG19, CG20 = "zou-cao-zhou-gu/arxiv2018v3", "cao-gu/neurips2019v2", "cao-gu/aaai2020v3"
BASE = replace(EVERY_FACT, depth=5, training_loss=0.2)
SGD_EVENTS = {f"{ALPHA}/thm-2.3": 1, f"{V2}/thm-3.8": 1, f"{ICLR}/thm-3.5": 2}  # c in log(c/delta), as printed
GD_STATEMENTS = (f"{ALPHA}/thm-2.2", f"{V2}/thm-3.5", f"{ICLR}/thm-3.4")


def log10(id: str, kind: str, problem: theory.Problem = BASE, constant: float = 1.0) -> float:
    value = theory.get(id).quantity(kind, problem, constant).log10
    assert value is not None
    return value


# -------------------------------------------------------------------------------- Chen et al.: versions of one paper


@pytest.mark.parametrize("numbers", [("3.3", "2.1"), ("3.5", "2.2"), ("3.8", "2.3")], ids="-".join)
def test_the_full_version_has_the_statements_of_the_two_page_one(numbers: tuple[str, str]) -> None:
    full, short = theory.get(f"{V2}/thm-{numbers[0]}"), theory.get(f"{ALPHA}/thm-{numbers[1]}")
    assert full.formulas.keys() == short.formulas.keys()
    assert short.id in full.improves_on
    for alpha in (0.5, 0.3, 0.1):
        for kind in full.formulas:
            at = replace(BASE, alpha=alpha)
            assert log10(full.id, kind, at) == pytest.approx(log10(short.id, kind, at), abs=1e-12), kind


@pytest.mark.parametrize("alpha", [0.5, 0.35, 0.2])
def test_width_of_theorem_3_3_keeps_the_iterates_where_the_error_is_constant(alpha: float) -> None:
    """(6.3): L^(1/2) R m^-alpha <= L^(-9/4) m^(-3 alpha/4), an equality at m = (L^11 R^4)^(1/alpha)."""
    at = replace(BASE, alpha=alpha, n=2, failure_probability=2 / math.e)  # log(n/delta) = 1
    m = log10(f"{V2}/thm-3.3", "width", at)
    reached = 0.5 * math.log10(5) + math.log10(40) - alpha * m
    assert reached == pytest.approx(-2.25 * math.log10(5) - 0.75 * alpha * m)


def test_against_a_network_one_linearisation_is_enough() -> None:
    """1/4 in place of 1/8: a width smaller by 8^(1/alpha), up to the logarithm; the one-step inequality by hand."""
    network, linearised = (log10(f"chen-cao-zou-gu/derived/{id}", "width") for id in ("width-network", "width"))
    assert 6 * math.log10(2) <= linearised - network <= 6 * math.log10(2) + 0.2
    for z in np.linspace(-5, 5, 41):  # y f of the iterate; r = y f of W*
        for r in np.linspace(-5, 5, 41):
            slope, loss, reference = -1 / (1 + math.exp(z)), math.log1p(math.exp(-z)), math.log1p(math.exp(-r))
            assert slope * (z - r + 0.25) >= 0.75 * loss - reference - 1e-12  # (B.3)


@pytest.mark.parametrize("alpha", [0.5, 0.3])
def test_width_of_proposition_4_2_is_where_the_linearisation_costs_log_2(alpha: float) -> None:
    """C L^3 R^(4/3) m^(-alpha/3) sqrt(log m) = log 2, and a loss of eps/2 is then one of eps at most."""
    at = replace(BASE, alpha=alpha)
    m = log10(f"{V2}/prop-4.2", "width", at, 3.0)
    cost = math.log10(3 * 5**3 * 40 ** (4 / 3)) - alpha / 3 * m + 0.5 * math.log10(m * math.log(10))
    assert cost == pytest.approx(math.log10(math.log(2)), abs=1e-9)
    for eps in (1e-6, 0.01, 0.5, 1.0, 3.0):
        margin = -math.log(math.expm1(eps / 2))  # loss eps/2
        assert math.log1p(math.exp(-(margin - math.log(2)))) <= eps * (1 + 1e-12)


def test_corollary_4_4_is_proposition_4_2_at_its_radius() -> None:
    radius = theory.get(f"{V2}/cor-4.4").quantity("radius", BASE).value
    by_radius = 2 * math.log10(5**9 * radius**4)
    assert log10(f"{V2}/cor-4.4", "width") == pytest.approx(by_radius)
    assert radius == pytest.approx(theory.get(f"{ICLR}/prop-4.2").quantity("radius", BASE).value)


def test_proposition_4_7_has_the_constants_of_its_proof() -> None:
    """Half of the output weights exceed 0.47/sqrt m; |S| >= m/4 of them leave a margin of 1/4 at a norm of 1/0.47."""
    assert 2 * NormalDist().cdf(-0.47) >= 0.5
    assert 0.47 / 4 >= 1 / 8.8
    shallow = replace(BASE, depth=2)
    ours, derived = (theory.get(id).quantity("margin", shallow).value for id in (f"{V2}/prop-4.7", f"{ICLR}/prop-4.4"))
    assert ours < derived  # the derived choice of direction is sharper, and so is its radius
    assert log10(f"{V2}/prop-4.7", "radius", shallow) > log10(
        f"{ICLR}/prop-4.2", "radius", replace(shallow, margin=shallow.margin_shallow)
    )


@pytest.mark.parametrize("alpha", [0.5, 0.25])
def test_width_of_proposition_4_10_keeps_the_flow_where_its_gradient_is_large(alpha: float) -> None:
    """R m^-alpha = phi^(3/2) n^-3 L^-2 at the width; Theorem 3.3 at this R asks for more, L^22 n^12 phi^-4."""
    at = replace(BASE, alpha=alpha)
    moved = log10(f"{V2}/prop-4.10", "radius", at) - alpha * log10(f"{V2}/prop-4.10", "width", at)
    assert moved == pytest.approx(math.log10(0.3**1.5 / (1000**3 * 25)))
    assert log10(f"{V2}/thm-3.3+prop-4.10", "width", at) > log10(f"{V2}/prop-4.10", "width", at)
    composed = (11 * math.log10(5) + 4 * math.log10(1000**1.5 / 0.3**0.5)) / alpha
    assert log10(f"{V2}/thm-3.3+prop-4.10", "width", at) == pytest.approx(composed)


def test_at_one_half_the_compositions_are_those_of_the_iclr_version() -> None:
    for ours, theirs in (
        ("thm-3.3+cor-4.4", "thm-3.3+prop-4.2"),
        ("thm-3.8+cor-4.4", "thm-3.5+prop-4.2"),
        ("thm-3.3+prop-4.10", "thm-3.3+prop-4.6"),
    ):
        full, iclr = theory.get(f"{V2}/{ours}"), theory.get(f"{ICLR}/{theirs}")
        assert full.formulas.keys() == iclr.formulas.keys()
        for kind in full.formulas:
            assert log10(full.id, kind) == pytest.approx(log10(iclr.id, kind), abs=1e-12), kind


# --------------------------------------------------------------------------- one bound, whoever evaluates it


@pytest.mark.parametrize("statement", SGD_EVENTS)
def test_the_bound_on_one_pass_is_one_number_for_every_part(statement: str) -> None:
    theorem = theory.get(statement)

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.integers(1, 10**7), st.integers(2, 40), st.floats(1e-3, 1e6), st.floats(0, 2), st.floats(1e-12, 0.5))
    def agree(n: int, depth: int, radius: float, eps: float, delta: float) -> None:
        prediction = online_to_batch_prediction(eps, radius, n, depth=depth, delta=delta, statement=statement)
        by_hand = 8 * (depth * radius) ** 2 / n + 8 * math.log(SGD_EVENTS[statement] / delta) / n + 24 * eps
        assert prediction.value == pytest.approx(by_hand, rel=1e-12)
        assert sum(prediction.terms.values()) == pytest.approx(by_hand, rel=1e-12)
        if eps > 0:
            facts = theory.Problem(
                n=n, depth=depth, radius=radius, network_radius=radius, ntrf_loss=eps, target_loss=eps,
                failure_probability=delta,
            )  # fmt: skip
            assert theorem.test_error(facts).value == pytest.approx(prediction.value, rel=1e-12)
            terms = theorem.terms("test_error", facts)
            assert {name: term.value for name, term in terms.items()} == pytest.approx(prediction.terms, rel=1e-12)

    agree()
    assert f"log({SGD_EVENTS[statement]}/δ)" in theorem.formulas["test_error"].text
    assert statement in online_to_batch_prediction(0.1, 1.0, 10, depth=2, statement=statement).why
    assert theorem.cites == online_to_batch_prediction(0.1, 1.0, 10, depth=2, statement=statement).reference


def test_the_versions_of_the_bound_differ_by_their_union_bound_alone() -> None:
    facts = theory.Problem(
        n=100, depth=3, radius=2.0, network_radius=2.0, ntrf_loss=0.1, target_loss=0.1, failure_probability=0.05
    )
    one, other = (theory.get(id).terms("test_error", facts) for id in (f"{V2}/thm-3.8", f"{ICLR}/thm-3.5"))
    assert one["radius"].log10 == other["radius"].log10
    assert one["eps_ntrf"].log10 == other["eps_ntrf"].log10
    assert other["confidence"].value - one["confidence"].value == pytest.approx(8 * math.log(2) / 100)
    with pytest.raises(SettingError, match="no theorem 'thm-9'"):
        online_to_batch_prediction(0.1, 1.0, 10, depth=2, statement="thm-9")
    with pytest.raises(SettingError, match="no bound on one pass"):
        online_to_batch_prediction(0.1, 1.0, 10, depth=2, statement=f"{V2}/thm-3.5")  # one on gradient descent


def branches(n: int, depth: int, width: float, radius: float, alpha: float) -> tuple[float | None, float | None]:
    facts = theory.Problem(n=n, depth=depth, width=width, network_radius=radius, alpha=alpha)
    terms = theory.get(f"{ALPHA}/thm-2.2").terms("test_error", facts)
    return terms["spectral"].value, terms["linear"].value


def test_the_branches_of_gradient_descent_are_one_pair_of_numbers() -> None:
    for alpha in (0.5, 0.2):
        both = branches(500, 4, 256, 3.0, alpha)
        assert both[0] == pytest.approx(4**4 * 4**2 * 3 * math.sqrt(256 / 500))
        assert both[1] == pytest.approx(8 * 3 / math.sqrt(500) + 4 ** (11 / 3) * 3 ** (4 / 3) * 256 ** (-alpha / 3))
        for statement in GD_STATEMENTS:
            if theory.get(statement).setting.alpha not in (None, alpha):
                continue
            facts = theory.Problem(
                n=500, depth=4, width=256, alpha=alpha, radius=3.0, network_radius=3.0, training_loss=0.1,
                failure_probability=0.05,
            )  # fmt: skip
            expected = 0.2 + min(both) + math.sqrt(math.log(20) / 500)
            terms = theory.get(statement).terms("test_error", facts)
            assert (terms["spectral"].value, terms["linear"].value) == pytest.approx(both, rel=1e-12)
            assert theory.get(statement).test_error(facts).value == pytest.approx(expected, rel=1e-12)


def test_a_width_beyond_floats_makes_a_branch_infinite_and_not_an_error() -> None:
    spectral, linear = branches(100, 600, 1e300, 1.0, 0.5)
    assert spectral == math.inf
    assert linear is not None
    assert linear > 0


@pytest.mark.parametrize("alpha", [0.5, 0.3])
def test_the_certificate_evaluates_the_statement_of_its_own_output_scale(alpha: float) -> None:
    """At alpha = 1/2 the linearised class of the ICLR version, elsewhere a network with a loss on every example."""
    plan = Plan(algorithm="sgd", width=8, depth=2, alpha=alpha, dtype="float64")
    sample = draw_sample(load("sphere:dim=4,n=30"), 30, plan)
    trained = train(DeclaredRun(plan, sample), plan.combinations[0])
    (found,) = predict(trained)
    statement = f"{ICLR}/thm-3.5" if alpha == 0.5 else f"{V2}/thm-3.8"
    assert statement in found.why
    radius, eps = found.terms["at_radius"], found.terms["at_eps_ntrf"]
    by_hand = 8 * (2 * radius) ** 2 / 30 + 8 * math.log(SGD_EVENTS[statement] / plan.delta) / 30 + 24 * eps
    assert found.value == pytest.approx(by_hand, rel=1e-12)
    if alpha != 0.5:
        margins = sample.y * np.asarray(trained.net.apply(trained.final, sample.x))
        assert eps == pytest.approx(np.logaddexp(0, -margins).max())


# ------------------------------------------------------------------------------------------------ Zou et al., arXiv v3


ONE = replace(BASE, network="fixed_head", depth=1, separation_across=1.0)
"""Where L = phi = 1, so that powers of n, B and eps alone remain."""


def kappa(p: float, bounded: bool, n: float, eps: float) -> float:
    """m K eta of Lemmas 5.4 and 5.6, without logarithms of n: n^5 if the slope is bounded, and what the loss adds."""
    tail = n ** (5 - 2 * p) * (math.log(1 / eps) if p == 0.5 else eps ** (1 - 2 * p) if p > 0.5 else 1.0)
    return (n**5 if bounded else 0.0) + tail


LOSSES = {"logistic": (1.0, True), "squared-hinge": (0.5, False), "huberised-squared-hinge": (0.5, True)}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("n", "eps"), [(10**6, 1e-3), (20, 1e-30)])
def test_gradient_descent_ends_before_it_leaves_the_ball(loss: str, n: int, eps: float) -> None:
    """K eta <= n^-21 is the width, K eta over n^-3/m the steps: Lemma 5.4 against Lemma 5.5."""
    at = replace(ONE, n=n, target_loss=eps)
    needed = kappa(*LOSSES[loss], n, eps)
    name = "lemma-5.4-logistic" if loss == "logistic" else f"thm-4.1-{loss}"
    assert log10(f"{ZOU}/{name}", "width", at) == pytest.approx(math.log10(needed * float(n) ** 21), rel=1e-9)
    assert log10(f"{ZOU}/{name}", "num_steps", at) == pytest.approx(math.log10(needed * float(n) ** 3), rel=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("n", "eps"), [(10**6, 1e-3), (20, 1e-30)])
def test_sgd_ends_before_it_leaves_the_ball(loss: str, n: int, eps: float) -> None:
    """(K eta m) m^(-1/2) <= T m^(1/2): T = n^-9 where the slope is bounded, n^-10 where it is not (Lemma 5.7)."""
    at = replace(ONE, n=n, target_loss=eps, batch_size=1)
    p, bounded = LOSSES[loss]
    longest = 9 if bounded else 10
    width = log10(f"{ZOU}/thm-4.5-{loss}", "width", at)
    squared = 2 * math.log10(kappa(p, bounded, n, eps) * float(n) ** longest)
    assert width <= squared + 1e-9  # the print squares the terms, not their sum
    assert width >= squared - math.log10(2) - 1e-9
    steps = math.log10(kappa(p, bounded, n, eps) * float(n) ** (7 - 2 * p))
    assert log10(f"{ZOU}/thm-4.5-{loss}", "num_steps", at) == pytest.approx(steps, rel=1e-9)


def test_the_print_and_the_lemmas_of_zou_et_al_disagree_and_both_are_kept() -> None:
    small, large = replace(ONE, n=10, target_loss=1e-90), replace(ONE, n=10**8, target_loss=0.5)
    for at, difference in ((small, 2.0), (large, -16.0 + math.log10(1 + 2e16))):
        printed, lemmas = (log10(f"{ZOU}/{id}", "width", at) for id in ("thm-4.1-logistic", "lemma-5.4-logistic"))
        assert printed - lemmas == pytest.approx(difference, abs=1e-6)
    zero = replace(ONE, n=10**5, target_loss=math.log(2) / 10**5)
    assert log10(f"{ZOU}/cor-4.3-logistic", "width", zero) == pytest.approx(
        log10(f"{ZOU}/lemma-5.4-logistic", "width", zero), abs=1e-4
    )
    assert log10(f"{ZOU}/cor-4.3-logistic", "width", zero) == log10("zou-cao-zhou-gu/arxiv2018/thm-gd", "width", zero)
    old = theory.get("zou-cao-zhou-gu/arxiv2018/thm-gd")
    assert any("misread" in gap and f"{ZOU}/thm-4.1-logistic" in gap for gap in old.gaps)


def test_the_losses_of_zou_et_al_are_where_they_are_said_to_be() -> None:
    """The logistic loss has p = 1, alpha_0 = 1/2, the squared hinge p = 1/2; for p < 1/2 the ratio tends to 0."""
    z = np.linspace(-30, 30, 2001)
    loss, slope = np.logaddexp(0, -z), 1 / (1 + np.exp(z))
    assert (slope >= np.minimum(0.5, loss / 2)).all()
    assert (slope <= np.minimum(1.0, loss)).all()
    assert (slope**2 <= 2 * 0.25 * loss).all()  # lambda = 1/4
    hinge, fall = np.maximum(1 - z, 0) ** 2, 2 * np.maximum(1 - z, 0)
    assert fall == pytest.approx(2 * np.sqrt(hinge))
    for values, slopes in ((loss[-1:], slope[-1:]), (np.array([1e-24]), np.array([2e-12]))):
        assert (slopes / values**0.25 < 1e-5).all()


def test_a_loss_that_is_not_in_the_library_is_not_trained() -> None:
    with pytest.raises(SettingError, match="about the squared hinge loss, which is not in this library; there are log"):
        implement(theory.get(f"{ZOU}/thm-4.1-squared-hinge"))
    how = implement(theory.get(f"{ZOU}/lemma-5.4-logistic"))
    assert (how.network, how.antisymmetric, how.algorithm) == ("fixed-head", False, "gd")
    assert implement(theory.get(f"{V2}/thm-3.5"), alpha=0.3).theorem.id == f"{V2}/thm-3.3"


# ---------------------------------------------------------------------------------------------------------- Cao and Gu


def test_lemma_4_3_of_cao_and_gu_keeps_the_pass_in_its_ball_and_gives_n_to_the_seven() -> None:
    """m^(1/2) eta n = L^-6 m^(-3/8) eps^(3/4), logarithms left out; at eps = L R/sqrt n it is L^42 R^2 n^7."""
    at = replace(BASE, target_loss=1e-3)
    m = log10(f"{CG19}/lemma-4.3", "width", at)
    wide = replace(at, width=10.0**m)
    moved = m / 2 + log10(f"{CG19}/lemma-4.3", "step_size", wide) + log10(f"{CG19}/lemma-4.3", "num_steps", wide)
    assert moved == pytest.approx(-6 * math.log10(5) - 3 / 8 * m + 0.75 * -3)
    n = 10**9
    at_n = replace(at, n=n, target_loss=5 * 40 / math.sqrt(n))
    assert log10(f"{CG19}/lemma-4.3", "width", at_n) == pytest.approx(math.log10(5**42 * 40**2) + 63)


def test_corollary_3_10_prints_no_width_and_the_old_entry_says_so() -> None:
    entry, old = theory.get(f"{CG19}/cor-3.10"), theory.get("cao-gu/neurips2019/cor-3.10")
    assert "width" not in entry.formulas
    assert entry.judge(replace(BASE, width=1e300, unit_inputs=True)).verdict == "unknown"
    assert any("misread" in gap and entry.id in gap for gap in old.gaps)
    assert log10(entry.id, "test_error") == log10(old.id, "test_error")


def test_the_network_of_cao_and_gu_at_aaai_has_a_frozen_head() -> None:
    entry, old = theory.get(f"{CG20}/thm-4.4"), theory.get("cao-gu/aaai2020/thm-gd")
    assert entry.setting.covers == {"fixed_head"}
    assert "frozen" in entry.setting.trained
    assert entry.setting.depth_counts == "hidden layers"
    assert any("misread" in gap and entry.id in gap for gap in old.gaps)
    assert log10(entry.id, "width", replace(BASE, input_dim=10**20, target_loss=0.5)) > log10(
        old.id, "width", replace(BASE, target_loss=0.5)
    )


def test_polynomials_of_theorem_4_4_solve_the_conditions_of_its_proof() -> None:
    """(D.2), the linearisation error of Lemma E.1 and the middle term of Theorem 5.7, logarithms set to 1."""
    id = "cao-gu/derived/aaai2020-polynomials"
    at = replace(BASE, network="fixed_head", depth=3, margin_features=0.2, target_loss=1e-3, width=1e9)
    L, gamma, eps = 3, 0.2, 1e-3
    time = log10(id, "step_size", at) + log10(id, "num_steps", at) + 9  # eta K m
    assert -time / 2 + math.log10(4**L / gamma**2) == pytest.approx(math.log10(eps))
    m = log10(id, "width", at)
    tau = math.log10(16**L / gamma**4 / eps) - m / 2
    assert 11 / 3 * math.log10(L) + 4 / 3 * tau + m / 2 == pytest.approx(math.log10(eps))
    n = log10(id, "sample_size", at)
    assert math.log10(16**L * L**2 / gamma**4 / eps) - n / 2 == pytest.approx(math.log10(eps))


# -------------------------------------------------------------------------------------------------------- provenance


def test_what_was_read_is_tagged_so_and_what_was_not_is_not() -> None:
    for theorem in theory.all_theorems():
        if theorem.id.startswith((f"{V2}/", f"{ZOU}/", f"{CG19}/", f"{CG20}/", "du-")):
            assert theorem.tag == "S", theorem.id
            assert theorem.known.startswith(("read in", "Remark")), theorem.id
            assert {f.tag for f in theorem.formulas.values()} <= {"S", "D", "D=S"}, theorem.id
        if theorem.id.startswith(f"{ICLR}/thm-3.") and "+" not in theorem.id:
            assert theorem.tag == "M", theorem.id  # the body of the ICLR text was not read


def test_sgd_of_a_whole_family_says_what_is_missing() -> None:
    entry = next(e for e in theory.incomplete() if e.id == "zou-cao-zhou-gu/arxiv2018/thm-sgd")
    assert f"{ZOU}/thm-4.5-logistic" in entry.says
    assert "a letter for p" in entry.missing
