"""Directions of tangent features that a search has collected, orthonormal in every layer, with their outputs.

Directions are combinations of gradients, ``sum_i v_i grad_l f(x_i)``, with the inner product of the layer's Gram. Each
comes with its product with the Gram, so that orthonormalising them takes no further product.
"""

import numpy as np

__all__ = ["Span", "combined"]


class Span:
    """Directions of every layer, orthonormal, as combinations of shared columns of coefficients.

    Attributes:
        least: a direction is dropped whose part outside the span is a smaller share of it.
        columns: (k, n), the coefficients as they came.
        mixes: (L, k, k), direction j of layer l is ``mixes[l, j] @ columns``.
        outputs: (L, k, n), the directions' products with the Grams.
    """

    def __init__(self, layers: int, n: int, least: float) -> None:
        self.least = least
        self.columns, self.mixes = np.zeros((0, n)), np.zeros((layers, 0, 0))
        self.outputs = np.zeros((layers, 0, n))

    def add(self, c: np.ndarray, products: np.ndarray) -> None:
        """Orthonormalise ``c`` with its products in every layer; a layer that has it already gets a zero direction."""
        norms = np.sqrt(np.maximum(products @ c, 0))
        if not norms.any():
            return
        scale = norms.max()
        columns, new = np.vstack([self.columns, c / scale]), products / scale
        k = len(self.columns)
        mixes = np.zeros((len(norms), k + 1, k + 1))
        mixes[:, :k, :k] = self.mixes
        mixes[:, k, k] = 1
        for _ in range(2):  # the second pass removes what rounding left of the first
            overlaps = (self.outputs @ (mixes[:, k] @ columns)[:, :, None])[:, :, 0]
            mixes[:, k] -= combined(overlaps, mixes[:, :k])
            new = new - combined(overlaps, self.outputs)
        left = np.sqrt(np.maximum(((mixes[:, k] @ columns) * new).sum(1), 0))
        inverse = np.where(left > self.least * norms / scale, 1 / np.where(left > 0, left, 1), 0)
        if not inverse.any():
            return
        mixes[:, k] *= inverse[:, None]
        self.columns, self.mixes = columns, mixes
        self.outputs = np.concatenate([self.outputs, (new * inverse[:, None])[:, None]], axis=1)

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """The coefficients (L, n) of a point given by its first directions."""
        k = alpha.shape[1]
        return combined(alpha, self.mixes[:, :k, :k]) @ self.columns[:k]


def combined(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``sum_k weights[l, k] rows[l, k]``, (L, n); zeros without any row, where NumPy's einsum has failed."""
    return np.asarray((weights[:, None] @ rows)[:, 0])
