"""The minimal width against the sample size, by trials.

For each n and budget rounds of trials are made (:mod:`howwide.width.rounds`), whose tasks train networks
(:mod:`howwide.width.tasks`); the success curve fitted to the counts gives the width at which the success probability
passes 1/2 or 0.9, with an interval. That no width up to the largest one reached the target is a finding, with a status.
"""

import contextlib
import dataclasses
import functools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.results.width import WidthPoint, WidthResult, WidthScan, WidthSearch
from howwide.statistics import AdaptiveDesign
from howwide.sweep import Engine, InProcess, Store, reuse_workers
from howwide.training.batches import MOST_AT_ONCE
from howwide.width.cost import default_workers, step_flops
from howwide.width.extension import Extension, choose_trials
from howwide.width.rounds import (
    OutOfTimeError,
    Question,
    Result,
    Rounds,
    SearchError,
    StudyProgress,
    Trial,
    Whole,
    count,
    deadline_in,
)
from howwide.width.rows import search_rows, trial_rows, width_result
from howwide.width.study import TrialSettings, WidthStudy
from howwide.width.tasks import save_data, study_of, task_of
from howwide.width.trial import TrialOutcome

__all__ = ["search"]

_BATCH = 16


def search(
    ds: Dataset,
    study: WidthStudy | None = None,
    *,
    out: Path | str | None = None,
    engine: Engine | None = None,
    on_progress: Callable[[str, StudyProgress], None] | None = None,
    notice: Callable[[str], None] | None = None,
    max_seconds: float | None = None,
    accept_versions: bool = False,
    **settings: object,
) -> WidthResult:
    r"""Estimate, for each n, the least width that reaches ``target`` within ``steps`` with probability q.

    ``search(ds, n=[100, 200], depth=5)``: the settings are those of :class:`WidthStudy`, by name, or one that was made
    before. A trial is a seeded subset of n examples, a seeded start and a width; it succeeds when full-batch gradient
    descent reaches the target. The answer depends on the budget and on the step rule, which are therefore part of the
    result. The default rule ``ladder`` tries :math:`4/\lambda_{\max}(K/n)`, a quarter of it and the theory's step, each
    with the whole budget.

    Several values of ``depth``, ``target``, ``alpha``, ``label_noise`` or ``steps`` give a curve for each combination;
    a trial with the largest budget answers for the smaller ones too, exactly.

    Args:
        ds: the data.
        study: the settings, unless they are given by name.
        out: a folder in which every finished trial is stored at once, and from which the search goes on where it
            stopped; more n, trials or precision go on in it too. A temporary one unless given.
        engine: where trials run; this process unless given, with :func:`default_workers`. Changes no result.
        on_progress: called with what is being searched, and how far the present round and the whole study are.
        notice: called with a line for each damaged file and each death of a worker.
        max_seconds: end after so long, with what is known then (reason ``time``); a round that is not complete does not
            count, and n at which none was are left out. In the same folder the search goes on later.
        accept_versions: go on in a folder, or from a pack, that other versions of JAX or NumPy began; every stored
            trial says which made it.
        settings: fields of :class:`WidthStudy`.

    Returns:
        The curve, or several in one table: points with intervals, success rates, and one row a trial and budget.

    Raises:
        SettingError: a setting outside its domain, a study beside settings, or a folder of another study or library
            version.
        DataError: n beyond the data, a subset that cannot be drawn, or a test error without a test part.
        OutputError: the folder cannot be written; what was finished stays.
        SearchError: trials failed for another reason, or no round was complete in ``max_seconds``.
    """
    if study is not None and settings:
        raise SettingError(f"give a study or its settings by name, not both; got also {', '.join(settings)}")
    deadline = deadline_in(max_seconds)
    study = WidthStudy(**settings) if study is None else study
    sizes, combinations, design = study.sizes(ds), study.trial_settings(), study.design()
    whole = Whole(sum(len(sizes) * len(c.steps) for c in combinations), len(sizes) * len(combinations) * design.trials)
    engine = engine or InProcess(default_workers())
    identity = study_of(ds, combinations, getattr(engine, "platform", None))
    temporary = tempfile.TemporaryDirectory(prefix=f"howwide-{os.getpid()}-") if out is None else None
    with temporary or contextlib.nullcontext(str(out)) as folder:
        store = Store.open(folder, identity, accept_versions=accept_versions)
        if out is not None or not isinstance(engine, InProcess):
            save_data(Path(folder), ds)
        with reuse_workers(engine) as workers:
            # On accelerators a batch costs the same whatever its size.
            batches = (_BATCH, 1) if identity.context["platform"] == "cpu" else (MOST_AT_ONCE, MOST_AT_ONCE)
            rounds = Rounds(store, workers, whole, on_progress, notice, *batches, deadline)
            searches = _Search(rounds, design, ds.d, study.extend)
            for number, trial_settings in enumerate(combinations):
                hints: dict[int, float | None] = {}
                for size in sizes:
                    hints = searches.search(number, trial_settings, size, hints)
    if not searches.points:
        raise SearchError(f"no round of trials was complete after {max_seconds:g} seconds; allow more")
    import pandas as pd  # here, as every worker process imports this module

    trials = pd.DataFrame(searches.rows).sort_values(["curve", "n", "width", "seed"], ignore_index=True)
    points = sorted(searches.points, key=lambda p: (p.curve, p.n))
    scans = sorted(searches.scans, key=lambda s: (s.curve, s.n))
    return width_result(points, searches.searches, scans, trials, combinations[0], ds.name)


@dataclasses.dataclass
class _Search:
    """The rows of all searches, one for each n and budget."""

    rounds: Rounds
    design: AdaptiveDesign
    d: int
    extend: int
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    points: list[WidthPoint] = dataclasses.field(default_factory=list)
    searches: list[WidthSearch] = dataclasses.field(default_factory=list)
    scans: list[WidthScan] = dataclasses.field(default_factory=list)

    def search(
        self, number: int, settings: TrialSettings, n: int, hints: dict[int, float | None]
    ) -> dict[int, float | None]:
        """All budgets at one n, the largest first; returns the thresholds, hints for the next n."""
        results: dict[Trial, Result] = {}
        reasons: dict[int, str] = {}
        for place in reversed(range(len(settings.steps))):
            budget = settings.steps[place]
            question = Question(
                self.design,
                task=functools.partial(task_of, self.rounds.store.study, settings, n),
                succeeded=functools.partial(_succeeded, place),
                label=f"n = {n}: {settings.target} in {budget} steps",
                cost=lambda width, result: result["outcomes"][-1]["spent"] * step_flops(settings, n, self.d, width),
                unit_cost=functools.partial(step_flops, settings, n, self.d),
            )
            reasons[budget] = self.rounds.settle(question, results, hints.get(budget))
        if not results:  # the deadline came before a round was complete
            return hints
        outcomes = {trial: result["outcomes"] for trial, result in results.items()}
        extension = self._extension(settings, n, results) if self.extend and not self.rounds.out_of_time else None
        thresholds: dict[int, float | None] = {}
        for place, budget in enumerate(settings.steps):
            curve = number * len(settings.steps) + place
            self.rows += trial_rows(curve, settings, n, outcomes, place)
            counts = count(results, functools.partial(_succeeded, place))
            improving = sum(_improving(outcomes, place).values())
            extended = extension if budget == settings.steps[-1] else None
            points, search, scans = search_rows(
                curve, settings, n, budget, self.design, reasons[budget], counts, improving, extended
            )
            self.points += points
            self.searches.append(search)
            self.scans += scans
            thresholds[budget] = points[0].estimate
        return thresholds

    def _extension(self, settings: TrialSettings, n: int, results: Mapping[Trial, Result]) -> Extension | None:
        """The sample of trials that is run on beyond the largest budget."""
        outcomes = {trial: result["outcomes"] for trial, result in results.items()}
        last = {trial: under[-1] for trial, under in outcomes.items()}
        flops = {width: step_flops(settings, n, self.d, width) for width, _ in outcomes}
        steps = self.extend * settings.steps[-1]
        tasks = {}
        for trial in choose_trials(last, flops, self.extend, [settings.seed, n]):
            tasks[trial] = task_of(self.rounds.store.study, settings, n, *trial, steps, last[trial]["improving_tries"])
        label = f"n = {n}: {settings.target}, running a sample on to {steps} steps"
        succeeded = functools.partial(_succeeded, -1)
        try:
            run_on = self.rounds.results(tasks, label, again=True)
        except OutOfTimeError:
            return None
        turned = {trial: succeeded(result) for trial, result in run_on.items()}
        return Extension(steps, count(results, succeeded), _improving(outcomes, -1), turned)


def _succeeded(place: int, result: Result) -> bool:
    """Whether a trial reached its target under the budget at ``place``."""
    return bool(result["outcomes"][place]["success"])


def _improving(outcomes: Mapping[Trial, list[TrialOutcome]], place: int) -> dict[int, int]:
    """Trials that were still improving, by width, under one budget."""
    return dict(Counter(width for (width, _), results in outcomes.items() if results[place]["improving"]))
