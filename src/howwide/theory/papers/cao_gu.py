"""Cao, Gu: one-pass SGD against the linearised class (NeurIPS 2019); gradient descent by a feature margin (AAAI 2020).

The first introduced the class of neural tangent random features (NTRF) that Chen et al. build on. ``neurips2019v2`` is
its text in arXiv 1905.13210v2, ``aaai2020v3`` that of the other in arXiv 1902.01384v3; both were read with their
proofs.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import (
    FAILURE_BELOW_INVERSE_E,
    FEATURE_MARGIN,
    IID_SAMPLE,
    LIMIT_GRAM,
    POPULATION_MARGIN,
    UNIT_INPUTS,
    WIDTH_NOT_GIVEN,
)
from howwide.theory.quantities import Formula
from howwide.theory.settings import DEEP, FIXED_HEAD
from howwide.theory.statements import Theorem

_SGD = replace(DEEP, algorithm="one_pass_sgd")
_neurips = partial(Theorem, cites="cao2019", setting=_SGD, tag="S", known="read in arXiv v2, with its proof")
_aaai = partial(
    Theorem,
    cites="cao2020",
    setting=FIXED_HEAD,
    assumptions=(UNIT_INPUTS, FEATURE_MARGIN, POPULATION_MARGIN, IID_SAMPLE),
    tag="S",
    known="read in arXiv v3, with its proof",
)

THEOREMS = (
    _neurips(
        id="cao-gu/neurips2019/thm-3.3",
        title="one-pass SGD against the linearised class",
        number="Theorem 3.3",
        assumptions=(UNIT_INPUTS, FAILURE_BELOW_INVERSE_E, IID_SAMPLE),
        formulas={
            "width": Formula(
                "m ≥ C n⁷ log(1/δ)",
                "S",
                note="printed: Õ(poly(R, L)) n⁷ log(1/δ): here C hides a polynomial in R and L, in the proof R²L⁴²",
            ),
            "step_size": Formula("η = C R m⁻¹n^{-½}", "S"),
            "num_steps": Formula("T = n", "S"),
            "test_error": Formula("E P(yf < 0) ≤ 4ε_NTRF + C(LRn^{-½} + (log(1/δ)/n)^½)", "S"),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
    ),
    _neurips(
        id="cao-gu/neurips2019/cor-3.10",
        title="one-pass SGD, by the tangent kernel of infinite width",
        number="Corollary 3.10",
        assumptions=(UNIT_INPUTS, LIMIT_GRAM, IID_SAMPLE),
        formulas={
            "width": Formula(
                "m ≥ C n⁷ log(1/δ)",
                "M",
                note="printed: Õ(poly(L, 1/λ∞)) n⁷ log(1/δ): here C hides a polynomial in L and 1/λ∞",
            ),
            "num_steps": Formula("T = n", "M"),
            "test_error": Formula(
                "E P(yf < 0) ≤ C L(yᵀΘ⁻¹y/n)^½ + C(log(1/δ)/n)^½",
                "M",
                note="printed with the infimum over ỹ, y_iỹ_i ≥ 1, of which ỹ = y is one choice",
            ),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
        tag="M",
        known="remembered",
        gaps=(
            "misread: no n⁷ is printed, and y stands where the infimum was remembered; see"
            " cao-gu/neurips2019v2/cor-3.10",
        ),
    ),
    _neurips(
        id="cao-gu/neurips2019v2/cor-3.10",
        title="one-pass SGD, by the tangent kernel of infinite width",
        number="Corollary 3.10",
        assumptions=(UNIT_INPUTS, LIMIT_GRAM, FAILURE_BELOW_INVERSE_E, IID_SAMPLE, WIDTH_NOT_GIVEN),
        formulas={
            "step_size": Formula("η = C (yᵀΘ⁻¹y)^½m⁻¹n^{-½}", "S"),
            "num_steps": Formula("T = n", "S"),
            "test_error": Formula("E P(yf < 0) ≤ C L(yᵀΘ⁻¹y/n)^½ + C(log(1/δ)/n)^½", "S", note="Õ in the first term"),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
        improves_on=("cao-gu/neurips2019/thm-3.3",),
        gaps=(
            "the width is not given; the proof applies Theorem 3.3, and so needs n⁷ there, and a width at which the"
            " Gram is near its limit",
        ),
    ),
    _neurips(
        id="cao-gu/neurips2019v2/lemma-4.3",
        title="one-pass SGD, online loss within ε of the linearised class",
        number="Lemma 4.3, with the exponents of its proof",
        assumptions=(UNIT_INPUTS,),
        formulas={
            "width": Formula(
                "m ≥ C L⁵⁶R¹⁶ε⁻¹⁴",
                "S",
                note="printed: Õ(poly(R, L)) ε⁻¹⁴ log(1/δ), the powers in the proof; logarithms left out",
            ),
            "step_size": Formula("η = C εL⁻¹m⁻¹", "S"),
            "num_steps": Formula("T = C L²R²ε⁻²", "S", note="the length of the pass"),
        },
        guarantee=(
            "with probability 1-δ over the start, Σ L_i(W(i)) ≤ Σ L_i(W*) + 3Tε for every W* within Rm^{-½} of it,"
            " layer by layer"
        ),
        gaps=(
            "with R = Õ(1) this is the ε⁻¹⁴ poly(L) of Table 1 of Chen et al.",
            "at ε = LRn^{-½}, as Theorem 3.3 takes it, it is L⁴²R²n⁷",
        ),
    ),
    _neurips(
        id="cao-gu/neurips2019v2/cor-A.2",
        title="one-pass SGD with a feature margin",
        number="Corollary A.2",
        assumptions=(UNIT_INPUTS, FEATURE_MARGIN, POPULATION_MARGIN, FAILURE_BELOW_INVERSE_E, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C n⁷ log(1/δ)", "S", note="Õ; C hides poly(2ᴸ, 1/γ_f)"),
            "step_size": Formula("η = C R m⁻¹n^{-½}", "S", note="the proof takes R = Õ(2ᴸ/γ_f)"),
            "num_steps": Formula("T = n", "S"),
            "test_error": Formula("E P(yf < 0) ≤ C 2ᴸγ_f⁻¹n^{-½}", "S", note="Õ"),
            "sample_size": Formula("n ≥ C 4ᴸγ_f⁻²ε⁻²", "S", note="Õ"),
        },
        guarantee="with probability 1-δ over the start, in expectation over sample and draw of the iterate",
        improves_on=("cao-gu/aaai2020v3/thm-4.4",),
    ),
    _aaai(
        id="cao-gu/aaai2020/thm-gd",
        title="gradient descent with a feature margin",
        number="the main theorem",
        setting=DEEP,
        assumptions=(UNIT_INPUTS, FEATURE_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C ε⁻¹⁴ log(1/δ)", "M?", note="Ω̃; C hides poly(2ᴸ, 1/γ_f)"),
            "sample_size": Formula("n ≥ C ε⁻⁴ log(1/δ)", "M?", note="Ω̃; C hides poly(2ᴸ, 1/γ_f)"),
            "test_error": Formula("P(yf < 0) ≤ ε", "M?"),
        },
        guarantee="with probability 1-δ, test error at most ε",
        tag="M?",
        known="remembered, uncertain",
        gaps=(
            "misread: the network has a frozen ±1 head, and the width has max{d, ε⁻¹⁴} in place of ε⁻¹⁴; see"
            " cao-gu/aaai2020v3/thm-4.4",
        ),
    ),
    _aaai(
        id="cao-gu/aaai2020v3/thm-4.4",
        title="gradient descent with a feature margin",
        number="Theorem 4.4",
        formulas={
            "width": Formula("m ≥ C max{d, ε⁻¹⁴} log(1/δ)", "S", note="Õ; C hides poly(2ᴸ, 1/γ_f)"),
            "step_size": Formula(
                "η = C 16⁻ᴸL⁻⁶γ_f⁴m⁻¹", "S", note="Theorem 5.6 and Lemma D.1 print γ_f for γ_f⁴; the proof needs γ_f⁴"
            ),
            "num_steps": Formula("T = C ε⁻²", "S", note="Õ; C hides poly(2ᴸ, 1/γ_f)"),
            "sample_size": Formula("n ≥ C ε⁻⁴ log(1/δ)", "S", note="Õ; C hides poly(2ᴸ, 1/γ_f)"),
            "test_error": Formula("P(yf < 0) ≤ ε", "S"),
        },
        guarantee="with probability 1-δ, some iterate up to T has test error at most ε",
        gaps=(
            "exponential in L, since norms of products of weights are bounded by powers of constants",
            "the paper says that the proof of Zou et al. would have log n for d",
        ),
    ),
    _aaai(
        id="cao-gu/aaai2020v3/thm-5.7",
        title="gradient descent, test error near the start",
        number="Theorem 5.7, on the ball of Theorem 5.6",
        formulas={
            "width": Formula("m ≥ C ε⁻¹⁴", "S", note="Õ; C hides poly(2ᴸ, 1/γ_f)"),
            "test_error": Formula(
                "P(yf < 0) ≤ 2L_S + C 16ᴸL²γ_f⁻⁴ε⁻¹(log(n/δ)/n)^½ + ε/2",
                "S",
                note="printed with the mean of |ℓ'| in place of the training loss, which is at least that",
            ),
        },
        guarantee="with probability 1-δ, for all weights within C 16ᴸγ_f⁻⁴(log(n/δ)/m)^½ε⁻¹ of the start",
    ),
    _aaai(
        id="cao-gu/derived/aaai2020-polynomials",
        title="the polynomials of Theorem 4.4",
        number="Theorem 4.4, with the exponents of its proof",
        formulas={
            "width": Formula(
                "m ≥ C max{4ᴸL⁴γ_f⁻²d, 2³²ᴸL²⁸γ_f⁻³²ε⁻², 2³²ᴸL²²γ_f⁻³²ε⁻¹⁴}",
                "D",
                note="(D.1), Theorem 5.5 and the linearisation error in Lemma E.1; logarithms left out",
            ),
            "step_size": Formula("η = C 16⁻ᴸL⁻⁶γ_f⁴m⁻¹", "S"),
            "num_steps": Formula("T = C 256ᴸL⁶γ_f⁻⁸ε⁻²", "D", note="(D.2) over the step size; logarithms left out"),
            "sample_size": Formula("n ≥ C 256ᴸL⁴γ_f⁻⁸ε⁻⁴", "D", note="from Theorem 5.7; logarithms left out"),
            "test_error": Formula("P(yf < 0) ≤ ε", "S"),
        },
        guarantee="with probability 1-δ, some iterate up to T has test error at most ε",
        tag="D",
        known="the powers in the proof of Theorem 4.4",
    ),
)
