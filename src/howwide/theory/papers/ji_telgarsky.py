"""Ji, Telgarsky, ICLR 2020: polylogarithmic width for one hidden layer, with all constants in the statement."""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import FAILURE_BELOW_THIRD, IID_SAMPLE, SHALLOW_MARGIN, TARGET_BELOW_ONE, UNIT_INPUTS
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Incomplete, Theorem

_ASSUMPTIONS = (UNIT_INPUTS, SHALLOW_MARGIN, TARGET_BELOW_ONE, FAILURE_BELOW_THIRD)
_GAPS = (
    "uses ⟨∇f, W⟩ = f, which needs a frozen head: one hidden layer alone",
    "FixedHeadReLU(depth=1) is this network with outputs multiplied by √2",
)

_WIDTH = Formula("m ≥ 4096λ²γ₂⁻⁶, λ = ((2 log(4n/δ))^½ + log(4/ε))/(γ₂/4)", "M")
_theorem = partial(Theorem, cites="ji2020", setting=SHALLOW, tag="M", gaps=_GAPS, claims=(POLYLOGARITHMIC_WIDTH,))

THEOREMS = (
    _theorem(
        id="ji-telgarsky/iclr2020/thm-2.2",
        title="gradient descent, training loss",
        number="Theorem 2.2",
        assumptions=_ASSUMPTIONS,
        formulas={
            "width": _WIDTH,
            "step_size": Formula("η ≤ 1", "M"),
            "num_steps": Formula("T = ⌈2λ²/(ηε)⌉, λ = ((2 log(4n/δ))^½ + log(4/ε))/(γ₂/4)", "M"),
            "training_loss": Formula("mean of L_S(W(t)) ≤ ε", "M"),
        },
        guarantee="with probability 1-3δ, the mean of the training loss over t < T is at most ε; ergodic",
        known="remembered; the constants follow from keeping half the margin, 4λ/(γ₂√m) ≤ γ₂²/16",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast", "cao-gu/aaai2020/thm-gd"),
        iterate="mean",
    ),
    _theorem(
        id="ji-telgarsky/iclr2020/thm-3.2",
        title="gradient descent, test error",
        number="Theorem 3.2",
        assumptions=(*_ASSUMPTIONS, IID_SAMPLE),
        formulas={
            "width": _WIDTH,
            "test_error": Formula(
                "P(yf ≤ 0) ≤ 2ε + 16((2 log(4n/δ))^½ + log(4/ε))γ₂⁻²n^{-½} + 6(log(2/δ)/(2n))^½", "M"
            ),
        },
        guarantee="with probability 1-4δ, for the best iterate of Theorem 2.2",
        known="remembered; the sample complexity 1/ε² was read",
        iterates_of="ji-telgarsky/iclr2020/thm-2.2",
    ),
    _theorem(
        id="ji-telgarsky/iclr2020/thm-sgd",
        title="one-pass SGD, test error",
        number="the theorem on SGD",
        setting=replace(SHALLOW, algorithm="one_pass_sgd"),
        assumptions=(UNIT_INPUTS, SHALLOW_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C γ₂⁻⁸(log(n/δ) + log²(1/ε))", "M"),
            "num_steps": Formula("T = n", "M"),
            "sample_size": Formula("n ≥ C γ₂⁻²ε⁻¹", "M?", note="Õ(1/ε) was read"),
        },
        guarantee="with high probability, test error of order ε after one pass",
        known="Õ(1/ε) samples and polylogarithmic width were read; the constants are not known",
    ),
)

INCOMPLETE = (
    Incomplete(
        id="ji-telgarsky/iclr2020/lower-bound",
        title="least width for separability of the tangent features",
        cites="ji2020",
        says="some width is needed for the features of finitely many neurons to be separable",
        missing="the statement",
        tag="M?",
    ),
)
