r"""How many times as wide must one network be as another?

:math:`r = m_q(B) / m_q(A)`, the ratio of the thresholds of two success curves, from trials of A and of B. Some trials
may be *pairs*: they have the same width and random numbers in common, such as the examples they were trained on, and
tend to succeed together. The joint model (`JointFit`) keeps both curves and adds one parameter, the odds ratio

.. math:: \psi = \frac{P_{11} P_{00}}{P_{10} P_{01}}

of the two outcomes of a pair, the same at all widths (Plackett 1965; Dale 1986), with :math:`\log\psi \sim N(0, 2^2)`.
With :math:`a = P_A(m)`, :math:`b = P_B(m)` and :math:`S = 1 + (a + b)(\psi - 1)`, both succeed with probability

.. math:: P_{11} = \frac{S - \sqrt{S^2 - 4 \psi (\psi - 1) a b}}{2 (\psi - 1)},

which leaves A alone its probability a and B alone its b, so trials without a partner enter as they are. Different pairs
are independent given the curves, and so are trials without partners: no more is assumed. :math:`\psi = 1` is
independence, so trials that are matched without having anything in common are no error and cost little.

The posterior without the pairs is the product of the two curves' own; that with them is this product weighed by
:math:`\prod P_{ab} / (P_{a\cdot} P_{\cdot b})` over the pairs. It is computed by weighing draws.

*What ignoring the pairs would do.* :math:`\mathrm{Var}(\log r) = V_A + V_B - 2 C`. Pairs that agree make the two
estimates err together, :math:`C > 0`, where a success lowers both of them, as it does near both thresholds; the
interval for independent trials is then too wide, by a factor :math:`1/\sqrt{1 - \rho}` for :math:`V_A = V_B` and a
correlation :math:`\rho` of the estimates. Pairs that disagree make it too narrow. Where the curves share no widths
there are no pairs and both are the same.

*Which ends are reported.* As for a threshold (`howwide.statistics.thresholds`), those which the trials speak for. If
both thresholds have both ends, the ends of r are quantiles of the joint posterior, in which a ratio of two infinite
widths lies beyond either end. Otherwise, and where the draws represent the joint posterior poorly, an end of r is the
quotient of the two ends of the thresholds that bound it, each with half of its error; it exists if they do, holds
whatever the dependence of the trials, and errs on the wide side.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from howwide.checks import check_probability
from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats, check_binomial
from howwide.statistics.curve import success_probability, threshold_reach
from howwide.statistics.posterior import GridPosterior
from howwide.statistics.response import ResponseFit

_DRAWS = 20_000
_FEWEST = 1000.0  # effective draws that represent the joint posterior
_LOG_ODDS_DEVIATION, _LOG_ODDS_CELLS = 2.0, np.linspace(-10.0, 10.0, 201)


class RatioStatus(StrEnum):
    """Which ends of a ratio the trials determine."""

    ESTIMATED = "estimated"
    """Both."""
    AT_LEAST = "at_least"
    """The lower one alone."""
    AT_MOST = "at_most"
    """The upper one alone."""
    UNDETERMINED = "undetermined"
    """Neither."""


@dataclass(frozen=True)
class RatioEstimate:
    """The ratio of two thresholds, second over first, as far as the trials determine it.

    Attributes:
        quantile: success probability q of both thresholds.
        ratio: posterior median, or None unless both thresholds have an estimate.
        lower: lower end, or None.
        upper: upper end, or None.
        level: two-sided level; each end alone holds at ``(1 + level) / 2``.
        status: which ends there are.
    """

    quantile: float
    ratio: float | None
    lower: float | None
    upper: float | None
    level: float
    status: RatioStatus


@dataclass(frozen=True)
class Pairs:
    """The outcomes of pairs at each width.

    Attributes:
        widths: of shape (W,), those with a pair.
        outcomes: of shape (W, 4): how many pairs both succeeded, the first alone, the second alone, neither.
    """

    widths: FloatArray
    outcomes: FloatArray

    @classmethod
    def matched(cls, widths: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike) -> Pairs:
        """Count pairs.

        Args:
            widths: of each pair.
            first: whether the first of each succeeded.
            second: whether the second did.

        Raises:
            SettingError: lengths differ.
        """
        at, a, b = as_floats("widths", widths), np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
        if not at.shape == a.shape == b.shape or at.ndim != 1:
            raise SettingError(f"pairs need lists of one length; found {at.size}, {a.size} and {b.size}")
        distinct, where = np.unique(at, return_inverse=True)
        kinds = (a & b, a & ~b, ~a & b, ~a & ~b)
        return cls(distinct, np.array([np.bincount(where[kind], minlength=distinct.size) for kind in kinds], float).T)

    @property
    def total(self) -> int:
        """Number of pairs."""
        return int(self.outcomes.sum())


@dataclass(frozen=True)
class JointFit:
    """Two success curves, and what their trials have in common.

    Attributes:
        first: A, all its trials.
        second: B, all its trials.
        pairs: which of these trials are pairs; None for independent trials.

    Raises:
        SettingError: more successes or failures in pairs than a curve has at that width.
    """

    first: ResponseFit
    second: ResponseFit
    pairs: Pairs | None = None

    def __post_init__(self) -> None:
        if self.pairs is None:
            return
        for fit, columns in ((self.first, [0, 1]), (self.second, [0, 2])):
            counts = fit.counts
            trials = dict(zip(counts.widths, zip(counts.successes, counts.trials, strict=True), strict=True))
            for width, outcomes in zip(self.pairs.widths, self.pairs.outcomes, strict=True):
                (won, tried), paired = trials.get(width, (0.0, 0.0)), outcomes[columns].sum()
                rest = np.array([won - paired]), np.array([tried - outcomes.sum()])
                try:
                    check_binomial(*rest)
                except SettingError:
                    raise SettingError(f"the pairs at width {width:g} are not among the trials there") from None

    def ratio(self, quantile: float = 0.5, level: float = 0.95, margin: float = 0.0) -> RatioEstimate:
        r"""The ratio :math:`m_q(B) / m_q(A)`, as this module's docstring says.

        Args:
            quantile: success probability q, lapses and guesses included.
            level: two-sided level of the equal-tailed interval.
            margin: share of the error ``1 - level`` that the ends leave unused, as for
                `howwide.statistics.ResponseFit.threshold`.

        Returns:
            Posterior median and ends, each None where the trials do not determine it.

        Raises:
            SettingError: quantile or level outside (0, 1), or margin outside [0, 1).
        """
        q, two_sided = check_probability(quantile, "quantile"), check_probability(level, "level")
        a, b = (fit.threshold(q, two_sided, margin) for fit in (self.first, self.second))
        middle = None if a.estimate is None or b.estimate is None else b.estimate / a.estimate
        if middle is not None and None not in (a.lower, a.upper, b.lower, b.upper) and self._represented:
            error = (1.0 - margin) * (1.0 - two_sided) / 2.0
            lower, middle, upper = self._draws.ratio_quantiles(q, (error, 0.5, 1.0 - error))
        else:
            a, b = (fit.threshold(q, (1.0 + two_sided) / 2.0, margin) for fit in (self.first, self.second))
            lower = None if b.lower is None or a.upper is None else b.lower / a.upper
            upper = None if b.upper is None or a.lower is None else b.upper / a.lower
        statuses = {
            (True, True): RatioStatus.ESTIMATED,
            (True, False): RatioStatus.AT_LEAST,
            (False, True): RatioStatus.AT_MOST,
            (False, False): RatioStatus.UNDETERMINED,
        }
        return RatioEstimate(q, middle, lower, upper, two_sided, statuses[lower is not None, upper is not None])

    @property
    def odds_ratio(self) -> float | None:
        """Posterior median of the odds ratio of a pair; None without pairs."""
        return None if self._draws.odds is None else float(_quantiles(self._draws.odds, self._draws.weights, (0.5,))[0])

    @property
    def _represented(self) -> bool:
        """Whether the weights are even enough for quantiles of the joint posterior."""
        return bool(1.0 / np.sum(self._draws.weights**2) >= _FEWEST)

    @cached_property
    def _draws(self) -> _Draws:
        return _draw(self.first.posterior, self.second.posterior, self.pairs)


@dataclass(frozen=True)
class _Draws:
    """Draws of both curves, (log m_half, s, lapse, guess) each, of the odds ratio, and their weights."""

    first: tuple[FloatArray, ...]
    second: tuple[FloatArray, ...]
    odds: FloatArray | None
    weights: FloatArray

    def ratio_quantiles(self, quantile: float, probabilities: tuple[float, ...]) -> list[float | None]:
        """Quantiles of m_q(B) / m_q(A); None for one that is 0, infinite, or of two infinite widths."""
        a, b = (half + threshold_reach(quantile, *rest) for half, *rest in (self.first, self.second))
        unknown = ~np.isfinite(a) & ~np.isfinite(b)
        found: list[float | None] = []
        for p in probabilities:
            values = np.where(unknown, -np.inf if p < 0.5 else np.inf, b - np.where(unknown, 0.0, a))
            [log_ratio] = _quantiles(values, self.weights, (p,))
            found.append(float(np.exp(log_ratio)) if np.isfinite(log_ratio) else None)
        return found


def _draw(first: GridPosterior, second: GridPosterior, pairs: Pairs | None) -> _Draws:
    """Draws from both posteriors, weighed by their pairs; the same posteriors give the same draws."""
    random = np.random.default_rng(0)
    curves = first.draws(_DRAWS, random), second.draws(_DRAWS, random)
    if pairs is None or not pairs.total:
        return _Draws(*curves, None, np.full(_DRAWS, 1.0 / _DRAWS))
    # Odds ratios are drawn by the square root, for heavier tails, of their posterior at the curves' mean.
    means = [np.array([np.sum(p.weights * p.success(x)) for x in np.log(pairs.widths)]) for p in (first, second)]
    cells = (_LOG_ODDS_CELLS[:-1] + _LOG_ODDS_CELLS[1:]) / 2.0
    likelihood = sum(
        _log_lift(a, 1.0 - a, b, 1.0 - b, np.exp(cells), outcomes)
        for a, b, outcomes in zip(*means, pairs.outcomes, strict=True)
    )
    log_proposal = (likelihood - 0.5 * (cells / _LOG_ODDS_DEVIATION) ** 2) / 2.0
    proposal = np.exp(log_proposal - log_proposal.max())
    chosen = random.choice(cells.size, size=_DRAWS, p=proposal / proposal.sum())
    log_odds = random.uniform(_LOG_ODDS_CELLS[chosen], _LOG_ODDS_CELLS[chosen + 1])
    log_weights = -0.5 * (log_odds / _LOG_ODDS_DEVIATION) ** 2 - np.log(proposal[chosen])
    for width, outcomes in zip(np.log(pairs.widths), pairs.outcomes, strict=True):
        (a, not_a), (b, not_b) = (
            (
                success_probability((width - half) / scale, lapse, guess),
                success_probability((half - width) / scale, guess, lapse),
            )
            for half, scale, lapse, guess in curves
        )
        log_weights += _log_lift(a, not_a, b, not_b, np.exp(log_odds), outcomes)
    weights = np.exp(log_weights - log_weights.max())
    return _Draws(*curves, np.exp(log_odds), weights / weights.sum())


def _log_lift(
    a: FloatArray, not_a: FloatArray, b: FloatArray, not_b: FloatArray, odds: FloatArray, outcomes: FloatArray
) -> FloatArray:
    """Log-likelihood of pairs at one width, less that of as many independent trials."""
    both, first, second, neither = outcomes
    return np.asarray(
        both * np.log(_lift(a, b, odds))
        + first * np.log(_lift(a, not_b, 1.0 / odds))
        + second * np.log(_lift(not_a, b, 1.0 / odds))
        + neither * np.log(_lift(not_a, not_b, odds))
    )


def _lift(a: FloatArray, b: FloatArray, odds: FloatArray) -> FloatArray:
    """P(both) over ab, of two events with these probabilities and this odds ratio; without cancellation."""
    total = 1.0 + (a + b) * (odds - 1.0)  # S
    root = np.sqrt(np.maximum(total**2 - 4.0 * odds * (odds - 1.0) * a * b, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):  # each quotient where the other one cancels
        return np.asarray(
            np.where(total >= 0, 2.0 * odds / (total + root), (root - total) / (2.0 * (1.0 - odds) * a * b))
        )


def _quantiles(values: FloatArray, weights: FloatArray, probabilities: tuple[float, ...]) -> FloatArray:
    """Quantiles of weighted draws, each the least draw with at least so much weight up to it."""
    order = np.argsort(values)
    places = np.searchsorted(np.cumsum(weights[order]), np.asarray(probabilities) * (1.0 - 1e-12))
    return values[order][np.minimum(places, values.size - 1)]
