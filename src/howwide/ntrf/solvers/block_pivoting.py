r"""Nonnegative quadratic programmes of a few thousand variables, solved exactly.

.. math:: \min_{a \ge 0} \tfrac12 a^\top Q a - b^\top a
          \quad\Longleftrightarrow\quad a \ge 0,\; w = Q a - b \ge 0,\; a^\top w = 0 ,

by block principal pivoting (Portugal, Júdice and Vicente, Math. Comp. 63, 1994; Kim and Park, SIAM J. Sci. Comput. 33,
2011): guess the support, solve the linear system on it, exchange all variables of the wrong sign at once. A handful of
Cholesky factorisations, whether few or nearly all variables are positive, where methods that move one variable a step
need as many steps as there are positive ones.

Exchanges may run in circles, above all where Q has a low rank. Then :func:`scipy.optimize.nnls` takes over, which
moves one variable a step: with :math:`Q = R^\top R` the minimum of :math:`\|R a\|^2 + (b^\top a - 1)^2` over
:math:`a \ge 0` is a multiple of the solution.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs, dpstrf
from scipy.optimize import nnls

from howwide.errors import DataError

__all__ = ["complementary"]

Floats = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_PATIENCE = 3  # exchanges in a row that leave no fewer wrong signs
_INDEFINITE = 1e-3


def complementary(q: Floats, b: Floats, *, slack: float, max_steps: int) -> tuple[Floats, int]:
    r"""A multiple of the minimum ``a`` of :math:`a^\top Q a / 2 - b^\top a`, and the factorisations it took.

    For a multiple of it :math:`w_i \ge -\text{slack}`, and w = 0 to rounding where a is positive, unless the budget
    ends first or there is no minimum; where there is none, :math:`a^\top Q a` is at rounding level. In any case
    :math:`a \ge 0` and :math:`b^\top a > 0`. A singular Q is taken as :math:`Q + \delta \operatorname{diag} Q` with
    :math:`\delta` near n times the rounding unit.

    Args:
        q: (n, n) symmetric, positive semidefinite, positive diagonal.
        b: (n,) with at least one positive entry.
        slack: how much an inequality may miss.
        max_steps: factorisations, at least one.

    Raises:
        DataError: the matrix is not positive semidefinite.
    """
    free = np.ones(len(b), bool)
    least, patience, steps = len(b) + 1, _PATIENCE, 0
    sizes = np.sqrt(np.diagonal(q))
    while steps < max_steps:
        steps += 1
        a = _on_support(q, b, free)
        found = np.maximum(a, 0.0)
        wrong = np.where(free, a < 0, q @ a - b < -slack)
        count = int(wrong.sum())
        if not count or _vanishes(q, found, sizes):
            break
        patience = _PATIENCE if count < least else patience - 1
        least = min(least, count)
        if not patience and steps < max_steps:
            found, steps = _one_by_one(q, b), steps + 1
            break
        free ^= wrong
    return (found if b @ found > 0 else np.maximum(b, 0.0)), steps


def _one_by_one(q: Floats, b: Floats) -> Floats:
    """The least-squares form of the problem; zeros if that, too, finds no end."""
    factor, order, rank, _ = dpstrf(q / np.diagonal(q).mean(), lower=0)
    rows = np.zeros((rank + 1, len(b)))
    rows[:rank, order - 1] = np.triu(factor)[:rank]
    rows[rank] = b / np.abs(b).max()
    try:
        found: Floats = nnls(rows, np.append(np.zeros(rank), 1.0))[0]
    except RuntimeError:
        return np.zeros(len(b))
    return found


def _on_support(q: Floats, b: Floats, free: NDArray[np.bool_]) -> Floats:
    """The solution of ``q a = b`` on the rows and columns ``free``, 0 elsewhere."""
    rows = np.flatnonzero(free)
    a = np.zeros(len(b))
    if len(rows):
        a[rows] = dpotrs(_factor(q, rows), b[rows])[0]
    return a


def _factor(q: Floats, rows: NDArray[np.intp]) -> Floats:
    jitter = len(q) * _EPS
    while jitter < _INDEFINITE:
        part = q[np.ix_(rows, rows)].T  # symmetric; column order spares LAPACK a copy
        part[np.diag_indices(len(rows))] *= 1 + jitter
        factor, failed = dpotrf(part, overwrite_a=True, clean=False)
        if not failed:
            return factor
        jitter *= 32
    raise DataError("the matrix must be positive semidefinite, as Grams of features are; it has a negative eigenvalue")


def _vanishes(q: Floats, a: Floats, sizes: Floats) -> bool:
    """Whether a'Qa is 0 up to rounding: no minimum then."""
    return bool(a @ (q @ a) <= len(a) * _EPS * (a @ sizes) ** 2)
