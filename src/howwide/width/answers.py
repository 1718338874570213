"""The sentence that a width result begins with: what is counted, of which data, and what would close an open end."""

from collections.abc import Sequence

from howwide.results.width import Curve, WidthPoint, WidthSearch
from howwide.statistics import AnswerWords, LeastInteger, Shown, answer
from howwide.statistics.answers import in_doubt
from howwide.statistics.check import BAD_FIT
from howwide.width.study import TrialSettings
from howwide.width.targets import parse_trial_target

__all__ = ["curve_answer", "study_answer"]


def curve_answer(
    points: Sequence[WidthPoint], searches: Sequence[WidthSearch], settings: TrialSettings, data: str
) -> str:
    """The answer at the largest n of one curve.

    Args:
        points: of the curve.
        searches: of the curve.
        settings: of its trials.
        data: name of the data.
    """
    n = max(p.n for p in points)
    last, search = [p for p in points if p.n == n], next(s for s in searches if s.n == n)
    sentence = answer([_shown(p, search.largest) for p in last], _words(last, search, settings, data))
    return in_doubt(sentence) if search.falls or search.p_value < BAD_FIT else sentence


def study_answer(curves: Sequence[Curve], sizes: Sequence[int]) -> str:
    """The answer of a study: that of its curve, or of the first of several, and what the tables have beside it.

    Args:
        curves: of the study, in their order.
        sizes: the sample sizes, increasing.
    """
    first, *others = curves
    beside = [f"n = {sizes[0]}" + (f" to {sizes[-2]}" if len(sizes) > 2 else "")] if len(sizes) > 1 else []
    beside += [curve.words for curve in others[:3]] + ["more"] * (len(others) > 3)
    text = f"With {first.words}: {first.answer[0].lower()}{first.answer[1:]}" if others else first.answer
    if not beside:
        return text
    listed = " and ".join(filter(None, ("; ".join(beside[:-1]), beside[-1])))
    return f"{text.removesuffix('.')}; the {'tables have' if others else 'table has'} {listed} too."


def _shown(point: WidthPoint, largest: int) -> Shown:
    least = LeastInteger(point.width, point.width_lower, point.width_upper)
    proved = point.status == "no_success" or point.lower == largest  # a width that was tried, shown to be too small
    return Shown(point.quantile, least, point.status, point.level, point.trials, exclusive=proved)


def _words(points: Sequence[WidthPoint], search: WidthSearch, settings: TrialSettings, data: str) -> AnswerWords:
    place = "in each trained layer" if settings.network == "fixed-head" else "a layer"
    does, task = _task(points[0], settings, data)
    return AnswerWords(
        one=f"neuron {place}",
        many=f"neurons {place}",
        does=f"{does} {task}",
        does_one=f"{does}s {task}",
        draws="draws of subset and start",
        more="more time" if search.reason == "time" else "more trials",
        beyond="" if search.reason in ("budget", "time") else f"widths above {search.largest}",
        longer=f"more than {points[0].steps} steps" if any(p.stopped_by_budget for p in points) else "",
    )


def _task(point: WidthPoint, settings: TrialSettings, data: str) -> tuple[str, str]:
    """What trials do, as a verb and the rest."""
    labels = " with random labels" if settings.labels == "random" else ""
    if point.label_noise:
        labels = f" with {100 * point.label_noise:g} % of the labels flipped"
    examples = f"{point.n} examples of {data}{labels}"
    within = f"within {point.steps} steps"
    target = parse_trial_target(point.target)
    if target.test_error is not None:
        return "learn", f"{examples} {within} to a test error of at most {100 * target.test_error:g} %"
    if target.name == "zero-error":
        return "fit", f"{examples} {within}"
    kind, _, bound = target.name.replace(">=", "<=").partition("<=")
    ends = "or more" if kind == "margin" else "or less"
    return "bring", f"the {kind} of {examples} to {bound} {ends} {within}"
