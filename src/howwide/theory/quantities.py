r"""From a formula and a problem to a number with its evidence.

A :class:`Formula` is a displayed equation with a tag that says how it is known; one with the letter ``C`` holds in
order only, ``C`` being what the paper hides. :meth:`Formula.at` evaluates it on a :class:`~howwide.theory.Problem` and
returns a :class:`Quantity`: never an exception, never NaN.
"""

import functools
import inspect
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from howwide.errors import SettingError
from howwide.theory.magnitude import Magnitude, Undefined
from howwide.theory.notation import Reading, branches, read, split
from howwide.theory.problem import Interval, Problem
from howwide.theory.symbols import SYMBOLS

__all__ = ["DERIVED", "KINDS", "NETWORK_RADIUS", "STATUSES", "TAGS", "Formula", "Quantity"]

TAGS = {
    "S": "read in the text of the paper, or of a later paper that quotes it",
    "M": "remembered from the paper, cross-checked by arithmetic where possible",
    "M?": "remembered, uncertain",
    "D": "derived here from stated ingredients; not claimed to be printed",
    "D=S": "derived here, agrees exactly with a figure that was read",
    "D=M": "derived here, agrees exactly with a figure that is remembered",
}
"""How a formula is known."""

DERIVED = ("D", "D=S", "D=M")
"""Tags of what is derived here."""

KINDS = {
    "width": "width m that suffices",
    "step_size": "step size η",
    "num_steps": "number of steps T",
    "training_loss": "training loss that is reached",
    "distance": "distance of the iterates from the start",
    "online_loss": "mean loss of one-pass SGD before each step",
    "test_error": "bound on the probability of a wrong sign",
    "test_loss": "bound on the expected loss",
    "sample_size": "number of examples that suffices",
    "radius": "radius R that suffices",
    "margin": "lower bound of a margin",
    "margin_ceiling": "upper bound of a margin",
}
"""What a statement may give, in words."""

NETWORK_RADIUS = MappingProxyType({"R": "R_f"})
"""For statements whose R is a radius of networks with a small loss, and not one of the linearised class."""

_LARGEST_IS_SAFE = frozenset(KINDS) - {"step_size", "margin"}

STATUSES = {
    "value": "a number",
    "unknown": "facts are missing; they are named",
    "infinite": "no finite number: a fact may be zero, such as a margin or an eigenvalue",
    "zero": "the number is 0, so that nothing is said",
    "undefined": "outside the domain of the formula; the reason says where",
    "not_stated": "the statement says nothing of this, or it is not known what",
}
"""How an evaluation ended."""


@dataclass(frozen=True)
class Quantity:
    """One number that a statement gives, with its evidence.

    Attributes:
        kind: one of :data:`KINDS`.
        status: one of :data:`STATUSES`.
        log10: the safe end: with every fact at the end that makes the answer worst (widest, slowest, largest bound).
        log10_other: the other end; equal where every fact is a number.
        tag: one of :data:`TAGS`.
        relation: "explicit", or "order" where the paper hides a constant; then the number is a prediction.
        hidden_constant: the value used for it, or None.
        missing: names of the facts that are missing.
        reason: what is wrong, in words; empty for a value.
        text: the formula.
    """

    kind: str
    status: str
    log10: float | None = None
    log10_other: float | None = None
    tag: str | None = None
    relation: str | None = None
    hidden_constant: float | None = None
    missing: tuple[str, ...] = ()
    reason: str = ""
    text: str = ""

    @property
    def value(self) -> float | None:
        """The safe end as a float; infinite where floats end; None where there is none."""
        return None if self.log10 is None else float(Magnitude(self.log10))

    @property
    def provenance(self) -> str:
        """How the formula is known, in words."""
        return "" if self.tag is None else TAGS[self.tag]

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both ends of the logarithm, the smaller first."""
        if self.log10 is None or self.log10_other is None:
            return None
        return min(self.log10, self.log10_other), max(self.log10, self.log10_other)

    @property
    def is_prediction(self) -> bool:
        """Whether a hidden constant went into it, so that it certifies nothing."""
        return self.relation == "order"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; an end that is zero or infinite is null, and the status says which the safe end is."""
        fields = {**self.__dict__, "missing": list(self.missing)}
        return {name: None if isinstance(v, float) and math.isinf(v) else v for name, v in fields.items()}


@dataclass(frozen=True)
class Formula:
    """A displayed formula and how it is known. Its text is its definition: :mod:`howwide.theory.notation` reads it.

    Attributes:
        text: one line for a terminal, in the notation of the papers.
        tag: one of :data:`TAGS`, the weakest of its parts.
        note: what the number leaves out, such as logarithms, or a factor that is not known.
        names: of its summands, where they are of use by themselves; a tuple names the branches of a minimum.
        reads: letters by their display, where the statement uses one otherwise than the table of symbols.
        function: what is evaluated where the text says something else; its arguments are letters.
    """

    text: str
    tag: str
    note: str = ""
    names: tuple[str | tuple[str, ...], ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    function: Callable[..., Magnitude] | None = None

    @functools.cached_property
    def reading(self) -> Reading:
        """The formula as a function. It is monotone in each letter, so that the ends of intervals give its ends.

        Raises:
            SettingError: the text is no formula.
        """
        if self.function is None:
            return read(self.text, self.reads)
        function = self.function
        return Reading(tuple(inspect.signature(function).parameters), lambda letters: function(**letters))

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters it needs, without the hidden constant."""
        return tuple(name for name in self.reading.letters if name != "C")

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of the facts it needs."""
        return tuple(SYMBOLS[letter].fact for letter in self.letters)

    @property
    def relation(self) -> str:
        """With a hidden constant "order", else "explicit"."""
        return "order" if "C" in self.reading.letters else "explicit"

    @functools.cached_property
    def terms(self) -> "dict[str, Formula]":
        """The summands by their names, a minimum once with each of its branches; hidden constants stay in them.

        Raises:
            SettingError: there are more or fewer summands or branches than names.
        """
        named: dict[str, Formula] = {}
        summands = split(split(self.text, "≤≥=<", 2)[-1], "+") if self.names else []
        if len(summands) != len(self.names):
            raise SettingError(f"{len(self.names)} names for the {len(summands)} terms of {self.text!r}")
        for name, summand in zip(self.names, summands, strict=True):
            alternatives = branches(summand)
            each = (name,) if isinstance(name, str) else name
            if isinstance(name, str):
                alternatives = [summand]
            if len(each) != len(alternatives):
                raise SettingError(f"{len(each)} names for the {len(alternatives)} branches of {summand!r}")
            named |= {n: replace(self, text=text, names=()) for n, text in zip(each, alternatives, strict=True)}
        return named

    def at(
        self, kind: str, problem: Problem, layers: int | None, hidden_constant: "float | Magnitude" = 1.0
    ) -> Quantity:
        """The value on a problem.

        Args:
            kind: one of :data:`KINDS`; decides which end is the safe one.
            problem: the facts.
            layers: the depth as the statement counts it.
            hidden_constant: stands for ``C``.
        """
        order = self.relation == "order"
        answer = Quantity(
            kind,
            "unknown",
            tag=self.tag,
            relation=self.relation,
            hidden_constant=float(hidden_constant) if order else None,
            text=self.text,
        )
        known = {letter: _ends(letter, problem, layers) for letter in self.letters}
        missing = tuple(SYMBOLS[letter].fact for letter, ends in known.items() if not ends)
        if missing:
            return replace(answer, missing=missing, reason=f"not known: {', '.join(missing)}")
        if order:
            known["C"] = (Magnitude.of(hidden_constant),)
        try:
            low, high = self._range(known)
        except Undefined as why:
            return replace(answer, status="undefined", reason=str(why))
        safe, other = (high, low) if kind in _LARGEST_IS_SAFE else (low, high)
        status = {math.inf: "infinite", -math.inf: "zero"}.get(safe, "value")
        reason = "" if status == "value" else STATUSES[status]
        return replace(answer, status=status, log10=safe, log10_other=other, reason=reason)

    def _range(self, known: dict[str, tuple[Magnitude, ...]]) -> tuple[float, float]:
        corners = itertools.product(*known.values())
        values = [self.reading.value(dict(zip(known, corner, strict=True))).log10 for corner in corners]
        return min(values), max(values)


def _ends(letter: str, problem: Problem, layers: int | None) -> tuple[Magnitude, ...]:
    """One or two ends of a fact; none if it is not known."""
    fact = layers if letter == "L" else getattr(problem, SYMBOLS[letter].fact)
    if fact is None:
        return ()
    if isinstance(fact, Interval):
        return Magnitude.of(fact.lower), Magnitude.of(fact.upper)
    return (Magnitude.of(fact),)
