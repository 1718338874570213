"""Zou, Cao, Zhou, Gu, arXiv 1811.08888v3 (December 2018): gradient descent and SGD for a family of losses, as read.

The losses are λ-smooth, ℓ' ≤ 0, ℓ and ℓ' tend to 0, and -ℓ' ≥ min{α₀, α₁ℓᵖ}, 0 ≤ p ≤ 1, where α₀ may be infinite;
SGD asks for an upper bound of the same form as well. Theorems 4.1 and 4.5 print poly(n, 1/φ, L) and the powers of ε;
every exponent stands in their proofs, which end gradient descent (Lemma 5.4) before it leaves the ball in which the
loss is well behaved (Lemma 5.5), with τ of order n⁻⁹L⁻¹⁷φ³: m is such that Kη ≤ L⁻³⁸n⁻²¹φ⁷.

A smooth ℓ ≥ 0 has ℓ'² ≤ 2λℓ. So p < ½ is the case of no loss (α₁ℓᵖ ≤ (2λℓ)^½ fails as ℓ tends to 0), and α₀ = ∞ is
possible for p = ½ alone: the squared hinge. The logistic loss has p = 1 and α₀ = ½.
"""

from dataclasses import dataclass, replace

from howwide.theory.assumptions import CONSTANT_COORDINATE, SEPARATED_ACROSS, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import FIXED_HEAD
from howwide.theory.statements import Theorem

_GD_STEP = Formula("η = C φn⁻³L⁻⁹m⁻¹", "S", note="as in Lemma 5.4; Theorem 4.1 prints it without φ")
_EPS = Formula("L_S ≤ ε", "S")
_ZERO_ERROR = Formula("L_S < log 2/n", "D", note="so that no example is wrong")
_GAPS = (
    "the lower bound of the gradient uses one layer, so it is loose by up to L",
    "the journal version has lower exponents, for the logistic loss",
)
_EMPTY = "no loss satisfies it: λ-smoothness gives ℓ'² ≤ 2λℓ, so that α₁ℓᵖ ≤ (2λℓ)^½ fails for p < ½ where ℓ is small"


@dataclass(frozen=True)
class _Loss:
    """A member of the family: its name, what the two theorems say of it, and n^{7-2p} of the step size of SGD."""

    slug: str
    name: str
    step_power: str
    gd_width: Formula
    gd_steps: Formula
    sgd_width: Formula
    sgd_steps: Formula
    gaps: tuple[str, ...] = ()


_LOGISTIC = _Loss(
    slug="logistic",
    name="logistic",
    step_power="⁵",
    gd_width=Formula(
        "m ≥ C (n²⁴ + n²⁶ε⁻¹)L³⁸φ⁻⁸",
        "S",
        note="Ω̃; as printed. Lemmas 5.4 and 5.5, of which it is made, give n²⁶ + n²⁴ε⁻¹",
    ),
    gd_steps=Formula(
        "T = C (n⁸ + n⁶ε⁻¹)L⁹φ⁻²", "D", note="Õ; Kη of Lemma 5.4 over η, which the paper leaves to the reader"
    ),
    sgd_width=Formula("m ≥ C (n²⁸ + n²⁴ε⁻²)L³⁸φ⁻⁸", "S", note="Ω̃"),
    sgd_steps=Formula("T = C (n¹⁰ + n⁸ε⁻¹)B⁻²L⁹φ⁻²", "S", note="Õ"),
)

_SQUARED_HINGE = _Loss(
    slug="squared-hinge",
    name="squared hinge",
    step_power="⁶",
    gd_width=Formula("m ≥ C n²⁵L³⁸φ⁻⁸ log(1/ε)", "S", note="Ω̃; p = ½, α₀ = ∞"),
    gd_steps=Formula("T = C n⁷L⁹φ⁻² log(1/ε)", "D", note="Õ; Kη of Lemma 5.4 over η"),
    sgd_width=Formula(
        "m ≥ C n²⁸L³⁸φ⁻⁸ log(1/ε)²", "S", note="Ω̃; the square as in Theorem 4.5, its proof prints log(1/ε)"
    ),
    sgd_steps=Formula("T = C n¹⁰B⁻²L⁹φ⁻² log(1/ε)", "S", note="Õ"),
)

_HUBER = _Loss(
    slug="huberised-squared-hinge",
    name="squared hinge that grows linearly",
    step_power="⁶",
    gd_width=Formula("m ≥ C (n²⁶ + n²⁵ log(1/ε))L³⁸φ⁻⁸", "S", note="Ω̃; p = ½, α₀ < ∞"),
    gd_steps=Formula("T = C (n⁸ + n⁷ log(1/ε))L⁹φ⁻²", "D", note="Õ; Kη of Lemma 5.4 over η"),
    sgd_width=Formula("m ≥ C (n²⁸ + n²⁶ log(1/ε)²)L³⁸φ⁻⁸", "S", note="Ω̃"),
    sgd_steps=Formula("T = C (n¹¹ + n¹⁰ log(1/ε))B⁻²L⁹φ⁻²", "S", note="Õ"),
)

_HINGE_LIKE = _Loss(
    slug="hinge-like",
    name="any with p < 1/2",
    step_power="⁷",
    gd_width=Formula("m ≥ C n²⁶L³⁸φ⁻⁸", "S", note="Ω̃; α₀ < ∞. With α₀ = ∞ it is n^{26-2p}"),
    gd_steps=Formula("T = C n⁸L⁹φ⁻²", "D", note="Õ; Kη of Lemma 5.4 over η; α₀ < ∞. With α₀ = ∞ it is n^{8-2p}"),
    sgd_width=Formula("m ≥ C n²⁸L³⁸φ⁻⁸", "S", note="Ω̃; α₀ < ∞. With α₀ = ∞ it is n^{30-4p}"),
    sgd_steps=Formula("T = C n¹²B⁻²L⁹φ⁻²", "S", note="Õ; at p = 0, its largest: n^{12-2p}"),
    gaps=(_EMPTY,),
)


def _statement(loss: _Loss, slug: str, title: str, number: str, sgd: bool, **changes: Formula) -> Theorem:
    """Theorem 4.1 or 4.5 for one loss, with ``changes`` of its formulas."""
    width, steps = (loss.sgd_width, loss.sgd_steps) if sgd else (loss.gd_width, loss.gd_steps)
    sgd_step = Formula(f"η = C φB²n⁻{loss.step_power}L⁻⁹m⁻¹", "S", note="as in the proof; Theorem 4.5 prints n⁻³L⁻⁹m⁻¹")
    setting = replace(FIXED_HEAD, loss=loss.name, algorithm="minibatch_sgd" if sgd else "gd")
    chance = "over the start and the batches" if sgd else "over the start"
    return Theorem(
        id=f"zou-cao-zhou-gu/arxiv2018v3/{slug}",
        title=title,
        cites="zou2018",
        number=number,
        setting=setting,
        assumptions=(UNIT_INPUTS, CONSTANT_COORDINATE, SEPARATED_ACROSS),
        formulas={"width": width, "step_size": sgd_step if sgd else _GD_STEP, "num_steps": steps, "training_loss": _EPS}
        | changes,
        guarantee=f"with high probability {chance}, a training loss of the last iterate of at most that number",
        tag="S",
        known="read in arXiv v3, with its proof",
        gaps=(*loss.gaps, *_GAPS),
        iterate="last",
    )


_LEMMA_WIDTH = Formula("m ≥ C (n²⁶ + n²⁴ε⁻¹)L³⁸φ⁻⁸", "D", note="Ω̃; the proof of Theorem 4.1 prints n²⁴ + n²⁶ε⁻¹")
_ZERO_ERROR_NOTE = "at ε = log 2/n, where the first term is the larger"

THEOREMS = (
    *(
        _statement(
            loss,
            f"thm-4.1-{loss.slug}",
            f"gradient descent, training loss ({loss.name} loss)",
            "Theorem 4.1, with the exponents of its proof",
            sgd=False,
        )
        for loss in (_LOGISTIC, _SQUARED_HINGE, _HUBER, _HINGE_LIKE)
    ),
    _statement(
        _LOGISTIC,
        "lemma-5.4-logistic",
        "gradient descent, training loss (logistic loss), from its lemmas",
        "Lemmas 5.4 and 5.5, where the proof of Theorem 4.1 disagrees with them",
        sgd=False,
        width=_LEMMA_WIDTH,
    ),
    _statement(
        _LOGISTIC,
        "cor-4.3-logistic",
        "gradient descent, zero training error (logistic loss)",
        "Corollary 4.3, with the exponents of Lemmas 5.4 and 5.5",
        sgd=False,
        width=Formula(
            "m ≥ C n²⁶L³⁸φ⁻⁸",
            "D",
            note=f"Ω̃; {_ZERO_ERROR_NOTE}; printed: poly(n, 1/φ, L). From the printed n²⁴ + n²⁶ε⁻¹ it would be n²⁷",
        ),
        num_steps=Formula("T = C n⁸L⁹φ⁻²", "D", note=f"Õ; {_ZERO_ERROR_NOTE}"),
        training_loss=_ZERO_ERROR,
    ),
    *(
        _statement(
            loss,
            f"thm-4.5-{loss.slug}",
            f"SGD, training loss ({loss.name} loss)",
            "Theorem 4.5, with the exponents of its proof",
            sgd=True,
        )
        for loss in (_LOGISTIC, _SQUARED_HINGE, _HUBER, _HINGE_LIKE)
    ),
    _statement(
        _LOGISTIC,
        "cor-4.6-logistic",
        "SGD, zero training error (logistic loss)",
        "Corollary 4.6, with the exponents of the proof of Theorem 4.5",
        sgd=True,
        width=Formula("m ≥ C n²⁸L³⁸φ⁻⁸", "D", note=f"Ω̃; {_ZERO_ERROR_NOTE}; printed: poly(n, 1/φ, L)"),
        num_steps=Formula("T = C n¹⁰B⁻²L⁹φ⁻²", "D", note=f"Õ; {_ZERO_ERROR_NOTE}"),
        training_loss=_ZERO_ERROR,
    ),
)
