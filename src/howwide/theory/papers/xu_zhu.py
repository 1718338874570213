"""Xu, Zhu, JMLR 25 (2024): the tangent kernels of all layers concentrate uniformly over the sphere; one-pass SGD.

L hidden layers, h_l = m^-½ σ(W_l h_{l-1}) without the factor √2, a frozen ±1 head, the square loss. The kernel is the
mean over no sample: no power of n stands in the width.
"""

from functools import partial

from howwide.theory.assumptions import NOISY_TARGET, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import Scaling, Setting
from howwide.theory.statements import Theorem

_SETTING = Setting(
    network="f = aᵀh_L, h_l = m^-½ σ(W_l h_{l-1}), a_j = ±1",
    trained="W_1, …, W_L; the head is frozen",
    initialisation="N(0, 1), a_j fair coins",
    loss="square",
    algorithm="one_pass_sgd",
    scaling=Scaling("weights of order 1 (the factors m^-½ stand outside)", variance=1),
)
_theorem = partial(Theorem, cites="xu2024", setting=_SETTING, tag="S", known="read in the text")

THEOREMS = (
    _theorem(
        id="xu-zhu/jmlr2024/thm-1",
        title="uniform concentration of the tangent kernels",
        number="Theorem 1",
        assumptions=(UNIT_INPUTS,),
        formulas={"width": Formula("m ≥ C d²exp(L²)", "S")},
        guarantee=(
            "with probability 1-exp(-C₁m^{1/3}), every layer's kernel at the start is within "
            "C₂(C₃ᴸm^{-1/6} + (dL log(m)/m)^½) of its limit, at all pairs of inputs of the sphere at once"
        ),
        gaps=("about the kernel at the start, not about a training loss; the three constants are hidden",),
    ),
    _theorem(
        id="xu-zhu/jmlr2024/thm-sgd",
        title="one-pass SGD, error on new inputs",
        number="Theorem 3",
        assumptions=(UNIT_INPUTS, NOISY_TARGET),
        formulas={
            "width": Formula(
                "m ≥ C d⁷exp(ηCᴸ log T)",
                "S",
                note="printed: exp(θCᴸ log T), η_t = θ/(t + 1); two constants are hidden, both C here",
            ),
            "step_size": Formula("η < 9/(2√44 L)", "S", note="θ of η_t = θ/(t + 1), the step size at t = 0"),
            "num_steps": Formula("T = n", "S", note="one pass"),
        },
        guarantee=(
            "with probability 1-exp(-C₄⁻ᴸm^{1/36}) over the start, E‖Δ_t‖₂ ≤ inf_r{Π_s(1 - η_sλ_r)‖Δ₀‖₂ + R(Δ₀, r)} + "
            "2c₂(‖Δ₀‖₂ + τ), c₂ = θLe^{√44Lθ/9}(1/(1 - 2√44Lθ/9) + 1)^½, Δ the error on the sphere, τ² the noise"
        ),
        improves_on=("xu-zhu/jmlr2024/thm-1",),
        gaps=("an error of regression, not of signs; the eigenvalues λ_r are those of the kernel on the sphere",),
    ),
)
