"""The public names, kept in a file: a rename is then a decision, not an accident.

`python tests/test_public_surface.py --update` writes the file anew.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import howwide

SNAPSHOT = Path(__file__).with_name("public_surface.json")
UPDATE = "python tests/test_public_surface.py --update"


def public_modules() -> Iterator[ModuleType]:
    """The package and its public parts, one level down."""
    yield howwide
    for part in pkgutil.iter_modules(howwide.__path__):
        if not part.name.startswith("_"):
            yield importlib.import_module(f"howwide.{part.name}")


def public_names(module: ModuleType) -> list[str]:
    """`__all__`, or else what is defined in the module and does not start with an underscore."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    found = ((name, value) for name, value in vars(module).items() if not name.startswith("_"))
    return sorted(
        name
        for name, value in found
        if not inspect.ismodule(value) and str(getattr(value, "__module__", module.__name__)).startswith("howwide")
    )


def surface() -> dict[str, list[str]]:
    return {module.__name__: public_names(module) for module in public_modules()}


def differences(kept: dict[str, list[str]], found: dict[str, list[str]]) -> list[str]:
    """One line for each name or module that came or went."""
    before = {f"{module}.{name}" for module, names in kept.items() for name in names} | set(kept)
    after = {f"{module}.{name}" for module, names in found.items() for name in names} | set(found)
    return [f"- {name}" for name in sorted(before - after)] + [f"+ {name}" for name in sorted(after - before)]


def test_the_public_names_are_those_of_the_snapshot() -> None:
    kept = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else {}
    changed = differences(kept, surface())
    assert not changed, "\n".join(
        ["the public names changed:", *changed, f"if on purpose: {UPDATE}, and a line in CHANGELOG.md"]
    )


def test_every_public_name_exists() -> None:
    missing = [
        f"{module.__name__}.{name}"
        for module in public_modules()
        for name in public_names(module)
        if not hasattr(module, name)
    ]
    assert not missing, f"named in __all__ but absent: {missing}"


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: {UPDATE}")
    SNAPSHOT.write_text(json.dumps(surface(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {SNAPSHOT}")
