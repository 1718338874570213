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


_RECONSTRUCT, _NDARRAY, _DTYPE, _ENCODE = (object() for _ in range(4))  # stand for the four names

_NAMES = {
    "numpy.core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy ndarray": _NDARRAY,
    "numpy dtype": _DTYPE,
    "_codecs encode": _ENCODE,  # how Python 3 writes bytes in protocol 2
}

# How many objects an opcode takes off the stack, or those that take all above the last mark.
_TAKEN = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2, "REDUCE": 2, "BUILD": 1}
_TAKEN_TO_MARK = ("TUPLE", "APPENDS", "SETITEMS")


def read_pickle(content: bytes) -> Any:
    """The object of a pickle; arrays as `PickledArray`, text of Python 2 as bytes.

    Raises:
        DataError: damaged, too long, or more than plain data; the message has no file name.
    """
    stack: list[Any] = []
    below: list[list[Any]] = []  # the parts of the stack under each mark
    memory: dict[int, Any] = {}
    value: Any
    budget = len(content)  # bytes that may still be made of text, which could be named again and again
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in text of protocol 0, which is refused
            for opcode, value, _ in itertools.islice(pickletools.genops(content), _MOST_OPCODES):
                if opcode.name in _TAKEN_TO_MARK:
                    taken, stack = stack, below.pop()
                else:
                    taken = [stack.pop() for _ in range(_TAKEN.get(opcode.name, 0))][::-1]
                match opcode.name:
                    case "PROTO":
                        pass
                    case "STOP":
                        return stack.pop()
                    case "MARK":
                        below.append(stack)
                        stack = []
                    case "NONE":
                        stack.append(None)
                    case "NEWTRUE" | "NEWFALSE":
                        stack.append(opcode.name == "NEWTRUE")
                    case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT":
                        stack.append(value)
                    case "BINUNICODE" | "BINBYTES" | "SHORT_BINBYTES":
                        stack.append(value)
                    case "BINSTRING" | "SHORT_BINSTRING":
                        stack.append(value.encode("latin-1"))  # pickletools decoded it so
                    case "EMPTY_TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3" | "TUPLE":
                        stack.append(tuple(taken))
                    case "EMPTY_LIST":
                        stack.append([])
                    case "APPEND" | "APPENDS" if isinstance(stack[-1], list):
                        stack[-1].extend(taken)
                    case "EMPTY_DICT":
                        stack.append({})
                    case "SETITEM" | "SETITEMS" if all(isinstance(key, str | bytes) for key in taken[::2]):
                        stack[-1].update(zip(taken[::2], taken[1::2], strict=True))
                    case "BINPUT" | "LONG_BINPUT":
                        memory[value] = stack[-1]
                    case "BINGET" | "LONG_BINGET":
                        stack.append(memory[value])
                    case "GLOBAL":
                        stack.append(_NAMES[value])
                    case "REDUCE":
                        stack.append(_called(*taken))
                        if isinstance(stack[-1], bytes):
                            budget -= len(stack[-1])
                    case "BUILD" if isinstance(stack[-1], PickledArray):
                        stack[-1].state = taken[0]
                    case "BUILD" if isinstance(stack[-1], _PickledType):
                        pass  # the byte order of a type does not matter for single bytes
                    case _:
                        raise DataError(_REFUSED)
                if budget < 0:
                    raise DataError(_REFUSED)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise DataError(_REFUSED) from None
    raise DataError(_REFUSED)


def _called(name: object, arguments: Any) -> Any:
    """What stands for the result of calling one of the names.

    Raises:
        TypeError: it is none of them, or the arguments are not those of NumPy or of `codecs.encode`.
    """
    if name is _RECONSTRUCT and arguments[0] is _NDARRAY:
        return PickledArray()
    if name is _DTYPE:
        return _PickledType(arguments[0])
    if name is _ENCODE and isinstance(arguments[0], str) and arguments[1] in ("latin1", b"latin1"):
        return arguments[0].encode("latin-1")
    raise TypeError


def byte_array(found: Any, columns: int) -> NDArray[np.uint8] | None:
    """A pickled array as an array, if it is one of unsigned bytes of shape (k, columns); else None."""
    match found:
        case PickledArray((1, (int(rows), int(width)), _PickledType(b"u1" | "u1"), fortran, bytes(raw))):
            if rows > 0 and width == columns and len(raw) == rows * width:
                return np.frombuffer(raw, np.uint8).reshape((rows, width), order="F" if fortran else "C")
    return None
