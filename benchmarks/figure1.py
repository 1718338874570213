"""The figure of Chen et al. from its packed trials: ``python benchmarks/figure1.py``. No data, and nothing is trained.

Reads ``examples/figure-1/*.jsonl.gz``, which ``make figure`` and ``benchmarks/figure1_large.py`` fill, and writes the
tables and figures of the page ``docs/figure-1.md``. An n of which a trial is still missing is left out.
"""

import argparse
import csv
import json
import pathlib
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from howwide.figures import plot_width_curve
from howwide.figures.style import to_svg
from howwide.results.width import Comparison, WidthPoint, WidthResult
from howwide.sweep import Store, collect, unpack
from howwide.views.blocks import Column, Estimate
from howwide.width import WidthStudy
from howwide.width.reference import read_published, with_reference
from howwide.width.rows import search_rows, trial_rows, width_result

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES, DOCS = ROOT / "examples", ROOT / "docs"
PAIRS = ("cat-dog", "cat-ship")
QUANTITIES = ("m_0.5", "m_0.9", "scan by 1", "scan by 2", "scan by 5")
_WRITE = Column("width").text


def finished(pair: str, packs: pathlib.Path) -> tuple[pd.DataFrame, str]:
    """The packed trials of all n at which none is missing, and the name of their data.

    The samples that were run on beyond the budget are left out.
    """
    frames, missing, name = [], set(), ""
    for path in sorted(packs.glob(f"{pair}*.jsonl.gz")):
        with tempfile.TemporaryDirectory() as folder:
            unpack(path, folder)
            store = Store.existing(folder)
            frames.append(collect(folder))
            planned, _ = store.planned()
            missing |= {task.arguments["n"] for key, task in planned.items() if store.read(key) is None}
            name = store.study.context["data"]["name"]
    trials = pd.concat(frames)
    within = trials["steps"].isna() if "steps" in trials else True
    return trials[~trials["n"].isin(missing) & within], name


def settings_of(pair: str) -> dict[str, Any]:
    """The settings of the figure's study of a pair."""
    return tomllib.loads((EXAMPLES / f"figure1-{pair}.toml").read_text(encoding="utf-8"))


def studied(
    pair: str,
    packs: pathlib.Path = EXAMPLES / "figure-1",
    variant: str = "",
    changed: Mapping[str, object] = MappingProxyType({}),
) -> WidthResult:
    """What the search found, from its packed trials, beside the published points; not why each search ended.

    A variant has its packs under the pair's name and its own, and changes some settings.
    """
    settings = settings_of(pair) | dict(changed)
    trials, name = finished(pair + variant, packs)
    sizes = sorted({int(n) for n in trials["n"]})
    study = WidthStudy(**settings, n=sizes)
    [shared], design = study.trial_settings(), study.design()
    points, searches, scans, rows = [], [], [], []
    for place, budget in enumerate(shared.steps):
        for n in sizes:
            own = trials[trials["n"] == n]
            keys = zip(own["width"], own["seed"], strict=True)
            outcomes = dict(zip(keys, map(json.loads, own["outcomes"]), strict=True))
            won = pd.DataFrame([(width, o[place]["success"]) for (width, _), o in outcomes.items()])
            counts = {int(w): (int(part[1].sum()), len(part)) for w, part in won.groupby(0)}
            improving = sum(o[place]["improving"] for o in outcomes.values())
            found = search_rows(place, shared, n, budget, design, "budget", counts, improving, None)
            points += found[0]
            searches.append(found[1])
            scans += found[2]
            rows += trial_rows(place, shared, n, outcomes, place)
    result = width_result(points, searches, scans, pd.DataFrame(rows), shared, name)
    reference = read_published(f"chen2021-{pair}")
    common = {p.n for p in reference.points} & set(sizes)
    return with_reference(result, reference) if common else result


def widths(pair: str, result: WidthResult) -> list[list[str]]:
    """One row for each n and budget: what this study finds."""
    rows = []
    for point in _in_order(result):
        own = [p for p in result.points if (p.curve, p.n) == (point.curve, point.n)]
        scans = [s for s in result.scans if (s.curve, s.n) == (point.curve, point.n)]
        cells = [Estimate(p.estimate, p.lower, p.upper) for p in own]
        cells += [Estimate(s.estimate, s.lower, s.upper) for s in scans]
        rows.append([pair, str(point.n), str(point.steps), str(point.trials), *map(_WRITE, cells)])
    return rows


def published(pair: str, result: WidthResult) -> list[list[str]]:
    """One row for each published n and budget: where the published width lies, and its ratio to the estimates."""
    rows = []
    for point in _in_order(result):
        own = [r for r in result.comparisons if (r.curve, r.n) == (point.curve, point.n)]
        if own:
            cells = {row.quantity: row for row in own}
            rows.append(
                [pair, str(point.n), str(point.steps), f"{own[0].published:g}", *_lies(cells[q] for q in QUANTITIES)]
            )
    return rows


def _in_order(result: WidthResult) -> list[WidthPoint]:
    """The points at one success probability, by n and budget."""
    return sorted(result.points_at(0.5), key=lambda p: (p.n, p.steps))


def _lies(rows: Iterable[Comparison]) -> list[str]:
    cells = []
    for row in rows:
        where = "undecided" if row.inside is None else "inside" if row.inside else "outside"
        cells.append(where if row.factor is None else f"{where}, {row.factor:.2f}")
    return cells


def write(path: pathlib.Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table as CSV."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


WIDTHS_HEAD = ["pair", "n", "T", "trials", *QUANTITIES]
PUBLISHED_HEAD = ["pair", "n", "T", "published", *QUANTITIES]


def main() -> None:
    """Write the tables and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=pathlib.Path, default=DOCS, help="where tables and images go")
    docs = parser.parse_args().docs
    results = {pair: studied(pair) for pair in PAIRS}
    write(docs / "tables" / "figure-1-widths.csv", WIDTHS_HEAD, [r for p in results for r in widths(p, results[p])])
    table = [row for pair in results for row in published(pair, results[pair])]
    write(docs / "tables" / "figure-1-published.csv", PUBLISHED_HEAD, table)
    for pair, result in results.items():
        name = f"figure-1-{pair}"
        (docs / "images" / f"{name}.svg").write_text(to_svg(plot_width_curve(result), name), encoding="utf-8")
        print(f"{pair}: n = {', '.join(str(n) for n in sorted({p.n for p in result.points}))}")


if __name__ == "__main__":
    main()
