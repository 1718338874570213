r"""Rows on one ray, x and c x with c > 0, are one input after scaling; here they get one unit row.

The unit rows of x and c x are equal by algebra, but :math:`fl(x / \|x\|)` may differ in its last bits. What is the same
input would then look like two: a contradiction would go unseen, and the separation would be 1e-16.

*Which rows are on one ray* is decided on the rows as given: x and z are, if :math:`x_k z_k > 0` for k the largest entry
of x, and :math:`z_j x_k = x_j z_k` for all j up to 8 units of rounding, :math:`u = 2^{-53}`, of the right side. Exact
multiples pass, and so do products and decimal fractions that were rounded once: if
:math:`x_j = a r_j (1 + \delta_j)` and :math:`z_j = b r_j (1 + \varepsilon_j)` with
:math:`|\delta_j|, |\varepsilon_j| \le u`, the sides differ by 4 u to first order, and computing them adds 2 u. But
multiples that were made in float32 are other rows, about 1e-8 away.

*No such pair is missed.* The computed unit rows v and w of two rows on one ray agree in every coordinate,
:math:`|v_j - w_j| \le \rho |v_j|` with :math:`\rho = (2 d + 32) u`: 8 u from the ratios and 8 u from the norms, two
divisions, two norms that are exact to (d + 2) u each, and perhaps a common factor for a constant coordinate. Let
:math:`s_j` be the largest :math:`|v_j|` of all rows and :math:`p(v) = \sum_j g_j v_j / s_j` with random g. Then
:math:`|p(v) - p(w)| \le \rho \|g\|_1`, and the computed values differ by at most
:math:`\eta = (\rho + 2 (d + 2) u) \|g\|_1`. So in the order of p whatever lies between the two is reached in steps of
at most :math:`\eta`: both belong to one chain of such steps. The members of a chain are compared with its first; those
on another ray are chained again, with another g. Chains are short unless rows are on one ray, since :math:`\eta` is of
the order :math:`10^{-15} d^2`; the work is that of one product of the data with g.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_UNIT = 2.0**-53
_TINY = 2.0**-1000  # smaller entries have no full precision; those of unit rows are nothing beside 1
_BLOCK_ENTRIES = 2**20


def share_rays(raw: Sequence[NDArray[np.generic]], unit: Sequence[Floats]) -> None:
    """Give the rows of each ray the unit row of the first of them, in place.

    Args:
        raw: (n_i, d) parts of the data as given, finite.
        unit: their unit rows, or one multiple of all of them, (n_i, d). Rows of zeros have no direction and are left
            alone.
    """
    rows = np.concatenate([part.any(axis=1) for part in unit]).nonzero()[0]
    attempt = 0
    while rows.size:
        rows, firsts = _chains(unit, rows, np.random.default_rng(attempt))
        elsewhere = [np.empty(0, dtype=np.intp)]
        height = max(1, _BLOCK_ENTRIES // unit[0].shape[1])
        for start in range(0, rows.size, height):
            part = slice(start, start + height)
            elsewhere.append(_share(raw, unit, rows[part], firsts[part]))
        rows = np.concatenate(elsewhere)
        attempt += 1


def _chains(unit: Sequence[Floats], rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """The rows of each chain without its first, and the first of each: all pairs that may be on one ray."""
    d = unit[0].shape[1]
    height = max(1, _BLOCK_ENTRIES // d)
    blocks = [rows[start : start + height] for start in range(0, rows.size, height)]
    largest = np.max(
        [side for block in map(partial(_taken, unit), blocks) for side in (block.max(axis=0), -block.min(axis=0))],
        axis=0,
    )
    g = rng.uniform(1.0, 2.0, d) * rng.choice([-1.0, 1.0], d) * (largest > _TINY)
    weights = np.divide(g, largest, out=np.zeros(d), where=largest > _TINY)
    p = np.concatenate([_taken(unit, block) @ weights for block in blocks])
    eta = (4 * d + 36) * _UNIT * np.abs(g).sum()
    order = np.argsort(p)
    chain = np.empty(rows.size, dtype=np.intp)
    chain[order] = np.concatenate([[0], np.cumsum(np.diff(p[order]) > eta)])
    order = np.lexsort((rows, chain))
    rows, chain = rows[order], chain[order]
    begins = np.concatenate([[True], chain[1:] != chain[:-1]])
    return rows[~begins], rows[begins][chain][~begins]


def _share(raw: Sequence[NDArray[np.generic]], unit: Sequence[Floats], rows: Rows, firsts: Rows) -> Rows:
    """Give each row the unit row of its first, if they are on one ray; return those that are not."""
    wanted = _taken(unit, firsts)
    new = (_taken(unit, rows) != wanted).any(axis=1).nonzero()[0]
    same = _on_one_ray(_taken(raw, rows[new]), _taken(raw, firsts[new]))
    start = 0
    for part in unit:
        here = new[same & (rows[new] >= start) & (rows[new] < start + len(part))]
        part[rows[here] - start] = wanted[here]
        start += len(part)
    return rows[new[~same]]


def _on_one_ray(z: Floats, x: Floats) -> NDArray[np.bool_]:
    """Row by row: is z_j x_k = x_j z_k for all j, to rounding, with positive z_k x_k?"""
    z, x = (np.ldexp(part, -np.frexp(np.abs(part).max(axis=1))[1][:, None]) for part in (z, x))  # exact
    pivot = np.abs(x).argmax(axis=1)[:, None]
    z_k, x_k = np.take_along_axis(z, pivot, axis=1), np.take_along_axis(x, pivot, axis=1)
    left, right = z * x_k, x * z_k
    close = np.abs(left - right) <= 8 * _UNIT * np.abs(right) + _TINY
    return close.all(axis=1) & (x_k * z_k > 0.0)[:, 0]


def _taken(parts: Sequence[NDArray[np.generic]], rows: Rows) -> Floats:
    """Rows of several arrays, counted through, as float64; a view where they follow each other."""
    taken = np.empty((rows.size, parts[0].shape[1]))
    start = 0
    for part in parts:
        if rows.size and start <= rows[0] and rows[-1] < start + len(part) and (np.diff(rows) == 1).all():
            return np.asarray(part[rows[0] - start : rows[-1] - start + 1], dtype=np.float64)
        here = (rows >= start) & (rows < start + len(part))
        taken[here] = part[rows[here] - start]
        start += len(part)
    return taken
