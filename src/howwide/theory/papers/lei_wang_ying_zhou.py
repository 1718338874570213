"""Lei, Wang, Ying, Zhou, JMLR 27 (2026): one hidden ReLU layer in identical pairs, constants explicit.

The loss is convex, L-smooth and -ℓ' ≤ ℓ; the logistic one has L = 1/4, so that 3/L = 12 and 4/(5L) = 16/5. Two norms
of a reference matter: D over all neurons, and the largest over one neuron, which decides how many signs can flip.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import (
    IID_SAMPLE,
    POPULATION_MARGIN,
    REFERENCE_LOSS,
    REFERENCE_ROWS,
    REFERENCE_ROWS_OF_LOSS,
    SIXTEEN_STEPS,
    TANGENT_MARGIN,
    UNIT_INPUTS,
)
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Theorem

_SETTING = replace(
    SHALLOW,
    covers=frozenset({"fixed_head_antisymmetric"}),
    initialisation="w_j ~ N(0, I) in identical pairs under opposite heads, so that f = 0 at the start",
)
_SCALE_GAP = (
    "FixedHeadReLU(m, 1), antisymmetric, divided by √2 at the start is this network with w = m^½ W: its step sizes are "
    "m times smaller, its distances m^½ times, its margin is the same"
)
_COUNT_GAP = (
    "printed for a reference, D and γ that do not depend on the start; they may: by the inequality of Dvoretzky, "
    "Kiefer, Wolfowitz and Massart the count of Lemma 2 holds at all radii at once with the same probability (derived)"
)
_STEP = Formula("η ≤ 16/5", "S", note="4/(5L)")
_STEPS = Formula(
    "T = max{16, n/η}", "D", note="any T ≥ 16 will do; this one is the T of Theorem 18 where that is allowed"
)

# (4.25), (4.24) with β = s m^-½, (2 log T)β² ≤ γ²√π/(8√m), and β ≤ γ/(4 log^½(n/δ))
_BY_MARGIN = Formula(
    "m ≥ max{64 log(n/δ)A², (256/π)A⁴, (256/π)(αsA)², (64/π)α²s⁴γ⁻², 16s² log(n/δ)γ⁻²}, α = 2 log(T)/γ, A = 12 + α²",
    "S",
    note="β = s m^-½ put into the conditions of the theorem; s = 1 gives its Õ(γ⁻⁸)",
)
_theorem = partial(Theorem, cites="lei2026", setting=_SETTING, tag="S", known="read in the text", iterate="mean")

THEOREMS = (
    _theorem(
        id="lei-wang-ying-zhou/jmlr2026/thm-3",
        title="gradient descent from pairs, by any reference",
        number="Theorem 3 with Lemma 2",
        assumptions=(UNIT_INPUTS, REFERENCE_ROWS_OF_LOSS),
        formulas={
            "width": Formula(
                "m ≥ max{64 log(n/δ)A², (256/π)A⁴}, A = 3ηTε* + D²",
                "D=S",
                note="the second term makes (4.3) hold, as in the proof of Corollary 7",
            ),
            "step_size": Formula("η ≤ min{16/5, 1/(5ε*)}", "S"),
            "num_steps": _STEPS,
            "training_loss": Formula("mean of L_S(W(t)) ≤ A/(ηT), A = 3ηTε* + D²", "S"),
        },
        guarantee=(
            "with probability 1-δ over the start, the mean over t < T; ‖W(t) - W*‖² ≤ A; every neuron stays within "
            "A m^-½ of its start"
        ),
        improves_on=("ji-telgarsky/iclr2020/thm-2.2",),
        gaps=(
            _SCALE_GAP,
            _COUNT_GAP,
            "the second limit of the step size is on the mean |ℓ'| of the reference, which its loss bounds",
        ),
    ),
    _theorem(
        id="lei-wang-ying-zhou/jmlr2026/cor-7",
        title="gradient descent from pairs, by a reference of loss 1/T",
        number="Corollary 7",
        assumptions=(UNIT_INPUTS, SIXTEEN_STEPS, REFERENCE_LOSS, REFERENCE_ROWS),
        formulas={
            "width": Formula("m ≥ max{64 log(n/δ)(12 + D²)², (256/π)(12 + D²)⁴}", "S"),
            "step_size": _STEP,
            "num_steps": _STEPS,
            "training_loss": Formula("mean of L_S(W(t)) ≤ (3η + D²)/(ηT)", "S"),
        },
        guarantee=(
            "with probability 1-δ over the start, the mean over t < T; ‖W(t) - W*‖² ≤ 3η + D²; every neuron stays "
            "within (3η + D²)m^-½ of its start"
        ),
        improves_on=("lei-wang-ying-zhou/jmlr2026/thm-3",),
        gaps=(_SCALE_GAP, _COUNT_GAP, "D stands for g(1/T)", "at least 1.69 million neurons"),
    ),
    _theorem(
        id="lei-wang-ying-zhou/jmlr2026/cor-7+lem-16",
        title="gradient descent from pairs, by a margin",
        number="Corollary 7 with Lemma 16, under Assumption 4",
        assumptions=(UNIT_INPUTS, SIXTEEN_STEPS, TANGENT_MARGIN),
        formulas={
            "width": _BY_MARGIN,
            "step_size": _STEP,
            "num_steps": _STEPS,
            "training_loss": Formula("mean of L_S(W(t)) ≤ (3η + α²)/(ηT), α = 2 log(T)/γ", "S"),
        },
        guarantee="with probability 1-2δ over the start, the mean over t < T; every neuron stays within (3η + α²)m^-½",
        known="read in the text; the two statements are put together as in the proof of Theorem 18",
        improves_on=("lei-wang-ying-zhou/jmlr2026/cor-7", "ji-telgarsky/iclr2020/thm-2.2"),
        gaps=(_SCALE_GAP, _COUNT_GAP),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="lei-wang-ying-zhou/jmlr2026/thm-18",
        title="gradient descent from pairs, expected loss by a margin",
        number="Theorem 18, under Assumption 4",
        assumptions=(UNIT_INPUTS, SIXTEEN_STEPS, TANGENT_MARGIN, POPULATION_MARGIN, IID_SAMPLE),
        formulas={
            "width": _BY_MARGIN,
            "step_size": Formula("η ≤ min{16/5, n/16}", "S", note="the second limit is T ≥ 16 at ηT = n"),
            "num_steps": Formula("T = n/η", "S"),
            "test_loss": Formula(
                "mean of E ℓ(yf) ≤ C γ⁻²/n",
                "S",
                note="Õ; the probability of a wrong sign is at most this divided by log 2",
            ),
            "sample_size": Formula("n ≥ C γ⁻²ε⁻¹", "D", note="Õ"),
        },
        guarantee="with probability 1-δ, the mean over t < T of the expected logistic loss at ηT = n",
        improves_on=("ji-telgarsky/iclr2020/thm-3.2", "taheri-thrampoulidis/jmlr2024/cor-margin"),
        gaps=(
            _SCALE_GAP,
            "the direction of the margin must not depend on the sample",
            "the proof spends 6δ where the statement says δ; the order hides it",
        ),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
)
