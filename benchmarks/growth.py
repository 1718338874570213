"""Does the growth verdict say what is so? ``python benchmarks/growth.py``; half a minute of one core.

Points on known laws: how often each verdict is said where the width grows like n^0.08; how often the true law is
rejected, with Gaussian errors, with errors as searches leave them, and with scatter beyond the intervals; what
correlation between neighbouring n does to the interval of the exponent; and how often the whole width that is predicted
for a larger n is covered, or refused. Prints the tables and writes
``results/growth.json``.
"""

import argparse
import json
import math
import pathlib
import platform
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simulated import Curve

from howwide.errors import SettingError
from howwide.statistics import LAWS, compare_growth_laws, least_integer, predict_growth
from howwide.statistics.growth_laws import REJECTED, allowed_drop, fit_law, joint_p_value
from howwide.statistics.growth_points import gather_points
from howwide.width import WidthStudy

Array = NDArray[np.float64]
Errors = Callable[[int], tuple[Array, Array, Array]]
"""Given a number of points: lower end, estimate and upper end of each in log m, less the true log m."""

RESULTS = pathlib.Path(__file__).parent / "results" / "growth.json"
POINTS = (3, 5, 7, 10)
Z = 1.959963984540054
HALF = math.log(1.25) / Z
"""Standard deviation of log m whose 95 % interval is from 25 % more to a fifth less."""

TRUE_LAWS: dict[str, Callable[[Array], Array]] = {
    "constant": lambda n: 20.0 + 0.0 * n,
    "log": lambda n: 5.0 * np.log(n),
    "log^2": lambda n: 2.0 * np.log(n) ** 2,
    "log^3": lambda n: 0.3 * np.log(n) ** 3,
    "linear": lambda n: 0.5 * n,
    "power": lambda n: 3.0 * n**0.5,
}
CORRELATIONS: dict[str, Callable[[Array], Array]] = {
    "independent": lambda gap: 1.0 * (gap == 0),
    "0.5 between all": lambda gap: np.where(gap == 0, 1.0, 0.5),
    "0.25 between neighbours": lambda gap: 0.25**gap,
    "0.5 between neighbours": lambda gap: 0.5**gap,
}


def gaussian(random: np.random.Generator, scatter: float = 0.0) -> Errors:
    """Intervals that are right about Gaussian errors, and scatter that they do not know of."""

    def draw(count: int) -> tuple[Array, Array, Array]:
        error = math.hypot(HALF, scatter) * random.standard_normal(count)
        return error - Z * HALF, error, error + Z * HALF

    return draw


def searched(random: np.random.Generator, searches: int) -> Errors:
    """Errors and intervals of m_0.5 as searches of the demo's size leave them, drawn from so many of them."""
    design, pool = WidthStudy(n=1, trials=200, precision=1.5).design(), []
    while len(pool) < searches:
        curve = Curve(math.exp(random.uniform(math.log(4), math.log(64))), random.uniform(0.15, 0.4), 0.01)
        counts: dict[int, tuple[int, int]] = {}
        while new := design.next_round(counts):
            for width, trials in new.items():
                won, tried = counts.get(width, (0, 0))
                counts[width] = won + int(random.binomial(trials, curve.success(width))), tried + trials
        found = design.fit(counts).threshold(0.5)
        if found.lower is not None and found.upper is not None and found.estimate is not None:
            pool.append(np.log([found.lower, found.estimate, found.upper]) - math.log(curve.threshold(0.5)))
    ends = np.array(pool)

    def draw(count: int) -> tuple[Array, Array, Array]:
        lower, estimate, upper = ends[random.integers(len(ends), size=count)].T
        return lower, estimate, upper

    return draw


def rejections(errors: Errors, repetitions: int) -> dict[str, dict[int, float]]:
    """For each law the share of studies on it that reject it, by the number of points."""
    found: dict[str, dict[int, float]] = {}
    for name, law in TRUE_LAWS.items():
        found[name] = {}
        for count in POINTS:
            n = np.geomspace(50.0, 5000.0, count)
            low = 0
            for _ in range(repetitions):
                lower, estimate, upper = (np.exp(np.log(law(n)) + e) for e in errors(count))
                low += joint_p_value(name, gather_points(np.log(n), lower, estimate, upper, Z)) < REJECTED
            found[name][count] = low / repetitions
    return found


def sentences(random: np.random.Generator, repetitions: int) -> dict[str, Any]:
    """What is said of 5 points over a factor 16 in n, 25 % wide each way, where the width grows like n^0.08."""
    n, errors = 50.0 * 2.0 ** np.arange(5), gaussian(random)
    said: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    covered = 0
    for _ in range(repetitions):
        lower, estimate, upper = (list(8.0 * (n / 50.0) ** 0.08 * np.exp(e)) for e in errors(5))
        found = compare_growth_laws(n, lower, estimate, upper)
        said[str(found.finding)] += 1
        kept.update(law.name for law in found.laws if law.remains)
        _, low, high = found.exponent
        covered += low is not None and high is not None and low <= 0.08 <= high
    return {
        "finding": {name: count / repetitions for name, count in said.most_common()},
        "remains": {name: kept[name] / repetitions for name in LAWS},
        "interval contains 0.08": covered / repetitions,
    }


def dependence(random: np.random.Generator, repetitions: int) -> dict[str, dict[int, list[float]]]:
    """Points of a flat law, n doubling, with correlated errors: exponent intervals that contain 0, laws rejected."""
    found: dict[str, dict[int, list[float]]] = {}
    for name, correlation in CORRELATIONS.items():
        found[name] = {}
        for count in POINTS:
            n, index = 50.0 * 2.0 ** np.arange(count), np.arange(count)
            root = np.linalg.cholesky(correlation(np.abs(index[:, None] - index)))
            covered = rejected = 0
            for _ in range(repetitions):
                error = HALF * root @ random.standard_normal(count)
                points = gather_points(np.log(n), *(np.exp(error + k * Z * HALF) for k in (-1, 0, 1)), Z)
                flat, power = (fit_law(name, points).log_likelihood for name in ("constant", "power"))
                covered += 2.0 * (power - flat) <= allowed_drop(points, 0.95)
                rejected += joint_p_value("constant", points) < REJECTED
            found[name][count] = [covered / repetitions, rejected / repetitions]
    return found


PREDICTED_FROM = (4, 5, 7)
"""Points of a prediction."""

PREDICTED = (2, 4, 16)
"""How many times the largest n tried a width is predicted for."""


def predictions(random: np.random.Generator, scatter: float, repetitions: int) -> dict[str, dict[int, list[float]]]:
    """By law and number of points, n doubling: shares of predictions that are given, and of those that cover.

    The truth is the least whole width at the n that is asked about, which scatters about the law too; a triple for each
    factor beyond the largest n is (given, covered, safe choice large enough).
    """
    found: dict[str, dict[int, list[float]]] = {}
    laws = TRUE_LAWS | {"power 0.13": lambda n: 3.3 * n**0.13}
    for name, law in laws.items():
        found[name] = {}
        for count in PREDICTED_FROM:
            n, row = 50.0 * 2.0 ** np.arange(count), []
            for factor in PREDICTED:
                given = covered = safe = 0
                for _ in range(repetitions):
                    ends = [list(np.exp(np.log(law(n)) + e)) for e in gaussian(random, scatter)(count)]
                    truth = math.ceil(float(law(n[-1:] * factor)[0]) * math.exp(scatter * random.standard_normal()))
                    try:
                        predicted = predict_growth(n, *ends, at=n[-1] * factor)
                    except SettingError:
                        continue
                    least = least_integer(predicted.estimate, predicted.lower, predicted.upper)
                    given += 1
                    safe += truth <= (least.upper or 0)
                    covered += (least.lower or 0) <= truth <= (least.upper or 0)
                row += [given / repetitions, covered / max(given, 1), safe / max(given, 1)]
            found[name][count] = row
    return found


def prediction_table(title: str, found: dict[str, dict[int, list[float]]]) -> None:
    """All laws together: given, covered and safe for each number of points and factor."""
    print(f"\n{title}; given, covered, safe choice large enough")
    for count in PREDICTED_FROM:
        for place, factor in enumerate(PREDICTED):
            rows = np.array([row[count][3 * place : 3 * place + 3] for row in found.values()])
            given = rows[:, 0]
            if given.any():
                shares = (float(given.mean()), *(float(given @ rows[:, k] / given.sum()) for k in (1, 2)))
                print(
                    f"{count:3d} points, {factor:2d} times the largest n  "
                    + ", ".join(f"{100 * s:.1f} %" for s in shares)
                )


def table(title: str, rows: dict[str, dict[int, Any]]) -> None:
    """A line for each row, a column for each number of points."""
    print(f"\n{title}\n{'':28s}" + "".join(f"{count:>16d}" for count in POINTS))
    for name, row in rows.items():
        cells = (", ".join(f"{100 * v:.1f} %" for v in np.atleast_1d(row[count])) for count in POINTS)
        print(f"{name:28s}" + "".join(f"{cell:>16s}" for cell in cells), flush=True)


def main() -> None:
    """Simulate, print the tables, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=50, help="studies for each entry")
    parser.add_argument("--predictions", type=int, default=20, help="predictions for each law, points and factor")
    parser.add_argument("--searches", type=int, default=20, help="searches that errors are drawn from")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    began, random = time.perf_counter(), np.random.default_rng(13)
    result: dict[str, Any] = {"repetitions": chosen.repetitions, "searches": chosen.searches}
    result["sentences"] = sentences(random, chosen.repetitions)
    for name, row in result["sentences"].items():
        print(f"{name}: {row}", flush=True)
    sources = {
        "Gaussian errors": gaussian(random),
        "Gaussian errors, scatter 0.1": gaussian(random, 0.1),
        "errors of searches": searched(random, chosen.searches),
    }
    result["true law rejected"] = {}
    for name, errors in sources.items():
        result["true law rejected"][name] = rejections(errors, chosen.repetitions)
        table(f"True law rejected, {name}; by number of points", result["true law rejected"][name])
    result["dependence"] = dependence(random, chosen.repetitions)
    table("Interval of the exponent contains the truth, true law rejected; by number of points", result["dependence"])
    result["prediction"] = {}
    for scatter in (0.0, 0.1):
        found = predictions(random, scatter, chosen.predictions)
        result["prediction"][f"scatter {scatter:g}"] = found
        prediction_table(f"Whole width predicted, scatter {scatter:g}", found)
    result["environment"] = {"python": platform.python_version(), "numpy": np.__version__}
    chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nwritten: {chosen.out}, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
