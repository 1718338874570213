"""What may be claimed of single iterates of one pass: the examples not used yet are a test set for each of them."""

from collections.abc import Mapping

import numpy.typing as npt

from howwide.certify.bounds.binomial import clopper_pearson_upper
from howwide.certify.certificate import LAW, SETTLED, Certificate, checked, declared
from howwide.certify.inputs import check_mistakes
from howwide.certify.kind import Kind
from howwide.certify.procedure.one_pass import Pass
from howwide.checks import check_count, check_probability
from howwide.errors import DataError, SettingError
from howwide.evaluate import margins, mistakes

__all__ = ["KIND", "of_pass", "snapshot_suffix"]


def snapshot_suffix(suffixes: Mapping[int, npt.ArrayLike], *, delta: float = 0.05) -> Certificate:
    r"""The best of J snapshots of one pass, each tested on the part of the pass that it has not seen.

    :math:`W^{(t)}` is made of the examples 1..t, so the examples t+1..n are fresh for it. For snapshots
    :math:`t_1 < ... < t_J` fixed before the pass, with :math:`k_j` mistakes of :math:`W^{(t_j)}` on its
    :math:`N_j = n - t_j` examples, with probability at least :math:`1 - \delta`, for all j at once,

    .. math:: R(W^{(t_j)}) \le B^{-1}(1 - \delta/J;\, k_j + 1, N_j - k_j).

    The certificate is that of the smallest bound. Given the examples 1..t the mistakes of :math:`W^{(t)}` are
    independent, so each bound fails with probability at most :math:`\delta/J` (:cite:`langford2005`, Theorem 3.3, given
    the past); the bounds may depend on each other in any way.

    Args:
        suffixes: for each snapshot t, in increasing order, whether :math:`W^{(t)}` errs on the examples t+1..n.
        delta: failure probability of all snapshots together.

    Returns:
        The certificate of one deterministic iterate, the network to keep. Its terms name it (``snapshot``) and hold the
        bound of every snapshot (``bound_at_t``).

    Raises:
        DataError: an entry is neither 0 nor 1, or the lengths do not belong to one pass.
        ShapeError: a suffix is no sequence of at least one entry.
        SettingError: no snapshots, indices that are no increasing whole numbers, or delta outside (0, 1).

    Example:
        >>> certificate = snapshot_suffix({50: [0] * 50, 75: [0] * 25})
        >>> round(certificate.value, 4), certificate.terms["snapshot"]
        (0.0711, 50.0)
    """
    delta = check_probability(delta, "delta")
    if not isinstance(suffixes, Mapping) or not suffixes:
        raise SettingError(
            "suffixes must map each snapshot t to the mistakes of W^(t) on the examples t+1..n, at least one of them; "
            f"found {type(suffixes).__name__ if not isinstance(suffixes, Mapping) else 'none'}"
        )
    indices = [check_count(t, "a snapshot") for t in suffixes]
    if indices != sorted(set(indices)):
        raise SettingError(f"snapshots must be in increasing order; found {', '.join(map(str, indices[:8]))}")
    wrong = {t: check_mistakes(w, f"mistakes of W^({t})") for t, w in zip(indices, suffixes.values(), strict=True)}
    if len({t + w.size for t, w in wrong.items()}) > 1:
        lengths = ", ".join(f"{t} + {w.size}" for t, w in list(wrong.items())[:8])
        raise DataError(f"each snapshot t comes with the n - t examples after it, of one n; found t + length {lengths}")
    each = delta / len(wrong)
    bounds = {t: clopper_pearson_upper(int(w.sum()), w.size, each) for t, w in wrong.items()}
    best = min(bounds, key=lambda t: bounds[t])
    n = best + wrong[best].size
    chosen = f"best of {len(wrong)} snapshots" if len(wrong) > 1 else "the one snapshot"
    return Certificate(
        name="snapshot_suffix",
        certifies="deterministic iterate",
        value=bounds[best],
        delta=delta,
        over=f"the {n} examples of the pass",
        conditions=(
            LAW,
            SETTLED,
            declared("W^(t) was made of the examples 1 to t alone"),
            declared("the snapshots were fixed before the pass"),
            checked("the suffixes belong to one pass and hold 0 or 1"),
        ),
        terms={
            "snapshot": float(best),
            "errors": float(wrong[best].sum()),
            "examples": float(wrong[best].size),
            "error_rate": float(wrong[best].mean()),
            "delta_each": each,
            **{f"bound_at_{t}": bound for t, bound in bounds.items()},
        },
        reference="langford2005",
        detail=f"W^({best}) of a pass over {n}, {chosen} fixed in advance",
    )


def of_pass(passed: Pass, delta: float) -> Certificate:
    """The certificate of a pass; the test error beside it is that of the chosen snapshot."""
    net, x, y = passed.net, passed.x, passed.y
    # all of x, and not the rest after t alone: one shape to compile
    suffixes = {t: mistakes(margins(net, passed.run.snapshots[t], x, y))[t:] for t in passed.plan.tested}
    certificate = snapshot_suffix(suffixes, delta=delta)
    return passed.certified(certificate, passed.test_error(int(certificate.terms["snapshot"] or 0)))


KIND = Kind("snapshot_suffix", ("sgd",), lambda run, delta: of_pass(run.one_pass, delta))
