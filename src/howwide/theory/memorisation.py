r"""Memorisation: what some weights can fit, beside what training needs.

A :class:`Memorisation` says how large a network must be for weights to *exist* that fit labels; nothing of how they are
found, and nothing of one data set. Beside a measured width it is a reference line and no bound: labels that are easy
need less, and those that a hyperplane through 0 separates are fitted at width 2, :math:`\sigma(w \cdot x) -
\sigma(-w \cdot x)`, for any n. The one floor among them holds for labels drawn by fair coins only, with high
probability.

What is needed is a formula; what a network of width m has is one of :data:`SUPPLIES`; the width is the least m where
that suffices, with the parameters counted as the library's networks have them.

>>> from howwide import theory
>>> shape = theory.Problem(n=500, depth=3, input_dim=64, failure_probability=0.05)
>>> lines = {line.id: line.least_width(shape) for line in theory.all_memorisation()}
>>> lines["yun-sra-jadbabaie/neurips2019/thm-3.1"], lines["bartlett-harvey-liaw-mehrabian/derived/sign-patterns"]
(48, 2)
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from howwide import bibliography
from howwide.theory.capacity import Architecture, least_width, log2_sign_patterns, vc_dimension
from howwide.theory.magnitude import Magnitude, Undefined
from howwide.theory.problem import Problem
from howwide.theory.quantities import Formula, Quantity

__all__ = ["NO_BOUND", "SAYS", "SHOWN_FOR", "SUPPLIES", "Memorisation"]

SAYS: Mapping[str, str] = MappingProxyType(
    {
        "sufficient": "sufficient for any labels",
        "necessary": "necessary for some labels",
        "random": "floor for random labels only",
    }
)
"""What a statement says of its width."""

NO_BOUND = (
    "Reference lines, not bounds: they ask whether weights exist that fit, not whether training finds them. The "
    "measured width may lie below any of them: labels that a hyperplane through 0 separates are fitted at width 2, for "
    "any n."
)
"""How the lines are to be read, where they are shown."""

SHOWN_FOR: Mapping[str, str] = MappingProxyType(
    {"this": "this depth", "order": "this depth, up to a constant", "deeper": "a deeper and narrower network"}
)
"""At which depth a statement has been shown; its weights are spread over the network at hand all the same."""

_Supply = Callable[[Architecture, int, int], float]

SUPPLIES: Mapping[str, tuple[str, _Supply]] = MappingProxyType(
    {
        "neurons": (
            "neurons a layer; under a frozen head half of them, as signs cannot be chosen",
            lambda network, m, n: network.free_neurons(m),
        ),
        "parameters": (
            "trained weights: d m + (L-2) m² + m of DeepReLU, d m + (L-1) m² of FixedHeadReLU",
            lambda network, m, n: network.parameters(m),
        ),
        "vc_dimension": (
            "an upper bound of the VC dimension, with its constants",
            lambda network, m, n: vc_dimension(network, m),
        ),
        "sign_patterns": (
            "log₂ of an upper bound of the number of sign patterns on n inputs",
            lambda network, m, n: log2_sign_patterns(network, m, n),
        ),
    }
)
"""What a network of width m on n inputs has, in words and as a function."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Memorisation:
    """One statement about the existence of weights that fit. Its meaning never changes: a misreading gets a new entry.

    Attributes:
        id: permanent, ``authors/version/statement``; ``derived`` in place of the version for what is derived here.
        title: short, for a list.
        cites: key in the bibliography.
        number: where the statement is in the source.
        says: one of :data:`SAYS`.
        need: what is needed; ``L`` counts hidden layers. With the letter ``C`` a prediction.
        supply: what of the network it is compared with, one of :data:`SUPPLIES`.
        shown_for: one of :data:`SHOWN_FOR`.
        hidden_layers: the least number of hidden layers; further ones of the same width only copy.
        own_network: the network of the statement.
        guarantee: what is stated, in words.
        tag: how it is known, one of :data:`~howwide.theory.quantities.TAGS`.
        known: the same in words, with the source.
        gaps: cautions.
    """

    id: str
    title: str
    cites: str
    number: str
    says: str
    need: Formula
    supply: str
    shown_for: str = "this"
    hidden_layers: int = 1
    own_network: str
    guarantee: str
    tag: str
    known: str
    gaps: tuple[str, ...] = ()

    @property
    def reference(self) -> bibliography.Reference:
        """The paper."""
        return bibliography.get(self.cites)

    @property
    def year(self) -> int:
        """Year of the version that is cited."""
        return self.reference.year

    def width(self, problem: Problem, hidden_constant: float = 1.0) -> Quantity:
        """The width at the depth, input dimension and network of a problem, a whole number, by its logarithm.

        Args:
            problem: needs ``depth`` and ``input_dim``, ``n``, and what the formula asks for; DeepReLU where it names no
                network.
            hidden_constant: for what the paper hides; the result is then a prediction.
        """
        network = Architecture.of(problem)
        needed = self.need.at("width", problem, problem.hidden_layers, hidden_constant)
        if needed.log10 is None or math.isinf(needed.log10):
            return needed
        if network is None or problem.n is None:
            missing = tuple(name for name in ("depth", "input_dim", "n") if getattr(problem, name) is None)
            reason = f"not known: {', '.join(missing)}"
            return replace(needed, status="unknown", log10=None, log10_other=None, missing=missing, reason=reason)
        if network.hidden_layers < self.hidden_layers:
            reason = f"stated for at least {self.hidden_layers} hidden layers, not {network.hidden_layers}"
            return replace(needed, status="not_stated", log10=None, log10_other=None, reason=reason)
        n, supply = problem.n, SUPPLIES[self.supply][1]

        def log10_width(need: float) -> float:
            return math.log10(least_width(lambda m: supply(network, m, n), float(Magnitude(need))))

        assert needed.log10_other is not None
        try:
            return replace(needed, log10=log10_width(needed.log10), log10_other=log10_width(needed.log10_other))
        except Undefined as why:
            return replace(needed, status="undefined", log10=None, log10_other=None, reason=str(why))

    def least_width(self, problem: Problem, hidden_constant: float = 1.0) -> int | None:
        """The width as a whole number; None where there is none."""
        log10 = self.width(problem, hidden_constant).log10
        return None if log10 is None or math.isinf(log10) else round(10**log10)

    def as_dict(self) -> dict[str, Any]:
        """Everything that can be printed, as plain JSON types."""
        f = self.need
        need = {"text": f.text, "tag": f.tag, "relation": f.relation, "facts": list(f.facts), "note": f.note}
        words = {"says": SAYS[self.says], "supply": SUPPLIES[self.supply][0], "shown_for": SHOWN_FOR[self.shown_for]}
        return {**self.__dict__, **words, "year": self.year, "need": need, "gaps": list(self.gaps)}
