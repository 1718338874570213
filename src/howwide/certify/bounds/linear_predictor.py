r"""A predictor of the NTRF class: the matrices U, and what it says of the sample and of other rows.

.. math:: h(x) = f_{W_0}(x) + \sum_l \langle \nabla_{W_l} f_{W_0}(x), U_l \rangle .

It comes from coefficients of the gradients, from an NTRF optimum, or from trained weights with :math:`U = W - W_0`; one
pull-back and one push-forward, O(n m (d + m L)) time, whatever n is.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.complexity import UPWARD
from howwide.certify.inputs import Weights, as_floats, check_test_part
from howwide.errors import SettingError, ShapeError
from howwide.ntrf import NTRFLoss
from howwide.ntrf.linearized import Linearized
from howwide.tangent import TangentOperator

__all__ = ["Linear", "Predictor", "kept_aside", "outputs"]

_SCORE_ERROR = 1e-10

Predictor = NTRFLoss | Weights | npt.ArrayLike
"""Trained weights W, a tuple (U = W - W0), coefficients (n,) or (L, n) of the gradients over unit^2, or an NTRFLoss."""


@dataclasses.dataclass(frozen=True)
class Linear:
    """A member of the class on its sample: U, the norms (L,) in the scale of the theory, and the scores y h(x).

    Norms are rounded up and scores down, a score that is no number to minus infinity: it counts as a mistake.
    """

    directions: tuple[np.ndarray, ...]
    norms: np.ndarray
    scores: np.ndarray

    @staticmethod
    def of(linearized: Linearized, predictor: Predictor) -> "Linear":
        """A predictor in any of its forms.

        Raises:
            ShapeError: it does not fit the network, or the sample.
            SettingError: numbers that are not finite.
        """
        weights = linearized.weights
        if isinstance(predictor, NTRFLoss):
            start = predictor.linearized.weights
            predictor = tuple(w + u for w, u in zip(start, predictor.directions(), strict=True))
        if isinstance(predictor, (tuple, list)) and all(np.ndim(w) == 2 for w in predictor):
            given, wanted = [np.shape(w) for w in predictor], [w.shape for w in weights]
            if given != wanted:
                raise ShapeError(f"a predictor has matrices as large as the initial weights, {wanted}; got {given}")
            directions = tuple(_numbers(new) - start for new, start in zip(predictor, weights, strict=True))
        else:
            coefficients, shapes = _numbers(predictor), ((linearized.n,), (linearized.layers, linearized.n))
            if coefficients.shape not in shapes:
                raise ShapeError(
                    f"a predictor is weights, an NTRFLoss, or coefficients of shape {shapes[0]} or {shapes[1]}; "
                    f"got shape {coefficients.shape}"
                )
            directions = linearized.directions(coefficients)
        norms = np.array([np.linalg.norm(u) for u in directions]) * linearized.unit * UPWARD
        products = linearized.operator.push(directions).astype(float)
        sizes = 1 + np.abs(linearized.outputs) + norms @ np.sqrt(linearized.diagonals())
        scores = linearized.y * (linearized.outputs + products.sum(0))
        scores = scores - _SCORE_ERROR * sizes
        return Linear(directions, norms, np.where(np.isnan(scores), -np.inf, scores))


def kept_aside(
    linearized: Linearized, x: npt.ArrayLike | None, y: npt.ArrayLike | None
) -> tuple[TangentOperator, np.ndarray] | None:
    """The linearisation on rows kept aside, and their labels; None where there are none.

    Raises:
        SettingError: rows without labels, or labels without rows.
        ShapeError: shapes that do not fit.
        DataError: a non-finite input, or a label other than -1 and +1.
    """
    part = check_test_part(x, y, linearized.x.shape[1])
    return None if part is None else (TangentOperator(linearized.net, linearized.weights, part[0]), part[1])


def outputs(linearized: Linearized, linear: Linear, operator: TangentOperator) -> np.ndarray:
    """What the predictor says of the rows of ``operator``, which is at the same initial weights."""
    return operator.outputs + operator.push(linear.directions).sum(0)


def _numbers(values: object) -> np.ndarray:
    numbers = as_floats(values)
    if not np.isfinite(numbers).all():
        raise SettingError("a predictor consists of finite numbers; found NaN, infinity or something else")
    return numbers
