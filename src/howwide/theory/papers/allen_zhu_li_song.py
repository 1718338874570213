"""Allen-Zhu, Li, Song, ICML 2019: input and output layers frozen, the square loss summed over the examples."""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import CONSTANT_COORDINATE, SEPARATED_ALL, UNIT_INPUTS, UNKNOWN_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Incomplete, Theorem

_SETTING = Setting(
    network="f = Bσ(W_L ⋯ σ(W_1 σ(A x))), k outputs",
    trained="W_1, …, W_L; A and B are frozen",
    initialisation="A, W_l ~ N(0, 2/m), B ~ N(0, 1/k)",
    loss="square",
    loss_average="sum",
)
_ASSUMPTIONS = (UNIT_INPUTS, CONSTANT_COORDINATE, SEPARATED_ALL)
_theorem = partial(Theorem, cites="allenzhu2019", gaps=("Lemma 7.3 needs a width polynomial in n (Li et al. 2025)",))

THEOREMS = (
    _theorem(
        id="allen-zhu-li-song/icml2019/thm-gd",
        title="gradient descent, square loss",
        number="the theorem on gradient descent",
        setting=_SETTING,
        assumptions=_ASSUMPTIONS,
        formulas={
            "width": Formula(
                "m ≥ C k n²⁴L¹²φₐ⁻⁸",
                "M",
                note="printed: Ω̃(poly(n, L, 1/φₐ) k); n²⁴L¹² was read in later quotations; log⁵m left out",
            ),
            "step_size": Formula("η = C k φₐ n⁻⁴L⁻²m⁻¹", "M"),
            "num_steps": Formula("T = C n⁶L²φₐ⁻² log(1/ε)", "M"),
            "training_loss": Formula("Σ_i ½‖f(x_i) - y_i‖² ≤ ε", "M"),
        },
        guarantee="with high probability over the start, linear convergence of the summed loss",
        tag="M",
        known="remembered; n²⁴L¹² was read in later quotations",
    ),
    _theorem(
        id="allen-zhu-li-song/icml2019/thm-sgd",
        title="SGD, square loss: number of steps",
        number="the theorem on SGD",
        setting=replace(_SETTING, algorithm="minibatch_sgd"),
        assumptions=(*_ASSUMPTIONS, UNKNOWN_WIDTH),
        formulas={
            "num_steps": Formula("T = C n⁷L²φₐ⁻²B⁻¹ log²m log(n/ε)", "M?"),
            "training_loss": Formula("Σ_i ½‖f(x_i) - y_i‖² ≤ ε", "M?"),
        },
        guarantee="with high probability over the start and the batches, summed loss at most ε",
        tag="M?",
        known="remembered, uncertain; the width is not known",
    ),
)

INCOMPLETE = (
    Incomplete(
        id="allen-zhu-li-song/icml2019/other-losses",
        title="other losses and architectures",
        cites="allenzhu2019",
        says="the appendix treats other losses, convolutional and residual networks with poly(·) widths",
        missing="the statements",
        tag="M",
    ),
)
