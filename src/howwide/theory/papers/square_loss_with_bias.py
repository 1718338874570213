"""One hidden ReLU layer started with a bias b, square loss, from Song and Yang (2019) to Yang et al. (JMLR 25, 2024).

Song and Yang have b = 0; λ₀ is the least eigenvalue there. With trained biases the kernel has ⟨x, x'⟩ + 1 for ⟨x, x'⟩,
so that the eigenvalue without biases, which is the one that is measured, bounds it from below: widths err to the wide
side.
"""

from dataclasses import replace
from functools import partial

from howwide.theory.assumptions import BIASED_GRAM, MODERATE_BIAS, SHALLOW_GRAM, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW
from howwide.theory.statements import Theorem

_NO_BIAS = replace(SHALLOW, covers=frozenset(), loss="square", loss_average="sum")
_FIXED_BIAS = replace(_NO_BIAS, network="f = m^-½ Σ_j a_j σ(⟨w_j, x⟩ - b), a_j = ±1")
_BIAS = replace(
    _FIXED_BIAS,
    network="f = m^-½ Σ_j a_j σ(⟨w_j, x⟩ - b_j), a_j = ±1",
    trained="the hidden layer with its biases; the head is frozen",
    initialisation="w_j ~ N(0, I), b_j = b, a_j fair coins",
)
_theorem = partial(
    Theorem,
    setting=_NO_BIAS,
    assumptions=(UNIT_INPUTS, SHALLOW_GRAM),
    guarantee="linear convergence of the training loss",
    tag="S",
)

THEOREMS = (
    _theorem(
        id="song-yang/arxiv2019/thm-quartic",
        title="one hidden layer, square loss, n⁴",
        cites="songyang2019",
        number="the theorem without conditions on the data",
        formulas={"width": Formula("m ≥ C n⁴λ₀⁻⁴", "S", note="Ω̃")},
        known="read in Table 1 of Yang et al. (JMLR 2024)",
        improves_on=("du-zhai-poczos-singh/iclr2019/thm-gd",),
        gaps=("another table gives n² for the same paper: song-yang/arxiv2019/thm-quadratic",),
    ),
    _theorem(
        id="song-yang/arxiv2019/thm-quadratic",
        title="one hidden layer, square loss, n²",
        cites="songyang2019",
        number="the theorem of the title",
        formulas={"width": Formula("m ≥ C n²", "M?", note="C hides powers of 1/λ₀ and what is asked of the data")},
        guarantee="linear convergence of the training loss, on data whose gradients are spread",
        tag="M?",
        known="the order in n was read in a table of a later paper and in the title; the condition is not known here",
        improves_on=("song-yang/arxiv2019/thm-quartic",),
        gaps=("Table 1 of Yang et al. (JMLR 2024) gives n⁴λ₀⁻⁴ for the same paper",),
    ),
    _theorem(
        id="song-yang-zhang/neurips2021/thm-gd",
        title="one hidden layer with a bias, square loss",
        cites="songyangzhang2021",
        number="Lemma D.9, as quoted",
        setting=_FIXED_BIAS,
        assumptions=(UNIT_INPUTS, SHALLOW_GRAM, BIASED_GRAM),
        formulas={"width": Formula("m ≥ C n⁴λ₀⁻⁴b²e^{2b²}", "S", note="Ω̃; for b of order 1 and more")},
        known="read in Table 1 and Remark 2 of Yang et al. (JMLR 2024)",
        improves_on=("song-yang/arxiv2019/thm-quartic",),
    ),
    _theorem(
        id="yang-jiang-zhang-liang-wang/jmlr2024/thm-1",
        title="one hidden layer with a trained bias, square loss",
        cites="yang2024",
        number="Theorem 1",
        setting=_BIAS,
        assumptions=(SHALLOW_GRAM, BIASED_GRAM, MODERATE_BIAS),
        formulas={
            "width": Formula("m ≥ C n⁴λ₀⁻⁴e^{b²}", "S", note="Ω̃"),
            "step_size": Formula("η ≤ C λ₀e^{b²/2}n⁻²", "S", note="printed: λ(b)e^{b²}/n² with λ(b) = λ₀e^{-b²/2}"),
            "num_steps": Formula("T = 4e^{b²/2} log(1/ε)/(ηλ₀)", "D", note="(1 - ηλ(b)/4)ᵀ ≤ ε"),
            "training_loss": Formula("L_S(W(T))/L_S(W0) ≤ ε", "S"),
        },
        guarantee="with probability 1-δ-e^{-Ω(n)}, L_S(W(t)) ≤ (1 - ηλ(b)/4)ᵗ L_S(W0) at every step",
        known="read in the text",
        improves_on=("song-yang-zhang/neurips2021/thm-gd",),
        gaps=("‖x‖ ≤ 1 is enough",),
        iterate="every",
    ),
)
