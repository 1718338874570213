"""Cao, Gu: one-pass SGD against the linearised class (NeurIPS 2019); gradient descent by a feature margin (AAAI 2020).

The first introduced the class of neural tangent random features (NTRF) that Chen et al. build on.
"""

from dataclasses import replace

from howwide.theory.assumptions import FEATURE_MARGIN, IID_SAMPLE, LIMIT_GRAM, UNIT_INPUTS
from howwide.theory.magnitude import log, sqrt
from howwide.theory.quantities import Formula
from howwide.theory.settings import DEEP
from howwide.theory.statements import Theorem

_SGD = replace(DEEP, algorithm="one_pass_sgd")

THEOREMS = (
    Theorem(
        id="cao-gu/neurips2019/thm-3.3",
        title="one-pass SGD against the linearised class",
        cites="cao2019",
        number="Theorem 3.3",
        setting=_SGD,
        assumptions=(UNIT_INPUTS, IID_SAMPLE),
        formulas={
            "width": Formula(
                "m ≥ C n⁷ log(1/δ)",
                "M",
                lambda n, delta, C: C * n**7 * log(1 / delta),
                note="printed: Õ(poly(R, L)) n⁷ log(1/δ): here C hides a polynomial in R and L; n⁷ was read",
            ),
            "step_size": Formula("η = C R m⁻¹n^{-½}", "M", lambda n, m, R, C: C * R / (m * sqrt(n))),
            "num_steps": Formula("T = n", "M", lambda n: n),
            "test_error": Formula(
                "E P(yf < 0) ≤ 4ε_NTRF + C(LRn^{-½} + (log(1/δ)/n)^½)",
                "M",
                lambda n, L, R, eps_F, delta, C: 4 * eps_F + C * (L * R / sqrt(n) + sqrt(log(1 / delta) / n)),
            ),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
        tag="M",
        known="remembered; n⁷ and the width-free rate n^{-½} were read",
    ),
    Theorem(
        id="cao-gu/neurips2019/cor-3.10",
        title="one-pass SGD, by the tangent kernel of infinite width",
        cites="cao2019",
        number="Corollary 3.10",
        setting=_SGD,
        assumptions=(UNIT_INPUTS, LIMIT_GRAM, IID_SAMPLE),
        formulas={
            "width": Formula(
                "m ≥ C n⁷ log(1/δ)",
                "M",
                lambda n, delta, C: C * n**7 * log(1 / delta),
                note="printed: Õ(poly(L, 1/λ∞)) n⁷ log(1/δ): here C hides a polynomial in L and 1/λ∞",
            ),
            "num_steps": Formula("T = n", "M", lambda n: n),
            "test_error": Formula(
                "E P(yf < 0) ≤ C L(yᵀΘ⁻¹y/n)^½ + C(log(1/δ)/n)^½",
                "M",
                lambda n, L, S, delta, C: C * L * sqrt(S / n) + C * sqrt(log(1 / delta) / n),
                note="printed with the infimum over ỹ, y_iỹ_i ≥ 1, of which ỹ = y is one choice",
            ),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
        tag="M",
        known="remembered",
    ),
    Theorem(
        id="cao-gu/aaai2020/thm-gd",
        title="gradient descent with a feature margin",
        cites="cao2020",
        number="the main theorem",
        setting=DEEP,
        assumptions=(UNIT_INPUTS, FEATURE_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula(
                "m ≥ C ε⁻¹⁴ log(1/δ)",
                "M?",
                lambda eps, delta, C: C * log(1 / delta) / eps**14,
                note="Ω̃; C hides poly(2ᴸ, 1/γ_f)",
            ),
            "sample_size": Formula(
                "n ≥ C ε⁻⁴ log(1/δ)",
                "M?",
                lambda eps, delta, C: C * log(1 / delta) / eps**4,
                note="Ω̃; C hides poly(2ᴸ, 1/γ_f)",
            ),
            "test_error": Formula("P(yf < 0) ≤ ε", "M?", lambda eps: eps),
        },
        guarantee="with probability 1-δ, test error at most ε",
        tag="M?",
        known="remembered, uncertain",
    ),
)
