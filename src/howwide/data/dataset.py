"""The record every part works on: unit rows, labels -1/+1, where they came from, and what is wrong with them."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.data.duplicates import Duplicates, find_duplicates, fingerprint, row_digests
from howwide.data.labels import LabelMapping
from howwide.data.separation import separation as separation_of
from howwide.data.subsets import plain_rows, stratified_rows
from howwide.errors import DataError, ShapeError

_UNIT_TOLERANCE = 1e-9
_RARE_CLASS = 0.05
_OF_SCALING = {
    "centred": ("the mean of the training rows was taken from every row before it was scaled to unit norm",),
    "none": ("rows are as they were given, not of unit norm: no theorem here speaks of them",),
}
_SEPARATION_ROWS = 5000


@dataclass(frozen=True, eq=False)
class Dataset:
    """A binary classification sample with inputs on the unit sphere, unless they were left as they are.

    Made by `load` or `from_arrays`; arrays made there are read-only.

    Attributes:
        name: how reports call it.
        x: (n, d) float64 training inputs; each row has unit norm, unless ``scaling`` is ``none``.
        y: (n,) float64 training labels, -1.0 or +1.0, both present.
        x_test: (k, d) test inputs, or None.
        y_test: (k,) test labels, or None.
        mapping: which original labels became -1 and +1.
        constant: the appended last coordinate mu, or None.
        norms: (n,) norms of the training rows before they were scaled (without the constant coordinate), or None if
            unknown.
        remarks: what was done to the data on the way in, beyond scaling.
        scaling: ``unit``, ``centred`` (unit rows after the mean of the training rows was taken from each) or ``none``.

    Raises:
        ShapeError: arrays that do not fit each other.
        DataError: labels that are not -1.0 and +1.0, a single class, or rows that are not of unit norm.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_test: NDArray[np.float64] | None
    y_test: NDArray[np.float64] | None
    mapping: LabelMapping
    constant: float | None = None
    norms: NDArray[np.float64] | None = None
    remarks: tuple[str, ...] = ()
    scaling: str = "unit"

    def __post_init__(self) -> None:
        _check_part(self.x, self.y, "training part", self.scaling)
        if self.n == self.positives or not self.positives:
            raise DataError(f"{self.name}: the training part holds one class only; two classes are needed")
        if self.x_test is None or self.y_test is None:
            if self.x_test is not None or self.y_test is not None:
                raise ShapeError(f"{self.name}: give both x_test and y_test, or neither")
            return
        _check_part(self.x_test, self.y_test, "test part", self.scaling)
        if self.x_test.shape[1] != self.d:
            raise ShapeError(
                f"{self.name}: training rows have {self.d} columns and test rows {self.x_test.shape[1]}; they must "
                "agree"
            )

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, n={self.n}, d={self.d}, positives={self.positives}, n_test={self.n_test})"

    @property
    def n(self) -> int:
        """Number of training rows."""
        return int(self.x.shape[0])

    @property
    def d(self) -> int:
        """Number of coordinates, the constant one included."""
        return int(self.x.shape[1])

    @property
    def positives(self) -> int:
        """Number of training labels +1."""
        return int(np.count_nonzero(self.y > 0))

    @property
    def n_test(self) -> int:
        """Number of test rows, 0 without a test part."""
        return 0 if self.x_test is None else int(self.x_test.shape[0])

    def subset(self, n: int, seed: int = 0, *, stratified: bool = True) -> "Dataset":
        r"""``n`` training rows in random order, the same for the same seed, nested in n; the test part stays whole.

        Stratified by sign, :math:`k_+(n) = \mathrm{clip}(\lfloor n p + 1/2 \rfloor, 1, n-1)` rows are positive, p the
        share of positives here. ``stratified=False`` samples without replacement instead, as i.i.d. statements want it.

        Args:
            n: number of rows, at most those there are; at least 2 if stratified.
            seed: integer >= 0.
            stratified: keep the share of positives.

        Raises:
            SettingError: n is not an integer in that range, or the seed is not an integer >= 0.
            DataError: a plain subset that holds one class only.
        """
        rows = stratified_rows(self.y, n, seed) if stratified else plain_rows(self.y, n, seed)
        norms = None if self.norms is None else read_only(self.norms[rows])
        return replace(self, x=read_only(self.x[rows]), y=read_only(self.y[rows]), norms=norms)

    def duplicates(self) -> Duplicates:
        """Repeated training inputs, and those with opposite labels; O(n d) time, computed once."""
        return self._duplicates

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Warnings, one line each: what was done to the data, and what stands in the way of zero error.

        Found when first asked for, in O(n d) time, for the rows that are here: a subset has its own.
        """
        found = [*self.remarks, *_OF_SCALING.get(self.scaling, ())]
        for part, x in (("training", self.x), ("test", self.x_test)):
            # Only a row of zeros gets a last coordinate of exactly 1 beside a constant below 1.
            if self.constant is not None and x is not None and (zeros := int(np.count_nonzero(x[:, -1] == 1.0))):
                found.append(f"{zeros} {part} row(s) of zeros became e_{self.d}, the constant coordinate alone")
        repeats = self.duplicates()
        if repeats.groups:
            found.append(
                f"{repeats.groups} input(s) occur more than once in the training part ({repeats.redundant} "
                f"redundant row(s){'; x and c x, c > 0, are one input after scaling' * (self.scaling == 'unit')})"
            )
        if repeats.conflicts:
            groups, errors = len(repeats.conflicts), repeats.unavoidable_errors
            found.append(
                f"{groups} input(s) carry both labels: zero training error is impossible, {errors} error(s) are "
                f"unavoidable for any function of the {'' if self.scaling == 'none' else 'unit '}rows"
            )
        train = set(self._digests)
        if shared := 0 if self.x_test is None else sum(digest in train for digest in row_digests(self.x_test)):
            shares = f"{shared} of {self.n_test} test row(s) also occur in the training part"
            found.append(f"{shares}; on them test error measures memory")
        rare = min(self.positives, self.n - self.positives)
        if rare < _RARE_CLASS * self.n:
            found.append(
                f"strong imbalance: the rarer class has {rare} of {self.n} rows; always guessing the other errs on "
                f"{rare / self.n:.2%}"
            )
        return tuple(found)

    def describe(self, separation: bool | None = None) -> dict[str, Any]:
        """Facts for a JSON document; without NaN or infinity, null where unknown.

        Norms are those of the rows before scaling. The fingerprint is the beginning of a SHA-256 of the training rows
        and labels. The separation has the least distance of two training rows across labels and of all, with the rows
        that attain it.

        Args:
            separation: compute the separation, in O(n^2 d) time (60,000 rows of 784 numbers: a minute or two on two
                cores), or leave it null; None computes it up to 5,000 rows.
        """
        repeats = self.duplicates()
        wanted = self.n <= _SEPARATION_ROWS if separation is None else separation
        return {
            "name": self.name,
            "n": self.n,
            "d": self.d,
            "positives": self.positives,
            "negatives": self.n - self.positives,
            "n_test": self.n_test,
            "mapping": {"negative": list(self.mapping.negative), "positive": list(self.mapping.positive)},
            "constant": self.constant,
            "norms": _summary(self.norms),
            "duplicates": repeats.redundant,
            "conflicts": len(repeats.conflicts),
            "unavoidable_errors": repeats.unavoidable_errors,
            "separation": self._separation if wanted else None,
            "fingerprint": fingerprint(self.x, self.y),
        }

    @cached_property
    def _digests(self) -> list[bytes]:
        return row_digests(self.x)

    @cached_property
    def _duplicates(self) -> Duplicates:
        return find_duplicates(self._digests, self.y)

    @cached_property
    def _separation(self) -> dict[str, Any]:
        found = asdict(separation_of(self.x, self.y))
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def read_only(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """A view that refuses writing; the array itself stays as it was."""
    view = array.view()
    view.flags.writeable = False
    return view


def _summary(norms: NDArray[np.float64] | None) -> dict[str, float] | None:
    if norms is None:
        return None
    middle = np.sort(norms)[[(norms.size - 1) // 2, norms.size // 2]]
    # Halves first: the sum of two norms near the largest float would overflow.
    return {"min": float(norms.min()), "median": float(0.5 * middle[0] + 0.5 * middle[1]), "max": float(norms.max())}


def _check_part(x: NDArray[np.float64], y: NDArray[np.float64], what: str, scaling: str) -> None:
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ShapeError(f"{what}: inputs must have shape (n, d) and labels (n,); got {x.shape} and {y.shape}")
    if not np.all(np.abs(y) == 1.0):
        raise DataError(f"{what}: labels must be -1.0 or +1.0; use data.from_arrays or data.signed_labels")
    squares = np.einsum("ij,ij->i", x, x)
    if scaling != "none" and not np.all(np.abs(squares - 1.0) <= 2 * _UNIT_TOLERANCE):
        raise DataError(f"{what}: inputs must have unit norm; use data.from_arrays or data.unit_rows")
