"""Li, Lei, Guo, Ying, NeurIPS 2025: L¹⁶ for the L²² of Chen et al., and a test bound free of the width."""

from functools import partial

from howwide.theory.assumptions import IID_SAMPLE, POPULATION_MARGIN, TANGENT_MARGIN, UNIT_INPUTS
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import Scaling, Setting
from howwide.theory.statements import Theorem

_SETTING = Setting(
    network="f = aᵀh_L, h_l = (2/m)^½ σ(W_l h_{l-1}), a = ±1 in opposite pairs, so that f = 0 at the start",
    covers=frozenset({"fixed_head_antisymmetric"}),
    trained="W_1, …, W_L; the head is frozen",
    initialisation="N(0, 1), duplicated in the last hidden layer",
    scaling=Scaling(
        "weights of order 1; distances and steps of W ~ N(0, 2/m) are (m/2)^½ and m/2 times smaller", variance=2
    ),
)
_KNOWN = "read in the paper's text, formulas from a reading note"
_MARGIN_GAP = "the margin of this network is √2 times that of FixedHeadReLU, in the scale of the library"


_EXCESS_TEXT = "F = max{1, 3ηTε* + D²}"
_theorem = partial(Theorem, cites="li2025", setting=_SETTING, tag="S", known=_KNOWN)

THEOREMS = (
    _theorem(
        id="li-lei-guo-ying/neurips2025/thm-1",
        title="gradient descent, training loss",
        number="Theorem 1",
        assumptions=(UNIT_INPUTS,),
        formulas={
            "width": Formula(f"m ≥ C L¹⁶(log m)⁴ log(nL/δ)F⁴, {_EXCESS_TEXT}", "S"),
            "step_size": Formula("η ≤ 4/(5L)", "S", note="a second limit 1/(20 L F̃) is left out: F̃ is not known here"),
            "training_loss": Formula(f"mean of L_S(W(t)) ≤ F/(ηT), {_EXCESS_TEXT}", "S"),
        },
        guarantee="with probability 1-δ over the start, the mean over t < T; and ‖W(t) - W̄‖² ≤ F",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3",),
        iterate="mean",
    ),
    _theorem(
        id="li-lei-guo-ying/neurips2025/thm-2",
        title="gradient descent, expected loss",
        number="Theorem 2",
        assumptions=(UNIT_INPUTS, IID_SAMPLE),
        formulas={
            "width": Formula(f"m ≥ C L¹⁶d(log m)⁵ log(nL/δ)F⁴, {_EXCESS_TEXT}", "S"),
            "step_size": Formula("η ≤ 4/(5L)", "S"),
            "num_steps": Formula("T = C n/η", "S"),
            "test_loss": Formula(
                f"E ℓ(yf) ≤ C L⁴F/n, {_EXCESS_TEXT}",
                "S",
                note="Õ; the probability of a wrong sign is at most this divided by log 2",
            ),
        },
        guarantee="with probability 1-δ, expected logistic loss at ηT of order n",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.4",),
    ),
    _theorem(
        id="li-lei-guo-ying/neurips2025/thm-3",
        title="gradient descent with a tangent margin, expected loss",
        number="Theorem 3, under Assumption 3",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, POPULATION_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C L¹⁶d(log m)⁵ log(nL/δ)(log T)⁸γ⁻⁸", "S"),
            "step_size": Formula("η ≤ 4/(5L)", "S"),
            "num_steps": Formula("T = C n/η", "S"),
            "test_loss": Formula(
                "E ℓ(yf) ≤ C L⁴(1 + γL²)γ⁻²/n",
                "S",
                note="Õ; the probability of a wrong sign is at most this divided by log 2",
            ),
            "sample_size": Formula("n ≥ C L⁴(1 + γL²)γ⁻²ε⁻¹", "D"),
        },
        guarantee="with probability 1-δ, expected logistic loss at ηT of order n",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2",),
        gaps=("the introduction drops the factor d of the width; the theorem has it", _MARGIN_GAP),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
)
