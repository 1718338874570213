"""Do the intervals of the rank correlation hold it? ``python benchmarks/prediction_coverage.py``; a minute of one core.

Studies of 15 problems whose log width and log quantity are jointly normal over problems, the same at three n, with
widths known to 8 % where problems differ by a factor of 1.6. For each correlation of the normal law: Spearman's
correlation of that law, how many of the 95 % intervals hold it, and how long they are. And where nothing predicts, how
often the best of ten quantities has a p-value of at most 0.05, by itself and as the best. Writes
``docs/tables/predictors-coverage.csv``.
"""

import math

import numpy as np
from figure1 import DOCS, write
from prediction import Array, Table, as_found, averaged, found, permutation_p_values, resampled, spearman

from howwide.statistics.growth_points import SCORES

CORRELATIONS = (0.0, 0.5, 0.8, 0.95)
STUDIES, PROBLEMS, SIZES = 1000, 15, (100, 200, 400)
ERROR = 0.08 / math.log(1.6)
HEAD = ["rank correlation of the law", "studies", "intervals that hold it", "mean length"]


def study(x: Array, level: Array, random: np.random.Generator, quantities: int = 1) -> Table:
    """Widths estimated with an error around each problem's level, and quantities ``x`` that are the same at every n."""
    widths = level[:, None] + ERROR * random.standard_normal((PROBLEMS, len(SIZES)))
    nodes = widths[..., None] + ERROR * SCORES
    ends = widths[..., None] + 1.96 * ERROR * np.array([-1.0, 1.0])
    named = {str(k): np.repeat(x[:, k : k + 1], len(SIZES), 1) for k in range(quantities)}
    return Table(tuple(map(str, range(PROBLEMS))), SIZES, widths, nodes, ends, named)


def coverage(correlation: float) -> list[str]:
    """The row of one correlation."""
    truth, held, lengths = 6 / math.pi * math.asin(correlation / 2), 0, []
    for seed in range(STUDIES):
        random = np.random.default_rng(seed)
        x = random.standard_normal((PROBLEMS, 1))
        level = correlation * x[:, 0] + math.sqrt(1 - correlation**2) * random.standard_normal(PROBLEMS)
        table = study(x, level, random)
        value = found(averaged(spearman), table.quantities["0"], as_found(table), resampled(table, 300, seed))
        assert value.lower is not None
        assert value.upper is not None
        held += value.lower <= truth <= value.upper
        lengths.append(value.upper - value.lower)
    return [f"{truth:.2f}", str(STUDIES), f"{100 * held / STUDIES:.1f} %", f"{np.mean(lengths):.2f}"]


def best_of_ten(studies: int = 400) -> list[list[str]]:
    """How often the best of ten unrelated quantities has a p-value of at most 0.05."""
    alone = chosen = 0
    for seed in range(studies):
        random = np.random.default_rng(seed)
        table = study(random.standard_normal((PROBLEMS, 10)), random.standard_normal(PROBLEMS), random, 10)
        values = permutation_p_values(table, 199, seed).values()
        alone += min(p for p, _ in values) <= 0.05
        chosen += min(p for _, p in values) <= 0.05
    words = (("best of ten, p alone at most 0.05", alone), ("best of ten, p as the best at most 0.05", chosen))
    return [[text, str(studies), f"{100 * count / studies:.1f} %", ""] for text, count in words]


def main() -> None:
    """Simulate, and write the table."""
    rows = [*map(coverage, CORRELATIONS), *best_of_ten()]
    write(DOCS / "tables" / "predictors-coverage.csv", HEAD, rows)
    for row in rows:
        print(*row, sep=" | ")


if __name__ == "__main__":
    main()
