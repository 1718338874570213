"""How many handwritten digits does a support vector machine need to misread at most one in ten of the others?

howwide threshold --trial examples.digits_for_error:trial --sizes 20:1200 --unit examples
"""

import functools

import numpy as np
from sklearn.datasets import load_digits
from sklearn.svm import SVC

ERROR = 0.1


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images of 8 by 8 pixels from 0 to 1, and their digits."""
    images, labels = load_digits(return_X_y=True)
    return images / 16.0, labels


def trial(size: int, seed: int) -> dict[str, object]:
    """Fit ``size`` random examples: success is a test error of at most `ERROR` on those that are left."""
    images, labels = digits()
    order = np.random.default_rng(seed).permutation(len(labels))
    train, test = order[:size], order[size:]
    model = SVC().fit(images[train], labels[train])
    error = 1.0 - model.score(images[test], labels[test])
    return {"success": error <= ERROR, "test_error": error}
