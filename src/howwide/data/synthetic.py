r"""Distributions on the unit sphere whose difficulty is known, for experiments where the truth should be.

========= =============================================== ======================================================
name      inputs and labels                               margin
========= =============================================== ======================================================
xor       noisy 2-XOR: four signal points and sign noise  no linear margin: x and -x have the same law and label
caps      two opposite caps of angular radius ``angle``   linear margin at least cos(angle), in direction e_1
sphere    uniform, labels are fair coins                  none: fitting is pure memorisation, test error is 1/2
mixture   Gaussian clusters, labels alternate             none known: clusters overlap
========= =============================================== ======================================================

Each draws its test part, of the same size, from a stream independent of the training part.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howwide.data.random_streams import Purpose, stream
from howwide.data.raw_data import RawData
from howwide.errors import SettingError

Floats = NDArray[np.float64]
Drawn = tuple[Floats, Floats]
_LARGEST = 10**9


@dataclass(frozen=True)
class Parameter:
    """A parameter of a distribution: its default, whose type it has, and its domain in words and as a test."""

    default: int | float
    domain: str
    allows: Callable[[float], bool]


@dataclass(frozen=True)
class Distribution:
    """A name, what it is, a SPEC, its parameters, and how to draw (n, d) inputs and (n,) labels -1/+1."""

    name: str
    description: str
    example: str
    parameters: Mapping[str, Parameter]
    sample: Callable[[np.random.Generator, Mapping[str, Any]], Drawn]


def draw(distribution: Distribution, options: str | None) -> RawData:
    """Training and test part, ``n`` rows each.

    Args:
        distribution: what is drawn from.
        options: ``key=value,key=value``; parameters that are not given have their defaults.

    Raises:
        SettingError: text that is not of this form, an unknown or repeated key, a value outside its domain, too many
            numbers, or so few rows that one class is missing.
    """
    name, allowed = distribution.name, ", ".join(distribution.parameters)
    given: dict[str, Any] = {}
    for item in options.split(",") if options else ():
        key, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise SettingError(f"{name} takes parameters key=value,... ({allowed}); got {item.strip()!r}")
        if key not in distribution.parameters:
            raise SettingError(f"{name} has no parameter {key!r}; it has {allowed}")
        if key in given:
            raise SettingError(f"{name}: parameter {key!r} is given twice")
        parameter = distribution.parameters[key]
        try:
            given[key] = type(parameter.default)(text)
            valid = math.isfinite(given[key]) and parameter.allows(given[key])
        except (ValueError, OverflowError):
            valid = False
        if not valid:
            raise SettingError(f"{name}: {key} must be {parameter.domain}; got {text!r}")
    values = {key: parameter.default for key, parameter in distribution.parameters.items()} | given
    n, seed, numbers = values["n"], values["seed"], values["n"] * values["dim"]
    if numbers > _LARGEST:
        raise SettingError(f"{name}: n * dim = {numbers} numbers are too many; at most {_LARGEST}")
    x, y = distribution.sample(stream(seed, Purpose.TRAIN), values)
    if np.all(y == y[0]):
        raise SettingError(f"{name}: the n={n} rows drawn with seed {seed} hold one class only; take a larger n")
    return RawData(x, y, *distribution.sample(stream(seed, Purpose.TEST), values))


def _xor(rng: np.random.Generator, values: Mapping[str, Any]) -> Drawn:
    r"""Noisy 2-XOR (Wei et al. 2018; Ji and Telgarsky 2020).

    :math:`(x_1, x_2, y)` is uniform on (1, 0, +1), (0, 1, -1), (-1, 0, +1), (0, -1, -1), the first two coordinates
    divided by :math:`\sqrt{d-1}`; the other d - 2 are independent :math:`\pm 1/\sqrt{d-1}`. Every row has norm 1.
    """
    n, dim = values["n"], values["dim"]
    corner = rng.integers(0, 4, size=n)
    x = _fair_signs(rng, (n, dim))
    x[:, :2] = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])[corner]
    x /= math.sqrt(dim - 1)
    return x, _alternating(corner)


def _caps(rng: np.random.Generator, values: Mapping[str, Any]) -> Drawn:
    r"""Uniform on the two caps :math:`\{x : \angle(x, \pm e_1) \le a\}`, label = the sign of :math:`x_1`.

    So :math:`y \langle x, e_1\rangle \ge \cos a > 0`: the linear margin is at least cos(angle).
    """
    n, dim = values["n"], values["dim"]
    y = _fair_signs(rng, n)
    theta = _polar_angles(rng, n, dim, values["angle"])
    x = np.empty((n, dim))
    x[:, 0] = y * np.cos(theta)
    x[:, 1:] = np.sin(theta)[:, None] * _directions(rng, n, dim - 1)
    return x, y


def _polar_angles(rng: np.random.Generator, n: int, dim: int, angle: float) -> Floats:
    r"""Angles with density proportional to :math:`\sin^{d-2}\theta` on [0, angle], by rejection.

    log sin is concave, so its tangent at ``angle`` gives an envelope: an exponential of rate :math:`(d-2)\cot(angle)`
    cut to the interval. In any dimension and for any angle at least about one in :math:`\sqrt{d}` proposals is
    accepted.
    """
    power, rate = dim - 2, (dim - 2) / math.tan(angle)
    accepted: list[Floats] = []
    missing = n
    while missing > 0:
        uniform = rng.random(2 * n)
        if rate * angle < 1e-12:
            theta = angle * uniform
        else:
            theta = angle + np.log1p((1.0 - uniform) * math.expm1(-rate * angle)) / rate
        theta = np.clip(theta, 1e-300, angle)  # rounding may step outside
        log_ratio = power * (np.log(np.sin(theta)) - math.log(math.sin(angle))) - rate * (theta - angle)
        kept = theta[rng.random(2 * n) < np.exp(np.minimum(log_ratio, 0.0))][:missing]
        accepted.append(kept)
        missing -= kept.size
    return np.concatenate(accepted)


def _sphere(rng: np.random.Generator, values: Mapping[str, Any]) -> Drawn:
    """Uniform on the sphere with independent fair labels."""
    return _directions(rng, values["n"], values["dim"]), _fair_signs(rng, values["n"])


def _mixture(rng: np.random.Generator, values: Mapping[str, Any]) -> Drawn:
    r"""Clusters :math:`s\,u_c + g/\sqrt{d}` with unit :math:`u_c`, Gaussian g and label :math:`(-1)^c`.

    Rows are scaled to the unit sphere afterwards. The centres come from a stream of their own, so both parts share
    them. Clusters overlap: there is no margin to know.
    """
    n, dim = values["n"], values["dim"]
    centres = values["separation"] * _directions(stream(values["seed"], Purpose.CENTRES), values["clusters"], dim)
    cluster = rng.integers(0, values["clusters"], size=n)
    x = centres[cluster] + rng.standard_normal((n, dim)) / math.sqrt(dim)
    return x, _alternating(cluster)


def _directions(rng: np.random.Generator, n: int, dim: int) -> Floats:
    x = rng.standard_normal((n, dim))
    x /= np.sqrt(np.add.reduce(x * x, axis=1))[:, None]
    return x


def _fair_signs(rng: np.random.Generator, shape: int | tuple[int, int]) -> Floats:
    return rng.integers(0, 2, size=shape).astype(np.float64) * 2.0 - 1.0


def _alternating(index: NDArray[np.int64]) -> Floats:
    """+1 for even, -1 for odd."""
    return 1.0 - 2.0 * (index % 2).astype(np.float64)


def _common(n: int) -> dict[str, Parameter]:
    return {
        "dim": Parameter(20, "an integer >= 2", lambda value: value >= 2),
        "n": Parameter(n, "an integer >= 2", lambda value: value >= 2),
        "seed": Parameter(0, "an integer >= 0", lambda value: value >= 0),
    }


_ANGLE = Parameter(0.5, "strictly between 0 and pi/2 = 1.5707...", lambda value: 0.0 < value < math.pi / 2)
_SEPARATION = Parameter(2.0, "a number >= 0, at most 1e6", lambda value: 0.0 <= value <= 1e6)
_CLUSTERS = Parameter(2, "an integer >= 2", lambda value: value >= 2)

DISTRIBUTIONS = (
    Distribution(
        "xor",
        "noisy 2-XOR: four symmetric points and sign noise; no linear margin",
        "xor:dim=20,n=2000,seed=0",
        _common(2000),
        _xor,
    ),
    Distribution(
        "caps",
        "two opposite spherical caps; linear margin at least cos(angle)",
        "caps:dim=20,n=2000,angle=0.5",
        _common(2000) | {"angle": _ANGLE},
        _caps,
    ),
    Distribution(
        "sphere",
        "uniform on the sphere, labels are fair coins: nothing to learn",
        "sphere:dim=20,n=1000",
        _common(1000),
        _sphere,
    ),
    Distribution(
        "mixture",
        "Gaussian clusters with alternating labels, then unit rows; clusters overlap, no known margin",
        "mixture:dim=20,n=2000,separation=2.0,clusters=2",
        _common(2000) | {"separation": _SEPARATION, "clusters": _CLUSTERS},
        _mixture,
    ),
)
