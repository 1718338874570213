r"""From the real threshold to the least size that can be built.

Sizes are multiples of a step s (1, or 2 where a network needs an even width), and what can be built is

.. math:: m^* = \min\{m \in s\mathbb{N} : P(m) \ge q\} = s \lceil m_q / s \rceil, \qquad m^* \ge s,

since a success probability P that rises with m is at least q from :math:`m_q` on.

*Its interval covers.* :math:`g(x) = \max(s, s \lceil x / s \rceil)` never falls, so :math:`L \le m_q \le U` implies
:math:`g(L) \le g(m_q) = m^* \le g(U)`: the ends g(L) and g(U) cover :math:`m^*` at least as often as L and U cover
:math:`m_q`. More often where an end moved to the next multiple, and with no allowance needed for an end at a multiple:
a lower end of 8 becomes 8 (though where all trials up to a width of 8 failed, and that proves :math:`m_q > 8`, 9 would
hold too).

An end that is unknown stays unknown, with one exception: nothing is smaller than s, so an upper end of s is the answer.
The same holds of any increasing sizes (`least_size`), with the least size at or above x for g(x); beyond the last one
it is unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LeastInteger", "least_integer", "least_size"]

_LARGEST = 2**53  # no float beyond it tells two integers apart
_ROUNDING = 1e-12  # relative; a number this close above a multiple is that multiple, as exp(log 8) is 8


@dataclass(frozen=True)
class LeastInteger:
    """The least size whose success probability reaches q, None where the data give none.

    Attributes:
        estimate: at the estimate of the threshold.
        lower: lower end.
        upper: upper end.
    """

    estimate: int | None
    lower: int | None
    upper: int | None


def least_integer(estimate: float | None, lower: float | None, upper: float | None, step: int = 1) -> LeastInteger:
    r"""Estimate and ends of :math:`m^* = s \lceil m_q / s \rceil`, from those of :math:`m_q`.

    Args:
        estimate: of the threshold, or None.
        lower: its lower end, or None.
        upper: its upper end, or None.
        step: s; sizes are its multiples, the smallest is s itself.

    Example:
        >>> least_integer(11.2, 9.6, 14.0)
        LeastInteger(estimate=12, lower=10, upper=14)
        >>> least_integer(None, None, 0.8, step=2)
        LeastInteger(estimate=2, lower=2, upper=2)
    """
    return least_size(estimate, lower, upper, range(step, _LARGEST, step))


def least_size(estimate: float | None, lower: float | None, upper: float | None, sizes: Sequence[int]) -> LeastInteger:
    r"""Estimate and ends of the least of the sizes whose success probability reaches q, from those of :math:`m_q`.

    Args:
        estimate: of the threshold, or None.
        lower: its lower end, or None.
        upper: its upper end, or None.
        sizes: increasing, at least one.

    Example:
        >>> least_size(11.2, 9.6, 140.0, [4, 8, 16, 32])
        LeastInteger(estimate=16, lower=16, upper=None)
    """

    def at_or_above(size: float | None) -> int | None:
        place = len(sizes) if size is None else bisect_left(sizes, size * (1.0 - _ROUNDING))
        return sizes[place] if place < len(sizes) else None

    middle, low, high = map(at_or_above, (estimate, lower, upper))
    return LeastInteger(high, high, high) if high == sizes[0] else LeastInteger(middle, low, high)
