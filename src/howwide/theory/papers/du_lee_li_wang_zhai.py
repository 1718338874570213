"""Du, Lee, Li, Wang, Zhai, ICML 2019: deep networks with smooth activations, and residual ones."""

from dataclasses import replace

from howwide.theory.assumptions import LAST_LAYER_GRAM, UNIT_INPUTS
from howwide.theory.magnitude import Magnitude, log
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Theorem

_SETTING = Setting(
    network="f = aᵀσ_L(W_L ⋯ σ_1(W_1 x)), each layer scaled by m^-½, smooth Lipschitz analytic σ",
    trained="all layers",
    initialisation="N(0, 1)",
    activation="smooth",
    loss="square",
    loss_average="sum",
    step_scale="weights of order 1 (factors m^-½ stand outside)",
)
_GAPS = ("K^(H) uses the last hidden layer alone, which is loose", "not about ReLU")


def _gram_terms(n: Magnitude, L: Magnitude, lam_last: Magnitude, delta: Magnitude) -> Magnitude:
    """Terms that both networks share."""
    return max(n / delta, n**2 * log(n * L / delta) / lam_last**2)


def _residual_width(n: Magnitude, L: Magnitude, lam_last: Magnitude, delta: Magnitude, C: Magnitude) -> Magnitude:
    terms = max(n**4 / (lam_last**4 * L**6), n**2 / (lam_last**2 * L**2))
    return C * max(terms, _gram_terms(n, L, lam_last, delta))


def _exponential(L: Magnitude) -> Magnitude:
    """2^O(L), with 1 for the constant in the exponent."""
    return 2**L


THEOREMS = (
    Theorem(
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
                lambda n, L, lam_last, delta, C: (
                    C * _exponential(L) * max(n**4 / lam_last**4, _gram_terms(n, L, lam_last, delta))
                ),
                note="printed: 2^{O(L)}; the constant in the exponent is hidden as well, 1 here",
            ),
            "step_size": Formula(
                "η = C λ_H n⁻²2⁻ᴸ", "S", lambda n, L, lam_last, C: C * lam_last / (n**2 * _exponential(L))
            ),
            "num_steps": Formula(
                "T = C 2ᴸn²λ_H⁻² log(1/ε)",
                "D",
                lambda n, L, lam_last, eps, C: C * _exponential(L) * n**2 / lam_last**2 * log(1 / eps),
                note="2 log(1/ε)/(ηλ_H) at the step size stated",
            ),
            "training_loss": Formula("loss ≤ ε × loss at the start", "S", lambda eps: eps),
        },
        guarantee="with probability 1-δ over the start, the loss falls by (1 - ηλ_H/2) at every step",
        tag="S",
        known="read in arXiv v4",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
        gaps=_GAPS,
        iterate="every",
    ),
    Theorem(
        id="du-lee-li-wang-zhai/icml2019/thm-resnet",
        title="gradient descent, residual smooth network, square loss",
        cites="du2019deep",
        number="Theorem 6.1",
        setting=replace(_SETTING, network="residual network with blocks x + (c/L) m^-½ σ(W_l x), smooth analytic σ"),
        assumptions=(UNIT_INPUTS, LAST_LAYER_GRAM),
        formulas={
            "width": Formula("m ≥ C max{n⁴λ_H⁻⁴L⁻⁶, n²λ_H⁻²L⁻², n/δ, n² log(Ln/δ)λ_H⁻²}", "S", _residual_width),
            "step_size": Formula("η = C λ_H L²n⁻²", "S", lambda n, L, lam_last, C: C * lam_last * L**2 / n**2),
            "num_steps": Formula(
                "T = C n²λ_H⁻²L⁻² log(1/ε)",
                "D",
                lambda n, L, lam_last, eps, C: C * n**2 / (lam_last**2 * L**2) * log(1 / eps),
                note="2 log(1/ε)/(ηλ_H) at the step size stated",
            ),
            "training_loss": Formula("loss ≤ ε × loss at the start", "S", lambda eps: eps),
        },
        guarantee="with probability 1-δ over the start, the loss falls by (1 - ηλ_H/2) at every step",
        tag="S",
        known="read in arXiv v4",
        improves_on=("du-lee-li-wang-zhai/icml2019/thm-fully-connected",),
        gaps=_GAPS,
        iterate="every",
    ),
)
