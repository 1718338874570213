r"""What papers claim of their widths beside the statements, checked like an assumption but no condition of anything.

A width in terms of a margin alone is polylogarithmic in n if the margin does not fall as examples are added. Labels
drawn at random have :math:`\gamma \le \sqrt{y^\top K y}/n`, of order :math:`n^{-1/2}`, so that
:math:`L^{22}\gamma^{-8}` is at least of order :math:`n^4`: the claim is one about the data. A sample shows how the
margin fell on its own parts, not what comes beyond them, so that "holds" means: nothing here speaks against it.
"""

from howwide.theory.assumptions import Assumption, Verdict
from howwide.theory.problem import Interval, Problem

__all__ = ["POLYLOGARITHMIC_WIDTH"]

STEADY = 0.05
"""Powers up to this count as none: a fit over a factor of 4 in n is no sharper."""

RANDOM_LABELS = 0.45
"""From here on the margin falls as that of random labels does: 1/2 in theory, 0.5 to 0.7 in fits on samples."""


def _check(problem: Problem) -> Verdict:
    fact = problem.margin_decay
    lower, upper = (fact.lower, fact.upper) if isinstance(fact, Interval) else (fact or 0.0, fact or 0.0)
    words = f"the margin falls like n^-{lower:.2f} at these sample sizes"
    if upper <= STEADY:
        return Verdict(_NAME, "holds", upper, STEADY)
    if lower < RANDOM_LABELS:
        return Verdict(_NAME, "unknown", upper, STEADY, reason=f"{words}; the claim applies only if that levels off")
    reason = f"{words}, as for random labels (n^-0.5), so that the width grows like a power of n"
    return Verdict(_NAME, "fails", upper, STEADY, reason=f"the claim does not apply: {reason}")


_NAME = "polylogarithmic-width"

POLYLOGARITHMIC_WIDTH = Assumption(
    _NAME, "the width is polylogarithmic in n: the margin does not fall as n grows", ("margin_decay",), _check
)
"""The claim in the titles and abstracts of Ji and Telgarsky, Chen et al. and their successors."""
