r"""Everything the theorems ask of a data set and a start, each number between its ends.

The parts, by name:

==============  =========================================================================================
``separation``  least distances :math:`\phi` across labels and over all pairs
``spectrum``    trace and extreme eigenvalues of the tangent Gram
``margin``      Assumption 4.1, jointly, with the initial outputs as offsets, per layer, of the last layer
``infinite``    extreme eigenvalues and margins of the infinite-width kernel
``shallow``     the sup-norm margin of Assumption 4.3, by sampling
``ntrf``        :math:`\epsilon_{\mathrm{NTRF}}(R)` for given radii
``radius``      R(eps), linearised, and on the network itself
==============  =========================================================================================

Kernels are divided by the squared gradient scale, :math:`K / m^{2\alpha}` (fixed head: K / m), so that they have limits
as the width grows. What is too large is left out with a word, never approximated in silence: parts that need a stored
kernel beyond ``LARGEST_KERNEL`` examples, and others beyond the numbers below.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from howwide.data.separation import Separation, separation
from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf import (
    HardMargin,
    Linearized,
    Margin,
    NetworkRadius,
    Path,
    Radius,
    ShallowMargin,
    feature_margin,
    infinite_feature_margin,
    kernel_margin,
    margin_of,
    network_radii_of,
    path_of,
    radii_of,
    shallow_margin,
)
from howwide.ntrf._radius import check_eps
from howwide.ntrf.solvers.frank_wolfe import Solver, check_radius
from howwide.tangent import Spectrum, extreme_eigenvalues, gram, infinite_gram

__all__ = ["LARGEST_KERNEL", "LARGEST_SHALLOW", "PARTS", "Facts", "facts"]

Say = Callable[[str], None]

PARTS = ("separation", "spectrum", "margin", "infinite", "shallow", "ntrf", "radius")
"""The parts in the order in which they are measured."""

LARGEST_KERNEL = 20_000
"""Examples up to which a float64 kernel is stored: 3.2 GB."""

LARGEST_SHALLOW = 2000
"""Examples up to which the sup-norm margin is estimated."""

LARGEST_NETWORK = 5000
"""Examples up to which a witness is sought for the radius on the network itself; it linearises some tens of times."""

LARGEST_PER_LAYER = 3000
"""Examples up to which the margin of per-layer balls is solved; it always lies in [gamma, sqrt(L) gamma]."""


@dataclasses.dataclass
class Facts:
    """What was measured; None, or empty, for what was not. Attributes carry their ends and statuses.

    Attributes:
        separation: least distances of the inputs.
        initial_loss: average logistic loss at the given weights.
        largest_output: the largest ``|f(x_i)|`` there.
        spectrum: of the tangent Gram over the squared gradient scale.
        spectrum_infinite: of the infinite-width kernel.
        margin: gamma of Assumption 4.1.
        margin_bounds: sqrt(lambda_min/n) and sqrt(y'Ky)/n, between which gamma lies.
        margin_offset: the inverse of the least joint radius at which every linearised margin is 1.
        margin_per_layer: for balls of radius 1 in every layer.
        margin_infinite: gamma of the infinite-width kernel.
        margin_features: of the last hidden layer's features.
        margin_features_infinite: of their infinite-width kernel.
        margin_shallow: the sup-norm margin, by sampling.
        ntrf: the loss against the radius.
        radius_for: R(eps) on the linearised network.
        network_radius_for: upper bounds of the radius on the network itself.
        seconds: time of every part.
        notes: what was left out, and why.
    """

    separation: Separation | None = None
    initial_loss: float | None = None
    largest_output: float | None = None
    spectrum: Spectrum | None = None
    spectrum_infinite: Spectrum | None = None
    margin: Margin | None = None
    margin_bounds: tuple[float, float] | None = None
    margin_offset: Margin | None = None
    margin_per_layer: Margin | None = None
    margin_infinite: HardMargin | None = None
    margin_features: HardMargin | None = None
    margin_features_infinite: HardMargin | None = None
    margin_shallow: ShallowMargin | None = None
    ntrf: Path | None = None
    radius_for: list[Radius] = dataclasses.field(default_factory=list)
    network_radius_for: list[NetworkRadius] = dataclasses.field(default_factory=list)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)


def facts(
    net: Network,
    weights: Any,
    x: Any,
    y: Any,
    *,
    radii: Sequence[float] = (1.0, 2.0, 4.0, 8.0, 16.0),
    eps: Sequence[float] = (0.3, 0.1, 0.03, 0.01),
    parts: Sequence[str] = PARTS,
    tolerance: float = 1e-3,
    dtype: Any = "float64",
    seed: int = 0,
    say: Say = lambda text: None,
) -> Facts:
    """Measure ``parts`` for ``net`` linearised at ``weights`` on rows ``x`` with labels ``y``; see the module.

    Args:
        net: the network.
        weights: where it is linearised; the start, in the theorems.
        x: (n, d) rows.
        y: (n,) labels, -1 or +1.
        radii: of the balls of the part ``ntrf``, in the theory's scale.
        eps: losses of the part ``radius``.
        parts: names from ``PARTS``.
        tolerance: relative gap at which the solvers stop.
        dtype: in which margins and the linearised losses are sought; their ends, eigenvalues and the infinite-width
            kernel are always in float64, for weights and rows as they are given.
        seed: of the sampled margin and of the Lanczos starts.
        say: called with a line before every part, radius and loss.

    Raises:
        ShapeError: weights, rows and labels do not fit.
        DataError: a label other than -1 and +1.
        SettingError: an unknown part, or a number outside its domain.
    """
    if unknown := [p for p in parts if p not in PARTS]:
        raise SettingError(f"unknown part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if not 1e-6 <= tolerance < 1:
        raise SettingError(f"tolerance is a relative width from 1e-6 to 1; got {tolerance!r}")
    radii, eps = [check_radius(r) for r in radii], [check_eps(e) for e in eps]
    sample = Linearized(net, weights, x, y, dtype=dtype)
    solver = Solver(sample)  # of both parts below: what is seen at one radius holds for others
    found = Facts(initial_loss=solver.initial_loss, largest_output=float(np.abs(sample.exact.outputs).max()))
    work = {
        "separation": lambda: _separation(found, x, sample),
        "spectrum": lambda: _spectrum(found, sample, seed),
        "margin": lambda: _margins(found, sample, tolerance),
        "infinite": lambda: _infinite(found, sample, x, tolerance, seed),
        "shallow": lambda: _shallow(found, sample, x, seed),
        "ntrf": lambda: _ntrf(found, sample, solver, radii, tolerance, say),
        "radius": lambda: _radius(found, sample, solver, eps, tolerance, say),
    }
    for part in PARTS:
        if part in parts:
            say(f"measuring {part}, n = {sample.n}")
            began = time.perf_counter()
            work[part]()
            found.seconds[part] = time.perf_counter() - began
    return found


def _separation(found: Facts, x: Any, sample: Linearized) -> None:
    if sample.n < 2:
        found.notes.append("separation needs two examples; left out")
    else:
        found.separation = separation(x, sample.y)


def _spectrum(found: Facts, sample: Linearized, seed: int) -> None:
    kernel: Any = _kernel(sample)
    scale = 1.0
    if kernel is None:
        kernel, scale = sample.exact.operator, sample.unit**2
    found.spectrum = extreme_eigenvalues(kernel, seed=seed).over(scale)


def _kernel(sample: Linearized) -> np.ndarray | None:
    """The summed Gram over unit^2 in float64, if it may be stored."""
    if sample.n > LARGEST_KERNEL:
        return None
    if sample.grams is not None and sample.dtype == np.float64:
        return np.asarray(sample.grams.sum(0))
    stored = gram(sample.net, sample.exact.weights, sample.exact.x)
    stored /= sample.unit**2
    return stored


def _margins(found: Facts, sample: Linearized, tolerance: float) -> None:
    found.margin = margin_of(sample, tolerance=tolerance)
    uniform = sample.exact.products(sample.y / sample.n).sum(0) @ (sample.y / sample.n)
    smallest = found.spectrum.smallest.lower if found.spectrum else 0.0
    found.margin_bounds = (float(np.sqrt(max(smallest, 0.0) / sample.n)), float(np.sqrt(max(uniform, 0.0))))
    found.margin_offset = margin_of(sample, offsets=True, tolerance=tolerance)
    if sample.n <= LARGEST_PER_LAYER:
        found.margin_per_layer = margin_of(sample, ball="per-layer", tolerance=tolerance)
    else:
        found.notes.append(
            f"the margin of per-layer balls is left out beyond n = {LARGEST_PER_LAYER}; it lies between gamma and "
            f"sqrt({sample.layers}) gamma"
        )
    if sample.n <= LARGEST_KERNEL:
        found.margin_features = feature_margin(
            sample.net, sample.exact.weights, sample.exact.x, sample.y, tolerance=tolerance
        )
    else:
        found.notes.append(f"the margin of the last layer's features is left out beyond n = {LARGEST_KERNEL}")


def _infinite(found: Facts, sample: Linearized, x: Any, tolerance: float, seed: int) -> None:
    if sample.n > LARGEST_KERNEL:
        found.notes.append(f"the infinite-width kernel is left out beyond n = {LARGEST_KERNEL}")
        return
    if len(set(sample.net.hidden_widths)) > 1:
        found.notes.append("the infinite-width kernel needs equal hidden widths; left out")
        return
    kernel = infinite_gram(sample.net, x)
    found.spectrum_infinite = extreme_eigenvalues(kernel, seed=seed)
    found.margin_infinite = kernel_margin(kernel, sample.y, tolerance=tolerance)
    del kernel
    hidden = len(sample.net.hidden_widths)
    found.margin_features_infinite = infinite_feature_margin(x, sample.y, hidden_layers=hidden, tolerance=tolerance)


def _shallow(found: Facts, sample: Linearized, x: Any, seed: int) -> None:
    if sample.n > LARGEST_SHALLOW:
        found.notes.append(f"the sup-norm margin is left out beyond n = {LARGEST_SHALLOW}; take a subset with --n")
        return
    found.margin_shallow = shallow_margin(x, sample.y, seed=seed)


def _ntrf(found: Facts, sample: Linearized, solver: Solver, radii: Sequence[float], tolerance: float, say: Say) -> None:
    found.ntrf = path_of(sample, radii=radii, tolerance=tolerance, solver=solver, say=say)


def _radius(found: Facts, sample: Linearized, solver: Solver, eps: Sequence[float], tolerance: float, say: Say) -> None:
    found.radius_for = list(radii_of(sample, eps=eps, tolerance=tolerance, solver=solver, say=say))
    if found.ntrf is not None:
        found.ntrf = found.ntrf.given(solver)
    if sample.n <= LARGEST_NETWORK:
        found.network_radius_for = list(network_radii_of(sample, eps=eps, say=say))
    else:
        found.notes.append(
            f"the radius on the network is left out beyond n = {LARGEST_NETWORK}; hw.ntrf.network_radius finds one"
        )
