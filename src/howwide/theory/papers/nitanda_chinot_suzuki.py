"""Nitanda, Chinot, Suzuki, 2019: one hidden layer with smooth activation, separability by the tangent model."""

from dataclasses import replace

from howwide.theory.assumptions import IID_SAMPLE, SHALLOW_MARGIN, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Theorem

_SETTING = replace(SHALLOW, network="f = m^-β Σ_j a_j σ(⟨w_j, x⟩), smooth σ, a_j = ±1", activation="smooth")
_NOTE = "powers of 1/γ₂ are hidden in C"


def _statement(name: str, title: str, width: str, steps: str, samples: str) -> Theorem:
    """Width, time and sample size as powers of 1/ε."""
    return Theorem(
        id=f"nitanda-chinot-suzuki/arxiv2019/{name}",
        title=title,
        cites="nitanda2019",
        number="one of the two corollaries on the expected error",
        setting=_SETTING,
        assumptions=(UNIT_INPUTS, SHALLOW_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula(f"m ≥ C {width}", "M?", note=_NOTE),
            "num_steps": Formula(f"T = C {steps}", "M?", note=_NOTE),
            "sample_size": Formula(f"n ≥ C {samples}", "M?", note=_NOTE),
            "test_error": Formula("E P(yf < 0) ≤ ε", "M?"),
        },
        guarantee="expected test error at most ε",
        tag="M?",
        known="the assumption was read in the abstract; the rates are remembered, uncertain",
        gaps=("not about ReLU",),
    )


THEOREMS = (
    _statement("narrow", "gradient descent, the smaller width", "ε⁻¹", "ε⁻²", "ε⁻⁴"),
    _statement("fast", "gradient descent, the faster rate", "ε^{-3/2}", "ε⁻¹", "ε⁻²"),
)
