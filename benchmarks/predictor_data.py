"""The problems of the study of what predicts the minimal width: their trials, their facts, and where both are kept."""

import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from figure1 import EXAMPLES, finished

import howwide as hw
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.ntrf import kernel_margin
from howwide.results.theorems import CompareResult
from howwide.statistics import normal_scores
from howwide.statistics.growth_points import SCORES
from howwide.sweep import InProcess, pack, unpack
from howwide.width import WidthStudy
from howwide.width.trial_data import draw_sample

PACKS = EXAMPLES / "predictors"
SIZES = (100, 200, 400)
SAMPLES = 3
"""Samples of each size on which facts are measured; the median counts."""

WIDTH = 128
"""Of the starts whose margins, eigenvalues and radii are measured."""

POSTERIORS_HEAD = [
    "problem", "n", "trials", "seconds", "status", "estimate", "lower", "upper", *(f"{z:g}" for z in SCORES)
]  # fmt: skip
"""Columns of the minimal widths: seconds of all trials, a core each; and last the widths at the posterior's scores."""

NAMED = ("theorems", "memorisation")
"""What has widths by the id of a statement."""

SETTINGS: Mapping[str, Any] = {
    "depth": 5, "alpha": 0.5, "target": "zero-error", "steps": [2000], "step_size": "ladder", "quantiles": [0.5],
    "trials": 100, "max_width": 256, "extend": 0,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Problem:
    """A data set and how its labels are altered.

    Attributes:
        spec: what ``hw.data.load`` takes; a file is looked for in the folder of the data.
        source: where its inputs come from; problems of one source have much in common.
        changes: settings of the study beside ``SETTINGS``.
    """

    spec: str
    source: str
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def load(self, folder: pathlib.Path) -> Dataset:
        """The data, with their labels as they are, without the rows whose input occurs with both labels."""
        file = self.spec.partition(":")[0].endswith(".npz")
        return consistent(hw.data.load(str(folder / self.spec) if file else self.spec))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of its study, all but n."""
        return {**SETTINGS, **self.changes}


def consistent(ds: Dataset) -> Dataset:
    """The data without the inputs that carry both labels: on them no network makes zero error, however wide."""
    gone = [row for rows in ds.duplicates().conflicts for row in rows]
    if not gone:
        return ds
    kept = np.setdiff1d(np.arange(ds.n), gone)
    norms = None if ds.norms is None else ds.norms[kept]
    return dataclasses.replace(ds, x=ds.x[kept], y=ds.y[kept], norms=norms)


PROBLEMS = {
    "digits-even-odd": Problem("digits:even/odd", "digits"),
    "digits-low-high": Problem("digits:0,1,2,3,4/5,6,7,8,9", "digits"),
    "mnist-3-8": Problem("mnist_binary.npz", "MNIST"),
    "mnist-even-odd": Problem("mnist.npz:even/odd", "MNIST"),
    "cifar-cat-dog": Problem("cifar10_cat_dog_ship.npz:3/5", "CIFAR-10"),
    "cifar-cat-ship": Problem("cifar10_cat_dog_ship.npz:3/8", "CIFAR-10"),
    "cifar-airplane-automobile": Problem("cifar10_binary.npz", "CIFAR-10"),
    "a9a": Problem("a9a.npz", "a9a"),
    "breast-cancer": Problem("breast_cancer:benign/malignant", "breast cancer"),
    "xor-10": Problem("xor:dim=10,n=2000", "XOR"),
    "xor-20": Problem("xor:dim=20,n=2000", "XOR"),
    "xor-40": Problem("xor:dim=40,n=2000", "XOR"),
    "caps": Problem("caps:dim=20,n=2000,angle=1.2", "caps"),
    "digits-random-labels": Problem("digits:even/odd", "digits", {"labels": "random"}),
    "mnist-label-noise": Problem("mnist_binary.npz", "MNIST", {"label_noise": [0.2]}),
}
"""By the name of the pack; no name begins another one."""


# --------------------------------------------------------------------------------------------------------------- trials


def make_trials(
    name: str, ds: Dataset, sizes: Sequence[int], out: pathlib.Path, packs: pathlib.Path, workers: int
) -> None:
    """The trials of one problem, as far as they are not there yet, and their pack."""
    folder, packed = out / name, packs / f"{name}.jsonl.gz"
    if packed.exists() and not folder.exists():
        unpack(packed, folder)
    settings = PROBLEMS[name].settings
    result = hw.width.search(ds, n=sizes, out=folder, engine=InProcess(workers), accept_versions=True, **settings)
    packs.mkdir(parents=True, exist_ok=True)
    pack(folder, packed)
    for point in result.points:
        print(f"{name}, n = {point.n}: m_0.5 = {point.estimate}, {point.trials} trials ({point.status})", flush=True)


def minimal_widths(name: str, packs: pathlib.Path = PACKS) -> list[list[str]]:
    """The minimal width of one problem at every n, from its packed trials, as rows under ``POSTERIORS_HEAD``."""
    if not (packs / f"{name}.jsonl.gz").exists():
        return []
    trials, _ = finished(name, packs)
    study, rows = WidthStudy(**PROBLEMS[name].settings, n=SIZES), []
    for n, own in trials.groupby("n"):
        won = own["outcomes"].map(lambda text: json.loads(text)[0]["success"]).groupby(own["width"])
        counts = {int(width): (int(part.sum()), len(part)) for width, part in won}
        fit = study.design().fit(counts)
        point = study.design().threshold(fit, 0.5)
        nodes = normal_scores(fit, point) or (None,) * SCORES.size
        numbers = [point.estimate, point.lower, point.upper, *nodes]
        texts = ("" if v is None else f"{v:.6g}" for v in numbers)
        rows.append([name, str(n), str(len(own)), f"{own['seconds'].sum():.0f}", point.status, *texts])
    return rows


# ---------------------------------------------------------------------------------------------------------------- facts


def sample_of(ds: Dataset, problem: Problem, n: int, seed: int, width: int = WIDTH) -> Dataset:
    """The n examples of trial ``seed`` at ``width``, drawn as the trials draw them."""
    [settings] = WidthStudy(**problem.settings, n=n).trial_settings()
    sample = draw_sample(ds, settings, n, width, seed)
    return dataclasses.replace(ds, x=sample.x, y=np.asarray(sample.inputs.labels, np.float64), norms=None)


def measure(ds: Dataset, seed: int, width: int = WIDTH) -> dict[str, Any]:
    """What the library says of one sample: facts, and log10 widths of theorems and of memorisation.

    A number between certified ends keeps both with their status; what is not known is null or a word.
    """
    began = time.process_time()
    found = hw.theorems.compare(ds, width=width, seed=seed)
    [measured] = found.facts
    known, solved = measured.measurement, measured.as_dict()
    margin = kernel_margin(ds.x @ ds.x.T, ds.y)
    facts = {
        "radius": _ends(known.radius_for[0]),
        "network_radius": known.network_radius_for[0].upper,
        "margin": _ends(known.margin),
        "margin_infinite": _ends(known.margin_infinite),
        "linear_margin": _ends(margin),
        "separation_across": known.separation.across,
        "separation_all": known.separation.all,
        "lambda_min": _ends(known.lambda_min),
        "lambda_min_infinite": _ends(known.lambda_min_infinite),
        "label_complexity": solved.get("label_complexity"),
    }
    return {
        "facts": facts,
        "theorems": _theorem_widths(found),
        "memorisation": {line.id: _width(line.log10_width, line.status) for line in found.reference_lines},
        "seconds": round(time.process_time() - began, 1),
    }


def _ends(value: Any) -> dict[str, Any]:
    return {"lower": value.lower, "upper": value.upper, "status": str(value.status)}


def _width(log10: float | None, status: str) -> float | str:
    return status if log10 is None else log10


def _theorem_widths(found: CompareResult) -> dict[str, float | str]:
    """Logarithms, or the status why there is none, of the theorems that state a width."""
    stated = ((t.id, t.log10_width, t.statuses["width"]) for t in found.theorems)
    return {name: _width(log10, status) for name, log10, status in stated if status != "not_stated"}


def make_facts(name: str, ds: Dataset, sizes: Sequence[int], path: pathlib.Path) -> None:
    """The facts of one problem, as far as they are not there yet."""
    done = {(row["problem"], row["n"], row["seed"]) for row in read_facts(path)}
    for n in sizes:
        for seed in range(SAMPLES):
            if (name, n, seed) not in done:
                row = measure(sample_of(ds, PROBLEMS[name], n, seed), seed)
                append_facts(path, {"problem": name, "n": n, "seed": seed, **row})
                print(f"{name}, n = {n}, sample {seed}: facts in {row['seconds']:.1f} s", flush=True)


def append_facts(path: pathlib.Path, row: Mapping[str, Any]) -> None:
    """One more line. The first line of the file names what the lists of widths are of, and who measured.

    Raises:
        SettingError: the file is of another catalogue of theorems.
    """
    named = {kind: sorted(row[kind]) for kind in NAMED}
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
        file.write(json.dumps({"where": where(), "width": WIDTH, **named}) + "\n")
    head = json.loads(path.read_text(encoding="utf-8").partition("\n")[0])
    if any(head[kind] != named[kind] for kind in NAMED):
        raise SettingError(
            f"{path} has the widths of other theorems than this version of howwide; give another --packs"
        )
    lists = {kind: [row[kind][name] for name in named[kind]] for kind in NAMED}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(rounded({**row, **lists}), allow_nan=False) + "\n")


def read_facts(path: pathlib.Path = PACKS / "facts.jsonl") -> list[dict[str, Any]]:
    """One record for each problem, n and sample; none without the file."""
    if not path.exists():
        return []
    head, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [row | {kind: dict(zip(head[kind], row[kind], strict=True)) for kind in NAMED} for row in rows]


def read_where(path: pathlib.Path = PACKS / "facts.jsonl") -> str:
    """Who measured the facts; nothing without the file."""
    return json.loads(path.read_text(encoding="utf-8").partition("\n")[0])["where"] if path.exists() else ""


def rounded(value: Any) -> Any:
    """Six digits of every number; what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value


def where() -> str:
    """Machine and versions, for the page."""
    import jax

    return (
        f"howwide {hw.__version__}, JAX {jax.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores of {platform.machine()}"
    )
