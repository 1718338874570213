r"""The network of Chen, Cao, Zou and Gu.

.. math:: f_W(x) = m^{\alpha}\, W_L\, \sigma(W_{L-1} \cdots \sigma(W_1 x)), \qquad 0 < \alpha \le \tfrac12 ,

with :math:`W_1 \in R^{m \times d}`, :math:`W_2..W_{L-1} \in R^{m \times m}`, :math:`W_L \in R^{1 \times m}`, **all
trained**. Start: :math:`N(0, 2/m)` for :math:`l < L` and :math:`N(0, 1/m)` for :math:`W_L` (arXiv 1911.12360,
alpha-scaled workshop version, section 2; the ICLR 2021 version is :math:`\alpha = 1/2`).
"""

import dataclasses
import math
import numbers
from typing import Any

import jax
import jax.numpy as jnp

from howwide.checks import check_count, check_width
from howwide.errors import SettingError
from howwide.networks.initialisation import gaussian, gaussian_hidden_layers, mirrored
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Weights, check_weights
from howwide.networks.signals import outputs
from howwide.plain import plain

__all__ = ["DeepReLU"]


@dataclasses.dataclass(frozen=True)
class DeepReLU:
    """Depth counts weight matrices: ``depth=5`` has four hidden layers and one output row, all five trained.

    Args:
        width: the width m of every hidden layer.
        depth: the number L of weight matrices, at least 2.
        alpha: the output is scaled by ``width ** alpha``; in (0, 1/2].

    Raises:
        SettingError: a number outside its domain.
    """

    width: int
    depth: int = 5
    alpha: float = 0.5

    def __post_init__(self) -> None:
        width = check_width(self.width)
        depth = check_count(self.depth, "depth", 2, note=" (the number of weight matrices, output row included)")
        for name, value in (("width", width), ("depth", depth), ("alpha", plain(self.alpha))):
            object.__setattr__(self, name, value)
        if not (isinstance(self.alpha, numbers.Real) and 0 < self.alpha <= 0.5):
            raise SettingError(f"alpha must lie in (0, 1/2]; got {self.alpha!r}. The ICLR version uses 1/2")

    @property
    def trains_head(self) -> bool:
        """True: the output row is trained with the other layers."""
        return True

    @property
    def scale(self) -> float:
        """``m^alpha``."""
        return math.pow(self.width, self.alpha)

    @property
    def gradient_scale(self) -> float:
        """``m^alpha``: K / m^{2 alpha} has a limit, and radius R of the theory means R m^-alpha for every matrix."""
        return self.scale

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """``depth - 1`` times the width."""
        return (self.width,) * (self.depth - 1)

    def init(self, key: Any, input_dim: int, *, antisymmetric: bool = False, dtype: Any = jnp.float32) -> Weights:
        """Draw initial weights ``(W_1, ..., W_L)``; see the module for the law.

        Args:
            key: a JAX random key; layer l is drawn from ``fold_in(key, l)``.
            input_dim: d.
            antisymmetric: duplicate the last hidden layer and give the copies opposite heads, so that f = 0 everywhere.
            dtype: float32 or float64.

        Raises:
            SettingError: an input dimension below 1, or an antisymmetric start with an odd width.
        """
        input_dim = check_count(input_dim, "input_dim", 1)
        with computing_in(dtype):
            hidden = gaussian_hidden_layers(key, input_dim, self.hidden_widths, antisymmetric, dtype)
            drawn = self.width // 2 if antisymmetric else self.width
            head = gaussian(jax.random.fold_in(key, self.depth - 1), (1, drawn), 1.0 / self.width, dtype)
            return (*hidden, mirrored(head.T, -1.0).T if antisymmetric else head)

    def apply(self, weights: Any, x: Any) -> jax.Array:
        """Outputs f_W(x), shape (n,), for rows ``x`` of shape (n, d), in the dtype of the weights.

        Raises:
            ShapeError: weights or inputs do not fit.
        """
        return outputs(self, weights, x)

    def parts(self, weights: Any) -> tuple[tuple[Any, ...], Any]:
        """Hidden matrices ``(W_1..W_{L-1})`` and the head ``W_L`` as a vector of length m.

        Raises:
            ShapeError: the matrices do not have this network's shapes.
        """
        m = self.width
        check_weights(weights, ((m, -1), *((m, m),) * (self.depth - 2), (1, m)))
        return tuple(weights[:-1]), weights[-1][0]

    def default_step_size(self, hidden_constant: float = 1.0) -> float:
        """``hidden_constant / (L m^{2 alpha})``: Theorem 2.1 of the alpha-scaled version, 3.3 of the ICLR version."""
        return hidden_constant / (self.depth * math.pow(self.width, 2 * self.alpha))
