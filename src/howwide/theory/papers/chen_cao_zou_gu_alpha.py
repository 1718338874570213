"""Chen, Cao, Zou, Gu: the two-page version with the output scale m^α.

Its assumption is about a *network*: weights W* within R m^-α of the start, layer by layer, whose loss is below ε on
every example. The polynomial in R and L of the width is printed in the full version alone
(``chen_cao_zou_gu_full``), whose statements these are.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import IID_SAMPLE, REFERENCE_NETWORK, UNIT_INPUTS
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import NETWORK_RADIUS, Formula
from howwide.theory.settings import SCALED
from howwide.theory.statements import Theorem

_KNOWN = "read in the two-page version, in full; the exponents of poly(R, L) are those of (6.4) in the full version"
_ASSUMPTIONS = (UNIT_INPUTS, REFERENCE_NETWORK)
_REACH = "all layers together, while the linearisation error is at most 1/8"
_WIDTH = Formula(
    "m ≥ C (L¹¹R⁴)^{1/α} log(n/δ)^{2/(2-α)}",
    "S",
    reads=NETWORK_RADIUS,
    note="printed: Õ([poly(R, L)]^{1/α} log^{2/(2-α)}(n/δ)), [R⁴L¹¹]^{1/α} in the full version; log m left out",
)
_theorem = partial(Theorem, cites="chen2020", setting=SCALED, tag="S", known=_KNOWN, claims=(POLYLOGARITHMIC_WIDTH,))

THEOREMS = (
    _theorem(
        id="chen-cao-zou-gu/alpha-scaled/thm-2.1",
        title="gradient descent, training loss",
        number="Theorem 2.1",
        assumptions=_ASSUMPTIONS,
        formulas={
            "width": _WIDTH,
            "step_size": Formula("η = C L⁻¹m^{-2α}", "S"),
            "num_steps": Formula("T = C L²R²ε⁻¹", "S", reads=NETWORK_RADIUS),
            "training_loss": Formula("L_S ≤ 3ε", "S"),
            "distance": Formula("‖W(t) - W0‖ ≤ (1+√3)L^½Rm^{-α}", "D=S", _REACH, reads=NETWORK_RADIUS),
        },
        guarantee="with probability 1-δ over the start, a training loss of at most 3ε within T steps",
        improves_on=("zou-cao-zhou-gu/ml2020/thm-gd", "ji-telgarsky/iclr2020/thm-2.2"),
        gaps=("improves on Zou et al. under their assumption only if L ≤ Õ(n^{1/3} ∨ ε^{-1/6})",),
    ),
    _theorem(
        id="chen-cao-zou-gu/alpha-scaled/thm-2.2",
        title="gradient descent, test error",
        number="Theorem 2.2",
        assumptions=(*_ASSUMPTIONS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "test_error": Formula(
                "P(yf < 0) ≤ 2L_S + C min{4ᴸL²R(m/n)^½, L^{3/2}Rn^{-½} + L^{11/3}R^{4/3}m^{-α/3}} + C(log(1/δ)/n)^½",
                "S",
                names=("training_loss", ("spectral", "linear"), "confidence"),
                reads=NETWORK_RADIUS,
                note="Õ: logarithms left out",
            ),
            "sample_size": Formula(
                "n ≥ C (16ᴸL⁴R²m + log(1/δ)) ε⁻²",
                "D",
                reads=NETWORK_RADIUS,
                note="printed: Õ(ε⁻²); from the first branch, the only one of use at this width",
            ),
        },
        guarantee="with probability 1-δ, for every iterate t = 0, …, T of Theorem 2.1",
        improves_on=("cao-gu/aaai2020/thm-gd",),
        gaps=(
            "the first branch is exponential in L and grows with m; the second needs m ≥ Õ(n³) to be O(n^{-½})",
            "the second branch bounds a supremum over a ball, which no sample certifies",
        ),
        iterates_of="chen-cao-zou-gu/alpha-scaled/thm-2.1",
    ),
    _theorem(
        id="chen-cao-zou-gu/alpha-scaled/thm-2.3",
        title="one-pass SGD, test error",
        number="Theorem 2.3",
        setting=replace(SCALED, algorithm="one_pass_sgd"),
        assumptions=(*_ASSUMPTIONS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "step_size": Formula("η = C m^{-2α} min{LR²/(nε), L⁻¹}", "S", reads=NETWORK_RADIUS),
            "num_steps": Formula("T = n", "S"),
            "test_error": Formula(
                "E P(yf < 0) ≤ 8L²R²/n + 8log(1/δ)/n + 24ε",
                "S",
                names=("radius", "confidence", "eps_ntrf"),
                reads=NETWORK_RADIUS,
            ),
            "sample_size": Formula(
                "n ≥ 8(L²R² + log(1/δ))/ε", "D", reads=NETWORK_RADIUS, note="for an error of 25ε; printed: Õ(ε⁻¹)"
            ),
            "distance": Formula("‖W(t) - W0‖ ≤ (1+√3)L^½Rm^{-α}", "D=S", _REACH, reads=NETWORK_RADIUS),
            "online_loss": Formula("mean of ℓ(y_t f_t(x_t)) ≤ L²R²/n + 3ε", "D", reads=NETWORK_RADIUS),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate from W(0), …, W(n-1)",
        improves_on=("cao-gu/neurips2019/thm-3.3",),
    ),
)
