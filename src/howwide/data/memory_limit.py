"""How much memory a dense matrix may take, asked before it is allocated.

Sparse data grow when they are made dense, and a damaged or hostile file can announce any size. Rows on the unit sphere
are float64, so sizes are counted in 8 bytes an entry.
"""

import math
from collections.abc import Sequence

from howwide.errors import DataError

LARGEST_BYTES = 4 * 2**30
_ENTRY = 8


def check_size(shape: Sequence[int], what: str, remedy: str) -> None:
    """Refuse an array of this shape if it would take more than `LARGEST_BYTES` as float64.

    Args:
        shape: (n, d), or (n, height, width) of images.
        what: what the array would be, for the message.
        remedy: what helps.

    Raises:
        DataError: it is too large.
    """
    needed = _ENTRY * math.prod(int(side) for side in shape)
    if needed > LARGEST_BYTES:
        n, d = int(shape[0]), math.prod(int(side) for side in shape[1:])
        raise DataError(
            f"{what}: {n} rows of {d} numbers need {needed / 2**30:.3g} GiB as a dense float64 matrix, beyond the "
            f"limit of {LARGEST_BYTES / 2**30:.3g} GiB: {remedy}"
        )
