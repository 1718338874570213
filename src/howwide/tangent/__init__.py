r"""Tangent kernels: Grams by the layerwise formula, their infinite-width limits, operators for large samples, spectra.

The tangent kernel of a network at weights W is :math:`K(x, x') = \sum_l \langle \nabla_{W_l} f_W(x),
\nabla_{W_l} f_W(x') \rangle`. :func:`gram` stores it, :class:`TangentOperator` multiplies by it, both for any weights.
"""

from howwide.tangent.dense import dense_jacobian
from howwide.tangent.gram import gram
from howwide.tangent.operator import TangentOperator

__all__ = ["TangentOperator", "dense_jacobian", "gram"]
