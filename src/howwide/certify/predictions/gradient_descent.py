r"""Both branches of Theorem 2.2 (3.4 in the ICLR version) of Chen et al. with measured quantities: predictions.

.. math:: P(y f_W < 0) \le 2 L_S(W) + C \min\{4^L L^2 R \sqrt{m/n},\; L^{3/2} R / \sqrt n + L^{11/3} R^{4/3}
          m^{-\alpha/3}\} + C \sqrt{\ln(1/\delta)/n} ,

each branch by itself, with R the measured radius :math:`\max_l \|W_l - W_{0,l}\|_F \, \text{unit}`; and what the proof
has in their place before it rounds to powers of L, R and m:

.. math:: 4^L L^2 R \sqrt{m/n} &\leftarrow \frac{\text{scale}}{\sqrt n} \prod_l \|W_l\|_2 \Big( \sum_l \big(
          \|W_l - W_{0,l}\|_{2,1} / \|W_l\|_2 \big)^{2/3} \Big)^{3/2} , \\
          L^{3/2} R / \sqrt n + L^{11/3} R^{4/3} m^{-\alpha/3} &\leftarrow \frac{R}{n} \sum_l \sqrt{\operatorname{tr}
          K_l} + \max_i |f_W(x_i) - \mathrm{lin}(x_i)| .

The first of these is from :cite:`bartlett2017`. None is a certificate. C is hidden (it stands for logarithms too), and
in the second branch the proof needs the supremum of the linearisation error over the whole ball, of which a sample of
weights and inputs shows only a part.
"""

import dataclasses
import math
from typing import Any

import numpy as np

from howwide.certify.bounds.complexity import trace_bound
from howwide.certify.bounds.linear_predictor import Linear
from howwide.certify.certificate import Prediction
from howwide.certify.procedure.train import TrainedRun
from howwide.checks import check_positive, check_probability
from howwide.errors import SettingError, ShapeError
from howwide.evaluate import mean_loss, outputs
from howwide.networks import DeepReLU
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.frank_wolfe import check_radius
from howwide.theory import Theorem, get
from howwide.theory.chen_bounds import gd_branches

__all__ = ["branches", "gd_prediction", "predict"]

_HIDDEN = "the theorem hides a constant, taken as {:g}, and logarithms"
_SUPREMUM = "the supremum of the linearisation error over the ball cannot be bounded from a sample"


def gd_prediction(
    net: DeepReLU,
    initial: Any,
    weights: Any,
    x: Any,
    y: Any,
    *,
    delta: float = 0.05,
    radius: float | None = None,
    hidden_constant: float = 1.0,
) -> tuple[Prediction, ...]:
    """The bound of the theorem on the test error of one iterate, four times.

    ``spectral`` and ``linear`` are the branches as printed, ``spectral_measured`` and ``linear_measured`` the proof's
    expressions with every norm, trace and gap measured. Values above 1 say nothing.

    Args:
        net: the network of Chen et al.
        initial: initial weights W0.
        weights: trained weights W.
        x: (n, d) rows of the sample.
        y: (n,) labels, -1 or +1.
        delta: failure probability in the theorem.
        radius: R in the printed branches; the measured distance of W from W0 if left out.
        hidden_constant: stands for what the theorem hides.

    Raises:
        ShapeError: weights, rows and labels do not fit each other.
        DataError: a label other than -1 and +1.
        SettingError: another network, a setting outside its domain, or numbers that are not finite.
    """
    if not isinstance(net, DeepReLU):
        raise SettingError(f"the theorem is about DeepReLU networks; got {type(net).__name__}")
    check_positive(hidden_constant, "hidden_constant")
    if not isinstance(weights, (tuple, list)):
        raise ShapeError("the theorem is about a trained network: give its weights, a tuple of matrices")
    delta, linearized = check_probability(delta, "delta"), Linearized(net, initial, x, y)
    run = _Run.of(linearized, weights)
    reach = check_radius(run.radius if radius is None else radius)
    spectral, linear = branches(linearized.n, net.depth, net.width, reach, net.alpha)
    found = {
        "spectral": spectral,
        "linear": linear,
        "spectral_measured": run.spectral,
        "linear_measured": run.linear,
    }
    common = {
        "training_loss": 2 * run.loss,
        "confidence": hidden_constant * math.sqrt(math.log(1 / delta) / linearized.n),
        "radius": reach,
        "gap": run.gap,
    }
    return tuple(_prediction(name, _theorem(net), branch, common, hidden_constant) for name, branch in found.items())


def predict(run: TrainedRun) -> tuple[Prediction, ...]:
    """The bound for the last iterate, four times."""
    assert isinstance(run.net, DeepReLU)
    return gd_prediction(run.net, run.initial, run.final, run.sample.x, run.sample.y, delta=run.plan.delta)


@dataclasses.dataclass(frozen=True)
class _Run:
    """What one iterate shows: training loss, distance, largest gap to its linearisation, the measured branches."""

    loss: float
    radius: float
    gap: float
    spectral: float
    linear: float

    @staticmethod
    def of(linearized: Linearized, weights: Any) -> "_Run":
        linear = Linear.of(linearized, weights)
        trained = tuple(np.asarray(w, float) for w in weights)
        f = outputs(linearized.net, trained, linearized.x)
        lin = linearized.outputs + linearized.operator.push(linear.directions).sum(0)
        radius, gap = float(linear.norms.max()), float(np.abs(f - lin).max())
        return _Run(
            loss=mean_loss(linearized.y * f),
            radius=radius,
            gap=gap,
            spectral=linearized.net.scale * _spectral(trained, linear.directions) / math.sqrt(linearized.n),
            linear=trace_bound(linearized, radius) + gap,
        )


def _spectral(trained: tuple[np.ndarray, ...], moved: tuple[np.ndarray, ...]) -> float:
    """The spectrally normalised complexity; 2,1-norms sum over the rows, which are the units."""
    norms = np.array([np.linalg.norm(w, 2) for w in trained])
    if not norms.all():
        return 0.0
    distances = np.array([np.linalg.norm(u, axis=1).sum() for u in moved])
    return float(norms.prod() * ((distances / norms) ** (2 / 3)).sum() ** 1.5)


def _theorem(net: DeepReLU) -> Theorem:
    version = "iclr2021/thm-3.4" if net.alpha == 0.5 else "alpha-scaled/thm-2.2"
    return get(f"chen-cao-zou-gu/{version}")


def branches(n: int, depth: int, width: float, radius: float, alpha: float) -> tuple[float, float]:
    """The two branches as printed, spectral and linear with its error; without the hidden constant.

    >>> [round(b, 1) for b in branches(10_000, 2, 100, 1.0, 0.5)]
    [6.4, 5.9]
    """
    spectral, linear = gd_branches(n, depth, width, radius, alpha)
    return float(spectral), float(linear)


def _prediction(
    name: str, theorem: Theorem, branch: float, common: dict[str, float], hidden_constant: float
) -> Prediction:
    value = common["training_loss"] + hidden_constant * branch + common["confidence"]
    hidden = _HIDDEN.format(hidden_constant)
    return Prediction(
        name=f"{theorem.id}/{name}",
        certifies="deterministic iterate",
        value=value,
        why=f"{_SUPREMUM}; {hidden}" if name.startswith("linear") else hidden,
        terms={**common, "branch": hidden_constant * branch},
        reference=theorem.cites,
    )
