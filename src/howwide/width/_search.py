"""The minimal width against the sample size, by trials.

For each n and budget an adaptive design (:class:`howwide.statistics.AdaptiveDesign`) asks for rounds of trials, whole
batches of widths and seeds; the trials are tasks of a sweep (:mod:`howwide.width.tasks`); and the success curve fitted
to the counts gives the width at which the success probability passes 1/2 or 0.9, with an interval. That no width up to
the largest one reached the target is a finding, with a status.

What is asked for next depends on the counts alone, so a search that starts again in its folder asks for the same trials
and finds their results there.
"""

import contextlib
import dataclasses
import functools
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.results.width import WidthPoint, WidthResult, WidthSearch
from howwide.statistics import AdaptiveDesign
from howwide.sweep import Engine, InProcess, RunProgress, Store, Task, reuse_workers, run
from howwide.training.batches import MOST_AT_ONCE, vmaps
from howwide.width.cost import default_workers, step_flops
from howwide.width.extension import Extension, choose_trials
from howwide.width.rows import search_rows, trial_rows, width_result
from howwide.width.study import TrialSettings, WidthStudy
from howwide.width.tasks import save_data, study_of, task_of
from howwide.width.trial import TrialOutcome

__all__ = ["SearchError", "search"]

_BATCH = 16

Trial = tuple[int, int]
"""Width and seed."""


class SearchError(RuntimeError):
    """Trials failed for a reason that lies in the machine or in the code, not in what was asked for."""


def search(
    ds: Dataset,
    study: WidthStudy | None = None,
    *,
    out: Path | str | None = None,
    engine: Engine | None = None,
    on_progress: Callable[[str, RunProgress], None] | None = None,
    notice: Callable[[str], None] | None = None,
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
        on_progress: called with what is being searched and how far the present round is.
        notice: called with a line for each damaged file and each death of a worker.
        settings: fields of :class:`WidthStudy`.

    Returns:
        The curve, or several in one table: points with intervals, success rates, and one row a trial and budget.

    Raises:
        SettingError: a setting outside its domain, a study beside settings, or a folder of another study or library
            version.
        DataError: n beyond the data, a subset that cannot be drawn, or a test error without a test part.
        OutputError: the folder cannot be written; what was finished stays.
        SearchError: trials failed for another reason.
    """
    if study is not None and settings:
        raise SettingError(f"give a study or its settings by name, not both; got also {', '.join(settings)}")
    study = WidthStudy(**settings) if study is None else study
    sizes, combinations = study.sizes(ds), study.trial_settings()
    identity = study_of(ds, combinations)
    engine = engine or InProcess(default_workers())
    temporary = tempfile.TemporaryDirectory(prefix=f"howwide-{os.getpid()}-") if out is None else None
    with temporary or contextlib.nullcontext(str(out)) as folder:
        store = Store.open(folder, identity)
        if out is not None or not isinstance(engine, InProcess):
            save_data(Path(folder), ds)
        with reuse_workers(engine) as workers:
            searches = _Search(store, workers, study.design(), ds.d, study.extend, on_progress, notice)
            for number, trial_settings in enumerate(combinations):
                hints: dict[int, float | None] = {}
                for size in sizes:
                    hints = searches.search(number, trial_settings, size, hints)
    import pandas as pd  # here, as every worker process imports this module

    trials = pd.DataFrame(searches.rows).sort_values(["curve", "n", "width", "seed"], ignore_index=True)
    points = sorted(searches.points, key=lambda p: (p.curve, p.n))
    return width_result(points, searches.searches, trials, searches.design.width_step)


@dataclasses.dataclass
class _Search:
    """Asks for rounds of trials, and counts their outcomes."""

    store: Store
    engine: Engine
    design: AdaptiveDesign
    d: int
    extend: int
    on_progress: Callable[[str, RunProgress], None] | None
    notice: Callable[[str], None] | None
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    points: list[WidthPoint] = dataclasses.field(default_factory=list)
    searches: list[WidthSearch] = dataclasses.field(default_factory=list)

    def search(
        self, number: int, settings: TrialSettings, n: int, hints: dict[int, float | None]
    ) -> dict[int, float | None]:
        """All budgets at one n, the largest first; returns the thresholds, hints for the next n."""
        outcomes: dict[Trial, list[TrialOutcome]] = {}
        reasons: dict[int, str] = {}
        for place in reversed(range(len(settings.steps))):
            budget = settings.steps[place]
            label, turn = f"n = {n}: {settings.target} in {budget} steps", itertools.count(1)
            while asked := self.design.next_round(_counts(outcomes, place), hints.get(budget)):
                outcomes |= self._round(settings, n, asked, _counts(outcomes, place), f"{label}, round {next(turn)}")
            counts = _counts(outcomes, place)
            reasons[budget] = str(self.design.done(counts))
            asked = self.design.confirming_round(counts)
            outcomes |= self._round(settings, n, asked, counts, f"{label}, confirming round")
        extension = self._extension(settings, n, outcomes) if self.extend else None
        thresholds: dict[int, float | None] = {}
        for place, budget in enumerate(settings.steps):
            curve = number * len(settings.steps) + place
            self.rows += trial_rows(curve, settings, n, outcomes, place)
            counts, improving = _counts(outcomes, place), sum(_improving(outcomes, place).values())
            extended = extension if budget == settings.steps[-1] else None
            points, search = search_rows(
                curve, settings, n, budget, self.design, reasons[budget], counts, improving, extended
            )
            self.points += points
            self.searches.append(search)
            thresholds[budget] = points[0].estimate
        return thresholds

    def _round(
        self,
        settings: TrialSettings,
        n: int,
        asked: Mapping[int, int],
        counts: Mapping[int, tuple[int, int]],
        label: str,
    ) -> dict[Trial, list[TrialOutcome]]:
        """The outcomes of the next trials at each width."""
        wanted = [(w, counts.get(w, (0, 0))[1] + k) for w, more in asked.items() for k in range(more)]
        return self._outcomes({trial: task_of(self.store.study, settings, n, *trial) for trial in wanted}, label)

    def _extension(self, settings: TrialSettings, n: int, outcomes: Mapping[Trial, list[TrialOutcome]]) -> Extension:
        """The sample of trials that is run on beyond the largest budget."""
        last = {trial: results[-1] for trial, results in outcomes.items()}
        flops = {width: step_flops(settings, n, self.d, width) for width, _ in outcomes}
        steps = self.extend * settings.steps[-1]
        tasks = {}
        for trial in choose_trials(last, flops, self.extend, [settings.seed, n]):
            tasks[trial] = task_of(self.store.study, settings, n, *trial, steps, last[trial]["improving_tries"])
        label = f"n = {n}: {settings.target}, running a sample on to {steps} steps"
        turned = {trial: results[-1]["success"] for trial, results in self._outcomes(tasks, label).items()}
        return Extension(steps, _counts(outcomes, -1), _improving(outcomes, -1), turned)

    def _outcomes(self, tasks: Mapping[Trial, Task], label: str) -> dict[Trial, list[TrialOutcome]]:
        """The outcomes of trials, each under all its budgets."""
        by_id = {task.id: trial for trial, task in tasks.items()}
        tell = self.on_progress and functools.partial(self.on_progress, label)
        # On accelerators a batch costs the same whatever its size.
        batches = {"batch_size": MOST_AT_ONCE, "smallest_batch": MOST_AT_ONCE} if vmaps() else {"batch_size": _BATCH}
        running = run(list(tasks.values()), self.store, self.engine, on_progress=tell, notice=self.notice, **batches)
        with contextlib.closing(running):
            finished = list(running)
        failures = [outcome.failure for outcome in finished if outcome.result is None]
        if failures:
            raise SearchError(f"{len(failures)} of {len(tasks)} trials failed, the first with: {failures[0]}")
        return {by_id[outcome.task.id]: outcome.result["outcomes"] for outcome in finished if outcome.result}


def _counts(outcomes: Mapping[Trial, list[TrialOutcome]], place: int) -> dict[int, tuple[int, int]]:
    """Successes and trials by width under one budget."""
    counts: dict[int, tuple[int, int]] = {}
    for width, seed in sorted(outcomes):
        won, tried = counts.get(width, (0, 0))
        counts[width] = won + outcomes[width, seed][place]["success"], tried + 1
    return counts


def _improving(outcomes: Mapping[Trial, list[TrialOutcome]], place: int) -> dict[int, int]:
    """Trials that were still improving, by width, under one budget."""
    return dict(Counter(width for (width, _), results in outcomes.items() if results[place]["improving"]))
