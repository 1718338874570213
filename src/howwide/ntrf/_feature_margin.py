r"""The random-feature margin: how well the last hidden layer separates a sample while the layers below stay put.

With :math:`h_H` the activations of the last of H hidden layers, two numbers:

* :func:`~howwide.ntrf.feature_margin`, of a network as it is: :math:`\gamma_m = \max_{|\theta| \le 1} \min_i y_i
  \langle \theta, h_H(x_i) \rangle`, the hard margin of the Gram :math:`\langle h_H(x_i), h_H(x_j) \rangle`. Hidden
  layers start from N(0, 2/m), so :math:`|h_H| \approx |x|` and no further factor is needed; for a trained head of
  :class:`~howwide.networks.DeepReLU` this Gram is its tangent Gram over :math:`m^{2 \alpha}`.
* :func:`~howwide.ntrf.infinite_feature_margin`, the same with the limit of that Gram, :math:`\rho_H`, where
  :math:`\rho_0 = \langle x, x' \rangle` and a layer maps a cosine :math:`r` to :math:`k_1(r) = (r (\pi - \arccos r) +
  \sqrt{1 - r^2}) / \pi`.

A third, :math:`\gamma_{CG}` (:func:`~howwide.ntrf.sup_feature_margin`), is the assumption of Cao and Gu (AAAI 2020,
arXiv 1902.01384) for one hidden layer: :math:`|c(u)| \le 1` **for every** u, and :math:`y_i E_{u \sim N(0, I)}[c(u)\,
\sigma(\langle u, x_i \rangle)] \ge \gamma_{CG}`. A neuron of the network is :math:`\sigma(\langle w, x \rangle) =
\sqrt{2/m}\, \sigma(\langle u, x \rangle)` with :math:`u \sim N(0, I)`. Weights :math:`\theta_j = c_j / \sqrt m` with
:math:`|c_j| \le 1` have :math:`|\theta| \le 1` and the margin :math:`\sqrt 2 \cdot \frac1m \sum_j y_i c_j
\sigma(\langle u_j, x_i \rangle)`: the sup-norm margin over the m neurons is at most :math:`\gamma_m / \sqrt 2`, and in
the limit :math:`\gamma_{CG} \le \gamma_\infty / \sqrt 2` (for H > 1 the same with :math:`h_{H-1}` in place of x). Of
the population :math:`\gamma_{CG}` a finite :math:`\gamma_m` is an estimate, not a bound.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from howwide.checks import check_count
from howwide.networks import DeepReLU
from howwide.networks.precision import computing_in
from howwide.networks.protocol import Network
from howwide.networks.signals import forward
from howwide.ntrf.linearized import as_signs
from howwide.ntrf.solvers.hard_margin import HardMargin, hard_margin
from howwide.tangent.infinite import infinite_gram
from howwide.tangent.rows import Blocks, as_rows

__all__ = ["feature_margin", "infinite_feature_margin", "last_layer_kernel"]

Floats = NDArray[np.float64]


def feature_margin(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    tolerance: float = 1e-3,
    dtype: DTypeLike = "float64",
) -> HardMargin:
    r"""The L2 margin of the last hidden layer's features :math:`h_H(x_i)` at ``weights``; see the module.

    Scale: that of the activations, whatever the factor in front of the network; :math:`\sqrt 2` times an upper bound of
    the sup-norm margin over the same neurons. O(n m (d + m H) + n^2 m) time, O(n (n + m)) memory.

    Args:
        net: the network; its head plays no part.
        weights: where the features are taken, most often the start.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        tolerance: relative width of the interval at which to stop.
        dtype: in which the features are computed; the ends are those of the features computed.

    Returns:
        The certified ends, the point of the simplex, and the status of :func:`~howwide.ntrf.hard_margin`.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: numbers that are not finite, or another dtype.
    """
    blocks = Blocks(net, weights, x, dtype=dtype, block_size=4096)
    signs = as_signs(y, len(blocks.x))
    hidden = net.parts(blocks.weights)[0]
    with computing_in(blocks.dtype):
        matrices = tuple(jnp.asarray(w) for w in hidden)
        parts = [np.asarray(forward(matrices, jnp.asarray(blocks.x[rows]))[-1]) for rows in blocks.slices]
    signed = signs[:, None] * np.concatenate(parts).astype(float)
    return hard_margin(signed @ signed.T, tolerance=tolerance)


def infinite_feature_margin(x: ArrayLike, y: ArrayLike, *, hidden_layers: int, tolerance: float = 1e-3) -> HardMargin:
    r"""The L2 margin of the last of infinitely wide hidden layers, with the kernel :math:`\rho_H`.

    Scale: :math:`\rho_H(x, x) = |x|^2`; :math:`\sqrt 2` times an upper bound of the sup-norm margin of Cao and Gu.

    Args:
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        hidden_layers: H; a :class:`~howwide.networks.DeepReLU` of depth L has L - 1.
        tolerance: relative width of the interval at which to stop.

    Raises:
        ShapeError: rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: rows that are not finite, or a number of layers below 1.
    """
    rows = as_rows(x).astype(float)
    signs = as_signs(y, len(rows))
    hidden_layers = check_count(hidden_layers, "hidden_layers", 1)
    kernel = signs[:, None] * signs * last_layer_kernel(rows, hidden_layers)
    return hard_margin(kernel, tolerance=tolerance, entry_error=1e-13)


def last_layer_kernel(rows: Floats, hidden_layers: int) -> Floats:
    r"""The kernel :math:`\rho_H`: the tangent kernel of a trained head."""
    return infinite_gram(DeepReLU(1, hidden_layers + 1), rows, per_layer=True)[-1]
