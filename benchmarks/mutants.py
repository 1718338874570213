"""Do the tests see a wrong constant? Mutants of `certify`, `statistics`, `ntrf`, one at a time, against their tests.

Of the replacements of a mutant (``mutants.json``) the first whose old text stands exactly once in the package is made,
so that a sample can be run on two states of the code and compared. A copy of the checkout is mutated; one process
imports the libraries, and each trial is a fork of it.

    python benchmarks/mutants.py CHECKOUT OUT.jsonl [IDS ...]
"""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MUTANTS = json.loads(Path(__file__).with_suffix(".json").read_text())


def place(folder: Path, alternatives: list[tuple[str, str]]) -> tuple[Path, str, str] | None:
    """The file, and what is replaced in it by what."""
    for old, new in alternatives:
        hits = [file for file in sorted(folder.rglob("*.py")) for _ in range(file.read_text().count(old))]
        if len(hits) == 1:
            return hits[0], old, new
    return None


def trial(copy: Path, tests: list[str], log: Path, limit: int = 600) -> int:
    """Exit code of pytest on ``tests``; beyond ``limit`` seconds of processor time it is killed."""
    pid = os.fork()
    if pid == 0:
        import pytest

        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        files = [f"tests/{name}" for name in tests if (copy / "tests" / name).exists()]
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--rootdir", str(copy), *files])))
    return os.waitstatus_to_exitcode(os.wait4(pid, 0)[1])


def main() -> None:
    """Run the sample, a line of JSON a mutant."""
    root, out, only = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), set(sys.argv[3:])
    folder = Path(tempfile.mkdtemp(prefix="howwide-mutants-"))
    copy, log = folder / "copy", folder / "log"
    left_out = shutil.ignore_patterns(".git", ".venv*", "docs", ".mypy_cache", "__pycache__")
    shutil.copytree(root, copy, ignore=left_out)
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    os.environ |= {"JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"), "JAX_PLATFORMS": "cpu"}
    os.environ |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
    sys.path.insert(0, str(copy / "src"))
    os.chdir(copy)
    for name in (
        "pytest",
        "jax.numpy",
        "scipy.stats",
        "scipy.optimize",
        "sklearn.linear_model",
        "pandas",
        "cvxpy",
        "mpmath",
    ):
        __import__(name)

    def report(row: dict[str, Any]) -> None:
        with out.open("a") as file:
            print(json.dumps(row), file=file, flush=True)
        print(row, flush=True)

    for tests in () if only else sorted({test for mutant in MUTANTS for test in mutant["tests"]}):
        report({"unchanged": tests, "code": trial(copy, [tests], log)})  # every file must pass as it is
    for mutant in MUTANTS:
        id = mutant["id"]
        if only and id not in only:
            continue
        found = place(copy / "src/howwide" / mutant["package"], mutant["replace"])
        if found is None:
            report({"id": id, "result": "not found"})
            continue
        file, old, new = found
        text, began = file.read_text(), time.perf_counter()
        file.write_text(text.replace(old, new))
        try:
            code = trial(copy, mutant["tests"], log)
        finally:
            file.write_text(text)
        by = [line for line in log.read_text().splitlines() if line.startswith(("FAILED", "ERROR"))][:1]
        seconds = round(time.perf_counter() - began, 1)
        report({"id": id, "result": "alive" if code == 0 else "killed", "by": by, "seconds": seconds})
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
