r"""The margin of the neural tangent random features: Assumption 4.1 of Chen et al. (ICLR 2021), measured.

.. math:: \gamma = \max_{\sum_l \|U_l\|_F^2 \le 1} \min_i\; y_i \langle \nabla f_W(x_i), U \rangle / m^{1/2}
          = \min_{p \in \Delta} \sqrt{p^\top Q p} , \qquad Q_{ij} = y_i y_j K_{ij} / m

(fact sheet 16.2; in general the unit :math:`m^\alpha` for :math:`m^{1/2}`). The balls of the theory bound every layer
by itself; the margin that they allow is

.. math:: \gamma_{pl} = \max_{\|U_l\|_F \le 1} \min_i\; y_i \langle \nabla f_W(x_i), U \rangle / m^{1/2}
          = \min_{p \in \Delta} \sum_l \sqrt{p^\top Q_l p} , \qquad \gamma \le \gamma_{pl} \le \sqrt{L}\, \gamma .

With offsets the outputs at W count: the inverse of the least radius R at which the linearised network reaches
:math:`y_i F_U(x_i) \ge 1` for all i with U of norm R over the unit. Without initial outputs this is the margin.
"""

import dataclasses
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh

from howwide.errors import SettingError, ShapeError
from howwide.networks.protocol import Network
from howwide.ntrf.linearized import Linearized, as_signs
from howwide.ntrf.quadratic import HardMargin, Stored, certified, minimise
from howwide.ntrf.signed_layers import Combination, SignedLayers
from howwide.ntrf.status import SolveStatus

__all__ = ["Margin", "kernel_margin", "margin", "margin_bounds", "margin_of"]

Floats = NDArray[np.float64]
Ball = Literal["joint", "per-layer"]


@dataclasses.dataclass(frozen=True)
class Margin(HardMargin):
    """The margin of a network's tangent features; see :class:`~howwide.ntrf.quadratic.HardMargin`.

    Attributes:
        ball: "joint" or "per-layer".
        linearized: the sample and the network whose margin this is.
    """

    ball: Ball
    linearized: Linearized = dataclasses.field(repr=False)

    def directions(self) -> tuple[Floats, ...]:
        r"""The matrices U* that attain ``lower``, of Frobenius norm 1 together, or each for ``ball="per-layer"``.

        With ``margins``, :math:`y_i \langle \nabla f(x_i), U^* \rangle \ge \text{unit} \cdot \text{margins}_i`; with
        offsets, U* over ``unit * lower`` reaches :math:`y_i F_U(x_i) \ge 1`. Zeros if the features vanish together.
        """
        found = self.linearized.directions(self.weights * self.linearized.y)
        norms = np.array([np.linalg.norm(u) for u in found])
        if self.ball == "joint":
            norms[:] = np.linalg.norm(norms)
        if not self.margins.any():
            norms[:] = np.inf
        return tuple(u / norm if norm > 0 else u for u, norm in zip(found, norms, strict=True))


def margin(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    ball: Ball = "joint",
    offsets: bool = False,
    tolerance: float = 1e-3,
    max_steps: int = 1000,
    dtype: Any = "float64",
) -> Margin:
    r"""The margin of Assumption 4.1, with certified ends; see the module.

    Scale: ``sum_l |U_l|^2 = 1`` and :math:`y_i \langle \nabla f(x_i), U \rangle \ge \text{unit} \cdot \gamma`, the unit
    being ``net.gradient_scale``. The ends hold for the features as they are computed, rounding included; float32
    features cannot show a margin much below 1e-3 of a gradient's norm.

    Args:
        net: the network.
        weights: where the gradients are taken; the initial weights in the assumption.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        ball: "joint" as in Assumption 4.1, or "per-layer".
        offsets: count the outputs at the weights.
        tolerance: relative gap (upper - lower) / upper at which to stop.
        max_steps: linear systems to solve.
        dtype: of the features, float64 or float32.

    Returns:
        The margin; with status NOT_SEPARABLE and ``lower`` 0 if a convex combination of the signed features vanishes.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: numbers that are not finite, or a setting outside its domain.
    """
    linearized = Linearized(net, weights, x, y, dtype=dtype)
    return margin_of(linearized, ball=ball, offsets=offsets, tolerance=tolerance, max_steps=max_steps)


def margin_of(
    linearized: Linearized,
    *,
    ball: Ball = "joint",
    offsets: bool = False,
    tolerance: float = 1e-3,
    max_steps: int = 1000,
) -> Margin:
    """:func:`margin` of a prepared linearisation, whose Grams are used if it stores them.

    Raises:
        SettingError: another ball, or a tolerance or budget outside its domain.
    """
    if ball not in ("joint", "per-layer"):
        raise SettingError(f'ball must be "joint" or "per-layer"; got {ball!r}')
    b = 1 - linearized.y * linearized.outputs if offsets else np.ones(linearized.n)
    layers = SignedLayers(linearized)
    found = minimise(Combination(layers), linear=b, tolerance=tolerance, max_steps=max_steps)
    if ball == "per-layer" and found.steps:
        found = _per_layer(layers, found, b, tolerance, max_steps)
    return Margin(**vars(found), ball=ball, linearized=linearized)


def _per_layer(layers: SignedLayers, found: HardMargin, b: Floats, tolerance: float, max_steps: int) -> HardMargin:
    r"""The margin of per-layer balls, from the joint one.

    As :math:`\sum_l \sqrt{p^\top Q_l p} = \min_{\eta > 0} \frac12 \sum_l (p^\top Q_l p / \eta_l + \eta_l)`, minima over
    p and over :math:`\eta_l = \sqrt{p^\top Q_l p}` alternate; the upper end falls in every round.
    """
    best, p, steps = np.inf, found.weights, found.steps
    while True:
        products = layers.products(p)
        now = certified(products, layers.sizes, p, b, error=layers.error, tolerance=tolerance, steps=steps)
        if now.status is not SolveStatus.MAX_STEPS or steps >= max_steps:
            return now
        if now.upper >= best:
            return dataclasses.replace(now, status=SolveStatus.PRECISION_LOST)
        best = now.upper
        norms = np.sqrt(np.maximum(products @ p, 0.0))
        form = Combination(layers, 1 / np.maximum(norms, 1e-9 * norms.max()))
        inner = minimise(
            form, linear=b, tolerance=0.1 * tolerance, max_steps=max_steps - steps, start=np.flatnonzero(p)
        )
        p, steps = inner.weights, steps + inner.steps


def kernel_margin(
    k: Any,
    y: Any,
    *,
    outputs: Any = None,
    tolerance: float = 1e-3,
    max_steps: int = 1000,
    entry_error: float | None = None,
) -> HardMargin:
    """The margin of the features of any kernel matrix, such as :func:`howwide.tangent.infinite_gram`.

    Scale: that of sqrt(k). For a tangent Gram in network scale, divide it by ``net.gradient_scale ** 2`` first.

    Args:
        k: (n, n) kernel matrix, positive semidefinite, float64 or float32.
        y: (n,) labels, -1 or +1.
        outputs: (n,) outputs at the start, for the margin with offsets.
        tolerance: relative gap at which to stop.
        max_steps: linear systems to solve.
        entry_error: entries are known to ``entry_error * sqrt(k_ii k_jj)``; see
            :func:`howwide.ntrf.quadratic.hard_margin`.

    Raises:
        ShapeError: sizes do not fit.
        DataError: labels other than -1 and +1, or a matrix that is no Gram.
        SettingError: a setting outside its domain.
    """
    form, y = _signed(k, y, entry_error)
    f = np.zeros(len(y)) if outputs is None else np.asarray(outputs, np.float64)
    if f.shape != y.shape:
        raise ShapeError(f"outputs must have shape {y.shape}, one an example; got {f.shape}")
    b = 1 - y * f
    return minimise(form, linear=b, tolerance=tolerance, max_steps=max_steps)


def margin_bounds(k: Any, y: Any) -> tuple[float, float]:
    r"""Quick bounds of the margin of a kernel, :math:`\sqrt{\lambda_{\min}(K)/n} \le \gamma \le \sqrt{y^\top K y} / n`.

    From any p with sum 1 having ``|p|^2 >= 1/n``, and from uniform p (fact sheet 2.6). Scale: that of sqrt(k). Rounded
    outward. O(n^3) time for the eigenvalue.

    Args:
        k: (n, n) kernel matrix.
        y: (n,) labels, -1 or +1.

    Raises:
        ShapeError: sizes do not fit.
        DataError: labels other than -1 and +1, or a matrix that is no Gram.
    """
    form, y = _signed(k, y, None)
    n = len(y)
    least = float(eigvalsh(form.q, subset_by_index=[0, 0])[0]) - form.error * form.diagonal.sum()
    square = float(form.product(np.full(n, 1 / n)).mean()) + form.error * float(np.sqrt(form.diagonal).mean()) ** 2
    return float(np.sqrt(max(least, 0.0) / n)), float(np.sqrt(max(square, 0.0)))


def _signed(k: Any, y: Any, entry_error: float | None) -> tuple[Stored, Floats]:
    """The form ``y_i y_j k_ij`` and the labels, both checked."""
    k = np.asarray(k)
    k = k if k.dtype == np.float32 else k.astype(np.float64)
    y = as_signs(y, len(k))
    form = Stored(k, error=entry_error)
    signs = y.astype(k.dtype)
    form.q = k * signs
    form.q *= signs[:, None]
    return form, y
