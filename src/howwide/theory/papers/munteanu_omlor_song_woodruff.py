"""Munteanu, Omlor, Song, Woodruff, ICML 2022: one hidden layer started in coupled pairs, much smaller widths."""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import SHALLOW_GRAM, SHALLOW_MARGIN, UNIT_INPUTS
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Incomplete, Theorem

_COUPLED = replace(
    SHALLOW,
    covers=frozenset({"fixed_head_antisymmetric"}),
    initialisation="w_j ~ N(0, I) in identical pairs under opposite heads, so that f = 0 at the start",
)
_theorem = partial(
    Theorem, cites="munteanu2022", guarantee="with high probability over the start, training loss at most ε", tag="S"
)

THEOREMS = (
    _theorem(
        id="munteanu-omlor-song-woodruff/icml2022/thm-logistic",
        title="gradient descent, coupled start, logistic loss",
        number="the theorem on the logistic loss",
        setting=_COUPLED,
        assumptions=(UNIT_INPUTS, SHALLOW_MARGIN),
        formulas={
            "width": Formula("m ≥ C γ₂⁻²", "S", note="logarithms left out"),
            "num_steps": Formula("T = C γ₂⁻²ε⁻¹", "M?", note="logarithms left out"),
            "training_loss": Formula("L_S ≤ ε", "S"),
        },
        known="the width was read in the abstract; opposite heads are remembered",
        improves_on=("ji-telgarsky/iclr2020/thm-2.2",),
        claims=(POLYLOGARITHMIC_WIDTH,),
    ),
    _theorem(
        id="munteanu-omlor-song-woodruff/icml2022/thm-square",
        title="gradient descent, coupled start, square loss",
        number="the theorem on the square loss",
        setting=replace(_COUPLED, loss="square"),
        assumptions=(UNIT_INPUTS, SHALLOW_GRAM),
        formulas={"width": Formula("m ≥ C n²", "S", note="C hides powers of 1/λ₀ and logarithms")},
        known="n⁴ → n² was read in the abstract",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
    ),
)

INCOMPLETE = (
    Incomplete(
        id="munteanu-omlor-song-woodruff/icml2022/lower-bound",
        title="lower bounds of the width, logistic loss",
        cites="munteanu2022",
        says="lower bounds that match under assumptions",
        missing="the statements",
        tag="S",
    ),
)
