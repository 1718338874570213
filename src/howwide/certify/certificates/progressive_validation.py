r"""What may be claimed of the iterates of one pass, on average, from the mistakes made along the way.

Step t meets example t before it learns from it, so the loss :math:`X_t \in [0, 1]` of :math:`W^{(t-1)}` on that example
is an honest sample of its risk :math:`\mu_t = E[X_t \mid X_1, ..., X_{t-1}]`. The mean of the :math:`\mu_t` is the risk
of an iterate drawn uniformly, on average over the draw, and the mean of the :math:`X_t` estimates it. The iterate that
was drawn may have a larger risk; of one network to keep, :func:`~howwide.certify.snapshot_suffix` speaks. The risks
move and depend on the past, so bounds for a constant mean do not apply: a betting confidence sequence
(:cite:`waudbysmith2024`) misses a rising risk nearly always. Nor may the smallest of the bounds over all lengths be
taken, since every length has a mean of its own.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from howwide.certify.bounds.binomial import ROUNDING, upper_root
from howwide.certify.certificate import LAW, ON_AVERAGE, SETTLED, Certificate, checked, declared
from howwide.certify.inputs import Floats, check_losses
from howwide.certify.kind import Kind
from howwide.certify.procedure.one_pass import BURN_IN, Pass, first_iterates
from howwide.checks import check_probability

__all__ = ["KIND", "of_pass", "progressive_validation"]

_AZUMA, _CATONI, _BERNSTEIN = 1 / 8, 5 / 8, 1 / 4  # shares of delta
_LARGEST = 8.0  # at this rate Catoni's bound without a mistake is within 1/2980 of its limit
_RATIO = 1.2  # finer grids gain less than a thousandth of the bound


def progressive_validation(
    mistakes: npt.ArrayLike, *, delta: float = 0.05, burn_in: npt.ArrayLike = BURN_IN
) -> Certificate:
    r"""Upper bound on the mean risk of the iterates of one pass, for risks that move in any way.

    That is the risk of an iterate drawn uniformly, on average over the draw; not that of the iterate which was drawn.

    For N losses after a burn-in, with sum S and :math:`\bar\mu = \frac1N\sum_t \mu_t`, three families of nonnegative
    variables have mean at most 1, for every :math:`\lambda` fixed in advance.

    * Catoni (:cite:`catoni2007`): :math:`E = \prod_t e^{-\lambda X_t}/(1 - \mu_t c)`, :math:`c = 1 - e^{-\lambda}`.
      Given the past each factor has mean at most 1, as :math:`e^{-\lambda x} \le 1 - xc` on [0, 1]; and
      :math:`-\log(1 - \mu c)` is convex in :math:`\mu`, so :math:`\log E \ge -\lambda S - N\log(1 - \bar\mu c)`.
    * Azuma and Hoeffding (:cite:`blum1999`, :cite:`cesabianchi2004`):
      :math:`\log E \ge \lambda(N\bar\mu - S) - N\lambda^2/8`, which is smaller, because
      :math:`\log(1 - \mu c) \le -\lambda\mu + \lambda^2/8`. So Catoni's variable at Azuma's
      :math:`\lambda = \sqrt{8\log(1/\delta')/N}` implies Azuma's bound.
    * Empirical Bernstein (:cite:`howard2021`, Theorem 4): with any forecast :math:`\hat X_t \in [0, 1]` made of the
      past, here the mean of all losses before, :math:`V = \sum_t (X_t - \hat X_t)^2`,
      :math:`\psi(\lambda) = -\log(1 - \lambda) - \lambda` and :math:`0 < \lambda < 1`,
      :math:`\log E = \lambda(N\bar\mu - S) - \psi(\lambda)V`. As :math:`e^{\lambda x - \psi(\lambda)x^2} \le 1 +
      \lambda x` for :math:`x = \hat X_t - X_t \ge -1`, the factor has, given the past, a mean of at most
      :math:`e^{\lambda(\mu_t - \hat X_t)}(1 + \lambda(\hat X_t - \mu_t)) \le 1`.

    Their average, with weights 1/8 for Azuma's Catoni variable, 5/8 for a geometric grid of Catoni's and 1/4 for one of
    Bernstein's, has mean at most 1 too, and exceeds :math:`1/\delta'` with probability at most :math:`\delta'`
    (Markov). The bound is the largest :math:`\bar\mu` at which the lower bounds above average to :math:`1/\delta'` at
    most. So it is at least as small as the best of the three, each with its share of :math:`\delta'`. The grids depend
    on N and :math:`\delta'` alone. Every burn-in of the J gets :math:`\delta' = \delta/J`, and the smallest bound
    counts.

    N is fixed before the pass; a sequence that was cut after a look at it is not covered.

    Args:
        mistakes: loss of :math:`W^{(t-1)}` on example t, in the order of the pass: 0 or 1, or anything in [0, 1].
        delta: failure probability of all burn-ins together.
        burn_in: shares of the pass in [0, 1), fixed in advance: the mean is over :math:`W^{(s)}, ...,
            W^{(n-1)}`, s the share times n rounded down. Shares with the same s are paid for once.

    Returns:
        The certificate of the mean risk after the best burn-in. Its terms hold the first iterate of the
        range, the mean loss there, the three bounds and the bound of every range (``bound_from_s``).

    Raises:
        DataError: an entry is no number in [0, 1].
        ShapeError: no sequence of at least one entry.
        SettingError: a burn-in outside [0, 1), none at all, or delta outside (0, 1).

    Example:
        >>> round(progressive_validation([1] * 20 + [0] * 980).value, 4)
        0.0075
    """
    delta = check_probability(delta, "delta")
    losses = check_losses(mistakes)
    starts = first_iterates(losses.size, burn_in)
    each = delta / len(starts)
    # (X_t - forecast)^2, the forecast being the mean of the losses before and of one half
    before = np.concatenate([[0.0], np.cumsum(losses[:-1])])
    squares = (losses - (before + 0.5) / np.arange(1.0, losses.size + 1.0)) ** 2
    mixtures = {start: _Mixture(losses[start:], squares[start:], each) for start in starts}
    bounds = {start: mixture.bound() for start, mixture in mixtures.items()}
    best = min(bounds, key=lambda start: bounds[start])
    mixture = mixtures[best]
    kind = "" if np.isin(losses, (0.0, 1.0)).all() else ", its error being the mean of the given losses"
    return Certificate(
        name="progressive_validation",
        certifies=ON_AVERAGE,
        value=bounds[best],
        delta=delta,
        over=f"the {losses.size} examples of the pass",
        conditions=(
            LAW,
            SETTLED,
            declared("loss t is that of W^(t-1), made of the examples before t alone"),
            checked("every entry lies in [0, 1]"),
        ),
        terms={
            "first_iterate": float(best),
            "examples": float(mixture.count),
            "mean_loss": mixture.mean,
            "delta_each": each,
            **mixture.parts(),
            **{f"bound_from_{start}": bound for start, bound in bounds.items()},
        },
        reference="blum1999",
        detail=f"W^(t), t uniform on {best}..{losses.size - 1}{kind}",
    )


class _Mixture:
    """The logarithms of the variables, lower bounds rounded down, as functions of the mean risk mu.

    Args:
        losses: those after the burn-in.
        squares: their squared distances from the forecasts.
        delta: share of the failure probability.
    """

    def __init__(self, losses: Floats, squares: Floats, delta: float) -> None:
        self.count, self.mean, self.delta = losses.size, float(losses.sum()) / losses.size, delta
        total, variance = float(losses.sum()) * (1.0 + ROUNDING), float(squares.sum()) * (1.0 + ROUNDING)
        azuma = min(_LARGEST, np.sqrt(8.0 * np.log(1.0 / (_AZUMA * delta)) / self.count))
        catoni, bernstein = _geometric(min(azuma, _LARGEST / 2), _LARGEST), _geometric(min(azuma, 0.5), 0.95)
        rates = np.concatenate([[azuma], catoni])
        shares = np.concatenate([[_AZUMA], np.full(catoni.size, _CATONI / catoni.size)])
        # log share - lambda S, to which Catoni's variables add -N log(1 - mu c), c = 1 - e^-lambda
        self.catoni_fixed, self.minus_c = np.log(shares) - rates * total, np.expm1(-rates)
        # log share - lambda S - psi(lambda) V, to which Bernstein's add N mu lambda
        psi = -np.log1p(-bernstein) - bernstein
        self.bernstein_fixed = np.log(_BERNSTEIN / bernstein.size) - bernstein * total - psi * variance
        self.slopes, self.growing = bernstein, self.count * (1.0 - ROUNDING)

    def catoni(self, mu: float) -> Floats:
        """Azuma's first, then those of the grid."""
        return self.catoni_fixed - self.growing * np.log1p(mu * self.minus_c)

    def bernstein(self, mu: float) -> Floats:
        """Those of the grid."""
        return self.bernstein_fixed + self.growing * mu * self.slopes

    def bound(self) -> float:
        """Of all three families."""
        return self._largest(lambda mu: np.concatenate([self.catoni(mu), self.bernstein(mu)]))

    def parts(self) -> dict[str, float]:
        """Of each family by itself, with its share of delta; they hold on the same event as the whole."""
        azuma = self.mean + np.sqrt(np.log(1.0 / (_AZUMA * self.delta)) / (2.0 * self.count))
        return {
            "azuma": min(1.0, float(azuma) * (1.0 + ROUNDING)),
            "catoni": self._largest(lambda mu: self.catoni(mu)[1:]),
            "empirical_bernstein": self._largest(self.bernstein),
        }

    def _largest(self, logarithms: Callable[[float], Floats]) -> float:
        """The largest mu at which the variables average to 1/delta at most."""
        level = -np.log(self.delta)
        return upper_root(lambda mu: float(np.logaddexp.reduce(logarithms(mu))) - level, min(1.0, self.mean), 1.0)


def _geometric(low: float, high: float) -> Floats:
    return np.geomspace(low, high, 1 + int(np.ceil(np.log(high / low) / np.log(_RATIO))))


def of_pass(passed: Pass, delta: float) -> Certificate:
    """The certificate of a pass; the test error beside it is the mean over the iterates of the range."""
    certificate = progressive_validation(passed.run.mistakes, delta=delta, burn_in=passed.plan.burn_in)
    return passed.certified_on_average(certificate, int(certificate.terms["first_iterate"] or 0))


KIND = Kind("progressive_validation", ("sgd",), lambda run, delta: of_pass(run.one_pass, delta))
