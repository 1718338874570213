"""The parts of a certification that are words and numbers of its runs."""

import numpy.typing as npt

from howwide.certify.certificate import Certificate, confidence
from howwide.certify.certificates.progressive_validation import progressive_validation
from howwide.certify.procedure.plan import Plan
from howwide.certify.procedure.train import TrainedRun
from howwide.results.certify import Certification, CertifiedRun, IssuedBound

__all__ = ["certified_run", "certify_recorded", "statement_of"]


def statement_of(plan: Plan) -> str:
    """What the plan's delta counts."""
    if plan.joint:
        return f"All certificates hold at once with probability at least {confidence(plan.delta)}."
    return (
        f"Each certificate holds with probability at least {confidence(plan.delta)}, one by one. To rely on several of "
        "them, or on the smallest once all are known, take the joint option, which divides delta among them."
    )


def certified_run(run: TrainedRun, issued: tuple[Certificate, ...]) -> CertifiedRun:
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
