r"""The minimal width as a frontier over budgets: intervals that hold for all of them at once.

All budgets T_1 < ... < T_K of a study are answered by the same trials: a trial that succeeds within T succeeds within
every larger budget, so counts rise with T, and the true :math:`m_q(T)` falls with it. The interval of a point holds for
its budget by itself, at the level. The *joint* ends hold for all budgets of one curve over T at once:

1. Each has the interval at level :math:`1 - (1 - \text{level})/K`. All K hold together with probability at least the
   level, however the shared trials tie them (Bonferroni).
2. While they do, :math:`m_q(T) \le m_q(T') \le u(T')` for every :math:`T' \le T`, so the upper end becomes the least up
   to T, and the lower end the largest from T on. This costs nothing, as it follows from what already holds. The same
   step on the pointwise intervals has no such proof: of several ends, the most favourable would be taken.

It is sound where success is a matter of the first time that a target is reached. A test error is none, so its joint
ends are those of step 1 alone. Tries are given up for each budget by itself (:mod:`howwide.training.hopeless`): a wrong
one under a larger budget alone breaks the order for that trial, as rarely as is stated there (``whole_tries`` has
none). Curves at other depths or n are statements of their own.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from howwide.results.width import WidthPoint
from howwide.statistics import AdaptiveDesign
from howwide.statistics.response import ResponseFit
from howwide.width.targets import parse_trial_target

__all__ = ["simultaneous_ends", "with_monotone_ends"]


def simultaneous_ends(
    design: AdaptiveDesign, fit: ResponseFit, quantile: float, budgets: int
) -> tuple[float | None, float | None]:
    """Step 1: lower and upper end of the minimal width that hold together with those of the other ``budgets``."""
    if budgets == 1:
        return None, None
    wider = replace(design, level=1.0 - (1.0 - design.level) / budgets).threshold(fit, quantile)
    return wider.lower, wider.upper


def with_monotone_ends(points: Sequence[WidthPoint]) -> list[WidthPoint]:
    """Step 2, for the points of all budgets, in their order."""
    changed = []
    for point in points:
        family = [p for p in points if _all_but_budget(p) == _all_but_budget(point)]
        if len(family) == 1 or parse_trial_target(point.target).test_error is not None:
            changed.append(point)
            continue
        lower = [p.joint_lower for p in family if p.steps >= point.steps and p.joint_lower is not None]
        upper = [p.joint_upper for p in family if p.steps <= point.steps and p.joint_upper is not None]
        ends = {"joint_lower": max(lower, default=None), "joint_upper": min(upper, default=None)}
        crossed = max(lower, default=-math.inf) > min(upper, default=math.inf)  # then not all can be right
        changed.append(point if crossed else point.model_copy(update=ends))
    return changed


def _all_but_budget(point: WidthPoint) -> tuple[object, ...]:
    return (point.n, point.quantile, point.target, point.depth, point.alpha, point.label_noise)
