"""Trials as tasks of a sweep: JSON in, JSON out, the data from the study.

The arguments of a task are ``n``, ``width``, ``seed`` and what the study varies; the context of the study holds the
settings that its trials share and the fingerprint of the data. Processes that do not have the data in memory read them
from ``data.npz`` beside ``study.json``, and refuse other data than those of the fingerprint.
"""

import io
import threading
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from howwide.data import Dataset, LabelMapping
from howwide.data.duplicates import fingerprint
from howwide.errors import DataError, HowwideError, SettingError
from howwide.sweep import Store, Study, Task, current_store
from howwide.sweep.files import publish
from howwide.training import padded_width
from howwide.training.batches import vmaps
from howwide.width.study import VARIED, SharedSettings, TrialSettings
from howwide.width.trial import Trial, run_together, run_trial
from howwide.width.trial_data import RANDOMNESS

__all__ = ["DATA_FILE", "run_trials", "save_data", "study_of", "task_of"]

DATA_FILE = "data.npz"

_LATER: dict[str, Any] = {"algorithm": "gd", "batch_size": None, "test_after": False}

_IN_MEMORY: dict[str, Dataset] = {}
_LOCK = threading.Lock()
_MOST = 2  # data sets in memory


def study_of(ds: Dataset, settings: list[TrialSettings], platform: str | None = None) -> Study:
    """The study of trials under ``settings``, which differ in what may vary alone; keeps ``ds`` in memory.

    They compute on JAX's ``platform``, or on that of this process.
    """
    data = _fingerprint(ds)
    _remember(data["fingerprint"] + data["test_fingerprint"], ds)
    shared = {name: getattr(settings[0], name) for name in SharedSettings.model_fields}
    # A stored study has the names and the values that settings had when the first studies were stored: later settings
    # are in it only where they are not as everything was then.
    shared["stratified"] = shared.pop("subset") == "stratified"
    shared = {name: value for name, value in shared.items() if name not in _LATER or value != _LATER[name]}
    context = {
        "data": data,
        "protocol": shared,
        "varied": {name: sorted({getattr(s, name) for s in settings}) for name in VARIED},
        "randomness": RANDOMNESS,
        "platform": platform or jax.default_backend(),
    }
    return Study("minimal width", context, environment={}, versions={"jax": version("jax"), "numpy": version("numpy")})


def task_of(
    study: Study, settings: TrialSettings, n: int, width: int, seed: int, steps: int = 0, only: Sequence[int] = ()
) -> Task:
    """The task of one trial; those of one compiled shape share a group.

    A trial that is run on has a larger budget of ``steps``, which ``only`` the step sizes at these places get.
    """
    arguments: dict[str, Any] = {"n": n, "width": width, "seed": seed, **settings.varied}
    group = f"n={n} depth={settings.depth} width<={padded_width(width)}"
    if steps:
        arguments |= {"steps": steps, "only": list(only)}
        group += f" steps={steps}"
    return study.task("howwide.width.tasks:run_trials", arguments, group)


def run_trials(batch: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The outcomes of each trial under all budgets: one trial after another, or on accelerators all at once.

    Raises:
        SettingError: this process computes on another platform than the study.
    """
    store = current_store()
    _check_platform(store.study.context["platform"])
    data, shared = _data(store), _LATER | store.study.context["protocol"]
    shared["subset"] = "stratified" if shared.pop("stratified") else "random"
    trials = []
    for a in batch:
        given = {**shared, **{name: a[name] for name in (*VARIED, "steps") if name in a}}
        trials.append((TrialSettings(**given), a["n"], a["width"], a["seed"], a.get("only")))
    if vmaps() and shared["algorithm"] == "gd":
        together = run_together([Trial.prepared(data, *trial) for trial in trials])
        return [{"outcomes": outcomes} for outcomes in together]
    return ({"outcomes": run_trial(data, *trial)} for trial in trials)


def save_data(folder: Path, ds: Dataset) -> None:
    """Write ``data.npz`` unless it is there.

    Raises:
        OutputError: it cannot be written.
    """
    if (folder / DATA_FILE).exists():
        return
    arrays: dict[str, Any] = {"x": ds.x, "y": ds.y, "name": np.array(ds.name)}
    arrays |= {"negative": np.array(ds.mapping.negative), "positive": np.array(ds.mapping.positive)}
    if ds.x_test is not None and ds.y_test is not None:
        arrays |= {"x_test": ds.x_test, "y_test": ds.y_test}
    if ds.scaling != "unit":
        arrays["scaling"] = np.array(ds.scaling)
    content = io.BytesIO()
    np.savez(content, **arrays)
    publish(folder / DATA_FILE, content.getvalue())


def _check_platform(wanted: str) -> None:
    here = jax.default_backend()
    if here != wanted:
        raise SettingError(
            f"JAX computes on {here} in this worker, and the study is one of {wanted}, which gives other bytes. Start "
            f"workers that compute on {wanted}, or another study from a machine that has {here} (on Slurm, gpu=yes)"
        )


def _data(store: Store) -> Dataset:
    """The data of the study, from memory or from its folder."""
    wanted = store.study.context["data"]
    key = wanted["fingerprint"] + wanted["test_fingerprint"]
    with _LOCK:
        if key in _IN_MEMORY:
            return _IN_MEMORY[key]
        ds = _read(store.folder / DATA_FILE)
        if _fingerprint(ds) != wanted:
            raise DataError(f"{store.folder / DATA_FILE} does not hold the data of this study. Remove it and run again")
    return _remember(key, ds)


def _remember(key: str, ds: Dataset) -> Dataset:
    with _LOCK:
        _IN_MEMORY[key] = _IN_MEMORY.pop(key, ds)  # last, as the newest
        while len(_IN_MEMORY) > _MOST:
            del _IN_MEMORY[next(iter(_IN_MEMORY))]
        return _IN_MEMORY[key]


def _read(path: Path) -> Dataset:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in arrays.files}
        names = tuple(tuple(str(label) for label in parts.pop(side)) for side in ("negative", "positive"))
        tests = {name: parts.pop(name, None) for name in ("x_test", "y_test")}
        name, scaling = str(parts.pop("name")), str(parts.pop("scaling", "unit"))
        return Dataset(name, **parts, **tests, mapping=LabelMapping(*names), scaling=scaling)
    except HowwideError:
        raise
    except FileNotFoundError:
        raise DataError(
            f"{path} is gone, and worker processes need it. Run the command again: that writes it"
        ) from None
    except Exception as error:
        raise DataError(f"{path} is damaged ({type(error).__name__}). Remove it and run the command again") from None


def _fingerprint(ds: Dataset) -> dict[str, str]:
    test = "" if ds.x_test is None or ds.y_test is None else fingerprint(ds.x_test, ds.y_test)
    return {"name": ds.name, "fingerprint": fingerprint(ds.x, ds.y), "test_fingerprint": test}
