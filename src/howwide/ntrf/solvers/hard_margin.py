r"""The hard-margin problem of a kernel, without intercept, with certified ends.

.. math:: \gamma = \min_{p \in \Delta} \sqrt{p^\top Q p} = \max_{\|u\| \le 1} \min_i y_i \langle \phi_i, u \rangle ,
          \qquad Q_{ij} = y_i y_j \langle \phi_i, \phi_j \rangle ,

and with offsets :math:`b_i` (of which at least one is positive) the inverse of the least norm that reaches them,

.. math:: \gamma_b = \max \{ 1/\|u\| : y_i \langle \phi_i, u \rangle \ge b_i \}
          = \min_{p \in \Delta,\, b^\top p > 0} \sqrt{p^\top Q p} \,/\, b^\top p ,

the same thing for b = 1. Any p proves an interval (fact sheet 16.2): with the unit direction :math:`u = \sum_i p_i y_i
\phi_i / \sqrt{p^\top Q p}` and its margins :math:`\mu_i = (Qp)_i / \sqrt{p^\top Q p}`,

.. math:: \min_i \mu_i / b_i \;\le\; \gamma_b \;\le\; \sqrt{p^\top Q p} \,/\, b^\top p .

Few examples carry weight as a rule, so the problem is solved exactly on a working set
(:mod:`howwide.ntrf.solvers.block_pivoting`) to which the examples that violate its solution most are added, until none
does. Of Q only products and blocks are needed.
"""

import dataclasses
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from howwide.checks import check_count, check_probability
from howwide.errors import DataError, SettingError, ShapeError
from howwide.ntrf.solvers.block_pivoting import solve_nonnegative_qp
from howwide.ntrf.solvers.threads import threads_for
from howwide.ntrf.status import SolveStatus

__all__ = ["ENTRY_ERRORS", "HardMargin", "QuadraticForm", "StoredForm", "certified", "hard_margin", "hard_margin_of"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

ENTRY_ERRORS = {"float64": 1e-14, "float32": 2e-6}
"""Errors of Gram entries over the two norms, by the dtype they were computed in; several times the largest seen."""

_EPS = float(np.finfo(np.float64).eps)
_START = 1000  # examples of the first working set


@dataclasses.dataclass(frozen=True)
class HardMargin:
    """A margin between certified ends.

    Attributes:
        lower: attained by the direction of ``weights``; 0 if that does not separate the examples.
        upper: no direction has a larger margin.
        weights: p, (n,), nonnegative with sum 1: the direction is ``sum_i p_i y_i phi_i`` over its norm.
        margins: of the unit direction, ``y_i <phi_i, u>``, (n,); zeros if p'Qp is 0 to rounding.
        status: CONVERGED; MAX_STEPS; NOT_SEPARABLE: p'Qp is 0 to rounding, ``lower`` is 0 and ``upper`` the rounding;
            PRECISION_LOST: rounding keeps the ends apart.
        steps: linear systems that were solved.
    """

    lower: float
    upper: float
    weights: Floats
    margins: Floats
    status: SolveStatus
    steps: int


class QuadraticForm(Protocol):
    """A quadratic form p'Qp on n examples.

    Attributes:
        diagonal: (n,) Q_ii.
        error: entries, and sums over them, are known to ``error * sqrt(Q_ii Q_jj)``.
    """

    diagonal: Floats
    error: float

    def block(self, rows: Rows) -> Floats:
        """Rows and columns ``rows`` of Q."""

    def product(self, p: Floats) -> Floats:
        """Q p."""


class StoredForm:
    """The form of a stored matrix, float64 or float32; products are in float64 and read the rows where p is not 0.

    Args:
        q: (n, n), symmetric.
        error: entries are known to ``error * sqrt(q_ii q_jj)``; by default 1e-14, and 2e-6 if stored in float32.

    Raises:
        ShapeError: q is not square.
        DataError: entries that are not finite, or a matrix that is not symmetric.
        SettingError: a negative error.
    """

    def __init__(self, q: ArrayLike, *, error: float | None = None) -> None:
        q = np.asarray(q)
        self.q: NDArray[np.floating] = q if q.dtype == np.float32 else np.asarray(q, np.float64)
        if q.ndim != 2 or q.shape[0] != q.shape[1] or not q.size:
            raise ShapeError(f"the matrix of a margin must have shape (n, n), a row an example; got {q.shape}")
        self.diagonal = np.diagonal(self.q).astype(np.float64)
        entries = ENTRY_ERRORS[self.q.dtype.name] if error is None else error
        if not 0 <= entries < 1:
            raise SettingError(f"the relative error of entries is a number in [0, 1); got {error!r}")
        self.error = (len(q) + 8) * _EPS + entries
        if not np.isfinite(self.diagonal).all() or (self.diagonal < 0).any():
            raise DataError("the diagonal of a Gram must be finite and nonnegative")
        sizes = np.sqrt(self.diagonal)
        for part in (slice(i, i + 256) for i in range(0, len(q), 256)):
            asymmetry = np.abs(self.q[part] - self.q[:, part].T)
            if not (asymmetry <= 2 * self.error * sizes[part, None] * sizes).all():  # a comparison with NaN is False
                raise DataError("the matrix of a margin must be finite and symmetric, as Grams are; use (q + q.T) / 2")

    def block(self, rows: Rows) -> Floats:
        """Rows and columns ``rows``."""
        return self.q[np.ix_(rows, rows)].astype(np.float64)

    def product(self, p: Floats) -> Floats:
        """Q p."""
        total = np.zeros(len(p))
        used = np.flatnonzero(p)
        for part in np.array_split(used, max(1, len(used) // 512)):
            total += p[part] @ self.q[part].astype(np.float64, copy=False)
        return total


def hard_margin(
    q: ArrayLike,
    *,
    linear: ArrayLike | None = None,
    tolerance: float = 1e-3,
    max_steps: int = 1000,
    entry_error: float | None = None,
) -> HardMargin:
    r""":math:`\gamma` of the module: the margin of features with signed Gram ``q``, or :math:`\gamma_b`.

    Scale: that of sqrt(q); for Assumption 4.1 of Chen et al. (ICLR 2021) divide the tangent Gram by m first.

    Args:
        q: (n, n) signed Gram ``y_i y_j k(x_i, x_j)``, positive semidefinite; float32 is kept as it is.
        linear: (n,) offsets b; ones if left out. If none is positive the margin is infinite: u = 0 reaches them.
        tolerance: relative gap (upper - lower) / upper at which to stop.
        max_steps: linear systems to solve.
        entry_error: entries are known to ``entry_error * sqrt(q_ii q_jj)``, and the ends hold whatever they are within
            that; by default 1e-14, and 2e-6 if stored in float32.

    Raises:
        ShapeError: q is not square, or the offsets do not fit it.
        DataError: entries that are not finite, or a matrix that is not symmetric and positive semidefinite.
        SettingError: a tolerance, budget or error outside its domain.
    """
    return hard_margin_of(StoredForm(q, error=entry_error), linear=linear, tolerance=tolerance, max_steps=max_steps)


def hard_margin_of(
    form: QuadraticForm,
    *,
    linear: ArrayLike | None = None,
    tolerance: float = 1e-3,
    max_steps: int = 1000,
    largest: int = 12_000,
    start: Rows | None = None,
) -> HardMargin:
    """:func:`hard_margin` of a form that need not be stored.

    Args:
        form: products and blocks of Q.
        linear: (n,) offsets b; ones if left out.
        tolerance: relative gap at which to stop.
        max_steps: linear systems to solve.
        largest: most examples of a working set, which takes 16 bytes times its square; if more carry weight the status
            is MAX_STEPS.
        start: the first working set.

    Raises:
        ShapeError: offsets of another shape.
        DataError: offsets that are not finite, or a form that is not positive semidefinite.
        SettingError: a tolerance or budget outside its domain.
    """
    n = len(form.diagonal)
    b = np.ones(n) if linear is None else np.asarray(linear, np.float64)
    if b.shape != (n,):
        raise ShapeError(f"offsets must have shape ({n},), one an example; got {b.shape}")
    if not np.isfinite(b).all():
        raise DataError("offsets must be finite; found NaN or infinity")
    check_probability(tolerance, "tolerance, a share of the margin,")
    budget, largest = check_count(max_steps, "max_steps", 1), check_count(largest, "largest", 1)
    sizes = np.sqrt(np.maximum(form.diagonal, 0.0))[None]

    def interval(p: Floats, steps: int) -> HardMargin:
        return certified(form.product(p)[None], sizes, p, b, error=form.error, tolerance=tolerance, steps=steps)

    if not (b > 0).any():
        return HardMargin(np.inf, np.inf, np.full(n, 1 / n), np.zeros(n), SolveStatus.CONVERGED, 0)
    hopeless = np.flatnonzero((form.diagonal <= 0) & (b > 0))
    if len(hopeless):  # no multiple of a zero feature reaches a positive offset
        return interval(np.eye(1, n, hopeless[0])[0], 0)
    usable = np.flatnonzero(form.diagonal > 0)
    first = np.random.default_rng(0).permutation(usable)[:_START] if start is None else np.intersect1d(start, usable)
    rows = np.union1d(first, [np.argmax(b)])

    # offsets of both signs are met with some room, as no scaling of u would repair an error at all of them: less where
    # the ends ask for it, and more where rounding takes more than there is
    usual = 0.0 if b.min() > 0.1 * b.max() else 0.1 * tolerance * float(b.max())
    shifts = [usual / 8**k for k in range(1, 9)] if usual else []
    shift, steps, best = usual, 0, None
    with threads_for(n):
        while True:
            target = b + shift
            slack = 0.5 * (shift or tolerance * float(b.min()))
            p = np.zeros(n)
            # the optimum of the working set alone, min a'Qa / 2 - b'a, brought onto the simplex
            p[rows], new = solve_nonnegative_qp(
                form.block(rows), target[rows], slack=0.5 * slack, max_steps=budget - steps
            )
            steps += new
            p /= p.sum()
            now = interval(p, steps)
            if now.status is SolveStatus.NOT_SEPARABLE:
                return now
            if best is None:
                best = now
            else:  # the better lower end with its point, and the better upper end
                upper = min(best.upper, now.upper)
                best = max(best, now, key=lambda one: one.lower)
                status = SolveStatus.CONVERGED if best.lower >= (1 - tolerance) * upper else SolveStatus.MAX_STEPS
                best = dataclasses.replace(best, upper=upper, status=status, steps=steps)
            if best.status is SolveStatus.CONVERGED or steps >= budget:
                return best
            # next: the examples with weight, where mu_i = level b_i, and as many of those that lack most of it
            support = np.flatnonzero(p)
            level = float(p @ now.margins) / float(p @ target)
            lacking = level * target - now.margins
            lacking[support] = -np.inf
            wrong = np.flatnonzero((lacking > slack * level) & (form.diagonal > 0))
            room = min(largest - len(support), max(len(support), _START))
            if len(wrong) and room <= 0:
                return best
            wider = np.concatenate([support, wrong[np.argsort(-lacking[wrong], kind="stable")][:room]])
            if not np.isin(wider, rows).all():
                rows = wider
                continue
            if not shifts and best.lower == 0 and usual and 8 * max(shift, usual) < b.max():
                shifts = [8 * max(shift, usual)]
            if not shifts:
                return dataclasses.replace(best, status=SolveStatus.PRECISION_LOST)
            shift = shifts.pop(0)


def certified(
    products: Floats,
    sizes: Floats,
    p: Floats,
    b: Floats,
    *,
    error: float,
    tolerance: float,
    steps: int,
    lengths: Floats | None = None,
) -> HardMargin:
    r"""What ``p`` proves of :math:`\min_p \sum_l \sqrt{p^\top Q_l p} / b^\top p`, one form or several; see the module.

    Args:
        products: (L, n) Q_l p.
        sizes: (L, n) square roots of the diagonals.
        p: (n,) on the simplex; it proves no upper end unless ``b'p`` is positive.
        b: (n,) offsets.
        error: products are known to ``error * sizes * (sizes @ p)``; the ends are rounded outward by it.
        tolerance: relative gap that is CONVERGED; the status is MAX_STEPS otherwise.
        steps: for the record.
        lengths: (L,) what each form's direction is divided by, no less than its norm; the norms unless given.
    """
    masses = sizes @ p
    squares = products @ p
    norms = np.sqrt(np.maximum(squares, 0.0) + error * masses**2)  # sqrt(p'Q_l p), rounded up
    wanted = float(b @ p)
    upper = float(norms.sum() / wanted) * (1 + 8 * _EPS) if wanted > 0 else np.inf
    if wanted > 0 and (squares <= error * masses**2).all():
        return HardMargin(0.0, upper, p, np.zeros(len(p)), SolveStatus.NOT_SEPARABLE, steps)
    used = norms > 0
    divisors = norms if lengths is None else np.maximum(norms, lengths)
    # mu_i = sum_l (Q_l p)_i / sqrt(p'Q_l p), rounded down
    margins = ((products - error * sizes * masses[:, None])[used] / divisors[used, None]).sum(0)
    # lower end: the inverse of the least t with t mu >= b, 0 if there is none
    lower, positive = 0.0, b > 0
    if margins[positive].min() > 0:
        t = float((b[positive] / margins[positive]).max())
        if not (t * margins[~positive] < b[~positive]).any():
            lower = 1 / t * (1 - 8 * _EPS)
    status = SolveStatus.CONVERGED if lower >= (1 - tolerance) * upper else SolveStatus.MAX_STEPS
    return HardMargin(lower, upper, p, margins, status, steps)
