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
as the width grows. What is too large is left out with a note, never approximated in silence: parts that need a stored
kernel beyond ``LARGEST_KERNEL`` examples, and others beyond the numbers below.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from howwide import ntrf
from howwide.data.separation import separation
from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.ntrf.solvers.frank_wolfe import Solver, check_eps, check_radius
from howwide.results.measure import MeasureResult
from howwide.tangent import Spectrum, extreme_eigenvalues, gram, infinite_gram
from howwide.tangent.rows import as_dtype

__all__ = ["LARGEST_KERNEL", "LARGEST_SHALLOW", "PARTS", "check_facts", "facts"]

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
) -> MeasureResult:
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
    radii, eps = check_facts(radii=radii, eps=eps, parts=parts, tolerance=tolerance, dtype=dtype)
    sample = ntrf.Linearized(net, weights, x, y, dtype=dtype)
    solver = Solver(sample)  # of both parts below: what is seen at one radius holds for others
    outputs = float(np.abs(sample.exact.outputs).max())
    measured = _Measured({"initial": {"loss": solver.initial_loss, "largest_output": outputs}})
    work = {
        "separation": lambda: _separation(measured, x, sample),
        "spectrum": lambda: _spectrum(measured, sample, seed),
        "margin": lambda: _margins(measured, sample, tolerance),
        "infinite": lambda: _infinite(measured, sample, x, tolerance, seed),
        "shallow": lambda: _shallow(measured, sample, x, seed),
        "ntrf": lambda: measured.solutions.update(
            ntrf=ntrf.path_of(sample, radii=radii, tolerance=tolerance, solver=solver, say=say)
        ),
        "radius": lambda: _radius(measured, sample, solver, eps, tolerance, say),
    }
    seconds = {}
    for part in PARTS:
        if part in parts:
            say(f"measuring {part}, n = {sample.n}")
            began = time.perf_counter()
            work[part]()
            seconds[part] = time.perf_counter() - began
    if "ntrf" in measured.solutions:  # what was seen while radii were sought holds for the path too
        measured.fields["ntrf"] = measured.solutions["ntrf"].given(solver).table.to_dict("records")
    spectra = {name: values for name, values in measured.spectra.items() if values is not None}
    return MeasureResult(
        **measured.fields,
        seconds=seconds,
        spectra=pd.DataFrame({name: pd.Series(values) for name, values in spectra.items()}),
        solutions=measured.solutions,
        notes=measured.notes,
    )


def check_facts(
    *, radii: Sequence[float], eps: Sequence[float], parts: Sequence[str], tolerance: float, dtype: Any
) -> tuple[list[float], list[float]]:
    """The radii and losses as numbers, once every setting of :func:`facts` is seen to lie in its domain.

    Raises:
        SettingError: an unknown part or dtype, or a number outside its domain.
    """
    if unknown := [p for p in parts if p not in PARTS]:
        raise SettingError(f"unknown part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if not 1e-6 <= tolerance < 1:
        raise SettingError(f"tolerance is a relative width from 1e-6 to 1; got {tolerance!r}")
    numbers = [check_radius(r) for r in radii], [check_eps(e) for e in eps]
    as_dtype(dtype)
    return numbers


@dataclasses.dataclass
class _Measured:
    """Fields of the result as they come in, what they were read from, whole spectra, and what was left out."""

    fields: dict[str, Any]
    solutions: dict[str, Any] = dataclasses.field(default_factory=dict)
    spectra: dict[str, np.ndarray | None] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)

    def add(self, name: str, value: Any, **more: Any) -> None:
        """A quantity with its ends and status, and ``more`` of its fields."""
        self.solutions[name] = value
        self.fields[name] = {**_ends(value), **more}

    def add_spectrum(self, suffix: str, spectrum: Spectrum) -> None:
        """The extreme eigenvalues of a kernel."""
        self.solutions[f"spectrum{suffix}"] = spectrum
        for name, value in (("lambda_min", spectrum.smallest), ("lambda_max", spectrum.largest)):
            self.fields[name + suffix] = {**_ends(value), "residual": value.residual, "level": value.level}
        self.spectra["infinite" if suffix else "finite"] = spectrum.eigenvalues


def _ends(value: Any) -> dict[str, Any]:
    """Ends and status. What is infinite for certain has no ends, and its status says so."""
    if value.status == ntrf.SolveStatus.UNREACHABLE:  # its lower end is where the search stops
        return {"lower": None, "upper": None, "status": str(value.status)}
    infinite = value.lower is not None and math.isinf(value.lower)
    return {"lower": value.lower, "upper": value.upper, "status": "infinite" if infinite else str(value.status)}


def _separation(measured: _Measured, x: Any, sample: ntrf.Linearized) -> None:
    if sample.n < 2:
        measured.notes.append("separation needs two examples; left out")
    else:
        measured.fields["separation"] = dataclasses.asdict(separation(x, sample.y))


def _spectrum(measured: _Measured, sample: ntrf.Linearized, seed: int) -> None:
    kernel: Any = _kernel(sample)
    scale = 1.0
    if kernel is None:
        kernel, scale = sample.exact.operator, sample.unit**2
    spectrum = extreme_eigenvalues(kernel, seed=seed).over(scale)
    measured.add_spectrum("", spectrum)
    measured.fields["trace"] = spectrum.trace


def _kernel(sample: ntrf.Linearized) -> np.ndarray | None:
    """The summed Gram over unit^2 in float64, if it may be stored."""
    if sample.n > LARGEST_KERNEL:
        return None
    if sample.grams is not None and sample.dtype == np.float64:
        return np.asarray(sample.grams.sum(0))
    stored = gram(sample.net, sample.exact.weights, sample.exact.x)
    stored /= sample.unit**2
    return stored


def _margins(measured: _Measured, sample: ntrf.Linearized, tolerance: float) -> None:
    measured.add("margin", ntrf.margin_of(sample, tolerance=tolerance))
    uniform = sample.exact.products(sample.y / sample.n).sum(0) @ (sample.y / sample.n)  # y'Ky / n^2
    spectrum = measured.solutions.get("spectrum")
    least = spectrum.smallest.lower if spectrum else 0.0
    measured.fields["margin_bounds"] = {
        "lower": float(np.sqrt(max(least, 0.0) / sample.n)),
        "upper": float(np.sqrt(max(uniform, 0.0))),
    }
    measured.add("margin_offset", ntrf.margin_of(sample, offsets=True, tolerance=tolerance))
    if sample.n <= LARGEST_PER_LAYER:
        measured.add("margin_per_layer", ntrf.margin_of(sample, ball="per-layer", tolerance=tolerance))
    else:
        measured.notes.append(
            f"the margin of per-layer balls is left out beyond n = {LARGEST_PER_LAYER}; it lies between gamma and "
            f"sqrt({sample.layers}) gamma"
        )
    if sample.n <= LARGEST_KERNEL:
        features = ntrf.feature_margin(sample.net, sample.exact.weights, sample.exact.x, sample.y, tolerance=tolerance)
        measured.add("margin_features", features)
    else:
        measured.notes.append(f"the margin of the last layer's features is left out beyond n = {LARGEST_KERNEL}")


def _infinite(measured: _Measured, sample: ntrf.Linearized, x: Any, tolerance: float, seed: int) -> None:
    if sample.n > LARGEST_KERNEL:
        measured.notes.append(f"the infinite-width kernel is left out beyond n = {LARGEST_KERNEL}")
        return
    if len(set(sample.net.hidden_widths)) > 1:
        measured.notes.append("the infinite-width kernel needs equal hidden widths; left out")
        return
    kernel = infinite_gram(sample.net, x)
    measured.add_spectrum("_infinite", extreme_eigenvalues(kernel, seed=seed))
    measured.add("margin_infinite", ntrf.kernel_margin(kernel, sample.y, tolerance=tolerance))
    del kernel
    hidden = len(sample.net.hidden_widths)
    features = ntrf.infinite_feature_margin(x, sample.y, hidden_layers=hidden, tolerance=tolerance)
    measured.add("margin_features_infinite", features)


def _shallow(measured: _Measured, sample: ntrf.Linearized, x: Any, seed: int) -> None:
    if sample.n > LARGEST_SHALLOW:
        measured.notes.append(f"the sup-norm margin is left out beyond n = {LARGEST_SHALLOW}; take a subset with --n")
        return
    shallow = ntrf.shallow_margin(x, sample.y, seed=seed)
    measured.add("margin_shallow", shallow, level=1 - shallow.failure_probability, kernel_upper=shallow.kernel_upper)


def _radius(
    measured: _Measured, sample: ntrf.Linearized, solver: Solver, eps: Sequence[float], tolerance: float, say: Say
) -> None:
    radii = list(ntrf.radii_of(sample, eps=eps, tolerance=tolerance, solver=solver, say=say))
    measured.solutions["radius_for"] = radii
    measured.fields["radius_for"] = [{"eps": r.eps, **_ends(r)} for r in radii]
    if sample.n > LARGEST_NETWORK:
        measured.notes.append(
            f"the radius on the network is left out beyond n = {LARGEST_NETWORK}; hw.ntrf.network_radius finds one"
        )
        return
    witnesses = list(ntrf.network_radii_of(sample, eps=eps, say=say))
    measured.solutions["network_radius_for"] = witnesses
    measured.fields["network_radius_for"] = [
        {"eps": w.eps, "upper": w.upper, "largest_loss": w.loss, "source": w.source, "status": str(w.status)}
        for w in witnesses
    ]
