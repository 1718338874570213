r"""Key lemmas as predicted exponents, for the question whether they are what one sees.

A lemma bounds a quantity by a product of powers; an experiment that varies one variable and fixes the others fits the
exponent. Exponents here are those at a fixed radius R of balls :math:`R\,m^{-1/2}`: a lemma in :math:`\tau` is read at
:math:`\tau` proportional to :math:`\sqrt L R\, m^{-1/2}`. They are worst cases over a ball: an upper bound that is seen
to grow more slowly is loose; one that is seen to grow faster is refuted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from howwide import bibliography
from howwide.errors import SettingError

__all__ = ["LEMMAS", "Lemma", "get_lemma"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lemma:
    """One lemma.

    Attributes:
        name: permanent slug.
        cites: key in the bibliography.
        statement: the bound as stated, logarithms included.
        quantity: what is bounded, in words.
        side: "at most" or "at least".
        exponents: variable (a fact of :class:`~howwide.theory.Problem`, or ``distance`` for tau) to predicted exponent.
        tag: one of :data:`~howwide.theory.quantities.TAGS`.
        note: range, or what an earlier experiment saw.
    """

    name: str
    cites: str
    statement: str
    quantity: str
    side: str = "at most"
    exponents: Mapping[str, float]
    tag: str
    note: str = ""

    @property
    def reference(self) -> bibliography.Reference:
        """The paper."""
        return bibliography.get(self.cites)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**self.__dict__, "exponents": dict(self.exponents)}


LEMMAS: Mapping[str, Lemma] = MappingProxyType(
    {
        lemma.name: lemma
        for lemma in (
            Lemma(
                name="linearization-error",
                cites="cao2019",
                statement="|f_W'(x) - f_W(x) - ⟨∇f_W(x), W' - W⟩| ≤ C τ^{4/3}L³(m log m)^½ for W, W' within τ",
                quantity="largest error of the linearisation over the ball",
                exponents={"width": -1 / 6, "radius": 4 / 3, "depth": 11 / 3, "distance": 4 / 3},
                tag="S",
                note="for C₁(log(nL²/δ)/(mL))^{3/2} ≤ τ ≤ C₂L⁻⁶log^{-3/2}m; along natural directions -1/2 in m",
            ),
            Lemma(
                name="activation-flips",
                cites="allenzhu2019",
                statement="at most C m τ^{2/3}L neurons of a layer change sign on an example",
                quantity="share of neurons of a layer that change sign",
                exponents={"width": -1 / 3, "radius": 2 / 3, "depth": 4 / 3, "distance": 2 / 3},
                tag="S",
                note="as in Cao and Gu (2019); Zou et al. have L^{4/3}τ^{2/3}, so 5/3 in L; along runs about -1/2 in m",
            ),
            Lemma(
                name="gradient-norm",
                cites="cao2019",
                statement="‖∇_{W_l} f_W(x)‖ ≤ C m^½ for every layer l",
                quantity="gradient norm of one layer",
                exponents={"width": 1 / 2, "radius": 0.0},
                tag="S",
                note="for τ ≤ C L⁻⁶log⁻³m; at the start about (m/2)^½ for hidden layers and m^½ for the output row",
            ),
            Lemma(
                name="gradient-change",
                cites="allenzhu2019",
                statement="‖∇f_W(x) - ∇f_W0(x)‖ ≤ C (log m)^½ τ^{1/3}L³ ‖∇f_W0(x)‖",
                quantity="relative change of the gradient",
                exponents={"width": -1 / 6, "radius": 1 / 3, "depth": 19 / 6, "distance": 1 / 3},
                tag="S",
                note="for τ ≤ C L^{-9/2}log⁻³m",
            ),
            Lemma(
                name="distance-from-start",
                cites="chen2021",
                statement="‖W(t) - W0‖ ≤ (1 + √3) L^½R m^{-½} for t ≤ T, if ε_app ≤ 1/8",
                quantity="distance of the iterates from the start, all layers together",
                exponents={"width": -1 / 2, "radius": 1.0, "depth": 1 / 2},
                tag="D=S",
            ),
            Lemma(
                name="gradient-lower-bound",
                cites="zou2020",
                statement="‖∇_{W_L} L_S(W)‖² ≥ C m φ n⁻⁵ (Σ_i ℓ'(y_i f_W(x_i)))²",
                quantity="squared gradient norm over the squared mean of |ℓ'|",
                side="at least",
                exponents={"width": 1.0, "separation_across": 1.0, "n": -3.0},
                tag="S",
                note="read in arXiv v3, for τ ≤ C min{L⁻¹¹log^{-3/2}m, φ^{3/2}n⁻³L⁻²}; with n⁻³ max|ℓ'|² it is sharper",
            ),
            Lemma(
                name="gradient-lower-bound-square",
                cites="zougu2019",
                statement="‖∇_{W_L} L_S(W)‖² ≥ C m φₐ k⁻¹n⁻² L_S(W), square loss",
                quantity="squared gradient norm over the loss",
                side="at least",
                exponents={"width": 1.0, "separation_all": 1.0, "n": -2.0, "output_dim": -1.0},
                tag="M",
                note="for ‖W - W0‖ ≤ τ of order φₐ^{3/2}n⁻³L⁻⁶",
            ),
            Lemma(
                name="margin-in-distribution",
                cites="chen2021",
                statement="|γ_m - γ_∞| is of order m^{-½}",
                quantity="deviation of the margin from that of infinite width",
                exponents={"width": -1 / 2},
                tag="D",
            ),
        )
    }
)
"""Every lemma, by name."""


def get_lemma(name: str) -> Lemma:
    """A lemma by its name.

    Raises:
        SettingError: there is none of that name.
    """
    if name not in LEMMAS:
        raise SettingError(f"no lemma {name!r}; there are {', '.join(LEMMAS)}")
    return LEMMAS[name]
