"""What the paper of the figure does not say, one at a time: ``python benchmarks/figure1_variants.py --data FILE``.

Chen et al. do not say how inputs are scaled, which optimiser with which step they use, for how long, and whether their
5 layers are 5 matrices. Each variant is the study of the figure (``examples/figure1-*.toml``) with one such choice
changed, at n = 100, 200, 400; and one has random labels, to n = 500. Trials are kept in ``--out`` one by one, so the
command goes on where it was stopped, and packed into ``examples/figure-1/variants``. The tables of ``docs/figure-1.md``
are written from the packs; without ``--data`` that is all that is done.
"""

import argparse
import dataclasses
import itertools
import math
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from figure1 import DOCS, EXAMPLES, PAIRS, settings_of, studied, write

import howwide as hw
from howwide.data import Dataset
from howwide.results.width import Comparison, WidthResult
from howwide.sweep import InProcess, pack
from howwide.views.blocks import Column, Estimate

CLASSES = dict(zip(PAIRS, ("3/5", "3/8"), strict=True))
PACKS = EXAMPLES / "figure-1" / "variants"
SIZES, FURTHER = (100, 200, 400), (100, 200, 400, 500)
BUDGET = 5000
COMMON: Mapping[str, Any] = {"steps": [BUDGET], "trials": 100, "quantiles": [0.5], "extend": 0, "max_width": 256}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "20,000 steps": {"steps": [20_000]},
    "curvature step alone": {"step_size": "curvature"},
    "theory's step alone": {"step_size": "theory"},
    "minibatches of 64": {"algorithm": "minibatch", "batch_size": 64},
    "centred pixels": {"scaling": "centred"},
    "pixels / 255": {"scaling": "none"},
    "6 matrices (5 hidden layers)": {"depth": 6},
    (CONTROL := "random labels"): {"labels": "random"},
}
"""What differs from the figure, by the name in the table."""

AS_PLOTTED, SHORT = "as in the figure: 5000 steps", "1000 steps"


def pack_name(variant: str) -> str:
    """A variant in the name of its pack."""
    return "-" + "".join(c if c.isalnum() else "-" for c in variant.lower()).strip("-")


def changed(variant: str) -> dict[str, Any]:
    """The settings in which a variant differs from the figure's study."""
    return {**COMMON, **VARIANTS[variant]}


def data_of(file: str, pair: str, variant: str) -> Dataset:
    """The images of a pair; as shares of the largest pixel where rows are not scaled."""
    scaling = changed(variant).get("scaling", "unit")
    ds = hw.data.load(f"{file}:{CLASSES[pair]}", scaling=scaling)
    if scaling != "none":
        return ds
    tests = None if ds.x_test is None else ds.x_test / 255
    return dataclasses.replace(ds, x=ds.x / 255, x_test=tests)


def make(file: str, pair: str, variant: str, out: pathlib.Path, workers: int) -> None:
    """The trials of one variant, as far as they are not there yet, and their pack."""
    name = pair + pack_name(variant)
    settings = {**settings_of(pair), **changed(variant)}
    sizes = FURTHER if variant == CONTROL else SIZES
    print(f"{pair}, {variant}", flush=True)
    ds = data_of(file, pair, variant)
    settings.pop("scaling", None)  # of the data
    hw.width.search(ds, n=sizes, out=out / name, engine=InProcess(workers), accept_versions=True, **settings)
    print(pack(out / name, PACKS / f"{name}.jsonl.gz"), flush=True)


def results(pair: str) -> Iterator[tuple[str, WidthResult, int]]:
    """Every variant whose trials are packed: its name, what was found, and the curve that counts."""
    plotted = studied(pair)
    yield AS_PLOTTED, plotted, 1
    yield SHORT, plotted, 0
    for variant in VARIANTS:
        if list(PACKS.glob(f"{pair}{pack_name(variant)}.jsonl.gz")):
            settings = changed(variant)
            settings.pop("scaling", None)
            yield variant, studied(pair, PACKS, pack_name(variant), settings), 0


def packed() -> dict[str, dict[str, tuple[WidthResult, int]]]:
    """Results and curves by variant and pair."""
    found: dict[str, dict[str, tuple[WidthResult, int]]] = {}
    for pair in PAIRS:
        for variant, result, curve in results(pair):
            found.setdefault(variant, {})[pair] = result, curve
    return found


def scans(result: WidthResult, curve: int) -> dict[int, Comparison]:
    """The published width beside the mean of ten upward scans by 1, by n."""
    return {r.n: r for r in result.comparisons if r.curve == curve and r.quantity == "scan by 1" and r.n in SIZES}


def widths(found: Mapping[str, Mapping[str, tuple[WidthResult, int]]]) -> list[list[str]]:
    """One row for each variant, pair and n."""
    text, rows = Column("width").text, []
    for variant, pairs in found.items():
        for pair, (result, curve) in pairs.items():
            published = scans(result, curve)
            for point in (p for p in result.points_at(0.5) if p.curve == curve):
                [scan] = [s for s in result.scans if (s.curve, s.n, s.step) == (curve, point.n, 1)]
                ten = Estimate(scan.estimate, scan.ten_lower, scan.ten_upper)
                known = f"{published[point.n].published:g}" if point.n in published else ""
                half = text(Estimate(point.estimate, point.lower, point.upper))
                rows.append([variant, pair, str(point.n), str(point.trials), half, text(ten), known])
    return rows


def distances(found: Mapping[str, Mapping[str, tuple[WidthResult, int]]]) -> list[list[str]]:
    """One row a variant: published over mean of scans at every n, how many lie inside, the typical factor."""
    rows = []
    for variant, pairs in found.items():
        row, logs, inside, points = [variant], [], 0, 0
        for pair in PAIRS:
            own = scans(*pairs[pair]) if pair in pairs else {}
            for n in SIZES:
                one = own.get(n)
                row.append("" if one is None or one.factor is None else f"{one.factor:.2f}")
                if one is not None and one.factor is not None:
                    logs.append(math.log(one.factor))
                    inside, points = inside + bool(one.inside), points + 1
        typical = f"{math.exp(math.sqrt(float(np.mean(np.square(logs))))):.2f}" if logs else ""
        rows.append([*row, f"{inside} of {points}", typical])
    return rows


def growth(found: Mapping[str, Mapping[str, tuple[WidthResult, int]]]) -> list[list[str]]:
    """One row for each pair with true and with random labels, at the sizes of the control: exponent and laws."""
    rows = []
    for labels, variant in (("true", AS_PLOTTED), ("random", CONTROL)):
        for pair, (result, curve) in found.get(variant, {}).items():
            part = result.parts()[curve]
            points = tuple(p for p in part.points if p.n in FURTHER)
            laws = part.model_copy(update={"points": points}).fit(0.5)
            sizes = ", ".join(str(p.n) for p in points if p.quantile == 0.5)
            remain = ", ".join(law.name for law in laws.laws if law.remains)
            rows.append([pair, labels, sizes, Column("exponent").text(Estimate(*laws.exponent)), remain])
    return rows


GROWTH_HEAD = ["pair", "labels", "n", "exponent of a power of n (95 %)", "laws that remain"]
WIDTHS_HEAD = ["variant", "pair", "n", "trials", "m_0.5", "mean of ten scans by 1", "published"]
DISTANCES_HEAD = [
    "variant", *(f"{p.replace('-', '/')}, n = {n}" for p in PAIRS for n in SIZES), "inside", "typical factor"
]  # fmt: skip


def main() -> None:
    """Make trials where there are data, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="all images of cat (3), dog (5) and ship (8); without it tables alone")
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--variants", help=f"some of: {'; '.join(VARIANTS)}; separated by ;")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("figure-1-variants"), help="keeps trials")
    parser.add_argument("--docs", type=pathlib.Path, default=DOCS, help="where tables go")
    given = parser.parse_args()
    variants, pairs = given.variants.split(";") if given.variants else list(VARIANTS), given.pairs.split(",")
    for name, known in [*((v, VARIANTS) for v in variants), *((p, PAIRS) for p in pairs)]:
        if name not in known:
            parser.error(f"there is no {name!r}; the names are {'; '.join(known)}")
    if given.data and not pathlib.Path(given.data).is_file():
        parser.error(f"there is no file {given.data}")
    if given.data:
        for variant, pair in itertools.product(variants, pairs):
            make(given.data, pair, variant, given.out, given.workers)
    found = packed()
    write(given.docs / "tables" / "figure-1-variants-widths.csv", WIDTHS_HEAD, widths(found))
    write(given.docs / "tables" / "figure-1-growth.csv", GROWTH_HEAD, growth(found))
    write(given.docs / "tables" / "figure-1-variants.csv", DISTANCES_HEAD, table := distances(found))
    for row in table:
        print(*row, sep=" | ")


if __name__ == "__main__":
    main()
