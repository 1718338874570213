"""Widths for one hidden layer and the square loss, of which little more than the order in n is known.

Oymak and Soltanolkotabi (2019), Song et al. (NeurIPS 2021), Polaczyk and Cyranka (TMLR 2023), and a submission to ICLR
2026; Razborov (2022) is listed without exponents.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import SHALLOW_GRAM, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Incomplete, Theorem

_SQUARE = replace(SHALLOW, loss="square")
_SMOOTH = replace(_SQUARE, network="one hidden layer, smooth σ", covers=frozenset(), activation="smooth")
_PARAMETERS = "read as a number of parameters, divided by d; logarithms and conditioning left out"
_theorem = partial(Theorem, assumptions=(UNIT_INPUTS,), guarantee="linear convergence of the training loss", tag="S")

THEOREMS = (
    _theorem(
        id="oymak-soltanolkotabi/arxiv2019/thm-gd",
        title="one hidden layer, quadratically many parameters",
        cites="oymak2019",
        number="the theorem on gradient descent",
        setting=_SMOOTH,
        formulas={"width": Formula("m ≥ C n²/d", "D", note=_PARAMETERS)},
        known="parameters of order n² were read in the abstract",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
    ),
    _theorem(
        id="song-ramezani-kebrya-pethick-eftekhari-cevher/neurips2021/thm-gd",
        title="one hidden layer, subquadratically many parameters",
        cites="song2021",
        number="the main theorem",
        setting=replace(_SMOOTH, trained="both layers"),
        formulas={"width": Formula("m ≥ C n^{3/2}/d", "D=S", note=f"{_PARAMETERS}; printed for n of order dᵗ")},
        known="parameters of order n^{3/2} were read in a later table, the width itself for n of order dᵗ, t ≥ 2",
        improves_on=("oymak-soltanolkotabi/arxiv2019/thm-gd",),
    ),
    _theorem(
        id="polaczyk-cyranka/tmlr2023/thm-sgd",
        title="one hidden layer, SGD, activations including ReLU",
        cites="polaczyk2023",
        number="the theorem on SGD",
        setting=replace(_SQUARE, activation="any", algorithm="minibatch_sgd"),
        formulas={"width": Formula("m ≥ C n^{5/4}", "M?", note="logarithms and conditioning left out")},
        tag="M?",
        known="the setting was read in the abstract; the exponent is remembered, uncertain",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
    ),
    _theorem(
        id="anonymous/iclr2026-submission/thm-gd",
        title="one hidden layer, unbalanced start, nearly linear width",
        cites="nearlinear2026",
        number="the theorem on gradient descent",
        setting=replace(_SQUARE, covers=frozenset(), initialisation="unbalanced Gaussian"),
        assumptions=(UNIT_INPUTS, SHALLOW_GRAM),
        formulas={"width": Formula("m ≥ C nk/λ₀", "S", note="Ω̃")},
        known="read in the abstract of a submission",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
        gaps=("not reviewed when it was read",),
    ),
)

INCOMPLETE = (
    Incomplete(
        id="razborov/arxiv2022/thm-gd",
        title="one hidden layer, Gaussian inputs, both layers trained",
        cites="razborov2022",
        says="improves on Oymak and Soltanolkotabi for ReLU and adversarial labels",
        missing="the exponents",
        tag="S",
    ),
)
