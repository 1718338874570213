"""The project's own papers agree with each other and with the code."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Where the name to import is not the name to install.
DISTRIBUTION = {"sklearn": "scikit-learn", "dask": "distributed", "jaxlib": "jax"}

# Split, so that this file does not find itself.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~])/(?:ro" + r"ot|wo" + r"rk)/"),
    "the host of a package registry": re.compile(r"py" + r"pi\.org|pythonhosted" + r"\.org|npmjs" + r"\.org"),
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def test_the_installed_version_is_that_of_the_project() -> None:
    import howwide

    assert version("howwide") == PYPROJECT["project"]["version"]
    assert howwide.__version__ == PYPROJECT["project"]["version"]


def test_the_citation_names_the_version() -> None:
    cited = re.search(r"^version: (\S+)$", read("CITATION.cff"), re.MULTILINE)
    assert cited is not None
    assert cited[1] == PYPROJECT["project"]["version"]


def test_the_changelog_leads_up_to_the_version() -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [numbers(heading) for heading in headings[1:]]
    assert released == sorted(released, reverse=True), "the newest version comes first"
    current = numbers(PYPROJECT["project"]["version"])
    assert all(number <= current for number in released)
    if current not in released:
        unreleased = read("CHANGELOG.md").split("## [")[1]
        assert re.search(r"^- ", unreleased, re.MULTILINE), "the coming version has no entry under Unreleased"


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_commands(command: str) -> None:
    assert command in read("README.md")


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-1] == "make test"
    assert os.access(script, os.X_OK)


def imported_at(tree: ast.AST) -> set[str]:
    """The first parts of all absolute imports below a node."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_every_import_is_a_declared_dependency() -> None:
    project = PYPROJECT["project"]
    extras = (project["optional-dependencies"][extra] for extra in ("parquet", "dask", "slurm"))
    declared = {
        re.split(r"[\[<>=! ]", text)[0].lower() for group in (project["dependencies"], *extras) for text in group
    }
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "src").rglob("*.py")
        for name in imported_at(ast.parse(path.read_text(encoding="utf-8"))) - sys.stdlib_module_names - {"howwide"}
        if DISTRIBUTION.get(name, name).lower() not in declared
    }
    assert not undeclared, f"imported, but not in pyproject.toml: {sorted(undeclared)}"


@pytest.mark.parametrize(
    ("part", "foreign"),
    [("theory", {"jax", "jaxlib", "numpy"}), ("statistics", {"jax", "jaxlib"}), ("sweep", {"jax", "jaxlib"})],
)
def test_a_part_that_knows_no_network_imports_none_of_its_tools(part: str, foreign: set[str]) -> None:
    """The companion of the import contracts in pyproject.toml, for libraries that are not ours."""
    offences = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "src" / "howwide" / part).rglob("*.py")
        for name in imported_at(ast.parse(path.read_text(encoding="utf-8"))) & foreign
    }
    assert not offences, sorted(offences)


def test_importing_the_package_leaves_the_heavy_parts_alone() -> None:
    """Figures, HTML and clusters are imported where they are used."""
    heavy = ["matplotlib", "jinja2", "dask", "distributed", "submitit", "torch"]
    script = f"import sys, howwide; print(*[name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def project_files() -> list[Path]:
    """Every file that is tracked or about to be."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_text_names_one_machine_or_one_registry() -> None:
    offences = []
    for path in project_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # not text
        for number, line in enumerate(lines, start=1):
            offences += [
                f"{path.relative_to(ROOT)}:{number}: {what}" for what, bad in FORBIDDEN.items() if bad.search(line)
            ]
    assert not offences, "\n".join(offences)
