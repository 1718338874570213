r"""Tangent kernels: Grams by the layerwise formula, their infinite-width limits, operators for large samples, spectra.

The tangent kernel of a network at weights W is :math:`K(x, x') = \sum_l \langle \nabla_{W_l} f_W(x),
\nabla_{W_l} f_W(x') \rangle`. :func:`gram` stores it, :class:`TangentOperator` multiplies by it, both for any weights;
:func:`infinite_gram` is its limit at the start as the width grows. :func:`extreme_eigenvalues` of any of them come with
certified ends, :func:`relative_change` compares two weight vectors, :func:`kernel_predict` is the kernel machine.
"""

from howwide.tangent._gram import gram
from howwide.tangent.cholesky import smallest_eigenvalue_bound
from howwide.tangent.comparison import KernelChange, alignment, relative_change
from howwide.tangent.dense import dense_jacobian
from howwide.tangent.infinite import infinite_gram
from howwide.tangent.operator import TangentOperator
from howwide.tangent.prediction import Predictions, kernel_predict
from howwide.tangent.spectrum import Eigenvalue, Spectrum, extreme_eigenvalues

__all__ = [
    "Eigenvalue",
    "KernelChange",
    "Predictions",
    "Spectrum",
    "TangentOperator",
    "alignment",
    "dense_jacobian",
    "extreme_eigenvalues",
    "gram",
    "infinite_gram",
    "kernel_predict",
    "relative_change",
    "smallest_eigenvalue_bound",
]
