"""Do the intervals of a frontier hold, all budgets at once, and those of the mean test error beside them?

Whole searches over several budgets, as ``howwide width --steps`` makes them: the largest budget first, every trial
shared by all. A simulated trial is one uniform number, and succeeds within T once the success probability P_T(m) is
above it, so that success within T is success within every larger budget, as of real trials. Its test error depends on
the width, and on the number itself: trials that fail test worse, so that a search that looks at success looks at the
test error too.

    python benchmarks/frontier.py --searches 200
"""

import argparse
import math
from collections import Counter

import numpy as np
from simulated import Curve

from howwide.statistics import AdaptiveDesign, may_be_smallest, mean_interval
from howwide.width.frontier import simultaneous_ends

BUDGETS = {"250": 16.0, "500": 11.5, "1000": 9.0, "2000": 8.2}
"""The width at which half of the trials succeed within each budget; steepness and lapses are the same."""
SCALE, LAPSE, SPREAD, FAILED = 0.15, 0.02, 0.03, 0.06


def mean_error(width: int, probability: float) -> float:
    """The true mean test error: it rises towards the threshold from above, and failures add to it."""
    return 0.1 + 0.05 * math.exp(-(math.log(width / 9.0) ** 2) / 0.5) + FAILED * (1.0 - probability)


def search(random: np.random.Generator, design: AdaptiveDesign) -> dict[int, list[float]]:
    """The numbers of the trials at each width, of one search over all budgets."""
    luck: dict[int, list[float]] = {}

    def counts(half: float) -> dict[int, tuple[int, int]]:
        curve = Curve(half, SCALE, LAPSE)
        return {m: (sum(u < curve.success(m) for u in own), len(own)) for m, own in luck.items()}

    def ask(wanted: dict[int, int]) -> None:
        for m, more in wanted.items():
            luck.setdefault(m, []).extend(random.uniform(size=more))

    for half in reversed(BUDGETS.values()):
        while asked := design.next_round(counts(half)):
            ask(asked)
        ask(design.confirming_round(counts(half)))
    return luck


def main() -> None:
    """Print how often the intervals cover."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=60)
    options = parser.parse_args()
    design = AdaptiveDesign(256, round_size=32, trials=200, precision=1.5, quantiles=(0.5, 0.9), level=0.95)
    random, seen, held = np.random.default_rng(0), Counter[str](), Counter[str]()

    def note(what: str, *, holds: bool) -> None:
        seen[what] += 1
        held[what] += holds

    for _ in range(options.searches):
        luck = search(random, design)
        truths = [Curve(half, SCALE, LAPSE) for half in BUDGETS.values()]
        fits = [
            design.fit({m: (sum(u < t.success(m) for u in own), len(own)) for m, own in luck.items()}) for t in truths
        ]
        for q in design.quantiles:
            alone = [(e.lower, e.upper) for e in (design.threshold(fit, q) for fit in fits)]
            joint = [simultaneous_ends(design, fit, q, len(fits)) for fit in fits]
            monotone = [
                (max((low for low, _ in ends[k:] if low is not None), default=None),
                 min((high for _, high in ends[: k + 1] if high is not None), default=None))
                for ends in (alone, joint) for k in range(len(fits))
            ]  # fmt: skip
            cover = [
                (low or 0.0) <= truth.threshold(q) <= (high or math.inf)
                for (low, high), truth in zip([*alone, *joint, *monotone], [*truths] * 4, strict=True)
            ]
            k = len(fits)
            for one in cover[:k]:
                note(f"m_{q:g}: one budget, its own interval", holds=one)
            for one in cover[2 * k : 3 * k]:
                note(f"m_{q:g}: one budget, own intervals cut by the order of budgets", holds=one)
            note(f"m_{q:g}: all budgets, own intervals", holds=all(cover[:k]))
            note(f"m_{q:g}: all budgets, joint intervals", holds=all(cover[3 * k :]))
        last, errors, true = truths[-1], {}, {}
        for m, own in luck.items():
            if len(own) < 5:
                continue
            failed = np.array(own) >= last.success(m)
            errors[m] = mean_error(m, 1.0) + FAILED * failed + SPREAD * random.normal(size=failed.size)
            true[m] = mean_error(m, last.success(m))
            ends = mean_interval(errors[m])
            if ends is not None:
                few = "5 to 9" if len(own) < 10 else "10 or more"
                note(f"mean test error, widths with {few} trials", holds=ends.lower <= true[m] <= ends.upper)
        widths = sorted(errors)
        kept = [widths[j] for j in may_be_smallest([errors[m] for m in widths])]
        note("the width that tests best is among those not told apart", holds=min(true, key=true.__getitem__) in kept)
        seen["widths compared"] += len(widths)
        held["widths compared"] += len(kept)
    for what in sorted(seen):
        print(f"{what}: {100 * held[what] / seen[what]:.1f} % of {seen[what]}")


if __name__ == "__main__":
    main()
