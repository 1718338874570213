"""Training and certificate in one, so that nothing leaks from the examples into what is certified on them.

`certify` draws a plain random subset in random order, trains what the plan declared, issues the certificates that
belong to the algorithm, and lists what each of them rests on. Several widths or step constants are either paid for
together (each combination at its share of delta, the best bound of each kind reported) or chosen among on a part of
the sample that is certified on no more.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from howwide.certify.certificate import Certificate, Condition
from howwide.certify.certification import Certification
from howwide.certify.issue import Issued, issue, names_of, pass_plan
from howwide.certify.plan import Combination, Plan
from howwide.certify.runs import Trained, train
from howwide.certify.sampling import Sample, draw_sample
from howwide.data import Dataset

__all__ = ["certify", "certify_plan"]


_LAW = Condition("the examples, used and fresh ones alike, are independent draws from one distribution", "declared")


def certify(
    ds: Dataset,
    *,
    algorithm: str = "sgd",
    width: int | Sequence[int] = 256,
    depth: int = 3,
    alpha: float = 0.5,
    network: str = "deep",
    step_constant: float | Sequence[float] = 4.0,
    step_size: str | float = "theory",
    steps: int = 100,
    delta: float = 0.05,
    joint: bool = False,
    tune_on: float | None = None,
    dtype: str = "float32",
    n: int | None = None,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> Certification:
    r"""Train by a declared procedure and certify its test error, every constant explicit.

    One pass of SGD gets ``snapshot_suffix``, ``progressive_validation`` and ``online_to_batch``; gradient descent gets
    ``pac_bayes`` and ``rademacher``; ``holdout`` joins where examples are left that nothing used.

    Args:
        ds: the data.
        algorithm: ``sgd`` (one pass, batch size 1) or ``gd`` (full batch).
        width: m, one or several; several are paid for by a union bound, or chosen among with ``tune_on``.
        depth: L, as the network counts it.
        alpha: output scale of the deep network.
        network: ``deep`` or ``fixed-head``.
        step_constant: c of the step size :math:`c / (L m^{2\alpha})`, one or several.
        step_size: ``theory``, another rule that looks at the network alone, or a number chosen without these data.
        steps: of gd, declared beforehand.
        delta: probability that a certificate fails.
        joint: divide delta among the certificates, so that all hold at once.
        tune_on: share of the sample on which the best combination is chosen; the rest alone is certified on.
        dtype: of training.
        n: examples drawn, plainly at random; all of them unless given.
        seed: changes the order of the examples, the start and every draw.
        say: called with what is being done.

    Returns:
        The certificates, the predictions beside them, and the runs they come from. A run that diverged has none; a
        note says so.

    Raises:
        SettingError: a setting outside its domain, or one that looks at the sample.
        DataError: too few examples, or a subset of one class.
    """
    plan = Plan(
        algorithm, network, width, depth, alpha, step_constant, step_size, steps, delta, joint, tune_on, dtype, seed
    )
    return certify_plan(ds, plan, n=n, say=say)


def certify_plan(
    ds: Dataset, plan: Plan, *, n: int | None = None, say: Callable[[str], None] | None = None
) -> Certification:
    """The same for a plan that is there already.

    Raises:
        SettingError: a size beyond the data.
        DataError: too few examples, or a subset of one class.
    """
    tell = say or (lambda text: None)
    sample = draw_sample(ds, n, plan)
    chosen = None if plan.tune_on is None else _choose(plan, sample, tell)
    combinations = plan.combinations if chosen is None else (chosen,)
    delta = plan.delta / len(combinations)
    if plan.joint:
        delta /= len(names_of(plan, sample))
    kept, runs = pass_plan(plan, sample), []
    for combination in combinations:
        tell(f"training: {combination}")
        trained = train(plan, combination, sample, () if kept is None else kept.snapshots)
        runs.append((trained, issue(plan, trained, sample, delta, tell)))
    share = plan.delta / (len(names_of(plan, sample)) if plan.joint else 1)
    best = [_best(runs, name, share) for name in names_of(plan, sample)]
    certificates = tuple(_told(c, plan, sample, chosen) for c in best if c is not None)
    predictions = tuple(p for _, issued in runs[:1] for p in issued.predictions)
    notes = [note for _, issued in runs for note in issued.notes]
    return Certification(plan, sample, certificates, predictions, tuple(runs), chosen, tuple(notes))


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
        errors.append(train(plan, combination, part, ()).test_error)
    return plan.combinations[int(np.argmin(np.array(errors, float)))]


def _best(runs: list[tuple[Trained, Issued]], name: str, delta: float) -> Certificate | None:
    """The least bound of one kind; valid at ``delta`` because every combination had its share of it."""
    found = [(c.value, i, t, c) for i, (t, issued) in enumerate(runs) for c in issued.certificates if c.name == name]
    if not found:
        return None
    _, _, trained, certificate = min(found, key=lambda entry: entry[:2])
    if len(runs) == 1:
        return certificate
    detail = "; ".join(part for part in (certificate.detail, f"{trained.combination}, best of {len(runs)}") if part)
    return replace(certificate, delta=delta, detail=detail)


def _told(certificate: Certificate, plan: Plan, sample: Sample, chosen: Combination | None) -> Certificate:
    """With what the protocol itself saw to, and what it must be told.

    What a certificate takes on the user's word about the run was made so here; the law of the examples was not.
    """
    own = [_LAW if _about_the_law(c) else replace(c, status="checked") for c in certificate.conditions]
    size = len(plan.combinations)
    grid = f", a grid of {size}," if size > 1 else ""
    settled = f"architecture, step size and number of steps{grid} were chosen without looking at these examples"
    found = [*sample.conditions, Condition(settled, "declared")]
    if chosen is not None and sample.y_tune is not None:
        words = f"{chosen} was chosen on {sample.y_tune.size} examples that are certified on no more"
        found.append(Condition(words, "checked"))
    elif size > 1:
        found.append(Condition(f"each of the {size} combinations had its share, delta / {size}", "checked"))
    if certificate.name == "holdout":
        found.append(Condition("the examples kept aside were not used to choose anything", "declared"))
    return replace(certificate, conditions=(*own, *found))


def _about_the_law(condition: Condition) -> bool:
    return condition.status == "declared" and ("distribution" in condition.text or "independent" in condition.text)
