r"""Table 1 of Chen, Cao, Zou and Gu (arXiv 1911.12360v2, page 3), row by row as printed, beside our entries.

The table states width, iterations and examples for a test error of :math:`\epsilon`, other facts of the data fixed. An
entry of the catalogue stands beside a row where it is the same theorem; its powers of :math:`\epsilon` are read from
its own formulas, at :math:`\epsilon` so small that logarithms do not count, with :math:`\epsilon_{NTRF} = \epsilon`.
"""

import math
from typing import Any

from howwide import theory
from howwide.results.theorems import OurStatement, PaperRow, PaperTableResult
from howwide.theory import Problem, Theorem

__all__ = ["PAPER_TABLE", "paper_table", "power_of_eps"]


_FIXED: dict[str, Any] = dict.fromkeys((symbol.fact for symbol in theory.SYMBOLS.values()), 0.5) | {
    "n": 1000, "input_dim": 10, "output_dim": 1, "depth": 5, "batch_size": 1, "width": 100.0, "num_steps": 100.0,
    "radius": 10.0, "network_radius": 10.0,
}  # fmt: skip
"""Every fact that a formula may use, at a value that does not move."""


def power_of_eps(theorem: Theorem, kind: str) -> float | None:
    """The power of eps in a formula, from 1e-100 to 1e-200, where logarithms hardly count; None without a number."""

    def log10(eps: float) -> float | None:
        return theorem.quantity(kind, Problem(**_FIXED | {"target_loss": eps, "ntrf_loss": eps})).log10

    small, smaller = log10(1e-100), log10(1e-200)
    if small is None or smaller is None or not math.isfinite(smaller - small):
        return None
    return round((small - smaller) / 100, 1) + 0.0


def _ours(theorem: Theorem) -> OurStatement:
    kinds = ("width", "num_steps", "sample_size", "test_error")
    texts = {kind: theorem.formulas[kind].text if kind in theorem.formulas else None for kind in kinds}
    powers = {kind: power_of_eps(theorem, kind) for kind in kinds[:3] if kind in theorem.formulas}
    return OurStatement(id=theorem.id, tag=theorem.tag, powers_of_eps=powers, **texts)


def _row(*printed: str, ids: tuple[str, ...] = (), note: str = "") -> PaperRow:
    """What is printed, left to right, and our entries; a note says what else is to be known when they are compared."""
    names = ("paper", "algorithm", "width", "iterations", "samples", "network")
    fields = dict(zip(names, printed, strict=True))
    return PaperRow(**fields, ours=[_ours(theory.get(id)) for id in ids], note=note)


_CHEN = "chen-cao-zou-gu"

PAPER_TABLE = (
    _row(
        "Allen-Zhu et al. (2019a)", "SGD", "poly(ε⁻¹)", "Õ(ε⁻²)", "Õ(ε⁻⁴)", "Shallow",
        note="Allen-Zhu, Li and Liang, beyond two layers: not in the catalogue",
    ),
    _row(
        "Arora et al. (2019a)", "GD", "poly(n, ε⁻¹, λ₀⁻¹)", "Õ(n²λ₀⁻²)", "Õ(ε⁻²)", "Shallow",
        ids=("arora-du-hu-li-wang/icml2019/thm-4.1", "arora-du-hu-li-wang/icml2019/cor-5.2"),
        note="square loss; examples by a bound that falls like n^-½",
    ),
    _row(
        "Nitanda and Suzuki (2019)", "GD", "Ω̃(ε⁻¹)", "Õ(ε⁻²)", "Õ(ε⁻⁴)", "Shallow",
        ids=("nitanda-chinot-suzuki/arxiv2019/narrow",),
        note="a later version, with Chinot, has a second choice of width, ε^-3/2, with ε⁻¹ steps and ε⁻² examples",
    ),
    _row(
        "Ji and Telgarsky (2020)", "GD", "polylog(n, ε⁻¹)", "O(ε⁻¹)", "Õ(ε⁻²)", "Shallow",
        ids=("ji-telgarsky/iclr2020/thm-2.2", "ji-telgarsky/iclr2020/thm-3.2"),
        note="examples by a bound on the error that falls like n^-½",
    ),
    _row(
        "Ji and Telgarsky (2020)", "SGD", "polylog(ε⁻¹)", "O(ε⁻¹)", "Õ(ε⁻¹)", "Shallow",
        ids=("ji-telgarsky/iclr2020/thm-sgd",),
        note="as many steps as examples",
    ),
    _row(
        "Cao and Gu (2019b)", "GD", "Ω̃(ε⁻¹⁴)·e^Ω(L)", "Õ(ε⁻²)·e^O(L)", "Õ(ε⁻⁴)·e^O(L)", "Deep",
        ids=("cao-gu/aaai2020/thm-gd",),
    ),
    _row(
        "Cao and Gu (2019a)", "SGD", "Ω̃(ε⁻¹⁴)·poly(L)", "Õ(ε⁻²)·poly(L)", "Õ(ε⁻²)·poly(L)", "Deep",
        ids=("cao-gu/neurips2019/thm-3.3", "cao-gu/neurips2019/cor-3.10"),
        note="as many steps as examples; n⁷ with n of order ε⁻² is ε⁻¹⁴",
    ),
    _row(
        "This paper", "GD", "polylog(n, ε⁻¹)·poly(L)", "O(ε⁻¹)·poly(L)", "Õ(ε⁻²)·e^O(L)", "Deep",
        ids=(
            f"{_CHEN}/alpha-scaled/thm-2.1", f"{_CHEN}/alpha-scaled/thm-2.2", f"{_CHEN}/arxiv2020v2/thm-3.3",
            f"{_CHEN}/arxiv2020v2/thm-3.5", f"{_CHEN}/arxiv2020v2/thm-3.3+cor-4.4",
            f"{_CHEN}/arxiv2020v2/thm-3.3+prop-4.10", f"{_CHEN}/iclr2021/thm-3.3+prop-4.2",
        ),
        note="R is taken to be logarithmic in n/δ and 1/ε, and the margin γ to be fixed: a claim about the data",
    ),
    _row(
        "This paper", "SGD", "polylog(ε⁻¹)·poly(L)", "O(ε⁻¹)·poly(L)", "Õ(ε⁻¹)·poly(L)", "Deep",
        ids=(
            f"{_CHEN}/alpha-scaled/thm-2.3", f"{_CHEN}/arxiv2020v2/thm-3.8", f"{_CHEN}/arxiv2020v2/thm-3.8+cor-4.4",
            f"{_CHEN}/iclr2021/thm-3.5+prop-4.2",
        ),
        note="as many steps as examples; R and γ as above",
    ),
)  # fmt: skip
"""The rows, in the order of the paper."""


def paper_table() -> PaperTableResult:
    """The rows as printed, each with our statements for the same theorem."""
    title = "Table 1 of Chen, Cao, Zou and Gu, arXiv 1911.12360v2: width, iterations and examples for a test error of ε"
    return PaperTableResult(title=title, rows=list(PAPER_TABLE))
