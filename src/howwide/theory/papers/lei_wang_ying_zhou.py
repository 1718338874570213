"""Lei, Wang, Ying, Zhou, JMLR 27 (2026): one hidden ReLU layer in identical pairs, constants explicit.

The loss is convex, L-smooth and -ℓ' ≤ ℓ; the logistic one has L = 1/4, so that 3/L = 12 and 4/(5L) = 16/5. Two norms
of a reference matter: D over all neurons, and the largest over one neuron, which decides how many signs can flip.
"""

import math
from dataclasses import replace

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
from howwide.theory.magnitude import Magnitude, log
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
_STEP = Formula("η ≤ 4/(5L) = 16/5", "S", lambda: Magnitude.of(16 / 5))
_STEPS = Formula(
    "T = max{16, n/η}",
    "D",
    lambda n, eta: max(Magnitude.of(16), n / eta),
    note="any T ≥ 16 will do; this one is the T of Theorem 18 where that is allowed",
)


def _cost(D: Magnitude, eta: Magnitude, T: Magnitude, eps_ref: Magnitude) -> Magnitude:
    """C_S(W*) of (4.2): what a reference costs."""
    return 3 * eta * T * eps_ref + D**2


def _width(n: Magnitude, delta: Magnitude, cost: Magnitude) -> Magnitude:
    """What keeps a quarter of the neurons' signs: the condition of Theorem 3, and (4.3) by way of Lemma 2."""
    return max(64 * log(n / delta) * cost**2, 256 / math.pi * cost**4)


def _reach(gamma: Magnitude, T: Magnitude) -> Magnitude:
    """α of Lemma 16 at ε = 1/T, the g(1/T) of Assumption 3."""
    return 2 * log(T) / gamma


def _width_by_margin(n: Magnitude, gamma: Magnitude, spread: Magnitude, T: Magnitude, delta: Magnitude) -> Magnitude:
    alpha = _reach(gamma, T)
    return max(
        _width(n, delta, 12 + alpha**2),  # (4.25)
        256 / math.pi * (alpha * spread * (12 + alpha**2)) ** 2,  # (4.24) with β = s m^-½
        64 / math.pi * alpha**2 * spread**4 / gamma**2,  # (2 log T) β² ≤ γ² √π/(8 √m)
        16 * spread**2 * log(n / delta) / gamma**2,  # β ≤ γ/(4 log^½(n/δ))
    )


_BY_MARGIN = Formula(
    "m ≥ max{64 log(n/δ)A², (256/π)A⁴, (256/π)(αsA)², (64/π)α²s⁴γ⁻², 16s² log(n/δ)γ⁻²}, α = 2 log(T)/γ, A = 12 + α²",
    "S",
    _width_by_margin,
    note="β = s m^-½ put into the conditions of the theorem; s = 1 gives its Õ(γ⁻⁸)",
)

THEOREMS = (
    Theorem(
        id="lei-wang-ying-zhou/jmlr2026/thm-3",
        title="gradient descent from pairs, by any reference",
        cites="lei2026",
        number="Theorem 3 with Lemma 2",
        setting=_SETTING,
        assumptions=(UNIT_INPUTS, REFERENCE_ROWS_OF_LOSS),
        formulas={
            "width": Formula(
                "m ≥ max{64 log(n/δ)A², (256/π)A⁴}, A = 3ηTε* + D²",
                "D=S",
                lambda n, D, eta, T, eps_ref, delta: _width(n, delta, _cost(D, eta, T, eps_ref)),
                note="the second term makes (4.3) hold, as in the proof of Corollary 7",
            ),
            "step_size": Formula(
                "η ≤ min{16/5, 1/(5ε*)}", "S", lambda eps_ref: min(Magnitude.of(16 / 5), 1 / (5 * eps_ref))
            ),
            "num_steps": _STEPS,
            "training_loss": Formula(
                "mean of L_S(W(t)) ≤ A/(ηT), A = 3ηTε* + D²",
                "S",
                lambda D, eta, T, eps_ref: _cost(D, eta, T, eps_ref) / (eta * T),
            ),
        },
        guarantee=(
            "with probability 1-δ over the start, the mean over t < T; ‖W(t) - W*‖² ≤ A; every neuron stays within "
            "A m^-½ of its start"
        ),
        tag="S",
        known="read in the text",
        improves_on=("ji-telgarsky/iclr2020/thm-2.2",),
        gaps=(
            _SCALE_GAP,
            _COUNT_GAP,
            "the second limit of the step size is on the mean |ℓ'| of the reference, which its loss bounds",
        ),
        iterate="mean",
    ),
    Theorem(
        id="lei-wang-ying-zhou/jmlr2026/cor-7",
        title="gradient descent from pairs, by a reference of loss 1/T",
        cites="lei2026",
        number="Corollary 7",
        setting=_SETTING,
        assumptions=(UNIT_INPUTS, SIXTEEN_STEPS, REFERENCE_LOSS, REFERENCE_ROWS),
        formulas={
            "width": Formula(
                "m ≥ max{64 log(n/δ)(12 + D²)², (256/π)(12 + D²)⁴}",
                "S",
                lambda n, D, delta: _width(n, delta, 12 + D**2),
            ),
            "step_size": _STEP,
            "num_steps": _STEPS,
            "training_loss": Formula(
                "mean of L_S(W(t)) ≤ (3η + D²)/(ηT)", "S", lambda D, eta, T: (3 * eta + D**2) / (eta * T)
            ),
        },
        guarantee=(
            "with probability 1-δ over the start, the mean over t < T; ‖W(t) - W*‖² ≤ 3η + D²; every neuron stays "
            "within (3η + D²)m^-½ of its start"
        ),
        tag="S",
        known="read in the text",
        improves_on=("lei-wang-ying-zhou/jmlr2026/thm-3",),
        gaps=(_SCALE_GAP, _COUNT_GAP, "D stands for g(1/T)", "at least 1.69 million neurons"),
        iterate="mean",
    ),
    Theorem(
        id="lei-wang-ying-zhou/jmlr2026/cor-7+lem-16",
        title="gradient descent from pairs, by a margin",
        cites="lei2026",
        number="Corollary 7 with Lemma 16, under Assumption 4",
        setting=_SETTING,
        assumptions=(UNIT_INPUTS, SIXTEEN_STEPS, TANGENT_MARGIN),
        formulas={
            "width": _BY_MARGIN,
            "step_size": _STEP,
            "num_steps": _STEPS,
            "training_loss": Formula(
                "mean of L_S(W(t)) ≤ (3η + α²)/(ηT), α = 2 log(T)/γ",
                "S",
                lambda gamma, eta, T: (3 * eta + _reach(gamma, T) ** 2) / (eta * T),
            ),
        },
        guarantee="with probability 1-2δ over the start, the mean over t < T; every neuron stays within (3η + α²)m^-½",
        tag="S",
        known="read in the text; the two statements are put together as in the proof of Theorem 18",
        improves_on=("lei-wang-ying-zhou/jmlr2026/cor-7", "ji-telgarsky/iclr2020/thm-2.2"),
        gaps=(_SCALE_GAP, _COUNT_GAP),
        iterate="mean",
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    Theorem(
        id="lei-wang-ying-zhou/jmlr2026/thm-18",
        title="gradient descent from pairs, expected loss by a margin",
        cites="lei2026",
        number="Theorem 18, under Assumption 4",
        setting=_SETTING,
        assumptions=(UNIT_INPUTS, SIXTEEN_STEPS, TANGENT_MARGIN, POPULATION_MARGIN, IID_SAMPLE),
        formulas={
            "width": _BY_MARGIN,
            "step_size": Formula(
                "η ≤ min{16/5, n/16}",
                "S",
                lambda n: min(Magnitude.of(16 / 5), n / 16),
                note="the second limit is T ≥ 16 at ηT = n",
            ),
            "num_steps": Formula("T = n/η", "S", lambda n, eta: n / eta),
            "test_loss": Formula(
                "mean of E ℓ(yf) ≤ C γ⁻²/n",
                "S",
                lambda n, gamma, C: C / (n * gamma**2),
                note="Õ; the probability of a wrong sign is at most this divided by log 2",
            ),
            "sample_size": Formula("n ≥ C γ⁻²ε⁻¹", "D", lambda gamma, eps, C: C / (gamma**2 * eps), note="Õ"),
        },
        guarantee="with probability 1-δ, the mean over t < T of the expected logistic loss at ηT = n",
        tag="S",
        known="read in the text",
        improves_on=("ji-telgarsky/iclr2020/thm-3.2", "taheri-thrampoulidis/jmlr2024/cor-margin"),
        gaps=(
            _SCALE_GAP,
            "the direction of the margin must not depend on the sample",
            "the proof spends 6δ where the statement says δ; the order hides it",
        ),
        iterate="mean",
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
)
