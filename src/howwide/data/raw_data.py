"""Raw arrays on their way from a source or a file into a `Dataset`."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class RawData:
    """What a reader returns: array-likes, unchecked.

    Attributes:
        x: training features.
        labels: training labels, of any kind.
        x_test: test features, or None.
        labels_test: test labels, or None.
        remarks: what the reader did to them, one line each.
        class_names: what the classes 0, 1, ... are called, if labels are names that can also be chosen by number.
        read_as: which column of a table was taken for the labels, and what for a header; empty for other data.
    """

    x: Any
    labels: Any
    x_test: Any = None
    labels_test: Any = None
    remarks: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    read_as: str = ""
