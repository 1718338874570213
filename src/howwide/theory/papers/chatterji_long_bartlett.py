"""Chatterji, Long, Bartlett, 2021: smoothed ReLU, any width once the loss is small enough; the loss goes to zero.

The smoothing width h is 1/β, β the largest second derivative of the activation; Huberised ReLU is z²/(2h) on [0, h].
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import (
    FOUR_CLUSTERS,
    POLYLOG_WIDTH_OF_CLUSTERS,
    SHARP_ACTIVATION,
    SMALL_INITIAL_LOSS,
    SMALL_INITIAL_LOSS_ABSOLUTE,
    TANGENT_MARGIN,
    THREE_EXAMPLES,
    UNIT_INPUTS,
)
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Theorem

_DEEP = Setting(
    network="deep network of fixed width, Huberised ReLU",
    trained="all layers",
    initialisation="any weights with a small enough loss",
    activation="smooth",
)
_DEEP_RANDOM = replace(_DEEP, initialisation="N(0, 2/m) in the hidden layers, N(0, 1) in the last")
_SHALLOW = Setting(
    network="f = Σ_j ±σ(⟨v_j, x⟩ + b_j), m hidden neurons, half of each sign, Huberised ReLU with h = 2/m",
    trained="the hidden layer with its biases; the head is frozen",
    initialisation="any weights with a small enough loss",
    hidden_layers=1,
    activation="smooth",
)
_DEEP_GAPS = ("not about ReLU", "inputs have as many coordinates as the layers have neurons, to simplify the notation")
_MARGIN_WIDTH = Formula("m ≥ C γ⁻²", "S", note="C hides a polynomial in L and log(n/δ), not specified")
_colt = partial(Theorem, cites="chatterji2021colt", tag="S", known="read in the text")
_jmlr = partial(Theorem, cites="chatterji2021jmlr", tag="S", known="read in the text", iterate="last")

THEOREMS = (
    _colt(
        id="chatterji-long-bartlett/colt2021/thm-small-loss",
        title="gradient descent from a small loss, deep smoothed ReLU",
        number="the theorem on the first condition",
        setting=_DEEP,
        assumptions=(SMALL_INITIAL_LOSS,),
        formulas={"training_loss": Formula("L_S(W(T)) ≤ C/T", "S")},
        guarantee="the loss goes to zero; no condition on the width",
        known="threshold and rate were read in the text, Theorem 3.1; remembered before",
        gaps=("not about ReLU", "with its constants: chatterji-long-bartlett/colt2021/thm-3.1"),
    ),
    _colt(
        id="chatterji-long-bartlett/colt2021/thm-3.1",
        title="gradient descent from a small loss, constants as stated",
        number="Theorem 3.1 with (3a) to (3c)",
        setting=_DEEP,
        assumptions=(UNIT_INPUTS, THREE_EXAMPLES, SMALL_INITIAL_LOSS, SHARP_ACTIVATION),
        formulas={
            "step_size": Formula("η ≤ min{1/(1024(L+1)²βmL₀V₀^{3L+5}), (L+½)V₀²/(2L(L+¾)²L₀ log^{2/L}(1/L₀))}", "S"),
            "training_loss": Formula("L_S(W(T)) ≤ L₀/(QT + 1), Q = L(L+¾)²ηL₀ log^{2/L}(1/L₀)/((L+½)V₀²)", "S"),
        },
        guarantee="training loss of the last iterate, after T steps from these weights; certain, at any width",
        gaps=_DEEP_GAPS,
        iterate="last",
    ),
    _colt(
        id="chatterji-long-bartlett/colt2021/thm-margin",
        title="gradient descent with a tangent margin, deep smoothed ReLU",
        number="Theorem 3.3, first part",
        setting=_DEEP_RANDOM,
        assumptions=(UNIT_INPUTS, THREE_EXAMPLES, TANGENT_MARGIN),
        formulas={
            "width": _MARGIN_WIDTH,
            "step_size": Formula("η = C m⁻¹L⁻⁵", "S"),
            "num_steps": Formula("T = ⌈3(L+1)ρ²n^{2+24L}/(2η)⌉, ρ = C(log^½(n/δ) + log(6n^{2+24L}))/(m^½γ)", "S"),
            "training_loss": Formula("L_S < n^{-(1+24L)}", "S"),
        },
        guarantee="with probability 1-4δ, some iterate up to T; from there Theorem 3.1 takes the loss to zero",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2",),
        gaps=(*_DEEP_GAPS, "h = (1 + 24L) log(n)/(6(6m)^{(L+1)/2}L³)"),
    ),
    _colt(
        id="chatterji-long-bartlett/colt2021/thm-3.3-stage-2",
        title="gradient descent with a tangent margin, to zero loss",
        number="Theorem 3.3, second part",
        setting=_DEEP_RANDOM,
        assumptions=(UNIT_INPUTS, THREE_EXAMPLES, TANGENT_MARGIN),
        formulas={
            "width": _MARGIN_WIDTH,
            "training_loss": Formula(
                "L_S ≤ C L^{(3L+11)/2}(6m)^{2L+5}n^{-(1+24L)}/T",
                "S",
                note="T counts steps from the best iterate of the first stage, at the step size of Theorem 3.1",
            ),
        },
        guarantee="with probability 1-4δ, training loss of the last iterate",
        improves_on=("chatterji-long-bartlett/colt2021/thm-margin",),
        gaps=_DEEP_GAPS,
        iterate="last",
    ),
    _jmlr(
        id="chatterji-long-bartlett/jmlr2021/thm-small-loss",
        title="gradient descent from a small loss, one hidden layer",
        number="Theorem 1 with (6) and (7)",
        setting=_SHALLOW,
        assumptions=(UNIT_INPUTS, SMALL_INITIAL_LOSS_ABSOLUTE),
        formulas={
            "training_loss": Formula(
                "L_S(W(T)) ≤ L₀/(QT + 1), Q = 125Q₁L₀ log⁴(1/L₀)/(216V₀²), "
                "Q₁ = min{2/(30mL₀ log²(1/L₀)), 108V₀²/(125L₀ log⁴(1/L₀)), e²/(60m)}",
                "S",
                note="the step size is Q₁ log²(1/L_S(W(t))) and so grows; L₀ and V₀ are those of the first iterate",
            )
        },
        guarantee="training loss of the last iterate, after T steps from these weights; certain, at any width",
        known="read in the text; before, threshold and rate were remembered, and the step size taken as constant",
        gaps=("not about ReLU", "the threshold is n^-(1+C₁), C₁ an absolute constant that the paper does not compute"),
    ),
    _jmlr(
        id="chatterji-long-bartlett/jmlr2021/thm-2",
        title="gradient descent on four clusters, one hidden layer",
        number="Theorem 2",
        setting=replace(_SHALLOW, initialisation="N(0, p^{-(1+β)}), p = m/2, 0 < β < ½; first step size p^{-(½+β)}"),
        assumptions=(UNIT_INPUTS, FOUR_CLUSTERS, POLYLOG_WIDTH_OF_CLUSTERS),
        formulas={
            "training_loss": Formula(
                "L_S(W(T)) ≤ C d(m/2)^{-1/4}/T",
                "S",
                note="d p^{-(1-3β)}/T at β = 1/4, the value of the paper's experiments",
            )
        },
        guarantee="with probability 1-δ, training loss of the last iterate; exp(-C p^{½-β}) after the first step alone",
        improves_on=("chatterji-long-bartlett/jmlr2021/thm-small-loss",),
        gaps=(
            "not about ReLU",
            "the exponent of the logarithm in the width is hidden, so that no width is evaluated",
            "later step sizes are C log²(1/L_S(W(t)))/p",
        ),
    ),
)
