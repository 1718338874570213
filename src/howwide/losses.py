r"""The losses of the theory, as functions of the margin :math:`z = y f(x)`, for labels :math:`y = \pm 1`.

.. math::

    \text{logistic: } \ell(z) = \log(1 + e^{-z}), \quad -\ell'(z) = \frac{1}{1 + e^{z}}, \quad \ell'' \le \tfrac14 ,

    \text{square: } \ell(z) = \tfrac12 (1 - z)^2 = \tfrac12 (y - f(x))^2, \quad -\ell'(z) = 1 - z, \quad \ell'' = 1 .

The logistic loss is that of Chen et al. and of the journal version of Zou et al.; its facts in the proofs,
:math:`|\ell'| \le \min\{1, \ell\}` and :math:`\mathbf 1[z \le 0] \le 2|\ell'(z)| \le 2\ell(z)`, follow from the
formula. The square loss is that of Du et al., Allen-Zhu et al. and Zou and Gu. Training averages either over the
examples; Du et al. and Allen-Zhu et al. sum instead, so that their step sizes are those of this library divided by n.

An output of exactly zero counts as a mistake, as in the proofs.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from howwide.errors import SettingError

__all__ = ["LOGISTIC", "LOSSES", "SQUARE", "Loss", "get_loss", "logistic", "logistic_slope"]


_Array = TypeVar("_Array", NDArray[np.floating], jax.Array)


def logistic(margins: _Array) -> _Array:
    r"""The loss :math:`\ell(z) = \log(1 + e^{-z})`, elementwise, without overflow at either end; NumPy's or JAX's."""
    if isinstance(margins, np.ndarray):
        return np.logaddexp(np.zeros_like(margins), -margins)
    return jnp.logaddexp(jnp.zeros_like(margins), -margins)


def logistic_slope(margins: jax.Array) -> jax.Array:
    r"""The derivative :math:`\ell'(z) = -1/(1 + e^{z})`, elementwise, in (-1, 0)."""
    return -jax.nn.sigmoid(-margins)


def _square(margins: _Array) -> _Array:
    return (1 - margins) ** 2 / 2


def _square_slope(margins: jax.Array) -> jax.Array:
    return margins - 1


@dataclasses.dataclass(frozen=True)
class Loss:
    """A loss of the margin.

    Attributes:
        name: what a user types.
        value: l(z), elementwise, of arrays of NumPy or JAX.
        slope: l'(z), elementwise.
        smoothness: the largest l''.
    """

    name: str
    value: Callable[[Any], Any]
    slope: Callable[[jax.Array], jax.Array]
    smoothness: float


LOGISTIC = Loss("logistic", logistic, logistic_slope, 0.25)
"""The cross-entropy of Chen et al. and Zou et al."""

SQUARE = Loss("square", _square, _square_slope, 1.0)
"""Half the squared distance of output and label."""

LOSSES = (LOGISTIC.name, SQUARE.name)
"""The names of the losses."""


def get_loss(loss: str | Loss) -> Loss:
    """The loss of a name, or itself.

    Raises:
        SettingError: no such name.
    """
    named = {LOGISTIC.name: LOGISTIC, SQUARE.name: SQUARE}.get(loss) if isinstance(loss, str) else loss
    if not isinstance(named, Loss):
        raise SettingError(f"unknown loss {loss!r}; use one of {', '.join(LOSSES)}")
    return named
