r"""From the linearised predictor to the trained network, by inputs without labels.

Let lin be the linearisation at :math:`W_0`, evaluated at the trained weights: :math:`\mathrm{lin}(x) = f_{W_0}(x) +
\langle \nabla f_{W_0}(x), W - W_0 \rangle`. Both functions can be evaluated on any input, so for every :math:`g > 0`

.. math:: P(y f_W \le 0) &\le P(y\,\mathrm{lin} \le 0) + P(f_W\,\mathrm{lin} \le 0) , \\
          P(y f_W \le 0) &\le P(y\,\mathrm{lin} \le g) + P(|f_W - \mathrm{lin}| \ge g) .

The first terms are bounded by margins and complexity (:mod:`howwide.certify.bounds.margin_bound`): in the first line
with the ramp that is 1 up to 0, in the second with one that is 1 up to g and 0 from 2g, because an example with
:math:`0 < y\,\mathrm{lin} < g` may be turned over by a gap below g. The last terms are probabilities of events without
labels, for functions that do not depend on the held-out inputs: Clopper and Pearson bound them. The first line is never
the worse: an example that is right before and wrong after changes its sign, and whoever changes the sign of an output
beyond g moves it by more than g. The second is the shape in which the proofs of Chen et al. use the linearisation.
"""

from collections.abc import Sequence
from typing import Literal

import jax
import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.binomial import clopper_pearson_upper
from howwide.certify.bounds.complexity import UPWARD
from howwide.certify.bounds.linear_predictor import Linear, kept_aside, outputs
from howwide.certify.bounds.margin_bound import MARGINS, RADII, Grid, margin_bound
from howwide.certify.certificate import Certificate, checked, declared
from howwide.certify.certificates.rademacher import CONDITIONS
from howwide.certify.inputs import Weights
from howwide.certify.kind import Kind, Need
from howwide.certify.procedure.train import TrainedRun
from howwide.checks import check_count, check_probability
from howwide.errors import DataError, SettingError, ShapeError
from howwide.evaluate import mistakes
from howwide.evaluate import outputs as network_outputs
from howwide.networks.protocol import Network
from howwide.ntrf.linearized import Linearized
from howwide.tangent import TangentOperator

__all__ = ["KIND", "Link", "transfer"]

Link = Literal["disagreement", "gap"]

_HALF = 0.5


def transfer(
    net: Network,
    initial: Weights,
    weights: Weights,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    held_out: npt.ArrayLike,
    *,
    delta: float = 0.05,
    by: Link = "disagreement",
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
    radii: Sequence[float] = RADII,
    margins: Sequence[float] = MARGINS,
    draws: int = 2000,
    key: jax.Array | None = None,
) -> Certificate:
    """A certificate for the network at ``weights``, whose training may have used the sample in any way.

    Half of delta goes to the linearised predictor, half to the held-out inputs; for ``by="gap"`` the latter half is
    divided among the margins. Outputs of both are computed in float64, a tie counts as a change of sign.

    Args:
        net: the network.
        initial: initial weights W0, drawn without the sample.
        weights: trained weights W.
        x: (n, d) rows of the sample.
        y: (n,) labels, -1 or +1.
        held_out: (N, d) inputs from the same distribution that training never saw; their labels are not needed, so
            test inputs may serve.
        delta: probability that the certificate fails.
        by: ``disagreement`` of the signs (the first line of the module), or ``gap`` (the second).
        x_test: rows kept aside, to observe the error of the network on them.
        y_test: their labels.
        radii: declared radii, in the scale of the theory.
        margins: declared margins.
        draws: as in :func:`howwide.certify.rademacher`.
        key: likewise.

    Raises:
        ShapeError: weights, rows and labels do not fit each other.
        DataError: a label other than -1 and +1, or the sample itself as held-out inputs.
        SettingError: a setting outside its domain, or numbers that are not finite.
    """
    delta, grid, draws = check_probability(delta, "delta"), Grid.of(radii, margins), check_count(draws, "draws")
    if by not in ("disagreement", "gap"):
        raise SettingError(f'by is "disagreement" or "gap"; got {by!r}')
    if not isinstance(weights, (tuple, list)):
        raise ShapeError("transfer certifies a trained network: give its weights, a tuple of matrices")
    linearized = Linearized(net, initial, x, y)
    linear, test = Linear.of(linearized, weights), kept_aside(linearized, x_test, y_test)
    operator = TangentOperator(net, linearized.weights, held_out)
    if np.array_equal(operator.blocks.x, linearized.x):
        raise DataError("the held-out inputs are the sample itself; give inputs that training never saw")

    def network(rows: np.ndarray) -> np.ndarray:
        return network_outputs(net, weights, rows, dtype="float64")

    f = network(operator.blocks.x)
    lin = outputs(linearized, linear, operator)
    error, inputs = (UPWARD - 1) * (1 + np.abs(f) + np.abs(lin)), len(f)
    # held-out inputs that count against the network: one number, or one a margin; no number counts too
    if by == "disagreement":
        agree = (np.sign(f) == np.sign(lin)) & (np.minimum(np.abs(f), np.abs(lin)) > error)
        counts = np.array([(~agree).sum()])
    else:
        counts = (~(np.abs(f - lin) + error < grid.margins[:, None])).sum(1)
    share = _HALF * delta / len(counts)
    limits = np.array([clopper_pearson_upper(int(count), inputs, share) for count in counts])
    bound = margin_bound(
        linearized,
        linear,
        grid,
        delta=(1 - _HALF) * delta,
        draws=draws,
        key=key,
        starts=float(by == "gap"),
        extra=limits if by == "gap" else limits[0],
    )
    chosen = int(np.searchsorted(grid.margins, bound.terms.get("margin", grid.margins[-1]))) if by == "gap" else 0
    changed, limit = float(counts[chosen]), float(limits[chosen])
    return Certificate(
        name="transfer",
        certifies="deterministic iterate",
        value=bound.value,
        delta=delta,
        over=f"{bound.over} and the held-out inputs",
        conditions=(
            *CONDITIONS,
            declared("the held-out inputs come from the same distribution and had no part in training"),
            checked("the held-out inputs are not the sample itself"),
        ),
        terms={**bound.terms, "held_out": float(inputs), "changed": changed, "change_limit": limit},
        reference="bartlett2002",
        test_error=None if test is None else float(mistakes(test[1] * network(test[0].blocks.x)).mean()),
        detail=f"by {by}, {bound.detail}",
    )


def _issue(run: TrainedRun, delta: float) -> Certificate:
    """The certificate of the last weights."""
    x_test, y_test = run.sample.test or (None, None)
    x, y, held_out, key = run.sample.x, run.sample.y, run.sample.unlabelled, run.key("transfer")
    assert held_out is not None
    return transfer(run.net, run.initial, run.final, x, y, held_out, delta=delta, x_test=x_test, y_test=y_test, key=key)


KIND = Kind(
    name="transfer",
    algorithms=("sgd", "gd"),
    issue=_issue,
    needs=(Need(lambda run: run.sample.unlabelled is not None, "no inputs without labels were given for it"),),
)
