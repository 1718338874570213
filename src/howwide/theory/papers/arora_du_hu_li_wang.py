"""Arora, Du, Hu, Li, Wang, ICML 2019: how fast each label vector is learnt, and a test bound from yᵀ(H^∞)⁻¹y."""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import IID_SAMPLE, SHALLOW_GRAM, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Theorem

_SETTING = replace(
    SHALLOW,
    covers=frozenset(),
    initialisation="w_j ~ N(0, κ²I) for a κ that shrinks with n, a_j fair coins",
    loss="square",
    loss_average="sum",
)
_STEP = Formula("η = C λ₀n⁻²", "S")
_theorem = partial(Theorem, cites="arora2019", setting=_SETTING, tag="S", known="read in the text")

THEOREMS = (
    _theorem(
        id="arora-du-hu-li-wang/icml2019/thm-4.1",
        title="gradient descent along the eigenvectors of H^∞",
        number="Theorem 4.1",
        assumptions=(UNIT_INPUTS, SHALLOW_GRAM),
        formulas={
            "width": Formula(
                "m ≥ C n⁷λ₀⁻⁴κ⁻²δ⁻⁴ε⁻², κ = εδn^-½",
                "S",
                note="ε is an error of the output vector, ‖y - u‖₂; κ is the largest that the theorem allows, C εδn^-½",
            ),
            "step_size": _STEP,
        },
        guarantee="with probability 1-δ, ‖y - u(t)‖₂ = (Σ(1-ηλ_i)^{2t}⟨v_i, y⟩²)^½ ± ε at every step t",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
        gaps=("more width than Du et al. (ICLR 2019), for a finer conclusion",),
    ),
    _theorem(
        id="arora-du-hu-li-wang/icml2019/cor-5.2",
        title="test error by the labels' complexity",
        number="Corollary 5.2 of Theorem 5.1",
        assumptions=(UNIT_INPUTS, SHALLOW_GRAM, IID_SAMPLE),
        formulas={
            "step_size": _STEP,
            "num_steps": Formula("T ≥ C log(n/δ)/(ηλ₀)", "S"),
            "test_error": Formula("P(yf ≤ 0) ≤ (2yᵀH⁻¹y/n)^½ + C (log(n/(λ₀δ))/n)^½", "S"),
        },
        guarantee="with probability 1-δ over sample and start, for gradient descent run long enough",
        improves_on=("arora-du-hu-li-wang/icml2019/thm-4.1",),
        gaps=(
            "the width is κ⁻² times an unspecified polynomial in n, 1/λ₀ and 1/δ, κ of order λ₀δ/n",
            "λ₀ is to bound the least eigenvalue with probability 1-δ/3 over the sample",
        ),
    ),
)
