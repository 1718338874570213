"""The catalogue: every statement by its permanent id, who improves on whom, and what is known only in part."""

import difflib
import functools
import importlib
from types import ModuleType

from howwide.errors import SettingError
from howwide.theory.memorisation import Memorisation
from howwide.theory.papers import MODULES
from howwide.theory.statements import Incomplete, Theorem

__all__ = ["all_memorisation", "all_theorems", "error_bound_of", "get", "incomplete", "lineage", "run_of"]


@functools.cache
def all_theorems() -> tuple[Theorem, ...]:
    """Every statement of which something can be evaluated, in the order of the catalogue."""
    return tuple(theorem for module in _modules() for theorem in module.THEOREMS)


@functools.cache
def incomplete() -> tuple[Incomplete, ...]:
    """Statements of which too little is known to evaluate them, with what is missing."""
    return tuple(entry for module in _modules() for entry in getattr(module, "INCOMPLETE", ()))


@functools.cache
def all_memorisation() -> tuple[Memorisation, ...]:
    """Statements about the existence of weights that fit, none about training: reference lines beside a width."""
    return tuple(entry for module in _modules() for entry in getattr(module, "MEMORISATION", ()))


def get(id: str) -> Theorem:
    """A statement by its id.

    Raises:
        SettingError: there is none, or it is known only in part (the message says what is missing), or it is about
            memorisation and not training.
    """
    for theorem in all_theorems():
        if theorem.id == id:
            return theorem
    for entry in incomplete():
        if entry.id == id:
            raise SettingError(f"{id} is known only in part; missing: {entry.missing}")
    if id in {entry.id for entry in all_memorisation()}:
        raise SettingError(f"{id} is about memorisation, not training: nothing can be run or judged by it")
    known = [theorem.id for theorem in all_theorems()]
    near = difflib.get_close_matches(id.lower(), known, n=4, cutoff=0.5)
    raise SettingError(
        f"no theorem {id!r}; " + (f"close to it: {', '.join(near)}; " if near else "") + "see howwide theorems list"
    )


def run_of(theorem: Theorem) -> Theorem:
    """The statement that prescribes the run a statement is about: itself, or the one whose iterates it is about."""
    return theorem if theorem.iterates_of is None else get(theorem.iterates_of)


def error_bound_of(theorem: Theorem) -> Theorem | None:
    """The statement that bounds the test error of the iterates of ``theorem``: itself, or the first one about them."""
    if "test_error" in theorem.formulas:
        return theorem
    return next((other for other in all_theorems() if other.iterates_of == theorem.id), None)


def lineage() -> tuple[tuple[str, str], ...]:
    """Edges (id, id of a statement that it improves or carries further)."""
    return tuple((theorem.id, older) for theorem in all_theorems() for older in theorem.improves_on)


def _modules() -> list[ModuleType]:
    return [importlib.import_module(f"howwide.theory.papers.{name}") for name in MODULES]
