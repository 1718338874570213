"""How many hidden units does scikit-learn's perceptron need to learn 200 handwritten digits, all ten classes, by heart?

howwide threshold --trial examples.mlp_digits:trial --unit "hidden units"
"""

import functools
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

EXAMPLES, STEPS = 200, 100


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images of 8 by 8 pixels from 0 to 1, and their digits."""
    images, labels = load_digits(return_X_y=True)
    return images / 16.0, labels


def trial(size: int, seed: int) -> dict[str, object]:
    """Train ``size`` hidden units on a random subset: success is no mistake on it, the error on the rest is kept."""
    images, labels = digits()
    order = np.random.default_rng(seed).permutation(len(labels))
    train, test = order[:EXAMPLES], order[EXAMPLES:]
    network = MLPClassifier((size,), solver="lbfgs", max_iter=STEPS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(images[train], labels[train])
    success = network.score(images[train], labels[train]) == 1.0
    return {"success": success, "test_error": 1.0 - network.score(images[test], labels[test])}
