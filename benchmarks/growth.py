"""Does the comparison of growth laws say what is so? ``python benchmarks/growth.py``; two minutes of one core.

Studies whose law is known. The posteriors of their points have the shapes that searches leave, the truth lies in each
as a draw from it, and neighbouring points err together, as nested subsets make them:

* *verdicts*: how often the true law is the heaviest, or remains; how often one that does not contain it is above 0.95;
* *exponents*: how often the interval of the exponent covers, by the number of points, and how long it is;
* *shared trials*: how often the interval of the exponent in 1/eps covers where the same runs answer all losses, and
  that in L where trials of equal width and seed share their subset; trial by trial, at fixed widths;
* *predictions*: how often the whole width that is predicted for a larger n is covered, or refused.

*Whole studies* are simulated trial by trial: searches of the demo's size on success curves like the demo's, whose
trials of equal width and seed tend to succeed together. Do errors have the correlation that is read off the trials,
does the interval of the exponent cover, and is the same sentence said each time? *Published* are the widths of Chen et
al.'s figure. Prints the tables and writes ``results/growth.json``.
"""

import argparse
import functools
import itertools
import json
import math
import multiprocessing
import pathlib
import platform
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr
from simulated import Curve

from howwide.errors import SettingError
from howwide.statistics import (
    compare_growth_laws,
    least_integer,
    normal_scores,
    predict_growth,
    shared_errors,
)
from howwide.statistics.growth import growth_points
from howwide.statistics.growth_evidence import Evidence
from howwide.statistics.growth_laws import FORMS
from howwide.statistics.growth_points import SCORES
from howwide.width import WidthStudy
from howwide.width.reference import read_published

Array = NDArray[np.float64]
RESULTS = pathlib.Path(__file__).parent / "results" / "growth.json"
POINTS = (4, 5, 6, 7)
FIRST = 100.0
Z = 1.959963984540054
NEIGHBOURS = 0.35
"""Correlation of the errors of neighbouring points, falling geometrically: as measured on the demo (docs)."""

DESIGN = WidthStudy(n=1, trials=200, precision=1.5).design()
DEMO = WidthStudy(n=1, trials=400, precision=1.5).design()

Draw = Callable[[np.random.Generator], Callable[[Array], Array]]
TRUTHS: Mapping[str, Draw] = {
    "constant": lambda random: lambda n: 20.0 + 0.0 * n,
    "log": lambda random: lambda n: 4.0 * np.log(n),
    "log^2": lambda random: lambda n: 0.7 * np.log(n) ** 2,
    "log^3": lambda random: lambda n: 0.15 * np.log(n) ** 3,
    "linear": lambda random: lambda n: 0.1 * n,
    "power": lambda random: (lambda b: lambda n: 8.0 * (n / FIRST) ** b)(random.uniform(0.1, 0.9)),
    "polylog": lambda random: (lambda b: lambda n: 8.0 * (np.log(n) / np.log(FIRST)) ** b)(random.uniform(0.5, 4.0)),
    "affine log": lambda random: (lambda w: lambda n: 12.0 * (1 - w + w * np.log(n) / 6.0))(random.uniform(0.2, 0.8)),
    "affine linear": lambda random: (lambda w: lambda n: 12.0 * (1 - w + w * n / 600.0))(random.uniform(0.2, 0.8)),
}
"""Laws with parameters that are drawn for each study."""


def searched(random: np.random.Generator, curve: Curve) -> dict[int, tuple[int, int]]:
    """The counts of a search on a known curve."""
    counts: dict[int, tuple[int, int]] = {}
    while new := DESIGN.next_round(counts):
        for width, trials in new.items():
            won, tried = counts.get(width, (0, 0))
            counts[width] = won + int(random.binomial(trials, curve.success(width))), tried + trials
    return counts


def shapes(random: np.random.Generator, searches: int) -> list[Array]:
    """Log widths at the normal scores of posteriors of m_0.5, less their medians; of searches with both ends."""
    found: list[Array] = []
    while len(found) < searches:
        curve = Curve(math.exp(random.uniform(math.log(4), math.log(64))), random.uniform(0.15, 0.4), 0.01)
        fit = DESIGN.fit(searched(random, curve))
        threshold = DESIGN.threshold(fit, 0.5)
        widths = normal_scores(fit, threshold)
        if threshold.lower is not None and threshold.upper is not None and widths is not None:
            nodes = np.log(widths)
            found.append(nodes - nodes[SCORES.size // 2])
    return found


class Study:
    """The points of a study on a known law."""

    def __init__(
        self, random: np.random.Generator, law: Callable[[Array], Array], count: int, pool: list[Array], scatter: float
    ) -> None:
        """Draw each point's posterior, so that the truth is a draw from it and neighbours err together."""
        self.n = FIRST * 2.0 ** np.arange(count)
        gap = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
        root = np.linalg.cholesky(NEIGHBOURS**gap)
        truth = np.log(law(self.n)) + scatter * random.standard_normal(count)
        score = root @ random.standard_normal(count)
        nodes = np.array([pool[k] for k in random.integers(len(pool), size=count)])
        nodes = nodes + (truth - [at(row, z) for row, z in zip(nodes, score, strict=True)])[:, None]
        self.ends = [list(np.exp([at(row, z) for row in nodes])) for z in (-Z, 0.0, Z)]
        self.posteriors = list(np.exp(nodes))
        # The correlation as some 200 trials would have it, not as it is.
        self.correlation = np.corrcoef(root @ random.standard_normal((count, 200)))

    def __call__(self, ask: Callable[..., Any], **more: Any) -> Any:
        """The comparison or the prediction of these points."""
        return ask(self.n, *self.ends, posteriors=self.posteriors, correlation=self.correlation, **more)


def at(nodes: Array, score: float) -> float:
    """Log width at a normal score, straight beyond the nodes."""
    place = np.clip(np.searchsorted(SCORES, score) - 1, 0, SCORES.size - 2)
    share = (score - SCORES[place]) / (SCORES[1] - SCORES[0])
    return float(nodes[place] + share * (nodes[place + 1] - nodes[place]))


def verdicts(name: str, pool: list[Array], repetitions: int) -> dict[str, float]:
    """Shares of studies of a law in which it is heaviest, remains, or loses to one that does not contain it."""
    random, found = generator("verdicts", name), Counter[str]()
    for k in range(repetitions):
        made = Study(random, TRUTHS[name](random), POINTS[k % len(POINTS)], pool, 0.0)(compare_growth_laws)
        true, top = next(law for law in made.laws if law.name == name), made.laws[0]
        found["heaviest"] += top is true
        found["remains"] += true.remains
        found["remains alone"] += true.remains and sum(law.remains for law in made.laws) == 1
        found["wrong above 0.95"] += top.weight > 0.95 and top is not true and name not in FORMS[top.name].contains
        found["rejected by its p-value"] += true.p_value < 0.01
    return {what: count / repetitions for what, count in found.items()}


def exponents(cell: tuple[int, float], pool: list[Array], repetitions: int) -> dict[str, float]:
    """How often the interval of the exponent covers, and its median length: (points, scatter)."""
    (count, scatter), random, covered, lengths = cell, generator("exponents", *cell), 0, []
    for _ in range(repetitions):
        b = random.uniform(0.1, 0.9)
        study = Study(random, lambda n, b=b: 8.0 * (n / FIRST) ** b, count, pool, scatter)
        low, high = Evidence(study(growth_points, level=0.95)).fit("power").quantiles(np.array([0.025, 0.975]))
        covered += bool(low <= b <= high)
        lengths.append(high - low)
    return {"covered": covered / repetitions, "median length": float(np.median(lengths))}


SHARED = {"losses": (np.array([3.0, 10.0, 30.0, 100.0]), 1.0), "depths": (np.array([2.0, 3.0, 5.0, 8.0]), 0.75)}
"""Values of 1/eps or L, and how far what decides a trial is the same at neighbouring ones (1 for the same run)."""

FIXED = (5, 7, 9, 12, 15, 20, 27)
EACH = 28
"""Widths whose trials all points share, and trials of each."""


def shared_trials(name: str, pool: list[Array], repetitions: int) -> dict[str, float]:
    """How often the exponent is covered with the correlation that is read off the trials, and with none."""
    del pool
    x, alike = SHARED[name]
    random, read, errors, found = generator("shared trials", name), [], [], list[list[float]]()
    gap = np.abs(np.subtract.outer(np.arange(x.size), np.arange(x.size)))
    values, vectors = np.linalg.eigh(alike**gap)
    root = vectors * np.sqrt(np.maximum(values, 0.0))  # the matrix of ones has no Cholesky factor
    for _ in range(repetitions):
        b = random.uniform(0.0, 0.25)
        halves = 12.0 * np.exp(b * (np.log(x) - np.log(x).mean()))
        chances = ndtr(random.standard_normal((len(FIXED), EACH, x.size)) @ root.T)
        success = 0.99 * expit(np.log(np.divide.outer(FIXED, halves)) / 0.25)
        curves, ends, posteriors = [], [], []
        for won in np.moveaxis(chances < success[:, None, :], -1, 0):
            fit = DEMO.fit({width: (int(row.sum()), EACH) for width, row in zip(FIXED, won, strict=True)})
            threshold = DEMO.threshold(fit, 0.5)
            curves.append({(w, k): bool(y) for w, row in zip(FIXED, won, strict=True) for k, y in enumerate(row)})
            ends.append((threshold.lower, threshold.estimate, threshold.upper))
            posteriors.append(normal_scores(fit, threshold))
        correlation = shared_errors(curves, 0.5)
        read.append(np.diag(correlation, 1).mean())
        errors.append(np.log(np.array([middle for _, middle, _ in ends], dtype=float) / halves))
        row = []
        for matrix in (correlation, np.eye(x.size)):
            points = growth_points(x, *map(list, zip(*ends, strict=True)), 0.95, posteriors, matrix)
            low, high = Evidence(points).fit("power").quantiles(np.array([0.025, 0.975]))
            row += [float(low <= b <= high), float(high - low)]
        found.append(row)
    covered, length, alone, longer = np.array(found).T
    return {
        "covered": float(covered.mean()),
        "median length": float(np.median(length)),
        "covered, taken as independent": float(alone.mean()),
        "median length, taken as independent": float(np.median(longer)),
        "correlation of neighbours": float(np.nanmean(np.diag(np.corrcoef(np.array(errors).T), 1))),
        "as read off the trials": float(np.mean(read)),
    }


PREDICTED = (2, 4, 16)
"""How many times the largest n tried a width is predicted for."""


def predictions(cell: tuple[int, int, float], pool: list[Array], repetitions: int) -> dict[str, float]:
    """Shares of predictions that are given, and of those that cover, and whose safe choice suffices.

    The cell is (points, times the largest n, scatter); over all laws. The truth is the least whole width at the n that
    is asked about, which scatters about the law too.
    """
    (count, factor, scatter), random, given, covered, safe = cell, generator("predictions", *cell), 0, 0, 0
    for k in range(repetitions):
        law = list(TRUTHS.values())[k % len(TRUTHS)](random)
        study = Study(random, law, count, pool, scatter)
        at_n = study.n[-1] * factor
        truth = math.ceil(float(law(np.array(at_n))) * math.exp(scatter * random.standard_normal()))
        try:
            predicted = study(predict_growth, at=at_n)
        except SettingError:
            continue
        least = least_integer(predicted.estimate, predicted.lower, predicted.upper)
        given += 1
        safe += truth <= (least.upper or 0)
        covered += (least.lower or 0) <= truth <= (least.upper or 0)
    return {"given": given / repetitions, "covered": covered / max(given, 1), "safe": safe / max(given, 1)}


SIZES = np.array([50.0, 100.0, 200.0, 400.0, 800.0])
ALIKE = 0.75
"""Correlation of what decides the trials of a width and seed at neighbouring n; outcomes then have one of 0.45."""


def whole_study(random: np.random.Generator, widths: Array) -> tuple[Array, Array, Any]:
    """A study trial by trial: errors of its estimates, correlations as read off the trials, and its comparison."""
    gap = np.abs(np.subtract.outer(np.arange(SIZES.size), np.arange(SIZES.size)))
    root, chances = np.linalg.cholesky(ALIKE**gap), dict[tuple[int, int], Array]()
    curves, thresholds, posteriors = [], [], []
    for place, half in enumerate(np.log(widths)):
        outcomes: dict[tuple[int, int], bool] = {}
        while True:
            counts = {w: _tally(outcomes, w) for w in {width for width, _ in outcomes}}
            new = DEMO.next_round(counts)
            for width, more in new.items():
                for seed in range(counts.get(width, (0, 0))[1], counts.get(width, (0, 0))[1] + more):
                    if (width, seed) not in chances:
                        chances[width, seed] = ndtr(root @ random.standard_normal(SIZES.size))
                    success = 0.99 * expit((math.log(width) - half) / SLOPE)
                    outcomes[width, seed] = bool(chances[width, seed][place] < success)
            if not new:
                break
        fit = DEMO.fit(counts)
        curves.append(outcomes)
        thresholds.append(DEMO.threshold(fit, 0.5))
        posteriors.append(normal_scores(fit, thresholds[-1]))
    correlation = shared_errors(curves, 0.5)
    ends = [[getattr(t, end) for t in thresholds] for end in ("lower", "estimate", "upper")]
    trials = [t.trials for t in thresholds]
    made = compare_growth_laws(SIZES, *ends, posteriors=posteriors, correlation=correlation, trials=trials)
    return np.log(np.array(ends[1], dtype=float) / widths), correlation, made


def _tally(outcomes: Mapping[tuple[int, int], bool], width: int) -> tuple[int, int]:
    own = [success for (at_width, _), success in outcomes.items() if at_width == width]
    return sum(own), len(own)


SLOPE = 0.2
"""Slope scale of the success curves, as on the demo."""

DEMO_EXPONENT = 0.14
"""Exponent of n in the widths of whole studies, as on the demo."""


Whole = tuple[Array, Array, bool, str]


def one_whole_study(k: int, pool: list[Array], repetitions: int) -> Whole:
    """Errors, correlations of neighbours as read off the trials, whether the exponent is covered, and the sentence."""
    del pool, repetitions
    error, correlation, made = whole_study(generator("whole", k), 5.9 * (SIZES / SIZES[0]) ** DEMO_EXPONENT)
    _, low, high = made.exponent
    return error, np.diag(correlation, 1), bool(low <= DEMO_EXPONENT <= high), made.sentence


def whole_studies(made: list[Whole]) -> dict[str, Any]:
    """What many of them have in common."""
    errors = np.array([error for error, *_ in made])
    return {
        "studies": len(made),
        "correlation of neighbours": float(np.diag(np.corrcoef(errors.T), 1).mean()) if len(made) > 2 else None,
        "as read off the trials": float(np.mean([read for _, read, *_ in made])),
        "exponent covered": sum(covers for *_, covers, _ in made) / len(made),
        "said": dict(Counter(sentence for *_, sentence in made).most_common()),
    }


PUBLISHED = {"cat/dog": "chen2021-cat-dog", "cat/ship": "chen2021-cat-ship"}


def published() -> dict[str, Any]:
    """What the comparison makes of a published figure, which has no intervals."""
    found = {}
    for name, curve in PUBLISHED.items():
        points = read_published(curve).points
        made = compare_growth_laws([p.n for p in points], None, [p.width for p in points], None)
        weights = {law.name: law.weight for law in made.laws}
        found[name] = {"exponent": made.exponent, "weights": weights, "verdict": made.verdict}
        print(f"{name}: {made.verdict}", flush=True)
    return found


def generator(*of: str | float) -> np.random.Generator:
    """Random numbers of their own for each part, whatever runs beside it."""
    return np.random.default_rng([13, zlib.crc32(repr(of).encode())])


def main() -> None:
    """Simulate, print the tables, and write the file after each of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[], help="of the file that are made anew; all unless given")
    parser.add_argument("--repetitions", type=int, default=40, help="studies of each law")
    parser.add_argument("--exponents", type=int, default=100, help="exponents for each number of points")
    parser.add_argument("--predictions", type=int, default=36, help="predictions for each number of points and n")
    parser.add_argument("--searches", type=int, default=20, help="searches that shapes of posteriors are drawn from")
    parser.add_argument("--whole", type=int, default=4, help="studies simulated trial by trial")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    began, pool = time.perf_counter(), shapes(generator("shapes"), chosen.searches)
    kept = bool(chosen.parts) and chosen.out.exists()
    result: dict[str, Any] = json.loads(chosen.out.read_text()) if kept else {}
    result |= {"published": published(), "environment": {"python": platform.python_version(), "numpy": np.__version__}}
    scatters = (0.0, 0.05)
    parts: dict[str, tuple[Callable[..., Any], list[Any], int]] = {
        "verdicts": (verdicts, list(TRUTHS), chosen.repetitions),
        "exponents": (exponents, list(itertools.product(POINTS, scatters)), chosen.exponents),
        "shared trials": (shared_trials, list(SHARED), chosen.exponents),
        "whole studies": (one_whole_study, list(range(chosen.whole)), 1),
        "predictions": (predictions, list(itertools.product((4, 5, 7), PREDICTED, scatters)), chosen.predictions),
    }
    with multiprocessing.get_context("spawn").Pool(chosen.processes) as workers:
        for name, (part, cells, repetitions) in parts.items():
            if chosen.parts and name not in chosen.parts:
                continue
            print(f"{name}, {repetitions} repetitions", flush=True)
            made = workers.imap(functools.partial(part, pool=pool, repetitions=repetitions), cells)
            if name == "whole studies":
                result[name] = whole_studies(list(made))
                print(result[name], flush=True)
            else:
                result[name] = {"repetitions": repetitions, "searches": chosen.searches}
                for cell, row in zip(cells, made, strict=True):
                    words = cell if isinstance(cell, str) else ", ".join(f"{value:g}" for value in cell)
                    result[name][words] = row
                    print(f"{words}: " + ", ".join(f"{key} {value:.3f}" for key, value in row.items()), flush=True)
            chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {chosen.out}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
