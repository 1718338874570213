"""Taheri, Thrampoulidis (JMLR 2024; with Mazumdar, ICLR 2025): smooth activations, logistic loss, fast rates.

Both ask for a reference at distance D from the start with training loss at most 1/T; a margin γ gives one at distance
of order log(T)/γ. In the JMLR paper σ' is at most ℓ and σ'' at most β in size (its letter is L),
‖x‖ ≤ R = 1 here, and every constant is explicit; the objective is L_F-smooth with L_F = ℓ² + βm^-½.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import (
    IID_SAMPLE,
    POPULATION_MARGIN,
    REFERENCE_FAR,
    REFERENCE_LOSS,
    TANGENT_MARGIN,
    UNIT_INPUTS,
)
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW, Scaling, Setting
from howwide.theory.statements import Incomplete, Theorem

_SHALLOW = replace(SHALLOW, network="f = m^-½ Σ_j a_j σ(⟨w_j, x⟩), smooth σ, a_j = ±1", activation="smooth")
_ANY_START = replace(
    _SHALLOW, initialisation="any weights, half of the heads positive", scaling=Scaling("w as it stands", variance=1)
)
_DEEP = Setting(
    network="L hidden layers, smooth 1-Lipschitz σ",
    trained="all hidden layers",
    initialisation="Gaussian",
    activation="smooth",
)
_DEEP_GAPS = (
    "not about ReLU",
    "polylogarithmic only for fixed L: the exponent is 6L + 4 and β_L is not specified",
    "a factor log T may be missing where 4D²/(ηt) is summed",
)

_STEP = Formula("η ≤ 1/(ℓ² + βm^-½)", "S", note="1/L_F at ‖x‖ = 1")
_jmlr = partial(Theorem, cites="taheri2024", setting=_ANY_START, tag="S", known="read in the text")
_iclr = partial(
    Theorem,
    cites="taheri2025",
    setting=_DEEP,
    tag="S",
    known="read in four reviews that quote the conditions",
    gaps=_DEEP_GAPS,
)

THEOREMS = (
    _jmlr(
        id="taheri-thrampoulidis/jmlr2024/thm-realizable",
        title="gradient descent, one hidden layer, by a reference",
        number="the main theorem",
        setting=_SHALLOW,
        assumptions=(REFERENCE_LOSS, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C D⁴", "S"),
            "training_loss": Formula("L_S ≤ C D²/T", "S"),
            "test_loss": Formula("E ℓ(yf) ≤ C D²/n", "S", note="at T of order n"),
        },
        guarantee="training loss after T steps, and expected loss in expectation over the sample",
        known="read in the abstract",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast",),
        gaps=("not about ReLU", "the text has its constants: taheri-thrampoulidis/jmlr2024/thm-3.2 and thm-3.4"),
    ),
    _jmlr(
        id="taheri-thrampoulidis/jmlr2024/cor-margin",
        title="gradient descent, one hidden layer, by a margin",
        number="the corollary on tangent-separable data",
        setting=_SHALLOW,
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C γ⁻⁴ log⁴T", "D=S"),
            "training_loss": Formula("L_S ≤ C γ⁻²/T", "S", note="Õ"),
            "test_loss": Formula("E ℓ(yf) ≤ C γ⁻²/n", "S", note="Õ; T of order n"),
        },
        guarantee="training loss after T steps, and expected loss in expectation over the sample",
        known="read in the abstract; the power of γ in the width is derived, and the text has it",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast",),
        gaps=("not about ReLU", "the text has its constants: taheri-thrampoulidis/jmlr2024/cor-4.1.1"),
    ),
    _jmlr(
        id="taheri-thrampoulidis/jmlr2024/thm-3.2",
        title="gradient descent, one hidden layer, by any reference",
        number="Theorem 3.2",
        assumptions=(UNIT_INPUTS, REFERENCE_FAR),
        formulas={
            "width": Formula("m ≥ 18²β²D⁴", "S"),
            "step_size": _STEP,
            "training_loss": Formula("L_S(W(T)) ≤ 2ε* + 5D²/(2ηT)", "S"),
        },
        guarantee="training loss of the last iterate, certain; ‖w(t) - w(0)‖ ≤ 4D",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast",),
        gaps=("not about ReLU",),
        iterate="last",
    ),
    _jmlr(
        id="taheri-thrampoulidis/jmlr2024/thm-3.4",
        title="gradient descent, one hidden layer, expected loss by any reference",
        number="Theorem 3.4",
        assumptions=(UNIT_INPUTS, REFERENCE_FAR, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ 64²β²D⁴", "S"),
            "step_size": _STEP,
            "test_loss": Formula(
                "E ℓ(yf) ≤ L_S + 8ℓ²(ηTε* + 2D²)/n",
                "S",
                note="the last iterate; reference and training loss in expectation over the sample",
            ),
        },
        guarantee="expected loss in expectation over the sample",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast",),
        gaps=("not about ReLU", "the distance condition holds for almost every sample"),
    ),
    _jmlr(
        id="taheri-thrampoulidis/jmlr2024/cor-4.1.1",
        title="gradient descent, one hidden layer, by a margin, constants as stated",
        number="Corollary 4.1.1, under Assumptions 6 and 7",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, POPULATION_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ 64²β²γ⁻⁴(2 max{1, B₀} + log T)⁴", "S"),
            "step_size": Formula("η ≤ min{3, 1/(ℓ² + βm^-½)}", "S", note="1/L_F at ‖x‖ = 1"),
            "training_loss": Formula("L_S(W(T)) ≤ 5γ⁻²(2 max{1, B₀} + log T)²/(ηT)", "S"),
            "test_loss": Formula(
                "E ℓ(yf) ≤ L_S + 24ℓ²γ⁻²(2 max{1, B₀} + log T)²/n",
                "S",
                note="L_S is the training loss of the last iterate",
            ),
        },
        guarantee="training loss of the last iterate, and expected loss in expectation over the sample",
        improves_on=(
            "taheri-thrampoulidis/jmlr2024/thm-3.2",
            "taheri-thrampoulidis/jmlr2024/thm-3.4",
            "ji-telgarsky/iclr2020/thm-3.2",
        ),
        gaps=("not about ReLU", "γ ≤ 1 and B₀ ≥ 1 are taken in the proof without loss of generality"),
        iterate="last",
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _iclr(
        id="taheri-thrampoulidis-mazumdar/iclr2025/thm-realizable",
        title="gradient descent, deep smooth network, by a reference",
        number="the main theorem",
        assumptions=(REFERENCE_LOSS, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ 4C(6D)^{6L+4}", "S", note="C is β_L²"),
            "training_loss": Formula("L_S(W(T)) ≤ 4D²/(ηT)", "S"),
            "test_loss": Formula("E ℓ(yf) ≤ L_S + 9D²/(ηn)", "S"),
        },
        guarantee="training loss of the last iterate; expected loss in expectation over the sample",
        improves_on=("taheri-thrampoulidis/jmlr2024/thm-realizable", "chen-cao-zou-gu/iclr2021/thm-3.4"),
        iterate="last",
    ),
    _iclr(
        id="taheri-thrampoulidis-mazumdar/iclr2025/cor-margin",
        title="gradient descent, deep smooth network, by a margin",
        number="the corollary on tangent-separable data",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C ((2B₀ + log(1/ε))/γ)^{6L+4}", "S", note="C is β_L²"),
            "test_loss": Formula(
                "E ℓ(yf) ≤ C eᴸγ⁻²/n",
                "S",
                note="printed: e^{O(L)}; the constant in the exponent is hidden as well, 1 here",
            ),
        },
        guarantee="expected loss in expectation over the sample",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2",),
    ),
    _iclr(
        id="taheri-thrampoulidis-mazumdar/iclr2025/cor-noisy",
        title="gradient descent, deep smooth network, noisy data",
        number="the statement on data that are not separable",
        assumptions=(UNIT_INPUTS, IID_SAMPLE),
        formulas={"width": Formula("m ≥ C n^{3L+3}", "S", note="C is β_L²"), "num_steps": Formula("T = n^½", "S")},
        guarantee="excess expected loss of order n^{-½}",
    ),
)

INCOMPLETE = (
    Incomplete(
        id="taheri-thrampoulidis/arxiv2023v1/homogeneous",
        title="k-homogeneous activations",
        cites="taheri2024",
        says="m ≥ C log^{4/k} n with test loss Õ(γ^{-2/k}/n)",
        missing="which activations and assumptions; the published version has other statements",
        tag="S",
    ),
    Incomplete(
        id="taheri-thrampoulidis-mazumdar/iclr2025/xor",
        title="SGD with quadratic activation on XOR",
        cites="taheri2025",
        says="linear loss, η = m, ⌈log d⌉ steps, n of order d",
        missing="a width condition; the failure probability does not vanish at constant width",
        tag="S",
    ),
)
