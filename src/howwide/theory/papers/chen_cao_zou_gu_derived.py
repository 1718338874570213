"""What the proof of Chen, Cao, Zou, Gu gives with its constants kept, and corollaries. Derived here, printed nowhere.

One-step inequality: if η ≤ 1/(2M₂) and ε_app ≤ 1/8, then ‖W(t+1) - W*‖² ≤ ‖W(t) - W*‖² - η L_S(W(t)) + 2ηε*. Summing
gives the bounds; ε_app ≤ 1/8 at the radius (1 + √3) L^½ R m^-α gives the width.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import (
    DEFECT_SMALL,
    IID_SAMPLE,
    LINEARIZATION_SMALL,
    LOSS_GRADIENT_SMALL,
    REFERENCE_NETWORK,
    SEPARATED_ALL,
    STEP_BELOW_CURVATURE,
    TANGENT_GRAM,
    UNIT_INPUTS,
)
from howwide.theory.quantities import NETWORK_RADIUS, Formula
from howwide.theory.settings import DEEP
from howwide.theory.statements import Theorem

_REACH = "all layers together, while the linearisation error is at most 1/8"
_ANY_ALPHA = replace(DEEP, network="f = m^α W_L σ(W_{L-1} ⋯ σ(W_1 x)), 0 < α ≤ ½", alpha=None)
_AVERAGE = Formula("mean of L_S(W(t)) ≤ D²/(ηT) + 2ε*", "D")
_TIME = Formula("T = D²/(ηε*)", "D", note="for a mean loss of 3ε*")
_theorem = partial(Theorem, cites="chen2021", setting=_ANY_ALPHA, tag="D", known="derived")

THEOREMS = (
    _theorem(
        id="chen-cao-zou-gu/derived/gd-explicit",
        title="gradient descent with explicit constants",
        number="the proof of Theorem 3.3, constants kept",
        assumptions=(STEP_BELOW_CURVATURE, LINEARIZATION_SMALL),
        formulas={"step_size": Formula("η ≤ 1/(2M₂)", "D"), "num_steps": _TIME, "training_loss": _AVERAGE},
        guarantee="for every T the mean over t < T of L_S(W(t)), hence the best iterate; certain",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3",),
        gaps=("ε_app is a supremum over a ball; it can be refuted by a sample of the ball, not proved",),
        iterate="mean",
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/gd-a-posteriori",
        title="gradient descent, from what one run shows",
        number="the proof of Theorem 3.3, with the linearisation defect of the run",
        assumptions=(DEFECT_SMALL, LOSS_GRADIENT_SMALL),
        formulas={"num_steps": _TIME, "training_loss": _AVERAGE},
        guarantee="the mean over t < T of L_S(W(t)) of this run; certain, given the two conditions",
        improves_on=("chen-cao-zou-gu/derived/gd-explicit",),
        gaps=("the weighted mean of κ_t with weights L_S(W(t)) may take the place of the largest",),
        iterate="mean",
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/gd-initial-curvature",
        title="gradient descent with the curvature of the infinite width",
        number="the proof of Theorem 3.3, with M₂ = m^{2α}(L+1)/2",
        assumptions=(UNIT_INPUTS, LINEARIZATION_SMALL),
        formulas={
            "step_size": Formula("η = m^{-2α}/(L+1)", "D"),
            "num_steps": Formula("T = (L+1)LR²/ε_NTRF", "D"),
            "training_loss": Formula("mean of L_S(W(t)) ≤ 3ε_NTRF", "D"),
            "distance": Formula("‖W(t) - W0‖ ≤ (1+√3)L^½Rm^{-α}", "D=S", _REACH),
        },
        guarantee="the mean over t < T of L_S(W(t)), up to the deviation of M₂ from its limit",
        known="derived; M₂ takes the value it has at the start of an infinitely wide network",
        iterate="mean",
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/width",
        title="the width that the proof needs",
        number="the linearisation lemma of Cao and Gu (2019) at the radius of the proof",
        assumptions=(UNIT_INPUTS,),
        formulas={
            "width": Formula(
                "m ≥ max{M, (log^{3/2}(nL²/δ)/((1+√3)L²R))^{2/(3-2α)}}, "
                "M = (max{(8C)³(1+√3)⁴L¹¹R⁴, (1+√3)L^{13/2}R}(log m)^{3/2})^{1/α}",
                "D=S",
                note="C is that of the lemma, C τ^{4/3}L³m^α(log m)^½; its range of τ is included, with constants 1",
            )
        },
        guarantee="ε_app ≤ 1/8 on the ball that the iterates cannot leave",
        tag="D=S",
        known="derived; the error term L^{11/3}R^{4/3}m^{-α/3} agrees with the one printed in Theorem 2.2",
        gaps=("if ε_app were of order R²m^{-½} uniformly, as it is along natural directions, R⁴ would do for R⁸",),
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/width-network",
        title="the width that the proof needs, against a network",
        cites="chen2020full",
        number="Lemma 6.2 and (6.3) of the full version, with the largest radius that the linearisation lemma allows",
        assumptions=(UNIT_INPUTS, REFERENCE_NETWORK),
        formulas={
            "width": Formula(
                "m ≥ max{M, (log^{3/2}(nL²/δ)/((1+√3)L²R))^{2/(3-2α)}}, "
                "M = (max{(4C)³(1+√3)⁴L¹¹R⁴, (1+√3)L^{13/2}R}(log m)^{3/2})^{1/α}",
                "D",
                reads=NETWORK_RADIUS,
                note="C is that of the lemma, C τ^{4/3}L³m^α(log m)^½; its range of τ is included, with constants 1",
            )
        },
        guarantee="ε_app ≤ 1/4 on the ball that the iterates cannot leave, which is enough for Theorem 3.3 there",
        known="derived; (6.4) prints L¹¹R⁴, and takes a smaller radius, so that it has (log m)⁶",
        improves_on=("chen-cao-zou-gu/arxiv2020v2/thm-3.3",),
        gaps=("one linearisation, at the iterate, since the reference is a network: 1/4 in place of 1/8",),
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/test-linear-branch",
        title="test error by the linear class, constants kept",
        number="the second branch of Theorem 3.4, constants kept",
        assumptions=(UNIT_INPUTS, LINEARIZATION_SMALL, IID_SAMPLE),
        formulas={
            "test_error": Formula(
                "P(yf ≤ 0) ≤ 2L_S + (1+√3)L^½R((L-1)/√2 + 1)n^{-½} + ε_app + 6(log(2/δ)/(2n))^½",
                "D=S",
                note="traces of the layers' Grams at their infinite-width values",
            )
        },
        guarantee="with probability 1-δ over the sample, for all weights in the ball",
        tag="D=S",
        known="derived; agrees with the printed order",
        gaps=("contains a supremum over a ball, so it is a prediction on data",),
        iterates_of="chen-cao-zou-gu/iclr2021/thm-3.3",
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/sgd-online-to-batch",
        title="one-pass SGD, from its online loss",
        number="the last step of the proof of Theorem 3.5",
        setting=replace(_ANY_ALPHA, algorithm="one_pass_sgd"),
        assumptions=(IID_SAMPLE,),
        formulas={"test_error": Formula("E P(yf ≤ 0) ≤ 8 L_on + 8 log(1/δ)/n", "D=S")},
        guarantee="with probability 1-δ over the sample, expected over a uniform draw of the iterate; any network",
        tag="D=S",
        known="derived; gives the printed constants",
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/margin-eigenvalue",
        title="the margin from the least eigenvalue",
        number="corollary of Theorem 3.3 and Proposition 4.2",
        setting=DEEP,
        assumptions=(UNIT_INPUTS, TANGENT_GRAM),
        formulas={"margin": Formula("γ ≥ (λ/n)^½", "D"), "width": Formula("m ≥ C L²²n⁴λ⁻⁴", "D", note="Ω̃")},
        guarantee="for any labels",
        improves_on=("chen-cao-zou-gu/iclr2021/prop-4.6",),
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/margin-separation-all",
        title="the margin from the separation of all pairs",
        number="Proposition 4.6 with the gradient bound of Zou and Gu (2019)",
        setting=DEEP,
        assumptions=(UNIT_INPUTS, SEPARATED_ALL),
        formulas={"margin": Formula("γ ≥ C φₐ^½/n", "D"), "width": Formula("m ≥ C L²²n⁸φₐ⁻⁴", "D", note="Ω̃")},
        guarantee="for any labels",
        improves_on=("chen-cao-zou-gu/iclr2021/prop-4.6",),
    ),
    _theorem(
        id="chen-cao-zou-gu/derived/margin-ceiling",
        title="no margin is larger than this",
        number="converse of Proposition 4.2",
        setting=DEEP,
        assumptions=(),
        formulas={"margin_ceiling": Formula("γ ≤ (yᵀKy)^½/n", "D")},
        guarantee="always; for random labels it is of order ((L+1)/(2n))^½, so that L²²γ⁻⁸ is at least of order n⁴",
    ),
)
