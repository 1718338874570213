"""Du, Lee, Li, Wang, Zhai, ICML 2019: deep networks with smooth activations, and residual ones."""

from dataclasses import replace

from howwide.theory.assumptions import LAST_LAYER_GRAM, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import Scaling, Setting
from howwide.theory.statements import Theorem

_SETTING = Setting(
    network="f = aᵀσ_L(W_L ⋯ σ_1(W_1 x)), each layer scaled by m^-½, smooth Lipschitz analytic σ",
    trained="all layers",
    initialisation="N(0, 1)",
    activation="smooth",
    loss="square",
    loss_average="sum",
    scaling=Scaling("weights of order 1 (factors m^-½ stand outside)", variance=1),
)

_FULLY_CONNECTED = Theorem(
    id="du-lee-li-wang-zhai/icml2019/thm-fully-connected",
    title="gradient descent, deep smooth network, square loss",
    cites="du2019deep",
    number="Theorem 5.1",
    setting=_SETTING,
    assumptions=(UNIT_INPUTS, LAST_LAYER_GRAM),
    formulas={
        "width": Formula(
            "m ≥ C 2ᴸ max{n⁴λ_H⁻⁴, n/δ, n² log(Ln/δ)λ_H⁻²}",
            "S",
            note="printed: 2^{O(L)}; the constant in the exponent is hidden as well, 1 here",
        ),
        "step_size": Formula("η = C λ_H n⁻²2⁻ᴸ", "S"),
        "num_steps": Formula("T = C 2ᴸn²λ_H⁻² log(1/ε)", "D", note="2 log(1/ε)/(ηλ_H) at the step size stated"),
        "training_loss": Formula("L_S(W(T))/L_S(W0) ≤ ε", "S"),
    },
    guarantee="with probability 1-δ over the start, the loss falls by (1 - ηλ_H/2) at every step",
    tag="S",
    known="read in arXiv v4",
    improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
    gaps=("K^(H) uses the last hidden layer alone, which is loose", "not about ReLU"),
    iterate="every",
)

THEOREMS = (
    _FULLY_CONNECTED,
    replace(
        _FULLY_CONNECTED,
        id="du-lee-li-wang-zhai/icml2019/thm-resnet",
        title="gradient descent, residual smooth network, square loss",
        number="Theorem 6.1",
        setting=replace(
            _SETTING, network="residual network with blocks x + (c/L) m^-½ σ(W_l x), smooth analytic σ", residual=True
        ),
        formulas={
            **_FULLY_CONNECTED.formulas,
            "width": Formula("m ≥ C max{n⁴λ_H⁻⁴L⁻⁶, n²λ_H⁻²L⁻², n/δ, n² log(Ln/δ)λ_H⁻²}", "S"),
            "step_size": Formula("η = C λ_H L²n⁻²", "S"),
            "num_steps": Formula("T = C n²λ_H⁻²L⁻² log(1/ε)", "D", note="2 log(1/ε)/(ηλ_H) at the step size stated"),
        },
        improves_on=("du-lee-li-wang-zhai/icml2019/thm-fully-connected",),
    ),
)
