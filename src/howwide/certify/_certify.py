"""Training and certificate in one, so that nothing leaks from the examples into what is certified on them.

`certify` draws a plain random subset in random order, trains what the plan declared, issues every registered kind of
certificate that supports the run, and lists what each of them rests on. Several widths or step constants are either
paid for together (each combination at its share of delta, the best bound of each kind reported) or chosen among on a
part of the sample that is certified on no more.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from howwide.certify.certificate import USERS_WORD, Certificate, Condition, checked, confidence
from howwide.certify.certificates import KINDS
from howwide.certify.certificates.progressive_validation import progressive_validation
from howwide.certify.kind import Kind
from howwide.certify.predictions import predict
from howwide.certify.procedure.plan import Combination, Plan
from howwide.certify.procedure.sample import draw_sample
from howwide.certify.procedure.train import DeclaredRun, TrainedRun, train
from howwide.data import Dataset
from howwide.errors import SettingError
from howwide.results.certify import Certification, CertifiedRun, IssuedBound, Unavailable

__all__ = ["certify", "certify_recorded", "choose", "issued_kinds"]


def certify(
    ds: Dataset,
    plan: Plan | None = None,
    *,
    n: int | None = None,
    unlabelled: npt.ArrayLike | None = None,
    say: Callable[[str], None] | None = None,
) -> Certification:
    """Train by a declared procedure and certify its test error, every constant explicit.

    Issued is every kind of certificate that supports the run; `Certification.unavailable` has the reasons for the
    others.

    Args:
        ds: the data.
        plan: the declared procedure; one pass with its defaults unless given.
        n: examples drawn, plainly at random; all of them unless given.
        unlabelled: inputs (N, d) from the same distribution, which nothing else uses and whose labels are not needed;
            for ``transfer``.
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
    if unlabelled is not None:
        sample = replace(sample, unlabelled=np.asarray(unlabelled))
    setting = DeclaredRun(plan, sample)
    unavailable = [Unavailable(name=kind.name, reasons=kind.supports(setting)) for kind in KINDS]
    kinds = issued_kinds(setting)
    chosen = None if plan.tune_on is None else choose(setting, tell)
    combinations = plan.combinations if chosen is None else (chosen,)
    size, delta = len(combinations), plan.delta / (len(kinds) if plan.joint else 1)
    runs: list[tuple[TrainedRun, tuple[Certificate, ...]]] = []
    for combination in combinations:
        tell(f"training: {combination}")
        run = train(setting, combination, setting.snapshots)
        issued = []
        for kind in kinds if run.sound else ():
            tell(f"certifying: {kind.name}")
            issued.append(kind.issue(run, delta / size))
        runs.append((run, tuple(issued)))

    declaration: tuple[Condition, ...] = ()
    if chosen is not None and sample.tune is not None:
        words = f"{chosen} was chosen on {sample.tune.y.size} examples that are certified on no more"
        declaration = (checked(words),)
    elif size > 1:
        declaration = (checked(f"a grid of {size} combinations was declared, and each had its share, delta / {size}"),)
    best = []
    for kind in kinds:
        candidates = [(run, c) for run, issued in runs for c in issued if c.name == kind.name]
        if not candidates:
            continue
        run, certificate = min(candidates, key=lambda candidate: candidate[1].value)
        if size > 1:  # a union bound: every combination had its share of delta
            detail = f"{certificate.detail}; {run.combination}, best of {size}"
            certificate = certificate.model_copy(update={"delta": delta, "detail": detail})
        # what a certificate takes on the user's word about the run was made so here; USERS_WORD nobody can check
        own = [c if c in USERS_WORD else checked(c.text) for c in certificate.conditions]
        conditions = (*own, *sample.conditions(kind.examples), *declaration)
        best.append(certificate.model_copy(update={"conditions": conditions}))
    tell("predictions of the theory")
    return Certification(
        certificates=tuple(best),
        unavailable=tuple(lack for lack in unavailable if lack.reasons),
        predictions=predict(runs[0][0]),
        runs=tuple(_certified_run(run, issued) for run, issued in runs),
        statement=_statement_of(plan),
        chosen=None if chosen is None else chosen.as_dict(),
        notes=[f"{run.combination}: the run diverged and certifies nothing" for run, _ in runs if not run.sound],
        plan=plan,
        sample=sample,
        trained=tuple(run for run, _ in runs),
    )


def issued_kinds(setting: DeclaredRun) -> list[Kind]:
    """The kinds of certificate that support the run, in their order."""
    return [kind for kind in KINDS if not kind.supports(setting)]


def choose(setting: DeclaredRun, tell: Callable[[str], None]) -> Combination:
    """Train every combination on two thirds of the tuning part and take the least error on the other third."""
    plan, tune = setting.plan, setting.sample.tune
    assert tune is not None
    cut = 2 * tune.y.size // 3
    test = tune._replace(x=tune.x[cut:], y=tune.y[cut:])
    part = DeclaredRun(plan, replace(setting.sample, x=tune.x[:cut], y=tune.y[:cut], test=test))
    errors = []
    for combination in plan.combinations:
        tell(f"choosing: {combination}")
        run = train(part, combination)
        errors.append(run.test_error if run.sound else np.inf)
    return plan.combinations[int(np.argmin(np.array(errors, float)))]


def _statement_of(plan: Plan) -> str:
    """What the plan's delta counts."""
    if plan.joint:
        return f"All certificates hold at once with probability at least {confidence(plan.delta)}."
    return (
        f"Each certificate holds with probability at least {confidence(plan.delta)}, one by one. To rely on several of "
        "them, or on the smallest once all are known, take the joint option, which divides delta among them."
    )


def _certified_run(run: TrainedRun, issued: tuple[Certificate, ...]) -> CertifiedRun:
    """One combination with its certificates at its share of delta."""
    return CertifiedRun(
        width=run.combination.width,
        step_constant=run.run.step_size.hidden_constant,
        step_size=run.run.step_size.value,
        status=str(run.run.status),
        online_error=run.online_error,
        train_error=run.train_error,
        test_error=run.test_error,
        certificates=tuple(IssuedBound(name=c.name, value=c.value, delta=c.delta) for c in issued),
    )


def certify_recorded(losses: npt.ArrayLike, delta: float) -> Certification:
    """The certificate of a recorded sequence of online mistakes, or losses in [0, 1]: ``progressive_validation`` alone.

    Raises:
        DataError: an entry is no number in [0, 1].
        ShapeError: no sequence of at least one entry.
        SettingError: delta outside (0, 1).
    """
    certificate = progressive_validation(losses, delta=delta)
    statement = f"The certificate holds with probability at least {confidence(certificate.delta)}."
    return Certification(certificates=(certificate,), statement=statement)
