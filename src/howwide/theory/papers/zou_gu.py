"""Zou, Gu, NeurIPS 2019: the square loss with a tighter gradient bound and trajectory length."""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import CONSTANT_COORDINATE, SEPARATED_ALL, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Theorem

_SETTING = Setting(
    network="f = Vσ(W_L ⋯ σ(W_1 x)), k outputs",
    trained="W_1, …, W_L; V is frozen",
    initialisation="W_l ~ N(0, 2/m), V ~ N(0, 1/k)",
    loss="square",
)
_theorem = partial(Theorem, cites="zougu2019", assumptions=(UNIT_INPUTS, CONSTANT_COORDINATE, SEPARATED_ALL))

THEOREMS = (
    _theorem(
        id="zou-gu/neurips2019/thm-gd",
        title="gradient descent, square loss",
        number="the theorem on gradient descent",
        setting=_SETTING,
        formulas={
            "width": Formula("m ≥ C k n⁸L¹²φₐ⁻⁴", "M", note="Ω̃; n⁸L¹² was read in a later quotation"),
            "step_size": Formula("η = C k L⁻²m⁻¹", "M"),
            "num_steps": Formula("T = C n²L²φₐ⁻¹ log(1/ε)", "M"),
            "training_loss": Formula("L_S ≤ ε", "M"),
        },
        guarantee="with high probability over the start, linear convergence of the training loss",
        tag="M",
        known="remembered; the arithmetic of gradient bound, radius and path length gives the same exponents",
        improves_on=("allen-zhu-li-song/icml2019/thm-gd", "zou-cao-zhou-gu/arxiv2018/thm-gd"),
        gaps=("the separation is over all pairs, not only across labels",),
    ),
    _theorem(
        id="zou-gu/neurips2019/thm-sgd",
        title="SGD, square loss",
        number="the theorem on SGD",
        setting=replace(_SETTING, algorithm="minibatch_sgd"),
        formulas={
            "width": Formula("m ≥ C k n¹⁷L¹²B⁻⁴φₐ⁻⁸", "M?", note="Ω̃"),
            "num_steps": Formula("T = C n⁵B⁻¹φₐ⁻²", "M?", note="Õ; the powers of L are not known"),
            "training_loss": Formula("L_S ≤ ε", "M?"),
        },
        guarantee="with high probability over the start and the batches, training loss at most ε",
        tag="M?",
        known="remembered, uncertain",
        improves_on=("allen-zhu-li-song/icml2019/thm-sgd",),
    ),
)
