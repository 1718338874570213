"""The least size of anything at which a trial of your own succeeds."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from howwide.errors import SettingError
from howwide.results.threshold import FirstTrials, SizeRate, ThresholdPlan, ThresholdPoint, ThresholdResult
from howwide.statistics import (
    AdaptiveDesign,
    AnswerWords,
    LeastInteger,
    Shown,
    ThresholdEstimate,
    answer,
    clopper_pearson,
    least_size,
)
from howwide.statistics.answers import in_doubt
from howwide.statistics.check import BAD_FIT
from howwide.sweep import Engine, InProcess, Processes, Store, reuse_workers
from howwide.width.functions import RESERVED, Returned, TrialFunction, seed_of, study_of, task_of
from howwide.width.rounds import Question, Result, Rounds, SearchError, StudyProgress, Trial, Whole, count, deadline_in
from howwide.width.threshold_study import ThresholdStudy

__all__ = ["threshold", "threshold_plan"]


def threshold(
    trial: Callable[[int, int], Returned] | str,
    sizes: Sequence[int] | str = "1:1024",
    *,
    out: Path | str | None = None,
    engine: Engine | None = None,
    on_progress: Callable[[str, StudyProgress], None] | None = None,
    notice: Callable[[str], None] | None = None,
    max_seconds: float | None = None,
    **settings: object,
) -> ThresholdResult:
    r"""Find the least size at which a trial succeeds with probability q.

    ``threshold("examples.mlp_digits:trial", sizes="1:256")``, or with the function itself. ``trial(size, seed)`` makes
    one attempt at one size (a width, a rank, a number of examples) and draws everything random from ``seed``; it gives
    True or False, or a dict with ``success`` and numbers that are kept beside it. The answer to each q is

    .. math:: m_q = \min\{m \in \text{sizes} : P(\text{success} \mid m) \ge q\},

    where P is the share of seeds that succeed. The model behind the intervals is that success rises with size
    (:mod:`howwide.statistics.response`: logistic in the logarithm of the size, with lapses); the result has the check
    of it, and a note where success falls by more than chance allows: then there is no one threshold, and the success
    rates alone speak. Trials of different sizes get different seeds, so that they are independent.

    Which trials are made depends on what they gave alone (:class:`howwide.statistics.AdaptiveDesign`), so a search that
    is started again in its folder goes on where it stopped. A trial that gives a number named ``cost`` (steps, flops,
    examples seen) tells what it took, and trials are then chosen by what they tell for their cost
    (:mod:`howwide.statistics.costs`). Otherwise they count as equally dear: seconds would make the choice depend on the
    machine, and of any size nobody knows how cost grows with it.

    Args:
        trial: the function, or its name ``package.module:function``, which is looked for in the current directory too.
            What other processes cannot import (a lambda, a function of a script) runs in this process alone.
        sizes: what may be tried, any increasing whole numbers; or a text: ``1:1024``, ``8:512:8``, ``2,4,8,16``.
        out: a folder in which every finished trial is stored at once, and from which the search goes on. A temporary
            one unless given. The folder is that of one trial in one version: ``version``, or else a digest of the
            module that defines the function (:mod:`howwide.width.functions`).
        engine: where trials run: worker processes, one a core, unless given; this process for a function that others
            cannot import. Every trial has one thread of the linear algebra libraries.
        on_progress: called with what is being searched, and how far the present round and the whole study are.
        notice: called with a line for each damaged file and each death of a worker.
        max_seconds: end after so long, with what is known then (reason ``time``); a round that is not complete does not
            count. In the same folder the search goes on later.
        settings: fields of :class:`~howwide.width.threshold_study.ThresholdStudy`: ``quantiles``, ``trials``,
            ``precision``, ``level``, ``round_size``, ``unit``, ``hint``, ``version``, ``seed``.

    Returns:
        The answer in a sentence, points with intervals, success rates, and one row a trial. Statuses are those of
        :meth:`howwide.statistics.ResponseFit.threshold`.

    Raises:
        SettingError: a setting outside its domain; no such function, or one that does not take size and seed; one that
            gives something else than said above; a function that an engine's processes cannot import; a folder of
            another trial or version, or no version where none can be read.
        OutputError: the folder cannot be written; what was finished stays.
        SearchError: a trial raised an exception, or no round was complete in ``max_seconds``; what was finished stays.
    """
    deadline, function = deadline_in(max_seconds), TrialFunction.of(trial)
    study = ThresholdStudy(trial=function.name, sizes=sizes, **settings)
    version = study.version or function.source_version()
    if out is not None and version is None:
        raise SettingError(
            f"the source of {function.name} cannot be told from another version of it; give version, a text that you "
            "change when you change the trial, to keep results in a folder"
        )
    engine = engine or (Processes() if function.imported else InProcess())
    if not (function.imported or isinstance(engine, InProcess)):
        raise SettingError(
            f"{function.name} cannot be imported by other processes; define it at the top of a module, or take the "
            "engine threads"
        )
    temporary = tempfile.TemporaryDirectory(prefix=f"howwide-{os.getpid()}-") if out is None else None
    design, results = study.design(), dict[Trial, Result]()
    with temporary or contextlib.nullcontext(str(out)) as folder, threadpool_limits(1), function.here():
        store = Store.open(folder, study_of(function, version, study.seed))
        with reuse_workers(engine) as workers:
            question = Question(
                design, functools.partial(task_of, store.study), _succeeded, label=function.name, cost=_cost
            )
            rounds = Rounds(store, workers, Whole(1, design.trials), on_progress, notice, deadline=deadline)
            reason = rounds.settle(question, results, study.hint)
    if not results:
        raise SearchError(f"no round of trials was complete after {max_seconds:g} seconds; allow more")
    return _result(study, design, reason, functools.partial(seed_of, store.study), results)


def threshold_plan(study: ThresholdStudy) -> ThresholdPlan:
    """What a threshold study will do at most, and first; the trial is looked for, and not called.

    Raises:
        SettingError: there is no such trial, or it does not take size and seed.
    """
    TrialFunction.of(study.trial)
    design = study.design()
    first = [FirstTrials(size=size, trials=k) for size, k in design.next_round({}, study.hint).items()]
    return ThresholdPlan(sizes=len(design.widths), trials=design.trials, first=tuple(first))


def _result(
    study: ThresholdStudy,
    design: AdaptiveDesign,
    reason: str,
    seed: Callable[[int, int], int],
    results: Mapping[Trial, Result],
) -> ThresholdResult:
    import pandas as pd  # here, as worker processes do not need it

    rows = [{"size": size, "seed": seed(size, k), **results[size, k]} for size, k in sorted(results)]
    trials = pd.DataFrame(rows)
    counts = count(results, _succeeded)
    fit = design.fit(counts)
    check, points = fit.check(), tuple(_point(design.threshold(fit, q), design.widths) for q in design.quantiles)
    kept = [name for name in trials if name not in (*RESERVED, "success")]
    trials = trials.astype(dict.fromkeys(kept, float))
    means = trials.groupby("size")[kept].mean()
    rates = []
    for size, (won, tried) in counts.items():
        ends = clopper_pearson(won, tried, design.level)
        own: dict[str, float | None] = {name: float(means.loc[size, name]) for name in kept}
        rates.append(
            SizeRate(
                size=size, successes=won, trials=tried, rate=won / tried, lower=ends.lower, upper=ends.upper, means=own
            )
        )
    notes = []
    if check.falls:
        fall = "" if check.fall is None else f", most clearly from {check.fall[0]:g} to {check.fall[1]:g}"
        notes.append(
            f"success falls with size by more than chance allows (p = {check.rising_p_value:.3f}){fall}: there is no "
            "one threshold; look at the success rates"
        )
    elif check.p_value < BAD_FIT:
        notes.append(f"the success curve fits badly (p = {check.p_value:.3f}); trust the success rates alone")
    return ThresholdResult(
        answer=_answer(points, study.unit, max(counts), reason, doubted=bool(notes)),
        points=points,
        rates=tuple(rates),
        reason=reason,
        p_value=check.p_value,
        rising_p_value=check.rising_p_value,
        falls=check.falls,
        trials=trials,
        notes=notes,
    )


def _point(threshold: ThresholdEstimate, sizes: Sequence[int]) -> ThresholdPoint:
    least = least_size(threshold.estimate, threshold.lower, threshold.upper, sizes)
    return ThresholdPoint(
        **dataclasses.asdict(threshold), size=least.estimate, size_lower=least.lower, size_upper=least.upper
    )


def _cost(_size: int, result: Result) -> float:
    cost = result.get("cost")
    return math.nan if cost is None else float(cost)


def _answer(points: Sequence[ThresholdPoint], unit: str, largest: int, reason: str, *, doubted: bool) -> str:
    shown = [
        Shown(
            p.quantile,
            LeastInteger(p.size, p.size_lower, p.size_upper),
            p.status,
            p.level,
            p.trials,
            exclusive=p.status == "no_success" or p.lower == largest,
        )
        for p in points
    ]
    beyond = "" if reason in ("budget", "time") else f"{unit} above {largest}"
    words = AnswerWords(unit.removesuffix("s"), unit, "succeed", "succeeds", draws="seeds", beyond=beyond)
    sentence = answer(shown, words)
    return in_doubt(sentence) if doubted else sentence


def _succeeded(result: Result) -> bool:
    return bool(result["success"])
