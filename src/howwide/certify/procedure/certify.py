"""Training and certificate in one, so that nothing leaks from the examples into what is certified on them.

`certify` draws a plain random subset in random order, trains what the plan declared, issues the certificates that
belong to the algorithm, and lists what each of them rests on. Several widths or step constants are either paid for
together (each combination at its share of delta, the best bound of each kind reported) or chosen among on a part of
the sample that is certified on no more.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from howwide.certify.certificate import USERS_WORD, Certificate, Condition
from howwide.certify.procedure.issue import issue, names_of, pass_plan, predictions
from howwide.certify.procedure.plan import Combination, Plan
from howwide.certify.procedure.result import Certification
from howwide.certify.procedure.sample import Sample, draw_sample
from howwide.certify.procedure.train import Trained, train
from howwide.data import Dataset
from howwide.errors import SettingError

__all__ = ["certify"]


def certify(
    ds: Dataset, plan: Plan | None = None, *, n: int | None = None, say: Callable[[str], None] | None = None
) -> Certification:
    """Train by a declared procedure and certify its test error, every constant explicit.

    One pass of SGD gets ``snapshot_suffix``, ``progressive_validation`` and ``online_to_batch``; gradient descent gets
    ``pac_bayes`` and ``rademacher``; ``holdout`` joins where examples are left that nothing used.

    Args:
        ds: the data.
        plan: the declared procedure; one pass with its defaults unless given.
        n: examples drawn, plainly at random; all of them unless given.
        say: called with what is being done.

    Returns:
        The certificates, the predictions beside them, and the runs they come from. A run that diverged has none; a
        note says so.

    Raises:
        SettingError: a size beyond the data, or something other than data and a plan.
        DataError: too few examples, or a subset of one class.
    """
    plan = Plan() if plan is None else plan
    if not (isinstance(ds, Dataset) and isinstance(plan, Plan)):
        raise SettingError("certify takes a Dataset and a Plan: certify(load(SPEC), Plan('sgd', width=256))")
    tell = say or (lambda text: None)
    sample = draw_sample(ds, n, plan)
    chosen = None if plan.tune_on is None else _choose(plan, sample, tell)
    combinations, names = plan.combinations if chosen is None else (chosen,), names_of(plan, sample)
    delta = plan.delta / (len(names) if plan.joint else 1)
    kept, runs = pass_plan(plan, sample), []
    for combination in combinations:
        tell(f"training: {combination}")
        trained = train(plan, combination, sample, () if kept is None else kept.snapshots)
        runs.append((trained, issue(plan, trained, sample, delta / len(combinations), tell)))
    best = [_best(runs, name, delta) for name in names]
    certificates = tuple(_told(c, plan, sample, chosen) for c in best if c is not None)
    tell("predictions of the theory")
    return Certification(plan, sample, certificates, predictions(plan, runs[0][0], sample), tuple(runs), chosen)


def _choose(plan: Plan, sample: Sample, tell: Callable[[str], None]) -> Combination:
    """Train every combination on two thirds of the tuning part and take the least error on the other third."""
    assert sample.x_tune is not None
    assert sample.y_tune is not None
    cut = 2 * sample.y_tune.size // 3
    part = replace(
        sample,
        x=sample.x_tune[:cut],
        y=sample.y_tune[:cut],
        x_test=sample.x_tune[cut:],
        y_test=sample.y_tune[cut:],
    )
    errors = []
    for combination in plan.combinations:
        tell(f"choosing: {combination}")
        trained = train(plan, combination, part, ())
        errors.append(trained.test_error if trained.sound else np.inf)
    return plan.combinations[int(np.argmin(np.array(errors, float)))]


def _best(runs: list[tuple[Trained, tuple[Certificate, ...]]], name: str, delta: float) -> Certificate | None:
    """The least bound of one kind; valid at ``delta`` because every combination had its share of it."""
    found = [(trained, c) for trained, issued in runs for c in issued if c.name == name]
    if not found:
        return None
    trained, certificate = min(found, key=lambda entry: entry[1].value)
    if len(runs) == 1:
        return certificate
    detail = f"{certificate.detail}; {trained.combination}, best of {len(runs)}"
    return replace(certificate, delta=delta, detail=detail)


def _told(certificate: Certificate, plan: Plan, sample: Sample, chosen: Combination | None) -> Certificate:
    """With what the protocol itself saw to, and what it must be told.

    What a certificate takes on the user's word about the run was made so here; `USERS_WORD` nobody can check.
    """
    own = [c if c in USERS_WORD else replace(c, status="checked") for c in certificate.conditions]
    found = list(sample.conditions(certificate.name))
    size = len(plan.combinations)
    if chosen is not None and sample.y_tune is not None:
        words = f"{chosen} was chosen on {sample.y_tune.size} examples that are certified on no more"
        found.append(Condition(words, "checked"))
    elif size > 1:
        words = f"a grid of {size} combinations was declared, and each had its share, delta / {size}"
        found.append(Condition(words, "checked"))
    return replace(certificate, conditions=(*own, *found))
