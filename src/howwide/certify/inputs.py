"""What certificates accept: sequences of losses in [0, 1] or of mistakes (0 or 1), files of them, and test examples.

Anything else is refused before a certificate computes.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from howwide.data.opening import is_there, opened
from howwide.errors import DataError, SettingError, ShapeError
from howwide.training.problem import check_examples

__all__ = [
    "Floats",
    "Weights",
    "as_floats",
    "check_losses",
    "check_mistakes",
    "check_sequence",
    "check_test_part",
    "read_losses",
    "refuse",
]

Floats = npt.NDArray[np.float64]

Weights = Sequence[npt.ArrayLike]
"""Weight matrices in order, out-features first, as arrays of any kind."""

_READERS = (".npy", ".npz", ".csv", ".txt")


def check_sequence(values: npt.ArrayLike, name: str) -> Floats:
    """A sequence of at least one finite number, as float64 of shape (n,).

    Args:
        values: anything that NumPy turns into an array of booleans or real numbers.
        name: what the values are, for the message.

    Raises:
        DataError: they are not numbers, or not finite.
        ShapeError: they are not a sequence of at least one.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise ShapeError(f"{name} must be one sequence of numbers; found entries of different lengths") from None
    if array.size and array.dtype.kind not in "biuf":
        raise DataError(f"{name} must be numbers, one an example; found dtype {array.dtype}")
    if array.ndim != 1 or not array.size:
        raise ShapeError(f"{name} must be a sequence of shape (n,) with n >= 1; found shape {array.shape}")
    floats = array.astype(np.float64)
    lost = ~np.isfinite(floats)
    return refuse(floats, lost, f"{name} must be finite", ". Count a lost output as a mistake")


def refuse(values: Floats, wrong: npt.NDArray[np.bool_], demand: str, advice: str = "") -> Floats:
    """``values``, none of which is ``wrong``.

    Raises:
        DataError: one is; the message has the ``demand``, the first that is wrong, and the ``advice``.
    """
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(f"{demand}; found {values[at]:g} at position {at}{advice}")
    return values


def as_floats(values: object) -> Floats:
    """``values`` as a float64 array, NaN where it is none."""
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return np.array(np.nan)


def check_losses(values: npt.ArrayLike, name: str = "losses") -> Floats:
    """A sequence of losses in [0, 1].

    Args:
        values: see :func:`check_sequence`.
        name: what the values are, for the message.

    Raises:
        DataError: a value is no number in [0, 1].
        ShapeError: they are not a sequence of at least one.
    """
    losses = check_sequence(values, name)
    outside = (losses < 0.0) | (losses > 1.0)
    return refuse(losses, outside, f"{name} must lie in [0, 1]", ". Divide by their bound first")


def check_mistakes(values: npt.ArrayLike, name: str = "mistakes") -> Floats:
    """A sequence of mistakes: 1 or True for a mistake, 0 or False for none.

    Args:
        values: see :func:`check_sequence`.
        name: what the values are, for the message.

    Raises:
        DataError: a value is neither 0 nor 1.
        ShapeError: they are not a sequence of at least one.
    """
    mistakes = check_sequence(values, name)
    other = (mistakes != 0.0) & (mistakes != 1.0)
    return refuse(mistakes, other, f"{name} must be 0 or 1, one an example")


def check_test_part(
    x: npt.ArrayLike | None, y: npt.ArrayLike | None, input_dim: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Examples kept aside as arrays; None where there are none.

    Args:
        x: inputs (n, d), or None.
        y: labels -1 and +1, or None.
        input_dim: d of the sample.

    Raises:
        SettingError: inputs without labels, or labels without inputs.
        ShapeError: shapes that do not fit, or another number of features.
        DataError: a non-finite input, or another label.
    """
    if x is None and y is None:
        return None
    if x is None or y is None:
        raise SettingError("test examples need inputs and labels together: give x_test and y_test, or neither")
    inputs, labels = check_examples(x, y)
    if inputs.shape[1] != input_dim:
        raise ShapeError(f"test inputs have {inputs.shape[1]} features, the sample has {input_dim}")
    return inputs, labels


def read_losses(path: str | os.PathLike[str]) -> Floats:
    """The losses in ``path``, one an example: ``.npy``, ``.npz`` (one array), ``.csv`` or ``.txt`` (one column).

    A first line of a text file that is no number counts as a heading.

    Raises:
        DataError: no such file, another kind of file, a damaged one, more than one column or array, nothing in it, or
            values that are not numbers in [0, 1].
    """
    file = Path(path)
    if file.suffix.lower() not in _READERS:
        raise DataError(f"mistakes come from a file {', '.join(_READERS)}; got {file.name!r}")
    if not is_there(file) or file.is_dir():
        raise DataError(f"no such file of mistakes: {str(path)!r}")
    losses = _text(file) if file.suffix.lower() in (".csv", ".txt") else _binary(file)
    if losses.ndim == 2 and 1 in losses.shape:
        losses = losses.ravel()
    if losses.ndim != 1 or not losses.size:
        raise DataError(f"{file.name} must hold one column of mistakes; found an array of shape {losses.shape}")
    return check_losses(losses, file.name)


def _binary(file: Path) -> np.ndarray:
    try:
        with opened(file) as stream:
            loaded = np.load(stream, allow_pickle=False)
            arrays = [loaded] if isinstance(loaded, np.ndarray) else [loaded[name] for name in loaded.files]
    except DataError:
        raise
    except Exception as error:  # damaged archives raise almost anything
        raise DataError(f"{file.name} is damaged or holds objects ({type(error).__name__})") from None
    if len(arrays) != 1:
        raise DataError(f"{file.name} must hold one array, the mistakes; found {len(arrays)}")
    return np.asarray(arrays[0])


def _text(file: Path) -> np.ndarray:
    try:
        with opened(file) as stream:
            lines = [line.strip() for line in stream.read().decode("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {file.name} as text ({type(error).__name__})") from None
    values = []
    for number, line in ((number, line) for number, line in enumerate(lines, 1) if line):
        try:
            values.append(float(line))
        except ValueError:
            if not values and not any(lines[: number - 1]):  # the heading
                continue
            raise DataError(f"{file.name}, line {number}: one number a line is expected; found {line[:40]!r}") from None
    return np.array(values, dtype=np.float64)
