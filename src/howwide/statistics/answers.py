"""One sentence that says which size to take, from what the trials show about each success probability.

*About 8 neurons a layer fit 800 examples within 2000 steps in half of the draws (95 %: 7 to 10), 14 in nine of ten (12
to 17); 17 is the safe choice.* The safe choice is the upper end of the interval at the largest success probability
asked: that end alone holds at (1 + level)/2. Where it is not known, the sentence ends with what would close it.

What is not shown is not said. "More than 64" is said of a lower end that was tried and proved too small, "at least 62"
of any other; "about" is left out where the ends agree; an end that is unknown is not named. What was counted, and what
a size is, are words (`AnswerWords`): there are no networks here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from howwide.statistics.least_integer import LeastInteger
from howwide.statistics.thresholds import ThresholdStatus

__all__ = ["AnswerWords", "Shown", "answer", "in_doubt", "safe_choice", "share_words"]

_SHARES = {0.5: "half", 0.9: "nine of ten", 0.99: "99 of 100"}
_LARGE = 0.9  # the upper end for a success probability from here on is safe without more words


@dataclass(frozen=True)
class AnswerWords:
    """How an answer speaks of its subject.

    Attributes:
        one: a unit of size, as ``neuron a layer``.
        many: several of them.
        does: what several do when they succeed, also after "to": ``fit 800 examples within 2000 steps``.
        does_one: what one does.
        draws: what success is a share of.
        more: what would narrow the interval.
        beyond: what would have to be tried where no size tried is large enough, or an empty text for more trials.
        longer: what else might help where trials ended too early, or an empty text.
    """

    one: str
    many: str
    does: str
    does_one: str
    draws: str = "draws"
    more: str = "more trials"
    beyond: str = "larger sizes"
    longer: str = ""


@dataclass(frozen=True)
class Shown:
    """What the trials show about one success probability.

    Attributes:
        quantile: the success probability q.
        least: the least size whose success probability reaches q, with its ends.
        status: of the threshold.
        level: of the interval.
        trials: how many were made.
        exclusive: whether the lower end itself was shown to be too small.
    """

    quantile: float
    least: LeastInteger
    status: ThresholdStatus | str
    level: float
    trials: int
    exclusive: bool = False

    @property
    def size(self) -> int | None:
        """What the sentence names: the estimate, or the end that is known."""
        known = (self.least.estimate, self.least.lower, self.least.upper)
        return next((size for size in known if size is not None), None)

    @property
    def number(self) -> str | None:
        """The size in words, None where none is known."""
        least = self.least
        if least.estimate is not None:
            exact = least.lower == least.upper == least.estimate
            return f"{'' if exact else 'about '}{least.estimate}"
        if least.lower is not None:
            return f"{'more than' if self.exclusive else 'at least'} {least.lower}"
        return None if least.upper is None else f"at most {least.upper}"

    @property
    def ends(self) -> str:
        """The ends of the interval of an estimate."""
        low, high = self.least.lower, self.least.upper
        if self.least.estimate is None or (low is None and high is None):
            return ""
        if low is None or high is None:
            return f"at least {low}" if high is None else f"at most {high}"
        return f"{low} to {high}"


def share_words(quantile: float, draws: str = "") -> str:
    """A success probability in words: "nine of ten"; with what it is a share of, "half of the draws"."""
    words = _SHARES.get(quantile, f"{100 * quantile:g} %")
    between = " of the " if words == "half" or words.endswith("%") else " "
    return f"{words}{between}{draws}" if draws else words


def safe_choice(upper: int, quantile: float) -> str:
    """That the upper end is the safe choice; for a small success probability, of what."""
    return f"{upper} is the safe choice" + ("" if quantile >= _LARGE else f" for {share_words(quantile)} of them")


def answer(shown: Sequence[Shown], words: AnswerWords) -> str:
    """The sentence.

    Args:
        shown: one for each success probability asked.
        words: what was counted.
    """
    ordered = sorted(shown, key=lambda part: part.quantile)
    labelled = next((part for part in ordered if part.ends), None)
    text, unsettled = "", False
    for part in ordered:
        label = f"{100 * part.level:g} %: " if part is labelled else ""
        ends = f" ({label}{part.ends})" if part.ends else ""
        text += f", {_clause(part, ends, unsettled)}" if text else _first(part, words) + ends
        unsettled = part.number is None
    return f"{text}; {_last(ordered, words)}."


def in_doubt(sentence: str) -> str:
    """An answer whose success curve the trials speak against."""
    return f"{sentence.removesuffix('.')}; but the success curve is in doubt: see the warnings."


def _first(part: Shown, words: AnswerWords) -> str:
    """The answer at the smallest success probability, with what was counted."""
    share, number = share_words(part.quantile, words.draws), part.number
    if number is not None:
        single = part.size == 1
        if part.least.estimate is not None:
            does = words.does_one if single else words.does
            return f"{number[0].upper()}{number[1:]} {words.one if single else words.many} {does} in {share}"
        needed = f"{words.one} is needed" if single else f"{words.many} are needed"
        return f"{number[0].upper()}{number[1:]} {needed} to {words.does} in {share} ({100 * part.level:g} %)"
    said = {"no_success": f" (none of {part.trials} trials succeeded)"}
    said["all_success"] = f" (all of {part.trials} trials succeeded)"
    return f"How many {words.many} {words.does} in {share} is not settled{said.get(part.status, '')}"


def _clause(part: Shown, ends: str, unsettled: bool) -> str:
    """The answer at a further success probability; ``unsettled`` if there was none at the one before."""
    share = share_words(part.quantile)
    if part.number is None:
        return f"nor in {share}" if unsettled else f"how many in {share} is not settled"
    return f"{part.number.removeprefix('about ')} in {share}{ends}"


def _last(ordered: Sequence[Shown], words: AnswerWords) -> str:
    """The safe choice, or what would show one; and what would close a lower end."""
    largest = ordered[-1]
    either = f"{words.more} or {words.longer}" if words.longer else words.more
    if largest.least.upper is not None:
        safe = safe_choice(largest.least.upper, largest.quantile)
        known_below = all(part.least.lower is not None for part in ordered)
        return safe if known_below else f"{safe}, and {words.more} would show how few are enough"
    if words.beyond and largest.status in ("no_success", "above_range"):
        return f"{words.beyond}{f', or {words.longer},' if words.longer else ''} would have to be tried"
    if largest.status == "lapses":
        share = share_words(largest.quantile)
        return f"perhaps some draws fail whatever the size, too many for {share}: {either} would tell"
    return f"{either} would show a safe choice"
