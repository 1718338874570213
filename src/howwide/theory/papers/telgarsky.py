"""Telgarsky, ICLR 2023: both layers trained, weights that may move by m^½, SGD with width and sample by the margin."""

from howwide.theory.assumptions import IID_SAMPLE, POPULATION_MARGIN, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Theorem

THEOREMS = (
    Theorem(
        id="telgarsky/iclr2023/thm-sgd",
        title="one-pass SGD, both layers, test error",
        cites="telgarsky2023",
        number="the theorem on SGD near the start",
        setting=Setting(
            network="f = Σ_j a_j σ(⟨b_j, x⟩)",
            trained="both layers",
            initialisation="the standard scale of practice",
            hidden_layers=1,
            algorithm="one_pass_sgd",
        ),
        assumptions=(UNIT_INPUTS, POPULATION_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ (64 log(n/δ)/γ)²", "M?"),
            "num_steps": Formula("T = n", "M?"),
            "test_error": Formula("P(yf ≤ 0) ≤ 8 log(1/δ)/n + 2560γ⁻²/n", "M?"),
        },
        guarantee="with probability 1-8δ, for the best iterate of the pass",
        tag="M?",
        known="width and sample in inverse proportion to the margin were read in the abstract, constants remembered",
        improves_on=("ji-telgarsky/iclr2020/thm-sgd",),
        gaps=(
            "γ is the margin of the tangent features of both layers at infinite width, in the paper's scale; it is not "
            "measured here",
            "the abstract's 'inversely proportional' would be 1/γ; the remembered formulas have 1/γ²",
        ),
    ),
)
