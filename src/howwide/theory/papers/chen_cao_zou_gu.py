"""Chen, Cao, Zou, Gu, ICLR 2021: Theorems 3.3 to 3.5, relative to the loss ε_NTRF(R) of the linearised class.

R is free: a larger one makes ε_NTRF smaller, the width (R⁸) and the time (R²) larger. What makes ε_NTRF small is in
``chen_cao_zou_gu_separable``.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import IID_SAMPLE, UNIT_INPUTS
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import DEEP
from howwide.theory.statements import Theorem

_KNOWN = (
    "remembered, and backed by the full version with α (arxiv2020v2), read with its proofs, and by Li et al. (2025),"
    " who restate the conclusion and the exponents L²², γ⁻⁸"
)
_REACH = "all layers together, while the linearisation error is at most 1/8"
_WIDTH = Formula(
    "m ≥ C L²²R⁸ log(n/δ)^{4/3}",
    "M",
    note="printed: Õ(poly(R, L) log^{4/3}(n/δ)); the exponents agree with Li et al. (2025); logarithms of m left out",
)
_theorem = partial(Theorem, cites="chen2021", setting=DEEP, tag="M", known=_KNOWN, claims=(POLYLOGARITHMIC_WIDTH,))

THEOREMS = (
    _theorem(
        id="chen-cao-zou-gu/iclr2021/thm-3.3",
        title="gradient descent, training loss",
        number="Theorem 3.3",
        assumptions=(UNIT_INPUTS,),
        formulas={
            "width": _WIDTH,
            "step_size": Formula("η = C L⁻¹m⁻¹", "M"),
            "num_steps": Formula("T = C L²R²/ε_NTRF", "M"),
            "training_loss": Formula("L_S ≤ 3ε_NTRF", "S"),
            "distance": Formula("‖W(t) - W0‖ ≤ (1+√3)L^½Rm^{-½}", "D=S", _REACH),
        },
        guarantee=(
            "with probability 1-δ over the start, a training loss of at most 3ε_NTRF within T steps; ergodic: the"
            " average over the steps, hence the best iterate, not the last one"
        ),
        improves_on=(
            "chen-cao-zou-gu/alpha-scaled/thm-2.1",
            "chen-cao-zou-gu/arxiv2020v2/thm-3.3",
            "zou-cao-zhou-gu/ml2020/thm-gd",
            "ji-telgarsky/iclr2020/thm-2.2",
        ),
        gaps=(
            "the target cannot be below ε_NTRF(R)",
            "polylogarithmic in n only if the margin does not shrink with n; for random labels it does",
            "ε_NTRF depends on m through the features at the start, so the assumption hides a part of the width",
            "Li et al. (2025) reach L¹⁶",
        ),
        iterate="mean",
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/thm-3.4",
        title="gradient descent, test error",
        number="Theorem 3.4",
        assumptions=(UNIT_INPUTS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "test_error": Formula(
                "P(yf < 0) ≤ 2L_S + C min{4ᴸL²R(m/n)^½, L^{3/2}Rn^{-½} + L^{11/3}R^{4/3}m^{-1/6}} + C(log(1/δ)/n)^½",
                "M",
                names=("training_loss", ("spectral", "linear"), "confidence"),
                note="Õ: logarithms left out",
            ),
            "sample_size": Formula(
                "n ≥ C (16ᴸL⁴R²m + log(1/δ)) ε⁻²", "D", note="from the first branch; at m = L²²R⁸ it is 16ᴸL²⁶R¹⁰ε⁻²"
            ),
        },
        guarantee="with probability 1-δ, for every iterate t = 0, …, T of Theorem 3.3",
        improves_on=(
            "chen-cao-zou-gu/alpha-scaled/thm-2.2",
            "chen-cao-zou-gu/arxiv2020v2/thm-3.5",
            "cao-gu/aaai2020/thm-gd",
        ),
        gaps=(
            "the first branch is exponential in L and grows with m; the second needs m ≥ Õ(n³) to be O(n^{-½})",
            "later papers quote it with γ⁻²; it is linear in R, hence γ⁻¹",
            "the second branch bounds a supremum over a ball, which no sample certifies",
        ),
        iterates_of="chen-cao-zou-gu/iclr2021/thm-3.3",
    ),
    _theorem(
        id="chen-cao-zou-gu/iclr2021/thm-3.5",
        title="one-pass SGD, test error",
        number="Theorem 3.5",
        setting=replace(DEEP, algorithm="one_pass_sgd"),
        assumptions=(UNIT_INPUTS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "step_size": Formula("η = C m⁻¹ min{LR²/(nε_NTRF), L⁻¹}", "M"),
            "num_steps": Formula("T = n", "M"),
            "test_error": Formula(
                "E P(yf < 0) ≤ 8L²R²/n + 8log(2/δ)/n + 24ε_NTRF",
                "M?",
                names=("radius", "confidence", "eps_ntrf"),
                note="8, 8, 24 read with α, there log(1/δ), though the proof joins two events, which gives log(2/δ)",
            ),
            "sample_size": Formula(
                "n ≥ 8(L²R² + log(2/δ))/ε", "D", note="for an error of ε + 24ε_NTRF; claimed: Õ(ε⁻¹)"
            ),
            "distance": Formula("‖W(t) - W0‖ ≤ (1+√3)L^½Rm^{-½}", "D=S", _REACH),
            "online_loss": Formula("mean of ℓ(y_t f_t(x_t)) ≤ L²R²/n + 3ε", "D", note="at a radius with ε_NTRF(R) ≤ ε"),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate from W(0), …, W(n-1)",
        improves_on=(
            "chen-cao-zou-gu/alpha-scaled/thm-2.3",
            "chen-cao-zou-gu/arxiv2020v2/thm-3.8",
            "cao-gu/neurips2019/thm-3.3",
        ),
    ),
)
