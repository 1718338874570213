r"""The facts that the theorems ask about, measured once on a data set, and handed to each theorem as its own.

:func:`measure` runs :func:`howwide.measure.facts` for a start of :class:`~howwide.DeepReLU` and adds what other papers'
networks need. :meth:`Measured.problem` then gives a theorem the facts of *its* network and nothing else:

- separations with the constant coordinate :math:`\mu` where the statement has one (distances shrink by
  :math:`\sqrt{1 - \mu^2}`);
- margins of one hidden layer for the shallow statements; sampled at depth 2, elsewhere between the ends that the kernel
  programme proves;
- for Li et al. margin and reference of the antisymmetric fixed-head network, in their weights (:math:`\sqrt2` times the
  margin, :math:`\sqrt{m/2}` times the distance of the library's);
- for Du et al. (ICML 2019) the Gram of the last hidden layer, for one smooth activation;
- nothing of a ReLU kernel for a statement about smooth activations. What is not known is named in the results.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.measure import Facts, facts
from howwide.networks import DeepReLU, FixedHeadReLU
from howwide.networks.checks import check_count
from howwide.networks.precision import computing_in
from howwide.ntrf import Linearized, infinite_feature_margin, kernel_margin, margin_of, network_radius_of
from howwide.tangent import extreme_eigenvalues, infinite_gram
from howwide.theorems.smooth_kernel import smooth_last_layer_gram
from howwide.theory import Interval, Problem, Theorem

__all__ = ["PARTS", "Measured", "check_probability", "check_target_loss", "measure"]

PARTS = ("separation", "spectrum", "margin", "infinite", "shallow", "radius", "antisymmetric")
"""What can be measured: parts of :func:`howwide.measure.facts`, and ``antisymmetric``, the network of Li et al."""

MU = 1 / math.sqrt(2)
"""The constant coordinate where a statement has one and the data have none: that of Allen-Zhu et al."""

_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """The facts of one data set at one width, for every theorem.

    Attributes:
        data: what is true of the data alone, whatever the network.
        deep: facts of DeepReLU at its start.
        relu: facts of one hidden ReLU layer and of random ReLU features, by the inputs alone.
        antisymmetric: facts of the antisymmetric fixed-head network, in the weights of Li et al.
        smooth: facts of the fully connected smooth network of Du et al.
        constant: the constant coordinate of the data, or None.
        found: the measurement behind ``deep``, with statuses and witnesses.
        notes: what was left out, and how some facts are to be read.
    """

    data: Problem
    deep: dict[str, Any]
    relu: dict[str, Any]
    antisymmetric: dict[str, Any]
    smooth: dict[str, Any]
    constant: float | None
    found: Facts | None
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """The width at which the start was measured."""
        assert self.data.width is not None
        return int(self.data.width)

    def problem(self, theorem: Theorem, **changes: Any) -> Problem:
        """The facts that ``theorem`` may use: those of its own network and inputs, with ``changes`` on top."""
        known = dict(self._of_network(theorem))
        if any(a.name == "constant-coordinate" for a in theorem.assumptions):
            known |= self._with_constant()
        return dataclasses.replace(self.data, **(known | changes))

    def _of_network(self, theorem: Theorem) -> dict[str, Any]:
        setting = theorem.setting
        if setting.activation not in ("relu", "any"):
            fully_connected = theorem.id == "du-lee-li-wang-zhai/icml2019/thm-fully-connected"
            return self.smooth if fully_connected else {}
        if "deep" in setting.covers:
            return self.relu | self.deep
        if setting.covers == {"fixed_head_antisymmetric"} and setting.hidden_layers is None:
            return self.antisymmetric
        return self.relu

    def _with_constant(self) -> dict[str, Any]:
        """Distances after appending the constant coordinate; those of the data if they have one."""
        shrink = 1.0 if self.constant is not None else math.sqrt(1 - MU**2)
        names = ("separation_across", "separation_all")
        values = {name: getattr(self.data, name) for name in names}
        return {"constant_coordinate": True, **{k: v and shrink * v for k, v in values.items()}}

    def as_dict(self) -> dict[str, Any]:
        """Everything that is known, as plain JSON types; an interval is a list of two ends."""
        return {
            **self.data.as_dict(),
            **{f"{k}_with_constant": v for k, v in self._with_constant().items() if k.startswith("separation")},
            **Problem(**self.deep, depth=self.data.depth).as_dict(),
            **Problem(**self.relu).as_dict(),
            "lambda_min_last": Problem(**self.smooth).as_dict().get("lambda_min_last"),
            "antisymmetric": Problem(**self.antisymmetric).as_dict(),
        }


def measure(
    ds: Dataset,
    *,
    depth: int = 5,
    width: int = 512,
    alpha: float = 0.5,
    target_loss: float = 0.1,
    failure_probability: float = 0.05,
    parts: Sequence[str] | None = None,
    dtype: str = "float32",
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Measure the facts; seconds to minutes, O(n^2 m) and O(n^3) time.

    Args:
        ds: the data.
        depth: number of weight matrices of the deep network; other networks get as many hidden layers.
        width: at which starts are measured.
        alpha: output scale of the deep network.
        target_loss: eps.
        failure_probability: delta.
        parts: names from ``PARTS``; all by default, ``shallow`` (sampling, the slowest) at depth 2 only.
        dtype: in which starts are drawn, as a run draws them; facts are computed in float64.
        seed: of the starts.
        say: called with a line before every part.

    Raises:
        SettingError: a number outside its domain, or an unknown part.
    """
    chosen = tuple(p for p in PARTS if p != "shallow" or depth == 2) if parts is None else tuple(parts)
    if unknown := [p for p in chosen if p not in PARTS]:
        raise SettingError(f"unknown part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    eps, delta = check_target_loss(target_loss), check_probability(failure_probability)
    net = DeepReLU(check_count(width, "width", 1), depth, alpha)
    start = net.init(jax.random.fold_in(jax.random.key(seed), 0), ds.d, dtype=dtype)
    ours = [p for p in chosen if p != "antisymmetric"]
    found = facts(net, start, ds.x, ds.y, eps=[eps], parts=ours, tolerance=_TOLERANCE, seed=seed, say=say)
    separation = found.separation
    data = Problem(
        depth=depth,
        width=width,
        alpha=alpha,
        n=ds.n,
        input_dim=ds.d,
        batch_size=1,
        target_loss=eps,
        failure_probability=delta,
        unit_inputs=True,
        constant_coordinate=ds.constant is not None,
        separation_across=None if separation is None else separation.across,
        separation_all=None if separation is None else separation.all,
    )
    notes = list(found.notes)
    infinite = "infinite" in chosen and found.spectrum_infinite is not None
    if infinite:
        say("measuring the kernels of one hidden layer and of a smooth activation")
    antisymmetric: dict[str, Any] = {}
    if "antisymmetric" in chosen:
        say("measuring the antisymmetric network")
        antisymmetric = _antisymmetric(ds, depth - 1, width, seed, dtype, notes)
    return Measured(
        data=data,
        deep=_deep(found, ds, net, infinite),
        relu=_relu(ds, found) if infinite else {},
        antisymmetric=antisymmetric,
        smooth=_smooth(ds, depth - 1) if infinite else {},
        constant=ds.constant,
        found=found,
        notes=tuple(notes),
    )


def check_target_loss(value: float) -> float:
    """A loss strictly between 0 and infinity.

    Raises:
        SettingError: it is not.
    """
    if not 0 < value < math.inf:
        raise SettingError(f"the target loss must be a positive number; got {value}")
    return float(value)


def check_probability(value: float) -> float:
    """A probability strictly between 0 and 1.

    Raises:
        SettingError: it is not.
    """
    if not 0 < value < 1:
        raise SettingError(f"the failure probability must lie strictly between 0 and 1; got {value}")
    return float(value)


def _deep(found: Facts, ds: Dataset, net: DeepReLU, infinite: bool) -> dict[str, Any]:
    known: dict[str, Any] = {
        "initial_loss": found.initial_loss,
        "initial_output": found.largest_output,
        "margin": _between(found.margin),
        "margin_infinite": _between(found.margin_infinite),
        "lambda_min": _between(found.spectrum and found.spectrum.smallest),
        "lambda_min_infinite": _between(found.spectrum_infinite and found.spectrum_infinite.smallest),
        "label_energy": found.margin_bounds and (found.margin_bounds[1] * ds.n) ** 2,
        "label_complexity": _label_complexity(ds, net) if infinite else None,
    }
    return {k: v for k, v in (known | _radii(found)).items() if v is not None}


def _radii(found: Facts) -> dict[str, Any]:
    """R(eps) with eps_NTRF = eps there, its witness as the reference W*, and the radius on the network itself."""
    known: dict[str, Any] = {}
    if found.radius_for:
        (radius,) = found.radius_for
        known |= {"radius": _between(radius), "ntrf_loss": radius.eps}
        if radius.point is not None:
            sample, weights = radius.point.linearized, radius.point.weights()
            moved = [np.linalg.norm(a - b) for a, b in zip(weights, sample.weights, strict=True)]
            with computing_in("float64"):
                outputs = np.asarray(sample.net.apply(weights, sample.x.astype(float)))
            error = float(np.abs(outputs - radius.point.outputs).max()) * (1 - 1e-9)  # of the ball one point only
            known |= {
                "reference_distance": float(np.linalg.norm(moved)),
                "reference_loss": radius.point.upper,
                "linearization_error": Interval(error, math.inf),
            }
    if found.network_radius_for and found.network_radius_for[0].upper is not None:
        known["network_radius"] = found.network_radius_for[0].upper
    return known


def _relu(ds: Dataset, found: Facts) -> dict[str, Any]:
    """One hidden layer: the sup-norm margins, sampled or enclosed by their kernels' margins, and H^inf."""
    kernel = infinite_gram(FixedHeadReLU(2, 1), ds.x)
    ball = kernel_margin(kernel, ds.y, tolerance=_TOLERANCE)
    features = infinite_feature_margin(ds.x, ds.y, hidden_layers=1, tolerance=_TOLERANCE)
    root = math.sqrt(2)
    return {
        "margin_shallow": _between(found.margin_shallow) or Interval(ball.lower**2, ball.upper),
        "margin_features": Interval((features.lower / root) ** 3 / math.sqrt(1.5), features.upper / root),
        "lambda_min_shallow": _between(extreme_eigenvalues(kernel).smallest),
    }


def _smooth(ds: Dataset, hidden_layers: int) -> dict[str, Any]:
    return {"lambda_min_last": _between(extreme_eigenvalues(smooth_last_layer_gram(ds.x, hidden_layers)).smallest)}


def _antisymmetric(
    ds: Dataset, hidden_layers: int, width: int, seed: int, dtype: str, notes: list[str]
) -> dict[str, Any]:
    """Margin and reference of Li et al. at the next even width; eta and T as they choose them, eta T = n."""
    net = FixedHeadReLU(width + width % 2, hidden_layers)
    start = net.init(jax.random.fold_in(jax.random.key(seed), 0), ds.d, antisymmetric=True, dtype=dtype)
    sample = Linearized(net, start, ds.x, ds.y)
    margin = margin_of(sample, tolerance=_TOLERANCE)
    eta = 4 / (5 * hidden_layers)
    known: dict[str, Any] = {
        "margin": Interval(math.sqrt(2) * margin.lower, math.sqrt(2) * margin.upper),
        "step_size": eta,
        "num_steps": ds.n / eta,
    }
    witness = network_radius_of(sample, eps=1 / ds.n, statistic="mean", steps=20)
    if witness.weights is None or witness.loss is None:
        notes.append("no reference with a mean loss of 1/n was found for the antisymmetric network")
        return known
    moved = [np.linalg.norm(a - b) for a, b in zip(witness.weights, sample.weights, strict=True)]
    distance = float(np.linalg.norm(moved)) * math.sqrt(net.hidden_widths[0] / 2)
    return known | {"reference_distance": distance, "reference_loss": witness.loss}


def _label_complexity(ds: Dataset, net: DeepReLU) -> float | None:
    """The form y' Theta^-1 y; None where Theta is singular to rounding."""
    try:
        value = float(ds.y @ cho_solve(cho_factor(infinite_gram(net, ds.x)), ds.y))
    except LinAlgError:
        return None
    return value if 0 < value < math.inf else None


def _between(value: Any) -> Interval | None:
    """Certified ends as an interval of nonnegative numbers; an end that is not known is 0 or infinite."""
    if value is None:
        return None
    lower = 0.0 if value.lower is None else max(0.0, float(value.lower))
    upper = math.inf if value.upper is None else max(lower, float(value.upper))
    return Interval(min(lower, upper), upper)
