"""Certificates as the exchange record that ``howwide certify`` prints."""

from typing import Any

import numpy as np

from howwide.certify.certificate import Certificate, Prediction
from howwide.certify.certification import Certification
from howwide.certify.progressive_validation import progressive_validation
from howwide.records import finite

__all__ = ["as_record", "certificate_record", "mistakes_record", "prediction_record"]


def as_record(found: Certification) -> dict[str, Any]:
    """The fields of :class:`howwide.records.CertifyResult`, without those of a study over n."""
    return finite(
        {
            "certificates": [certificate_record(c) for c in found.certificates],
            "predictions": [prediction_record(p) for p in found.predictions],
            "runs": [_run(trained, issued) for trained, issued in found.runs],
            "statement": found.statement,
            "chosen": None
            if found.chosen is None
            else {"width": found.chosen.width, "step_constant": found.chosen.step_constant},
            "points": [],
            "rates": [],
        }
    )


def mistakes_record(losses: np.ndarray, delta: float) -> dict[str, Any]:
    """The fields for a recorded sequence of online mistakes or losses: ``progressive_validation`` alone."""
    found = certificate_record(progressive_validation(losses, delta=delta))
    statement = f"The certificate holds with probability at least {1 - delta:g}."
    empty: dict[str, Any] = {"predictions": [], "runs": [], "chosen": None, "points": [], "rates": []}
    return finite({"certificates": [found], "statement": statement, **empty})


def certificate_record(certificate: Certificate) -> dict[str, Any]:
    """One certificate."""
    return {
        "name": certificate.name,
        "certifies": certificate.certifies,
        "value": certificate.value,
        "delta": certificate.delta,
        "test_error": certificate.test_error,
        "conditions": [{"text": c.text, "status": c.status} for c in certificate.conditions],
        "terms": dict(certificate.terms),
        "meaning": certificate.meaning,
        "detail": certificate.detail,
        "over": certificate.over,
        "reference": certificate.reference,
    }


def prediction_record(prediction: Prediction) -> dict[str, Any]:
    """One prediction."""
    return {
        "name": prediction.name,
        "certifies": prediction.certifies,
        "value": prediction.value,
        "why": prediction.why,
        "terms": dict(prediction.terms),
        "reference": prediction.reference,
    }


def _run(trained: Any, issued: Any) -> dict[str, Any]:
    return {
        "width": trained.combination.width,
        "step_constant": trained.run.step_size.hidden_constant,
        "step_size": trained.run.step_size.value,
        "status": trained.run.status,
        "online_error": trained.online_error,
        "train_error": trained.train_error,
        "test_error": trained.test_error,
        "certificates": [{"name": c.name, "value": c.value, "delta": c.delta} for c in issued.certificates],
    }
