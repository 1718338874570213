r"""Nonnegative quadratic programmes of a few thousand variables, solved exactly.

.. math:: \min_{a \ge 0} \tfrac12 a^\top Q a - b^\top a
          \quad\Longleftrightarrow\quad a \ge 0,\; w = Q a - b \ge 0,\; a^\top w = 0 ,

by block principal pivoting (Portugal, Júdice and Vicente, Math. Comp. 63, 1994; Kim and Park, SIAM J. Sci. Comput. 33,
2011): guess the support, solve the linear system on it, exchange all variables of the wrong sign at once. A handful of
Cholesky factorisations, whether few or nearly all variables are positive, where methods that move one variable a step
need as many steps as there are positive ones. docs/speed.md has the times of both, and of an interior-point method.

Exchanges may cycle, above all where Q has a low rank. Then :func:`scipy.optimize.nnls` takes over, which moves one
variable a step: with :math:`Q = R^\top R` the minimum of :math:`\|R a\|^2 + (b^\top a - 1)^2` over :math:`a \ge 0` is a
multiple of the solution.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs, dpstrf
from scipy.optimize import nnls

from howwide.errors import DataError

__all__ = ["solve_by_least_squares", "solve_nonnegative_qp"]

Floats = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_PATIENCE = 3  # exchanges in a row that leave no fewer wrong signs
_INDEFINITE = 1e-3


def solve_nonnegative_qp(q: Floats, b: Floats, *, slack: float, max_steps: int) -> tuple[Floats, int]:
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
    support = np.ones(len(b), bool)
    fewest, patience, steps = len(b) + 1, _PATIENCE, 0
    sizes = np.sqrt(np.diagonal(q))
    while steps < max_steps:
        steps += 1
        a = np.zeros(len(b))
        rows = np.flatnonzero(support)
        if len(rows):
            a[rows] = dpotrs(_cholesky(q, rows), b[rows])[0]  # w = Q a - b is 0 on the support
        nonnegative = np.maximum(a, 0.0)
        wrong = np.where(support, a < 0, q @ a - b < -slack)  # a >= 0 on the support, w >= 0 off it
        count = int(wrong.sum())
        # without a minimum there is a direction with a'Qa = 0 and b'a > 0, and the solutions grow along it
        unbounded = nonnegative @ (q @ nonnegative) <= len(b) * _EPS * (nonnegative @ sizes) ** 2
        if not count or unbounded:
            break
        patience = _PATIENCE if count < fewest else patience - 1
        fewest = min(fewest, count)
        if not patience and steps < max_steps:
            nonnegative, steps = solve_by_least_squares(q, b), steps + 1
            break
        support ^= wrong
    return (nonnegative if b @ nonnegative > 0 else np.maximum(b, 0.0)), steps


def solve_by_least_squares(q: Floats, b: Floats) -> Floats:
    """The same by Lawson and Hanson's method on the least-squares form; zeros if it does not end."""
    upper, order, rank, _ = dpstrf(q / np.diagonal(q).mean(), lower=0)
    rows = np.zeros((rank + 1, len(b)))
    rows[:rank, order - 1] = np.triu(upper)[:rank]  # R, with Q = R'R
    rows[rank] = b / np.abs(b).max()
    try:
        a: Floats = nnls(rows, np.append(np.zeros(rank), 1.0))[0]
    except RuntimeError:
        return np.zeros(len(b))
    return a


def _cholesky(q: Floats, rows: NDArray[np.intp]) -> Floats:
    """The factor of the rows and columns ``rows``, of which the diagonal is raised as little as makes it complete."""
    jitter = len(q) * _EPS
    while jitter < _INDEFINITE:
        block = q[np.ix_(rows, rows)].T  # symmetric; column order spares LAPACK a copy
        block[np.diag_indices(len(rows))] *= 1 + jitter
        upper, failed = dpotrf(block, overwrite_a=True, clean=False)
        if not failed:
            return upper
        jitter *= 32
    raise DataError("the matrix must be positive semidefinite, as Grams of features are; it has a negative eigenvalue")
