"""Du, Zhai, Póczos, Singh, ICLR 2019: one hidden layer, the square loss, the least eigenvalue of the limit Gram."""

from dataclasses import replace

from howwide.theory.assumptions import SHALLOW_GRAM, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Theorem

THEOREMS = (
    Theorem(
        id="du-zhai-poczos-singh/iclr2019/thm-gd",
        title="gradient descent, one hidden layer, square loss",
        cites="du2019shallow",
        number="Theorem 4.1",
        setting=replace(SHALLOW, loss="square", loss_average="sum"),
        assumptions=(UNIT_INPUTS, SHALLOW_GRAM),
        formulas={
            "width": Formula("m ≥ C n⁶λ₀⁻⁴δ⁻³", "S"),
            "step_size": Formula("η = C λ₀n⁻²", "S"),
            "num_steps": Formula("T = C n²λ₀⁻² log(1/ε)", "D", note="2 log(1/ε)/(ηλ₀) at the step size stated"),
            "training_loss": Formula("‖y - u(T)‖²/‖y - u(0)‖² ≤ ε", "S"),
        },
        guarantee="with probability 1-δ over the start, ‖y - u(t)‖² ≤ (1 - ηλ₀/2)ᵗ ‖y - u(0)‖² at every step",
        tag="S",
        known="read in the ICLR version (arXiv v2)",
        iterate="every",
    ),
)
