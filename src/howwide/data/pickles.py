"""The few pickles that hold plain data, read without unpickling: no name in them is ever looked up or called.

Python's unpickler is a machine that calls what the file names. This one knows the opcodes of protocols 1 to 3 that
dictionaries, lists, tuples, numbers, text and NumPy arrays need, and nothing else. The four names by which NumPy writes
an array stand for marks; an array remains the record of what the file says about it until `byte_array` has checked it.
Text of Python 2 comes as bytes. Work and memory are bounded by the length of the file and by a limit on the number of
opcodes; keys of dictionaries are text or bytes, since the hash of nested tuples can take forever.
"""

import itertools
import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.errors import DataError

_MOST_OPCODES = 2**20  # a file of CIFAR-10 has about 60,000
_REFUSED = "it is not a pickle of plain data and NumPy arrays alone; nothing in it was run"


@dataclass(eq=False)
class PickledArray:
    """What a pickle says about a NumPy array: its state, unchecked."""

    state: Any = None


@dataclass(eq=False)
class _PickledType:
    """What a pickle says about a NumPy dtype: its code, such as b"u1"."""

    code: Any


class _Mark:
    """One of the four names."""


_RECONSTRUCT, _NDARRAY, _DTYPE, _ENCODE = (_Mark() for _ in range(4))

_NAMES = {
    "numpy.core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy ndarray": _NDARRAY,
    "numpy dtype": _DTYPE,
    "_codecs encode": _ENCODE,  # how Python 3 writes bytes in protocol 2
}


def read_pickle(content: bytes) -> Any:
    """The object of a pickle; arrays as `PickledArray`, text of Python 2 as bytes.

    Raises:
        DataError: damaged, too long, or more than plain data; the message has no file name.
    """
    machine = _Machine(len(content))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in text of protocol 0, which is refused
            for opcode, argument, _ in itertools.islice(pickletools.genops(content), _MOST_OPCODES):
                if opcode.name == "STOP":
                    return machine.stack.pop()
                _OPERATIONS[opcode.name](machine, argument)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise DataError(_REFUSED) from None
    raise DataError(_REFUSED)


def byte_array(found: Any, columns: int) -> NDArray[np.uint8]:
    """A pickled array as an array, if it is one of unsigned bytes of shape (k, columns).

    Raises:
        DataError: it is not; the message has no file name.
    """
    match found:
        case PickledArray((1, (int(rows), int(width)), _PickledType(b"u1" | "u1"), fortran, bytes(raw))):
            if rows > 0 and width == columns and len(raw) == rows * width:
                return np.frombuffer(raw, np.uint8).reshape((rows, width), order="F" if fortran else "C")
    raise DataError(f"its images are not an array of unsigned bytes with {columns} columns")


class _Machine:
    """A stack with marks, and a memory."""

    def __init__(self, budget: int) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the parts of the stack under each mark
        self.memory: dict[int, Any] = {}
        self.budget = budget  # bytes that may still be made of text, which could be named again and again

    def since_mark(self) -> list[Any]:
        """What was pushed after the last mark; both leave the stack."""
        items = self.stack
        self.stack = self.below.pop()
        return items

    def take(self, count: int) -> list[Any]:
        """The top of the stack, which leaves it."""
        return [self.stack.pop() for _ in range(count)][::-1]


def _push(machine: _Machine, value: Any) -> None:
    machine.stack.append(value)


def _push_bytes(machine: _Machine, text: str) -> None:
    machine.stack.append(text.encode("latin-1"))  # pickletools decoded it so


def _push_tuple(count: int) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.stack.append(tuple(machine.take(count)))


def _push_constant(value: Any) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.stack.append(value)


def _mark(machine: _Machine, _: Any) -> None:
    machine.below.append(machine.stack)
    machine.stack = []


def _tuple(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(items))


def _remember(machine: _Machine, place: int) -> None:
    machine.memory[place] = machine.stack[-1]


def _append(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise TypeError
    target.extend(items)


def _set(machine: _Machine, items: list[Any]) -> None:
    target, keys = machine.stack[-1], items[::2]
    if not isinstance(target, dict) or not all(isinstance(key, str | bytes) for key in keys):
        raise TypeError
    target.update(zip(keys, items[1::2], strict=True))


def _reduce(machine: _Machine, _: Any) -> None:
    """The result of "calling" one of the names."""
    called, arguments = machine.take(2)
    if called is _RECONSTRUCT and arguments[0] is _NDARRAY:
        machine.stack.append(PickledArray())
    elif called is _DTYPE:
        machine.stack.append(_PickledType(arguments[0]))
    elif called is _ENCODE and isinstance(arguments[0], str) and arguments[1] in ("latin1", b"latin1"):
        machine.budget -= len(arguments[0])
        if machine.budget < 0:
            raise ValueError
        machine.stack.append(arguments[0].encode("latin-1"))
    else:
        raise TypeError


def _build(machine: _Machine, _: Any) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if isinstance(target, PickledArray):
        target.state = state
    elif not isinstance(target, _PickledType):  # the byte order of a type does not matter for single bytes
        raise TypeError


_OPERATIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": lambda machine, _: None,
    "MARK": _mark,
    "NONE": _push_constant(None),
    "NEWTRUE": _push_constant(True),
    "NEWFALSE": _push_constant(False),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"), _push),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES"), _push),
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING"), _push_bytes),
    "EMPTY_TUPLE": _push_tuple(0),
    "TUPLE1": _push_tuple(1),
    "TUPLE2": _push_tuple(2),
    "TUPLE3": _push_tuple(3),
    "TUPLE": _tuple,
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "APPEND": lambda machine, _: _append(machine, machine.take(1)),
    "APPENDS": lambda machine, _: _append(machine, machine.since_mark()),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "SETITEM": lambda machine, _: _set(machine, machine.take(2)),
    "SETITEMS": lambda machine, _: _set(machine, machine.since_mark()),
    "GLOBAL": lambda machine, name: machine.stack.append(_NAMES[name]),
    "REDUCE": _reduce,
    "BUILD": _build,
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, place: machine.stack.append(machine.memory[place])),
}
