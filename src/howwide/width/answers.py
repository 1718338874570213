"""The sentence that a width result begins with: what is counted, of which data, and what would close an open end."""

from collections.abc import Collection, Sequence

from howwide.results.width import Curve, WidthPoint, WidthSearch, leading, setting_words
from howwide.statistics import AnswerWords, LeastInteger, Shown, answer
from howwide.statistics.answers import in_doubt
from howwide.statistics.check import BAD_FIT
from howwide.width.study import TrialSettings
from howwide.width.targets import parse_trial_target

__all__ = ["curve_answer", "study_answer"]

_NAMED = 3  # so many values of a setting are listed; more are given as a range


def curve_answer(
    points: Sequence[WidthPoint],
    searches: Sequence[WidthSearch],
    settings: TrialSettings,
    data: str,
    varied: Collection[str] = (),
) -> str:
    """The answer at the largest n of one curve.

    Args:
        points: of the curve.
        searches: of the curve.
        settings: of its trials.
        data: name of the data.
        varied: what sets the curve apart from others of the study, which the answer then names.
    """
    n = max(p.n for p in points)
    last, search = [p for p in points if p.n == n], next(s for s in searches if s.n == n)
    sentence = answer([_shown(p, search.largest) for p in last], _words(last, search, settings, data, varied))
    return in_doubt(sentence) if search.falls or search.p_value < BAD_FIT else sentence


def study_answer(curves: Sequence[Curve], sizes: Sequence[int]) -> str:
    """The answer of a study, and what the tables have beside it.

    Of several curves it is that of the one that is spoken of (:func:`howwide.results.width.leading`).

    Args:
        curves: of the study, in their order.
        sizes: the sample sizes, increasing.
    """
    chosen = curves[leading([curve.label for curve in curves])]
    beside = [f"n = {sizes[0]}" + (f" to {sizes[-2]}" if len(sizes) > 2 else "")] if len(sizes) > 1 else []
    if len(curves) == 1:
        return f"{chosen.answer.removesuffix('.')}; the table has {beside[0]} too." if beside else chosen.answer
    for name, value in chosen.label.items():
        if others := list(dict.fromkeys(curve.label[name] for curve in curves if curve.label[name] != value)):
            beside.append(_several(name, others))
    return f"{chosen.answer} The tables also have {_listed(beside)}."


def _several(name: str, values: Sequence[str | int | float]) -> str:
    """Values of one setting in words: "depth 3 and 5", "250 to 2000 steps"."""
    if name == "target" or len(values) == 1:
        return _listed([setting_words(name, value) for value in values])
    texts = [f"{value:g}" if isinstance(value, float) else str(value) for value in sorted(values, key=float)]
    listed = _listed(texts) if len(texts) <= _NAMED else f"{texts[0]} to {texts[-1]}"
    return f"{listed} steps" if name == "steps" else f"{name.replace('_', ' ')} {listed}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _shown(point: WidthPoint, largest: int) -> Shown:
    least = LeastInteger(point.width, point.width_lower, point.width_upper)
    proved = point.status == "no_success" or point.lower == largest  # a width that was tried, shown to be too small
    return Shown(point.quantile, least, point.status, point.level, point.trials, exclusive=proved)


def _words(
    points: Sequence[WidthPoint], search: WidthSearch, settings: TrialSettings, data: str, varied: Collection[str]
) -> AnswerWords:
    place = "in each trained layer" if settings.network == "fixed-head" else "a layer"
    does, task = _task(points[0], settings, data, varied)
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


def _task(point: WidthPoint, settings: TrialSettings, data: str, varied: Collection[str]) -> tuple[str, str]:
    """What trials do, as a verb and the rest."""
    labels = " with random labels" if settings.labels == "random" else ""
    if point.label_noise or "label_noise" in varied:
        share = f"{100 * point.label_noise:g} %" if point.label_noise else "none"
        labels = f" with {share} of the labels flipped"
    examples = f"{point.n} examples of {data}{labels}"
    within = f"within {point.steps} steps"
    if among := [setting_words(name, getattr(point, name)) for name in ("depth", "alpha") if name in varied]:
        within += f" at {_listed(among)}"
    target = parse_trial_target(point.target)
    if target.test_error is not None:
        return "learn", f"{examples} {within} to a test error of at most {100 * target.test_error:g} %"
    if target.name == "zero-error":
        return "fit", f"{examples} {within}"
    kind, _, bound = target.name.replace(">=", "<=").partition("<=")
    ends = "or more" if kind == "margin" else "or less"
    return "bring", f"the {kind} of {examples} to {bound} {ends} {within}"
