"""The certificates, one file each, and their register: a new one is added to `KINDS`."""

from howwide.certify.certificates import (
    holdout,
    online_to_batch,
    pac_bayes,
    progressive_validation,
    rademacher,
    snapshot_suffix,
    transfer,
)
from howwide.certify.kind import Kind

__all__ = ["KINDS"]

KINDS: tuple[Kind, ...] = (
    snapshot_suffix.KIND,
    progressive_validation.KIND,
    online_to_batch.KIND,
    pac_bayes.KIND,
    rademacher.KIND,
    transfer.KIND,
    holdout.KIND,
)
"""Every kind of certificate, in the order in which they are reported."""
