"""Generalisation certificates: what may be claimed about unseen data, with every constant explicit.

`certify` trains by a declared procedure and certifies in one, so that nothing leaks. The certificates themselves are
functions of what they need, for runs made elsewhere: of one pass `snapshot_suffix`, `progressive_validation` and
`online_to_batch` (`plan_pass` and `certify_pass` make all three), of any training `pac_bayes`, of the linearised
network `rademacher`, carried over to the network by `transfer`, of any predictor and fresh examples `holdout`. What has
a hidden constant is a `Prediction` and never a `Certificate`.
"""

from howwide.certify._certify import certify
from howwide.certify._sample_complexity.power_law import Rate, fit_rate
from howwide.certify._sample_complexity.study import sample_complexity
from howwide.certify.bounds.margin_bound import MARGINS, RADII
from howwide.certify.certificate import Certificate, Condition, Prediction
from howwide.certify.certificates.holdout import holdout
from howwide.certify.certificates.one_pass import certify_pass
from howwide.certify.certificates.online_to_batch import online_to_batch
from howwide.certify.certificates.pac_bayes import SCALES, pac_bayes
from howwide.certify.certificates.progressive_validation import progressive_validation
from howwide.certify.certificates.rademacher import best_predictor, rademacher
from howwide.certify.certificates.snapshot_suffix import snapshot_suffix
from howwide.certify.certificates.transfer import transfer
from howwide.certify.inputs import read_losses
from howwide.certify.predictions.gradient_descent import gd_prediction
from howwide.certify.predictions.one_pass import online_to_batch_prediction
from howwide.certify.procedure.one_pass import BURN_IN, PassPlan, plan_pass
from howwide.certify.procedure.plan import Combination, Plan
from howwide.results.certify import Certification, SampleCurve

__all__ = [
    "BURN_IN",
    "MARGINS",
    "RADII",
    "SCALES",
    "Certificate",
    "Certification",
    "Combination",
    "Condition",
    "PassPlan",
    "Plan",
    "Prediction",
    "Rate",
    "SampleCurve",
    "best_predictor",
    "certify",
    "certify_pass",
    "fit_rate",
    "gd_prediction",
    "holdout",
    "online_to_batch",
    "online_to_batch_prediction",
    "pac_bayes",
    "plan_pass",
    "progressive_validation",
    "rademacher",
    "read_losses",
    "sample_complexity",
    "snapshot_suffix",
    "transfer",
]
