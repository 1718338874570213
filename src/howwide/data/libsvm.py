"""LIBSVM (SVMlight) text: one sample a line, ``label index:value index:value ...``, entries left out are 0.

Such files often have no extension (``a9a``, ``w8a``, ``covtype.libsvm.binary``), so a file is taken for one if it is
called ``.libsvm``, ``.svm`` or ``.svmlight``, or if it has an extension unknown here, or none, and its first lines read
like this. By the custom of the LIBSVM collection the test part of ``name`` is the file ``name.t`` beside it (``.t`` in
the place of ``.tr``, if there is one). Whether indices count from 0 or from 1 is found from both files together: from 0
if an index 0 occurs, else from 1. Both parts get the width of the wider.
"""

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from howwide.data.opening import opened, skip_mark
from howwide.data.raw_data import RawData
from howwide.errors import DataError

EXTENSIONS = (".libsvm", ".svm", ".svmlight")

_SNIFFED_BYTES = 2**16
_SNIFFED_LINES = 20
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LABEL = re.compile(rf"{_NUMBER}\Z")
_ENTRY = re.compile(rf"(?:\d+|qid):{_NUMBER}\Z")


def looks_like_libsvm(stream: BinaryIO) -> bool:
    """Do the first lines (20, in the first 64 KiB) read ``label index:value ...``, with one entry at least?"""
    skip_mark(stream)
    start = stream.read(_SNIFFED_BYTES)
    try:
        text = start.decode("ascii")
    except UnicodeDecodeError:
        return False
    if len(start) == _SNIFFED_BYTES:
        text = text[: max(text.rfind(" "), text.rfind("\n"))]  # without an entry that was cut
    samples = [fields for line in text.split("\n") if (fields := line.partition("#")[0].split())][:_SNIFFED_LINES]
    return any(len(fields) > 1 for fields in samples) and all(
        _LABEL.match(fields[0]) and all(_ENTRY.match(field) for field in fields[1:]) for fields in samples
    )


def read_libsvm(path: Path, stream: BinaryIO) -> RawData:
    """Sparse features and numeric labels of a LIBSVM file, with those of the test file beside it if there is one.

    Raises:
        DataError: a line that is not of the form ``label index:value ...`` with rising indices, or no line at all.
    """
    from sklearn.datasets import load_svmlight_files

    beside = [] if path.suffix.lower() == ".t" else [path.with_name(f"{path.name}.t")]  # where a test part may be
    beside += [path.with_suffix(".t")] if path.suffix.lower() == ".tr" else []
    tests = [name for name in beside if name.exists() and not name.is_dir()][:1]
    with ExitStack() as stack:  # opened here: given a name, scikit-learn decompresses by extension
        files = [stream, *(stack.enter_context(opened(test)) for test in tests)]
        for file in files:
            skip_mark(file)
        try:
            arrays = load_svmlight_files(files)
        except (ValueError, OverflowError) as error:
            called = " or ".join(name.name for name in (path, *tests))
            raise DataError(
                f"{called} is not a LIBSVM file of lines 'label index:value ...' ({str(error)[:200]})"
            ) from None
    if not arrays[0].shape[0]:
        raise DataError(f"{path.name} is empty; expected one sample a line, 'label index:value ...'")
    remarks = tuple(f"{path.name}: the test part was read from {test.name} beside it" for test in tests)
    return replace(RawData(*arrays), remarks=remarks)
