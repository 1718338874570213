"""Chen, Cao, Zou, Gu, arXiv 1911.12360v2 (March 2020): the full version of the two-page one, read with its proofs.

Its Assumption 3.2 is about a network (R as in ``chen_cao_zou_gu_alpha``); section 4 says which data satisfy it. Ids
with a plus sign join a theorem and a statement of section 4; logarithms are left out of them.
Theorems 3.3, 3.5 and 3.8 have the formulas of the two-page version, with the width of (6.4).
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import (
    IID_SAMPLE,
    POINTWISE_LINEARISED,
    REFERENCE_NETWORK,
    SEPARATED_ACROSS,
    SHALLOW_MARGIN,
    TANGENT_MARGIN,
    UNIT_INPUTS,
)
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.papers.chen_cao_zou_gu_alpha import THEOREMS as TWO_PAGES
from howwide.theory.quantities import NETWORK_RADIUS, Formula
from howwide.theory.settings import SCALED
from howwide.theory.statements import Theorem

_GD, _GD_TEST, _SGD = TWO_PAGES
_KNOWN = "read in arXiv v2, with its proof"
_SPECTRAL_GAP = "the first branch takes ‖W_1‖ ≤ 3 at the start, which needs d of order m at most"

_WIDTH = Formula(
    "m ≥ C (L¹¹R⁴)^{1/α} log(n/δ)^{2/(2-α)}",
    "S",
    reads=NETWORK_RADIUS,
    note="Õ, as in (6.4); log m left out. The proof asks for the larger of the two factors, not for their product",
)
_MARGIN_WIDTH = Formula(
    "m ≥ C (L¹¹γ⁻⁴)^{1/α}",
    "D=S",
    note="Ω̃: logarithms left out; printed: Ω̃([poly(L, log(n/δ), log(1/ε))]^{1/α}), γ taken as a constant",
)
_theorem = partial(Theorem, cites="chen2020full", setting=SCALED, tag="S", known=_KNOWN)

THEOREMS = (
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/thm-3.3",
        title="gradient descent, training loss",
        number="Theorem 3.3, with (6.4) of its proof",
        assumptions=(UNIT_INPUTS, REFERENCE_NETWORK),
        formulas={**_GD.formulas, "width": _WIDTH},
        guarantee=(
            "with probability 1-δ over the start, a training loss of at most 3ε within T steps; the proof is ergodic,"
            " of the average over the steps, hence of the best iterate"
        ),
        improves_on=(
            "chen-cao-zou-gu/alpha-scaled/thm-2.1",
            "zou-cao-zhou-gu/ml2020/thm-gd",
            "ji-telgarsky/iclr2020/thm-2.2",
        ),
        gaps=(
            "it does not hold for longer runs: early stopping is part of it (Remark 3.4)",
            "its second condition is (6.2): m ≥ C L^{1/(2-α)}(log m log(nL²/δ))^{2/(2-α)}",
        ),
        iterate="mean",
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/thm-3.5",
        title="gradient descent, test error",
        number="Theorem 3.5, by Lemma 6.4",
        assumptions=(UNIT_INPUTS, REFERENCE_NETWORK, IID_SAMPLE),
        formulas={**_GD_TEST.formulas, "width": _WIDTH},
        guarantee="with probability 1-δ, for every iterate t = 0, …, T of Theorem 3.3",
        improves_on=("chen-cao-zou-gu/alpha-scaled/thm-2.2", "cao-gu/aaai2020v3/thm-4.4"),
        gaps=(
            "the first branch is exponential in L and grows with m; the second needs m ≥ Õ(n³) to be O(n^{-½})",
            "that it rises and then falls with m may be an artefact, as the paper says (Remark 3.7)",
            "the second branch bounds a supremum over a ball, which no sample certifies",
            _SPECTRAL_GAP,
        ),
        claims=(POLYLOGARITHMIC_WIDTH,),
        iterates_of="chen-cao-zou-gu/arxiv2020v2/thm-3.3",
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/thm-3.8",
        title="one-pass SGD, test error",
        number="Theorem 3.8",
        setting=_SGD.setting,
        assumptions=(UNIT_INPUTS, REFERENCE_NETWORK, IID_SAMPLE),
        formulas={
            **_SGD.formulas,
            "width": _WIDTH,
            "test_error": replace(
                _SGD.formulas["test_error"],
                note="the first 8 supposes that Θ in the step size hides a factor of at least 1",
            ),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate from W(0), …, W(n-1)",
        improves_on=("chen-cao-zou-gu/alpha-scaled/thm-2.3", "cao-gu/neurips2019/thm-3.3"),
        gaps=(
            "the proof joins two events of probability 1-δ each, so that log(2/δ) is what it gives at 1-δ, as the ICLR"
            " version has it",
        ),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/prop-4.2",
        title="a good linearised function makes a good network",
        number="Proposition 4.2",
        assumptions=(UNIT_INPUTS, POINTWISE_LINEARISED),
        formulas={
            "width": Formula(
                "m ≥ (C/log 2)^{3/α} (L⁹R⁴)^{1/α} (log m)^{3/(2α)}",
                "D",
                note="printed without a width; C is the constant of the linearisation lemma",
            )
        },
        guarantee="with high probability over the start, Assumption 3.2 holds with the same R: a loss of ε everywhere",
        gaps=(
            "stated without a width; its proof needs the linearisation error C L³R^{4/3}m^{-α/3}(log m)^½ ≤ log 2",
            "R here is one at which a linearised function has loss ε/2 on every example, not on average",
        ),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/cor-4.4",
        title="a tangent margin makes a good network",
        number="Corollary 4.4, under Assumption 4.3",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN),
        formulas={
            "radius": Formula("R ≥ C (log(n/δ)^½ + log(1/ε))/γ", "S"),
            "width": Formula(
                "m ≥ C (L⁹(log(n/δ)^½ + log(1/ε))⁴γ⁻⁴)^{1/α}",
                "D",
                note="printed without a width; the one that Proposition 4.2 needs at this R; log m left out",
            ),
        },
        guarantee="with probability 1-δ over the start, Assumption 3.2 holds with R",
        gaps=("stated without a width, as Proposition 4.2 that it uses",),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/prop-4.7",
        title="a shallow margin makes a good network",
        number="Proposition 4.7, under Assumption 4.6",
        setting=replace(SCALED, hidden_layers=1),
        assumptions=(UNIT_INPUTS, SHALLOW_MARGIN),
        formulas={
            "radius": Formula("R = C (log(n/δ) + log(1/ε))/γ₂", "S"),
            "width": Formula("m ≥ C γ₂⁻² log(n/δ)", "S"),
            "margin": Formula("γ ≥ γ₂/8.8", "D", note="the tangent margin that its proof constructs"),
        },
        guarantee="with probability 1-δ over the start, Assumption 3.2 holds with R",
        gaps=(
            "log(n/δ) without the root that Corollary 4.4 has: the proof drops it, and has a sharper form in"
            " iclr2021/prop-4.4",
            "it goes through Proposition 4.2, and so needs the width of that as well, of order R^{4/α}",
        ),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/prop-4.10",
        title="separation across labels makes a good network",
        number="Proposition 4.10, under Assumption 4.9",
        assumptions=(UNIT_INPUTS, SEPARATED_ACROSS),
        formulas={
            "radius": Formula("R ≥ C n^{3/2}φ^{-½} log(n/(δε))", "S"),
            "width": Formula(
                "m ≥ C (L²n^{9/2}φ⁻² log(n/(δε)))^{1/α}",
                "S",
                note="L⁴n⁹φ⁻⁴ at α = ½; that of Theorem 3.3 at this R is larger",
            ),
        },
        guarantee="with high probability over the start, Assumption 3.2 holds with R",
        gaps=(
            "the proof writes (Σ ℓ_i^½)² = n²L_S where only ≥ nL_S holds; with the largest ℓ_i in place of the sum,"
            " as Theorem 5.1 (viii) of Zou et al. has it, n^{3/2} is right",
            "the lemma that it takes from Zou et al. is proved there for inputs with a constant last coordinate",
        ),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/thm-3.3+cor-4.4",
        title="gradient descent with a tangent margin",
        number="Theorems 3.3 and 3.5 with Corollary 4.4 (Remark 4.5)",
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": _MARGIN_WIDTH,
            "step_size": _GD.formulas["step_size"],
            "num_steps": Formula("T = C L²γ⁻²ε⁻¹", "D"),
            "training_loss": _GD.formulas["training_loss"],
            "test_error": Formula("P(yf < 0) ≤ 2L_S + C 4ᴸL²γ⁻¹(m/n)^½ + C(log(1/δ)/n)^½", "D"),
        },
        guarantee="training loss ergodic, as Theorem 3.3; the test error for every iterate",
        known="Remark 4.5; the exponents are those of the two statements that it joins",
        improves_on=("ji-telgarsky/iclr2020/thm-2.2",),
        gaps=("polylogarithmic in n only if γ does not shrink with n", _SPECTRAL_GAP),
        iterate="mean",
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/thm-3.8+cor-4.4",
        title="one-pass SGD with a tangent margin",
        number="Theorem 3.8 with Corollary 4.4 (Remarks 3.9 and 4.5)",
        setting=_SGD.setting,
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": _MARGIN_WIDTH,
            "num_steps": _SGD.formulas["num_steps"],
            "test_error": Formula("E P(yf < 0) ≤ C L²γ⁻²/n", "D", note="Õ"),
            "sample_size": Formula("n ≥ C L²γ⁻²ε⁻¹", "D=S", note="printed: Õ(L²R²ε⁻¹)"),
        },
        guarantee="with probability 1-δ, in expectation over a uniform draw of the iterate",
        known="Remarks 3.9 and 4.5; the exponents are those of the two statements that it joins",
        improves_on=("cao-gu/neurips2019/thm-3.3",),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="chen-cao-zou-gu/arxiv2020v2/thm-3.3+prop-4.10",
        title="gradient descent with separation across labels",
        number="Theorem 3.3 with Proposition 4.10 (Remark 4.11)",
        assumptions=(UNIT_INPUTS, SEPARATED_ACROSS),
        formulas={
            "width": Formula(
                "m ≥ C (L¹¹n⁶φ⁻²)^{1/α}", "S", note="Ω̃: logarithms left out; printed for α = ½, as L²²n¹²φ⁻⁴"
            ),
            "step_size": _GD.formulas["step_size"],
            "num_steps": Formula("T = C L²n³φ⁻¹ε⁻¹", "D"),
            "training_loss": _GD.formulas["training_loss"],
        },
        guarantee="training loss, ergodic",
        known="read in Remark 4.11, which compares it with n¹⁴L¹⁶φ⁻⁴ + n¹²L¹⁶φ⁻⁴ε⁻¹ of Zou et al.",
        improves_on=("zou-cao-zhou-gu/ml2020/thm-gd",),
        gaps=(
            "improves on Zou et al. only if L ≤ Õ(n^{1/3} ∨ ε^{-1/6})",
            "the test bound is vacuous: L^{3/2}Rn^{-½} ≥ n φ^{-½}",
        ),
        iterate="mean",
    ),
)
