"""Taheri, Thrampoulidis (JMLR 2024; with Mazumdar, ICLR 2025): smooth activations, logistic loss, fast rates.

Both ask for a reference at distance D from the start with training loss at most 1/T; a margin γ gives one at distance
of order log(T)/γ.
"""

from dataclasses import replace

from howwide.theory.assumptions import IID_SAMPLE, REFERENCE_LOSS, TANGENT_MARGIN, UNIT_INPUTS
from howwide.theory.magnitude import exp, log, sqrt
from howwide.theory.quantities import Formula
from howwide.theory.settings import SHALLOW, Setting
from howwide.theory.statements import Incomplete, Theorem

_SHALLOW = replace(SHALLOW, network="f = m^-½ Σ_j a_j σ(⟨w_j, x⟩), smooth σ, a_j = ±1", activation="smooth")
_DEEP = Setting(
    network="L hidden layers, smooth 1-Lipschitz σ",
    trained="all hidden layers",
    initialisation="Gaussian",
    activation="smooth",
)
_DEEP_GAPS = (
    "not about ReLU",
    "polylogarithmic only for fixed L: the exponent is 6L + 4 and β_L is not specified",
    "a factor log T may be missing where 4D²/(ηt) is summed",
)

THEOREMS = (
    Theorem(
        id="taheri-thrampoulidis/jmlr2024/thm-realizable",
        title="gradient descent, one hidden layer, by a reference",
        cites="taheri2024",
        number="the main theorem",
        setting=_SHALLOW,
        assumptions=(REFERENCE_LOSS, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C D⁴", "S", lambda D, C: C * D**4),
            "training_loss": Formula("L_S ≤ C D²/T", "S", lambda D, T, C: C * D**2 / T),
            "test_loss": Formula("E ℓ(yf) ≤ C D²/n at T of order n", "S", lambda n, D, C: C * D**2 / n),
        },
        guarantee="training loss after T steps, and expected loss in expectation over the sample",
        tag="S",
        known="read in the abstract",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast",),
        gaps=("not about ReLU",),
    ),
    Theorem(
        id="taheri-thrampoulidis/jmlr2024/cor-margin",
        title="gradient descent, one hidden layer, by a margin",
        cites="taheri2024",
        number="the corollary on tangent-separable data",
        setting=_SHALLOW,
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C γ⁻⁴ log⁴T", "D", lambda gamma, T, C: C * log(T) ** 4 / gamma**4),
            "training_loss": Formula("L_S ≤ C γ⁻²/T", "S", lambda gamma, T, C: C / (gamma**2 * T), note="Õ"),
            "test_loss": Formula(
                "E ℓ(yf) ≤ C γ⁻²/n", "S", lambda n, gamma, C: C / (gamma**2 * n), note="Õ; T of order n"
            ),
        },
        guarantee="training loss after T steps, and expected loss in expectation over the sample",
        tag="S",
        known="read in the abstract; the power of γ in the width is derived",
        improves_on=("nitanda-chinot-suzuki/arxiv2019/fast",),
        gaps=("not about ReLU",),
    ),
    Theorem(
        id="taheri-thrampoulidis-mazumdar/iclr2025/thm-realizable",
        title="gradient descent, deep smooth network, by a reference",
        cites="taheri2025",
        number="the main theorem",
        setting=_DEEP,
        assumptions=(REFERENCE_LOSS, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ 4C(6D)^{6L+4}, C = β_L²", "S", lambda L, D, C: 4 * C * (6 * D) ** (6 * L + 4)),
            "training_loss": Formula("L_S(W(T)) ≤ 4D²/(ηT)", "S", lambda D, eta, T: 4 * D**2 / (eta * T)),
            "test_loss": Formula("E ℓ(yf) ≤ L_S + 9D²/(ηn)", "S", lambda n, D, eta, loss: loss + 9 * D**2 / (eta * n)),
        },
        guarantee="training loss of the last iterate; expected loss in expectation over the sample",
        tag="S",
        known="read in four reviews that quote the conditions",
        improves_on=("taheri-thrampoulidis/jmlr2024/thm-realizable", "chen-cao-zou-gu/iclr2021/thm-3.4"),
        gaps=_DEEP_GAPS,
        iterate="last",
    ),
    Theorem(
        id="taheri-thrampoulidis-mazumdar/iclr2025/cor-margin",
        title="gradient descent, deep smooth network, by a margin",
        cites="taheri2025",
        number="the corollary on tangent-separable data",
        setting=_DEEP,
        assumptions=(UNIT_INPUTS, TANGENT_MARGIN, IID_SAMPLE),
        formulas={
            "width": Formula(
                "m ≥ C ((2B₀ + log(1/ε))/γ)^{6L+4}, C = β_L²",
                "S",
                lambda L, gamma, eps, f_0, C: C * ((2 * f_0 + log(1 / eps)) / gamma) ** (6 * L + 4),
            ),
            "test_loss": Formula(
                "E ℓ(yf) ≤ C eᴸγ⁻²/n",
                "S",
                lambda n, L, gamma, C: C * exp(L) / (gamma**2 * n),
                note="printed: e^{O(L)}; the constant in the exponent is hidden as well, 1 here",
            ),
        },
        guarantee="expected loss in expectation over the sample",
        tag="S",
        known="read in four reviews that quote the conditions",
        improves_on=("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2",),
        gaps=_DEEP_GAPS,
    ),
    Theorem(
        id="taheri-thrampoulidis-mazumdar/iclr2025/cor-noisy",
        title="gradient descent, deep smooth network, noisy data",
        cites="taheri2025",
        number="the statement on data that are not separable",
        setting=_DEEP,
        assumptions=(UNIT_INPUTS, IID_SAMPLE),
        formulas={
            "width": Formula("m ≥ C n^{3L+3}, C = β_L²", "S", lambda n, L, C: C * n ** (3 * L + 3)),
            "num_steps": Formula("T = n^½", "S", lambda n: sqrt(n)),
        },
        guarantee="excess expected loss of order n^{-½}",
        tag="S",
        known="read in four reviews that quote the conditions",
        gaps=_DEEP_GAPS,
    ),
)

INCOMPLETE = (
    Incomplete(
        id="taheri-thrampoulidis/arxiv2023v1/homogeneous",
        title="k-homogeneous activations",
        cites="taheri2024",
        says="m ≥ C log^{4/k} n with test loss Õ(γ^{-2/k}/n)",
        missing="which activations and assumptions; the published version has other statements",
        tag="S",
    ),
    Incomplete(
        id="taheri-thrampoulidis-mazumdar/iclr2025/xor",
        title="SGD with quadratic activation on XOR",
        cites="taheri2025",
        says="linear loss, η = m, ⌈log d⌉ steps, n of order d",
        missing="a width condition; the failure probability does not vanish at constant width",
        tag="S",
    ),
)
