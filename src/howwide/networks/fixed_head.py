r"""The network of Zou, Cao, Zhou and Gu.

.. math::

    f_W(x) = v^\top \sigma(W_L \cdots \sigma(W_1 x)), \qquad v \in \{-1, +1\}^{m_L} \text{ with equal counts, frozen,}

with :math:`W_l \in R^{m_l \times m_{l-1}}` started from :math:`N(0, 2/m_l)` and all of :math:`W_1..W_L` trained
("Gradient descent optimizes over-parameterized deep ReLU networks", Machine Learning 109, 2020, section 3; the paper
writes the transposes).
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from howwide.checks import check_count, check_width
from howwide.errors import SettingError
from howwide.networks.initialisation import gaussian_hidden_layers
from howwide.networks.precision import computing_in, floating_dtype
from howwide.networks.protocol import Weights, check_weights
from howwide.networks.signals import outputs
from howwide.plain import plain

__all__ = ["FixedHeadReLU"]


@dataclasses.dataclass(frozen=True)
class FixedHeadReLU:
    """Depth counts trained hidden layers: ``depth=5`` has five trained matrices under a frozen row of signs.

    Args:
        width: one width for every hidden layer, or a sequence of ``depth`` widths; the last one even.
        depth: the number L of hidden layers, at least 1; may be left out when ``width`` is a sequence.

    Raises:
        SettingError: a number outside its domain, or an odd last width (the head needs as many +1 as -1).
    """

    width: int | tuple[int, ...]
    depth: int | None = None

    def __init__(self, width: int | Sequence[int], depth: int | None = None) -> None:
        width, depth = plain(width), plain(depth)
        if isinstance(width, Sequence):
            width, depth = tuple(width), len(width) if depth is None else depth
            if depth != len(width):
                raise SettingError(f"depth {depth} does not fit the {len(width)} widths given")
        depth = 5 if depth is None else depth
        check_count(depth, "depth", 1, note=" (the number of trained hidden layers)")
        for one in width if isinstance(width, tuple) else (width,):
            check_width(one)
        object.__setattr__(self, "width", width)
        object.__setattr__(self, "depth", depth)
        if self.hidden_widths[-1] % 2:
            last = self.hidden_widths[-1]
            raise SettingError(f"the last hidden width must be even, half the head is +1 and half -1; got {last}")

    @property
    def trains_head(self) -> bool:
        """False: the head of signs is frozen."""
        return False

    @property
    def scale(self) -> float:
        """1: the network has no factor in front."""
        return 1.0

    @property
    def gradient_scale(self) -> float:
        """``m^{1/2}`` with m the least width: K / m has a limit, and radius R of the theory means R m^{-1/2}."""
        return math.sqrt(min(self.hidden_widths))

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """The widths m_1..m_L."""
        if isinstance(self.width, tuple):
            return self.width
        return (self.width,) * (self.depth or 0)

    @property
    def head(self) -> np.ndarray:
        """The frozen head v: first half +1, second half -1."""
        half = self.hidden_widths[-1] // 2
        return np.concatenate([np.ones(half), -np.ones(half)])

    def init(self, key: Any, input_dim: int, *, antisymmetric: bool = False, dtype: Any = jnp.float32) -> Weights:
        """Draw initial weights ``(W_1, ..., W_L)``; see the module for the law.

        Args:
            key: a JAX random key; layer l is drawn from ``fold_in(key, l)``.
            input_dim: d.
            antisymmetric: the two halves of the last hidden layer start equal, so that f = 0 everywhere.
            dtype: float32 or float64.

        Raises:
            SettingError: an input dimension below 1.
        """
        input_dim = check_count(input_dim, "input_dim", 1)
        with computing_in(dtype):
            return tuple(gaussian_hidden_layers(key, input_dim, self.hidden_widths, antisymmetric, dtype))

    def apply(self, weights: Any, x: Any) -> jax.Array:
        """Outputs f_W(x), shape (n,), for rows ``x`` of shape (n, d), in the dtype of the weights.

        Raises:
            ShapeError: weights or inputs do not fit.
        """
        return outputs(self, weights, x)

    def parts(self, weights: Any) -> tuple[tuple[Any, ...], Any]:
        """All matrices, and the frozen head in their dtype.

        Raises:
            ShapeError: the matrices do not have this network's shapes.
        """
        widths = self.hidden_widths
        check_weights(weights, tuple(zip(widths, (-1, *widths[:-1]), strict=True)))
        return tuple(weights), self.head.astype(floating_dtype(weights))

    def default_step_size(self, hidden_constant: float = 1.0) -> float:
        """``hidden_constant / (M L^3)`` with M the largest width: the GD theorem of the journal version."""
        return hidden_constant / (max(self.hidden_widths) * float(self.depth or 0) ** 3)
