"""The certificates that belong to an algorithm, from one trained run.

One pass of SGD: every example is fresh when it is used, so the pass certifies itself (`snapshot_suffix`,
`progressive_validation`, `online_to_batch`). Gradient descent sees every example at every step, so only complexity
helps (`pac_bayes` around the start, `rademacher` for the linearised predictor). Examples that nothing used certify the
last iterate of either (`holdout`). Numbers of the theory with hidden constants are predictions and stand apart.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import numpy as np

from howwide.certify.certificate import Certificate, Prediction
from howwide.certify.gd_prediction import gd_prediction
from howwide.certify.holdout import holdout
from howwide.certify.linear_predictor import Linear
from howwide.certify.one_pass import OBSERVED, PassPlan, certify_pass, plan_pass
from howwide.certify.online_to_batch import online_to_batch_prediction
from howwide.certify.pac_bayes import pac_bayes
from howwide.certify.plan import Plan
from howwide.certify.rademacher import rademacher
from howwide.certify.runs import Trained, stops
from howwide.certify.sampling import Sample
from howwide.evaluate import margins, mistakes
from howwide.networks import DeepReLU
from howwide.ntrf.linearized import Linearized
from howwide.training import OnlineRun

__all__ = ["issue", "names_of", "pass_plan", "predictions"]

_SIMULATION, _COMPLEXITY, _PASS = 2, 3, 4  # streams of the seed's key beside those of training
_SEARCHED = 2000  # examples up to which the best linearised predictor is sought
_SIMULATED = 500_000  # predictions of the stochastic network, about

_OWN = {"sgd": ("snapshot_suffix", "progressive_validation", "online_to_batch"), "gd": ("pac_bayes", "rademacher")}


def names_of(plan: Plan, sample: Sample) -> tuple[str, ...]:
    """The certificates that a run of the plan gets; known before it starts."""
    return (*_OWN[plan.algorithm], *(() if sample.x_test is None else ("holdout",)))


def pass_plan(plan: Plan, sample: Sample) -> PassPlan | None:
    """Which iterates of a pass are kept, settled before it; None for gradient descent."""
    if plan.algorithm != "sgd":
        return None
    observed = 0 if sample.x_test is None else OBSERVED
    return plan_pass(sample.y.size, observed=observed, key=_key(plan, _PASS))


def issue(
    plan: Plan, trained: Trained, sample: Sample, delta: float, say: Callable[[str], None]
) -> tuple[Certificate, ...]:
    """The certificates of one run, each with failure probability ``delta``; none of a run that diverged."""
    if not trained.sound:
        return ()
    own = _of_pass if plan.algorithm == "sgd" else _of_descent
    certificates = own(plan, trained, sample, delta, say)
    return certificates if sample.x_test is None else (*certificates, _of_test_part(trained, sample, delta))


def predictions(plan: Plan, trained: Trained, sample: Sample) -> tuple[Prediction, ...]:
    """What the theorems of Chen et al. say of one run; nothing of another network, or of a run that diverged."""
    if plan.network != "deep" or not trained.sound:
        return ()
    return (_of_pass_theorem if plan.algorithm == "sgd" else _of_descent_theorem)(trained, sample, plan.delta)


def _of_pass(
    plan: Plan, trained: Trained, sample: Sample, delta: float, say: Callable[[str], None]
) -> tuple[Certificate, ...]:
    say("testing snapshots on the rest of the pass")
    kept, run = pass_plan(plan, sample), trained.run
    assert kept is not None
    assert isinstance(run, OnlineRun)
    return certify_pass(trained.net, run, sample.x, sample.y, kept, sample.x_test, sample.y_test, delta=delta)


def _of_descent(
    plan: Plan, trained: Trained, sample: Sample, delta: float, say: Callable[[str], None]
) -> tuple[Certificate, ...]:
    """Draws, and whether a predictor is sought, depend on n alone; both bounds hold for every predictor at once."""
    n = sample.y.size
    say("simulating the stochastic network")
    stochastic = pac_bayes(
        trained.net,
        trained.initial,
        trained.final,
        sample.x,
        sample.y,
        snapshots=trained.iterates[:-1],
        delta=delta,
        draws=min(50, max(5, _SIMULATED // n)),
        x_test=sample.x_test,
        y_test=sample.y_test,
        key=_key(plan, _SIMULATION),
    )
    if earlier := stops(plan.steps)[:-1]:
        words = f"snapshots after {', '.join(map(str, earlier))} of {plan.steps} steps"
        stochastic = replace(stochastic, detail=f"{stochastic.detail}; {words}")
    say("bounding the complexity of the linearised network")
    few = n <= _SEARCHED
    linearised = rademacher(
        trained.net,
        trained.initial,
        sample.x,
        sample.y,
        delta=delta,
        predictor=None if few else trained.final,
        x_test=sample.x_test,
        y_test=sample.y_test,
        key=_key(plan, _COMPLEXITY) if few else None,
    )
    return stochastic, linearised


def _of_test_part(trained: Trained, sample: Sample, delta: float) -> Certificate:
    wrong = mistakes(margins(trained.net, trained.final, sample.x_test, sample.y_test))
    found = holdout(wrong, delta=delta)
    detail = f"the last iterate, on {sample.test_source}"
    return replace(found, detail=detail).with_test_error(float(np.mean(wrong)))


def _of_pass_theorem(trained: Trained, sample: Sample, delta: float) -> tuple[Prediction, ...]:
    """Theorem 3.5 of the ICLR version at the best point between the start and the last iterate.

    Its linearised loss bounds eps_NTRF of the radius it lies at from above. That version has alpha = 1/2; for another
    output scale it is Theorem 3.8 of the full version, which asks for a network: the last iterate, with its largest
    loss on an example of the pass.
    """
    linearized = Linearized(trained.net, trained.initial, sample.x, sample.y, stored=0)
    linear = Linear.of(linearized, trained.final)
    radius, start = float(linear.norms.max()), linearized.y * linearized.outputs
    if not radius > 0:
        return ()

    def at(statement: str, eps: float, reach: float) -> Prediction:
        found = online_to_batch_prediction(
            eps, reach, sample.y.size, depth=len(trained.initial), delta=delta, statement=statement
        )
        return replace(found, terms={**found.terms, "at_radius": reach, "at_eps_ntrf": eps})

    assert isinstance(trained.net, DeepReLU)
    if trained.net.alpha != 0.5:
        z = margins(trained.net, trained.final, sample.x, sample.y)
        return (at("chen-cao-zou-gu/arxiv2020v2/thm-3.8", float(np.logaddexp(0, -z).max()), radius),)
    shares = np.linspace(0.02, 1, 50)
    losses = [float(np.logaddexp(0, -(start + s * (linear.scores - start))).mean()) for s in shares]
    best = (at("chen-cao-zou-gu/iclr2021/thm-3.5", e, s * radius) for e, s in zip(losses, shares, strict=True))
    return (min(best, key=lambda p: p.value),)


def _of_descent_theorem(trained: Trained, sample: Sample, delta: float) -> tuple[Prediction, ...]:
    return gd_prediction(trained.net, trained.initial, trained.final, sample.x, sample.y, delta=delta)  # type: ignore[arg-type]


def _key(plan: Plan, purpose: int) -> jax.Array:
    return jax.random.fold_in(jax.random.key(plan.seed), purpose)
