r"""Ends of a spectrum that hold with certainty: what a Cholesky factorisation that runs to completion proves.

With u the unit roundoff, :math:`\gamma_k = k u / (1 - k u)`: if floating-point Cholesky of a symmetric A does not break
down, its factor satisfies :math:`R^\top R = A + E`, :math:`|E| \le \gamma_{n+1} |R^\top| |R|` (Higham 2002, Theorem
10.3), whatever the order of the sums. The diagonal of that says :math:`\|r_i\|^2 \le a_{ii} / (1 - \gamma_{n+1})`, so
:math:`|e_{ij}| \le \frac{\gamma_{n+1}}{1 - \gamma_{n+1}} \sqrt{a_{ii} a_{jj}}` (Demmel 1989, Rump 2006), and
:math:`R^\top R` is positive semidefinite:

.. math:: \lambda_{\min}(A) \ge -\|E\|_2 \ge -\frac{\gamma_{n+1}}{1 - \gamma_{n+1}} \operatorname{tr} A .

For a Gram K and a shift s let A be the rounded :math:`K - s I`; its diagonal is off by at most :math:`u\, a_{ii}`. So
:math:`\lambda_{\min}(K) \ge s - c \operatorname{tr} A` with :math:`c = \gamma_{n+6} / (1 - \gamma_{n+6})`: one unit for
that subtraction, one for libraries that multiply by a reciprocal instead of dividing, the others for the arithmetic of
the bound itself and for underflow, which cannot matter in the range of :func:`check_scale`. The largest eigenvalue is
the same with :math:`s I - K`. Cost: n^3 / 3 multiplications a factorisation, one copy of K.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.linalg import eigvalsh
from scipy.linalg.lapack import dpotrf

from howwide.errors import SettingError, ShapeError
from howwide.tangent.rows import as_dtype

__all__ = ["as_gram", "certain_end", "check_scale", "factor", "product_error", "rounding", "smallest_eigenvalue_bound"]

Floats = NDArray[np.float64]


def smallest_eigenvalue_bound(k: ArrayLike, *, near: float | None = None) -> float:
    r"""A number that no eigenvalue of ``k`` is below, with certainty: the certificate alone.

    The largest :math:`s - c \operatorname{tr}(K - s I)` over shifts s tried from just below ``near`` downwards until
    Cholesky of K - s I completes (see the module). Below the true eigenvalue by about 1e-16 n tr K if ``near`` is good.
    A statement about ``k`` as stored, not about rounding that happened before.

    Args:
        k: (n, n) symmetric, float64 or float32.
        near: an estimate of the smallest eigenvalue; any number is safe, and one too high costs more factorisations.
            Left out, it is computed, which takes far longer than the certificate for n beyond some thousands.

    Raises:
        ShapeError: not a square matrix, or not symmetric.
        SettingError: NaN, infinite or extreme entries, or another dtype.
    """
    gram = as_gram(k)
    if near is not None and not math.isfinite(near):
        raise SettingError(f"near must be a finite estimate of the smallest eigenvalue; got {near!r}")
    if not gram.any():
        return 0.0
    if near is None:
        near = float(eigvalsh(gram, subset_by_index=[0, 0], check_finite=False)[0])
    return certain_end(gram, near, -1)


def certain_end(k: Floats, near: float, side: int) -> float:
    """A number at most the smallest eigenvalue (side -1) or at least the largest (side +1) of ``k``, not zero.

    The shift leaves ``near`` outward in steps that grow fourfold; beyond the row sums of ``k`` Cholesky always
    completes, so there is an end whatever ``near`` is.
    """
    gap = product_error(k)
    while True:
        shift = near + side * gap
        if factor(k, shift, side) is not None:
            trace = math.fsum(np.abs(np.diagonal(k) - shift))
            unit = rounding(len(k) + 6)  # lambda >= s - c tr A, c = unit / (1 - unit)
            return math.nextafter(shift + side * unit / (1 - unit) * trace, side * math.inf)
        gap *= 4


def factor(k: Floats, shift: float, side: int = -1) -> Floats | None:
    """The Cholesky factor, in the lower triangle, of ``k - shift`` (side -1) or ``shift - k``; None on breakdown."""
    a = np.negative(k) if side > 0 else k.copy()
    a.flat[:: len(k) + 1] = -side * (np.diagonal(k) - shift)
    lower, info = dpotrf(a.T, lower=1, clean=0, overwrite_a=1)  # the transpose is in LAPACK's order: nothing is copied
    return None if info else lower


def rounding(operations: int, dtype: DTypeLike = np.float64) -> float:
    r""":math:`\gamma_k = k u / (1 - k u)`, the relative error of ``operations`` roundings in ``dtype``."""
    total = operations * float(np.finfo(dtype).eps) / 2
    return total / (1 - total) if total < 0.5 else math.inf


def product_error(k: Floats) -> float:
    r"""At least :math:`\|\mathrm{fl}(K v) - K v\|` for unit v: :math:`\gamma_n \||K|\|_2 \le \gamma_n \|K\|_F`."""
    return rounding(len(k) + 6) * float(np.linalg.norm(k)) * 1.001  # the norm is itself rounded


def as_gram(k: ArrayLike) -> Floats:
    """``k`` as a C-contiguous symmetric float64 array, without a copy where it is one.

    Raises:
        ShapeError: not a square matrix, or not symmetric.
        SettingError: NaN, infinite or extreme entries, or another dtype.
    """
    k = np.asarray(k)
    if k.ndim != 2 or k.shape[0] != k.shape[1] or not k.size:
        raise ShapeError(f"a Gram has shape (n, n); got {k.shape}")
    as_dtype(k.dtype)
    size = float(max(k.max(), -k.min()))
    if not math.isfinite(size):
        raise SettingError("the Gram holds NaN or infinite entries; a diverged run has no tangent kernel")
    if not np.array_equal(k, k.T):
        raise ShapeError("the Gram is not symmetric to the last bit; pass (k + k.T) / 2")
    check_scale(size, np.float64)
    return np.ascontiguousarray(k, np.float64)


def check_scale(size: float, dtype: DTypeLike) -> None:
    """Refuse numbers whose squares and products with rounding errors leave the range of ``dtype``.

    Raises:
        SettingError: ``size`` is neither 0 nor within the cube roots of the ends of the range.
    """
    limits = np.finfo(dtype)
    if size and not float(limits.tiny) ** (1 / 3) <= size <= float(limits.max) ** (1 / 3):
        raise SettingError(f"entries of size {size:.1e} are too extreme for {np.dtype(dtype)}; divide by their scale")
