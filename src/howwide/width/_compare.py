"""How many times as wide must one network be as another: two studies, or two values of what one study varies.

At each n and success probability q that both have, :math:`m_q(B) / m_q(A)` comes from the trials of both
(:class:`howwide.statistics.JointFit`). A trial's subset and start follow from (seed of the study, width, seed of the
trial): studies with one seed share them at equal n and width, and so do the curves of one study. Their outcomes are
then pairs, whose dependence is estimated along with the ratio. How strong it is depends on what differs: step rules
share everything else, depths share the subset, and random labels or other data hardly more than the numbers.

A ratio compares like with like, so both must have the same target and the same budget of steps, unless these are what
one study varies and is asked about.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from howwide.errors import SettingError
from howwide.numbers import format_number
from howwide.results.width import WidthResult, leading
from howwide.results.width_compare import WidthComparison, WidthRatio
from howwide.statistics import JointFit, Pairs, RatioStatus, ResponseFit, fit_response
from howwide.statistics.answers import share_words
from howwide.statistics.design import MARGIN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "sentence"]

_SAME = ("target", "steps")
"""What both studies must have in common."""
_COLUMNS = ("network", "labels")
"""What the trials say beside the label of their curve."""
_UNNAMED = {"n", "seed", "trials", "precision", "round_size", "quantiles", "level", "extend", "max_width"}
"""Settings that do not change what is measured."""

Couple = tuple[WidthResult, WidthResult]
"""Two results of one curve each."""
Settings = Mapping[str, object]


def compare(
    first: WidthResult,
    second: WidthResult | None = None,
    *,
    by: str | None = None,
    paired: bool = True,
    settings: tuple[Settings, Settings] = ({}, {}),
) -> WidthComparison:
    """The minimal widths of ``second`` over those of ``first``, or those of one study over each other.

    ``compare(true_labels, random_labels)``, or ``compare(study, by="depth")``, which compares each further value with
    the first. Of two studies that vary something, the curves are compared that agree in all that both have.

    Args:
        first: a result of :func:`howwide.width.search`.
        second: another one.
        by: what tells the curves of ``first`` apart, unless there is a second: depth, target, steps, ...
        paired: whether trials with equal n, width and seed are taken as pairs, whose dependence is estimated; it costs
            little where they share nothing. Without, all trials are taken as independent.
        settings: of both studies, where they are known; they name what tells the two apart.

    Returns:
        Ratios with intervals, each for itself at the level of the studies, and the answer in a sentence. Of several
        comparisons it speaks of that of the largest budget, at the first value of all else.

    Raises:
        SettingError: studies without a target, budget of steps, n, success probability or curve in common, or a study
            that does not vary what is asked for.
    """
    if (second is None) == (by is None):
        raise SettingError(f"give a second study, or what of this one to compare by; {_varied(first)}")
    couples = _values(first, str(by)) if second is None else _matched(first, second)
    found: list[list[WidthRatio]] = []
    for a, b in couples:
        names = _names(a, b, (settings[0], settings[0] if second is None else settings[1]))
        where = a.curves[0].words if len(couples) > 1 and second is not None else ""
        if second is None:
            where = ", ".join(word for word in a.curves[0].words.split(", ") if word in b.curves[0].words.split(", "))
        found.append(_ratios(a, b, where, names, paired))
    spoken = found[leading([b.curves[0].label for _, b in couples])]
    return WidthComparison(ratios=tuple(itertools.chain.from_iterable(found)), answer=sentence(spoken))


def _label(part: WidthResult) -> dict[str, Any]:
    """What a curve was measured under, as far as the result says."""
    # Pandas reads a column of the word true as a truth value.
    columns = {name: str(part.trials[name].iloc[0]).lower() for name in _COLUMNS if name in part.trials}
    return {**part.curves[0].label, **columns}


def _varied(result: WidthResult) -> str:
    """Which options a study varies, in words."""
    labels = [curve.label for curve in result.curves]
    varied = [name for name in labels[0] if len({label[name] for label in labels}) > 1]
    return f"it varies {', '.join(varied)}" if varied else "it varies nothing"


def _values(study: WidthResult, by: str) -> list[Couple]:
    """The curves of each further value of ``by`` beside those of the first one."""
    parts = study.parts()
    if by not in parts[0].curves[0].label:
        raise SettingError(f"a study varies {', '.join(parts[0].curves[0].label)}; got by = {by!r}")
    couples: list[Couple] = []
    groups: dict[tuple[object, ...], WidthResult] = {}
    for part in parts:
        others = tuple(value for name, value in part.curves[0].label.items() if name != by)
        if others in groups:
            couples.append((groups[others], part))
        else:
            groups[others] = part
    if not couples:
        raise SettingError(f"the study has one value of {by}, {parts[0].curves[0].label[by]}; {_varied(study)}")
    return couples


def _matched(first: WidthResult, second: WidthResult) -> list[Couple]:
    """The curves of two studies that agree in all that the studies have in common."""
    values = [
        {name: {part.curves[0].label[name] for part in study.parts()} for name in study.curves[0].label}
        for study in (first, second)
    ]
    apart = [name for name, there in values[0].items() if not there & values[1][name]]
    for name in apart:
        there, here = values[0][name], values[1][name]
        if name in _SAME or max(len(there), len(here)) > 1:
            raise SettingError(f"the studies have no {name} in common: {_listed(there)} and {_listed(here)}")
    alike = [name for name in values[0] if name not in apart]
    return [
        (a, b)
        for a, b in itertools.product(first.parts(), second.parts())
        if all(a.curves[0].label[name] == b.curves[0].label[name] for name in alike)
    ]


def _listed(values: set[Any]) -> str:
    return ", ".join(str(value) for value in sorted(values))


def _ratios(a: WidthResult, b: WidthResult, where: str, names: tuple[str, str], paired: bool) -> list[WidthRatio]:
    """The ratio at each n and success probability that two curves share."""
    sizes, quantiles = ([[getattr(p, name) for p in part.points] for part in (a, b)] for name in ("n", "quantile"))
    common = sorted(set(sizes[0]) & set(sizes[1]))
    if not common:
        raise SettingError(f"the studies have no n in common: {_listed(set(sizes[0]))} and {_listed(set(sizes[1]))}")
    wanted = [q for q in dict.fromkeys(quantiles[0]) if q in quantiles[1]]
    if not wanted:
        raise SettingError(
            "the studies have no success probability in common: "
            f"{_listed(set(quantiles[0]))} and {_listed(set(quantiles[1]))}"
        )
    level, found = max(a.level, b.level), []
    for n in common:
        trials = [part.trials[part.trials["n"] == n] for part in (a, b)]
        both = trials[0].merge(trials[1], on=["width", "seed"], suffixes=("", "_other"))
        pairs = Pairs.matched(both["width"], both["success"], both["success_other"])
        joint = JointFit(_fit(trials[0]), _fit(trials[1]), pairs if paired else None)
        for q in wanted:
            ratio = joint.ratio(q, level, MARGIN)
            found.append(
                WidthRatio(
                    where=where,
                    first=names[0],
                    second=names[1],
                    n=n,
                    quantile=q,
                    ratio=ratio.ratio,
                    lower=ratio.lower,
                    upper=ratio.upper,
                    level=level,
                    paired=paired and pairs.total > 0,
                    pairs=pairs.total,
                    odds_ratio=joint.odds_ratio,
                    status=ratio.status,
                )
            )
    return found


def _fit(trials: "pd.DataFrame") -> ResponseFit:
    counted = trials.groupby("width")["success"].agg(["sum", "count"])
    return fit_response(counted.index, counted["sum"], counted["count"])


def _names(a: WidthResult, b: WidthResult, settings: tuple[Settings, Settings]) -> tuple[str, str]:
    """What tells two curves apart, in words for each."""
    known = [
        {**{k: v for k, v in study.items() if k not in _UNNAMED}, **_label(part)}
        for study, part in zip(settings, (a, b), strict=True)
    ]
    apart = [name for name in known[0] if name in known[1] and known[0][name] != known[1][name]]
    if not apart:
        return "the first study", "the second study"
    words = [", ".join(_phrase(name, each[name]) for name in apart) for each in known]
    return words[0], words[1]


def _phrase(name: str, value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if name == "data":
        return text
    return f"{text} {name}" if name in ("steps", "labels") else f"{name.replace('_', ' ')} {text}"


def sentence(ratios: Sequence[WidthRatio]) -> str:
    """The ratio of one comparison, at its first success probability and the largest n where the trials settle it."""
    own = [r for r in ratios if r.quantile == ratios[0].quantile]
    r = next((r for r in reversed(own) if r.status == RatioStatus.ESTIMATED), own[-1])
    name, need = r.second[0].upper() + r.second[1:], "need" if r.second.endswith(("labels", "steps")) else "needs"
    place = ", ".join(filter(None, [r.where, f"n = {r.n}"]))
    success = f"for success in {share_words(r.quantile, 'draws of subset and start')}"
    ends = {name: format_number(end) for name, end in (("lower", r.lower), ("upper", r.upper))}
    if r.status == RatioStatus.ESTIMATED and r.lower is not None and r.upper is not None:
        told = "" if not r.lower <= 1 <= r.upper else ". No difference is shown; more trials would narrow the interval"
        return (
            f"{name} {need} {format_number(r.ratio)} times the width of {r.first} at {place} "
            f"({100 * r.level:g} %: {ends['lower']} to {ends['upper']}), {success}{told}."
        )
    if r.status == RatioStatus.UNDETERMINED:
        return (
            f"The trials do not settle how many times the width of {r.first} {r.second} {need} at {place}, {success}: "
            "more trials, a larger max_width or more steps would."
        )
    bound = f"at least {ends['lower']}" if r.status == RatioStatus.AT_LEAST else f"at most {ends['upper']}"
    level = f"{50 * (1 + r.level):g} %"
    return (
        f"{name} {need} {bound} times the width of {r.first} at {place} ({level}), {success}; more trials, a larger "
        "max_width or more steps would close the other end."
    )
