r"""A training problem in the coordinates in which it is cheapest, and the way back.

Two exact changes of coordinates make training smaller or its compilation shared:

* **Dual coordinates.** A gradient of the first matrix is a combination of the inputs, :math:`B X` with one column of B
  an example, so :math:`W_1^{(t)} = W_1^{(0)} + A^{(t)} X` and a step is :math:`A^{(t+1)} = A^{(t)} - \eta B^{(t)}`.
  Where d > n training keeps A, (m, n), and sees of the inputs their Gram :math:`G = X X^\top` and the first
  pre-activations at the start, as :math:`W_1^{(t)} X^\top = W_1^{(0)} X^\top + A^{(t)} G`: one product with n columns a
  step in place of two with d. The part of :math:`W_1^{(0)}` orthogonal to the data, which no step moves and outputs at
  test points depend on, is kept.
* **Padding.** Hidden layers are filled up with zero neurons to a width from a fixed grid (:func:`padded_width`). A zero
  neuron stays zero under gradient descent, so nothing else changes; runs of several widths share one compiled loop. The
  grid depends on the width alone, so a run's result does not depend on what runs beside it.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from howwide.errors import DataError, SettingError, ShapeError
from howwide.losses import LOGISTIC, Loss, get_loss
from howwide.networks.precision import floating_dtype
from howwide.networks.protocol import Network
from howwide.training.loop import Examples, Kind

__all__ = ["Inputs", "TrainingProblem", "check_examples", "padded_width", "prepare_inputs", "prepare_problem"]


def padded_width(width: int) -> int:
    """The width that is compiled for ``width``: multiples of 8 up to 64, then eight to an octave."""
    grain = max(8, 1 << max(0, (width - 1).bit_length() - 4))
    return -(-width // grain) * grain


def check_examples(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Examples as arrays: rows ``x`` (n, d) finite, labels ``y`` (n,) of -1 and +1.

    Raises:
        ShapeError: shapes that do not fit.
        DataError: a non-finite input, or another label.
    """
    try:
        x, y = np.asarray(x), np.asarray(y)
    except ValueError:
        raise DataError("inputs must be an array of numbers, and labels too; found rows of different lengths") from None
    if x.dtype.kind not in "fiub":
        raise DataError(f"inputs must be real numbers; found dtype {x.dtype}")
    if x.ndim != 2 or y.shape != x.shape[:1] or not x.size:
        raise ShapeError(f"expected inputs (n, d) and labels (n,); got shapes {x.shape} and {y.shape}")
    if not np.isfinite(x).all():
        raise DataError("inputs hold NaN or infinite values; clean them (howwide.data.from_arrays names the first)")
    if not np.isin(y, (-1, 1)).all():
        others = ", ".join(str(v) for v in np.unique(y)[:5])
        raise DataError(f"labels must be -1 or +1; found {others}. Use howwide.data.signed_labels")
    return x, y


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Examples: rows (n, d), labels (n,), and the Gram of the rows where training uses dual coordinates."""

    rows: np.ndarray
    labels: np.ndarray
    gram: np.ndarray | None


def prepare_inputs(x: Any, y: Any, *, dual: bool = True) -> Inputs:
    """Check examples, and form the Gram of rows with d > n, in float64 and on one thread: the same bytes everywhere.

    Raises:
        ShapeError: shapes that do not fit.
        DataError: a non-finite input, or a label other than -1 and +1.
    """
    x, y = check_examples(x, y)
    if not dual or x.shape[1] <= x.shape[0]:
        return Inputs(x, y, None)
    rows = np.asarray(x, np.float64)
    with threadpool_limits(1):
        return Inputs(rows, y, rows @ rows.T)


@dataclasses.dataclass(frozen=True)
class TrainingProblem:
    """Arrays in training coordinates, all in the dtype of the weights, ready for the compiled loop.

    In dual coordinates ``x`` is the Gram of ``rows``, ``offset`` holds the first pre-activations of the initial weights
    (one column an example), and the first of ``hidden`` is A; elsewhere ``x`` are the rows and ``offset`` is None.
    """

    net: Network
    initial: tuple[np.ndarray, ...]
    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray
    offset: np.ndarray | None
    hidden: tuple[np.ndarray, ...]
    head: np.ndarray
    loss: Loss
    layer_factors: tuple[float, ...]

    @property
    def kind(self) -> Kind:
        """What its loop is compiled for, beside shapes."""
        return Kind(self.net.trains_head, self.loss)

    @property
    def examples(self) -> Examples:
        """What its loop reads."""
        return Examples(self.x, self.y, np.asarray(self.net.scale, self.dtype), self.offset)

    @property
    def factors(self) -> np.ndarray:
        """Step size of each trained matrix over the step size of the run."""
        return np.asarray(self.layer_factors, self.dtype)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype everything is computed in."""
        return self.x.dtype

    @property
    def signature(self) -> tuple[Any, ...]:
        """What the compiled loop depends on; problems with equal signatures share it."""
        dual = self.offset is not None
        return (self.kind, self.dtype.name, dual, self.x.shape, tuple(w.shape for w in self.hidden))

    def weights(self, hidden: Any, head: Any) -> tuple[np.ndarray, ...]:
        """Weights in input coordinates from those of the loop."""
        first, *others = hidden
        layers = [np.asarray(first)[: self.initial[0].shape[0]]]
        layers += [np.asarray(h)[: w.shape[0], : w.shape[1]] for h, w in zip(others, self.initial[1:], strict=False)]
        if self.offset is not None:  # W_1 = W_1^(0) + A X
            moved = np.asarray(layers[0], np.float64) @ self.rows
            layers[0] = (np.asarray(self.initial[0], np.float64) + moved).astype(self.dtype)
        if self.net.trains_head:
            layers.append(np.asarray(head)[None, : self.initial[-1].shape[1]])
        return tuple(np.array(w) for w in layers)


def prepare_problem(
    net: Network,
    weights: Any,
    inputs: Inputs,
    *,
    pad: bool = True,
    loss: str | Loss = LOGISTIC,
    layer_factors: Sequence[float] | None = None,
) -> TrainingProblem:
    """Bring weights and inputs of one run into training coordinates.

    Raises:
        ShapeError: weights or inputs do not fit the network.
        SettingError: weights are neither float32 nor float64, an unknown loss, or layer factors that are not one finite
            number of at least 0 for each matrix, some of them positive.
    """
    dtype = floating_dtype(weights)
    initial = tuple(np.asarray(w) for w in weights)
    hidden, head = net.parts(initial)
    n, d = inputs.rows.shape
    if hidden[0].shape[1] != d:
        raise ShapeError(f"the first matrix takes {hidden[0].shape[1]} inputs but the examples have {d}")
    factors = (1.0,) * len(initial) if layer_factors is None else tuple(float(f) for f in layer_factors)
    if len(factors) != len(initial) or not all(0 <= f < math.inf for f in factors) or not any(factors):
        raise SettingError(
            f"layer factors must be {len(initial)} numbers of at least 0, one a trained matrix, not all 0; got "
            f"{layer_factors!r}"
        )
    layers, offset = list(hidden), None
    if inputs.gram is not None:
        with threadpool_limits(1):
            offset = (np.asarray(layers[0], np.float64) @ inputs.rows.T).astype(dtype)
        layers[0] = np.zeros_like(offset)
    if pad:
        sizes = [padded_width(w.shape[0]) for w in layers]
        fans = [layers[0].shape[1], *sizes[:-1]]
        layers = [_filled(w, (rows, columns)) for w, rows, columns in zip(layers, sizes, fans, strict=True)]
        head = _filled(head, (sizes[-1],))
        offset = None if offset is None else _filled(offset, (sizes[0], n))
    return TrainingProblem(
        net=net,
        initial=initial,
        rows=inputs.rows,
        x=(inputs.rows if inputs.gram is None else inputs.gram).astype(dtype),
        y=inputs.labels.astype(dtype),
        offset=offset,
        hidden=tuple(layers),
        head=np.asarray(head, dtype),
        loss=get_loss(loss),
        layer_factors=factors,
    )


def _filled(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.pad(array, [(0, size - own) for size, own in zip(shape, array.shape, strict=True)])
