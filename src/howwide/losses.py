r"""The logistic loss of both papers, as a function of the margin :math:`z = y f(x)`.

.. math::

    \ell(z) = \log(1 + e^{-z}), \qquad -\ell'(z) = \frac{1}{1 + e^{z}} \in (0, 1), \qquad 0 \le \ell'' \le \tfrac14 .

The facts the proofs use follow from these two lines: :math:`|\ell'| \le \min\{1, \ell\}` and :math:`\mathbf 1[z \le 0]
\le 2|\ell'(z)| \le 2\ell(z)`. An output of exactly zero counts as a mistake, as in the proofs.
"""

import jax
import jax.numpy as jnp

__all__ = ["LIPSCHITZ", "SMOOTHNESS", "logistic", "logistic_slope"]

SMOOTHNESS = 0.25
"""The largest second derivative of the logistic loss."""

LIPSCHITZ = 1.0
"""The largest absolute first derivative of the logistic loss."""


def logistic(margins: jax.Array) -> jax.Array:
    r"""The loss :math:`\ell(z) = \log(1 + e^{-z})`, elementwise, without overflow at either end."""
    return jnp.logaddexp(jnp.zeros_like(margins), -margins)


def logistic_slope(margins: jax.Array) -> jax.Array:
    r"""The derivative :math:`\ell'(z) = -1/(1 + e^{z})`, elementwise, in (-1, 0)."""
    return -jax.nn.sigmoid(-margins)
