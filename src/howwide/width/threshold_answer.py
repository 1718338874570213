"""What a threshold study found, in a sentence to act on: the answer, its interval, the safe choice; or what is open."""

from collections.abc import Sequence

from howwide.results.threshold import ThresholdPoint

__all__ = ["answer_of", "share"]

_SHARES = {
    0.5: "half", 0.75: "three of four", 0.8: "four of five", 0.9: "nine of ten", 0.95: "19 of 20", 0.99: "99 of 100"
}  # fmt: skip


def share(quantile: float) -> str:
    """The success probability in words: half, nine of ten, 0.97."""
    return _SHARES.get(quantile, f"a share {quantile:g}")


def answer_of(points: Sequence[ThresholdPoint], unit: str, sizes: Sequence[int], largest: int) -> str:
    """The answer of these points, and where an end is open what would close it.

    Args:
        points: one for each success probability.
        unit: what sizes count, or an empty text.
        sizes: what was offered.
        largest: the largest size that was tried.
    """
    first, *others = ordered = sorted(points, key=lambda point: point.quantile)
    level = f"{100 * first.level:g} %: "
    answer = f"Success in {share(first.quantile)} of the seeds takes {_size(first, unit or None, level)}"
    answer += "".join(f", in {share(point.quantile)} {_size(point, '', '')}" for point in others)
    if ordered[-1].size_upper is not None:
        answer += f"; {ordered[-1].size_upper} is the safe choice"
    return " ".join([f"{answer}.", *dict.fromkeys(_closing(p, sizes, largest) for p in ordered if _is_open(p))])


def _size(point: ThresholdPoint, unit: str | None, level: str) -> str:
    """The size with its interval; with what it counts, or without a word for that as a size."""
    low, high, noun = point.size_lower, point.size_upper, "a size of " if unit is None else ""
    words = f" {unit}" if unit else ""
    if point.size is not None:
        about = "" if low == high else "about "
        ends = (
            f"{low} to {high}" if None not in (low, high) else f"{low} or more" if high is None else f"{high} or less"
        )
        return f"{noun}{about}{point.size}{words} ({level}{ends})"
    if low is not None:
        return f"{noun}{'more than' if point.status == 'no_success' else 'at least'} {low}{words}"
    return f"{noun}at most {high}{words}" if high is not None else "what these trials do not settle"


def _is_open(point: ThresholdPoint) -> bool:
    return None in (point.size, point.size_lower, point.size_upper)


def _closing(point: ThresholdPoint, sizes: Sequence[int], largest: int) -> str:
    """What would close an open end."""
    if point.status in ("no_success", "above_range") and largest == sizes[-1]:
        return f"Sizes end at {largest}: offer larger ones, or make success easier."
    if point.status == "lapses":
        return (
            f"Some seeds fail whatever the size, perhaps too many for {share(point.quantile)}: more trials would tell."
        )
    return "More trials would close what is open."
