"""The data that `load` knows by name, as a table, and how the suffix of a SPEC is read.

Data of openml.org are fetched once. The other real data come with scikit-learn and need no download; their test parts
were drawn once, uniformly at random and by a seed of their own, so every run with every seed sees the same split. Rows
are only scaled to unit norm; in particular the features of ``breast_cancer`` are not standardised, so its largest
features (areas) dominate.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from howwide.data import synthetic
from howwide.data.files import FOLDERS, READERS
from howwide.data.libsvm import EXTENSIONS
from howwide.data.openml import read_openml
from howwide.data.random_streams import Purpose, stream
from howwide.data.raw_data import RawData
from howwide.errors import DataError


@dataclass(frozen=True)
class Source:
    """One line of the table of data.

    Attributes:
        name: what a SPEC starts with, the extension of a file, or a kind of folder.
        description: one line.
        example: a SPEC that works.
        origin: where the data come from, and their licence.
    """

    name: str
    description: str
    example: str
    origin: str


@dataclass(frozen=True)
class NamedSource:
    """A source, with the function from its options (the text after the name) to arrays, chosen classes and a name.

    Messages call the data by that name, and would add a choice of classes to it.
    """

    entry: Source
    read: Callable[[str | None], tuple[RawData, str | None, str]]


def sources() -> tuple[Source, ...]:
    """Everything `load` understands: the named sources, then the kinds of files, then those of folders."""
    named = tuple(source.entry for source in SOURCES.values())
    kinds = {kind: reader for kind, reader in READERS.items() if kind not in EXTENSIONS[1:]}  # LIBSVM has several
    files = tuple(Source(kind, reader.description, reader.example, "your file") for kind, reader in kinds.items())
    folders = tuple(Source(kind, reader.description, reader.example, "your folder") for kind, reader in FOLDERS.items())
    return named + files + folders


def split_options(spec: str, options: str) -> str | None:
    """The options of a SPEC, None if it has none.

    Raises:
        DataError: a colon with nothing after it.
    """
    if options.strip():
        return options.strip()
    if spec.rstrip().endswith(":"):
        raise DataError(f"malformed data SPEC {spec!r}: nothing follows the colon; expected A/B or key=value,...")
    return None


def _digits() -> RawData:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return _split(bunch.data, bunch.target, n_train=1400, seed=1797)


def _breast_cancer() -> RawData:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return _split(bunch.data, bunch.target_names[bunch.target], n_train=400, seed=569)


def _split(x: np.ndarray, labels: np.ndarray, n_train: int, seed: int) -> RawData:
    """A fixed random split, stratified by nothing."""
    order = stream(seed, Purpose.SPLIT).permutation(x.shape[0])
    train, test = order[:n_train], order[n_train:]
    return RawData(x[train], labels[train], x[test], labels[test])


def _real(name: str, description: str, example: str, read: Callable[[], RawData]) -> NamedSource:
    def with_classes(options: str | None) -> tuple[RawData, str | None, str]:
        if options is not None and "=" in options:
            raise DataError(f"{name} takes classes, not parameters; expected e.g. {example}, got {options!r}")
        return read(), options, name

    return NamedSource(Source(name, description, example, _UCI), with_classes)


def _drawn(drawn: synthetic.Distribution) -> NamedSource:
    entry = Source(drawn.name, drawn.description, drawn.example, _DRAWN)
    return NamedSource(entry, lambda options: (synthetic.draw(drawn, options), None, drawn.name))


_DRAWN = "drawn here from a seed; test part of the same size from an independent stream"
_UCI = "UCI Machine Learning Repository through scikit-learn, CC BY 4.0"
_OPENML = Source(
    "openml",
    "any data set of openml.org by name or number: fetched once, categories one-hot, missing values refused",
    "openml:mnist_784:3/8",
    "openml.org through scikit-learn; each data set has its own licence",
)

_TABLE = (
    _real("digits", "1797 images of 8x8 digits, ten classes: 1400 to train, 397 to test", "digits:even/odd", _digits),
    _real(
        "breast_cancer",
        "569 tumours, 30 features, benign (-1) or malignant (+1): 400 to train, 169 to test; rows scaled, not "
        "standardised",
        "breast_cancer:benign/malignant",
        _breast_cancer,
    ),
    *map(_drawn, synthetic.DISTRIBUTIONS),
    NamedSource(_OPENML, read_openml),
)

SOURCES = {source.entry.name: source for source in _TABLE}
