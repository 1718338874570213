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
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.linalg import eigvalsh

from howwide.errors import SettingError, ShapeError
from howwide.networks.protocol import Network
from howwide.ntrf.linearized import STORED, Linearized, as_signs
from howwide.ntrf.solvers.hard_margin import ENTRY_ERRORS, HardMargin, StoredForm, certified, hard_margin_of
from howwide.ntrf.status import SolveStatus
from howwide.tangent import gram

__all__ = ["Margin", "kernel_margin", "margin", "margin_bounds", "margin_of"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Ball = Literal["joint", "per-layer"]

_SMALL = 0.01  # a layer's share of the margin below which its direction may be no better than rounding
_TILE = 256


@dataclasses.dataclass(frozen=True)
class Margin(HardMargin):
    """The margin of a network's tangent features; see :class:`~howwide.ntrf.solvers.hard_margin.HardMargin`.

    Attributes:
        ball: "joint" or "per-layer".
        lengths: (L,) what each layer's combination ``sum_i p_i y_i grad_l f(x_i) / unit`` is divided by to become the
            direction that attains ``lower``: all by their joint norm, or each by its own for ``ball="per-layer"`` (by
            no less than that, where rounding is as large as a layer's norm).
        linearized: the sample and the network whose margin this is.
    """

    ball: Ball
    lengths: Floats = dataclasses.field(repr=False)
    linearized: Linearized = dataclasses.field(repr=False)

    def directions(self) -> tuple[Floats, ...]:
        r"""The matrices U* that attain ``lower``, of Frobenius norm 1 together, or at most 1 each for "per-layer".

        With ``margins``, :math:`y_i \langle \nabla f(x_i), U^* \rangle \ge \text{unit} \cdot \text{margins}_i`; with
        offsets, U* over ``unit * lower`` reaches :math:`y_i F_U(x_i) \ge 1`. Zeros if the features vanish together.
        """
        exact = self.linearized.exact
        matrices = exact.directions(self.weights * exact.y)
        lengths = np.where(self.lengths > 0, self.lengths, np.inf)  # 0 is the length of a layer of zero gradients
        return tuple(u * (exact.unit / length) for u, length in zip(matrices, lengths, strict=True))


def margin(
    net: Network,
    weights: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    ball: Ball = "joint",
    offsets: bool = False,
    tolerance: float = 1e-3,
    max_steps: int = 1000,
    dtype: DTypeLike = "float64",
) -> Margin:
    r"""The margin of Assumption 4.1, with certified ends; see the module.

    Scale: ``sum_l |U_l|^2 = 1`` and :math:`y_i \langle \nabla f(x_i), U \rangle \ge \text{unit} \cdot \gamma`, the unit
    being ``net.gradient_scale``. The ends are computed in float64, for weights and rows as they are given, rounding
    included. A search in float32 may leave them further apart (``precision_lost``).

    Args:
        net: the network.
        weights: where the gradients are taken; the initial weights in the assumption.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        ball: "joint" as in Assumption 4.1, or "per-layer".
        offsets: count the outputs at the weights.
        tolerance: relative gap (upper - lower) / upper at which to stop.
        max_steps: linear systems to solve.
        dtype: of the search, float64 or float32.

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
    exact = linearized.exact
    b = 1 - exact.y * exact.outputs if offsets else np.ones(exact.n)
    layers = SignedLayers(linearized)
    result = hard_margin_of(WeightedForm(layers), linear=b, tolerance=tolerance, max_steps=max_steps)
    norms = layers.norms(layers.products(result.weights), result.weights)
    lengths = np.full(len(norms), np.linalg.norm(norms) if result.margins.any() else np.inf)
    if ball == "per-layer" and result.steps:
        result, lengths = _per_layer(layers, result, lengths, b, tolerance, max_steps)
    return Margin(**vars(result), ball=ball, lengths=lengths, linearized=linearized)


def _per_layer(
    layers: "SignedLayers", joint: HardMargin, lengths: Floats, b: Floats, tolerance: float, max_steps: int
) -> tuple[HardMargin, Floats]:
    r"""The margin of per-layer balls, from the joint one, and the lengths that its directions are divided by.

    As :math:`\sum_l \sqrt{p^\top Q_l p} = \min_{\eta > 0} \frac12 \sum_l (p^\top Q_l p / \eta_l + \eta_l)`, minima over
    p and over :math:`\eta_l = \sqrt{p^\top Q_l p}` alternate; the upper end falls in every round.

    The joint margin's direction lies in the balls, so its lower end is one here too. A round tries the direction with
    norm 1 in every layer; a layer whose combination nearly vanishes may spoil that one, so then such layers are
    divided by their last :math:`\eta` if that is longer.
    """
    best, upper, p, steps = joint, np.inf, joint.weights, joint.steps
    eta = np.zeros(len(layers.sizes))
    while True:
        products = layers.products(p)
        norms = layers.norms(products, p)  # eta_l = sqrt(p'Q_l p), the minimum over eta
        before = upper
        for divisors in (norms, np.where(norms < _SMALL * norms.max(), np.maximum(norms, eta), norms)):
            now = certified(
                products, layers.sizes, p, b, error=layers.error, tolerance=tolerance, steps=steps, lengths=divisors
            )
            if now.lower > best.lower or (now.status is SolveStatus.NOT_SEPARABLE and not best.lower):
                best, lengths = now, divisors if now.margins.any() else np.full(len(norms), np.inf)
            upper = min(upper, now.upper)
            if now.lower > 0.9 * now.upper:
                break
        vanished = best.status is SolveStatus.NOT_SEPARABLE
        status: SolveStatus = SolveStatus.NOT_SEPARABLE if vanished else SolveStatus.PRECISION_LOST
        if best.lower >= (1 - tolerance) * upper:
            status = SolveStatus.CONVERGED
        elif steps >= max_steps:
            status = SolveStatus.MAX_STEPS
        if status is not SolveStatus.PRECISION_LOST or now.status is SolveStatus.NOT_SEPARABLE or upper >= before:
            return dataclasses.replace(best, upper=upper, status=status, steps=steps), lengths
        eta = np.maximum(norms, 1e-9 * norms.max())
        # the minimum over p: the form sum_l Q_l / eta_l
        form, start = WeightedForm(layers, 1 / eta), np.flatnonzero(p)
        inner = hard_margin_of(form, linear=b, tolerance=0.1 * tolerance, max_steps=max_steps - steps, start=start)
        p, steps = inner.weights, steps + inner.steps


def kernel_margin(
    k: ArrayLike,
    y: ArrayLike,
    *,
    outputs: ArrayLike | None = None,
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
            :func:`howwide.ntrf.solvers.hard_margin.hard_margin`.

    Raises:
        ShapeError: sizes do not fit.
        DataError: labels other than -1 and +1, or a matrix that is no Gram.
        SettingError: a setting outside its domain.
    """
    form, signs = _signed(k, y, entry_error)
    f = np.zeros(len(signs)) if outputs is None else np.asarray(outputs, np.float64)
    if f.shape != signs.shape:
        raise ShapeError(f"outputs must have shape {signs.shape}, one an example; got {f.shape}")
    return hard_margin_of(form, linear=1 - signs * f, tolerance=tolerance, max_steps=max_steps)


def margin_bounds(k: ArrayLike, y: ArrayLike) -> tuple[float, float]:
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
    form, signs = _signed(k, y, None)
    n = len(signs)
    least = float(eigvalsh(form.q, subset_by_index=[0, 0])[0]) - form.error * form.diagonal.sum()
    square = float(form.product(np.full(n, 1 / n)).mean()) + form.error * float(np.sqrt(form.diagonal).mean()) ** 2
    return float(np.sqrt(max(least, 0.0) / n)), float(np.sqrt(max(square, 0.0)))


def _signed(k: ArrayLike, y: ArrayLike, entry_error: float | None) -> tuple[StoredForm, Floats]:
    """The form ``y_i y_j k_ij`` and the labels, both checked."""
    k = np.asarray(k)
    k = k if k.dtype == np.float32 else k.astype(np.float64)
    signs = as_signs(y, len(k))
    form = StoredForm(k, error=entry_error)
    form.q = k * signs.astype(k.dtype)
    form.q *= signs.astype(k.dtype)[:, None]
    return form, signs


class SignedLayers:
    """The forms Q_l of a sample, by its stored Grams or by products with its features.

    Of a float32 sample the blocks, with which margins are sought, are in float32. Products, by which they are proved,
    are in float64 and of weights and rows as they were given.

    Attributes:
        sizes: (L, n) square roots of the diagonals.
        error: products are known to ``error * sqrt(Q_ii Q_jj)``.
    """

    def __init__(self, linearized: Linearized) -> None:
        self.sample = linearized
        self.sizes = np.sqrt(linearized.exact.diagonals())
        self.error = (linearized.n + 64) * float(np.finfo(np.float64).eps) + ENTRY_ERRORS["float64"]
        self._known: Rows = np.empty(0, np.intp)
        self._grams: NDArray[np.floating] = np.empty((len(self.sizes), 0, 0), linearized.dtype)

    def products(self, p: Floats) -> Floats:
        """``Q_l p`` of every layer, (L, n)."""
        exact, signed = self.sample.exact, p * self.sample.y
        if exact.grams is None:
            return exact.products(signed) * self.sample.y
        used = np.flatnonzero(p)
        total = np.zeros(self.sizes.shape)
        for part in np.array_split(used, max(1, len(used) // 512)):
            total += signed[part] @ exact.grams[:, part]
        return total * self.sample.y

    def norms(self, products: Floats, p: Floats) -> Floats:
        """The roots of ``p' Q_l p``, (L,), rounded up."""
        return np.sqrt(np.maximum(products @ p, 0.0) + self.error * (self.sizes @ p) ** 2)

    def block(self, rows: Rows, factors: Floats) -> Floats:
        """Rows and columns ``rows`` of ``sum_l factors_l Q_l``."""
        grams, at = (self.sample.grams, rows) if self.sample.grams is not None else self._known_grams(rows)
        total = np.zeros((len(rows), len(rows)))
        for factor, k in zip(factors, grams, strict=True):
            total += factor * k[np.ix_(at, at)]
        y = self.sample.y[rows]
        return total * y * y[:, None]

    def _known_grams(self, rows: Rows) -> tuple[NDArray[np.floating], Rows]:
        """Grams of some examples with ``rows`` among them, and where these are; only new rows are computed."""
        sample = self.sample
        new = np.setdiff1d(rows, self._known)
        wanted = np.concatenate([self._known, new])
        if len(self._known) and len(self._grams) * len(wanted) ** 2 * self._grams.itemsize > STORED:
            self._known, new, wanted = rows[:0], rows, rows
        if len(new):
            # full tiles, so that few programs are compiled
            x, x2 = (sample.x[np.resize(part, -(-len(part) // _TILE) * _TILE)] for part in (wanted, new))
            tiles = gram(sample.net, sample.weights, x, x2, per_layer=True, dtype=sample.dtype, block_size=_TILE)
            old, grams = len(self._known), np.empty((len(self.sizes), len(wanted), len(wanted)), sample.dtype)
            grams[:, :old, :old] = self._grams[:, :old, :old]
            grams[:, :, old:] = tiles[:, : len(wanted), : len(new)] / sample.unit**2
            grams[:, old:, :old] = np.swapaxes(grams[:, :old, old:], 1, 2)
            self._known, self._grams = wanted, grams
        order = np.argsort(self._known)
        return self._grams, order[np.searchsorted(self._known, rows, sorter=order)]


class WeightedForm:
    """The form ``sum_l factors_l Q_l``, with factors 1 the joint one."""

    def __init__(self, layers: SignedLayers, factors: Floats | None = None) -> None:
        self.layers = layers
        self.factors = np.ones(len(layers.sizes)) if factors is None else factors
        self.diagonal = self.factors @ layers.sizes**2
        self.error = layers.error

    def block(self, rows: Rows) -> Floats:
        """Rows and columns ``rows``."""
        return self.layers.block(rows, self.factors)

    def product(self, p: Floats) -> Floats:
        """The form times p."""
        return self.factors @ self.layers.products(p)
