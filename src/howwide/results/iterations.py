"""What ``iterations`` finds: the steps that gradient descent takes to a loss, against the loss and the depth."""

from typing import Annotated, Any, Literal

from howwide.results.base import Record, Result, Stored, not_printed

__all__ = ["Finding", "IterationExponent", "IterationLaw", "IterationPoint", "Quantity", "Variable"]

Quantity = Literal["steps", "steps, two smallest losses", "radius", "steps over the bound"]
Variable = Literal["1/eps", "L"]
Finding = Literal["consistent", "slower", "faster"]


class IterationPoint(Record):
    r"""The steps to one loss at one depth, as geometric means over the runs with Student's interval of the logarithms.

    ``runs`` are those that neither diverged nor died, ``reached`` counts those of them that had the loss within the
    budget. ``steps`` is T, ``radius`` the R of the weights there, and ``constant`` is :math:`T \varepsilon / (L^2
    R^2)`, what the theorem's O would have to hide. All three are null unless all runs reached it, the ends also where
    no two runs differ.
    """

    depth: int
    eps: float
    runs: int
    reached: int
    steps: float | None
    steps_lower: float | None
    steps_upper: float | None
    radius: float | None
    radius_lower: float | None
    radius_upper: float | None
    constant: float | None
    constant_lower: float | None
    constant_upper: float | None


class IterationExponent(Record):
    r"""The exponent with which a ``quantity`` goes with 1/eps at one ``depth``, or with L at one ``eps``.

    The quantities: ``steps`` T; ``steps, two smallest losses``; ``radius`` R; ``steps over the bound``, T over
    :math:`L^2 R^2 / \varepsilon`. ``values`` are those of 1/eps or L that were used, ``theorem`` the exponent that the
    theorem has, null where it has none. ``finding``: the interval holds that exponent (``consistent``), or is above it
    (``slower``: more steps) or below (``faster``); null without an interval.
    """

    quantity: Quantity
    against: Variable
    depth: int | None
    eps: float | None
    runs: int
    values: tuple[float, ...]
    exponent: float
    lower: float | None
    upper: float | None
    theorem: float | None
    finding: Finding | None


class IterationLaw(Result, verbs=("iterations",)):
    r"""The steps to a loss beside the theorem's :math:`O(L^2 R^2 / \varepsilon)`.

    Attributes:
        answer: how the steps grow with 1/eps at the smallest depth, and how that compares with the theorem.
        verdict: the end of the range, R, the depths, and what was left out.
        points: one for each depth and loss.
        exponents: of 1/eps for each depth, and of L for each loss that all runs at all depths reached.
        level: of the intervals.
        step_rule: where the step size came from.
        steps: the budget.
        runs: one row for each depth, start and loss; steps and radius are missing where the run did not reach it.
    """

    answer: str
    verdict: str
    points: tuple[IterationPoint, ...]
    exponents: tuple[IterationExponent, ...]
    level: float
    step_rule: str
    steps: int
    runs: Annotated[
        Any, Stored("runs.csv", columns=("depth", "start", "eps", "steps", "radius"), words=("status",))
    ] = not_printed()
