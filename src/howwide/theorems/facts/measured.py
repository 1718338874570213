r"""The measured facts, handed to each theorem as facts of *its* network and of nothing else.

- Separations go with the constant coordinate :math:`\mu` where the statement has one (distances shrink by
  :math:`\sqrt{1 - \mu^2}`).
- Margins of one hidden layer go to the shallow statements.
- Li et al. get margin and reference of the antisymmetric fixed-head network, in their weights; statements about its
  case of one hidden layer that ask about one of them those of that case, in the weights of Lei et al., at depth 2.
- Statements about smooth networks without skip connections get the Gram of the last hidden layer, for one smooth
  activation, and nothing of a ReLU kernel.

All networks are ReLU networks, so that a statement about another activation is judged not to apply; its numbers are
evaluated all the same. What is not known is named in the results.
"""

import dataclasses
import math
from typing import Any

from howwide.measure import MeasureResult
from howwide.theory import Problem, Theorem
from howwide.theory.assumptions import CONSTANT_COORDINATE

__all__ = ["MU", "Measured"]

MU = 1 / math.sqrt(2)
"""The constant coordinate where a statement has one and the data have none: that of Allen-Zhu et al."""

_SEPARATIONS = ("separation_across", "separation_all")


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """The facts of one data set at one width, for every theorem.

    Attributes:
        data: what is true of the data alone, whatever the network.
        deep: facts of DeepReLU at its start.
        relu: facts of one hidden ReLU layer and of random ReLU features, by the inputs alone.
        antisymmetric: facts of the antisymmetric fixed-head network, in the weights of Li et al.
        paired: the same for one hidden layer, in the weights of Lei et al.; empty at other depths.
        smooth: facts of the fully connected smooth network of Du et al.
        constant: the constant coordinate of the data, or None.
        measurement: the one behind ``deep``, with statuses and witnesses.
        notes: what was left out, and how some facts are to be read.
    """

    data: Problem
    deep: dict[str, Any]
    relu: dict[str, Any]
    antisymmetric: dict[str, Any]
    paired: dict[str, Any]
    smooth: dict[str, Any]
    constant: float | None
    measurement: MeasureResult | None
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """The width at which the start was measured."""
        assert self.data.width is not None
        return int(self.data.width)

    def problem(self, theorem: Theorem, **changes: Any) -> Problem:
        """The facts that ``theorem`` may use: those of its own network and inputs, with ``changes`` on top."""
        known = dict(self._of_network(theorem))
        if CONSTANT_COORDINATE in theorem.assumptions:
            known |= self._with_constant()
        return dataclasses.replace(self.data, **(known | changes))

    def _of_network(self, theorem: Theorem) -> dict[str, Any]:
        setting = theorem.setting
        if setting.activation not in ("relu", "any"):
            return self.smooth if setting.activation == "smooth" and not setting.residual else {}
        if "deep" in setting.covers:
            return self.relu | self.deep
        if setting.covers == {"fixed_head_antisymmetric"}:
            paired = self.paired if theorem.facts & self.paired.keys() else {}
            return self.relu | paired if setting.hidden_layers == 1 else self.antisymmetric
        return self.relu

    def _with_constant(self) -> dict[str, Any]:
        """Distances after appending the constant coordinate; those of the data if they have one."""
        shrink = 1.0 if self.constant is not None else math.sqrt(1 - MU**2)
        values = {name: getattr(self.data, name) for name in _SEPARATIONS}
        return {"constant_coordinate": True, **{k: v and shrink * v for k, v in values.items()}}

    def as_dict(self) -> dict[str, Any]:
        """Everything that is known, as plain JSON types; an interval is a list of two ends."""
        return {
            **self.data.as_dict(),
            **{f"{name}_with_constant": self._with_constant()[name] for name in _SEPARATIONS},
            **Problem(**self.relu).as_dict(),
            **Problem(**self.deep, depth=self.data.depth).as_dict(),
            "margin_decay_shallow": Problem(**self.relu).as_dict().get("margin_decay"),
            "lambda_min_last": Problem(**self.smooth).as_dict().get("lambda_min_last"),
            "antisymmetric": Problem(**self.antisymmetric).as_dict(),
            "paired": Problem(**self.paired).as_dict(),
        }
