r"""How success depends on width, and what is believed of it before the first trial.

The curve has four parameters,

.. math::

    P(\text{success} \mid m) = g + (1 - g - \lambda)\, F\big((\log m - \log m_{1/2}) / s\big),
    \qquad F(x) = 1 / (1 + e^{-x}):

where the logistic part passes one half (:math:`m_{1/2}`), how slowly it rises (s, in units of log width), how often
a wide network fails all the same (the lapse rate :math:`\lambda`), and how often a narrow one is lucky (the guess
rate g). The width that succeeds with probability q is :math:`\log m_q = \log m_{1/2} + s \operatorname{logit}((q -
g) / (1 - g - \lambda))`, infinite where :math:`1 - \lambda \le q` (no width reaches q) and zero where :math:`g \ge
q`.

The prior (`Prior`) is flat in :math:`\log m_{1/2}` and in :math:`\log s` on declared ranges; the lapse rate follows
:math:`\text{Beta}(1, 1/\mu - 1)` with mean :math:`\mu`, densest at zero, and so does the guess rate. All four are
independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from howwide.errors import SettingError
from howwide.statistics._counts import FloatArray, as_floats, check_range

SCALE_RANGE = (0.01, 1.0)
LAPSE_MEAN, GUESS_MEAN = 0.03, 0.01
_STEEPEST = 600.0  # exp of minus this is still a number; a logit beyond it changes no likelihood that matters


@dataclass(frozen=True)
class Prior:
    """What is believed before the first trial.

    Attributes:
        width_range: range of m_half, as widths; the prior is flat in its logarithm.
        scale_range: range of s; the prior is flat in its logarithm, and equal ends fix s.
        lapse_mean: mean of the lapse rate; 0 fixes it at 0.
        guess_mean: mean of the guess rate; 0 fixes it at 0.

    Raises:
        SettingError: an empty range, or a mean outside [0, 1/2).
    """

    width_range: tuple[float, float]
    scale_range: tuple[float, float] = SCALE_RANGE
    lapse_mean: float = LAPSE_MEAN
    guess_mean: float = GUESS_MEAN

    def __post_init__(self) -> None:
        low, high = check_range("width_range", self.width_range)
        if low == high:
            raise SettingError(f"width_range must have low < high; found {self.width_range}")
        check_range("scale_range", self.scale_range)
        for name in ("lapse_mean", "guess_mean"):
            mean = as_floats(name, getattr(self, name))
            if mean.ndim != 0 or not 0.0 <= mean < 0.5:
                raise SettingError(f"{name} must be a number in [0, 1/2); found {getattr(self, name)}")

    def wider(self, width: float, scale: float, lapse: float) -> Prior:
        """The same prior with a range of m_half wider by a factor on both sides, larger s, and more lapses."""
        low, high = self.scale_range
        slopes = self.scale_range if low == high else (low, high * scale)
        half = self.width_range[0] / width, self.width_range[1] * width
        return Prior(half, slopes, min(self.lapse_mean * lapse, 0.49), self.guess_mean)


def success_probability(steepness: FloatArray, lapse: FloatArray, guess: FloatArray) -> FloatArray:
    """P at a logit of the logistic part, without cancellation and above zero; arrays broadcast.

    1 - P is the same with lapse and guess exchanged and the logit negated.
    """
    return np.asarray(guess + (1.0 - guess - lapse) * expit(np.clip(steepness, -_STEEPEST, _STEEPEST)))


def threshold_reach(quantile: float, scale: FloatArray, lapse: FloatArray, guess: FloatArray) -> FloatArray:
    """``log m_q - log m_half``: infinite where the curve levels off below q, minus infinity where it starts above."""
    share = np.clip((quantile - guess) / (1.0 - guess - lapse), 0.0, 1.0)
    return np.asarray(scale * logit(share))
