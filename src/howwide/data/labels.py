"""Binary labels of any kind become -1 and +1, and the mapping is kept.

Labels are compared by name: the integer 3, the float 3.0 and the text "3" are all the class ``3``. With two classes the
smaller (alphabetically first) is -1. With more, the user chooses: ``3/8`` makes 3 negative and 8 positive,
``0,2,4/1,3,5`` does so with groups, ``even/odd`` with all integers; rows of other classes are left out. A name that
holds a slash or a comma may stand in double quotes, ``"1/8"/"3/8"``, in which ``""`` is a quote; where one reading
alone fits the classes, ``1/8/3/8``, it needs none (shells take quotes away).
"""

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.data.arrays import as_labels
from howwide.errors import DataError

_SHOWN_CLASSES = 12
_REQUEST = re.compile(r'(?:\s*"((?:[^"]|"")+)"\s*|([^,/]*))([,/]|\Z)')  # a quoted name, or one without , and /


@dataclass(frozen=True)
class LabelMapping:
    """Which original labels became -1 and which +1, by name.

    Attributes:
        negative: names of the labels that became -1.
        positive: names of the labels that became +1.
    """

    negative: tuple[str, ...]
    positive: tuple[str, ...]

    def __str__(self) -> str:
        return f"{','.join(self.negative)} -> -1, {','.join(self.positive)} -> +1"

    def signs(self, labels: ArrayLike) -> NDArray[np.float64]:
        """(n,) of -1.0, +1.0, and 0.0 where a label belongs to neither side.

        Raises:
            DataError: the labels are not one-dimensional, or one is missing.
        """
        names, inverse = _names(as_labels(labels, "labels"), "labels")
        sign_of = dict.fromkeys(self.negative, -1.0) | dict.fromkeys(self.positive, 1.0)
        return np.array([sign_of.get(name, 0.0) for name in names], dtype=np.float64)[inverse]

    def keep(self, labels: ArrayLike) -> NDArray[np.bool_]:
        """(n,) mask of the rows whose label belongs to either side.

        Raises:
            DataError: the labels are not one-dimensional, or one is missing.
        """
        return self.signs(labels) != 0.0


def signed_labels(
    labels: ArrayLike, classes: str | LabelMapping | None = None, *, name: str = "data"
) -> tuple[NDArray[np.float64], LabelMapping]:
    """Labels as -1.0 and +1.0, with the mapping.

    Rows whose class was not chosen are dropped from the result; ``mapping.keep(labels)`` is the mask of those that
    stay.

    Args:
        labels: (n,) integers, booleans, floats or strings; already -1 and +1 is fine.
        classes: None for data of two classes; ``"A/B"``, groups ``"0,2,4/1,3,5"``, ``"even/odd"``, names that hold a
            slash or a comma in double quotes; or a mapping, to reuse an earlier one.
        name: what the data are called in messages.

    Returns:
        (k,) labels of the rows that stay, and the mapping.

    Raises:
        DataError: a missing label, fewer than two classes, more than two without a choice, or a choice that does not
            fit the labels.
    """
    names, _ = _names(as_labels(labels, "labels"), name)
    if len(names) < 2:
        raise DataError(f"{name} holds one class only ({_listed(names) or 'no labels'}); two classes are needed")
    if isinstance(classes, LabelMapping):
        mapping = _chosen([list(classes.negative), list(classes.positive)], names, name)
    elif classes is not None:
        known = (*names, "even", "odd")
        mapping = _chosen(_sides(classes, lambda word: word in known or _canonical(word) in names), names, name)
    elif len(names) == 2:
        mapping = LabelMapping((names[0],), (names[1],))
    else:
        pair = "/".join(map(_quoted, names[:2]))
        example = f", e.g. {name}:{pair} (in Python classes={pair!r})," if pair.isprintable() else ""
        raise DataError(
            f"{name} has {len(names)} classes ({_listed(names)}); choose two with the suffix :A/B{example} or groups "
            "A,B/C,D"
        )
    signs = mapping.signs(labels)
    return signs[signs != 0.0], mapping


def by_number(classes: str, names: Sequence[str]) -> str:
    """A choice of classes in which numbers, and even and odd, are replaced by the names of these classes.

    >>> by_number("0,frog/1", ["airplane", "automobile"])
    'airplane,frog/automobile'
    """

    def named(request: str) -> list[str]:
        if request in names:
            return [request]
        if request in ("even", "odd"):
            return list(names[request == "odd" :: 2]) or [request]
        number = int(request) if request.isdecimal() and request.isascii() and len(request) < 10 else len(names)
        return [names[number] if number < len(names) else request]

    sides = _sides(classes, lambda request: named(request) != [request] or request in names)
    return "/".join(",".join(_quoted(name) for request in side for name in named(request)) for side in sides)


def _quoted(name: str) -> str:
    """A name as a choice of classes has it: in double quotes if it could be read as more than a name."""
    return '"' + name.replace('"', '""') + '"' if {"/", ","} & set(name) or name.startswith('"') else name


def _sides(classes: str, fits: Callable[[str], bool]) -> list[list[str]]:
    """The requests on the two sides of a choice.

    Slashes within quotes separate nothing. Of several others that one does beside which all requests fit.

    Raises:
        DataError: no slash, or several of which none or more than one may be meant.
    """
    tokens = _tokens(classes)
    slashes = [place for place, token in enumerate(tokens) if token == "/" and place % 2]
    readings = [[_requests(tokens[:place], fits), _requests(tokens[place + 1 :], fits)] for place in slashes]
    fitting = [sides for sides in readings if all(fits(request) for side in sides for request in side)]
    if len(fitting) == 1 or len(readings) == 1:
        return (fitting or readings)[0]
    raise DataError(
        f"malformed choice of classes {classes!r}; expected A/B, groups such as 0,2,4/1,3,5, or even/odd"
        + ('; put names that hold a slash in double quotes, as "1/8"/"3/8"' if slashes else "")
    )


def _tokens(classes: str) -> list[str]:
    """A choice cut at its commas and slashes outside quotes; quoted names lose their quotes."""
    found: list[str] = []
    for quoted, plain, mark in _REQUEST.findall(classes):
        found.append(quoted.replace('""', '"') or plain)
        if not mark:
            break
        found.append(mark)
    return found


def _requests(tokens: Sequence[str], fits: Callable[[str], bool]) -> list[str]:
    """The requests of a side: what is between its commas, or the whole of it if they do not fit and it does."""
    commas = [-1, *(place for place, token in enumerate(tokens) if token == "," and place % 2), len(tokens)]
    parts = ["".join(tokens[a + 1 : b]).strip() for a, b in itertools.pairwise(commas)]
    whole = "".join(tokens).strip()
    return [whole] if fits(whole) and not all(map(fits, parts)) else parts


def _chosen(sides: Sequence[Sequence[str]], names: Sequence[str], data: str) -> LabelMapping:
    """The mapping that two lists of requested names stand for.

    Raises:
        DataError: a request that does not fit the classes, or a class on both sides.
    """
    found = [_expanded(side, names, data) for side in sides]
    both = [name for name in found[0] if name in found[1]]
    if both:
        raise DataError(f"class {_listed(both)} of {data} is on both sides of the choice; a class is either -1 or +1")
    return LabelMapping(found[0], found[1])


def _expanded(side: Sequence[str], names: Sequence[str], data: str) -> tuple[str, ...]:
    found: list[str] = []
    for request in (text.strip() for text in side):
        if not request:
            raise DataError(
                f"the choice of classes of {data} has an empty side or entry; expected A/B with names among "
                f"{_listed(names)}"
            )
        if request in names:
            found.append(request)
        elif _canonical(request) in names:  # "+1" and "3.0" mean the classes 1 and 3
            found.append(_canonical(request))
        elif request in ("even", "odd"):
            try:
                chosen = [name for name in names if int(name) % 2 == (request == "odd")]
            except ValueError:
                raise DataError(f"{request!r} needs integer labels; {data} has the classes {_listed(names)}") from None
            if not chosen:
                raise DataError(f"{data} has no {request} class; it has {_listed(names)}")
            found += chosen
        else:
            raise DataError(f"{data} has no class {request!r}; it has {_listed(names)}")
    return tuple(dict.fromkeys(found))


def _names(labels: NDArray[Any], data: str) -> tuple[list[str], NDArray[np.intp]]:
    """Names of the classes in order (by number if all are numbers, else alphabetically), and the class of each row."""
    if labels.dtype.kind == "V":  # extension floats such as bfloat16
        labels = labels.astype(np.float64)
    if labels.dtype.kind in "biuf":
        values, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
        listed = [_name(value, int(row), data) for value, row in zip(values.tolist(), first, strict=True)]
    else:
        seen: dict[str, int] = {}
        codes = [seen.setdefault(_name(value, row, data), len(seen)) for row, value in enumerate(labels.tolist())]
        listed, inverse = list(seen), np.array(codes, dtype=np.intp)
    numeric = all(_number(name) is not None for name in listed)
    ordered = sorted(set(listed), key=lambda name: (float(name), name)) if numeric else sorted(set(listed))
    position = {name: index for index, name in enumerate(ordered)}
    return ordered, np.array([position[name] for name in listed], dtype=np.intp)[inverse]


def _name(value: object, row: int, data: str) -> str:
    """The class a label names: 3, 3.0 and "3" give "3", True gives "True".

    Raises:
        DataError: a missing label, or one that is not a finite number, a boolean or text.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating) and math.isfinite(value):
        return _written(float(value))
    import pandas as pd

    if isinstance(value, str) or pd.isna(value) is True:
        raise DataError(f"{data} has a missing label in row {row} (rows count from 0); fill it in or remove the row")
    raise DataError(f"{data} has the label {str(value)[:40]!r} in row {row}; expected finite numbers, booleans or text")


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _canonical(text: str) -> str:
    value = _number(text)
    return text if value is None else _written(value)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN_CLASSES]) + (", ..." if len(names) > _SHOWN_CLASSES else "")
