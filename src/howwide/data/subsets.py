"""Which rows a subset of size n takes: nested in n, stratified by the sign of the label or plainly at random.

A width search asks for n = 100, 200, 500, ... of the same data. Nested subsets make the curve over n a statement about
more data rather than about other data.
"""

import numpy as np
from numpy.typing import NDArray

from howwide.data.random_streams import Purpose, stream
from howwide.errors import DataError, SettingError
from howwide.plain import plain


def stratified_rows(y: NDArray[np.float64], n: int, seed: int) -> NDArray[np.intp]:
    r"""Rows of the stratified subset: the first of a permutation of each class, in the order of one of all rows.

    Positives among them: :math:`k_+(n) = \mathrm{clip}(\lfloor n p + 1/2\rfloor, 1, n - 1)`, p = positives/total.

    Args:
        y: (N,) labels -1.0 or +1.0, both present.
        n: 2 <= n <= N.
        seed: the subset of n lies inside that of n + 1 for the same seed.

    Raises:
        SettingError: n is not an integer from 2 to N, or the seed is not an integer >= 0.
    """
    n = _size(n, y.size, least=2)
    # Nested: as n grows by 1, n p + 1/2 grows by p < 1, so its floor by 0 or 1, and so does k_+, its max and min with 1
    # and n - 1; hence n - k_+ grows by 1 or 0 too, and prefixes of fixed permutations that never shrink are nested.
    plus, minus = np.flatnonzero(y > 0), np.flatnonzero(y < 0)
    k = min(max((2 * n * plus.size + y.size) // (2 * y.size), 1), n - 1)  # integers: no n on the wrong side of a half
    chosen_plus = stream(seed, Purpose.SUBSET_POSITIVE).permutation(plus)[:k]
    chosen_minus = stream(seed, Purpose.SUBSET_NEGATIVE).permutation(minus)[: n - k]
    chosen = np.zeros(y.size, dtype=bool)
    chosen[chosen_plus] = chosen[chosen_minus] = True
    order = stream(seed, Purpose.SUBSET_ORDER).permutation(y.size)
    return order[chosen[order]]


def plain_rows(y: NDArray[np.float64], n: int, seed: int) -> NDArray[np.intp]:
    """Rows of the plain subset: the first n of one permutation, i.e. sampling without replacement.

    Raises:
        SettingError: n is not an integer from 1 to N, or the seed is not an integer >= 0.
        DataError: all the rows drawn have the same label.
    """
    n = _size(n, y.size, least=1)
    rows = stream(seed, Purpose.SUBSET_PLAIN).permutation(y.size)[:n]
    if np.all(y[rows] == y[rows[0]]):
        raise DataError(
            f"the plain subset of n={n} rows (seed {seed}) holds one class only; take a larger n, another seed, or "
            "stratified=True"
        )
    return rows


def _size(n: int, total: int, least: int) -> int:
    n = plain(n)
    if isinstance(n, bool) or not isinstance(n, int):
        raise SettingError(f"the subset size n must be an integer; got {n!r}")
    if n <= 0:
        raise SettingError(f"the subset size n must be positive; got {n}")
    if n < least:
        raise SettingError(f"a stratified subset needs n >= {least}, one row of each class; got {n}")
    if n > total:
        raise SettingError(f"the subset size n={n} is beyond the data: there are {total} training rows")
    return n
