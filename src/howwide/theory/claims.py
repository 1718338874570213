r"""What papers claim of their widths beside the statements, checked like an assumption but no condition of anything.

A width in terms of a margin alone is polylogarithmic in n if the margin does not fall as examples are added. Labels
drawn at random have :math:`\gamma \le \sqrt{y^\top K y}/n`, of order :math:`n^{-1/2}`, so that
:math:`L^{22}\gamma^{-8}` is at least of order :math:`n^4`: the claim is one about the data. A sample shows how the
margin fell on its own parts, not what comes beyond them, so that "holds" means: nothing here speaks against it, and
"fails" is said of these sample sizes. Where the interval of the power lies on both sides of a threshold the answer is
"unknown", and the reason says "undecided".
"""

from howwide.theory.assumptions import Assumption, Verdict
from howwide.theory.problem import Interval, Problem

__all__ = ["POLYLOGARITHMIC_WIDTH"]

STEADY = 0.05
"""Powers up to this count as none."""

RANDOM_LABELS = 0.45
"""From here on the margin falls as that of random labels does: 1/2 in theory, 0.5 to 0.7 in fits on samples."""


def _check(problem: Problem) -> Verdict:
    fact = problem.margin_decay
    lower, upper = (fact.lower, fact.upper) if isinstance(fact, Interval) else (fact or 0.0, fact or 0.0)
    words = f"the margin falls like n^-a with a from {lower:.2f} to {upper:.2f}"
    if upper <= STEADY:
        return Verdict(_NAME, "holds", upper, STEADY)
    if lower >= RANDOM_LABELS:
        reason = f"{words}, as for random labels (n^-0.5), so that the width grows like a power of n"
        return Verdict(
            _NAME, "fails", lower, RANDOM_LABELS, reason=f"at these sample sizes the claim does not apply: {reason}"
        )
    sides = [f"{STEADY:g}, up to which it counts as one that stays"] if lower <= STEADY else []
    if upper >= RANDOM_LABELS:
        sides.append(f"{RANDOM_LABELS:g}, from which on it falls as for random labels")
    if sides:
        reason = f"undecided: {words}, on both sides of {' and of '.join(sides)}; more examples shorten the interval"
    else:
        reason = f"{words} at these sample sizes; the claim applies only if that levels off"
    return Verdict(_NAME, "unknown", upper, STEADY, reason=reason)


_NAME = "polylogarithmic-width"

POLYLOGARITHMIC_WIDTH = Assumption(
    _NAME, "the width is polylogarithmic in n: the margin does not fall as n grows", ("margin_decay",), _check
)
"""The claim in the titles and abstracts of Ji and Telgarsky, Chen et al. and their successors."""
