"""Which quantity predicts the minimal width? ``python benchmarks/predictors.py --data DIR``.

For every problem of ``predictor_data.PROBLEMS`` and every n: the minimal width m_0.5 by trials (depth 5, zero training
error within 2000 steps), and on three samples of size n what the library measures: radius, margins, separations,
eigenvalues, the widths of all theorems, and those at which weights exist that fit. Trials are kept in ``--out``, a
folder a problem, and packed into ``examples/predictors``; facts are appended to ``facts.jsonl`` there. So the command
goes on where it was stopped, in any order of problems, and several of it may run beside each other for different ones.

Without ``--data``, or with ``--tables``, nothing is made: the tables and figures of ``docs/predictors.md`` are written
from the packs and the facts.
"""

import argparse
import pathlib
import sys

from figure1 import DOCS
from predictor_data import PACKS, PROBLEMS, SIZES, make_facts, make_trials
from predictor_tables import write_tables

from howwide.errors import HowwideError, SettingError


def main() -> None:
    """Make trials and facts where there are data, and write tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=pathlib.Path, help="the folder of mnist.npz, a9a.npz, ...; without it tables alone"
    )
    parser.add_argument("--problems", default=",".join(PROBLEMS), help=f"some of: {', '.join(PROBLEMS)}")
    parser.add_argument("--n", default=",".join(map(str, SIZES)), help="those beyond the data are left out")
    parser.add_argument("--only", choices=["trials", "facts"], help="make only these")
    parser.add_argument("--tables", action="store_true", help="make nothing, write tables and figures")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("predictors"), help="keeps trials")
    parser.add_argument("--packs", type=pathlib.Path, default=PACKS, help="keeps packed trials and facts")
    parser.add_argument("--docs", type=pathlib.Path, default=DOCS, help="where tables and images go")
    given = parser.parse_args()
    if given.data and not given.data.is_dir():
        parser.error(f"there is no folder {given.data}")
    if not all(n.isdecimal() for n in given.n.split(",")):
        parser.error(f"--n takes whole numbers, separated by commas; got {given.n!r}")
    try:
        if given.data and not given.tables:
            make(given)
        write_tables(given.packs, given.docs)
    except HowwideError as error:
        sys.exit(f"error: {error}")


def make(given: argparse.Namespace) -> None:
    """Trials and facts of the chosen problems, as far as they are not there yet.

    Raises:
        SettingError: an unknown problem.
    """
    names, wanted = given.problems.split(","), sorted({int(n) for n in given.n.split(",")})
    if unknown := [name for name in names if name not in PROBLEMS]:
        raise SettingError(f"unknown problem {unknown[0]!r}; the problems are {', '.join(PROBLEMS)}")
    for name in names:
        ds = PROBLEMS[name].load(given.data)
        sizes = [n for n in wanted if n <= ds.n]
        if given.only != "trials":
            make_facts(name, ds, sizes, given.packs / "facts.jsonl")
        if given.only != "facts":
            make_trials(name, ds, sizes, given.out, given.packs, given.workers)


if __name__ == "__main__":
    main()
