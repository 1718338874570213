"""How often is a certificate wrong? ``python benchmarks/certificate_coverage.py``.

Laws with known risks, 2000 repetitions each, delta = 0.05: the share of repetitions in which the true risk exceeds the
certified one must be at most delta plus three standard errors. Controls break a condition on purpose and must fail that
test. Beside the share stand the mean of the certified values and the mean of the risks: a bound far above the risk is
never wrong and says little. Prints the table, writes ``results/certificate_coverage.json`` and exits with 1 when a row
is not as it should be. Ten minutes on one core.

Every certificate and law has its own random numbers, so that ``--only`` runs a part and finds the same.

A further certificate is one more function in `SOURCES`, which yields scenarios.
"""

import argparse
import json
import math
import os
import pathlib
import platform
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the libraries that read it

import betting
import jax
import network_passes
import numpy as np
import pac_bayes_coverage
import rademacher_coverage
import risk_sequences
import scipy
from scenario import DELTA, Scenario

RESULTS = pathlib.Path(__file__).parent / "results" / "certificate_coverage.json"
SOURCES: list[Callable[[], Iterable[Scenario]]] = [
    risk_sequences.scenarios,
    betting.scenarios,
    network_passes.scenarios,
    pac_bayes_coverage.scenarios,
    rademacher_coverage.scenarios,
]
HEADER = f"{'certificate':24s}{'law':64s}{'wrong':>8s}{'value':>8s}{'risk':>8s}  verdict"


def measured(scenario: Scenario, repetitions: int) -> dict[str, Any]:
    """One row of the table."""
    seed = zlib.crc32(f"{scenario.certificate}: {scenario.law}".encode())
    values, risks = scenario.simulate(repetitions, np.random.default_rng(seed))
    violations = int((risks > values).sum())
    allowed = scenario.delta + 3.0 * math.sqrt(scenario.delta * (1.0 - scenario.delta) / repetitions)
    return {
        "certificate": scenario.certificate,
        "law": scenario.law,
        "control": scenario.control,
        "repetitions": repetitions,
        "violations": violations,
        "rate": violations / repetitions,
        "delta": scenario.delta,
        "allowed": allowed,
        "mean_value": float(values.mean()),
        "mean_risk": float(risks.mean()),
        "holds": violations / repetitions <= allowed,
    }


def as_it_should(row: dict[str, Any]) -> bool:
    """Whether the row holds, or fails where it must."""
    return bool(row["holds"] != row["control"])


def line(row: dict[str, Any]) -> str:
    """The row as it is printed."""
    verdict = "holds" if row["holds"] else "FAILS"
    if row["control"]:
        verdict = f"control: must fail, {'NOT FOUND OUT' if row['holds'] else 'fails'}"
    numbers = f"{row['rate']:8.4f}{row['mean_value']:8.3f}{row['mean_risk']:8.3f}"
    return f"{row['certificate']:24s}{row['law']:64s}{numbers}  {verdict}"


def summary(name: str, rows: Sequence[dict[str, Any]]) -> str:
    """What the rows of one certificate say together: the worst, and how far the bound lies above the risk."""
    worst = max(rows, key=lambda r: r["rate"])
    excess = [r["mean_value"] - r["mean_risk"] for r in rows]
    said = f"{name:24s}{len(rows):4d} laws, wrong in at most {worst['rate']:.2%} ({worst['law']}); "
    return said + f"above the risk by {min(excess):.3f} to {max(excess):.3f}, median {np.median(excess):.3f}"


def main() -> None:
    """Simulate, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000, help="of every scenario")
    parser.add_argument("--only", default="", help="certificates or laws whose name contains this")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    rows: list[dict[str, Any]] = []
    print(HEADER)
    for scenario in (s for source in SOURCES for s in source() if chosen.only in f"{s.certificate}: {s.law}"):
        rows.append(measured(scenario, chosen.repetitions))
        print(line(rows[-1]), flush=True)
    honest = [r for r in rows if not r["control"] and r["delta"] == DELTA]
    for name in dict.fromkeys(r["certificate"] for r in honest):
        print(summary(name, [r for r in honest if r["certificate"] == name]))
    versions = {m.__name__: m.__version__ for m in (np, scipy, jax)}
    environment = {"python": platform.python_version(), **versions}
    chosen.out.write_text(json.dumps({"delta": DELTA, "rows": rows, "environment": environment}, indent=1) + "\n")
    print(f"written: {chosen.out}, {time.process_time():.0f} s of CPU time")
    sys.exit(0 if all(map(as_it_should, rows)) else 1)


if __name__ == "__main__":
    main()
