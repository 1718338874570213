"""Chen, Cao, Zou, Gu: the two-page version with the output scale m^α.

Its assumption is about a *network*: weights W* within R m^-α of the start, layer by layer, whose loss is below ε on
every example. The polynomial in R and L of the width is printed in the full version alone
(``chen_cao_zou_gu_full``), whose statements these are.
"""

from dataclasses import replace

from howwide.theory.assumptions import IID_SAMPLE, REFERENCE_NETWORK, UNIT_INPUTS
from howwide.theory.chen_bounds import gd_bound, sgd_bound, sgd_sample_size
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.magnitude import log
from howwide.theory.quantities import Formula
from howwide.theory.settings import SCALED
from howwide.theory.statements import Theorem

_SGD = "chen-cao-zou-gu/alpha-scaled/thm-2.3"
_KNOWN = "read in the two-page version, in full; the exponents of poly(R, L) are those of (6.4) in the full version"
_ASSUMPTIONS = (UNIT_INPUTS, REFERENCE_NETWORK)
_WIDTH = Formula(
    "m ≥ C (L¹¹R⁴)^{1/α} log(n/δ)^{2/(2-α)}",
    "S",
    lambda n, L, R_f, alpha, delta, C: C * (L**11 * R_f**4) ** (1 / alpha) * log(n / delta) ** (2 / (2 - float(alpha))),
    note="printed: Õ([poly(R, L)]^{1/α} log^{2/(2-α)}(n/δ)), [R⁴L¹¹]^{1/α} in the full version; log m left out",
)


THEOREMS = (
    Theorem(
        id="chen-cao-zou-gu/alpha-scaled/thm-2.1",
        title="gradient descent, training loss",
        cites="chen2020",
        number="Theorem 2.1",
        setting=SCALED,
        assumptions=_ASSUMPTIONS,
        formulas={
            "width": _WIDTH,
            "step_size": Formula("η = C L⁻¹m^{-2α}", "S", lambda L, m, alpha, C: C / (L * m ** (2 * alpha))),
            "num_steps": Formula("T = C L²R²ε⁻¹", "S", lambda L, R_f, eps, C: C * L**2 * R_f**2 / eps),
            "training_loss": Formula("L_S ≤ 3ε", "S", lambda eps: 3 * eps),
        },
        guarantee="with probability 1-δ over the start, a training loss of at most 3ε within T steps",
        tag="S",
        known=_KNOWN,
        improves_on=("zou-cao-zhou-gu/ml2020/thm-gd", "ji-telgarsky/iclr2020/thm-2.2"),
        gaps=("improves on Zou et al. under their assumption only if L ≤ Õ(n^{1/3} ∨ ε^{-1/6})",),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    Theorem(
        id="chen-cao-zou-gu/alpha-scaled/thm-2.2",
        title="gradient descent, test error",
        cites="chen2020",
        number="Theorem 2.2",
        setting=SCALED,
        assumptions=(*_ASSUMPTIONS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "test_error": Formula(
                "P(yf < 0) ≤ 2L_S + C min{4ᴸL²R(m/n)^½, L^{3/2}Rn^{-½} + L^{11/3}R^{4/3}m^{-α/3}} + C(log(1/δ)/n)^½",
                "S",
                lambda n, L, m, R_f, alpha, delta, loss, C: gd_bound(n, L, m, R_f, alpha, delta, loss, C),
                note="Õ: logarithms left out",
            ),
            "sample_size": Formula(
                "n ≥ C (16ᴸL⁴R²m + log(1/δ)) ε⁻²",
                "D",
                lambda L, m, R_f, eps, delta, C: C * (16**L * L**4 * R_f**2 * m + log(1 / delta)) / eps**2,
                note="printed: Õ(ε⁻²); from the first branch, the only one of use at this width",
            ),
        },
        guarantee="with probability 1-δ, for every iterate t = 0, …, T of Theorem 2.1",
        tag="S",
        known=_KNOWN,
        improves_on=("cao-gu/aaai2020/thm-gd",),
        gaps=(
            "the first branch is exponential in L and grows with m; the second needs m ≥ Õ(n³) to be O(n^{-½})",
            "the second branch bounds a supremum over a ball, which no sample certifies",
        ),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    Theorem(
        id=_SGD,
        title="one-pass SGD, test error",
        cites="chen2020",
        number="Theorem 2.3",
        setting=replace(SCALED, algorithm="one_pass_sgd"),
        assumptions=(*_ASSUMPTIONS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "step_size": Formula(
                "η = C m^{-2α} min{LR²/(nε), L⁻¹}",
                "S",
                lambda n, L, m, R_f, alpha, eps, C: C * min(L * R_f**2 / (n * eps), 1 / L) / m ** (2 * alpha),
            ),
            "num_steps": Formula("T = n", "S", lambda n: n),
            "test_error": Formula(
                "E P(yf < 0) ≤ 8L²R²/n + 8log(1/δ)/n + 24ε",
                "S",
                lambda n, L, R_f, eps, delta: sgd_bound(_SGD, n, L, R_f, eps, delta),
            ),
            "sample_size": Formula(
                "n ≥ 8(L²R² + log(1/δ))/ε, for an error of 25ε",
                "D",
                lambda L, R_f, eps, delta: sgd_sample_size(_SGD, L, R_f, eps, delta),
                note="printed: Õ(ε⁻¹)",
            ),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate from W(0), …, W(n-1)",
        tag="S",
        known=_KNOWN,
        improves_on=("cao-gu/neurips2019/thm-3.3",),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
)
