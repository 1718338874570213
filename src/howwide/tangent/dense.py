"""The slow exact twin of every fast formula here: the Jacobian by automatic differentiation, stored.

O(n p) memory for p weights; for tests and for small cases that one wants to be certain of.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.networks.precision import computing_in, floating_dtype
from howwide.networks.protocol import Network

__all__ = ["dense_jacobian"]


def dense_jacobian(net: Network, weights: Sequence[ArrayLike], x: ArrayLike) -> tuple[NDArray[np.floating], ...]:
    """Derivatives of f(x_i) with respect to every weight matrix, by reverse-mode differentiation of ``net.apply``.

    In the dtype of the weights; one array (n, rows, columns) a matrix.
    """
    with computing_in(floating_dtype(weights)):
        jacobian = jax.jacrev(lambda w: net.apply(w, x))(tuple(jnp.asarray(w) for w in weights))
        return tuple(np.asarray(j) for j in jacobian)
