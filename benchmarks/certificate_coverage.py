"""How often is a certificate wrong? ``python benchmarks/certificate_coverage.py``.

Laws with known risks, at least 2000 repetitions each, delta = 0.05: the share of repetitions in which the true risk
exceeds the certified one must be at most delta plus three standard errors. Prints the table, writes
``results/certificate_coverage.json`` and exits with 1 when a certificate fails. Every scenario has its own random
numbers, so one of them can be run alone.

A further certificate is one more function in `SOURCES`, which yields scenarios.
"""

import argparse
import json
import pathlib
import platform
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import risk_sequences
import scipy
from risk_sequences import DELTA, Scenario

RESULTS = pathlib.Path(__file__).parent / "results" / "certificate_coverage.json"
SOURCES: list[Callable[[], Iterable[Scenario]]] = [risk_sequences.scenarios]


def measured(scenario: Scenario, repetitions: int) -> dict[str, Any]:
    """One row of the table."""
    seed = zlib.crc32(f"{scenario.certificate}: {scenario.law}".encode())
    violations = int(scenario.violations(repetitions, np.random.default_rng(seed)))
    allowed = DELTA + 3.0 * float(np.sqrt(DELTA * (1.0 - DELTA) / repetitions))
    return {
        "certificate": scenario.certificate,
        "law": scenario.law,
        "repetitions": repetitions,
        "violations": violations,
        "rate": violations / repetitions,
        "allowed": allowed,
        "holds": violations / repetitions <= allowed,
    }


def line(row: dict[str, Any]) -> str:
    """The row as it is printed."""
    verdict = "holds" if row["holds"] else "FAILS"
    return f"{row['certificate']:24s}{row['law']:58s}{row['rate']:8.4f}  {verdict}"


def main() -> None:
    """Simulate, print the table, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000, help="of every scenario")
    parser.add_argument("--only", default="", help="certificates whose name contains this")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    chosen = parser.parse_args()
    began = time.perf_counter()
    rows = []
    for scenario in (s for source in SOURCES for s in source() if chosen.only in s.certificate):
        rows.append(measured(scenario, chosen.repetitions))
        print(line(rows[-1]), flush=True)
    worst = {
        name: max(r["rate"] for r in rows if r["certificate"] == name) for name in {r["certificate"] for r in rows}
    }
    for name, rate in sorted(worst.items()):
        print(f"{name}: wrong in at most {rate:.2%} of the repetitions of a scenario, {DELTA:.0%} promised")
    environment = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
    chosen.out.write_text(json.dumps({"delta": DELTA, "rows": rows, "environment": environment}, indent=1) + "\n")
    print(f"written: {chosen.out}, {time.perf_counter() - began:.0f} s")
    sys.exit(0 if all(r["holds"] for r in rows) else 1)


if __name__ == "__main__":
    main()
