"""Formulas as they are printed are read as they are meant, and what is no formula is refused with the place."""

import math

import pytest

from howwide import theory
from howwide.errors import SettingError
from howwide.theory.magnitude import Magnitude
from howwide.theory.notation import branches, read, split
from howwide.theory.quantities import Formula

FACTS = {
    "n": 100.0, "L": 3.0, "m": 64.0, "R": 2.0, "R_f": 5.0, "alpha": 0.5, "eps": 0.1, "delta": 0.05, "phi_all": 0.5,
    "gamma": 0.2, "gamma_2": 0.3, "lam": 0.7, "eps_F": 0.4, "loss": 0.6, "C": 7.0, "T": 20.0, "D": 9.0, "eta": 0.25,
    "eps_ref": 0.02, "energy": 11.0,
}  # fmt: skip
n, L, m, R, T, D = (FACTS[name] for name in "nLmRTD")

READ = {
    "m ≥ C L²²R⁸ log(n/δ)^{4/3}": (7 * L**22 * R**8 * math.log(n / 0.05) ** (4 / 3), "n L delta R C"),
    "L_S ≤ 3ε_NTRF": (1.2, "eps_F"),
    "T = C n⁸L⁹φₐ⁻⁴ log²(1/ε)": (7 * n**8 * L**9 * 0.5**-4 * math.log(10) ** 2, "n L eps phi_all C"),
    "T = ⌈2λ²/(ηε)⌉, λ = log(1/ε)/γ₂": (math.ceil(2 * (math.log(10) / 0.3) ** 2 / 0.025), "eps gamma_2 eta"),
    "E ℓ(yf) ≤ C L⁴(1 + γL²)γ⁻²/n": (7 * L**4 * (1 + 0.2 * L**2) / 0.04 / n, "n L gamma C"),
    "η = C m^{-2α} min{LR²/(nε), L⁻¹}": (7 / m * min(L * R**2 / 10, 1 / L), "n L m alpha eps R C"),
    "P(yf < 0) ≤ 2L_S + 4ᴸ√2 - ½": (1.2 + 64 * math.sqrt(2) - 0.5, "L loss"),
    "R ≥ 16⁻ᴸe^{2L}π/2": (16**-L * math.exp(2 * L) * math.pi / 2, "L"),
    "γ ≤ (yᵀKy)^½/n": (math.sqrt(11) / n, "n energy"),
    "m^-½ = (L-1)^-½ exp(L)": (math.exp(L) / math.sqrt(2), "L"),
    "E L_S ≤ A/(ηT), A = max{1, 3ηTε* + D²}": ((3 * 0.25 * T * 0.02 + D**2) / (0.25 * T), "D eps_ref eta T"),
    "x = A + α, α = 2 log(T)/γ, A = 12 + α²": (
        12 + (2 * math.log(T) / 0.2) ** 2 + 2 * math.log(T) / 0.2, "gamma T",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_formula_is_read_as_it_is_meant(text: str) -> None:
    expected, letters = READ[text]
    reading = read(text)
    assert reading.letters == tuple(letters.split())
    value = reading.value({name: Magnitude.of(FACTS[name]) for name in reading.letters})
    assert float(value) == pytest.approx(expected, rel=1e-12)


def test_a_statement_may_use_a_letter_in_its_own_way() -> None:
    assert read("m ≥ R²", {"R": "R_f"}).letters == ("R_f",)
    formula = Formula("m ≥ R²", "S", reads={"R": "R_f"})
    assert formula.facts == ("network_radius",)
    assert formula.at("width", theory.Problem(network_radius=5.0, radius=2.0), None).value == pytest.approx(25)


@pytest.mark.parametrize("a", [1e-6, 3.0, 1e40])
def test_a_width_on_both_sides_is_the_least_from_which_on_it_holds(a: float) -> None:
    reading = read("m ≥ D(log m)³")
    assert reading.letters == ("D",)
    width = float(reading.value({"D": Magnitude.of(a)}))
    assert width == pytest.approx(max(math.e, a * math.log(width) ** 3))


WRONG = {
    "m ≥ C n² and more": "andmore",
    "m ≥ C ψ²": "ψ",
    "m ≥ n/d(L+1)": "(L+1)",  # nothing is multiplied behind a slash without brackets
    "m ≥ C (n²": "its end",
    "m ≥ max{n, }": "}",
    "m ≥ ": "its end",
    "T = n, one pass": "'one pass', which defines nothing",
    "T = n, A = 3": "defines A and does not use it",
    "m ≥ n^": "its end",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(text)
    assert WRONG[text] in str(refused.value)


def test_texts_are_taken_apart_outside_of_brackets_alone() -> None:
    assert split("P(yf < 0) ≤ a + (b ≤ c)", "≤<", 2) == ["P(yf < 0)", "a + (b ≤ c)"]
    assert branches("C min{a(b, c), d + e}/n") == ["C (a(b, c))/n", "C (d + e)/n"]
    assert branches("C n") == ["C n"]


def test_named_terms_add_up_and_the_least_branch_is_the_one_that_counts() -> None:
    facts = theory.Problem(
        n=500, depth=3, width=64, alpha=0.5, radius=2.0, network_radius=2.0, ntrf_loss=0.1, target_loss=0.1,
        training_loss=0.2, failure_probability=0.05,
    )  # fmt: skip
    named = 0
    for theorem in theory.all_theorems():
        for kind, formula in theorem.formulas.items():
            terms = theorem.terms(kind, facts, 3.0)
            assert bool(terms) == bool(formula.names)
            if terms:
                named += 1
                values = {name: term.value or math.nan for name, term in terms.items()}
                apart = [name for group in formula.names if not isinstance(group, str) for name in group]
                total = sum(v for name, v in values.items() if name not in apart)
                total += min(values[name] for name in apart) if apart else 0
                assert theorem.quantity(kind, facts, 3.0).value == pytest.approx(total)
    assert named == 6


def test_names_that_do_not_fit_the_formula_are_refused() -> None:
    with pytest.raises(SettingError, match="3 names for the 2 terms"):
        _ = Formula("T = n + L", "S", names=("a", "b", "c")).terms
    with pytest.raises(SettingError, match="3 names for the 2 branches"):
        _ = Formula("T = n + min{L, m}", "S", names=("a", ("b", "c", "d"))).terms
    assert Formula("T = n", "S").terms == {}
