"""Data sets of openml.org by name or number, through scikit-learn, kept in a folder of this library's own.

``openml:NAME`` takes the oldest active version of that name, ``openml:NUMBER`` exactly the data set with that number.
Categorical features become one column for each of their categories in order (1 where the row has it); missing values
and free text are refused, with the names of the features, since how to fill them in is the user's decision. There is no
test part. What was fetched once needs no network again.
"""

import re
import socket
import urllib.error
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.data.memory_limit import check_size
from howwide.data.raw_data import RawData
from howwide.errors import DataError

_TIMEOUT = 15.0  # seconds without an answer
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,()+-]*\Z")  # no slash: the name becomes part of an address and of a path
# The slower of the two (mnist_784: 16 s), but categories that are numbers or booleans stay text: under some versions of
# pandas the other fails on them, and then the kept file is thrown away.
_PARSER = "liac-arff"
_RETRY = "A network error occurred"
_SHOWN = 5


def read_openml(options: str | None) -> tuple[RawData, str | None, str]:
    """Arrays, chosen classes and name of the data set that ``NAME``, ``NAME:A/B`` or ``NUMBER:A/B`` stands for.

    Raises:
        DataError: no or an impossible name, no such data set, no network, or data that are not numbers and categories
            without gaps.
    """
    name, colon, classes = (part.strip() for part in (options or "").partition(":"))
    if not _NAME.match(name):
        raise DataError(f"openml takes the name or number of a data set, e.g. openml:iris or openml:61; got {name!r}")
    if colon and not classes:
        raise DataError(f"malformed data SPEC 'openml:{name}:': nothing follows the last colon; expected A/B")
    called = f"openml:{name}"
    bunch, remarks = _fetch(name, called)
    try:
        raw = RawData(_features(bunch, called), _target(bunch.target, called), remarks=remarks)
    except DataError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{called} cannot be used: {_line(error)}") from None
    return raw, classes or None, called


def cache_folder() -> Path:
    """Where fetched data sets are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("howwide") / "openml"


def _fetch(name: str, called: str) -> tuple[Any, tuple[str, ...]]:
    """What scikit-learn makes of the data set, and its warnings as remarks.

    Raises:
        DataError: no network, no such data set, or an answer that scikit-learn does not understand.
    """
    from sklearn.datasets import fetch_openml

    asked = {"data_id": int(name)} if name.isdigit() else {"name": name}
    try:
        with _patience(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.filterwarnings("error", message=_RETRY)  # the first failure is the answer, not the fourth
            bunch = fetch_openml(**asked, data_home=str(cache_folder()), as_frame="auto", parser=_PARSER, n_retries=1)
    except urllib.error.HTTPError as error:
        error.close()
        raise DataError(f"{called}: openml.org answered {error.code} {error.reason}; try again later") from None
    except Exception as error:  # scikit-learn trusts what it is sent: a damaged answer may raise anything
        raise DataError(_why(error, called)) from None
    return bunch, tuple(f"{called}: {_line(warning.message)}" for warning in caught)


def _why(error: Exception, called: str) -> str:
    """One line for a failure of scikit-learn."""
    text = _line(error)
    if isinstance(error, urllib.error.URLError | TimeoutError | ConnectionError) or text.startswith(_RETRY):
        reason = _line(error.__context__ or "no answer") if text.startswith(_RETRY) else text
        return (
            f"{called} is not kept here yet and openml.org cannot be reached ({reason}); check the network, or load "
            "the data from a file"
        )
    if type(error).__name__ == "OpenMLError":
        return f"openml.org has no data set of this name or number: {text} See openml.org for those there are"
    if isinstance(error, OSError):
        return f"{called} cannot be kept in or read from the cache: {text}"
    return f"{called} cannot be read: what openml.org sent, or what is kept of it, is not understood ({text})"


@contextmanager
def _patience() -> Iterator[None]:
    """A limit on how long a socket may be silent: scikit-learn sets none, and passes none on."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _features(bunch: Any, called: str) -> Any:
    """Numbers as they are, and for a categorical feature columns ``name=category``, 1 where a row has that category.

    Raises:
        DataError: missing values, free text, or more than fits in memory.
    """
    import pandas as pd

    if hasattr(bunch.data, "columns"):
        frame = bunch.data
    elif bunch.categories:  # sparse: categories are written as their numbers
        check_size(bunch.data.shape, called, "choose a smaller data set")
        frame = pd.DataFrame(bunch.data.toarray(), columns=bunch.feature_names)
        for name in bunch.categories.keys() & set(frame.columns):
            numbers = frame[name].fillna(-1).astype(int)  # -1 is a missing one
            frame[name] = pd.Categorical.from_codes(numbers, bunch.categories[name])
    else:
        return bunch.data
    gaps = [f"{name} ({count})" for name, count in frame.isna().sum().items() if count]
    if gaps:
        shown = ", ".join(gaps[:_SHOWN]) + (", ..." if len(gaps) > _SHOWN else "")
        raise DataError(
            f"{called} has missing values in {len(gaps)} feature(s): {shown}; fill them in or drop them, and load the "
            "result from a file"
        )
    width, parts = 0, []
    for name, column in frame.items():
        categorical = hasattr(column, "cat")
        if not categorical and column.dtype.kind not in "biuf":
            raise DataError(f"{called}: feature {name!r} is free text or dates; encode it and load it from a file")
        width += len(column.cat.categories) if categorical else 1
        check_size((len(frame), width), f"{called} with a column for each category", "choose another data set")
        parts.append(pd.get_dummies(column, prefix=name, prefix_sep="=") if categorical else column)
    return pd.concat(parts, axis=1).astype(np.float64)


def _target(target: Any, called: str) -> NDArray[Any]:
    """The labels.

    Raises:
        DataError: no target, or several.
    """
    if target is None or getattr(target, "ndim", 1) != 1:
        count = 0 if target is None else target.shape[1]
        raise DataError(f"{called} has {count} target columns; expected one, the label")
    return np.asarray(target.astype(object)) if hasattr(target, "cat") else np.asarray(target)


def _line(error: object) -> str:
    text = " ".join(str(error).split())
    return (text or type(error).__name__)[:300]
