"""The tables and figures of ``docs/predictors.md``, from packed trials and facts; nothing is trained or measured here.

The packs give the minimal widths (``predictors-posteriors.csv``, in numbers); those and ``facts.jsonl`` give all else.
"""

import csv
import math
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from figure1 import write
from prediction import (
    Array,
    Found,
    Statistic,
    Table,
    alike,
    as_found,
    averaged,
    baseline_factor,
    elasticity,
    found,
    growth_correlation,
    kendall,
    pairs_apart,
    permutation_p_values,
    prediction_factor,
    prediction_ratio,
    resampled,
    spearman,
    varies,
)
from predictor_data import NAMED, POSTERIORS_HEAD, PROBLEMS, minimal_widths, read_facts, read_where

from howwide import theory
from howwide.figures.style import COLOURS, REFERENCE, new_axes, plain_ticks, style, to_svg
from howwide.statistics.growth_points import SCORES
from howwide.views.blocks import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = list[list[str]]

QUANTITIES: Mapping[str, tuple[str, int]] = {
    "radius": ("radius R(0.1)", 1),
    "margin": ("margin γ, width 128", -1),
    "margin_infinite": ("margin γ, infinite width", -1),
    "linear_margin": ("linear margin of the inputs", -1),
    "separation_across": ("φ across labels", -1),
    "separation_all": ("φ of all pairs", -1),
    "lambda_min": ("λ_min, width 128", -1),
    "lambda_min_infinite": ("λ_min, infinite width", -1),
    "label_complexity": ("y'Θ⁻¹y, infinite width", 1),
}
"""What is measured: its name on the page, and whether theory has the width grow (1) or fall (-1) with it."""

DRAWN = ("margin_infinite", "radius", "linear_margin", "separation_across", "lambda_min_infinite", "label_complexity")
"""What the figure shows."""

TABLES = ("widths", "facts", "summary", "quantities", "held-out", "growth", "theorems", "statements")
FIGURES = ("predictors", "predictors-correlations")

REPLICATES, PERMUTATIONS = 2000, 1000
BEYOND = {
    **dict.fromkeys(("above_range", "no_success", "lapses"), math.inf),
    **dict.fromkeys(("below_range", "all_success"), -math.inf),
}
"""Where the width lies if its status leaves it without an estimate."""

RANK = averaged(spearman)
TAU = averaged(kendall)


# ------------------------------------------------------------------------------------------------------------ the table


def read_posteriors(path: pathlib.Path) -> list[dict[str, str]]:
    """The rows of ``predictors-posteriors.csv``."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table_of(points: Sequence[Mapping[str, str]], facts: Sequence[Mapping[str, Any]]) -> Table:
    """Widths and quantities of all problems that have points, quantities as medians over samples."""
    problems = tuple(name for name in PROBLEMS if any(p["problem"] == name for p in points))
    sizes = tuple(sorted({int(p["n"]) for p in points}))
    shape = len(problems), len(sizes)
    widths, nodes = np.full(shape, np.nan), np.full((*shape, SCORES.size), np.nan)
    ends = np.tile([-np.inf, np.inf], (*shape, 1))
    for point in points:
        place = problems.index(point["problem"]), sizes.index(int(point["n"]))
        widths[place], ends[place], nodes[place] = _log_width(point)
    samples = {(p, n): [f for f in facts if (f["problem"], f["n"]) == (p, n)] for p in problems for n in sizes}

    def over_samples(value: Callable[[Mapping[str, Any]], float]) -> Array:
        return np.array([[median_of([value(f) for f in samples[p, n]]) for n in sizes] for p in problems])

    quantities = {
        label: over_samples(lambda f, name=name, sign=sign: sign * measured(f["facts"], name))
        for name, (label, sign) in QUANTITIES.items()
    }
    for kind in NAMED if facts else ():
        for id in facts[0][kind]:
            quantities[f"{kind}: {id}"] = over_samples(lambda f, kind=kind, id=id: stated(f[kind][id]))
    return Table(problems, sizes, widths, nodes, ends, quantities)


def _log_width(point: Mapping[str, str]) -> tuple[float, Array, Array]:
    """Log width, the ends of its interval, and its posterior; without an end, a normal one as wide as the other end."""
    estimate, lower, upper = (float(point[k]) if point[k] else None for k in ("estimate", "lower", "upper"))
    ends = np.array([-np.inf if lower is None else math.log(lower), np.inf if upper is None else math.log(upper)])
    if estimate is None:
        return BEYOND.get(point["status"], math.nan), ends, np.full(SCORES.size, np.nan)
    middle = math.log(estimate)
    if lower is not None and upper is not None:
        return middle, ends, np.log([float(point[f"{z:g}"]) for z in SCORES])
    known = max(abs(end - middle) for end in ends if math.isfinite(end))
    return middle, ends, middle + SCORES * known / 1.96


def measured(facts: Mapping[str, Any], name: str) -> float:
    """The logarithm of a fact: NaN if it is not known, infinite for a margin of zero and for a radius that is none."""
    if name == "label_complexity" and measured(facts, "lambda_min_infinite") == -math.inf:
        return math.nan  # the kernel is singular to rounding: whatever was computed is not the form
    fact = facts[name]
    if fact is None or isinstance(fact, float | int):
        return math.nan if fact is None else _log(fact)
    lower, upper, status = fact["lower"], fact["upper"], fact["status"]
    if status in ("unreachable", "infinite"):
        return math.inf
    if status == "not_separable" or (name.startswith("lambda_min") and lower is not None and lower <= 0):
        return -math.inf
    if not lower or upper is None or upper > 1.1 * lower:
        return math.nan
    return (math.log(lower) + math.log(upper)) / 2


def stated(width: float | str) -> float:
    """The logarithm of a stated width; NaN if it has none."""
    if isinstance(width, str):
        return math.inf if width == "infinite" else math.nan
    return width * math.log(10)


def median_of(values: Sequence[float]) -> float:
    """Over samples; NaN if it is unknown on one of them, or without any."""
    return float(np.median(values)) if values else math.nan


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


# ------------------------------------------------------------------------------------------------------------ the study


class Study:
    """The statistics that tables and figures take, each computed where it is asked for."""

    def __init__(self, table: Table, replicates: int = REPLICATES) -> None:
        self.table = table
        self.found, self.resampled = as_found(table), resampled(table, replicates)
        statements = {n: x for n, x in table.quantities.items() if n.partition(": ")[0] in NAMED and varies(x)}
        self.groups = alike(statements)
        self.measured = [label for label, _ in QUANTITIES.values()]
        self.p_values = self._p_values([*self.measured, *(group[0] for group in self.groups)])
        self.p_values_measured = self._p_values(self.measured)

    def _p_values(self, names: Iterable[str]) -> dict[str, tuple[float, float]]:
        t = self.table
        chosen = {name: t.quantities[name] for name in names}
        return permutation_p_values(Table(t.problems, t.sizes, t.widths, t.nodes, t.ends, chosen), PERMUTATIONS)

    def of(self, statistic: Statistic, name: str) -> Found:
        """A statistic of a quantity, with its interval."""
        return found(statistic, self.table.quantities[name], self.found, self.resampled)

    def at(self, place: int) -> Statistic:
        """Spearman's correlation at one n."""
        return lambda x, replicates: spearman(x[:, place], replicates.columns[place])

    def p_texts(self, name: str) -> list[str]:
        """The p-value by itself, and as the best of all that were looked at."""
        return [f"{p:.3f}" for p in self.p_values[name]] if name in self.p_values else ["", ""]

    def left_out(self, name: str) -> list[str]:
        """Problems on which the quantity is not a positive number at some n that has a width."""
        missing = ~np.isfinite(self.table.quantities[name]) & ~np.isnan(self.table.widths)
        return [p for p, m in zip(self.table.problems, missing.any(1), strict=True) if m]

    def common(self) -> Table:
        """The problems on which every measured quantity is a positive number."""
        out = {p for name in self.measured for p in self.left_out(name)}
        return self.table.some(np.array([p not in out for p in self.table.problems], bool))

    def without_a_source(self, name: str) -> tuple[float, float] | None:
        """The least and the largest mean rank correlation when all problems of one source are left out."""
        sources = np.array([PROBLEMS[p].source for p in self.table.problems])
        parts = [self.table.some(sources != source) for source in sorted(set(sources))]
        values = [float(RANK(part.quantities[name], as_found(part))[0]) for part in parts]
        known = [v for v in values if not math.isnan(v)]
        return (min(known), max(known)) if known else None


WIDTHS_HEAD = ["problem", "source", "n", "trials", "m_0.5 (95 %)", "status"]
QUANTITIES_HEAD = (
    ["quantity", "theory says"],
    ["mean over n", "p alone", "p as the best", "without one source", "common problems", "not a positive number on"],
)
"""Before and after the columns of the sample sizes."""

HELD_OUT_HEAD = ["quantity", "problems", "factor", "baseline's factor", "ratio (95 %)"]
GROWTH_HEAD = ["quantity", "correlation of growths", "elasticity"]
THEOREMS_HEAD = [
    "statement", "alike", "network", "problems", "tau (95 %)", "pairs right", "pairs wrong", "pairs tied",
    "p as the best", "ratio (95 %)",
]  # fmt: skip
STATEMENTS_HEAD = ["statement", "kind", "in the table as"]
SUMMARY_HEAD = ["", "value"]


def widths(points: Sequence[Mapping[str, str]]) -> Rows:
    """One row for each problem and n."""
    rows = []
    for point in points:
        numbers = (float(point[k]) if point[k] else None for k in ("estimate", "lower", "upper"))
        cell = Estimate(*numbers).text(lambda v: f"{v:.3g}")
        rows.append(
            [point["problem"], PROBLEMS[point["problem"]].source, point["n"], point["trials"], cell, point["status"]]
        )
    return rows


def facts_rows(table: Table) -> Rows:
    """One row for each problem and n: the medians over samples."""
    rows = []
    for i, problem in enumerate(table.problems):
        for k, n in enumerate(table.sizes):
            if not np.isnan(table.widths[i, k]):
                values = [sign * table.quantities[label][i, k] for label, sign in QUANTITIES.values()]
                rows.append([problem, str(n), *map(_plain, values)])
    return rows


def _plain(log: float) -> str:
    if math.isnan(log):
        return ""
    return {math.inf: "infinite", -math.inf: "0"}.get(log) or f"{math.exp(log):.3g}"


def quantities(study: Study) -> Rows:
    """One row for each measured quantity: rank correlations with the width."""
    rows, common = [], study.common()
    for label, sign in QUANTITIES.values():
        by_n = [_text(study.of(study.at(place), label)) for place in range(len(study.table.sizes))]
        span = study.without_a_source(label)
        [on_common] = RANK(common.quantities[label], as_found(common)).tolist()
        rows.append([
            label, "rises" if sign > 0 else "falls", *by_n, _text(study.of(RANK, label)), *study.p_texts(label),
            "" if span is None else f"{span[0]:.2f} to {span[1]:.2f}", _text(Found(on_common)),
            ", ".join(study.left_out(label)),
        ])  # fmt: skip
    return rows


def held_out(study: Study) -> Rows:
    """One row for each measured quantity: how far predictions from other problems are off."""
    rows = []
    for label in study.measured:
        used = np.isfinite(study.table.quantities[label]) & np.isfinite(study.table.widths)
        statistics = (prediction_factor, baseline_factor, prediction_ratio)
        rows.append([label, str(int(used.any(1).sum())), *(_text(study.of(s, label)) for s in statistics)])
    return rows


def growth(study: Study) -> Rows:
    """One row for each measured quantity: its growth with n against that of the width."""
    return [[label, *(_text(study.of(s, label)) for s in (growth_correlation, elasticity))] for label in study.measured]


def theorems(study: Study) -> Rows:
    """One row for statements whose widths go together: do they order the problems as the minimal width does?"""
    rows = []
    for group in study.groups:
        x = study.table.quantities[group[0]]
        tau = study.of(TAU, group[0])
        known = (~np.isnan(x) & ~np.isnan(study.table.widths)).any(1).sum()
        row = [
            group[0].partition(": ")[2], str(len(group)), network(group), str(int(known)), _text(tau),
            *map(str, pairs_apart(x, study.table.ends)), study.p_texts(group[0])[1],
            _text(study.of(prediction_ratio, group[0])),
        ]  # fmt: skip
        rows.append((math.inf if tau.estimate is None else -tau.estimate, row))
    return [row for _, row in sorted(rows)]


def network(group: Sequence[str]) -> str:
    """Whether a statement of the group is about the network that was trained, or says that weights exist."""
    kinds = {name.partition(": ")[0] for name in group}
    if kinds == {"memorisation"}:
        return "weights exist"
    ids = [name.partition(": ")[2] for name in group if name.startswith("theorems")]
    return "this one" if any("deep" in theory.get(id).setting.covers for id in ids) else "another"


def statements(study: Study) -> Rows:
    """Every statement and the row in which it is."""
    place = {name: group[0].partition(": ")[2] for group in study.groups for name in group}
    rows = []
    for name in study.table.quantities:
        kind, _, id = name.partition(": ")
        if kind in NAMED:
            rows.append([id, kind, place.get(name, "none: the same for all problems, or not known")])
    return rows


def summary(study: Study, points: Sequence[Mapping[str, str]]) -> Rows:
    """What was looked at, and the best of it as what it is: the best of many."""
    rows = [
        ["problems", str(len(study.table.problems))],
        ["sample sizes", ", ".join(map(str, study.table.sizes))],
        ["trials", str(sum(int(p["trials"]) for p in points))],
        ["widths with both ends", f"{sum(bool(p['lower'] and p['upper']) for p in points)} of {len(points)}"],
        ["problems on which every measured quantity is a positive number", str(len(study.common().problems))],
    ]
    for what, values in (
        ("measured quantities", study.p_values_measured),
        ("measured quantities and statements", study.p_values),
    ):
        rows.append([f"{what}: how many have a rank correlation", str(len(values))])
        if values:
            best = min(values, key=lambda name: (values[name][1], -abs(study.of(RANK, name).estimate or 0)))
            rows.append([f"{what}: the best", best.removeprefix("theorems: ").removeprefix("memorisation: ")])
            rows.append([f"{what}: mean rank correlation of the best", _text(study.of(RANK, best))])
            rows.append([f"{what}: p-value of the best as the best", f"{values[best][1]:.3f}"])
    return rows


def spent(points: Sequence[Mapping[str, str]], facts: Sequence[Mapping[str, Any]], where: str) -> Rows:
    """What it took, and on what the facts were measured."""
    return [
        ["minutes of the trials, one core each", f"{sum(int(p['seconds']) for p in points) / 60:.0f}"],
        ["core-minutes of the facts", f"{sum(f['seconds'] for f in facts) / 60:.0f}"],
        ["facts with", where],
    ]


# -------------------------------------------------------------------------------------------------------------- figures


def plot_quantities(table: Table) -> "Axes":
    """The minimal width against six quantities; lines join the sample sizes of a problem, a colour a source."""
    from matplotlib.lines import Line2D

    sources = list(dict.fromkeys(PROBLEMS[p].source for p in table.problems))
    colours = dict(zip(sources, (*COLOURS, REFERENCE), strict=False))
    with style():
        axes = [new_axes(10.5, 6.4)]
        figure = axes[0].figure.get_figure()
        axes[0].remove()
        axes = list(figure.subplots(2, 3, sharey=True).flat)
        for ax, name in zip(axes, DRAWN, strict=True):
            label, sign = QUANTITIES[name]
            ax.set(xscale="log", yscale="log", xlabel=label)
            for problem, x, y in zip(table.problems, sign * table.quantities[label], table.widths, strict=True):
                known = np.isfinite(x) & np.isfinite(y)
                altered = PROBLEMS[problem].changes
                ax.plot(
                    np.exp(x[known]), np.exp(y[known]), "o:" if altered else "o-", markersize=4, linewidth=1,
                    color=colours[PROBLEMS[problem].source], fillstyle="none" if altered else "full",
                )  # fmt: skip
            plain_ticks(ax, "x", _ticks([end for line in ax.lines for end in line.get_xdata()]))
        heights = [end for ax in axes for line in ax.lines for end in line.get_ydata()]
        for ax in axes[::3]:
            ax.set_ylabel("minimal width m_0.5")
            plain_ticks(ax, "y", _ticks(heights))
        handles = [Line2D([], [], marker="o", color=colour, label=source) for source, colour in colours.items()]
        handles.append(Line2D([], [], marker="o", color="black", ls=":", fillstyle="none", label="altered labels"))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
        return axes[0]


def _ticks(values: Sequence[float]) -> list[float]:
    """Round numbers over the range of ``values``: 1, 1.5, 2, 3, 5, 7, 10, ...; over longer ranges fewer."""
    least, most = min(values, default=1.0), max(values, default=10.0)
    factors = (1, 1.5, 2, 3, 5, 7) if most < 5 * least else (1, 2, 5) if most < 30 * least else (1, 3)
    decades = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    steps = [f * 10.0**k for k in decades for f in factors]
    return [v for v in steps if least / 1.3 <= v <= most * 1.3] or steps


def plot_correlations(study: Study) -> "Axes":
    """The mean rank correlation of every measured quantity with the width, with its interval."""
    with style():
        ax = new_axes(7.2, 4.2)
        for place, label in enumerate(reversed(study.measured)):
            value = study.of(RANK, label)
            if value.estimate is not None:
                ax.plot([value.estimate], [place], "o", color=COLOURS[0])
            if value.lower is not None and value.upper is not None:
                ax.plot([value.lower, value.upper], [place, place], color=COLOURS[0])
        ax.axvline(0, color=REFERENCE, linewidth=1)
        ax.set_yticks(range(len(study.measured)), study.measured[::-1])
        ax.set(xlim=(-1.02, 1.02), xlabel="rank correlation with the width, signed as theory has it")
        return ax


# -------------------------------------------------------------------------------------------------------------- writing


def made_tables(
    points: Sequence[Mapping[str, str]],
    facts: Sequence[Mapping[str, Any]],
    where: str = "",
    replicates: int = REPLICATES,
) -> tuple[Study, dict[str, tuple[Sequence[str], Rows]]]:
    """Head and rows of every table of the page but the first one, by name."""
    study = Study(table_of(points, facts), replicates)
    before, after = QUANTITIES_HEAD
    head = [*before, *(f"n = {n}" for n in study.table.sizes), *after]
    return study, {
        "widths": (WIDTHS_HEAD, widths(points)),
        "facts": (["problem", "n", *study.measured], facts_rows(study.table)),
        "summary": (SUMMARY_HEAD, [*summary(study, points), *spent(points, facts, where)]),
        "quantities": (head, quantities(study)),
        "held-out": (HELD_OUT_HEAD, held_out(study)),
        "growth": (GROWTH_HEAD, growth(study)),
        "theorems": (THEOREMS_HEAD, theorems(study)),
        "statements": (STATEMENTS_HEAD, statements(study)),
    }


def write_tables(packs: pathlib.Path, docs: pathlib.Path) -> None:
    """All tables and figures, as far as there are trials."""
    for part in ("tables", "images"):
        (docs / part).mkdir(parents=True, exist_ok=True)
    rows = [row for name in PROBLEMS for row in minimal_widths(name, packs)]
    if not rows:
        print(f"no packed trials in {packs}: empty tables")
        for name in ("posteriors", *TABLES):
            write(docs / "tables" / f"predictors-{name}.csv", [name], [["no trials yet"]])
        for name in FIGURES:
            (docs / "images" / f"{name}.svg").write_text(to_svg(new_axes(), name), encoding="utf-8")
        return
    posteriors = docs / "tables" / "predictors-posteriors.csv"
    write(posteriors, POSTERIORS_HEAD, rows)
    facts = packs / "facts.jsonl"
    study, tables = made_tables(read_posteriors(posteriors), read_facts(facts), read_where(facts))
    for name, (head, lines) in tables.items():
        write(docs / "tables" / f"predictors-{name}.csv", head, lines)
    for name, ax in zip(FIGURES, (plot_quantities(study.table), plot_correlations(study)), strict=True):
        (docs / "images" / f"{name}.svg").write_text(to_svg(ax, name), encoding="utf-8")
    for row in tables["summary"][1]:
        print(": ".join(row))


def _text(value: Found) -> str:
    """As 0.71 (0.40 to 0.88); nothing without an estimate."""
    if value.estimate is None or math.isnan(value.estimate):
        return ""
    if value.lower is None or value.upper is None:
        return f"{value.estimate:.2f}"
    return f"{value.estimate:.2f} ({value.lower:.2f} to {value.upper:.2f})"
