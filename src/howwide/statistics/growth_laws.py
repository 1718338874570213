r"""The laws that the needed width may follow, with what is believed of their parameters before the first point.

============= ====================== ================================================================================
name          m*(x)                  belief about the free parameter
============= ====================== ================================================================================
constant      :math:`c`
log           :math:`c \log x`
log^2         :math:`c \log^2 x`
log^3         :math:`c \log^3 x`
linear        :math:`c\, x`
power         :math:`c\, x^b`        b is normal, mean 1/2, standard deviation 1/2
polylog       :math:`c \log^b x`     b is normal, mean 2, standard deviation 2
affine log    :math:`a + b \log x`   the share of :math:`b \log x` in the width at the middle x is even on [0, 1]
affine linear :math:`a + b\, x`      the same share of :math:`b\, x`
============= ====================== ================================================================================

x is n, :math:`1/\varepsilon` or L, at least 2; the middle x is the geometric mean of the points'. The scale of a law is
believed to be anywhere. Polylogarithmic laws are what the theory of sufficient width promises, powers what it improved
on, and a floor below either (a is not negative) is what small x may hide. No law here is derived from the other parts
of the library, and the list is not exhaustive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, uniform

from howwide.statistics._counts import FloatArray

Curve = Callable[[FloatArray, FloatArray | float, float], FloatArray]
"""A law's log m* at log x less that at the middle, given the free parameter and log x at the middle; broadcasts."""


@dataclass(frozen=True)
class Law:
    """A law's curve and belief.

    Attributes:
        curve: its shape.
        written: parameters of its formula, given log m* at the middle, the free parameter, and log x at the middle.
        reach: least and largest value of the free parameter that is looked at; None without one.
        log_prior: log density of the free parameter.
        contains: the laws that are one of its values.
    """

    curve: Curve
    written: Callable[[float, float, float], dict[str, float]]
    reach: tuple[float, float] | None = None
    log_prior: Callable[[FloatArray], FloatArray] | None = None
    contains: tuple[str, ...] = ()

    @property
    def free(self) -> int:
        """Number of free parameters beside the scale."""
        return 0 if self.reach is None else 1


def _power(log_x: FloatArray, value: FloatArray | float, middle: float) -> FloatArray:
    return np.asarray(value * (log_x - middle))


def _polylog(log_x: FloatArray, value: FloatArray | float, middle: float) -> FloatArray:
    return np.asarray(value * np.log(log_x / middle))


def _of_power(level: float, value: float, middle: float) -> dict[str, float]:
    return {"c": float(np.exp(level - value * middle)), "b": value}


def _of_polylog(level: float, value: float, middle: float) -> dict[str, float]:
    return {"c": float(np.exp(level - value * np.log(middle))), "b": value}


def _fixed(curve: Curve, written: Callable[[float, float, float], dict[str, float]], value: float) -> Law:
    """The law at one value of its free parameter."""
    return Law(
        lambda log_x, _, middle: curve(log_x, value, middle),
        lambda level, _, middle: {"c": written(level, value, middle)["c"]},
    )


def _affine(growth: Callable[[float | FloatArray], FloatArray], contains: tuple[str, ...]) -> Law:
    """log(1 - w + w g(x) / g(middle)), with g a function of log x and w the share."""
    return Law(
        lambda log_x, value, middle: np.log1p(value * (growth(log_x) / growth(middle) - 1.0)),
        lambda level, value, middle: {
            "a": float(np.exp(level) * (1.0 - value)),
            "b": float(np.exp(level) * value / growth(middle)),
        },
        (0.0, 1.0),
        uniform.logpdf,
        contains,
    )


FORMS: Mapping[str, Law] = {
    "constant": _fixed(_power, _of_power, 0.0),
    "log": _fixed(_polylog, _of_polylog, 1.0),
    "log^2": _fixed(_polylog, _of_polylog, 2.0),
    "log^3": _fixed(_polylog, _of_polylog, 3.0),
    "linear": _fixed(_power, _of_power, 1.0),
    "power": Law(_power, _of_power, (-4.0, 5.0), norm(0.5, 0.5).logpdf, ("constant", "linear")),
    "polylog": Law(_polylog, _of_polylog, (-20.0, 24.0), norm(2.0, 2.0).logpdf, ("constant", "log", "log^2", "log^3")),
    "affine log": _affine(lambda log_x: np.asarray(log_x), ("constant", "log")),
    "affine linear": _affine(np.exp, ("constant", "linear")),
}

LAWS = tuple(FORMS)
"""Names of the laws."""

REJECTED = 0.01
"""A law whose joint p-value is below this does not fit."""

LEAST_SHARE = 0.01
"""A law whose weight is below this share of the largest is excluded."""


def nested(one: str, other: str) -> bool:
    """Whether one of two laws contains the other."""
    return other in FORMS[one].contains or one in FORMS[other].contains
