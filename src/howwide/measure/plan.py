r"""What measuring the facts of a sample will cost, as far as it is known beforehand.

The Grams and their eigenvalues have flops that sizes settle. Margins, :math:`\epsilon_{\mathrm{NTRF}}(R)` and R(eps)
are solved until their ends are near enough, and the number of products and linear systems that this takes depends on
the data: their flops are not known, and the note says what one product takes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from howwide.measure.facts import LARGEST_KERNEL, LARGEST_SHALLOW, PARTS, check_facts
from howwide.networks.protocol import Network
from howwide.ntrf.linearized import STORED
from howwide.numbers import format_number
from howwide.results.plan import PlannedPart
from howwide.training.cost import largest_array, matrix_entries, planned

__all__ = ["planned_facts"]

_DECOMPOSED = 4000  # examples up to which all eigenvalues are computed
_LANCZOS = 64  # products of a run that has no stored Gram, or for each end of one
_TILE = 2048  # rows of a square of pairs that are looked at together


def planned_facts(
    net: Network,
    n: int,
    input_dim: int,
    *,
    radii: Sequence[float] = (),
    eps: Sequence[float] = (),
    parts: Iterable[str] = PARTS,
    tolerance: float = 1e-3,
    dtype: Any = "float64",
) -> list[PlannedPart]:
    r"""The parts of :func:`howwide.measure.facts` in their order.

    * ``separation``: a product of all pairs, at most :math:`2 n^2 d`.
    * ``spectrum``: signals, :math:`n (2 e_1 + 4 e)`, where :math:`e_1` and :math:`e` are the entries of the first and
      of the other hidden matrices; the Gram, :math:`2 n^2` times the sides of all matrices, at most; its eigenvalues,
      about :math:`10 n^3` up to 4000 examples (:func:`howwide.tangent.extreme_eigenvalues`, whose count this is), and
      128 products and solves beside two factorisations of :math:`n^3/3` beyond; without a stored Gram 66 products of
      :math:`4 n (e_1 + e)`.

    Args:
        net: the network.
        n: examples.
        input_dim: d.
        radii: as in :func:`howwide.measure.facts`.
        eps: likewise.
        parts: likewise.
        tolerance: likewise.
        dtype: likewise.

    Raises:
        SettingError: as there.
    """
    chosen = tuple(parts)
    check_facts(radii=radii, eps=eps, parts=chosen, tolerance=tolerance, dtype=dtype)
    widths = net.hidden_widths
    first, others = matrix_entries(widths, input_dim)
    layers, sides = len(widths) + net.trains_head, input_dim + widths[-1] + 2 * sum(widths[:-1])
    kernel, arrays = 8.0 * n * n, largest_array(n, input_dim, widths, 8)
    item = np.dtype(dtype).itemsize
    stored = layers * n * n * item <= STORED
    product = 2 * layers * n * n if stored else 4 * n * (first + others)
    grams = max(arrays, float(item * layers * n * n) if stored else 0.0)
    each = f"a product with the Grams takes {format_number(float(product))} flops; how many, the tolerance decides"

    signals = n * (2 * first + 4 * others)
    if n > LARGEST_KERNEL:
        spectrum, held = float(signals + (_LANCZOS + 2) * 4 * n * (first + others)), arrays
    else:
        values = 10 * n**3 if n <= _DECOMPOSED else 4 * _LANCZOS * n**2 + 2 * n**3 / 3
        spectrum, held = signals + 2 * n**2 * sides + values, max(arrays, kernel)

    left_out = {
        "infinite": f"left out beyond {LARGEST_KERNEL} examples" if n > LARGEST_KERNEL else "",
        "shallow": f"left out beyond {LARGEST_SHALLOW} examples" if n > LARGEST_SHALLOW else "",
    }
    tiles = min(n, _TILE)
    rows = {
        "separation": (
            n * (n - 1) // 2,
            "pairs",
            2.0 * n * n * input_dim,
            max(8.0 * tiles**2, 8.0 * n * input_dim),
            "",
        ),
        "spectrum": (n, "eigenvalues", spectrum, held, ""),
        "margin": (4, "margins", None, grams, each),
        "infinite": (1, "kernel", None, max(kernel, arrays), "its margins are solved to the tolerance"),
        "shallow": (120_000, "random directions", None, arrays, "reweighted until the margin stands still"),
        "ntrf": (len(radii), "radii", None, grams, each),
        "radius": (len(eps), "losses", None, grams, f"{each}; the network itself is linearised anew for each"),
    }
    planned_parts = []
    for part in PARTS:
        if part in chosen:
            count, unit, flops, largest, note = rows[part]
            if left_out.get(part):
                count, flops, largest, note = 0, 0.0, 0.0, left_out[part]
            planned_parts.append(planned(part, count, unit, flops, largest, double=True, note=note))
    return planned_parts
