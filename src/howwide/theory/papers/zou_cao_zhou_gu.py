"""Zou, Cao, Zhou, Gu: the journal version (Machine Learning 2020) and the arXiv version (2018), which differ.

The journal has gradient descent with the logistic loss and the sharper width. What is here of the arXiv version comes
from tables of later papers; its text was read since, and has its own entries (``zou_cao_zhou_gu_arxiv``).
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import CONSTANT_COORDINATE, SEPARATED_ACROSS, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import FIXED_HEAD
from howwide.theory.statements import Incomplete, Theorem

_SETTING = replace(FIXED_HEAD, covers=frozenset({"fixed_head", "fixed_head_antisymmetric"}))
_ASSUMPTIONS = (UNIT_INPUTS, CONSTANT_COORDINATE, SEPARATED_ACROSS)
_GAPS = (
    "the lower bound of the gradient uses one layer, so it is loose by up to L",
    "Lemma A.9 assumes a sparsity of at least log(nL/δ), which Li et al. (2025) remove",
)
_theorem = partial(Theorem, cites="zou2020", setting=_SETTING, assumptions=_ASSUMPTIONS, gaps=_GAPS)

THEOREMS = (
    _theorem(
        id="zou-cao-zhou-gu/ml2020/thm-gd",
        title="gradient descent, training loss",
        number="the theorem on gradient descent of the journal version",
        formulas={
            "width": Formula(
                "m ≥ C (n¹⁴L¹⁶φ⁻⁴ + n¹²L¹⁶φ⁻⁴ε⁻¹)",
                "M",
                note="Ω̃: logarithms of n, L, 1/δ, m left out; the first term was read in a later quotation",
            ),
            "step_size": Formula("η = C L⁻³m⁻¹", "M"),
            "num_steps": Formula("T = C (n⁵L³φ⁻¹ + n³L³φ⁻¹ε⁻¹)", "M", note="Õ"),
            "training_loss": Formula("L_S(W(t)) ≤ ε", "M", note="for some t ≤ T"),
        },
        guarantee="with high probability over the start, some iterate up to T has training loss at most ε",
        tag="M",
        known="remembered; the arithmetic of gradient bound, radius and path length gives the same exponents",
        improves_on=("allen-zhu-li-song/icml2019/thm-gd", "du-lee-li-wang-zhai/icml2019/thm-fully-connected"),
    ),
    _theorem(
        id="zou-cao-zhou-gu/derived/zero-error",
        title="gradient descent, zero training error",
        number="the theorem on gradient descent at ε of order 1/n",
        formulas={
            "width": Formula("m ≥ C n¹⁴L¹⁶φ⁻⁴", "D=S", note="Ω̃"),
            "step_size": Formula("η = C L⁻³m⁻¹", "M"),
            "num_steps": Formula("T = C n⁵L³φ⁻¹", "D", note="Õ"),
            "training_loss": Formula("L_S < log 2/n", "D", note="so that no example is wrong"),
        },
        guarantee="with high probability over the start, some iterate up to T classifies every example",
        tag="D",
        known="derived; the width was read in a later quotation; that the paper says so itself is uncertain",
        improves_on=("allen-zhu-li-song/icml2019/thm-gd", "du-lee-li-wang-zhai/icml2019/thm-fully-connected"),
    ),
    _theorem(
        id="zou-cao-zhou-gu/arxiv2018/thm-gd",
        title="gradient descent, as later papers quote the arXiv version",
        cites="zou2018",
        number="quoted exponents",
        formulas={
            "width": Formula("m ≥ C n²⁶L³⁸φ⁻⁸", "M?", note="printed: poly(·)"),
            "num_steps": Formula("T = C n⁸L⁹φ⁻⁴ log(1/ε)", "M?", note="the exponent of φ is especially uncertain"),
            "training_loss": Formula("L_S ≤ ε", "M?"),
        },
        guarantee="with high probability over the start, training loss at most ε",
        tag="M?",
        known="remembered from tables of later papers; the text, read since, has other exponents of φ and ε",
        gaps=(
            "misread: the number of steps has φ⁻², not φ⁻⁴, and log(1/ε) belongs to p = ½ alone, not to the logistic"
            " loss; see zou-cao-zhou-gu/arxiv2018v3/thm-4.1-logistic, lemma-5.4-logistic and cor-4.3-logistic",
            *_GAPS,
        ),
    ),
)

INCOMPLETE = (
    Incomplete(
        id="zou-cao-zhou-gu/arxiv2018/thm-sgd",
        title="SGD, a family of losses",
        cites="zou2018",
        says=(
            "for losses with -ℓ' ≥ min{α₀, α₁ℓᵖ}, p > ½ and α₀ < ∞: m is (n²⁸ + n^{28-4p}ε^{2-4p})L³⁸φ⁻⁸, T is"
            " (n^{12-2p} + n^{12-4p}ε^{1-2p})B⁻²L⁹φ⁻²; evaluated at p = 1 and p = ½ in"
            " zou-cao-zhou-gu/arxiv2018v3/thm-4.5-logistic and its neighbours"
        ),
        missing="a letter for p, so that it can be evaluated for every loss of the family",
        tag="S",
    ),
)
