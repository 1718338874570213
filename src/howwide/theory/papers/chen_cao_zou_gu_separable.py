"""Chen, Cao, Zou, Gu, ICLR 2021, section 4: when is ε_NTRF(R) small? Propositions and what follows for the theorems.

Each proposition turns an assumption on the data into a radius R at which ε_NTRF(R) ≤ ε. Ids with a plus sign join a
theorem and a proposition; logarithms are left out of them.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import IID_SAMPLE, SEPARATED_ACROSS, SHALLOW_MARGIN, TANGENT_MARGIN, UNIT_INPUTS
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import DEEP
from howwide.theory.statements import Theorem

_SGD = replace(DEEP, algorithm="one_pass_sgd")
_MARGIN_WIDTH = Formula("m ≥ C L²²γ⁻⁸", "S", note="Ω̃: logarithms left out")
_SEPARATION_WIDTH = Formula("m ≥ C L²²n¹²φ⁻⁴", "M", note="Ω̃: logarithms left out")
_theorem = partial(Theorem, cites="chen2021", setting=DEEP, tag="M")

THEOREMS = (
    _theorem(
        id="chen-cao-zou-gu/iclr2021/prop-4.2",
        title="a tangent margin makes the linearised loss small",
        number="Proposition 4.2, under Assumption 4.1",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN),
        formulas={"radius": Formula("R ≥ C (log(n/δ)^½ + log(1/ε))/γ", "M")},
        guarantee="with probability 1-δ over the start, ε_NTRF(R) ≤ ε",
        known="remembered; the short proof gives the same",
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/prop-4.4",
        title="a shallow margin is a tangent margin",
        number="Proposition 4.4, under Assumption 4.3",
        setting=replace(DEEP, hidden_layers=1),
        assumptions=(UNIT_INPUTS, SHALLOW_MARGIN),
        formulas={"margin": Formula("γ ≥ (2/π)^½ γ₂/2", "D"), "width": Formula("m ≥ C γ₂⁻² log(n/δ)", "D")},
        guarantee="with probability 1-δ over the start, Assumption 4.1 holds with the margin γ",
        tag="M?",
        known="that it exists is remembered; the constants are derived from one choice of direction",
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/prop-4.6",
        title="separation across labels makes the linearised loss small",
        number="Proposition 4.6, under Assumption 4.5",
        assumptions=(UNIT_INPUTS, SEPARATED_ACROSS),
        formulas={
            "radius": Formula("R ≥ C n^{3/2}φ^{-½} log(n/(δε))", "M"),
            "margin": Formula("γ ≥ C φ^½n^{-3/2}", "D"),
            "width": _SEPARATION_WIDTH,
        },
        guarantee="with probability 1-δ over the start, ε_NTRF(R) ≤ ε",
        known="remembered; the comparison with Zou et al. in the two-page version pins the exponents",
        improves_on=("zou-cao-zhou-gu/ml2020/thm-gd",),
        gaps=("improves on Zou et al. only if L ≤ Õ(n^{1/3} ∨ ε^{-1/6})",),
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2",
        title="gradient descent with a tangent margin",
        number="Theorems 3.3 and 3.4 with Proposition 4.2",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": _MARGIN_WIDTH,
            "step_size": Formula("η = C L⁻¹m⁻¹", "M"),
            "num_steps": Formula("T = C L²γ⁻²ε⁻¹", "D=S"),
            "training_loss": Formula("L_S ≤ 3ε", "M"),
            "test_error": Formula("P(yf < 0) ≤ 2L_S + C 4ᴸL²γ⁻¹(m/n)^½ + C(log(1/δ)/n)^½", "D=S"),
        },
        guarantee="training loss ergodic, as Theorem 3.3; the test error for every iterate",
        tag="S",
        known="exponents read in Li et al. (2025)",
        improves_on=("ji-telgarsky/iclr2020/thm-2.2",),
        gaps=("polylogarithmic in n only if γ does not shrink with n",),
        iterate="mean",
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/thm-3.5+prop-4.2",
        title="one-pass SGD with a tangent margin",
        number="Theorem 3.5 with Proposition 4.2",
        setting=_SGD,
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": _MARGIN_WIDTH,
            "num_steps": Formula("T = n", "M"),
            "test_error": Formula("E P(yf < 0) ≤ C L²γ⁻²/n", "D=S", note="Õ"),
            "sample_size": Formula("n ≥ C L²γ⁻²ε⁻¹", "D=S", note="Õ"),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
        tag="D=S",
        known="composition of two remembered statements; the order was read in Li et al. (2025)",
        improves_on=("cao-gu/neurips2019/thm-3.3",),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.6",
        title="gradient descent with separation across labels",
        number="Theorem 3.3 with Proposition 4.6",
        assumptions=(UNIT_INPUTS, SEPARATED_ACROSS),
        formulas={
            "width": _SEPARATION_WIDTH,
            "step_size": Formula("η = C L⁻¹m⁻¹", "M"),
            "num_steps": Formula("T = C L²n³φ⁻¹ε⁻¹", "D"),
            "training_loss": Formula("L_S ≤ 3ε", "M"),
        },
        guarantee="training loss, ergodic",
        known="composition of two remembered statements",
        improves_on=("zou-cao-zhou-gu/ml2020/thm-gd",),
        gaps=("the test bound is vacuous: L^{3/2}Rn^{-½} ≥ n φ^{-½}",),
        iterate="mean",
    ),
)
