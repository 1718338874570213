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

import math

import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.complexity import trace_bound
from howwide.certify.bounds.linear_predictor import Linear
from howwide.certify.certificate import Prediction
from howwide.certify.inputs import Weights
from howwide.certify.procedure.train import TrainedRun
from howwide.checks import check_positive, check_probability
from howwide.errors import SettingError, ShapeError
from howwide.evaluate import mean_loss, outputs
from howwide.networks import DeepReLU
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.frank_wolfe import check_radius
from howwide.theory import Problem, get

__all__ = ["gd_prediction", "predict"]

_SUPREMUM = "the supremum of the linearisation error over the ball cannot be bounded from a sample"


def gd_prediction(
    net: DeepReLU,
    initial: Weights,
    weights: Weights,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
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
    linear, n = Linear.of(linearized, weights), linearized.n
    trained = tuple(np.asarray(w, float) for w in weights)
    f = outputs(net, trained, linearized.x)
    lin = linearized.outputs + linearized.operator.push(linear.directions).sum(0)
    distance, gap = float(linear.norms.max()), float(np.abs(f - lin).max())
    reach = check_radius(distance if radius is None else radius)
    # what the theorem says of these facts, with its branches apart
    theorem = get("chen-cao-zou-gu/" + ("iclr2021/thm-3.4" if net.alpha == 0.5 else "alpha-scaled/thm-2.2"))
    problem = Problem(
        network="deep",
        n=n,
        depth=net.depth,
        width=net.width,
        alpha=net.alpha,
        radius=reach,
        network_radius=reach,
        training_loss=mean_loss(linearized.y * f),
        failure_probability=delta,
    )
    stated = {name: term.value or 0.0 for name, term in theorem.terms("test_error", problem, hidden_constant).items()}
    # (scale/sqrt n) prod_l ||W_l||_2 (sum_l (||W_l - W_0,l||_{2,1} / ||W_l||_2)^{2/3})^{3/2}; rows are the units
    norms = np.array([np.linalg.norm(w, 2) for w in trained])
    distances = np.array([np.linalg.norm(u, axis=1).sum() for u in linear.directions])
    spectral = float(norms.prod() * ((distances / norms) ** (2 / 3)).sum() ** 1.5) if norms.all() else 0.0
    values = {
        "spectral": stated["spectral"],
        "linear": stated["linear"],
        "spectral_measured": hidden_constant * net.scale * spectral / math.sqrt(n),
        # (R/n) sum_l sqrt(tr K_l), and the linearisation error on the sample
        "linear_measured": hidden_constant * (trace_bound(linearized, distance) + gap),
    }
    common = {"training_loss": stated["training_loss"], "confidence": stated["confidence"], "radius": reach, "gap": gap}
    hidden = f"the theorem hides a constant, taken as {hidden_constant:g}, and logarithms"
    return tuple(
        Prediction(
            name=f"{theorem.id}/{name}",
            certifies="deterministic iterate",
            value=common["training_loss"] + branch + common["confidence"],
            why=f"{_SUPREMUM}; {hidden}" if name.startswith("linear") else hidden,
            terms={**common, "branch": branch},
            reference=theorem.cites,
        )
        for name, branch in values.items()
    )


def predict(run: TrainedRun) -> tuple[Prediction, ...]:
    """The bound for the last iterate, four times."""
    assert isinstance(run.net, DeepReLU)
    return gd_prediction(run.net, run.initial, run.final, run.sample.x, run.sample.y, delta=run.plan.delta)
