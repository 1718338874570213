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
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from howwide.checks import check_width
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.plain import one_or_several
from howwide.statistics import AdaptiveDesign
from howwide.sweep import Engine, InProcess, Outcome, Progress, Store, Task, kept, run
from howwide.training import available_cores
from howwide.training.batches import MOST_AT_ONCE, vmaps
from howwide.width.curve import WidthCurve
from howwide.width.extension import FACTOR, Extension, check_extend, choose_trials
from howwide.width.plan import step_flops
from howwide.width.protocol import VARIED, Protocol, check_alpha
from howwide.width.table import search_rows, trial_rows
from howwide.width.tasks import Extended, save_data, study_of, task_of

__all__ = ["SearchError", "default_workers", "design_of", "protocols", "search", "sizes_of"]

_BATCH = 16

Trial = tuple[int, int]
"""Width and seed."""


class SearchError(RuntimeError):
    """Trials failed for a reason that lies in the machine or in the code, not in what was asked for."""


def search(
    ds: Dataset,
    *,
    n: int | Sequence[int],
    depth: int | Sequence[int] = 5,
    target: str | Sequence[str] = "zero-error",
    steps: int | Sequence[int] = 5000,
    network: str = "deep",
    alpha: float | Sequence[float] | None = None,
    step_size: str | float = "ladder",
    loss: str = "logistic",
    hidden_constant: float = 1.0,
    antisymmetric: bool = False,
    stratified: bool = True,
    labels: str = "true",
    label_noise: float | Sequence[float] = 0.0,
    seed: int = 0,
    max_width: int = 1024,
    trials: int = 400,
    precision: float = 1.25,
    round_size: int = 32,
    quantiles: Sequence[float] = (0.5, 0.9),
    level: float = 0.95,
    extend: int = FACTOR,
    out: Path | str | None = None,
    engine: Engine | None = None,
    on_progress: Callable[[str, Progress], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> WidthCurve:
    r"""Estimate, for each n, the least width that reaches ``target`` within ``steps`` with probability q.

    A trial is a seeded subset of n examples, a seeded start and a width; it succeeds when full-batch gradient descent
    reaches the target. The answer depends on the budget and on the step rule, which are therefore part of the result.
    The default rule ``ladder`` tries
    :math:`4/\lambda_{\max}(K/n)`, a quarter of it and the theory's step, each with the whole budget.

    Several values of ``depth``, ``target``, ``alpha``, ``label_noise`` or ``steps`` give a curve for each combination;
    a trial with the largest budget answers for the smaller ones too, exactly.

    Args:
        ds: the data.
        n: one sample size or several.
        depth: L, as the network counts it.
        target: ``zero-error``, ``loss<=EPS``, ``loss<=C*eps_ntrf(R)``, ``margin>=G`` or ``test-error<=E``; see
            :mod:`howwide.width.targets`.
        steps: the budget T of each try, one or several.
        network: ``deep`` (Chen et al.) or ``fixed-head`` (Zou et al.).
        alpha: output scale of the deep network, 1/2 unless given; none beside fixed-head.
        step_size: a number or a rule of :mod:`howwide.training.step_sizes`.
        loss: ``logistic`` or ``square``.
        hidden_constant: the constant of the theory's step size.
        antisymmetric: start with f = 0.
        stratified: subsets keep the share of positive labels; otherwise plain random subsets.
        labels: ``true``, or ``random``: a random permutation of the labels, as a negative control.
        label_noise: share of the training labels that are flipped.
        seed: changes every subset, start and flip.
        max_width: the largest width that is tried.
        trials: the most trials for a point of a curve.
        precision: enough when the ends of every interval are within this factor, or the width between two neighbours.
        round_size: trials that are asked for at once.
        quantiles: success probabilities q.
        level: of the intervals.
        extend: a sample of the trials that were still improving is run on to this many times the largest budget, for at
            most a fifth of what the search cost; 0 for none. See :mod:`howwide.width.extension`.
        out: a folder in which every finished trial is stored at once, and from which the search goes on where it
            stopped; more n, trials or precision go on in it too. A temporary one unless given.
        engine: where trials run; this process unless given, with :func:`default_workers`. Changes no result.
        on_progress: called with what is being searched and how far the present round is.
        notice: called with a line for each damaged file and each death of a worker.

    Returns:
        The curve, or several in one table: points with intervals, success rates, and one row a trial and budget.

    Raises:
        SettingError: a setting outside its domain, or a folder of another study or library version.
        DataError: n beyond the data, a subset that cannot be drawn, or a test error without a test part.
        OutputError: the folder cannot be written; what was finished stays.
        SearchError: trials failed for another reason.
    """
    settings = {
        "network": network,
        "step_size": step_size,
        "loss": loss,
        "hidden_constant": hidden_constant,
        "antisymmetric": antisymmetric,
        "stratified": stratified,
        "labels": labels,
        "seed": seed,
    }
    check_alpha(network, alpha)
    alpha = 0.5 if alpha is None else alpha
    found = protocols(depth=depth, target=target, alpha=alpha, label_noise=label_noise, steps=steps, **settings)
    for protocol in found:
        protocol.check(ds)
    design = design_of(
        found[0],
        max_width=max_width,
        round_size=round_size,
        trials=trials,
        precision=precision,
        quantiles=quantiles,
        level=level,
    )
    check_extend(extend)
    study, sizes = study_of(ds, found), sizes_of(ds, n, stratified)
    engine = engine or InProcess(default_workers())
    temporary = tempfile.TemporaryDirectory(prefix=f"howwide-{os.getpid()}-") if out is None else None
    with temporary or contextlib.nullcontext(str(out)) as folder:
        store = Store.open(folder, study)
        if out is not None or not isinstance(engine, InProcess):
            save_data(Path(folder), ds)
        with kept(engine) as workers:
            desk = _Desk(store, workers, design, ds.d, extend, on_progress, notice)
            for number, protocol in enumerate(found):
                hints: dict[int, float | None] = {}
                for size in sizes:
                    hints = desk.search(number, protocol, size, hints)
    import pandas as pd  # here, as every worker process imports this module

    order = ["curve", "n", "width", "seed"]
    table = pd.DataFrame(sorted(desk.points, key=lambda p: (p["curve"], p["n"])))
    return WidthCurve(
        table, pd.DataFrame(desk.rows).sort_values(order, ignore_index=True), level, pd.DataFrame(desk.searches)
    )


def default_workers() -> int:
    """How many batches of trials run at a time: one a core on CPUs; one on accelerators, which take a batch at once."""
    return 1 if vmaps() else available_cores()


def protocols(*, steps: int | Sequence[int], **settings: Any) -> list[Protocol]:
    """One protocol for each combination of the values of what may vary.

    Raises:
        SettingError: a setting outside its domain, or an empty list.
    """
    budgets = _listed("steps", steps)
    values = [_listed(name, settings.pop(name)) for name in VARIED]
    made = [
        Protocol(steps=budgets, **settings, **dict(zip(VARIED, combination, strict=True)))
        for combination in itertools.product(*values)
    ]
    if made[0].network != "deep" and len({p.alpha for p in made}) > 1:
        raise SettingError("alpha belongs to the deep network alone; give one value")
    return list(dict.fromkeys(made))


def design_of(
    protocol: Protocol,
    *,
    max_width: int,
    round_size: int,
    trials: int,
    precision: float,
    quantiles: Sequence[float],
    level: float,
) -> AdaptiveDesign:
    """The rule that asks for trials at the widths that the network may have.

    Raises:
        SettingError: a number outside its domain.
    """
    step = protocol.width_step
    max_width = check_width(max_width, "the largest width", step)
    return AdaptiveDesign(max_width, step, round_size, trials, precision, tuple(one_or_several(quantiles)), level, step)


def sizes_of(ds: Dataset, n: int | Sequence[int], stratified: bool) -> list[int]:
    """The sample sizes in increasing order; one that cannot be drawn is refused before anything is trained.

    Raises:
        SettingError: no size, or one beyond the data.
        DataError: a plain subset that holds one class only.
    """
    sizes = sorted(set(_listed("n", n)))
    for size in sizes:
        ds.subset(size, seed=0, stratified=stratified)
    return sizes


def _listed(name: str, value: Any) -> list[Any]:
    values = one_or_several(value)
    if not values:
        raise SettingError(f"give at least one value of {name}")
    return values


@dataclasses.dataclass
class _Desk:
    """Where rounds are asked for and counted."""

    store: Store
    engine: Engine
    design: AdaptiveDesign
    d: int
    extend: int
    on_progress: Callable[[str, Progress], None] | None
    notice: Callable[[str], None] | None
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    points: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    searches: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def search(
        self, number: int, protocol: Protocol, n: int, hints: dict[int, float | None]
    ) -> dict[int, float | None]:
        """All budgets of one protocol at one n, the largest first; gives the thresholds as hints for the next n."""
        outcomes: dict[Trial, list[dict[str, Any]]] = {}
        reasons: dict[int, str | None] = {}
        for place in reversed(range(len(protocol.steps))):
            budget, hint = protocol.steps[place], hints.get(protocol.steps[place])
            label = f"n = {n}: {protocol.target} in {budget} steps"
            turn = itertools.count(1)
            while asked := self.design.next_round(_counts(outcomes, place), hint):
                outcomes |= self._round(protocol, n, asked, _counts(outcomes, place), f"{label}, round {next(turn)}")
            counts = _counts(outcomes, place)
            reasons[budget] = self.design.done(counts)
            asked = self.design.confirming_round(counts)
            outcomes |= self._round(protocol, n, asked, counts, f"{label}, confirming round")
        extension = self._extension(protocol, n, outcomes) if self.extend else None
        found: dict[int, float | None] = {}
        for place, budget in enumerate(protocol.steps):
            curve = number * len(protocol.steps) + place
            self.rows += trial_rows(curve, protocol, n, outcomes, place)
            points, search = search_rows(
                curve,
                protocol,
                n,
                budget,
                self.design,
                _counts(outcomes, place),
                sum(_improving(outcomes, place).values()),
                extension if budget == protocol.steps[-1] else None,
            )
            self.points += points
            self.searches.append({**search, "reason": reasons[budget]})
            found[budget] = points[0]["estimate"]
        return found

    def _round(
        self, protocol: Protocol, n: int, asked: Mapping[int, int], counts: Mapping[int, tuple[int, int]], label: str
    ) -> dict[Trial, list[dict[str, Any]]]:
        """The outcomes of the next trials at each width."""
        wanted = [(w, counts.get(w, (0, 0))[1] + k) for w, more in asked.items() for k in range(more)]
        return self._outcomes({trial: task_of(self.store.study, protocol, n, *trial) for trial in wanted}, label)

    def _extension(self, protocol: Protocol, n: int, outcomes: Mapping[Trial, list[dict[str, Any]]]) -> Extension:
        """The sample of trials that is run on beyond the largest budget."""
        last = {trial: found[-1] for trial, found in outcomes.items()}
        flops = {width: step_flops(protocol, n, self.d, width) for width, _ in outcomes}
        steps = self.extend * protocol.steps[-1]
        tasks = {}
        for trial in choose_trials(last, flops, self.extend, [protocol.seed, n]):
            extended = Extended(steps, tuple(last[trial]["improving_tries"]))
            tasks[trial] = task_of(self.store.study, protocol, n, *trial, extended)
        label = f"n = {n}: {protocol.target}, running a sample on to {steps} steps"
        turned = {trial: bool(found[-1]["success"]) for trial, found in self._outcomes(tasks, label).items()}
        return Extension(steps, _counts(outcomes, -1), _improving(outcomes, -1), turned)

    def _outcomes(self, tasks: Mapping[Trial, Task], label: str) -> dict[Trial, list[dict[str, Any]]]:
        """The outcomes of trials, each under all its budgets."""
        by_id = {task.id: trial for trial, task in tasks.items()}
        found, failures = {}, []
        for outcome in self._run(list(tasks.values()), label):
            if outcome.result is None:
                failures.append(outcome.failure)
            else:
                found[by_id[outcome.task.id]] = outcome.result["outcomes"]
        if failures:
            raise SearchError(f"{len(failures)} of {len(tasks)} trials failed, the first with: {failures[0]}")
        return found

    def _run(self, tasks: list[Any], label: str) -> Iterator[Outcome]:
        tell = self.on_progress

        def progress(state: Progress) -> None:
            if tell is not None:
                tell(label, state)

        with contextlib.closing(
            run(tasks, self.store, self.engine, progress=progress, notice=self.notice, **_batches())
        ) as outcomes:
            yield from outcomes


def _batches() -> dict[str, int]:
    """On accelerators a batch costs the same whatever its size."""
    return {"batch_size": MOST_AT_ONCE, "smallest_batch": MOST_AT_ONCE} if vmaps() else {"batch_size": _BATCH}


def _counts(outcomes: Mapping[Trial, list[dict[str, Any]]], place: int) -> dict[int, tuple[int, int]]:
    """Successes and trials by width under one budget."""
    counts: dict[int, tuple[int, int]] = {}
    for (width, _), found in sorted(outcomes.items()):
        won, tried = counts.get(width, (0, 0))
        counts[width] = won + int(found[place]["success"]), tried + 1
    return counts


def _improving(outcomes: Mapping[Trial, list[dict[str, Any]]], place: int) -> dict[int, int]:
    """Trials that were still improving, by width, under one budget."""
    return dict(Counter(width for (width, _), found in outcomes.items() if found[place]["improving"]))
