r"""The extreme eigenvalues of a tangent Gram, each with two ends that hold.

One question, three methods by size. A stored Gram of some thousand rows is decomposed; of a larger one the two ends are
sought by Lanczos, the smallest with the inverse by a Cholesky factor; either way a further Cholesky factorisation
certifies the outer end (:mod:`howwide.tangent.cholesky`) and a Rayleigh quotient the inner one.

Of an operator, known by its products alone, one run of Lanczos from a random start serves both. Inner ends are Rayleigh
quotients less their rounding; beyond the outer ends an eigenvalue is improbable (:mod:`howwide.tangent.lanczos`). What
is certain without a run, that a Gram has no eigenvalue below 0 or above its trace, is used where it is tighter.
Rounding is that of the worst case, so products in float32 seldom bound the largest eigenvalue better than the trace, or
the smallest better than 0.

The ends are about the matrix given, a stored Gram as its numbers stand, an operator as the exact Gram of the signals it
computed; the rounding that happened before is not theirs.
"""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_solve, eigh

from howwide.checks import check_count, check_positive
from howwide.errors import SettingError
from howwide.tangent.cholesky import as_gram, certain_end, check_scale, factor, product_error, rounding
from howwide.tangent.lanczos import improbable_overlap, lanczos, random_start
from howwide.tangent.operator import TangentOperator

__all__ = ["Eigenvalue", "Spectrum", "Status", "extreme_eigenvalues"]

Floats = NDArray[np.float64]
Product = Callable[[Floats], Floats]


class Status(enum.StrEnum):
    """How well an eigenvalue is known."""

    CONVERGED = "converged"
    """The ends are as near as was asked."""
    MAX_STEPS = "max_steps"
    """The steps were spent first: the ends hold, and are wider than asked. For the smallest eigenvalue of an operator
    the lower end may then be the trivial 0."""
    NOT_PSD = "not_psd"
    """An eigenvalue is certainly negative: the matrix is no Gram."""
    PRECISION_LOST = "precision_lost"
    """Rounding keeps the ends apart, most often with zero between them; more steps would not help. Float64, a stored
    Gram instead of an operator, or fewer rows that nearly repeat may."""

    @classmethod
    def of(cls, lower: float, upper: float, tolerance: float, blurred: bool, side: int) -> "Status":
        """The status of ends; ``blurred`` where more steps would not narrow them."""
        if side < 0 and upper < 0:
            return cls.NOT_PSD
        if upper - lower <= tolerance * max(abs(lower), abs(upper)):
            return cls.CONVERGED
        return cls.PRECISION_LOST if blurred else cls.MAX_STEPS


@dataclass(frozen=True, eq=False)
class Eigenvalue:
    """An extreme eigenvalue with its ends, ``lower <= value <= upper``.

    Attributes:
        value: the Rayleigh quotient of ``vector``, to rounding.
        lower: lower end.
        upper: upper end.
        residual: ``|K v - value v|`` for the unit vector, measured.
        vector: unit vector, (n,).
        level: 1.0 where both ends are certain, else the probability over the start, at least, with which they hold.
        status: how well it is known.
    """

    value: float
    lower: float
    upper: float
    residual: float
    vector: Floats
    level: float
    status: Status

    def over(self, divisor: float) -> "Eigenvalue":
        """The eigenvalue of the matrix divided by a positive number, ends rounded outward."""
        return replace(
            self,
            value=self.value / divisor,
            lower=math.nextafter(self.lower / divisor, -math.inf) if self.lower else 0.0,
            upper=math.nextafter(self.upper / divisor, math.inf) if self.upper else 0.0,
            residual=self.residual / divisor,
        )


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
    eigenvalues: Floats | None = None

    @property
    def status(self) -> Status:
        """The worse of the two: not_psd, precision_lost, max_steps, converged."""
        worst_first = (Status.NOT_PSD, Status.PRECISION_LOST, Status.MAX_STEPS, Status.CONVERGED)
        return min(self.largest.status, self.smallest.status, key=worst_first.index)

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
        eigenvalues = None if self.eigenvalues is None else self.eigenvalues / divisor
        largest, smallest = self.largest.over(divisor), self.smallest.over(divisor)
        return Spectrum(largest, smallest, self.trace / divisor, self.n, eigenvalues)


def extreme_eigenvalues(
    k: ArrayLike | TangentOperator,
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
        largest, smallest = _operator_extremes(k, failure_probability, tolerance, steps, check_count(seed, "seed"))
        return Spectrum(largest, smallest, k.trace(), k.shape[0])
    if hasattr(k, "matvec"):
        raise SettingError("of operators only a TangentOperator is taken: the ends need its trace and its rounding")
    k = as_gram(k)
    trace, diagonal = float(np.trace(k)), np.diagonal(k)
    if np.count_nonzero(k) == np.count_nonzero(diagonal):
        return Spectrum(_of_diagonal(diagonal, 1), _of_diagonal(diagonal, -1), trace, len(k), np.sort(diagonal))
    if len(k) <= limit:
        eigenvalues, vectors = eigh(k, driver="evd", check_finite=False)
        pairs = [(vectors[:, -1], True), (vectors[:, 0], True)]
    else:
        eigenvalues, start = None, random_start(len(k), check_count(seed, "seed"))
        # solves with k, shifted by as little as Cholesky needs to complete; never above the smallest eigenvalue
        shift, gap = 0.0, product_error(k)
        while (lower := factor(k, shift)) is None:
            shift, gap = -gap, 4 * gap
        pairs = [
            _iterate(k.__matmul__, start, steps),
            _iterate(lambda v: cho_solve((lower, True), v, check_finite=False), start, steps),
        ]
    largest, smallest = (_certified(k, *pair, tolerance, side) for pair, side in zip(pairs, (1, -1), strict=True))
    return Spectrum(largest, smallest, trace, len(k), eigenvalues)


def _of_diagonal(diagonal: Floats, side: int) -> Eigenvalue:
    """The largest (side 1) or smallest (side -1) eigenvalue of a diagonal matrix, which is known exactly."""
    chosen = int(np.argmax(side * diagonal))
    value = float(diagonal[chosen])
    status = Status.of(value, value, 0.0, False, side)
    return Eigenvalue(value, value, value, 0.0, np.eye(1, len(diagonal), chosen)[0], 1.0, status)


def _iterate(product: Product, start: Floats, num_steps: int) -> tuple[Floats, bool]:
    """The vector of the largest eigenvalue, and whether its residual is small."""
    for run in lanczos(product, start, num_steps):
        value, vector, residual = run.ritz(1)
        if residual <= 1e-8 * abs(value):
            return vector, True
    return vector, False


def _certified(k: Floats, vector: Floats, converged: bool, tolerance: float, side: int) -> Eigenvalue:
    """The extreme eigenvalue of a stored Gram near a vector."""
    quotient = _outermost_quotient(k.__matmul__, vector, np.diagonal(k), product_error(k), side)
    lower, upper = sorted((quotient.value - side * quotient.error, certain_end(k, quotient.value, side)))
    status = Status.of(lower, upper, tolerance, converged, side)
    return Eigenvalue(quotient.value, lower, upper, quotient.residual, quotient.vector, 1.0, status)


def _operator_extremes(
    operator: TangentOperator, failure_probability: float, tolerance: float, num_steps: int, seed: int
) -> tuple[Eigenvalue, Eigenvalue]:
    """Largest and smallest eigenvalue, by Lanczos until the ends of both are near enough.

    Raises:
        SettingError: the trace is too extreme for the dtype.
    """
    n, trace = operator.shape[0], operator.trace()
    check_scale(trace, operator.dtype)
    if trace == 0:
        return _of_diagonal(np.zeros(n), 1), _of_diagonal(np.zeros(n), -1)
    # a product is off by at most ``unit`` |J| |J|' |v|. Roundings: the rows of a block and the blocks to pull back, the
    # columns and rows of a weight matrix to push forward, the sum over layers, and single factors; the trace has fewer
    slices, widths = operator.blocks.slices, [sum(w.shape) for w in operator.blocks.weights]
    unit = rounding(slices[0].stop + len(slices) + max(widths) + len(widths) + 16, operator.dtype)
    most = trace * (1 + 2 * unit)
    error = unit * most  # of unit vectors: | |J| |J|' | <= |J|_F^2 = tr K
    overlap = improbable_overlap(n, failure_probability / 2)
    for run in lanczos(operator.matvec, random_start(n, seed), num_steps, error):
        ends = [(run.ritz(side)[0], run.probable_end(overlap, side)) for side in (1, -1)]
        # near enough, with something to spare for the rounding of the Rayleigh quotient
        if all(abs(end - theta) <= 0.9 * tolerance * max(theta, end) for theta, end in ends):
            break
    eigenvalues = []
    for side in (1, -1):
        quotient = _outermost_quotient(operator.matvec, run.ritz(side)[1], operator.diagonal(), error, side)
        inner, outer = quotient.value - side * quotient.error, run.probable_end(overlap, side)
        certain, level = most if side > 0 else 0.0, 1 - failure_probability
        if not side * inner <= side * outer < side * certain:
            outer, level = certain, 1.0  # also where inner and outer contradict each other: the improbable has happened
        lower, upper = sorted((inner, outer))
        status = Status.of(lower, upper, tolerance, 2 * run.defect > tolerance * upper * overlap, side)
        value = min(max(quotient.value, lower), upper)  # moves it by its rounding error at most
        eigenvalues.append(Eigenvalue(value, lower, upper, quotient.residual, quotient.vector, level, status))
    return eigenvalues[0], eigenvalues[1]


@dataclass(frozen=True, eq=False)
class _Quotient:
    """A Rayleigh quotient ``value`` of a unit ``vector``, off by at most ``error``, and the norm of its residual."""

    vector: Floats
    value: float
    error: float
    residual: float

    @classmethod
    def of(cls, product: Product, vector: Floats, error: float) -> "_Quotient":
        r"""``error`` bounds the rounding of ``product`` on a unit vector.

        The sums here are exact but for the products in them and one rounding each (`math.fsum`), so the quotient is off
        by ``error`` and a few u of \|K v\|.
        """
        w = np.asarray(product(vector), float)
        value = math.fsum(vector * w) / math.fsum(vector * vector)
        rest = rounding(16) * (float(np.linalg.norm(w)) + abs(value))
        return cls(vector, value, 1.001 * (error + rest), float(np.linalg.norm(w - value * vector)))


def _outermost_quotient(product: Product, vector: Floats, diagonal: Floats, error: float, side: int) -> _Quotient:
    """The quotient of a vector, or of a unit coordinate vector where the diagonal is farther out than that."""
    quotient = _Quotient.of(product, vector / np.linalg.norm(vector), error)
    chosen = int(np.argmax(side * diagonal))
    if side * float(diagonal[chosen]) > side * quotient.value + quotient.error:
        return _Quotient.of(product, np.eye(1, len(diagonal), chosen)[0], error)
    return quotient
