r"""Which width should ``width="auto"`` take? ``python benchmarks/auto_rules.py --searches 300``.

Searches of at most 100 trials for :math:`m_{0.9}`, as ``width="auto"`` makes them, on known curves and on real trials
that are resampled (``results/trials-*.json``). Each rule then takes a width from the same trials. Counted is how often
the true success probability there lies in the band from 0.85 to 0.98, below it and above it, and how far the width is
above the estimate. Where the trials tell of no width, that whose success rate has the highest lower end counts, as it
is taken with a warning. Searches with an even number choose among the rules, those with an odd number say how the
chosen one does. Printed, and written to ``results/auto_rules.json``. 0.2 seconds a search.

``--kept FILE`` holds the trials of the searches, one a line: those that it has are not made again.
"""

import argparse
import functools
import json
import pathlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from resampled import TrialTable
from simulated import Counts, Curve, Success, searched

from howwide.statistics import AdaptiveDesign, ResponseFit, clopper_pearson
from howwide.width.automatic import sufficient_width

RESULTS = pathlib.Path(__file__).parent / "results"
QUANTILE, LEAST, MOST = 0.9, 0.85, 0.98
DESIGN = AdaptiveDesign(256, round_size=16, trials=100, precision=1.25, quantiles=(QUANTILE,), level=0.95)
CURVES: Mapping[str, Success] = {
    "digits": TrialTable.read(RESULTS / "trials-digits.json"),
    "cat/dog": TrialTable.read(RESULTS / "trials-cat-dog.json"),
    "half 8, scale 0.2": Curve(8, 0.2),
    "half 12, scale 0.3": Curve(12, 0.3),
    "half 5, scale 0.2, lapses 0.02": Curve(5, 0.2, 0.02),
    "half 16, scale 0.08": Curve(16, 0.08),
}
STEEP = "half 16, scale 0.08"
"""So steep that three whole widths lie in the band; no rule is chosen by it, and it has a quarter of the searches."""

Rule = Callable[[ResponseFit, float | None, range], int | None]


def search(name: str, index: int) -> Counts:
    """Successes and trials by width of one search."""
    return searched(CURVES[name], DESIGN, np.random.default_rng([index, list(CURVES).index(name), 11]))[0]


def searches(count: int, kept: pathlib.Path | None) -> Iterator[tuple[str, int, Counts]]:
    """Curve, number and counts of every search, from ``kept`` as far as it has them."""
    lines = kept.read_text().splitlines() if kept and kept.exists() else []
    there = {(row["curve"], row["index"]): row["counts"] for row in map(json.loads, lines)}
    for index in range(count):
        for name in CURVES:
            if name == STEEP and index >= count // 4:
                continue
            if (name, index) not in there:
                there[name, index] = search(name, index)
                if kept:
                    with kept.open("a") as stream:
                        print(json.dumps({"curve": name, "index": index, "counts": there[name, index]}), file=stream)
            yield name, index, {int(width): tuple(pair) for width, pair in there[name, index].items()}


def _mean(share: float, fit: ResponseFit, estimate: float | None, widths: range) -> int | None:
    weights = fit.posterior.weights.ravel()
    return next((m for m in widths if fit.posterior.success(float(np.log(m))).ravel() @ weights >= share), None)


def _surely(share: float, probability: float, fit: ResponseFit, estimate: float | None, widths: range) -> int | None:
    """P(success >= share) >= probability; the success share is at least q from m_q on."""
    upper = fit.posterior.threshold_quantile(share, probability)
    return next((width for width in widths if np.log(width) >= upper), None)


def _in_band(fit: ResponseFit, estimate: float | None, widths: range) -> int | None:
    weights = fit.posterior.weights.ravel()

    def mass(width: int) -> float:
        success = fit.posterior.success(float(np.log(width))).ravel()
        return float(weights[(success >= LEAST) & (success <= MOST)].sum())

    most = len(widths) if estimate is None else int(1.5 * estimate) + 1  # no more of them are taken anyhow
    return max(widths[:most], key=mass)


def _rounded_up(fit: ResponseFit, estimate: float | None, widths: range) -> int | None:
    return None if estimate is None else int(np.ceil(estimate))


def _capped(rule: Rule, fit: ResponseFit, estimate: float | None, widths: range) -> int | None:
    width = rule(fit, estimate, widths)
    return width if width is None or estimate is None else min(width, max(int(1.5 * estimate), 1))


def _at_most(rule: Rule) -> Rule:
    return functools.partial(_capped, rule)


RULES: Mapping[str, Rule] = {
    "estimate rounded up": _rounded_up,
    "mean >= q": functools.partial(_mean, QUANTILE),
    "mean >= q + (1 - q)/4": _at_most(functools.partial(_mean, QUANTILE + (1 - QUANTILE) / 4)),
    "P(success >= q - (1 - q)/2) >= 0.95": _at_most(functools.partial(_surely, LEAST, 0.95)),
    "P(success >= q) >= 0.7": _at_most(functools.partial(_surely, QUANTILE, 0.7)),
    "P(success >= q) >= 0.8, as taken": functools.partial(sufficient_width, quantile=QUANTILE),
    "most mass in the band": _at_most(_in_band),
}
"""All but the first two take at most 3/2 of the estimate."""


def row(name: str, rule: str, half: str, taken: list[tuple[int, float | None]]) -> dict[str, object]:
    """How the widths that a rule took on one curve do."""
    success = np.array([CURVES[name].success(width) for width, _ in taken])
    ratios = [width / estimate for width, estimate in taken if estimate is not None]
    return {
        "curve": name, "m_0.9": CURVES[name].threshold(QUANTILE), "rule": rule, "half": half, "searches": len(taken),
        "below": float(np.mean(success < LEAST)), "above": float(np.mean(success > MOST)),
        "in the band": float(np.mean((success >= LEAST) & (success <= MOST))),
        "mean ratio": float(np.mean(ratios)), "largest ratio": max(ratios),
        "without an estimate": len(taken) - len(ratios),
    }  # fmt: skip


def main() -> None:
    """Search, take widths by each rule, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=300, help="on each curve")
    parser.add_argument("--kept", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS / "auto_rules.json")
    chosen = parser.parse_args()
    taken: dict[tuple[str, str, str], list[tuple[int, float | None]]] = {}
    for name, index, counts in searches(chosen.searches, chosen.kept):
        fit = DESIGN.fit(counts)
        estimate = DESIGN.threshold(fit, QUANTILE).estimate
        best = max(counts, key=lambda m: (clopper_pearson(*counts[m]).lower, m))  # where a rule has none
        for rule, take in RULES.items():
            width = take(fit, estimate, range(1, max(counts) + 1)) or best
            taken.setdefault((name, rule, ("choosing", "reporting")[index % 2]), []).append((width, estimate))
    rows = [row(*key, taken[key]) for key in sorted(taken)]
    for r in rows:
        print("{curve:32s}{rule:37s}{half:10s}{searches:5d}  in {in the band:.3f}".format(**r), end="")
        print("  below {below:.3f}  above {above:.3f}  ratio {mean ratio:.2f}, {largest ratio:.2f}".format(**r))
    chosen.out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
