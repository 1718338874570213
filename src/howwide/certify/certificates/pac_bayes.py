r"""A certificate for any training at all: PAC-Bayes around the initialisation.

The prior :math:`P = N(W_0, \sigma^2)` is centred at the initial weights, which know nothing of the examples; the
posterior :math:`Q = N(W, \sigma^2)` at the trained ones. With probability at least :math:`1 - \delta'` over n
independent examples, for *all* Q at once (Maurer 2004, after Langford and Seeger),

.. math:: \mathrm{kl}\big(\hat R(Q) \,\|\, R(Q)\big) \le \frac{\mathrm{KL}(Q \| P) + \ln(\xi(n) / \delta')}{n}, \qquad
   \mathrm{KL}(Q \| P) = \sum_l \frac{\|W_l - W_{0,l}\|_F^2}{2 \sigma_l^2} ,

so the complexity is the theory's own distance from initialisation, which does not grow with the width. It certifies
the stochastic network, whose weights are drawn anew for every prediction
(:mod:`howwide.certify.bounds.stochastic_network`).

**What is free.** The bound is uniform over Q for a fixed P. So step size, number of steps, number of epochs, early
stopping, and the choice of the best among many iterates may all look at the sample, at no cost. Only what shapes P is
paid for or fixed in advance: the network, the initial weights, and the scale of the noise, for which a grid of G values
costs :math:`\ln G` in the numerator.

**Monte Carlo.** :math:`\hat R(Q)` is not known but simulated: n k independent predictions, k for each example, whose
mistake probabilities differ. For a sum of N independent Bernoullis with mean probability r, concavity of the logarithm
gives :math:`E e^{-\lambda S} \le (1 - r(1 - e^{-\lambda}))^N`, the binomial's own bound, hence Chernoff's:
:math:`P(S / N \le a) \le e^{-N \mathrm{kl}(a \| r)}` for :math:`a \le r`. So :math:`\hat R(Q) \le \mathrm{kl}^{-1}(S/N,
\ln(1/\delta'') / N)` with probability :math:`1 - \delta''`. Weights and scale are chosen in a pilot simulation; the
draws that are counted are made after that choice, so it costs nothing here either.
"""

from collections.abc import Sequence
from math import log

import jax
import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc

from howwide.certify.bounds.binomial import kl_inverse
from howwide.certify.bounds.gaussian_posterior import Posterior, checked_weights
from howwide.certify.certificate import LAW, START, Certificate, checked, declared
from howwide.certify.inputs import Weights, as_floats, check_test_part
from howwide.certify.kind import Kind
from howwide.certify.procedure.train import TrainedRun, stops
from howwide.checks import check_count, check_probability
from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.tangent.rows import as_dtype
from howwide.training.problem import check_examples

__all__ = ["KIND", "SCALES", "counted_draws", "maurer_constant", "pac_bayes", "pilot_draws"]

SCALES = tuple(2.0 ** (k / 3) for k in range(-12, 4))
"""Noise over the standard deviation of the initial entries: 16 values from 1/16 to 2."""

_SIMULATION_SHARE = 0.2
_PILOT_PREDICTIONS = 3000
_PREDICTIONS = 500_000  # of the stochastic network in a certified run, about


def pac_bayes(
    net: Network,
    initial: Weights,
    weights: Weights,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    snapshots: Sequence[Weights] = (),
    delta: float = 0.05,
    scales: Sequence[float] = SCALES,
    draws: int = 50,
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
    dtype: npt.DTypeLike = "float64",
    key: jax.Array,
) -> Certificate:
    r"""Bound the risk of the stochastic network around trained weights; see the module for the statement and its proof.

    With s from ``scales``, :math:`\sigma_l` is s times the standard deviation of the entries of :math:`W_l` at the
    start. Of delta, four fifths go to the examples and one fifth to the Monte Carlo draws; the value is

    .. math:: \mathrm{kl}^{-1}\Big(\mathrm{kl}^{-1}\big(\hat p, \tfrac{\ln(5/\delta)}{n k}\big),
       \tfrac{\mathrm{KL} + \ln(G \xi(n) / (0.8\, \delta))}{n}\Big),

    every rounding upward. A tie, and an output that overflows, count as mistakes. Costs k forward passes over the
    examples, and at most ``G (1 + 3000 / n)`` more in float32 for every iterate.

    Args:
        net: the network, fixed without looking at the examples.
        initial: its initial weights, drawn without looking at the examples.
        weights: the trained weights, chosen in any way.
        x: the examples of the sample (n, d).
        y: labels -1 and +1, (n,).
        snapshots: more iterates, or other weights; the best of all is taken, at no cost in delta (the term
            ``snapshot`` counts them from 1; 0 means ``weights``).
        delta: probability that the bound fails.
        scales: the grid of s, fixed in advance.
        draws: k, the counted draws for each example.
        x_test: examples kept aside, (n_test, d).
        y_test: their labels.
        dtype: of the counted draws. float32 is about three times faster, and then the bound is up to rounding: an
            output nearer to 0 than its error may be counted on the wrong side.
        key: a JAX random key, not the one of the initial weights.

    Returns:
        The certificate of the stochastic network. Its ``test_error`` is that of the stochastic network, from ``draws``
        draws a test example; terms give the pieces of the bound, and the errors of the network without noise.

    Raises:
        ShapeError: weights, examples or labels do not fit each other or the network.
        DataError: weights or inputs that are not finite, or labels other than -1 and +1.
        SettingError: delta outside (0, 1), scales that are not positive or repeat, no draw, another dtype, a test
            sample without its labels, or a key that is none.
    """
    delta, draws = check_probability(delta, "delta"), check_count(draws, "draws", 1)
    as_dtype(dtype)
    given_scales = as_floats(scales)
    grid = tuple(given_scales.tolist()) if given_scales.ndim == 1 else ()
    if not grid or not all(0 < s < np.inf for s in grid) or len(set(grid)) != len(grid):
        raise SettingError(f"scales must be a sequence of different positive numbers, fixed in advance; got {scales!r}")
    try:
        pilot_key, counted_key, test_key = (jax.random.fold_in(key, i) for i in range(3))
    except (TypeError, ValueError):
        raise SettingError(f"key must be a JAX random key, such as jax.random.key(0); got {key!r}") from None
    x, y = check_examples(x, y)
    test = check_test_part(x_test, y_test, x.shape[1])
    start = checked_weights(net, initial, x.shape[1], "initial weights")
    given = [checked_weights(net, w, x.shape[1], "weights") for w in (weights, *snapshots)]

    n = len(y)
    slack = log(len(grid) * maurer_constant(n)) - log(1 - _SIMULATION_SHARE) - log(delta)

    def bound(error: float, posterior: Posterior) -> float:
        """Maurer's bound from the error on the sample: kl^-1(error, (KL + ln(G xi(n) / (0.8 delta))) / n)."""
        return kl_inverse(error, (posterior.divergence + slack) / n * (1 + 1e-12))

    # the pilot, in float32: any choice is sound; where the divergence alone gives no less than the best, it ends
    candidates = [Posterior.of(net, start, w, s, i) for i, w in enumerate(given) for s in grid]
    chosen, least, pilot = candidates[0], np.inf, pilot_draws(n, draws)
    for candidate in sorted(candidates, key=lambda c: c.divergence):
        if bound(0.0, candidate) >= least:
            break
        value = bound(candidate.error(x, y, draws=pilot, dtype="float32", key=pilot_key), candidate)
        if value < least:
            chosen, least = candidate, value

    observed = chosen.error(x, y, draws=draws, dtype=dtype, key=counted_key)
    simulated = kl_inverse(observed, (-log(_SIMULATION_SHARE) - log(delta)) / (n * draws))
    detail = f"noise {chosen.scale:.3g} times the deviation of the initial entries"
    return Certificate(
        name="pac_bayes",
        certifies="stochastic network",
        value=bound(simulated, chosen),
        delta=delta,
        over="the draw of the sample and of the weights that are simulated",
        conditions=(
            LAW,
            START,
            (checked if grid == SCALES else declared)(f"the grid of {len(grid)} noise scales was fixed in advance"),
            checked("the counted draws were made after weights and scale had been chosen"),
        ),
        terms={
            "n": float(n),
            "divergence": chosen.divergence,
            "scale": chosen.scale,
            "scales": float(len(grid)),
            "snapshot": float(chosen.snapshot),
            "draws": float(draws),
            "stochastic_error": observed,
            "stochastic_error_upper": simulated,
            "error_without_noise": chosen.error_without_noise(x, y),
            **({} if test is None else {"test_error_without_noise": chosen.error_without_noise(*test)}),
        },
        reference="maurer2004",
        test_error=None if test is None else chosen.error(*test, draws=draws, dtype=dtype, key=test_key),
        detail=f"{detail}, snapshot {chosen.snapshot} of {len(snapshots)}" if chosen.snapshot else detail,
    )


def pilot_draws(n: int, draws: int) -> int:
    """Draws for each of n examples by which weights and scale are chosen, where ``draws`` are counted."""
    return min(draws, -(-_PILOT_PREDICTIONS // n))


def counted_draws(n: int) -> int:
    """Draws for each of n examples in a certified run."""
    return min(50, max(5, _PREDICTIONS // n))


def maurer_constant(n: int) -> float:
    r"""``xi(n) = sum_k C(n, k) (k/n)^k (1 - k/n)^(n-k)``, from above by a relative error under ``1 / (300 n^3)``.

    This is the expectation of :math:`e^{n\, \mathrm{kl}(\hat p \| p)}` for a binomial, at every p in (0, 1) and every
    n. (The usual :math:`2 \sqrt n` bounds it for n >= 8.) It is 1 plus Ramanujan's Q, so with the regularised upper
    incomplete gamma function :math:`\xi(n) = 1 + n!\, (e/n)^n\, \Gamma(n, n) / \Gamma(n)`, and Robbins' :math:`n! \le
    \sqrt{2 \pi n}\, (n/e)^n e^{1/(12 n)}` avoids all cancellation.
    """
    factor = np.sqrt(2 * np.pi * n) * np.exp(1 / (12 * n))
    return float((1 + factor * gammaincc(n, n)) * (1 + 1e-12))  # SciPy's gammaincc is good to about 1e-15


def _issue(run: TrainedRun, delta: float) -> Certificate:
    """The certificate around the best of the kept iterates; the number of draws depends on n alone."""
    net, start, x, y, key = run.net, run.initial, run.sample.x, run.sample.y, run.key("pac_bayes")
    x_test, y_test = run.sample.test or (None, None)
    *snapshots, final = run.iterates
    draws = counted_draws(y.size)
    certificate = pac_bayes(
        net, start, final, x, y, snapshots=snapshots, delta=delta, draws=draws, x_test=x_test, y_test=y_test, key=key
    )
    if earlier := stops(run.plan.steps)[:-1]:
        words = f"snapshots after {', '.join(map(str, earlier))} of {run.plan.steps} steps"
        certificate = certificate.model_copy(update={"detail": f"{certificate.detail}; {words}"})
    return certificate


KIND = Kind("pac_bayes", ("gd",), _issue)
