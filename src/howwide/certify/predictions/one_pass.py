r"""What the theorem on one-pass SGD promises: both halves of its proof, the first of which needs an unknown width."""

import math

import numpy as np

from howwide.certify.bounds.linear_predictor import Linear
from howwide.certify.certificate import ON_AVERAGE, Prediction
from howwide.certify.procedure.train import TrainedRun
from howwide.checks import check_count, check_positive, check_probability
from howwide.errors import SettingError
from howwide.evaluate import margins
from howwide.networks import DeepReLU
from howwide.ntrf.linearized import Linearized
from howwide.theory import Problem, get

__all__ = ["online_to_batch_prediction", "predict"]

_READ = "chen-cao-zou-gu/arxiv2020v2/thm-3.8"


def online_to_batch_prediction(
    eps_ntrf: float, radius: float, n: int, *, depth: int, delta: float = 0.05, statement: str = _READ
) -> Prediction:
    r"""What the theorem on one-pass SGD promises before a run, as `howwide theorems` evaluates it.

    .. math:: \frac{8L^2R^2}{n} + \frac{8\log(c/\delta)}{n} + 24\,\epsilon

    with :math:`c = 2` in the ICLR version and 1 in the alpha-scaled ones. It supposes a width, polynomial in R and L,
    whose constant nobody knows, so it is a prediction.

    Args:
        eps_ntrf: smallest training loss in the linearised class of radius R, an upper end of which errs on the large
            side; for the alpha-scaled versions a loss that a network within R has on every example.
        radius: R, each layer moving by at most R over the gradient scale.
        n: length of the pass.
        depth: L, all matrices counted.
        delta: failure probability.
        statement: id of the version that is evaluated; unless given, the one whose text was read.

    Returns:
        The prediction for the mean risk of the iterates; above 1 it says nothing.

    Raises:
        SettingError: eps_ntrf negative, a radius, n or depth that is not positive, delta outside (0, 1), or a
            statement that is no such theorem.
    """
    delta = check_probability(delta, "delta")
    n, depth = check_count(n, "n", 1), check_count(depth, "depth", 1)
    if not 0.0 <= eps_ntrf < math.inf:
        raise SettingError(f"eps_ntrf, a loss, must be a finite number of at least 0; found {eps_ntrf}")
    check_positive(radius, "the radius")
    theorem = get(statement)
    problem = Problem(
        n=n,
        depth=depth,
        radius=radius,
        network_radius=radius,
        ntrf_loss=eps_ntrf,
        target_loss=eps_ntrf or math.ulp(0.0),  # 0 is no target
        failure_probability=delta,
    )
    quantities = theorem.terms("test_error", problem)
    if not {"radius", "confidence", "eps_ntrf"} <= quantities.keys():
        raise SettingError(f"no bound on one pass of SGD in {statement!r}; take {_READ} or another version of it")
    terms = {name: quantity.value for name, quantity in quantities.items()}
    return Prediction(
        name="online_to_batch",
        certifies=ON_AVERAGE,
        value=sum(value for value in terms.values() if value is not None),
        why=f"{statement} needs a width whose constant is hidden",
        terms=terms,
        reference=theorem.cites,
    )


def predict(run: TrainedRun) -> tuple[Prediction, ...]:
    """Theorem 3.5 of the ICLR version at the best point between the start and the last iterate.

    Its linearised loss bounds eps_NTRF of the radius it lies at from above. That version has alpha = 1/2; for another
    output scale it is Theorem 3.8 of the full version, which asks for a network: the last iterate, with its largest
    loss on an example of the pass.
    """
    assert isinstance(run.net, DeepReLU)
    x, y, depth, delta = run.sample.x, run.sample.y, len(run.initial), run.plan.delta
    linearized = Linearized(run.net, run.initial, x, y, stored=0)
    linear = Linear.of(linearized, run.final)
    radius, start = float(linear.norms.max()), linearized.y * linearized.outputs
    if not radius > 0:
        return ()
    if run.net.alpha != 0.5:
        statement, shares = _READ, np.ones(1)
        losses = [float(np.logaddexp(0, -margins(run.net, run.final, x, y)).max())]
    else:
        statement, shares = "chen-cao-zou-gu/iclr2021/thm-3.5", np.linspace(0.02, 1, 50)
        losses = [float(np.logaddexp(0, -(start + s * (linear.scores - start))).mean()) for s in shares]
    points = []
    for share, eps in zip(shares.tolist(), losses, strict=True):
        reach = share * radius
        point = online_to_batch_prediction(eps, reach, y.size, depth=depth, delta=delta, statement=statement)
        terms = {**point.terms, "at_radius": reach, "at_eps_ntrf": eps}
        points.append(point.model_copy(update={"terms": terms}))
    return (min(points, key=lambda point: math.inf if point.value is None else point.value),)
