"""Formulas in the notation of the papers, read as functions: ``m ≥ C L²²R⁸ log(n/δ)^{4/3}``.

The text that is printed is the one definition of a formula: it is what :func:`read` evaluates. The grammar:

==========  ===========================================================================================================
formula     [left relation] sum {, name = sum}, with ``≤ ≥ = <`` for relations; definitions follow the formula
sum         product {+ product | - product}
product     factor {factor} {/ factor}: nothing is multiplied behind a slash without brackets
factor      atom, with a power or without
power       superscripts, as in ``n⁻²`` and ``4ᴸ``; or ``^½``, ``^-½``, ``^α``, ``^{-3/2}``, ``^{6L+4}``
atom        number, ``½``, ``¾``, ``π``, ``e``, letter, ``√2``, ``(sum)``, ``[sum]``, ``⌈sum⌉``, ``max{a, b}``,
            ``min{a, b}``, ``exp(sum)``, ``log(sum)``, ``log m``, ``log²(1/ε)``
==========  ===========================================================================================================

A letter is a ``display`` of :data:`~howwide.theory.symbols.SYMBOLS`, ``C`` the constant that a paper hides, and ``e``
is Euler's number. A power behind the brackets of a logarithm is one of the logarithm. Where a width stands on both
sides of its condition, ``m ≥ a (log m)^k``, the least width is meant from which on the condition holds.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from howwide.errors import SettingError
from howwide.theory.magnitude import Magnitude, exp, log, rounded_up, where_exceeds, where_exceeds_polylog
from howwide.theory.symbols import SYMBOLS

__all__ = ["Reading", "branches", "read", "split"]

Letters = Mapping[str, Magnitude]

_DISPLAYS = {symbol.display: letter for letter, symbol in reversed(SYMBOLS.items())} | {"ε_NTRF": "eps_F", "C": "C"}
_CONSTANTS = {"e": math.e, "π": math.pi, "½": 0.5, "¾": 0.75}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᴸ", "0123456789-L")
_OPENING, _CLOSING = "([{⌈", ")]}⌉"
_POLYLOGARITHM = re.compile(r"(.*)\(log m\)(?:\^\{([^}]*)\}|([⁰¹²³⁴⁵⁶⁷⁸⁹]+))(.*)")


@dataclass(frozen=True)
class Node:
    """A part of a formula: a letter, or a function of the parts in it (a number has none)."""

    function: Callable[..., Magnitude]
    parts: tuple["Node", ...] = ()
    letter: str = ""

    def value(self, letters: Letters) -> Magnitude:
        """Its value, from a magnitude for each letter."""
        return letters[self.letter] if self.letter else self.function(*(part.value(letters) for part in self.parts))


def _constant(value: Magnitude) -> Node:
    return Node(lambda: value)


@dataclass(frozen=True)
class Reading:
    """A formula as a function.

    Attributes:
        letters: keys of :data:`~howwide.theory.symbols.SYMBOLS` that it needs, in their order there, and ``C``.
        value: its value, from a magnitude for each letter.
    """

    letters: tuple[str, ...]
    value: Callable[[Letters], Magnitude]


def read(text: str, reads: Mapping[str, str] | None = None) -> Reading:
    """The function that a formula is.

    >>> reading = read("m ≥ C L²φₐ^{-3/2}")
    >>> reading.letters, float(reading.value(dict(L=Magnitude(1.0), phi_all=Magnitude(-2.0), C=Magnitude(0.0))))
    (('L', 'phi_all', 'C'), 100000.0)

    Args:
        text: in the notation of this module.
        reads: letters by their display, where a statement uses one otherwise than the table of symbols.

    Raises:
        SettingError: the text is no formula; the message says where.
    """
    sides = split(text, "≤≥=<", 2)
    sum_, *rest = split(sides[-1], ",")
    definitions = dict(_definition(part, text) for part in rest)
    implicit = _POLYLOGARITHM.fullmatch(sum_) if sides[0] == "m" else None  # quick: it is solved often
    parts = [sum_]
    if implicit:
        before, braces, superscript, after = implicit.groups("")
        parts = [before + after, braces or superscript.translate(_SUPERSCRIPTS)]
    parsers = [_Parser(part, _DISPLAYS | dict(reads or {}), definitions, text) for part in parts]
    used = set().union(*(parser.used for parser in parsers))
    unused = definitions.keys() - used
    if unused:
        raise SettingError(f"the formula {text!r} defines {', '.join(sorted(unused))} and does not use it")
    letters, node = tuple(letter for letter in (*SYMBOLS, "C") if letter in used), parsers[0].node
    if implicit:
        power = parsers[1].node
        return Reading(letters, lambda known: where_exceeds_polylog(node.value(known), float(power.value(known))))
    if sides[0] != "m" or "m" not in used:
        return Reading(letters, lambda known: node.value(known))

    def least_width(known: Letters) -> Magnitude:
        return where_exceeds(lambda x: node.value({**known, "m": Magnitude(x)}).log10)

    return Reading(tuple(letter for letter in letters if letter != "m"), least_width)


def _definition(part: str, text: str) -> tuple[str, str]:
    name, _, meaning = part.strip().partition(" = ")
    if not meaning or " " in name:
        raise SettingError(f"the formula {text!r} ends in {part.strip()!r}, which defines nothing")
    return name, meaning


def split(text: str, separators: str, most: int | None = None) -> list[str]:
    """The parts of a text between separators outside of all brackets, ``most`` parts at most."""
    parts, depth = [""], 0
    for mark in text:
        depth += (mark in _OPENING) - (mark in _CLOSING)
        if depth == 0 and mark in separators and len(parts) != most:
            parts.append("")
        else:
            parts[-1] += mark
    return [part.strip() for part in parts]


def branches(text: str) -> list[str]:
    """A product with each branch of its minimum in turn in place of it: ``C min{a, b}`` gives ``C (a)``, ``C (b)``."""
    before, opening, after = text.partition("min{")
    if not opening:
        return [text]
    inside, *behind = split("{" + after, "}", 2)
    return [f"{before}({branch}){''.join(behind)}" for branch in split(inside[1:], ",")]


class _Parser:
    """One sum: its tokens, the letters and definitions that were used, and the function that it is."""

    def __init__(self, text: str, displays: Mapping[str, str], definitions: Mapping[str, str], formula: str) -> None:
        self.displays, self.definitions, self.formula = displays, definitions, formula
        known = sorted({*displays, *definitions, *_CONSTANTS}, key=len, reverse=True)
        kinds = {
            "number": r"[0-9]+(?:\.[0-9]+)?",
            "power": "[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᴸ]+",
            "word": "log|exp|max|min",
            "name": "|".join(map(re.escape, known)),
            "mark": r"\S",
        }
        token = re.compile(r"\s*(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items()) + ")")
        self.tokens = [(match.lastgroup or "", match.group(match.lastgroup or 0)) for match in token.finditer(text)]
        self.used: set[str] = set()
        self.at = 0
        self.node = self.sum()
        if self.at < len(self.tokens):
            raise self.wrong()

    def inner(self, text: str) -> Node:
        """The function of another sum that this one contains."""
        parser = _Parser(text, self.displays, self.definitions, self.formula)
        self.used |= parser.used
        return parser.node

    def wrong(self) -> SettingError:
        rest = "".join(token for _, token in self.tokens[self.at :])
        return SettingError(f"cannot read the formula {self.formula!r} from {rest or 'its end'!r} on")

    def sees(self, *marks: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1] in marks

    def take(self, *marks: str) -> str:
        if not self.sees(*marks):
            raise self.wrong()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def sum(self) -> Node:
        total = self.product()
        while self.sees("+", "-"):
            function = operator.add if self.take("+", "-") == "+" else _difference
            total = Node(function, (total, self.product()))
        return total

    def product(self) -> Node:
        value = self.factor()
        while self.at < len(self.tokens) and not self.sees("+", "-", "/", ",", *_CLOSING):
            value = Node(operator.mul, (value, self.factor()))
        while self.sees("/"):
            self.take("/")
            value = Node(operator.truediv, (value, self.factor()))
        return value

    def factor(self) -> Node:
        return self.raised(self.atom(), self.power())

    def raised(self, base: Node, power: tuple[Node, bool] | None) -> Node:
        """A part with an exponent behind it."""
        if power is None:
            return base
        exponent, negative = power
        return Node(_inverse_power if negative else _power, (base, exponent))

    def power(self) -> tuple[Node, bool] | None:
        """An exponent and whether it is negative; None where there is none."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "power":
            self.at += 1
            written = self.tokens[self.at - 1][1].translate(_SUPERSCRIPTS)
            return self.inner(written.lstrip("-")), written.startswith("-")
        if not self.sees("^"):
            return None
        self.take("^")
        braces = self.sees("{") and bool(self.take("{"))
        negative = self.sees("-") and bool(self.take("-"))
        node = self.sum() if braces else self.atom()
        if braces:
            self.take("}")
        return node, negative

    def atom(self) -> Node:
        if self.at >= len(self.tokens):
            raise self.wrong()
        kind, token = self.tokens[self.at]
        if kind == "mark" and token not in "([⌈√":
            raise self.wrong()
        self.at += 1
        if kind == "number":
            return _constant(Magnitude.of(float(token)))
        if kind == "name" and token in self.definitions:
            self.used.add(token)
            return self.inner(self.definitions[token])
        if kind == "name" and token in self.displays:
            letter = self.displays[token]
            self.used.add(letter)
            return Node(Magnitude, letter=letter)
        if kind == "name":
            return _constant(Magnitude.of(_CONSTANTS[token]))
        if token == "log":
            power = self.power()
            return self.raised(Node(log, (self.atom(),)), power)
        if token == "exp":
            return Node(exp, (self.atom(),))
        if token == "√":
            return Node(_power, (self.atom(), _constant(Magnitude.of(0.5))))
        if token in ("max", "min"):
            self.take("{")
            options = [self.sum()]
            while self.sees(","):
                self.take(",")
                options.append(self.sum())
            self.take("}")
            return Node(max if token == "max" else min, tuple(options))
        if kind != "mark":
            raise self.wrong()
        inner = self.sum()
        self.take(_CLOSING[_OPENING.index(token)])
        return Node(rounded_up, (inner,)) if token == "⌈" else inner


def _difference(a: Magnitude, b: Magnitude) -> Magnitude:
    return Magnitude.of(float(a) - float(b))


def _power(base: Magnitude, exponent: Magnitude) -> Magnitude:
    return base ** float(exponent)


def _inverse_power(base: Magnitude, exponent: Magnitude) -> Magnitude:
    return base ** -float(exponent)
