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
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from howwide.checks import check_count, check_probability
from howwide.errors import DataError, SettingError, ShapeError
from howwide.ntrf.solvers.block_pivoting import complementary
from howwide.ntrf.solvers.threads import threads_for
from howwide.ntrf.status import SolveStatus

__all__ = ["ENTRY_ERRORS", "Form", "HardMargin", "Stored", "certified", "hard_margin", "minimise"]

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


class Form(Protocol):
    """A quadratic form p'Qp on n examples.

    Attributes:
        diagonal: (n,) Q_ii.
        error: entries, and sums over them, are known to ``error * sqrt(Q_ii Q_jj)``.
    """

    diagonal: Floats
    error: float

    def block(self, rows: Rows) -> Floats:
        """Rows and columns ``rows`` of Q."""
        ...

    def product(self, p: Floats) -> Floats:
        """Q p."""
        ...


class Stored:
    """The form of a stored matrix, float64 or float32; products are in float64 and read the rows where p is not 0.

    Args:
        q: (n, n), symmetric.
        error: entries are known to ``error * sqrt(q_ii q_jj)``; by default 1e-14, and 2e-6 if stored in float32.

    Raises:
        ShapeError: q is not square.
        DataError: entries that are not finite, or a matrix that is not symmetric.
        SettingError: a negative error.
    """

    def __init__(self, q: Any, *, error: float | None = None) -> None:
        q = np.asarray(q)
        self.q = q if q.dtype == np.float32 else np.asarray(q, np.float64)
        if q.ndim != 2 or q.shape[0] != q.shape[1] or not q.size:
            raise ShapeError(f"the matrix of a margin must have shape (n, n), a row an example; got {q.shape}")
        self.diagonal = np.diagonal(self.q).astype(np.float64)
        entries = ENTRY_ERRORS[self.q.dtype.name] if error is None else error
        if not 0 <= entries < 1:
            raise SettingError(f"the relative error of entries is a number in [0, 1); got {error!r}")
        self.error = (len(q) + 8) * _EPS + entries
        _check(self.q, self.diagonal, 2 * self.error)

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
    q: Any, *, linear: Any = None, tolerance: float = 1e-3, max_steps: int = 1000, entry_error: float | None = None
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
    return minimise(Stored(q, error=entry_error), linear=linear, tolerance=tolerance, max_steps=max_steps)


def minimise(
    form: Form,
    *,
    linear: Any = None,
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
    b = _offsets(linear, n)
    check_probability(tolerance, "tolerance, a share of the margin,")
    budget = check_count(max_steps, "max_steps", 1)
    if not (b > 0).any():
        return HardMargin(np.inf, np.inf, np.full(n, 1 / n), np.zeros(n), SolveStatus.CONVERGED, 0)
    hopeless = np.flatnonzero((form.diagonal <= 0) & (b > 0))
    if len(hopeless):
        return _certified(form, _vertex(n, hopeless[0]), b, tolerance, 0)
    room, rows = check_count(largest, "largest", 1), _first(b, form.diagonal, start)
    with threads_for(n):
        return _by_working_sets(form, b, tolerance, budget, room, rows)


def _by_working_sets(form: Form, b: Floats, tolerance: float, budget: int, largest: int, rows: Rows) -> HardMargin:
    # offsets of both signs are met with some room, as no scaling of u would repair an error at all of them: less where
    # the ends ask for it, and more where rounding takes more than there is
    first = 0.0 if b.min() > 0.1 * b.max() else 0.1 * tolerance * float(b.max())
    shifts = [first / 8**k for k in range(1, 9)] if first else []
    shift, steps, best = first, 0, None
    while True:
        target = b + shift
        slack = 0.5 * (shift or tolerance * float(b.min()))
        p = np.zeros(len(b))
        p[rows], new = complementary(form.block(rows), target[rows], slack=0.5 * slack, max_steps=budget - steps)
        steps += new
        p /= p.sum()
        found = _certified(form, p, b, tolerance, steps)
        best = found if best is None else _together(best, found, tolerance)
        if found.status is SolveStatus.NOT_SEPARABLE:
            return found
        wider = _wider(found, target, form.diagonal, slack, largest)
        if best.status is SolveStatus.CONVERGED or steps >= budget or wider is None:
            return best
        if not np.isin(wider, rows).all():
            rows = wider
            continue
        if not shifts and best.lower == 0 and first and 8 * max(shift, first) < b.max():
            shifts = [8 * max(shift, first)]
        if not shifts:
            return dataclasses.replace(best, status=SolveStatus.PRECISION_LOST)
        shift = shifts.pop(0)


def _together(a: HardMargin, b: HardMargin, tolerance: float) -> HardMargin:
    """The better of two lower ends with its point, and the better of two upper ends."""
    best, upper = max(a, b, key=lambda one: one.lower), min(a.upper, b.upper)
    status = SolveStatus.CONVERGED if best.lower >= (1 - tolerance) * upper else SolveStatus.MAX_STEPS
    return dataclasses.replace(best, upper=upper, status=status, steps=max(a.steps, b.steps))


def _first(b: Floats, diagonal: Floats, start: Rows | None) -> Rows:
    """``start``, or a sample of the examples, with the one of largest offset."""
    usable = np.flatnonzero(diagonal > 0)
    if start is None:
        start = np.random.default_rng(0).permutation(usable)[:_START]
    return np.union1d(np.intersect1d(start, usable), [np.argmax(b)])


def _wider(found: HardMargin, target: Floats, diagonal: Floats, slack: float, largest: int) -> Rows | None:
    """The examples with weight, and as many of those whose margin is too small; None if there is no room for any."""
    support = np.flatnonzero(found.weights)
    level = float(found.weights @ found.margins) / float(found.weights @ target)
    lacking = level * target - found.margins
    lacking[support] = -np.inf
    wrong = np.flatnonzero((lacking > slack * level) & (diagonal > 0))
    room = min(largest - len(support), max(len(support), _START))
    if len(wrong) and room <= 0:
        return None
    return np.concatenate([support, wrong[np.argsort(-lacking[wrong], kind="stable")][:room]])


def _certified(form: Form, p: Floats, b: Floats, tolerance: float, steps: int) -> HardMargin:
    products, sizes = form.product(p)[None], np.sqrt(np.maximum(form.diagonal, 0.0))[None]
    return certified(products, sizes, p, b, error=form.error, tolerance=tolerance, steps=steps)


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
    norms = np.sqrt(np.maximum(squares, 0.0) + error * masses**2)
    wanted = float(b @ p)
    upper = float(norms.sum() / wanted) * (1 + 8 * _EPS) if wanted > 0 else np.inf
    if wanted > 0 and (squares <= error * masses**2).all():
        return HardMargin(0.0, upper, p, np.zeros(len(p)), SolveStatus.NOT_SEPARABLE, steps)
    doubt = error * sizes * masses[:, None]
    used = norms > 0
    divisors = norms if lengths is None else np.maximum(norms, lengths)
    margins = ((products - doubt)[used] / divisors[used, None]).sum(0)
    lower = _reached(margins, b) * (1 - 8 * _EPS)
    status = SolveStatus.CONVERGED if lower >= (1 - tolerance) * upper else SolveStatus.MAX_STEPS
    return HardMargin(lower, upper, p, margins, status, steps)


def _reached(margins: Floats, b: Floats) -> float:
    """The inverse of the least t with ``t margins >= b``; 0 if there is none."""
    wanted = b > 0
    if margins[wanted].min() <= 0:
        return 0.0
    t = float((b[wanted] / margins[wanted]).max())
    return 0.0 if (t * margins[~wanted] < b[~wanted]).any() else 1 / t


def _vertex(n: int, i: int) -> Floats:
    p = np.zeros(n)
    p[i] = 1.0
    return p


def _check(q: NDArray[np.floating], diagonal: Floats, doubt: float) -> None:
    """Refuse entries that are not finite, and asymmetry beyond the doubt about the entries."""
    if not np.isfinite(diagonal).all() or (diagonal < 0).any():
        raise DataError("the diagonal of a Gram must be finite and nonnegative")
    sizes = np.sqrt(diagonal)
    for part in (slice(i, i + 256) for i in range(0, len(q), 256)):
        # a comparison with NaN is False
        if not (np.abs(q[part] - q[:, part].T) <= doubt * sizes[part, None] * sizes).all():
            raise DataError("the matrix of a margin must be finite and symmetric, as Grams are; use (q + q.T) / 2")


def _offsets(linear: Any, n: int) -> Floats:
    b = np.ones(n) if linear is None else np.asarray(linear, np.float64)
    if b.shape != (n,):
        raise ShapeError(f"offsets must have shape ({n},), one an example; got {b.shape}")
    if not np.isfinite(b).all():
        raise DataError("offsets must be finite; found NaN or infinity")
    return b
