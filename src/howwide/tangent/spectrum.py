"""The extreme eigenvalues of a tangent Gram, each with two ends that hold.

One question, three routes by size. A stored Gram of some thousand rows is decomposed; a larger one is asked for its
two ends by Lanczos, for the smallest with the inverse by a Cholesky factor; either way a further Cholesky factorisation
certifies the outer end (:mod:`howwide.tangent.cholesky`) and a Rayleigh quotient the inner one. What is only known by
its products has ends that hold with high probability over the start of Lanczos (:mod:`howwide.tangent.lanczos`).

The ends are about the matrix given, a stored Gram as its numbers stand, an operator as the exact Gram of the signals it
computed; the rounding that happened before is not theirs.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import cho_solve, eigh

from howwide.checks import check_count, check_positive
from howwide.errors import SettingError
from howwide.tangent.cholesky import as_gram, certain_end, factor, product_error
from howwide.tangent.eigenvalue import Eigenvalue, Product, Status, exact_eigenvalue, outermost_quotient
from howwide.tangent.krylov import operator_extremes
from howwide.tangent.lanczos import lanczos, random_start
from howwide.tangent.operator import TangentOperator

__all__ = ["Eigenvalue", "Spectrum", "Status", "extreme_eigenvalues"]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The extreme eigenvalues of an (n, n) Gram.

    Attributes:
        largest: the largest eigenvalue.
        smallest: the smallest eigenvalue.
        trace: the trace, the sum of all eigenvalues.
        n: number of rows.
        eigenvalues: all of them, ascending, to rounding; None where only the extreme ones were computed.
    """

    largest: Eigenvalue
    smallest: Eigenvalue
    trace: float
    n: int
    eigenvalues: np.ndarray | None = None

    @property
    def status(self) -> Status:
        """The worse of the two: not_psd, precision_lost, max_steps, converged."""
        found = {self.largest.status, self.smallest.status}
        return next(
            s for s in (Status.NOT_PSD, Status.PRECISION_LOST, Status.MAX_STEPS, Status.CONVERGED) if s in found
        )

    @property
    def condition(self) -> tuple[float, float] | None:
        """Ends of the condition number, at the lower of both levels; infinite where the smallest may be 0.

        None where the smallest eigenvalue is certainly not positive, so that there is no such number.
        """
        if self.smallest.upper <= 0:
            return None
        least = max(1.0, math.nextafter(self.largest.lower / self.smallest.upper, 0.0))
        if self.smallest.lower <= 0:
            return least, math.inf
        return least, math.nextafter(self.largest.upper / self.smallest.lower, math.inf)

    def over(self, divisor: float) -> "Spectrum":
        """The spectrum of the Gram divided by a positive number, ends rounded outward."""
        largest, smallest = (_over(e, divisor) for e in (self.largest, self.smallest))
        every = None if self.eigenvalues is None else self.eigenvalues / divisor
        return Spectrum(largest, smallest, self.trace / divisor, self.n, every)


def _over(e: Eigenvalue, divisor: float) -> Eigenvalue:
    return replace(
        e,
        value=e.value / divisor,
        lower=math.nextafter(e.lower / divisor, -math.inf) if e.lower else 0.0,
        upper=math.nextafter(e.upper / divisor, math.inf) if e.upper else 0.0,
        residual=e.residual / divisor,
    )


def extreme_eigenvalues(
    k: Any,
    *,
    failure_probability: float = 1e-3,
    tolerance: float = 1e-3,
    dense_limit: int = 4000,
    num_steps: int = 64,
    seed: int = 0,
) -> Spectrum:
    r"""The largest and the smallest eigenvalue of ``k``, with :math:`\text{lower} \le \lambda \le \text{upper}`.

    Scale: that of ``k``. Stored: all ends certain. The outer ones are by Cholesky, some 1e-16 n tr K below the smallest
    and a share of 1e-16 n^2 above the largest; the inner ones are Rayleigh quotients less 1e-16 n :math:`\|K\|_F` of
    rounding. Operator: the inner ends are certain; the outer ones hold together with probability 1 -
    ``failure_probability`` over the start of Lanczos, or are certain where the trace, or 0, says more.

    Time: stored, about 10 n^3 up to ``dense_limit`` and 2 n^3 beyond; operator, ``num_steps`` products and two more.
    Memory beside ``k``: stored, some copies up to ``dense_limit`` and one beyond; operator, ``num_steps`` vectors.

    Args:
        k: a stored Gram, (n, n), symmetric to the last bit, float64 or float32; or a ``TangentOperator``.
        failure_probability: 1e-9 to 0.5, of the random ends of an operator.
        tolerance: relative distance of the ends at which an eigenvalue is ``converged``; an operator's run stops there.
        dense_limit: most rows for which all eigenvalues are computed.
        num_steps: most Lanczos steps; a product each for an operator.
        seed: of the start; the same seed gives the same start.

    Returns:
        both eigenvalues, each with its status, and all eigenvalues if they were computed.

    Raises:
        ShapeError: not a square matrix, or not symmetric.
        SettingError: NaN, infinite or extreme entries, another dtype, or a setting outside its domain.
    """
    if not 1e-9 <= failure_probability <= 0.5:
        raise SettingError(f"failure_probability must be from 1e-9 to 0.5; got {failure_probability!r}")
    check_positive(tolerance, "tolerance")
    steps, limit = check_count(num_steps, "num_steps", 1), check_count(dense_limit, "dense_limit")
    if isinstance(k, TangentOperator):
        ends = operator_extremes(k, failure_probability, tolerance, steps, check_count(seed, "seed"))
        return Spectrum(*ends, k.trace(), k.shape[0])
    if hasattr(k, "matvec"):
        raise SettingError("of operators only a TangentOperator is taken: the ends need its trace and its rounding")
    k = as_gram(k)
    trace, diagonal = float(np.trace(k)), np.diagonal(k)
    if np.count_nonzero(k) == np.count_nonzero(diagonal):
        return Spectrum(exact_eigenvalue(diagonal, 1), exact_eigenvalue(diagonal, -1), trace, len(k), np.sort(diagonal))
    if len(k) <= limit:
        values, vectors = eigh(k, driver="evd", check_finite=False)
        pairs = [(vectors[:, -1], True), (vectors[:, 0], True)]
    else:
        values, start = None, random_start(len(k), check_count(seed, "seed"))
        pairs = [_iterate(k.__matmul__, start, steps), _iterate(_inverse(k), start, steps)]
    return Spectrum(
        _certified(k, *pairs[0], tolerance, 1), _certified(k, *pairs[1], tolerance, -1), trace, len(k), values
    )


def _certified(k: np.ndarray, vector: np.ndarray, converged: bool, tolerance: float, side: int) -> Eigenvalue:
    """The extreme eigenvalue of a stored Gram near a vector."""
    found = outermost_quotient(k.__matmul__, vector, np.diagonal(k), product_error(k), side)
    lower, upper = sorted((found.value - side * found.error, certain_end(k, found.value, side)))
    status = Status.of(lower, upper, tolerance, converged, side)
    return Eigenvalue(found.value, lower, upper, found.residual, found.vector, 1.0, status)


def _iterate(product: Product, start: np.ndarray, num_steps: int) -> tuple[np.ndarray, bool]:
    """The vector of the largest eigenvalue, and whether its residual is small."""
    for run in lanczos(product, start, num_steps):
        value, vector, residual = run.ritz(1)
        if residual <= 1e-8 * abs(value):
            return vector, True
    return vector, False


def _inverse(k: np.ndarray) -> Product:
    """Solves with ``k``, shifted by as little as Cholesky needs to complete; never above the smallest eigenvalue."""
    shift, gap = 0.0, product_error(k)
    while (lower := factor(k, shift)) is None:
        shift, gap = -gap, 4 * gap
    return lambda v: cho_solve((lower, True), v, check_finite=False)
