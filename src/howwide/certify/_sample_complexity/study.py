"""Test error and certificates against the sample size, over seeds: how many examples does it take?

The sibling of the minimal width. Every (n, seed) is one run of the protocol on a plain random subset; those of one seed
are nested in n. `sample_complexity` gives the means with intervals over seeds, and the exponent b of a fit C n^-b to
the observed errors and to the bounds, beside the papers' b: their upper bounds are of order n^(-1/2) for gradient
descent and n^(-1) for one-pass SGD. Trials are kept in a folder one by one, and a study that was stopped goes on there.
"""

import contextlib
import numbers
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import pandas as pd

from howwide.certify._certify import certify
from howwide.certify._sample_complexity.curve import OBSERVED, means_over_seeds, power_laws, runs_without_bounds
from howwide.certify.procedure.plan import Plan
from howwide.certify.procedure.sample import draw_sample
from howwide.checks import check_count, check_probability, check_seed
from howwide.data import Dataset
from howwide.data.duplicates import fingerprint
from howwide.errors import DataError, SettingError
from howwide.plain import one_or_several, plain
from howwide.results.certify import SampleCurve
from howwide.sweep import InProcess, RunProgress, Store, Study, current_store, run
from howwide.width import SearchError

__all__ = ["certify_trials", "declared_pairs", "sample_complexity"]

_TRIALS = "howwide.certify._sample_complexity.study:certify_trials"
_IN_MEMORY: OrderedDict[str, Dataset] = OrderedDict()
_LOCK = threading.Lock()


def sample_complexity(
    ds: Dataset,
    plan: Plan,
    *,
    n: Sequence[int],
    seeds: int = 8,
    floor: float = 0.0,
    level: float = 0.95,
    out: Path | str | None = None,
    on_progress: Callable[[RunProgress], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> SampleCurve:
    """Run the plan at every n with ``seeds`` seeds, counted from the plan's.

    Args:
        ds: the data.
        plan: the declared procedure.
        n: sample sizes.
        seeds: how many.
        floor: the error that no sample size removes, 0 unless it is known; taken off before an exponent is fitted.
        level: of the intervals.
        out: a folder in which every finished run is stored at once, and in which the study goes on; a temporary one
            unless given.
        on_progress: called after every run.
        notice: called with a line for each damaged file.

    Raises:
        SettingError: a setting outside its domain, or a folder of another study.
        DataError: a size beyond the data, too few examples, or a subset of one class.
        OutputError: the folder cannot be written; what was finished stays.
        SearchError: a run failed for another reason.
    """
    declared = declared_pairs(ds, plan, n, seeds, floor, level)
    pairs = [(size, own.seed) for size, own in declared]
    floor, level = plain(floor), plain(level)
    study = _study(ds, plan)
    results: dict[tuple[int, int], dict[str, Any]] = {}
    temporary = tempfile.TemporaryDirectory(prefix=f"howwide-{os.getpid()}-") if out is None else None
    with temporary or contextlib.nullcontext(str(out)) as folder:
        store = Store.open(folder, study)
        tasks = {store.study.task(_TRIALS, {"n": size, "seed": seed}): (size, seed) for size, seed in pairs}
        outcomes = run(list(tasks), store, InProcess(), batch_size=1, on_progress=on_progress, notice=notice)
        with contextlib.closing(outcomes):
            for outcome in outcomes:
                if outcome.result is None:
                    raise SearchError(f"a run failed with: {outcome.failure}")
                results[tasks[outcome.task]] = outcome.result

    rows = []
    for pair in pairs:
        errors, certificates = results[pair]["runs"][0], results[pair]["certificates"]
        observed = {name: errors[name.replace(" ", "_")] for name in OBSERVED}
        rows += [(*pair, name, value) for name, value in observed.items() if value is not None]
        rows += [(*pair, certificate["name"], certificate["value"]) for certificate in certificates]
    values = pd.DataFrame(rows, columns=["n", "seed", "series", "value"])
    points, rates = means_over_seeds(values, level), power_laws(values, level, floor, plan.algorithm)
    largest = {**results[pairs[-1][0], plan.seed], "points": points, "rates": rates, "level": level, "floor": floor}
    return SampleCurve(**largest, values=values, plan=plan, notes=runs_without_bounds(values))


def declared_pairs(
    ds: Dataset, plan: Plan, n: Sequence[int], seeds: int, floor: float, level: float
) -> list[tuple[int, Plan]]:
    """Every sample size with the plan of every seed, once all is refused that can be before anything is trained.

    Raises:
        SettingError: a setting outside its domain.
        DataError: a size beyond the data, too few examples, or a subset of one class.
    """
    n, floor, level = one_or_several(n), plain(floor), plain(level)
    check_seed(plan.seed + check_count(seeds, "seeds", 1) - 1)
    if len(plan.combinations) > 1 and plan.tune_on is None:
        raise SettingError("a curve over n follows one combination: give one width and step constant, or tune-on")
    if not n or len(set(n)) < len(n):
        raise SettingError(f"give sample sizes in a sequence, each once; got {n!r}")
    pairs = [(size, replace(plan, seed=plan.seed + k)) for size in sorted(n) for k in range(seeds)]
    for size, own in pairs:  # what cannot be drawn is refused before anything is trained
        draw_sample(ds, size, own)
    if not (isinstance(floor, numbers.Real) and 0 <= floor < 1):
        raise SettingError(f"the floor is an error, from 0 to less than 1; got {floor}")
    check_probability(level, "the level of the intervals")
    return pairs


def certify_trials(batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The certification of each run of a batch; the plan comes from the study."""
    context = current_store().study.context
    with _LOCK:
        ds = _IN_MEMORY.get(context["data"]["fingerprint"] + context["data"]["test_fingerprint"])
    if ds is None:
        raise DataError("the data of this study are not in memory; run the study where they were loaded")
    for arguments in batch:
        plan = Plan(**context["plan"], seed=arguments["seed"])
        yield certify(ds, plan, n=arguments["n"]).model_dump(mode="json")


def _study(ds: Dataset, plan: Plan) -> Study:
    test = "" if ds.x_test is None or ds.y_test is None else fingerprint(ds.x_test, ds.y_test)
    data = {"name": ds.name, "fingerprint": fingerprint(ds.x, ds.y), "test_fingerprint": test}
    with _LOCK:
        _IN_MEMORY[data["fingerprint"] + test] = ds
        while len(_IN_MEMORY) > 2:
            _IN_MEMORY.popitem(last=False)
    settled = replace(plan, seed=0).described()
    del settled["seed"]
    context = {"data": data, "plan": settled, "platform": jax.default_backend()}
    versions = {name: version(name) for name in ("howwide", "jax", "numpy")}
    return Study("sample complexity", context, environment={}, versions=versions)
