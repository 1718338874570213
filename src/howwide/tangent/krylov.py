r"""The extreme eigenvalues of a tangent Gram that is known by its products alone.

One run of Lanczos from a random start serves both. Inner ends are Rayleigh quotients less their rounding. Beyond the
outer ends an eigenvalue is improbable (:mod:`howwide.tangent.lanczos`); what is certain without a run, that a Gram has
no eigenvalue below 0 or above its trace, stands where it says more. Rounding is that of the worst case, so products in
float32 seldom say more than the trace about the largest eigenvalue, or more than 0 about the smallest.
"""

import numpy as np

from howwide.tangent.cholesky import check_scale, rounding
from howwide.tangent.eigenvalue import Eigenvalue, Status, exact_eigenvalue, outermost_quotient
from howwide.tangent.lanczos import Lanczos, improbable_overlap, lanczos, random_start
from howwide.tangent.operator import TangentOperator

__all__ = ["operator_extremes"]


def operator_extremes(
    operator: TangentOperator, failure_probability: float, tolerance: float, num_steps: int, seed: int
) -> tuple[Eigenvalue, Eigenvalue]:
    """Largest and smallest eigenvalue, by Lanczos until the ends of both are near enough; arguments are checked before.

    Raises:
        SettingError: the trace is too extreme for the dtype.
    """
    n = operator.shape[0]
    check_scale(operator.trace(), operator.dtype)
    if operator.trace() == 0:
        return exact_eigenvalue(np.zeros(n), 1), exact_eigenvalue(np.zeros(n), -1)
    level = 1 - failure_probability
    overlap = improbable_overlap(n, failure_probability / 2)
    for run in lanczos(operator.matvec, random_start(n, seed), num_steps, _product_error(operator)):
        if all(_settled(run, overlap, tolerance, side) for side in (1, -1)):
            break
    largest, smallest = (_eigenvalue(operator, run, overlap, level, tolerance, side) for side in (1, -1))
    return largest, smallest


def _unit(operator: TangentOperator) -> float:
    r"""A product is off by at most this share of :math:`|J| |J|^\top |v|`.

    Roundings: the rows of a block and the blocks to pull back, the columns and rows of a weight matrix to push forward,
    the sum over layers, and single factors. Diagonal and trace have fewer.
    """
    slices = operator.blocks.slices
    widths = [sum(w.shape) for w in operator.blocks.weights]
    return rounding(slices[0].stop + len(slices) + max(widths) + len(widths) + 16, operator.dtype)


def _most(operator: TangentOperator) -> float:
    return operator.trace() * (1 + 2 * _unit(operator))


def _product_error(operator: TangentOperator) -> float:
    r"""For unit vectors: :math:`\||J| |J|^\top\| \le \|J\|_F^2 = \operatorname{tr} K`."""
    return _unit(operator) * _most(operator)


def _settled(run: Lanczos, overlap: float, tolerance: float, side: int) -> bool:
    """Whether the ends are near enough, with something to spare for the rounding of the Rayleigh quotient."""
    theta, end = run.ritz(side)[0], run.probable_end(overlap, side)
    return abs(end - theta) <= 0.9 * tolerance * max(theta, end)


def _eigenvalue(
    operator: TangentOperator, run: Lanczos, overlap: float, level: float, tolerance: float, side: int
) -> Eigenvalue:
    found = outermost_quotient(operator.matvec, run.ritz(side)[1], operator.diagonal(), _product_error(operator), side)
    inner = found.value - side * found.error
    outer, certain = run.probable_end(overlap, side), _most(operator) if side > 0 else 0.0
    if not side * inner <= side * outer < side * certain:
        outer, level = certain, 1.0  # also where inner and outer contradict each other: the improbable has happened
    lower, upper = sorted((inner, outer))
    status = Status.of(lower, upper, tolerance, 2 * run.defect > tolerance * upper * overlap, side)
    value = min(max(found.value, lower), upper)  # moves it by its rounding error at most
    return Eigenvalue(value, lower, upper, found.residual, found.vector, level, status)
