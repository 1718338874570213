r"""A training problem in the coordinates in which it is cheapest, and the way back.

Two exact changes of coordinates make training smaller or its compilation shared:

* **Rotation.** Rows that span less than the input space (d > n) are replaced by n coordinates: with the thin QR
  factorisation :math:`X^\top = Q R`, training sees :math:`C = R^\top` and :math:`W_1 Q`. Gradient descent moves
  :math:`W_1` inside the span only, so the trained matrix in input coordinates is
  :math:`W_1^{(0)} + (V - W_1^{(0)} Q) Q^\top`: the part of :math:`W_1^{(0)}` orthogonal to the data is kept. Without it
  the training outputs are the same and the test outputs are wrong.
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
    """Examples in training coordinates, ``x = coordinates @ basis.T``; no ``basis`` when they are the input ones."""

    coordinates: np.ndarray
    labels: np.ndarray
    basis: np.ndarray | None


def prepare_inputs(x: Any, y: Any, *, rotate: bool = True) -> Inputs:
    """Rotate rows with d > n to n coordinates, in float64 and on one thread, so that the result is the same everywhere.

    Raises:
        ShapeError: shapes that do not fit.
        DataError: a non-finite input, or a label other than -1 and +1.
    """
    x, y = check_examples(x, y)
    if not rotate or x.shape[1] <= x.shape[0]:
        return Inputs(x, y, None)
    with threadpool_limits(1):
        q, r = np.linalg.qr(np.asarray(x, np.float64).T)
    return Inputs(np.ascontiguousarray(r.T), y, q)


@dataclasses.dataclass(frozen=True)
class TrainingProblem:
    """Arrays in training coordinates, all in the dtype of the weights, ready for the compiled loop."""

    net: Network
    initial: tuple[np.ndarray, ...]
    basis: np.ndarray | None
    x: np.ndarray
    y: np.ndarray
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
        return Examples(self.x, self.y, np.asarray(self.net.scale, self.dtype))

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
        return (self.kind, self.dtype.name, self.x.shape, tuple(w.shape for w in self.hidden))

    def weights(self, hidden: Any, head: Any) -> tuple[np.ndarray, ...]:
        """Weights in input coordinates from padded, rotated ones."""
        first, *others = hidden
        layers = [np.asarray(first)[: self.initial[0].shape[0]]]
        layers += [np.asarray(h)[: w.shape[0], : w.shape[1]] for h, w in zip(others, self.initial[1:], strict=False)]
        if self.basis is not None:
            start, q = np.asarray(self.initial[0], np.float64), self.basis
            moved = layers[0] - np.asarray(self.hidden[0][: start.shape[0]], np.float64)
            layers[0] = (start + moved @ q.T).astype(self.dtype)
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
    d = inputs.coordinates.shape[1] if inputs.basis is None else inputs.basis.shape[0]
    if hidden[0].shape[1] != d:
        raise ShapeError(f"the first matrix takes {hidden[0].shape[1]} inputs but the examples have {d}")
    factors = (1.0,) * len(initial) if layer_factors is None else tuple(float(f) for f in layer_factors)
    if len(factors) != len(initial) or not all(0 <= f < math.inf for f in factors) or not any(factors):
        raise SettingError(
            f"layer factors must be {len(initial)} numbers of at least 0, one a trained matrix, not all 0; got "
            f"{layer_factors!r}"
        )
    layers = list(hidden)
    if inputs.basis is not None:
        with threadpool_limits(1):
            layers[0] = (np.asarray(layers[0], np.float64) @ inputs.basis).astype(dtype)
    if pad:
        sizes = [padded_width(w.shape[0]) for w in layers]
        fans = [layers[0].shape[1], *sizes[:-1]]
        layers = [_filled(w, (rows, columns)) for w, rows, columns in zip(layers, sizes, fans, strict=True)]
        head = _filled(head, (sizes[-1],))
    return TrainingProblem(
        net=net,
        initial=initial,
        basis=inputs.basis,
        x=inputs.coordinates.astype(dtype),
        y=inputs.labels.astype(dtype),
        hidden=tuple(layers),
        head=np.asarray(head, dtype),
        loss=get_loss(loss),
        layer_factors=factors,
    )


def _filled(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.pad(array, [(0, size - own) for size, own in zip(shape, array.shape, strict=True)])
