r"""The kernel that Du et al. (ICML 2019) ask about, for one smooth activation.

Their width depends on the least eigenvalue of :math:`K^{(H)}`, the limit of the Gram of the gradients in the last
hidden layer of a network with a smooth, Lipschitz, analytic activation. The error function is one, and has closed
forms: with :math:`\rho` the correlation of two representations and :math:`c = 1 / E \sigma(z)^2`,

.. math:: \rho_h = c\, \tfrac2\pi \arcsin\!\big(\tfrac23 \rho_{h-1}\big), \qquad
          K^{(H)} = c\, \rho_{H-1}\, \tfrac4\pi \,(9 - 4 \rho_{H-1}^2)^{-1/2} .
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from howwide.errors import SettingError

__all__ = ["smooth_last_layer_gram"]

_SECOND_MOMENT = 2 / math.pi * math.asin(2 / 3)


def smooth_last_layer_gram(x: ArrayLike, hidden_layers: int) -> np.ndarray:
    r""":math:`K^{(H)}` of Du et al. for :math:`\sigma = \mathrm{erf}`, (n, n), as recalled from the paper.

    >>> smooth_last_layer_gram([[1.0, 0.0], [0.0, 1.0]], 2).round(4)
    array([[1.2257, 0.    ],
           [0.    , 1.2257]])

    Args:
        x: (n, d) rows of norm 1.
        hidden_layers: H, at least 1.

    Raises:
        SettingError: H below 1.
    """
    if hidden_layers < 1:
        raise SettingError(f"a network has at least 1 hidden layer; got {hidden_layers}")
    rows = np.asarray(x, float)
    rho = np.clip(rows @ rows.T, -1, 1)
    for _ in range(hidden_layers - 1):
        rho = 2 / math.pi * np.arcsin(2 / 3 * rho) / _SECOND_MOMENT
    return rho * (4 / math.pi / _SECOND_MOMENT) / np.sqrt(9 - 4 * rho**2)
